#include "probes/probe.h"

#include "tests/probes/mock.h"

#include <sys/resource.h>

#define TIMEOUT_US INT64_C(8000000)

/* 127.0.0.0/8 is ours: addresses where nothing else listens. */
static struct endpoint local_host(void)
{
	struct endpoint endpoint = {.transport = TRANSPORT_TCP};

	assert_true(address_parse("127.0.0.1", &endpoint.address));
	return endpoint;
}

static const struct observation *try_ports(struct trial *trial,
					   const struct port_trial *ports,
					   size_t count,
					   const struct endpoint *endpoint)
{
	const struct check_spec spec = {
		.probe = "exposure",
		.endpoint = *endpoint,
		.subject = "-",
		.ports = ports,
		.port_count = count,
	};

	trial_begin(trial);
	trial->settings.timeout_us = TIMEOUT_US;
	trial_run(trial, &spec, 1);
	assert_int_equal(trial->seen.count, 1);
	return trial->seen.items[0];
}

/* SIP without TLS. */
static void serve_sip(struct mock *mock, int descriptor)
{
	static const char answer[] = "SIP/2.0 200 OK\r\n\r\n";
	char buffer[4096];
	ssize_t size = mock_readable(mock, descriptor)
			       ? recv(descriptor, buffer, sizeof(buffer), 0)
			       : 0;

	if (size > 8 && memcmp(buffer, "OPTIONS ", 8) == 0)
		mock_say(descriptor, answer, sizeof(answer) - 1);
	mock_drain(mock, descriptor);
}

/* Whatever is said to it is an error of the test. */
static void serve_nothing_said(struct mock *mock, int descriptor)
{
	char byte;

	if (mock_readable(mock, descriptor) &&
	    recv(descriptor, &byte, 1, 0) > 0)
		mock->context = mock;
}

static void tells_open_from_refused(void **state)
{
	struct mock mock = {.serve = serve_nothing_said};
	struct endpoint host = local_host();
	struct port_trial ports[2];
	const struct observation *seen;
	struct trial trial;
	char text[16];

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	ports[0] = (struct port_trial){mock.endpoint.port, PORT_SHUT};
	ports[1] =
		(struct port_trial){mock_nobody(TRANSPORT_TCP).port, PORT_SHUT};
	seen = try_ports(&trial, ports, 2, &host);
	mock_end(&mock);
	assert_outcome(seen, OUTCOME_ANSWERED);
	snprintf(text, sizeof(text), "%u-%u", ports[0].port, ports[0].port);
	assert_fact(seen, "ports.open", text);
	snprintf(text, sizeof(text), "%u-%u", ports[1].port, ports[1].port);
	assert_fact(seen, "ports.refused", text);
	assert_null(observation_fact(seen, "ports.unused_open"));
	assert_true(observation_fact(seen, "tcp.rtt_us") != NULL);
	assert_string_equal(seen->source, "127.0.0.1");
	/* all is known at once: nothing was waited for */
	assert_true(observation_number(seen, "ports.waited_ms", -1) < 1000);
	assert_null(mock.context);
	trial_end(&trial);
}

static void hears_sip_without_tls(void **state)
{
	static const enum port_use uses[] = {PORT_SHUT_SIP, PORT_SERVED_SIP};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mock mock = {.serve = serve_sip};
		struct endpoint host = local_host();
		struct port_trial port = {.use = uses[i]};
		const struct observation *seen;
		struct trial trial;

		mock_begin(&mock, SOCK_STREAM);
		port.port = mock.endpoint.port;
		seen = try_ports(&trial, &port, 1, &host);
		mock_end(&mock);
		assert_number(seen, "sip.clear_text", port.port);
		/* the deployment's own listener is no port to be shut */
		assert_int_equal(observation_fact(seen, "ports.open") != NULL,
				 uses[i] == PORT_SHUT_SIP);
		trial_end(&trial);
	}
}

/* As a listener of TLS does with clear text. */
static void takes_no_other_answer_for_sip(void **state)
{
	static void (*const servers[])(struct mock *, int) = {
		serve_close, serve_reset, serve_banner};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct mock mock = {.serve = servers[i],
				    .context = (void *)"HTTP/1.1 400 No\r\n"};
		struct endpoint host = local_host();
		struct port_trial port = {.use = PORT_SERVED_SIP};
		const struct observation *seen;
		struct trial trial;

		mock_begin(&mock, SOCK_STREAM);
		port.port = mock.endpoint.port;
		seen = try_ports(&trial, &port, 1, &host);
		mock_end(&mock);
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_null(observation_fact(seen, "sip.clear_text"));
		trial_end(&trial);
	}
}

/* A listener whose queue is full takes no SYN more: silence on loopback. */
struct crowd {
	int listener, guests[4];
	uint16_t port;
};

static void crowd_begin(struct crowd *crowd)
{
	struct endpoint endpoint;
	struct sockaddr_storage to;
	socklen_t size;

	crowd->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	endpoint = mock_bind(crowd->listener, 0);
	crowd->port = endpoint.port;
	assert_return_code(listen(crowd->listener, 0), errno);
	size = endpoint_to_sockaddr(&endpoint, &to);
	for (size_t i = 0; i < 4; i++) {
		crowd->guests[i] =
			socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(crowd->guests[i], (void *)&to, size);
	}
}

static void crowd_end(struct crowd *crowd)
{
	for (size_t i = 0; i < 4; i++)
		close(crowd->guests[i]);
	close(crowd->listener);
}

static void waits_for_silence_no_longer_than_it_must(void **state)
{
	struct endpoint host = local_host();
	struct port_trial ports[2];
	const struct observation *seen;
	struct trial trial;
	struct crowd crowd;
	char text[16];
	int64_t waited_ms;

	(void)state;
	crowd_begin(&crowd);
	ports[0] = (struct port_trial){crowd.port, PORT_SHUT};
	ports[1] = (struct port_trial){mock_nobody(TRANSPORT_TCP).port,
				       PORT_UNUSED};
	seen = try_ports(&trial, ports, 2, &host);
	crowd_end(&crowd);
	assert_outcome(seen, OUTCOME_ANSWERED);
	snprintf(text, sizeof(text), "%u-%u", crowd.port, crowd.port);
	assert_fact(seen, "ports.silent", text);
	waited_ms = observation_number(seen, "ports.waited_ms", -1);
	/* a second SYN had its time; nobody else was waited for */
	assert_in_range(waited_ms, 290, 1100);
	trial_end(&trial);
}

static void waits_longer_where_nothing_tells_the_round_trip(void **state)
{
	struct endpoint host = local_host();
	struct port_trial port;
	const struct observation *seen;
	struct trial trial;
	struct crowd crowd;

	(void)state;
	crowd_begin(&crowd);
	port = (struct port_trial){crowd.port, PORT_SHUT};
	seen = try_ports(&trial, &port, 1, &host);
	crowd_end(&crowd);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_in_range(observation_number(seen, "ports.waited_ms", -1), 3190,
			7900);
	trial_end(&trial);
}

static void notes_who_takes_every_connection(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct endpoint host = local_host();
	struct port_trial port = {.use = PORT_UNUSED};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	port.port = mock.endpoint.port;
	seen = try_ports(&trial, &port, 1, &host);
	mock_end(&mock);
	assert_non_null(observation_fact(seen, "ports.unused_open"));
	assert_null(observation_fact(seen, "ports.open"));
	trial_end(&trial);
}

static void joins_neighbours_to_ranges(void **state)
{
	struct endpoint host = local_host();
	struct port_trial ports[6] = {
		{1, PORT_SHUT},	  {2, PORT_SHUT}, {3, PORT_SHUT},
		{4, PORT_UNUSED}, {5, PORT_SHUT}, {7, PORT_SHUT},
	};
	const struct observation *seen;
	const struct fact *fact;
	struct trial trial;

	(void)state;
	seen = try_ports(&trial, ports, 6, &host);
	fact = observation_fact(seen, "ports.refused");
	assert_string_equal(fact->text, "1-3");
	fact = fact_next(fact);
	assert_string_equal(fact->text, "5-5");
	fact = fact_next(fact);
	assert_string_equal(fact->text, "7-7");
	assert_null(fact_next(fact));
	trial_end(&trial);
}

/* Too few descriptors are our own trouble, and nothing said of the ports. */
static void blames_nobody_for_a_lack_of_descriptors(void **state)
{
	struct endpoint host = local_host();
	struct port_trial ports[40];
	const struct observation *seen;
	struct rlimit before, few;
	struct trial trial;

	(void)state;
	for (uint16_t i = 0; i < 40; i++)
		ports[i] = (struct port_trial){(uint16_t)(i + 1), PORT_SHUT};
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 24;
	setrlimit(RLIMIT_NOFILE, &few);
	seen = try_ports(&trial, ports, 40, &host);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_null(observation_fact(seen, "ports.open"));
	assert_null(observation_fact(seen, "ports.silent"));
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_open_from_refused),
		cmocka_unit_test(hears_sip_without_tls),
		cmocka_unit_test(takes_no_other_answer_for_sip),
		cmocka_unit_test(waits_for_silence_no_longer_than_it_must),
		cmocka_unit_test(
			waits_longer_where_nothing_tells_the_round_trip),
		cmocka_unit_test(notes_who_takes_every_connection),
		cmocka_unit_test(joins_neighbours_to_ranges),
		cmocka_unit_test(blames_nobody_for_a_lack_of_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
