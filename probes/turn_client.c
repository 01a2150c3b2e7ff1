#include "probes/turn_client.h"

#include "probes/msturn_request.h"

#include <netinet/in.h>
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

/* What asks, grants and refuses, MSTURN's and those of the standard. */
static const struct types {
	uint16_t request, response, error;
} types[2][TURN_REQUEST_COUNT] = {
	{
		[TURN_ALLOCATE] = {MSTURN_ALLOCATE_REQUEST,
				   MSTURN_ALLOCATE_RESPONSE,
				   MSTURN_ALLOCATE_ERROR},
		[TURN_REFRESH] = {MSTURN_ALLOCATE_REQUEST,
				  MSTURN_ALLOCATE_RESPONSE,
				  MSTURN_ALLOCATE_ERROR},
		[TURN_RELEASE] = {MSTURN_ALLOCATE_REQUEST,
				  MSTURN_ALLOCATE_RESPONSE,
				  MSTURN_ALLOCATE_ERROR},
		[TURN_DESTINATION] = {MSTURN_DESTINATION_REQUEST,
				      MSTURN_DESTINATION_RESPONSE,
				      MSTURN_DESTINATION_ERROR},
	},
	{
		[TURN_BINDING] = {MSTURN_BINDING_REQUEST,
				  MSTURN_BINDING_RESPONSE,
				  MSTURN_BINDING_ERROR},
		[TURN_ALLOCATE] = {MSTURN_ALLOCATE_REQUEST,
				   MSTURN_ALLOCATE_RESPONSE,
				   MSTURN_ALLOCATE_ERROR},
		[TURN_REFRESH] = {MSTURN_REFRESH_REQUEST,
				  MSTURN_REFRESH_RESPONSE,
				  MSTURN_REFRESH_ERROR},
		[TURN_RELEASE] = {MSTURN_REFRESH_REQUEST,
				  MSTURN_REFRESH_RESPONSE,
				  MSTURN_REFRESH_ERROR},
		[TURN_PERMISSION] = {MSTURN_PERMISSION_REQUEST,
				     MSTURN_PERMISSION_RESPONSE,
				     MSTURN_PERMISSION_ERROR},
		[TURN_DESTINATION] = {MSTURN_CHANNEL_REQUEST,
				      MSTURN_CHANNEL_RESPONSE,
				      MSTURN_CHANNEL_ERROR},
	},
};

static const struct types *types_of(const struct turn_client *client)
{
	return &types[client->is_standard][client->request];
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
	if (message->type != MSTURN_ALLOCATE_REQUEST && !client->is_standard)
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
					uint16_t type)
{
	struct msturn_message message = {
		.type = type,
		.has_cookie = !client->is_standard,
		.is_standard = client->is_standard,
		.has_version = !client->is_standard,
		.version = client->version,
	};

	msturn_choose_transaction(message.transaction);
	return message;
}

static bool is_about_lifetime(enum turn_request request)
{
	return request == TURN_ALLOCATE || request == TURN_REFRESH ||
	       request == TURN_RELEASE;
}

/* What a request is about, besides who asks. */
static void add_matter(const struct turn_client *client,
		       struct msturn_message *message,
		       const struct endpoint *destination)
{
	enum turn_request request = client->request;
	bool ends = request == TURN_RELEASE;

	if (client->is_signed && is_about_lifetime(request) &&
	    (ends || client->lifetime_s)) {
		message->has_lifetime = true;
		message->lifetime_s = ends ? 0 : client->lifetime_s;
	}
	if (client->is_standard && request == TURN_ALLOCATE) {
		message->has_requested_transport = true;
		message->requested_transport = IPPROTO_UDP;
	}
	if (request != TURN_DESTINATION && request != TURN_PERMISSION)
		return;
	if (!client->is_standard) {
		message->destination = address_of(destination);
		return;
	}
	message->peer = address_of(destination);
	message->has_channel = request == TURN_DESTINATION;
	message->channel = TURN_CHANNEL;
}

bool turn_client_ask(struct turn_client *client, enum turn_request request,
		     const struct endpoint *destination)
{
	struct msturn_message message;

	client->request = request;
	client->is_signed = client->has_challenge && client->credentials;
	message = message_of(client, types_of(client)->request);
	memcpy(client->transaction, message.transaction,
	       sizeof(client->transaction));
	add_sequence(client, &message);
	if (client->is_signed)
		add_credentials(client, &message);
	add_matter(client, &message, destination);
	client->length = write_frame(client, &message, client->frame,
				     sizeof(client->frame));
	return client->length > 0;
}

static bool may_hold(const struct turn_client *client)
{
	return client->has_allocation || (client->request == TURN_ALLOCATE &&
					  client->is_signed && client->length);
}

bool turn_client_gives_back(struct turn_client *client)
{
	return may_hold(client) && turn_client_ask(client, TURN_RELEASE, NULL);
}

size_t turn_client_send(struct turn_client *client, const struct endpoint *peer,
			const void *data, size_t length, void *frame,
			size_t capacity)
{
	struct msturn_message message = message_of(
		client, client->is_standard ? MSTURN_STANDARD_SEND_INDICATION
					    : MSTURN_SEND_REQUEST);
	size_t size;

	if (client->is_standard) {
		message.peer = address_of(peer);
	} else {
		add_sequence(client, &message);
		add_credentials(client, &message);
		message.destination = address_of(peer);
	}
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
 * Whether a relay may send us there: it is no way to have us knock at our own
 * doors, or at those of everybody. A private one is gone to, since that is
 * what clients do, and what has to be seen.
 */
static bool may_go_to(const struct turn_client *client,
		      const struct msturn_address *to)
{
	const struct address *here = &client->server.address;

	return to->port && to->address.family == here->family &&
	       (address_is_host(&to->address) || !address_is_host(here)) &&
	       (!address_equal(&to->address, here) ||
		to->port != client->server.port);
}

/*
 * Over UDP the next Allocate must go there ([MS-TURN] 2.2.2.7). What has been
 * granted stays with the server that granted it.
 */
static bool is_sent_on(struct turn_client *client,
		       const struct msturn_message *message)
{
	const struct msturn_address *to = &message->alternate;

	if (client->has_allocation ||
	    (message->error_code != TRY_ALTERNATE && !client->follows) ||
	    client->redirects == TURN_REDIRECTS_MAX || !may_go_to(client, to))
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
	const struct msturn_address *relayed =
		client->is_standard ? &message->relayed : &message->mapped;

	if (is_about_lifetime(client->request))
		client->has_allocation = client->request != TURN_RELEASE;
	if (relayed->address.family)
		client->relayed = *relayed;
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
	const struct types *expected = types_of(client);

	return client->length &&
	       (message->type == expected->response ||
		message->type == expected->error) &&
	       memcmp(message->transaction, client->transaction,
		      sizeof(client->transaction)) == 0;
}

static bool is_data(const struct turn_client *client,
		    const struct msturn_message *message)
{
	return client->is_standard
		       ? message->type == MSTURN_STANDARD_DATA_INDICATION
		       : message->has_cookie &&
				 message->type == MSTURN_DATA_INDICATION;
}

enum turn_event turn_client_hear(struct turn_client *client,
				 const struct msturn_message *message,
				 const void *datagram)
{
	if (is_data(client, message))
		return message->data.data ? TURN_DATA : TURN_IGNORED;
	if (!is_answer(client, message))
		return TURN_IGNORED;
	client->length = 0; /* answered */
	client->error_code = 0;
	client->integrity = integrity_of(client, message, datagram);
	if (message->has_cookie == client->is_standard)
		return TURN_REFUSED;
	/* one that names no code is an error all the same */
	if (message->error_code || message->type == types_of(client)->error)
		return hear_error(client, message);
	if (client->request != TURN_DESTINATION)
		keep_allocation(client, message);
	return TURN_GRANTED;
}

void turn_client_forget(struct turn_client *client)
{
	OPENSSL_cleanse(client->key, sizeof(client->key));
}
