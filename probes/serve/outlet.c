#include "probes/serve/outlet.h"

#include "common/base/log.h"
#include "probes/serve/bound.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG		  16
#define DATAGRAMS_AT_ONCE 64
#define DATAGRAM_MAX	  65535
#define STREAM_WAITING	  16384 /* bytes of a peer that the kernel gives us */
#define ACCEPT_PAUSE_US	  200000
#define FIRST_PRIORITY	  0

/* A connection with a peer, or with a stranger who may become one. */
struct stream {
	struct stream *next;
	struct outlet *outlet;
	struct bufferevent *events;
	struct event *patience; /* of a stranger; NULL: admitted */
	struct msturn_address peer;
};

struct outlet {
	struct event_base *base;
	struct outlet_owner owner;
	struct endpoint local;
	int netns;
	int descriptor; /* UDP; -1 */
	struct event *datagrams;
	struct evconnlistener *listener;
	struct event *rest;	/* after accept() failed */
	struct stream *streams; /* the newest first */
	size_t stream_count, stranger_count;
	bool is_paused; /* the client reads too slowly */
};

static struct msturn_address peer_of(const struct sockaddr *sockaddr)
{
	struct endpoint peer = {0};

	endpoint_from_sockaddr(&peer, sockaddr);
	return (struct msturn_address){peer.address, peer.port};
}

static socklen_t to_sockaddr(const struct msturn_address *peer,
			     struct sockaddr_storage *sockaddr)
{
	const struct endpoint endpoint = {.address = peer->address,
					  .port = peer->port};

	return endpoint_to_sockaddr(&endpoint, sockaddr);
}

/* UDP */

static void on_datagrams(evutil_socket_t descriptor, short what, void *context)
{
	struct outlet *outlet = context;
	uint8_t datagram[DATAGRAM_MAX];

	(void)what;
	for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
		struct sockaddr_storage from;
		socklen_t length = sizeof(from);
		ssize_t size = recvfrom(descriptor, datagram, sizeof(datagram),
					0, (struct sockaddr *)&from, &length);
		struct msturn_address peer;

		if (size < 0)
			return;
		peer = peer_of((struct sockaddr *)&from);
		outlet->owner.hear(outlet->owner.context, &peer, datagram,
				   (size_t)size);
	}
}

static void open_udp(struct outlet *outlet, int descriptor)
{
	outlet->descriptor = descriptor;
	outlet->datagrams =
		event_new(outlet->base, descriptor, EV_READ | EV_PERSIST,
			  on_datagrams, outlet);
	if (!outlet->datagrams ||
	    event_priority_set(outlet->datagrams, FIRST_PRIORITY) < 0 ||
	    event_add(outlet->datagrams, NULL) < 0)
		die("out of memory");
}

/* TCP */

static void stream_free(struct stream *stream)
{
	struct outlet *outlet = stream->outlet;
	struct stream **link = &outlet->streams;

	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	if (stream->patience) {
		outlet->stranger_count--;
		event_free(stream->patience);
	} else {
		outlet->stream_count--;
	}
	bufferevent_free(stream->events);
	free(stream);
}

static void pause_streams(struct outlet *outlet)
{
	outlet->is_paused = true;
	for (struct stream *i = outlet->streams; i; i = i->next)
		bufferevent_disable(i->events, EV_READ);
}

/* In pieces, so that each fits into a message. */
static void on_input(struct bufferevent *events, void *context)
{
	struct stream *stream = context;
	struct outlet *outlet = stream->outlet;
	struct evbuffer *input = bufferevent_get_input(events);
	uint8_t chunk[OUTLET_CHUNK_MAX];
	int length;

	while (!outlet->is_paused &&
	       (length = evbuffer_remove(input, chunk, sizeof(chunk))) > 0)
		if (!outlet->owner.hear(outlet->owner.context, &stream->peer,
					chunk, (size_t)length))
			pause_streams(outlet);
}

static void on_event(struct bufferevent *events, short what, void *context)
{
	(void)events;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		stream_free(context);
}

/* Takes the descriptor over; reads nothing yet. NULL without memory. */
static struct stream *stream_new(struct outlet *outlet, int descriptor,
				 const struct msturn_address *peer)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	const int one = 1;

	if (stream)
		stream->events = bufferevent_socket_new(
			outlet->base, descriptor, BEV_OPT_CLOSE_ON_FREE);
	if (!stream || !stream->events) {
		close(descriptor);
		free(stream);
		return NULL;
	}
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	stream->outlet = outlet;
	stream->peer = *peer;
	stream->next = outlet->streams;
	outlet->streams = stream;
	bufferevent_priority_set(stream->events, FIRST_PRIORITY);
	bufferevent_setcb(stream->events, on_input, NULL, on_event, stream);
	bufferevent_setwatermark(stream->events, EV_READ, 0, STREAM_WAITING);
	bufferevent_disable(stream->events, EV_READ);
	return stream;
}

static void admit(struct stream *stream)
{
	struct outlet *outlet = stream->outlet;

	if (stream->patience) {
		event_free(stream->patience);
		stream->patience = NULL;
		outlet->stranger_count--;
	}
	outlet->stream_count++;
	bufferevent_enable(stream->events,
			   outlet->is_paused ? EV_WRITE : EV_READ | EV_WRITE);
}

static struct stream *find_stream(const struct outlet *outlet,
				  const struct msturn_address *peer)
{
	struct stream *stream = outlet->streams;

	while (stream &&
	       (stream->peer.port != peer->port ||
		!address_equal(&stream->peer.address, &peer->address)))
		stream = stream->next;
	return stream;
}

static void on_impatience(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	stream_free(context);
}

static void forget_oldest_stranger(struct outlet *outlet)
{
	struct stream *oldest = NULL;

	for (struct stream *i = outlet->streams; i; i = i->next)
		if (i->patience)
			oldest = i;
	if (oldest)
		stream_free(oldest);
}

/*
 * Two relays whose clients send to each other at once: the connection of one
 * comes before the permission of the other, and over TCP what is lost is not
 * sent again. So a stranger waits, unread (msturn.md 8.2).
 */
static void keep_stranger(struct stream *stream)
{
	const struct timeval patience = {.tv_sec = OUTLET_PATIENCE_S};
	struct outlet *outlet = stream->outlet;

	if (outlet->stranger_count == OUTLET_STRANGERS_MAX)
		forget_oldest_stranger(outlet);
	stream->patience = evtimer_new(outlet->base, on_impatience, stream);
	if (!stream->patience || evtimer_add(stream->patience, &patience) < 0)
		die("out of memory");
	outlet->stranger_count++;
}

static bool is_admitted(const struct outlet *outlet,
			const struct msturn_address *peer)
{
	return outlet->stream_count < OUTLET_STREAMS_MAX &&
	       outlet->owner.admits(outlet->owner.context, peer);
}

static void welcome(struct outlet *outlet, int descriptor,
		    const struct sockaddr *from)
{
	struct msturn_address peer = peer_of(from);
	struct stream *stream;

	if (find_stream(outlet, &peer)) {
		close(descriptor);
		return;
	}
	stream = stream_new(outlet, descriptor, &peer);
	if (stream && is_admitted(outlet, &peer))
		admit(stream);
	else if (stream)
		keep_stranger(stream);
}

static void on_peer(struct evconnlistener *listener, evutil_socket_t descriptor,
		    struct sockaddr *from, int length, void *context)
{
	(void)listener;
	(void)length;
	welcome(context, descriptor, from);
}

/* Who has connected already is known before anybody else is looked for. */
static void welcome_waiting(struct outlet *outlet)
{
	int listener = evconnlistener_get_fd(outlet->listener);

	for (unsigned i = 0; i < BACKLOG; i++) {
		struct sockaddr_storage from;
		socklen_t length = sizeof(from);
		int descriptor = accept4(listener, (struct sockaddr *)&from,
					 &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (descriptor < 0)
			return;
		welcome(outlet, descriptor, (struct sockaddr *)&from);
	}
}

/* Out of descriptors: rest a little instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_US};
	struct outlet *outlet = context;

	evconnlistener_disable(listener);
	evtimer_add(outlet->rest, &pause);
}

static void on_rested(evutil_socket_t descriptor, short what, void *context)
{
	struct outlet *outlet = context;

	(void)descriptor;
	(void)what;
	evconnlistener_enable(outlet->listener);
}

/* A connection from the relayed port; gone again where it fails at once. */
static void connect_stream(struct outlet *outlet,
			   const struct msturn_address *peer)
{
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(peer, &address);
	struct stream *stream;
	int descriptor;

	if (outlet->stream_count == OUTLET_STREAMS_MAX)
		return;
	descriptor = bound_share(&outlet->local, outlet->netns);
	stream = descriptor < 0 ? NULL : stream_new(outlet, descriptor, peer);
	if (!stream)
		return;
	admit(stream);
	bufferevent_socket_connect(
		stream->events, (struct sockaddr *)&address,
		(int)length); /* may have called on_event() */
}

static size_t waiting(const struct stream *stream)
{
	return evbuffer_get_length(bufferevent_get_output(stream->events));
}

/* Peers that do not read: who has most before it gives way. */
static void bound_waiting(struct outlet *outlet)
{
	struct stream *fullest = outlet->streams;
	size_t total = 0;

	for (struct stream *i = outlet->streams; i; i = i->next) {
		total += waiting(i);
		if (waiting(i) > waiting(fullest))
			fullest = i;
	}
	if (total > OUTLET_WAITING_MAX)
		stream_free(fullest);
}

static void send_stream(struct outlet *outlet,
			const struct msturn_address *peer, const void *data,
			size_t length)
{
	struct stream *stream = find_stream(outlet, peer);

	if (!stream) {
		connect_stream(outlet, peer);
		stream = find_stream(outlet, peer);
	}
	if (!stream)
		return; /* silence, msturn.md 8.7 */
	bufferevent_write(stream->events, data, length);
	bound_waiting(outlet);
}

static bool open_tcp(struct outlet *outlet, int descriptor)
{
	/* later sockets of ours may bind the port too, to connect from it */
	if (!bound_may_share(descriptor) || listen(descriptor, BACKLOG) < 0)
		return false;
	outlet->listener = evconnlistener_new(
		outlet->base, on_peer, outlet,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, descriptor);
	outlet->rest = evtimer_new(outlet->base, on_rested, outlet);
	if (!outlet->listener || !outlet->rest)
		die("out of memory");
	evconnlistener_set_error_cb(outlet->listener, on_accept_error);
	return true;
}

/* Both */

struct outlet *outlet_open(struct event_base *base,
			   const struct endpoint *local, int netns,
			   const struct outlet_owner *owner, int *error)
{
	struct outlet *outlet;
	int descriptor = bound_open(local, netns);

	if (descriptor < 0) {
		*error = -descriptor;
		return NULL;
	}
	outlet = calloc(1, sizeof(*outlet));
	if (!outlet)
		die("out of memory");
	*outlet = (struct outlet){.base = base,
				  .owner = *owner,
				  .local = *local,
				  .netns = netns,
				  .descriptor = -1};
	if (local->transport == TRANSPORT_UDP) {
		open_udp(outlet, descriptor);
		return outlet;
	}
	if (open_tcp(outlet, descriptor))
		return outlet;
	*error = errno;
	close(descriptor);
	free(outlet);
	return NULL;
}

void outlet_free(struct outlet *outlet)
{
	if (!outlet)
		return;
	while (outlet->streams)
		stream_free(outlet->streams);
	if (outlet->listener)
		evconnlistener_free(outlet->listener);
	if (outlet->rest)
		event_free(outlet->rest);
	if (outlet->datagrams)
		event_free(outlet->datagrams);
	if (outlet->descriptor >= 0)
		close(outlet->descriptor);
	free(outlet);
}

void outlet_send(struct outlet *outlet, const struct msturn_address *peer,
		 const void *data, size_t length)
{
	struct sockaddr_storage address;
	socklen_t size;

	if (outlet->descriptor < 0) {
		send_stream(outlet, peer, data, length);
		return;
	}
	size = to_sockaddr(peer, &address);
	sendto(outlet->descriptor, data, length, 0, (struct sockaddr *)&address,
	       size);
}

void outlet_admit(struct outlet *outlet)
{
	if (!outlet->listener)
		return;
	welcome_waiting(outlet);
	for (struct stream *i = outlet->streams; i; i = i->next)
		if (i->patience && is_admitted(outlet, &i->peer))
			admit(i);
}

/* What waited since the pause comes first; it may be cause for another. */
void outlet_resume(struct outlet *outlet)
{
	if (!outlet->is_paused)
		return;
	outlet->is_paused = false;
	for (struct stream *i = outlet->streams; i; i = i->next)
		on_input(i->events, i);
	for (struct stream *i = outlet->streams; i && !outlet->is_paused;
	     i = i->next)
		if (!i->patience)
			bufferevent_enable(i->events, EV_READ);
}
