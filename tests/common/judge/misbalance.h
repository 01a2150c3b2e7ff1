/*
 * misbalance.h - one fault a function, for faults_test.c and balancer_test.c:
 * what a load balancer does with connections.
 */
#ifndef TESTS_COMMON_JUDGE_MISBALANCE_H
#define TESTS_COMMON_JUDGE_MISBALANCE_H

#include "tests/common/judge/balanced.h"
#include "tests/common/judge/misrelay.h"

#define SPREAD_LINES 8

static inline struct observation *see_spread(struct world *world,
					     const char *probe, const char *at)
{
	struct observation *seen =
		world_see(world, probe, at, TRANSPORT_TCP, "-");

	observation_add_number(world->arena, seen, "spread.tried", FACT_UINT,
			       SPREAD_LINES);
	observation_add_number(world->arena, seen, "spread.answered", FACT_UINT,
			       SPREAD_LINES);
	return seen;
}

/* Eight of eight at each VIP. */
static inline void with_spread(struct world *world)
{
	with_load_balancer(world);
	see_spread(world, "vip-spread", "192.0.2.10:443");
	see_spread(world, "vip-spread", "192.0.2.10:5061");
	see_spread(world, "vip-spread", "192.0.2.20:443");
	see_spread(world, "vip-spread-av", "192.0.2.30:443");
}

static inline void miss(struct world *world, const char *probe, const char *at,
			const char *key, int64_t count)
{
	world_set(world, probe, at, "spread.answered", SPREAD_LINES - count);
	world_set(world, probe, at, key, count);
}

static inline void member_missing(struct world *world)
{
	with_spread(world);
	miss(world, "vip-spread", "192.0.2.10:443", "spread.refused", 4);
	miss(world, "vip-spread", "192.0.2.10:5061", "spread.silent", 3);
}

static inline void member_mute(struct world *world)
{
	with_spread(world);
	miss(world, "vip-spread-av", "192.0.2.30:443", "spread.mute", 4);
}

/* One server behind the VIP was forgotten when the others got theirs. */
static inline void certificates_in_turn(struct world *world)
{
	struct observation *seen;

	with_spread(world);
	seen = world_find(world, "vip-spread", "192.0.2.10:443", NULL);
	observation_add_text(world->arena, seen, "spread.leaf", "aa");
	observation_add_text(world->arena, seen, "spread.leaf", "bb");
}

/* Who names no server is led to one of them, too. */
static inline void in_turn_without_sni(struct world *world, const char *digest)
{
	struct observation *seen;

	certificates_in_turn(world);
	observation_add_text(world->arena,
			     world_find(world, "sip", "192.0.2.10:443", NULL),
			     "tls.sni", "sip.contoso.com");
	seen = world_see(world, "tls-without-sni", "192.0.2.10:443",
			 TRANSPORT_TCP, "-");
	world_show(world, seen, "sip.contoso.com", WORLD_SAN, 7);
	observation_add_text(world->arena, seen, "cert.sha256", digest);
}

static inline void the_other_in_turn(struct world *world)
{
	in_turn_without_sni(world, "bb");
}

static inline void a_third_without_sni(struct world *world)
{
	in_turn_without_sni(world, "cc");
}

static inline void one_certificate_in_turn(struct world *world)
{
	with_spread(world);
	observation_add_text(
		world->arena,
		world_find(world, "vip-spread", "192.0.2.10:443", NULL),
		"spread.leaf", "aa");
}

/* Nobody at all: that is another row's matter. */
static inline void nobody_behind(struct world *world)
{
	with_spread(world);
	miss(world, "vip-spread", "192.0.2.20:443", "spread.refused",
	     SPREAD_LINES);
}

/* What the Access Edge believes of the one who asks. */
static inline void access_sees(struct world *world, const char *address)
{
	observation_add_text(
		world->arena,
		world_find(world, "sip-register", "192.0.2.10:443", NULL),
		"sip.via_received", address);
}

/* The product whose documents say the most of load balancers. */
static inline void with_balancer_of_2013(struct world *world)
{
	with_load_balancer(world);
	world->given->product = PRODUCT_LYNC2013;
}

static inline void no_source_nat(struct world *world)
{
	with_balancer_of_2013(world);
	access_sees(world, "198.51.100.9");
}

static inline void source_nat_on_access(struct world *world)
{
	with_balancer_of_2013(world);
	access_sees(world, "192.0.2.10");
}

static inline void nat_elsewhere(struct world *world)
{
	with_balancer_of_2013(world);
	access_sees(world, "203.0.113.77");
}

/* Each address of both nodes behind a public one, and relays that work. */
static inline void with_nat(struct world *world)
{
	world_file(world);
	world->given->kind = KIND_SCALED_DNSLB_NAT;
	for (size_t i = 0; i < 2; i++)
		for (unsigned j = SERVICE_ACCESS; j <= SERVICE_AV; j++) {
			struct service_address *address =
				&world->given->nodes[i].addresses[j][0];

			address->local.bytes[0] = 10;
		}
	with_relays(world);
}

static inline void nat_changes_port(struct world *world)
{
	with_nat(world);
	replace_at(world, "relay-path", "192.0.2.31", "relay.source",
		   "192.0.2.31:1024");
}

static inline void nat_changes_address(struct world *world)
{
	with_nat(world);
	replace_at(world, "relay-path", "192.0.2.31", "relay.source",
		   "192.0.2.1:50123");
}

static inline void firewall_changes_address(struct world *world)
{
	with_balancer_of_2013(world);
	with_balanced_relays(world);
	replace_at(world, "relay-path", "192.0.2.41", "relay.source",
		   "192.0.2.1:50123");
}

/*
 * Inside: the nodes are 172.25.33.10 and .11, the VIP .50
 */

static inline void see_mutual(struct world *world, const char *at)
{
	struct observation *seen =
		world_see(world, "sip", at, TRANSPORT_TCP, "-");

	observation_add_number(world->arena, seen,
			       "tls.client_certificate_requested", FACT_FLAG,
			       1);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_refused", FACT_FLAG, 1);
	observation_add_text(world->arena, seen, "tls.version", "TLSv1.2");
}

static inline void from_inside(struct world *world)
{
	struct topology *given = world->given;

	with_load_balancer(world);
	world->deployment.vantage = world->scope.vantage = VANTAGE_INSIDE;
	given->internal_name = "sfbedge.contoso.net";
	for (size_t i = 0; i < 2; i++) {
		const char *address =
			arena_format(world->arena, "172.25.33.1%zu", i);

		given->nodes[i].internal = world_address(address).local;
		see_mutual(world,
			   arena_format(world->arena, "%s:5061", address));
		see_mutual(world,
			   arena_format(world->arena, "%s:5062", address));
	}
}

static inline void see_port(struct world *world, unsigned port,
			    enum outcome outcome)
{
	world_see(world, "port",
		  arena_format(world->arena, "172.25.33.50:%u", port),
		  TRANSPORT_TCP, "-")
		->outcome = outcome;
}

static inline void vip_inside(struct world *world)
{
	from_inside(world);
	world->given->nodes[2].internal = world_address("172.25.33.50").local;
	see_mutual(world, "172.25.33.50:5061");
	see_port(world, 8057, OUTCOME_REFUSED);
	see_port(world, 23456, OUTCOME_NO_REPLY);
	see_port(world, 4443, OUTCOME_REFUSED);
}

static inline void vip_carries_webconf(struct world *world)
{
	vip_inside(world);
	world_find(world, "port", "172.25.33.50:8057", NULL)->outcome =
		OUTCOME_ANSWERED;
}

static inline void node_inside_silent(struct world *world)
{
	from_inside(world);
	world_break(world, "sip", "172.25.33.11:5062", OUTCOME_NO_REPLY, "");
}

/* XMPP on 23456 of each member, as the gateway asks it. */
static inline void members_with_xmpp(struct world *world)
{
	from_inside(world);
	world->given->kind = KIND_SCALED_DNSLB_PUBLIC;
	world->given->node_count = 2;
	world->given->product = PRODUCT_LYNC2013;
	world->given->features |= FEATURE_BIT(FEATURE_XMPP);
	for (size_t i = 0; i < 2; i++) {
		const char *at =
			arena_format(world->arena, "172.25.33.1%zu:23456", i);

		see_mutual(world, at);
		world_find(world, "sip", at, NULL)->probe = "tls";
	}
}

static inline void member_without_xmpp(struct world *world)
{
	members_with_xmpp(world);
	world_break(world, "tls", "172.25.33.11:23456", OUTCOME_REFUSED, "");
}

#endif
