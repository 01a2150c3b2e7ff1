/*
 * relay_client.h - a client of a relay that measures it: the same steps in
 * MSTURN and in standard TURN, so that two servers can be held side by side.
 *
 * Blocks until an answer has come, and asks again when it is late; ends the
 * program where the relay refuses. MSTURN is that of probes/turn_client.h;
 * standard TURN over UDP alone (RFC 8656).
 */
#ifndef TESTS_BENCH_RELAY_CLIENT_H
#define TESTS_BENCH_RELAY_CLIENT_H

#include "probes/turn_client.h"
#include "probes/turn_line.h"

enum relay_question {
	RELAY_ALLOCATE,
	RELAY_PERMIT, /* the peer may answer */
	RELAY_AIM,    /* Set Active Destination; ChannelBind */
	RELAY_RELEASE,
};

struct relay_client;

/* How the steps are said. What is known by now stands in client->turn. */
struct relay_dialect {
	const char *name;

	/* Writes a request into turn.frame; false: it needs no asking. */
	bool (*write)(struct relay_client *client, enum relay_question question,
		      const struct endpoint *peer);
	enum turn_event (*hear)(struct relay_client *client,
				const struct msturn_message *message,
				const void *datagram);

	/* Data for a peer, in a message or beside them; as a frame. */
	size_t (*send)(struct relay_client *client, const struct endpoint *peer,
		       const void *data, size_t length, void *frame,
		       size_t capacity);
	size_t (*send_aimed)(struct relay_client *client, const void *data,
			     size_t length, void *frame, size_t capacity);
	/* Whether a datagram is data beside the messages. */
	bool (*is_data)(const void *datagram, size_t length,
			struct msturn_text *data);
};

struct relay_client {
	const struct relay_dialect *dialect;
	struct check check; /* for the errors of the line */
	struct turn_line line;
	struct turn_client turn;
	enum relay_question question;
	unsigned moves; /* to another port of ours */
};

extern const struct relay_dialect relay_client_msturn;
extern const struct relay_dialect relay_client_standard;

/* Opens the line; server's transport is the one that is used. */
struct relay_client *relay_client_new(const struct relay_dialect *dialect,
				      const struct endpoint *server,
				      const struct credentials *credentials,
				      uint32_t lifetime_s);

/* Closes the line; what was allocated stays behind. */
void relay_client_free(struct relay_client *client);

void relay_client_ask(struct relay_client *client, enum relay_question question,
		      const struct endpoint *peer);

/* Data to the peer; is_aimed: to the one that was aimed at. */
void relay_client_send(struct relay_client *client, const struct endpoint *peer,
		       bool is_aimed, const void *data, size_t length);

/* Data of a peer that has come; false when there is none. */
bool relay_client_hear(struct relay_client *client, struct msturn_text *data);

#endif
