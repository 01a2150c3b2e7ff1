/*
 * turn_trace.h - messages to and from a relay in hexadecimal, for -vv. What
 * could let somebody else allocate stands there as dots.
 */
#ifndef PROBES_TURN_TRACE_H
#define PROBES_TURN_TRACE_H

#include <stddef.h>

/* direction is '>' or '<'; nothing is done unless debugging is on. */
void turn_trace(char direction, const void *message, size_t length);

#endif
