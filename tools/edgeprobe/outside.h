/*
 * outside.h - edgeprobe's look from outside: what the settings ask for is
 * looked at, judged and reported.
 */
#ifndef TOOLS_EDGEPROBE_OUTSIDE_H
#define TOOLS_EDGEPROBE_OUTSIDE_H

#include "tools/edgeprobe/settings.h"

/* Returns the exit code; bad input and trouble of ours end the program. */
int outside_look(struct settings *settings);

#endif
