#include "probes/serve/bound.h"

#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* IPv6 alone on IPv6, and a restart need not wait for old connections. */
static int set_options(int descriptor, const struct endpoint *local)
{
	const int on = 1;

	if (local->address.family == AF_INET6 &&
	    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) <
		    0)
		return -errno;
	if (local->transport == TRANSPORT_TCP &&
	    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) <
		    0)
		return -errno;
	return 0;
}

/* socket(2), made in a namespace that is then left again. */
static int socket_in(int netns, int family, int type)
{
	int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int descriptor = -1, error;

	if (ours < 0)
		return -errno;
	if (setns(netns, CLONE_NEWNET) == 0) {
		descriptor = socket(family, type, 0);
		error = errno;
		if (setns(ours, CLONE_NEWNET) < 0)
			die("cannot return to our network: %s",
			    strerror(errno));
		errno = error;
	}
	error = errno;
	close(ours);
	return descriptor < 0 ? -error : descriptor;
}

static int open_as(const struct endpoint *local, int netns, bool shares)
{
	struct sockaddr_storage address;
	socklen_t length = endpoint_to_sockaddr(local, &address);
	bool is_tcp = local->transport == TRANSPORT_TCP;
	int type = (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK |
		   SOCK_CLOEXEC;
	int descriptor =
		netns < 0 ? socket(local->address.family, type, 0)
			  : socket_in(netns, local->address.family, type);
	int error;

	if (descriptor < 0)
		return netns < 0 ? -errno : descriptor;
	error = set_options(descriptor, local);
	if (error == 0 && shares && !bound_may_share(descriptor))
		error = -errno;
	if (error == 0 &&
	    bind(descriptor, (struct sockaddr *)&address, length) < 0)
		error = -errno;
	if (error == 0)
		return descriptor;
	close(descriptor);
	return error;
}

int bound_open(const struct endpoint *local, int netns)
{
	return open_as(local, netns, false);
}

bool bound_may_share(int descriptor)
{
	const int on = 1;

	return setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on,
			  sizeof(on)) == 0;
}

int bound_share(const struct endpoint *local, int netns)
{
	return open_as(local, netns, true);
}

const char *bound_hint(int error)
{
	if (error == EACCES)
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	if (error == EADDRNOTAVAIL)
		return " (not an address of this host)";
	return "";
}
