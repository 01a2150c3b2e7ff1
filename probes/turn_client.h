/*
 * turn_client.h - one client of a relay: what it asks, and what the answers
 * mean. No I/O, no clock.
 *
 * One request is outstanding at a time and stands in frame, to be sent and
 * sent again as it is. Data travels beside it and is never answered.
 * Specification: msturn.md 6, 8, 13; [MS-TURN] 3.1.12, 3.2; RFC 8656 7 to 12.
 * Units: lifetime in seconds.
 * Ownership: credentials outlive the client; data of an event points into
 * the message that was heard.
 */
#ifndef PROBES_TURN_CLIENT_H
#define PROBES_TURN_CLIENT_H

#include "common/model/credentials.h"
#include "common/model/endpoint.h"
#include "common/wire/msturn.h"

#define TURN_OPAQUE_MAX	   128 /* bytes of a realm or nonce: [MS-TURN] 2.2.2 */
#define TURN_REDIRECTS_MAX 2   /* msturn.md 6.4 */
#define TURN_RENEWALS_MAX  2   /* of a nonce that went stale */

enum turn_request {
	TURN_BINDING, /* standard alone: who am I? */
	TURN_ALLOCATE,
	TURN_REFRESH,
	TURN_RELEASE,
	TURN_PERMISSION,  /* standard alone: a peer may send */
	TURN_DESTINATION, /* Set Active Destination; standard: a channel */
	TURN_REQUEST_COUNT
};

#define TURN_CHANNEL 0x4000 /* that a standard client binds */

/* What a message was. */
enum turn_event {
	TURN_IGNORED,	/* nothing of ours */
	TURN_ASK_AGAIN, /* write the same request again: there is a challenge */
	TURN_ELSEWHERE, /* likewise, to client->server, which is new */
	TURN_GRANTED,
	TURN_REFUSED, /* client->error_code; 0: no MSTURN, or no code */
	TURN_DATA,
};

/* Whether an answer's Message Integrity is right. */
enum turn_integrity {
	TURN_INTEGRITY_ABSENT,
	TURN_INTEGRITY_VERIFIED,
	TURN_INTEGRITY_UNKNOWN, /* 32 bytes: not verified, and no fault */
	TURN_INTEGRITY_WRONG,
};

const char *turn_integrity_name(enum turn_integrity integrity);

struct turn_opaque {
	uint8_t data[TURN_OPAQUE_MAX];
	size_t length;
};

struct turn_client {
	const struct credentials *credentials;
	bool is_standard;	/* RFC 8656 in the place of MSTURN */
	uint32_t version;	/* MS-Version offered */
	uint32_t lifetime_s;	/* wanted; 0: the relay's own */
	struct endpoint server; /* where the next request goes */
	bool follows;		/* Alternate Server of a 401: over UDP */

	/* the request that is outstanding */
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	size_t length; /* of the message after the frame's header */
	enum turn_request request;
	uint8_t transaction[MSTURN_TRANSACTION_BYTES];
	bool is_signed;

	/* what is known by now */
	bool has_challenge, has_allocation;
	struct turn_opaque realm, nonce;
	uint8_t key[16];
	uint8_t connection_id[20];
	bool has_sequence;
	uint32_t sequence; /* the last that was used */
	unsigned redirects, renewals;
	struct msturn_address relayed, reflexive, alternate;
	uint32_t granted_s;
	enum turn_integrity integrity; /* of the last answer */
	unsigned error_code;
};

/* Writes a request into client->frame, with a new transaction. */
bool turn_client_ask(struct turn_client *client, enum turn_request request,
		     const struct endpoint *destination);

/*
 * Writes the request that gives the allocation back, whatever ended the talk;
 * false where there is none. One that was asked for may be there already, its
 * grant on the way.
 */
bool turn_client_gives_back(struct turn_client *client);

/*
 * Encodes a Send request to a peer, in a frame; its length with the frame's
 * header, 0 where it does not fit.
 */
size_t turn_client_send(struct turn_client *client, const struct endpoint *peer,
			const void *data, size_t length, void *frame,
			size_t capacity);

/* Takes a message in; message and datagram are the same bytes. */
enum turn_event turn_client_hear(struct turn_client *client,
				 const struct msturn_message *message,
				 const void *datagram);

/* Overwrites what was made of the password. */
void turn_client_forget(struct turn_client *client);

#endif
