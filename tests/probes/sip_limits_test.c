#include "tests/probes/sip_scene.h"

static bool answer_without_end(struct dialogue *dialogue, SSL *ssl,
			       const char *request)
{
	(void)dialogue;
	(void)request;
	say(ssl, "SIP/2.0 200 OK\r\n");
	for (int i = 0; i < 4000; i++)
		say(ssl, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
	return false;
}

static void an_endless_header_is_garbled(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_without_end, 2);
	assert_int_equal(scene.trial.seen.count, 2);
	assert_outcome(seen(&scene, 1, "sip-options-control", "-"),
		       OUTCOME_GARBLED);
	scene_end(&scene);
}

static bool answer_in_crumbs(struct dialogue *dialogue, SSL *ssl,
			     const char *request)
{
	(void)dialogue;
	(void)request;
	say(ssl, "SIP/2.0 200 OK\r\nX-Filler: ");
	for (int i = 0; i < 70000; i++) {
		if (SSL_write(ssl, "a", 1) <= 0)
			return false;
	}
	return true;
}

static void an_endless_header_in_crumbs_is_no_harder(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_in_crumbs, 0);
	assert_outcome(seen(&scene, 1, "sip-options-control", "-"),
		       OUTCOME_GARBLED);
	scene_end(&scene);
}

static bool answer_trying_forever(struct dialogue *dialogue, SSL *ssl,
				  const char *request)
{
	(void)dialogue;
	for (int i = 0; i < 20000; i++) {
		char reply[REQUEST_BYTES];

		compose(reply, request, "100 Trying", "");
		if (SSL_write(ssl, reply, (int)strlen(reply)) <= 0)
			return false;
	}
	return false;
}

static void endless_trying_costs_no_more_than_the_step(void **state)
{
	struct scene scene;
	const struct observation *one;

	(void)state;
	prepare(&scene, answer_trying_forever);
	scene.timeout_us = MOCK_SILENCE_US;
	run(&scene, 0);
	one = seen(&scene, 1, "sip-options-control", "-");
	assert_true(one->outcome == OUTCOME_GARBLED ||
		    one->outcome == OUTCOME_NO_REPLY);
	assert_true(one->duration_us < MOCK_TIMEOUT_US);
	scene_end(&scene);
}

/* Ten requests, then another connection: no flood for anyone to stop. */
static void many_questions_take_several_connections(void **state)
{
	static const char *const domains[] = {"one.example", "two.example",
					      "three.example", "four.example",
					      "five.example"};
	struct scene scene;

	(void)state;
	prepare(&scene, answer_as_edge);
	scene.domains = domains;
	run(&scene, 5);
	assert_int_equal(scene.trial.seen.count, 12);
	assert_int_equal(scene.mock.served, 2);
	assert_int_equal(scene.dialogue.count, 11);
	assert_number(seen(&scene, 11, "sip-register", "five.example"),
		      "sip.status", 401);
	scene_end(&scene);
}

/* A header for another would be one line break away. */
static void an_unlawful_domain_is_not_sent(void **state)
{
	static const char *const domains[] = {"a>\r\nX: y", "contoso.com"};
	struct scene scene;

	(void)state;
	prepare(&scene, answer_as_edge);
	scene.domains = domains;
	run(&scene, 2);
	assert_int_equal(scene.trial.seen.count, 6);
	assert_outcome(seen(&scene, 2, "sip-options", domains[0]),
		       OUTCOME_LOCAL);
	assert_outcome(seen(&scene, 3, "sip-register", domains[0]),
		       OUTCOME_LOCAL);
	assert_int_equal(scene.dialogue.count, 3);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endless_header_is_garbled),
		cmocka_unit_test(an_endless_header_in_crumbs_is_no_harder),
		cmocka_unit_test(endless_trying_costs_no_more_than_the_step),
		cmocka_unit_test(many_questions_take_several_connections),
		cmocka_unit_test(an_unlawful_domain_is_not_sent),
	};

	return cmocka_run_group_tests_name("sip_limits", tests, set_up,
					   tear_down);
}
