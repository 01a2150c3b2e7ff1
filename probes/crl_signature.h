/*
 * crl_signature.h - who signed a revocation list that was read as it came. No
 * I/O.
 *
 * Specification: RFC 5280 5.1.1, 6.3.3 (f).
 */
#ifndef PROBES_CRL_SIGNATURE_H
#define PROBES_CRL_SIGNATURE_H

#include "probes/crl_reader.h"

enum crl_signature {
	CRL_SIGNATURE_GOOD,
	CRL_SIGNATURE_BAD,
	CRL_SIGNATURE_FORBIDDEN, /* the issuer may not sign lists */
	CRL_SIGNATURE_UNREAD,	 /* of a kind that is not read as it comes */
};

const char *crl_signature_name(enum crl_signature signature); /* "good" */

/* Whether the issuer signed it. */
enum crl_signature crl_verify(const struct crl_facts *facts, X509 *issuer);

/* Compares as entries do. */
const uint8_t *crl_serial(const ASN1_INTEGER *serial, size_t *length);

#endif
