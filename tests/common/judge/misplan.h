/*
 * misplan.h - one fault a function, for faults_test.c and plan_test.c: what
 * a topology file says is no deployment that the product supports.
 */
#ifndef TESTS_COMMON_JUDGE_MISPLAN_H
#define TESTS_COMMON_JUDGE_MISPLAN_H

#include "tests/common/judge/balanced.h"

static inline void set_network(struct networks *networks, const char *text)
{
	const char *why;

	assert_true(network_parse(text, &networks->items[0], &why));
	networks->count = 1;
}

/* Internal addresses, networks and gateways, and nothing wrong with them. */
static inline void with_inside(struct world *world)
{
	struct topology *given = world->given;

	world_file(world);
	set_network(&given->external, "192.0.2.0/24");
	set_network(&given->internal, "172.25.33.0/24");
	set_network(&given->served, "172.25.33.0/25");
	for (size_t i = 0; i < 2; i++) {
		given->nodes[i].internal =
			world_address(
				arena_format(world->arena, "172.25.33.1%zu", i))
				.local;
		given->nodes[i].gateway = world_address("192.0.2.1").local;
	}
}

/* The gateway that belongs outside, given inside too. */
static inline void gateway_inside(struct world *world)
{
	with_inside(world);
	world->given->nodes[1].internal_gateway =
		world_address("172.25.33.1").local;
}

/* Recommended against, and nobody's fault: nothing asks for the balancer. */
static inline void balancer_for_nothing(struct world *world)
{
	with_load_balancer(world);
}

#endif
