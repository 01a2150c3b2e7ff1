#include "probes/dial.h"

#include "common/base/clock.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Errors that our machine gave at once, before any packet, are kept as
 * negative numbers: only they tell a missing route from an ICMP message.
 */
static bool fail(struct check *check, int error)
{
	check->error = error;
	return false;
}

static bool fail_here(struct check *check)
{
	return fail(check, -errno);
}

void dial_note_source(struct check *check, int descriptor)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof(own);
	struct endpoint endpoint = {0};
	char text[ADDRESS_TEXT_BYTES];

	if (getsockname(descriptor, (struct sockaddr *)&own, &size) < 0 ||
	    !endpoint_from_sockaddr(&endpoint, (struct sockaddr *)&own))
		return;
	address_format(text, &endpoint.address);
	check->source = arena_text(check->settings->arena, text);
}

/* Where a check has to speak from an address of ours. */
static bool bind_source(struct check *check, int descriptor)
{
	const struct endpoint from = {.address = check->spec->from};
	char text[ADDRESS_TEXT_BYTES];
	struct sockaddr_storage own;
	socklen_t size;
	int one = 1;

	if (!from.address.family)
		return true;
	check->source = arena_text(check->settings->arena,
				   address_format(text, &from.address));
	/* the port is chosen by connect(), which knows the destination */
	setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		   sizeof(one));
	size = endpoint_to_sockaddr(&from, &own);
	return bind(descriptor, (struct sockaddr *)&own, size) == 0;
}

/* -1 with errno; bound where the check says so. */
static int open_socket(struct check *check, int type)
{
	int descriptor = socket(check->spec->endpoint.address.family,
				type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (descriptor < 0 || bind_source(check, descriptor))
		return descriptor;
	error = errno;
	close(descriptor);
	errno = error;
	return -1;
}

static int start_connect(struct check *check, int descriptor)
{
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(&check->spec->endpoint, &to);

	return connect(descriptor, (struct sockaddr *)&to, size);
}

bool dial_tcp(struct check *check)
{
	int one = 1;

	check_phase(check, "connect");
	check->socket = open_socket(check, SOCK_STREAM);
	if (check->socket < 0)
		return fail_here(check);
	setsockopt(check->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (start_connect(check, check->socket) == 0 || errno == EINPROGRESS)
		return true;
	/* a listener of our own machine may refuse at once */
	return errno == ECONNREFUSED ? fail(check, errno) : fail_here(check);
}

void acknowledge_at_once(int descriptor)
{
	int one = 1;

	setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

void hang_up(struct check *check)
{
	if (check->socket >= 0)
		close(check->socket);
	check->socket = -1;
}

bool dial_done(struct check *check)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(check->socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return fail_here(check);
	if (error)
		return fail(check, error);
	observe_number(check, "tcp.rtt_us", clock_now_us() - check->phase_us);
	dial_note_source(check, check->socket);
	return true;
}

struct endpoint dial_own(const struct check *check)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof(own);
	struct endpoint endpoint = {.address.family = AF_INET};

	if (getsockname(check->socket, (struct sockaddr *)&own, &size) == 0)
		endpoint_from_sockaddr(&endpoint, (struct sockaddr *)&own);
	return endpoint;
}

/* Which source the routes choose; no packet is sent by this. */
static bool find_route(struct check *check)
{
	int descriptor = open_socket(check, SOCK_DGRAM);
	bool ok = descriptor >= 0 && start_connect(check, descriptor) == 0;

	if (ok)
		dial_note_source(check, descriptor);
	else
		fail_here(check);
	if (descriptor >= 0)
		close(descriptor);
	return ok;
}

static void ask_for_details(int descriptor, int family)
{
	int one = 1;

	if (family == AF_INET6) {
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &one,
			   sizeof(one));
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one,
			   sizeof(one));
	} else {
		setsockopt(descriptor, IPPROTO_IP, IP_RECVERR, &one,
			   sizeof(one));
		setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &one,
			   sizeof(one));
	}
}

bool dial_udp(struct check *check)
{
	if (!find_route(check))
		return false;
	check->socket = open_socket(check, SOCK_DGRAM);
	if (check->socket < 0)
		return fail_here(check);
	ask_for_details(check->socket, check->spec->endpoint.address.family);
	return true;
}

struct arrival {
	struct sockaddr_storage from;
	_Alignas(struct cmsghdr) char control[512];
	struct iovec vector;
	struct msghdr header;
};

static ssize_t receive_message(int descriptor, struct arrival *arrival,
			       void *buffer, size_t capacity, int flags)
{
	memset(arrival, 0, sizeof(*arrival));
	arrival->vector.iov_base = buffer;
	arrival->vector.iov_len = capacity;
	arrival->header.msg_name = &arrival->from;
	arrival->header.msg_namelen = sizeof(arrival->from);
	arrival->header.msg_iov = &arrival->vector;
	arrival->header.msg_iovlen = 1;
	arrival->header.msg_control = arrival->control;
	arrival->header.msg_controllen = sizeof(arrival->control);
	return recvmsg(descriptor, &arrival->header, flags);
}

static const struct sock_extended_err *find_error(struct arrival *arrival)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(&arrival->header);

	for (; part; part = CMSG_NXTHDR(&arrival->header, part)) {
		if ((part->cmsg_level == IPPROTO_IP &&
		     part->cmsg_type == IP_RECVERR) ||
		    (part->cmsg_level == IPPROTO_IPV6 &&
		     part->cmsg_type == IPV6_RECVERR))
			return (const void *)CMSG_DATA(part);
	}
	return NULL;
}

static bool is_icmp(const struct sock_extended_err *error)
{
	return error->ee_origin == SO_EE_ORIGIN_ICMP ||
	       error->ee_origin == SO_EE_ORIGIN_ICMP6;
}

bool dial_read_icmp(int descriptor, struct icmp_report *report)
{
	struct arrival arrival;
	struct endpoint sender = {0};
	const struct sock_extended_err *error;
	char packet[64];

	if (receive_message(descriptor, &arrival, packet, sizeof(packet),
			    MSG_ERRQUEUE) < 0)
		return false;
	error = find_error(&arrival);
	if (!error || !is_icmp(error))
		return false;
	endpoint_from_sockaddr(&sender, SO_EE_OFFENDER(error));
	*report = (struct icmp_report){
		.type = error->ee_type,
		.code = error->ee_code,
		.is_ipv6 = error->ee_origin == SO_EE_ORIGIN_ICMP6,
		.error = (int)error->ee_errno,
		.from = sender.address,
	};
	return true;
}

/* Notes the ICMP message that stands in the error queue, if one does. */
static bool read_icmp(struct check *check)
{
	struct icmp_report report;
	char text[ADDRESS_TEXT_BYTES];

	if (!dial_read_icmp(check->socket, &report))
		return false;
	observe_number(check, "icmp.type", report.type);
	observe_number(check, "icmp.code", report.code);
	if (report.from.family)
		observe_text(check, "icmp.from",
			     address_format(text, &report.from));
	fail(check, report.error);
	return true;
}

bool dial_send(struct check *check, const void *datagram, size_t length)
{
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(&check->spec->endpoint, &to);
	int error;

	if (sendto(check->socket, datagram, length, MSG_NOSIGNAL,
		   (struct sockaddr *)&to, size) >= 0)
		return true;
	error = errno;
	/* an ICMP message about an earlier datagram is reported here too */
	if (!read_icmp(check))
		fail(check, -error);
	return false;
}

/* The address of ours that the datagram was sent to. */
static void note_own_address(struct check *check, struct arrival *arrival)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(&arrival->header);
	struct address own = {0};
	char text[ADDRESS_TEXT_BYTES];

	for (; part; part = CMSG_NXTHDR(&arrival->header, part)) {
		if (part->cmsg_level == IPPROTO_IP &&
		    part->cmsg_type == IP_PKTINFO) {
			const struct in_pktinfo *info =
				(const void *)CMSG_DATA(part);

			own.family = AF_INET;
			memcpy(own.bytes, &info->ipi_addr, 4);
		} else if (part->cmsg_level == IPPROTO_IPV6 &&
			   part->cmsg_type == IPV6_PKTINFO) {
			const struct in6_pktinfo *info =
				(const void *)CMSG_DATA(part);

			own.family = AF_INET6;
			memcpy(own.bytes, &info->ipi6_addr, 16);
		}
	}
	if (own.family)
		check->open->source = arena_text(check->settings->arena,
						 address_format(text, &own));
}

ssize_t receive_from(struct check *check, void *buffer, size_t capacity,
		     struct endpoint *from)
{
	struct arrival arrival;
	ssize_t size =
		receive_message(check->socket, &arrival, buffer, capacity, 0);
	int error = errno;

	*from = (struct endpoint){.transport = TRANSPORT_UDP};
	if (size < 0) {
		if (!read_icmp(check))
			fail(check, error);
		return -1;
	}
	endpoint_from_sockaddr(from, (struct sockaddr *)&arrival.from);
	note_own_address(check, &arrival);
	return size;
}

ssize_t receive(struct check *check, void *buffer, size_t capacity)
{
	ssize_t size = recv(check->socket, buffer, capacity, 0);

	if (size < 0)
		fail(check, errno);
	return size;
}

/* What the far side or the network can make of a packet of ours. */
static const struct cause {
	int error;
	enum outcome outcome;
	const char *detail;
} causes[] = {
	{ECONNREFUSED, OUTCOME_REFUSED, "refused: nothing listens there"},
	{ECONNRESET, OUTCOME_RESET, "the peer reset the connection"},
	{EPIPE, OUTCOME_RESET, "the peer reset the connection"},
	{ETIMEDOUT, OUTCOME_NO_REPLY, "no reply"},
	{EHOSTUNREACH, OUTCOME_UNREACHABLE,
	 "a router said: host unreachable, or prohibited"},
	{EHOSTDOWN, OUTCOME_UNREACHABLE, "a router said: host down"},
	{ENETUNREACH, OUTCOME_UNREACHABLE, "a router said: no such network"},
	{ENONET, OUTCOME_UNREACHABLE, "a router said: host isolated"},
	{ENOPROTOOPT, OUTCOME_UNREACHABLE, "the host said: protocol unknown"},
	{EACCES, OUTCOME_UNREACHABLE, "a router said: forbidden"},
	{EPROTO, OUTCOME_UNREACHABLE, "a router could not pass it on"},
	{EMSGSIZE, OUTCOME_UNREACHABLE, "a router said: packet too big"},
};

static const char *describe_own(struct check *check, int error)
{
	struct arena *arena = check->settings->arena;
	char text[ADDRESS_TEXT_BYTES];

	if (error == EADDRNOTAVAIL && check->spec->from.family)
		return arena_format(arena, "%s is no address of this host",
				    address_format(text, &check->spec->from));
	address_format(text, &check->spec->endpoint.address);
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return arena_format(arena, "no route to %s from this host",
				    text);
	case EAFNOSUPPORT:
		return arena_format(arena, "no %s on this host",
				    strchr(text, ':') ? "IPv6" : "IPv4");
	default:
		return arena_text(arena, strerror(error));
	}
}

bool error_outcome(int error, enum outcome *outcome, const char **detail)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].error != error)
			continue;
		*detail = causes[i].detail;
		*outcome = causes[i].outcome;
		return true;
	}
	return false;
}

enum outcome socket_outcome(struct check *check, const char **detail)
{
	int error = check->error;
	enum outcome outcome;

	if (error_outcome(error, &outcome, detail))
		return outcome;
	*detail = describe_own(check, error < 0 ? -error : error);
	return OUTCOME_LOCAL;
}

enum want socket_failed(struct check *check)
{
	const char *detail;
	enum outcome outcome;

	if (check->error == EAGAIN || check->error == EINTR ||
	    check->error == -EAGAIN)
		return WANT_ANSWER;
	outcome = socket_outcome(check, &detail);
	return check_finish(check, outcome, "%s", detail);
}
