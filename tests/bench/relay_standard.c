#include "tests/bench/relay_client.h"

#include "common/wire/msturn_channel.h"
#include "probes/msturn_request.h"

#include <string.h>

#define UNAUTHORIZED 401
#define STALE_NONCE  438
#define TRANSPORT_17 17 /* UDP, RFC 8656 18.7 */
#define RESPONSE     0x0100
#define ERROR	     0x0110

static const uint16_t types[] = {
	[RELAY_ALLOCATE] = MSTURN_ALLOCATE_REQUEST,
	[RELAY_PERMIT] = MSTURN_PERMISSION_REQUEST,
	[RELAY_AIM] = MSTURN_CHANNEL_REQUEST,
	[RELAY_RELEASE] = MSTURN_REFRESH_REQUEST,
};

static struct msturn_text text_of(const void *data, size_t length)
{
	return (struct msturn_text){data, length};
}

static void sign(const struct turn_client *turn, struct msturn_message *message)
{
	const struct credentials *credentials = turn->credentials;

	message->username =
		text_of(credentials->username, credentials->username_length);
	message->realm = text_of(turn->realm.data, turn->realm.length);
	message->nonce = text_of(turn->nonce.data, turn->nonce.length);
}

static bool write_standard(struct relay_client *client,
			   enum relay_question question,
			   const struct endpoint *peer)
{
	struct turn_client *turn = &client->turn;
	struct msturn_message message = {.type = types[question]};

	msturn_choose_transaction(message.transaction);
	memcpy(turn->transaction, message.transaction,
	       sizeof(turn->transaction));
	message.has_requested_transport = question == RELAY_ALLOCATE;
	message.requested_transport = TRANSPORT_17;
	message.has_lifetime =
		question == RELAY_ALLOCATE || question == RELAY_RELEASE;
	message.lifetime_s = question == RELAY_ALLOCATE ? turn->lifetime_s : 0;
	message.has_channel = question == RELAY_AIM;
	message.channel = MSTURN_CHANNEL_FIRST;
	if (peer)
		message.peer =
			(struct msturn_address){peer->address, peer->port};
	if (turn->has_challenge)
		sign(turn, &message);
	turn->length = msturn_encode(
		&message, turn->has_challenge ? turn->key : NULL,
		turn->frame + MSTURN_FRAME_BYTES, MSTURN_MESSAGE_MAX);
	return turn->length > 0;
}

static bool keep(struct turn_opaque *opaque, const struct msturn_text *text)
{
	if (!text->data || text->length > sizeof(opaque->data))
		return false;
	memcpy(opaque->data, text->data, text->length);
	opaque->length = text->length;
	return true;
}

static bool take_challenge(struct turn_client *turn,
			   const struct msturn_message *message)
{
	const struct credentials *credentials = turn->credentials;
	const struct msturn_text username =
		text_of(credentials->username, credentials->username_length);
	const struct msturn_text password =
		text_of(credentials->password, credentials->password_length);

	if ((message->error_code != UNAUTHORIZED || turn->has_challenge) &&
	    message->error_code != STALE_NONCE)
		return false;
	if (!keep(&turn->realm, &message->realm) ||
	    !keep(&turn->nonce, &message->nonce))
		return false;
	msturn_key(turn->key, &username, &message->realm, &password);
	turn->has_challenge = true;
	return true;
}

static enum turn_event hear_standard(struct relay_client *client,
				     const struct msturn_message *message,
				     const void *datagram)
{
	struct turn_client *turn = &client->turn;
	uint16_t request = types[client->question];

	if (message->type == MSTURN_STANDARD_DATA_INDICATION)
		return TURN_DATA;
	if (memcmp(message->transaction, turn->transaction,
		   sizeof(turn->transaction)) != 0)
		return TURN_IGNORED;
	turn->error_code = message->error_code;
	if (message->type == (request | ERROR))
		return take_challenge(turn, message) ? TURN_ASK_AGAIN
						     : TURN_REFUSED;
	if (message->type != (request | RESPONSE) ||
	    !msturn_verify(message, datagram, turn->key))
		return TURN_IGNORED;
	if (client->question == RELAY_ALLOCATE)
		turn->relayed = message->relayed;
	return TURN_GRANTED;
}

static size_t send_standard(struct relay_client *client,
			    const struct endpoint *peer, const void *data,
			    size_t length, void *frame, size_t capacity)
{
	struct msturn_message message = {
		.type = MSTURN_STANDARD_SEND_INDICATION,
		.peer = {peer->address, peer->port},
		.data = text_of(data, length),
	};
	size_t size;

	(void)client;
	msturn_choose_transaction(message.transaction);
	size = msturn_encode(&message, NULL,
			     (uint8_t *)frame + MSTURN_FRAME_BYTES,
			     capacity - MSTURN_FRAME_BYTES);
	return size ? MSTURN_FRAME_BYTES + size : 0;
}

static size_t send_channel(struct relay_client *client, const void *data,
			   size_t length, void *frame, size_t capacity)
{
	const struct msturn_text text = text_of(data, length);
	size_t size =
		msturn_channel_write(MSTURN_CHANNEL_FIRST, &text,
				     (uint8_t *)frame + MSTURN_FRAME_BYTES,
				     capacity - MSTURN_FRAME_BYTES);

	(void)client;
	return size ? MSTURN_FRAME_BYTES + size : 0;
}

static bool is_channel(const void *datagram, size_t length,
		       struct msturn_text *data)
{
	uint16_t channel;

	return msturn_channel(datagram, length, &channel, data);
}

const struct relay_dialect relay_client_standard = {
	.name = "standard",
	.write = write_standard,
	.hear = hear_standard,
	.send = send_standard,
	.send_aimed = send_channel,
	.is_data = is_channel,
};
