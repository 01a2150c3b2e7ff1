/*
 * host.c - looks at the network of this very host: interfaces, addresses in
 * their order, routes, forwarding, and the source that packets to the
 * Internet have.
 *
 * All is asked of the kernel (rtnetlink(7)); no packet leaves the host, and no
 * right is needed for it.
 */
#include "probes/registry.h"

#include "common/model/host_seen.h"
#include "common/wire/host_netlink.h"
#include "probes/check.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAM_BYTES 65536 /* more than the kernel puts into one */

struct host_look {
	struct host host;
	unsigned question;
};

static enum want failed(struct check *check, const char *what)
{
	return check_finish(check, OUTCOME_LOCAL, "%s: %s", what,
			    strerror(errno));
}

static enum want ask(struct check *check)
{
	const struct host_look *look = check->state;
	uint8_t question[HOST_NETLINK_QUESTION_BYTES];
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	size_t length = host_netlink_ask(question, look->question);

	if (sendto(check->socket, question, length, 0,
		   (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return failed(check, "the kernel takes no question");
	return WANT_READ;
}

static enum want start(struct check *check)
{
	struct host_look *look = check->state;

	look->host = host_new(check->settings->arena);
	check_phase(check, "host");
	check->socket =
		socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       NETLINK_ROUTE);
	if (check->socket < 0)
		return failed(check, "no netlink socket");
	return ask(check);
}

/*
 * Where packets to the Internet would come from: what connect() chooses for a
 * datagram, which sends none. Both addresses are nobody's (RFC 7526, RFC
 * 9637), so that only the way out counts.
 */
static void find_source(struct host *host, int family, const char *far_away)
{
	int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct endpoint to = {.port = 9}, own = {0};
	struct sockaddr_storage sockaddr;
	socklen_t size;

	if (descriptor < 0)
		return;
	address_parse(far_away, &to.address);
	size = endpoint_to_sockaddr(&to, &sockaddr);
	if (connect(descriptor, (struct sockaddr *)&sockaddr, size) == 0) {
		size = sizeof(sockaddr);
		if (getsockname(descriptor, (struct sockaddr *)&sockaddr,
				&size) == 0 &&
		    endpoint_from_sockaddr(&own, (struct sockaddr *)&sockaddr))
			host->sources[family == AF_INET6] = own.address;
	}
	close(descriptor);
}

static enum want finish(struct check *check)
{
	struct host_look *look = check->state;
	char name[HOST_WORDS_MAX + 1] = "";

	if (gethostname(name, sizeof(name) - 1) == 0)
		look->host.name = arena_text(check->settings->arena, name);
	find_source(&look->host, AF_INET, "192.88.99.1");
	find_source(&look->host, AF_INET6, "3fff::1");
	host_rank_addresses(&look->host);
	host_seen_note(check->settings->arena, check->open, &look->host, false);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want read_answer(struct check *check)
{
	struct host_look *look = check->state;
	struct sockaddr_nl from = {0};
	socklen_t from_size = sizeof(from);
	static uint8_t datagram[DATAGRAM_BYTES];
	ssize_t size =
		recvfrom(check->socket, datagram, sizeof(datagram), MSG_TRUNC,
			 (struct sockaddr *)&from, &from_size);

	if (size < 0)
		return errno == EAGAIN || errno == EINTR
			       ? WANT_READ
			       : failed(check, "the kernel gives no answer");
	if (from.nl_pid != 0) /* some other process's */
		return WANT_READ;
	if ((size_t)size > sizeof(datagram))
		return check_finish(check, OUTCOME_LOCAL,
				    "an answer of the kernel is too long");
	switch (host_netlink_read(&look->host, look->question, datagram,
				  (size_t)size)) {
	case HOST_NETLINK_MORE:
		return WANT_READ;
	case HOST_NETLINK_BROKEN:
		return check_finish(check, OUTCOME_LOCAL,
				    "the kernel's answer is none");
	case HOST_NETLINK_DONE:
		break;
	}
	if (++look->question < HOST_NETLINK_QUESTIONS)
		return ask(check);
	return finish(check);
}

static enum want host_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return start(check);
	case CUE_DEADLINE:
		return check_finish(check, OUTCOME_LOCAL,
				    "the kernel does not answer");
	default:
		return read_answer(check);
	}
}

const struct probe host_probe = {
	.name = "host",
	.summary = "looks at the network of this very host",
	.facts = host_seen_facts,
	.state_size = sizeof(struct host_look),
	.step = host_step,
};
