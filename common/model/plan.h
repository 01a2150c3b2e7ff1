/*
 * plan.h - what to look at: the checks of a run. No I/O.
 *
 * A check is one conversation with one endpoint and serves every requirement
 * that it can settle (style.md section 1).
 */
#ifndef COMMON_MODEL_PLAN_H
#define COMMON_MODEL_PLAN_H

#include "common/model/observation.h"
#include "common/model/topology.h"

#include <stddef.h>
#include <stdint.h>

/* One planned check; immutable once planned. */
struct check_spec {
	const char *probe;	    /* name in the registry: "sip" */
	struct endpoint endpoint;   /* name: SNI, or the DNS name asked */
	const char *subject;	    /* SIP domain or name; "-" */
	uint16_t dns_type;	    /* dns probe only: enum dns_type */
	const char *const *domains; /* sip: domains to ask for */
	size_t domain_count;
};

struct plan {
	const struct check_spec **items;
	size_t count, capacity;
};

/*
 * Adds a copy of spec unless an equal check (probe, name, address, port,
 * transport, dns_type, subject) is planned already.
 */
void plan_add(struct arena *arena, struct plan *plan,
	      const struct check_spec *spec);

#endif
