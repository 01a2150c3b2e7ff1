/*
 * certificate.h - what a certificate that was seen is good for. No I/O.
 *
 * Reads the facts of one observation and its cert.der; time is the
 * observation's own, the chain's result a fact. Rules: edge-services.md 13,
 * requirements/certificates.tsv, product.md decision 9.
 */
#ifndef COMMON_JUDGE_CERTIFICATE_H
#define COMMON_JUDGE_CERTIFICATE_H

#include "common/base/arena.h"
#include "common/judge/verdict.h"

#include <stdbool.h>

#define CERTIFICATE_SOON_DAYS	30
#define CERTIFICATE_URGENT_DAYS 7

/* How a certificate covers a name, from not at all to as it should be. */
enum cover {
	COVER_NONE,
	COVER_SUBJECT,	/* by the subject name; no SAN is there */
	COVER_WILDCARD, /* by an entry with a wildcard */
	COVER_EXACT,
};

/*
 * Whether the leaf covers name, and by which entry (from the arena; NULL
 * with COVER_NONE).
 */
enum cover certificate_covers(struct arena *arena,
			      const struct observation *observation,
			      const char *name, const char **entry);

/* The same of the certificate that we showed ourselves (client.der). */
enum cover certificate_own_covers(struct arena *arena,
				  const struct observation *observation,
				  const char *name, const char **entry);

/* "it names sip.contoso.com, webcon.contoso.com", or that there is no SAN. */
const char *certificate_names(struct arena *arena,
			      const struct observation *observation);

/* The subject name (CN); NULL when there is none that is one plain word. */
const char *certificate_subject(const struct observation *observation);

/* Whether both showed the same leaf; false when one showed none. */
bool certificate_same(const struct observation *one,
		      const struct observation *other);

/* Whether two leaves, the same or not, have one public key. */
bool certificate_same_key(const struct observation *one,
			  const struct observation *other);

/*
 * Whether it names an XMPP domain by other than a DNS name: as the service
 * _xmpp-server.DOMAIN (RFC 4985) or as an XMPP address (RFC 6120 13.7.1.4).
 */
bool certificate_names_xmpp(const struct observation *observation,
			    const char *domain);

/* Whether the chain leads to none of the roots it was held against. */
bool certificate_is_untrusted(const struct observation *observation);

/* One thing that may be the matter with a certificate. */
struct certificate_fault {
	enum state state;
	const char *cause; /* id of a finding: "cert.expired" */
	const char *because;
};

/*
 * The worst fault that the certificate has apart from its names: dates,
 * chain, purpose, key, signature. STATE_VERIFIED with a sentence when none.
 */
struct certificate_fault
certificate_fault(struct arena *arena, const struct observation *observation);

/* The same without the chain: dates, purpose, key, signature. */
struct certificate_fault
certificate_own_fault(struct arena *arena,
		      const struct observation *observation);

/* Whether its extended key usage allows servers; without one, it does. */
bool certificate_is_for_servers(const struct observation *observation);

/* Whether the chain ends before any of the roots it was held against. */
bool certificate_lacks_root(const struct observation *observation);

#endif
