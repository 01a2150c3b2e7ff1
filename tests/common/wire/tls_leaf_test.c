#include "common/wire/tls_leaf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ServerHello (empty), Certificate with "leaf" and "root", ServerHelloDone. */
static const uint8_t flight[] = {
	22, 3,	 3,   0,   4,	2,  0, 0, 0, 22,  3,   3,   0,	 21, 11,
	0,  0,	 17,  0,   0,	14, 0, 0, 4, 'l', 'e', 'a', 'f', 0,  0,
	4,  'r', 'o', 'o', 't', 22, 3, 3, 0, 4,	  14,  0,   0,	 0};

/* Where the first certificate is whole. */
#define FOUND_AT 34

static void finds_the_first_certificate(void **state)
{
	struct tls_leaf leaf;

	(void)state;
	assert_int_equal(tls_leaf_read(&leaf, flight, sizeof(flight)),
			 TLS_FLIGHT_LEAF);
	assert_int_equal(leaf.length, 4);
	assert_memory_equal(leaf.der, "leaf", 4);
}

static void waits_on_at_every_truncation(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(flight); length++) {
		struct tls_leaf leaf;
		enum tls_flight got = tls_leaf_read(&leaf, flight, length);

		if (got == TLS_FLIGHT_NONE)
			fail_msg("%zu bytes are too few for that", length);
		if (got == TLS_FLIGHT_LEAF && length < FOUND_AT)
			fail_msg("%zu bytes are no certificate", length);
	}
}

/* Messages may be cut by records anywhere. */
static void puts_records_of_one_byte_together(void **state)
{
	static const uint8_t messages[] = {2, 0, 0, 0, 11, 0, 0,   8,
					   0, 0, 5, 0, 0,  2, 'a', 'b'};
	uint8_t records[6 * sizeof(messages)];
	struct tls_leaf leaf;

	(void)state;
	for (size_t i = 0; i < sizeof(messages); i++) {
		const uint8_t record[] = {22, 3, 3, 0, 1, messages[i]};

		memcpy(records + 6 * i, record, sizeof(record));
	}
	assert_int_equal(tls_leaf_read(&leaf, records, sizeof(records)),
			 TLS_FLIGHT_LEAF);
	assert_int_equal(leaf.length, 2);
	assert_memory_equal(leaf.der, "ab", 2);
}

static void gives_up_where_none_will_come(void **state)
{
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
	static const uint8_t done[] = {22, 3, 3, 0, 4, 14, 0, 0, 0};
	static const uint8_t empty[] = {22, 3, 3, 0, 7, 11, 0, 0, 3, 0, 0, 0};
	static const uint8_t beyond[] = {22, 3, 3, 0, 10, 11, 0, 0,
					 6,  0, 0, 3, 0,  0,  9};
	static const uint8_t huge[] = {22, 3, 3, 0, 4, 11, 255, 255, 255};
	static const struct {
		const uint8_t *bytes;
		size_t length;
	} cases[] = {
		{alert, sizeof(alert)}, {done, sizeof(done)},
		{empty, sizeof(empty)}, {beyond, sizeof(beyond)},
		{huge, sizeof(huge)},	{(const uint8_t *)"SSH-2.0-", 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_leaf leaf;

		assert_int_equal(
			tls_leaf_read(&leaf, cases[i].bytes, cases[i].length),
			TLS_FLIGHT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first_certificate),
		cmocka_unit_test(waits_on_at_every_truncation),
		cmocka_unit_test(puts_records_of_one_byte_together),
		cmocka_unit_test(gives_up_where_none_will_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
