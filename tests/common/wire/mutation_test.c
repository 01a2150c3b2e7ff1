/*
 * Feeds messages that are almost right to every decoder: a few bytes changed,
 * doubled or cut, always the same ones, so that a failure can be had again.
 */
#include "tests/common/wire/feed.h"

#include "tests/common/wire/dns_samples.h"
#include "tests/common/wire/msturn_vectors.h"
#include "tests/common/wire/sip_samples.h"

#define ROUNDS	   2000 /* of each sample */
#define ROOM	   2048
#define CHANGES	   4
#define FIRST_SEED 0x9e3779b9u

static const char *const hex_samples[] = {
	V1,
	V2,
	V3,
	V4,
	V5,
	V6,
	V7,
	V8,
	V9,
	V10,
	V11,
	V13C,
	V13S,
	V14,
	V16,
	ANSWER_SRV,
	ANSWER_A,
	ANSWER_AAAA,
	ANSWER_NXDOMAIN,
};

static const char *const text_samples[] = {ANSWER_504, ANSWER_401,
					   REQUEST_COMPACT};

/* xorshift32: the same on every machine. */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static size_t random_below(uint32_t *seed, size_t limit)
{
	return limit ? next_random(seed) % limit : 0;
}

/* Bytes that are often at the edge of something. */
static uint8_t odd_byte(uint32_t *seed)
{
	static const uint8_t odd[] = {0x00, 0x01, 0x0a, 0x0d, 0x20, 0x3f,
				      0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff};

	return odd[random_below(seed, sizeof(odd))];
}

static size_t change(uint8_t *data, size_t length, uint32_t *seed)
{
	size_t at = random_below(seed, length);
	size_t from = random_below(seed, length);
	size_t part = random_below(seed, length - (at > from ? at : from));

	switch (next_random(seed) % 4) {
	case 0:
		data[at] ^= (uint8_t)(1u << random_below(seed, 8));
		return length;
	case 1:
		data[at] = odd_byte(seed);
		return length;
	case 2: /* one part over another */
		memmove(data + at, data + from, part);
		return length;
	default: /* a part less */
		memmove(data + at, data + at + part, length - at - part);
		return length - part;
	}
}

static void feed_changed(const void *sample, size_t length, uint32_t *seed)
{
	uint8_t data[ROOM];

	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t changed = length;

		memcpy(data, sample, length);
		for (unsigned i = 0; i < CHANGES && changed; i++)
			changed = change(data, changed, seed);
		feed(data, changed);
	}
}

static void survives_messages_that_are_almost_right(void **state)
{
	uint32_t seed = FIRST_SEED;

	(void)state;
	for (size_t i = 0; i < sizeof(hex_samples) / sizeof(hex_samples[0]);
	     i++) {
		struct octets octets = octets_hex(hex_samples[i]);

		feed_changed(octets.data, octets.length, &seed);
		free(octets.data);
	}
	for (size_t i = 0; i < sizeof(text_samples) / sizeof(text_samples[0]);
	     i++)
		feed_changed(text_samples[i], strlen(text_samples[i]), &seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_messages_that_are_almost_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
