/*
 * edge.h - a stand-in Edge Server: binds the listeners of a topology's nodes,
 * the external ones and on demand the internal ones, and answers on them as an
 * Edge would, or as one with chosen faults.
 *
 * Everything but libevent's and OpenSSL's own memory lives in the arena.
 */
#ifndef PROBES_SERVE_EDGE_H
#define PROBES_SERVE_EDGE_H

#include "common/base/arena.h"
#include "common/model/mission.h"
#include "common/model/topology.h"
#include "common/plan/server_role.h"
#include "probes/serve/authority.h"
#include "probes/serve/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The authority's lists and responder are at the first Access Edge, port 80;
 * where Access has another port than 443, so many above that. Or wherever
 * lists_at says, in our own network namespace.
 */
#define EDGE_PUBLISHER_OFFSET 100

struct edge;
struct server_fault;

/* The network namespace that a node stands in, as an open descriptor. */
struct edge_space {
	const char *node;
	int netns;
};

struct edge_settings {
	const struct topology *topology;
	const struct fault_choice *faults;
	size_t fault_count;
	const char *const *nodes; /* names to stand in for; none: all */
	size_t node_count;
	bool requires_client_certificate; /* on federation's port */
	bool speaks_tls13;		  /* as newer Windows does */
	const struct edge_space *spaces;  /* nodes elsewhere than here */
	size_t space_count;
	struct authority *authority; /* borrowed; NULL: one is made */
	uint32_t lifetime_max_s;     /* of an allocation; 0: the usual */
	size_t allocations_max;	     /* of a node; 0: the usual */
	bool serves_inside;	     /* the internal interfaces, too */
	struct address lists_at;     /* where the lists are instead, port 80 */
	uint16_t inside_offset;	     /* added to the ports there, for tests */

	/* instead of an Edge: servers of a role, at these hosts */
	const struct server_role *role; /* NULL: an Edge */
	const struct mission_host *hosts;
	size_t host_count;
	const struct server_fault *server_faults;
	size_t server_fault_count;
};

/*
 * Binds all listeners: connections are taken from here on and served once
 * edge_run() is called. NULL with *why, from the arena, when an address
 * cannot be bound or there is nothing to bind. SIGINT and SIGTERM end
 * edge_run() from here on; SIGPIPE is ignored.
 */
struct edge *edge_new(struct arena *arena, const struct edge_settings *settings,
		      const char **why);
void edge_free(struct edge *edge); /* accepts NULL */

/* Writes the root of the throw-away authority in PEM. */
bool edge_write_root(const struct edge *edge, const char *path,
		     const char **why);

/*
 * Writes credentials that allocate at any node, good for EDGE_CREDENTIALS_S,
 * into a file that is the owner's alone.
 */
#define EDGE_CREDENTIALS_S (8 * 3600)
bool edge_write_credentials(const struct edge *edge, const char *path,
			    const char **why);

/* One line a listener: node, listener, endpoint, name, faults. */
void edge_print(const struct edge *edge, FILE *out);

/* Serves until SIGINT or SIGTERM. */
void edge_run(struct edge *edge);

#endif
