/*
 * errand.h - one row's business with one endpoint: where a run goes for a row
 * of the tables, and whom it sends. Pure: plan and judge make the same list.
 *
 * Rows that are judged so have the subject "errand" in judging.tsv. Which
 * follow from what a run is sent for (common/model/mission.h) says one
 * function a purpose; the table of them is in errand.c.
 */
#ifndef COMMON_PLAN_ERRAND_H
#define COMMON_PLAN_ERRAND_H

#include "common/model/deployment.h"
#include "common/model/plan.h"
#include "common/model/requirement.h"

#include <stdbool.h>

#define ERRANDS_MAX    2048
#define ERRAND_SAMPLES 3 /* ports of a range that are tried */

/* Asked where a port that may speak SIP without TLS does not. */
#define ERRAND_SECOND_PROBE "recognise-sip"

struct errand {
	const struct requirement *requirement;
	const char *node;    /* as in a verdict */
	const char *subject; /* "-", or a host or peer at that node */

	/* family 0: the name is not known to DNS, or not yet */
	struct endpoint endpoint;
	struct address from;  /* ours, to speak from; family 0: any */
	const char *probe;    /* in the registry */
	const char *protocol; /* what the row wants spoken: "sip-tls" */
	uint16_t sampled;     /* ports of the row's range; 0: no range */
};

struct errands {
	struct arena *arena;
	struct errand *items;
	size_t count, capacity;
	bool is_cut; /* more than the maximum */
};

/* Who is sent to see whether a protocol is spoken, how it may be met. */
struct errand_kind {
	const char *protocol; /* as in the tables */
	enum transport transport;
	const char *probe;
	bool is_mutual; /* a certificate of ours belongs there */
};

/* NULL for one that has no row: nobody knows how to ask. */
const struct errand_kind *errand_kind_find(const char *protocol,
					   enum transport transport);

/* The probe for it; of an unknown protocol one that listens, or "-". */
const char *errand_probe(const char *protocol, enum transport transport);

/* All errands of a deployment, by its mission; none without one. */
struct errands errands_of(struct arena *arena,
			  const struct deployment *deployment);

/*
 * Adds the DNS questions that errands wait for, and their checks as far as
 * wanted() accepts the probe. Call it after each targets_update().
 */
void errands_follow(struct plan *plan, const struct deployment *deployment,
		    bool (*wanted)(const void *context, const char *probe),
		    const void *context);

/*
 * For those who make errands
 */

/* Adds a copy. */
void errands_add(struct errands *errands, const struct errand *errand);

/*
 * Adds an errand to each address of a host, of the families that are wanted,
 * and where --connect leads; one without address where none is known. The
 * errand is filled in but for its endpoint's name and address.
 */
void errands_add_host(struct errands *errands,
		      const struct deployment *deployment,
		      const struct errand *errand,
		      const struct mission_host *host);

/*
 * The same at each port of a row: the only one, or samples of a range (first,
 * middle, last).
 */
void errands_add_ports(struct errands *errands,
		       const struct deployment *deployment,
		       const struct errand *errand,
		       const struct mission_host *host, uint16_t first,
		       uint16_t last);

/* The functions of the table in errand.c. */
void errands_of_role(struct errands *errands,
		     const struct deployment *deployment);
void errands_of_balancer(struct errands *errands,
			 const struct deployment *deployment);
void errands_of_edge_host(struct errands *errands,
			  const struct deployment *deployment);

#endif
