/*
 * certificates.h - every certificate that a deployment showed, each once,
 * with what it says of its revocation. No I/O.
 *
 * Specification: RFC 5280 4.2.1.13 (CRL distribution points), 4.2.2.1
 * (authority information access); RFC 7633 (must-staple).
 * Units: seconds since 1970.
 */
#ifndef COMMON_MODEL_CERTIFICATES_H
#define COMMON_MODEL_CERTIFICATES_H

#include "common/model/deployment.h"

#define CERTIFICATES_MAX	 64 /* of one run that are looked into */
#define CERTIFICATE_URLS_MAX	 4  /* of a kind in one certificate */
#define CERTIFICATE_URL_BYTES	 2048
#define CERTIFICATE_DIGEST_BYTES 65 /* SHA-256, hexadecimal */

enum revocation_url { URL_CRL, URL_OCSP, URL_ISSUER, URL_KIND_COUNT };

/* The URLs of one kind, in order; of every scheme, "ldap:///CN=..." too. */
struct certificate_urls {
	const char *items[CERTIFICATE_URLS_MAX];
	size_t count; /* kept */
	size_t found; /* in the certificate */
};

struct certificate {
	const char *digest;  /* SHA-256 of it all, hexadecimal */
	const char *name;    /* common name, else serial number */
	const char *label;   /* the name and the beginning of the digest */
	const char *subject; /* the name; the label where others have it too */
	const struct fact *der;
	bool is_leaf;	     /* first of a chain at least once */
	bool is_self_issued; /* a root, or its own: nobody revokes it */
	bool must_staple;
	int64_t not_before, not_after;
	struct certificate_urls urls[URL_KIND_COUNT];

	/* where it was shown; index: its place in the first's chain */
	const struct observation **shown;
	size_t shown_count, shown_capacity;
	size_t index;
};

/* Takes in what was observed since the last call. */
void certificates_update(struct deployment *deployment);

/* Whether a URL is of that scheme: "http". */
bool url_has_scheme(const char *url, const char *scheme);

/* Whether it was shown where one of those listeners (a bit set) is. */
bool certificate_is_at(const struct deployment *deployment,
		       const struct certificate *certificate,
		       uint32_t listeners);

/* The observation of that probe about the certificate and URL; or NULL. */
const struct observation *
certificate_asked(const struct deployment *deployment,
		  const struct certificate *certificate, const char *probe,
		  const char *url);

/*
 * The first observation in which the certificate is the leaf and its issuer
 * is neither sent nor a root that is known; or NULL.
 */
const struct observation *
certificate_lacks_issuer(const struct certificate *certificate);

#endif
