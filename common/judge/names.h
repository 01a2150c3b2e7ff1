/*
 * names.h - what DNS said of the names that rows speak of. No I/O.
 */
#ifndef COMMON_JUDGE_NAMES_H
#define COMMON_JUDGE_NAMES_H

#include "common/judge/predicate.h"

/* What is known of a name and type. */
enum known {
	KNOWN_NOT_ASKED,
	KNOWN_FAILED,  /* no resolver gave an answer */
	KNOWN_MISSING, /* NXDOMAIN, or no record of the type */
	KNOWN_PRESENT,
};

enum known name_known(const struct deployment *deployment, const char *name,
		      uint16_t type);

/* " (NXDOMAIN)" where the whole name is missing, else "". */
const char *name_missing_text(const struct observation *seen);

/* ": SERVFAIL, ..." of a lookup that failed; "" when nothing came. */
const char *name_failed_text(const struct inquiry *inquiry,
			     const struct observation *seen);

#define NAME_ADDRESSES_MAX 1024 /* as many as answers keep, IPv4 and IPv6 */

/* The addresses of a name, IPv4 first, that DNS gave. */
struct addresses {
	struct address items[NAME_ADDRESSES_MAX];
	size_t count, ipv4_count;
	bool cut; /* there were more than an answer keeps */
	enum known ipv4, ipv6;
};

/* Adds the observations to the opinion's evidence. */
void addresses_of(const struct inquiry *inquiry, struct opinion *opinion,
		  const char *name, struct addresses *addresses);

/*
 * Opines where there is no address: wrong where DNS says so, unobserved
 * where it says nothing. False when there is one.
 */
bool opine_no_address(const struct inquiry *inquiry, struct opinion *opinion,
		      const char *name, const struct addresses *addresses,
		      const char *cause);

/* Opines where there is one; false when all are well. */
bool opine_private(const struct inquiry *inquiry, struct opinion *opinion,
		   const char *name, const struct addresses *addresses);

/* The first address that the Internet cannot route to; NULL: none. */
const struct address *addresses_private(const struct addresses *addresses);

/* "192.0.2.10, 192.0.2.11", from the arena; of many, how many more. */
const char *addresses_text(const struct inquiry *inquiry,
			   const struct addresses *addresses);

/* The SRV record that is picked: lowest priority, then highest weight. */
struct srv_pick {
	enum known known;
	const char *owner;  /* "_sip._tls.contoso.com" */
	const char *target; /* "." where the service is not offered */
	uint16_t port;
	uint16_t priority, weight;
	size_t targets; /* distinct ones, at most DEPLOYMENT_SRV_HOSTS_MAX */
	size_t records;
	const struct observation *observation;
};

struct srv_pick srv_pick(const struct inquiry *inquiry, const char *service,
			 const char *domain);

/* The finding that tells that the Access Edge's name has no address. */
const char *access_missing_cause(const struct inquiry *inquiry,
				 const struct srv_pick *pick, const char *name);

/* What is odd about the form of its target; NULL: it names a host. */
const char *srv_target_fault(const struct inquiry *inquiry,
			     const struct srv_pick *pick);

/* The last alias of a name; the name itself where it is none. */
const char *name_canonical(const struct inquiry *inquiry, const char *name);

/* The Access Edge's name in a SIP domain: by SRV record, else sip.DOMAIN. */
const char *access_name_of(const struct inquiry *inquiry, const char *domain);

#endif
