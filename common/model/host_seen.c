#include "common/model/host_seen.h"

#include "common/base/clock.h"
#include "common/wire/host_json.h"

#include <stdlib.h>
#include <string.h>

const struct fact_def host_seen_facts[] = {
	{"host.name", FACT_TEXT, "the host's name"},
	{"host.reported", FACT_FLAG, "told by a report, not seen"},
	{"host.clock_ahead_s", FACT_INT,
	 "seconds that the clock of a report is ahead of the one here"},
	{"host.interface", FACT_TEXT, "INDEX loopback|network NAME"},
	{"host.address", FACT_TEXT,
	 "INDEX ADDRESS BITS primary|secondary|spared|unknown"},
	{"host.source", FACT_ADDRESS,
	 "the source of packets to the Internet, one a family"},
	{"host.route", FACT_TEXT,
	 "INDEX NETWORK GATEWAY|- METRIC kept|volatile|unknown"},
	{"host.forwarding", FACT_TEXT, "INDEX ipv4|ipv6 on|off"},
	{"host.connection", FACT_TEXT,
	 "listens|sent|established LOCAL REMOTE|-"},
	{"host.is_cut", FACT_FLAG, "there was more than is kept"},
	{NULL, FACT_TEXT, NULL},
};

/*
 * To facts
 */

static void note_addresses(struct arena *arena, struct observation *seen,
			   const struct host *host)
{
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < host->address_count; i++) {
		const struct host_address *one = &host->addresses[i];

		observation_add_text(
			arena, seen, "host.address",
			arena_format(arena, "%u %s %u %s", one->interface,
				     address_format(text, &one->address),
				     one->bits, host_rank_name(one->rank)));
	}
	for (size_t i = 0; i < 2; i++) {
		if (!host->sources[i].family)
			continue;
		address_format(text, &host->sources[i]);
		observation_add_bytes(arena, seen, "host.source", FACT_ADDRESS,
				      text, strlen(text));
	}
}

static void note_routes(struct arena *arena, struct observation *seen,
			const struct host *host)
{
	char network[ADDRESS_TEXT_BYTES], gateway[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < host->route_count; i++) {
		const struct host_route *one = &host->routes[i];

		address_format(network, &one->network.address);
		observation_add_text(
			arena, seen, "host.route",
			arena_format(
				arena, "%u %s/%u %s %u %s", one->interface,
				network, one->network.bits,
				one->gateway.family
					? address_format(gateway, &one->gateway)
					: "-",
				one->metric, host_keeping_name(one->keeping)));
	}
}

static void note_switches(struct arena *arena, struct observation *seen,
			  const struct host *host)
{
	for (size_t i = 0; i < host->switch_count; i++)
		observation_add_text(
			arena, seen, "host.forwarding",
			arena_format(
				arena, "%u %s %s", host->switches[i].interface,
				host->switches[i].family == AF_INET ? "ipv4"
								    : "ipv6",
				host->switches[i].is_on ? "on" : "off"));
}

static void note_connections(struct arena *arena, struct observation *seen,
			     const struct host *host)
{
	char local[ENDPOINT_TEXT_BYTES], remote[ENDPOINT_TEXT_BYTES];

	for (size_t i = 0; i < host->connection_count; i++) {
		const struct host_connection *one = &host->connections[i];

		endpoint_format(local, &one->local, one->local_port);
		if (one->remote.family)
			endpoint_format(remote, &one->remote, one->remote_port);
		else
			memcpy(remote, "-", 2);
		observation_add_text(arena, seen, "host.connection",
				     arena_format(arena, "%s %s %s",
						  host_link_name(one->link),
						  local, remote));
	}
}

void host_seen_note(struct arena *arena, struct observation *observation,
		    const struct host *host, bool is_reported)
{
	if (*host->name)
		observation_add_text(arena, observation, "host.name",
				     host->name);
	observation_add_number(arena, observation, "host.reported", FACT_FLAG,
			       is_reported);
	for (size_t i = 0; i < host->interface_count; i++)
		observation_add_text(
			arena, observation, "host.interface",
			arena_format(
				arena, "%u %s %s", host->interfaces[i].index,
				host->interfaces[i].is_loopback ? "loopback"
								: "network",
				host->interfaces[i].name));
	note_addresses(arena, observation, host);
	note_routes(arena, observation, host);
	note_switches(arena, observation, host);
	note_connections(arena, observation, host);
	if (host->is_cut)
		observation_add_number(arena, observation, "host.is_cut",
				       FACT_FLAG, 1);
}

/*
 * From facts: words with one blank between
 */

#define WORDS_MAX 5

struct words {
	const char *items[WORDS_MAX]; /* those missing are "" */
};

/* The last word takes the rest. */
static struct words split(struct arena *arena, const char *text, size_t count)
{
	char *rest = arena_text(arena, text);
	struct words words;

	for (size_t i = 0; i < WORDS_MAX; i++) {
		char *word = i + 1 < count ? strsep(&rest, " ") : rest;

		words.items[i] = i < count && word ? word : "";
		if (i + 1 == count)
			rest = NULL;
	}
	return words;
}

static bool read_number(const char *text, unsigned *number)
{
	char *end;
	unsigned long read = strtoul(text, &end, 10);

	*number = (unsigned)read;
	return *text >= '0' && *text <= '9' && !*end && read <= UINT32_MAX;
}

static void read_interface(struct host *host, const char *text)
{
	struct words words = split(host->arena, text, 3);
	struct host_interface one = {.name = words.items[2]};

	one.is_loopback = strcmp(words.items[1], "loopback") == 0;
	if (read_number(words.items[0], &one.index))
		host_add_interface(host, &one);
}

static void read_address(struct host *host, const char *text)
{
	struct words words = split(host->arena, text, 4);
	struct host_address one;

	if (read_number(words.items[0], &one.interface) &&
	    address_parse(words.items[1], &one.address) &&
	    read_number(words.items[2], &one.bits) &&
	    one.bits <= (one.address.family == AF_INET ? 32u : 128u) &&
	    host_rank_parse(words.items[3], &one.rank))
		host_add_address(host, &one);
}

static void read_source(struct host *host, const char *text)
{
	struct address source;

	if (address_parse(text, &source))
		host->sources[source.family == AF_INET6] = source;
}

static void read_route(struct host *host, const char *text)
{
	struct words words = split(host->arena, text, 5);
	struct host_route one = {0};
	const char *why;

	if (read_number(words.items[0], &one.interface) &&
	    network_parse(words.items[1], &one.network, &why) &&
	    (strcmp(words.items[2], "-") == 0 ||
	     address_parse(words.items[2], &one.gateway)) &&
	    read_number(words.items[3], &one.metric) &&
	    host_keeping_parse(words.items[4], &one.keeping))
		host_add_route(host, &one);
}

static void read_switch(struct host *host, const char *text)
{
	struct words words = split(host->arena, text, 3);
	struct host_forwarding one;

	one.family = strcmp(words.items[1], "ipv6") == 0 ? AF_INET6 : AF_INET;
	one.is_on = strcmp(words.items[2], "on") == 0;
	if (!read_number(words.items[0], &one.interface))
		return;
	host->has_switches = true;
	host_add_switch(host, &one);
}

static void read_connection(struct host *host, const char *text)
{
	struct words words = split(host->arena, text, 3);
	struct host_connection one = {0};
	struct endpoint local, remote = {0};
	const char *why;

	if (!host_link_parse(words.items[0], &one.link) ||
	    !endpoint_parse(words.items[1], 0, &local, &why) ||
	    (one.link != HOST_LISTENS &&
	     !endpoint_parse(words.items[2], 0, &remote, &why)))
		return;
	one.local = local.address;
	one.local_port = local.port;
	one.remote = remote.address;
	one.remote_port = remote.port;
	host->has_links = true;
	host_add_connection(host, &one);
}

static const struct {
	const char *key;
	void (*read)(struct host *host, const char *text);
} readers[] = {
	{"host.interface", read_interface},
	{"host.address", read_address},
	{"host.source", read_source},
	{"host.route", read_route},
	{"host.forwarding", read_switch},
	{"host.connection", read_connection},
};

struct host host_seen_read(struct arena *arena,
			   const struct observation *observation)
{
	struct host host = host_new(arena);
	const char *name = observation_text(observation, "host.name");

	host.name = name ? name : "";
	host.is_cut = observation_flag(observation, "host.is_cut");
	for (const struct fact *fact = observation->facts; fact;
	     fact = fact->next)
		for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]);
		     i++)
			if (strcmp(fact->key, readers[i].key) == 0)
				readers[i].read(&host, fact->text);
	return host;
}

static bool has_service_of(const struct host *host, const struct node *node)
{
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		for (size_t j = 0; j < node->address_count[i]; j++)
			if (host_has(host, &node->addresses[i][j].local))
				return true;
	return node->internal.family && host_has(host, &node->internal);
}

const struct node *host_seen_node(struct arena *arena,
				  const struct topology *topology,
				  const struct observation *observation)
{
	bool is_told = strcmp(observation->subject, "-") != 0;
	struct host host = host_seen_read(arena, observation);

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (!node->is_vip &&
		    (is_told ? strcmp(node->name, observation->subject) == 0
			     : has_service_of(&host, node)))
			return node;
	}
	return NULL;
}

const char *host_seen_title(struct arena *arena,
			    const struct observation *observation)
{
	const char *name = observation_text(observation, "host.name");

	if (!observation_flag(observation, "host.reported"))
		return "this host";
	return name ? arena_format(arena, "the host of the report (%s)", name)
		    : "the host of the report";
}

struct observation *host_seen_report(struct arena *arena, const void *data,
				     size_t length, int64_t now_us,
				     const char **why)
{
	struct host host = host_new(arena);
	struct observation *observation = observation_new(arena);

	if (!host_json_read(&host, data, length, why))
		return NULL;
	observation->probe = "host";
	observation->vantage = VANTAGE_EDGE_HOST;
	observation->outcome = OUTCOME_ANSWERED;
	observation->phase = "report";
	observation->detail = "as a report says, which edgecheck did not see "
			      "itself";
	observation->wall_us = host.clock_us ? host.clock_us : now_us;
	if (host.clock_us)
		observation_add_number(
			arena, observation, "host.clock_ahead_s", FACT_INT,
			(host.clock_us - now_us) / CLOCK_SECOND_US);
	host_seen_note(arena, observation, &host, true);
	return observation;
}
