/*
 * look.h - one look from some place: holds the conversations that the plan asks
 * for, and those that follow from the answers, until nothing follows.
 */
#ifndef PROBES_LOOK_H
#define PROBES_LOOK_H

#include "common/model/deployment.h"
#include "common/model/plan.h"
#include "probes/engine.h"

struct look {
	/* engine.observed, .progress and .context are called as set here */
	struct engine_settings engine;

	/* asked, given, overrides and families set; the rest is filled in */
	struct deployment *deployment;
	struct observation_list *observations; /* the deployment's own */

	/* what follows from what is known: outside_follow() or another */
	void (*follow)(struct plan *plan, const struct deployment *deployment,
		       bool (*wanted)(const void *context, const char *probe),
		       const void *context);

	/* whether a probe is asked for, by its name */
	bool (*wanted)(const void *context, const char *probe);
	const void *wanted_context;
};

enum look_end { LOOK_DONE, LOOK_INTERRUPTED, LOOK_IMPOSSIBLE };

/* LOOK_IMPOSSIBLE with *why when the engine cannot be set up. */
enum look_end look_run(struct look *look, const char **why);

#endif
