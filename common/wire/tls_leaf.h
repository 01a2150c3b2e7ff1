/*
 * tls_leaf.h - the certificate of a TLS server in what it sends in clear, as
 * servers do up to TLS 1.2. No I/O.
 *
 * Specification: RFC 5246 6.2.1, 7.4, 7.4.2.
 */
#ifndef COMMON_WIRE_TLS_LEAF_H
#define COMMON_WIRE_TLS_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_FLIGHT_MAX 8192 /* bytes that are looked through */

struct tls_leaf {
	uint8_t der[TLS_FLIGHT_MAX];
	size_t length;
};

enum tls_flight {
	TLS_FLIGHT_MORE, /* it may come yet */
	TLS_FLIGHT_LEAF, /* found */
	TLS_FLIGHT_NONE, /* it will not: an alert, no TLS, or too long */
};

/* Looks through what came so far, from the first byte on. */
enum tls_flight tls_leaf_read(struct tls_leaf *leaf, const void *data,
			      size_t length);

#endif
