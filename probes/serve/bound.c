#include "probes/serve/bound.h"

#include <errno.h>
#include <netinet/in.h>
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

int bound_open(const struct endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t length = endpoint_to_sockaddr(local, &address);
	bool is_tcp = local->transport == TRANSPORT_TCP;
	int type = is_tcp ? SOCK_STREAM : SOCK_DGRAM;
	int descriptor = socket(local->address.family,
				type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (descriptor < 0)
		return -errno;
	error = set_options(descriptor, local);
	if (error == 0 &&
	    bind(descriptor, (struct sockaddr *)&address, length) < 0)
		error = -errno;
	if (error == 0)
		return descriptor;
	close(descriptor);
	return error;
}

const char *bound_hint(int error)
{
	if (error == EACCES)
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	if (error == EADDRNOTAVAIL)
		return " (not an address of this host)";
	return "";
}
