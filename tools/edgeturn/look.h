/*
 * look.h - edgeturn's look at one relay, from the questions to the report.
 */
#ifndef TOOLS_EDGETURN_LOOK_H
#define TOOLS_EDGETURN_LOOK_H

#include "tools/edgeturn/settings.h"

/* Looks, judges and reports; the exit code. */
int look_at_relay(struct settings *settings);

#endif
