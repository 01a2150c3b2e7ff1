/*
 * listener.h - which listeners a deployment has, and where. No I/O.
 *
 * The table of them is in topology.h. Specification: edge-services.md 2.1,
 * 2.3, 8.6, 9.2 and 15.1.
 */
#ifndef COMMON_MODEL_LISTENER_H
#define COMMON_MODEL_LISTENER_H

#include "common/model/topology.h"

/* Whether it is on the internal interface. */
bool listener_is_inside(enum listener listener);

/* Whether Edge Servers of that product, with those features, have it. */
bool listener_is_offered(const struct topology *topology,
			 enum listener listener);

/* Whether the internal load balancer, where there is one, shares it out. */
bool listener_is_balanced_inside(const struct topology *topology,
				 enum listener listener);

/* The node that has an internal address; NULL: none of the file. */
const struct node *listener_node_inside(const struct topology *topology,
					const struct address *address);

#endif
