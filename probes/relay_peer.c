#include "probes/relay_peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 16
#define AT_ONCE 64 /* before others have their turn */

void echo_stream_put(struct echo_stream *stream, const void *data,
		     size_t length)
{
	if (length > sizeof(stream->data) - stream->length) {
		stream->length = 0;
		return;
	}
	memcpy(stream->data + stream->length, data, length);
	stream->length += length;
}

size_t echo_stream_take(struct echo_stream *stream,
			uint8_t buffer[ECHO_BYTES_MAX])
{
	size_t size = (size_t)stream->data[0] << 8 | stream->data[1];

	if (stream->length < ECHO_PREFIX_BYTES)
		return 0;
	if (size < ECHO_BYTES || size > ECHO_BYTES_MAX) {
		stream->length = 0; /* nothing of ours */
		return 0;
	}
	if (stream->length < ECHO_PREFIX_BYTES + size)
		return 0;
	memcpy(buffer, stream->data + ECHO_PREFIX_BYTES, size);
	stream->length -= ECHO_PREFIX_BYTES + size;
	memmove(stream->data, stream->data + ECHO_PREFIX_BYTES + size,
		stream->length);
	return size;
}

static int open_socket(struct check *check, const struct endpoint *at, int type)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(at, &name);
	int descriptor = socket(at->address.family,
				type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor >= 0 &&
	    bind(descriptor, (struct sockaddr *)&name, size) == 0 &&
	    (type == SOCK_DGRAM || listen(descriptor, BACKLOG) == 0))
		return descriptor;
	check->error = -errno;
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

static bool read_own(int descriptor, struct endpoint *own)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	return getsockname(descriptor, (struct sockaddr *)&name, &size) == 0 &&
	       endpoint_from_sockaddr(own, (struct sockaddr *)&name);
}

bool relay_peer_open(struct check *check, struct relay_peer *peer,
		     const struct endpoint *own)
{
	struct endpoint at = *own;

	at.port = 0;
	peer->connection = -1;
	peer->address.transport = peer->is_tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
	peer->descriptor = open_socket(check, &at,
				       peer->is_tcp ? SOCK_STREAM : SOCK_DGRAM);
	return peer->descriptor >= 0 &&
	       read_own(peer->descriptor, &peer->address);
}

bool relay_peer_reach(struct check *check, struct relay_peer *peer,
		      const struct endpoint *echo)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(echo, &name);

	peer->is_echo = true;
	peer->connection = -1;
	peer->address = *echo;
	peer->descriptor = socket(echo->address.family,
				  SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (peer->descriptor >= 0 &&
	    connect(peer->descriptor, (struct sockaddr *)&name, size) == 0)
		return true;
	check->error = -errno;
	return false;
}

/* What cannot be sent is lost, as any packet may be. */
void relay_peer_send(const struct relay_peer *peer, const void *data,
		     size_t length, const struct endpoint *to)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	uint8_t prefix[] = {(uint8_t)(length >> 8), (uint8_t)length};

	if (peer->is_echo) {
		(void)!send(peer->descriptor, data, length, MSG_NOSIGNAL);
	} else if (!peer->is_tcp) {
		(void)!sendto(peer->descriptor, data, length, MSG_NOSIGNAL,
			      (struct sockaddr *)&name, size);
	} else if (peer->connection >= 0) {
		(void)!send(peer->connection, prefix, sizeof(prefix),
			    MSG_NOSIGNAL | MSG_MORE);
		(void)!send(peer->connection, data, length, MSG_NOSIGNAL);
	}
}

int relay_peer_accept(struct relay_peer *peer)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int connection = accept4(peer->descriptor, (struct sockaddr *)&name,
				 &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (connection < 0)
		return -1;
	if (peer->connection >= 0 && peer->is_known) {
		close(connection); /* one relay, one connection */
		return -1;
	}
	if (peer->connection >= 0)
		close(peer->connection);
	peer->is_known = false;
	peer->stream.length = 0;
	endpoint_from_sockaddr(&peer->from, (struct sockaddr *)&name);
	peer->connection = connection;
	return connection;
}

static void work_datagrams(struct relay_peer *peer, struct relay_path *path,
			   bool *has_status)
{
	uint8_t buffer[2048];
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	struct endpoint from = {0};
	for (unsigned i = 0; i < AT_ONCE; i++) {
		ssize_t length =
			recvfrom(peer->descriptor, buffer, sizeof(buffer), 0,
				 (struct sockaddr *)&name, &size);

		if (length < 0)
			break;
		endpoint_from_sockaddr(&from, (struct sockaddr *)&name);
		if (peer->is_echo)
			*has_status |=
				relay_path_status(path, buffer, (size_t)length);
		else if (relay_path_answer(path, buffer, (size_t)length, &from))
			relay_peer_send(peer, buffer, (size_t)length, &from);
		size = sizeof(name);
	}
}

static void answer_stream(struct relay_peer *peer, struct relay_path *path)
{
	uint8_t packet[ECHO_BYTES_MAX];
	size_t size;

	while ((size = echo_stream_take(&peer->stream, packet))) {
		if (!relay_path_answer(path, packet, size, &peer->from))
			continue;
		peer->is_known = true;
		relay_peer_send(peer, packet, size, &peer->from);
	}
}

static void work_stream(struct relay_peer *peer, struct relay_path *path)
{
	uint8_t buffer[ECHO_BYTES_MAX];

	for (unsigned i = 0; i < AT_ONCE; i++) {
		ssize_t length =
			recv(peer->connection, buffer, sizeof(buffer), 0);

		if (length < 0 && errno == EAGAIN)
			return;
		if (length <= 0) {
			close(peer->connection);
			peer->connection = -1;
			return;
		}
		echo_stream_put(&peer->stream, buffer, (size_t)length);
		answer_stream(peer, path);
	}
}

void relay_peer_work(struct relay_peer *peer, struct relay_path *path,
		     bool *has_status)
{
	if (!peer->is_tcp || peer->is_echo)
		work_datagrams(peer, path, has_status);
	else if (peer->connection >= 0)
		work_stream(peer, path);
}

void relay_peer_close(struct relay_peer *peer)
{
	if (peer->descriptor >= 0)
		close(peer->descriptor);
	if (peer->connection >= 0)
		close(peer->connection);
	peer->descriptor = peer->connection = -1;
}
