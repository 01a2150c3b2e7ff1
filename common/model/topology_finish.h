/*
 * topology_finish.h - what a topology file leaves out is filled in, and what
 * cannot be understood is refused. What can be, and is against a rule, is for
 * common/plan/lint.h. Part of topology_read(). No I/O.
 */
#ifndef COMMON_MODEL_TOPOLOGY_FINISH_H
#define COMMON_MODEL_TOPOLOGY_FINISH_H

#include "common/model/topology.h"

/*
 * Fills in kind, names, public addresses, XMPP addresses and the features
 * that follow from the rest. Returns false, *why and *line (0: none in
 * particular) saying what does not fit.
 */
bool topology_finish(struct arena *arena, struct topology *topology,
		     unsigned *line, const char **why);

#endif
