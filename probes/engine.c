#include "probes/engine.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "probes/check.h"
#include "probes/crls.h"
#include "probes/dial.h"
#include "probes/queue.h"
#include "probes/resolver.h"
#include "probes/transfer.h"
#include "probes/trust.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_DEFAULT 128
#define LONG_TRIPS	  6		  /* round trips that let others wait */
#define FAVOURED_MAX	  64		  /* turns that others wait for */
#define PROGRESS_GAP_US	  INT64_C(100000) /* between two reports */
#define STEPS_MAX	  12		  /* phases that a check may use up */
#define PASS_US		  10000		  /* until time is looked at again */
#define CURRENT_BYTES	  (NAME_BYTES_MAX + ENDPOINT_TEXT_BYTES + 8)

/* libevent gives an event the middle one of them, here the third. */
enum { PRIORITY_ENGINE, PRIORITY_LONGEST, PRIORITY_OTHERS, PRIORITY_COUNT = 4 };

struct engine {
	struct engine_settings settings;
	struct event_base *base;
	struct event *endings[SIGNALS_ENDING];
	struct event *tick;    /* queue, progress, deadline */
	struct event *answers; /* checks that were woken */
	struct resolver *resolver;
	struct transfers *transfers;
	struct crls *crls;
	struct trust *trust;
	struct queue queue;
	struct check *active;
	size_t in_flight, done, total;
	bool is_urgent; /* what follows from an answer should begin now */
	unsigned last_id;
	int64_t deadline_us;
	int64_t progress_us;	  /* when progress was last told */
	const char *interruption; /* why everything ends; NULL: it does not */
};

static struct timeval until(int64_t when_us)
{
	int64_t left_us = when_us - clock_now_us();

	if (left_us < 0)
		left_us = 0;
	return (struct timeval){.tv_sec = left_us / CLOCK_SECOND_US,
				.tv_usec = left_us % CLOCK_SECOND_US};
}

static bool is_long(const struct check *check)
{
	return queue_trips(check) >= LONG_TRIPS;
}

static void end_check(struct check *check)
{
	struct engine *engine = check->engine;
	struct check **link = &engine->active;

	while (*link != check)
		link = &(*link)->next;
	*link = check->next;
	event_free(check->event);
	if (check->probe->stop)
		check->probe->stop(check);
	hang_up(check);
	engine->in_flight--;
	engine->done++;
}

static void check_event(evutil_socket_t descriptor, short what, void *context);

/* The next moment at which the check must be stepped, whatever comes. */
static int64_t wake_us(const struct check *check, enum want want)
{
	int64_t due_us = check_due_us(check);

	if (want == WANT_LIBRARY)
		return check->deadline_us; /* libraries keep their own time */
	if (want == WANT_ANSWER && check->retry_us && check->retry_us < due_us)
		return check->retry_us;
	return due_us;
}

static void wait_for(struct check *check, enum want want)
{
	static const short flags[] = {
		[WANT_READ] = EV_READ,
		[WANT_WRITE] = EV_WRITE,
		[WANT_ANSWER] = EV_READ,
		[WANT_LIBRARY] = 0,
	};
	struct timeval delay = until(wake_us(check, want));
	short flag = check->socket >= 0 ? flags[want] : 0;

	if (want != WANT_ANSWER)
		check->retry_us = 0;
	event_del(check->event);
	event_assign(check->event, check->engine->base,
		     flag ? check->socket : -1, flag, check_event, check);
	if (is_long(check) && check->turns < FAVOURED_MAX)
		event_priority_set(check->event, PRIORITY_LONGEST);
	event_add(check->event, &delay);
}

/*
 * A step past its deadline is over even while bytes keep coming. A probe may
 * answer the deadline with another question, but not past the check's.
 */
static enum want step(struct check *check, enum cue cue)
{
	enum want want = check->probe->step(check, cue);
	int64_t due_us =
		want == WANT_LIBRARY ? check->deadline_us : check_due_us(check);

	if (want != WANT_NOTHING && cue != CUE_DEADLINE &&
	    clock_now_us() >= due_us)
		want = check->probe->step(check, CUE_DEADLINE);
	if (want != WANT_NOTHING && clock_now_us() >= check->deadline_us)
		want = check_finish(check, OUTCOME_NO_REPLY,
				    "not finished within the check's time");
	return want;
}

static void turn(struct check *check, enum cue cue)
{
	enum want want = step(check, cue);

	check->turns++;
	if (want != WANT_NOTHING) {
		wait_for(check, want);
		return;
	}
	if (!check->finished)
		check_finish(check, OUTCOME_LOCAL, "nothing more to do");
	end_check(check);
}

static void check_event(evutil_socket_t descriptor, short what, void *context)
{
	struct check *check = context;
	int64_t now_us = clock_now_us();

	(void)descriptor;
	if (check->engine->interruption)
		return;
	/* what has come is heard, late as we may be */
	if (what & (EV_READ | EV_WRITE)) {
		turn(check, CUE_READY);
	} else if (check->retry_us && now_us >= check->retry_us &&
		   now_us < check_due_us(check)) {
		check->retry_us = 0;
		turn(check, CUE_RETRY);
	} else {
		turn(check, CUE_DEADLINE);
	}
	event_base_loopbreak(check->engine->base); /* what is urgent now? */
}

static void wake(struct check *check)
{
	check->has_answer = true;
	event_active(check->engine->answers, EV_TIMEOUT, 0);
}

static struct check *find_answered(struct engine *engine)
{
	struct check *check = engine->active;

	while (check && !check->has_answer)
		check = check->next;
	return check;
}

static void answers_event(evutil_socket_t descriptor, short what, void *context)
{
	struct engine *engine = context;
	struct check *check;

	(void)descriptor;
	(void)what;
	while (!engine->interruption && (check = find_answered(engine))) {
		check->has_answer = false;
		turn(check, CUE_LIBRARY);
		/* it ends, and where it leads to is a long way */
		if (check->finished && is_long(check))
			engine->is_urgent = true;
	}
	event_base_loopbreak(engine->base);
}

/* What the check is about, for the live line. */
static const char *describe(const struct check *check, char text[CURRENT_BYTES])
{
	const struct endpoint *endpoint = &check->spec->endpoint;
	char address[ADDRESS_TEXT_BYTES];

	if (!endpoint->address.family)
		snprintf(text, CURRENT_BYTES, "%s",
			 endpoint->name ? endpoint->name : check->probe->name);
	else
		snprintf(text, CURRENT_BYTES, "%s:%u/%s",
			 endpoint->name
				 ? endpoint->name
				 : address_format(address, &endpoint->address),
			 endpoint->port, transport_name(endpoint->transport));
	return text;
}

static void tell_progress(struct engine *engine, bool at_once)
{
	const struct check *check = engine->active;
	char text[CURRENT_BYTES];
	int64_t now_us = clock_now_us();

	if (!engine->settings.progress ||
	    (!at_once && now_us - engine->progress_us < PROGRESS_GAP_US))
		return;
	engine->progress_us = now_us;
	while (check && check->next) /* the oldest stands last */
		check = check->next;
	engine->settings.progress(engine->settings.context, engine->done,
				  engine->total,
				  check ? describe(check, text) : NULL);
}

/* Longer conversations may take longer: a step for each question. */
static int64_t check_time_us(const struct check *check)
{
	size_t steps = STEPS_MAX + 2 * check->spec->domain_count;

	return (int64_t)steps * check->settings->timeout_us +
	       (check->probe->soaks ? check->settings->soak_us : 0);
}

/* Moves a check from the queue into the air; its first step comes next. */
static void activate(struct engine *engine, struct check *check)
{
	check->next = engine->active;
	engine->active = check;
	engine->in_flight++;
	check->event = event_new(engine->base, -1, 0, check_event, check);
	if (!check->event)
		die("out of memory");
	check->deadline_us = clock_now_us() + check_time_us(check);
	check_phase(check, "start"); /* before the trace begins */
	observe_begin(check, check->probe->name, check->subject);
}

/*
 * Who only watches for what may never come does so while others are at work,
 * and the run waits for nobody else: it is as if the time to try again had
 * come. Returns a check whose watch is over, or NULL with *wait_us lowered to
 * when the next will be.
 */
static struct check *find_spare(struct engine *engine, int64_t *wait_us)
{
	struct check *check, *spare = NULL;

	if (engine->queue.first)
		return NULL;
	for (check = engine->active; check; check = check->next) {
		if (!check->spare_us)
			return NULL;
		if (!spare || check->spare_us < spare->spare_us)
			spare = check;
	}
	if (!spare || spare->spare_us <= clock_now_us())
		return spare;
	if (spare->spare_us < *wait_us)
		*wait_us = spare->spare_us;
	return NULL;
}

/*
 * One at a time: what came meanwhile is heard before the next one begins.
 * Whether another could begin at once.
 */
static bool start_next(struct engine *engine)
{
	int64_t wait_us = engine->deadline_us;
	struct timeval delay;
	struct check *check = NULL;

	if (engine->in_flight < engine->settings.in_flight)
		check = queue_take(&engine->queue, &wait_us);
	if (check) {
		activate(engine, check);
		turn(check, CUE_START);
		return true;
	}
	while ((check = find_spare(engine, &wait_us))) {
		check->spare_us = check->retry_us = 0;
		turn(check, CUE_RETRY);
	}
	if (clock_now_us() + PROGRESS_GAP_US < wait_us)
		wait_us = clock_now_us() + PROGRESS_GAP_US;
	delay = until(wait_us);
	event_add(engine->tick, &delay);
	return false;
}

static void tick_event(evutil_socket_t descriptor, short what, void *context)
{
	struct engine *engine = context;

	(void)descriptor;
	(void)what;
	if (clock_now_us() >= engine->deadline_us && !engine->interruption)
		engine->interruption = "the run's deadline passed";
	event_base_loopbreak(engine->base); /* to begin what may begin now */
}

static void signal_event(evutil_socket_t number, short what, void *context)
{
	struct engine *engine = context;

	(void)number;
	(void)what;
	engine->interruption = "interrupted";
	event_base_loopbreak(engine->base);
}

/*
 * Those that wait in the queue are owed an observation too. Whose watch for
 * silence has been long enough has seen what there was to see.
 */
static void interrupt_all(struct engine *engine)
{
	while (engine->active || engine->queue.first) {
		struct check *check = engine->active;

		if (check && check->spare_us &&
		    check->spare_us <= clock_now_us()) {
			check->spare_us = check->retry_us = 0;
			turn(check, CUE_RETRY);
			continue;
		}
		if (!check) {
			check = engine->queue.first;
			engine->queue.first = check->next;
			activate(engine, check);
		}
		check_finish(check, OUTCOME_LOCAL, "%s", engine->interruption);
		end_check(check);
	}
}

bool engine_is_ending(const struct engine *engine)
{
	return engine->interruption;
}

/* Whether all that came together was heard, or cannot wait for the rest. */
static bool is_time_to_settle(const struct engine *engine)
{
	return engine->is_urgent || !engine->active ||
	       event_base_get_num_events(engine->base,
					 EVENT_BASE_COUNT_ACTIVE) == 0;
}

/* What came may have called for more. */
static bool has_work(struct engine *engine)
{
	const struct engine_settings *settings = &engine->settings;

	if (settings->settle && is_time_to_settle(engine))
		settings->settle(settings->context);
	engine->is_urgent = false;
	return engine->active || engine->queue.first;
}

bool engine_run(struct engine *engine)
{
	sigset_t heeded, before;

	signals_fill(&heeded);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++) {
		if (!signals_ignored(signals_ending[i]))
			event_add(engine->endings[i], NULL);
	}
	sigprocmask(SIG_UNBLOCK, &heeded, &before);
	/* the first questions are on their way while OpenSSL gets ready */
	while (start_next(engine))
		continue;
	trust_context(engine->trust);
	while (!engine->interruption && has_work(engine)) {
		bool more = start_next(engine);

		if (engine->active || engine->queue.first)
			event_base_loop(engine->base,
					more ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
		tell_progress(engine, false);
	}
	if (engine->interruption)
		interrupt_all(engine);
	tell_progress(engine, true);
	sigprocmask(SIG_SETMASK, &before, NULL);
	event_del(engine->tick);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++)
		event_del(engine->endings[i]);
	return !engine->interruption;
}

void engine_add(struct engine *engine, const struct check_spec *spec)
{
	struct check *check =
		arena_alloc(engine->settings.arena, sizeof(*check));

	check->spec = spec;
	check->probe = probe_find(spec->probe);
	if (!check->probe)
		die("no probe is called %s", spec->probe);
	check->state =
		arena_alloc(engine->settings.arena, check->probe->state_size);
	check->settings = &engine->settings;
	check->resolver = engine->resolver;
	check->transfers = engine->transfers;
	check->crls = engine->crls;
	check->trust = engine->trust;
	check->wake = wake;
	check->socket = -1;
	check->phase = "start";
	check->subject = spec->subject ? spec->subject : "-";
	check->source = "";
	check->last_id = &engine->last_id;
	check->engine = engine;
	queue_add(&engine->queue, check);
	engine->total++;
}

static void make_events(struct engine *engine)
{
	struct event_config *config = event_config_new();
	const struct timeval pass = {.tv_usec = PASS_US};

	if (!config)
		die("out of memory");
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER |
					      EVENT_BASE_FLAG_NO_CACHE_TIME);
	/* with many checks that have much to do, time is looked at between */
	event_config_set_max_dispatch_interval(config, &pass, -1,
					       PRIORITY_LONGEST);
	engine->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!engine->base ||
	    event_base_priority_init(engine->base, PRIORITY_COUNT) < 0)
		die("cannot wait for events");
	engine->tick = evtimer_new(engine->base, tick_event, engine);
	engine->answers = evtimer_new(engine->base, answers_event, engine);
	if (!engine->tick || !engine->answers)
		die("out of memory");
	event_priority_set(engine->tick, PRIORITY_ENGINE);
	event_priority_set(engine->answers, PRIORITY_LONGEST);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++) {
		engine->endings[i] = evsignal_new(
			engine->base, signals_ending[i], signal_event, engine);
		if (!engine->endings[i])
			die("out of memory");
		event_priority_set(engine->endings[i], PRIORITY_ENGINE);
	}
}

static struct transfers *make_transfers(struct engine *engine, const char **why)
{
	const struct transfer_settings settings = {
		.base = engine->base,
		.favour = PRIORITY_LONGEST,
		.arena = engine->settings.arena,
		.resolver = engine->resolver,
		.overrides = engine->settings.overrides,
		.override_count = engine->settings.override_count,
		.families = engine->settings.families,
	};

	return transfers_new(&settings, why);
}

struct engine *engine_new(const struct engine_settings *settings,
			  const char **why)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		die("out of memory");
	engine->settings = *settings;
	engine->queue.arena = settings->arena;
	if (!engine->settings.in_flight)
		engine->settings.in_flight = IN_FLIGHT_DEFAULT;
	engine->deadline_us = clock_now_us() + settings->deadline_us;
	/* a peer that went away is an error to read, not a signal */
	signal(SIGPIPE, SIG_IGN);
	make_events(engine);
	engine->trust = trust_new(settings->arena, settings->ca_file, why);
	if (engine->trust &&
	    (!settings->identity ||
	     trust_take_identity(engine->trust, settings->identity,
				 settings->arena, why)))
		engine->resolver = resolver_new(
			engine->base, settings->arena, settings->resolvers,
			settings->resolver_count, settings->timeout_us, why);
	if (engine->resolver)
		engine->transfers = make_transfers(engine, why);
	if (engine->transfers) {
		engine->crls = crls_new(settings->arena, engine->transfers);
		return engine;
	}
	engine_free(engine);
	return NULL;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	if (!engine->interruption)
		engine->interruption = "given up";
	interrupt_all(engine);
	crls_free(engine->crls);
	transfers_free(engine->transfers);
	resolver_free(engine->resolver);
	trust_free(engine->trust);
	event_free(engine->tick);
	event_free(engine->answers);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++)
		event_free(engine->endings[i]);
	event_base_free(engine->base);
	free(engine);
}
