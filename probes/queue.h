/*
 * queue.h - checks that have not begun: the longest first, and only a few at
 * a time at one address. Units: microseconds, monotonic.
 */
#ifndef PROBES_QUEUE_H
#define PROBES_QUEUE_H

#include "probes/check.h"

#include <stdint.h>

struct host;

/* Zeroed but for the arena, where it keeps what it knows of addresses. */
struct queue {
	struct arena *arena;
	struct check *first; /* by check->next */
	struct host *hosts;
};

/* Round trips that it and what follows from it will take, at the most. */
size_t queue_trips(const struct check *check);

void queue_add(struct queue *queue, struct check *check);

/*
 * Takes out the first whose address may be asked now; NULL with *wait_us
 * lowered to when the next one may.
 */
struct check *queue_take(struct queue *queue, int64_t *wait_us);

#endif
