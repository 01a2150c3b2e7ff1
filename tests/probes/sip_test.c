#include "tests/probes/sip_scene.h"

static void a_healthy_edge_answers_every_question(void **state)
{
	struct scene scene;
	const struct observation *one;
	const struct fact *scheme;

	(void)state;
	play(&scene, answer_as_edge, 2);
	assert_int_equal(scene.trial.seen.count, 6);
	one = seen(&scene, 0, "sip", "-");
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_fact(one, "cert.cn", "sip.contoso.com");
	one = seen(&scene, 1, "sip-options-control", "-");
	assert_outcome(one, OUTCOME_ANSWERED);
	assert_number(one, "sip.status", 504);
	assert_fact(one, "peer.service", "sip");
	assert_fact(one, "sip.reason", "Server time-out");
	assert_fact(one, "sip.server", "RTC/7.0");
	assert_number(one, "sip.remote_user", 1);
	assert_fact(one, "sip.via_received", "203.0.113.77");
	assert_number(one, "sip.via_received_port", 50211);
	one = seen(&scene, 2, "sip-options", "contoso.com");
	assert_number(one, "sip.status", 404);
	assert_fact(one, "sip.diagnostics", "1003;reason=\"x\"");
	assert_number(one, "sip.remote_user", 0);
	one = seen(&scene, 3, "sip-register", "contoso.com");
	assert_number(one, "sip.status", 401);
	scheme = observation_fact(one, "sip.scheme");
	assert_string_equal(scheme->text, "NTLM");
	assert_string_equal(fact_next(scheme)->text, "TLS-DSK");
	assert_fact(one, "sip.auth_version", "4");
	assert_fact(one, "sip.targetname", "fe01.contoso.net");
	assert_fact(one, "sip.sts_uri", "https://fe01.contoso.net/CertProv");
	assert_true(observation_number(one, "sip.date_skew_s", 0) < -1000000);
	assert_true(observation_number(one, "sip.round_trip_us", -1) >= 0);
	seen(&scene, 4, "sip-options", "fabrikam.com");
	seen(&scene, 5, "sip-register", "fabrikam.com");
	scene_end(&scene);
}

/* RFC 3261 8.1.1, 10.2; and what an Edge dislikes. */
static void requests_say_what_they_must_and_no_more(void **state)
{
	static const char *const everywhere[] = {
		"\r\nVia: SIP/2.0/TLS 127.0.0.1:",
		";branch=z9hG4bK",
		";rport\r\n",
		"\r\nMax-Forwards: 70\r\n",
		";tag=",
		";epid=",
		"\r\nCall-ID: ",
		"\r\nCSeq: 1 ",
		"\r\nUser-Agent: edgeprobe/",
		"\r\nContent-Length: 0\r\n"};
	struct scene scene;

	(void)state;
	play(&scene, answer_as_edge, 1);
	assert_int_equal(scene.dialogue.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		const char *request = scene.dialogue.requests[i];

		for (size_t j = 0; j < sizeof(everywhere) / sizeof(char *); j++)
			assert_non_null(strstr(request, everywhere[j]));
		assert_null(strstr(request, "Route:"));
		assert_null(strstr(request, "Authorization"));
		assert_string_equal(request + strlen(request) - 4, "\r\n\r\n");
	}
	assert_null(strstr(scene.dialogue.requests[0], "Contact:"));
	assert_null(strstr(scene.dialogue.requests[1], "Contact:"));
	assert_non_null(strstr(scene.dialogue.requests[1],
			       "OPTIONS sip:contoso.com SIP/2.0\r\n"));
	assert_non_null(strstr(scene.dialogue.requests[2],
			       "REGISTER sip:contoso.com SIP/2.0\r\n"));
	assert_non_null(
		strstr(scene.dialogue.requests[2], "From: <sip:edgeprobe-"));
	assert_non_null(strstr(scene.dialogue.requests[2], "+sip.instance="));
	scene_end(&scene);
}

/* A trying, a request of the server's own, another branch, keep-alives. */
static bool answer_with_noise(struct dialogue *dialogue, SSL *ssl,
			      const char *request)
{
	char other[REQUEST_BYTES];
	char *branch;

	(void)dialogue;
	say(ssl, "\r\n\r\n");
	reply_with(ssl, request, "100 Trying", "");
	say(ssl, "OPTIONS sip:edgeprobe@127.0.0.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKx\r\n"
		 "CSeq: 9 OPTIONS\r\nContent-Length: 2\r\n\r\nhi");
	compose(other, request, "200 OK", "");
	branch = strstr(other, "z9hG4bK");
	branch[8] = branch[8] == '0' ? '1' : '0';
	say(ssl, other);
	reply_with(ssl, request, "504 Server time-out", "");
	return true;
}

static void only_our_final_answer_counts(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_with_noise, 0);
	assert_int_equal(scene.trial.seen.count, 2);
	assert_number(seen(&scene, 1, "sip-options-control", "-"), "sip.status",
		      504);
	scene_end(&scene);
}

static bool answer_slowly(struct dialogue *dialogue, SSL *ssl,
			  const char *request)
{
	char reply[REQUEST_BYTES];

	(void)dialogue;
	compose(reply, request, "504 Server time-out", "");
	for (const char *byte = reply; *byte; byte++)
		SSL_write(ssl, byte, 1);
	return true;
}

static void an_answer_byte_by_byte_is_read(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_slowly, 0);
	assert_number(seen(&scene, 1, "sip-options-control", "-"), "sip.status",
		      504);
	scene_end(&scene);
}

static bool stay_mute(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	(void)ssl;
	(void)request;
	return true;
}

static void what_was_not_asked_is_not_observed(void **state)
{
	struct scene scene;

	(void)state;
	prepare(&scene, stay_mute);
	scene.timeout_us = MOCK_SILENCE_US;
	run(&scene, 2);
	assert_int_equal(scene.trial.seen.count, 2);
	assert_outcome(seen(&scene, 0, "sip", "-"), OUTCOME_ANSWERED);
	assert_outcome(seen(&scene, 1, "sip-options-control", "-"),
		       OUTCOME_NO_REPLY);
	assert_int_equal(scene.dialogue.count, 1);
	scene_end(&scene);
}

/* On 5061: the listener is alive, and there is nothing more to ask. */
static void without_a_client_certificate_nothing_is_asked(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		const struct observation *one;

		prepare(&scene, answer_as_edge);
		SSL_CTX_set_max_proto_version(scene.tls.context, versions[i]);
		SSL_CTX_set_verify(scene.tls.context,
				   SSL_VERIFY_PEER |
					   SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				   NULL);
		run(&scene, 1);
		assert_int_equal(scene.trial.seen.count, 1);
		one = seen(&scene, 0, "sip", "-");
		assert_outcome(one, OUTCOME_ANSWERED);
		assert_number(one, "tls.client_certificate_refused", 1);
		assert_int_equal(scene.dialogue.count, 0);
		scene_end(&scene);
	}
}

static bool ignore_options(struct dialogue *dialogue, SSL *ssl,
			   const char *request)
{
	if (is_control(request) || strncmp(request, "REGISTER", 8) == 0)
		return answer_as_edge(dialogue, ssl, request);
	return true;
}

/* Nobody knows what an Edge makes of OPTIONS for a domain it hosts. */
static void silence_to_options_does_not_spare_register(void **state)
{
	struct scene scene;

	(void)state;
	prepare(&scene, ignore_options);
	scene.timeout_us = MOCK_SILENCE_US;
	run(&scene, 1);
	assert_int_equal(scene.trial.seen.count, 4);
	assert_outcome(seen(&scene, 2, "sip-options", "contoso.com"),
		       OUTCOME_NO_REPLY);
	assert_number(seen(&scene, 3, "sip-register", "contoso.com"),
		      "sip.status", 401);
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

static void an_http_server_is_named(void **state)
{
	struct scene scene;
	const struct observation *one;

	(void)state;
	play(&scene, answer_http, 2);
	assert_int_equal(scene.trial.seen.count, 2);
	one = seen(&scene, 1, "sip-options-control", "-");
	assert_outcome(one, OUTCOME_GARBLED);
	assert_fact(one, "peer.service", "http");
	scene_end(&scene);
}

static bool answer_once(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	answer_as_edge(dialogue, ssl, request);
	SSL_shutdown(ssl);
	return false;
}

/* It need not keep the connection, as long as it answers. */
static void a_server_that_closes_is_called_again(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_once, 1);
	assert_int_equal(scene.trial.seen.count, 4);
	assert_int_equal(scene.mock.served, 3);
	assert_number(seen(&scene, 1, "sip-options-control", "-"), "sip.status",
		      504);
	assert_number(seen(&scene, 3, "sip-register", "contoso.com"),
		      "sip.status", 401);
	scene_end(&scene);
}

static bool answer_once_and_linger(struct dialogue *dialogue, SSL *ssl,
				   const char *request)
{
	char next[REQUEST_BYTES];

	answer_as_edge(dialogue, ssl, request);
	SSL_read(ssl, next, sizeof(next));
	return false;
}

/* The next question crosses its goodbye. */
static void a_server_that_closes_late_is_called_again(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_once_and_linger, 1);
	assert_int_equal(scene.trial.seen.count, 4);
	assert_int_equal(scene.mock.served, 3);
	assert_number(seen(&scene, 2, "sip-options", "contoso.com"),
		      "sip.status", 404);
	assert_number(seen(&scene, 3, "sip-register", "contoso.com"),
		      "sip.status", 401);
	scene_end(&scene);
}

/* Wants one, and does without: the questions go on as on any connection. */
static void a_certificate_asked_for_is_no_answer(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		const struct observation *one;

		prepare(&scene, answer_as_edge);
		SSL_CTX_set_max_proto_version(scene.tls.context, versions[i]);
		SSL_CTX_set_verify(scene.tls.context, SSL_VERIFY_PEER, NULL);
		run(&scene, 1);
		assert_int_equal(scene.trial.seen.count, 4);
		one = seen(&scene, 0, "sip", "-");
		assert_outcome(one, OUTCOME_ANSWERED);
		assert_number(one, "tls.client_certificate_requested", 1);
		assert_null(observation_fact(one,
					     "tls.client_certificate_refused"));
		assert_number(seen(&scene, 1, "sip-options-control", "-"),
			      "sip.status", 504);
		assert_number(seen(&scene, 3, "sip-register", "contoso.com"),
			      "sip.status", 401);
		assert_int_equal(scene.mock.served, 1);
		scene_end(&scene);
	}
}

static bool hang_up_on_register(struct dialogue *dialogue, SSL *ssl,
				const char *request)
{
	if (strncmp(request, "REGISTER", 8) == 0)
		return false;
	return answer_as_edge(dialogue, ssl, request);
}

static void hanging_up_on_a_question_is_its_answer(void **state)
{
	struct scene scene;
	const struct observation *one;

	(void)state;
	play(&scene, hang_up_on_register, 2);
	assert_int_equal(scene.trial.seen.count, 4);
	/* once more on a connection of its own, in case they crossed */
	assert_int_equal(scene.mock.served, 2);
	one = seen(&scene, 3, "sip-register", "contoso.com");
	assert_true(one->outcome == OUTCOME_CLOSED ||
		    one->outcome == OUTCOME_RESET);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_edge_answers_every_question),
		cmocka_unit_test(requests_say_what_they_must_and_no_more),
		cmocka_unit_test(only_our_final_answer_counts),
		cmocka_unit_test(an_answer_byte_by_byte_is_read),
		cmocka_unit_test(what_was_not_asked_is_not_observed),
		cmocka_unit_test(without_a_client_certificate_nothing_is_asked),
		cmocka_unit_test(silence_to_options_does_not_spare_register),
		cmocka_unit_test(an_http_server_is_named),
		cmocka_unit_test(a_server_that_closes_is_called_again),
		cmocka_unit_test(a_server_that_closes_late_is_called_again),
		cmocka_unit_test(a_certificate_asked_for_is_no_answer),
		cmocka_unit_test(hanging_up_on_a_question_is_its_answer),
	};

	return cmocka_run_group_tests_name("sip", tests, set_up, tear_down);
}
