/*
 * sightings.h - observations by what they are of, so that thousands of them
 * need not be gone through for each question. No I/O.
 *
 * DNS answers are found by the name asked for, all others by address and
 * port; which of those found is meant is for the caller to see.
 */
#ifndef COMMON_MODEL_SIGHTINGS_H
#define COMMON_MODEL_SIGHTINGS_H

#include "common/model/observation.h"

struct sightings;

/* One of a chain, the newest first; others may stand between. */
struct sighting {
	const struct sighting *next;
	const struct observation *seen;
};

struct sightings *sightings_new(struct arena *arena);

/* Takes in what the list has gained; all of it anew where it is another. */
void sightings_update(struct sightings *sightings,
		      const struct observation_list *list);

/* Forgets all, for a list whose observations were changed. */
void sightings_forget(struct sightings *sightings);

const struct sighting *sightings_named(const struct sightings *sightings,
				       const char *name);
const struct sighting *sightings_at(const struct sightings *sightings,
				    const struct address *address,
				    uint16_t port);

#endif
