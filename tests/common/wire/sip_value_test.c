#include "common/wire/sip_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sip_text text_of(const char *text)
{
	return (struct sip_text){text, strlen(text)};
}

static const struct {
	const char *value, *name, *expected; /* NULL: there is none */
} parameters[] = {
	{"SIP/2.0/TLS 198.51.100.20:49152;branch=z9hG4bKb8;received=203.0.113.7"
	 ";ms-received-port=50211",
	 "received", "203.0.113.7"},
	{"SIP/2.0/TLS 198.51.100.20:49152;branch=z9hG4bKb8", "BRANCH",
	 "z9hG4bKb8"},
	{"SIP/2.0/TLS [2001:db8::1]:5061;received=[2001:db8::2];rport",
	 "received", "[2001:db8::2]"},
	{"SIP/2.0/TLS a;rport;branch=1", "rport", ""},
	{"SIP/2.0/TLS a ; rport = 7 ;branch=1", "rport", "7"},
	{"SIP/2.0/TLS a;branch=1, SIP/2.0/TLS b;branch=2", "branch", "1"},
	{"SIP/2.0/TLS a;branch=1", "rport", NULL},
	{"SIP/2.0/TLS a;branch=1", "TLS", NULL},
	{"NTLM realm=\"SIP Communications Service\", targetname=\"fe01\"",
	 "realm", "SIP Communications Service"},
	{"NTLM realm=\"x\", targetname=\"fe01\", version=4", "version", "4"},
	{"NTLM realm=\"x\"", "NTLM", NULL},
	{"NTLM realm=\"a, targetname=evil\", targetname=\"fe01\"", "targetname",
	 "fe01"},
	{"NTLM realm=\"a\\\", targetname=evil\", targetname=\"fe01\"",
	 "targetname", "fe01"},
	{"NTLM realm=\"a\\\"b\"", "realm", "a\\\"b"},
	{"1009;reason=\"No match\" ; source=\"sip.contoso.com\"", "source",
	 "sip.contoso.com"},
	{"1009;reason = \"No match\"", "reason", "No match"},
	{"\"x;tag=evil\" <sip:a@contoso.com;tag=evil>;tag=1", "tag", "1"},
	{"<sip:a@contoso.com", "tag", NULL},
	{"<sip:a;tag=1", "tag", NULL},
	{"x;reason=\"unended", "reason", "unended"},
	{"x;reason=\"unended\\", "reason", "unended\\"},
	{"x;reason=", "reason", ""},
	{"x;;;a=1,,b=2", "b", "2"},
	{"realm=first", "realm", "first"},
	{"", "realm", NULL},
	{"\"", "realm", NULL},
	{"<", "realm", NULL},
	{"=", "realm", NULL},
};

static void finds_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]);
	     i++) {
		const char *expected = parameters[i].expected;
		struct sip_text found = sip_parameter(
			text_of(parameters[i].value), parameters[i].name);

		if (!expected) {
			assert_null(found.data);
			assert_int_equal(found.length, 0);
			continue;
		}
		assert_non_null(found.data);
		assert_int_equal(found.length, strlen(expected));
		assert_memory_equal(found.data, expected, found.length);
	}
}

static void stays_inside_every_cut_of_a_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]);
	     i++) {
		const char *value = parameters[i].value;

		for (size_t length = 0; length < strlen(value); length++) {
			char *cut = malloc(length);
			struct sip_text found;

			memcpy(cut, value, length);
			found = sip_parameter((struct sip_text){cut, length},
					      parameters[i].name);
			if (found.data)
				assert_true(found.data + found.length <=
					    cut + length);
			free(cut);
		}
	}
}

static void takes_the_token_at_the_front(void **state)
{
	struct sip_text token = sip_token(text_of("TLS-DSK realm=\"x\""));

	(void)state;
	assert_true(sip_text_is(token, "tls-dsk"));
	assert_int_equal(sip_token(text_of("\"x\"")).length, 0);
	assert_int_equal(sip_token(text_of("")).length, 0);
}

static void compares_without_regard_to_case(void **state)
{
	(void)state;
	assert_true(sip_text_is(text_of("RTC"), "rtc"));
	assert_false(sip_text_is(text_of("RTC"), "rt"));
	assert_false(sip_text_is(text_of("RTC"), "rtcc"));
	assert_false(sip_text_is((struct sip_text){NULL, 0}, ""));
}

static void copies_with_an_end(void **state)
{
	struct arena *arena = arena_new();
	struct sip_text text = {"RTC/6.0 and more", 7};

	(void)state;
	assert_string_equal(sip_text_copy(arena, text), "RTC/6.0");
	assert_string_equal(sip_text_copy(arena, (struct sip_text){NULL, 0}),
			    "");
	arena_free(arena);
}

static void reads_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} dates[] = {
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Tue, 04 Mar 2025 09:14:02 GMT", 1741079642},
		{"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
		{"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
		{"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
		{"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		int64_t seconds = -1;

		assert_true(sip_date(text_of(dates[i].text), &seconds));
		assert_true(seconds == dates[i].seconds);
	}
}

static void refuses_what_is_no_date(void **state)
{
	static const char *const texts[] = {
		"",
		"Tue",
		"Tue, 04 Mar 2025 09:14:02",
		"Tue, 04 Mar 2025 09:14:02 EST",
		"Tue, 04 Mar 2025 09:14:02 GMT ",
		"Tue, 4 Mar 2025 09:14:02 GMT",
		"Tue, 00 Mar 2025 09:14:02 GMT",
		"Tue, 29 Feb 2025 09:14:02 GMT",
		"Tue, 29 Feb 2100 09:14:02 GMT",
		"Tue, 04 Mrz 2025 09:14:02 GMT",
		"Tue, 04 Mar 1969 09:14:02 GMT",
		"Tue, 04 Mar 2025 24:14:02 GMT",
		"Tue, 04 Mar 2025 09:60:02 GMT",
		"Tue, 04 Mar 2025 09:14:61 GMT",
		"Tue, 04 Mar -025 09:14:02 GMT",
		"2025-03-04T09:14:02Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t seconds;

		assert_false(sip_date(text_of(texts[i]), &seconds));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_parameters),
		cmocka_unit_test(stays_inside_every_cut_of_a_value),
		cmocka_unit_test(takes_the_token_at_the_front),
		cmocka_unit_test(compares_without_regard_to_case),
		cmocka_unit_test(copies_with_an_end),
		cmocka_unit_test(reads_dates),
		cmocka_unit_test(refuses_what_is_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
