/*
 * spread.h - what to ask of a load balancer. Pure.
 *
 * Outside, several connections to each VIP, to see whether all of them reach
 * a server that lives (edge-services.md 15.2); inside, one to each port that
 * it must not carry (15.1).
 */
#ifndef COMMON_PLAN_SPREAD_H
#define COMMON_PLAN_SPREAD_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

#define SPREAD_BARRED_MAX 3

/* The probe that looks at the listener of a VIP; NULL: none does. */
const char *spread_probe(enum listener listener);

/* Whether the target is an address of the load balancer. */
bool spread_is_vip(const struct deployment *deployment,
		   const struct target *target);

/* What an internal load balancer must not carry (15.1); returns how many. */
size_t spread_barred(const struct deployment *deployment,
		     const struct target *vip,
		     struct endpoint endpoints[SPREAD_BARRED_MAX]);

/* Plans a connection to each of these, for the target of a VIP inside. */
void spread_plan_inside(struct plan *plan, const struct deployment *deployment,
			const struct target *target);

/* Plans one check, where there is something to spread. */
void spread_plan(struct plan *plan, const struct deployment *deployment,
		 const struct target *target,
		 bool (*wanted)(const void *context, const char *probe),
		 const void *context);

#endif
