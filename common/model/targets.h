/*
 * targets.h - where to look: every address of every name of a deployment.
 * No I/O.
 */
#ifndef COMMON_MODEL_TARGETS_H
#define COMMON_MODEL_TARGETS_H

#include "common/model/deployment.h"

/*
 * Computes anew all that follows in a deployment, from what was asked for
 * and the observations at hand. Targets come listener by listener, in the
 * order of the names, then by address.
 */
void targets_update(struct deployment *deployment);

/*
 * Where a port of a name is: where --connect leads, else at each address that
 * DNS gave, sorted, of the families that are wanted. At most max.
 */
size_t targets_endpoints(const struct deployment *deployment, const char *name,
			 uint16_t port, struct endpoint *endpoints, size_t max);

#endif
