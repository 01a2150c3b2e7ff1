/*
 * der.h - elements of DER as they come: headers, whole elements, times,
 * numbers. No I/O.
 *
 * For what is too long to be handed to OpenSSL in one piece.
 * Specification: X.690 8.1, 10; RFC 5280 4.1.2.5.
 */
#ifndef PROBES_DER_H
#define PROBES_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_INTEGER	0x02
#define DER_BITS	0x03
#define DER_OCTETS	0x04
#define DER_OID		0x06
#define DER_ENUMERATED	0x0a
#define DER_UTC		0x17
#define DER_GENERALIZED 0x18
#define DER_SEQUENCE	0x30
#define DER_EXTENSIONS	0xa0
#define DER_HEADER_MAX	6 /* bytes: tag, length of four */

/* One element: where its contents are. */
struct der_element {
	uint8_t tag;
	size_t header;
	uint64_t length; /* of the contents */
};

/* 0: more bytes are needed; -1: not DER; else the bytes of the header. */
int der_header(const uint8_t *data, size_t length, struct der_element *element);

/* An element that is there whole, from *data on; moves past it. */
bool der_take(const uint8_t **data, size_t *left, struct der_element *element,
	      const uint8_t **contents);

/* RFC 5280 5.1.2.4: seconds and Z always, YY below 50 is 20YY. */
bool der_time(const struct der_element *element, const uint8_t *text,
	      int64_t *seconds);

/* A number without its leading zeros, as far as one byte is left. */
const uint8_t *der_number(const uint8_t *data, size_t *length);

#endif
