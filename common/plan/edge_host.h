/*
 * edge_host.h - what to look at from the Edge's own place: the host itself, and
 * whom it has to reach. No I/O.
 *
 * Specification: rows of firewall.tsv that begin at the Edge.
 */
#ifndef COMMON_PLAN_EDGE_HOST_H
#define COMMON_PLAN_EDGE_HOST_H

#include "common/model/deployment.h"
#include "common/model/plan.h"

/* Adds what follows from what is known, as look.follow asks for it. */
void edge_host_follow(struct plan *plan, const struct deployment *deployment,
		      bool (*wanted)(const void *context, const char *probe),
		      const void *context);

/* The last observation of the host itself, or NULL. */
const struct observation *edge_host_seen(const struct deployment *deployment);

/* "_sipfederationtls._tcp.DOMAIN" of a partner, from the arena. */
const char *edge_host_partner_record(struct arena *arena, const char *domain);

/* "_xmpp-server._tcp.DOMAIN" */
const char *edge_host_xmpp_record(struct arena *arena, const char *domain);

#endif
