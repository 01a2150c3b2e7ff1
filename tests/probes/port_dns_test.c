#include "probes/probe.h"

#include "common/base/dns_name.h"
#include "common/wire/dns.h"
#include "tests/probes/mock.h"

#define HEAD 12 /* RFC 1035 4.1.1 */

/* Answers as a resolver that refuses; context: how it errs, or NULL. */
static size_t answer(const char *fault, uint8_t *message, size_t length)
{
	message[2] |= 0x80; /* QR */
	message[3] = 5;	    /* REFUSED */
	if (fault && strcmp(fault, "other id") == 0)
		message[0] ^= 1;
	if (fault && strcmp(fault, "question") == 0)
		message[2] &= 0x7f;
	if (fault && strcmp(fault, "short") == 0)
		return HEAD - 1;
	return length;
}

static void serve_datagrams(struct mock *mock, int descriptor)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint8_t buffer[512];
	ssize_t length;

	while (mock_readable(mock, descriptor)) {
		length = recvfrom(descriptor, buffer, sizeof(buffer), 0,
				  (void *)&from, &size);
		if (length < HEAD)
			continue;
		length = (ssize_t)answer(mock->context, buffer, (size_t)length);
		sendto(descriptor, buffer, (size_t)length, 0, (void *)&from,
		       size);
	}
}

/* A byte at a time where that is the fault. */
static void serve_stream(struct mock *mock, int descriptor)
{
	const char *fault = mock->context;
	uint8_t buffer[512];
	ssize_t length;
	size_t size;

	if (!mock_readable(mock, descriptor))
		return;
	length = recv(descriptor, buffer, sizeof(buffer), 0);
	if (length < 2 + HEAD)
		return;
	size = answer(fault, buffer + 2, (size_t)length - 2);
	buffer[0] = (uint8_t)(size >> 8);
	buffer[1] = (uint8_t)size;
	if (fault && strcmp(fault, "endless") == 0)
		buffer[0] = 0xff;
	if (fault && strcmp(fault, "slow") == 0)
		for (size_t i = 0; i < size + 2; i++)
			mock_say(descriptor, buffer + i, 1);
	else
		mock_say(descriptor, buffer, size + 2);
	if (!fault || strcmp(fault, "cut") != 0)
		mock_drain(mock, descriptor);
}

static const struct observation *ask(struct trial *trial, bool tcp,
				     const char *fault, int64_t timeout_us)
{
	struct mock mock = {.serve = tcp ? serve_stream : serve_datagrams,
			    .context = (void *)fault};
	const struct observation *seen;

	mock_begin(&mock, tcp ? SOCK_STREAM : SOCK_DGRAM);
	trial_begin(trial);
	trial->settings.timeout_us = timeout_us;
	seen = trial_one(trial, tcp ? "port-dns-tcp" : "port-dns",
			 &mock.endpoint);
	mock_end(&mock);
	return seen;
}

static void takes_any_answer_for_one(void **state)
{
	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		struct trial trial;
		const struct observation *seen =
			ask(&trial, tcp, NULL, MOCK_TIMEOUT_US);

		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_fact(seen, "dns.rcode", "REFUSED");
		trial_end(&trial);
	}
}

static void reads_an_answer_that_comes_in_pieces(void **state)
{
	struct trial trial;

	(void)state;
	assert_outcome(ask(&trial, true, "slow", MOCK_TIMEOUT_US),
		       OUTCOME_ANSWERED);
	trial_end(&trial);
}

static void passes_over_datagrams_that_are_no_answer(void **state)
{
	static const char *const faults[] = {"other id", "question", "short"};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct trial trial;

		assert_outcome(ask(&trial, false, faults[i], MOCK_SILENCE_US),
			       OUTCOME_NO_REPLY);
		trial_end(&trial);
	}
}

static void tells_what_is_no_answer_in_a_connection(void **state)
{
	static const char *const faults[] = {"other id", "question", "short",
					     "endless"};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct trial trial;

		assert_outcome(ask(&trial, true, faults[i], MOCK_TIMEOUT_US),
			       OUTCOME_GARBLED);
		trial_end(&trial);
	}
}

static void tells_a_port_that_is_closed(void **state)
{
	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		struct endpoint nobody =
			mock_nobody(tcp ? TRANSPORT_TCP : TRANSPORT_UDP);
		struct trial trial;

		trial_begin(&trial);
		assert_outcome(trial_one(&trial,
					 tcp ? "port-dns-tcp" : "port-dns",
					 &nobody),
			       OUTCOME_REFUSED);
		trial_end(&trial);
	}
}

/* Connected, and never a word. */
static void tells_silence_in_a_connection(void **state)
{
	struct mock mock = {.serve = serve_mute};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	trial_begin(&trial);
	trial.settings.timeout_us = MOCK_SILENCE_US;
	seen = trial_one(&trial, "port-dns-tcp", &mock.endpoint);
	mock_end(&mock);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_non_null(strstr(seen->detail, "connected"));
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_any_answer_for_one),
		cmocka_unit_test(reads_an_answer_that_comes_in_pieces),
		cmocka_unit_test(passes_over_datagrams_that_are_no_answer),
		cmocka_unit_test(tells_what_is_no_answer_in_a_connection),
		cmocka_unit_test(tells_a_port_that_is_closed),
		cmocka_unit_test(tells_silence_in_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
