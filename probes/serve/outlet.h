/*
 * outlet.h - the relayed port of an allocation: what goes to peers from it,
 * and what they send to it. Runs in libevent's loop.
 *
 * Over UDP it is one socket. Over TCP it listens, and connects to peers from
 * the same port when there is something for them (msturn.md 8.7). Who connects
 * and is not admitted may wait for it, but nothing is read from them till then.
 * Bounds: OUTLET_STREAMS_MAX connections, OUTLET_WAITING_MAX bytes for them
 * all; OUTLET_STRANGERS_MAX that wait (the oldest gives way), for
 * OUTLET_PATIENCE_S.
 */
#ifndef PROBES_SERVE_OUTLET_H
#define PROBES_SERVE_OUTLET_H

#include "common/model/endpoint.h"
#include "common/wire/msturn.h"

#include <event2/event.h>

#define OUTLET_STREAMS_MAX   64
#define OUTLET_WAITING_MAX   262144
#define OUTLET_CHUNK_MAX     1400 /* of a stream, handed on at once */
#define OUTLET_STRANGERS_MAX 8
#define OUTLET_PATIENCE_S    3

struct outlet;

/* Whose it is; none of these may free it. */
struct outlet_owner {
	/* Takes what a peer sent; false when no more should come for now. */
	bool (*hear)(void *context, const struct msturn_address *peer,
		     const void *data, size_t length);
	/* Whether a peer's connection is taken; asked again by and by. */
	bool (*admits)(void *context, const struct msturn_address *peer);
	void *context;
};

/* Binds local, in the namespace netns (-1: ours); NULL with *error, errno. */
struct outlet *outlet_open(struct event_base *base,
			   const struct endpoint *local, int netns,
			   const struct outlet_owner *owner, int *error);
void outlet_free(struct outlet *outlet); /* accepts NULL */

void outlet_send(struct outlet *outlet, const struct msturn_address *peer,
		 const void *data, size_t length);

/* The owner may have come to know more peers. */
void outlet_admit(struct outlet *outlet);

/* More may come again. */
void outlet_resume(struct outlet *outlet);

#endif
