/*
 * web.h - what to ask of the web services: where lyncdiscover is, what it
 * says, and what its links lead to. Pure, like outside.h.
 */
#ifndef COMMON_PLAN_WEB_H
#define COMMON_PLAN_WEB_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

#include <stdbool.h>

/*
 * Whether lyncdiscover is to be looked up: as early as anything is, for the
 * rest waits for it.
 */
bool web_is_wanted(const struct deployment *deployment,
		   bool (*wanted)(const void *context, const char *probe),
		   const void *context);

/*
 * Adds what is called for by now, once the SIP domains are known; wanted()
 * accepts a probe by its name, or a row by its id.
 */
void web_follow(struct plan *plan, const struct deployment *deployment,
		bool (*wanted)(const void *context, const char *probe),
		const void *context);

#endif
