/*
 * import.h - topology files of the product as facts: .tbxml of Topology
 * Builder, a published topology, an exported configuration (DocItemSet.xml,
 * or the ZIP around it).
 *
 * Only what the files say; what they do not (the kind of load balancing,
 * public addresses of Access and Web Conferencing) is left open.
 */
#ifndef COMMON_PLAN_IMPORT_H
#define COMMON_PLAN_IMPORT_H

#include "common/base/arena.h"
#include "common/model/topology.h"

#define IMPORT_SITES_MAX 256
#define IMPORT_POOLS_MAX 64 /* of Edge Servers, and those around one */

struct imported_site {
	const char *id, *name;
};

struct imported_machine {
	const char *name;
	/* texts as they stand; "" where the file has none */
	const char *internal, *addresses[SERVICE_COUNT], *av_public;
};

/* Ports: 0 where the file has no such row. */
struct imported_pool {
	const char *name, *site;
	unsigned version; /* of the service: 7 is the 2015 server */
	bool has_nat, has_federation, has_xmpp, has_one_name;
	const char *next_hop; /* "" for none */
	uint16_t next_hop_port;
	bool next_hop_is_director;
	const char *pools[IMPORT_POOLS_MAX]; /* that use this Edge */
	size_t pool_count;
	const char *names[SERVICE_COUNT];
	uint16_t ports[LISTENER_COUNT];
	uint16_t relay_first, relay_count;
	struct {
		uint16_t sip, webconf, mras, turn_tcp, turn_udp;
	} internal;
	struct imported_machine machines[TOPOLOGY_NODES_MAX];
	size_t machine_count;
};

struct imported {
	const char *format; /* "tbxml" or "topology" */
	const char *default_domain;
	const char *domains[TOPOLOGY_DOMAINS_MAX];
	size_t domain_count;
	struct imported_site sites[IMPORT_SITES_MAX];
	size_t site_count;
	struct imported_pool *pools;
	size_t pool_count;
};

/*
 * NULL with *why, "FILE: line 3: ...", when it is none of these or more than
 * anybody has. Everything lives in the arena.
 */
struct imported *import_read(struct arena *arena, const char *path,
			     const char **why);

#endif
