#include "probes/fan.h"

#include "common/base/clock.h"
#include "probes/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

bool fan_open(struct check *check)
{
	check->socket = epoll_create1(EPOLL_CLOEXEC);
	if (check->socket < 0)
		check->error = -errno;
	return check->socket >= 0;
}

static bool control(struct check *check, int operation, int descriptor,
		    unsigned index, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = index};

	return epoll_ctl(check->socket, operation, descriptor, &event) == 0;
}

bool fan_add_writer(struct check *check, int descriptor, unsigned index)
{
	return control(check, EPOLL_CTL_ADD, descriptor, index, EPOLLOUT);
}

bool fan_add_reader(struct check *check, int descriptor, unsigned index)
{
	return control(check, EPOLL_CTL_ADD, descriptor, index, EPOLLIN);
}

void fan_expect_answer(struct check *check, int descriptor, unsigned index)
{
	control(check, EPOLL_CTL_MOD, descriptor, index, EPOLLIN);
}

int fan_connected(struct check *check, int descriptor, unsigned index)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = -errno;
	if (error)
		return error;
	if (!observation_fact(check->open, "tcp.rtt_us")) {
		dial_note_source(check, descriptor);
		observe_number(check, "tcp.rtt_us",
			       clock_now_us() - check->phase_us);
	}
	fan_expect_answer(check, descriptor, index);
	return 0;
}

unsigned fan_ready(struct check *check, unsigned ready[FAN_READY_MAX])
{
	struct epoll_event events[FAN_READY_MAX];
	int count = epoll_wait(check->socket, events, FAN_READY_MAX, 0);

	for (int i = 0; i < count; i++)
		ready[i] = events[i].data.u32;
	return count > 0 ? (unsigned)count : 0;
}

bool fan_limit_hops(int descriptor, int family, int hops)
{
	int level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int limit = family == AF_INET6 ? IPV6_UNICAST_HOPS : IP_TTL;
	int queue = family == AF_INET6 ? IPV6_RECVERR : IP_RECVERR;
	int one = 1;

	return setsockopt(descriptor, level, queue, &one, sizeof(one)) == 0 &&
	       setsockopt(descriptor, level, limit, &hops, sizeof(hops)) == 0;
}

int fan_connect(const struct endpoint *to, int hops, int *error)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	int family = to->address.family;
	int descriptor =
		socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor >= 0 &&
	    (!hops || fan_limit_hops(descriptor, family, hops)) &&
	    (connect(descriptor, (struct sockaddr *)&name, size) == 0 ||
	     errno == EINPROGRESS))
		return descriptor;
	*error = errno == ECONNREFUSED ? errno : -errno;
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}
