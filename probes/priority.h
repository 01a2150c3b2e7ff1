/*
 * priority.h - who is heard first when much comes at once.
 */
#ifndef PROBES_PRIORITY_H
#define PROBES_PRIORITY_H

/* libevent gives an event the middle one of them, here the third. */
enum { PRIORITY_ENGINE, PRIORITY_LONGEST, PRIORITY_OTHERS, PRIORITY_COUNT = 4 };

/* Turns that others wait for: who talks on and on must not hold them up. */
#define PRIORITY_TURNS_MAX 64

#endif
