/*
 * deployment.h - what is looked at: the topology, and what DNS said of it.
 * No I/O.
 *
 * plan, judge and report share it, so that the same observations always give
 * the same targets, in whichever order they came.
 */
#ifndef COMMON_MODEL_DEPLOYMENT_H
#define COMMON_MODEL_DEPLOYMENT_H

#include "common/model/observation.h"
#include "common/model/topology.h"

#define DEPLOYMENT_TARGETS_MAX 256 /* addresses looked at in one run */

/* HOST:PORT:ADDR:PORT of --connect: where to really go. */
struct connect_override {
	const char *name;
	uint16_t port; /* 0: any */
	struct endpoint to;
};

/* One listener at one address. */
struct target {
	enum listener listener;
	const char *node;	  /* node or VIP name, else address text */
	const char *name;	  /* service name, for SNI and SAN */
	struct endpoint endpoint; /* where to connect; after overrides */
	bool from_dns;		  /* an address that DNS gave */
	bool from_file;		  /* an address of the topology file */
};

struct deployment {
	struct arena *arena;
	struct topology *topology; /* names and domains are filled in */
	const struct connect_override *overrides;
	size_t override_count;
	int families; /* 0 both, else AF_INET or AF_INET6 alone */
	const struct observation_list *observations;
	struct target *targets;
	size_t target_count, target_capacity;
	bool targets_cut; /* more than DEPLOYMENT_TARGETS_MAX */
};

/*
 * Computes the targets anew from topology, overrides and the DNS
 * observations at hand: listener by listener, node order of the topology,
 * then by address.
 */
void deployment_update(struct deployment *deployment);

/* The DNS observation that answers (name, type), or NULL. */
const struct observation *deployment_dns(const struct deployment *deployment,
					 const char *name, uint16_t type);

/* Observations of probe at the target's endpoint; subject NULL for any. */
const struct observation *deployment_seen(const struct deployment *deployment,
					  const struct target *target,
					  const char *probe,
					  const char *subject);

#endif
