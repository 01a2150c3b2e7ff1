/*
 * identity.h - the certificate and key that a partner's server would show,
 * read from PEM files. The key is a secret: it is in no output, and while it
 * is in memory this process writes no core file and lets nobody trace it.
 */
#ifndef PROBES_IDENTITY_H
#define PROBES_IDENTITY_H

#include "common/base/arena.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* Where the passphrase of a key comes from, unless a descriptor is given. */
#define IDENTITY_PASSPHRASE_VARIABLE "EDGEPROBE_KEY_PASSPHRASE"
#define IDENTITY_PASSPHRASE_MAX	     1024

struct identity {
	const char *cert_file; /* leaf first, then its chain */
	const char *key_file;
	int passphrase_fd; /* its first line; -1: variable, then terminal */
};

/*
 * Loads both into a context. False with *why, from the arena, when a file
 * cannot be read, the passphrase is wrong, or they do not belong together.
 */
bool identity_load(SSL_CTX *context, const struct identity *identity,
		   struct arena *arena, const char **why);

/* Once the context is freed, and the key with it: a process like others. */
void identity_forget(void);

#endif
