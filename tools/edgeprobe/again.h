/*
 * again.h - the verbs of edgeprobe that touch no network: saved runs judged
 * again, and compared.
 *
 * Both return the exit code; bad input ends the program.
 */
#ifndef TOOLS_EDGEPROBE_AGAIN_H
#define TOOLS_EDGEPROBE_AGAIN_H

#include "common/base/options.h"
#include "common/judge/scope.h"
#include "common/model/topology.h"

#define AGAIN_FILES_MAX 64

struct again {
	struct arena *arena;
	const struct options *options;
	const char *const *files;
	size_t file_count;
	const char *topology_file; /* NULL: none was given */
	const struct scope *scope;
};

/* Judges the observations of all files as those of one run. */
int again_judge(const struct again *again);

/* What the verdicts of the second file say otherwise than the first's. */
int again_diff(const struct again *again);

#endif
