#include "probes/resolver.h"

#include "common/base/bytes.h"
#include "tests/probes/mock.h"

#define DATAGRAM_BYTES 4096
#define HEADER_BYTES   12

/* How a mock resolver answers. */
struct zone {
	unsigned rcode;
	bool is_truncated;	/* over UDP */
	const uint8_t *records; /* the answer section */
	size_t length;
	unsigned count;
	bool is_forged; /* another identifier */
	bool is_broken; /* one record more promised than sent */
};

static size_t question_length(const uint8_t *query, size_t length)
{
	size_t end = HEADER_BYTES;

	while (end < length && query[end])
		end += query[end] + 1u;
	return end + 5 - HEADER_BYTES;
}

static size_t answer(const struct zone *zone, const uint8_t *query,
		     size_t length, bool is_udp, uint8_t *reply)
{
	struct writer writer = writer_of(reply, DATAGRAM_BYTES);
	bool is_cut = is_udp && zone->is_truncated;
	unsigned flags = 0x8180u | zone->rcode | (is_cut ? 0x0200u : 0);

	writer_put(&writer, query, 2);
	if (zone->is_forged)
		reply[0] ^= 0x55;
	writer_u16(&writer, (uint16_t)flags);
	writer_u16(&writer, 1);
	writer_u16(&writer,
		   (uint16_t)(is_cut ? 0 : zone->count + zone->is_broken));
	writer_u32(&writer, 0);
	writer_put(&writer, query + HEADER_BYTES,
		   question_length(query, length));
	if (!is_cut)
		writer_put(&writer, zone->records, zone->length);
	return writer.length;
}

static void serve_udp(struct mock *mock, int descriptor)
{
	uint8_t query[DATAGRAM_BYTES], reply[DATAGRAM_BYTES];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t length;

	while (mock_readable(mock, descriptor)) {
		length = recvfrom(descriptor, query, sizeof(query), 0,
				  (void *)&from, &size);
		if (length < HEADER_BYTES)
			return;
		mock->served++;
		length = (ssize_t)answer(mock->context, query, (size_t)length,
					 true, reply);
		sendto(descriptor, reply, (size_t)length, 0, (void *)&from,
		       size);
	}
}

static void serve_tcp(struct mock *mock, int descriptor)
{
	uint8_t query[DATAGRAM_BYTES], reply[DATAGRAM_BYTES];
	ssize_t length = 0;
	uint8_t prefix[2];

	if (mock_readable(mock, descriptor))
		length = recv(descriptor, query, sizeof(query), 0);
	if (length < 2 + HEADER_BYTES)
		return;
	length = (ssize_t)answer(mock->context, query + 2, (size_t)length - 2,
				 false, reply);
	prefix[0] = (uint8_t)(length >> 8);
	prefix[1] = (uint8_t)length;
	mock_say(descriptor, prefix, 1); /* in pieces, as streams are */
	mock_say(descriptor, prefix + 1, 1);
	mock_say(descriptor, reply, (size_t)length);
	mock_drain(mock, descriptor);
}

static const uint8_t srv_record[] = {
	0xc0, 0x0c, 0,	 33,  0,   1,	0, 0,	0,   60,  0, 23,
	0,    5,    0,	 10,  1,   187, 3, 's', 'i', 'p', 7, 'c',
	'o',  'n',  't', 'o', 's', 'o', 3, 'c', 'o', 'm', 0,
};

/* An alias to a.b, two addresses of it, and one of a stranger. */
static const uint8_t alias_records[] = {
	0xc0, 0x0c, 0, 5,   0, 1, 0, 0, 1, 0, 0, 5, 1,	'a', 1, 'b', 0, /**/
	1,    'a',  1, 'b', 0, 0, 1, 0, 1, 0, 0, 0, 90, 0,   4, 192, 0,
	2,    10, /**/
	1,    'A',  1, 'B', 0, 0, 1, 0, 1, 0, 0, 0, 30, 0,   4, 192, 0,
	2,    11, /**/
	1,    'x',  1, 'b', 0, 0, 1, 0, 1, 0, 0, 0, 10, 0,   4, 192, 0,
	2,    99,
};

static const struct zone good_srv = {
	.records = srv_record, .length = sizeof(srv_record), .count = 1};
static const struct zone good_alias = {
	.records = alias_records, .length = sizeof(alias_records), .count = 4};

static void begin_zone(struct mock *mock, const struct zone *zone)
{
	*mock = (struct mock){.serve = serve_udp, .context = (void *)zone};
	mock_begin(mock, SOCK_DGRAM);
}

static const struct observation *look_up_for(struct trial *trial, uint16_t type,
					     const struct endpoint *resolvers,
					     size_t count, int64_t timeout_us)
{
	struct check_spec *spec;

	trial_begin(trial);
	trial->settings.timeout_us = timeout_us;
	trial->settings.resolvers = resolvers;
	trial->settings.resolver_count = count;
	spec = arena_alloc(trial->arena, sizeof(*spec));
	spec->probe = "dns";
	spec->subject = "-";
	spec->endpoint.name = "_sip._tls.contoso.com";
	spec->dns_type = type;
	trial_run(trial, spec, 1);
	assert_int_equal(trial->seen.count, 1);
	return trial->seen.items[0];
}

static const struct observation *look_up(struct trial *trial, uint16_t type,
					 const struct endpoint *resolvers,
					 size_t count)
{
	return look_up_for(trial, type, resolvers, count, MOCK_TIMEOUT_US);
}

static void a_record_is_shown_with_its_resolver(void **state)
{
	struct mock mock;
	struct trial trial;
	const struct observation *seen;
	char resolver[ENDPOINT_TEXT_BYTES];

	(void)state;
	begin_zone(&mock, &good_srv);
	seen = look_up(&trial, DNS_SRV, &mock.endpoint, 1);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "dns.type", "SRV");
	assert_fact(seen, "dns.rcode", "NOERROR");
	assert_string_equal(seen->detail, "");
	assert_string_equal(seen->source, "127.0.0.1");
	assert_fact(seen, "dns.answer", "5 10 443 sip.contoso.com");
	assert_number(seen, "dns.ttl", 60);
	assert_number(seen, "dns.tcp", 0);
	assert_fact(seen, "dns.resolver",
		    endpoint_format(resolver, &mock.endpoint.address,
				    mock.endpoint.port));
	assert_int_equal(seen->endpoint.port, mock.endpoint.port);
	assert_int_equal(seen->endpoint.transport, TRANSPORT_UDP);
	assert_string_equal(seen->endpoint.name, "_sip._tls.contoso.com");
	trial_end(&trial);
	mock_end(&mock);
}

static void aliases_are_followed_and_strangers_left_out(void **state)
{
	struct mock mock;
	struct trial trial;
	const struct observation *seen;
	const struct fact *second;

	(void)state;
	begin_zone(&mock, &good_alias);
	seen = look_up(&trial, DNS_A, &mock.endpoint, 1);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "dns.cname", "a.b");
	assert_fact(seen, "dns.answer", "192.0.2.10");
	second = fact_next(observation_fact(seen, "dns.answer"));
	assert_string_equal(second->text, "192.0.2.11");
	assert_null(fact_next(second));
	assert_number(seen, "dns.ttl", 30);
	trial_end(&trial);
	mock_end(&mock);
}

static void no_such_name_is_an_answer(void **state)
{
	static const struct zone zone = {.rcode = DNS_NXDOMAIN};
	struct mock mock;
	struct trial trial;
	const struct observation *seen;

	(void)state;
	begin_zone(&mock, &zone);
	seen = look_up(&trial, DNS_SRV, &mock.endpoint, 1);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "dns.rcode", "NXDOMAIN");
	assert_null(observation_fact(seen, "dns.answer"));
	assert_null(observation_fact(seen, "dns.ttl"));
	assert_int_equal(mock.served, 1);
	trial_end(&trial);
	mock_end(&mock);
}

static void no_data_is_an_answer_without_records(void **state)
{
	static const struct zone zone = {.rcode = DNS_NOERROR};
	struct mock mock;
	struct trial trial;
	const struct observation *seen;

	(void)state;
	begin_zone(&mock, &zone);
	seen = look_up(&trial, DNS_AAAA, &mock.endpoint, 1);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "dns.rcode", "NOERROR");
	assert_null(observation_fact(seen, "dns.answer"));
	trial_end(&trial);
	mock_end(&mock);
}

/* SERVFAIL, REFUSED, silence, a closed port: the second resolver is asked. */
static void the_next_resolver_is_asked_after(void **state)
{
	static const struct zone failing[] = {
		{.rcode = DNS_SERVFAIL},
		{.rcode = DNS_REFUSED},
		{.is_forged = true}, /* c-ares hears nothing */
		{.is_broken = true},
	};
	struct endpoint resolvers[2];
	struct mock first, second;
	struct trial trial;
	const struct observation *seen;

	(void)state;
	begin_zone(&second, &good_srv);
	resolvers[1] = second.endpoint;
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		begin_zone(&first, &failing[i]);
		resolvers[0] = first.endpoint;
		seen = look_up_for(&trial, DNS_SRV, resolvers, 2,
				   MOCK_SILENCE_US);
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_fact(seen, "dns.answer", "5 10 443 sip.contoso.com");
		assert_int_equal(seen->endpoint.port, second.endpoint.port);
		assert_non_null(strstr(seen->detail, "so another resolver"));
		assert_true(first.served > 0);
		trial_end(&trial);
		mock_end(&first);
	}
	resolvers[0] = mock_nobody(TRANSPORT_UDP);
	seen = look_up(&trial, DNS_SRV, resolvers, 2);
	assert_outcome(seen, OUTCOME_ANSWERED);
	trial_end(&trial);
	mock_end(&second);
}

/* Nobody could say: that is our trouble, with what they said. */
static void failure_of_all_is_local_with_its_rcode(void **state)
{
	static const struct zone zone = {.rcode = DNS_SERVFAIL};
	struct endpoint resolvers[2];
	struct mock mock;
	struct trial trial;
	const struct observation *seen;

	(void)state;
	begin_zone(&mock, &zone);
	resolvers[0] = mock.endpoint;
	resolvers[1] = mock_nobody(TRANSPORT_UDP);
	seen = look_up(&trial, DNS_SRV, resolvers, 2);
	assert_outcome(seen, OUTCOME_LOCAL);
	assert_fact(seen, "dns.rcode", "SERVFAIL");
	assert_non_null(strstr(seen->detail, "answered SERVFAIL"));
	assert_int_equal(seen->endpoint.port, mock.endpoint.port);
	trial_end(&trial);
	mock_end(&mock);
}

static void silence_of_all_is_no_reply(void **state)
{
	static const struct zone zone = {.is_forged = true};
	struct mock mock;
	struct trial trial;
	const struct observation *seen;

	(void)state;
	begin_zone(&mock, &zone);
	seen = look_up_for(&trial, DNS_SRV, &mock.endpoint, 1, MOCK_SILENCE_US);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_int_equal(mock.served, 2); /* asked twice */
	assert_true(seen->duration_us >= MOCK_SILENCE_US);
	assert_true(seen->duration_us < MOCK_TIMEOUT_US);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_closed_port_is_refused(void **state)
{
	struct endpoint nobody = mock_nobody(TRANSPORT_UDP);
	struct trial trial;
	const struct observation *seen;

	(void)state;
	seen = look_up(&trial, DNS_SRV, &nobody, 1);
	assert_outcome(seen, OUTCOME_REFUSED);
	assert_null(observation_fact(seen, "dns.rcode"));
	assert_true(seen->duration_us < MOCK_TIMEOUT_US);
	trial_end(&trial);
}

static void a_resolver_without_route_is_local(void **state)
{
	struct endpoint group = {.port = 53};
	struct trial trial;

	(void)state;
	assert_true(address_parse("255.255.255.255", &group.address));
	assert_outcome(look_up(&trial, DNS_SRV, &group, 1), OUTCOME_LOCAL);
	trial_end(&trial);
}

static void what_is_truncated_comes_over_tcp(void **state)
{
	struct zone zone = good_srv;
	struct mock udp = {.serve = serve_udp, .context = &zone};
	struct mock tcp = {.serve = serve_tcp, .context = &zone};
	struct trial trial;
	const struct observation *seen;

	(void)state;
	zone.is_truncated = true;
	mock_begin(&tcp, SOCK_STREAM);
	mock_begin_at(&udp, SOCK_DGRAM, tcp.endpoint.port);
	seen = look_up(&trial, DNS_SRV, &udp.endpoint, 1);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "dns.answer", "5 10 443 sip.contoso.com");
	assert_number(seen, "dns.tcp", 1);
	assert_int_equal(seen->endpoint.transport, TRANSPORT_TCP);
	trial_end(&trial);
	mock_end(&udp);
	mock_end(&tcp);
}

static void too_many_resolvers_are_refused(void **state)
{
	struct endpoint resolvers[RESOLVERS_MAX + 1];
	struct trial trial;

	(void)state;
	for (size_t i = 0; i <= RESOLVERS_MAX; i++)
		resolvers[i] = mock_nobody(TRANSPORT_UDP);
	trial_begin(&trial);
	trial.settings.resolvers = resolvers;
	trial.settings.resolver_count = RESOLVERS_MAX + 1;
	trial_run(&trial, NULL, 0);
	assert_string_equal(trial.why, "more than 8 resolvers");
	trial_end(&trial);
}

static void an_unlawful_name_is_not_asked_for(void **state)
{
	struct endpoint nobody = mock_nobody(TRANSPORT_UDP);
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	trial.settings.resolvers = &nobody;
	trial.settings.resolver_count = 1;
	assert_outcome(
		trial_one(&trial, "dns", &(struct endpoint){.name = "a..b"}),
		OUTCOME_LOCAL);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_shown_with_its_resolver),
		cmocka_unit_test(aliases_are_followed_and_strangers_left_out),
		cmocka_unit_test(no_such_name_is_an_answer),
		cmocka_unit_test(no_data_is_an_answer_without_records),
		cmocka_unit_test(the_next_resolver_is_asked_after),
		cmocka_unit_test(failure_of_all_is_local_with_its_rcode),
		cmocka_unit_test(silence_of_all_is_no_reply),
		cmocka_unit_test(a_closed_port_is_refused),
		cmocka_unit_test(a_resolver_without_route_is_local),
		cmocka_unit_test(what_is_truncated_comes_over_tcp),
		cmocka_unit_test(too_many_resolvers_are_refused),
		cmocka_unit_test(an_unlawful_name_is_not_asked_for),
	};

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
