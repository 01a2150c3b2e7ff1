/*
 * integrity.h - the keyed hash that protects STUN and MSTURN messages. No I/O.
 *
 * Specification: [MS-TURN] 2.2.2.3, 3.1.12; RFC 3489 11.2.8 (padded text);
 * RFC 8489 9.2.2, 14.5. Another hash (SHA-256, from MS-Version 3) would stand
 * beside this one.
 */
#ifndef COMMON_WIRE_INTEGRITY_H
#define COMMON_WIRE_INTEGRITY_H

#include "common/base/bytes.h"

#define INTEGRITY_KEY_BYTES    16
#define INTEGRITY_BYTES	       20
#define INTEGRITY_SHA256_BYTES 32 /* recognised, not verified */

/* MD5(username:realm:password), whole buffers, all of them binary. */
void integrity_key(uint8_t key[INTEGRITY_KEY_BYTES],
		   const struct bytes *username, const struct bytes *realm,
		   const struct bytes *password);

/*
 * HMAC-SHA1 over text, as if zeros followed it up to a multiple of 64 bytes
 * when is_padded. The zeros are hashed, never sent.
 */
void integrity_hmac_sha1(uint8_t value[INTEGRITY_BYTES],
			 const uint8_t key[INTEGRITY_KEY_BYTES],
			 const uint8_t *text, size_t length, bool is_padded);

/* The same over parts one after the other, with a key of any length. */
void integrity_hmac_sha1_parts(uint8_t value[INTEGRITY_BYTES],
			       const struct bytes *key,
			       const struct bytes *parts, size_t count,
			       bool is_padded);

/* RFC 8489 14.7: the CRC-32 of a message up to its FINGERPRINT, as sent. */
uint32_t integrity_fingerprint(const void *text, size_t length);

#endif
