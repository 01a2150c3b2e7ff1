/*
 * requirement.h - the requirements, one row each, from the tables compiled in
 * (common/tables), with how each is judged (judging.tsv). All are published
 * but those of services.tsv, which are the product's own. No I/O.
 */
#ifndef COMMON_MODEL_REQUIREMENT_H
#define COMMON_MODEL_REQUIREMENT_H

#include "common/model/observation.h"
#include "common/model/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_MUST, SEVERITY_SHOULD, SEVERITY_INFO };

const char *severity_name(enum severity severity);

/* How a row is settled. */
enum settle {
	SETTLE_PROBE,	  /* by a predicate over observations */
	SETTLE_PLAN,	  /* by the topology file alone (lint.h) */
	SETTLE_MANUAL,	  /* only a person can: unobserved, says so */
	SETTLE_REFERENCE, /* only describes: listed, in no verdict */
};

/*
 * One row of judging.tsv: keyed by id, flow, or a prefix ending in '*'. An id
 * comes before a flow, a flow before a prefix, the longest prefix first.
 */
struct judging {
	const char *key;
	enum settle settle;
	const char *probe;     /* whose observations settle it; "-" none yet */
	const char *predicate; /* name in the judge's table; "-" none yet */
	const char *needs;     /* id or flow that is its ground; "-" none */
	const char *subject;   /* "-", "sip-domain" (of listeners: without the
				* first), "every-domain", "name",
				* "certificate", "errand", "host" */
	uint32_t vantages;     /* bits as above; 0: as published */
	const char *listener;  /* keys of listener_table, commas; "-" none */
	const char *when;      /* condition instead of the published; "-" */
	const char *finding;   /* what tells the most of it; "-" */
};

/* Whose addresses a row speaks of; differs with a load balancer only. */
enum place {
	PLACE_ANY,  /* every address of the listener */
	PLACE_NODE, /* addresses of the Edge Servers themselves */
	PLACE_VIP,  /* addresses of the load balancer */
};

struct requirement {
	const char *id;
	const char *flow;    /* rows of one flow or DNS record say the same in
			      * several documents; "" when there is none */
	const char *table;   /* file it stems from: "firewall" */
	const char *area;    /* "dns", "certificates", "access", "federation",
			      * "webconf", "av", "xmpp", "internal", "servers",
			      * "clients", "ipsec", "topology", "web",
			      * "exposure", "place", "revocation" */
	const char *seed;    /* "000"; "-" */
	const char *section; /* heading of the source table */
	enum place place;
	uint32_t kinds;	   /* bit set of 1 << enum topology_kind */
	uint32_t products; /* bit set of 1 << enum product, as published */
	const char *required_when; /* condition expression or "always" */
	enum severity severity;
	const char *name;      /* DNS name or certificate value, a template */
	const char *port;      /* "TCP 443"; "" when it speaks of none */
	const char *statement; /* one sentence: what is demanded */
	const char *how;       /* how to check */
	const char *note;
	bool when_only;	   /* firewall: "only" then, so shut otherwise */
	uint32_t vantages; /* from where it can be seen: 1 << enum vantage */
	const struct judging *judging; /* never NULL */
};

/* Whose address a row of firewall.tsv speaks of. */
enum interface {
	INTERFACE_EXTERNAL,
	INTERFACE_INTERNAL,
	INTERFACE_VIP_EXTERNAL,
	INTERFACE_VIP_INTERNAL,
	INTERFACE_COUNT
};

/* What a row of firewall.tsv has beside the columns of all tables. */
struct firewall_row {
	const struct requirement *requirement;
	enum interface interface;
	enum transport transport;
	uint16_t first, last;	  /* ports, as published */
	const char *sources;	  /* address roles, commas between */
	const char *destinations; /* of requirements/README.md */
	const char *source_words; /* the same for people */
	const char *destination_words;
	const char *protocol; /* "sip-mtls" */
	bool any_ok;	      /* "any" need not be narrowed */
	bool is_inbound;      /* the first packet comes to the Edge */
	bool is_local_port;   /* the ports are the sender's own */
};

/* Those of firewall.tsv, in table order; never changes. */
const struct firewall_row *firewall_table(size_t *count);

/* What a row of the other tables of ports has beside those columns. */
struct port_row {
	const struct requirement *requirement;
	const char *role;     /* whose port it is: "frontend", "client" */
	const char *mode;     /* hlb-ports: "hlb-only"; else "" */
	const char *protocol; /* "sip-tls" */
	uint32_t transports;  /* 1 << enum transport */
	uint16_t first, last;
	bool listens; /* else the role is who connects */
};

/* Those of server-ports, hlb-ports and client-ports; never changes. */
const struct port_row *port_table(size_t *count);

/* All rows of all tables, in table order; never changes. */
const struct requirement *requirement_table(size_t *count);

/* By id; NULL when there is none. */
const struct requirement *requirement_find(const char *id);

#endif
