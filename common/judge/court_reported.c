/*
 * A report's host is not to be spoken from: what its own connections show of
 * a row that begins there is as good as an answer.
 */

#include "common/judge/court.h"

#include "common/model/host_seen.h"
#include "common/plan/edge_host.h"

#include <string.h>

/* Whose address a flow begins at: "ext.av.stun-msturn.tcp443.out". */
static const struct {
	const char *prefix;
	enum service service; /* SERVICE_COUNT: the internal interface */
} beginnings[] = {
	{"int.", SERVICE_COUNT},
	{"ext.av.", SERVICE_AV},
	{"ext.", SERVICE_ACCESS},
};

static bool begins_at(const struct node *node, const char *flow,
		      const struct address *address)
{
	size_t i = 0, count = sizeof(beginnings) / sizeof(beginnings[0]);
	enum service service;

	while (i < count && strncmp(flow, beginnings[i].prefix,
				    strlen(beginnings[i].prefix)) != 0)
		i++;
	if (i == count)
		return false;
	service = beginnings[i].service;
	if (service == SERVICE_COUNT)
		return address_equal(&node->internal, address);
	for (size_t j = 0; j < node->address_count[service]; j++)
		if (address_equal(&node->addresses[service][j].local, address))
			return true;
	return false;
}

/* The row's port over TCP, or 0. */
static uint16_t port_of(const struct requirement *row)
{
	size_t count;
	const struct firewall_row *rows = firewall_table(&count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].requirement == row && !rows[i].is_inbound &&
		    rows[i].transport == TRANSPORT_TCP &&
		    rows[i].first == rows[i].last)
			return rows[i].first;
	return 0;
}

/* A connection of the row that stands, else one that got no answer yet. */
static const struct host_connection *connection_of(const struct court *court,
						   const struct host *host,
						   const struct node *node)
{
	const struct requirement *row = court->requirement;
	const struct host_connection *found = NULL;
	uint16_t port = port_of(row);

	for (size_t i = 0; port && i < host->connection_count; i++) {
		const struct host_connection *one = &host->connections[i];

		if (one->remote_port != port || one->local_port == port ||
		    !begins_at(node, row->flow, &one->local))
			continue;
		if (!found || one->link == HOST_ESTABLISHED)
			found = one;
	}
	return found;
}

bool court_judge_reported(struct court *court)
{
	const struct observation *seen = edge_host_seen(court->deployment);
	char local[ENDPOINT_TEXT_BYTES], remote[ENDPOINT_TEXT_BYTES];
	const struct host_connection *one = NULL;
	const struct node *node = NULL;
	struct verdict *verdict;
	struct host host;

	if (!seen || !observation_flag(seen, "host.reported"))
		return false;
	host = host_seen_read(court->arena, seen);
	node = host_seen_node(court->arena, court->deployment->topology, seen);
	if (node)
		one = connection_of(court, &host, node);
	if (!one)
		return false;
	verdict = court_add(court, node->name, "-");
	verdict->observations = arena_copy(court->arena, &seen, sizeof(seen));
	verdict->observation_count = 1;
	if (one->link == HOST_ESTABLISHED)
		verdict->state = STATE_VERIFIED;
	verdict->needed = one->link == HOST_ESTABLISHED;
	verdict->because = arena_format(
		court->arena, "%s has a connection from %s to %s%s",
		host_seen_title(court->arena, seen),
		endpoint_format(local, &one->local, one->local_port),
		endpoint_format(remote, &one->remote, one->remote_port),
		one->link == HOST_ESTABLISHED
			? ""
			: " that has no answer so far: run edgecheck there");
	return true;
}
