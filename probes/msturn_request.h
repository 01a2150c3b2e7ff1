/*
 * msturn_request.h - an Allocate request without credentials, and its answer
 * as facts; shared by the probes over UDP and TCP.
 *
 * A 401 with the Magic Cookie is the healthy answer.
 * Specification: [MS-TURN] 2.2, 3.3.5.1; msturn.md sections 8.1, 11.
 */
#ifndef PROBES_MSTURN_REQUEST_H
#define PROBES_MSTURN_REQUEST_H

#include "common/wire/msturn.h"
#include "probes/check.h"

struct msturn_request {
	/* As a control frame; without its header it is the datagram. */
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	size_t length; /* of the message alone */
	uint8_t transaction[MSTURN_TRANSACTION_BYTES];
	unsigned sent; /* how often */
};

#define MSTURN_FACTS                                                           \
	{"turn.error_code", FACT_UINT, "error code of the answer"},            \
		{"turn.error_reason", FACT_TEXT, "its reason phrase"},         \
		{"turn.realm", FACT_TEXT, "realm to sign in to"},              \
		{"turn.nonce_length", FACT_UINT, "bytes of the nonce"},        \
		{"turn.alternate_server", FACT_ADDRESS,                        \
		 "the node that answered"},                                    \
		{"turn.ms_version", FACT_UINT, "MS-Version of the relay"},     \
		{"turn.cookie", FACT_FLAG, "Magic Cookie first: MSTURN"},      \
		{"turn.standard", FACT_FLAG,                                   \
		 "a standard STUN or TURN server"},                            \
		{"turn.software", FACT_TEXT, "what it calls itself"},          \
		{"turn.mapped_address", FACT_ADDRESS, "the relay's address"},  \
		{"turn.xor_mapped_address", FACT_ADDRESS,                      \
		 "ours as the relay saw it"},                                  \
		{"turn.requests", FACT_UINT, "requests sent"},                 \
	{                                                                      \
		"reply.address", FACT_ADDRESS, "where the answer came from"    \
	}

#define MSTURN_VERSION_FIRST   1 /* SHA-1 integrity, one IPv4 relay address */
#define MSTURN_VERSION_LATEST  6
#define MSTURN_SECOND_LOOK     "msturn-allocate-latest"
#define MSTURN_SECOND_LEAST_US INT64_C(200000)

/* A new request, in a new transaction. */
void msturn_request_write(struct msturn_request *request, uint32_t version);

bool msturn_request_matches(const struct msturn_request *request,
			    const struct msturn_message *message);

/*
 * Ends the observation with the answer to our transaction, data being its
 * bytes. Without the Magic Cookie it is another server's, whatever its error
 * code. True where the relay may be asked a second time: it speaks MSTURN.
 */
bool msturn_request_end(struct check *check,
			const struct msturn_request *request,
			const struct msturn_message *answer, const void *data,
			size_t length);

/*
 * Begins the second observation, a separate Allocate that offers the latest
 * version: relays that know it tell from where they were asked (msturn.md
 * 11.1). Whoever does not answer it is none the worse, so it is waited for
 * three round trips, check->retry_us, and sent once.
 */
void msturn_request_again(struct check *check, struct msturn_request *request);

/* A new one: random but for the beginning. */
void msturn_choose_transaction(uint8_t transaction[MSTURN_TRANSACTION_BYTES]);

#endif
