#include "tests/peers/nice_peer.h"

#include <arpa/inet.h>

/*
 * The codec against that of libnice, which shares no line with it: each reads
 * and verifies what the other makes, of MSTURN (libnice calls it OC2007) and
 * of standard TURN. libnice strips quotes and zeros at the ends of a binary
 * username or password (msturn.md 6.1); the credentials here have none there.
 */

static struct octets our_allocate(const struct peer *peer)
{
	static const uint8_t transaction[16] = {0x21, 0x12, 0xa4, 0x42, 5};
	struct msturn_message request =
		message_for(peer, MSTURN_ALLOCATE_REQUEST, transaction);

	request.username = text_of(&peer->username);
	request.realm = text_of(&peer->realm);
	request.nonce = (struct msturn_text){(const uint8_t *)VECTOR_NONCE,
					     strlen(VECTOR_NONCE)};
	request.has_service_quality = peer->is_msturn;
	request.stream_type = 1;
	request.has_requested_transport = !peer->is_msturn;
	request.requested_transport = 17;
	return encode(&request, peer->key);
}

/* As a server: whole, and with each bit of it turned. */
static void accepts_our_allocate(struct peer *peer)
{
	struct octets octets = our_allocate(peer);
	StunMessage message;

	assert_int_equal(validate(peer, &message, &octets),
			 STUN_VALIDATION_SUCCESS);
	assert_int_equal(stun_message_get_method(&message), STUN_ALLOCATE);
	assert_int_equal(stun_message_get_class(&message), STUN_REQUEST);
	for (size_t bit = 0; bit < octets.length * 8; bit++) {
		octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (bit != 3 && bit != 4 && bit != 12) /* indication's class */
			assert_int_not_equal(validate(peer, &message, &octets),
					     STUN_VALIDATION_SUCCESS);
		octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	peer->password.data[0] ^= 1;
	assert_int_equal(validate(peer, &message, &octets),
			 STUN_VALIDATION_UNAUTHORIZED);
	free(octets.data);
}

static void libnice_takes_our_allocate_and_no_flipped_bit(void **s)
{
	struct peer peer;

	(void)s;
	peer_msturn(&peer);
	accepts_our_allocate(&peer);
	peer_free(&peer);
	peer_standard(&peer);
	accepts_our_allocate(&peer);
	peer_free(&peer);
}

/* Its first request, and our 401 to it as libnice takes that in. */
static void challenge(struct peer *peer, uint8_t room[ROOM],
		      StunMessage *answer, struct octets *octets)
{
	struct sockaddr_storage addresses[3];
	socklen_t lengths[3] = {sizeof(addresses[0]), sizeof(addresses[1]),
				sizeof(addresses[2])};
	struct msturn_message request, ours;
	uint32_t bandwidth, lifetime;
	StunMessage message;
	size_t length =
		stun_usage_turn_create(&peer->agent, &message, room, ROOM, NULL,
				       STUN_USAGE_TURN_REQUEST_PORT_NORMAL, -1,
				       -1, NULL, 0, NULL, 0, peer->turn);
	int code = 0;

	decode(&request, room, length);
	assert_int_equal(request.type, MSTURN_ALLOCATE_REQUEST);
	assert_int_equal(request.has_cookie, peer->is_msturn);
	assert_int_equal(request.version, peer->is_msturn ? 1 : 0);
	assert_int_equal(request.requested_transport, peer->is_msturn ? 0 : 17);
	assert_int_equal(request.is_fingerprint_right, !peer->is_msturn);
	assert_null(request.integrity.data);

	ours = message_for(peer, MSTURN_ALLOCATE_ERROR, request.transaction);
	ours.error_code = 401;
	ours.error_reason = (struct msturn_text){(const uint8_t *)"No", 2};
	ours.realm = text_of(&peer->realm);
	ours.nonce = (struct msturn_text){(const uint8_t *)VECTOR_NONCE,
					  strlen(VECTOR_NONCE)};
	*octets = encode(&ours, NULL);
	assert_int_equal(validate(peer, answer, octets),
			 STUN_VALIDATION_SUCCESS);
	assert_int_equal(stun_message_find_error(answer, &code),
			 STUN_MESSAGE_RETURN_SUCCESS);
	assert_int_equal(code, 401);
	assert_int_equal(stun_usage_turn_process(answer, &addresses[0],
						 &lengths[0], &addresses[1],
						 &lengths[1], &addresses[2],
						 &lengths[2], &bandwidth,
						 &lifetime, peer->turn),
			 STUN_USAGE_TURN_RETURN_ERROR);
}

/* Whole, and no longer with any byte of what the integrity holds changed. */
static void is_held_by_integrity(const struct peer *peer, uint8_t *data,
				 size_t length)
{
	struct msturn_message message;
	const char *why;

	decode(&message, data, length);
	assert_true(msturn_verify(&message, data, peer->key));
	if (!peer->is_msturn)
		assert_true(message.is_fingerprint_right);
	for (size_t at = 0; at < message.integrity_offset + 24; at++) {
		data[at] ^= 0x20;
		if (msturn_decode(&message, data, length, &why))
			assert_false(msturn_verify(&message, data, peer->key));
		data[at] ^= 0x20;
		decode(&message, data, length);
	}
}

static void verifies_its_requests(struct peer *peer)
{
	struct msturn_message message;
	struct octets octets;
	StunMessage answer, request;
	uint8_t first[ROOM], room[ROOM];
	size_t length;

	challenge(peer, first, &answer, &octets);
	length = stun_usage_turn_create(
		&peer->agent, &request, room, sizeof(room), &answer,
		STUN_USAGE_TURN_REQUEST_PORT_NORMAL,
		peer->is_msturn ? 100 : -1, /* RFC 8656 knows no bandwidth */
		300, peer->username.data, peer->username.length,
		peer->password.data, peer->password.length, peer->turn);
	is_held_by_integrity(peer, room, length);
	decode(&message, room, length);
	assert_int_equal(message.type, MSTURN_ALLOCATE_REQUEST);
	assert_int_equal(message.username.length, peer->username.length);
	assert_memory_equal(message.username.data, peer->username.data,
			    peer->username.length);
	assert_int_equal(message.realm.length, peer->realm.length);
	assert_memory_equal(message.realm.data, peer->realm.data,
			    peer->realm.length);
	assert_text(&message.nonce, VECTOR_NONCE);
	assert_true(message.has_lifetime);
	assert_int_equal(message.lifetime_s, 300);

	length = stun_usage_turn_create_refresh(
		&peer->agent, &request, room, sizeof(room), &answer, 0,
		peer->username.data, peer->username.length, peer->password.data,
		peer->password.length, peer->turn);
	is_held_by_integrity(peer, room, length);
	decode(&message, room, length);
	assert_int_equal(message.type, peer->is_msturn
					       ? MSTURN_ALLOCATE_REQUEST
					       : MSTURN_REFRESH_REQUEST);
	assert_true(message.has_lifetime);
	assert_int_equal(message.lifetime_s, 0);
	free(octets.data);
}

static void we_verify_what_libnice_asks_with_credentials(void **state)
{
	struct peer peer;

	(void)state;
	peer_msturn(&peer);
	verifies_its_requests(&peer);
	peer_free(&peer);
	peer_standard(&peer);
	verifies_its_requests(&peer);
	peer_free(&peer);
}

/* Our answer to its authenticated request, with both addresses. */
static struct octets our_answer(const struct peer *peer,
				const struct msturn_message *request)
{
	struct msturn_message answer = message_for(
		peer, MSTURN_ALLOCATE_RESPONSE, request->transaction);

	answer.has_lifetime = true;
	answer.lifetime_s = 600;
	answer.has_sequence = true;
	answer.connection_id[0] = 7;
	answer.xor_mapped = address_of("192.0.2.10", 54321);
	if (peer->is_msturn)
		answer.mapped = address_of("192.0.2.20", 50123);
	else
		answer.relayed = address_of("2001:db8::20", 50123);
	answer.software = (struct msturn_text){(const uint8_t *)"sim", 3};
	return encode(&answer, peer->key);
}

static void reads_our_answer(struct peer *peer)
{
	struct sockaddr_storage addresses[3];
	socklen_t lengths[3] = {sizeof(addresses[0]), sizeof(addresses[1]),
				sizeof(addresses[2])};
	struct msturn_message message;
	struct octets octets, ours;
	StunMessage answer, request, allocated;
	uint8_t first[ROOM], room[ROOM];
	uint32_t bandwidth, lifetime = 0;
	size_t length;

	challenge(peer, first, &answer, &octets);
	length = stun_usage_turn_create(
		&peer->agent, &request, room, sizeof(room), &answer,
		STUN_USAGE_TURN_REQUEST_PORT_NORMAL, -1, -1,
		peer->username.data, peer->username.length, peer->password.data,
		peer->password.length, peer->turn);
	decode(&message, room, length);
	ours = our_answer(peer, &message);
	for (size_t at = 0; at < ours.length; at++) {
		ours.data[at] ^= 1;
		assert_int_not_equal(validate(peer, &allocated, &ours),
				     STUN_VALIDATION_SUCCESS);
		ours.data[at] ^= 1;
	}
	assert_int_equal(validate(peer, &allocated, &ours),
			 STUN_VALIDATION_SUCCESS);
	assert_int_equal(stun_usage_turn_process(&allocated, &addresses[0],
						 &lengths[0], &addresses[1],
						 &lengths[1], &addresses[2],
						 &lengths[2], &bandwidth,
						 &lifetime, peer->turn),
			 STUN_USAGE_TURN_RETURN_MAPPED_SUCCESS);
	assert_sockaddr(&addresses[0], peer->is_msturn ? "192.0.2.20 50123"
						       : "2001:db8::20 50123");
	assert_sockaddr(&addresses[1], "192.0.2.10 54321");
	assert_int_equal(lifetime, 600);
	free(octets.data);
	free(ours.data);
}

static void libnice_reads_and_verifies_our_answer(void **state)
{
	struct peer peer;

	(void)state;
	peer_msturn(&peer);
	reads_our_answer(&peer);
	peer_free(&peer);
	peer_standard(&peer);
	reads_our_answer(&peer);
	peer_free(&peer);
}

/* What libnice does then is its own affair; it reads whom we name. */
static void reads_alternate_server(struct peer *peer)
{
	struct sockaddr_storage addresses[3];
	socklen_t lengths[3] = {sizeof(addresses[0]), sizeof(addresses[1]),
				sizeof(addresses[2])};
	struct msturn_message request, ours;
	struct octets octets;
	StunMessage message, answer;
	uint8_t room[ROOM];
	uint32_t bandwidth, lifetime;

	decode(&request, room,
	       stun_usage_turn_create(&peer->agent, &message, room,
				      sizeof(room), NULL,
				      STUN_USAGE_TURN_REQUEST_PORT_NORMAL, -1,
				      -1, NULL, 0, NULL, 0, peer->turn));
	ours = message_for(peer, MSTURN_ALLOCATE_ERROR, request.transaction);
	ours.error_code = peer->is_msturn ? 401 : 300;
	ours.alternate = address_of("192.0.2.21", 3478);
	octets = encode(&ours, NULL);
	assert_int_equal(validate(peer, &answer, &octets),
			 STUN_VALIDATION_SUCCESS);
	assert_int_equal(
		stun_usage_turn_process(&answer, &addresses[0], &lengths[0],
					&addresses[1], &lengths[1],
					&addresses[2], &lengths[2], &bandwidth,
					&lifetime, peer->turn),
		peer->is_msturn ? STUN_USAGE_TURN_RETURN_ERROR
				: STUN_USAGE_TURN_RETURN_ALTERNATE_SERVER);
	assert_sockaddr(&addresses[2], "192.0.2.21 3478");
	free(octets.data);
}

static void libnice_reads_our_alternate_server(void **state)
{
	struct peer peer;

	(void)state;
	peer_msturn(&peer);
	reads_alternate_server(&peer);
	peer_free(&peer);
	peer_standard(&peer);
	reads_alternate_server(&peer);
	peer_free(&peer);
}

/* Send as its relayed socket makes it, and what comes back. */
static void we_read_its_send_and_it_our_data_indication(void **state)
{
	static const uint8_t transaction[16] = {0x21, 0x12, 0xa4, 0x42, 9};
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *to = (void *)&storage;
	socklen_t length = sizeof(storage);
	struct msturn_message message, ours;
	struct octets octets;
	StunMessage nice;
	uint8_t room[ROOM];
	uint16_t size = 0;
	struct peer peer;

	(void)state;
	peer_msturn(&peer);
	to->sin_family = AF_INET;
	to->sin_port = htons(40000);
	assert_int_equal(inet_pton(AF_INET, "198.51.100.30", &to->sin_addr), 1);
	assert_true(stun_agent_init_request(&peer.agent, &nice, room,
					    sizeof(room), STUN_SEND));
	stun_message_append32(&nice, STUN_ATTRIBUTE_MAGIC_COOKIE, 0x72c64bc6);
	stun_message_append_bytes(&nice, STUN_ATTRIBUTE_USERNAME,
				  peer.username.data, peer.username.length);
	stun_message_append_addr(&nice, STUN_ATTRIBUTE_DESTINATION_ADDRESS,
				 (const struct sockaddr *)to, sizeof(*to));
	stun_message_append_bytes(&nice, STUN_ATTRIBUTE_DATA, "hello", 5);
	decode(&message, room,
	       stun_agent_finish_message(&peer.agent, &nice, NULL, 0));
	assert_int_equal(message.type, MSTURN_SEND_REQUEST);
	assert_address(&message.destination, "198.51.100.30 40000");
	assert_text(&message.data, "hello");

	ours = message_for(&peer, MSTURN_DATA_INDICATION, transaction);
	ours.has_version = false;
	ours.remote = message.destination;
	ours.data = message.data;
	octets = encode(&ours, NULL);
	assert_int_equal(validate(&peer, &nice, &octets),
			 STUN_VALIDATION_SUCCESS);
	assert_int_equal(stun_message_get_class(&nice), STUN_INDICATION);
	assert_int_equal(stun_message_get_method(&nice), STUN_IND_DATA);
	assert_int_equal(stun_message_find_addr(&nice,
						STUN_ATTRIBUTE_REMOTE_ADDRESS,
						&storage, &length),
			 STUN_MESSAGE_RETURN_SUCCESS);
	assert_sockaddr(&storage, "198.51.100.30 40000");
	assert_memory_equal(
		stun_message_find(&nice, STUN_ATTRIBUTE_DATA, &size), "hello",
		5);
	assert_int_equal(size, 5);
	free(octets.data);
	peer_free(&peer);
}

static void we_verify_its_permission_and_read_the_peer(void **state)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in6 *to = (void *)&storage;
	struct msturn_message message;
	struct peer peer;
	StunMessage nice;
	uint8_t room[ROOM];
	size_t length;

	(void)state;
	peer_standard(&peer);
	to->sin6_family = AF_INET6;
	to->sin6_port = htons(40000);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1e", &to->sin6_addr),
			 1);
	assert_true(stun_agent_init_request(
		&peer.agent, &nice, room, sizeof(room), STUN_CREATEPERMISSION));
	stun_message_append_xor_addr(&nice, STUN_ATTRIBUTE_XOR_PEER_ADDRESS,
				     &storage, sizeof(*to));
	stun_message_append_bytes(&nice, STUN_ATTRIBUTE_USERNAME,
				  peer.username.data, peer.username.length);
	stun_message_append_bytes(&nice, STUN_ATTRIBUTE_REALM, peer.realm.data,
				  peer.realm.length);
	stun_message_append_bytes(&nice, STUN_ATTRIBUTE_NONCE, "nonce", 5);
	length = stun_agent_finish_message(
		&peer.agent, &nice, peer.password.data, peer.password.length);
	is_held_by_integrity(&peer, room, length);
	decode(&message, room, length);
	assert_int_equal(message.type, MSTURN_PERMISSION_REQUEST);
	assert_address(&message.peer, "2001:db8::1e 40000");
	assert_text(&message.nonce, "nonce");
	peer_free(&peer);
}

/* The vector itself, of which the username and the password are known. */
static void libnice_accepts_the_vectors_with_credentials(void **state)
{
	static const char *const requests[] = {V3, V9};
	struct peer peer;

	(void)state;
	peer_msturn(&peer);
	for (size_t i = 0; i < 2; i++) {
		struct octets octets = octets_hex(requests[i]);
		StunMessage message;

		assert_int_equal(validate(&peer, &message, &octets),
				 STUN_VALIDATION_SUCCESS);
		octets.data[octets.length - 1] ^= 1;
		assert_int_equal(validate(&peer, &message, &octets),
				 STUN_VALIDATION_UNAUTHORIZED);
		free(octets.data);
	}
	peer_free(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libnice_takes_our_allocate_and_no_flipped_bit),
		cmocka_unit_test(libnice_accepts_the_vectors_with_credentials),
		cmocka_unit_test(we_verify_what_libnice_asks_with_credentials),
		cmocka_unit_test(libnice_reads_and_verifies_our_answer),
		cmocka_unit_test(libnice_reads_our_alternate_server),
		cmocka_unit_test(we_read_its_send_and_it_our_data_indication),
		cmocka_unit_test(we_verify_its_permission_and_read_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
