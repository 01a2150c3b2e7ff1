#include "probes/engine.h"

#include "probes/probe.h"
#include "tests/probes/mock_tls.h"

#include <errno.h>
#include <signal.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void silence_ends_at_the_step_deadline(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct trial trial;
	const struct observation *seen;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	trial.settings.timeout_us = MOCK_SILENCE_US;
	seen = trial_one(&trial, "webconf", &mock.endpoint);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_string_equal(seen->phase, "handshake");
	assert_true(seen->duration_us >= MOCK_SILENCE_US);
	assert_true(seen->duration_us < MOCK_TIMEOUT_US);
	assert_string_equal(seen->source, "127.0.0.1");
	assert_string_equal(seen->run, "5f0c9a1e");
	assert_int_equal(seen->id, 1);
	assert_true(trial.completed);
	trial_end(&trial);
	mock_end(&mock);
}

static void nothing_listening_is_refused(void **state)
{
	static const struct {
		const char *probe;
		enum transport transport;
	} cases[] = {
		{"sip", TRANSPORT_TCP},
		{"webconf", TRANSPORT_TCP},
		{"msturn-allocate", TRANSPORT_UDP},
		{"msturn-allocate-tcp", TRANSPORT_TCP},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct endpoint nobody = mock_nobody(cases[i].transport);
		struct trial trial;
		const struct observation *seen;

		trial_begin(&trial);
		seen = trial_one(&trial, cases[i].probe, &nobody);
		assert_outcome(seen, OUTCOME_REFUSED);
		assert_string_equal(seen->probe, cases[i].probe);
		assert_int_equal(trial.seen.count, 1);
		trial_end(&trial);
	}
}

/* The kernel refuses to connect to a group before it sends anything. */
static void a_missing_route_of_our_own_is_local(void **state)
{
	struct endpoint group = {.name = "x", .port = 443};
	struct trial trial;

	(void)state;
	assert_true(address_parse("224.0.0.1", &group.address));
	trial_begin(&trial);
	assert_outcome(trial_one(&trial, "webconf", &group), OUTCOME_LOCAL);
	trial_end(&trial);
}

/* Told while the engine runs, and nowhere else. */
static void interrupt(void *context, size_t done, size_t total,
		      const char *current)
{
	(void)context;
	(void)done;
	(void)total;
	if (current)
		kill(getpid(), SIGINT);
}

/* Also what still waits in the queue is owed an observation. */
static void an_interrupt_ends_everything_as_local(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct check_spec specs[3];
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	trial.settings.timeout_us = 10 * CLOCK_SECOND_US;
	trial.settings.in_flight = 1;
	trial.settings.progress = interrupt;
	for (size_t i = 0; i < COUNT(specs); i++)
		specs[i] = (struct check_spec){.probe = "sip",
					       .endpoint = mock.endpoint};
	trial_run(&trial, specs, COUNT(specs));
	assert_false(trial.completed);
	assert_int_equal(trial.seen.count, 3);
	for (size_t i = 0; i < trial.seen.count; i++) {
		assert_outcome(trial.seen.items[i], OUTCOME_LOCAL);
		assert_string_equal(trial.seen.items[i]->detail, "interrupted");
	}
	trial_end(&trial);
	mock_end(&mock);
}

static void the_deadline_of_the_run_ends_everything(void **state)
{
	struct mock mock = {.serve = serve_mute};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	trial.settings.timeout_us = 10 * CLOCK_SECOND_US;
	trial.settings.deadline_us = 200000;
	seen = trial_one(&trial, "webconf", &mock.endpoint);
	assert_outcome(seen, OUTCOME_LOCAL);
	assert_string_equal(seen->detail, "the run's deadline passed");
	assert_false(trial.completed);
	trial_end(&trial);
	mock_end(&mock);
}

static void check_for_more(void *context, struct observation *seen)
{
	struct trial *trial = context;
	struct check_spec *spec;

	trial_observed(context, seen);
	if (trial->seen.count > 2)
		return;
	spec = arena_alloc(trial->arena, sizeof(*spec));
	spec->probe = "webconf";
	spec->endpoint = seen->endpoint;
	engine_add(trial->engine, spec);
}

static void an_observation_may_lead_to_more_checks(void **state)
{
	struct endpoint nobody = mock_nobody(TRANSPORT_TCP);
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	trial.settings.observed = check_for_more;
	trial_one(&trial, "webconf", &nobody);
	assert_int_equal(trial.seen.count, 3);
	assert_int_equal(trial.seen.items[2]->id, 3);
	assert_true(trial.completed);
	trial_end(&trial);
}

static void starts_at_one_host_are_spread(void **state)
{
	struct mock mock = {.serve = serve_close};
	struct check_spec specs[10];
	struct trial trial;
	int64_t begun_us;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	for (size_t i = 0; i < COUNT(specs); i++)
		specs[i] = (struct check_spec){.probe = "webconf",
					       .endpoint = mock.endpoint};
	begun_us = clock_now_us();
	trial_run(&trial, specs, COUNT(specs));
	assert_int_equal(trial.seen.count, COUNT(specs));
	/* but for the first few */
	assert_true(clock_now_us() - begun_us >= 6 * INT64_C(10000));
	trial_end(&trial);
	mock_end(&mock);
}

static void the_longest_conversation_starts_first(void **state)
{
	static const char *const probes[] = {"msturn-allocate-tcp", "webconf",
					     "xmpp"};
	struct mock mock = {.serve = serve_close};
	struct check_spec specs[COUNT(probes)];
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	trial.settings.in_flight = 1;
	for (size_t i = 0; i < COUNT(specs); i++)
		specs[i] = (struct check_spec){.probe = probes[i],
					       .subject = "contoso.com",
					       .endpoint = mock.endpoint};
	trial_run(&trial, specs, COUNT(specs));
	assert_int_equal(trial.seen.count, COUNT(specs));
	for (size_t i = 0; i < COUNT(specs); i++)
		assert_string_equal(trial.seen.items[i]->probe,
				    probes[COUNT(probes) - 1 - i]);
	trial_end(&trial);
	mock_end(&mock);
}

/* A Web Conferencing Edge is silent for a quarter of the timeout. */
static void nobody_waits_for_a_mere_watch(void **state)
{
	struct mock_ca ca;
	struct mock_tls tls = {0};
	static const struct mock_leaf leaf = {
		.cn = "x", .san = "x", .from_s = -DAY_S, .to_s = DAY_S};
	struct mock quiet = {.serve = serve_tls, .context = &tls};
	struct mock mute = {.serve = serve_mute};
	struct check_spec specs[2] = {{.probe = "webconf"}, {.probe = "sip"}};

	(void)state;
	mock_ca_begin(&ca);
	mock_tls_begin(&tls, &ca, &leaf);
	mock_begin(&quiet, SOCK_STREAM);
	mock_begin(&mute, SOCK_STREAM);
	specs[0].endpoint = quiet.endpoint;
	specs[1].endpoint = mute.endpoint;
	for (size_t count = 1; count <= 2; count++) {
		const struct observation *seen;
		struct trial trial;

		trial_begin(&trial);
		trial.settings.timeout_us = 2 * CLOCK_SECOND_US;
		trial_run(&trial, specs, count);
		assert_int_equal(trial.seen.count, count);
		seen = trial.seen.items[0];
		assert_string_equal(seen->probe, "webconf");
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_string_equal(seen->phase, "silence");
		/* while others are at work it goes on, but not for itself */
		assert_int_equal(seen->duration_us >= CLOCK_SECOND_US / 2,
				 count == 2);
		trial_end(&trial);
	}
	mock_end(&quiet);
	mock_end(&mute);
	mock_tls_end(&tls);
	mock_ca_end(&ca);
}

/* Two at once, so that four silences take two turns. */
static void no_more_than_the_limit_are_in_flight(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct check_spec specs[4];
	struct trial trial;
	int64_t begun_us;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	trial.settings.timeout_us = 200000;
	trial.settings.in_flight = 2;
	for (size_t i = 0; i < COUNT(specs); i++)
		specs[i] = (struct check_spec){.probe = "webconf",
					       .endpoint = mock.endpoint};
	begun_us = clock_now_us();
	trial_run(&trial, specs, COUNT(specs));
	assert_int_equal(trial.seen.count, COUNT(specs));
	assert_true(clock_now_us() - begun_us >= 400000);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_bad_ca_file_is_one_clear_line(void **state)
{
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	trial.settings.ca_file = "/nonexistent/roots.pem";
	trial_run(&trial, NULL, 0);
	assert_string_equal(trial.why,
			    "cannot read CA file /nonexistent/roots.pem: "
			    "No such file or directory");
	trial.settings.ca_file = "Makefile";
	trial_run(&trial, NULL, 0);
	assert_non_null(strstr(trial.why, "cannot read CA file Makefile: no "));
	trial.settings.ca_file = ".";
	trial_run(&trial, NULL, 0);
	assert_non_null(strstr(trial.why, "cannot read CA file .: "));
	trial_end(&trial);
}

static void every_probe_is_found_by_its_name(void **state)
{
	(void)state;
	assert_null(probe_find("sip-register"));
	assert_true(probe_count >= 5);
	for (size_t i = 0; i < probe_count; i++) {
		const struct probe *probe = probe_table[i];

		assert_ptr_equal(probe_find(probe->name), probe);
		assert_non_null(probe->summary);
	}
}

static void facts_are_declared_once_and_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < probe_count; i++) {
		const struct fact_def *facts = probe_table[i]->facts;

		for (; facts->key; facts++) {
			assert_non_null(strchr(facts->key, '.'));
			assert_true(strlen(facts->summary) > 0);
			for (const struct fact_def *next = facts + 1; next->key;
			     next++)
				assert_string_not_equal(facts->key, next->key);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_ends_at_the_step_deadline),
		cmocka_unit_test(nothing_listening_is_refused),
		cmocka_unit_test(a_missing_route_of_our_own_is_local),
		cmocka_unit_test(an_interrupt_ends_everything_as_local),
		cmocka_unit_test(the_deadline_of_the_run_ends_everything),
		cmocka_unit_test(an_observation_may_lead_to_more_checks),
		cmocka_unit_test(starts_at_one_host_are_spread),
		cmocka_unit_test(nobody_waits_for_a_mere_watch),
		cmocka_unit_test(the_longest_conversation_starts_first),
		cmocka_unit_test(no_more_than_the_limit_are_in_flight),
		cmocka_unit_test(a_bad_ca_file_is_one_clear_line),
		cmocka_unit_test(every_probe_is_found_by_its_name),
		cmocka_unit_test(facts_are_declared_once_and_explained),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
