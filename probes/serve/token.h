/*
 * token.h - what an A/V Edge lets people allocate with: it gives tokens out
 * and knows its own again. Opens nothing but the file of token_write().
 *
 * Specification: msturn.md 10.2. A username is a token and a keyed hash of
 * it, a password a keyed hash of the username: whoever has the pool's two
 * keys can check both, and nothing need be remembered.
 */
#ifndef PROBES_SERVE_TOKEN_H
#define PROBES_SERVE_TOKEN_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_HASH_BYTES     20 /* of SHA-1 */
#define TOKEN_KEY_BYTES	     20
#define TOKEN_CLIENT_BYTES   20
#define TOKEN_PASSWORD_BYTES TOKEN_HASH_BYTES
#define TOKEN_USERNAME_MAX   56 /* of version 2; of version 1 52 */

/* Of one pool: all its nodes have the same. */
struct token_keys {
	uint8_t username[TOKEN_KEY_BYTES];
	uint8_t password[TOKEN_KEY_BYTES];
};

struct token {
	uint8_t username[TOKEN_USERNAME_MAX];
	size_t username_length;
	uint8_t password[TOKEN_PASSWORD_BYTES];
};

/* version is 1 or 2; expires_s is since 1970, 0 for a token without end. */
void token_issue(const struct token_keys *keys, unsigned version,
		 const uint8_t client[TOKEN_CLIENT_BYTES], int64_t expires_s,
		 struct token *token);

enum token_state {
	TOKEN_GOOD,
	TOKEN_EXPIRED,
	TOKEN_FOREIGN, /* no token at all, or of another pool's keys */
};

/* Finds the password of a username, where it is not foreign. */
enum token_state token_check(const struct token_keys *keys,
			     const uint8_t *username, size_t length,
			     int64_t now_s,
			     uint8_t password[TOKEN_PASSWORD_BYTES]);

/*
 * Writes a credentials file that its owner alone may read, aside first and
 * then in place. False with *why, from the arena.
 */
bool token_write(const struct token *token, int64_t expires_s,
		 struct arena *arena, const char *path, const char **why);

#endif
