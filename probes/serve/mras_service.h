/*
 * mras_service.h - what the A/V Authentication service of a stand-in Edge
 * answers, at the internal TCP 5062. No I/O.
 *
 * Specification: msturn.md section 10. Who asks has shown a certificate; what
 * it is worth is the listener's business. The credentials are those of a
 * stand-in, and are treated as any other text here.
 */
#ifndef PROBES_SERVE_MRAS_SERVICE_H
#define PROBES_SERVE_MRAS_SERVICE_H

#include "common/model/credentials.h"
#include "common/wire/mras.h"
#include "probes/serve/registrar.h"

#define MRAS_SERVICE_PORT	 5062
#define MRAS_SERVICE_MINUTES_MAX 480 /* where the topology says nothing */

struct mras_service {
	/* Makes new ones; false: it cannot. */
	bool (*issue)(void *context, struct credentials *credentials,
		      unsigned minutes);
	void *context;
	unsigned minutes_max;		 /* 0: MRAS_SERVICE_MINUTES_MAX */
	enum mras_reason reason;	 /* MRAS_OK in a healthy one */
	const struct mras_relay *relays; /* by location */
	enum product product;
};

/*
 * The answer as text, or NULL where none is due (ACK, responses). Whoever has
 * asked for a location is told of the relays there alone.
 */
char *mras_service_answer(struct arena *arena,
			  const struct mras_service *service,
			  const struct sip_message *message,
			  const struct caller *caller);

#endif
