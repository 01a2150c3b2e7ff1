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

void msturn_request_write(struct msturn_request *request);

bool msturn_request_matches(const struct msturn_request *request,
			    const struct msturn_message *message);

/*
 * Ends the check with the answer to our transaction, data being its bytes.
 * Without the Magic Cookie it is another server's, whatever its error code.
 */
enum want msturn_request_finish(struct check *check,
				const struct msturn_request *request,
				const struct msturn_message *answer,
				const void *data, size_t length);

/* A new one: random but for the beginning. */
void msturn_choose_transaction(uint8_t transaction[MSTURN_TRANSACTION_BYTES]);

/* Random bytes; never fails. */
void msturn_fill_random(void *data, size_t length);

#endif
