/*
 * faults.h - what can be wrong with a stand-in Edge, chosen by --fault. No
 * I/O.
 *
 * A row of the table is what people name; a quirk is what the listeners it
 * affects then do. Several rows may share a quirk.
 */
#ifndef PROBES_SERVE_FAULTS_H
#define PROBES_SERVE_FAULTS_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "probes/serve/authority.h"

#include <stdbool.h>
#include <stddef.h>
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
	/* what its authority says of it: enum revoking, in four bits */
	QUIRK_REVOKING,
	QUIRK_REVOKING_TOP = QUIRK_REVOKING + 3,
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
	QUIRK_COUNT,
	QUIRK_NEW_TLS = QUIRK_COUNT, /* no fault, an option: TLS 1.3 too */
	/* MSTURN, XMPP and the web services have listeners of their own, with
	 * none of the quirks of SIP, and share their bits */
	QUIRK_STANDARD_TURN = QUIRK_NEXT_HOP_DEAD,
	QUIRK_PRIVATE_ALTERNATE,
	QUIRK_HELLO_ONLY,
	QUIRK_NO_STARTTLS = QUIRK_NEXT_HOP_DEAD,
	QUIRK_HOST_UNKNOWN,
	QUIRK_HTML = QUIRK_NEXT_HOP_DEAD,
	QUIRK_INTERNAL_LOCATION,
	QUIRK_INTERNAL_LINKS,
	QUIRK_REDIRECT_LOOP,
	QUIRK_REDIRECT_FOREIGN,
	QUIRK_USER_MISSING,
	QUIRK_USER_REFUSED,
	QUIRK_POOL_UNREACHABLE,
	QUIRK_NO_TICKET,
	/* not bits, but what QUIRK_REVOKING then holds */
	QUIRK_VALUES = 128,
	QUIRK_REVOKED = QUIRK_VALUES + REVOKING_REVOKED,
	QUIRK_CRL_STALE = QUIRK_VALUES + REVOKING_STALE,
	QUIRK_CRL_GONE = QUIRK_VALUES + REVOKING_GONE,
	QUIRK_CRL_FOREIGN = QUIRK_VALUES + REVOKING_FOREIGN,
	QUIRK_NO_CDP = QUIRK_VALUES + REVOKING_NO_CDP,
	QUIRK_LDAP_CDP = QUIRK_VALUES + REVOKING_LDAP,
	QUIRK_OCSP_UNKNOWN = QUIRK_VALUES + REVOKING_UNKNOWN,
	QUIRK_MUST_STAPLE = QUIRK_VALUES + REVOKING_MUST_STAPLE,
	QUIRK_STAPLE_STALE = QUIRK_VALUES + REVOKING_STAPLE_STALE,
};

_Static_assert(QUIRK_NEW_TLS < 64, "quirks are a set of 64 bits");

#define QUIRK_BIT(quirk)       (UINT64_C(1) << (quirk))
#define LISTENER_BIT(listener) (UINT32_C(1) << (listener))

/* The reverse proxy beside the Edge: two listeners more. */
enum { STAND_WEB_HTTPS = LISTENER_COUNT, STAND_WEB_HTTP, STAND_COUNT };

#define STAND_WEB_NODE "web" /* its name among the nodes */

struct fault {
	const char *id;
	const char *summary; /* one line, for --list-faults, manual */
	uint32_t listeners;  /* bit set of LISTENER_BIT() */
	enum quirk quirk;
};

extern const struct fault fault_table[];
extern const size_t fault_count;

#define FAULT_CHOICES_MAX 64

/* A fault at one node, or at all (node NULL). */
struct fault_choice {
	const struct fault *fault;
	const char *node;
};

/*
 * Parses "ID" or "ID@NODE"; *why, from the arena, names what is unknown and
 * the nearest that is not.
 */
bool fault_parse(struct arena *arena, const char *text,
		 const struct topology *topology, struct fault_choice *choice,
		 const char **why);

/* Nothing is bound: QUIRK_REFUSE, or the other of two swapped lacks it. */
bool fault_refuses(enum listener listener, uint64_t quirks);

/* What quirks say of the certificate's revocation. */
enum revoking fault_revoking(uint64_t quirks);

/*
 * The quirks of one listener, or STAND_WEB_*, at one node: a bit set of
 * QUIRK_BIT().
 */
uint64_t fault_quirks(const struct fault_choice *choices, size_t count,
		      const char *node, unsigned listener);

#endif
