/*
 * gateway.h - what the XMPP proxy of an Edge answers to another server. No
 * I/O.
 *
 * Specification: RFC 6120 4, 5; edge-services.md 8.3. It goes as far as the
 * features behind TLS: whoever would authenticate is told not-authorized, as
 * a domain that is no allowed partner.
 */
#ifndef PROBES_SERVE_GATEWAY_H
#define PROBES_SERVE_GATEWAY_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "common/wire/xmpp.h"
#include "probes/serve/quirks.h"

#include <stdint.h>

struct gateway {
	const struct topology *topology;
	struct quirks quirks;
};

/* One connection's stream; xmpp_begin() its reader at the start. */
struct gateway_talk {
	struct xmpp_reader reader;
	bool is_secure;
	unsigned number; /* of the connection, for the stream's id */
};

enum gateway_next {
	GATEWAY_STAYS,
	GATEWAY_SECURES, /* start TLS once the answer is written */
	GATEWAY_LEAVES,
};

/*
 * Takes what was heard: *answer, from the arena, is what to say to it ("" for
 * nothing). With GATEWAY_SECURES the talk is ready for the next stream, and
 * all that was heard in clear text is done with.
 */
enum gateway_next gateway_hear(struct arena *arena,
			       const struct gateway *gateway,
			       struct gateway_talk *talk, const char *data,
			       size_t length, const char **answer);

#endif
