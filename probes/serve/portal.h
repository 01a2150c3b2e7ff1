/*
 * portal.h - what a reverse proxy in front of the web services answers. No
 * I/O.
 *
 * Specification: edge-services.md 12.2; [MS-OCDISCWS] 3.1.5.2, 3.1.5.3. It
 * goes as far as the challenge for a ticket, which nobody ever gets.
 */
#ifndef PROBES_SERVE_PORTAL_H
#define PROBES_SERVE_PORTAL_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "probes/serve/quirks.h"

#include <stddef.h>
#include <stdint.h>

#define PORTAL_HEAD_MAX 16384 /* of one request, without a body */

struct portal {
	const struct topology *topology;
	bool is_secure;
	struct quirks quirks;
};

/* The length of the head at the front, its end included; 0: not whole yet. */
size_t portal_head_length(const char *data, size_t length);

/* The answer to a whole head, as text. */
const char *portal_answer(struct arena *arena, const struct portal *portal,
			  const char *head, size_t length);

/* "webext.contoso.com": where links of a SIP domain lead. */
const char *portal_host(struct arena *arena, const struct topology *topology,
			const char *domain);

#endif
