/*
 * turn_client_fuzz.c - any messages from a relay, one after the other, to a
 * client that asks as it is told. However they follow, it comes to an end, and
 * is sent to no place where nobody may send it.
 *
 * Input: flags(1), then records of act(1) length(2) message. An act says what
 * is asked next (low bits), and whether the message answers it (bit 7).
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/bytes.h"
#include "probes/turn_client.h"
#include "tests/common/wire/msturn_vectors.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERS	     0x80
#define IS_STANDARD  0x01
#define FOLLOWS	     0x02
#define NO_PASSWORD  0x04
#define TRANSACTION  4
#define RECORDS_MAX  64
#define ROUNDS_MAX   16 /* of one request, until it is granted or refused */
#define MESSAGE_ROOM 2048

/* V2, V4, V8 and V10 with their lengths: challenge, grant ... */
#define CHALLENGE "0076" V2
#define GRANT	  "0080" V4
#define AIMED	  "0058" V8
#define STALE	  "0069" V10
#define DATA	  "0045" V6

static const struct fuzz_sample samples[] = {
	{"00 81" CHALLENGE "81" GRANT "01" DATA "85" AIMED "82" GRANT
	 "83" GRANT,
	 true},
	{"02 81" CHALLENGE "81" STALE "81" STALE "81" STALE "81" STALE, true},
	{"01 81" CHALLENGE "81" GRANT "84" AIMED, true},
	{"04 81" CHALLENGE "80" GRANT, true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 512,
};

static const struct credentials credentials = {
	.username = "a user",
	.username_length = 6,
	.password = "a password",
	.password_length = 10,
};

static const struct endpoint peer = {
	.address = {AF_INET, {198, 51, 100, 30}},
	.port = 40000,
};

static struct turn_client client_of(uint8_t flags)
{
	return (struct turn_client){
		.credentials = flags & NO_PASSWORD ? NULL : &credentials,
		.is_standard = flags & IS_STANDARD,
		.follows = flags & FOLLOWS,
		.version = 1,
		.lifetime_s = 60,
		.server = {.address = {AF_INET, {192, 0, 2, 20}}, .port = 3478},
	};
}

static void check(const struct turn_client *client)
{
	const struct endpoint *server = &client->server;

	if (client->redirects > TURN_REDIRECTS_MAX ||
	    client->renewals > TURN_RENEWALS_MAX ||
	    client->realm.length > TURN_OPAQUE_MAX ||
	    client->nonce.length > TURN_OPAQUE_MAX || !server->port ||
	    server->address.family != AF_INET ||
	    !address_is_host(&server->address))
		abort();
}

static void ask(struct turn_client *client, enum turn_request request)
{
	struct msturn_message message;
	uint8_t frame[MSTURN_FRAME_BYTES + MESSAGE_ROOM];
	const char *why;

	if (!client->is_standard &&
	    (request == TURN_BINDING || request == TURN_PERMISSION))
		request = TURN_ALLOCATE;
	if (!turn_client_ask(client, request, &peer) ||
	    !msturn_decode(&message, client->frame + MSTURN_FRAME_BYTES,
			   client->length, &why))
		abort();
	if (client->credentials && client->has_challenge &&
	    !turn_client_send(client, &peer, "data", 4, frame, sizeof(frame)))
		abort();
}

/* Hears one; whether the same is to be asked again. */
static bool hear(struct turn_client *client, const uint8_t *datagram,
		 size_t length)
{
	bool had_allocation = client->has_allocation;
	struct msturn_message message;
	enum turn_event event;
	const char *why;

	if (!msturn_decode(&message, datagram, length, &why))
		return false;
	event = turn_client_hear(client, &message, datagram);
	check(client);
	if (event == TURN_DATA && !message.data.data)
		abort();
	if (event == TURN_ELSEWHERE && had_allocation)
		abort(); /* what was granted stays where it is */
	return event == TURN_ASK_AGAIN || event == TURN_ELSEWHERE;
}

/* The same answer for as long as it makes the client ask again. */
static void exchange(struct turn_client *client, uint8_t act,
		     const uint8_t *data, size_t length)
{
	uint8_t message[MESSAGE_ROOM];
	unsigned round = 0;

	if (length > sizeof(message) || length < MSTURN_HEADER_BYTES)
		return;
	ask(client, (enum turn_request)((act & ~ANSWERS) % TURN_REQUEST_COUNT));
	memcpy(message, data, length);
	do {
		if (round++ == ROUNDS_MAX)
			abort(); /* for ever, if it were for the relay */
		if (round > 1)
			ask(client, client->request);
		if (act & ANSWERS)
			memcpy(message + TRANSACTION, client->transaction,
			       sizeof(client->transaction));
	} while (hear(client, message, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	struct turn_client client = client_of(bytes_u8(&bytes));

	for (unsigned i = 0; i < RECORDS_MAX && bytes_left(&bytes); i++) {
		uint8_t act = bytes_u8(&bytes);
		size_t size = bytes_u16(&bytes);
		const uint8_t *message = bytes_take(&bytes, size);

		if (message)
			exchange(&client, act, message, size);
	}
	turn_client_forget(&client);
	return 0;
}
