/*
 * balanced.h - the world of world.h behind a load balancer.
 */
#ifndef TESTS_COMMON_JUDGE_BALANCED_H
#define TESTS_COMMON_JUDGE_BALANCED_H

#include "tests/common/judge/world.h"

/*
 * Behind a load balancer: VIPs .10, .20, .30; of the nodes A/V .40 and .41,
 * Access .50 and .51, Web Conferencing .60 and .61.
 */
static inline void with_load_balancer(struct world *world)
{
	struct node *vip = &world->given->nodes[2];

	world_file(world);
	world->given->kind = KIND_SCALED_HLB;
	world->given->node_count = 3;
	*vip = world->given->nodes[0];
	vip->name = "hlb";
	vip->is_vip = true;
	for (size_t i = 0; i < 2; i++) {
		struct node *node = &world->given->nodes[i];
		const char *address =
			arena_format(world->arena, "192.0.2.4%zu", i);

		*node = (struct node){.name = node->name};
		node->addresses[SERVICE_AV][0] = world_address(address);
		node->addresses[SERVICE_ACCESS][0] = world_address(
			arena_format(world->arena, "192.0.2.5%zu", i));
		node->addresses[SERVICE_WEBCONF][0] = world_address(
			arena_format(world->arena, "192.0.2.6%zu", i));
		for (unsigned j = SERVICE_ACCESS; j <= SERVICE_AV; j++)
			node->address_count[j] = 1;
		world_see_relay(world, address);
	}
	world_dns(world, "sip.contoso.com", DNS_A, "192.0.2.10");
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.20");
	world_dns(world, "av.contoso.com", DNS_A, "192.0.2.30");
}

#endif
