/*
 * shown.h - what a server showed before, in the same run.
 *
 * The members of a pool show one chain and one staple at each of their ports.
 * To read and verify them costs a good part of a handshake, and tells the same
 * each time. The bytes alone decide whether they are the same.
 */
#ifndef PROBES_SHOWN_H
#define PROBES_SHOWN_H

#include "probes/check.h"

#include <openssl/sha.h>
#include <openssl/x509.h>

/*
 * The digest of a chain and of what is shown with it (NULL: nothing), for
 * shown_before(). False: there are too many certificates to remember.
 */
bool shown_digest(STACK_OF(X509) * chain, const void *staple, size_t length,
		  unsigned char digest[SHA256_DIGEST_LENGTH]);

/*
 * True when it was shown before: its facts, whose keys begin with prefix, now
 * stand on the open observation, too. False: it is for the caller to note
 * them, and whoever is shown the same later is spared that.
 */
bool shown_before(struct check *check, const char *prefix,
		  const unsigned char digest[SHA256_DIGEST_LENGTH]);

#endif
