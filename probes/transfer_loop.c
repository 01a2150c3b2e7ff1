#include "probes/transfer_loop.h"

#include "common/base/log.h"

#include <event2/event.h>
#include <stdlib.h>

#define CONNECTIONS_KEPT 64 /* as many as checks in flight */
#define FAVOURED_MAX	 64 /* turns of one socket that others wait for */

struct transfer_loop {
	struct event_base *base;
	int favour, usual; /* priorities: of a socket's first turns; then */
	struct event *timer;
	CURLM *multi;
	void (*ended)(void *private, CURLcode code);
};

/* A socket that libcurl waits for. */
struct watch {
	struct transfer_loop *loop;
	struct event *event;
	unsigned turns; /* it had so many */
};

/* Not for ever: there are peers that never come to an end. */
static void set_priority(struct watch *watch)
{
	if (watch->turns < FAVOURED_MAX)
		event_priority_set(watch->event, watch->loop->favour);
	else
		event_priority_set(watch->event, watch->loop->usual);
}

static void tell_ended(struct transfer_loop *loop)
{
	const CURLMsg *message;
	void *private = NULL;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &private);
		loop->ended(private, message->data.result);
	}
}

static void act(struct transfer_loop *loop, curl_socket_t socket, int flags)
{
	int running;

	curl_multi_socket_action(loop->multi, socket, flags, &running);
	tell_ended(loop);
}

static void socket_event(evutil_socket_t socket, short what, void *context)
{
	struct watch *watch = context;
	int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) |
		    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	watch->turns++;
	set_priority(watch);
	act(watch->loop, socket, flags);
}

static void timer_event(evutil_socket_t socket, short what, void *context)
{
	(void)socket;
	(void)what;
	act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_time(CURLM *multi, long wait_ms, void *context)
{
	struct transfer_loop *loop = context;
	struct timeval delay = {.tv_sec = wait_ms / 1000,
				.tv_usec = wait_ms % 1000 * 1000};

	(void)multi;
	if (wait_ms < 0)
		event_del(loop->timer);
	else
		event_add(loop->timer, &delay);
	return 0;
}

static void listen_for(struct watch *watch, curl_socket_t socket, int what)
{
	int flags = EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
		    (what & CURL_POLL_OUT ? EV_WRITE : 0);

	if (watch->event)
		event_free(watch->event);
	watch->event = event_new(watch->loop->base, socket, (short)flags,
				 socket_event, watch);
	if (!watch->event)
		die("out of memory");
	set_priority(watch);
	if (event_add(watch->event, NULL) != 0)
		die("out of memory");
}

static void watch_no_more(struct watch *watch)
{
	if (!watch)
		return;
	event_free(watch->event);
	free(watch);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what,
			void *context, void *watched)
{
	struct transfer_loop *loop = context;
	struct watch *watch = watched;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		watch_no_more(watch);
		curl_multi_assign(loop->multi, socket, NULL);
		return 0;
	}
	if (!watch)
		watch = calloc(1, sizeof(*watch));
	if (!watch)
		die("out of memory");
	watch->loop = loop;
	listen_for(watch, socket, what);
	curl_multi_assign(loop->multi, socket, watch);
	return 0;
}

struct transfer_loop *transfer_loop_new(struct event_base *base, int favour,
					void (*ended)(void *private,
						      CURLcode code))
{
	struct transfer_loop *loop;

	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return NULL;
	loop = calloc(1, sizeof(*loop));
	if (!loop)
		die("out of memory");
	loop->base = base;
	loop->favour = favour;
	/* what libevent gives to events that say nothing of it */
	loop->usual = event_base_get_npriorities(base) / 2;
	loop->ended = ended;
	loop->timer = evtimer_new(base, timer_event, loop);
	loop->multi = curl_multi_init();
	if (!loop->timer || !loop->multi) {
		transfer_loop_free(loop);
		return NULL;
	}
	event_priority_set(loop->timer, favour);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, watch_time);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS,
			  (long)CONNECTIONS_KEPT);
	return loop;
}

void transfer_loop_free(struct transfer_loop *loop)
{
	if (!loop)
		return;
	curl_multi_cleanup(loop->multi);
	if (loop->timer)
		event_free(loop->timer);
	free(loop);
	curl_global_cleanup();
}

bool transfer_loop_add(struct transfer_loop *loop, CURL *easy)
{
	return curl_multi_add_handle(loop->multi, easy) == CURLM_OK;
}

void transfer_loop_remove(struct transfer_loop *loop, CURL *easy)
{
	curl_multi_remove_handle(loop->multi, easy);
}
