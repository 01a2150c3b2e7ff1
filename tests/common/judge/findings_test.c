#include "common/judge/findings.h"

#include "tests/common/judge/world.h"

static void puts_the_most_severe_finding_first(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_dns(&world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		  "0 0 5269 sip.contoso.com");
	world_set(&world, "sip-options-control", "192.0.2.10:443",
		  "sip.date_skew_s", 4000);
	world_break(&world, "msturn-allocate", "192.0.2.31:3478",
		    OUTCOME_NO_REPLY, "");
	world_judge(&world);
	assert_int_equal(world.judgement->finding_count, 3);
	assert_string_equal(world.judgement->findings[0]->id, "av.udp-blocked");
	assert_string_equal(world.judgement->findings[1]->id, "clock.skew");
	assert_string_equal(world.judgement->findings[2]->id,
			    "xmpp.none-in-2019");
	world_end(&world);
}

static void tells_what_to_do_where(void **state)
{
	const struct finding *finding;
	struct world world;

	(void)state;
	world_healthy(&world);
	world_break(&world, "msturn-allocate", "192.0.2.31:3478",
		    OUTCOME_NO_REPLY, "");
	world_judge(&world);
	finding = world_finding(&world, "av.udp-blocked");
	assert_string_equal(finding->remedy,
			    "allow UDP 3478 in both directions between any "
			    "address and 192.0.2.31:3478/udp");
	assert_int_equal(finding->node_count, 1);
	assert_string_equal(finding->nodes[0], "192.0.2.31");
	assert_true(finding->verdict_count >= 1);
	world_end(&world);
}

/* What to do depends on how the port is closed: edge-services.md 3.1. */
static void fits_the_remedy_to_how_a_port_is_closed(void **state)
{
	static const struct {
		enum outcome outcome;
		bool is_open;
		const char *remedy;
	} cases[] = {
		{OUTCOME_NO_REPLY, false, "allow any address to reach"},
		{OUTCOME_UNREACHABLE, false, "a router rejects"},
		{OUTCOME_REFUSED, false, "nothing listens at"},
		{OUTCOME_NO_REPLY, true, "keeps silent"},
		{OUTCOME_RESET, true, "hangs up"},
		{OUTCOME_CLOSED, true, "hangs up"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observation *seen;
		const char *remedy;
		struct world world;

		world_healthy(&world);
		world_break(&world, "sip", "192.0.2.11:5061", OUTCOME_REFUSED,
			    "");
		seen = world_break(&world, "sip", "192.0.2.10:5061",
				   cases[i].outcome, "");
		if (cases[i].is_open)
			observation_add_number(world.arena, seen, "tcp.rtt_us",
					       FACT_UINT, 900);
		world_judge(&world);
		remedy = world_finding(&world, "federation.blocked")->remedy;
		assert_non_null(strstr(remedy, cases[i].remedy));
		assert_non_null(strstr(remedy, "192.0.2.10:5061/tcp"));
		assert_non_null(strstr(remedy, "nothing listens at"));
		world_end(&world);
	}
}

/* A finding of severity must rests on a needed row that failed, and so on. */
static void never_contradicts_the_states_it_rests_on(void **state)
{
	const struct finding *finding;
	struct world world;

	(void)state;
	world_healthy(&world);
	world.given->features &= ~FEATURE_BIT(FEATURE_FEDERATION);
	world_break(&world, "sip", "192.0.2.11:5061", OUTCOME_NO_REPLY, "");
	world_judge(&world);
	assert_int_equal(world.judgement->exit_code, 0);
	finding = world_finding(&world, "federation.blocked");
	assert_null(finding);
	assert_int_equal(world.judgement->answers[QUESTION_FEDERATE].answer,
			 ANSWER_UNKNOWN);
	world_end(&world);
}

static void explains_every_row_and_every_finding(void **state)
{
	struct arena *arena = arena_new();
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *text = judge_explain(arena, table[i].id);

		assert_non_null(text);
		assert_non_null(strstr(text, "Demands:   "));
		assert_null(strstr(text, "(null)"));
		assert_null(strstr(text, "{where}"));
	}
	for (size_t i = 0; i < finding_rule_count; i++) {
		const char *text = judge_explain(arena, finding_rules[i].id);

		assert_non_null(text);
		assert_non_null(strstr(text, finding_rules[i].title));
		assert_null(strstr(text, "{subject}"));
		assert_null(strstr(text, "{names}"));
	}
	assert_null(judge_explain(arena, "no.such.id"));
	arena_free(arena);
}

static void explains_a_field_failure_by_its_findings(void **state)
{
	struct arena *arena = arena_new();
	const char *text = judge_explain(arena, "EF-06");

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "dns.webconf-unknown\n"));
	assert_non_null(strstr(text, "cert.ext.san.webcon\n"));
	assert_non_null(strstr(text, "Known as:  EF-06"));
	assert_null(judge_explain(arena, "EF-99"));
	assert_null(judge_explain(arena, "EF-0"));
	assert_null(judge_explain(arena, "EF-06,"));
	arena_free(arena);
}

static void names_for_each_row_a_finding_that_exists(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *finding = table[i].judging->finding;

		if (!finding_rule_find(finding) && strcmp(finding, "-") != 0)
			fail_msg("%s: no finding %s", table[i].id, finding);
	}
}

/* A cause that has no rule would be a finding nobody is told. */
static void knows_every_cause_that_a_predicate_names(void **state)
{
	static const unsigned statuses[] = {
		200, 301, 302, 400, 401, 403, 404, 405, 407, 408, 480, 481,
		482, 483, 488, 500, 501, 503, 504, 505, 600, 603, 606};
	struct world world;

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		world_healthy(&world);
		world_set(&world, "sip-register", "192.0.2.11:443",
			  "sip.status", statuses[i]);
		world_judge(&world);
		for (size_t j = 0; j < world.judgement->verdict_count; j++) {
			const char *cause = world.judgement->verdicts[j]->cause;

			assert_true(!cause || finding_rule_find(cause));
		}
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_the_most_severe_finding_first),
		cmocka_unit_test(explains_a_field_failure_by_its_findings),
		cmocka_unit_test(names_for_each_row_a_finding_that_exists),
		cmocka_unit_test(tells_what_to_do_where),
		cmocka_unit_test(fits_the_remedy_to_how_a_port_is_closed),
		cmocka_unit_test(never_contradicts_the_states_it_rests_on),
		cmocka_unit_test(explains_every_row_and_every_finding),
		cmocka_unit_test(knows_every_cause_that_a_predicate_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
