/*
 * channel.h - the control channel between edgecheck --toward and --listen:
 * biddings over TLS, in libevent's loop, the same at both ends.
 *
 * TLS 1.3 with the one-time key as external PSK and a Diffie-Hellman exchange
 * (psk_dhe_ke, RFC 8446 2.2): it proves each end to the other, and there are
 * no certificates. What is sent beside the channel bears a key that is
 * exported from it (RFC 8446 7.5), so that it is good for this channel alone.
 */
#ifndef PROBES_CHANNEL_H
#define PROBES_CHANNEL_H

#include "common/model/endpoint.h"
#include "common/wire/bidding.h"
#include "common/wire/trial.h"

#include <event2/event.h>

#define CHANNEL_KEY_BYTES 16

struct channel_key {
	uint8_t bytes[CHANNEL_KEY_BYTES];
};

struct channel;

/* Called from the loop. After ended, nothing more comes. */
struct channel_events {
	void (*opened)(void *context, struct channel *channel);
	void (*heard)(void *context, struct channel *channel,
		      const struct bidding *bidding);
	/* why: a clause for people */
	void (*ended)(void *context, struct channel *channel, const char *why);
	void *context;
	int64_t patience_us; /* for the handshake, and between messages */
};

/* Key and events have to outlive the channel; NULL: out of memory. */
struct channel *channel_dial(struct event_base *base,
			     const struct channel_key *key,
			     const struct endpoint *to,
			     const struct channel_events *events);

/* Takes the descriptor of a connection that somebody made. */
struct channel *channel_take(struct event_base *base,
			     const struct channel_key *key, int descriptor,
			     const struct channel_events *events);
void channel_free(struct channel *channel); /* accepts NULL */

bool channel_is_open(const struct channel *channel);

/* From now on; events->patience_us is that of the handshake, at least. */
void channel_wait(struct channel *channel, int64_t patience_us);
void channel_say(struct channel *channel, const struct bidding *bidding);

/* The key of what is sent beside it; false until it is open. */
bool channel_export(const struct channel *channel,
		    uint8_t key[TRIAL_KEY_BYTES]);

/* Its two ends, as this host sees them. */
bool channel_ends(const struct channel *channel, struct endpoint *here,
		  struct endpoint *there);

#endif
