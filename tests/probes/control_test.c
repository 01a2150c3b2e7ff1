#include "probes/probe.h"

#include "common/wire/msturn.h"
#include "tests/probes/mock.h"

static const struct observation *
ask(struct trial *trial, const struct endpoint *endpoint, int64_t timeout_us)
{
	trial_begin(trial);
	trial->settings.timeout_us = timeout_us;
	return trial_one(trial, "control", endpoint);
}

static void takes_a_connection_for_an_answer(void **state)
{
	struct mock mock = {.serve = serve_mute};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = ask(&trial, &mock.endpoint, MOCK_TIMEOUT_US);
	mock_end(&mock);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_non_null(observation_fact(seen, "tcp.rtt_us"));
	trial_end(&trial);
}

static void tells_a_refusal_from_an_answer(void **state)
{
	(void)state;
	for (int udp = 0; udp < 2; udp++) {
		struct endpoint nobody =
			mock_nobody(udp ? TRANSPORT_UDP : TRANSPORT_TCP);
		struct trial trial;

		assert_outcome(ask(&trial, &nobody, MOCK_TIMEOUT_US),
			       OUTCOME_REFUSED);
		trial_end(&trial);
	}
}

/* context: which of the two requests is answered, "stun" or "msturn". */
static void serve_either(struct mock *mock, int descriptor)
{
	bool wants_msturn = strcmp(mock->context, "msturn") == 0;
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint8_t buffer[2048];
	struct msturn_message request;
	const char *why;
	ssize_t length;

	while (mock_readable(mock, descriptor)) {
		length = recvfrom(descriptor, buffer, sizeof(buffer), 0,
				  (void *)&from, &size);
		if (length <= 0)
			continue;
		if (msturn_decode(&request, buffer, (size_t)length, &why) &&
		    request.has_cookie == wants_msturn)
			sendto(descriptor, buffer, (size_t)length, 0,
			       (void *)&from, size);
	}
}

static void is_content_with_either_kind_of_relay(void **state)
{
	static const char *const kinds[] = {"stun", "msturn"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mock mock = {.serve = serve_either,
				    .context = (void *)kinds[i]};
		const struct observation *seen;
		struct trial trial;

		mock_begin(&mock, SOCK_DGRAM);
		seen = ask(&trial, &mock.endpoint, MOCK_TIMEOUT_US);
		mock_end(&mock);
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_non_null(observation_fact(seen, "reply.address"));
		trial_end(&trial);
	}
}

static void serve_silence(struct mock *mock, int descriptor)
{
	char byte;

	while (mock_readable(mock, descriptor))
		recv(descriptor, &byte, 1, 0);
}

static void hears_silence(void **state)
{
	struct mock mock = {.serve = serve_silence};
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_DGRAM);
	assert_outcome(ask(&trial, &mock.endpoint, MOCK_SILENCE_US),
		       OUTCOME_NO_REPLY);
	mock_end(&mock);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_connection_for_an_answer),
		cmocka_unit_test(tells_a_refusal_from_an_answer),
		cmocka_unit_test(is_content_with_either_kind_of_relay),
		cmocka_unit_test(hears_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
