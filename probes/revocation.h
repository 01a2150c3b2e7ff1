/*
 * revocation.h - what the probes that ask about a certificate have in common:
 * which certificate, who issued it, and what came over HTTP.
 */
#ifndef PROBES_REVOCATION_H
#define PROBES_REVOCATION_H

#include "probes/check.h"
#include "probes/fetch.h"

#include <openssl/x509.h>

#define REVOCATION_FACTS                                                       \
	{"revocation.certificate", FACT_TEXT,                                  \
	 "SHA-256 of the certificate that was asked about"},                   \
		{"revocation.url", FACT_TEXT, "the URL in it that was asked"}, \
		{"http.status", FACT_UINT, "status of the HTTP answer"},       \
		{"http.content_type", FACT_TEXT, "type that it claims"},       \
	{                                                                      \
		"http.location", FACT_TEXT, "one URL that it redirected to"    \
	}

/*
 * The certificate that the check is about, and its issuer: of those shown
 * with it or among the roots; NULL when neither. To be freed.
 */
X509 *revocation_certificate(const struct check *check);
X509 *revocation_issuer(const struct check *check, X509 *certificate);

/* Of a chain that was shown, or of the roots; NULL: none. To be freed. */
X509 *issuer_of(const struct check *check, X509 *certificate,
		STACK_OF(X509) * shown);

/* Notes revocation.certificate and revocation.url. */
void revocation_begin(struct check *check);

/* Notes where the fetch went and what HTTP said. */
void revocation_note(struct check *check, const struct fetch *fetch);

#endif
