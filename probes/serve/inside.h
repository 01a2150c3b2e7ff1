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

/* One row a listener. */
struct inside_row {
	unsigned listener; /* STAND_INSIDE_* */
	const char *key;   /* "int-sip" */
	enum transport transport;
	uint16_t port;
	enum talk_name talk;	/* when healthy */
	bool needs_certificate; /* of the client, once there is TLS */
	enum service service;	/* that it is balanced with, or COUNT */
	uint64_t features;	/* any of them; 0: whatever there is */
	enum product since, until;
};

extern const struct inside_row inside_table[];
extern const size_t inside_count;

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

/* Whether a node of this topology listens there. */
bool inside_offers(const struct inside_row *row,
		   const struct topology *topology, const struct node *node);

/*
 * Opens all that a node has inside; netns is the namespace that it stands in,
 * -1 for ours. False with *why, from the arena, when something cannot be
 * bound.
 */
bool inside_open(const struct inside *inside, const struct node *node,
		 int netns, const char **why);

#endif
