/*
 * hint.h - "did you mean": the known name nearest to one that is not. No I/O.
 */
#ifndef COMMON_BASE_HINT_H
#define COMMON_BASE_HINT_H

#include "common/base/arena.h"

#include <stddef.h>

struct hint {
	const char *word;    /* what was given */
	const char *nearest; /* NULL: none is near enough */
	size_t distance;
};

struct hint hint_for(const char *word);

/* Offers a known name; the nearest of all that were offered is kept. */
void hint_offer(struct hint *hint, const char *name);

/* " (did you mean 'access'?)", or "" where no name is near. */
const char *hint_text(struct arena *arena, const struct hint *hint);

#endif
