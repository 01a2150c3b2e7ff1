#include "probes/serve/echo_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t key[ECHO_KEY_BYTES] = "the key that both sides have: 1";
static const uint8_t other_key[ECHO_KEY_BYTES] =
	"the key that both sides have: 2";

static const struct endpoint relay_port = {
	.address = {AF_INET, {192, 0, 2, 20}},
	.port = 50123,
};

static struct echo_packet packet_of(enum echo_kind kind, unsigned session)
{
	return (struct echo_packet){
		.kind = kind,
		.sequence = 5,
		.session = {(uint8_t)(session >> 8), (uint8_t)session},
		.sent_us = 77,
	};
}

/* The answer to a packet of that kind; false: there is none. */
static bool say(struct echo_memory *memory, enum echo_kind kind,
		unsigned session, const struct endpoint *from,
		struct echo_packet *answer)
{
	const struct echo_packet question = packet_of(kind, session);
	uint8_t buffer[ECHO_BYTES];

	echo_encode(&question, key, buffer, sizeof(buffer));
	return echo_answer(memory, key, buffer, sizeof(buffer), from) &&
	       echo_decode(answer, key, buffer, sizeof(buffer));
}

static void ask_as(struct echo_memory *memory, unsigned session,
		   uint32_t sequence, const struct endpoint *from)
{
	struct echo_packet question = packet_of(ECHO_ASK, session);
	uint8_t buffer[ECHO_BYTES];

	question.sequence = sequence;
	echo_encode(&question, key, buffer, sizeof(buffer));
	assert_true(echo_answer(memory, key, buffer, sizeof(buffer), from));
}

/* Each question has a number of its own. */
static void ask(struct echo_memory *memory, unsigned session)
{
	ask_as(memory, session, memory->turns, &relay_port);
}

static struct echo_packet status_of(struct echo_memory *memory,
				    unsigned session)
{
	const struct endpoint us = {.address = {AF_INET, {198, 51, 100, 9}},
				    .port = 999};
	struct echo_packet answer;

	assert_true(say(memory, ECHO_QUERY, session, &us, &answer));
	assert_int_equal(answer.kind, ECHO_STATUS);
	return answer;
}

static void sends_back_what_it_was_asked(void **state)
{
	struct echo_memory memory = {0};
	struct echo_packet answer;

	(void)state;
	assert_true(say(&memory, ECHO_ASK, 1, &relay_port, &answer));
	assert_int_equal(answer.kind, ECHO_REPLY);
	assert_int_equal(answer.sequence, 5);
	assert_int_equal(answer.sent_us, 77);
	assert_int_equal(answer.session[1], 1);
}

static void never_answers_without_the_key(void **state)
{
	static const enum echo_kind kinds[] = {ECHO_ASK, ECHO_REPLY, ECHO_QUERY,
					       ECHO_STATUS};
	struct echo_memory memory = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct echo_packet packet = packet_of(kinds[i], 1);
		uint8_t buffer[ECHO_BYTES], before[ECHO_BYTES];

		echo_encode(&packet, other_key, buffer, sizeof(buffer));
		memcpy(before, buffer, sizeof(before));
		assert_false(echo_answer(&memory, key, buffer, sizeof(buffer),
					 &relay_port));
		assert_memory_equal(buffer, before, sizeof(before));
	}
	assert_int_equal(memory.turns, 0);
}

static void never_answers_what_is_no_packet(void **state)
{
	const struct echo_packet packet = packet_of(ECHO_ASK, 1);
	struct echo_memory memory = {0};
	uint8_t buffer[2048];

	(void)state;
	echo_encode(&packet, key, buffer, ECHO_BYTES);
	for (size_t length = 0; length < ECHO_BYTES; length++)
		assert_false(
			echo_answer(&memory, key, buffer, length, &relay_port));
	echo_encode(&packet, key, buffer, sizeof(buffer));
	assert_false(
		echo_answer(&memory, key, buffer, sizeof(buffer), &relay_port));
	assert_int_equal(memory.turns, 0);
}

/* Two such services that are set upon each other fall silent at once. */
static void never_answers_an_answer(void **state)
{
	static const enum echo_kind kinds[] = {ECHO_ASK, ECHO_QUERY};
	struct echo_memory memory = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct echo_packet packet = packet_of(kinds[i], 1);
		uint8_t buffer[ECHO_BYTES];

		echo_encode(&packet, key, buffer, sizeof(buffer));
		assert_true(echo_answer(&memory, key, buffer, sizeof(buffer),
					&relay_port));
		assert_false(echo_answer(&memory, key, buffer, sizeof(buffer),
					 &relay_port));
	}
	assert_int_equal(status_of(&memory, 1).seen, 1);
}

static void answers_are_as_long_as_questions(void **state)
{
	const struct echo_packet packet = packet_of(ECHO_ASK, 1);
	struct echo_memory memory = {0};

	(void)state;
	for (size_t length = ECHO_BYTES; length <= ECHO_BYTES_MAX;
	     length += 100) {
		uint8_t buffer[ECHO_BYTES_MAX + 1];
		struct echo_packet answer;

		memset(buffer, 0xaa, sizeof(buffer));
		echo_encode(&packet, key, buffer, length);
		assert_true(
			echo_answer(&memory, key, buffer, length, &relay_port));
		assert_true(echo_decode(&answer, key, buffer, length));
		assert_int_equal(buffer[length], 0xaa);
	}
}

static void counts_each_session_by_itself(void **state)
{
	struct echo_memory memory = {0};

	(void)state;
	assert_int_equal(status_of(&memory, 1).seen, 0);
	assert_int_equal(status_of(&memory, 1).seen_from.family, 0);
	for (unsigned i = 0; i < 3; i++)
		ask(&memory, 1);
	ask(&memory, 2);
	assert_int_equal(status_of(&memory, 1).seen, 3);
	assert_int_equal(status_of(&memory, 2).seen, 1);
	assert_int_equal(status_of(&memory, 3).seen, 0);
}

/* What somebody recorded on the way and sends again, from elsewhere. */
static void a_replay_changes_nothing_of_what_is_told(void **state)
{
	static const struct endpoint recorder = {
		.address = {AF_INET, {198, 51, 100, 66}},
		.port = 53,
	};
	static const uint32_t last = ECHO_SEQUENCES_MAX - 1;
	struct echo_memory memory = {0};

	(void)state;
	ask_as(&memory, 1, 0, &relay_port);
	ask_as(&memory, 1, last, &relay_port);
	for (unsigned i = 0; i < 1000; i++)
		ask_as(&memory, 1, i % 2 ? last : 0, &recorder);
	assert_int_equal(status_of(&memory, 1).seen, 2);
	assert_int_equal(status_of(&memory, 1).seen_port, relay_port.port);
	ask_as(&memory, 1, 1, &relay_port);
	assert_int_equal(status_of(&memory, 1).seen, 3);
}

static void numbers_beyond_what_is_remembered_all_count(void **state)
{
	struct echo_memory memory = {0};

	(void)state;
	ask_as(&memory, 1, ECHO_SEQUENCES_MAX, &relay_port);
	ask_as(&memory, 1, UINT32_MAX, &relay_port);
	ask_as(&memory, 1, UINT32_MAX, &relay_port);
	assert_int_equal(status_of(&memory, 1).seen, 3);
}

/* Where questions came from, not who asks about them. */
static void tells_where_the_last_came_from(void **state)
{
	struct echo_memory memory = {0};
	struct endpoint elsewhere = relay_port;
	struct echo_packet answer;

	(void)state;
	ask(&memory, 1);
	elsewhere.port = 50999;
	assert_true(say(&memory, ECHO_ASK, 1, &elsewhere, &answer));
	answer = status_of(&memory, 1);
	assert_int_equal(answer.seen_port, 50999);
	assert_true(address_equal(&answer.seen_from, &relay_port.address));
}

static void tells_mapped_addresses_as_ipv4(void **state)
{
	static const struct {
		const char *from, *told;
	} cases[] = {
		{"::ffff:192.0.2.20", "192.0.2.20"},
		{"192.0.2.20", "192.0.2.20"},
		{"2001:db8::20", "2001:db8::20"},
		{"::fffe:c000:214", "::fffe:c000:214"},
		{"::1", "::1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct echo_memory memory = {0};
		struct endpoint from = {.port = 50123};
		struct echo_packet answer;
		struct address told;

		assert_true(address_parse(cases[i].from, &from.address));
		assert_true(address_parse(cases[i].told, &told));
		assert_true(say(&memory, ECHO_ASK, 1, &from, &answer));
		answer = status_of(&memory, 1);
		assert_true(address_equal(&answer.seen_from, &told));
		assert_int_equal(answer.seen_port, 50123);
	}
}

static void the_oldest_session_gives_way(void **state)
{
	struct echo_memory memory = {0};

	(void)state;
	for (unsigned i = 1; i <= ECHO_SESSIONS_MAX; i++)
		ask(&memory, i);
	ask(&memory, 1); /* 2 is now the oldest */
	ask(&memory, ECHO_SESSIONS_MAX + 1);
	assert_int_equal(status_of(&memory, 1).seen, 2);
	assert_int_equal(status_of(&memory, 3).seen, 1);
	assert_int_equal(status_of(&memory, ECHO_SESSIONS_MAX + 1).seen, 1);
	assert_int_equal(status_of(&memory, 2).seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_back_what_it_was_asked),
		cmocka_unit_test(never_answers_without_the_key),
		cmocka_unit_test(never_answers_what_is_no_packet),
		cmocka_unit_test(never_answers_an_answer),
		cmocka_unit_test(answers_are_as_long_as_questions),
		cmocka_unit_test(counts_each_session_by_itself),
		cmocka_unit_test(a_replay_changes_nothing_of_what_is_told),
		cmocka_unit_test(numbers_beyond_what_is_remembered_all_count),
		cmocka_unit_test(tells_where_the_last_came_from),
		cmocka_unit_test(tells_mapped_addresses_as_ipv4),
		cmocka_unit_test(the_oldest_session_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
