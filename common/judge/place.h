/*
 * place.h - the place that is looked from: whether silence, names or
 * certificates are its own doing. No I/O.
 *
 * Doubt about ourselves comes before blame (product.md decision 18), and is
 * concluded only from what stands outside the deployment: a control that
 * somebody named, or a name that no DNS may know.
 */
#ifndef COMMON_JUDGE_PLACE_H
#define COMMON_JUDGE_PLACE_H

#include "common/judge/predicate.h"

/* Whether packets to a port get out from here. */
enum sending {
	SENDING_UNKNOWN, /* no control has that port */
	SENDING_WORKS,
	SENDING_FAILS, /* a control that has it is silent */
};

/*
 * By the controls of the endpoint's transport, port and family. *control,
 * which may be NULL, is the one that tells.
 */
enum sending place_sending(const struct deployment *deployment,
			   const struct endpoint *endpoint,
			   const struct observation **control);

/* Whether any control answered. */
bool place_has_answer(const struct deployment *deployment);

/*
 * "; last seen alive at 192.0.2.1 (hop 3), while TCP 443 gets through" of a
 * silent endpoint, with the evidence added; "" where nothing was followed.
 */
const char *place_last_seen(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct endpoint *endpoint);

/*
 * Whether what was silent answered when it was tried again: packets are lost,
 * and the port is not shut. Not where it spoke before, and to no purpose.
 */
bool place_was_reached_again(const struct deployment *deployment,
			     const struct observation *lost,
			     const struct endpoint *endpoint);

/*
 * Takes an opinion back that rests on names or certificates which this
 * place's own network makes up: unobserved, and says so. An untrusted root
 * that may be one of those is left, and the sentence names the doubt.
 */
void place_excuse(const struct inquiry *inquiry, struct opinion *opinion);

#endif
