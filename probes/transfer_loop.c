#include "probes/transfer_loop.h"

#include "common/base/log.h"

#include <event2/event.h>
#include <stdlib.h>

#define CONNECTIONS_KEPT 64 /* as many as checks in flight */

struct transfer_loop {
	struct event_base *base;
	struct event *timer;
	CURLM *multi;
	void (*ended)(void *private, CURLcode code);
};

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
	int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) |
		    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	act(context, socket, flags);
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

static int watch_socket(CURL *easy, curl_socket_t socket, int what,
			void *context, void *watched)
{
	struct transfer_loop *loop = context;
	struct event *event = watched;
	int flags = EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
		    (what & CURL_POLL_OUT ? EV_WRITE : 0);

	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		event = event_new(loop->base, socket, (short)flags,
				  socket_event, loop);
		if (!event || event_add(event, NULL) != 0)
			die("out of memory");
	}
	curl_multi_assign(loop->multi, socket, event);
	return 0;
}

struct transfer_loop *transfer_loop_new(struct event_base *base,
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
	loop->ended = ended;
	loop->timer = evtimer_new(base, timer_event, loop);
	loop->multi = curl_multi_init();
	if (!loop->timer || !loop->multi) {
		transfer_loop_free(loop);
		return NULL;
	}
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
