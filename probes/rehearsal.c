#include "probes/rehearsal.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "probes/rehearsal_seen.h"
#include "probes/trials.h"

#include <signal.h>
#include <string.h>

#define PATIENCE_US (10 * CLOCK_SECOND_US) /* beside the trials' own time */
#define FAREWELL_US (1 * CLOCK_SECOND_US)

/* One step in the batch at hand. */
struct turn {
	size_t step;
	bool is_asked; /* the other end plays its part */
	struct bidding_result there;
};

struct player {
	const struct rehearsal *settings;
	struct event_base *base;
	struct channel *channel;
	struct event *timer, *deadline, *endings[SIGNALS_ENDING];
	struct bidding_place seen_as; /* this host, by the other end */
	struct endpoint here, there;  /* ends of the channel, seen from here */
	bool *is_done;		      /* each step */
	size_t first;		      /* that is not done */
	size_t done;
	struct trials *trials;
	struct turn turns[BIDDING_TRIALS_MAX];
	size_t turn_count;
	unsigned observations;
	int64_t began_us;	     /* the batch, wall clock */
	bool is_started, is_running; /* the batch; is not finished */
	bool is_welcome, is_over, is_interrupted;
	const char *why; /* it came to an end early */
};

static const struct rehearsal_step *step_of(const struct player *player,
					    const struct turn *turn)
{
	return &player->settings->plan->steps[turn->step];
}

/*
 * What each end has to do
 */

static bool edge_is_here(const struct player *player)
{
	return !player->settings->edge_is_there;
}

/* Whether this end sends the first packet. */
static bool sends_from_here(const struct player *player,
			    const struct rehearsal_step *step)
{
	return step->is_from_edge == edge_is_here(player);
}

/* What an end binds; family 0: the address that its channel has. */
static struct bidding_place own_place(const struct player *player,
				      const struct rehearsal_step *step,
				      bool here, bool sends)
{
	struct bidding_place place = {0};

	if (here == edge_is_here(player))
		place.address = step->local;
	if (sends == step->is_local_port)
		place.port = step->port;
	return place;
}

/* Where the end that waits is to be found from the other. */
static struct bidding_place public_place(const struct player *player,
					 const struct rehearsal_step *step,
					 bool here)
{
	struct bidding_place place = {.port = step->port};

	if (here == edge_is_here(player) && step->public.family)
		place.address = step->public;
	else if (here)
		place.address = player->seen_as.address;
	else
		place.address = player->there.address;
	return place;
}

static struct bidding_trial trial_of(const struct player *player, size_t index,
				     bool here)
{
	const struct rehearsal_step *step =
		&player->settings->plan->steps[index];
	bool sends = sends_from_here(player, step) == here;
	struct bidding_trial trial = {
		.number = (uint32_t)index,
		.sends = sends,
		.is_udp = step->transport == TRANSPORT_UDP,
		.at = own_place(player, step, here, sends),
		.shun_first = player->settings->plan->shun_first,
		.shun_last = player->settings->plan->shun_last,
	};

	if (sends)
		trial.to = public_place(player, step, !here);
	return trial;
}

/*
 * What was seen
 */

static void observe(struct player *player, const struct turn *turn,
		    const struct bidding_result *mine, int64_t took_us)
{
	const struct rehearsal *settings = player->settings;
	const struct rehearsal_step *step = step_of(player, turn);
	bool from_here = sends_from_here(player, step);
	const struct bidding_place to = public_place(player, step, !from_here);
	const struct rehearsal_seen seen = {
		.step = step,
		.to = {.address = to.address,
		       .port = to.port,
		       .transport = step->transport},
		.sent = from_here ? *mine : turn->there,
		.came = from_here ? turn->there : *mine,
		.to_here = !from_here,
		.mapped_here = !address_equal(&player->seen_as.address,
					      &player->here.address),
		.is_asked = turn->is_asked,
		.why = player->why,
		.wall_us = player->began_us,
		.duration_us = took_us,
	};
	struct observation *observation =
		rehearsal_observe(settings->arena, &seen);

	observation->run = settings->run;
	observation->id = ++player->observations;
	observation->vantage =
		step->is_from_edge ? VANTAGE_EDGE_HOST : settings->beside;
	settings->observed(settings->context, observation);
	player->is_done[turn->step] = true;
	player->done++;
}

static void observe_batch(struct player *player)
{
	for (size_t i = 0; i < player->turn_count; i++)
		observe(player, &player->turns[i],
			trials_result(player->trials, i),
			trials_took_us(player->trials, i));
	trials_free(player->trials);
	player->trials = NULL;
	player->turn_count = 0;
}

/* What it did not come to. */
static void observe_rest(struct player *player)
{
	const struct bidding_result none = {.status = BIDDING_FAILED};

	if (!player->why)
		player->why = "interrupted";
	if (player->trials) {
		trials_free(player->trials);
		player->trials = NULL;
	}
	player->began_us = clock_wall_us();
	for (size_t i = 0; i < player->settings->plan->count; i++) {
		const struct turn turn = {.step = i};

		if (!player->is_done[i])
			observe(player, &turn, &none, 0);
	}
}

/*
 * One batch after another
 */

static void set_timer(struct player *player, int64_t us)
{
	const struct timeval time = {
		.tv_sec = (time_t)(us / CLOCK_SECOND_US),
		.tv_usec = (suseconds_t)(us % CLOCK_SECOND_US),
	};

	evtimer_add(player->timer, &time);
}

static void say(struct player *player, enum bidding_kind kind)
{
	const struct bidding bidding = {.kind = kind,
					.version = BIDDING_VERSION};

	channel_say(player->channel, &bidding);
}

static void show_progress(struct player *player)
{
	const struct rehearsal *settings = player->settings;
	const struct rehearsal_step *step = NULL;

	if (!settings->progress)
		return;
	if (player->turn_count)
		step = step_of(player, &player->turns[0]);
	settings->progress(settings->context, player->done,
			   settings->plan->count, step ? step->flow : NULL);
}

/* Nothing is left to wait for: whether all is known, or the time is up. */
static void finish_batch(void *context)
{
	struct player *player = context;

	if (!player->is_running)
		return;
	player->is_running = false;
	evtimer_del(player->timer);
	say(player, BIDDING_FINISH);
}

static bool collides(const struct player *player, size_t index)
{
	const struct rehearsal_step *steps = player->settings->plan->steps;

	for (size_t i = 0; i < player->turn_count; i++)
		if (rehearsal_collide(&steps[index],
				      &steps[player->turns[i].step]))
			return true;
	return false;
}

static void choose_batch(struct player *player)
{
	size_t count = player->settings->plan->count;

	while (player->first < count && player->is_done[player->first])
		player->first++;
	for (size_t i = player->first;
	     i < count && player->turn_count < BIDDING_TRIALS_MAX; i++)
		if (!player->is_done[i] && !collides(player, i))
			player->turns[player->turn_count++] =
				(struct turn){.step = i};
}

/* Takes a step in here, and into what the other end is asked to prepare. */
static void prepare_turn(struct player *player, size_t index,
			 struct bidding *bidding)
{
	struct turn *turn = &player->turns[index];
	const struct bidding_trial mine = trial_of(player, turn->step, true);
	struct bidding_trial theirs = trial_of(player, turn->step, false);
	const struct bidding_result *result;

	trials_add(player->trials, &mine, &player->here.address);
	result = trials_result(player->trials, index);
	turn->is_asked = !bidding_is_own_trouble(result->status);
	if (!turn->is_asked)
		return;
	if (theirs.sends)
		theirs.to.port = result->bound.port;
	bidding->trials[bidding->count++] = theirs;
}

/* This end opens its ports first, and then has the other do the same. */
static void begin_batch(struct player *player)
{
	struct bidding bidding = {.kind = BIDDING_PREPARE};
	uint8_t key[TRIAL_KEY_BYTES];

	choose_batch(player);
	show_progress(player);
	if (!player->turn_count) {
		player->is_over = true;
		say(player, BIDDING_BYE);
		set_timer(player, FAREWELL_US);
		return;
	}
	if (!channel_export(player->channel, key))
		die("OpenSSL exports no key");
	player->trials = trials_new(player->base, key, finish_batch, player);
	explicit_bzero(key, sizeof(key));
	player->is_started = false;
	player->began_us = clock_wall_us();
	for (size_t i = 0; i < player->turn_count; i++)
		prepare_turn(player, i, &bidding);
	channel_say(player->channel, &bidding);
}

static void keep_results(struct player *player, const struct bidding *bidding)
{
	for (size_t i = 0; i < bidding->count; i++)
		for (size_t j = 0; j < player->turn_count; j++)
			if (player->turns[j].step == bidding->results[i].number)
				player->turns[j].there = bidding->results[i];
}

/* Where the other end's port was its own choice, it is known only now. */
static void start_batch(struct player *player)
{
	for (size_t i = 0; i < player->turn_count; i++) {
		const struct turn *turn = &player->turns[i];
		const struct bidding_result *there = &turn->there;

		if (bidding_is_own_trouble(there->status))
			trials_leave(player->trials, (uint32_t)turn->step);
		else if (sends_from_here(player, step_of(player, turn)))
			trials_aim(player->trials, (uint32_t)turn->step,
				   there->bound.port);
	}
	player->is_running = player->is_started = true;
	say(player, BIDDING_START);
	set_timer(player, player->settings->timeout_us);
	trials_start(player->trials);
}

/*
 * The channel
 */

static void on_opened(void *context, struct channel *channel)
{
	struct player *player = context;

	player->channel = channel;
	channel_ends(channel, &player->here, &player->there);
	say(player, BIDDING_HELLO);
}

static void stop(struct player *player, const char *why)
{
	if (!player->why)
		player->why = why;
	event_base_loopbreak(player->base);
}

static void on_heard(void *context, struct channel *channel,
		     const struct bidding *bidding)
{
	struct player *player = context;

	(void)channel;
	if (bidding->kind == BIDDING_WELCOME && !player->is_welcome) {
		player->is_welcome = true;
		player->seen_as = bidding->yours;
		begin_batch(player);
	} else if (bidding->kind == BIDDING_PREPARED && player->trials &&
		   !player->is_started) {
		keep_results(player, bidding);
		start_batch(player);
	} else if (bidding->kind == BIDDING_RESULTS && player->trials &&
		   player->is_started && !player->is_running) {
		keep_results(player, bidding);
		observe_batch(player);
		begin_batch(player);
	} else {
		stop(player, "the other end speaks another language");
	}
}

static void on_ended(void *context, struct channel *channel, const char *why)
{
	struct player *player = context;

	(void)channel;
	stop(player, player->is_over ? NULL : why);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct player *player = context;

	(void)descriptor;
	(void)what;
	if (player->is_over)
		event_base_loopbreak(player->base);
	else
		finish_batch(player);
}

/* A signal, or the run's own time. */
static void on_interruption(evutil_socket_t number, short what, void *context)
{
	struct player *player = context;

	(void)number;
	player->is_interrupted = true;
	stop(player, what & EV_SIGNAL ? "interrupted" : "the time is up");
}

/*
 * All of it
 */

static void open_player(struct player *player)
{
	const struct rehearsal *settings = player->settings;

	player->base = event_base_new();
	if (!player->base)
		die("out of memory");
	player->timer = evtimer_new(player->base, on_timer, player);
	player->deadline = evtimer_new(player->base, on_interruption, player);
	if (!player->timer || !player->deadline)
		die("out of memory");
	for (unsigned i = 0; i < SIGNALS_ENDING; i++) {
		player->endings[i] =
			evsignal_new(player->base, signals_ending[i],
				     on_interruption, player);
		if (!player->endings[i])
			die("out of memory");
		if (!signals_ignored(signals_ending[i]))
			event_add(player->endings[i], NULL);
	}
	player->is_done = arena_alloc(settings->arena, settings->plan->count);
}

static void close_player(struct player *player)
{
	trials_free(player->trials);
	channel_free(player->channel);
	event_free(player->timer);
	event_free(player->deadline);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++)
		event_free(player->endings[i]);
	event_base_free(player->base);
}

static void play(struct player *player)
{
	const struct rehearsal *settings = player->settings;
	const struct channel_events events = {
		.opened = on_opened,
		.heard = on_heard,
		.ended = on_ended,
		.context = player,
		.patience_us = settings->timeout_us + PATIENCE_US,
	};
	const struct timeval all = {
		.tv_sec = (time_t)(settings->deadline_us / CLOCK_SECOND_US),
		.tv_usec =
			(suseconds_t)(settings->deadline_us % CLOCK_SECOND_US),
	};
	sigset_t heeded, before;

	signals_fill(&heeded);
	sigprocmask(SIG_UNBLOCK, &heeded, &before);
	if (settings->deadline_us)
		evtimer_add(player->deadline, &all);
	player->channel = channel_dial(player->base, settings->key,
				       &settings->listener, &events);
	if (!player->channel)
		die("out of memory");
	event_base_dispatch(player->base);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

enum rehearsal_end rehearsal_run(const struct rehearsal *settings,
				 const char **why)
{
	struct player player = {.settings = settings};
	enum rehearsal_end end = REHEARSAL_DONE;

	open_player(&player);
	play(&player);
	if (player.is_interrupted)
		end = REHEARSAL_INTERRUPTED;
	else if (!player.is_welcome)
		end = REHEARSAL_IMPOSSIBLE;
	*why = player.why ? arena_text(settings->arena, player.why) : NULL;
	if (end != REHEARSAL_IMPOSSIBLE)
		observe_rest(&player);
	close_player(&player);
	return end;
}
