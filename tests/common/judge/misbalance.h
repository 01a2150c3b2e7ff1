/*
 * misbalance.h - one fault a function, for faults_test.c and balancer_test.c:
 * what a load balancer does with connections.
 */
#ifndef TESTS_COMMON_JUDGE_MISBALANCE_H
#define TESTS_COMMON_JUDGE_MISBALANCE_H

#include "tests/common/judge/balanced.h"

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

/* Nobody at all: that is another row's matter. */
static inline void nobody_behind(struct world *world)
{
	with_spread(world);
	miss(world, "vip-spread", "192.0.2.20:443", "spread.refused",
	     SPREAD_LINES);
}

#endif
