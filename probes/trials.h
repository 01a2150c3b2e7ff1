/*
 * trials.h - one batch of trials, as one end of it plays them: ports that are
 * opened and wait, and packets that are sent to those of the other end. Runs
 * in libevent's loop.
 *
 * Only packets with the key are answered, a question at most
 * TRIAL_ANSWERS_MAX times a port, by as many bytes as came. Of connections to
 * a port TRIAL_VISITORS_MAX are kept; the oldest that has shown no key gives
 * way.
 */
#ifndef PROBES_TRIALS_H
#define PROBES_TRIALS_H

#include "common/model/endpoint.h"
#include "common/wire/bidding.h"
#include "common/wire/trial.h"

#include <event2/event.h>

#define TRIAL_ANSWERS_MAX  32
#define TRIAL_VISITORS_MAX 8

struct trials;

/* settled is called once, when all that this end can know is known. */
struct trials *trials_new(struct event_base *base,
			  const uint8_t key[TRIAL_KEY_BYTES],
			  void (*settled)(void *context), void *context);
void trials_free(struct trials *trials); /* accepts NULL; closes all ports */

/*
 * Takes a trial in and opens its port. here is the end of the control
 * channel, for what says no address of its own. At most BIDDING_TRIALS_MAX.
 */
void trials_add(struct trials *trials, const struct bidding_trial *plan,
		const struct address *here);

/* The same for a trial that is not to be played. */
void trials_refuse(struct trials *trials, const struct bidding_trial *plan,
		   enum bidding_status status);

/* Sends, and sends again. Those of which the other end has trouble are left. */
void trials_start(struct trials *trials);
void trials_leave(struct trials *trials, uint32_t number);

/* Which port to send to, before the start. */
void trials_aim(struct trials *trials, uint32_t number, uint16_t port);

size_t trials_count(const struct trials *trials);
const struct bidding_result *trials_result(const struct trials *trials,
					   size_t index);

/* Microseconds from the start until it was settled; 0: it is not. */
int64_t trials_took_us(const struct trials *trials, size_t index);

#endif
