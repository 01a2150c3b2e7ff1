/*
 * credentials.h - what an A/V Edge lets somebody allocate with. No I/O.
 *
 * Specification: msturn.md 6.1, 10.2: both are binary once their base64 is
 * undone, and bound to the pool that gave them out. Those of a standard TURN
 * server (RFC 8489 9.2) are text that somebody chose.
 * Ownership: a plain value; credentials_forget() when it is no longer needed.
 */
#ifndef COMMON_MODEL_CREDENTIALS_H
#define COMMON_MODEL_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREDENTIALS_PART_MAX 256	/* bytes of username or password */
#define CREDENTIALS_TEXT_MAX (64 << 20) /* of a file, a client's log too */

struct credentials {
	uint8_t username[CREDENTIALS_PART_MAX];
	size_t username_length;
	uint8_t password[CREDENTIALS_PART_MAX];
	size_t password_length;
	int64_t expires_s; /* since 1970 UTC; 0: not known */
	bool is_text;	   /* of a standard TURN server */
};

/*
 * Reads a credentials file ("username = base64", "password = base64",
 * "expires = RFC 3339"; "turn-username = text", "turn-password = text"), or
 * the response of an A/V Authentication service (MRAS), alone or somewhere in
 * a client's log; of several the last good one. UTF-8, or UTF-16 with its
 * mark. False, *why saying so without a secret in it, where there are none;
 * it names the line and holds until the next call.
 */
bool credentials_parse(struct credentials *credentials, const char *text,
		       size_t length, const char **why);

/* Whether a text is such a file, and no log that happens to have them. */
bool credentials_is_file(const char *text, size_t length);

/*
 * As text of such a file; the length, 0 where it does not fit or could not be
 * read again.
 */
size_t credentials_format(const struct credentials *credentials, char *text,
			  size_t capacity);

/* Overwrites what is secret. */
void credentials_forget(struct credentials *credentials);

#endif
