#include "probes/trials.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "probes/trial_send.h"
#include "probes/trial_wait.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG	   8
#define PORT_LEAST 10240 /* of those that chance chooses */
#define PORT_TRIES 256

static void set_options(const struct trial *trial, int descriptor)
{
	const int on = 1;

	if (trial->plan.at.address.family == AF_INET6)
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on,
			   sizeof(on));
	if (trial->plan.is_udp)
		return;
	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static event_callback_fn ear_of(const struct bidding_trial *plan)
{
	if (plan->sends)
		return plan->is_udp ? trial_send_on_datagram
				    : trial_send_on_stream;
	return plan->is_udp ? trial_wait_on_datagram : trial_wait_on_connection;
}

static int bind_at(int descriptor, const struct bidding_place *place)
{
	struct sockaddr_storage name;
	socklen_t size = trial_play_name(place, &name);

	return bind(descriptor, (struct sockaddr *)&name, size) < 0 ? errno : 0;
}

static bool is_shunned(const struct bidding_trial *plan, uint16_t port)
{
	return port >= plan->shun_first && port <= plan->shun_last;
}

/*
 * A port that matters to no row is as chance will have it: the system's own
 * choice may be one that a row about senders' ports lets through, and a
 * firewall remembers what went between the same two ports before.
 */
static int bind_socket(const struct bidding_trial *plan, int descriptor)
{
	struct bidding_place place = plan->at;
	int error = EADDRINUSE;

	if (place.port)
		return bind_at(descriptor, &place);
	for (unsigned i = 0; i < PORT_TRIES && error == EADDRINUSE; i++) {
		random_fill(&place.port, sizeof(place.port));
		if (place.port < PORT_LEAST || is_shunned(plan, place.port))
			continue;
		error = bind_at(descriptor, &place);
	}
	return error;
}

/* 0, or an errno: a socket that is bound, and listens where it is to. */
static int open_socket(struct trial *trial)
{
	const struct bidding_trial *plan = &trial->plan;
	int type = (plan->is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
		   SOCK_CLOEXEC;
	int descriptor = socket(plan->at.address.family, type, 0);
	bool connects = plan->sends && !plan->is_udp;
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int error;

	if (descriptor < 0)
		return errno;
	set_options(trial, descriptor);
	error = bind_socket(plan, descriptor);
	if (!error && !plan->sends && !plan->is_udp &&
	    listen(descriptor, BACKLOG) < 0)
		error = errno;
	if (!error &&
	    getsockname(descriptor, (struct sockaddr *)&name, &size) == 0)
		trial->result.bound = trial_play_place(&name);
	if (!error)
		trial->event =
			event_new(trial->trials->base, descriptor,
				  (connects ? EV_WRITE : EV_READ) | EV_PERSIST,
				  ear_of(plan), trial);
	if (!error && trial->event)
		return 0;
	close(descriptor);
	return error ? error : ENOMEM;
}

static struct trial *add(struct trials *trials,
			 const struct bidding_trial *plan)
{
	struct trial *trial = &trials->items[trials->count++];

	trial->trials = trials;
	trial->plan = *plan;
	trial->result.number = plan->number;
	trial->again_ms = TRIAL_SEND_AGAIN_MS;
	return trial;
}

void trials_add(struct trials *trials, const struct bidding_trial *plan,
		const struct address *here)
{
	struct trial *trial = add(trials, plan);
	int error;

	if (!trial->plan.at.address.family)
		trial->plan.at.address = *here;
	random_fill(trial->nonce, sizeof(trial->nonce));
	trial->again = evtimer_new(trials->base, trial_send_on_again, trial);
	if (!trial->again)
		die("out of memory");
	error = open_socket(trial);
	if (error)
		trial_play_settle(trial, trial_play_status(error));
	else if (!plan->sends)
		event_add(trial->event, NULL);
}

void trials_refuse(struct trials *trials, const struct bidding_trial *plan,
		   enum bidding_status status)
{
	trial_play_settle(add(trials, plan), status);
}

void trials_start(struct trials *trials)
{
	trials->started_us = clock_now_us();
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].plan.sends &&
		    !trial_play_is_settled(&trials->items[i]))
			trial_send_begin(&trials->items[i]);
	trial_play_look_around(trials);
}

void trials_leave(struct trials *trials, uint32_t number)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].plan.number == number)
			trials->items[i].is_left = true;
}

void trials_aim(struct trials *trials, uint32_t number, uint16_t port)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].plan.number == number)
			trials->items[i].plan.to.port = port;
}

size_t trials_count(const struct trials *trials)
{
	return trials->count;
}

const struct bidding_result *trials_result(const struct trials *trials,
					   size_t index)
{
	return &trials->items[index].result;
}

int64_t trials_took_us(const struct trials *trials, size_t index)
{
	return trials->items[index].took_us;
}

static void on_tell(evutil_socket_t descriptor, short what, void *context)
{
	struct trials *trials = context;
	void (*settled)(void *) = trials->settled;

	(void)descriptor;
	(void)what;
	trials->settled = NULL;
	if (settled)
		settled(trials->context);
}

struct trials *trials_new(struct event_base *base,
			  const uint8_t key[TRIAL_KEY_BYTES],
			  void (*settled)(void *context), void *context)
{
	struct trials *trials = calloc(1, sizeof(*trials));

	if (!trials)
		die("out of memory");
	trials->base = base;
	memcpy(trials->key, key, TRIAL_KEY_BYTES);
	trials->settled = settled;
	trials->context = context;
	trials->tell = event_new(base, -1, 0, on_tell, trials);
	if (!trials->tell)
		die("out of memory");
	return trials;
}

void trials_free(struct trials *trials)
{
	if (!trials)
		return;
	for (size_t i = 0; i < trials->count; i++) {
		struct trial *trial = &trials->items[i];

		trial_wait_close(trial);
		trial_play_drop(&trial->event);
		if (trial->again)
			event_free(trial->again);
	}
	event_free(trials->tell);
	explicit_bzero(trials->key, sizeof(trials->key));
	free(trials);
}
