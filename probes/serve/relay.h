/*
 * relay.h - what an A/V Edge answers to MSTURN without credentials. No I/O.
 *
 * Specification: [MS-TURN] 3.3.5.1; msturn.md 6.4, 7. Every request ends in
 * an error, since no credentials are ever handed out: 401 with realm, nonce
 * and the relay's own public address. What is not MSTURN gets no answer
 * ([MS-TURN] 3.1.10).
 */
#ifndef PROBES_SERVE_RELAY_H
#define PROBES_SERVE_RELAY_H

#include "common/model/topology.h"
#include "common/wire/msturn.h"
#include "probes/serve/quirks.h"

#include <stddef.h>
#include <stdint.h>

#define RELAY_NONCE_BYTES 33 /* 32 digits and a NUL */

struct relay {
	enum product product;
	struct msturn_address itself; /* public, for Alternate Server */
	struct quirks quirks;
};

/*
 * Encodes the answer to a message (no frame around it); the length, 0 where
 * nothing is said.
 */
size_t relay_answer(const struct relay *relay,
		    const struct msturn_message *request,
		    const char nonce[RELAY_NONCE_BYTES], void *buffer,
		    size_t capacity);

/* A fresh nonce: hexadecimal digits of random bytes. */
void relay_nonce(char nonce[RELAY_NONCE_BYTES], const uint8_t randomness[16]);

#endif
