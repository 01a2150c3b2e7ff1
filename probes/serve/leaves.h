/*
 * leaves.h - the certificates that a stand-in Edge shows, each made once. No
 * network.
 */
#ifndef PROBES_SERVE_LEAVES_H
#define PROBES_SERVE_LEAVES_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "probes/serve/authority.h"
#include "probes/serve/showing.h"

/* Where a certificate is shown. */
enum leaf_place { LEAF_OUTSIDE, LEAF_WEB, LEAF_INSIDE };

struct leaves {
	struct arena *arena;
	const struct topology *topology;
	struct authority *authority; /* borrowed */
	struct leaf_shown *shown;
};

/*
 * A TLS server's context with the certificate of that place, as the quirks
 * make it. The caller frees it, before the leaves; NULL with *why, from the
 * arena, when OpenSSL refuses.
 */
SSL_CTX *leaves_context(struct leaves *leaves, enum leaf_place place,
			struct quirks quirks, enum client_certificate asks,
			const char **why);
void leaves_clear(struct leaves *leaves);

#endif
