/*
 * mishost.h - one fault a function: a host that is to be an Edge Server. For
 * host_test.c alone.
 */
#ifndef TESTS_COMMON_JUDGE_MISHOST_H
#define TESTS_COMMON_JUDGE_MISHOST_H

#include "tests/common/judge/host_scene.h"

#define DEFAULT_ROUTE "2 0.0.0.0/0 10.45.16.1 0 kept"
#define INNER_ROUTE   "3 10.0.0.0/8 172.25.33.1 0 kept"

static void gateway_inside_too(struct world *world)
{
	host_healthy(world);
	host_tell(world, "host.route", "3 0.0.0.0/0 172.25.33.1 100 kept");
}

static void gateway_inside_alone(struct world *world)
{
	host_healthy(world);
	host_change(world, DEFAULT_ROUTE, "3 0.0.0.0/0 172.25.33.1 0 kept");
	host_change(world, "10.45.16.10", "172.25.33.10");
}

static void no_gateway(struct world *world)
{
	host_healthy(world);
	host_change(world, DEFAULT_ROUTE, "");
}

static void two_gateways_outside(struct world *world)
{
	host_healthy(world);
	host_tell(world, "host.route", "2 0.0.0.0/0 10.45.16.2 10 kept");
}

static void other_gateway_outside(struct world *world)
{
	host_healthy(world);
	host_change(world, DEFAULT_ROUTE, "2 0.0.0.0/0 10.45.16.9 0 kept");
}

static void no_route_inside(struct world *world)
{
	host_healthy(world);
	host_change(world, INNER_ROUTE, "");
}

static void part_of_the_inside_goes_out(struct world *world)
{
	host_healthy(world);
	host_tell(world, "host.route", "2 10.1.7.0/24 10.45.16.1 0 kept");
}

static void route_inside_will_be_gone(struct world *world)
{
	host_healthy(world);
	host_change(world, INNER_ROUTE, "3 10.0.0.0/8 172.25.33.1 0 volatile");
}

static void webconf_is_primary(struct world *world)
{
	host_healthy(world);
	host_change(world, "10.45.16.10", "10.45.16.20");
	host_change(world, "2 10.45.16.10 24 primary",
		    "2 10.45.16.10 24 secondary");
	host_change(world, "2 10.45.16.20 24 secondary",
		    "2 10.45.16.20 24 primary");
}

static void webconf_is_missing(struct world *world)
{
	host_healthy(world);
	host_change(world, "2 10.45.16.20 24 secondary", "");
}

static void host_forwards(struct world *world)
{
	host_healthy(world);
	host_change(world, "3 ipv4 off", "3 ipv4 on");
}

static void one_interface_for_both(struct world *world)
{
	host_healthy(world);
	host_change(world, "3 172.25.33.10 24 primary",
		    "2 172.25.33.10 24 secondary");
	host_change(world, INNER_ROUTE, "2 10.0.0.0/8 172.25.33.1 0 kept");
}

static void one_network_for_both(struct world *world)
{
	host_healthy(world);
	world->given->nodes[0].internal = host_address_of("10.45.16.99");
	host_change(world, "3 172.25.33.10 24 primary",
		    "3 10.45.16.99 24 primary");
}

static void one_address_is_public(struct world *world)
{
	host_healthy(world);
	host_give(&world->given->nodes[0], SERVICE_AV, "192.0.2.30",
		  "192.0.2.30");
	host_change(world, "2 10.45.16.30 24 secondary",
		    "2 192.0.2.30 24 secondary");
}

/* The rules of load balancers are those of Lync Server 2013. */
static void host_balanced(struct world *world)
{
	struct topology *topology = world->given;
	struct node *vip = &topology->nodes[1];

	host_healthy(world);
	topology->kind = KIND_SCALED_HLB;
	topology->product = PRODUCT_LYNC2013;
	topology->node_count = 2;
	*vip = (struct node){.name = "hlb", .is_vip = true};
	host_give(vip, SERVICE_ACCESS, "10.45.16.50", "10.45.16.50");
	topology->nodes[0].gateway = (struct address){0};
}

static void balanced_by_vip(struct world *world)
{
	host_balanced(world);
	host_change(world, DEFAULT_ROUTE, "2 0.0.0.0/0 10.45.16.50 0 kept");
}

static void balanced_by_router(struct world *world)
{
	host_balanced(world);
	world->given->nodes[0].gateway = host_address_of("10.45.16.1");
}

static void balanced_by_nobody(struct world *world)
{
	host_balanced(world);
	world->given->nodes[0].gateway = host_address_of("10.45.16.2");
}

static void balanced_route_will_be_gone(struct world *world)
{
	balanced_by_vip(world);
	host_change(world, INNER_ROUTE, "3 10.0.0.0/8 172.25.33.1 0 volatile");
}

#endif
