/*
 * quirks.h - what a listener of a stand-in Edge does otherwise than a healthy
 * one, as a set. No I/O.
 */
#ifndef PROBES_SERVE_QUIRKS_H
#define PROBES_SERVE_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>

enum quirk {
	/* conduct of a listener, whatever it speaks */
	QUIRK_REFUSE, /* not bound */
	QUIRK_MUTE,   /* takes all, answers nothing */
	QUIRK_RESET,  /* resets when first spoken to */
	/* which conversation is held */
	QUIRK_WEBCONF_THERE,
	QUIRK_SSH_THERE,
	QUIRK_HTTP_THERE,
	QUIRK_TLS_THERE,
	QUIRK_CLOSES, /* right after the handshake */
	/* beside it, what should be shut outside */
	QUIRK_AV_AUTH_OPEN,
	QUIRK_SIP_OPEN,
	QUIRK_PORTS_OPEN,
	QUIRK_SIP_THERE,
	QUIRK_RELAY_THERE,
	QUIRK_SWAP_ACCESS_WEBCONF,
	QUIRK_SWAP_ACCESS_AV,
	QUIRK_SWAP_WEBCONF_AV,
	/* TLS */
	QUIRK_NO_CERTIFICATE_REQUEST,
	QUIRK_OLD_TLS,
	QUIRK_MISSING_INTERMEDIATE,
	QUIRK_SNI_REQUIRED,
	QUIRK_MANY_ISSUERS,
	/* certificate */
	QUIRK_EXPIRED,
	QUIRK_EXPIRES_SOON,
	QUIRK_NOT_YET_VALID,
	QUIRK_SELF_SIGNED,
	QUIRK_PRIVATE_ROOT,
	QUIRK_LACKS_ACCESS,
	QUIRK_LACKS_WEBCONF,
	QUIRK_LACKS_SECOND_DOMAIN,
	QUIRK_LACKS_XMPP,
	QUIRK_WEB_NAMES,
	QUIRK_SN_DIFFERS,
	QUIRK_WILDCARD_SUBJECT,
	QUIRK_WILDCARD_ONLY,
	QUIRK_WILDCARD_BESIDE,
	QUIRK_UNDERSCORE,
	QUIRK_UNORDERED,
	QUIRK_MANY_NAMES,
	QUIRK_HALF_RENEWED,
	QUIRK_EC_KEY,
	QUIRK_PSS,
	QUIRK_NO_CLIENT_AUTH,
	QUIRK_WEAK_KEY,
	QUIRK_SHA1,
	QUIRK_NO_SERVER_AUTH,
	/* what its authority says of it, in the order of enum revoking */
	QUIRK_REVOKED,
	QUIRK_CRL_STALE,
	QUIRK_CRL_GONE,
	QUIRK_CRL_FOREIGN,
	QUIRK_NO_CDP,
	QUIRK_LDAP_CDP,
	QUIRK_OCSP_UNKNOWN,
	QUIRK_MUST_STAPLE,
	QUIRK_STAPLE_STALE,
	/* SIP */
	QUIRK_NEXT_HOP_DEAD,
	QUIRK_ACCESS_DISABLED,
	QUIRK_CLOCK_SKEW,
	QUIRK_KERBEROS_ONLY,
	QUIRK_DIGEST_ONLY,
	QUIRK_NO_TLS_DSK,
	QUIRK_TLS_DSK_ONLY,
	QUIRK_INTERNAL_STS,
	QUIRK_MIXED_VERSIONS,
	QUIRK_PARTNER_REFUSED,
	QUIRK_PARTNER_UNPROVEN,
	/* MSTURN */
	QUIRK_STANDARD_TURN,
	QUIRK_PRIVATE_ALTERNATE,
	QUIRK_HELLO_ONLY,
	QUIRK_OTHER_ALTERNATE,
	QUIRK_REPLY_ELSEWHERE,
	QUIRK_STALE_FOR_EVER,
	/* what Allocate is refused with: msturn.md 7 */
	QUIRK_ALLOCATE_300,
	QUIRK_ALLOCATE_430,
	QUIRK_ALLOCATE_431,
	QUIRK_ALLOCATE_436,
	QUIRK_ALLOCATE_486,
	QUIRK_ALLOCATE_500,
	QUIRK_ALLOCATE_600,
	/* relays */
	QUIRK_RELAY_OUTSIDE_RANGE,
	QUIRK_RELAY_PRIVATE,
	QUIRK_RELAY_ELSEWHERE,
	QUIRK_SOURCE_NAT,
	QUIRK_SOURCE_NAT_EDGE,
	QUIRK_OUTWARD_ONLY,
	QUIRK_INWARD_ONLY,
	QUIRK_REACHES_PRIVATE,
	QUIRK_LONG_INTEGRITY,
	QUIRK_NO_SEQUENCE,
	QUIRK_SHORT_LIFETIME,
	/* XMPP */
	QUIRK_NO_STARTTLS,
	QUIRK_HOST_UNKNOWN,
	/* web services */
	QUIRK_HTML,
	QUIRK_INTERNAL_LOCATION,
	QUIRK_INTERNAL_LINKS,
	QUIRK_REDIRECT_LOOP,
	QUIRK_REDIRECT_FOREIGN,
	QUIRK_USER_MISSING,
	QUIRK_USER_REFUSED,
	QUIRK_POOL_UNREACHABLE,
	QUIRK_NO_TICKET,
	QUIRK_PLAIN_HTTP, /* where there should be TLS */
	QUIRK_COUNT,
	QUIRK_NEW_TLS = QUIRK_COUNT, /* no fault, an option: TLS 1.3 too */
};

#define QUIRK_WORDS	2
#define QUIRK_WORD_BITS 64

_Static_assert(QUIRK_NEW_TLS < QUIRK_WORDS * QUIRK_WORD_BITS,
	       "a set has room for every quirk");

struct quirks {
	uint64_t words[QUIRK_WORDS];
};

extern const struct quirks quirks_none;

struct quirks quirks_of(enum quirk quirk); /* one alone */
void quirks_add(struct quirks *quirks, struct quirks more);
bool quirks_have(struct quirks quirks, enum quirk quirk);
bool quirks_equal(struct quirks one, struct quirks other);

/* Those from first to last, in the order above. */
struct quirks quirks_between(struct quirks quirks, enum quirk first,
			     enum quirk last);

#endif
