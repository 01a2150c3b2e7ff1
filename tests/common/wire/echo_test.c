#include "common/wire/echo.h"

#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t key[ECHO_KEY_BYTES] = "the key that both sides have: 1";
static const uint8_t other_key[ECHO_KEY_BYTES] =
	"the key that both sides have: 2";

static struct echo_packet packet_of(enum echo_kind kind, const char *from)
{
	struct echo_packet packet = {
		.kind = kind,
		.sequence = 0xfedcba98,
		.session = {1, 2, 3, 4, 5, 6, 7, 8},
		.sent_us = INT64_C(0x0123456789abcdef),
	};

	if (from) {
		packet.seen = 0x89abcdef;
		packet.seen_port = 50123;
		assert_true(address_parse(from, &packet.seen_from));
	}
	return packet;
}

static const struct {
	enum echo_kind kind;
	const char *from;
	size_t length;
} samples[] = {
	{ECHO_ASK, NULL, ECHO_BYTES},
	{ECHO_ASK, NULL, 172},
	{ECHO_ASK, NULL, ECHO_BYTES_MAX},
	{ECHO_REPLY, NULL, ECHO_BYTES + 1},
	{ECHO_QUERY, NULL, ECHO_BYTES},
	{ECHO_STATUS, NULL, ECHO_BYTES},
	{ECHO_STATUS, "192.0.2.20", ECHO_BYTES},
	{ECHO_STATUS, "2001:db8::20", ECHO_BYTES},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static struct octets encoded(const struct echo_packet *packet, size_t length)
{
	struct octets octets = {malloc(length), length};

	echo_encode(packet, key, octets.data, length);
	return octets;
}

static struct octets sample(size_t index)
{
	const struct echo_packet packet =
		packet_of(samples[index].kind, samples[index].from);

	return encoded(&packet, samples[index].length);
}

static bool is_taken(const struct octets *octets)
{
	struct echo_packet packet;

	return echo_decode(&packet, key, octets->data, octets->length);
}

static void reads_what_it_wrote(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct echo_packet sent =
			packet_of(samples[i].kind, samples[i].from);
		struct octets octets = sample(i);
		struct echo_packet packet;

		assert_true(
			echo_decode(&packet, key, octets.data, octets.length));
		assert_int_equal(packet.kind, sent.kind);
		assert_int_equal(packet.sequence, sent.sequence);
		assert_memory_equal(packet.session, sent.session,
				    ECHO_SESSION_BYTES);
		assert_int_equal(packet.sent_us, sent.sent_us);
		assert_int_equal(packet.seen, sent.seen);
		assert_int_equal(packet.seen_port, sent.seen_port);
		assert_int_equal(packet.seen_from.family,
				 sent.seen_from.family);
		assert_memory_equal(packet.seen_from.bytes,
				    sent.seen_from.bytes, 16);
		free(octets.data);
	}
}

/* Two first bits that are set belong to no STUN message (RFC 8489 5). */
static void is_never_taken_for_stun(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct octets octets = sample(i);

		assert_int_equal(octets.data[0] & 0xc0, 0xc0);
		free(octets.data);
	}
}

static void refuses_every_change_of_a_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct octets octets = sample(i);
		unsigned step = octets.length > 200 ? 51 : 1;

		for (size_t at = 0; at < octets.length; at++) {
			const uint8_t before = octets.data[at];

			for (unsigned by = 1; by < 256; by += step) {
				octets.data[at] = (uint8_t)(before + by);
				assert_false(is_taken(&octets));
			}
			octets.data[at] = before;
		}
		assert_true(is_taken(&octets));
		free(octets.data);
	}
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct octets whole = sample(i);

		for (size_t length = 0; length < whole.length; length++) {
			struct octets octets = octets_copy(whole.data, length);

			assert_false(is_taken(&octets));
			free(octets.data);
		}
		free(whole.data);
	}
}

static void refuses_another_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct octets octets = sample(i);
		struct echo_packet packet;

		assert_false(echo_decode(&packet, other_key, octets.data,
					 octets.length));
		free(octets.data);
	}
}

/* However well it is signed. */
static void refuses_more_bytes_than_a_packet_has(void **state)
{
	const struct echo_packet packet = packet_of(ECHO_ASK, NULL);
	struct octets octets = encoded(&packet, ECHO_BYTES_MAX + 1);

	(void)state;
	assert_false(is_taken(&octets));
	free(octets.data);
}

static void refuses_bytes_after_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct octets octets = sample(i);
		struct octets more = {calloc(1, octets.length + 1),
				      octets.length + 1};

		memcpy(more.data, octets.data, octets.length);
		assert_false(is_taken(&more));
		free(octets.data);
		free(more.data);
	}
}

static void refuses_a_kind_that_there_is_not(void **state)
{
	static const int kinds[] = {0, ECHO_STATUS + 1, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct echo_packet packet =
			packet_of((enum echo_kind)kinds[i], NULL);
		struct octets octets = encoded(&packet, ECHO_BYTES);

		assert_false(is_taken(&octets));
		free(octets.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(is_never_taken_for_stun),
		cmocka_unit_test(refuses_every_change_of_a_byte),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_another_key),
		cmocka_unit_test(refuses_more_bytes_than_a_packet_has),
		cmocka_unit_test(refuses_bytes_after_the_end),
		cmocka_unit_test(refuses_a_kind_that_there_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
