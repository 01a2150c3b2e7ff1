/*
 * binding.h - every address and port at which a topology listens outside, one
 * after the other. No I/O.
 */
#ifndef COMMON_MODEL_BINDING_H
#define COMMON_MODEL_BINDING_H

#include "common/model/topology.h"

/* An index into the topology's nodes, listeners, and the service's addresses */
struct binding {
	size_t node, listener, index;
};

/* Before the first binding. */
#define BINDING_FIRST                                                          \
	{                                                                      \
		0, 0, SIZE_MAX                                                 \
	}

/* Goes on to the next binding; false after the last. */
bool binding_next(const struct topology *topology, struct binding *binding);

const struct service_address *binding_address(const struct topology *topology,
					      const struct binding *binding);

/* Whether both listen at one address and port. */
bool bindings_clash(const struct topology *topology, const struct binding *one,
		    const struct binding *other);

#endif
