/*
 * rehearsal.h - tries the paths of a plan from here to a host where edgecheck
 * listens, and from there to here, and makes an observation of each.
 *
 * What was sent counts where it arrived: the end that waits says whether it
 * did, beside the path that is tried. Specification: edgecheck(1).
 */
#ifndef PROBES_REHEARSAL_H
#define PROBES_REHEARSAL_H

#include "common/base/arena.h"
#include "common/model/observation.h"
#include "common/plan/rehearsal.h"
#include "probes/channel.h"

struct rehearsal {
	struct arena *arena;
	const char *run;
	struct endpoint listener; /* where the other end's channel is */
	const struct channel_key *key;
	bool edge_is_there;  /* the listener stands in for the Edge */
	enum vantage beside; /* of the end that is not the Edge */
	const struct rehearsal_plan *plan;
	int64_t timeout_us;  /* of a trial */
	int64_t deadline_us; /* of all of them; 0: none */

	void (*observed)(void *context, struct observation *observation);
	void (*progress)(void *context, size_t done, size_t total,
			 const char *current);
	void *context;
};

enum rehearsal_end {
	REHEARSAL_DONE,
	REHEARSAL_INTERRUPTED, /* by a signal, or the deadline */
	REHEARSAL_IMPOSSIBLE,  /* no channel came about: *why */
};

/*
 * Every step of the plan is observed, at the end as local trouble where it
 * did not come to it. *why is from the arena.
 */
enum rehearsal_end rehearsal_run(const struct rehearsal *rehearsal,
				 const char **why);

#endif
