/*
 * host_seen.h - a host's own network as facts of an observation, and back. No
 * I/O.
 *
 * The facts are those of edgeprobe-json(5), "host.address" and so on; whether
 * they were seen here or told by somebody is one of them.
 */
#ifndef COMMON_MODEL_HOST_SEEN_H
#define COMMON_MODEL_HOST_SEEN_H

#include "common/model/observation.h"
#include "common/model/topology.h"
#include "common/wire/host.h"

/* The facts that such an observation has; for a probe's table. */
extern const struct fact_def host_seen_facts[];

/* Notes all of it; is_reported: somebody's word, not seen by ourselves. */
void host_seen_note(struct arena *arena, struct observation *observation,
		    const struct host *host, bool is_reported);

/*
 * The host of an observation of "host". What is not as host_seen_note()
 * writes it is passed over: it may come from a file.
 */
struct host host_seen_read(struct arena *arena,
			   const struct observation *observation);

/*
 * The node that the host of an observation is: the one it was told to be, else
 * the one of which it has an address; NULL: none.
 */
const struct node *host_seen_node(struct arena *arena,
				  const struct topology *topology,
				  const struct observation *observation);

/* "this host", or "the host of the report (EDGE1)", from the arena. */
const char *host_seen_title(struct arena *arena,
			    const struct observation *observation);

/*
 * An observation of a host by a report, as --host-facts has it: told by the
 * bytes of a file. now_us is the wall clock. NULL with *why, from the arena,
 * when it is no such report.
 */
struct observation *host_seen_report(struct arena *arena, const void *data,
				     size_t length, int64_t now_us,
				     const char **why);

#endif
