/*
 * reports.h - the reports of one run, to every output that was asked for.
 *
 * Trouble with an output is our own: it ends the program with one line and
 * exit 3, and nothing half-written stays behind.
 */
#ifndef COMMON_RENDER_REPORTS_H
#define COMMON_RENDER_REPORTS_H

#include "common/base/options.h"
#include "common/render/output.h"

struct reports {
	struct output items[OPTIONS_OUTPUTS_MAX];
	size_t count;
	const struct options *options; /* format, colour, verbosity */
};

/*
 * Opens -o's outputs, or text on standard output, before anything is sent.
 * Where a file or a machine's format is among them, the signals that end a
 * run wait from then on (engine_run() alone lets them through), so that no
 * file stays half-written and what machines read is whole.
 */
void reports_open(struct arena *arena, struct reports *reports,
		  const struct options *options, const struct run *run);

/* Whether records go to a terminal as they come. */
bool reports_are_live(const struct reports *reports);

void reports_observation(const struct reports *reports,
			 const struct observation *observation);

/*
 * Writes what comes at the end, and gives the files their names. Without a
 * judgement (NULL: there was nothing to judge) people get no report, machines
 * a whole document.
 */
void reports_finish(struct reports *reports, const struct report *report);

/* Gives up: removes what was written aside. */
void reports_abandon(struct reports *reports);

#endif
