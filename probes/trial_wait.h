/*
 * trial_wait.h - the end of a trial that opened a port: answers packets with
 * the key, and nothing else. Part of trials.h.
 */
#ifndef PROBES_TRIAL_WAIT_H
#define PROBES_TRIAL_WAIT_H

#include "probes/trial_play.h"

/* Events of its socket; context is the trial. */
void trial_wait_on_datagram(evutil_socket_t descriptor, short what,
			    void *context);
void trial_wait_on_connection(evutil_socket_t descriptor, short what,
			      void *context);

/* Connections that are still there. */
void trial_wait_close(struct trial *trial);

#endif
