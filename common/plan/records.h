/*
 * records.h - the DNS records that a deployment needs, from the rows of
 * dns.tsv that apply to it. Pure.
 */
#ifndef COMMON_PLAN_RECORDS_H
#define COMMON_PLAN_RECORDS_H

#include "common/base/arena.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

enum record_zone { ZONE_EXTERNAL, ZONE_INTERNAL };
enum record_type { RECORD_A, RECORD_AAAA, RECORD_SRV };

const char *record_type_name(enum record_type type); /* "AAAA" */

struct record {
	const struct requirement *requirement; /* the first that asks for it */
	enum record_zone zone;
	const char *domain; /* the zone's name: a SIP domain or the internal */
	const char *name;   /* whole: "_sip._tls.contoso.com" */
	enum record_type type;
	struct address address; /* of A and AAAA */
	uint16_t port;		/* of SRV */
	const char *target;	/* of SRV */
};

struct records {
	struct record *items; /* by zone, in the order of the rows */
	size_t count, capacity;
};

/* Each record once; everything lives in the arena. */
struct records records_of(struct arena *arena, const struct topology *topology);

/*
 * The name in front of the zone's: "sip" of sip.contoso.com, "@" for the zone
 * itself. The whole name with a dot at its end where it lies elsewhere.
 */
const char *record_label(struct arena *arena, const struct record *record);

/* The Access Edge's name in a SIP domain: the deployment's, or sip.DOMAIN. */
const char *access_name_in(struct arena *arena, const struct topology *topology,
			   const char *domain);

#endif
