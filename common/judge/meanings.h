/*
 * meanings.h - what numbers on the wire mean to an administrator. No I/O.
 *
 * Tables: edge-services.md 3.3 (TLS alerts) and 4.9 (ms-diagnostics).
 */
#ifndef COMMON_JUDGE_MEANINGS_H
#define COMMON_JUDGE_MEANINGS_H

#include "common/base/arena.h"
#include "common/model/observation.h"

/*
 * ": the issuer of the client certificate is not trusted there ...", from the
 * arena; "" where there was no alert or nothing is known of it.
 */
const char *alert_clause(struct arena *arena,
			 const struct observation *observation);

/*
 * "; 1008: an SRV record cannot be resolved: publish ..." of the first
 * ms-diagnostics header that says something, from the arena; "" without one.
 * The peer's own words are used where the id is unknown, cut and escaped.
 */
const char *diagnostics_clause(struct arena *arena,
			       const struct observation *observation);

#endif
