#include "probes/check.h"

#include "common/wire/msturn.h"
#include "probes/registry.h"
#include "tests/probes/mock.h"

/* A check without an engine: stepped by hand. */
struct bench {
	struct trial trial;
	struct check_spec spec;
	struct check check;
	unsigned last_id;
};

static void bench_begin(struct bench *bench, const struct probe *probe,
			const struct endpoint *endpoint)
{
	memset(bench, 0, sizeof(*bench));
	trial_begin(&bench->trial);
	bench->spec.probe = probe->name;
	bench->spec.endpoint = *endpoint;
	bench->check = (struct check){
		.spec = &bench->spec,
		.probe = probe,
		.settings = &bench->trial.settings,
		.state = arena_alloc(bench->trial.arena, probe->state_size),
		.socket = -1,
		.source = "",
		.subject = "-",
		.last_id = &bench->last_id,
		.deadline_us = clock_now_us() + 60 * CLOCK_SECOND_US,
	};
	check_phase(&bench->check, "start");
	observe_begin(&bench->check, probe->name, "-");
}

static void bench_end(struct bench *bench)
{
	if (bench->check.probe->stop)
		bench->check.probe->stop(&bench->check);
	if (bench->check.socket >= 0)
		close(bench->check.socket);
	trial_end(&bench->trial);
}

static const struct endpoint nowhere = {.name = "x"};

static void a_nul_in_text_is_written_out(void **state)
{
	struct bench bench;

	(void)state;
	bench_begin(&bench, &webconf_probe, &nowhere);
	observe_bytes(&bench.check, "cert.san", "a\0b\0", 4);
	observe_bytes(&bench.check, "peer.bytes", "a\0b", 3);
	assert_fact(bench.check.open, "cert.san", "a\\x00b\\x00");
	assert_int_equal(
		observation_fact(bench.check.open, "peer.bytes")->length, 3);
	bench_end(&bench);
}

static void long_text_is_cut(void **state)
{
	struct bench bench;
	char text[2 * CHECK_TEXT_MAX];

	(void)state;
	memset(text, 'a', sizeof(text));
	bench_begin(&bench, &webconf_probe, &nowhere);
	observe_bytes(&bench.check, "cert.cn", text, sizeof(text));
	assert_int_equal(observation_fact(bench.check.open, "cert.cn")->length,
			 CHECK_TEXT_MAX);
	bench_end(&bench);
}

static void finishing_closes_what_is_open(void **state)
{
	struct bench bench;
	const struct observation *seen;

	(void)state;
	bench_begin(&bench, &webconf_probe, &nowhere);
	check_phase(&bench.check, "connect");
	assert_int_equal(
		check_finish(&bench.check, OUTCOME_RESET, "after %d", 3),
		WANT_NOTHING);
	assert_true(bench.check.finished);
	assert_null(bench.check.open);
	assert_int_equal(bench.trial.seen.count, 1);
	seen = bench.trial.seen.items[0];
	assert_outcome(seen, OUTCOME_RESET);
	assert_string_equal(seen->detail, "after 3");
	assert_string_equal(seen->phase, "connect");
	assert_string_equal(seen->trace->phase, "connect");
	assert_null(seen->trace->next);
	bench_end(&bench);
}

static void a_phase_gets_a_deadline_of_its_own(void **state)
{
	struct bench bench;
	int64_t first_us;

	(void)state;
	bench_begin(&bench, &webconf_probe, &nowhere);
	first_us = check_due_us(&bench.check);
	usleep(2000);
	check_phase(&bench.check, "handshake");
	assert_true(check_due_us(&bench.check) > first_us);
	/* but never past the check's */
	bench.check.deadline_us = first_us;
	assert_int_equal(check_due_us(&bench.check), first_us);
	bench_end(&bench);
}

/* msturn.md section 2.4: 0, 500, 1500, 3500 ms, the same bytes each time. */
static void msturn_requests_are_spaced_and_equal(void **state)
{
	static const int64_t at_us[] = {500000, 1500000, 3500000, 0};
	uint8_t first[MSTURN_MESSAGE_MAX], again[MSTURN_MESSAGE_MAX];
	int receiver = socket(AF_INET, SOCK_DGRAM, 0);
	struct endpoint endpoint = mock_bind(receiver, 0);
	struct bench bench;
	ssize_t length = 0, size;

	(void)state;
	endpoint.transport = TRANSPORT_UDP;
	bench_begin(&bench, &msturn_allocate_probe, &endpoint);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
			bench.check.probe->step(&bench.check,
						i ? CUE_RETRY : CUE_START),
			WANT_ANSWER);
		if (at_us[i])
			assert_int_equal(bench.check.retry_us -
						 bench.check.phase_us,
					 at_us[i]);
		else
			assert_int_equal(bench.check.retry_us, 0);
		size = recv(receiver, i ? again : first, sizeof(first), 0);
		if (i == 0)
			length = size;
		else
			assert_memory_equal(first, again, (size_t)length);
		assert_int_equal(size, length);
		bench.check.retry_us = 0; /* as the engine does */
	}
	assert_int_equal(bench.check.probe->step(&bench.check, CUE_DEADLINE),
			 WANT_NOTHING);
	assert_outcome(bench.trial.seen.items[0], OUTCOME_NO_REPLY);
	assert_number(bench.trial.seen.items[0], "turn.requests", 4);
	close(receiver);
	bench_end(&bench);
}

/* A cue for nothing: the socket has no datagram after all. */
static void a_false_alarm_keeps_waiting(void **state)
{
	int receiver = socket(AF_INET, SOCK_DGRAM, 0);
	struct endpoint endpoint = mock_bind(receiver, 0);
	struct bench bench;

	(void)state;
	endpoint.transport = TRANSPORT_UDP;
	bench_begin(&bench, &msturn_allocate_probe, &endpoint);
	bench.check.probe->step(&bench.check, CUE_START);
	assert_int_equal(bench.check.probe->step(&bench.check, CUE_READY),
			 WANT_ANSWER);
	assert_false(bench.check.finished);
	close(receiver);
	bench_end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nul_in_text_is_written_out),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(finishing_closes_what_is_open),
		cmocka_unit_test(a_phase_gets_a_deadline_of_its_own),
		cmocka_unit_test(msturn_requests_are_spaced_and_equal),
		cmocka_unit_test(a_false_alarm_keeps_waiting),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
