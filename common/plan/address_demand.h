/*
 * address_demand.h - how many external addresses a deployment needs
 * (ip-requirements.tsv). Pure.
 */
#ifndef COMMON_PLAN_ADDRESS_DEMAND_H
#define COMMON_PLAN_ADDRESS_DEMAND_H

#include "common/model/topology.h"

struct address_demand {
	const char *id;	 /* of the row of ip-requirements.tsv */
	unsigned nodes;	 /* on the interfaces of all servers together */
	unsigned vips;	 /* on the load balancer */
	bool is_derived; /* by formula: no row of its own */
};

/* For so many servers; single: one address for all services of a server. */
struct address_demand address_demand(enum topology_kind kind, bool single,
				     unsigned servers);

#endif
