/*
 * spread.h - several connections to each VIP of a load balancer, to see
 * whether all of them reach a server that lives (edge-services.md 15.2). Pure.
 */
#ifndef COMMON_PLAN_SPREAD_H
#define COMMON_PLAN_SPREAD_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

/* The probe that looks at the listener of a VIP; NULL: none does. */
const char *spread_probe(enum listener listener);

/* Whether the target is an address of the load balancer. */
bool spread_is_vip(const struct deployment *deployment,
		   const struct target *target);

/* Plans one check, where there is something to spread. */
void spread_plan(struct plan *plan, const struct deployment *deployment,
		 const struct target *target,
		 bool (*wanted)(const void *context, const char *probe),
		 const void *context);

#endif
