/*
 * crl_reader.h - a certificate revocation list read as it comes, in bounded
 * memory, however long it is. No network.
 *
 * OpenSSL reads lists whole, at many times their size; this walks the outer
 * structure, hands each entry on, and leaves names, algorithms, times and
 * extensions to OpenSSL. DER, and PEM too (edge-services.md 10.2).
 * Specification: RFC 5280 5.1, 5.2, 5.3; X.690 10.
 * Units: seconds since 1970.
 */
#ifndef PROBES_CRL_READER_H
#define PROBES_CRL_READER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRL_ELEMENT_MAX	  (64 * 1024) /* bytes of any one part but the list */
#define CRL_SIGNATURE_MAX 2048
#define CRL_NUMBER_BYTES  64
#define CRL_REASON_NONE	  (-1)
#define CRL_REASON_BACK	  8 /* removeFromCRL: not revoked any more */

struct crl_entry {
	const uint8_t *serial; /* without leading zeros */
	size_t serial_length;
	int64_t revoked_at;
	int reason; /* RFC 5280 5.3.1; CRL_REASON_NONE */
};

struct crl_facts {
	X509_NAME *issuer;
	int64_t this_update, next_update; /* next: 0 when not said */
	char number[CRL_NUMBER_BYTES];	  /* hexadecimal; "" */
	uint64_t entries, bytes;
	bool is_pem;

	/* RFC 5280 5.2.5 and 5.2.4: what it does not speak of */
	bool users_only, authorities_only, attributes_only;
	bool some_reasons, is_indirect, is_delta;
	bool has_unknown; /* a critical extension that nobody here knows */

	/* what was signed, and how */
	int signature_nid;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_length; /* 0: of a kind that is not read as it comes */
	uint8_t signature[CRL_SIGNATURE_MAX];
	size_t signature_length;
};

struct crl_reader;

/* entry(context) is told each revoked certificate, in order. */
struct crl_reader *crl_reader_new(void (*entry)(void *context,
						const struct crl_entry *entry),
				  void *context);
void crl_reader_free(struct crl_reader *reader); /* accepts NULL */

/* False once it is clear that this is no list; crl_reader_why() says why. */
bool crl_reader_feed(struct crl_reader *reader, const void *data,
		     size_t length);

/* After the last byte: whether the list was whole. */
bool crl_reader_end(struct crl_reader *reader);

const char *crl_reader_why(const struct crl_reader *reader);

/* What was read so far; belongs to the reader. */
const struct crl_facts *crl_reader_facts(const struct crl_reader *reader);

#endif
