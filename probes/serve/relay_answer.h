/*
 * relay_answer.h - the answers of a relay, formed. No I/O.
 *
 * Specification: [MS-TURN] 3.3.5.1; msturn.md 4.2, 6.2, 7.
 */
#ifndef PROBES_SERVE_RELAY_ANSWER_H
#define PROBES_SERVE_RELAY_ANSWER_H

#include "probes/serve/relay.h"

/* An error response to the request, with all that belongs to its code. */
void relay_answer_error(const struct relay *relay,
			const struct relay_call *call, unsigned code,
			struct relay_answer *answer);

/* A success response to Allocate, without addresses when it releases. */
void relay_answer_allocate(const struct relay *relay,
			   const struct relay_call *call,
			   const struct relay_grant *grant, uint32_t lifetime_s,
			   struct relay_answer *answer);

/* A success response to Set Active Destination. */
void relay_answer_destination(const struct relay *relay,
			      const struct relay_call *call,
			      const struct relay_grant *grant,
			      struct relay_answer *answer);

/* What a standard TURN server says in the relay's place (msturn.md 11.2). */
void relay_answer_standard(const struct relay_call *call,
			   struct relay_answer *answer);

#endif
