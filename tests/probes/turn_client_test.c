#include "probes/turn_client.h"

#include "tests/common/wire/msturn_asserts.h"

#define DATA "edgeprobe relay test 1"

static struct credentials credentials;

static int read_credentials(void **state)
{
	struct octets username = octets_hex(VECTOR_USERNAME);
	struct octets password = octets_hex(VECTOR_PASSWORD);

	(void)state;
	memcpy(credentials.username, username.data, username.length);
	credentials.username_length = username.length;
	memcpy(credentials.password, password.data, password.length);
	credentials.password_length = password.length;
	free(username.data);
	free(password.data);
	return 0;
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint = {.transport = TRANSPORT_UDP};
	const char *why;

	assert_true(endpoint_parse(text, 0, &endpoint, &why));
	return endpoint;
}

static struct turn_client client_of(void)
{
	return (struct turn_client){
		.credentials = &credentials,
		.version = 1,
		.lifetime_s = 60,
		.server = endpoint_of("192.0.2.20:3478"),
		.follows = true,
	};
}

/*
 * What the client wrote
 */

static struct msturn_message written(const struct turn_client *client)
{
	struct msturn_message message;
	const char *why;

	assert_true(msturn_decode(&message, client->frame + MSTURN_FRAME_BYTES,
				  client->length, &why));
	return message;
}

static struct msturn_message ask(struct turn_client *client,
				 enum turn_request request)
{
	const struct endpoint peer = endpoint_of("198.51.100.30:40000");

	assert_true(turn_client_ask(client, request, &peer));
	return written(client);
}

/* With the key of the vectors, whichever the client made. */
static void is_signed(const struct msturn_message *message,
		      const void *datagram)
{
	uint8_t key[16];

	make_key(key);
	assert_hex(message->username.data, message->username.length,
		   VECTOR_USERNAME);
	assert_int_equal(message->integrity.length, 20);
	assert_true(msturn_verify(message, datagram, key));
}

static void is_signed_request(const struct turn_client *client)
{
	const struct msturn_message message = written(client);

	is_signed(&message, client->frame + MSTURN_FRAME_BYTES);
}

/*
 * What the client hears
 */

static enum turn_event hear_bytes(struct turn_client *client,
				  const struct octets *octets)
{
	struct msturn_message message;
	const char *why;

	assert_true(
		msturn_decode(&message, octets->data, octets->length, &why));
	return turn_client_hear(client, &message, octets->data);
}

/* A vector, as if it answered the request that is outstanding. */
static enum turn_event hear_vector(struct turn_client *client, const char *hex)
{
	struct octets octets = octets_hex(hex);
	enum turn_event event;

	memcpy(client->transaction, octets.data + 4,
	       sizeof(client->transaction));
	event = hear_bytes(client, &octets);
	free(octets.data);
	return event;
}

static enum turn_event hear(struct turn_client *client,
			    const struct msturn_message *answer,
			    const uint8_t *key)
{
	struct octets octets = {malloc(MSTURN_MESSAGE_MAX), 0};
	struct msturn_message message = *answer;
	enum turn_event event;

	memcpy(message.transaction, client->transaction,
	       sizeof(message.transaction));
	octets.length =
		msturn_encode(&message, key, octets.data, MSTURN_MESSAGE_MAX);
	assert_true(octets.length > 0);
	event = hear_bytes(client, &octets);
	free(octets.data);
	return event;
}

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

static struct msturn_address address_of(const char *text)
{
	const struct endpoint endpoint = endpoint_of(text);

	return (struct msturn_address){endpoint.address, endpoint.port};
}

static struct msturn_message error_of(unsigned code, const char *realm,
				      const char *nonce, const char *alternate)
{
	struct msturn_message message = {
		.type = MSTURN_ALLOCATE_ERROR,
		.has_cookie = true,
		.error_code = code,
	};

	if (realm)
		message.realm = text_of(realm);
	if (nonce)
		message.nonce = text_of(nonce);
	if (alternate)
		message.alternate = address_of(alternate);
	return message;
}

static enum turn_event challenge(struct turn_client *client, unsigned code,
				 const char *realm, const char *nonce)
{
	const struct msturn_message message =
		error_of(code, realm, nonce, NULL);

	return hear(client, &message, NULL);
}

static struct msturn_message grant_of(void)
{
	return (struct msturn_message){
		.type = MSTURN_ALLOCATE_RESPONSE,
		.has_cookie = true,
		.mapped = address_of("192.0.2.20:50123"),
		.xor_mapped = address_of("192.0.2.10:54321"),
		.has_lifetime = true,
		.lifetime_s = 600,
	};
}

/* The vectors from the first question to the grant. */
static struct turn_client challenged(void)
{
	struct turn_client client = client_of();

	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear_vector(&client, V2), TURN_ASK_AGAIN);
	return client;
}

static struct turn_client granted(void)
{
	struct turn_client client = challenged();

	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear_vector(&client, V4), TURN_GRANTED);
	return client;
}

/*
 * Asking
 */

static void asks_first_without_credentials(void **state)
{
	struct turn_client client = client_of();
	const struct msturn_message message = ask(&client, TURN_ALLOCATE);

	(void)state;
	assert_int_equal(message.type, MSTURN_ALLOCATE_REQUEST);
	assert_true(message.has_cookie);
	assert_int_equal(message.version, 1);
	assert_null(message.username.data);
	assert_null(message.integrity.data);
	assert_null(message.realm.data);
	assert_false(message.has_sequence);
	assert_false(message.has_lifetime);
	assert_memory_equal(message.transaction, client.transaction, 16);
}

static void frames_each_request(void **state)
{
	struct turn_client client = client_of();
	uint8_t type;
	uint16_t length;

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(
		msturn_frame(client.frame, MSTURN_FRAME_BYTES, &type, &length),
		1);
	assert_int_equal(type, MSTURN_FRAME_CONTROL);
	assert_int_equal(length, client.length);
}

static void signs_once_it_is_challenged(void **state)
{
	struct turn_client client = client_of();
	uint8_t first[MSTURN_TRANSACTION_BYTES];
	struct msturn_message message;

	(void)state;
	ask(&client, TURN_ALLOCATE);
	memcpy(first, client.transaction, sizeof(first));
	assert_int_equal(hear_vector(&client, V2), TURN_ASK_AGAIN);
	assert_hex(client.key, sizeof(client.key), VECTOR_KEY);
	message = ask(&client, TURN_ALLOCATE);
	is_signed_request(&client);
	assert_text(&message.realm, VECTOR_REALM);
	assert_text(&message.nonce, VECTOR_NONCE);
	assert_true(message.has_lifetime);
	assert_int_equal(message.lifetime_s, 60);
	assert_memory_not_equal(message.transaction, first, sizeof(first));
}

static void asks_for_no_lifetime_unless_told(void **state)
{
	struct turn_client client = challenged();

	(void)state;
	client.lifetime_s = 0;
	assert_false(ask(&client, TURN_ALLOCATE).has_lifetime);
}

static void keeps_what_is_granted(void **state)
{
	const struct turn_client client = granted();

	(void)state;
	assert_true(client.has_allocation);
	assert_address(&client.relayed, "192.0.2.20 50123");
	assert_address(&client.reflexive, "192.0.2.10 54321");
	assert_int_equal(client.granted_s, 600);
	assert_hex(client.connection_id, 20, VECTOR_CONNECTION_ID);
	assert_int_equal(client.sequence, 0);
	assert_int_equal(client.integrity, TURN_INTEGRITY_VERIFIED);
	assert_int_equal(client.error_code, 0);
}

static struct msturn_message send_data(struct turn_client *client,
				       struct octets *frame)
{
	const struct endpoint peer = endpoint_of("198.51.100.30:40000");
	struct msturn_message message;
	size_t length;
	const char *why;

	*frame = (struct octets){malloc(MSTURN_MESSAGE_MAX), 0};
	length = turn_client_send(client, &peer, DATA, strlen(DATA),
				  frame->data, MSTURN_MESSAGE_MAX);
	assert_true(length > MSTURN_FRAME_BYTES);
	assert_true(msturn_decode(&message, frame->data + MSTURN_FRAME_BYTES,
				  length - MSTURN_FRAME_BYTES, &why));
	return message;
}

/* Once the transaction is that of the vector, so are all bytes but the end. */
static void sends_what_the_vector_sends(void **state)
{
	struct turn_client client = granted();
	struct octets vector = octets_hex(V5), frame;
	const struct msturn_message message = send_data(&client, &frame);
	const uint8_t *datagram = frame.data + MSTURN_FRAME_BYTES;

	(void)state;
	is_signed(&message, datagram);
	assert_int_equal(message.type, MSTURN_SEND_REQUEST);
	assert_null(message.nonce.data);
	assert_null(message.realm.data);
	assert_address(&message.destination, "198.51.100.30 40000");
	assert_text(&message.data, DATA);
	assert_memory_equal(datagram, vector.data, 4);
	assert_memory_equal(datagram + MSTURN_HEADER_BYTES,
			    vector.data + MSTURN_HEADER_BYTES,
			    message.integrity_offset - MSTURN_HEADER_BYTES);
	free(frame.data);
	free(vector.data);
}

static void sets_a_destination_without_nonce_and_realm(void **state)
{
	struct turn_client client = granted();
	const struct msturn_message message = ask(&client, TURN_DESTINATION);

	(void)state;
	is_signed_request(&client);
	assert_int_equal(message.type, MSTURN_DESTINATION_REQUEST);
	assert_null(message.nonce.data);
	assert_null(message.realm.data);
	assert_address(&message.destination, "198.51.100.30 40000");
	assert_int_equal(hear_vector(&client, V8), TURN_GRANTED);
	assert_int_equal(client.integrity, TURN_INTEGRITY_VERIFIED);
	assert_address(&client.relayed, "192.0.2.20 50123");
}

static void counts_its_requests_on(void **state)
{
	struct turn_client client = granted();
	struct msturn_message message;
	struct octets frame;

	(void)state;
	message = send_data(&client, &frame);
	assert_int_equal(message.sequence, 1);
	assert_hex(message.connection_id, 20, VECTOR_CONNECTION_ID);
	free(frame.data);
	message = ask(&client, TURN_DESTINATION);
	assert_int_equal(message.sequence, 2);
	assert_hex(message.connection_id, 20, VECTOR_CONNECTION_ID);
	assert_int_equal(ask(&client, TURN_REFRESH).sequence, 3);
	assert_int_equal(ask(&client, TURN_RELEASE).sequence, 4);
}

/* A later answer with another number does not set it back. */
static void counts_on_whatever_a_refresh_answers(void **state)
{
	struct turn_client client = granted();
	struct msturn_message answer = grant_of();

	(void)state;
	ask(&client, TURN_REFRESH);
	answer.has_sequence = true;
	assert_int_equal(hear(&client, &answer, client.key), TURN_GRANTED);
	assert_int_equal(ask(&client, TURN_REFRESH).sequence, 2);
	assert_hex(client.connection_id, 20, VECTOR_CONNECTION_ID);
}

static void gives_back_with_a_lifetime_of_zero(void **state)
{
	struct turn_client client = granted();
	struct msturn_message message = ask(&client, TURN_RELEASE);
	struct msturn_message answer = {
		.type = MSTURN_ALLOCATE_RESPONSE,
		.has_cookie = true,
		.has_lifetime = true,
	};

	(void)state;
	is_signed_request(&client);
	assert_int_equal(message.type, MSTURN_ALLOCATE_REQUEST);
	assert_true(message.has_lifetime);
	assert_int_equal(message.lifetime_s, 0);
	assert_text(&message.realm, VECTOR_REALM);
	assert_text(&message.nonce, VECTOR_NONCE);
	assert_int_equal(hear(&client, &answer, client.key), TURN_GRANTED);
	assert_false(client.has_allocation);
}

/* Who is stopped cannot wait for a grant that is on its way. */
static void gives_back_what_may_be_granted(void **state)
{
	struct turn_client client = client_of();

	(void)state;
	assert_false(turn_client_gives_back(&client));
	ask(&client, TURN_ALLOCATE); /* without credentials: no grant */
	assert_false(turn_client_gives_back(&client));
	client = challenged();
	ask(&client, TURN_ALLOCATE);
	assert_true(turn_client_gives_back(&client));
	is_signed_request(&client);
	assert_int_equal(written(&client).lifetime_s, 0);
	client = granted();
	assert_true(turn_client_gives_back(&client));
	assert_int_equal(written(&client).lifetime_s, 0);
}

static void sends_nothing_that_does_not_fit(void **state)
{
	static const uint8_t data[MSTURN_MESSAGE_MAX];
	const struct endpoint peer = endpoint_of("198.51.100.30:40000");
	struct turn_client client = granted();
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];

	(void)state;
	assert_int_equal(turn_client_send(&client, &peer, data, sizeof(data),
					  frame, sizeof(frame)),
			 0);
	for (size_t capacity = 0; capacity < 182 + MSTURN_FRAME_BYTES;
	     capacity++) {
		struct octets small = {malloc(capacity), capacity};

		assert_int_equal(turn_client_send(&client, &peer, DATA,
						  strlen(DATA), small.data,
						  capacity),
				 0);
		free(small.data);
	}
}

/*
 * Challenges
 */

static void renews_a_stale_nonce(void **state)
{
	struct turn_client client = granted();
	struct msturn_message message;

	(void)state;
	ask(&client, TURN_RELEASE);
	assert_int_equal(hear_vector(&client, V10), TURN_ASK_AGAIN);
	message = ask(&client, TURN_RELEASE);
	assert_text(&message.nonce, "f81d4fae7dec11d0a76500a0c91e6bf6-2");
	assert_text(&message.realm, VECTOR_REALM);
	assert_int_equal(message.lifetime_s, 0);
	is_signed_request(&client);
}

/* However often it asks again: also after it has been refused. */
static void renews_a_nonce_a_few_times_at_most(void **state)
{
	struct turn_client client = challenged();

	(void)state;
	for (unsigned i = 0; i < TURN_RENEWALS_MAX; i++) {
		ask(&client, TURN_ALLOCATE);
		assert_int_equal(
			challenge(&client, 438, VECTOR_REALM, "another"),
			TURN_ASK_AGAIN);
	}
	for (unsigned i = 0; i < 3; i++) {
		ask(&client, TURN_ALLOCATE);
		assert_int_equal(
			challenge(&client, 438, VECTOR_REALM, "another"),
			TURN_REFUSED);
		assert_int_equal(client.error_code, 438);
	}
}

/* The same realm again means: these credentials are refused. */
static void takes_a_second_challenge_for_a_refusal(void **state)
{
	struct turn_client client = challenged();

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, VECTOR_REALM, "another"),
			 TURN_REFUSED);
	assert_int_equal(client.error_code, 401);
	assert_false(client.has_allocation);
}

static void takes_a_challenge_of_another_realm(void **state)
{
	struct turn_client client = challenged();
	struct msturn_message message;

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, "elsewhere", "another"),
			 TURN_ASK_AGAIN);
	message = ask(&client, TURN_ALLOCATE);
	assert_text(&message.realm, "elsewhere");
	assert_true(msturn_verify(&message, client.frame + MSTURN_FRAME_BYTES,
				  client.key));
	for (unsigned i = 1; i < TURN_RENEWALS_MAX; i++) {
		assert_int_equal(
			challenge(&client, 401, i % 2 ? "a" : "b", "another"),
			TURN_ASK_AGAIN);
		ask(&client, TURN_ALLOCATE);
	}
	assert_int_equal(challenge(&client, 401, "c", "another"), TURN_REFUSED);
}

static void a_challenge_without_realm_or_nonce_is_a_refusal(void **state)
{
	struct turn_client client = client_of();

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, NULL, VECTOR_NONCE),
			 TURN_REFUSED);
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, VECTOR_REALM, NULL),
			 TURN_REFUSED);
	assert_false(client.has_challenge);
	assert_false(client.is_signed);
}

static void cannot_answer_a_challenge_without_credentials(void **state)
{
	struct turn_client client = client_of();

	(void)state;
	client.credentials = NULL;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, VECTOR_REALM, VECTOR_NONCE),
			 TURN_REFUSED);
	assert_int_equal(client.error_code, 401);
}

/* [MS-TURN] 2.2.2.13, 2.2.2.14: at most 128 bytes. */
static void refuses_what_is_longer_than_it_may_be(void **state)
{
	char most[TURN_OPAQUE_MAX + 1] = {0}, more[TURN_OPAQUE_MAX + 2] = {0};
	struct turn_client client = client_of();

	(void)state;
	memset(most, 'm', TURN_OPAQUE_MAX);
	memset(more, 'm', TURN_OPAQUE_MAX + 1);
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, most, most), TURN_ASK_AGAIN);
	assert_int_equal(ask(&client, TURN_ALLOCATE).nonce.length,
			 TURN_OPAQUE_MAX);
	client = client_of();
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, more, most), TURN_REFUSED);
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(challenge(&client, 401, most, more), TURN_REFUSED);
	assert_false(client.has_challenge);
	assert_int_equal(client.realm.length, 0);
	assert_int_equal(client.nonce.length, 0);
}

/* Else the release would be signed with half of a challenge. */
static void keeps_its_challenge_when_it_refuses_one(void **state)
{
	char more[TURN_OPAQUE_MAX + 2] = {0};
	struct turn_client client = granted();
	struct msturn_message message;

	(void)state;
	memset(more, 'm', TURN_OPAQUE_MAX + 1);
	ask(&client, TURN_REFRESH);
	assert_int_equal(challenge(&client, 438, "elsewhere", more),
			 TURN_REFUSED);
	message = ask(&client, TURN_RELEASE);
	assert_text(&message.realm, VECTOR_REALM);
	assert_text(&message.nonce, VECTOR_NONCE);
	is_signed_request(&client);
}

/*
 * Other servers
 */

static enum turn_event send_on(struct turn_client *client, unsigned code,
			       const char *alternate)
{
	const struct msturn_message message =
		error_of(code, VECTOR_REALM, VECTOR_NONCE, alternate);

	ask(client, TURN_ALLOCATE);
	return hear(client, &message, NULL);
}

static void is_sent_on_a_few_times_at_most(void **state)
{
	static const char *const places[] = {
		"192.0.2.31:3478", "192.0.2.32:3478", "192.0.2.33:3478"};
	struct turn_client client = client_of();

	(void)state;
	for (unsigned i = 0; i < TURN_REDIRECTS_MAX; i++) {
		const struct endpoint place = endpoint_of(places[i]);

		assert_int_equal(send_on(&client, 300, places[i]),
				 TURN_ELSEWHERE);
		assert_true(
			address_equal(&client.server.address, &place.address));
		assert_int_equal(client.server.port, 3478);
		assert_null(ask(&client, TURN_ALLOCATE).username.data);
	}
	assert_int_equal(send_on(&client, 300, places[2]), TURN_REFUSED);
	assert_int_equal(client.error_code, 300);
	assert_address(&client.alternate, "192.0.2.33 3478");
}

static void asks_another_server_anew(void **state)
{
	struct turn_client client = challenged();

	(void)state;
	assert_int_equal(send_on(&client, 300, "192.0.2.31:3478"),
			 TURN_ELSEWHERE);
	assert_null(ask(&client, TURN_ALLOCATE).username.data);
	assert_int_equal(challenge(&client, 401, VECTOR_REALM, "another"),
			 TURN_ASK_AGAIN);
	ask(&client, TURN_ALLOCATE);
	is_signed_request(&client);
}

static void is_not_sent_on_to_nowhere(void **state)
{
	static const char *const places[] = {
		NULL,
		"192.0.2.20:3478",
		/* our own doors, everybody's, and the other family's */
		"127.0.0.1:3478",
		"0.0.0.0:3478",
		"224.0.0.1:3478",
		"255.255.255.255:3478",
		"[::1]:3478",
		"[2001:db8::31]:3478",
		"[::ffff:192.0.2.31]:3478",
	};
	struct msturn_message message = error_of(300, NULL, NULL, NULL);
	struct turn_client client = client_of();

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_int_equal(send_on(&client, 300, places[i]),
				 TURN_REFUSED);
	message.alternate = address_of("192.0.2.31:3478");
	message.alternate.port = 0;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear(&client, &message, NULL), TURN_REFUSED);
	assert_int_equal(client.server.port, 3478);
	assert_int_equal(client.redirects, 0);
}

/* [MS-TURN] 2.2.2.7: over UDP the next Allocate goes to the node itself. */
static void follows_the_node_behind_a_challenge_over_udp_alone(void **state)
{
	const struct endpoint node = endpoint_of("192.0.2.31:3478");
	const struct endpoint asked = endpoint_of("192.0.2.20:3478");

	(void)state;
	for (int follows = 0; follows < 2; follows++) {
		struct turn_client client = client_of();

		client.follows = follows;
		assert_int_equal(send_on(&client, 401, "192.0.2.31:3478"),
				 follows ? TURN_ELSEWHERE : TURN_ASK_AGAIN);
		assert_true(address_equal(&client.server.address,
					  follows ? &node.address
						  : &asked.address));
		assert_address(&client.alternate, "192.0.2.31 3478");
		ask(&client, TURN_ALLOCATE);
		is_signed_request(&client);
	}
}

/* A relay port is given back where it was granted. */
static void stays_where_it_was_granted(void **state)
{
	const struct endpoint asked = endpoint_of("192.0.2.20:3478");
	struct msturn_message stale =
		error_of(438, VECTOR_REALM, "another", "192.0.2.31:3478");
	struct msturn_message full =
		error_of(300, NULL, NULL, "192.0.2.31:3478");
	struct turn_client client = granted();

	(void)state;
	ask(&client, TURN_REFRESH);
	assert_int_equal(hear(&client, &full, NULL), TURN_REFUSED);
	ask(&client, TURN_RELEASE);
	assert_int_equal(hear(&client, &stale, NULL), TURN_ASK_AGAIN);
	assert_true(address_equal(&client.server.address, &asked.address));
	ask(&client, TURN_RELEASE);
	is_signed_request(&client);
}

/*
 * Answers
 */

static void ignores_an_answer_to_another_question(void **state)
{
	struct turn_client client = challenged();
	struct octets octets = octets_hex(V4);

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear_bytes(&client, &octets), TURN_IGNORED);
	assert_false(client.has_allocation);
	for (unsigned bit = 0; bit < 128; bit++) {
		memcpy(octets.data + 4, client.transaction, 16);
		octets.data[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(hear_bytes(&client, &octets), TURN_IGNORED);
	}
	free(octets.data);
	assert_int_equal(hear_vector(&client, V4), TURN_GRANTED);
}

static void ignores_a_second_answer(void **state)
{
	struct turn_client client = challenged();
	const struct msturn_message refusal = error_of(500, NULL, NULL, NULL);

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear_vector(&client, V4), TURN_GRANTED);
	assert_int_equal(hear_vector(&client, V4), TURN_IGNORED);
	assert_int_equal(hear(&client, &refusal, NULL), TURN_IGNORED);
	assert_int_equal(client.error_code, 0);
}

static void ignores_an_answer_of_another_kind(void **state)
{
	struct turn_client client = granted();
	struct msturn_message answer = grant_of();

	(void)state;
	ask(&client, TURN_DESTINATION);
	assert_int_equal(hear(&client, &answer, client.key), TURN_IGNORED);
	answer.type = MSTURN_DESTINATION_RESPONSE;
	assert_int_equal(hear(&client, &answer, client.key), TURN_GRANTED);
	ask(&client, TURN_REFRESH);
	assert_int_equal(hear(&client, &answer, client.key), TURN_IGNORED);
	answer.type = MSTURN_ALLOCATE_REQUEST;
	assert_int_equal(hear(&client, &answer, client.key), TURN_IGNORED);
}

static void takes_data_in_whenever_it_comes(void **state)
{
	struct turn_client client = challenged();
	struct msturn_message empty = {.type = MSTURN_DATA_INDICATION,
				       .has_cookie = true};

	(void)state;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear_vector(&client, V6), TURN_DATA);
	assert_int_equal(hear(&client, &empty, NULL), TURN_IGNORED);
	assert_int_equal(hear_vector(&client, V4), TURN_GRANTED);
	assert_int_equal(hear_vector(&client, V6), TURN_DATA);
}

/* Another server's; what it says is not gone into. */
static void refuses_an_answer_without_magic_cookie(void **state)
{
	struct turn_client client = client_of();
	struct msturn_message answer =
		error_of(401, VECTOR_REALM, VECTOR_NONCE, NULL);

	(void)state;
	ask(&client, TURN_ALLOCATE);
	answer.has_cookie = false;
	assert_int_equal(hear(&client, &answer, NULL), TURN_REFUSED);
	assert_int_equal(client.error_code, 0);
	assert_false(client.has_challenge);
	answer = grant_of();
	answer.has_cookie = false;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear(&client, &answer, NULL), TURN_REFUSED);
	assert_false(client.has_allocation);
}

static void an_error_without_a_code_is_no_grant(void **state)
{
	struct turn_client client = challenged();
	struct msturn_message answer = grant_of();

	(void)state;
	answer.type = MSTURN_ALLOCATE_ERROR;
	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear(&client, &answer, NULL), TURN_REFUSED);
	assert_false(client.has_allocation);
	assert_int_equal(client.relayed.address.family, 0);
}

static void tells_codes_it_cannot_mend(void **state)
{
	static const unsigned codes[] = {400, 420, 430, 431, 436,
					 437, 441, 486, 500, 600};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct turn_client client = challenged();

		ask(&client, TURN_ALLOCATE);
		assert_int_equal(
			challenge(&client, codes[i], VECTOR_REALM, "another"),
			TURN_REFUSED);
		assert_int_equal(client.error_code, codes[i]);
		assert_false(client.has_allocation);
	}
}

/*
 * Integrity
 */

static enum turn_integrity integrity_of_grant(const uint8_t *key)
{
	struct turn_client client = challenged();
	const struct msturn_message answer = grant_of();

	ask(&client, TURN_ALLOCATE);
	assert_int_equal(hear(&client, &answer, key), TURN_GRANTED);
	assert_true(client.has_allocation);
	return client.integrity;
}

static void tells_right_integrity_from_wrong_and_none(void **state)
{
	uint8_t key[16];

	(void)state;
	make_key(key);
	assert_int_equal(integrity_of_grant(key), TURN_INTEGRITY_VERIFIED);
	assert_int_equal(integrity_of_grant(NULL), TURN_INTEGRITY_ABSENT);
	key[15] ^= 1;
	assert_int_equal(integrity_of_grant(key), TURN_INTEGRITY_WRONG);
}

/* msturn.md 6.3: nobody knows how it is made, so it is no fault. */
static void does_not_verify_integrity_of_32_bytes(void **state)
{
	static const uint8_t attribute[] = {0x00, 0x08, 0x00, 0x20};
	struct turn_client client = challenged();
	struct octets vector = octets_hex(V4);
	struct octets longer = {malloc(vector.length + 12), vector.length + 12};

	(void)state;
	ask(&client, TURN_ALLOCATE);
	memset(longer.data, 0xab, longer.length);
	memcpy(longer.data, vector.data, vector.length - 24);
	memcpy(longer.data + vector.length - 24, attribute, sizeof(attribute));
	longer.data[3] = (uint8_t)(longer.length - MSTURN_HEADER_BYTES);
	memcpy(longer.data + 4, client.transaction, 16);
	assert_int_equal(hear_bytes(&client, &longer), TURN_GRANTED);
	assert_int_equal(client.integrity, TURN_INTEGRITY_UNKNOWN);
	assert_true(client.has_allocation);
	free(vector.data);
	free(longer.data);
}

static void names_each_integrity(void **state)
{
	(void)state;
	assert_string_equal(turn_integrity_name(TURN_INTEGRITY_ABSENT),
			    "absent");
	assert_string_equal(turn_integrity_name(TURN_INTEGRITY_VERIFIED),
			    "verified");
	assert_string_equal(turn_integrity_name(TURN_INTEGRITY_UNKNOWN),
			    "not verified");
	assert_string_equal(turn_integrity_name(TURN_INTEGRITY_WRONG), "wrong");
}

static void forgets_its_key(void **state)
{
	static const uint8_t nothing[16];
	struct turn_client client = granted();

	(void)state;
	turn_client_forget(&client);
	assert_memory_equal(client.key, nothing, sizeof(nothing));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_first_without_credentials),
		cmocka_unit_test(frames_each_request),
		cmocka_unit_test(signs_once_it_is_challenged),
		cmocka_unit_test(asks_for_no_lifetime_unless_told),
		cmocka_unit_test(keeps_what_is_granted),
		cmocka_unit_test(sends_what_the_vector_sends),
		cmocka_unit_test(sets_a_destination_without_nonce_and_realm),
		cmocka_unit_test(counts_its_requests_on),
		cmocka_unit_test(counts_on_whatever_a_refresh_answers),
		cmocka_unit_test(gives_back_with_a_lifetime_of_zero),
		cmocka_unit_test(gives_back_what_may_be_granted),
		cmocka_unit_test(sends_nothing_that_does_not_fit),
		cmocka_unit_test(renews_a_stale_nonce),
		cmocka_unit_test(renews_a_nonce_a_few_times_at_most),
		cmocka_unit_test(takes_a_second_challenge_for_a_refusal),
		cmocka_unit_test(takes_a_challenge_of_another_realm),
		cmocka_unit_test(
			a_challenge_without_realm_or_nonce_is_a_refusal),
		cmocka_unit_test(cannot_answer_a_challenge_without_credentials),
		cmocka_unit_test(refuses_what_is_longer_than_it_may_be),
		cmocka_unit_test(keeps_its_challenge_when_it_refuses_one),
		cmocka_unit_test(is_sent_on_a_few_times_at_most),
		cmocka_unit_test(asks_another_server_anew),
		cmocka_unit_test(is_not_sent_on_to_nowhere),
		cmocka_unit_test(
			follows_the_node_behind_a_challenge_over_udp_alone),
		cmocka_unit_test(stays_where_it_was_granted),
		cmocka_unit_test(ignores_an_answer_to_another_question),
		cmocka_unit_test(ignores_a_second_answer),
		cmocka_unit_test(ignores_an_answer_of_another_kind),
		cmocka_unit_test(takes_data_in_whenever_it_comes),
		cmocka_unit_test(refuses_an_answer_without_magic_cookie),
		cmocka_unit_test(an_error_without_a_code_is_no_grant),
		cmocka_unit_test(tells_codes_it_cannot_mend),
		cmocka_unit_test(tells_right_integrity_from_wrong_and_none),
		cmocka_unit_test(does_not_verify_integrity_of_32_bytes),
		cmocka_unit_test(names_each_integrity),
		cmocka_unit_test(forgets_its_key),
	};

	return cmocka_run_group_tests(tests, read_credentials, NULL);
}
