/*
 * mission.h - what a run inside is sent for: whose rows, and to which hosts.
 * Pure data.
 */
#ifndef COMMON_MODEL_MISSION_H
#define COMMON_MODEL_MISSION_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>

/* Which rows: see common/plan/errand.c. */
enum purpose {
	PURPOSE_ROLE,	   /* ports of a server role, server-ports.tsv */
	PURPOSE_HLB,	   /* ports of a load balancer, hlb-ports.tsv */
	PURPOSE_CLIENT,	   /* ports that clients use, client-ports.tsv */
	PURPOSE_EDGE_HOST, /* what the Edge sends itself, firewall.tsv */
	PURPOSE_COUNT
};

/* One host to go to. */
struct mission_host {
	const char *node;	/* as it is called in verdicts */
	const char *name;	/* for TLS and DNS; NULL: none is known */
	struct address address; /* family 0: what DNS gives for the name */
};

#define MISSION_HOSTS_MAX 256

const char *purpose_name(enum purpose purpose); /* "edge-host" */
bool purpose_parse(const char *name, enum purpose *purpose);

#define MISSION_NAMES_MAX 32

/* Whom an Edge speaks to, beside those of the topology file. */
enum peer {
	PEER_PARTNER,	   /* SIP domains */
	PEER_XMPP_PARTNER, /* domains */
	PEER_NEXT_HOP,	   /* hosts inside: names, addresses */
	PEER_URL,	   /* of CRLs and OCSP responders */
	PEER_EDGE,	   /* other A/V Edges: names, addresses */
	PEER_COUNT
};

const char *peer_name(enum peer peer); /* "next-hop" */

/* As they were told. */
struct mission_names {
	const char *items[MISSION_NAMES_MAX];
	size_t count;
};

struct mission {
	enum purpose purpose;
	const char *role; /* common/plan/server_role.h, or of hlb-ports; NULL */
	const struct mission_host *hosts;
	size_t host_count;

	/* PURPOSE_EDGE_HOST */
	const char *node; /* which node this host is; NULL: found */
	struct mission_names peers[PEER_COUNT];
};

/* Whether two runs were sent for the same; NULL is for nothing in particular.
 */
bool mission_equal(const struct mission *one, const struct mission *other);

#endif
