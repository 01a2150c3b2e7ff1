/*
 * asking.h - what is asked from any place: DNS, and the place itself. No I/O.
 */
#ifndef COMMON_PLAN_ASKING_H
#define COMMON_PLAN_ASKING_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

/* A name that no DNS may know (RFC 6761 6.4). */
#define ASKING_NO_NAME "edgeprobe.invalid"

/* Plans a question of DNS; not for what is an address, or no lawful name. */
void asking_name(struct plan *plan, const struct deployment *deployment,
		 const char *name, uint16_t type);

/* The same for both kinds of address. */
void asking_addresses(struct plan *plan, const struct deployment *deployment,
		      const char *name);

/*
 * Our own place: what answers for a name that cannot be answers for every
 * name, and a control that is silent makes silence ours.
 */
void asking_place(struct plan *plan, const struct deployment *deployment);

#endif
