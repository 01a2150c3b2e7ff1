#include "common/judge/judge.h"

#include "tests/common/judge/world.h"

#define ACCESS	   "s000.ext.access.sip-tls.tcp443.in"
#define FEDERATION "s000.ext.access.sip-mtls.tcp5061.in"
#define WEBCONF	   "s000.ext.webconf.psom-tls.tcp443.in"
#define AV_UDP	   "s000.ext.av.stun-msturn.udp3478.in"
#define AV_TCP	   "s000.ext.av.stun-msturn.tcp443.in"

static void show_needed_trouble(const struct world *world)
{
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (verdict->needed && verdict->state != STATE_VERIFIED)
			print_message("%s %s %s %s: %s\n",
				      state_name(verdict->state),
				      verdict->requirement->id, verdict->node,
				      verdict->subject, verdict->because);
	}
}

static void assert_well(struct world *world)
{
	world_judge(world);
	if (world->judgement->exit_code != 0)
		show_needed_trouble(world);
	assert_int_equal(world->judgement->exit_code, 0);
	assert_int_equal(world->judgement->finding_count, 0);
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		assert_int_equal(world->judgement->answers[i].answer,
				 ANSWER_YES);
}

static void finds_nothing_at_a_healthy_edge(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	assert_well(&world);
	world_end(&world);
}

static void finds_nothing_at_a_healthy_edge_of_a_file(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_file(&world);
	assert_well(&world);
	assert_non_null(world_verdict(&world, ACCESS, "edge2", "-"));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_at_a_healthy_edge),
		cmocka_unit_test(finds_nothing_at_a_healthy_edge_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
