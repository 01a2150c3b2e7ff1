/*
 * stand.h - one bound listener of a stand-in Edge: hands what comes to its
 * reception. Runs in libevent's loop.
 */
#ifndef PROBES_SERVE_STAND_H
#define PROBES_SERVE_STAND_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "probes/serve/datagrams.h"
#include "probes/serve/guest.h"

#include <event2/listener.h>

/* What stands before stand_open() is filled in by whoever opens it. */
struct stand {
	struct stand *next;
	const struct node *node;
	unsigned listener; /* or STAND_* */
	const char *key;   /* "av-udp", "web-https" */
	struct endpoint local;
	int netns; /* that the node stands in; -1: ours */
	struct quirks quirks;
	struct reception reception; /* its TLS context is the stand's */

	struct evconnlistener *tcp;
	struct event *resume;	    /* after accept() failed */
	struct datagrams datagrams; /* UDP */
};

/* In the order of adding. */
struct stands {
	struct stand *first, **last;
};

void stands_init(struct stands *stands);

/* Nothing is bound by it: a stand may also be there to be listed alone. */
struct stand *stands_add(struct stands *stands, struct arena *arena,
			 const struct stand *like);
void stands_close(struct stands *stands);

/* False with *why, from the arena, when the address cannot be bound. */
bool stand_open(struct stand *stand, struct arena *arena, const char **why);

#endif
