/*
 * trust.h - the roots that certificate chains are held against, and the
 * settings of our TLS connections.
 *
 * Old servers are looked at, not refused: the system's OpenSSL policy is not
 * applied, and a chain that does not verify is a fact, never an error.
 */
#ifndef PROBES_TRUST_H
#define PROBES_TRUST_H

#include "common/base/arena.h"
#include "probes/identity.h"

#include <openssl/ssl.h>
#include <stdbool.h>

struct shown;

#define CHAIN_BYTES_MAX (512 * 1024) /* longer chains end the handshake */

struct trust {
	SSL_CTX *context; /* see trust_context() */
	SSL_CTX *partner; /* with a certificate to show; NULL: none given */
	X509_STORE *store;
	const char *roots;   /* "system" or the file */
	struct shown *shown; /* what servers showed so far: see shown.h */
};

/*
 * ca_file NULL: the system's store. NULL with *why when the file cannot be
 * read or holds no certificate.
 */
struct trust *trust_new(struct arena *arena, const char *ca_file,
			const char **why);
void trust_free(struct trust *trust); /* accepts NULL */

/*
 * What connections are made of, with our settings; made when first asked for,
 * which takes milliseconds. NULL when OpenSSL cannot.
 */
SSL_CTX *trust_context(struct trust *trust);

/* Makes trust->partner; false with *why as identity_load() has it. */
bool trust_take_identity(struct trust *trust, const struct identity *identity,
			 struct arena *arena, const char **why);

/* Our settings of TLS, for a context that another library made. */
bool trust_set_up(SSL_CTX *context);

#endif
