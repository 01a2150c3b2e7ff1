/*
 * trial_send.h - the end of a trial that sends: a packet, again and again
 * over UDP, until the answer comes or something says no. Part of trials.h.
 */
#ifndef PROBES_TRIAL_SEND_H
#define PROBES_TRIAL_SEND_H

#include "probes/trial_play.h"

#define TRIAL_SEND_AGAIN_MS 300 /* at first; doubled each time */

void trial_send_begin(struct trial *trial);

/* Events of its socket and its timer; context is the trial. */
void trial_send_on_datagram(evutil_socket_t descriptor, short what,
			    void *context);
void trial_send_on_stream(evutil_socket_t descriptor, short what,
			  void *context);
void trial_send_on_again(evutil_socket_t descriptor, short what, void *context);

#endif
