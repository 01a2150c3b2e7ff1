/*
 * showing.h - the certificate that a stand-in Edge shows, healthy or with
 * quirks, as a TLS context. No network.
 */
#ifndef PROBES_SERVE_SHOWING_H
#define PROBES_SERVE_SHOWING_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "probes/serve/authority.h"
#include "probes/serve/quirks.h"

#include <stdint.h>

/*
 * What an Edge of this topology needs in its certificate (requirements,
 * cert.ext.*), changed by the quirks. Strings live in the arena.
 */
void showing_spec(struct arena *arena, const struct topology *topology,
		  struct quirks quirks, struct leaf_spec *spec);

/* The same for the reverse proxy in front of the web services (13.6). */
void showing_web_spec(struct arena *arena, const struct topology *topology,
		      struct quirks quirks, struct leaf_spec *spec);

/* What everything inside is called by: "sfbedge.contoso.net". */
const char *showing_inside_name(struct arena *arena,
				const struct topology *topology);

/* The same for the internal interface of all nodes: one name (13.2). */
void showing_inside_spec(struct arena *arena, const struct topology *topology,
			 struct quirks quirks, struct leaf_spec *spec);

/* Those of the quirks that change the certificate itself. */
struct quirks showing_quirks(struct quirks quirks);

enum client_certificate {
	CLIENT_CERTIFICATE_IGNORED,
	CLIENT_CERTIFICATE_ASKED, /* any is taken, none too */
	CLIENT_CERTIFICATE_REQUIRED,
};

/* The caller frees it, before the leaf; NULL with *why when OpenSSL refuses. */
SSL_CTX *showing_context(const struct authority *authority,
			 const struct leaf *leaf, struct quirks quirks,
			 enum client_certificate asks, const char **why);

#endif
