/*
 * aside.h - DNS questions that settle rows and lead nowhere: asked beside the
 * plan, waited for by nothing. Pure, like outside.h.
 *
 * What must not resolve outside, what wildcards answer, records that people
 * misspell, where Microsoft 365 is told by, and what each of several
 * resolvers says (edge-services.md 11).
 */
#ifndef COMMON_PLAN_ASIDE_H
#define COMMON_PLAN_ASIDE_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

/* Adds what is called for by now; call it once the SIP domains are known. */
void aside_follow(struct plan *plan, const struct deployment *deployment);

#endif
