/*
 * bound.h - sockets bound to an address of this host, for servers.
 */
#ifndef PROBES_SERVE_BOUND_H
#define PROBES_SERVE_BOUND_H

#include "common/model/endpoint.h"

/* A bound, non-blocking socket that exec closes, or -errno. */
int bound_open(const struct endpoint *local);

/* What people should know about an error of it: " (...)", or "". */
const char *bound_hint(int error);

#endif
