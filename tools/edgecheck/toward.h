/*
 * toward.h - edgecheck --toward: tries the paths of a plan to a host where
 * edgecheck listens, and back.
 */
#ifndef TOOLS_EDGECHECK_TOWARD_H
#define TOOLS_EDGECHECK_TOWARD_H

#include "common/base/arena.h"
#include "tools/shared/looking.h"

/* Whose place a host takes. */
enum toward_part { PART_EDGE, PART_OUTSIDE, PART_INSIDE };

/* "edge", "outside", "inside" */
bool toward_part_parse(const char *word, enum toward_part *part);

struct toward_settings {
	const struct looking *looking; /* topology, --only, limits, outputs */
	const char *host;	       /* HOST, HOST:PORT or an address */
	const char *key_file;	       /* NULL: not in a file */
	int key_fd;		       /* -1: not there; else the environment */
	const char *node;	       /* of the topology; NULL: its only one */
	enum toward_part here, there;  /* one of them is the Edge */
	const char *ports;	/* without a topology: from here to there */
	const char *ports_back; /* and from there to here */
	bool is_full;		/* every port of a range */
};

/* The exit code. */
int toward_look(const struct toward_settings *settings);

#endif
