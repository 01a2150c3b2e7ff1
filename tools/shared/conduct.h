/*
 * conduct.h - conducts one look for a tool: progress on the terminal, and
 * each observation to the outputs as it comes.
 */
#ifndef TOOLS_SHARED_CONDUCT_H
#define TOOLS_SHARED_CONDUCT_H

#include "common/judge/scope.h"
#include "common/render/reports.h"
#include "probes/look.h"

/* What tells a run from others, from the arena. */
const char *conduct_new_id(struct arena *arena);

/*
 * Opens the outputs of options as reports, and looks; the engine's observed,
 * progress and context are set here. How long it took, and whether it was
 * interrupted, stands in run then. Where the engine cannot be set up, it ends
 * the program with one line, and leaves no file.
 */
void conduct(struct look *look, struct run *run, const struct options *options,
	     struct reports *reports);

/*
 * The same for a look that can be judged whatever came of it: scope says what
 * is looked at and judged. Writes the reports, and returns the exit code.
 */
int conduct_judged(struct look *look, struct run *run,
		   const struct options *options, const struct scope *scope);

#endif
