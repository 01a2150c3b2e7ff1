/*
 * party.h - address roles of firewall.tsv as the addresses of a deployment.
 * Part of firewall.h. No I/O.
 */
#ifndef COMMON_PLAN_PARTY_H
#define COMMON_PLAN_PARTY_H

#include "common/plan/firewall.h"

struct party_source {
	struct arena *arena;
	const struct topology *topology;
	const struct firewall_row *row;
	bool strict;
};

/* Adds what a list of roles comes to: "frontend,frontend-pool". */
void party_add(const struct party_source *source, struct party *party,
	       const char *roles, const char *words);

#endif
