/*
 * A client of ours in the place of one that was recorded as it talked to
 * relays of Microsoft (MS-Version 6, UDP 3478). The recording is not part of
 * the sources: where SHARED (../shared) has none, there is nothing to hear.
 */
#include "probes/turn_client.h"

#include "tests/common/wire/msturn_asserts.h"

#define CAPTURE	     "captures/ms-teams-relay-a.pcap"
#define FIRST_SERVER "52.114.250.123:3478"
#define SERVER	     "52.114.250.141:3478"
#define REALM	     "\"rtcmedia\""

/* Classic pcap, Ethernet, IPv4 without options, UDP. */
#define FILE_HEADER  24
#define FRAME_HEADER 16
#define UDP_HEADERS  (14 + 20 + 8)
#define RELAY_PORT   3478
#define SAID_MAX     16

/* What was said on one line, in its order. */
struct conversation {
	struct octets heard[SAID_MAX], said[SAID_MAX];
	size_t heard_count, said_count;
};

static struct octets capture;

static int read_capture(void **state)
{
	const char *shared = getenv("SHARED");
	char path[4096];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/" CAPTURE,
		 shared ? shared : "../shared");
	file = fopen(path, "rb");
	if (!file)
		return 0;
	capture.data = malloc(1 << 20);
	capture.length = fread(capture.data, 1, 1 << 20, file);
	fclose(file);
	return 0;
}

static int forget_capture(void **state)
{
	(void)state;
	free(capture.data);
	return 0;
}

static void need_capture(void)
{
	if (!capture.data)
		skip();
}

static unsigned number_at(const uint8_t *data)
{
	return (unsigned)data[0] << 8 | data[1];
}

static void add(struct octets *list, size_t *count, uint8_t *payload,
		size_t length)
{
	assert_true(*count < SAID_MAX);
	list[(*count)++] = (struct octets){payload, length};
}

static void sort_packet(struct conversation *conversation, uint8_t *packet,
			size_t length, unsigned port)
{
	unsigned from, to;

	if (length <= UDP_HEADERS || number_at(packet + 12) != 0x0800 ||
	    packet[14] != 0x45 || packet[23] != 17)
		return;
	from = number_at(packet + 34);
	to = number_at(packet + 36);
	length -= UDP_HEADERS;
	packet += UDP_HEADERS;
	if (from == RELAY_PORT && to == port)
		add(conversation->heard, &conversation->heard_count, packet,
		    length);
	if (from == port && to == RELAY_PORT)
		add(conversation->said, &conversation->said_count, packet,
		    length);
}

/* Of the client that had this port. */
static struct conversation conversation_of(unsigned port)
{
	struct conversation conversation = {0};
	size_t at = FILE_HEADER;

	while (at + FRAME_HEADER <= capture.length) {
		const uint8_t *size = capture.data + at + 8;
		size_t length = (size_t)size[1] << 8 | size[0];

		at += FRAME_HEADER;
		assert_true(length <= capture.length - at);
		sort_packet(&conversation, capture.data + at, length, port);
		at += length;
	}
	return conversation;
}

static struct msturn_message decode(const struct octets *octets)
{
	struct msturn_message message;
	const char *why;

	assert_true(
		msturn_decode(&message, octets->data, octets->length, &why));
	assert_true(message.has_cookie);
	return message;
}

/* The first on one side that is of a type. */
static const struct octets *find(const struct octets *list, size_t count,
				 uint16_t type)
{
	for (size_t i = 0; i < count; i++)
		if (number_at(list[i].data) == type)
			return &list[i];
	fail_msg("no message of type %04x was recorded", type);
	return NULL;
}

static const struct octets *heard(const struct conversation *conversation,
				  uint16_t type)
{
	return find(conversation->heard, conversation->heard_count, type);
}

static struct turn_client client_at(const char *server)
{
	static const struct credentials credentials = {.username = {1},
						       .username_length = 52,
						       .password = {2},
						       .password_length = 20};
	struct turn_client client = {
		.credentials = &credentials,
		.version = 6,
		.follows = true,
		.server = {.transport = TRANSPORT_UDP},
	};
	const char *why;

	assert_true(endpoint_parse(server, 0, &client.server, &why));
	return client;
}

/* As if it were the answer to what our client asked last. */
static enum turn_event hear(struct turn_client *client,
			    const struct octets *answer)
{
	const struct msturn_message message = decode(answer);

	memcpy(client->transaction, message.transaction,
	       sizeof(client->transaction));
	return turn_client_hear(client, &message, answer->data);
}

static enum turn_event ask(struct turn_client *client,
			   enum turn_request request,
			   const struct octets *answer)
{
	assert_true(turn_client_ask(client, request, NULL));
	return hear(client, answer);
}

static struct msturn_message asked(struct turn_client *client)
{
	const struct octets octets = {client->frame + MSTURN_FRAME_BYTES,
				      client->length};

	return decode(&octets);
}

static void assert_same_text(const struct msturn_text *one,
			     const struct msturn_text *other)
{
	assert_int_equal(one->length, other->length);
	assert_memory_equal(one->data, other->data, one->length);
}

static void a_refusal_of_version_6_is_a_challenge_elsewhere(void **state)
{
	struct turn_client client = client_at(FIRST_SERVER);
	struct conversation talk;
	struct endpoint server = client_at(SERVER).server;

	(void)state;
	need_capture();
	talk = conversation_of(50016);
	assert_int_equal(ask(&client, TURN_ALLOCATE,
			     heard(&talk, MSTURN_ALLOCATE_ERROR)),
			 TURN_ELSEWHERE);
	assert_true(client.has_challenge);
	assert_true(address_equal(&client.server.address, &server.address));
	assert_int_equal(client.server.port, server.port);
	assert_int_equal(client.error_code, 401);
	assert_int_equal(client.integrity, TURN_INTEGRITY_ABSENT);
}

static void the_server_that_names_itself_is_asked_again(void **state)
{
	struct turn_client client = client_at(SERVER);
	struct conversation talk;

	(void)state;
	need_capture();
	talk = conversation_of(50017);
	assert_int_equal(ask(&client, TURN_ALLOCATE,
			     heard(&talk, MSTURN_ALLOCATE_ERROR)),
			 TURN_ASK_AGAIN);
}

/* The quotes are part of it: the recorded client sent them back, too. */
static void a_realm_in_quotes_and_the_nonce_go_back_as_they_came(void **state)
{
	struct turn_client client = client_at(SERVER);
	struct msturn_message ours, theirs;
	struct conversation talk;

	(void)state;
	need_capture();
	talk = conversation_of(50017);
	ask(&client, TURN_ALLOCATE, heard(&talk, MSTURN_ALLOCATE_ERROR));
	assert_true(turn_client_ask(&client, TURN_ALLOCATE, NULL));
	ours = asked(&client);
	theirs = decode(&talk.said[1]);
	assert_int_equal(theirs.type, MSTURN_ALLOCATE_REQUEST);
	assert_text(&ours.realm, REALM);
	assert_same_text(&ours.realm, &theirs.realm);
	assert_int_equal(ours.nonce.length, 20);
	assert_same_text(&ours.nonce, &theirs.nonce);
	assert_int_equal(ours.integrity.length, 20);
	assert_int_equal(theirs.integrity.length, 32);
}

/* By the octets of the message alone (msturn.md 5). */
static void is_unmasked(const struct msturn_message *message,
			const struct octets *octets)
{
	static const uint8_t head[] = {0x80, 0x20, 0, 8, 0, 1};
	const uint8_t *masked =
		memmem(octets->data, octets->length, head, sizeof(head));
	const uint8_t *mask = octets->data + 4;

	assert_non_null(masked);
	masked += sizeof(head);
	assert_int_equal(message->xor_mapped.port,
			 number_at(masked) ^ number_at(mask));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(message->xor_mapped.address.bytes[i],
				 masked[2 + i] ^ mask[i]);
}

/* Already in the refusal, and the same in what is granted later. */
static void both_answers_tell_whom_the_relay_sees(void **state)
{
	(void)state;
	need_capture();
	for (unsigned port = 50016; port <= 50017; port++) {
		const struct conversation talk = conversation_of(port);
		const struct octets *refusal =
			heard(&talk, MSTURN_ALLOCATE_ERROR);
		const struct octets *grant =
			heard(&talk, MSTURN_ALLOCATE_RESPONSE);
		const struct msturn_message first = decode(refusal);
		const struct msturn_message second = decode(grant);

		is_unmasked(&first, refusal);
		is_unmasked(&second, grant);
		assert_int_equal(first.xor_mapped.port, second.xor_mapped.port);
		assert_true(address_equal(&first.xor_mapped.address,
					  &second.xor_mapped.address));
		assert_false(address_is_private(&first.xor_mapped.address));
	}
}

/* Each refusal gives one out, and the recorded client goes on with it. */
static void the_session_of_multiplexing_is_noticed(void **state)
{
	uint64_t sessions[2];

	(void)state;
	need_capture();
	for (unsigned i = 0; i < 2; i++) {
		const struct conversation talk = conversation_of(50016 + i);
		const struct msturn_message refusal =
			decode(heard(&talk, MSTURN_ALLOCATE_ERROR));
		const struct msturn_message first = decode(&talk.said[0]);
		const struct msturn_message second = decode(&talk.said[1]);

		assert_true(refusal.has_session);
		assert_false(first.has_session);
		assert_true(second.has_session);
		assert_true(refusal.session == second.session);
		sessions[i] = refusal.session;
	}
	assert_true(sessions[0] != sessions[1]);
}

static struct turn_client granted(const struct conversation *talk)
{
	struct turn_client client = client_at(SERVER);

	ask(&client, TURN_ALLOCATE, heard(talk, MSTURN_ALLOCATE_ERROR));
	assert_int_equal(ask(&client, TURN_ALLOCATE,
			     heard(talk, MSTURN_ALLOCATE_RESPONSE)),
			 TURN_GRANTED);
	return client;
}

/* Its 32 bytes of integrity are no reason to refuse it (msturn.md 6.3). */
static void a_grant_of_version_6_is_one(void **state)
{
	struct turn_client client;
	struct conversation talk;

	(void)state;
	need_capture();
	talk = conversation_of(50016);
	client = granted(&talk);
	assert_true(client.has_allocation);
	assert_address(&client.relayed, "52.114.250.141 3480");
	assert_int_equal(client.granted_s, 60);
	assert_int_equal(client.integrity, TURN_INTEGRITY_UNKNOWN);
	assert_true(client.has_sequence);
	assert_int_equal(client.sequence, 0);
}

static void an_answer_to_another_question_is_none(void **state)
{
	struct turn_client client = client_at(SERVER);
	const struct octets *refusal;
	struct msturn_message message;
	struct conversation talk;

	(void)state;
	need_capture();
	talk = conversation_of(50016);
	refusal = heard(&talk, MSTURN_ALLOCATE_ERROR);
	message = decode(refusal);
	assert_true(turn_client_ask(&client, TURN_ALLOCATE, NULL));
	assert_int_equal(turn_client_hear(&client, &message, refusal->data),
			 TURN_IGNORED);
	assert_false(client.has_challenge);
}

/* The check of a peer, which is a message of its own. */
static void what_a_peer_sent_is_data(void **state)
{
	static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};
	const struct octets *octets;
	struct turn_client client;
	struct msturn_message indication;
	struct conversation talk;

	(void)state;
	need_capture();
	talk = conversation_of(50016);
	client = granted(&talk);
	octets = heard(&talk, MSTURN_DATA_INDICATION);
	indication = decode(octets);
	assert_int_equal(hear(&client, octets), TURN_DATA);
	assert_int_equal(indication.remote.address.family, AF_INET);
	assert_int_equal(indication.data.length, 112);
	assert_memory_equal(indication.data.data + 4, cookie, sizeof(cookie));
}

static void a_release_of_version_6_is_one(void **state)
{
	const struct octets *last;
	struct turn_client client;
	struct conversation talk;

	(void)state;
	need_capture();
	talk = conversation_of(50017);
	client = granted(&talk);
	last = &talk.heard[talk.heard_count - 1];
	assert_int_equal(number_at(last->data), MSTURN_ALLOCATE_RESPONSE);
	assert_int_equal(ask(&client, TURN_RELEASE, last), TURN_GRANTED);
	assert_false(client.has_allocation);
	assert_int_equal(client.granted_s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_refusal_of_version_6_is_a_challenge_elsewhere),
		cmocka_unit_test(the_server_that_names_itself_is_asked_again),
		cmocka_unit_test(
			a_realm_in_quotes_and_the_nonce_go_back_as_they_came),
		cmocka_unit_test(both_answers_tell_whom_the_relay_sees),
		cmocka_unit_test(the_session_of_multiplexing_is_noticed),
		cmocka_unit_test(a_grant_of_version_6_is_one),
		cmocka_unit_test(an_answer_to_another_question_is_none),
		cmocka_unit_test(what_a_peer_sent_is_data),
		cmocka_unit_test(a_release_of_version_6_is_one),
	};

	return cmocka_run_group_tests(tests, read_capture, forget_capture);
}
