/*
 * peers.h - what edgecheck's command line says of the Edge's own place: which
 * node this host is, and whom it is to reach.
 *
 * Bad input ends the program with one line. Texts live as long as argv, what
 * was made of them in the arena.
 */
#ifndef TOOLS_EDGECHECK_PEERS_H
#define TOOLS_EDGECHECK_PEERS_H

#include "common/base/arena.h"
#include "common/model/mission.h"

#include <argp.h>

struct peers {
	struct arena *arena;
	struct mission mission; /* sent for PURPOSE_EDGE_HOST */
	const char *host_facts; /* a report instead of this host; NULL */
};

/* A child of the tool's own, with a struct peers as input (arena set). */
extern const struct argp peers_argp;

#endif
