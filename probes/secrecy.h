/*
 * secrecy.h - keeps what is secret in this process: out of core files, out of
 * a debugger's reach, and out of swap where that is allowed.
 */
#ifndef PROBES_SECRECY_H
#define PROBES_SECRECY_H

#include <stddef.h>

/*
 * From here on this process writes no core file and lets nobody trace it,
 * until secrecy_end() was called as often.
 */
void secrecy_begin(void);
void secrecy_end(void);

/* Memory that is not to be swapped out; nothing is said where it may be. */
void secrecy_hold(void *data, size_t length);

#endif
