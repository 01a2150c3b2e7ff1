/*
 * inside.h - the internal interface of a stand-in Edge: what listens at a
 * node's internal address, or at that of its load balancer. Runs in
 * libevent's loop.
 *
 * Specification: edge-services.md 2.3 and 3 to 9; rows int.* of the
 * requirements.
 */
#ifndef PROBES_SERVE_INSIDE_H
#define PROBES_SERVE_INSIDE_H

#include "probes/serve/faults.h"
#include "probes/serve/leaves.h"
#include "probes/serve/relays.h"
#include "probes/serve/stand.h"
#include "probes/serve/talk.h"

/* What all of it shares, and what outlives the stands. */
struct inside {
	struct arena *arena;
	const struct topology *topology;
	const struct fault_choice *faults;
	size_t fault_count;
	bool speaks_tls13;
	uint16_t port_offset; /* added to each port, for tests */
	struct hall *hall;
	struct leaves *leaves;
	struct relays *relays;
	struct stands *stands; /* where the new ones go */
};

/* Whether a node of this topology has that listener inside. */
bool inside_offers(const struct topology *topology, const struct node *node,
		   enum listener listener);

/*
 * Opens all that a node has inside; netns is the namespace that it stands in,
 * -1 for ours. False with *why, from the arena, when something cannot be
 * bound.
 */
bool inside_open(const struct inside *inside, const struct node *node,
		 int netns, const char **why);

#endif
