/*
 * probe.h - how one conversation is held: a state machine without a loop
 * (style.md section 3).
 *
 * step() is told why it is called, does what it can without blocking and
 * returns what it waits for. The engine alone calls it, owns the sockets,
 * the waiting and the deadline. Check state lives in the run's arena.
 */
#ifndef PROBES_PROBE_H
#define PROBES_PROBE_H

#include "common/model/observation.h"
#include "common/model/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cue { CUE_START, CUE_READY, CUE_RETRY, CUE_LIBRARY, CUE_DEADLINE };

/* WANT_ANSWER: readable or check->retry_us, whichever is first. */
enum want { WANT_READ, WANT_WRITE, WANT_ANSWER, WANT_LIBRARY, WANT_NOTHING };

struct check;

struct probe {
	const char *name;    /* "msturn-allocate": CLI, JSON, metrics */
	const char *summary; /* one line, for --list-probes, manual */
	const struct fact_def *facts; /* evidence; the last key is NULL */
	size_t state_size;	      /* bytes of check->state, zeroed */
	unsigned round_trips;	      /* of a whole healthy conversation */
	bool soaks;		      /* falls silent for settings->soak_us */

	enum want (*step)(struct check *check, enum cue cue);
	void (*stop)(struct check *check); /* release state; may be NULL */
};

extern const struct probe *const probe_table[];
extern const size_t probe_count;

const struct probe *probe_find(const char *name); /* NULL: none */

#endif
