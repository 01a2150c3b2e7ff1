/*
 * said.h - what a throw-away authority says of revocation: lists and OCSP
 * answers, healthy or wrong on purpose. No network.
 *
 * Ownership: what is returned is freed with OPENSSL_free().
 */
#ifndef PROBES_SERVE_SAID_H
#define PROBES_SERVE_SAID_H

#include "probes/serve/authority.h"

enum said {
	SAID_HEALTHY,
	SAID_STALE,   /* ended some days ago */
	SAID_FOREIGN, /* signed with a key that is not the issuer's */
	SAID_UNKNOWN, /* OCSP: of a certificate nobody knows */
};

/* A list of what was issued as revoked, DER; NULL when OpenSSL cannot. */
uint8_t *said_list(const struct authority *authority,
		   const struct signer *signer, enum said said, size_t *length);

/* An answer about one certificate of the signer's. */
uint8_t *said_about(const struct authority *authority,
		    const struct signer *signer, X509 *certificate,
		    enum said said, size_t *length);

/* An answer to a request, DER too; to one that cannot be read as well. */
uint8_t *said_to(const struct authority *authority, const struct signer *signer,
		 const void *request, size_t request_length, enum said said,
		 size_t *length);

#endif
