/*
 * edge_host.h - edgecheck --edge-host: the Edge's own place, from which it
 * sends itself.
 */
#ifndef TOOLS_EDGECHECK_EDGE_HOST_H
#define TOOLS_EDGECHECK_EDGE_HOST_H

#include "tools/edgecheck/settings.h"

/* Looks, judges and reports; returns the exit code. */
int edge_host_look(struct settings *settings);

#endif
