#include "probes/rehearsal.h"

#include "probes/serve/rehearsal_service.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define EXPIRY_US  20000000
#define TIMEOUT_US 400000

static const struct channel_key key = {"a key of 16 byte"};
static const struct channel_key other_key = {"a key of 15 byte"};
static const struct address loopback = {AF_INET, {127, 0, 0, 1}};

/* One end is a process of its own; what the other sees of it. */
struct scene {
	struct arena *arena;
	pid_t child;
	struct endpoint listener;
	struct rehearsal_plan plan;
	struct observation_list seen;
	size_t told; /* how far progress came */
	const char *why;
	enum rehearsal_end end;
};

/* How a listener that is not ours behaves once the key was shown. */
struct manners {
	enum bidding_kind answers[6]; /* to what is said, one by one */
	bool is_strange;	      /* with numbers nobody asked for */
};

static void tell_port(void *context, const struct endpoint *at)
{
	const int *pipe_end = context;

	if (write(*pipe_end, &at->port, sizeof(at->port)) < 0)
		_exit(99);
}

static void keep_quiet(void *context, const struct address *whom,
		       const char *text)
{
	(void)context;
	(void)whom;
	(void)text;
}

static _Noreturn void serve(int *pipe_end)
{
	const struct rehearsal_service service = {
		.at = {.address = loopback, .transport = TRANSPORT_TCP},
		.key = &key,
		.expiry_us = EXPIRY_US,
		.ready = tell_port,
		.note = keep_quiet,
		.context = pipe_end,
	};
	int error;

	_exit((int)rehearsal_serve(&service, &error));
}

/*
 * The listener that is not ours
 */

struct stranger {
	const struct manners *manners;
	size_t at;
};

static void be_opened(void *context, struct channel *channel)
{
	(void)context;
	(void)channel;
}

static void be_told(void *context, struct channel *channel,
		    const struct bidding *bidding)
{
	struct stranger *stranger = context;
	struct bidding answer = {
		.kind = stranger->manners->answers[stranger->at++],
		.count = bidding->count,
	};

	if (!answer.kind)
		_exit(0);
	for (size_t i = 0; i < answer.count; i++) {
		answer.results[i].number = bidding->trials[i].number;
		if (stranger->manners->is_strange)
			answer.results[i].number += 1000000;
		answer.results[i].bound = (struct bidding_place){loopback, 9};
	}
	channel_say(channel, &answer);
}

static void be_left(void *context, struct channel *channel, const char *why)
{
	(void)context;
	(void)channel;
	(void)why;
	_exit(0);
}

static _Noreturn void misbehave(int pipe_end, const struct manners *manners)
{
	struct event_base *base = event_base_new();
	struct stranger stranger = {.manners = manners};
	const struct channel_events events = {
		.opened = be_opened,
		.heard = be_told,
		.ended = be_left,
		.context = &stranger,
		.patience_us = EXPIRY_US,
	};
	struct endpoint at = {.address = loopback};
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(&at, &name);
	int door = socket(AF_INET, SOCK_STREAM, 0), taken;

	if (bind(door, (struct sockaddr *)&name, size) < 0 ||
	    listen(door, 1) < 0 ||
	    getsockname(door, (struct sockaddr *)&name, &size) < 0)
		_exit(98);
	endpoint_from_sockaddr(&at, (struct sockaddr *)&name);
	tell_port(&pipe_end, &at);
	taken = accept4(door, NULL, NULL, SOCK_NONBLOCK);
	if (!channel_take(base, &key, taken, &events))
		_exit(97);
	event_base_dispatch(base);
	_exit(0);
}

/*
 * The end that looks
 */

static void keep(void *context, struct observation *observation)
{
	struct scene *scene = context;

	observation_list_add(scene->arena, &scene->seen, observation);
}

static void follow(void *context, size_t done, size_t total,
		   const char *current)
{
	struct scene *scene = context;

	(void)current;
	assert_int_equal(total, scene->plan.count);
	assert_true(done >= scene->told);
	scene->told = done;
}

static void begin(struct scene *scene, const struct manners *manners)
{
	int ends[2];

	*scene = (struct scene){.arena = arena_new()};
	assert_int_equal(pipe(ends), 0);
	scene->child = fork();
	assert_true(scene->child >= 0);
	if (scene->child == 0 && manners)
		misbehave(ends[1], manners);
	if (scene->child == 0)
		serve(&ends[1]);
	close(ends[1]);
	scene->listener = (struct endpoint){.address = loopback};
	assert_int_equal(read(ends[0], &scene->listener.port,
			      sizeof(scene->listener.port)),
			 sizeof(scene->listener.port));
	close(ends[0]);
}

static void add(struct scene *scene, const char *list, bool is_from_edge)
{
	const char *why;

	assert_true(rehearsal_add_ports(scene->arena, &scene->plan, list,
					is_from_edge, false, &why));
}

static void look_with(struct scene *scene, const struct channel_key *with,
		      int64_t deadline_us)
{
	const struct rehearsal rehearsal = {
		.arena = scene->arena,
		.run = "00000001",
		.listener = scene->listener,
		.key = with,
		.edge_is_there = true,
		.beside = VANTAGE_OUTSIDE,
		.plan = &scene->plan,
		.timeout_us = TIMEOUT_US,
		.deadline_us = deadline_us,
		.observed = keep,
		.progress = follow,
		.context = scene,
	};

	scene->end = rehearsal_run(&rehearsal, &scene->why);
}

static void look(struct scene *scene)
{
	look_with(scene, &key, 0);
}

static void finish(struct scene *scene)
{
	kill(scene->child, SIGTERM);
	waitpid(scene->child, NULL, 0);
	arena_free(scene->arena);
}

/* Every step has its observation, and each its own number. */
static void is_complete(const struct scene *scene)
{
	assert_int_equal(scene->seen.count, scene->plan.count);
	for (size_t i = 0; i < scene->seen.count; i++) {
		const struct observation *seen = scene->seen.items[i];

		assert_int_equal(seen->id, i + 1);
		assert_string_equal(seen->probe, "rehearsal");
		assert_string_equal(seen->run, "00000001");
	}
}

static const struct observation *seen_of(const struct scene *scene,
					 const char *flow)
{
	for (size_t i = 0; i < scene->seen.count; i++)
		if (strcmp(observation_text(scene->seen.items[i],
					    "rehearsal.flow"),
			   flow) == 0)
			return scene->seen.items[i];
	fail_msg("nothing seen of %s", flow);
	return NULL;
}

static void sees_open_ways_in_both_directions(void **state)
{
	static const struct {
		const char *flow, *direction;
		enum vantage vantage;
	} ways[] = {
		{"tcp/31443", "to-edge", VANTAGE_OUTSIDE},
		{"udp/31478", "to-edge", VANTAGE_OUTSIDE},
		{"tcp/31444", "from-edge", VANTAGE_EDGE_HOST},
		{"udp/31479", "from-edge", VANTAGE_EDGE_HOST},
	};
	struct scene scene;

	(void)state;
	begin(&scene, NULL);
	add(&scene, "tcp/31443,udp/31478", false);
	add(&scene, "tcp/31444,udp/31479", true);
	look(&scene);
	assert_int_equal(scene.end, REHEARSAL_DONE);
	assert_null(scene.why);
	is_complete(&scene);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct observation *seen = seen_of(&scene, ways[i].flow);

		assert_int_equal(seen->outcome, OUTCOME_ANSWERED);
		assert_int_equal(seen->vantage, ways[i].vantage);
		assert_string_equal(seen->source, "127.0.0.1");
		assert_string_equal(
			observation_text(seen, "rehearsal.direction"),
			ways[i].direction);
		assert_true(observation_flag(seen, "rehearsal.arrived"));
		assert_true(observation_flag(seen, "rehearsal.answered"));
		assert_false(observation_flag(seen, "rehearsal.translated"));
		assert_int_equal(observation_number(seen, "rehearsal.bytes", 0),
				 TRIAL_BYTES);
		assert_string_equal(
			observation_text(seen, "rehearsal.sent_from"),
			observation_text(seen, "rehearsal.seen_from"));
	}
	finish(&scene);
}

/* More than one batch, and what collides has its turn. */
static void tries_all_of_many(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, NULL);
	for (unsigned i = 0; i < 3; i++) {
		add(&scene, "udp/31000-31015,tcp/31000-31015", false);
		add(&scene, "udp/32000-32015,tcp/32000-32015", true);
	}
	look(&scene);
	assert_int_equal(scene.end, REHEARSAL_DONE);
	is_complete(&scene);
	assert_int_equal(scene.seen.count, 192);
	for (size_t i = 0; i < scene.seen.count; i++)
		assert_int_equal(scene.seen.items[i]->outcome,
				 OUTCOME_ANSWERED);
	finish(&scene);
}

static void says_at_which_side_a_port_is_in_use(void **state)
{
	const struct endpoint at = {.address = loopback, .port = 31555};
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(&at, &name);
	int holder = socket(AF_INET, SOCK_STREAM, 0);
	struct scene scene;

	(void)state;
	begin(&scene, NULL);
	assert_int_equal(bind(holder, (struct sockaddr *)&name, size), 0);
	assert_int_equal(listen(holder, 1), 0);
	add(&scene, "tcp/31555", false);
	add(&scene, "tcp/31555", true);
	look(&scene);
	is_complete(&scene);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(scene.seen.items[i]->outcome, OUTCOME_LOCAL);
		assert_non_null(strstr(scene.seen.items[i]->detail,
				       "is in use already"));
	}
	/* the first waits over there, the second here */
	assert_non_null(strstr(scene.seen.items[0]->detail, "listening side"));
	assert_non_null(strstr(scene.seen.items[1]->detail, "this side"));
	close(holder);
	finish(&scene);
}

static void comes_to_nothing_with_another_key(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, NULL);
	add(&scene, "tcp/31443", false);
	look_with(&scene, &other_key, 0);
	assert_int_equal(scene.end, REHEARSAL_IMPOSSIBLE);
	assert_string_equal(scene.why, "it does not take the key");
	assert_int_equal(scene.seen.count, 0);
	finish(&scene);
}

static void comes_to_nothing_where_nobody_listens(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, NULL);
	kill(scene.child, SIGTERM);
	waitpid(scene.child, NULL, 0);
	add(&scene, "tcp/31443", false);
	look(&scene);
	assert_int_equal(scene.end, REHEARSAL_IMPOSSIBLE);
	assert_non_null(strstr(scene.why, "refused"));
	arena_free(scene.arena);
}

/* Whatever it says, every way is accounted for, and none is called open. */
static void survives_a_listener_without_manners(void **state)
{
	static const struct manners cases[] = {
		{.answers = {0}},
		{.answers = {BIDDING_WELCOME}},
		{.answers = {BIDDING_PREPARED}},
		{.answers = {BIDDING_WELCOME, BIDDING_WELCOME}},
		{.answers = {BIDDING_WELCOME, BIDDING_RESULTS}},
		{.answers = {BIDDING_WELCOME, BIDDING_BYE}},
		{.answers = {BIDDING_WELCOME, BIDDING_PREPARED,
			     BIDDING_PREPARED}},
		{.answers = {BIDDING_WELCOME, BIDDING_PREPARED,
			     BIDDING_RESULTS}},
		{.answers = {BIDDING_WELCOME, BIDDING_PREPARED, BIDDING_HELLO,
			     BIDDING_HELLO}},
		{.answers = {BIDDING_WELCOME, BIDDING_PREPARED},
		 .is_strange = true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_welcome = cases[i].answers[0] == BIDDING_WELCOME;
		struct scene scene;

		begin(&scene, &cases[i]);
		add(&scene, "udp/31443,tcp/31444", false);
		add(&scene, "udp/31445", true);
		look(&scene);
		assert_int_equal(scene.end, is_welcome ? REHEARSAL_DONE
						       : REHEARSAL_IMPOSSIBLE);
		assert_non_null(scene.why);
		assert_int_equal(scene.seen.count, is_welcome ? 3 : 0);
		for (size_t j = 0; j < scene.seen.count; j++)
			assert_int_equal(scene.seen.items[j]->outcome,
					 OUTCOME_LOCAL);
		finish(&scene);
	}
}

static void ends_when_its_time_is_up(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, NULL);
	kill(scene.child, SIGSTOP); /* it hears nothing any more */
	add(&scene, "tcp/31443", false);
	look_with(&scene, &key, 300000);
	assert_int_equal(scene.end, REHEARSAL_INTERRUPTED);
	assert_string_equal(scene.why, "the time is up");
	is_complete(&scene);
	assert_int_equal(scene.seen.items[0]->outcome, OUTCOME_LOCAL);
	kill(scene.child, SIGCONT);
	finish(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_open_ways_in_both_directions),
		cmocka_unit_test(tries_all_of_many),
		cmocka_unit_test(says_at_which_side_a_port_is_in_use),
		cmocka_unit_test(comes_to_nothing_with_another_key),
		cmocka_unit_test(comes_to_nothing_where_nobody_listens),
		cmocka_unit_test(survives_a_listener_without_manners),
		cmocka_unit_test(ends_when_its_time_is_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
