/*
 * ocsp_reader.h - an answer about one certificate's revocation (OCSP), asked
 * for or stapled to a handshake: building the question, reading the answer
 * into facts. No network, no opinion: dates are facts, judged elsewhere.
 *
 * Specification: RFC 6960 4.1, 4.2; RFC 6066 8 (stapling).
 */
#ifndef PROBES_OCSP_READER_H
#define PROBES_OCSP_READER_H

#include "probes/check.h"

#include <openssl/x509.h>

#define OCSP_BYTES_MAX (64 * 1024)

/* Facts of an answer; prefix is "ocsp" or "tls.staple". */
#define OCSP_ANSWER_FACTS(prefix)                                              \
	{prefix ".response", FACT_TEXT, "whether the responder would say"},    \
		{prefix ".status", FACT_TEXT,                                  \
		 "what it says: good, revoked or unknown"},                    \
		{prefix ".this_update", FACT_TIME, "as of when"},              \
		{prefix ".next_update", FACT_TIME, "until when"},              \
		{prefix ".revoked_at", FACT_TIME, "since when it is revoked"}, \
		{prefix ".reason", FACT_TEXT, "why, as the issuer says"},      \
		{prefix ".signer", FACT_TEXT, "who signed the answer"},        \
	{                                                                      \
		prefix ".signature", FACT_TEXT,                                \
			"good, or what is the matter with signature and "      \
			"signer"                                               \
	}

/* The keys of those facts, as declared. */
struct ocsp_keys {
	const char *response, *status, *this_update, *next_update, *revoked_at,
		*reason, *signer, *signature;
};

extern const struct ocsp_keys ocsp_asked_keys, ocsp_staple_keys;

/*
 * A request about one certificate, DER from the arena; NULL when OpenSSL
 * cannot. SHA-1 names the issuer: every responder understands it.
 */
const uint8_t *ocsp_request(struct arena *arena, X509 *certificate,
			    X509 *issuer, size_t *length);

/*
 * Notes an answer about the certificate on the open observation. False, with
 * *why, when it is none or does not speak of it; what could be read is noted
 * all the same.
 */
bool ocsp_observe(struct check *check, const struct ocsp_keys *keys,
		  const void *data, size_t length, X509 *certificate,
		  X509 *issuer, const char **why);

/* RFC 5280 5.3.1: "key compromise"; "not said" for none. */
const char *revocation_reason(int reason);

#endif
