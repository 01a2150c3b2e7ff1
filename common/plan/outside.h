/*
 * outside.h - the plan of a look from outside: which checks follow from what
 * is known. Pure: the same observations give the same plan, in any order.
 */
#ifndef COMMON_PLAN_OUTSIDE_H
#define COMMON_PLAN_OUTSIDE_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

#include <stdbool.h>

/*
 * Adds every check that the deployment calls for by now and that wanted()
 * accepts by its probe's name; DNS is always asked, for it tells where to
 * look. Call it after each targets_update(); what is planned already
 * stays once.
 */
void outside_follow(struct plan *plan, const struct deployment *deployment,
		    bool (*wanted)(const void *context, const char *probe),
		    const void *context);

#endif
