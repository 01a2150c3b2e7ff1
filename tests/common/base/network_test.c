#include "common/base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct network parsed(const char *text)
{
	struct network network;
	const char *why;

	if (!network_parse(text, &network, &why))
		fail_msg("%s: %s", text, why);
	return network;
}

static void writes_what_it_read(void **state)
{
	static const char *const texts[] = {
		"10.0.0.0/8",	 "192.0.2.10", "0.0.0.0/0",
		"2001:db8::/32", "::/0",       "2001:db8::1",
		"172.16.0.0/12", "10.1.2.3",   "198.51.100.128/25"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct network network = parsed(texts[i]);
		char text[NETWORK_TEXT_BYTES];

		assert_string_equal(network_format(text, &network), texts[i]);
	}
}

static void refuses_what_is_no_network(void **state)
{
	static const char *const texts[] = {"",
					    "10.0.0.0/",
					    "10.0.0.0/33",
					    "10.0.0.0/-1",
					    "10.0.0.0/8x",
					    "10.0.0.1/8",
					    "::1/64",
					    "2001:db8::/129",
					    "contoso.com",
					    "/8",
					    "10.0.0.0/08000"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct network network;
		const char *why = NULL;

		assert_false(network_parse(texts[i], &network, &why));
		assert_non_null(why);
	}
}

static void holds_its_own_addresses_and_no_others(void **state)
{
	static const struct {
		const char *network, *address;
		bool holds;
	} cases[] = {
		{"172.16.0.0/12", "172.31.255.255", true},
		{"172.16.0.0/12", "172.32.0.0", false},
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"0.0.0.0/0", "192.0.2.1", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network network = parsed(cases[i].network);
		struct address address;

		assert_true(address_parse(cases[i].address, &address));
		assert_int_equal(network_holds(&network, &address),
				 cases[i].holds);
	}
}

static void overlaps_where_one_holds_the_other(void **state)
{
	struct network wide = parsed("10.0.0.0/8");
	struct network narrow = parsed("10.1.0.0/16");
	struct network beside = parsed("10.2.0.0/16");

	(void)state;
	assert_true(network_overlaps(&wide, &narrow));
	assert_true(network_overlaps(&narrow, &wide));
	assert_false(network_overlaps(&narrow, &beside));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_it_read),
		cmocka_unit_test(refuses_what_is_no_network),
		cmocka_unit_test(holds_its_own_addresses_and_no_others),
		cmocka_unit_test(overlaps_where_one_holds_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
