#include "common/wire/msturn.h"

#include "tests/common/wire/msturn_asserts.h"

static void is_v1(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_REQUEST);
	assert_hex(message->transaction, 16,
		   "2112a442 11111111 11111111 11111111");
	assert_true(message->has_version);
	assert_int_equal(message->version, 1);
	assert_int_equal(message->error_code, 0);
	assert_null(message->username.data);
	assert_null(message->integrity.data);
}

static void is_v1r(const struct msturn_message *message)
{
	assert_hex(message->transaction, 16,
		   "30b1c2d3 e4f50617 28394a5b 6c7d8e9f");
	assert_int_equal(message->version, 1);
}

static void is_v2(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_ERROR);
	assert_int_equal(message->error_code, 401);
	assert_text(&message->error_reason, "Unauthorized");
	assert_int_equal(message->version, 1);
	assert_address(&message->alternate, "192.0.2.20 3478");
	assert_text(&message->nonce, VECTOR_NONCE);
	assert_text(&message->realm, VECTOR_REALM);
	assert_null(message->integrity.data);
	assert_null(message->software.data);
}

static void is_v3(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_REQUEST);
	assert_true(message->has_service_quality);
	assert_int_equal(message->stream_type, 1);
	assert_int_equal(message->quality, 0);
	assert_hex(message->username.data, message->username.length,
		   VECTOR_USERNAME);
	assert_text(&message->nonce, VECTOR_NONCE);
	assert_text(&message->realm, VECTOR_REALM);
	assert_int_equal(message->integrity.length, 20);
	assert_int_equal(message->integrity_offset, 150);
}

static void is_v4(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_ALLOCATE_RESPONSE);
	assert_address(&message->mapped, "192.0.2.20 50123");
	assert_address(&message->xor_mapped, "192.0.2.10 54321");
	assert_true(message->has_lifetime);
	assert_int_equal(message->lifetime_s, 600);
	assert_true(message->has_bandwidth);
	assert_int_equal(message->bandwidth, 750);
	assert_true(message->has_sequence);
	assert_hex(message->connection_id, 20, VECTOR_CONNECTION_ID);
	assert_int_equal(message->sequence, 0);
	assert_int_equal(message->integrity_offset, 104);
	assert_no_address(&message->alternate);
}

static void is_v5(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_SEND_REQUEST);
	assert_int_equal(message->sequence, 1);
	assert_address(&message->destination, "198.51.100.30 40000");
	assert_text(&message->data, "edgeprobe relay test 1");
	assert_null(message->nonce.data);
	assert_int_equal(message->integrity_offset, 158);
}

static void is_v6(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_DATA_INDICATION);
	assert_address(&message->remote, "198.51.100.30 40000");
	assert_text(&message->data, "edgeprobe relay test 1 ok");
	assert_false(message->has_version);
}

static void is_v7(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_DESTINATION_REQUEST);
	assert_int_equal(message->sequence, 2);
	assert_address(&message->destination, "198.51.100.30 40000");
	assert_int_equal(message->integrity_offset, 132);
}

static void is_v8(const struct msturn_message *message)
{
	assert_int_equal(message->type, MSTURN_DESTINATION_RESPONSE);
	assert_int_equal(message->sequence, 2);
	assert_int_equal(message->integrity_offset, 64);
}

static void is_v9(const struct msturn_message *message)
{
	assert_int_equal(message->sequence, 3);
	assert_true(message->has_lifetime);
	assert_int_equal(message->lifetime_s, 0);
	assert_int_equal(message->integrity_offset, 178);
}

static void is_v10(const struct msturn_message *message)
{
	assert_int_equal(message->error_code, 438);
	assert_text(&message->error_reason, "Stale Nonce");
	assert_text(&message->nonce, "f81d4fae7dec11d0a76500a0c91e6bf6-2");
	assert_text(&message->realm, VECTOR_REALM);
}

static void is_v11(const struct msturn_message *message)
{
	assert_int_equal(message->version, 4);
	assert_address(&message->mapped, "192.0.2.20 50124");
	assert_address(&message->alternate_mapped, "2001:db8::20 50125");
	assert_address(&message->xor_mapped, "2001:db8:0:1::10 54321");
	assert_int_equal(message->lifetime_s, 600);
}

static const struct vector {
	const char *name, *hex;
	void (*is)(const struct msturn_message *message);
	bool is_protected;
} vectors[] = {
	{"V1", V1, is_v1, false},    {"V1r", V1R, is_v1r, false},
	{"V2", V2, is_v2, false},    {"V3", V3, is_v3, true},
	{"V4", V4, is_v4, true},     {"V5", V5, is_v5, true},
	{"V6", V6, is_v6, false},    {"V7", V7, is_v7, true},
	{"V8", V8, is_v8, true},     {"V9", V9, is_v9, true},
	{"V10", V10, is_v10, false}, {"V11", V11, is_v11, false},
};

#define VECTOR_COUNT (sizeof(vectors) / sizeof(vectors[0]))

static void reads_every_vector(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct octets octets = octets_hex(vectors[i].hex);
		struct msturn_message message;
		const char *why = NULL;

		assert_true(msturn_decode(&message, octets.data, octets.length,
					  &why));
		assert_true(message.has_cookie);
		assert_false(message.is_standard);
		assert_int_equal(message.first_unknown, 0);
		vectors[i].is(&message);
		free(octets.data);
	}
}

static void writes_every_vector_as_it_stands(void **state)
{
	uint8_t key[16];

	(void)state;
	make_key(key);
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct octets octets = octets_hex(vectors[i].hex);
		struct octets room = octets_hex(vectors[i].hex);
		struct msturn_message message;
		const char *why;

		assert_true(msturn_decode(&message, octets.data, octets.length,
					  &why));
		memset(room.data, 0, room.length);
		assert_int_equal(
			msturn_encode(&message,
				      vectors[i].is_protected ? key : NULL,
				      room.data, room.length),
			octets.length);
		assert_memory_equal(room.data, octets.data, octets.length);
		free(octets.data);
		free(room.data);
	}
}

static void writes_nothing_into_too_little_room(void **state)
{
	uint8_t key[16];

	(void)state;
	make_key(key);
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct octets octets = octets_hex(vectors[i].hex);
		struct msturn_message message;
		const char *why;

		assert_true(msturn_decode(&message, octets.data, octets.length,
					  &why));
		for (size_t room = 0; room < octets.length; room++) {
			uint8_t *small = malloc(room);

			assert_int_equal(msturn_encode(&message,
						       vectors[i].is_protected
							       ? key
							       : NULL,
						       small, room),
					 0);
			free(small);
		}
		free(octets.data);
	}
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct octets octets = octets_hex(vectors[i].hex);

		for (size_t length = 0; length < octets.length; length++) {
			struct octets cut = octets_copy(octets.data, length);
			struct msturn_message message;
			const char *why = NULL;

			assert_false(msturn_decode(&message, cut.data, length,
						   &why));
			assert_non_null(why);
			free(cut.data);
		}
		free(octets.data);
	}
}

/* Cut and with a length that fits again: attributes end anywhere. */
static void refuses_attributes_that_run_over_the_end(void **state)
{
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct octets octets = octets_hex(vectors[i].hex);

		for (size_t length = 20; length < octets.length; length++) {
			struct octets cut = octets_copy(octets.data, length);
			struct msturn_message message;
			const char *why = NULL;

			cut.data[2] = 0;
			cut.data[3] = (uint8_t)(length - 20);
			if (!msturn_decode(&message, cut.data, length, &why)) {
				assert_non_null(why);
				refused++;
			}
			free(cut.data);
		}
		free(octets.data);
	}
	assert_true(refused > 1000);
}

static void refuses_bytes_after_the_end(void **state)
{
	struct octets octets = octets_hex(V1 "00");
	struct msturn_message message;
	const char *why = NULL;

	(void)state;
	assert_false(msturn_decode(&message, octets.data, octets.length, &why));
	assert_string_equal(why, "bytes follow the end of the message");
	free(octets.data);
}

static void refuses_what_cannot_be_a_message(void **state)
{
	static const char *const messages[] = {
		V12,  /* multiplexed data: bits 11 */
		V13C, /* a hello */
		V15,  /* a data frame */
		"c0030000"
		"2112a442 11111111 11111111 11111111",
		/* error classes 2 and 7, number 100 */
		"0113000c 2112a442 11111111 11111111 11111111"
		"00090008 00000201 61626364",
		"0113000c 2112a442 11111111 11111111 11111111"
		"00090008 00000701 61626364",
		"0113000c 2112a442 11111111 11111111 11111111"
		"00090008 00000464 61626364",
		/* a Lifetime of five bytes, an IPv4 address of six */
		"00030011 2112a442 11111111 11111111 11111111"
		"000f0004 72c64bc6 000d0005 0000000000",
		"00030012 2112a442 11111111 11111111 11111111"
		"000f0004 72c64bc6 00010006 00010d96c000",
		/* an integrity of one byte */
		"0003000d 2112a442 11111111 11111111 11111111"
		"000f0004 72c64bc6 00080001 00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct octets octets = octets_hex(messages[i]);
		struct msturn_message message;
		const char *why = NULL;

		assert_false(msturn_decode(&message, octets.data, octets.length,
					   &why));
		assert_non_null(why);
		free(octets.data);
	}
}

static void skips_optional_attributes_of_another_shape(void **state)
{
	/* MS-Version of two bytes, a sequence number of one, 0x8fff */
	struct octets octets = octets_hex(
		"00030017 2112a442 11111111 11111111 11111111"
		"000f0004 72c64bc6 80080002 0001 80500001 00 8fff0000");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_false(message.has_version);
	assert_false(message.has_sequence);
	assert_int_equal(message.first_unknown, 0);
	free(octets.data);
}

/* What captures hold besides ([MS-TURN] 2.2.2, [MS-TURNBWM] 2.2), packed. */
static void passes_over_what_captures_hold_besides(void **state)
{
	static const char *const others[] = {
		"80060004 00000001",
		"80370004 00000002",
		"80390003 616263",
		"80560004 00000001",
		"80570010 000102030405060708090a0b0c0d0e0f",
		"80580010 00000001000000020000000300000004",
		"80590008 0001c3cbc0000214",
		"805c0014 0002c3cb000102030405060708090a0b0c0d0e0f",
		"805d000c 000000010000000200000003",
		"8060000c 000000010000000200000003",
		"80610005 6469616c67",
		"80620003 63616c",
		"80680004 01020100",
		"80500004 00000001", /* as a release has it */
		"80700004 00000007",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char text[256];
		struct octets octets;
		struct msturn_message message;
		const char *why;

		snprintf(text, sizeof(text), V1 "%s 80320004 6e6f6465",
			 others[i]);
		octets = octets_hex(text);
		octets.data[3] = (uint8_t)(octets.length - 20);
		assert_true(msturn_decode(&message, octets.data, octets.length,
					  &why));
		assert_int_equal(message.first_unknown, 0);
		assert_int_equal(message.version, 1);
		assert_text(&message.alternate_host, "node");
		free(octets.data);
	}
}

static void names_the_first_unknown_mandatory_attribute(void **state)
{
	struct octets octets =
		octets_hex("00030010 2112a442 11111111 11111111 11111111"
			   "000f0004 72c64bc6 00330000 00340000");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_int_equal(message.first_unknown, 0x33);
	free(octets.data);
}

static void takes_the_first_of_repeated_attributes(void **state)
{
	struct octets octets =
		octets_hex("00030018 2112a442 11111111 11111111 11111111"
			   "000f0004 72c64bc6 000d0004 00000001"
			   "000d0004 00000002");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_int_equal(message.lifetime_s, 1);
	free(octets.data);
}

static void ignores_what_follows_the_integrity(void **state)
{
	struct octets octets =
		octets_hex("00030028 2112a442 11111111 11111111 11111111"
			   "000f0004 72c64bc6"
			   "00080014 00000000000000000000 00000000000000000000"
			   "000d0004 00000002");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_int_equal(message.integrity.length, 20);
	assert_false(message.has_lifetime);
	free(octets.data);
}

static void leaves_out_an_address_of_another_family(void **state)
{
	struct octets octets =
		octets_hex("01030014 2112a442 11111111 11111111 11111111"
			   "000f0004 72c64bc6 00010008 00030d96 c0000214");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_no_address(&message.mapped);
	free(octets.data);
}

/* As full as a message can be, of attributes as small as they can be. */
static void reads_the_longest_message(void **state)
{
	size_t length = 20 + 65532;
	struct octets octets = {calloc(length, 1), length};
	struct msturn_message message;
	const char *why;

	(void)state;
	memcpy(octets.data, "\x00\x03\xff\xfc\x21\x12\xa4\x42", 8);
	for (size_t at = 20; at < length; at += 4)
		octets.data[at] = 0x90;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_true(message.is_standard);
	free(octets.data);
}

static void reads_frames(void **state)
{
	struct octets control = octets_hex(V14);
	struct octets data = octets_hex(V15);
	uint8_t type;
	uint16_t length;

	(void)state;
	assert_int_equal(
		msturn_frame(control.data, control.length, &type, &length), 1);
	assert_int_equal(type, MSTURN_FRAME_CONTROL);
	assert_int_equal(length, 36);
	assert_int_equal(length + MSTURN_FRAME_BYTES, control.length);
	assert_int_equal(msturn_frame(data.data, 4, &type, &length), 1);
	assert_int_equal(type, MSTURN_FRAME_DATA);
	assert_int_equal(length, 22);
	for (size_t few = 0; few < MSTURN_FRAME_BYTES; few++) {
		struct octets cut = octets_copy(control.data, few);

		assert_int_equal(msturn_frame(cut.data, few, &type, &length),
				 0);
		free(cut.data);
	}
	free(control.data);
	free(data.data);
}

static void refuses_frames_of_another_kind(void **state)
{
	static const char *const frames[] = {
		"16",	    "1603",	"04000024",
		"02010024", "02000000", /* a control frame without a message */
		"02000013", "48545450",
	};
	uint8_t type;
	uint16_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct octets octets = octets_hex(frames[i]);

		assert_int_equal(msturn_frame(octets.data, octets.length, &type,
					      &length),
				 -1);
		free(octets.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_vector),
		cmocka_unit_test(writes_every_vector_as_it_stands),
		cmocka_unit_test(writes_nothing_into_too_little_room),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_attributes_that_run_over_the_end),
		cmocka_unit_test(refuses_bytes_after_the_end),
		cmocka_unit_test(refuses_what_cannot_be_a_message),
		cmocka_unit_test(skips_optional_attributes_of_another_shape),
		cmocka_unit_test(passes_over_what_captures_hold_besides),
		cmocka_unit_test(names_the_first_unknown_mandatory_attribute),
		cmocka_unit_test(takes_the_first_of_repeated_attributes),
		cmocka_unit_test(ignores_what_follows_the_integrity),
		cmocka_unit_test(leaves_out_an_address_of_another_family),
		cmocka_unit_test(reads_the_longest_message),
		cmocka_unit_test(reads_frames),
		cmocka_unit_test(refuses_frames_of_another_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
