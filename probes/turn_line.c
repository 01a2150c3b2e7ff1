#include "probes/turn_line.h"

#include "common/base/clock.h"
#include "common/wire/msturn_channel.h"
#include "probes/hello.h"
#include "probes/msturn_request.h"
#include "probes/turn_trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool fail(struct check *check, int error)
{
	check->error = error;
	return false;
}

static void ask_for_icmp(int descriptor, int family)
{
	int one = 1;

	if (family == AF_INET6)
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &one,
			   sizeof(one));
	else
		setsockopt(descriptor, IPPROTO_IP, IP_RECVERR, &one,
			   sizeof(one));
}

/* Bound by a look at the routes, so that our own address is known. */
static bool bind_as_routed(int descriptor, const struct endpoint *to)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	socklen_t own_size = sizeof(name);
	int route = socket(to->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct endpoint own = {0};
	bool ok =
		route >= 0 &&
		connect(route, (struct sockaddr *)&name, size) == 0 &&
		getsockname(route, (struct sockaddr *)&name, &own_size) == 0 &&
		endpoint_from_sockaddr(&own, (struct sockaddr *)&name);
	int error = errno;

	if (route >= 0)
		close(route);
	own.port = 0;
	size = endpoint_to_sockaddr(&own, &name);
	if (ok)
		return bind(descriptor, (struct sockaddr *)&name, size) == 0;
	errno = error;
	return false;
}

static bool begin_udp(struct turn_line *line, const struct endpoint *to)
{
	ask_for_icmp(line->descriptor, to->address.family);
	line->stage = LINE_READY;
	return bind_as_routed(line->descriptor, to);
}

static bool begin_tcp(struct turn_line *line, const struct endpoint *to)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	int one = 1;

	setsockopt(line->descriptor, IPPROTO_TCP, TCP_NODELAY, &one,
		   sizeof(one));
	line->stage = LINE_CONNECT;
	return connect(line->descriptor, (struct sockaddr *)&name, size) == 0 ||
	       errno == EINPROGRESS;
}

bool turn_line_open(struct check *check, struct turn_line *line,
		    const struct endpoint *to)
{
	bool ok;

	line->is_tcp = to->transport == TRANSPORT_TCP;
	line->length = line->taken = 0;
	line->descriptor = socket(to->address.family,
				  (line->is_tcp ? SOCK_STREAM : SOCK_DGRAM) |
					  SOCK_NONBLOCK | SOCK_CLOEXEC,
				  0);
	if (line->descriptor < 0)
		return fail(check, -errno);
	ok = line->is_tcp ? begin_tcp(line, to) : begin_udp(line, to);
	if (!ok)
		return fail(check, errno == ECONNREFUSED ? errno : -errno);
	return true;
}

void turn_line_close(struct turn_line *line)
{
	if (line->descriptor >= 0)
		close(line->descriptor);
	line->descriptor = -1;
}

bool turn_line_own(const struct turn_line *line, struct endpoint *own)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	return getsockname(line->descriptor, (struct sockaddr *)&name, &size) ==
		       0 &&
	       endpoint_from_sockaddr(own, (struct sockaddr *)&name);
}

/*
 * Sending
 */

static bool put(struct check *check, struct turn_line *line, const void *data,
		size_t length, const struct endpoint *to)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	ssize_t sent =
		line->is_tcp
			? send(line->descriptor, data, length, MSG_NOSIGNAL)
			: sendto(line->descriptor, data, length, MSG_NOSIGNAL,
				 (struct sockaddr *)&name, size);

	if (sent == (ssize_t)length)
		return true;
	/* half a frame would break the stream: then it is over */
	if (sent >= 0)
		return fail(check, ENOBUFS);
	if (errno == EAGAIN && !line->is_tcp)
		return true;
	/* an ICMP message about an earlier datagram is read as it comes */
	if (!line->is_tcp && (errno == ECONNREFUSED || errno == EHOSTUNREACH ||
			      errno == ENETUNREACH))
		return true;
	return fail(check, line->is_tcp ? errno : -errno);
}

bool turn_line_send(struct check *check, struct turn_line *line,
		    const uint8_t *frame, size_t length,
		    const struct endpoint *to)
{
	turn_trace('>', frame + MSTURN_FRAME_BYTES, length);
	if (line->is_tcp && !line->is_standard)
		return put(check, line, frame, MSTURN_FRAME_BYTES + length, to);
	return put(check, line, frame + MSTURN_FRAME_BYTES, length, to);
}

/* In the one channel that a standard client binds. */
static bool put_channel(struct check *check, struct turn_line *line,
			const void *data, size_t length,
			const struct endpoint *to)
{
	const struct msturn_text text = {data, length};
	uint8_t frame[MSTURN_CHANNEL_BYTES + MSTURN_MESSAGE_MAX];
	size_t size = msturn_channel_write(MSTURN_CHANNEL_FIRST, &text, frame,
					   sizeof(frame));

	return size ? put(check, line, frame, size, to)
		    : fail(check, -EMSGSIZE);
}

bool turn_line_send_data(struct check *check, struct turn_line *line,
			 const void *data, size_t length,
			 const struct endpoint *to)
{
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	struct writer writer = writer_of(frame, sizeof(frame));

	if (line->is_standard)
		return put_channel(check, line, data, length, to);
	if (!line->is_tcp)
		return put(check, line, data, length, to);
	writer_u8(&writer, MSTURN_FRAME_DATA);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)length);
	writer_put(&writer, data, length);
	if (writer.failed)
		return fail(check, -EMSGSIZE);
	return put(check, line, frame, writer.length, to);
}

static bool send_hello(struct check *check, struct turn_line *line)
{
	static const struct endpoint connected;
	uint8_t hello[PSEUDO_CLIENT_BYTES];

	hello_pseudo(hello);
	line->stage = LINE_HELLO;
	return put(check, line, hello, sizeof(hello), &connected);
}

enum line_event turn_line_connected(struct check *check, struct turn_line *line)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (line->stage != LINE_CONNECT)
		return LINE_NOTHING;
	if (getsockopt(line->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) <
	    0)
		error = -errno;
	if (error) {
		check->error = error;
		return LINE_ERROR;
	}
	if (line->is_standard) {
		line->stage = LINE_READY;
		return LINE_OPENED;
	}
	return send_hello(check, line) ? LINE_NOTHING : LINE_ERROR;
}

/*
 * Reading
 */

/* The data of a channel is handed out without its header. */
static enum line_event open_channel(const struct turn_line *line,
				    struct line_news *news)
{
	struct msturn_text data;
	uint16_t channel;

	if (!line->is_standard ||
	    !msturn_channel(news->data, news->length, &channel, &data))
		return LINE_MESSAGE;
	news->data = data.data;
	news->length = data.length;
	return LINE_DATA;
}

static enum line_event read_datagram(struct check *check,
				     struct turn_line *line,
				     struct line_news *news)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	struct icmp_report report;
	ssize_t length =
		recvfrom(line->descriptor, line->stream, sizeof(line->stream),
			 0, (struct sockaddr *)&name, &size);

	if (length < 0 && errno == EAGAIN)
		return LINE_NOTHING;
	if (length < 0) {
		check->error = dial_read_icmp(line->descriptor, &report)
				       ? report.error
				       : errno;
		return LINE_ERROR;
	}
	line->has_spoken = true;
	endpoint_from_sockaddr(&news->from, (struct sockaddr *)&name);
	news->data = line->stream;
	news->length = (size_t)length;
	return open_channel(line, news);
}

/* Once all that is whole is taken, so that small frames cost little. */
static void drop_taken(struct turn_line *line)
{
	line->length -= line->taken;
	memmove(line->stream, line->stream + line->taken, line->length);
	line->taken = 0;
}

static enum line_event take_hello(struct turn_line *line,
				  struct line_news *news)
{
	if (!pseudo_server_begins(news->data, news->length))
		return LINE_FOREIGN;
	if (news->length < PSEUDO_SERVER_BYTES)
		return LINE_NOTHING;
	line->taken += PSEUDO_SERVER_BYTES;
	line->stage = LINE_READY;
	return LINE_OPENED;
}

static enum line_event take_frame(struct turn_line *line,
				  struct line_news *news)
{
	uint16_t length = 0;
	uint8_t type = 0;
	int state = msturn_frame(news->data, news->length, &type, &length);

	if (state < 0)
		return LINE_FOREIGN;
	if (state == 0 || news->length - MSTURN_FRAME_BYTES < length)
		return LINE_NOTHING;
	news->data += MSTURN_FRAME_BYTES;
	news->length = length;
	line->taken += MSTURN_FRAME_BYTES + (size_t)length;
	return type == MSTURN_FRAME_CONTROL ? LINE_MESSAGE : LINE_DATA;
}

/* A message or the data of a channel: RFC 8489 6.2.2, RFC 8656 12. */
static enum line_event take_standard(struct turn_line *line,
				     struct line_news *news)
{
	size_t length = 0;
	int state = msturn_channel_frame(line->stream, line->length, &length);

	news->data = line->stream;
	news->length = line->length;
	if (state < 0)
		return LINE_FOREIGN;
	if (state == 0 || line->length < length)
		return LINE_NOTHING;
	news->length = length;
	line->taken = length;
	return open_channel(line, news);
}

static enum line_event take(struct turn_line *line, struct line_news *news)
{
	news->data = line->stream + line->taken;
	news->length = line->length - line->taken;
	if (!news->length || line->stage == LINE_CONNECT)
		return LINE_NOTHING;
	if (line->stage == LINE_HELLO)
		return take_hello(line, news);
	return line->is_standard ? take_standard(line, news)
				 : take_frame(line, news);
}

static enum line_event read_stream(struct check *check, struct turn_line *line,
				   struct line_news *news)
{
	enum line_event event = take(line, news);
	ssize_t size;

	if (event != LINE_NOTHING)
		return event;
	drop_taken(line);
	size = recv(line->descriptor, line->stream + line->length,
		    sizeof(line->stream) - line->length, 0);
	if (size < 0 && errno == EAGAIN)
		return LINE_NOTHING;
	if (size < 0) {
		check->error = errno;
		return LINE_ERROR;
	}
	if (size == 0)
		return LINE_CLOSED;
	line->has_spoken = true;
	line->length += (size_t)size;
	return take(line, news);
}

bool turn_line_holds(const struct turn_line *line)
{
	size_t left = line->length - line->taken;
	uint16_t length = 0;
	uint8_t type;
	int state = line->is_tcp && line->stage == LINE_READY && left
			    ? msturn_frame(line->stream + line->taken, left,
					   &type, &length)
			    : 0;

	return state < 0 ||
	       (state > 0 && left >= MSTURN_FRAME_BYTES + (size_t)length);
}

enum line_event turn_line_read(struct check *check, struct turn_line *line,
			       struct line_news *news)
{
	enum line_event event;

	*news = (struct line_news){0};
	event = line->is_tcp ? read_stream(check, line, news)
			     : read_datagram(check, line, news);
	if (event == LINE_MESSAGE)
		turn_trace('<', news->data, news->length);
	return event;
}
