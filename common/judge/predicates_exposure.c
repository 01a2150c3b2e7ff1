/* Ports that nobody outside should find open: common/plan/exposure.h. */

#include "common/judge/predicate.h"
#include "common/plan/exposure.h"

#include <stdio.h>
#include <string.h>

#define KIND(kind) (1u << EXPOSURE_##kind)
#define ALL_KINDS  ((1u << EXPOSURE_KIND_COUNT) - 1)

/* Which ports a row is about; the rule of the documents is about all. */
static const struct {
	const char *id;
	unsigned kinds;
} row_kinds[] = {
	{"exposure.av-auth", KIND(AV_AUTH)},
	{"exposure.sip-clear", KIND(SIP)},
	{"exposure.internal", KIND(INTERNAL)},
	{"exposure.host", KIND(HOST)},
	{"exposure.feature-off", KIND(UNCALLED)},
};

/* Where the rule is the row, the worst kind names the finding. */
static const char *const kind_causes[EXPOSURE_KIND_COUNT] = {
	[EXPOSURE_AV_AUTH] = "exposure.av-auth",
	[EXPOSURE_SIP] = "exposure.sip-clear",
	[EXPOSURE_INTERNAL] = "exposure.internal",
	[EXPOSURE_HOST] = "exposure.host",
	[EXPOSURE_UNCALLED] = "exposure.feature-off",
};

static unsigned kinds_of(const struct requirement *requirement)
{
	for (size_t i = 0; i < sizeof(row_kinds) / sizeof(row_kinds[0]); i++)
		if (strcmp(row_kinds[i].id, requirement->id) == 0)
			return row_kinds[i].kinds;
	return ALL_KINDS;
}

/* Whether one of the facts "FIRST-LAST" holds the port. */
static bool is_among(const struct observation *seen, const char *key,
		     uint16_t port)
{
	const struct fact *fact = observation_fact(seen, key);
	unsigned first, last;

	for (; fact; fact = fact_next(fact))
		if (sscanf(fact->text, "%5u-%5u", &first, &last) == 2 &&
		    port >= first && port <= last)
			return true;
	return false;
}

static bool has_clear_text(const struct observation *seen, uint16_t port)
{
	const struct fact *fact = observation_fact(seen, "sip.clear_text");

	for (; fact; fact = fact_next(fact))
		if (!port || fact->number == port)
			return true;
	return false;
}

/* One address being judged: what is open there, for a sentence. */
struct gate {
	const struct inquiry *inquiry;
	const struct observation *seen;
	const char *address;
	const char *open;  /* "TCP 5060 (SIP without TLS), ..." */
	const char *where; /* "192.0.2.10:5060/tcp, ..." */
	const char *cause;
	size_t tried;
};

static void add_open(struct gate *gate, unsigned port, const char *what,
		     enum exposure_kind kind)
{
	struct arena *arena = gate->inquiry->arena;
	char text[ENDPOINT_TEXT_BYTES];

	endpoint_format(text, &gate->seen->endpoint.address, (uint16_t)port);
	gate->open = arena_format(arena, "%s%s%u (%s)", gate->open,
				  *gate->open ? ", " : "TCP ", port, what);
	gate->where = arena_format(arena, "%s%s%s/tcp", gate->where,
				   *gate->where ? ", " : "", text);
	if (!gate->cause)
		gate->cause = kind_causes[kind];
}

static const char *title_of(struct gate *gate, const struct exposure_port *port)
{
	if (port->kind == EXPOSURE_SIP &&
	    has_clear_text(gate->seen, port->port))
		return "SIP answers without TLS";
	return port->kind == EXPOSURE_UNCALLED
		       ? arena_format(gate->inquiry->arena,
				      "%s is not called for", port->what)
		       : port->what;
}

static void look_at_kind(struct gate *gate, enum exposure_kind kind,
			 const struct exposure_port *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct exposure_port *port = &ports[i];

		if (port->kind != kind ||
		    !exposure_holds(gate->inquiry->deployment, port))
			continue;
		gate->tried++;
		if (is_among(gate->seen, "ports.open", port->port))
			add_open(gate, port->port, title_of(gate, port), kind);
	}
}

/* SIP in clear text where TLS belongs: edge-services.md section 4.12. */
static void look_at_listeners(struct gate *gate)
{
	const struct deployment *deployment = gate->inquiry->deployment;
	const struct fact *fact =
		observation_fact(gate->seen, "sip.clear_text");

	for (; fact; fact = fact_next(fact)) {
		for (size_t i = 0; i < deployment->target_count; i++) {
			const struct endpoint *endpoint =
				&deployment->targets[i].endpoint;

			if (endpoint->port != fact->number ||
			    endpoint->transport != TRANSPORT_TCP ||
			    !address_equal(&endpoint->address,
					   &gate->seen->endpoint.address))
				continue;
			add_open(gate, endpoint->port,
				 "SIP answers without TLS", EXPOSURE_SIP);
			break;
		}
	}
}

static const char *how_shut(const struct gate *gate)
{
	static const struct {
		const char *key, *word;
	} ways[] = {
		{"ports.silent", "silent"},
		{"ports.refused", "refused"},
		{"ports.unreachable", "rejected by a router"},
	};
	const char *text = "";

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (observation_fact(gate->seen, ways[i].key))
			text = arena_format(gate->inquiry->arena, "%s%s%s",
					    text, *text ? " or " : "",
					    ways[i].word);
	return *text ? text : "not open";
}

static void judge_gate(struct gate *gate, struct opinion *opinion)
{
	const struct deployment *deployment = gate->inquiry->deployment;
	unsigned kinds = kinds_of(gate->inquiry->requirement);
	struct exposure_port ports[EXPOSURE_PORTS_MAX];
	size_t count = exposure_candidates(
		deployment, &gate->seen->endpoint.address, ports);

	for (unsigned kind = 0; kind < EXPOSURE_KIND_COUNT; kind++)
		if (kinds & 1u << kind)
			look_at_kind(gate, (enum exposure_kind)kind, ports,
				     count);
	if (kinds & KIND(SIP))
		look_at_listeners(gate);
	if (*gate->open) {
		opine(gate->inquiry, opinion, STATE_WRONG, gate->cause,
		      "%sopen to anybody: %s", gate->address, gate->open);
		opinion->where = gate->where;
		return;
	}
	opine(gate->inquiry, opinion, STATE_VERIFIED, NULL,
	      "%s%zu port%s %s in %.1f s", gate->address, gate->tried,
	      gate->tried == 1 ? "" : "s", how_shut(gate),
	      (double)observation_number(gate->seen, "ports.waited_ms", 0) /
		      1000);
}

static void judge_address(const struct inquiry *inquiry,
			  const struct target *target, struct opinion *opinion)
{
	const struct observation *seen = deployment_address_seen(
		inquiry->deployment, &target->endpoint.address, "exposure");
	char text[ADDRESS_TEXT_BYTES];
	struct gate gate = {inquiry, seen, "", "", "", NULL, 0};
	const char *why;

	address_format(text, &target->endpoint.address);
	if (strcmp(inquiry->node, text) != 0)
		gate.address = arena_format(inquiry->arena, "%s: ", text);
	if (!exposure_may_try(inquiry->deployment, target, &why)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%sleft alone: %s", gate.address, why);
		opinion->could_not = true;
		return;
	}
	opinion_rest_on(inquiry, opinion, seen);
	if (!seen || seen->outcome == OUTCOME_LOCAL) {
		/* runs of before this probe are judged again, too */
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s%s",
		      gate.address, seen ? seen->detail : "was not looked at");
		opinion->could_not = true;
	} else if (observation_fact(seen, "ports.unused_open")) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%sports that nobody uses take connections too, so a "
		      "device in front answers for all of them",
		      gate.address);
		opinion->could_not = true;
	} else if (seen->outcome != OUTCOME_ANSWERED) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%snothing at all answers there, so silence tells "
		      "nothing",
		      gate.address);
		opinion->could_not = true;
	} else {
		judge_gate(&gate, opinion);
	}
}

static bool is_repeated(const struct inquiry *inquiry, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (address_equal(&inquiry->targets[i]->endpoint.address,
				  &inquiry->targets[index]->endpoint.address))
			return true;
	return false;
}

/* All that is open at a node stands in one sentence. */
static void join_open(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct opinion *one)
{
	const char *because = opinion->because, *where = opinion->where;
	bool both = opinion->state == STATE_WRONG && one->state == STATE_WRONG;

	opinion_worst(inquiry, opinion, one);
	if (!both)
		return;
	opinion->because =
		arena_format(inquiry->arena, "%s; %s", because, one->because);
	opinion->where =
		arena_format(inquiry->arena, "%s, %s", where, one->where);
}

void judge_exposure(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (is_repeated(inquiry, i))
			continue;
		judge_address(inquiry, inquiry->targets[i], &one);
		join_open(inquiry, opinion, &one);
	}
}
