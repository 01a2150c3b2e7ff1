/*
 * datagrams.h - a relay's listener on UDP. Runs in libevent's loop.
 */
#ifndef PROBES_SERVE_DATAGRAMS_H
#define PROBES_SERVE_DATAGRAMS_H

#include "probes/serve/allocation.h"

/* Descriptors are closed with it. */
struct datagrams {
	struct allocation_site *site;
	const struct relay *relay;
	int descriptor; /* bound */
	int elsewhere;	/* what answers are sent from; -1: the same */
	struct event *event;
};

/* Both descriptors -1. */
void datagrams_init(struct datagrams *datagrams);

/* Begins to answer. */
void datagrams_serve(struct datagrams *datagrams);
void datagrams_close(struct datagrams *datagrams);

#endif
