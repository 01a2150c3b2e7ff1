#include "tests/common/judge/misbalance.h"

/* What is said of a load balancer, and what is not. */

#define MEMBERS "hlb.members-answer"

static const struct verdict *judged(struct world *world,
				    void (*apply)(struct world *world))
{
	world_healthy(world);
	apply(world);
	world_judge(world);
	return world_verdict(world, MEMBERS, NULL, NULL);
}

static void says(const struct verdict *verdict, enum state state, bool needed,
		 const char *words)
{
	assert_non_null(verdict);
	if (verdict->state != state || verdict->needed != needed ||
	    !strstr(verdict->because, words))
		fail_msg("%s, %sneeded: %s", state_name(verdict->state),
			 verdict->needed ? "" : "not ", verdict->because);
}

static void counts_connections_that_were_answered(void **state)
{
	struct world world;

	(void)state;
	says(judged(&world, with_spread), STATE_VERIFIED, true,
	     "each of 8 connections was answered");
	world_end(&world);
	says(judged(&world, member_missing), STATE_WRONG, true,
	     "192.0.2.10:443: of 8 connections 4 were answered, 4 refused");
	world_end(&world);
	says(judged(&world, member_mute), STATE_WRONG, true,
	     "192.0.2.30:443: of 8 connections 4 were answered, 4 left "
	     "without an answer");
	world_end(&world);
}

static void nothing(struct world *world)
{
	(void)world;
}

/* Other rows tell of a port that nobody answers. */
static void leaves_alone_what_others_tell(void **state)
{
	struct world world;
	const struct verdict *verdict;

	(void)state;
	verdict = judged(&world, nobody_behind);
	says(verdict, STATE_VERIFIED, true, "");
	assert_int_equal(world.judgement->finding_count, 0);
	world_end(&world);
	says(judged(&world, with_load_balancer), STATE_UNOBSERVED, false,
	     "nobody connected there several times");
	world_end(&world);
	says(judged(&world, nothing), STATE_NA, false, "");
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_connections_that_were_answered),
		cmocka_unit_test(leaves_alone_what_others_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
