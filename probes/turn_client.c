#include "probes/turn_client.h"

#include "probes/msturn_request.h"

#include <openssl/crypto.h>
#include <string.h>

#define UNAUTHORIZED  401
#define STALE_NONCE   438
#define TRY_ALTERNATE 300

const char *turn_integrity_name(enum turn_integrity integrity)
{
	static const char *const names[] = {
		[TURN_INTEGRITY_ABSENT] = "absent",
		[TURN_INTEGRITY_VERIFIED] = "verified",
		[TURN_INTEGRITY_UNKNOWN] = "not verified",
		[TURN_INTEGRITY_WRONG] = "wrong",
	};

	return names[integrity];
}

static struct msturn_text text_of(const void *data, size_t length)
{
	return (struct msturn_text){data, length};
}

static struct msturn_address address_of(const struct endpoint *endpoint)
{
	return (struct msturn_address){endpoint->address, endpoint->port};
}

/*
 * What is asked
 */

/* Requests about an allocation count on; only its first has no number. */
static void add_sequence(struct turn_client *client,
			 struct msturn_message *message)
{
	if (!client->has_sequence)
		return;
	message->has_sequence = true;
	message->sequence = ++client->sequence;
	memcpy(message->connection_id, client->connection_id,
	       sizeof(message->connection_id));
}

/* Realm and nonce stand in Allocate alone, the key has them everywhere. */
static void add_credentials(const struct turn_client *client,
			    struct msturn_message *message)
{
	const struct credentials *credentials = client->credentials;

	message->username =
		text_of(credentials->username, credentials->username_length);
	if (message->type != MSTURN_ALLOCATE_REQUEST)
		return;
	message->realm = text_of(client->realm.data, client->realm.length);
	message->nonce = text_of(client->nonce.data, client->nonce.length);
}

static size_t write_frame(const struct turn_client *client,
			  const struct msturn_message *message, void *frame,
			  size_t capacity)
{
	struct writer header = writer_of(frame, MSTURN_FRAME_BYTES);
	size_t length;

	if (capacity <= MSTURN_FRAME_BYTES)
		return 0;
	length = msturn_encode(message,
			       message->username.data ? client->key : NULL,
			       (uint8_t *)frame + MSTURN_FRAME_BYTES,
			       capacity - MSTURN_FRAME_BYTES);
	writer_u8(&header, MSTURN_FRAME_CONTROL);
	writer_u8(&header, 0);
	writer_u16(&header, (uint16_t)length);
	return length;
}

static struct msturn_message message_of(const struct turn_client *client,
					enum msturn_type type)
{
	struct msturn_message message = {
		.type = (uint16_t)type,
		.has_cookie = true,
		.has_version = true,
		.version = client->version,
	};

	msturn_choose_transaction(message.transaction);
	return message;
}

bool turn_client_ask(struct turn_client *client, enum turn_request request,
		     const struct endpoint *destination)
{
	bool is_allocate = request != TURN_DESTINATION;
	struct msturn_message message =
		message_of(client, is_allocate ? MSTURN_ALLOCATE_REQUEST
					       : MSTURN_DESTINATION_REQUEST);

	client->request = request;
	client->is_signed = client->has_challenge && client->credentials;
	memcpy(client->transaction, message.transaction,
	       sizeof(client->transaction));
	add_sequence(client, &message);
	if (client->is_signed)
		add_credentials(client, &message);
	if (client->is_signed && is_allocate &&
	    (request == TURN_RELEASE || client->lifetime_s)) {
		message.has_lifetime = true;
		message.lifetime_s =
			request == TURN_RELEASE ? 0 : client->lifetime_s;
	}
	if (!is_allocate)
		message.destination = address_of(destination);
	client->length = write_frame(client, &message, client->frame,
				     sizeof(client->frame));
	return client->length > 0;
}

size_t turn_client_send(struct turn_client *client, const struct endpoint *peer,
			const void *data, size_t length, void *frame,
			size_t capacity)
{
	struct msturn_message message = message_of(client, MSTURN_SEND_REQUEST);
	size_t size;

	add_sequence(client, &message);
	add_credentials(client, &message);
	message.destination = address_of(peer);
	message.data = text_of(data, length);
	size = write_frame(client, &message, frame, capacity);
	return size ? size + MSTURN_FRAME_BYTES : 0;
}

/*
 * What is heard
 */

static bool fits(const struct msturn_text *text)
{
	return text->data && text->length <= TURN_OPAQUE_MAX;
}

static void keep_opaque(struct turn_opaque *opaque,
			const struct msturn_text *text)
{
	memcpy(opaque->data, text->data, text->length);
	opaque->length = text->length;
}

static bool is_same(const struct turn_opaque *opaque,
		    const struct msturn_text *text)
{
	return text->data && opaque->length == text->length &&
	       memcmp(opaque->data, text->data, text->length) == 0;
}

static void make_key(struct turn_client *client)
{
	const struct credentials *credentials = client->credentials;
	const struct msturn_text username =
		text_of(credentials->username, credentials->username_length);
	const struct msturn_text realm =
		text_of(client->realm.data, client->realm.length);
	const struct msturn_text password =
		text_of(credentials->password, credentials->password_length);

	msturn_key(client->key, &username, &realm, &password);
}

/*
 * Over UDP the next Allocate must go there ([MS-TURN] 2.2.2.7). What has been
 * granted stays with the server that granted it.
 */
static bool is_sent_on(struct turn_client *client,
		       const struct msturn_message *message)
{
	const struct msturn_address *to = &message->alternate;

	if (!to->address.family || !to->port || client->has_allocation ||
	    (message->error_code != TRY_ALTERNATE && !client->follows) ||
	    client->redirects == TURN_REDIRECTS_MAX ||
	    (address_equal(&to->address, &client->server.address) &&
	     to->port == client->server.port))
		return false;
	client->redirects++;
	client->server.address = to->address;
	client->server.port = to->port;
	return true;
}

/* A challenge: the first, or one whose nonce is new. */
static bool take_challenge(struct turn_client *client,
			   const struct msturn_message *message)
{
	bool is_stale = message->error_code == STALE_NONCE;

	if (!client->credentials || !fits(&message->realm) ||
	    !fits(&message->nonce))
		return false;
	/* the same realm again means: these credentials are refused */
	if (client->is_signed && !is_stale &&
	    is_same(&client->realm, &message->realm))
		return false;
	if (client->has_challenge) {
		if (client->renewals == TURN_RENEWALS_MAX)
			return false;
		client->renewals++;
	}
	keep_opaque(&client->realm, &message->realm);
	keep_opaque(&client->nonce, &message->nonce);
	client->has_challenge = true;
	make_key(client);
	return true;
}

static enum turn_event hear_error(struct turn_client *client,
				  const struct msturn_message *message)
{
	bool is_challenge = message->error_code == UNAUTHORIZED ||
			    message->error_code == STALE_NONCE;

	client->error_code = message->error_code;
	client->alternate = message->alternate;
	if (is_challenge && take_challenge(client, message))
		return is_sent_on(client, message) ? TURN_ELSEWHERE
						   : TURN_ASK_AGAIN;
	if (message->error_code == TRY_ALTERNATE &&
	    is_sent_on(client, message)) {
		client->has_challenge = false; /* another asks anew */
		return TURN_ELSEWHERE;
	}
	return TURN_REFUSED;
}

static void keep_allocation(struct turn_client *client,
			    const struct msturn_message *message)
{
	client->has_allocation = client->request != TURN_RELEASE;
	if (message->mapped.address.family)
		client->relayed = message->mapped;
	if (message->xor_mapped.address.family)
		client->reflexive = message->xor_mapped;
	if (message->has_lifetime)
		client->granted_s = message->lifetime_s;
	if (message->has_sequence && !client->has_sequence) {
		memcpy(client->connection_id, message->connection_id,
		       sizeof(client->connection_id));
		client->sequence = message->sequence;
		client->has_sequence = true;
	}
}

static enum turn_integrity integrity_of(const struct turn_client *client,
					const struct msturn_message *message,
					const void *datagram)
{
	if (!message->integrity.data || !client->has_challenge)
		return TURN_INTEGRITY_ABSENT;
	if (message->integrity.length != 20)
		return TURN_INTEGRITY_UNKNOWN;
	return msturn_verify(message, datagram, client->key)
		       ? TURN_INTEGRITY_VERIFIED
		       : TURN_INTEGRITY_WRONG;
}

static bool is_answer(const struct turn_client *client,
		      const struct msturn_message *message)
{
	bool is_allocate = client->request != TURN_DESTINATION;
	uint16_t good = is_allocate ? MSTURN_ALLOCATE_RESPONSE
				    : MSTURN_DESTINATION_RESPONSE;
	uint16_t bad =
		is_allocate ? MSTURN_ALLOCATE_ERROR : MSTURN_DESTINATION_ERROR;

	return client->length &&
	       (message->type == good || message->type == bad) &&
	       memcmp(message->transaction, client->transaction,
		      sizeof(client->transaction)) == 0;
}

/* One that names no code is an error all the same. */
static bool is_error(const struct msturn_message *message)
{
	return message->type == MSTURN_ALLOCATE_ERROR ||
	       message->type == MSTURN_DESTINATION_ERROR;
}

enum turn_event turn_client_hear(struct turn_client *client,
				 const struct msturn_message *message,
				 const void *datagram)
{
	if (message->has_cookie && message->type == MSTURN_DATA_INDICATION)
		return message->data.data ? TURN_DATA : TURN_IGNORED;
	if (!is_answer(client, message))
		return TURN_IGNORED;
	client->length = 0; /* answered */
	client->error_code = 0;
	client->integrity = integrity_of(client, message, datagram);
	if (!message->has_cookie)
		return TURN_REFUSED;
	if (message->error_code || is_error(message))
		return hear_error(client, message);
	if (client->request != TURN_DESTINATION)
		keep_allocation(client, message);
	return TURN_GRANTED;
}

void turn_client_forget(struct turn_client *client)
{
	OPENSSL_cleanse(client->key, sizeof(client->key));
}
