/*
 * internal.h - edgecheck --internal: the internal interface of Edge Servers.
 */
#ifndef TOOLS_EDGECHECK_INTERNAL_H
#define TOOLS_EDGECHECK_INTERNAL_H

#include "tools/edgecheck/settings.h"

/* Looks, judges and reports; returns the exit code. */
int internal_look(struct settings *settings);

#endif
