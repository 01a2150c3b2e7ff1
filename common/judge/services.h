/*
 * services.h - which service answers at an endpoint, whatever was hoped for
 * there, and which names lead to each other's address. No I/O.
 *
 * All that was seen at the endpoint counts, by whichever probe: one may have
 * failed where another found out why. Specification: edge-services.md 4.12,
 * 5, 6; msturn.md 11.7.
 */
#ifndef COMMON_JUDGE_SERVICES_H
#define COMMON_JUDGE_SERVICES_H

#include "common/judge/predicate.h"

/* From what tells little to what leaves no doubt. */
enum presence_kind {
	PRESENCE_UNKNOWN, /* nothing answered, or it did not show what it is */
	PRESENCE_TLS,	  /* TLS, silent to SIP: Web Conferencing, perhaps */
	PRESENCE_OTHER,	  /* another that gave itself away: SSH, a greeting */
	PRESENCE_WEB,	  /* HTTP, inside TLS or not */
	PRESENCE_TURN,	  /* STUN or TURN, not in the product's dialect */
	PRESENCE_SIP,	  /* SIP inside TLS */
	PRESENCE_RELAY,	  /* MSTURN: an A/V Edge */
};

struct presence {
	enum presence_kind kind;
	const char *title; /* "an Access Edge (RTC/6.0)", from the arena */
	const struct observation *seen; /* that tells; NULL: unknown */
};

struct presence service_at(const struct inquiry *inquiry,
			   const struct endpoint *endpoint);

/* The target of a listener at that address and port; NULL: none. */
const struct target *target_at(const struct deployment *deployment,
			       enum listener listener,
			       const struct endpoint *endpoint);

/*
 * Names the other service in an opinion that is wrong or blocked, and makes
 * it wrong; false where none is known that cannot be the listener's own.
 */
bool opine_stranger(const struct inquiry *inquiry, struct opinion *opinion,
		    const struct target *target, const char *cause);

/*
 * Makes an opinion that is wrong or blocked one about two services of which
 * each answers at the other's address, where that is so, and gives it their
 * cause. The target of A/V over UDP goes with that over TCP.
 */
void opine_swapped(const struct inquiry *inquiry, struct opinion *opinion,
		   const struct target *target);

#endif
