#include "common/wire/trial.h"

#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint8_t key[TRIAL_KEY_BYTES] = "the key of this session only: 1";
static const uint8_t other_key[TRIAL_KEY_BYTES] =
	"the key of this session only: 2";

static struct trial_packet packet_of(enum trial_kind kind, const char *from)
{
	struct trial_packet packet = {
		.kind = kind,
		.number = 0xfedcba98,
		.nonce = {1, 2, 3, 4, 5, 6, 7, 8},
	};

	if (from) {
		packet.seen_port = 50123;
		assert_true(address_parse(from, &packet.seen_from));
	}
	return packet;
}

static const struct {
	enum trial_kind kind;
	const char *from;
} samples[] = {
	{TRIAL_ASK, NULL},
	{TRIAL_ANSWER, NULL},
	{TRIAL_ANSWER, "192.0.2.20"},
	{TRIAL_ANSWER, "2001:db8::20"},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void encode_sample(size_t index, uint8_t buffer[TRIAL_BYTES])
{
	const struct trial_packet packet =
		packet_of(samples[index].kind, samples[index].from);

	trial_encode(&packet, key, buffer);
}

static void reads_what_it_wrote(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct trial_packet sent =
			packet_of(samples[i].kind, samples[i].from);
		struct trial_packet packet;
		uint8_t buffer[TRIAL_BYTES];

		encode_sample(i, buffer);
		assert_true(trial_decode(&packet, key, buffer, sizeof(buffer)));
		assert_int_equal(packet.kind, sent.kind);
		assert_int_equal(packet.number, sent.number);
		assert_memory_equal(packet.nonce, sent.nonce,
				    TRIAL_NONCE_BYTES);
		assert_int_equal(packet.seen_port, sent.seen_port);
		assert_int_equal(packet.seen_from.family,
				 sent.seen_from.family);
		assert_memory_equal(packet.seen_from.bytes,
				    sent.seen_from.bytes, 16);
	}
}

/* Two first bits that are set belong to no STUN message (RFC 8489 5). */
static void is_never_taken_for_stun(void **state)
{
	uint8_t buffer[TRIAL_BYTES];

	(void)state;
	encode_sample(0, buffer);
	assert_int_equal(buffer[0] & 0xc0, 0xc0);
}

static void refuses_every_change_of_a_byte(void **state)
{
	struct trial_packet packet;
	uint8_t buffer[TRIAL_BYTES];

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		encode_sample(i, buffer);
		for (size_t at = 0; at < sizeof(buffer); at++)
			for (unsigned by = 1; by < 256; by++) {
				buffer[at] = (uint8_t)(buffer[at] + by);
				assert_false(trial_decode(&packet, key, buffer,
							  sizeof(buffer)));
				buffer[at] = (uint8_t)(buffer[at] - by);
			}
		assert_true(trial_decode(&packet, key, buffer, sizeof(buffer)));
	}
}

static void refuses_any_other_length(void **state)
{
	uint8_t whole[TRIAL_BYTES + 8] = {0};
	struct trial_packet packet;

	(void)state;
	encode_sample(0, whole);
	for (size_t length = 0; length <= sizeof(whole); length++) {
		struct octets octets = octets_copy(whole, length);

		assert_int_equal(
			trial_decode(&packet, key, octets.data, octets.length),
			length == TRIAL_BYTES);
		free(octets.data);
	}
}

static void refuses_another_key(void **state)
{
	struct trial_packet packet;
	uint8_t buffer[TRIAL_BYTES];

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		encode_sample(i, buffer);
		assert_false(trial_decode(&packet, other_key, buffer,
					  sizeof(buffer)));
	}
}

static void refuses_a_kind_that_there_is_not(void **state)
{
	static const int kinds[] = {0, TRIAL_ANSWER + 1, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct trial_packet sent =
			packet_of((enum trial_kind)kinds[i], NULL);
		struct trial_packet packet;
		uint8_t buffer[TRIAL_BYTES];

		trial_encode(&sent, key, buffer);
		assert_false(
			trial_decode(&packet, key, buffer, sizeof(buffer)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(is_never_taken_for_stun),
		cmocka_unit_test(refuses_every_change_of_a_byte),
		cmocka_unit_test(refuses_any_other_length),
		cmocka_unit_test(refuses_another_key),
		cmocka_unit_test(refuses_a_kind_that_there_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
