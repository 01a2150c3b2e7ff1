#include "common/wire/msturn.h"

#include "common/wire/integrity.h"

#include "tests/common/wire/msturn_asserts.h"
#include "tests/common/wire/stun_vectors.h"

/* What coturn 4.6 answers to V1: no cookie, numbers swapped, padded. */
#define STANDARD_401                                                           \
	"01130054 2112a442 11111111 11111111 11111111"                         \
	"00090010 00000401 556e617574686f72697a6564"                           \
	"00150010 61653439316436366462336436376330"                            \
	"0014000b 6578616d706c652e636f6d 00"                                   \
	"80220010 436f7475726e2d342e362e3120276f27"                            \
	"80280004 b2aaf9f6"

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

static void key_of(uint8_t key[16], const char *username, const char *realm,
		   const char *password)
{
	struct msturn_text parts[] = {text_of(username), text_of(realm),
				      text_of(password)};

	msturn_key(key, &parts[0], &parts[1], &parts[2]);
}

static void own_key(uint8_t key[16])
{
	key_of(key, STUN_USERNAME, STUN_REALM, STUN_PASSWORD);
	assert_hex(key, 16, STUN_KEY);
}

/* Octets are kept by the caller as long as the message is looked at. */
static void read_hex(struct msturn_message *message, struct octets *octets,
		     const char *hex)
{
	const char *why = NULL;

	*octets = octets_hex(hex);
	assert_true(msturn_decode(message, octets->data, octets->length, &why));
}

static void is_standard(void **state)
{
	struct octets octets, again;
	struct msturn_message message;
	uint8_t buffer[256];
	const char *why;
	size_t length;

	(void)state;
	read_hex(&message, &octets, STANDARD_401);
	assert_false(message.has_cookie);
	assert_true(message.is_standard);
	assert_int_equal(message.error_code, 401);
	assert_text(&message.realm, "example.com");
	assert_text(&message.nonce, "ae491d66db3d67c0");
	assert_text(&message.software, "Coturn-4.6.1 'o'");

	length = msturn_encode(&message, NULL, buffer, sizeof(buffer));
	again = octets_copy(buffer, length);
	assert_true(msturn_decode(&message, again.data, again.length, &why));
	assert_true(message.is_standard);
	assert_text(&message.realm, "example.com");
	assert_int_equal(length % 4, 0);
	free(octets.data);
	free(again.data);
}

static void is_standard_as_an_allocate_request(void **state)
{
	struct octets octets;
	struct msturn_message message;

	(void)state;
	read_hex(&message, &octets, V16);
	assert_false(message.has_cookie);
	assert_true(message.is_standard);
	assert_true(message.has_requested_transport);
	assert_int_equal(message.requested_transport, 17);
	assert_int_equal(message.first_unknown, 0);
	free(octets.data);
}

static void proves_nothing_without_any_cookie(void **state)
{
	struct octets octets;
	struct msturn_message message;

	(void)state;
	read_hex(&message, &octets,
		 "00030000 11111111 11111111 11111111 11111111");
	assert_false(message.has_cookie);
	assert_false(message.is_standard);
	free(octets.data);
}

static void is_s1(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_REQUEST);
	assert_int_equal(message->requested_transport, 17);
	assert_true(message->has_family);
	assert_int_equal(message->requested_family, 1);
	assert_int_equal(message->lifetime_s, 600);
	assert_text(&message->username, STUN_USERNAME);
	assert_text(&message->nonce, STUN_NONCE);
	assert_text(&message->realm, STUN_REALM);
}

static void is_s2(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_RESPONSE);
	assert_text(&message->software, "edgeprobe");
	assert_address(&message->relayed, "192.0.2.20 50123");
	assert_address(&message->xor_mapped, "2001:db8:0:1::10 54321");
	assert_no_address(&message->mapped);
	assert_int_equal(message->lifetime_s, 600);
}

static void is_s3(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_PERMISSION_REQUEST);
	assert_address(&message->peer, "198.51.100.30 40000");
	assert_no_address(&message->remote);
}

static void is_s4(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_CHANNEL_REQUEST);
	assert_true(message->has_channel);
	assert_int_equal(message->channel, 0x4001);
	assert_address(&message->peer, "2001:db8::1e 40000");
}

static void is_s5(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_STANDARD_SEND_INDICATION);
	assert_address(&message->peer, "198.51.100.30 40000");
	assert_text(&message->data, "edgeprobe relay test 1");
}

static void is_s6(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_STANDARD_DATA_INDICATION);
	assert_address(&message->peer, "198.51.100.30 40000");
	assert_text(&message->data, "edgeprobe relay test 1 ok");
}

static void is_s7(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_REFRESH_REQUEST);
	assert_true(message->has_lifetime);
	assert_int_equal(message->lifetime_s, 0);
}

static void is_s8(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_ERROR);
	assert_int_equal(message->error_code, 300);
	assert_text(&message->error_reason, "Try Alternate");
	assert_address(&message->alternate, "192.0.2.21 3478");
}

static void is_s9(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_BINDING_REQUEST);
}

static void is_s10(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_BINDING_RESPONSE);
	assert_address(&message->mapped, "192.0.2.10 54321");
	assert_address(&message->source, "192.0.2.20 3478");
	assert_address(&message->changed, "192.0.2.21 3479");
}

static const struct vector {
	const char *hex;
	void (*is)(const struct msturn_message *message);
	bool is_protected, has_fingerprint;
} vectors[] = {
	{S1, is_s1, true, true},  {S2, is_s2, true, true},
	{S3, is_s3, true, false}, {S4, is_s4, true, true},
	{S5, is_s5, false, true}, {S6, is_s6, false, false},
	{S7, is_s7, true, false}, {S8, is_s8, false, false},
	{S9, is_s9, false, true}, {S10, is_s10, false, false},
};

#define VECTOR_COUNT (sizeof(vectors) / sizeof(vectors[0]))

static void reads_every_vector(void **state)
{
	uint8_t key[16];

	(void)state;
	own_key(key);
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		const struct vector *vector = &vectors[i];
		struct octets octets;
		struct msturn_message message;

		read_hex(&message, &octets, vector->hex);
		vector->is(&message);
		assert_false(message.has_cookie);
		assert_int_equal(message.is_standard, vector->is != is_s10);
		assert_int_equal(message.first_unknown, 0);
		assert_int_equal(message.has_fingerprint,
				 vector->has_fingerprint);
		assert_int_equal(message.is_fingerprint_right,
				 vector->has_fingerprint);
		assert_int_equal(msturn_verify(&message, octets.data, key),
				 vector->is_protected);
		key[15] ^= 1;
		assert_false(msturn_verify(&message, octets.data, key));
		key[15] ^= 1;
		free(octets.data);
	}
}

static void writes_every_vector_as_it_stands(void **state)
{
	uint8_t key[16];

	(void)state;
	own_key(key);
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		const uint8_t *secret = vectors[i].is_protected ? key : NULL;
		struct octets octets;
		struct msturn_message message;

		read_hex(&message, &octets, vectors[i].hex);
		for (size_t room = 0; room <= octets.length; room++) {
			uint8_t *space = malloc(room);

			assert_int_equal(
				msturn_encode(&message, secret, space, room),
				room < octets.length ? 0 : room);
			if (room == octets.length)
				assert_memory_equal(space, octets.data, room);
			free(space);
		}
		free(octets.data);
	}
}

/* RFC 5769 2.1 to 2.3: as it was read, but its padding blank and not zero. */
static void is_sample(const char *hex, size_t blank, size_t blank_count,
		      struct msturn_message *message, struct octets *octets)
{
	struct msturn_text password = text_of(RFC5769_PASSWORD);
	uint8_t room[128];
	size_t length;

	read_hex(message, octets, hex);
	assert_true(message->is_standard);
	assert_int_equal(message->first_unknown, 0);
	assert_true(message->has_fingerprint);
	assert_true(message->is_fingerprint_right);
	assert_true(msturn_verify_password(message, octets->data, &password));
	password.length--;
	assert_false(msturn_verify_password(message, octets->data, &password));

	message->has_fingerprint = false;
	length = msturn_encode(message, NULL, room, sizeof(room));
	assert_int_equal(length, message->integrity_offset);
	assert_memory_equal(room + 20, octets->data + 20, blank - 20);
	for (size_t i = blank; i < blank + blank_count; i++) {
		assert_int_equal(octets->data[i], ' ');
		assert_int_equal(room[i], 0);
	}
	blank += blank_count;
	assert_memory_equal(room + blank, octets->data + blank, length - blank);
}

static void reads_and_writes_the_request_of_rfc_5769(void **state)
{
	struct msturn_message message;
	struct octets octets;

	(void)state;
	is_sample(RFC5769_REQUEST, 73, 3, &message, &octets);
	assert_int_equal(message.type, MSTURN_BINDING_REQUEST);
	assert_text(&message.software, "STUN test client");
	assert_text(&message.username, "evtj:h6vY");
	assert_true(message.has_priority);
	assert_int_equal(message.priority, 0x6e0001ff);
	assert_true(message.has_controlled);
	assert_true(message.controlled == UINT64_C(0x932ff9b151263b36));
	free(octets.data);
}

static void reads_and_writes_the_answers_of_rfc_5769(void **state)
{
	struct msturn_message message;
	struct octets octets;

	(void)state;
	is_sample(RFC5769_ANSWER, 35, 1, &message, &octets);
	assert_int_equal(message.type, MSTURN_BINDING_RESPONSE);
	assert_text(&message.software, "test vector");
	assert_address(&message.xor_mapped, "192.0.2.1 32853");
	free(octets.data);

	is_sample(RFC5769_ANSWER_IPV6, 35, 1, &message, &octets);
	assert_address(&message.xor_mapped,
		       "2001:db8:1234:5678:11:2233:4455:6677 32853");
	free(octets.data);
}

static void reads_and_writes_the_long_term_request_of_rfc_5769(void **state)
{
	struct msturn_message message;
	struct octets octets;
	uint8_t key[16], room[128];

	(void)state;
	read_hex(&message, &octets, RFC5769_LONG_TERM);
	assert_text(&message.nonce, "f//499k954d6OL34oL9FSTvy64sA");
	assert_text(&message.realm, RFC5769_LONG_TERM_REALM);
	assert_int_equal(message.username.length, 18);
	assert_false(message.has_fingerprint);
	msturn_key(key, &message.username, &message.realm,
		   &(struct msturn_text){
			   (const uint8_t *)RFC5769_LONG_TERM_PASSWORD,
			   strlen(RFC5769_LONG_TERM_PASSWORD)});
	assert_true(msturn_verify(&message, octets.data, key));
	assert_int_equal(msturn_encode(&message, key, room, sizeof(room)),
			 octets.length);
	assert_memory_equal(room, octets.data, octets.length);
	free(octets.data);
}

/* RFC 8489 14.7: the last attribute, of four bytes. */
static void tells_a_fingerprint_that_is_not_right(void **state)
{
	struct octets octets;
	struct msturn_message message;

	(void)state;
	read_hex(&message, &octets, S9);
	assert_true(message.is_fingerprint_right);
	free(octets.data);
	/* one bit else; right, but not last; of three bytes: none */
	read_hex(&message, &octets,
		 "00010008 2112a442 99999999 99999999 99999999"
		 "80280004 0d3470d0");
	assert_true(message.has_fingerprint);
	assert_false(message.is_fingerprint_right);
	free(octets.data);
	octets = octets_hex("0001000c 2112a442 99999999 99999999 99999999"
			    "80280004 00000000 80220000");
	for (size_t i = 0; i < 4; i++)
		octets.data[24 + i] =
			(uint8_t)(integrity_fingerprint(octets.data, 20) >>
				  (24 - 8 * i));
	assert_true(msturn_decode(&message, octets.data, octets.length,
				  &(const char *){NULL}));
	assert_true(message.has_fingerprint);
	assert_false(message.is_fingerprint_right);
	free(octets.data);
	read_hex(&message, &octets,
		 "00010008 2112a442 99999999 99999999 99999999"
		 "80280003 0d347000");
	assert_false(message.has_fingerprint);
	free(octets.data);
}

/* MSTURN has none: neither read nor written. */
static void keeps_fingerprints_out_of_msturn(void **state)
{
	struct octets octets;
	struct msturn_message message;
	uint8_t room[64];

	(void)state;
	read_hex(&message, &octets,
		 "00030010 2112a442 11111111 11111111 11111111"
		 "000f0004 72c64bc6 80280004 00000000");
	assert_false(message.has_fingerprint);
	message.has_fingerprint = true;
	assert_int_equal(msturn_encode(&message, NULL, room, sizeof(room)), 28);
	free(octets.data);
}

/* RFC 8489 14.5, 14.6: SHA-256 may stand alone or after SHA-1. */
static void notes_sha_256_and_nothing_else_after_integrity(void **state)
{
	struct octets octets;
	struct msturn_message message;

	(void)state;
	read_hex(&message, &octets,
		 "00010044 2112a442 11111111 11111111 11111111"
		 "00080014 0000000000000000000000000000000000000000"
		 "000d0004 00000005"
		 "001c0010 11111111111111111111111111111111"
		 "80280004 00000000 000d0004 00000005");
	assert_int_equal(message.integrity.length, 20);
	assert_int_equal(message.integrity_sha256.length, 16);
	assert_int_equal(message.integrity_sha256.data[0], 0x11);
	assert_true(message.has_fingerprint);
	assert_false(message.is_fingerprint_right);
	assert_false(message.has_lifetime);
	free(octets.data);

	read_hex(&message, &octets,
		 "0001002c 2112a442 11111111 11111111 11111111"
		 "001c0020 11111111111111111111111111111111"
		 "11111111111111111111111111111111 000d0004 00000005");
	assert_null(message.integrity.data);
	assert_int_equal(message.integrity_sha256.length, 32);
	assert_false(message.has_lifetime);
	free(octets.data);
}

static void refuses_shapes_that_cannot_be(void **state)
{
	static const char *const messages[] = {
		/* integrity of 12, 18 and 36 bytes under SHA-256's number */
		"00010010 2112a442 11111111 11111111 11111111"
		"001c000c 111111111111111111111111",
		"00010018 2112a442 11111111 11111111 11111111"
		"001c0012 111111111111111111111111111111111111 0000",
		"00010028 2112a442 11111111 11111111 11111111"
		"001c0024 111111111111111111111111111111111111"
		"111111111111111111111111111111111111",
		/* a transport and a channel of two bytes, a flag with one */
		"00030008 2112a442 11111111 11111111 11111111"
		"00190002 11000000",
		"00090008 2112a442 11111111 11111111 11111111"
		"000c0002 40010000",
		"00010008 2112a442 11111111 11111111 11111111"
		"00250001 01000000",
		/* a relayed address too short for its family */
		"0103000c 2112a442 11111111 11111111 11111111"
		"00160008 0002e2d9 e112a656",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct octets octets = octets_hex(messages[i]);
		struct msturn_message message;
		const char *why = NULL;

		assert_false(msturn_decode(&message, octets.data, octets.length,
					   &why));
		assert_string_equal(why, "an attribute has the wrong shape");
		free(octets.data);
	}
}

/* EVEN-PORT, DONT-FRAGMENT, RESERVATION-TOKEN, CHANGE-REQUEST: known. */
static void ignores_what_a_probe_has_no_use_for(void **state)
{
	struct octets octets;
	struct msturn_message message;

	(void)state;
	read_hex(&message, &octets,
		 "00030028 2112a442 11111111 11111111 11111111"
		 "00180001 80000000 001a0000 00220008 1122334455667788"
		 "00030004 00000006 00330000 00340000");
	assert_int_equal(message.first_unknown, 0x33);
	free(octets.data);
}

/* As Microsoft's clients send it through the relay, [MS-ICE2]. */
static void reads_a_connectivity_check(void **state)
{
	struct octets octets;
	struct msturn_message message;
	uint8_t room[128];

	(void)state;
	read_hex(&message, &octets,
		 "00010030 2112a442 11111111 11111111 11111111"
		 "00240004 6e0001ff 00250000 802a0008 00007f8a52865800"
		 "80540004 31323334 80700004 00000003 80360004 00000001");
	assert_true(message.use_candidate);
	assert_true(message.has_controlling);
	assert_false(message.has_controlled);
	assert_true(message.controlling == UINT64_C(0x7f8a52865800));
	assert_text(&message.candidate, "1234");
	assert_true(message.has_implementation);
	assert_int_equal(message.implementation, 3);
	assert_int_equal(message.first_unknown, 0);
	/* all but the unknown 0x8036 */
	assert_int_equal(msturn_encode(&message, NULL, room, sizeof(room)),
			 octets.length - 8);
	assert_memory_equal(room + 20, octets.data + 20, octets.length - 28);
	free(octets.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_standard),
		cmocka_unit_test(is_standard_as_an_allocate_request),
		cmocka_unit_test(proves_nothing_without_any_cookie),
		cmocka_unit_test(reads_every_vector),
		cmocka_unit_test(writes_every_vector_as_it_stands),
		cmocka_unit_test(reads_and_writes_the_request_of_rfc_5769),
		cmocka_unit_test(reads_and_writes_the_answers_of_rfc_5769),
		cmocka_unit_test(
			reads_and_writes_the_long_term_request_of_rfc_5769),
		cmocka_unit_test(tells_a_fingerprint_that_is_not_right),
		cmocka_unit_test(keeps_fingerprints_out_of_msturn),
		cmocka_unit_test(
			notes_sha_256_and_nothing_else_after_integrity),
		cmocka_unit_test(refuses_shapes_that_cannot_be),
		cmocka_unit_test(ignores_what_a_probe_has_no_use_for),
		cmocka_unit_test(reads_a_connectivity_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
