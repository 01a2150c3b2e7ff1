/*
 * way.h - how to get there, as a tool's command line tells: whose DNS to ask,
 * and how the Internet sees us.
 *
 * Bad input ends the program with one line that names the option.
 */
#ifndef TOOLS_SHARED_WAY_H
#define TOOLS_SHARED_WAY_H

#include "common/model/deployment.h"

#include <stddef.h>

#define WAY_RESOLVERS_MAX 8

#define WAY_OVERRIDES_MAX 64

/* All zero: the system's resolvers, and nothing is told. */
struct way {
	struct endpoint resolvers[WAY_RESOLVERS_MAX];
	size_t resolver_count;
	struct address my_addresses[2]; /* IPv4, IPv6 */
	struct connect_override overrides[WAY_OVERRIDES_MAX];
	size_t override_count;
	struct control_place controls[DEPLOYMENT_CONTROLS_MAX];
	size_t control_count;
};

void way_take_resolver(struct way *way, const char *text);
void way_take_my_address(struct way *way, const char *text);

#endif
