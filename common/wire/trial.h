/*
 * trial.h - the packets that show whether a path is open before anything is
 * installed: edgecheck --toward and --listen send them to each other. No I/O.
 *
 * Our own format: who has not the key of the session gets no answer, and an
 * answer is as long as its question.
 *
 *   0 magic(8) | 8 kind(1) zero(3) | 12 number(4) | 16 nonce(8)
 *   24 family(2) port(2) | 28 address(16)
 *   44 HMAC-SHA-256 of all before it, its first 16 bytes
 *
 * The first two bits are set, so that it cannot be taken for STUN. Over TCP a
 * connection carries one packet each way, without anything around it.
 */
#ifndef COMMON_WIRE_TRIAL_H
#define COMMON_WIRE_TRIAL_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRIAL_BYTES	  60
#define TRIAL_KEY_BYTES	  32
#define TRIAL_NONCE_BYTES 8

enum trial_kind {
	TRIAL_ASK = 1,	  /* send this back */
	TRIAL_ANSWER = 2, /* here it is, and from whom it came */
};

struct trial_packet {
	enum trial_kind kind;
	uint32_t number; /* of the trial: a row, a port and a direction */
	uint8_t nonce[TRIAL_NONCE_BYTES];
	struct address seen_from; /* answer: whom it came from */
	uint16_t seen_port;
};

/* Writes TRIAL_BYTES. */
void trial_encode(const struct trial_packet *packet,
		  const uint8_t key[TRIAL_KEY_BYTES],
		  uint8_t buffer[TRIAL_BYTES]);

/* False unless it is a packet made with the key. */
bool trial_decode(struct trial_packet *packet,
		  const uint8_t key[TRIAL_KEY_BYTES], const void *data,
		  size_t length);

#endif
