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

struct authority;

/* Who signs a certificate. */
enum issuer {
	ISSUER_INTERMEDIATE, /* as public authorities do */
	ISSUER_SELF,
	ISSUER_STRANGER, /* another root, which is never written out */
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
};

/* What a TLS server shows; chain holds what is sent after the leaf. */
struct leaf {
	X509 *certificate;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

/* NULL, *why saying so, when OpenSSL cannot. */
struct authority *authority_new(const char **why);
void authority_free(struct authority *authority); /* accepts NULL */

/*
 * Issues a certificate. All of one kind of key share a key, as the servers of a
 * pool do. The authority keeps no reference; leaf_clear() releases it.
 */
bool authority_issue(struct authority *authority, const struct leaf_spec *spec,
		     struct leaf *leaf, const char **why);
void leaf_clear(struct leaf *leaf);

/* The root, for lists of acceptable authorities; owned by the authority. */
X509 *authority_root(const struct authority *authority);

/* Writes the root in PEM aside and renames it; *why lives in the arena. */
bool authority_write_root(const struct authority *authority,
			  struct arena *arena, const char *path,
			  const char **why);

#endif
