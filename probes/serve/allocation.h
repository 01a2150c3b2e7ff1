/*
 * allocation.h - the allocations of one node's relay: their clients, ports
 * and ends. relay.h decides, this does it. Runs in libevent's loop.
 *
 * Bounds: as many allocations as the site says, each with the bounds of
 * relay.h and outlet.h.
 */
#ifndef PROBES_SERVE_ALLOCATION_H
#define PROBES_SERVE_ALLOCATION_H

#include "common/model/topology.h"
#include "probes/serve/relay.h"

#include <event2/event.h>

#define ALLOCATION_BUCKETS 256
#define ALLOCATIONS_MAX	   1000 /* of a site, where nothing else is said */

struct allocation;

/* One node; zero but for what is named at the start. */
struct allocation_site {
	struct event_base *base;
	const struct topology *topology; /* the range of ports */
	const struct node *node;	 /* whose A/V addresses are relayed */
	int netns;			 /* that it stands in; -1: ours */
	struct relay_pool *pool;
	size_t most;

	size_t open;
	struct allocation *buckets[ALLOCATION_BUCKETS];
};

/* How a listener knows a client, and reaches it. */
struct allocation_client {
	void *line; /* the listener, or the connection */
	struct endpoint from;
	/* Says a message, or payload; false when too much waits already. */
	bool (*say)(const struct allocation_client *client, bool is_message,
		    const void *data, size_t length);
};

/* Answers a message of MSTURN, and does what it asks for. */
void allocation_hear(struct allocation_site *site, const struct relay *relay,
		     const struct allocation_client *client,
		     const struct msturn_message *request,
		     const void *datagram);

/* Hands payload to the client's active destination, where it has one. */
void allocation_carry(struct allocation_site *site,
		      const struct allocation_client *client, const void *data,
		      size_t length);

bool allocation_is_held(struct allocation_site *site,
			const struct allocation_client *client);

/* The client has read what waited for it. */
void allocation_resume(struct allocation_site *site,
		       const struct allocation_client *client);

/* The client is gone: so is what it had. */
void allocation_hang_up(struct allocation_site *site,
			const struct allocation_client *client);

/* Ends all that are open. */
void allocation_empty(struct allocation_site *site);

#endif
