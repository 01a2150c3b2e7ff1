/*
 * mishost.h - one fault a function: a host that is to be an Edge Server, seen
 * from itself. For faults_test.c and host_test.c.
 *
 * edge1 of man/examples/single-nat.conf: outside 10.45.16.10, .20 and .30 on
 * interface 2, inside 172.25.33.10 on interface 3.
 */
#ifndef TESTS_COMMON_JUDGE_MISHOST_H
#define TESTS_COMMON_JUDGE_MISHOST_H

#include "tests/common/judge/world.h"

static inline struct address host_address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static inline struct network host_network_of(const char *text)
{
	struct network network;
	const char *why;

	assert_true(network_parse(text, &network, &why));
	return network;
}

/* The facts of such a host, in the order in which they are looked for. */
static const char *const host_facts[][2] = {
	{"host.interface", "1 loopback lo"},
	{"host.interface", "2 network outer"},
	{"host.interface", "3 network inner"},
	{"host.address", "1 127.0.0.1 8 primary"},
	{"host.address", "2 10.45.16.10 24 primary"},
	{"host.address", "2 10.45.16.20 24 secondary"},
	{"host.address", "2 10.45.16.30 24 secondary"},
	{"host.address", "3 172.25.33.10 24 primary"},
	{"host.source", "10.45.16.10"},
	{"host.route", "2 0.0.0.0/0 10.45.16.1 0 kept"},
	{"host.route", "2 10.45.16.0/24 - 0 kept"},
	{"host.route", "3 172.25.33.0/24 - 0 kept"},
	{"host.route", "3 10.0.0.0/8 172.25.33.1 0 kept"},
	{"host.forwarding", "2 ipv4 off"},
	{"host.forwarding", "3 ipv4 off"},
	{"host.forwarding", "3 ipv6 off"},
};

static inline void host_give(struct node *node, enum service service,
			     const char *local, const char *outer)
{
	node->addresses[service][0] = (struct service_address){
		host_address_of(local), host_address_of(outer)};
	node->address_count[service] = 1;
}

/* Nothing but a host, and a file that knows it. */
static inline void host_healthy(struct world *world)
{
	struct topology *topology = world->given;
	struct node *node = &topology->nodes[0];
	struct observation *seen = observation_new(world->arena);

	topology->file = "edge.conf";
	topology->kind = KIND_SINGLE_NAT;
	topology->kind_known = topology->product_known = true;
	topology->features |= FEATURE_BIT(FEATURE_PER_ROLE);
	topology->node_count = 1;
	*node = (struct node){.name = "edge1"};
	host_give(node, SERVICE_ACCESS, "10.45.16.10", "192.0.2.10");
	host_give(node, SERVICE_WEBCONF, "10.45.16.20", "192.0.2.20");
	host_give(node, SERVICE_AV, "10.45.16.30", "192.0.2.30");
	node->internal = host_address_of("172.25.33.10");
	node->gateway = host_address_of("10.45.16.1");
	topology->served.items[0] = host_network_of("10.1.0.0/16");
	topology->served.count = 1;
	world->scope.vantage = world->deployment.vantage = VANTAGE_EDGE_HOST;
	world->list.count = 0;
	seen->probe = "host";
	seen->vantage = VANTAGE_EDGE_HOST;
	seen->outcome = OUTCOME_ANSWERED;
	seen->id = 1;
	for (size_t i = 0; i < sizeof(host_facts) / sizeof(host_facts[0]); i++)
		observation_add_text(world->arena, seen, host_facts[i][0],
				     host_facts[i][1]);
	observation_list_add(world->arena, &world->list, seen);
}

static inline struct observation *host_of(struct world *world)
{
	return world->list.items[0];
}

/* The fact with that text says something else; "" takes it away. */
static inline void host_change(struct world *world, const char *from,
			       const char *to)
{
	struct fact *fact = host_of(world)->facts;

	while (fact && strcmp(fact->text, from) != 0)
		fact = fact->next;
	if (!fact)
		fail_msg("no fact '%s'", from);
	fact->text = to;
}

static inline void host_tell(struct world *world, const char *key,
			     const char *text)
{
	observation_add_text(world->arena, host_of(world), key, text);
}

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
