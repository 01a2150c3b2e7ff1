/*
 * echo_service.h - the far side of a relayed conversation on another machine:
 * sends back what comes with the key, and tells what it saw of a session.
 *
 * Over UDP and TCP at the same port. Who has not the key gets no answer, and
 * no answer is longer than its question. Runs until a signal ends it.
 * Bounds: ECHO_SESSIONS_MAX sessions and ECHO_STREAMS_MAX connections are
 * remembered; the oldest gives way, of connections first one without the key.
 */
#ifndef PROBES_SERVE_ECHO_SERVICE_H
#define PROBES_SERVE_ECHO_SERVICE_H

#include "common/model/endpoint.h"
#include "common/wire/echo.h"

#include <stdbool.h>

#define ECHO_SESSIONS_MAX  64
#define ECHO_SEQUENCES_MAX 512 /* that are told apart; later ones all count */
#define ECHO_STREAMS_MAX   32

struct echo_session {
	uint8_t id[ECHO_SESSION_BYTES];
	uint32_t seen;				 /* questions, each once */
	uint8_t arrived[ECHO_SEQUENCES_MAX / 8]; /* a bit for each number */
	struct endpoint from;
	unsigned used; /* when, in turns */
};

struct echo_memory {
	struct echo_session sessions[ECHO_SESSIONS_MAX];
	unsigned turns;
};

/*
 * Turns a packet into its answer, of the same length and in the same place;
 * false: nothing is said. No I/O.
 */
bool echo_answer(struct echo_memory *memory, const uint8_t key[ECHO_KEY_BYTES],
		 void *packet, size_t length, const struct endpoint *from);

/*
 * Serves until SIGINT or SIGTERM; ready is told once all is bound. False with
 * *why when it cannot be.
 */
bool echo_serve(const struct endpoint *at, const uint8_t key[ECHO_KEY_BYTES],
		void (*ready)(const struct endpoint *at), const char **why);

#endif
