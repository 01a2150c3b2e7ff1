#include "common/base/dns_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_types_and_result_codes(void **state)
{
	(void)state;
	assert_string_equal(dns_type_name(DNS_SRV), "SRV");
	assert_string_equal(dns_type_name(DNS_AAAA), "AAAA");
	assert_string_equal(dns_type_name(99), "TYPE99");
	assert_string_equal(dns_type_name(65535), "TYPE65535");
	assert_true(dns_type_is_known(DNS_CNAME));
	assert_false(dns_type_is_known(99));
	assert_string_equal(dns_rcode_name(DNS_NOERROR), "NOERROR");
	assert_string_equal(dns_rcode_name(DNS_NXDOMAIN), "NXDOMAIN");
	assert_string_equal(dns_rcode_name(DNS_REFUSED), "REFUSED");
	assert_string_equal(dns_rcode_name(12), "RCODE12");
}

#define LABEL_63                                                               \
	"a23456789012345678901234567890123456789012345678901234567890123"

static void knows_lawful_names(void **state)
{
	static const char *const lawful[] = {
		"contoso.com",
		"contoso.com.",
		"_sip._tls.contoso.com",
		"a",
		"*.contoso.com",
		LABEL_63 ".com",
		LABEL_63 "." LABEL_63 "." LABEL_63 "."
			 "a234567890123456789012345678901234567890"
			 "123456789012345678901",
	};
	static const char *const unlawful[] = {
		"",
		".",
		"..",
		"a..b",
		".a",
		"a..",
		"a b",
		"a\tb",
		"a\\046b",
		"\xc3\xa4.de",
		"a\x7f.de",
		LABEL_63 "x.com",
		LABEL_63 "." LABEL_63 "." LABEL_63 "."
			 "a234567890123456789012345678901234567890"
			 "1234567890123456789012",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lawful) / sizeof(lawful[0]); i++)
		assert_true(dns_name_is_lawful(lawful[i]));
	for (size_t i = 0; i < sizeof(unlawful) / sizeof(unlawful[0]); i++)
		assert_false(dns_name_is_lawful(unlawful[i]));
}

static void turns_addresses_round(void **state)
{
	static const struct {
		const char *address, *name;
	} cases[] = {
		{"172.25.33.10", "10.33.25.172.in-addr.arpa"},
		{"255.255.255.255", "255.255.255.255.in-addr.arpa"},
		{"2001:db8::1f",
		 "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0"
		 ".2.ip6.arpa"},
	};
	char text[DNS_REVERSE_BYTES];
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(address_parse(cases[i].address, &address));
		assert_string_equal(dns_reverse_name(text, &address),
				    cases[i].name);
		assert_true(dns_name_is_lawful(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_addresses_round),
		cmocka_unit_test(names_types_and_result_codes),
		cmocka_unit_test(knows_lawful_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
