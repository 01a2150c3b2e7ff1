/*
 * misrelay.h - one fault a function, for tests of the judge: allocations with
 * credentials beside a healthy world, and packets through the relays.
 */
#ifndef TESTS_COMMON_JUDGE_MISRELAY_H
#define TESTS_COMMON_JUDGE_MISRELAY_H

#include "tests/common/judge/world.h"

#define RELAY_UDP "192.0.2.31:3478"
#define RELAY_TCP "192.0.2.31:443"
#define RELAY_US  "198.51.100.9:40000" /* world_see()'s own address */

static inline void relay_address(struct world *world, struct observation *seen,
				 const char *key, const char *text)
{
	observation_add_bytes(world->arena, seen, key, FACT_ADDRESS, text,
			      strlen(text));
}

static inline void relay_number(struct world *world, struct observation *seen,
				const char *key, int64_t number)
{
	observation_add_number(world->arena, seen, key, FACT_UINT, number);
}

static inline void see_allocation(struct world *world, const char *host,
				  bool is_udp, const char *granted)
{
	struct observation *seen = world_see(
		world, is_udp ? "msturn-relay" : "msturn-relay-tcp",
		arena_format(world->arena, "%s:%d", host, is_udp ? 3478 : 443),
		is_udp ? TRANSPORT_UDP : TRANSPORT_TCP, "-");

	observation_add_number(world->arena, seen, "turn.cookie", FACT_FLAG, 1);
	observation_add_text(world->arena, seen, "turn.realm", "rtcmedia");
	observation_add_text(world->arena, seen, "turn.integrity", "verified");
	relay_address(world, seen, "turn.mapped_address", granted);
	relay_address(world, seen, "turn.xor_mapped_address", RELAY_US);
	relay_number(world, seen, "turn.lifetime_s", 60);
}

static inline void see_path(struct world *world, const char *host, bool is_udp,
			    const char *granted)
{
	struct observation *seen = world_see(
		world, is_udp ? "relay-path" : "relay-path-tcp",
		arena_format(world->arena, "%s:%d", host, is_udp ? 3478 : 443),
		is_udp ? TRANSPORT_UDP : TRANSPORT_TCP, "-");

	relay_address(world, seen, "relay.peer", "203.0.113.5:40001");
	relay_number(world, seen, "relay.sent", 5);
	relay_number(world, seen, "relay.back", 5);
	relay_number(world, seen, "relay.out", 5);
	relay_address(world, seen, "relay.source", granted);
	relay_number(world, seen, "relay.rtt_us", 12300);
	relay_number(world, seen, "relay.direct", 5);
}

/* Nothing the matter with what a host grants, over both transports. */
static inline void with_relay(struct world *world, const char *host)
{
	for (int is_udp = 0; is_udp < 2; is_udp++) {
		const char *granted =
			arena_format(world->arena, "%s:50123", host);

		see_allocation(world, host, is_udp, granted);
		see_path(world, host, is_udp, granted);
	}
}

static inline void with_relays(struct world *world)
{
	with_relay(world, "192.0.2.30");
	with_relay(world, "192.0.2.31");
}

static inline struct observation *relay_of(struct world *world, bool is_udp)
{
	return world_find(world, is_udp ? "msturn-relay" : "msturn-relay-tcp",
			  is_udp ? RELAY_UDP : RELAY_TCP, NULL);
}

static inline struct observation *path_of(struct world *world, bool is_udp)
{
	return world_find(world, is_udp ? "relay-path" : "relay-path-tcp",
			  is_udp ? RELAY_UDP : RELAY_TCP, NULL);
}

static inline void replace_fact(struct observation *seen, const char *key,
				const char *text)
{
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, key) == 0)
			fact->text = text;
}

#define UNTOLD (-1) /* the peer did not say */

static inline void set_number(struct observation *seen, const char *key,
			      int64_t number)
{
	for (struct fact *fact = seen->facts; fact; fact = fact->next) {
		if (strcmp(fact->key, key) != 0)
			continue;
		fact->number = number;
		if (number == UNTOLD)
			fact->key = "untold";
	}
}

/* No packets without an allocation. */
static inline void forget_path(struct world *world, bool is_udp)
{
	path_of(world, is_udp)->probe = "nothing";
}

/*
 * Allocations
 */

static inline struct observation *refuse(struct world *world, bool is_udp,
					 int64_t code, const char *reason)
{
	struct observation *seen = relay_of(world, is_udp);

	seen->facts = NULL;
	observation_add_number(world->arena, seen, "turn.cookie", FACT_FLAG, 1);
	relay_number(world, seen, "turn.error_code", code);
	if (reason)
		observation_add_text(world->arena, seen, "turn.error_reason",
				     reason);
	forget_path(world, is_udp);
	return seen;
}

static inline void relay_refuses(struct world *world)
{
	with_relays(world);
	refuse(world, true, 486, "Allocation Quota Reached");
	refuse(world, false, 486, "Allocation Quota Reached");
}

/* Asked for credentials, and then silent. */
static inline void relay_falls_silent(struct world *world)
{
	with_relays(world);
	for (int is_udp = 0; is_udp < 2; is_udp++) {
		struct observation *seen = relay_of(world, is_udp);

		seen->outcome = OUTCOME_NO_REPLY;
		seen->detail = "asks for credentials, and does not answer";
		seen->facts = NULL;
		forget_path(world, is_udp);
	}
}

static inline void no_udp_relay(struct world *world)
{
	with_relays(world);
	refuse(world, true, 500, NULL);
}

static inline void no_tcp_relay(struct world *world)
{
	with_relays(world);
	refuse(world, false, 600, NULL);
}

static inline void keys_differ_with(struct world *world, int64_t code)
{
	with_relays(world);
	refuse(world, true, code, NULL);
	refuse(world, false, code, NULL);
}

static inline void keys_differ(struct world *world)
{
	keys_differ_with(world, 431);
}

static inline void relay_odd_integrity(struct world *world)
{
	with_relays(world);
	replace_fact(relay_of(world, true), "turn.integrity", "wrong");
}

/*
 * Addresses
 */

static inline void replace_at(struct world *world, const char *probe,
			      const char *host, const char *key,
			      const char *text)
{
	const char *at = arena_format(world->arena, "%s:3478", host);

	replace_fact(world_find(world, probe, at, NULL), key, text);
}

/* Over UDP; over TCP it stays as it was. */
static inline void grant_at(struct world *world, const char *host,
			    const char *granted)
{
	replace_at(world, "msturn-relay", host, "turn.mapped_address", granted);
	replace_at(world, "relay-path", host, "relay.source", granted);
}

static inline void grant(struct world *world, const char *granted)
{
	grant_at(world, "192.0.2.31", granted);
}

static inline void relay_private(struct world *world)
{
	with_relays(world);
	grant(world, "10.45.16.31:50123");
}

static inline void relay_foreign(struct world *world)
{
	with_relays(world);
	grant(world, "203.0.113.99:50123");
}

static inline void relay_of_another_node(struct world *world)
{
	with_relays(world);
	grant(world, "192.0.2.30:50123");
}

static inline void relay_out_of_range(struct world *world)
{
	with_relays(world);
	grant(world, "192.0.2.31:49999");
}

/*
 * Paths
 */

static inline void path_counts(struct world *world, int64_t out, int64_t back)
{
	struct observation *seen = path_of(world, true);

	set_number(seen, "relay.out", out);
	set_number(seen, "relay.back", back);
	if (!back)
		seen->outcome = OUTCOME_NO_REPLY;
}

static inline void relay_blocked(struct world *world)
{
	with_relays(world);
	path_counts(world, UNTOLD, 0);
}

/* Over TCP it closes the connection while packets are on their way. */
static inline void relay_breaks_off(struct world *world)
{
	struct observation *seen;

	with_relays(world);
	seen = path_of(world, false);
	seen->outcome = OUTCOME_CLOSED;
	seen->detail = "the relay closed the connection";
}

static inline void relay_out_blocked(struct world *world)
{
	with_relays(world);
	path_counts(world, 0, 0);
}

static inline void relay_in_blocked(struct world *world)
{
	with_relays(world);
	path_counts(world, 5, 0);
}

static inline void relay_source_changed(struct world *world)
{
	with_relays(world);
	replace_fact(path_of(world, true), "relay.source", "192.0.2.1:50123");
}

static inline void relay_loses(struct world *world)
{
	with_relays(world);
	path_counts(world, 5, 4);
}

static inline void relay_without_active(struct world *world)
{
	with_relays(world);
	world_set(world, "relay-path", RELAY_UDP, "relay.direct", 0);
}

/* The firewall of the Edge lets nothing out of any relay port. */
static inline void no_relay_sends(struct world *world)
{
	static const char *const probes[] = {"relay-path", "relay-path-tcp"};

	with_relays(world);
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		if (strcmp(seen->probe, probes[0]) != 0 &&
		    strcmp(seen->probe, probes[1]) != 0)
			continue;
		seen->outcome = OUTCOME_NO_REPLY;
		set_number(seen, "relay.out", 0);
		set_number(seen, "relay.back", 0);
	}
}

/*
 * Who it saw, and whom it serves
 */

static inline void see_abuse(struct world *world, bool is_willing)
{
	struct observation *seen =
		world_see(world, "relay-abuse", RELAY_UDP, TRANSPORT_UDP, "-");

	relay_address(world, seen, "relay.peer", "10.0.0.1:9");
	observation_add_number(world->arena, seen, "relay.private", FACT_FLAG,
			       is_willing);
}

static inline void relay_to_inside(struct world *world)
{
	with_relays(world);
	see_abuse(world, true);
}

static inline void relay_not_to_inside(struct world *world)
{
	with_relays(world);
	see_abuse(world, false);
}

static inline void add_network(struct networks *networks, const char *text)
{
	const char *why;

	assert_true(network_parse(text, &networks->items[0], &why));
	networks->count = 1;
}

static inline void source_is_at(struct world *world, const char *host,
				const char *mapped)
{
	replace_at(world, "msturn-relay", host, "turn.xor_mapped_address",
		   mapped);
}

static inline void source_is(struct world *world, const char *mapped)
{
	source_is_at(world, "192.0.2.31", mapped);
}

/* The firewall before the Edge puts its own address in. */
static inline void source_nat(struct world *world)
{
	world_file(world);
	add_network(&world->given->external, "203.0.113.0/28");
	with_relays(world);
	source_is(world, "203.0.113.1:61000");
}

/*
 * A load balancer; to be applied after with_load_balancer(), whose address
 * is 192.0.2.30 and whose nodes are 192.0.2.40 and .41.
 */

/* Each node answers for itself, whomever the balancer chose. */
static inline void with_balanced_relays(struct world *world)
{
	with_relay(world, "192.0.2.40");
	with_relay(world, "192.0.2.41");
	for (int is_udp = 0; is_udp < 2; is_udp++) {
		see_allocation(world, "192.0.2.30", is_udp, "192.0.2.41:50124");
		see_path(world, "192.0.2.30", is_udp, "192.0.2.41:50124");
	}
}

/* From the first node to the second; what came of it. */
static inline void a_pair(struct world *world, enum outcome outcome)
{
	struct observation *seen = observation_new(world->arena);
	const char *why;

	with_relays(world);
	seen->probe = "relay-pair";
	seen->outcome = outcome;
	seen->detail = "0 of 5 packets reached the other, and 5 came from it";
	seen->endpoint.transport = TRANSPORT_UDP;
	assert_true(
		endpoint_parse("192.0.2.30:3478", 3478, &seen->endpoint, &why));
	observation_add_text(world->arena, seen, "pair.other",
			     "192.0.2.31:3478");
	observation_list_add(world->arena, &world->list, seen);
}

static inline void pair_blocked(struct world *world)
{
	a_pair(world, OUTCOME_NO_REPLY);
}

#endif
