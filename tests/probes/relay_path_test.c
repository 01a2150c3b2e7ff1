#include "probes/relay_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define START_US INT64_C(1000000)

static const struct endpoint relay_port = {
	.address = {AF_INET, {192, 0, 2, 20}},
	.port = 50123,
};

static struct relay_path path_of(uint8_t session)
{
	struct relay_path path = {.session = {session}};

	memset(path.key, 7, sizeof(path.key));
	return path;
}

/* A packet that has been to the peer; -1: it never comes back. */
struct trip {
	int64_t sent_us;
	int64_t transit_us;
};

static void ask(struct relay_path *path, uint8_t packet[ECHO_BYTES],
		int64_t now_us)
{
	assert_true(relay_path_ask(path, packet, ECHO_BYTES, now_us));
	assert_true(relay_path_answer(path, packet, ECHO_BYTES, &relay_port));
}

static bool hear(struct relay_path *path, const uint8_t packet[ECHO_BYTES],
		 int64_t now_us)
{
	return relay_path_hear(path, packet, ECHO_BYTES, now_us);
}

static void travel(struct relay_path *path, const struct trip *trips,
		   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t packet[ECHO_BYTES];

		ask(path, packet, trips[i].sent_us);
		if (trips[i].transit_us >= 0)
			assert_true(
				hear(path, packet,
				     trips[i].sent_us + trips[i].transit_us));
	}
}

static void counts_what_went_and_what_came_back(void **state)
{
	static const struct trip trips[] = {
		{START_US, 5000},
		{START_US + 20000, -1},
		{START_US + 40000, 9000},
		{START_US + 60000, 4000},
	};
	struct relay_path path = path_of(1);

	(void)state;
	travel(&path, trips, 4);
	assert_int_equal(path.sent, 4);
	assert_int_equal(path.out, 4);
	assert_int_equal(path.back, 3);
	assert_int_equal(path.reordered, 0);
	assert_int_equal(path.rtt_min_us, 4000);
	assert_int_equal(path.rtt_max_us, 9000);
	assert_int_equal(path.largest, ECHO_BYTES);
	assert_int_equal(path.source.port, relay_port.port);
	assert_true(address_equal(&path.source.address, &relay_port.address));
}

static void counts_a_packet_that_comes_twice_once(void **state)
{
	struct relay_path path = path_of(1);
	uint8_t packet[ECHO_BYTES];

	(void)state;
	ask(&path, packet, START_US);
	assert_true(hear(&path, packet, START_US + 3000));
	assert_true(hear(&path, packet, START_US + 90000));
	assert_int_equal(path.back, 1);
	assert_int_equal(path.reordered, 0);
	assert_int_equal(path.rtt_max_us, 3000);
	assert_int_equal(path.jitter_us, 0);
}

static void counts_what_came_after_a_later_one(void **state)
{
	static const size_t orders[][5] = {
		{0, 1, 2, 3, 4}, {1, 0, 2, 3, 4}, {4, 3, 2, 1, 0}};
	static const unsigned reordered[] = {0, 1, 4};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct relay_path path = path_of(1);
		uint8_t packets[5][ECHO_BYTES];

		for (size_t j = 0; j < 5; j++)
			ask(&path, packets[j], START_US);
		for (size_t j = 0; j < 5; j++)
			assert_true(hear(&path, packets[orders[i][j]],
					 START_US + 1000));
		assert_int_equal(path.back, 5);
		assert_int_equal(path.reordered, reordered[i]);
	}
}

/* J = J + (|D| - J) / 16, RFC 3550 6.4.1 */
static void measures_jitter_of_known_transit_times(void **state)
{
	static const struct trip even[] = {{START_US, 8000},
					   {START_US + 20000, 8000},
					   {START_US + 40000, 8000}};
	static const struct trip uneven[] = {
		{START_US, 8000},	   {START_US + 20000, 24000},
		{START_US + 40000, 8000},  {START_US + 60000, -1},
		{START_US + 80000, 40000},
	};
	struct relay_path calm = path_of(1), wild = path_of(1);

	(void)state;
	travel(&calm, even, 3);
	assert_int_equal(calm.jitter_us, 0);
	travel(&wild, uneven, 2);
	assert_int_equal(wild.jitter_us, 1000); /* 16000 / 16 */
	wild = path_of(1);
	travel(&wild, uneven, 3);
	assert_int_equal(wild.jitter_us, 1937); /* 1000 + 15000 / 16 */
	wild = path_of(1);
	travel(&wild, uneven, 5);
	assert_int_equal(wild.jitter_us, 3815); /* 1937 + 30063 / 16 */
}

static void asks_no_more_than_it_can_remember(void **state)
{
	struct relay_path path = path_of(1);
	uint8_t packet[ECHO_BYTES];

	(void)state;
	for (size_t i = 0; i < RELAY_PACKETS_MAX; i++) {
		ask(&path, packet, START_US);
		assert_true(hear(&path, packet, START_US + 1));
	}
	assert_false(relay_path_ask(&path, packet, ECHO_BYTES, START_US));
	assert_int_equal(path.sent, RELAY_PACKETS_MAX);
	assert_int_equal(path.back, RELAY_PACKETS_MAX);
}

static void remembers_the_largest_that_came_back(void **state)
{
	static const size_t sizes[] = {ECHO_BYTES, ECHO_BYTES_MAX, 548};
	struct relay_path path = path_of(1);
	uint8_t packet[ECHO_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(relay_path_ask(&path, packet, sizes[i], START_US));
		assert_true(relay_path_answer(&path, packet, sizes[i],
					      &relay_port));
		assert_true(
			relay_path_hear(&path, packet, sizes[i], START_US + 1));
	}
	assert_int_equal(path.largest, ECHO_BYTES_MAX);
}

static void ignores_what_is_of_another_session_or_key(void **state)
{
	struct relay_path ours = path_of(1), session = path_of(2),
			  other_key = path_of(1);
	struct relay_path *const strangers[] = {&session, &other_key};
	uint8_t packet[ECHO_BYTES];

	(void)state;
	other_key.key[31] ^= 1;
	assert_true(relay_path_ask(&ours, packet, ECHO_BYTES, START_US));
	for (size_t i = 0; i < 2; i++) {
		struct relay_path *stranger = strangers[i];
		uint8_t foreign[ECHO_BYTES];

		assert_true(relay_path_ask(stranger, foreign, ECHO_BYTES,
					   START_US));
		assert_false(relay_path_answer(&ours, foreign, ECHO_BYTES,
					       &relay_port));
		assert_true(relay_path_answer(stranger, foreign, ECHO_BYTES,
					      &relay_port));
		assert_false(hear(&ours, foreign, START_US + 1));
	}
	assert_int_equal(ours.out, 0);
	assert_int_equal(ours.back, 0);
}

/* Else a packet of ours that somebody sends back would count as an answer. */
static void hears_replies_alone_and_answers_questions_alone(void **state)
{
	struct relay_path path = path_of(1);
	uint8_t packet[ECHO_BYTES], query[ECHO_BYTES];

	(void)state;
	assert_true(relay_path_ask(&path, packet, ECHO_BYTES, START_US));
	assert_false(hear(&path, packet, START_US + 1));
	relay_path_query(&path, query);
	assert_false(hear(&path, query, START_US + 1));
	assert_false(relay_path_answer(&path, query, ECHO_BYTES, &relay_port));
	assert_false(relay_path_status(&path, query, ECHO_BYTES));
	assert_true(relay_path_answer(&path, packet, ECHO_BYTES, &relay_port));
	assert_false(relay_path_answer(&path, packet, ECHO_BYTES, &relay_port));
	assert_false(relay_path_status(&path, packet, ECHO_BYTES));
	assert_int_equal(path.out, 1);
	assert_int_equal(path.back, 0);
}

/* A network that doubles packets, or a relay, adds none that were sent. */
static void counts_a_question_that_arrives_twice_once(void **state)
{
	struct relay_path path = path_of(1);
	uint8_t packet[ECHO_BYTES], again[ECHO_BYTES];

	(void)state;
	assert_true(relay_path_ask(&path, packet, ECHO_BYTES, START_US));
	for (unsigned i = 0; i < 3; i++) {
		memcpy(again, packet, sizeof(again));
		assert_true(relay_path_answer(&path, again, ECHO_BYTES,
					      &relay_port));
	}
	assert_int_equal(path.out, 1);
}

static void ignores_a_reply_to_what_was_never_sent(void **state)
{
	struct relay_path path = path_of(1), ahead = path_of(1);
	uint8_t packet[ECHO_BYTES];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		ask(&ahead, packet, START_US);
	assert_false(hear(&path, packet, START_US + 1));
	assert_int_equal(path.back, 0);
}

static struct echo_packet status_of(const struct relay_path *path)
{
	struct echo_packet packet = {
		.kind = ECHO_STATUS,
		.seen = 4,
		.seen_from = relay_port.address,
		.seen_port = relay_port.port,
	};

	memcpy(packet.session, path->session, sizeof(packet.session));
	return packet;
}

static void takes_the_word_of_a_peer_elsewhere(void **state)
{
	struct relay_path path = path_of(1), foreign = path_of(2);
	struct echo_packet packet = status_of(&path);
	uint8_t buffer[ECHO_BYTES];

	(void)state;
	echo_encode(&packet, path.key, buffer, sizeof(buffer));
	assert_false(relay_path_status(&foreign, buffer, sizeof(buffer)));
	assert_int_equal(foreign.out, 0);
	assert_true(relay_path_status(&path, buffer, sizeof(buffer)));
	assert_int_equal(path.out, 4);
	assert_int_equal(path.source.port, relay_port.port);
	assert_true(address_equal(&path.source.address, &relay_port.address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_went_and_what_came_back),
		cmocka_unit_test(counts_a_packet_that_comes_twice_once),
		cmocka_unit_test(counts_what_came_after_a_later_one),
		cmocka_unit_test(measures_jitter_of_known_transit_times),
		cmocka_unit_test(asks_no_more_than_it_can_remember),
		cmocka_unit_test(remembers_the_largest_that_came_back),
		cmocka_unit_test(ignores_what_is_of_another_session_or_key),
		cmocka_unit_test(
			hears_replies_alone_and_answers_questions_alone),
		cmocka_unit_test(counts_a_question_that_arrives_twice_once),
		cmocka_unit_test(ignores_a_reply_to_what_was_never_sent),
		cmocka_unit_test(takes_the_word_of_a_peer_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
