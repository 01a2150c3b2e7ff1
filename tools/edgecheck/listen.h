/*
 * listen.h - edgecheck --listen: the end that waits for edgecheck --toward.
 */
#ifndef TOOLS_EDGECHECK_LISTEN_H
#define TOOLS_EDGECHECK_LISTEN_H

#include "common/base/network.h"
#include "common/model/endpoint.h"

#include <stddef.h>

#define LISTEN_PORT	    7443
#define LISTEN_EXPIRY_S	    600
#define LISTEN_NETWORKS_MAX 16

struct listen_settings {
	struct endpoint at;   /* family 0: every IPv4 address; port 0: any */
	const char *key_file; /* to write; NULL: the key is shown */
	int64_t expiry_us;
	struct network allowed[LISTEN_NETWORKS_MAX];
	size_t allowed_count; /* 0: whoever has the key */
};

/* Serves one run of the other side; the exit code. */
int listen_serve(const struct listen_settings *settings);

#endif
