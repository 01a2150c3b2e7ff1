/*
 * place.h - what edgecheck's command line says of the Edge's own place: which
 * node this host is, and whom it is to reach.
 *
 * Bad input ends the program with one line. Texts live as long as argv, what
 * was made of them in the arena.
 */
#ifndef TOOLS_EDGECHECK_PLACE_H
#define TOOLS_EDGECHECK_PLACE_H

#include "common/base/arena.h"
#include "common/model/mission.h"

#include <argp.h>

struct place {
	struct arena *arena;
	struct mission_peers peers;
	const char *host_facts; /* a report instead of this host; NULL */
};

/* A child of the tool's own, with a struct place as input (arena set). */
extern const struct argp place_argp;

#endif
