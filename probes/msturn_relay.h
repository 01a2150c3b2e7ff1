/*
 * msturn_relay.h - what a look at a relay is given: credentials, and who is
 * at the far side.
 */
#ifndef PROBES_MSTURN_RELAY_H
#define PROBES_MSTURN_RELAY_H

#include "common/model/credentials.h"
#include "common/model/endpoint.h"
#include "common/wire/echo.h"

/* Outlives the run. */
struct relay_wish {
	const struct credentials *credentials;
	struct endpoint peer;	     /* family 0: a second socket of ours */
	uint8_t key[ECHO_KEY_BYTES]; /* of the peer */
	unsigned count;		     /* packets; 0: the default */
	int64_t interval_us;	     /* between them; 0: the default */
	bool voice;		     /* count and interval as of a call */
	uint32_t lifetime_s;	     /* 0: the default */
	bool abuse_check;	     /* may it reach private addresses? */
};

#endif
