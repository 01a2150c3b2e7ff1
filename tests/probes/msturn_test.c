#include "common/wire/msturn.h"

#include "common/wire/tls.h"
#include "tests/probes/mock.h"

#define DATAGRAM_BYTES 2048

static const uint8_t nonce[] = "f81d4fae7dec11d0a76500a0c91e6bf6-1";
static const uint8_t realm[] = "rtcmedia";
static const uint8_t software[] = "Coturn-4.6.1 'Gorst'";
static const uint8_t reason[] = "Unauthorized";

/* How a relay answers. */
struct relay {
	bool is_standard;    /* as coturn does */
	bool is_other_first; /* another transaction before ours */
	bool is_other_only;
	bool is_elsewhere; /* from another address */
	bool is_old;	   /* says nothing to what offers version 6 */
	unsigned ignores;  /* requests that it does not hear */
	const char *garbage;
	/* TCP */
	bool is_slow;	  /* byte by byte */
	bool has_data;	  /* a data frame before the answer */
	bool stops_after; /* the hello */
};

static struct msturn_message challenge(const struct msturn_message *request,
				       const struct relay *relay)
{
	struct msturn_message reply = {
		.type = MSTURN_ALLOCATE_ERROR,
		.has_cookie = !relay->is_standard,
		.error_code = 401,
		.error_reason = {reason, sizeof(reason) - 1},
		.nonce = {nonce, sizeof(nonce) - 1},
		.realm = {realm, sizeof(realm) - 1},
	};

	memcpy(reply.transaction, request->transaction,
	       sizeof(reply.transaction));
	if (relay->is_standard) {
		reply.software.data = software;
		reply.software.length = sizeof(software) - 1;
		return reply;
	}
	reply.has_version = true;
	reply.version = 1;
	if (request->version == 6) { /* as the recorded relay answers */
		assert_true(address_parse("198.51.100.9",
					  &reply.xor_mapped.address));
		reply.xor_mapped.port = 50001;
	}
	assert_true(address_parse("192.0.2.30", &reply.alternate.address));
	reply.alternate.port = 3478;
	return reply;
}

/* The request must be the one that old relays understand; then the latest. */
static void expect_request(struct msturn_message *request, const void *data,
			   size_t length, bool is_second)
{
	const char *why;

	assert_true(msturn_decode(request, data, length, &why));
	assert_int_equal(request->type, MSTURN_ALLOCATE_REQUEST);
	assert_true(request->has_cookie);
	assert_int_equal(request->version, is_second ? 6 : 1);
	assert_memory_equal(request->transaction, "\x21\x12\xa4\x42", 4);
	assert_null(request->username.data);
}

static void send_from(const struct relay *relay, int descriptor,
		      const void *data, size_t length,
		      const struct sockaddr_in *to)
{
	struct sockaddr_in other = {.sin_family = AF_INET};
	int elsewhere;

	if (!relay->is_elsewhere) {
		sendto(descriptor, data, length, 0, (const void *)to,
		       sizeof(*to));
		return;
	}
	elsewhere = socket(AF_INET, SOCK_DGRAM, 0);
	other.sin_addr.s_addr = htonl(0x7f000002);
	bind(elsewhere, (void *)&other, sizeof(other));
	sendto(elsewhere, data, length, 0, (const void *)to, sizeof(*to));
	close(elsewhere);
}

static void answer_datagram(const struct relay *relay, int descriptor,
			    const struct msturn_message *request,
			    const struct sockaddr_in *to)
{
	struct msturn_message reply = challenge(request, relay);
	uint8_t datagram[DATAGRAM_BYTES];
	size_t length;

	if (relay->garbage) {
		send_from(relay, descriptor, relay->garbage,
			  strlen(relay->garbage), to);
		return;
	}
	if (relay->is_other_first || relay->is_other_only) {
		reply.transaction[15] ^= 1;
		length =
			msturn_encode(&reply, NULL, datagram, sizeof(datagram));
		send_from(relay, descriptor, datagram, length, to);
		reply.transaction[15] ^= 1;
	}
	if (relay->is_other_only)
		return;
	length = msturn_encode(&reply, NULL, datagram, sizeof(datagram));
	assert_true(length > 0);
	send_from(relay, descriptor, datagram, length, to);
}

static void serve_udp(struct mock *mock, int descriptor)
{
	const struct relay *relay = mock->context;
	uint8_t datagram[DATAGRAM_BYTES];
	struct msturn_message request;
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t length;

	while (mock_readable(mock, descriptor)) {
		length = recvfrom(descriptor, datagram, sizeof(datagram), 0,
				  (void *)&from, &size);
		if (length <= 0)
			return;
		expect_request(&request, datagram, (size_t)length,
			       mock->served > relay->ignores);
		if (mock->served++ >= relay->ignores &&
		    !(relay->is_old && request.version == 6))
			answer_datagram(relay, descriptor, &request, &from);
	}
}

static const struct observation *ask_udp(struct trial *trial, struct mock *mock,
					 const struct relay *relay,
					 int64_t timeout_us)
{
	*mock = (struct mock){.serve = serve_udp, .context = (void *)relay};
	mock_begin(mock, SOCK_DGRAM);
	trial_begin(trial);
	trial->settings.timeout_us = timeout_us;
	return trial_one(trial, "msturn-allocate", &mock->endpoint);
}

static void assert_challenge(const struct observation *seen)
{
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_string_equal(seen->phase, "allocate");
	assert_number(seen, "turn.error_code", 401);
	assert_fact(seen, "turn.error_reason", "Unauthorized");
	assert_fact(seen, "turn.realm", "rtcmedia");
	assert_number(seen, "turn.nonce_length", 34);
	assert_fact(seen, "turn.alternate_server", "192.0.2.30:3478");
	assert_number(seen, "turn.ms_version", 1);
	assert_number(seen, "turn.cookie", 1);
	assert_fact(seen, "peer.service", "msturn");
	assert_number(seen, "turn.standard", 0);
}

static void a_relay_challenges(void **state)
{
	static const struct relay relay = {.ignores = 0};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &relay, MOCK_TIMEOUT_US);
	char from[ENDPOINT_TEXT_BYTES];

	(void)state;
	assert_challenge(seen);
	assert_number(seen, "turn.requests", 1);
	assert_fact(seen, "reply.address",
		    endpoint_format(from, &mock.endpoint.address,
				    mock.endpoint.port));
	assert_string_equal(seen->source, "127.0.0.1");
	trial_end(&trial);
	mock_end(&mock);
}

/* A second, separate Allocate; whoever does not know it is none the worse. */
static void a_relay_is_asked_in_the_latest_version_too(void **state)
{
	static const struct relay relays[] = {{.ignores = 0}, {.is_old = true}};
	struct mock mock;
	struct trial trial;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct observation *seen;

		assert_challenge(
			ask_udp(&trial, &mock, &relays[i], MOCK_TIMEOUT_US));
		assert_int_equal(trial.seen.count, 2);
		seen = trial.seen.items[1];
		assert_string_equal(seen->probe, "msturn-allocate-latest");
		if (relays[i].is_old) {
			assert_outcome(seen, OUTCOME_NO_REPLY);
			assert_true(seen->duration_us < 500000);
		} else {
			assert_outcome(seen, OUTCOME_ANSWERED);
			assert_fact(seen, "turn.xor_mapped_address",
				    "198.51.100.9:50001");
		}
		trial_end(&trial);
		mock_end(&mock);
	}
}

static void a_stranger_is_asked_once(void **state)
{
	static const struct relay relay = {.is_standard = true};
	struct mock mock;
	struct trial trial;

	(void)state;
	ask_udp(&trial, &mock, &relay, MOCK_TIMEOUT_US);
	assert_int_equal(trial.seen.count, 1);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_lost_request_is_sent_again(void **state)
{
	static const struct relay relay = {.ignores = 1};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &relay, MOCK_TIMEOUT_US);

	(void)state;
	assert_challenge(seen);
	assert_number(seen, "turn.requests", 2);
	assert_true(seen->duration_us >= 500000);
	trial_end(&trial);
	mock_end(&mock);
}

static void silence_counts_the_requests(void **state)
{
	static const struct relay relay = {.ignores = 99};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &relay, INT64_C(600000));

	(void)state;
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_non_null(strstr(seen->detail, "no reply to 2 requests in "));
	assert_number(seen, "turn.requests", 2);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_standard_server_is_not_a_relay(void **state)
{
	static const struct relay relay = {.is_standard = true};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &relay, MOCK_TIMEOUT_US);

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_number(seen, "turn.error_code", 401);
	assert_number(seen, "turn.cookie", 0);
	assert_number(seen, "turn.standard", 1);
	assert_fact(seen, "turn.software", "Coturn-4.6.1 'Gorst'");
	assert_fact(seen, "peer.service", "stun");
	trial_end(&trial);
	mock_end(&mock);
}

static void answers_of_other_transactions_are_ignored(void **state)
{
	static const struct relay first = {.is_other_first = true};
	static const struct relay only = {.is_other_only = true};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &first, MOCK_TIMEOUT_US);

	(void)state;
	assert_challenge(seen);
	trial_end(&trial);
	mock_end(&mock);
	seen = ask_udp(&trial, &mock, &only, MOCK_SILENCE_US);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	trial_end(&trial);
	mock_end(&mock);
}

static void an_answer_from_elsewhere_is_noticed(void **state)
{
	static const struct relay relay = {.is_elsewhere = true};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &relay, MOCK_TIMEOUT_US);

	(void)state;
	assert_challenge(seen);
	assert_memory_equal(observation_text(seen, "reply.address"),
			    "127.0.0.2:", 10);
	assert_string_equal(seen->endpoint.name, "sip.contoso.com");
	trial_end(&trial);
	mock_end(&mock);
}

static void another_protocol_over_udp_is_garbled(void **state)
{
	static const struct relay relay = {.garbage = "SIP/2.0 400 Bad\r\n"};
	struct mock mock;
	struct trial trial;
	const struct observation *seen =
		ask_udp(&trial, &mock, &relay, MOCK_SILENCE_US);

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_fact(seen, "peer.service", "sip");
	trial_end(&trial);
	mock_end(&mock);
}

static void a_closed_port_shows_who_refused(void **state)
{
	struct endpoint nobody = mock_nobody(TRANSPORT_UDP);
	struct trial trial;
	const struct observation *seen;

	(void)state;
	trial_begin(&trial);
	seen = trial_one(&trial, "msturn-allocate", &nobody);
	assert_outcome(seen, OUTCOME_REFUSED);
	assert_number(seen, "icmp.type", 3);
	assert_number(seen, "icmp.code", 3);
	assert_fact(seen, "icmp.from", "127.0.0.1");
	trial_end(&trial);
}

static void a_closed_port_over_ipv6_shows_who_refused(void **state)
{
	struct sockaddr_in6 own = {.sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct endpoint nobody = {.transport = TRANSPORT_UDP};
	socklen_t size = sizeof(own);
	int descriptor = socket(AF_INET6, SOCK_DGRAM, 0);
	struct trial trial;
	const struct observation *seen;

	(void)state;
	if (descriptor < 0 || bind(descriptor, (void *)&own, size) < 0)
		skip(); /* no IPv6 on this machine */
	getsockname(descriptor, (void *)&own, &size);
	endpoint_from_sockaddr(&nobody, (void *)&own);
	close(descriptor);
	trial_begin(&trial);
	seen = trial_one(&trial, "msturn-allocate", &nobody);
	assert_outcome(seen, OUTCOME_REFUSED);
	assert_number(seen, "icmp.type", 1);
	assert_number(seen, "icmp.code", 4);
	assert_fact(seen, "icmp.from", "::1");
	assert_string_equal(seen->source, "::1");
	trial_end(&trial);
}

/* --- TCP --- */

static void say(const struct relay *relay, int descriptor, const uint8_t *data,
		size_t length)
{
	for (size_t i = 0; relay->is_slow && i < length; i++) {
		mock_say(descriptor, data + i, 1);
		usleep(100);
	}
	if (!relay->is_slow)
		mock_say(descriptor, data, length);
}

static bool hear(struct mock *mock, int descriptor, uint8_t *data,
		 size_t length)
{
	return mock_readable(mock, descriptor) &&
	       recv(descriptor, data, length, MSG_WAITALL) == (ssize_t)length;
}

static bool greet(struct mock *mock, int descriptor)
{
	uint8_t theirs[PSEUDO_CLIENT_BYTES], ours[PSEUDO_SERVER_BYTES];
	static const uint8_t random[PSEUDO_RANDOM_BYTES] = {1};
	static const uint8_t session[PSEUDO_SESSION_BYTES] = {2};

	if (!hear(mock, descriptor, theirs, sizeof(theirs)))
		return false;
	assert_true(pseudo_client_matches(theirs));
	pseudo_server_hello(ours, 1, random, session);
	say(mock->context, descriptor, ours, sizeof(ours));
	return true;
}

static void say_frame(const struct relay *relay, int descriptor, uint8_t type,
		      const void *data, size_t length)
{
	uint8_t frame[DATAGRAM_BYTES];
	struct writer writer = writer_of(frame, sizeof(frame));

	writer_u8(&writer, type);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)length);
	writer_put(&writer, data, length);
	say(relay, descriptor, frame, writer.length);
}

static void serve_tcp(struct mock *mock, int descriptor)
{
	const struct relay *relay = mock->context;
	uint8_t frame[40], message[DATAGRAM_BYTES];
	struct msturn_message request, reply;

	if (!greet(mock, descriptor) || relay->stops_after ||
	    !hear(mock, descriptor, frame, sizeof(frame))) {
		mock_drain(mock, descriptor);
		return;
	}
	expect_request(&request, frame + MSTURN_FRAME_BYTES,
		       sizeof(frame) - MSTURN_FRAME_BYTES, false);
	if (relay->has_data)
		say_frame(relay, descriptor, MSTURN_FRAME_DATA, "hello", 5);
	if (relay->garbage) {
		mock_say(descriptor, relay->garbage, strlen(relay->garbage));
		mock_drain(mock, descriptor);
		return;
	}
	reply = challenge(&request, relay);
	say_frame(relay, descriptor, MSTURN_FRAME_CONTROL, message,
		  msturn_encode(&reply, NULL, message, sizeof(message)));
	mock_drain(mock, descriptor);
}

static const struct observation *ask_tcp(struct trial *trial, struct mock *mock,
					 int64_t timeout_us)
{
	mock_begin(mock, SOCK_STREAM);
	trial_begin(trial);
	trial->settings.timeout_us = timeout_us;
	return trial_one(trial, "msturn-allocate-tcp", &mock->endpoint);
}

static void a_relay_challenges_over_tcp(void **state)
{
	static const struct relay relays[] = {
		{.ignores = 0}, {.is_slow = true}, {.has_data = true}};

	(void)state;
	for (size_t i = 0; i < sizeof(relays) / sizeof(relays[0]); i++) {
		struct mock mock = {.serve = serve_tcp,
				    .context = (void *)&relays[i]};
		struct trial trial;
		const struct observation *seen =
			ask_tcp(&trial, &mock, MOCK_TIMEOUT_US);

		assert_challenge(seen);
		assert_number(seen, "turn.pseudo_tls", 1);
		assert_true(observation_number(seen, "tcp.rtt_us", -1) >= 0);
		trial_end(&trial);
		mock_end(&mock);
	}
}

static void a_relay_is_known_in_another_place(void **state)
{
	static const struct relay relay = {.is_slow = true};
	struct mock mock = {.serve = serve_tcp, .context = (void *)&relay};
	struct trial trial;
	const struct observation *seen;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	seen = trial_one(&trial, "recognise-av", &mock.endpoint);
	assert_challenge(seen);
	assert_number(seen, "turn.pseudo_tls", 1);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_hello_alone_is_no_relay(void **state)
{
	static const struct relay relay = {.stops_after = true};
	struct mock mock = {.serve = serve_tcp, .context = (void *)&relay};
	struct trial trial;
	const struct observation *seen =
		ask_tcp(&trial, &mock, MOCK_SILENCE_US);

	(void)state;
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_string_equal(seen->phase, "allocate");
	assert_number(seen, "turn.pseudo_tls", 1);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_broken_frame_is_garbled(void **state)
{
	static const struct relay relay = {.garbage = "\x09garbage"};
	struct mock mock = {.serve = serve_tcp, .context = (void *)&relay};
	struct trial trial;
	const struct observation *seen =
		ask_tcp(&trial, &mock, MOCK_TIMEOUT_US);

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	trial_end(&trial);
	mock_end(&mock);
}

/* OpenSSL's own answer to the hello: it has no such suite. */
static void serve_alert(struct mock *mock, int descriptor)
{
	static const uint8_t alert[] = {0x15, 3, 1, 0, 2, 2, 40};
	uint8_t hello[PSEUDO_CLIENT_BYTES];

	if (hear(mock, descriptor, hello, sizeof(hello)))
		mock_say(descriptor, alert, sizeof(alert));
}

static void a_tls_server_on_the_relay_address_is_an_alert(void **state)
{
	struct mock mock = {.serve = serve_alert};
	struct trial trial;
	const struct observation *seen =
		ask_tcp(&trial, &mock, MOCK_TIMEOUT_US);

	(void)state;
	assert_outcome(seen, OUTCOME_ALERT);
	assert_number(seen, "tls.alert", 40);
	assert_fact(seen, "tls.alert_name", "handshake_failure");
	trial_end(&trial);
	mock_end(&mock);
}

static void other_tcp_peers_are_told_apart(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		const char *says;
		enum outcome outcome;
	} cases[] = {
		{serve_mute, NULL, OUTCOME_NO_REPLY},
		{serve_reset, NULL, OUTCOME_RESET},
		{serve_close, NULL, OUTCOME_CLOSED},
		{serve_banner, "HTTP/1.1 400 Bad Request\r\n\r\n",
		 OUTCOME_GARBLED},
		{serve_banner, "SSH-2.0-OpenSSH_9.2\r\n", OUTCOME_GARBLED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve,
				    .context = (void *)cases[i].says};
		struct trial trial;
		const struct observation *seen =
			ask_tcp(&trial, &mock, MOCK_SILENCE_US);

		assert_outcome(seen, cases[i].outcome);
		assert_string_equal(seen->phase, "handshake");
		if (cases[i].says)
			assert_non_null(observation_fact(seen, "peer.service"));
		trial_end(&trial);
		mock_end(&mock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relay_challenges),
		cmocka_unit_test(a_relay_is_asked_in_the_latest_version_too),
		cmocka_unit_test(a_stranger_is_asked_once),
		cmocka_unit_test(a_lost_request_is_sent_again),
		cmocka_unit_test(silence_counts_the_requests),
		cmocka_unit_test(a_standard_server_is_not_a_relay),
		cmocka_unit_test(answers_of_other_transactions_are_ignored),
		cmocka_unit_test(an_answer_from_elsewhere_is_noticed),
		cmocka_unit_test(another_protocol_over_udp_is_garbled),
		cmocka_unit_test(a_closed_port_shows_who_refused),
		cmocka_unit_test(a_closed_port_over_ipv6_shows_who_refused),
		cmocka_unit_test(a_relay_challenges_over_tcp),
		cmocka_unit_test(a_relay_is_known_in_another_place),
		cmocka_unit_test(a_hello_alone_is_no_relay),
		cmocka_unit_test(a_broken_frame_is_garbled),
		cmocka_unit_test(a_tls_server_on_the_relay_address_is_an_alert),
		cmocka_unit_test(other_tcp_peers_are_told_apart),
	};

	return cmocka_run_group_tests_name("msturn", tests, NULL, NULL);
}
