#include "probes/trials.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 3000

static const uint8_t key[TRIAL_KEY_BYTES] = "the key of this session only: 1";
static const uint8_t other_key[TRIAL_KEY_BYTES] =
	"the key of this session only: 2";
static const struct address loopback = {AF_INET, {127, 0, 0, 1}};

/* Both ends of a rehearsal in one loop. */
struct stage {
	struct event_base *base;
	struct trials *sender, *waiter;
	unsigned settled;
};

static void on_settled(void *context)
{
	struct stage *stage = context;

	stage->settled++;
	event_base_loopbreak(stage->base);
}

static void begin(struct stage *stage, const uint8_t *senders_key)
{
	*stage = (struct stage){.base = event_base_new()};
	stage->sender = trials_new(stage->base, senders_key, on_settled, stage);
	stage->waiter = trials_new(stage->base, key, NULL, NULL);
}

static void finish(struct stage *stage)
{
	trials_free(stage->sender);
	trials_free(stage->waiter);
	event_base_free(stage->base);
}

/* A pair of trials: one waits at a port of chance, one sends to it. */
static uint16_t add_pair(struct stage *stage, uint32_t number, bool is_udp)
{
	struct bidding_trial plan = {.number = number, .is_udp = is_udp};
	size_t index = trials_count(stage->waiter);
	uint16_t port;

	trials_add(stage->waiter, &plan, &loopback);
	port = trials_result(stage->waiter, index)->bound.port;
	assert_int_not_equal(port, 0);
	plan.sends = true;
	plan.to = (struct bidding_place){loopback, port};
	trials_add(stage->sender, &plan, &loopback);
	return port;
}

static void run_for(struct stage *stage, int ms)
{
	const struct timeval time = {.tv_sec = ms / 1000,
				     .tv_usec = ms % 1000 * 1000};

	event_base_loopexit(stage->base, &time);
	event_base_dispatch(stage->base);
}

static void play(struct stage *stage, int ms)
{
	trials_start(stage->waiter);
	trials_start(stage->sender);
	run_for(stage, ms);
}

static enum bidding_status status_of(const struct trials *trials, size_t index)
{
	return trials_result(trials, index)->status;
}

static void packets_arrive_and_are_answered(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, key);
	for (uint32_t i = 0; i < 8; i++)
		add_pair(&stage, i, i % 2);
	play(&stage, PATIENCE_MS);
	assert_int_equal(stage.settled, 1);
	for (size_t i = 0; i < 8; i++) {
		const struct bidding_result *sent =
			trials_result(stage.sender, i);
		const struct bidding_result *came =
			trials_result(stage.waiter, i);

		assert_int_equal(sent->status, BIDDING_ANSWERED);
		assert_int_equal(came->status, BIDDING_ARRIVED);
		assert_int_equal(came->arrived, 1);
		/* each end has the same to say of who sent it */
		assert_int_equal(came->seen.port, sent->bound.port);
		assert_int_equal(sent->seen.port, sent->bound.port);
		assert_true(address_equal(&came->seen.address, &loopback));
	}
	finish(&stage);
}

static void another_key_is_not_heard(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, other_key);
	add_pair(&stage, 1, true);
	add_pair(&stage, 2, false);
	play(&stage, 800);
	assert_int_equal(status_of(stage.waiter, 0), BIDDING_WAITING);
	assert_int_equal(status_of(stage.waiter, 1), BIDDING_WAITING);
	assert_int_equal(status_of(stage.sender, 0), BIDDING_WAITING);
	assert_int_equal(status_of(stage.sender, 1), BIDDING_CLOSED);
	finish(&stage);
}

/* A packet of one trial says nothing of the way of another. */
static void another_number_is_not_heard(void **state)
{
	struct stage stage;
	struct bidding_trial plan = {
		.number = 2, .sends = true, .is_udp = true};

	(void)state;
	begin(&stage, key);
	plan.to = (struct bidding_place){loopback, add_pair(&stage, 1, true)};
	trials_leave(stage.sender, 1);
	trials_add(stage.sender, &plan, &loopback);
	play(&stage, 800);
	assert_int_equal(status_of(stage.sender, 1), BIDDING_WAITING);
	finish(&stage);
}

static int dial(uint16_t port, int type)
{
	const struct endpoint to = {.address = loopback, .port = port};
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(&to, &name);
	int descriptor = socket(AF_INET, type, 0);

	assert_int_equal(connect(descriptor, (struct sockaddr *)&name, size),
			 0);
	return descriptor;
}

/* What came back to somebody who sent this; -1: nothing, or a hang-up. */
static ssize_t reply_to(struct stage *stage, uint16_t port, int type,
			const void *data, size_t length, uint8_t *reply,
			size_t capacity)
{
	int descriptor = dial(port, type);
	ssize_t size;

	assert_int_equal(send(descriptor, data, length, MSG_NOSIGNAL), length);
	run_for(stage, 60);
	size = recv(descriptor, reply, capacity, MSG_DONTWAIT);
	close(descriptor);
	return size > 0 ? size : -1;
}

static void strangers_get_no_answer(void **state)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	const struct trial_packet ask = {.kind = TRIAL_ASK, .number = 1};
	const struct trial_packet answer = {.kind = TRIAL_ANSWER, .number = 1};
	uint8_t packets[5][TRIAL_BYTES + 1] = {{0}}, reply[2048];
	size_t lengths[5] = {TRIAL_BYTES, TRIAL_BYTES, TRIAL_BYTES,
			     TRIAL_BYTES + 1, 1};
	struct stage stage;

	(void)state;
	assert_int_equal(getrandom(packets[0], TRIAL_BYTES, 0), TRIAL_BYTES);
	trial_encode(&ask, other_key, packets[1]);
	trial_encode(&answer, key, packets[2]); /* nobody asked */
	trial_encode(&ask, key, packets[3]);	/* and a byte too many */
	trial_encode(&ask, key, packets[4]);	/* and all but one too few */
	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < 5; i++) {
			uint16_t port;

			if (types[t] == SOCK_STREAM && i == 3)
				continue; /* there the packet comes whole */
			begin(&stage, key);
			port = add_pair(&stage, 1, types[t] == SOCK_DGRAM);
			assert_int_equal(reply_to(&stage, port, types[t],
						  packets[i], lengths[i], reply,
						  sizeof(reply)),
					 -1);
			assert_int_equal(status_of(stage.waiter, 0),
					 BIDDING_WAITING);
			finish(&stage);
		}
}

static void answers_are_as_long_as_questions(void **state)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	const struct trial_packet ask = {.kind = TRIAL_ASK, .number = 1};
	uint8_t packet[TRIAL_BYTES], reply[2048];
	struct stage stage;

	(void)state;
	trial_encode(&ask, key, packet);
	for (size_t t = 0; t < 2; t++) {
		uint16_t port;

		begin(&stage, key);
		port = add_pair(&stage, 1, types[t] == SOCK_DGRAM);
		assert_int_equal(reply_to(&stage, port, types[t], packet,
					  sizeof(packet), reply, sizeof(reply)),
				 TRIAL_BYTES);
		finish(&stage);
	}
}

/* Who caught a packet may send it again, and gets tired of it. */
static void a_packet_is_not_answered_for_ever(void **state)
{
	const struct trial_packet ask = {.kind = TRIAL_ASK, .number = 1};
	uint8_t packet[TRIAL_BYTES], reply[2048];
	struct stage stage;
	unsigned answers = 0;
	uint16_t port;

	(void)state;
	trial_encode(&ask, key, packet);
	begin(&stage, key);
	port = add_pair(&stage, 1, true);
	for (unsigned i = 0; i < TRIAL_ANSWERS_MAX + 5; i++)
		answers += reply_to(&stage, port, SOCK_DGRAM, packet,
				    sizeof(packet), reply, sizeof(reply)) > 0;
	assert_int_equal(answers, TRIAL_ANSWERS_MAX);
	finish(&stage);
}

/* However many come and say nothing. */
static void the_silent_give_way_to_who_has_the_key(void **state)
{
	int silent[3 * TRIAL_VISITORS_MAX];
	struct stage stage;
	uint16_t port;

	(void)state;
	begin(&stage, key);
	port = add_pair(&stage, 1, false);
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		silent[i] = dial(port, SOCK_STREAM);
		run_for(&stage, 5);
	}
	play(&stage, PATIENCE_MS);
	assert_int_equal(status_of(stage.waiter, 0), BIDDING_ARRIVED);
	assert_int_equal(status_of(stage.sender, 0), BIDDING_ANSWERED);
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		close(silent[i]);
	finish(&stage);
}

static void a_port_in_use_is_our_own_trouble(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, key);
	for (int is_udp = 0; is_udp < 2; is_udp++) {
		struct bidding_trial plan = {.number = 9, .is_udp = is_udp};

		plan.at.port = add_pair(&stage, 1, is_udp);
		trials_add(stage.sender, &plan, &loopback);
		assert_int_equal(
			status_of(stage.sender, 2 * (size_t)is_udp + 1),
			BIDDING_IN_USE);
	}
	finish(&stage);
}

static void an_address_of_others_is_our_own_trouble(void **state)
{
	struct bidding_trial plan = {.number = 1, .at.port = 4443};
	struct stage stage;

	(void)state;
	begin(&stage, key);
	assert_true(address_parse("192.0.2.1", &plan.at.address));
	trials_add(stage.sender, &plan, &loopback);
	assert_int_equal(status_of(stage.sender, 0), BIDDING_NO_ADDRESS);
	finish(&stage);
}

static void a_shut_port_refuses(void **state)
{
	struct stage stage;

	(void)state;
	for (int is_udp = 0; is_udp < 2; is_udp++) {
		begin(&stage, key);
		add_pair(&stage, 1, is_udp);
		trials_free(stage.waiter);
		stage.waiter = NULL;
		trials_start(stage.sender);
		run_for(&stage, PATIENCE_MS);
		assert_int_equal(status_of(stage.sender, 0), BIDDING_REFUSED);
		assert_int_equal(stage.settled, 1);
		finish(&stage);
	}
}

static void a_port_of_chance_is_none_that_is_shunned(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		const struct bidding_trial plan = {.sends = true,
						   .is_udp = i % 2,
						   .shun_first = 20000,
						   .shun_last = 65535};
		struct stage stage;
		uint16_t port;

		begin(&stage, key);
		trials_add(stage.sender, &plan, &loopback);
		port = trials_result(stage.sender, 0)->bound.port;
		assert_in_range(port, 1024, 19999);
		finish(&stage);
	}
}

/* Nobody waits for a trial that the other end cannot play. */
static void what_is_left_holds_nothing_up(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, other_key);
	add_pair(&stage, 1, true);
	trials_leave(stage.sender, 1);
	play(&stage, PATIENCE_MS);
	assert_int_equal(stage.settled, 1);
	finish(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_arrive_and_are_answered),
		cmocka_unit_test(another_key_is_not_heard),
		cmocka_unit_test(another_number_is_not_heard),
		cmocka_unit_test(strangers_get_no_answer),
		cmocka_unit_test(answers_are_as_long_as_questions),
		cmocka_unit_test(a_packet_is_not_answered_for_ever),
		cmocka_unit_test(the_silent_give_way_to_who_has_the_key),
		cmocka_unit_test(a_port_in_use_is_our_own_trouble),
		cmocka_unit_test(an_address_of_others_is_our_own_trouble),
		cmocka_unit_test(a_shut_port_refuses),
		cmocka_unit_test(a_port_of_chance_is_none_that_is_shunned),
		cmocka_unit_test(what_is_left_holds_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
