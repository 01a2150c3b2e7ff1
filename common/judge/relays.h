/*
 * relays.h - what is known of the relays of a deployment: allocations with
 * credentials, and whose addresses they grant. No I/O.
 *
 * Specification: msturn.md 11.2; product.md decision 14. For the predicates
 * about relays (predicates_relay.c, predicates_relay_path.c).
 */
#ifndef COMMON_JUDGE_RELAYS_H
#define COMMON_JUDGE_RELAYS_H

#include "common/judge/predicate.h"

/* Whether a listener of the A/V Edge is the one over UDP. */
bool relays_is_udp(const struct target *target);

/* Whether a target is a relay, outside or inside. */
bool relays_is_relay(const struct target *target);

/* The same relay over the other transport; NULL: not looked at. */
const struct target *relays_other(const struct inquiry *inquiry,
				  const struct target *target);

/* What came of an allocation with credentials there; NULL: none was tried. */
const struct observation *relays_allocation(const struct inquiry *inquiry,
					    const struct target *target);
bool relays_is_granted(const struct observation *allocation);

/* Whether it answers those without credentials; else that is to be mended. */
bool relays_is_there(const struct inquiry *inquiry,
		     const struct target *target);

/* Unobserved, since nobody gave credentials, or since nothing was granted. */
void relays_not_asked(const struct inquiry *inquiry, struct opinion *opinion);
void relays_not_granted(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target);

/* The endpoint that a fact holds; false: it is missing. */
bool relays_read_endpoint(const struct observation *seen, const char *key,
			  struct endpoint *endpoint);

/* Where an allocation was sent on to, at last; false: nowhere. */
bool relays_read_redirect(const struct observation *seen,
			  struct endpoint *server);

/* Whether the address is a load balancer's, or that of a known A/V Edge. */
bool relays_is_vip(const struct topology *topology,
		   const struct address *address);
bool relays_is_known(const struct deployment *deployment,
		     const struct address *address);

/* Whether a relayed address is that of the server which granted it. */
bool relays_is_own(const struct inquiry *inquiry, const struct target *target,
		   const struct observation *seen,
		   const struct address *relayed);

/* Judges each target by itself; the worst counts. */
void relays_judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		       void (*judge)(const struct inquiry *inquiry,
				     struct opinion *opinion,
				     const struct target *target));

/* Whether an address is of its networks, its own, or a VIP's. */
bool relays_is_of_edge_side(const struct deployment *deployment,
			    const struct address *address);

#endif
