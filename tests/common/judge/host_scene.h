/*
 * host_scene.h - a host that is to be an Edge Server, seen from itself.
 *
 * edge1 of man/examples/single-nat.conf: outside 10.45.16.10, .20 and .30 on
 * interface 2, inside 172.25.33.10 on interface 3.
 */
#ifndef TESTS_COMMON_JUDGE_HOST_SCENE_H
#define TESTS_COMMON_JUDGE_HOST_SCENE_H

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

#endif
