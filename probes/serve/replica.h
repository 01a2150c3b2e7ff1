/*
 * replica.h - what the replica of the Central Management store answers over
 * HTTPS. No I/O.
 *
 * Specification: edge-services.md 9.1. Its path and what it says there are
 * nowhere published: any status line is an answer.
 */
#ifndef PROBES_SERVE_REPLICA_H
#define PROBES_SERVE_REPLICA_H

#include "common/base/arena.h"

#include <stddef.h>

/* The answer to a whole head, as text. */
const char *replica_answer(struct arena *arena, const char *head,
			   size_t length);

#endif
