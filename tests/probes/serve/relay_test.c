#include "probes/serve/relay.h"

#include "common/base/clock.h"
#include "tests/common/wire/msturn_asserts.h"

#define NOW_US INT64_C(5000000)
#define NOW_S  INT64_C(1800000000)
#define SECOND CLOCK_SECOND_US
#define NONCE  "0123456789abcdef0123456789abcdef"
#define CLIENT "7ced5822a1917d156c15fcd31ae52561226692e7"
#define PEER   "198.51.100.30 40000"
#define ANSWER MSTURN_MESSAGE_MAX

/* msturn.md 15 */
static const struct relay_pool pool = {
	.keys = {.username = "edgeprobe-test-key-1",
		 .password = "edgeprobe-test-key-2"},
	.nonce = VECTOR_NONCE,
	.previous = NONCE,
};

static struct relay relay;
static struct relay_grant grant;
static struct token token;
static int64_t now_us;
static enum relay_deed deed;

static const struct msturn_address relayed = {{AF_INET, {192, 0, 2, 20}},
					      50123};
static const struct msturn_address peer = {{AF_INET, {198, 51, 100, 30}},
					   40000};

static int set_up(void **state)
{
	struct octets client = octets_hex(CLIENT);

	(void)state;
	relay = (struct relay){
		.product = PRODUCT_SFB2015,
		.itself = {{AF_INET, {192, 0, 2, 20}}, 3478},
		.lifetime_max_s = 600,
		.pool = &pool,
	};
	grant = (struct relay_grant){0};
	now_us = NOW_US;
	token_issue(&pool.keys, 1, client.data, 0, &token);
	free(client.data);
	return 0;
}

/* Says some bytes to the relay; the answer is decoded, type 0 for none. */
static struct msturn_message hear(const void *data, size_t length)
{
	static uint8_t buffer[ANSWER];
	struct msturn_message request, answer = {0};
	struct relay_answer said;
	struct relay_call call = {
		.request = &request,
		.datagram = data,
		.from = {{AF_INET, {192, 0, 2, 10}}, 54321},
		.now_us = now_us,
		.wall_s = NOW_S,
	};
	struct octets id = octets_hex(VECTOR_CONNECTION_ID);
	const char *why;
	size_t size;

	memcpy(call.randomness + 16, id.data, id.length);
	free(id.data);
	assert_true(msturn_decode(&request, data, length, &why));
	deed = relay_decide(&relay, &call, &grant, &said);
	if (deed == RELAY_OPENS) {
		grant.relayed[RELAY_IPV4] = relayed;
		if (grant.wants[RELAY_IPV6])
			grant.relayed[RELAY_IPV6] = (struct msturn_address){
				{AF_INET6, {0x20, 1, 13, 0xb8, [15] = 0x20}},
				50125};
		if (!grant.wants[RELAY_IPV4])
			grant.relayed[RELAY_IPV4].address.family = 0;
		relay_opened(&relay, &call, &grant, &said);
	}
	if (deed == RELAY_RELEASES)
		grant = (struct relay_grant){0};
	size = relay_encode(&relay, &said, buffer, sizeof(buffer));
	if (!size)
		return answer;
	assert_true(msturn_decode(&answer, buffer, size, &why));
	assert_memory_equal(answer.transaction, request.transaction, 16);
	if (answer.integrity.length == 20)
		assert_true(msturn_verify(
			&answer, buffer, grant.is_open ? grant.key : said.key));
	return answer;
}

static struct msturn_message hear_vector(const char *vector)
{
	struct octets octets = octets_hex(vector);
	struct msturn_message answer = hear(octets.data, octets.length);

	free(octets.data);
	return answer;
}

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

/* A request as a client with the token makes it. */
static struct msturn_message request_of(uint16_t type)
{
	struct msturn_message request = {
		.type = type,
		.has_cookie = true,
		.username = {token.username, token.username_length},
	};

	if (type != MSTURN_ALLOCATE_REQUEST)
		request.destination = peer;
	if (type == MSTURN_SEND_REQUEST)
		request.data = text_of("x");
	if (type == MSTURN_ALLOCATE_REQUEST) {
		request.nonce = text_of(VECTOR_NONCE);
		request.realm = text_of(VECTOR_REALM);
	}
	return request;
}

static void key_of(uint8_t key[16])
{
	const struct msturn_text username = {token.username,
					     token.username_length};
	const struct msturn_text password = {token.password,
					     sizeof(token.password)};
	const struct msturn_text realm = text_of(VECTOR_REALM);

	msturn_key(key, &username, &realm, &password);
}

static struct msturn_message ask(const struct msturn_message *request)
{
	uint8_t buffer[ANSWER], key[16];
	size_t size;

	key_of(key);
	size = msturn_encode(request, key, buffer, sizeof(buffer));
	assert_true(size > 0);
	return hear(buffer, size);
}

static struct msturn_message ask_for(uint16_t type)
{
	struct msturn_message request = request_of(type);

	return ask(&request);
}

static void has_quirk(enum quirk quirk)
{
	relay.quirks = quirks_of(quirk);
}

/* V2 with our version; [MS-TURN] 3.3.5.1: no integrity. */
static void challenges_who_shows_no_credentials(void **state)
{
	struct msturn_message answer = hear_vector(V1);

	(void)state;
	assert_int_equal(answer.type, MSTURN_ALLOCATE_ERROR);
	assert_int_equal(answer.error_code, 401);
	assert_text(&answer.error_reason, "Unauthorized");
	assert_text(&answer.nonce, VECTOR_NONCE);
	assert_text(&answer.realm, VECTOR_REALM);
	assert_address(&answer.alternate, "192.0.2.20 3478");
	assert_int_equal(answer.version, 6);
	assert_null(answer.integrity.data);
	assert_no_address(&answer.xor_mapped);
	assert_false(grant.is_open);
}

static void tells_a_newer_client_where_it_comes_from(void **state)
{
	struct msturn_message request = {.type = MSTURN_ALLOCATE_REQUEST,
					 .has_cookie = true,
					 .has_version = true,
					 .version = 6};
	uint8_t buffer[ANSWER];
	size_t size = msturn_encode(&request, NULL, buffer, sizeof(buffer));
	struct msturn_message answer = hear(buffer, size);

	(void)state;
	assert_int_equal(answer.error_code, 401);
	assert_address(&answer.xor_mapped, "192.0.2.10 54321");
	relay.product = PRODUCT_LYNC2010;
	answer = hear(buffer, size);
	assert_no_address(&answer.xor_mapped);
}

/* The conversation of the vectors: V3, V5, V7 and V9. */
static void takes_every_request_of_the_vectors(void **state)
{
	struct msturn_message answer = hear_vector(V3);

	(void)state;
	assert_int_equal(answer.type, MSTURN_ALLOCATE_RESPONSE);
	assert_hex(grant.key, 16, VECTOR_KEY);
	assert_address(&answer.mapped, "192.0.2.20 50123");
	assert_address(&answer.xor_mapped, "192.0.2.10 54321");
	assert_no_address(&answer.alternate_mapped);
	assert_int_equal(answer.lifetime_s, 600);
	assert_int_equal(answer.bandwidth, 750);
	assert_int_equal(answer.integrity.length, 20);
	assert_hex(answer.connection_id, 20, VECTOR_CONNECTION_ID);
	assert_int_equal(answer.sequence, 0);

	answer = hear_vector(V5);
	assert_int_equal(deed, RELAY_SENDS);
	assert_int_equal(answer.type, 0); /* never answered */
	assert_int_equal(grant.peer_count, 1);

	answer = hear_vector(V7);
	assert_int_equal(answer.type, MSTURN_DESTINATION_RESPONSE);
	assert_hex(answer.connection_id, 20, VECTOR_CONNECTION_ID);
	assert_int_equal(answer.sequence, 2);
	assert_int_equal(answer.integrity.length, 20);

	answer = hear_vector(V9);
	assert_int_equal(deed, RELAY_RELEASES);
	assert_int_equal(answer.type, MSTURN_ALLOCATE_RESPONSE);
	assert_true(answer.has_lifetime);
	assert_int_equal(answer.lifetime_s, 0);
	assert_int_equal(answer.sequence, 3);
}

static void every_wrong_allocate_gets_its_code(void **state)
{
	static const struct {
		const char *realm, *nonce;
		uint16_t unknown;
		bool has_username;
		unsigned code;
	} cases[] = {
		{VECTOR_REALM, VECTOR_NONCE, 0, true, 0},
		{VECTOR_REALM, NONCE, 0, true, 0}, /* the one before */
		{VECTOR_REALM, VECTOR_NONCE, 0, false, 432},
		{NULL, VECTOR_NONCE, 0, true, 434},
		{"elsewhere", VECTOR_NONCE, 0, true, 434},
		{VECTOR_REALM, NULL, 0, true, 435},
		{VECTOR_REALM, "", 0, true, 438},
		{VECTOR_REALM, VECTOR_NONCE "0", 0, true, 438},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msturn_message request, answer;

		set_up(state);
		request = request_of(MSTURN_ALLOCATE_REQUEST);
		request.realm = (struct msturn_text){0};
		request.nonce = (struct msturn_text){0};
		if (cases[i].realm)
			request.realm = text_of(cases[i].realm);
		if (cases[i].nonce)
			request.nonce = text_of(cases[i].nonce);
		if (!cases[i].has_username)
			request.username.data = NULL;
		answer = ask(&request);
		assert_int_equal(answer.error_code, cases[i].code);
		assert_int_equal(grant.is_open, !cases[i].code);
		if (cases[i].code == 438)
			assert_text(&answer.nonce, VECTOR_NONCE);
	}
}

static void every_wrong_credential_gets_its_code(void **state)
{
	struct token good = token;
	struct octets client = octets_hex(CLIENT);

	(void)state;
	token.password[0] ^= 1;
	assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code, 431);
	token = good;
	token.username[20] ^= 1;
	assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code, 436);
	token = good;
	token.username_length--;
	assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code, 436);
	token_issue(&pool.keys, 1, client.data, NOW_S, &token);
	assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code, 430);
	token_issue(&pool.keys, 1, client.data, NOW_S + 1, &token);
	assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code, 0);
	free(client.data);
}

/* A bit of what is hashed, or of the hash. */
static void a_changed_bit_is_no_allocate(void **state)
{
	struct octets octets = octets_hex(V3);

	(void)state;
	for (size_t i = MSTURN_HEADER_BYTES - 1; i < octets.length; i++) {
		struct msturn_message request;
		const char *why;

		octets.data[i] ^= 1;
		if (msturn_decode(&request, octets.data, octets.length, &why))
			hear(octets.data, octets.length);
		assert_false(grant.is_open);
		octets.data[i] ^= 1;
	}
	hear(octets.data, octets.length);
	assert_true(grant.is_open);
	free(octets.data);
}

static void names_an_unknown_mandatory_attribute(void **state)
{
	struct octets octets = octets_hex(V1);
	struct msturn_message answer;

	(void)state;
	octets.data[28] = 0x7a; /* the type of the attribute after the cookie */
	octets.data[29] = 0xbc;
	answer = hear(octets.data, octets.length);
	assert_int_equal(answer.error_code, 420);
	assert_hex(answer.unknown_attributes.data,
		   answer.unknown_attributes.length, "7abc");
	free(octets.data);
}

static void hears_nothing_but_three_requests(void **state)
{
	struct octets octets = octets_hex(V1);

	(void)state;
	for (unsigned type = 0; type < 0x200; type++) {
		octets.data[0] = (uint8_t)(type >> 8);
		octets.data[1] = (uint8_t)type;
		assert_int_equal(hear(octets.data, octets.length).type,
				 type == MSTURN_ALLOCATE_REQUEST
					 ? MSTURN_ALLOCATE_ERROR
				 : type == MSTURN_DESTINATION_REQUEST
					 ? MSTURN_DESTINATION_ERROR
					 : 0);
	}
	free(octets.data);
	hear_vector(V16); /* no cookie */
	assert_int_equal(hear_vector(V16).type, 0);
}

static void grants_what_is_asked_up_to_its_most(void **state)
{
	static const struct {
		bool asks;
		uint32_t asked, granted;
	} cases[] = {
		{false, 0, 600},
		{true, 60, 60},
		{true, 601, 600},
		{true, UINT32_MAX, 600},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msturn_message request;

		set_up(state);
		request = request_of(MSTURN_ALLOCATE_REQUEST);
		request.has_lifetime = cases[i].asks;
		request.lifetime_s = cases[i].asked;
		assert_int_equal(ask(&request).lifetime_s, cases[i].granted);
		assert_true(grant.expires_us ==
			    NOW_US + cases[i].granted * SECOND);
	}
}

static void lives_from_refresh_to_refresh(void **state)
{
	struct msturn_message request = request_of(MSTURN_ALLOCATE_REQUEST);
	struct msturn_message answer;

	(void)state;
	request.has_lifetime = true;
	request.lifetime_s = 10;
	ask(&request);
	assert_false(relay_is_over(&grant, now_us + 10 * SECOND - 1));
	assert_true(relay_is_over(&grant, now_us + 10 * SECOND));
	now_us += 9 * SECOND;
	request.lifetime_s = 20;
	answer = ask(&request);
	assert_int_equal(deed, RELAY_NOTHING); /* the same port still */
	assert_address(&answer.mapped, "192.0.2.20 50123");
	assert_int_equal(answer.lifetime_s, 20);
	assert_false(relay_is_over(&grant, now_us + 20 * SECOND - 1));
	assert_true(relay_is_over(&grant, now_us + 20 * SECOND));
}

static void another_user_has_no_part_in_it(void **state)
{
	struct octets client = octets_hex(CLIENT);

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	client.data[0] ^= 1;
	token_issue(&pool.keys, 1, client.data, 0, &token);
	free(client.data);
	assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code, 441);
	assert_int_equal(ask_for(MSTURN_DESTINATION_REQUEST).error_code, 441);
	assert_int_equal(ask_for(MSTURN_SEND_REQUEST).type, 0);
	assert_int_equal(deed, RELAY_NOTHING);
	assert_int_equal(grant.peer_count, 0);
}

static void nothing_goes_without_an_allocation(void **state)
{
	struct msturn_message request = request_of(MSTURN_ALLOCATE_REQUEST);

	(void)state;
	assert_int_equal(ask_for(MSTURN_SEND_REQUEST).type, 0);
	assert_int_equal(deed, RELAY_NOTHING);
	assert_int_equal(ask_for(MSTURN_DESTINATION_REQUEST).error_code, 437);
	request.has_lifetime = true; /* of 0 */
	assert_int_equal(ask(&request).error_code, 437);
	request.has_lifetime = false;
	request.has_sequence = true; /* of one that was */
	assert_int_equal(ask(&request).error_code, 437);
}

static void knows_an_allocation_by_its_connection(void **state)
{
	struct msturn_message request = request_of(MSTURN_SEND_REQUEST);

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	request.has_sequence = true;
	ask(&request);
	assert_int_equal(deed, RELAY_NOTHING);
	request.type = MSTURN_DESTINATION_REQUEST;
	request.data.data = NULL;
	assert_int_equal(ask(&request).error_code, 437);
	memcpy(request.connection_id, grant.connection_id, 20);
	assert_int_equal(ask(&request).error_code, 440);
}

static void only_who_was_sent_to_may_answer(void **state)
{
	struct msturn_address other = peer;

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_DROPS);
	ask_for(MSTURN_SEND_REQUEST);
	assert_int_equal(deed, RELAY_SENDS);
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_INDICATES);
	other.port++;
	assert_int_equal(relay_route(&relay, &grant, &other), RELAY_DROPS);
	other = peer;
	other.address.bytes[3]++;
	assert_int_equal(relay_route(&relay, &grant, &other), RELAY_DROPS);
}

static void aims_only_at_who_was_sent_to(void **state)
{
	struct msturn_message request = request_of(MSTURN_DESTINATION_REQUEST);

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	assert_int_equal(ask(&request).error_code, 440);
	assert_false(relay_carries(&relay, &grant));
	ask_for(MSTURN_SEND_REQUEST);
	assert_false(relay_carries(&relay, &grant));
	assert_int_equal(ask(&request).type, MSTURN_DESTINATION_RESPONSE);
	assert_true(relay_carries(&relay, &grant));
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_PASSES);
	request.destination.port++; /* an error leaves what was, 8.4 */
	assert_int_equal(ask(&request).error_code, 440);
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_PASSES);
	request.destination.address.family = 0;
	assert_int_equal(ask(&request).error_code, 400);
}

static void a_send_that_is_not_proven_opens_nothing(void **state)
{
	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	token.password[0] ^= 1;
	ask_for(MSTURN_SEND_REQUEST);
	assert_int_equal(deed, RELAY_NOTHING);
	assert_int_equal(grant.peer_count, 0);
	assert_int_equal(ask_for(MSTURN_DESTINATION_REQUEST).error_code, 431);
}

static void sends_where_it_may_and_can(void **state)
{
	static const struct {
		const char *address;
		uint16_t port;
		bool goes;
	} cases[] = {
		{"198.51.100.30", 1, true}, {"198.51.100.30", 0, false},
		{"10.0.0.1", 1, false},	    {"172.16.0.1", 1, false},
		{"192.168.7.7", 1, false},  {"127.0.0.1", 1, false},
		{"169.254.1.1", 1, false},  {"0.0.0.0", 1, false},
		{"224.0.0.1", 1, false},    {"2001:db8::1", 1, false},
	};

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msturn_message request = request_of(MSTURN_SEND_REQUEST);

		address_parse(cases[i].address, &request.destination.address);
		request.destination.port = cases[i].port;
		ask(&request);
		assert_int_equal(deed,
				 cases[i].goes ? RELAY_SENDS : RELAY_NOTHING);
	}
	assert_int_equal(grant.peer_count, 1);
}

static void reaches_private_peers_from_a_private_network(void **state)
{
	struct msturn_message request = request_of(MSTURN_SEND_REQUEST);

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	request.destination.address = (struct address){AF_INET, {10, 1}};
	has_quirk(QUIRK_REACHES_PRIVATE);
	ask(&request);
	assert_int_equal(deed, RELAY_SENDS);
	relay.quirks = quirks_none;
	ask(&request);
	assert_int_equal(deed, RELAY_NOTHING);
	relay.itself.address = (struct address){AF_INET, {10, 9}};
	ask(&request);
	assert_int_equal(deed, RELAY_SENDS);
}

static void has_so_many_peers_and_no_more(void **state)
{
	struct msturn_message request = request_of(MSTURN_SEND_REQUEST);

	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	for (unsigned i = 0; i < RELAY_PEERS_MAX + 5; i++) {
		request.destination.port = (uint16_t)(1000 + i);
		ask(&request);
		assert_int_equal(deed, i < RELAY_PEERS_MAX ? RELAY_SENDS
							   : RELAY_NOTHING);
	}
	request.destination.port = 1000; /* one of them still goes */
	ask(&request);
	assert_int_equal(deed, RELAY_SENDS);
}

/* [MS-TURN] 3.2.5.1 */
static void gives_each_version_its_addresses(void **state)
{
	static const struct {
		uint32_t version;
		uint8_t family; /* 0: not asked for */
		const char *mapped, *alternate;
	} cases[] = {
		{1, 0, "192.0.2.20 50123", NULL},
		{3, 2, "192.0.2.20 50123", NULL},
		{4, 1, "192.0.2.20 50123", NULL},
		{4, 2, "2001:db8::20 50125", NULL},
		{4, 0, "192.0.2.20 50123", "2001:db8::20 50125"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msturn_message request, answer;

		set_up(state);
		request = request_of(MSTURN_ALLOCATE_REQUEST);
		request.has_version = true;
		request.version = cases[i].version;
		request.has_family = cases[i].family != 0;
		request.requested_family = cases[i].family;
		answer = ask(&request);
		assert_address(&answer.mapped, cases[i].mapped);
		if (cases[i].alternate)
			assert_address(&answer.alternate_mapped,
				       cases[i].alternate);
		else
			assert_no_address(&answer.alternate_mapped);
	}
}

static void a_full_relay_names_another(void **state)
{
	static uint8_t buffer[ANSWER];
	struct msturn_message request = {.type = MSTURN_ALLOCATE_REQUEST};
	struct relay_call call = {.request = &request};
	struct msturn_message message;
	struct relay_answer answer;
	const char *why;
	size_t size;

	(void)state;
	relay_full(&relay, &call, &answer);
	assert_int_equal(answer.message.error_code, 500);
	relay.other = (struct msturn_address){{AF_INET, {192, 0, 2, 31}}, 3478};
	relay_full(&relay, &call, &answer);
	size = relay_encode(&relay, &answer, buffer, sizeof(buffer));
	assert_true(msturn_decode(&message, buffer, size, &why));
	assert_int_equal(message.error_code, 300);
	assert_address(&message.alternate, "192.0.2.31 3478");
}

/* Faults */

static void refuses_as_it_is_told(void **state)
{
	static const struct {
		enum quirk quirk;
		unsigned code;
	} cases[] = {
		{QUIRK_ALLOCATE_300, 300}, {QUIRK_ALLOCATE_430, 430},
		{QUIRK_ALLOCATE_431, 431}, {QUIRK_ALLOCATE_436, 436},
		{QUIRK_ALLOCATE_486, 486}, {QUIRK_ALLOCATE_500, 500},
		{QUIRK_ALLOCATE_600, 600}, {QUIRK_STALE_FOR_EVER, 438},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up(state);
		has_quirk(cases[i].quirk);
		assert_int_equal(hear_vector(V1).error_code, 401);
		assert_int_equal(ask_for(MSTURN_ALLOCATE_REQUEST).error_code,
				 cases[i].code);
		assert_false(grant.is_open);
	}
}

static void a_stale_nonce_is_followed_by_another(void **state)
{
	struct msturn_message answer;

	(void)state;
	has_quirk(QUIRK_STALE_FOR_EVER);
	answer = ask_for(MSTURN_ALLOCATE_REQUEST);
	assert_int_equal(answer.nonce.length, 32);
	assert_int_not_equal(memcmp(answer.nonce.data, VECTOR_NONCE, 32), 0);
	assert_text(&answer.realm, VECTOR_REALM);
}

static void shows_the_wrong_address_as_it_is_told(void **state)
{
	static const struct {
		enum quirk quirk;
		const char *alternate, *mapped, *reflexive;
	} cases[] = {
		{QUIRK_PRIVATE_ALTERNATE, "10.45.16.48 3478",
		 "192.0.2.20 50123", "192.0.2.10 54321"},
		{QUIRK_OTHER_ALTERNATE, "192.0.2.31 3478", "192.0.2.20 50123",
		 "192.0.2.10 54321"},
		{QUIRK_RELAY_PRIVATE, "192.0.2.20 3478", "10.45.16.48 50123",
		 "192.0.2.10 54321"},
		{QUIRK_RELAY_ELSEWHERE, "192.0.2.20 3478", "203.0.113.77 50123",
		 "192.0.2.10 54321"},
		{QUIRK_SOURCE_NAT, "192.0.2.20 3478", "192.0.2.20 50123",
		 "10.45.16.1 54321"},
		{QUIRK_SOURCE_NAT_EDGE, "192.0.2.20 3478", "192.0.2.20 50123",
		 "192.0.2.20 54321"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msturn_message answer;

		set_up(state);
		has_quirk(cases[i].quirk);
		relay.other = (struct msturn_address){
			{AF_INET, {192, 0, 2, 31}}, 3478};
		answer = hear_vector(V1);
		assert_address(&answer.alternate, cases[i].alternate);
		answer = hear_vector(V3);
		assert_address(&answer.mapped, cases[i].mapped);
		assert_address(&answer.xor_mapped, cases[i].reflexive);
	}
}

static void takes_the_vip_where_there_is_one(void **state)
{
	struct msturn_message answer;

	(void)state;
	relay.other = (struct msturn_address){{AF_INET, {192, 0, 2, 31}}, 3478};
	relay.vip = (struct msturn_address){{AF_INET, {192, 0, 2, 40}}, 3478};
	has_quirk(QUIRK_OTHER_ALTERNATE);
	answer = hear_vector(V1);
	assert_address(&answer.alternate, "192.0.2.40 3478");
	has_quirk(QUIRK_SOURCE_NAT_EDGE);
	answer = hear_vector(V3);
	assert_address(&answer.xor_mapped, "192.0.2.40 54321");
}

static void private_addresses_have_the_family_of_the_true_one(void **state)
{
	struct msturn_message answer;

	(void)state;
	has_quirk(QUIRK_PRIVATE_ALTERNATE);
	relay.itself.address = (struct address){AF_INET6, {0x20, 1, 13, 0xb8}};
	answer = hear_vector(V1);
	assert_int_equal(answer.alternate.address.family, AF_INET6);
	assert_true(address_is_private(&answer.alternate.address));
}

static void lets_through_one_way_as_it_is_told(void **state)
{
	(void)state;
	ask_for(MSTURN_ALLOCATE_REQUEST);
	ask_for(MSTURN_SEND_REQUEST);
	ask_for(MSTURN_DESTINATION_REQUEST);
	has_quirk(QUIRK_OUTWARD_ONLY);
	assert_true(relay_carries(&relay, &grant));
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_DROPS);
	has_quirk(QUIRK_INWARD_ONLY);
	assert_false(relay_carries(&relay, &grant));
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_PASSES);
	ask_for(MSTURN_SEND_REQUEST);
	assert_int_equal(deed, RELAY_NOTHING);
}

/* Who was sent to is let in all the same. */
static void what_is_inward_only_gives_permission(void **state)
{
	(void)state;
	has_quirk(QUIRK_INWARD_ONLY);
	ask_for(MSTURN_ALLOCATE_REQUEST);
	ask_for(MSTURN_SEND_REQUEST);
	assert_int_equal(relay_route(&relay, &grant, &peer), RELAY_INDICATES);
}

static void answers_otherwise_as_it_is_told(void **state)
{
	struct msturn_message answer;

	(void)state;
	has_quirk(QUIRK_LONG_INTEGRITY);
	answer = hear_vector(V3);
	assert_int_equal(answer.type, MSTURN_ALLOCATE_RESPONSE);
	assert_int_equal(answer.integrity.length, 32);
	assert_address(&answer.mapped, "192.0.2.20 50123");
	set_up(state);
	has_quirk(QUIRK_NO_SEQUENCE);
	assert_false(hear_vector(V3).has_sequence);
	set_up(state);
	has_quirk(QUIRK_SHORT_LIFETIME);
	assert_int_equal(hear_vector(V3).lifetime_s, 10);
}

static void answers_as_a_standard_server_as_it_is_told(void **state)
{
	struct msturn_message answer;

	(void)state;
	has_quirk(QUIRK_STANDARD_TURN);
	answer = hear_vector(V16);
	assert_false(answer.has_cookie);
	assert_true(answer.is_standard);
	assert_int_equal(answer.error_code, 401);
	assert_text(&answer.realm, "turn.example");
	assert_non_null(answer.software.data);
	assert_int_equal(hear_vector(V1).error_code, 401);
}

/* Nonces, indications, payload */

static void a_nonce_is_good_until_the_one_after_next(void **state)
{
	static const uint8_t randomness[3][16] = {{0xff, 0, 0x10}, {2}, {3}};
	struct relay_pool own = {.keys = pool.keys};
	const int64_t period = RELAY_NONCE_S * SECOND;

	(void)state;
	relay_pool_renew(&own, now_us, randomness[0]);
	assert_string_equal(own.nonce, "ff001000000000000000000000000000");
	relay_pool_renew(&own, now_us + period - 1, randomness[1]);
	assert_string_equal(own.nonce, "ff001000000000000000000000000000");
	assert_string_equal(own.previous, "");
	relay_pool_renew(&own, now_us + period, randomness[1]);
	assert_string_equal(own.nonce, "02000000000000000000000000000000");
	assert_string_equal(own.previous, "ff001000000000000000000000000000");
	relay_pool_renew(&own, now_us + 2 * period, randomness[2]);
	assert_string_equal(own.previous, "02000000000000000000000000000000");
}

static void indicates_as_the_vector_does(void **state)
{
	static const char data[] = "edgeprobe relay test 1 ok";
	struct octets expected = octets_hex(V6);
	uint8_t buffer[ANSWER];
	size_t size =
		relay_indication(&peer, data, sizeof(data) - 1,
				 expected.data + 4, buffer, sizeof(buffer));

	(void)state;
	assert_int_equal(size, expected.length);
	assert_memory_equal(buffer, expected.data, size);
	free(expected.data);
}

static void tells_messages_from_payload(void **state)
{
	struct octets octets = octets_hex(V1);

	(void)state;
	assert_true(relay_is_message(octets.data, octets.length));
	assert_true(relay_is_message(octets.data, 28));
	assert_false(relay_is_message(octets.data, 27));
	octets.data[0] |= 0x80;
	assert_false(relay_is_message(octets.data, octets.length));
	octets.data[0] &= 0x7f;
	octets.data[27] ^= 1;
	assert_false(relay_is_message(octets.data, octets.length));
	free(octets.data);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(challenges_who_shows_no_credentials),
		TEST(tells_a_newer_client_where_it_comes_from),
		TEST(takes_every_request_of_the_vectors),
		TEST(every_wrong_allocate_gets_its_code),
		TEST(every_wrong_credential_gets_its_code),
		TEST(a_changed_bit_is_no_allocate),
		TEST(names_an_unknown_mandatory_attribute),
		TEST(hears_nothing_but_three_requests),
		TEST(grants_what_is_asked_up_to_its_most),
		TEST(lives_from_refresh_to_refresh),
		TEST(another_user_has_no_part_in_it),
		TEST(nothing_goes_without_an_allocation),
		TEST(knows_an_allocation_by_its_connection),
		TEST(only_who_was_sent_to_may_answer),
		TEST(aims_only_at_who_was_sent_to),
		TEST(a_send_that_is_not_proven_opens_nothing),
		TEST(sends_where_it_may_and_can),
		TEST(reaches_private_peers_from_a_private_network),
		TEST(has_so_many_peers_and_no_more),
		TEST(gives_each_version_its_addresses),
		TEST(a_full_relay_names_another),
		TEST(refuses_as_it_is_told),
		TEST(a_stale_nonce_is_followed_by_another),
		TEST(shows_the_wrong_address_as_it_is_told),
		TEST(takes_the_vip_where_there_is_one),
		TEST(private_addresses_have_the_family_of_the_true_one),
		TEST(lets_through_one_way_as_it_is_told),
		TEST(what_is_inward_only_gives_permission),
		TEST(answers_otherwise_as_it_is_told),
		TEST(answers_as_a_standard_server_as_it_is_told),
		TEST(a_nonce_is_good_until_the_one_after_next),
		TEST(indicates_as_the_vector_does),
		TEST(tells_messages_from_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
