/*
 * role.h - edgesim --role: which servers are stood in for, and what is wrong
 * with their ports.
 *
 * Bad input ends the program with one line; texts live as long as argv.
 */
#ifndef TOOLS_EDGESIM_ROLE_H
#define TOOLS_EDGESIM_ROLE_H

#include "probes/serve/edge.h"

struct role_choice {
	const struct server_role *role; /* NULL: an Edge is stood in for */
	struct mission_host hosts[MISSION_HOSTS_MAX]; /* of --address */
	size_t host_count;
};

void role_take(struct role_choice *choice, const char *text);

/* "NAME=ADDR" or "ADDR", which is cut in two. */
void role_take_address(struct role_choice *choice, char *text);

/* Prints the faults that ports may have. */
void role_list_faults(void);

/* The servers of --address, else of the topology; of them those named. */
void role_choose_hosts(struct arena *arena, const struct role_choice *choice,
		       const char *const *names, size_t name_count,
		       struct edge_settings *settings);

void role_choose_faults(struct arena *arena, const char *const *texts,
			size_t count, struct edge_settings *settings);

#endif
