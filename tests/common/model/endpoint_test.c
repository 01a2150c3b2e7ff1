#include "common/model/endpoint.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_and_writes_endpoints(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1:53"},
		{"192.0.2.1:5353", "192.0.2.1:5353"},
		{"192.0.2.1:65535", "192.0.2.1:65535"},
		{"2001:db8::1", "[2001:db8::1]:53"},
		{"[2001:db8::1]", "[2001:db8::1]:53"},
		{"[2001:db8::1]:443", "[2001:db8::1]:443"},
		/* the last group of an address, not a port */
		{"2001:db8::443", "[2001:db8::443]:53"},
		{"::1", "[::1]:53"},
	};
	char text[ENDPOINT_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint endpoint = {.name = "kept",
					    .transport = TRANSPORT_UDP};
		const char *why = NULL;

		assert_true(endpoint_parse(cases[i].text, 53, &endpoint, &why));
		assert_string_equal(
			endpoint_format(text, &endpoint.address, endpoint.port),
			cases[i].written);
		assert_string_equal(endpoint.name, "kept");
		assert_int_equal(endpoint.transport, TRANSPORT_UDP);
	}
}

static void says_why_an_endpoint_is_none(void **state)
{
	static const char address[] = "not an IPv4 or IPv6 address";
	static const char port[] = "the port is not a number from 1 to 65535";
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", address},
		{":", port},
		{":53", address},
		{"dns.contoso.com", address},
		{"dns.contoso.com:53", address},
		{"192.0.2.1:", port},
		{"192.0.2.1:0", port},
		{"192.0.2.1:65536", port},
		{"192.0.2.1:+53", port},
		{"192.0.2.1:53x", port},
		{"192.0.2.1: 53", port},
		{"192.0.2.1:000053", port},
		{"[2001:db8::1]:", port},
		{"[2001:db8::1:53", address},
		{"[]:53", address},
		{"[:53", address},
		{"2001:db8::1:::", address},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:53",
		 address},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint endpoint;
		const char *why = NULL;

		assert_false(
			endpoint_parse(cases[i].text, 53, &endpoint, &why));
		assert_string_equal(why, cases[i].why);
	}
}

static void reads_ports(void **state)
{
	uint16_t port = 7;

	(void)state;
	assert_true(port_parse("1", &port));
	assert_int_equal(port, 1);
	assert_true(port_parse("65535", &port));
	assert_int_equal(port, 65535);
	assert_false(port_parse("", &port));
	assert_false(port_parse("0", &port));
	assert_false(port_parse("-1", &port));
	assert_false(port_parse("99999999999999999999", &port));
	assert_int_equal(port, 65535); /* untouched by what is refused */
}

static void goes_into_a_socket_address_and_back(void **state)
{
	static const char *const texts[] = {"192.0.2.30:3478",
					    "[2001:db8::30]:3478"};
	static const socklen_t sizes[] = {sizeof(struct sockaddr_in),
					  sizeof(struct sockaddr_in6)};
	char text[ENDPOINT_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct endpoint endpoint, back = {.name = "kept"};
		struct sockaddr_storage storage;
		const char *why;

		assert_true(endpoint_parse(texts[i], 0, &endpoint, &why));
		assert_int_equal(endpoint_to_sockaddr(&endpoint, &storage),
				 sizes[i]);
		assert_true(endpoint_from_sockaddr(
			&back, (const struct sockaddr *)&storage));
		assert_string_equal(
			endpoint_format(text, &back.address, back.port),
			texts[i]);
		assert_string_equal(back.name, "kept");
	}
}

static void takes_no_other_family(void **state)
{
	struct sockaddr_storage storage = {.ss_family = AF_UNIX};
	struct endpoint endpoint = {.name = NULL};

	(void)state;
	assert_false(endpoint_from_sockaddr(&endpoint,
					    (const struct sockaddr *)&storage));
	assert_int_equal(endpoint.address.family, 0);
}

static void names_transports(void **state)
{
	(void)state;
	assert_string_equal(transport_name(TRANSPORT_TCP), "tcp");
	assert_string_equal(transport_name(TRANSPORT_UDP), "udp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_endpoints),
		cmocka_unit_test(says_why_an_endpoint_is_none),
		cmocka_unit_test(reads_ports),
		cmocka_unit_test(goes_into_a_socket_address_and_back),
		cmocka_unit_test(takes_no_other_family),
		cmocka_unit_test(names_transports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
