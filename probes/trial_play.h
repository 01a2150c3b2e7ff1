/*
 * trial_play.h - one trial of a batch, as one end plays it. Part of trials.h.
 */
#ifndef PROBES_TRIAL_PLAY_H
#define PROBES_TRIAL_PLAY_H

#include "probes/trials.h"

/* A connection to a port that waits. */
struct visitor {
	struct trial *trial;
	struct event *event; /* NULL: the place is free */
	struct bidding_place from;
	uint8_t packet[TRIAL_BYTES];
	size_t length;
	bool is_known; /* has the key */
	unsigned since;
};

struct trial {
	struct trials *trials;
	struct bidding_trial plan;
	struct bidding_result result;
	struct event *event; /* of the socket; NULL: none */
	struct event *again; /* sends once more */
	unsigned again_ms, answers, visits;
	int64_t took_us;
	uint8_t nonce[TRIAL_NONCE_BYTES];
	uint8_t packet[TRIAL_BYTES]; /* the answer, as far as it came */
	size_t length;
	bool is_connected; /* TCP: it was taken */
	bool is_left;	   /* the other end cannot play it */
	struct visitor visitors[TRIAL_VISITORS_MAX];
};

struct trials {
	struct event_base *base;
	uint8_t key[TRIAL_KEY_BYTES];
	void (*settled)(void *context);
	void *context;
	struct event *tell; /* settled(), when the loop has come round */
	int64_t started_us; /* 0: not yet */
	struct trial items[BIDDING_TRIALS_MAX];
	size_t count;
};

/* What is known first stays. */
void trial_play_settle(struct trial *trial, enum bidding_status status);
bool trial_play_is_settled(const struct trial *trial);

/* Tells, once all of a batch that was started are settled. */
void trial_play_look_around(struct trials *trials);

/* Closes its socket at once, so that no port is held back. */
void trial_play_drop(struct event **event);

enum bidding_status trial_play_status(int error); /* of an errno */

/* As the system has it, and the other way round. */
struct bidding_place trial_play_place(const struct sockaddr_storage *name);
socklen_t trial_play_name(const struct bidding_place *place,
			  struct sockaddr_storage *name);

#endif
