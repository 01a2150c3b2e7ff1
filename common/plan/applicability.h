/*
 * applicability.h - whether a row of the tables speaks of this deployment:
 * its product, its topology, its features. No I/O.
 */
#ifndef COMMON_PLAN_APPLICABILITY_H
#define COMMON_PLAN_APPLICABILITY_H

#include "common/base/arena.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

struct applicability {
	bool applies;
	const char *because; /* n/a: the reason; derived: from what; else "" */
	bool derived;	     /* borrowed: no row of this product says it */
};

struct applicability applicability_of(struct arena *arena,
				      const struct requirement *requirement,
				      const struct topology *topology);

/*
 * What a row speaks of, for people: "sfb2015, sfb2019; every topology; with
 * av". From the arena.
 */
const char *applicability_text(struct arena *arena,
			       const struct requirement *requirement);

/*
 * Whether a condition of the tables holds in a closed set of features: a
 * comma means or, a plus sign means and and binds closer; "always" holds.
 */
bool condition_holds(const char *condition, uint64_t features);

#endif
