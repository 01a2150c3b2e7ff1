#include "tests/probes/sip_scene.h"

#define IDLE_US INT64_C(1000000)

/* What becomes of two empty lines; then of the question that follows. */
struct conduct {
	bool pongs, hangs_up, hangs_up_idle, mute;
};

static bool answer(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	const struct conduct *conduct = dialogue->context;

	if (is_control(request) && dialogue->count > 1 && conduct->mute)
		return true;
	if (is_control(request))
		return answer_as_edge(dialogue, ssl, request);
	assert_string_equal(request, "\r\n\r\n");
	if (conduct->pongs)
		say(ssl, "\r\n");
	return !conduct->hangs_up && !conduct->hangs_up_idle;
}

static const struct observation *soak(struct scene *scene,
				      struct conduct *conduct)
{
	struct check_spec spec = {.probe = "soak", .subject = "-"};

	prepare(scene, answer);
	scene->dialogue.context = conduct;
	mock_begin(&scene->mock, SOCK_STREAM);
	spec.endpoint = scene->mock.endpoint;
	trial_begin(&scene->trial);
	scene->trial.settings.ca_file = ca.file;
	scene->trial.settings.timeout_us = IDLE_US / 2;
	scene->trial.settings.soak_us = IDLE_US;
	trial_run(&scene->trial, &spec, 1);
	assert_true(scene->trial.completed);
	return seen(scene, 0, "soak", "-");
}

static void a_connection_that_outlives_silence_is_told(void **state)
{
	(void)state;
	for (unsigned pongs = 0; pongs < 2; pongs++) {
		struct conduct conduct = {.pongs = pongs};
		struct scene scene;
		const struct observation *one = soak(&scene, &conduct);

		assert_outcome(one, OUTCOME_ANSWERED);
		assert_number(one, "keepalive.answered", pongs);
		assert_number(one, "idle.kept_s", IDLE_US / 1000000);
		assert_null(observation_fact(one, "idle.lost_s"));
		assert_number(one, "sip.status", 504);
		assert_int_equal(scene.dialogue.count, 3);
		scene_end(&scene);
	}
}

static void hanging_up_on_a_keep_alive_is_no_idle_time(void **state)
{
	struct conduct conduct = {.hangs_up = true};
	struct scene scene;
	const struct observation *one;

	(void)state;
	one = soak(&scene, &conduct);
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_number(one, "keepalive.closed", 1);
	assert_null(observation_fact(one, "idle.kept_s"));
	assert_null(observation_fact(one, "idle.lost_s"));
	scene_end(&scene);
}

static void a_connection_lost_in_silence_is_told(void **state)
{
	struct conduct cases[] = {{.pongs = true, .hangs_up_idle = true},
				  {.pongs = true, .mute = true}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		const struct observation *one = soak(&scene, &cases[i]);

		assert_outcome(one, OUTCOME_ANSWERED);
		assert_number(one, "keepalive.answered", 1);
		assert_null(observation_fact(one, "idle.kept_s"));
		assert_number(one, "idle.lost_s", (int64_t)i);
		scene_end(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_outlives_silence_is_told),
		cmocka_unit_test(hanging_up_on_a_keep_alive_is_no_idle_time),
		cmocka_unit_test(a_connection_lost_in_silence_is_told),
	};

	return cmocka_run_group_tests_name("soak", tests, set_up, tear_down);
}
