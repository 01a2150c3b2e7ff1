/*
 * signals.h - the signals that end a run in good order.
 *
 * While something half-written must not stay behind they are held; a run
 * lets them through, ends what is open, and its results are still written.
 */
#ifndef COMMON_BASE_SIGNALS_H
#define COMMON_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#define SIGNALS_ENDING 3

/* Ctrl-C, a polite kill, and a terminal that goes away. */
extern const int signals_ending[SIGNALS_ENDING];

/* All of them, for sigprocmask(). */
void signals_fill(sigset_t *set);

/* Whether who started us wants it unheard (nohup, a background job). */
bool signals_ignored(int number);

#endif
