/*
 * msturn_asserts.h - what tests of MSTURN say about its fields.
 */
#ifndef TESTS_COMMON_WIRE_MSTURN_ASSERTS_H
#define TESTS_COMMON_WIRE_MSTURN_ASSERTS_H

#include "common/wire/msturn.h"

#include "tests/common/wire/msturn_vectors.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static inline void assert_text(const struct msturn_text *text,
			       const char *expected)
{
	assert_int_equal(text->length, strlen(expected));
	assert_memory_equal(text->data, expected, text->length);
}

static inline void assert_hex(const void *data, size_t length,
			      const char *expected)
{
	struct octets octets = octets_hex(expected);

	assert_int_equal(length, octets.length);
	assert_memory_equal(data, octets.data, length);
	free(octets.data);
}

static inline void assert_address(const struct msturn_address *address,
				  const char *expected)
{
	char host[ADDRESS_TEXT_BYTES];
	char text[ADDRESS_TEXT_BYTES + 8];

	snprintf(text, sizeof(text), "%s %u",
		 address_format(host, &address->address), address->port);
	assert_string_equal(text, expected);
}

static inline void assert_no_address(const struct msturn_address *address)
{
	assert_int_equal(address->address.family, 0);
}

static inline void make_key(uint8_t key[16])
{
	struct octets octets = octets_hex(VECTOR_KEY);

	memcpy(key, octets.data, 16);
	free(octets.data);
}

#endif
