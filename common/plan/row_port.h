/*
 * row_port.h - the port a row speaks of in this deployment: ports in rows are
 * defaults, and the topology's replace them (product.md decision 15). No I/O.
 */
#ifndef COMMON_PLAN_ROW_PORT_H
#define COMMON_PLAN_ROW_PORT_H

#include "common/base/arena.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

/*
 * "TCP 443", "UDP 50000-59999"; "" where the row speaks of none. From the
 * arena, or the row's own.
 */
const char *row_port(struct arena *arena, const struct requirement *row,
		     const struct topology *topology);

/* The listener of ours at which a row's flow ends; false: at none. */
bool row_listener(const struct requirement *row, enum listener *listener);

#endif
