/*
 * rehearsal_seen.h - what both ends of a trial saw, as an observation. Part of
 * rehearsal.h. No I/O.
 */
#ifndef PROBES_REHEARSAL_SEEN_H
#define PROBES_REHEARSAL_SEEN_H

#include "common/base/arena.h"
#include "common/model/observation.h"
#include "common/plan/rehearsal.h"
#include "common/wire/bidding.h"

struct rehearsal_seen {
	const struct rehearsal_step *step;
	struct endpoint to;	    /* the waiting end, as the other sees it */
	struct bidding_result sent; /* what the sending end says */
	struct bidding_result came; /* what the waiting end says */
	bool to_here;		    /* the waiting end is this host */
	bool mapped_here;	    /* whose address others see otherwise */
	bool is_asked;		    /* both ends took part */
	const char *why;	    /* it came to no end; NULL */
	int64_t wall_us, duration_us;
};

struct observation *rehearsal_observe(struct arena *arena,
				      const struct rehearsal_seen *seen);

#endif
