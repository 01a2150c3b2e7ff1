#include "common/judge/scope.h"

#include "tests/common/judge/world.h"

static void looks_only_at_what_it_is_asked_for(void **state)
{
	static const char *const dns[] = {"dns"};
	static const char *const row[] = {WEBCONF};
	static const struct {
		const char *const *only, *const *skip;
		const char *needed, *left_out;
	} cases[] = {
		{dns, NULL, "dns.scaled.a.access", ACCESS},
		{row, NULL, WEBCONF, ACCESS},
		{NULL, dns, ACCESS, "dns.scaled.a.access"},
		{NULL, row, ACCESS, WEBCONF},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict *verdict;
		struct world world;

		world_healthy(&world);
		world.scope.only = cases[i].only;
		world.scope.only_count = cases[i].only != NULL;
		world.scope.skip = cases[i].skip;
		world.scope.skip_count = cases[i].skip != NULL;
		world_judge(&world);
		assert_int_equal(world.judgement->exit_code, 0);
		verdict = world_verdict(&world, cases[i].needed, NULL, NULL);
		assert_true(verdict->needed);
		verdict = world_verdict(&world, cases[i].left_out, NULL, NULL);
		assert_false(verdict->needed);
		assert_string_equal(verdict->because,
				    "left out by --only or --skip");
		world_end(&world);
	}
}

static void wants_probes_that_rows_ask_for(void **state)
{
	static const char *const av[] = {"av"};
	static const char *const unknown[] = {"no-such-word"};
	struct scope scope = {.vantage = VANTAGE_OUTSIDE};

	(void)state;
	assert_true(scope_wants_probe(&scope, "sip"));
	assert_false(scope_wants_probe(&scope, "no-such-probe"));
	assert_false(scope_wants_probe(&scope, "-"));
	scope.only = av;
	scope.only_count = 1;
	assert_true(scope_wants_probe(&scope, "msturn-allocate"));
	assert_true(scope_wants_probe(&scope, "msturn-allocate-tcp"));
	assert_false(scope_wants_probe(&scope, "sip"));
	scope.only = unknown;
	assert_false(scope_wants_probe(&scope, "sip"));
	scope.only_count = 0;
	scope.skip = av;
	scope.skip_count = 1;
	assert_true(scope_wants_probe(&scope, "sip"));
	assert_false(scope_wants_probe(&scope, "msturn-allocate"));
}

static void takes_what_is_extra_where_asked(void **state)
{
	static const char *const only[] = {"tls-versions", "tls.versions",
					   "access"};
	struct scope scope = {.vantage = VANTAGE_OUTSIDE};

	(void)state;
	assert_false(scope_wants_probe(&scope, "tls-versions"));
	assert_false(scope_wants_probe(&scope, "soak"));
	scope.soak = true;
	assert_true(scope_wants_probe(&scope, "soak"));
	assert_false(scope_wants_probe(&scope, "tls-versions"));
	scope.tls_versions = true;
	assert_true(scope_wants_probe(&scope, "tls-versions"));
	scope.tls_versions = false;
	scope.only_count = 1;
	for (size_t i = 0; i < 3; i++) {
		scope.only = only + i;
		assert_int_equal(scope_wants_probe(&scope, "tls-versions"),
				 i < 2);
	}
}

static void knows_the_words_of_only_and_skip(void **state)
{
	static const char *const known[] = {
		"dns",	       "sip",
		"webconf",     "msturn-allocate",
		"av",	       "certificates",
		"cert.ext.sn", "ext.access.sip-tls.tcp443.in",
		"srv.sip-tls"};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(scope_knows(known[i]));
	assert_false(scope_knows("acces"));
	assert_false(scope_knows(""));
	assert_false(scope_knows("-"));
}

/* Half of what a call takes was not looked at: that is no yes. */
static void says_no_yes_for_what_was_left_out(void **state)
{
	static const char *const tcp[] = {"msturn-allocate-tcp"};
	struct world world;

	(void)state;
	world_healthy(&world);
	world.scope.skip = tcp;
	world.scope.skip_count = 1;
	world_judge(&world);
	assert_int_equal(world.judgement->answers[QUESTION_CALL].answer,
			 ANSWER_PARTLY);
	assert_string_equal(world.judgement->answers[QUESTION_CALL].because,
			    "left out by --only or --skip");
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_only_at_what_it_is_asked_for),
		cmocka_unit_test(wants_probes_that_rows_ask_for),
		cmocka_unit_test(says_no_yes_for_what_was_left_out),
		cmocka_unit_test(takes_what_is_extra_where_asked),
		cmocka_unit_test(knows_the_words_of_only_and_skip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
