/*
 * topology_finish.h - what a topology file leaves out is filled in, and what
 * does not fit together is refused. Part of topology_read(). No I/O.
 */
#ifndef COMMON_MODEL_TOPOLOGY_FINISH_H
#define COMMON_MODEL_TOPOLOGY_FINISH_H

#include "common/model/topology.h"

/* Where things stood in the file, by node and service; 0: nowhere. */
struct topology_lines {
	unsigned deployment; /* the [deployment] section */
	unsigned relay;
	unsigned nodes[TOPOLOGY_NODES_MAX + 1];
	unsigned addresses[TOPOLOGY_NODES_MAX + 1][SERVICE_COUNT];
	size_t public_count[TOPOLOGY_NODES_MAX + 1][SERVICE_COUNT];
	bool has_public; /* some ...-public key was given */
};

/*
 * Fills in kind, names, public addresses, XMPP addresses and the features
 * that follow from the rest. Returns false, *why and *line (0: none in
 * particular) saying what does not fit.
 */
bool topology_finish(struct arena *arena, struct topology *topology,
		     const struct topology_lines *lines, unsigned *line,
		     const char **why);

#endif
