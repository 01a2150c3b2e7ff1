/*
 * relay_client.h - a client of a relay that measures it: the same steps in
 * MSTURN and in standard TURN, so that two servers can be held side by side.
 *
 * Blocks until an answer has come, and asks again when it is late; ends the
 * program where the relay refuses.
 */
#ifndef TESTS_BENCH_RELAY_CLIENT_H
#define TESTS_BENCH_RELAY_CLIENT_H

#include "probes/turn_client.h"
#include "probes/turn_line.h"

struct relay_client {
	struct check check; /* for the errors of the line */
	struct turn_line line;
	struct turn_client turn;
	unsigned moves; /* to another port of ours */
};

/* Opens the line; server's transport is the one that is used. */
struct relay_client *relay_client_new(const struct endpoint *server,
				      bool is_standard,
				      const struct credentials *credentials,
				      uint32_t lifetime_s);

/* Closes the line; what was allocated stays behind. */
void relay_client_free(struct relay_client *client);

void relay_client_ask(struct relay_client *client, enum turn_request request,
		      const struct endpoint *peer);

/* The peer may answer from now on. */
void relay_client_permit(struct relay_client *client,
			 const struct endpoint *peer);

/* In a message; is_aimed: beside them, where that was asked for. */
void relay_client_send(struct relay_client *client, const struct endpoint *peer,
		       bool is_aimed, const void *data, size_t length);

/* Data of a peer that has come; false when there is none. */
bool relay_client_hear(struct relay_client *client, struct msturn_text *data);

#endif
