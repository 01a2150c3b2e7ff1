#include "probes/serve/rehearsal_service.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_US 3000000

static const struct channel_key key = {"a key of 16 byte"};
static const struct channel_key other_key = {"a key of 15 byte"};
static const struct address loopback = {AF_INET, {127, 0, 0, 1}};

/* The listener, as a process of its own. */
struct house {
	pid_t child;
	struct endpoint at;
};

static void tell_port(void *context, const struct endpoint *at)
{
	const int *pipe_end = context;

	if (write(*pipe_end, &at->port, sizeof(at->port)) < 0)
		exit(99);
}

static void keep_quiet(void *context, const struct address *whom,
		       const char *text)
{
	(void)context;
	(void)whom;
	(void)text;
}

static void open_house(struct house *house, const char *allowed,
		       int64_t expiry_us)
{
	struct network network;
	int ends[2], error;
	const char *why;

	assert_int_equal(pipe(ends), 0);
	house->child = fork();
	assert_true(house->child >= 0);
	if (house->child == 0) {
		const struct rehearsal_service service = {
			.at = {.address = loopback, .transport = TRANSPORT_TCP},
			.key = &key,
			.expiry_us = expiry_us,
			.allowed = &network,
			.allowed_count = allowed &&
					 network_parse(allowed, &network, &why),
			.ready = tell_port,
			.note = keep_quiet,
			.context = &ends[1],
		};

		_exit((int)rehearsal_serve(&service, &error));
	}
	close(ends[1]);
	house->at = (struct endpoint){.address = loopback};
	assert_int_equal(read(ends[0], &house->at.port, sizeof(house->at.port)),
			 sizeof(house->at.port));
	close(ends[0]);
}

/* How the listener ended. */
static enum rehearsal_service_end close_house(struct house *house)
{
	int status = 0;

	assert_int_equal(waitpid(house->child, &status, 0), house->child);
	assert_true(WIFEXITED(status));
	return (enum rehearsal_service_end)WEXITSTATUS(status);
}

/* One who comes to it, and says one thing after another. */
struct guest {
	struct event_base *base;
	struct channel *channel;
	struct bidding heard;
	unsigned answers;
	bool is_open, has_ended;
};

static void on_opened(void *context, struct channel *channel)
{
	struct guest *guest = context;

	(void)channel;
	guest->is_open = true;
	event_base_loopbreak(guest->base);
}

static void on_heard(void *context, struct channel *channel,
		     const struct bidding *bidding)
{
	struct guest *guest = context;

	(void)channel;
	guest->heard = *bidding;
	guest->answers++;
	event_base_loopbreak(guest->base);
}

static void on_ended(void *context, struct channel *channel, const char *why)
{
	struct guest *guest = context;

	(void)channel;
	assert_non_null(why);
	guest->has_ended = true;
	event_base_loopbreak(guest->base);
}

static void come(struct guest *guest, const struct house *house,
		 const struct channel_key *with)
{
	const struct channel_events events = {
		.opened = on_opened,
		.heard = on_heard,
		.ended = on_ended,
		.context = guest,
		.patience_us = PATIENCE_US,
	};

	*guest = (struct guest){.base = event_base_new()};
	guest->channel = channel_dial(guest->base, with, &house->at, &events);
	assert_non_null(guest->channel);
	event_base_dispatch(guest->base);
}

static void go(struct guest *guest)
{
	channel_free(guest->channel);
	event_base_free(guest->base);
}

/* Says it, and hears what comes of it. */
static void say(struct guest *guest, const struct bidding *bidding)
{
	channel_say(guest->channel, bidding);
	event_base_dispatch(guest->base);
}

static void say_kind(struct guest *guest, enum bidding_kind kind)
{
	const struct bidding bidding = {.kind = kind,
					.version = BIDDING_VERSION};

	say(guest, &bidding);
}

static void serves_who_has_the_key(void **state)
{
	struct house house;
	struct guest guest;

	(void)state;
	open_house(&house, NULL, PATIENCE_US);
	come(&guest, &house, &key);
	assert_true(guest.is_open);
	say_kind(&guest, BIDDING_HELLO);
	assert_int_equal(guest.heard.kind, BIDDING_WELCOME);
	assert_true(address_equal(&guest.heard.yours.address, &loopback));
	assert_in_range(guest.heard.seconds, 1, 3);
	say_kind(&guest, BIDDING_BYE);
	assert_true(guest.has_ended);
	go(&guest);
	assert_int_equal(close_house(&house), REHEARSAL_SERVED);
}

/* And goes on waiting for who has the right one. */
static void hears_nobody_with_another_key(void **state)
{
	struct house house;
	struct guest guest;

	(void)state;
	open_house(&house, NULL, PATIENCE_US);
	come(&guest, &house, &other_key);
	assert_false(guest.is_open);
	assert_true(guest.has_ended);
	go(&guest);
	come(&guest, &house, &key);
	assert_true(guest.is_open);
	say_kind(&guest, BIDDING_BYE);
	go(&guest);
	assert_int_equal(close_house(&house), REHEARSAL_SERVED);
}

static void the_key_is_good_for_one(void **state)
{
	struct house house;
	struct guest first, second;

	(void)state;
	open_house(&house, NULL, PATIENCE_US);
	come(&first, &house, &key);
	say_kind(&first, BIDDING_HELLO);
	come(&second, &house, &key);
	assert_false(second.is_open);
	go(&second);
	say_kind(&first, BIDDING_BYE);
	go(&first);
	assert_int_equal(close_house(&house), REHEARSAL_SERVED);
}

static void hears_nobody_whom_the_list_does_not_hold(void **state)
{
	struct house house;
	struct guest guest;

	(void)state;
	open_house(&house, "192.0.2.0/24", 400000);
	come(&guest, &house, &key);
	assert_false(guest.is_open);
	go(&guest);
	assert_int_equal(close_house(&house), REHEARSAL_EXPIRED);
}

/* In the middle of a run as well. */
static void ends_when_the_time_is_up(void **state)
{
	struct house house;
	struct guest guest;

	(void)state;
	open_house(&house, NULL, 500000);
	come(&guest, &house, &key);
	say_kind(&guest, BIDDING_HELLO);
	event_base_dispatch(guest.base);
	assert_true(guest.has_ended);
	go(&guest);
	assert_int_equal(close_house(&house), REHEARSAL_EXPIRED);
}

static void breaks_off_what_makes_no_sense(void **state)
{
	static const struct {
		enum bidding_kind kinds[4];
		uint16_t version;
	} cases[] = {
		{{BIDDING_HELLO}, BIDDING_VERSION + 1},
		{{BIDDING_PREPARE}, BIDDING_VERSION},
		{{BIDDING_START}, BIDDING_VERSION},
		{{BIDDING_FINISH}, BIDDING_VERSION},
		{{BIDDING_WELCOME}, BIDDING_VERSION},
		{{BIDDING_HELLO, BIDDING_HELLO}, BIDDING_VERSION},
		{{BIDDING_HELLO, BIDDING_START}, BIDDING_VERSION},
		{{BIDDING_HELLO, BIDDING_RESULTS}, BIDDING_VERSION},
		{{BIDDING_HELLO, BIDDING_PREPARE, BIDDING_PREPARE},
		 BIDDING_VERSION},
		{{BIDDING_HELLO, BIDDING_PREPARE, BIDDING_FINISH,
		  BIDDING_FINISH},
		 BIDDING_VERSION},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct house house;
		struct guest guest;

		open_house(&house, NULL, PATIENCE_US);
		come(&guest, &house, &key);
		for (size_t k = 0; k < 4 && cases[i].kinds[k]; k++) {
			const struct bidding bidding = {
				.kind = cases[i].kinds[k],
				.version = cases[i].version};

			assert_false(guest.has_ended);
			say(&guest, &bidding);
		}
		assert_true(guest.has_ended);
		go(&guest);
		assert_int_equal(close_house(&house), REHEARSAL_BROKEN_OFF);
	}
}

/* The status that the listener gives a trial in which it is to send. */
static enum bidding_status status_toward(const char *to, uint16_t port,
					 const char *allowed)
{
	struct bidding bidding = {.kind = BIDDING_PREPARE, .count = 1};
	struct bidding_trial *trial = &bidding.trials[0];
	struct house house;
	struct guest guest;
	enum bidding_status status;

	trial->sends = trial->is_udp = true;
	trial->to.port = port;
	assert_true(address_parse(to, &trial->to.address));
	open_house(&house, allowed, PATIENCE_US);
	come(&guest, &house, &key);
	say_kind(&guest, BIDDING_HELLO);
	say(&guest, &bidding);
	assert_int_equal(guest.heard.kind, BIDDING_PREPARED);
	assert_int_equal(guest.heard.count, 1);
	status = guest.heard.results[0].status;
	say_kind(&guest, BIDDING_BYE);
	go(&guest);
	close_house(&house);
	return status;
}

static void sends_to_nobody_who_has_not_asked(void **state)
{
	static const struct {
		const char *to;
		uint16_t port;
		const char *allowed;
		enum bidding_status status;
	} cases[] = {
		{"127.0.0.1", 9, NULL, BIDDING_WAITING},
		{"127.0.0.1", 0, NULL, BIDDING_NOT_ALLOWED},
		{"192.0.2.1", 9, NULL, BIDDING_NOT_ALLOWED},
		{"192.0.2.1", 9, "127.0.0.0/8", BIDDING_NOT_ALLOWED},
		{"192.0.2.1", 9, "0.0.0.0/0", BIDDING_WAITING},
		/* not even then: the list is of hosts */
		{"255.255.255.255", 9, "0.0.0.0/0", BIDDING_NOT_ALLOWED},
		{"224.0.0.1", 9, "0.0.0.0/0", BIDDING_NOT_ALLOWED},
		{"0.0.0.0", 9, "0.0.0.0/0", BIDDING_NOT_ALLOWED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (status_toward(cases[i].to, cases[i].port,
				  cases[i].allowed) != cases[i].status)
			fail_msg("%s port %u", cases[i].to, cases[i].port);
}

static int knock(const struct house *house)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(&house->at, &name);
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(descriptor, (struct sockaddr *)&name, size),
			 0);
	return descriptor;
}

/* Nor those who do not speak TLS, nor those who say nothing at all. */
static void strangers_keep_nobody_out(void **state)
{
	static const char *const words[] = {
		"", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01", "\x01\x00\x00\x02\x00\x01",
		"\x80\x2e\x01\x00\x02"};
	int strangers[4 * REHEARSAL_KNOCKS_MAX];
	struct house house;
	struct guest guest;

	(void)state;
	open_house(&house, NULL, 10 * PATIENCE_US);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		const char *word = words[i % 5];

		strangers[i] = knock(&house);
		(void)!send(strangers[i], word, i % 5 == 3 ? 6 : strlen(word),
			    MSG_NOSIGNAL);
	}
	come(&guest, &house, &key);
	assert_true(guest.is_open);
	say_kind(&guest, BIDDING_HELLO);
	assert_int_equal(guest.heard.kind, BIDDING_WELCOME);
	say_kind(&guest, BIDDING_BYE);
	go(&guest);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		close(strangers[i]);
	assert_int_equal(close_house(&house), REHEARSAL_SERVED);
}

static void notices_that_its_guest_is_gone(void **state)
{
	struct house house;
	struct guest guest;

	(void)state;
	open_house(&house, NULL, 10 * PATIENCE_US);
	come(&guest, &house, &key);
	say_kind(&guest, BIDDING_HELLO);
	go(&guest);
	assert_int_equal(close_house(&house), REHEARSAL_BROKEN_OFF);
}

static void says_when_it_cannot_listen(void **state)
{
	const struct rehearsal_service service = {
		.at = {.address = {AF_INET, {192, 0, 2, 1}},
		       .transport = TRANSPORT_TCP},
		.key = &key,
		.expiry_us = PATIENCE_US,
		.ready = tell_port,
		.note = keep_quiet,
	};
	int error = 0;

	(void)state;
	assert_int_equal(rehearsal_serve(&service, &error),
			 REHEARSAL_CANNOT_BIND);
	assert_int_equal(error, EADDRNOTAVAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_who_has_the_key),
		cmocka_unit_test(hears_nobody_with_another_key),
		cmocka_unit_test(the_key_is_good_for_one),
		cmocka_unit_test(hears_nobody_whom_the_list_does_not_hold),
		cmocka_unit_test(ends_when_the_time_is_up),
		cmocka_unit_test(breaks_off_what_makes_no_sense),
		cmocka_unit_test(sends_to_nobody_who_has_not_asked),
		cmocka_unit_test(strangers_keep_nobody_out),
		cmocka_unit_test(notices_that_its_guest_is_gone),
		cmocka_unit_test(says_when_it_cannot_listen),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
