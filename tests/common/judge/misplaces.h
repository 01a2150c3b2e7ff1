/*
 * misplaces.h - one fault a function, for faults_test.c alone: ports that are
 * open to anybody, and the place that is looked from.
 */
#ifndef TESTS_COMMON_JUDGE_MISPLACES_H
#define TESTS_COMMON_JUDGE_MISPLACES_H

#include "tests/common/judge/misnames.h"

/* The observation of an address, with ports that are open there. */
static struct observation *open_ports(struct world *world, const char *address,
				      const char *ports)
{
	struct observation *seen =
		world_see(world, "exposure", address, TRANSPORT_TCP, "-");
	char *rest = arena_text(world->arena, ports);
	char *one;

	while ((one = strsep(&rest, ",")))
		observation_add_text(world->arena, seen, "ports.open", one);
	observation_add_text(world->arena, seen, "ports.silent", "135-135");
	return seen;
}

static void av_auth_open(struct world *world)
{
	open_ports(world, "192.0.2.11", "5062-5062");
}

static void clear_sip_open(struct world *world)
{
	open_ports(world, "192.0.2.11", "5060-5060");
}

/* TLS is expected there, and SIP answers without. */
static void clear_sip_on_443(struct world *world)
{
	struct observation *seen = open_ports(world, "192.0.2.11", "4-4");

	observation_add_number(world->arena, seen, "sip.clear_text", FACT_UINT,
			       443);
}

static void inner_ports_open(struct world *world)
{
	open_ports(world, "192.0.2.21", "4443-4443,8057-8057,50001-50003");
}

static void host_ports_open(struct world *world)
{
	open_ports(world, "192.0.2.31", "135-135,3389-3389");
}

/* Of Lync 2013, the rule of the documents speaks too. */
static void host_ports_open_on_2013(struct world *world)
{
	world->given->product = PRODUCT_LYNC2013;
	world->given->product_known = true;
	open_ports(world, "192.0.2.31", "3389-3389");
}

static void xmpp_open_on_2019(struct world *world)
{
	world->given->product_known = true;
	open_ports(world, "192.0.2.11", "5269-5269");
}

/* Inbound media ports are for partners of long ago. */
static void relay_range_open(struct world *world)
{
	open_ports(world, "192.0.2.31", "50000-50000");
}

/* What is open there is called for, or proves nothing. */
static void ports_called_for(struct world *world)
{
	struct observation *seen;

	/* logging has no listener where media are relayed */
	open_ports(world, "192.0.2.30", "50001-50003");
	/* the product is only assumed */
	open_ports(world, "192.0.2.10", "5269-5269");
	/* its own listener, in a layout with one address */
	world->given->ports[LISTENER_WEBCONF] = 8057;
	world_see_webconf(world, "192.0.2.20");
	world_find(world, "webconf", "192.0.2.20:443", NULL)->endpoint.port =
		8057;
	world_find(world, "webconf", "192.0.2.21:443", NULL)->endpoint.port =
		8057;
	open_ports(world, "192.0.2.20", "8057-8057");
	/* a device that answers for every port */
	seen = open_ports(world, "192.0.2.11", "135-50003");
	observation_add_text(world->arena, seen, "ports.unused_open", "4-4");
}

static void ocs_partner(struct world *world)
{
	world->given->features |= FEATURE_BIT(FEATURE_FED_OCS2007);
	world->given->product = PRODUCT_LYNC2013;
	world->given->product_known = world->given->kind_known = true;
	world->given->kind = KIND_SCALED_DNSLB_PUBLIC;
	open_ports(world, "192.0.2.31", "50000-50000");
}

/* Nobody answers for the ports, and nobody is blamed for that. */
static void ports_not_to_be_told(struct world *world)
{
	struct observation *seen =
		world_see(world, "exposure", "192.0.2.10", TRANSPORT_TCP, "-");

	seen->outcome = OUTCOME_NO_REPLY;
	seen = world_see(world, "exposure", "192.0.2.11", TRANSPORT_TCP, "-");
	seen->outcome = OUTCOME_LOCAL;
}

#endif
