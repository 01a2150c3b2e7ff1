/*
 * certificate.h - a presented chain as facts: kept whole, read, and held
 * against the roots. Nothing is refused and nothing judged here.
 */
#ifndef PROBES_CERTIFICATE_H
#define PROBES_CERTIFICATE_H

#include "probes/check.h"

#include <openssl/x509.h>

#define CHAIN_CERTIFICATES_MAX	    100 /* that are looked at */
#define CHAIN_DER_MAX		    32	/* that are kept whole */
#define CHAIN_DER_BYTES_MAX	    (64 * 1024)
#define CERTIFICATE_NAMES_MAX	    512 /* alternative names that are kept */
#define CERTIFICATE_NAMES_BYTES_MAX (64 * 1024)

#define CERTIFICATE_FACTS                                                      \
	{"cert.der", FACT_BYTES, "a certificate of the chain, as sent"},       \
		{"cert.subject", FACT_TEXT, "whom the leaf is for"},           \
		{"cert.cn", FACT_TEXT, "its common name"},                     \
		{"cert.issuer", FACT_TEXT, "who issued it"},                   \
		{"cert.san", FACT_TEXT, "one DNS name of the leaf"},           \
		{"cert.srv_id", FACT_TEXT, "one service name (RFC 4985)"},     \
		{"cert.xmpp_addr", FACT_TEXT, "one XMPP address (RFC 6120)"},  \
		{"cert.not_before", FACT_TIME, "from when it is valid"},       \
		{"cert.not_after", FACT_TIME, "until when it is valid"},       \
		{"cert.sha256", FACT_TEXT, "its fingerprint"},                 \
		{"cert.serial", FACT_TEXT, "its serial number, hexadecimal"},  \
		{"cert.key", FACT_TEXT, "its key, such as RSA 2048"},          \
		{"cert.key_bits", FACT_UINT, "size of the key"},               \
		{"cert.curve", FACT_TEXT,                                      \
		 "curve of an EC key, such as P-256"},                         \
		{"cert.signature", FACT_TEXT, "how it is signed"},             \
		{"cert.eku", FACT_TEXT, "one purpose it may serve"},           \
		{"cert.chain_length", FACT_UINT,                               \
		 "certificates that were sent"},                               \
		{"cert.verify_code", FACT_UINT,                                \
		 "OpenSSL's verdict, 0 for good"},                             \
		{"cert.verify_text", FACT_TEXT, "the same in words"},          \
		{"cert.verify_depth", FACT_UINT,                               \
		 "where in the chain, 0 the leaf"},                            \
		{"cert.roots", FACT_TEXT, "the roots it was held against"},    \
		{"cert.top_issuer", FACT_TEXT,                                 \
		 "who issued the last certificate it led to"},                 \
	{                                                                      \
		"cert.chain_completed", FACT_FLAG,                             \
			"it led to one of those roots"                         \
	}

/* Notes the chain, leaf first; NULL or empty: nothing. */
void certificate_observe(struct check *check, STACK_OF(X509) * chain);

/* A name as "C=US, O=Contoso, CN=sip.contoso.com", from the run's arena. */
const char *certificate_name(struct check *check, const X509_NAME *name);

#endif
