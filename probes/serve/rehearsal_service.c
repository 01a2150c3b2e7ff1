#include "probes/serve/rehearsal_service.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "probes/serve/bound.h"
#include "probes/trials.h"

#include <errno.h>
#include <event2/listener.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG	   64
#define NOTE_BYTES 200

/* A connection that has not shown the key, or the one that has. */
struct knock {
	struct host *host;
	struct channel *channel; /* NULL: the place is free */
	struct endpoint from;
	bool is_over; /* to be freed when the loop has come round */
	unsigned since;
};

struct host {
	const struct rehearsal_service *settings;
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *expiry, *sweep, *endings[SIGNALS_ENDING];
	struct knock knocks[REHEARSAL_KNOCKS_MAX];
	unsigned turns;
	struct knock *served; /* NULL: nobody has shown the key so far */
	struct endpoint here; /* the end of the channel */
	int64_t until_us;
	struct trials *trials;
	unsigned batches;
	size_t trial_count;
	bool is_greeted, is_started;
	enum rehearsal_service_end end;
};

__attribute__((format(printf, 3, 4))) static void
note(struct host *host, const struct endpoint *whom, const char *format, ...)
{
	char text[NOTE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	host->settings->note(host->settings->context, &whom->address, text);
}

static void leave(struct host *host, enum rehearsal_service_end end)
{
	host->end = end;
	event_base_loopbreak(host->base);
}

/*
 * Who is heard
 */

static bool is_allowed(const struct host *host, const struct address *address)
{
	const struct rehearsal_service *settings = host->settings;

	for (size_t i = 0; i < settings->allowed_count; i++)
		if (network_holds(&settings->allowed[i], address))
			return true;
	return false;
}

static void free_knock(struct knock *knock)
{
	channel_free(knock->channel);
	*knock = (struct knock){0};
}

static void on_sweep(evutil_socket_t descriptor, short what, void *context)
{
	struct host *host = context;

	(void)descriptor;
	(void)what;
	for (size_t i = 0; i < REHEARSAL_KNOCKS_MAX; i++)
		if (host->knocks[i].is_over)
			free_knock(&host->knocks[i]);
}

/* A channel is not freed while it is calling. */
static void forget_later(struct knock *knock)
{
	knock->is_over = true;
	event_active(knock->host->sweep, EV_TIMEOUT, 0);
}

static void on_ended(void *context, struct channel *channel, const char *why)
{
	struct knock *knock = context;
	struct host *host = knock->host;

	(void)channel;
	if (host->served == knock) {
		leave(host, REHEARSAL_BROKEN_OFF);
		return;
	}
	note(host, &knock->from, "has not shown the key: %s", why);
	forget_later(knock);
}

/* The key is good for one. */
static void on_opened(void *context, struct channel *channel)
{
	struct knock *knock = context;
	struct host *host = knock->host;
	struct endpoint there;

	if (host->served || !channel_ends(channel, &host->here, &there)) {
		forget_later(knock);
		return;
	}
	host->served = knock;
	channel_wait(channel, REHEARSAL_SILENCE_US);
	for (size_t i = 0; i < REHEARSAL_KNOCKS_MAX; i++)
		if (&host->knocks[i] != knock && host->knocks[i].channel)
			forget_later(&host->knocks[i]);
	note(host, &knock->from, "has the key, which is spent now");
}

/*
 * What is done
 */

static void welcome(struct host *host, const struct bidding *hello)
{
	struct bidding bidding = {
		.kind = BIDDING_WELCOME,
		.yours = {host->served->from.address, host->served->from.port},
		.mine = {host->here.address, host->here.port},
		.seconds = (uint32_t)((host->until_us - clock_now_us()) /
				      CLOCK_SECOND_US),
	};

	if (hello->version != BIDDING_VERSION) {
		note(host, &host->served->from, "is of another release");
		leave(host, REHEARSAL_BROKEN_OFF);
		return;
	}
	host->is_greeted = true;
	channel_say(host->served->channel, &bidding);
}

/* Nobody is sent anything for whom the other end cannot speak. */
static bool may_send(const struct host *host, const struct bidding_trial *plan)
{
	return plan->to.port && address_is_host(&plan->to.address) &&
	       is_allowed(host, &plan->to.address);
}

static bool is_of_channel(const struct host *host,
			  const struct bidding_trial *plan)
{
	return plan->to.port &&
	       address_equal(&plan->to.address, &host->served->from.address);
}

static void take_trial(struct host *host, const struct bidding_trial *plan)
{
	if (plan->sends && !is_of_channel(host, plan) && !may_send(host, plan))
		trials_refuse(host->trials, plan, BIDDING_NOT_ALLOWED);
	else
		trials_add(host->trials, plan, &host->here.address);
}

static void tell(struct host *host, enum bidding_kind kind)
{
	struct bidding bidding = {.kind = kind};

	bidding.count = trials_count(host->trials);
	for (size_t i = 0; i < bidding.count; i++)
		bidding.results[i] = *trials_result(host->trials, i);
	channel_say(host->served->channel, &bidding);
}

static void prepare(struct host *host, const struct bidding *bidding)
{
	uint8_t key[TRIAL_KEY_BYTES];

	if (!channel_export(host->served->channel, key))
		die("OpenSSL exports no key");
	host->trials = trials_new(host->base, key, NULL, NULL);
	explicit_bzero(key, sizeof(key));
	host->is_started = false;
	host->batches++;
	host->trial_count += bidding->count;
	for (size_t i = 0; i < bidding->count; i++)
		take_trial(host, &bidding->trials[i]);
	tell(host, BIDDING_PREPARED);
}

static void finish(struct host *host)
{
	tell(host, BIDDING_RESULTS);
	trials_free(host->trials);
	host->trials = NULL;
}

static void part(struct host *host)
{
	note(host, &host->served->from, "has tried %zu port%s, and is done",
	     host->trial_count, host->trial_count == 1 ? "" : "s");
	leave(host, REHEARSAL_SERVED);
}

/* Out of its order, nothing is done. */
static void on_heard(void *context, struct channel *channel,
		     const struct bidding *bidding)
{
	struct knock *knock = context;
	struct host *host = knock->host;

	(void)channel;
	if (host->served != knock)
		return;
	if (bidding->kind == BIDDING_HELLO && !host->is_greeted) {
		welcome(host, bidding);
	} else if (bidding->kind == BIDDING_PREPARE && host->is_greeted &&
		   !host->trials && host->batches < REHEARSAL_BATCHES_MAX) {
		prepare(host, bidding);
	} else if (bidding->kind == BIDDING_START && host->trials &&
		   !host->is_started) {
		host->is_started = true;
		trials_start(host->trials);
	} else if (bidding->kind == BIDDING_FINISH && host->trials) {
		finish(host);
	} else if (bidding->kind == BIDDING_BYE) {
		part(host);
	} else {
		note(host, &knock->from, "asks for what makes no sense");
		leave(host, REHEARSAL_BROKEN_OFF);
	}
}

/*
 * Who comes
 */

static struct knock *find_place(struct host *host)
{
	struct knock *place = &host->knocks[0];

	for (size_t i = 0; i < REHEARSAL_KNOCKS_MAX; i++) {
		struct knock *one = &host->knocks[i];

		if (!one->channel)
			return one;
		if (one->since < place->since)
			place = one;
	}
	free_knock(place);
	return place;
}

static void on_connection(struct evconnlistener *listener,
			  evutil_socket_t descriptor, struct sockaddr *name,
			  int size, void *context)
{
	struct host *host = context;
	struct endpoint from = {0};
	struct knock *knock;
	struct channel_events events = {
		.opened = on_opened,
		.heard = on_heard,
		.ended = on_ended,
		.patience_us = REHEARSAL_KNOCK_US,
	};

	(void)listener;
	(void)size;
	if (!endpoint_from_sockaddr(&from, name) || host->served ||
	    (host->settings->allowed_count &&
	     !is_allowed(host, &from.address))) {
		if (!host->served)
			note(host, &from, "is not allowed (--allow)");
		close(descriptor);
		return;
	}
	knock = find_place(host);
	*knock = (struct knock){
		.host = host, .from = from, .since = ++host->turns};
	events.context = knock;
	knock->channel = channel_take(host->base, host->settings->key,
				      descriptor, &events);
}

static void on_expiry(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	leave(context, REHEARSAL_EXPIRED);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	leave(context, REHEARSAL_STOPPED);
}

/*
 * All of it
 */

/* False with errno; the port may have been any (0). */
static bool open_door(struct host *host, struct endpoint *at)
{
	int descriptor = bound_open(at, -1);
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	if (descriptor < 0) {
		errno = -descriptor;
		return false;
	}
	if (listen(descriptor, BACKLOG) < 0 ||
	    getsockname(descriptor, (struct sockaddr *)&name, &size) < 0) {
		int error = errno;

		close(descriptor);
		errno = error;
		return false;
	}
	endpoint_from_sockaddr(at, (struct sockaddr *)&name);
	host->listener = evconnlistener_new(
		host->base, on_connection, host,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, descriptor);
	if (!host->listener)
		die("out of memory");
	return true;
}

static void open_host(struct host *host)
{
	const int64_t expiry_us = host->settings->expiry_us;
	const struct timeval expiry = {
		.tv_sec = (time_t)(expiry_us / CLOCK_SECOND_US),
		.tv_usec = (suseconds_t)(expiry_us % CLOCK_SECOND_US),
	};

	host->base = event_base_new();
	if (!host->base)
		die("out of memory");
	host->until_us = clock_now_us() + expiry_us;
	host->expiry = evtimer_new(host->base, on_expiry, host);
	host->sweep = event_new(host->base, -1, 0, on_sweep, host);
	if (!host->expiry || !host->sweep ||
	    evtimer_add(host->expiry, &expiry) < 0)
		die("out of memory");
	for (unsigned i = 0; i < SIGNALS_ENDING; i++) {
		host->endings[i] = evsignal_new(host->base, signals_ending[i],
						on_signal, host);
		if (!host->endings[i])
			die("out of memory");
		if (!signals_ignored(signals_ending[i]))
			event_add(host->endings[i], NULL);
	}
}

static void close_host(struct host *host)
{
	trials_free(host->trials);
	for (size_t i = 0; i < REHEARSAL_KNOCKS_MAX; i++)
		free_knock(&host->knocks[i]);
	if (host->listener)
		evconnlistener_free(host->listener);
	event_free(host->expiry);
	event_free(host->sweep);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++)
		event_free(host->endings[i]);
	event_base_free(host->base);
}

enum rehearsal_service_end
rehearsal_serve(const struct rehearsal_service *service, int *error)
{
	struct host host = {
		.settings = service,
		.end = REHEARSAL_CANNOT_BIND,
	};
	struct endpoint at = service->at;

	open_host(&host);
	if (open_door(&host, &at)) {
		service->ready(service->context, &at);
		event_base_dispatch(host.base);
	} else {
		*error = errno;
	}
	close_host(&host);
	return host.end;
}
