#include "probes/recognise.h"

#include "tests/probes/sip_scene.h"

/* The one observation, of one who answers like this inside TLS. */
static const struct observation *
recognise(struct scene *scene,
	  bool (*answer)(struct dialogue *d, SSL *ssl, const char *request))
{
	struct check_spec spec = {.probe = "recognise-sip", .subject = "-"};

	prepare(scene, answer);
	mock_begin(&scene->mock, SOCK_STREAM);
	spec.endpoint = scene->mock.endpoint;
	trial_begin(&scene->trial);
	scene->trial.settings.ca_file = ca.file;
	trial_run(&scene->trial, &spec, 1);
	assert_int_equal(scene->trial.seen.count, 1);
	return seen(scene, 0, "recognise-sip", "-");
}

static void an_access_edge_is_known_by_its_sip(void **state)
{
	struct scene scene;
	const struct observation *one = recognise(&scene, answer_as_edge);

	(void)state;
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_fact(one, "peer.service", "sip");
	assert_number(one, "sip.status", 504);
	assert_fact(one, "sip.server", "RTC/7.0");
	assert_fact(one, "cert.cn", "sip.contoso.com");
	assert_int_equal(scene.dialogue.count, 1);
	assert_true(is_control(scene.dialogue.requests[0]));
	scene_end(&scene);
}

/* Until its own clock ends, and no longer: not the step's. */
static bool stay_mute(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	(void)ssl;
	(void)request;
	return true;
}

static void silence_is_waited_for_no_longer_than_it_takes(void **state)
{
	struct scene scene;
	const struct observation *one = recognise(&scene, stay_mute);

	(void)state;
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_fact(one, "peer.service", "tls");
	assert_null(observation_fact(one, "sip.status"));
	assert_null(observation_fact(one, "peer.closed"));
	assert_true(one->duration_us < MOCK_TIMEOUT_US);
	scene_end(&scene);
}

static bool hang_up_on_sip(struct dialogue *dialogue, SSL *ssl,
			   const char *request)
{
	(void)dialogue;
	(void)ssl;
	(void)request;
	return false;
}

static void hanging_up_is_a_fact(void **state)
{
	struct scene scene;
	const struct observation *one = recognise(&scene, hang_up_on_sip);

	(void)state;
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_fact(one, "peer.service", "tls");
	assert_number(one, "peer.closed", 1);
	scene_end(&scene);
}

static bool answer_http(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	(void)dialogue;
	(void)request;
	say(ssl, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	return true;
}

static bool answer_imap(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	(void)dialogue;
	(void)request;
	say(ssl, "OPTIONS BAD Unknown command\r\n");
	return true;
}

static bool answer_bytes(struct dialogue *dialogue, SSL *ssl,
			 const char *request)
{
	static const char bytes[] = "\x01\x00\x00\x2a\xff";

	(void)dialogue;
	(void)request;
	SSL_write(ssl, bytes, sizeof(bytes));
	return true;
}

/* SIP, as far as it came; the rest never does. */
static bool answer_half(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	(void)dialogue;
	(void)request;
	say(ssl, "SIP/2.0 504 Server time-out\r\nVia: ");
	return true;
}

/* A final answer to somebody else, then ours in two pieces. */
static bool answer_late(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	char reply[REQUEST_BYTES];

	(void)dialogue;
	say(ssl, "SIP/2.0 481 No\r\nVia: SIP/2.0/TLS x;branch=z9hG4bKother\r\n"
		 "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
	compose(reply, request, "504 Server time-out", "");
	SSL_write(ssl, reply, 1);
	say(ssl, reply + 1);
	return true;
}

static void who_answers_is_named(void **state)
{
	static const struct {
		bool (*answer)(struct dialogue *dialogue, SSL *ssl,
			       const char *request);
		const char *service;
		int64_t status;
	} cases[] = {
		{answer_http, "http", -1},     {answer_imap, "banner", -1},
		{answer_bytes, "unknown", -1}, {answer_half, "sip", -1},
		{answer_late, "sip", 504},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;
		const struct observation *one =
			recognise(&scene, cases[i].answer);

		assert_outcome(one, OUTCOME_ANSWERED);
		assert_fact(one, "peer.service", cases[i].service);
		assert_non_null(observation_fact(one, "peer.bytes"));
		assert_null(fact_next(observation_fact(one, "peer.service")));
		assert_int_equal(observation_number(one, "sip.status", -1),
				 cases[i].status);
		scene_end(&scene);
	}
}

/* Endless answers cost no more than what is read of them. */
static bool flood(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	char line[1024];

	(void)dialogue;
	(void)request;
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 64; i++)
		if (SSL_write(ssl, line, sizeof(line)) <= 0)
			return false;
	return true;
}

static void an_endless_answer_is_cut(void **state)
{
	struct scene scene;
	const struct observation *one = recognise(&scene, flood);

	(void)state;
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_fact(one, "peer.service", "banner");
	assert_true(observation_fact(one, "peer.bytes")->length <= 64);
	scene_end(&scene);
}

/* Without TLS there is nothing to ask. */
static void what_is_no_tls_is_told_as_ever(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		const char *text;
		enum outcome outcome;
	} cases[] = {
		{serve_banner, "SSH-2.0-OpenSSH_9.2p1\r\n", OUTCOME_GARBLED},
		{serve_close, NULL, OUTCOME_CLOSED},
		{serve_reset, NULL, OUTCOME_RESET},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve,
				    .context = (void *)cases[i].text};
		struct trial trial;

		mock_begin(&mock, SOCK_STREAM);
		trial_begin(&trial);
		assert_outcome(
			trial_one(&trial, "recognise-sip", &mock.endpoint),
			cases[i].outcome);
		trial_end(&trial);
		mock_end(&mock);
	}
}

/* An A/V Edge in another's place is asked on a suspicion alone. */
static void nobody_waits_long_for_an_unlikely_relay(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		enum outcome outcome;
	} cases[] = {
		{serve_mute, OUTCOME_NO_REPLY},
		{serve_close, OUTCOME_CLOSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve};
		struct trial trial;
		const struct observation *one;

		mock_begin(&mock, SOCK_STREAM);
		trial_begin(&trial);
		one = trial_one(&trial, "recognise-av", &mock.endpoint);
		assert_outcome(one, cases[i].outcome);
		assert_true(one->duration_us < MOCK_TIMEOUT_US);
		assert_null(observation_fact(one, "turn.pseudo_tls"));
		trial_end(&trial);
		mock_end(&mock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_access_edge_is_known_by_its_sip),
		cmocka_unit_test(silence_is_waited_for_no_longer_than_it_takes),
		cmocka_unit_test(hanging_up_is_a_fact),
		cmocka_unit_test(who_answers_is_named),
		cmocka_unit_test(an_endless_answer_is_cut),
		cmocka_unit_test(what_is_no_tls_is_told_as_ever),
		cmocka_unit_test(nobody_waits_long_for_an_unlikely_relay),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
