/*
 * inside.h - the plan of a look from the network of the Front End Servers:
 * every internal listener at every address. Pure, as outside.h.
 */
#ifndef COMMON_PLAN_INSIDE_H
#define COMMON_PLAN_INSIDE_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

/* As outside_follow(), of a deployment seen from inside. */
void inside_follow(struct plan *plan, const struct deployment *deployment,
		   bool (*wanted)(const void *context, const char *probe),
		   const void *context);

#endif
