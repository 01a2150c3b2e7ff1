/*
 * tls_hello.h - ClientHello records of any version, and the first answer to
 * them: for versions and ciphers that no library speaks any more. No I/O.
 *
 * Specification: RFC 6101 5.6.1 (SSL 3.0), RFC 5246 7.4.1, RFC 8446 4.1;
 * extensions RFC 6066 3, RFC 8422 5.1, RFC 8446 4.2.
 */
#ifndef COMMON_WIRE_TLS_HELLO_H
#define COMMON_WIRE_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_version {
	TLS_VERSION_SSL3 = 0x0300,
	TLS_VERSION_10 = 0x0301,
	TLS_VERSION_11 = 0x0302,
	TLS_VERSION_12 = 0x0303,
	TLS_VERSION_13 = 0x0304,
};

/* "TLSv1.2", as OpenSSL calls it; "0x7f17" for others, until the next call. */
const char *tls_version_name(uint16_t version);

/* What of all cipher suites a hello offers. */
enum tls_offer {
	TLS_OFFER_ALL,	/* what a server of that version may know */
	TLS_OFFER_RC4,	/* RFC 7465 forbids them */
	TLS_OFFER_3DES, /* blocks of 64 bits */
	TLS_OFFER_NONE, /* no encryption or authentication, DES, export */
	TLS_OFFER_COUNT
};

const char *tls_offer_name(enum tls_offer offer); /* "RC4" */

/* "TLS_RSA_WITH_RC4_128_SHA"; "0x1a2b" for others, until the next call. */
const char *tls_cipher_name(uint16_t cipher);

#define TLS_RANDOM_BYTES 32
#define TLS_NAME_MAX	 255
#define TLS_HELLO_MAX	 1024

struct tls_hello {
	uint16_t version; /* the newest offered; of 1.3, the only one */
	enum tls_offer offer;
	const char *server_name; /* NULL: none; SSL 3.0 has no place for it */
	const uint8_t *random;	 /* 3 * TLS_RANDOM_BYTES: random, id, share */
};

/* The record, in at most TLS_HELLO_MAX bytes; 0 when the name is too long. */
size_t tls_hello_write(const struct tls_hello *hello,
		       uint8_t buffer[TLS_HELLO_MAX]);

enum tls_reply {
	TLS_REPLY_MORE,	   /* not whole yet */
	TLS_REPLY_HELLO,   /* ServerHello, or a request to ask once more */
	TLS_REPLY_ALERT,   /* refused */
	TLS_REPLY_FOREIGN, /* no TLS */
};

struct tls_answer {
	uint16_t version; /* that the server chose */
	uint16_t cipher;
	uint8_t alert;
};

/* Reads what came so far, from the first byte on. */
enum tls_reply tls_answer_read(struct tls_answer *answer, const void *data,
			       size_t length);

#endif
