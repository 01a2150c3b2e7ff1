#include "common/base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static void reads_and_writes_addresses(void **state)
{
	static const struct {
		const char *text, *written;
		int family;
	} cases[] = {
		{"192.0.2.10", "192.0.2.10", AF_INET},
		{"0.0.0.0", "0.0.0.0", AF_INET},
		{"2001:DB8:0:0::10", "2001:db8::10", AF_INET6},
		{"[2001:db8::10]", "2001:db8::10", AF_INET6},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1", AF_INET6},
		{"2001:0db8:1111:2222:3333:4444:5555:6666",
		 "2001:db8:1111:2222:3333:4444:5555:6666", AF_INET6},
	};
	char text[ADDRESS_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address = address_of(cases[i].text);

		assert_int_equal(address.family, cases[i].family);
		assert_string_equal(address_format(text, &address),
				    cases[i].written);
	}
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const texts[] = {
		"",
		"sip.contoso.com",
		"192.0.2",
		"192.0.2.256",
		"192.0.2.1 ",
		"192.0.2.1:443",
		"2001:db8::1::2",
		"[2001:db8::1",
		"[]",
		"fe80::1%eth0",
		"2001:0db8:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa",
	};
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(address_parse(texts[i], &address));
}

static void writes_a_dash_for_no_address(void **state)
{
	struct address none = {0};
	char text[ADDRESS_TEXT_BYTES];

	(void)state;
	assert_string_equal(address_format(text, &none), "-");
}

static void orders_ipv4_before_ipv6_then_by_bytes(void **state)
{
	static const char *const ordered[] = {
		"9.0.0.1", "10.0.0.1",	  "192.0.2.9",	  "192.0.2.10",
		"::1",	   "2001:db8::9", "2001:db8::10",
	};
	size_t count = sizeof(ordered) / sizeof(ordered[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			struct address one = address_of(ordered[i]);
			struct address other = address_of(ordered[k]);
			int order = address_compare(&one, &other);

			assert_int_equal(order < 0, i < k);
			assert_int_equal(order > 0, i > k);
			assert_int_equal(address_equal(&one, &other), i == k);
		}
	}
}

static void knows_what_the_internet_cannot_reach(void **state)
{
	static const char *const hidden[] = {
		"0.0.0.0",
		"10.1.2.3",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"169.254.1.1",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fc00::1",
		"fdff::1",
		"fe80::1",
		"febf::1",
		"ff02::1",
		"::ffff:10.0.0.1",
	};
	/* documentation ranges stand for public ones */
	static const char *const open[] = {
		"192.0.2.10",	    "198.51.100.1",   "203.0.113.1",
		"8.8.8.8",	    "100.63.255.255", "100.128.0.1",
		"172.15.0.1",	    "172.32.0.1",     "192.167.0.1",
		"223.255.255.255",  "2001:db8::10",   "2600::1",
		"::ffff:192.0.2.1", "fbff::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		struct address address = address_of(hidden[i]);

		assert_true(address_is_private(&address));
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		struct address address = address_of(open[i]);

		assert_false(address_is_private(&address));
	}
}

static void knows_what_another_host_can_have(void **state)
{
	static const char *const hosts[] = {
		"192.0.2.1",	   "10.0.0.1",	  "126.255.255.255",
		"223.255.255.255", "1.0.0.0",	  "169.254.1.1",
		"::ffff:10.0.0.1", "2001:db8::1", "fe80::1",
		"fd00::1",	   "::2",
	};
	static const char *const others[] = {
		"0.0.0.0",
		"127.0.0.1",
		"127.255.255.255",
		"224.0.0.1",
		"255.255.255.255",
		"240.0.0.1",
		"::",
		"::1",
		"ff02::1",
		"ff0e::1",
		"::ffff:127.0.0.1",
		"::ffff:224.0.0.1",
	};
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		address = address_of(hosts[i]);
		assert_true(address_is_host(&address));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		address = address_of(others[i]);
		assert_false(address_is_host(&address));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_addresses),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(writes_a_dash_for_no_address),
		cmocka_unit_test(orders_ipv4_before_ipv6_then_by_bytes),
		cmocka_unit_test(knows_what_the_internet_cannot_reach),
		cmocka_unit_test(knows_what_another_host_can_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
