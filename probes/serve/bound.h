/*
 * bound.h - sockets bound to an address of this host, for servers.
 */
#ifndef PROBES_SERVE_BOUND_H
#define PROBES_SERVE_BOUND_H

#include "common/model/endpoint.h"

#include <stdbool.h>

/*
 * A bound, non-blocking socket that exec closes, or -errno. netns is the
 * descriptor of the network namespace it is to be in, which takes the right
 * to enter it; -1: ours.
 */
int bound_open(const struct endpoint *local, int netns);

/*
 * The same at a port that another socket of ours has already, once that one
 * has been told that it may share. False with errno.
 */
bool bound_may_share(int descriptor);
int bound_share(const struct endpoint *local, int netns);

/* What people should know about an error of it: " (...)", or "". */
const char *bound_hint(int error);

#endif
