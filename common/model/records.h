/*
 * records.h - names of records that are looked up beside the plan's own, and
 * what an answer for a name that nobody publishes takes away. No I/O.
 *
 * Specification: edge-services.md 11.2 (order of lookup), 11.7 (mistakes).
 */
#ifndef COMMON_MODEL_RECORDS_H
#define COMMON_MODEL_RECORDS_H

#include "common/model/deployment.h"

/* A label that nobody publishes; it resolves under a wildcard only. */
#define RECORDS_WILDCARD_LABEL "edgeprobe-no-such-host"

/* What clients ask for first, and what only networks inside shall answer. */
struct inside_record {
	const char *label; /* "sipinternal" */
	bool is_srv;
};

extern const struct inside_record inside_records[];
extern const size_t inside_record_count;

#define MISSPELT_MAX 3

/*
 * How people misspell "_sip._tls.DOMAIN" or "_sipfederationtls._tcp.DOMAIN",
 * the most frequent first; the last is the one whose zone was appended twice.
 * Names come from the arena. 0 for other services.
 */
size_t records_misspelt(struct arena *arena, const char *service,
			const char *domain, const char *names[MISSPELT_MAX]);

/*
 * Whether a name in one of the SIP domains has the very answers that a label
 * nobody publishes has there, so that only a wildcard may stand behind it:
 * an SRV record; one of its answers; a host name.
 */
bool records_srv_is_echo(const struct deployment *deployment,
			 const char *service, const char *domain);
bool records_is_wildcard_answer(const struct deployment *deployment,
				const char *answer, const char *domain);
bool records_host_is_echo(const struct deployment *deployment,
			  const char *name);

/*
 * The host that desktop clients outside try where _sip._tls is missing: sip,
 * or sipexternal where only that one has an address (11.2, rows 7 and 8).
 */
const char *records_fallback_host(const struct deployment *deployment,
				  const char *domain);

/*
 * Whether a host that certificates hold is well without a record outside:
 * names for inside, and sipexternal, which is a choice.
 */
bool records_may_be_missing(const char *name);

/* Whether it is a host address in letters, "203.0.113.5". */
bool records_is_address(const char *target);

/* Whether it ends in the domain twice: the final dot was forgotten. */
bool records_is_doubled(const char *target, const char *domain);

#endif
