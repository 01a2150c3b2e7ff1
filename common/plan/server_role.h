/*
 * server_role.h - the roles of servers around an Edge, as people name them:
 * which rows of the tables of ports are theirs, and where a topology has them.
 * No I/O.
 */
#ifndef COMMON_PLAN_SERVER_ROLE_H
#define COMMON_PLAN_SERVER_ROLE_H

#include "common/base/arena.h"
#include "common/model/mission.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

#include <stdbool.h>
#include <stddef.h>

#define SERVER_ROLE_PARTS 3

struct server_role {
	const char *name;    /* "frontend": --role */
	const char *title;   /* "Front End Server" */
	enum pool_role pool; /* in a topology file; COUNT: none */
	const char *parts[SERVER_ROLE_PARTS]; /* role, balancer of rows */
};

extern const struct server_role server_role_table[];
extern const size_t server_role_count;

const struct server_role *server_role_find(const char *name);

/* "frontend, director ...", for messages; from the arena. */
const char *server_role_names(struct arena *arena);

/* Whether a row of server-ports is one of the role, or of every server. */
bool server_role_has(const struct server_role *role,
		     const struct port_row *row);

/*
 * The servers of that role in a topology, by name and address as far as it
 * gives them; at most MISSION_HOSTS_MAX. The array is from the arena.
 */
struct mission_host *server_role_hosts(struct arena *arena,
				       const struct server_role *role,
				       const struct topology *topology,
				       size_t *count);

/* Likewise the load balancers before their pools, where it gives a VIP. */
struct mission_host *server_role_balancers(struct arena *arena,
					   const struct server_role *role,
					   const struct topology *topology,
					   size_t *count);

#endif
