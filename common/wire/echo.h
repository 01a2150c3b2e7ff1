/*
 * echo.h - the packets that travel through a relay to be sent back. No I/O.
 *
 * Our own format, between us and `edgeturn --echo`: who has not the key gets
 * no answer, and an answer is as long as its question.
 *
 *   0 magic(8) | 8 kind(1) zero(3) | 12 sequence(4) | 16 session(8)
 *   24 time(8) | 32 seen(4) | 36 family(2) port(2) | 40 address(16)
 *   56 HMAC-SHA-256 of all the rest, its first 16 bytes | 72 padding
 *
 * The first two bits are set, so that it cannot be taken for STUN. Over TCP
 * two bytes of length stand before each packet (RFC 4571).
 * Units: microseconds of the sender's own clock.
 */
#ifndef COMMON_WIRE_ECHO_H
#define COMMON_WIRE_ECHO_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHO_BYTES	   72 /* without padding */
#define ECHO_BYTES_MAX	   1472
#define ECHO_KEY_BYTES	   32
#define ECHO_SESSION_BYTES 8
#define ECHO_PREFIX_BYTES  2 /* over TCP */

enum echo_kind {
	ECHO_ASK = 1,	 /* send this back */
	ECHO_REPLY = 2,	 /* here it is */
	ECHO_QUERY = 3,	 /* what came of this session? */
	ECHO_STATUS = 4, /* so many, the last from there */
};

struct echo_packet {
	enum echo_kind kind;
	uint32_t sequence;
	uint8_t session[ECHO_SESSION_BYTES];
	int64_t sent_us;
	uint32_t seen;		  /* status: questions of the session */
	struct address seen_from; /* of the last; family 0: none came */
	uint16_t seen_port;
};

/* Writes length bytes, at least ECHO_BYTES and at most ECHO_BYTES_MAX. */
void echo_encode(const struct echo_packet *packet,
		 const uint8_t key[ECHO_KEY_BYTES], void *buffer,
		 size_t length);

/* False unless it is a packet made with the key. */
bool echo_decode(struct echo_packet *packet, const uint8_t key[ECHO_KEY_BYTES],
		 const void *data, size_t length);

#endif
