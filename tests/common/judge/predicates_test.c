#include "common/judge/predicate.h"

#include "tests/common/judge/world.h"

static void knows_every_predicate_of_the_tables(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *name = table[i].judging->predicate;

		if (strcmp(name, "-") != 0 && !predicate_find(name))
			fail_msg("%s: no predicate %s", table[i].id, name);
	}
	for (size_t i = 0; i < predicate_count; i++) {
		size_t used = 0;

		for (size_t j = 0; j < count; j++)
			used += strcmp(table[j].judging->predicate,
				       predicate_table[i].name) == 0;
		if (!used)
			fail_msg("no row asks for %s", predicate_table[i].name);
	}
}

/* Equal certificates outside say nothing of that of A/V authentication. */
static void takes_equal_certificates_for_no_proof_of_the_key(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	world_healthy(&world);
	world_judge(&world);
	verdict = world_verdict(&world, "cert.pool.same-cert-key", "192.0.2.10",
				"-");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	assert_non_null(strstr(verdict->because, "A/V authentication"));
	world_end(&world);
}

/* Observations may come from a file that somebody wrote by hand. */
static void survives_numbers_out_of_every_range(void **state)
{
	static const int64_t numbers[] = {INT64_MIN, -1,	0,	   1,
					  99999,     INT64_MAX, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct world world;

		world_healthy(&world);
		observation_add_number(world.arena,
				       world_find(&world, "sip-options-control",
						  "192.0.2.10:443", NULL),
				       "sip.date_skew_s", FACT_INT, numbers[i]);
		for (size_t j = 0; j < world.list.count; j++)
			for (struct fact *fact = world.list.items[j]->facts;
			     fact; fact = fact->next)
				if (fact->type != FACT_TEXT &&
				    fact->type != FACT_BYTES &&
				    fact->type != FACT_ADDRESS)
					fact->number = numbers[i];
		world_judge(&world);
		assert_true(world.judgement->exit_code <= 3);
		world_end(&world);
	}
}

/* Facts of the wrong kind, or none at all, are no reason to fall over. */
static void survives_observations_without_facts(void **state)
{
	static const enum outcome outcomes[] = {OUTCOME_ANSWERED,
						OUTCOME_GARBLED, OUTCOME_ALERT};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world world;

		world_healthy(&world);
		for (size_t j = 0; j < world.list.count; j++) {
			struct observation *seen = world.list.items[j];

			if (strcmp(seen->probe, "dns") == 0)
				continue;
			seen->facts = NULL;
			seen->outcome = outcomes[i];
		}
		world_judge(&world);
		assert_true(world.judgement->exit_code >= 2);
		assert_int_not_equal(
			world.judgement->answers[QUESTION_SIGN_IN].answer,
			ANSWER_YES);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			takes_equal_certificates_for_no_proof_of_the_key),
		cmocka_unit_test(survives_numbers_out_of_every_range),
		cmocka_unit_test(survives_observations_without_facts),
		cmocka_unit_test(knows_every_predicate_of_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
