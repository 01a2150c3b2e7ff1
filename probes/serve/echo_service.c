#include "probes/serve/echo_service.h"

#include "probes/relay_peer.h"

#include <event2/event.h>
#include <event2/listener.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE_S 30 /* after which a connection is closed */

/*
 * What is answered
 */

static struct echo_session *find_session(struct echo_memory *memory,
					 const uint8_t *id)
{
	struct echo_session *oldest = &memory->sessions[0];

	for (size_t i = 0; i < ECHO_SESSIONS_MAX; i++) {
		struct echo_session *one = &memory->sessions[i];

		if (one->used && memcmp(one->id, id, sizeof(one->id)) == 0)
			return one;
		if (one->used < oldest->used)
			oldest = one;
	}
	*oldest = (struct echo_session){0};
	memcpy(oldest->id, id, sizeof(oldest->id));
	return oldest;
}

/* A socket for both families shows IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2) */
static struct endpoint plain(const struct endpoint *from)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct endpoint endpoint = *from;

	if (from->address.family == AF_INET6 &&
	    memcmp(from->address.bytes, mapped, sizeof(mapped)) == 0) {
		endpoint.address = (struct address){.family = AF_INET};
		memcpy(endpoint.address.bytes,
		       from->address.bytes + sizeof(mapped), 4);
	}
	return endpoint;
}

/* Who sends again what he has seen pass by changes nothing of what is told. */
static void note_arrival(struct echo_session *session, uint32_t sequence,
			 const struct endpoint *from)
{
	uint8_t bit = (uint8_t)(1u << (sequence % 8));
	uint8_t *arrived;

	if (sequence < ECHO_SEQUENCES_MAX) {
		arrived = &session->arrived[sequence / 8];
		if (*arrived & bit)
			return;
		*arrived |= bit;
	}
	session->seen++;
	session->from = plain(from);
}

bool echo_answer(struct echo_memory *memory, const uint8_t key[ECHO_KEY_BYTES],
		 void *packet, size_t length, const struct endpoint *from)
{
	struct echo_packet question;
	struct echo_session *session;

	if (!echo_decode(&question, key, packet, length) ||
	    (question.kind != ECHO_ASK && question.kind != ECHO_QUERY))
		return false;
	session = find_session(memory, question.session);
	session->used = ++memory->turns;
	if (question.kind == ECHO_ASK) {
		note_arrival(session, question.sequence, from);
		question.kind = ECHO_REPLY;
	} else {
		question.kind = ECHO_STATUS;
		question.seen = session->seen;
		question.seen_from = session->from.address;
		question.seen_port = session->from.port;
	}
	echo_encode(&question, key, packet, length);
	return true;
}

/*
 * How it is served
 */

struct stream {
	struct echo_server *service;
	struct event *event;
	struct endpoint from;
	struct echo_stream incoming;
	bool is_known;	/* has the key */
	unsigned since; /* in connections, when it came */
};

struct echo_server {
	const uint8_t *key;
	struct echo_memory memory;
	struct event_base *base;
	struct event *datagrams, *signals[2];
	struct evconnlistener *listener;
	struct stream *streams[ECHO_STREAMS_MAX];
	unsigned turns; /* connections that came */
};

static void on_datagram(evutil_socket_t descriptor, short what, void *context)
{
	struct echo_server *service = context;
	uint8_t packet[2048];
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	struct endpoint from = {0};
	ssize_t length = recvfrom(descriptor, packet, sizeof(packet), 0,
				  (struct sockaddr *)&name, &size);

	(void)what;
	if (length <= 0)
		return;
	endpoint_from_sockaddr(&from, (struct sockaddr *)&name);
	if (echo_answer(&service->memory, service->key, packet, (size_t)length,
			&from))
		(void)!sendto(descriptor, packet, (size_t)length, MSG_NOSIGNAL,
			      (struct sockaddr *)&name, size);
}

static void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; i < ECHO_STREAMS_MAX; i++)
		if (stream->service->streams[i] == stream)
			stream->service->streams[i] = NULL;
	close(event_get_fd(stream->event));
	event_free(stream->event);
	free(stream);
}

/* What a peer that reads too slowly does not take is lost; false: a half. */
static bool say(int descriptor, const void *data, size_t length)
{
	ssize_t sent = send(descriptor, data, length, MSG_NOSIGNAL);

	return sent < 0 || sent == (ssize_t)length;
}

/* False when the stream is broken. */
static bool answer_stream(struct stream *stream, int descriptor)
{
	uint8_t packet[ECHO_PREFIX_BYTES + ECHO_BYTES_MAX];
	size_t size;

	while ((size = echo_stream_take(&stream->incoming,
					packet + ECHO_PREFIX_BYTES))) {
		if (!echo_answer(&stream->service->memory, stream->service->key,
				 packet + ECHO_PREFIX_BYTES, size,
				 &stream->from))
			continue;
		stream->is_known = true;
		packet[0] = (uint8_t)(size >> 8);
		packet[1] = (uint8_t)size;
		if (!say(descriptor, packet, ECHO_PREFIX_BYTES + size))
			return false;
	}
	return true;
}

static void on_stream(evutil_socket_t descriptor, short what, void *context)
{
	struct stream *stream = context;
	uint8_t data[ECHO_BYTES_MAX];
	ssize_t size = recv(descriptor, data, sizeof(data), 0);

	if (what & EV_TIMEOUT || size == 0 || (size < 0 && errno != EAGAIN)) {
		stream_free(stream);
		return;
	}
	if (size < 0)
		return;
	echo_stream_put(&stream->incoming, data, (size_t)size);
	if (!answer_stream(stream, descriptor))
		stream_free(stream);
}

/* Whether one gives way before another: first who has not shown the key. */
static bool goes_first(const struct stream *one, const struct stream *other)
{
	if (!one || !other)
		return !one;
	if (one->is_known != other->is_known)
		return other->is_known;
	return one->since < other->since;
}

/* A place for a new connection: free, or made free. */
static struct stream **find_place(struct echo_server *service)
{
	struct stream **place = &service->streams[0];

	for (size_t i = 1; i < ECHO_STREAMS_MAX; i++)
		if (goes_first(service->streams[i], *place))
			place = &service->streams[i];
	stream_free(*place);
	return place;
}

static void on_connection(struct evconnlistener *listener,
			  evutil_socket_t descriptor, struct sockaddr *name,
			  int size, void *context)
{
	static const struct timeval silence = {.tv_sec = SILENCE_S};
	struct echo_server *service = context;
	struct stream *stream = calloc(1, sizeof(*stream));

	(void)listener;
	(void)size;
	if (stream)
		stream->event =
			event_new(service->base, descriptor,
				  EV_READ | EV_PERSIST, on_stream, stream);
	if (!stream || !stream->event) {
		free(stream);
		close(descriptor);
		return;
	}
	stream->service = service;
	endpoint_from_sockaddr(&stream->from, name);
	stream->since = ++service->turns;
	*find_place(service) = stream;
	event_add(stream->event, &silence);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	event_base_loopbreak(context);
}

/* Both transports at one port, which may be any (0). */
static bool bind_both(struct echo_server *service, struct endpoint *at)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(at, &name);
	int udp = socket(at->address.family,
			 SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (udp < 0)
		return false;
	service->datagrams = event_new(service->base, udp, EV_READ | EV_PERSIST,
				       on_datagram, service);
	if (bind(udp, (struct sockaddr *)&name, size) < 0 ||
	    getsockname(udp, (struct sockaddr *)&name, &size) < 0 ||
	    !service->datagrams)
		return false;
	endpoint_from_sockaddr(at, (struct sockaddr *)&name);
	service->listener = evconnlistener_new_bind(
		service->base, on_connection, service,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
			LEV_OPT_REUSEABLE,
		8, (struct sockaddr *)&name, (int)size);
	return service->listener && event_add(service->datagrams, NULL) == 0;
}

static bool watch_signals(struct echo_server *service)
{
	static const int numbers[] = {SIGINT, SIGTERM};

	for (size_t i = 0; i < 2; i++) {
		service->signals[i] = evsignal_new(service->base, numbers[i],
						   on_signal, service->base);
		if (!service->signals[i] ||
		    event_add(service->signals[i], NULL) < 0)
			return false;
	}
	return true;
}

static void close_all(struct echo_server *service)
{
	for (size_t i = 0; i < ECHO_STREAMS_MAX; i++)
		stream_free(service->streams[i]);
	for (size_t i = 0; i < 2; i++)
		if (service->signals[i])
			event_free(service->signals[i]);
	if (service->listener)
		evconnlistener_free(service->listener);
	if (service->datagrams) {
		close(event_get_fd(service->datagrams));
		event_free(service->datagrams);
	}
	if (service->base)
		event_base_free(service->base);
	free(service);
}

bool echo_serve(const struct endpoint *at, const uint8_t key[ECHO_KEY_BYTES],
		void (*ready)(const struct endpoint *at), const char **why)
{
	struct echo_server *service = calloc(1, sizeof(*service));
	struct endpoint bound = *at;
	bool ok;

	*why = "out of memory";
	if (!service)
		return false;
	service->key = key;
	service->base = event_base_new();
	ok = service->base && watch_signals(service);
	if (ok && !bind_both(service, &bound)) {
		*why = strerror(errno);
		ok = false;
	}
	if (ok) {
		ready(&bound);
		event_base_dispatch(service->base);
	}
	close_all(service);
	return ok;
}
