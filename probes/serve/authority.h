/*
 * authority.h - a certification authority made at start and thrown away: a
 * root, an intermediate, and whatever certificates a stand-in Edge shows,
 * right or wrong on purpose. No network.
 *
 * Nothing is kept on disk but the root, where asked for. Units: days from the
 * moment authority_new() was called.
 */
#ifndef PROBES_SERVE_AUTHORITY_H
#define PROBES_SERVE_AUTHORITY_H

#include "common/base/arena.h"

#include <openssl/ssl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct authority;

/* Who signs a certificate. */
enum issuer {
	ISSUER_INTERMEDIATE, /* as public authorities do */
	ISSUER_SELF,
	ISSUER_STRANGER, /* another root, which is never written out */
};

/* What the certificate and its authority say of its revocation. */
enum revoking {
	REVOKING_HEALTHY,
	REVOKING_REVOKED,      /* it stands in the list */
	REVOKING_STALE,	       /* the list has ended */
	REVOKING_GONE,	       /* nobody knows the list's host */
	REVOKING_FOREIGN,      /* another key signed the list */
	REVOKING_NO_CDP,       /* neither list nor responder is named */
	REVOKING_LDAP,	       /* the list is in LDAP alone */
	REVOKING_UNKNOWN,      /* the responder does not know it */
	REVOKING_MUST_STAPLE,  /* a staple is demanded, none is shown */
	REVOKING_STAPLE_STALE, /* the staple has ended */
};

struct leaf_spec {
	const char *common_name;
	const char *const *names; /* dNSName entries, in order */
	size_t name_count;
	int first_day, last_day; /* validity; negative: before now */
	int key_bits;		 /* RSA */
	const char *curve;	 /* instead: "P-384"; NULL: RSA */
	const char *digest;	 /* of the signature: "SHA256" */
	bool is_pss;		 /* signed with RSASSA-PSS */
	const char *purposes;	 /* extended key usage: "serverAuth" */
	enum issuer issuer;
	enum revoking revoking;
};

/* What a TLS server shows; chain holds what is sent after the leaf. */
struct leaf {
	X509 *certificate;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
	uint8_t *staple; /* OCSP answer; NULL: none is shown */
	size_t staple_length;
};

/* A signer: its certificate and key. */
struct signer {
	X509 *certificate;
	EVP_PKEY *key;
};

/*
 * site is where lists and responder are, "192.0.2.10:8080"; NULL for one that
 * is nowhere. NULL, *why saying so, when OpenSSL cannot.
 */
struct authority *authority_new(const char *site, const char **why);
void authority_free(struct authority *authority); /* accepts NULL */

/*
 * Issues a certificate. All of one kind of key share a key, as the servers of a
 * pool do. The authority keeps no reference; leaf_clear() releases it.
 */
bool authority_issue(struct authority *authority, const struct leaf_spec *spec,
		     struct leaf *leaf, const char **why);
void leaf_clear(struct leaf *leaf);

/*
 * "intermediate", "root" or "stranger": what stands in URLs; NULL, also for
 * one that has signed nothing. Owned by the authority.
 */
const struct signer *authority_signer(const struct authority *authority,
				      const char *name);

/* Whether a certificate of that serial number was issued as revoked. */
bool authority_revoked(const struct authority *authority,
		       const ASN1_INTEGER *serial);

/* The index-th of them; NULL when there are no more. */
const ASN1_INTEGER *authority_revoked_at(const struct authority *authority,
					 size_t index);

/* The root, for lists of acceptable authorities; owned by the authority. */
X509 *authority_root(const struct authority *authority);

/* Writes the root in PEM aside and renames it; *why lives in the arena. */
bool authority_write_root(const struct authority *authority,
			  struct arena *arena, const char *path,
			  const char **why);

#endif
