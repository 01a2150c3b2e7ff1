/*
 * registrar.h - what an Access Edge and the pool behind it answer to SIP. No
 * I/O.
 *
 * Specification: edge-services.md 4.3, 4.4; RFC 3261 8.2.6. Healthy answers:
 * 504 for a domain that is not served, at once and by the Edge itself; 401
 * for a REGISTER to a served one, which comes from behind it. An OPTIONS to
 * a served domain without a user is answered 504 too: nobody has published
 * what a real Edge says, and 504 is the answer that asks most of a reader,
 * who must tell it from a dead next hop by the REGISTER. Inside, where servers
 * of the pool ask, the Edge answers to its own name and has no route out.
 */
#ifndef PROBES_SERVE_REGISTRAR_H
#define PROBES_SERVE_REGISTRAR_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "common/wire/sip.h"
#include "probes/serve/quirks.h"

#include <stdint.h>
#include <stdio.h>

struct registrar {
	const struct topology *topology;
	const char *next_hop;	  /* authenticating server, for targetname */
	const char *web_services; /* host of the sts-uri */
	const char *inside_name;  /* its own, asked there; NULL: outside */
	struct quirks quirks;
};

/* Who asks, and when. */
struct caller {
	struct endpoint from;	/* as the Edge sees it */
	unsigned connection;	/* number of the connection */
	int64_t wall_s;		/* seconds since 1970 */
	uint8_t randomness[16]; /* for the To tag */
};

/* The answer as text, or NULL where none is due (ACK, responses). */
char *registrar_answer(struct arena *arena, const struct registrar *registrar,
		       const struct sip_message *message,
		       const struct caller *caller);

/* What an answer repeats of its request, RFC 3261 8.2.6.2. */
void registrar_echo(FILE *out, const struct sip_message *message,
		    const struct caller *caller);

/* "RTC/7.0", what the Server header of a product says. */
const char *registrar_server(enum product product);

/* What is said to a peer that does not speak SIP, before closing. */
char *registrar_refusal(struct arena *arena, enum product product);

#endif
