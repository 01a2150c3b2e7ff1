/*
 * relays.h - the relays of a deployment's nodes: what they share, what each
 * has, and credentials that all of them take. Runs in libevent's loop.
 */
#ifndef PROBES_SERVE_RELAYS_H
#define PROBES_SERVE_RELAYS_H

#include "common/model/credentials.h"
#include "common/model/topology.h"
#include "probes/serve/allocation.h"

struct relays {
	const struct topology *topology;
	uint32_t lifetime_max_s; /* of an allocation */
	struct relay_pool pool;
	struct allocation_site sites[TOPOLOGY_NODES_MAX + 1]; /* by node */
};

/*
 * lifetime_max_s and most, the allocations of a node, may be 0 for the usual.
 * The namespaces of the sites are ours, until said otherwise.
 */
void relays_open(struct relays *relays, struct event_base *base,
		 const struct topology *topology, uint32_t lifetime_max_s,
		 size_t most);

/* Ends all allocations; fits one that is all zero, too. */
void relays_close(struct relays *relays);

/* The site of a node, or of the one behind it where it is a VIP. */
struct allocation_site *relays_site(struct relays *relays,
				    const struct node *node);

/* The relay that answers at an outer address of a node. */
struct relay relays_relay(const struct relays *relays, const struct node *node,
			  const struct endpoint *local, struct quirks quirks);

/* For a client of the first SIP domain, good so many minutes. */
bool relays_issue(const struct relays *relays, struct credentials *credentials,
		  unsigned minutes);

/* The same into a file that is the owner's alone; *why from the arena. */
bool relays_write_credentials(const struct relays *relays, int64_t lifetime_s,
			      struct arena *arena, const char *path,
			      const char **why);

#endif
