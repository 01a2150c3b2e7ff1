/*
 * mras_desk.h - where a stand-in Edge gives out credentials: the listener of
 * its A/V Authentication service, at a node's internal address, TCP 5062. Who
 * shows no certificate is refused. Runs in libevent's loop.
 */
#ifndef PROBES_SERVE_MRAS_DESK_H
#define PROBES_SERVE_MRAS_DESK_H

#include "common/model/topology.h"
#include "probes/serve/authority.h"
#include "probes/serve/guest.h"
#include "probes/serve/mras_service.h"

#include <stdio.h>

struct mras_desk;

/* What it is made of; all of it outlives the desk. */
struct mras_desk_settings {
	struct arena *arena;
	struct hall *hall;
	struct authority *authority;
	const struct topology *topology;
	const struct node *node;
	int netns; /* -1: ours */
	/* See struct mras_service. */
	bool (*issue)(void *context, struct credentials *credentials,
		      unsigned minutes);
	void *context;
};

/* NULL with *why, from the arena, when the address cannot be bound. */
struct mras_desk *mras_desk_new(const struct mras_desk_settings *settings,
				const char **why);

/* Once the hall is empty; accepts NULL. */
void mras_desk_free(struct mras_desk *desk);

/* One line: node, listener, endpoint, name. */
void mras_desk_print(const struct mras_desk *desk, FILE *out);

#endif
