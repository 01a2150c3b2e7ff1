#include "tests/probes/mock_tls.h"

#define REQUEST_BYTES 4096
#define REQUESTS_MAX  16

static struct mock_ca ca;

static const struct mock_leaf leaf = {
	.cn = "sip.contoso.com",
	.san = "sip.contoso.com",
	.from_s = -DAY_S,
	.to_s = 30 * DAY_S,
};

static int set_up(void **state)
{
	(void)state;
	mock_ca_begin(&ca);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mock_ca_end(&ca);
	return 0;
}

/* A SIP server's side of one connection. */
struct dialogue {
	/* Answers one request. False: hang up. */
	bool (*answer)(struct dialogue *dialogue, SSL *ssl,
		       const char *request);
	char requests[REQUESTS_MAX][REQUEST_BYTES];
	unsigned count;
};

static void copy_header(char *reply, size_t size, const char *request,
			const char *name, const char *more)
{
	const char *line = strstr(request, name);
	size_t length = strlen(reply);
	int part;

	if (!line)
		return;
	part = (int)strcspn(line, "\r");
	snprintf(reply + length, size - length, "%.*s%s\r\n", part, line, more);
}

/* status: "504 Server time-out"; more: further header lines. */
static void compose(char reply[REQUEST_BYTES], const char *request,
		    const char *status, const char *more)
{
	size_t length;

	snprintf(reply, REQUEST_BYTES, "SIP/2.0 %s\r\n", status);
	copy_header(reply, REQUEST_BYTES, request,
		    "Via:", ";received=203.0.113.77;ms-received-port=50211");
	copy_header(reply, REQUEST_BYTES, request, "From:", "");
	copy_header(reply, REQUEST_BYTES, request, "To:", ";tag=1");
	copy_header(reply, REQUEST_BYTES, request, "Call-ID:", "");
	copy_header(reply, REQUEST_BYTES, request, "CSeq:", "");
	length = strlen(reply);
	snprintf(reply + length, REQUEST_BYTES - length,
		 "%sServer: RTC/7.0\r\nContent-Length: 0\r\n\r\n", more);
}

static void say(SSL *ssl, const char *text)
{
	SSL_write(ssl, text, (int)strlen(text));
}

static void reply_with(SSL *ssl, const char *request, const char *status,
		       const char *more)
{
	char reply[REQUEST_BYTES];

	compose(reply, request, status, more);
	say(ssl, reply);
}

static void talk_sip(struct mock *mock, SSL *ssl)
{
	struct mock_tls *tls = mock->context;
	struct dialogue *dialogue = tls->talk_context;
	int size;

	while (dialogue->count < REQUESTS_MAX &&
	       mock_readable(mock, SSL_get_fd(ssl))) {
		char *request = dialogue->requests[dialogue->count];

		size = SSL_read(ssl, request, REQUEST_BYTES - 1);
		if (size <= 0)
			return;
		request[size] = '\0';
		dialogue->count++;
		if (!dialogue->answer(dialogue, ssl, request))
			return;
	}
}

struct scene {
	struct mock_tls tls;
	struct mock mock;
	struct dialogue dialogue;
	struct trial trial;
	int64_t timeout_us; /* 0: one that does not matter */
};

static const char *const two_domains[] = {"contoso.com", "fabrikam.com"};

static void prepare(struct scene *scene,
		    bool (*answer)(struct dialogue *dialogue, SSL *ssl,
				   const char *request))
{
	memset(scene, 0, sizeof(*scene));
	scene->mock.serve = serve_tls;
	scene->mock.context = &scene->tls;
	scene->tls.talk = talk_sip;
	scene->tls.talk_context = &scene->dialogue;
	scene->dialogue.answer = answer;
	mock_tls_begin(&scene->tls, &ca, &leaf);
}

static void run(struct scene *scene, size_t domain_count)
{
	struct check_spec spec = {.probe = "sip",
				  .subject = "-",
				  .domains = two_domains,
				  .domain_count = domain_count};

	mock_begin(&scene->mock, SOCK_STREAM);
	spec.endpoint = scene->mock.endpoint;
	trial_begin(&scene->trial);
	scene->trial.settings.ca_file = ca.file;
	if (scene->timeout_us)
		scene->trial.settings.timeout_us = scene->timeout_us;
	trial_run(&scene->trial, &spec, 1);
	assert_true(scene->trial.completed);
}

static void play(struct scene *scene,
		 bool (*answer)(struct dialogue *dialogue, SSL *ssl,
				const char *request),
		 size_t domain_count)
{
	prepare(scene, answer);
	run(scene, domain_count);
}

static void scene_end(struct scene *scene)
{
	trial_end(&scene->trial);
	mock_end(&scene->mock);
	mock_tls_end(&scene->tls);
}

static const struct observation *seen(const struct scene *scene, size_t index,
				      const char *probe, const char *subject)
{
	assert_true(index < scene->trial.seen.count);
	assert_string_equal(scene->trial.seen.items[index]->probe, probe);
	assert_string_equal(scene->trial.seen.items[index]->subject, subject);
	return scene->trial.seen.items[index];
}

static bool is_control(const char *request)
{
	return strstr(request, "OPTIONS sip:edgeprobe.invalid SIP/2.0\r\n") ==
	       request;
}

#define CHALLENGE                                                              \
	"Date: Tue, 04 Mar 2025 09:14:02 GMT\r\n"                              \
	"WWW-Authenticate: NTLM realm=\"SIP Communications Service\", "        \
	"targetname=\"fe01.contoso.net\", version=4\r\n"                       \
	"WWW-Authenticate: TLS-DSK realm=\"SIP Communications Service\", "     \
	"targetname=\"fe02.contoso.net\", version=4, "                         \
	"sts-uri=\"https://fe01.contoso.net/CertProv\"\r\n"

static bool answer_as_edge(struct dialogue *dialogue, SSL *ssl,
			   const char *request)
{
	(void)dialogue;
	if (is_control(request))
		reply_with(ssl, request, "504 Server time-out",
			   "ms-user-logon-data: RemoteUser\r\n");
	else if (strncmp(request, "OPTIONS ", 8) == 0)
		reply_with(ssl, request, "404 Not Found",
			   "ms-diagnostics: 1003;reason=\"x\"\r\n");
	else
		reply_with(ssl, request, "401 Unauthorized", CHALLENGE);
	return true;
}

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

static bool answer_once(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	answer_as_edge(dialogue, ssl, request);
	SSL_shutdown(ssl);
	return false;
}

static void closing_after_an_answer_closes_the_next(void **state)
{
	struct scene scene;

	(void)state;
	play(&scene, answer_once, 2);
	assert_int_equal(scene.trial.seen.count, 3);
	assert_outcome(seen(&scene, 1, "sip-options-control", "-"),
		       OUTCOME_ANSWERED);
	assert_true(seen(&scene, 2, "sip-options", "contoso.com")->outcome ==
			    OUTCOME_CLOSED ||
		    scene.trial.seen.items[2]->outcome == OUTCOME_RESET);
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
		cmocka_unit_test(an_endless_header_is_garbled),
		cmocka_unit_test(endless_trying_costs_no_more_than_the_step),
		cmocka_unit_test(closing_after_an_answer_closes_the_next),
	};

	return cmocka_run_group_tests_name("sip", tests, set_up, tear_down);
}
