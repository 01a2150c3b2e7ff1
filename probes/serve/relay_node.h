/*
 * relay_node.h - which node of a deployment relays, and which others could.
 * No I/O.
 *
 * Specification: [MS-TURN] 2.2.2.7: behind a load balancer the client goes on
 * with the node that answered it.
 */
#ifndef PROBES_SERVE_RELAY_NODE_H
#define PROBES_SERVE_RELAY_NODE_H

#include "common/model/topology.h"
#include "common/wire/msturn.h"

/* The node itself, or the first that has an A/V Edge behind the VIP. */
const struct node *relay_node_behind(const struct topology *topology,
				     const struct node *node);

/* Its public A/V address of that family, with the port; none: family 0. */
struct msturn_address relay_node_address(const struct node *node, int family,
					 uint16_t port);

/* The same of the first other node that is a VIP, or that is none. */
struct msturn_address relay_node_beside(const struct topology *topology,
					const struct node *itself, bool is_vip,
					int family, uint16_t port);

#endif
