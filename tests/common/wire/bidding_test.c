#include "common/wire/bidding.h"

#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bidding_place place_of(const char *text, uint16_t port)
{
	struct bidding_place place = {.port = port};

	assert_true(address_parse(text, &place.address));
	return place;
}

static void fill(struct bidding *bidding, enum bidding_kind kind, size_t count)
{
	*bidding = (struct bidding){.kind = kind};
	if (kind == BIDDING_HELLO)
		bidding->version = BIDDING_VERSION;
	if (kind == BIDDING_WELCOME) {
		bidding->yours = place_of("2001:db8::7", 50000);
		bidding->mine = place_of("192.0.2.10", 7443);
		bidding->seconds = 600;
	}
	if (kind == BIDDING_PREPARE || kind == BIDDING_PREPARED ||
	    kind == BIDDING_RESULTS)
		bidding->count = count;
	for (size_t i = 0; kind == BIDDING_PREPARE && i < count; i++)
		bidding->trials[i] = (struct bidding_trial){
			.number = (uint32_t)(0xfffffff0 + i),
			.sends = i % 2,
			.is_udp = i % 3 == 0,
			.at = {.port = (uint16_t)(443 + i)},
			.to = place_of("192.0.2.10", 65535),
			.shun_first = 50000,
			.shun_last = 59999,
		};
	for (size_t i = 0; kind != BIDDING_PREPARE && i < bidding->count; i++)
		bidding->results[i] = (struct bidding_result){
			.number = (uint32_t)i,
			.status =
				(enum bidding_status)(i % BIDDING_STATUS_COUNT),
			.arrived = (uint16_t)i,
			.bound = place_of("10.45.16.30", 3478),
			.seen = place_of("2001:db8::8", 1),
		};
}

static const size_t counts[] = {0, 1, 13, BIDDING_TRIALS_MAX};

#define COUNTS (sizeof(counts) / sizeof(counts[0]))

/* Calls for each kind of message, at each size. */
static void each(void (*look)(const struct bidding *bidding, uint8_t *data,
			      size_t length))
{
	for (int kind = BIDDING_HELLO; kind <= BIDDING_BYE; kind++)
		for (size_t i = 0; i < COUNTS; i++) {
			uint8_t data[BIDDING_BYTES_MAX];
			struct bidding bidding;

			fill(&bidding, (enum bidding_kind)kind, counts[i]);
			look(&bidding, data, bidding_encode(&bidding, data));
		}
}

static void is_same_place(const struct bidding_place *one,
			  const struct bidding_place *other)
{
	assert_int_equal(one->port, other->port);
	assert_int_equal(one->address.family, other->address.family);
	assert_memory_equal(one->address.bytes, other->address.bytes, 16);
}

static void is_read_again(const struct bidding *sent, uint8_t *data,
			  size_t length)
{
	struct bidding read;

	assert_int_equal(bidding_length(data, length), length);
	assert_true(bidding_decode(&read, data, length));
	assert_int_equal(read.kind, sent->kind);
	assert_int_equal(read.version, sent->version);
	assert_int_equal(read.seconds, sent->seconds);
	assert_int_equal(read.count, sent->count);
	is_same_place(&read.yours, &sent->yours);
	is_same_place(&read.mine, &sent->mine);
	for (size_t i = 0; i < sent->count; i++) {
		const struct bidding_trial *trial = &sent->trials[i];
		const struct bidding_result *result = &sent->results[i];

		assert_int_equal(read.trials[i].number, trial->number);
		assert_int_equal(read.trials[i].sends, trial->sends);
		assert_int_equal(read.trials[i].is_udp, trial->is_udp);
		is_same_place(&read.trials[i].at, &trial->at);
		is_same_place(&read.trials[i].to, &trial->to);
		assert_int_equal(read.trials[i].shun_first, trial->shun_first);
		assert_int_equal(read.trials[i].shun_last, trial->shun_last);
		assert_int_equal(read.results[i].number, result->number);
		assert_int_equal(read.results[i].status, result->status);
		assert_int_equal(read.results[i].arrived, result->arrived);
		is_same_place(&read.results[i].bound, &result->bound);
		is_same_place(&read.results[i].seen, &result->seen);
	}
}

static void reads_what_it_wrote(void **state)
{
	(void)state;
	each(is_read_again);
}

/* With the length as it was, and with that of what is left. */
static void is_refused_cut(const struct bidding *sent, uint8_t *data,
			   size_t length)
{
	struct bidding read;

	(void)sent;
	for (size_t cut = 0; cut < length; cut++) {
		uint8_t *copy = calloc(1, cut ? cut : 1);

		memcpy(copy, data, cut);
		assert_false(bidding_decode(&read, copy, cut));
		if (cut >= BIDDING_HEADER_BYTES) {
			size_t body = cut - BIDDING_HEADER_BYTES;

			copy[2] = (uint8_t)(body >> 8);
			copy[3] = (uint8_t)body;
			assert_false(bidding_decode(&read, copy, cut));
		}
		free(copy);
	}
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	each(is_refused_cut);
}

static void refuses_bytes_after_the_end(void **state)
{
	uint8_t data[BIDDING_BYTES_MAX] = {0};
	struct bidding bidding;
	size_t length;

	(void)state;
	fill(&bidding, BIDDING_PREPARE, 2);
	length = bidding_encode(&bidding, data);
	data[3]++;
	assert_false(bidding_decode(&bidding, data, length + 1));
}

static void refuses_more_trials_than_a_batch_has(void **state)
{
	uint8_t data[BIDDING_BYTES_MAX] = {0};
	struct bidding bidding;
	size_t length;

	(void)state;
	fill(&bidding, BIDDING_PREPARE, BIDDING_TRIALS_MAX);
	length = bidding_encode(&bidding, data);
	data[5]++;
	data[2] = (uint8_t)((length + 50 - BIDDING_HEADER_BYTES) >> 8);
	data[3] = (uint8_t)(length + 50 - BIDDING_HEADER_BYTES);
	assert_false(bidding_decode(&bidding, data, length + 50));
}

static void refuses_what_it_does_not_know(void **state)
{
	static const struct {
		enum bidding_kind kind;
		size_t at;
		uint8_t value;
	} cases[] = {
		{BIDDING_HELLO, 0, 0},
		{BIDDING_HELLO, 0, BIDDING_BYE + 1},
		{BIDDING_HELLO, 1, 1},
		{BIDDING_PREPARE, 10, 2}, /* neither sends nor waits */
		{BIDDING_PREPARE, 11, 2}, /* neither TCP nor UDP */
		{BIDDING_PREPARE, 12, 5}, /* a family */
		{BIDDING_PREPARED, 10, BIDDING_STATUS_COUNT},
		{BIDDING_RESULTS, 11, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[BIDDING_BYTES_MAX];
		struct bidding bidding;
		size_t length;

		fill(&bidding, cases[i].kind, 1);
		length = bidding_encode(&bidding, data);
		assert_true(bidding_decode(&bidding, data, length));
		data[cases[i].at] = cases[i].value;
		assert_false(bidding_decode(&bidding, data, length));
	}
}

/* So that nobody waits for the rest of what is no message. */
static void tells_the_length_from_the_header(void **state)
{
	static const uint8_t wild[] = {'G', 'E', 'T', ' '};
	static const uint8_t hello[] = {BIDDING_HELLO, 0, 0, 2};
	static const uint8_t vast[] = {BIDDING_PREPARE, 0, 0xff, 0xff};

	(void)state;
	assert_int_equal(bidding_length(hello, 3), 0);
	assert_int_equal(bidding_length(hello, 4), 6);
	assert_true(bidding_length(wild, 4) > BIDDING_BYTES_MAX);
	assert_true(bidding_length(vast, 4) > BIDDING_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_bytes_after_the_end),
		cmocka_unit_test(refuses_more_trials_than_a_batch_has),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(tells_the_length_from_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
