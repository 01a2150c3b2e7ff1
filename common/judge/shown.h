/*
 * shown.h - the certificates that the listeners of an inquiry showed: what
 * predicates about certificates have in common. No I/O.
 */
#ifndef COMMON_JUDGE_SHOWN_H
#define COMMON_JUDGE_SHOWN_H

#include "common/judge/predicate.h"

/* The TLS connection that was made to a target; NULL: none. */
const struct observation *shown_connection(const struct inquiry *inquiry,
					   const struct target *target);

/* Judges one certificate; the name is what the inquiry is about. */
typedef void certificate_judge(const struct inquiry *inquiry,
			       struct opinion *opinion,
			       const struct target *target,
			       const struct observation *seen);

/* The worst of all certificates shown at the node. */
void shown_judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		      certificate_judge *judge_one);

/*
 * The same for rows of less weight, which nobody needs where there is no
 * certificate to look at: other rows tell that.
 */
void shown_judge_besides(const struct inquiry *inquiry, struct opinion *opinion,
			 certificate_judge *judge_one);

#endif
