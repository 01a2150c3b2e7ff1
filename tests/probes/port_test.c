#include "probes/dial.h"

#include "tests/probes/mock.h"

/* The one observation of a probe, of a server that behaves like this. */
static const struct observation *
look(struct trial *trial, struct mock *mock, const char *probe,
     void (*serve)(struct mock *mock, int descriptor), char *context)
{
	const struct observation *seen;

	*mock = (struct mock){.serve = serve, .context = context};
	mock_begin(mock,
		   strcmp(probe, "port-udp") == 0 ? SOCK_DGRAM : SOCK_STREAM);
	trial_begin(trial);
	trial->settings.timeout_us = MOCK_SILENCE_US;
	seen = trial_one(trial, probe, &mock->endpoint);
	assert_int_equal(trial->seen.count, 1);
	return seen;
}

static void end(struct trial *trial, struct mock *mock)
{
	mock_end(mock);
	trial_end(trial);
}

/* context: the answer to whatever was asked. */
static void serve_answer(struct mock *mock, int descriptor)
{
	char request[4096];

	if (mock_readable(mock, descriptor) &&
	    recv(descriptor, request, sizeof(request), 0) > 0)
		mock_say(descriptor, mock->context, strlen(mock->context));
	mock_drain(mock, descriptor);
}

/* The same over UDP, to whoever asks. */
static void serve_datagram(struct mock *mock, int descriptor)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	char request[512];

	if (mock_readable(mock, descriptor) &&
	    recvfrom(descriptor, request, sizeof(request), 0, (void *)&peer,
		     &size) > 0)
		sendto(descriptor, "hello", 5, 0, (void *)&peer, size);
}

static void serve_nothing(struct mock *mock, int descriptor)
{
	while (mock_readable(mock, descriptor)) {
		char request[512];

		if (recv(descriptor, request, sizeof(request), 0) < 0)
			return;
	}
}

/* Copies Via, From, To, Call-ID and CSeq of the request. */
static void serve_sip(struct mock *mock, int descriptor)
{
	static const char *const copied[] = {
		"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
	char request[4096], answer[4096] = "";
	FILE *out = fmemopen(answer, sizeof(answer), "w");
	char *rest = request, *line;
	ssize_t size = -1;

	if (mock_readable(mock, descriptor))
		size = recv(descriptor, request, sizeof(request) - 1, 0);
	request[size > 0 ? size : 0] = '\0';
	assert_non_null(strstr(request, "Via: SIP/2.0/TCP "));
	fputs("SIP/2.0 200 OK\r\n", out);
	while ((line = strsep(&rest, "\n")))
		for (size_t i = 0; i < 5; i++)
			if (strncmp(line, copied[i], strlen(copied[i])) == 0)
				fprintf(out, "%s\n", line);
	fputs("Server: RTC/6.0\r\nContent-Length: 0\r\n\r\n", out);
	fclose(out);
	mock_say(descriptor, answer, strlen(answer));
	mock_drain(mock, descriptor);
}

static void a_silent_port_stands(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port", serve_mute, NULL);

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_non_null(observation_fact(seen, "tcp.rtt_us"));
	assert_null(observation_fact(seen, "peer.service"));
	end(&trial, &mock);
}

static void who_speaks_first_is_heard(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port", serve_banner,
		     (char[]){"SSH-2.0-OpenSSH_9.2\r\n"});

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "peer.service", "ssh");
	end(&trial, &mock);
}

static void a_closed_port_is_refused(void **state)
{
	const char *const probes[] = {"port", "port-sip", "port-http",
				      "port-https"};
	const struct endpoint nobody = mock_nobody(TRANSPORT_TCP);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct trial trial;

		trial_begin(&trial);
		assert_outcome(trial_one(&trial, probes[i], &nobody),
			       OUTCOME_REFUSED);
		trial_end(&trial);
	}
}

static void hanging_up_before_a_word_is_closed(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-sip", serve_close, NULL);

	(void)state;
	assert_outcome(seen, OUTCOME_CLOSED);
	assert_number(seen, "peer.closed", 1);
	assert_null(observation_fact(seen, "peer.spoke"));
	end(&trial, &mock);
}

static void sip_without_tls_is_understood(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-sip", serve_sip, NULL);

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "peer.service", "sip");
	assert_number(seen, "sip.status", 200);
	assert_fact(seen, "sip.server", "RTC/6.0");
	end(&trial, &mock);
}

static void a_web_server_is_no_sip_server(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen = look(
		&trial, &mock, "port-sip", serve_answer,
		(char[]){"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"});

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_fact(seen, "peer.service", "http");
	assert_string_equal(seen->detail,
			    "a web server (HTTP) answers, not SIP");
	end(&trial, &mock);
}

static void any_status_of_http_will_do(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen = look(
		&trial, &mock, "port-http", serve_answer,
		(char[]){
			"HTTP/1.1 403 Forbidden\r\nServer:  IIS/10.0\r\n\r\n"});

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "http.status", 403);
	assert_fact(seen, "http.server", "IIS/10.0");
	end(&trial, &mock);
}

/* Takes a bind of 72 bytes to the endpoint mapper, and no other. */
static void serve_rpc(struct mock *mock, int descriptor)
{
	static const uint8_t mapper[] = {0x08, 0x83, 0xaf, 0xe1};
	uint8_t bind[128];
	ssize_t size = -1;

	if (mock_readable(mock, descriptor))
		size = recv(descriptor, bind, sizeof(bind), 0);
	assert_int_equal(size, 72);
	assert_int_equal(bind[0], 5);
	assert_int_equal(bind[2], 11);
	assert_int_equal(bind[8], 72);
	assert_memory_equal(bind + 32, mapper, sizeof(mapper));
	mock_say(descriptor, mock->context, 8);
	mock_drain(mock, descriptor);
}

static void a_mapper_of_rpc_acknowledges(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-rpc", serve_rpc,
		     (char[]){5, 0, 12, 3, 0x10, 0, 0, 0});

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "peer.service", "rpc");
	end(&trial, &mock);
}

static void a_web_server_has_to_answer(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-http", serve_mute, NULL);

	(void)state;
	assert_outcome(seen, OUTCOME_NO_REPLY);
	end(&trial, &mock);
}

static void a_mail_server_is_no_web_server(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-http", serve_banner,
		     (char[]){"220 mail.contoso.com ESMTP ready\r\n"});

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_fact(seen, "peer.service", "smtp");
	end(&trial, &mock);
}

static void a_datagram_comes_back(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-udp", serve_datagram, NULL);

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_non_null(observation_fact(seen, "reply.address"));
	end(&trial, &mock);
}

static void silence_over_udp_is_no_reply(void **state)
{
	struct trial trial;
	struct mock mock;
	const struct observation *seen =
		look(&trial, &mock, "port-udp", serve_nothing, NULL);

	(void)state;
	assert_outcome(seen, OUTCOME_NO_REPLY);
	end(&trial, &mock);
}

static void a_closed_port_of_udp_is_refused(void **state)
{
	const struct endpoint nobody = mock_nobody(TRANSPORT_UDP);
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	assert_outcome(trial_one(&trial, "port-udp", &nobody), OUTCOME_REFUSED);
	trial_end(&trial);
}

/* One check from an address of ours. */
static const struct observation *look_from(struct trial *trial,
					   const struct endpoint *endpoint,
					   const char *probe, const char *from)
{
	struct check_spec spec = {
		.probe = probe, .endpoint = *endpoint, .subject = "-"};

	assert_true(address_parse(from, &spec.from));
	trial_begin(trial);
	trial_run(trial, &spec, 1);
	assert_int_equal(trial->seen.count, 1);
	return trial->seen.items[0];
}

static void it_speaks_from_the_address_that_it_is_told(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct trial trial;
	const struct observation *seen;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = look_from(&trial, &mock.endpoint, "port", "127.0.0.2");
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_string_equal(seen->source, "127.0.0.2");
	trial_end(&trial);
	mock_end(&mock);
}

/* Also where nobody answers: the judge tells them apart by it. */
static void its_source_is_known_without_an_answer(void **state)
{
	const struct endpoint nobody = mock_nobody(TRANSPORT_TCP);
	struct trial trial;
	const struct observation *seen =
		look_from(&trial, &nobody, "port", "127.0.0.2");

	(void)state;
	assert_outcome(seen, OUTCOME_REFUSED);
	assert_string_equal(seen->source, "127.0.0.2");
	trial_end(&trial);
}

static void an_address_that_is_not_ours_is_our_own_trouble(void **state)
{
	static const char *const probes[] = {"port", "port-udp"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct endpoint nobody =
			mock_nobody(i ? TRANSPORT_UDP : TRANSPORT_TCP);
		struct trial trial;
		const struct observation *seen =
			look_from(&trial, &nobody, probes[i], "192.0.2.77");

		assert_outcome(seen, OUTCOME_LOCAL);
		assert_string_equal(seen->detail,
				    "192.0.2.77 is no address of this host");
		trial_end(&trial);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_port_stands),
		cmocka_unit_test(who_speaks_first_is_heard),
		cmocka_unit_test(a_closed_port_is_refused),
		cmocka_unit_test(hanging_up_before_a_word_is_closed),
		cmocka_unit_test(sip_without_tls_is_understood),
		cmocka_unit_test(a_web_server_is_no_sip_server),
		cmocka_unit_test(any_status_of_http_will_do),
		cmocka_unit_test(a_mapper_of_rpc_acknowledges),
		cmocka_unit_test(a_web_server_has_to_answer),
		cmocka_unit_test(a_mail_server_is_no_web_server),
		cmocka_unit_test(a_datagram_comes_back),
		cmocka_unit_test(silence_over_udp_is_no_reply),
		cmocka_unit_test(a_closed_port_of_udp_is_refused),
		cmocka_unit_test(it_speaks_from_the_address_that_it_is_told),
		cmocka_unit_test(its_source_is_known_without_an_answer),
		cmocka_unit_test(
			an_address_that_is_not_ours_is_our_own_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
