#include "common/judge/court.h"

#include "common/base/text.h"
#include "common/model/host_seen.h"
#include "common/plan/edge_host.h"

#include <string.h>

/*
 * Rows that a run inside was sent for: once a node, and a subject there.
 */

/* Who looks inside at the rows of a table; the others are of the Edge. */
static const struct {
	const char *table, *who;
} senders[] = {
	{"server-ports", "edgecheck --role ROLE HOST"},
	{"hlb-ports", "edgecheck --hlb ROLE HOST"},
	{"client-ports", "edgecheck --client"},
};

const char *court_looks_inside(const struct requirement *requirement)
{
	if (strcmp(requirement->id, "fe.hlb-only-ports") == 0)
		return "edgecheck --hlb ROLE HOST";
	if (strcmp(requirement->id, "client.external-ports-when") == 0)
		return "edgecheck --client";
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		if (strcmp(senders[i].table, requirement->table) == 0)
			return senders[i].who;
	return "edgecheck --internal";
}

/* What an Edge sends, and how whom to send it to is told. */
static const struct {
	const char *row; /* flow or id */
	const char *what;
} destinations[] = {
	{"ext.access.dns.udp53.out", "no resolver is known: name one with "
				     "--resolver"},
	{"ext.access.dns.tcp53.out", "no resolver is known: name one with "
				     "--resolver"},
	{"ext.access.http.tcp80.out",
	 "no certificate that was seen names a revocation list: name one with "
	 "--url"},
	{"ext.access.sip-mtls.tcp5061.out",
	 "no partner is known, by its federation record: name one with "
	 "--partner"},
	{"int.access.sip-mtls.tcp5061.out",
	 "no server inside is known: name one with --next-hop, or in a "
	 "topology file (-t)"},
	{"ext.av.stun-msturn.udp3478.out",
	 "no other A/V Edge is known: name one with --other-edge"},
	{"ext.av.stun-msturn.tcp443.out",
	 "no other A/V Edge is known: name one with --other-edge"},
	{"ext.xmpp.xmpp.tcp5269.out", "no XMPP partner is known, by its "
				      "record: name one with --xmpp-partner"},
	{"xmpp.out-everywhere", "no XMPP partner is known, by its record: name "
				"one with --xmpp-partner"},
	{"nat.edge-to-edge-av",
	 "the topology file names no other Edge Server to reach"},
};

static bool is_edge_host(const struct court *court)
{
	const struct mission *mission = court->deployment->mission;

	return mission && mission->purpose == PURPOSE_EDGE_HOST &&
	       court->scope->vantage == VANTAGE_EDGE_HOST;
}

/* All that an Edge sends itself is such business, by whichever table. */
bool court_has_errands(const struct court *court)
{
	const char *subject = court->requirement->judging->subject;

	return strcmp(subject, "errand") == 0 ||
	       (is_edge_host(court) && strcmp(subject, "host") != 0);
}

static const char *nowhere_to_send(const struct court *court)
{
	const struct observation *seen = edge_host_seen(court->deployment);
	const struct requirement *row = court->requirement;

	if (!seen || seen->outcome != OUTCOME_ANSWERED)
		return "this host's own network was not looked at";
	if (observation_flag(seen, "host.reported"))
		return "a report tells nothing of whom its host reaches: run "
		       "edgecheck there";
	if (!host_seen_node(court->arena, court->deployment->topology, seen) &&
	    court->deployment->topology->file)
		return "this host has no address of any Edge Server of the "
		       "topology file: say which it is to be with --node NAME";
	for (size_t i = 0; i < sizeof(destinations) / sizeof(destinations[0]);
	     i++)
		if (strcmp(destinations[i].row, row->flow) == 0 ||
		    strcmp(destinations[i].row, row->id) == 0)
			return destinations[i].what;
	return "nobody to send to is known";
}

static const char *nobody_sent(const struct court *court)
{
	if (is_edge_host(court))
		return nowhere_to_send(court);
	return arena_format(court->arena,
			    "this run was not sent there: %s looks at it",
			    court_looks_inside(court->requirement));
}

/* Rows that only who is sent to clients' networks looks at. */
static bool is_of_clients(const struct requirement *requirement)
{
	return strcmp(requirement->table, "client-ports") == 0 ||
	       strcmp(requirement->id, "client.external-ports-when") == 0;
}

/* Inside there are several things to look at, and one run looks at one. */
bool court_is_beside_mission(const struct court *court)
{
	const struct mission *mission = court->deployment->mission;
	bool is_of_hosts =
		strcmp(court->requirement->judging->subject, "errand") == 0;

	if (court->scope->vantage == VANTAGE_OUTSIDE)
		return false;
	if (!mission || mission->purpose == PURPOSE_EDGE_HOST)
		return is_of_clients(court->requirement);
	return mission->purpose == PURPOSE_CLIENT
		       ? !is_of_clients(court->requirement)
		       : !is_of_hosts;
}

void court_tell_beside_mission(struct court *court)
{
	court_add(court, "-", "-")->because = nobody_sent(court);
}

static bool is_same_place(const struct errand *one, const struct errand *other)
{
	return one->requirement == other->requirement &&
	       strcmp(one->node, other->node) == 0 &&
	       text_names_equal(one->subject, other->subject);
}

/* Whether an errand before it in the list has the same verdict. */
static bool is_told(const struct errands *errands, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same_place(&errands->items[i], &errands->items[index]))
			return true;
	return false;
}

static void judge_at(struct court *court, size_t first)
{
	const struct errands *errands = &court->errands;
	const struct errand *errand = &errands->items[first];
	struct inquiry inquiry = {
		.arena = court->arena,
		.deployment = court->deployment,
		.requirement = court->requirement,
		.node = errand->node,
		.subject = errand->subject,
	};
	size_t capacity = 0;

	for (size_t i = first; i < errands->count; i++) {
		if (!is_same_place(&errands->items[i], errand))
			continue;
		inquiry.errands = arena_grow(court->arena, inquiry.errands,
					     inquiry.errand_count, &capacity,
					     sizeof(*inquiry.errands));
		inquiry.errands[inquiry.errand_count++] = &errands->items[i];
	}
	court_judge_place(court, &inquiry);
}

void court_judge_errands(struct court *court)
{
	const struct errands *errands = &court->errands;
	bool any = false;

	if (strcmp(court->requirement->judging->subject, "errand") != 0)
		court->predicate = predicate_find("sent");

	for (size_t i = 0; i < errands->count; i++) {
		if (errands->items[i].requirement != court->requirement)
			continue;
		any = true;
		if (!is_told(errands, i))
			judge_at(court, i);
	}
	if (!any && !(is_edge_host(court) && court_judge_reported(court)))
		court_tell_beside_mission(court);
}
