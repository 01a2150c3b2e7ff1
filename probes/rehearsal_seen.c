#include "probes/rehearsal_seen.h"

#include "common/wire/trial.h"
#include "probes/registry.h"

#include <string.h>

static const struct fact_def facts[] = {
	{"rehearsal.flow", FACT_TEXT, "the flow that was tried"},
	{"rehearsal.node", FACT_TEXT, "the Edge Server stood in for"},
	{"rehearsal.direction", FACT_TEXT, "to-edge or from-edge"},
	{"rehearsal.ports", FACT_TEXT, "the range that the port stands for"},
	{"rehearsal.sampled", FACT_UINT, "ports of it that were tried"},
	{"rehearsal.bytes", FACT_UINT, "of the packet, and of its answer"},
	{"rehearsal.arrived", FACT_FLAG, "the packet came to the other end"},
	{"rehearsal.packets", FACT_UINT, "those that came, sent again or not"},
	{"rehearsal.answered", FACT_FLAG, "and the answer came back"},
	{"rehearsal.port", FACT_UINT, "the row's port that was tried"},
	{"rehearsal.is_source", FACT_FLAG,
	 "it is the sender's; the other end's was any"},
	{"rehearsal.sent_to", FACT_ADDRESS, "where the packets were sent"},
	{"rehearsal.sent_from", FACT_ADDRESS, "the sender, as it saw itself"},
	{"rehearsal.seen_from", FACT_ADDRESS, "the sender, as it was seen"},
	{"rehearsal.translated", FACT_FLAG, "these two differ: NAT"},
	{"rehearsal.mapped_here", FACT_FLAG,
	 "sent to this host, which others see at another address"},
	{NULL, 0, NULL},
};

const struct probe rehearsal_probe = {
	.name = "rehearsal",
	.summary = "tries a path between two hosts before installation",
	.facts = facts,
};

/* How the sending end fared where nothing arrived. */
static const struct {
	enum bidding_status status;
	enum outcome outcome;
	const char *phase, *detail;
} fates[] = {
	{BIDDING_REFUSED, OUTCOME_REFUSED, "connect",
	 "refused, though the port was open there"},
	{BIDDING_UNREACHABLE, OUTCOME_UNREACHABLE, "connect",
	 "a router or firewall says that it cannot be reached"},
	{BIDDING_RESET, OUTCOME_RESET, "exchange", "the connection was reset"},
	{BIDDING_CLOSED, OUTCOME_CLOSED, "exchange",
	 "something closed the connection"},
	{BIDDING_GARBLED, OUTCOME_GARBLED, "exchange",
	 "something else answers there"},
	{BIDDING_WAITING, OUTCOME_NO_REPLY, "connect",
	 "nothing arrived at the other end"},
};

/* Our own trouble, for people. */
static const struct {
	enum bidding_status status;
	const char *words;
} troubles[] = {
	{BIDDING_IN_USE, "the port is in use already"},
	{BIDDING_NO_ADDRESS, "the address is not this host's"},
	{BIDDING_NOT_PERMITTED,
	 "not permitted (ports below 1024 need root or CAP_NET_BIND_SERVICE)"},
	{BIDDING_NOT_ALLOWED, "it may not send there (--allow)"},
	{BIDDING_FAILED, "the system refuses"},
};

static const char *trouble_of(enum bidding_status status)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].status == status)
			return troubles[i].words;
	return NULL;
}

static const char *place_text(struct arena *arena,
			      const struct bidding_place *place, bool is_any)
{
	char text[ENDPOINT_TEXT_BYTES];

	if (!place->address.family)
		return arena_format(arena, "port %u", place->port);
	if (is_any)
		return arena_text(arena, address_format(text, &place->address));
	return arena_text(arena,
			  endpoint_format(text, &place->address, place->port));
}

/* "at the listening side, 192.0.2.10:443: the port is in use already" */
static const char *own_trouble(struct arena *arena,
			       const struct rehearsal_seen *seen)
{
	bool is_sender = bidding_is_own_trouble(seen->sent.status);
	enum bidding_status status =
		is_sender ? seen->sent.status : seen->came.status;
	const struct bidding_place place = {
		.address = seen->step->is_from_edge == is_sender
				   ? seen->step->local
				   : (struct address){0},
		.port = seen->step->port,
	};

	return arena_format(arena, "%s side, %s: %s",
			    is_sender == seen->to_here ? "listening" : "this",
			    place_text(arena, &place,
				       is_sender && !seen->step->is_local_port),
			    trouble_of(status));
}

static bool has_own_trouble(const struct rehearsal_seen *seen)
{
	return bidding_is_own_trouble(seen->sent.status) ||
	       bidding_is_own_trouble(seen->came.status);
}

static void conclude(struct arena *arena, struct observation *observation,
		     const struct rehearsal_seen *seen)
{
	if (seen->came.status == BIDDING_ARRIVED) {
		observation->outcome = OUTCOME_ANSWERED;
		observation->phase = "done";
		return;
	}
	observation->outcome = OUTCOME_LOCAL;
	observation->phase = "start";
	if (!seen->is_asked && seen->why) {
		observation->detail = arena_format(
			arena, "it did not come to it: %s", seen->why);
		return;
	}
	if (has_own_trouble(seen)) {
		observation->detail = own_trouble(arena, seen);
		return;
	}
	observation->detail = "the two sides do not agree on what happened";
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		if (fates[i].status != seen->sent.status)
			continue;
		observation->outcome = fates[i].outcome;
		observation->phase = fates[i].phase;
		observation->detail = fates[i].detail;
	}
}

static void add_place(struct arena *arena, struct observation *observation,
		      const char *key, const struct bidding_place *place)
{
	if (place->address.family)
		observation_add_address(arena, observation, key,
					&place->address, place->port);
}

static void add_flag(struct arena *arena, struct observation *observation,
		     const char *key, bool flag)
{
	observation_add_number(arena, observation, key, FACT_FLAG, flag);
}

static void add_plan(struct arena *arena, struct observation *observation,
		     const struct rehearsal_step *step)
{
	observation_add_text(arena, observation, "rehearsal.flow", step->flow);
	observation_add_text(arena, observation, "rehearsal.node", step->node);
	observation_add_text(arena, observation, "rehearsal.direction",
			     step->is_from_edge ? "from-edge" : "to-edge");
	if (step->first != step->last)
		observation_add_text(
			arena, observation, "rehearsal.ports",
			arena_format(arena, "%u-%u", step->first, step->last));
	observation_add_number(arena, observation, "rehearsal.port", FACT_UINT,
			       step->port);
	add_flag(arena, observation, "rehearsal.is_source",
		 step->is_local_port);
	observation_add_number(arena, observation, "rehearsal.sampled",
			       FACT_UINT, step->tried);
	observation_add_number(arena, observation, "rehearsal.bytes", FACT_UINT,
			       TRIAL_BYTES);
}

static void add_arrival(struct arena *arena, struct observation *observation,
			const struct rehearsal_seen *seen)
{
	bool arrived = seen->came.status == BIDDING_ARRIVED;
	const struct bidding_place *from = &seen->came.seen;
	const struct bidding_place *own = &seen->sent.bound;

	add_flag(arena, observation, "rehearsal.arrived", arrived);
	observation_add_number(arena, observation, "rehearsal.packets",
			       FACT_UINT, seen->came.arrived);
	add_flag(arena, observation, "rehearsal.answered",
		 seen->sent.status == BIDDING_ANSWERED);
	if (seen->came.bound.port)
		observation_add_address(arena, observation, "rehearsal.sent_to",
					&seen->to.address,
					seen->came.bound.port);
	add_place(arena, observation, "rehearsal.sent_from", own);
	if (arrived) {
		add_place(arena, observation, "rehearsal.seen_from", from);
		add_flag(arena, observation, "rehearsal.translated",
			 !address_equal(&from->address, &own->address));
	}
	if (seen->to_here)
		add_flag(arena, observation, "rehearsal.mapped_here",
			 seen->mapped_here);
}

/* "ext.access.dns.udp53.out of edge1"; ports named by hand stand alone. */
static const char *subject_of(struct arena *arena,
			      const struct rehearsal_step *step)
{
	if (strcmp(step->node, "-") == 0)
		return step->flow;
	return arena_format(arena, "%s of %s", step->flow, step->node);
}

struct observation *rehearsal_observe(struct arena *arena,
				      const struct rehearsal_seen *seen)
{
	struct observation *observation = observation_new(arena);
	char text[ADDRESS_TEXT_BYTES];

	observation->probe = rehearsal_probe.name;
	observation->wall_us = seen->wall_us;
	observation->duration_us = seen->duration_us;
	observation->endpoint = seen->to;
	observation->subject = subject_of(arena, seen->step);
	if (seen->sent.bound.address.family)
		observation->source = arena_text(
			arena, address_format(text, &seen->sent.bound.address));
	conclude(arena, observation, seen);
	add_plan(arena, observation, seen->step);
	add_arrival(arena, observation, seen);
	return observation;
}
