#include "probes/probe.h"

#include "tests/probes/mock.h"

/* Loopback has no routers: hosts that answer, refuse or keep silent. */

static const struct observation *follow(struct trial *trial,
					const struct endpoint *endpoint)
{
	trial_begin(trial);
	return trial_one(trial, "path", endpoint);
}

static void arrives_at_once_where_no_router_is(void **state)
{
	struct mock mock = {.serve = serve_mute};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = follow(&trial, &mock.endpoint);
	mock_end(&mock);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "path.arrived_hop", 1);
	assert_null(observation_fact(seen, "path.hop"));
	assert_true(observation_number(seen, "path.waited_ms", -1) < 1000);
	assert_string_equal(seen->source, "127.0.0.1");
	trial_end(&trial);
}

static void tells_a_refusal_over_either_transport(void **state)
{
	(void)state;
	for (int udp = 0; udp < 2; udp++) {
		struct endpoint nobody =
			mock_nobody(udp ? TRANSPORT_UDP : TRANSPORT_TCP);
		const struct observation *seen;
		struct trial trial;

		seen = follow(&trial, &nobody);
		assert_outcome(seen, OUTCOME_REFUSED);
		assert_number(seen, "path.arrived_hop", 1);
		trial_end(&trial);
	}
}

static void serve_echo(struct mock *mock, int descriptor)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char buffer[2048];
	ssize_t length;

	while (mock_readable(mock, descriptor)) {
		length = recvfrom(descriptor, buffer, sizeof(buffer), 0,
				  (void *)&from, &size);
		if (length > 0)
			sendto(descriptor, buffer, (size_t)length, 0,
			       (void *)&from, size);
	}
}

static void takes_a_datagram_for_an_arrival(void **state)
{
	struct mock mock = {.serve = serve_echo};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_DGRAM);
	seen = follow(&trial, &mock.endpoint);
	mock_end(&mock);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "path.arrived_hop", 1);
	trial_end(&trial);
}

/* Reads, and says nothing. */
static void serve_nothing(struct mock *mock, int descriptor)
{
	char buffer[2048];

	while (mock_readable(mock, descriptor)) {
		if (recv(descriptor, buffer, sizeof(buffer), 0) > 0)
			mock->served++;
	}
}

static void waits_little_for_a_host_that_is_silent(void **state)
{
	struct mock mock = {.serve = serve_nothing};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_DGRAM);
	seen = follow(&trial, &mock.endpoint);
	mock_end(&mock);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_null(observation_fact(seen, "path.last_hop"));
	assert_in_range(observation_number(seen, "path.waited_ms", -1), 1190,
			2900);
	/* twice at most, of each number of hops */
	assert_in_range(mock.served, 20, 40);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrives_at_once_where_no_router_is),
		cmocka_unit_test(tells_a_refusal_over_either_transport),
		cmocka_unit_test(takes_a_datagram_for_an_arrival),
		cmocka_unit_test(waits_little_for_a_host_that_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
