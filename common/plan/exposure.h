/*
 * exposure.h - which ports of an address nobody outside should find open:
 * those that belong inside, and those that the firewall tables name for what
 * this deployment does not do. No I/O.
 *
 * Specification: rule fw.only-required; edge-services.md sections 2.3, 4.12,
 * 7; firewall.tsv, rows of direction "in" at external interfaces.
 */
#ifndef COMMON_PLAN_EXPOSURE_H
#define COMMON_PLAN_EXPOSURE_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

/* Why a port has to be shut. */
enum exposure_kind {
	EXPOSURE_AV_AUTH,  /* A/V authentication: internal only */
	EXPOSURE_SIP,	   /* SIP without TLS: never needed */
	EXPOSURE_INTERNAL, /* other ports of the internal interface */
	EXPOSURE_HOST,	   /* of the operating system and its databases */
	EXPOSURE_UNCALLED, /* of a feature that is off or gone */
	EXPOSURE_KIND_COUNT
};

struct exposure_port {
	uint16_t port;
	enum exposure_kind kind;
	const char *what; /* "SIP without TLS"; for EXPOSURE_UNCALLED a flow */
};

#define EXPOSURE_PORTS_MAX (PLAN_PORTS_MAX - 16)

/*
 * Every port worth trying at an address, whatever turns out about product and
 * features; those that the deployment serves there are left out. Sorted.
 */
size_t exposure_candidates(const struct deployment *deployment,
			   const struct address *address,
			   struct exposure_port ports[EXPOSURE_PORTS_MAX]);

/*
 * Whether the port must be shut by what is known in the end: false where a
 * row of the tables calls for it, or where the product that decides is only
 * assumed.
 */
bool exposure_holds(const struct deployment *deployment,
		    const struct exposure_port *port);

/*
 * Whether the deployment's own traffic may be looked at that closely there:
 * not where --connect leads elsewhere, on loopback, or at the addresses of a
 * guessed name that may be a stranger's. *why says which, for people.
 */
bool exposure_may_try(const struct deployment *deployment,
		      const struct target *target, const char **why);

/* Plans one check for the target's address, once. */
void exposure_plan(struct plan *plan, const struct deployment *deployment,
		   const struct target *target);

#endif
