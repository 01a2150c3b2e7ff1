/*
 * listener_probe.h - who looks at a listener first. No I/O.
 */
#ifndef COMMON_PLAN_LISTENER_PROBE_H
#define COMMON_PLAN_LISTENER_PROBE_H

#include "common/model/topology.h"

/* The probe whose observation tells of the connection itself. */
const char *listener_probe(enum listener listener);

#endif
