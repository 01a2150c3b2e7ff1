/*
 * plan.h - what to look at: the checks of a run. No I/O.
 *
 * A check is one conversation with one endpoint and serves every requirement
 * that it can settle (style.md section 1).
 */
#ifndef COMMON_MODEL_PLAN_H
#define COMMON_MODEL_PLAN_H

#include "common/model/observation.h"
#include "common/model/topology.h"

#include <stddef.h>
#include <stdint.h>

/* exposure: what a port that is tried is to the deployment. */
enum port_use {
	PORT_SHUT,	 /* nobody outside should find it open */
	PORT_SHUT_SIP,	 /* likewise, and SIP without TLS is looked for */
	PORT_SERVED,	 /* a listener: tells how long an answer takes */
	PORT_SERVED_SIP, /* likewise, of SIP over TLS alone */
	PORT_UNUSED,	 /* nobody's: who takes it takes all */
};

struct port_trial {
	uint16_t port;
	enum port_use use;
};

#define PLAN_PORTS_MAX 64
struct certificate;

/* One planned check; immutable once planned. */
struct check_spec {
	const char *probe;	    /* name in the registry: "sip" */
	struct endpoint endpoint;   /* name: SNI, or the DNS name asked */
	struct address from;	    /* ours, to speak from; family 0: any */
	struct endpoint second;	    /* relay-pair: the other of the two */
	const char *subject;	    /* SIP domain or name; "-" */
	uint16_t dns_type;	    /* dns probe only: enum dns_type */
	const char *const *domains; /* sip: domains to ask for */
	size_t domain_count;
	const struct port_trial *ports; /* exposure: at most PLAN_PORTS_MAX */
	size_t port_count;
	bool without_sni;	 /* name no server in the TLS hello */
	const char *from_domain; /* sip-partner, mras: whom we speak for */
	bool shows_identity;	 /* the certificate that was given, if any */
	const char *url;	 /* web probes, those about a certificate, and
				  * mras: the service's SIP URI */
	unsigned hops;		 /* how many answers led there */
	unsigned later_trips;	 /* round trips of what its answer leads to */
	const struct certificate *certificate; /* crl, ocsp, issuer: which */
};

struct plan {
	const struct check_spec **items;
	size_t count, capacity;
};

/*
 * Adds a copy of spec unless an equal check (probe, name, address, port,
 * transport, source, dns_type, subject, url, certificate) is planned already.
 */
void plan_add(struct arena *arena, struct plan *plan,
	      const struct check_spec *spec);

bool plan_has(const struct plan *plan, const struct check_spec *spec);

#endif
