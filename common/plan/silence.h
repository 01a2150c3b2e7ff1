/*
 * silence.h - how far packets get to ports that keep silent. No I/O.
 */
#ifndef COMMON_PLAN_SILENCE_H
#define COMMON_PLAN_SILENCE_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

#define SILENCE_PATHS_MAX 16 /* silent ports that are followed up */

/*
 * Plans to follow the way to each target that was lost, and beside it to a
 * port that works at the same address.
 */
void silence_follow(struct plan *plan, const struct deployment *deployment);

/*
 * The same of one observation, where it is of a silence; false where it is
 * not, or enough are followed. A port that works at the same address may be
 * followed to compare.
 */
bool silence_follow_at(struct plan *plan, const struct deployment *deployment,
		       const struct observation *seen);
void silence_compare(struct plan *plan, const struct deployment *deployment,
		     const struct endpoint *working);

#endif
