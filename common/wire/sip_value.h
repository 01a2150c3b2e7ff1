/*
 * sip_value.h - what stands in SIP headers: parameters, tokens, dates. No I/O.
 *
 * Specification: RFC 3261 20.17, 25.1; [MS-SIPAE] 2.2 (challenges).
 * Ownership: every text points into the one it was taken from.
 */
#ifndef COMMON_WIRE_SIP_VALUE_H
#define COMMON_WIRE_SIP_VALUE_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes, not NUL-terminated. */
struct sip_text {
	const char *data;
	size_t length;
};

/*
 * The value of the first parameter of that name in "x;name=value" or in
 * "scheme name="value", ..."; quotes are removed, escapes inside stay. What
 * stands in quotes or in <> is not searched. length 0 and data NULL when
 * there is none; length 0 and data set for one without a value (";rport").
 */
struct sip_text sip_parameter(struct sip_text value, const char *name);

/* The token at the front of a value: the scheme of a challenge. */
struct sip_text sip_token(struct sip_text value);

/* Equal without regard to case. */
bool sip_text_is(struct sip_text text, const char *other);
char *sip_text_copy(struct arena *arena, struct sip_text text);

/* "Tue, 04 Mar 2025 09:14:02 GMT" to seconds since 1970; false: not one. */
bool sip_date(struct sip_text text, int64_t *seconds);

/* Characters of RFC 3261 25.1. */
bool sip_is_blank(char c); /* SP, HTAB */
bool sip_is_digit(char c);
bool sip_is_token(char c);

#endif
