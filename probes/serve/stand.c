#include "probes/serve/stand.h"

#include "common/base/log.h"
#include "probes/serve/bound.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG		64
#define ACCEPT_PAUSE_US 200000

/* TCP */

static void on_guest(struct evconnlistener *tcp, evutil_socket_t descriptor,
		     struct sockaddr *from, int length, void *context)
{
	struct stand *stand = context;
	int one = 1;

	(void)tcp;
	(void)length;
	/* an answer does not wait for what came before it to be acknowledged */
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	guest_welcome(&stand->reception, descriptor, from);
}

/* Out of descriptors: rest a little instead of spinning. */
static void on_accept_error(struct evconnlistener *tcp, void *context)
{
	const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_US};
	struct stand *stand = context;

	evconnlistener_disable(tcp);
	evtimer_add(stand->resume, &pause);
}

static void on_resume(evutil_socket_t descriptor, short what, void *context)
{
	struct stand *stand = context;

	(void)descriptor;
	(void)what;
	evconnlistener_enable(stand->tcp);
}

/* Why it cannot be opened: an errno, 0 for none; *what is the call. */

static int listen_tcp(struct stand *stand, int descriptor, const char **what)
{
	struct event_base *base = stand->reception.hall->base;

	if (listen(descriptor, BACKLOG) < 0) {
		int error = errno; /* two may bind, one listen */

		*what = "listen";
		close(descriptor);
		return error;
	}
	stand->resume = evtimer_new(base, on_resume, stand);
	stand->tcp = evconnlistener_new(
		base, on_guest, stand,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, descriptor);
	if (!stand->tcp || !stand->resume)
		die("out of memory");
	evconnlistener_set_error_cb(stand->tcp, on_accept_error);
	return 0;
}

/*
 * Another address of the node, or else another port: what a load balancer or
 * a NAT makes of the source of an answer.
 */
static int open_elsewhere(struct stand *stand)
{
	const struct node *node = stand->node;
	struct endpoint other = stand->local;

	for (size_t i = 0; i < node->address_count[SERVICE_ACCESS]; i++)
		if (node->addresses[SERVICE_ACCESS][i].local.family ==
		    other.address.family)
			other.address =
				node->addresses[SERVICE_ACCESS][i].local;
	if (address_equal(&other.address, &stand->local.address))
		other.port = 0;
	stand->datagrams.elsewhere = bound_open(&other, stand->netns);
	return stand->datagrams.elsewhere < 0 ? -stand->datagrams.elsewhere : 0;
}

static int listen_udp(struct stand *stand, int descriptor)
{
	struct datagrams *datagrams = &stand->datagrams;

	datagrams->descriptor = descriptor;
	if (quirks_have(stand->quirks, QUIRK_REPLY_ELSEWHERE)) {
		int error = open_elsewhere(stand);

		if (error)
			return error;
	}
	datagrams->site = stand->reception.site;
	datagrams->relay = &stand->reception.relay;
	datagrams_serve(datagrams);
	return 0;
}

static int open_socket(struct stand *stand, const char **what)
{
	int descriptor = bound_open(&stand->local, stand->netns);

	*what = "bind";
	if (descriptor < 0)
		return -descriptor;
	return stand->local.transport == TRANSPORT_TCP
		       ? listen_tcp(stand, descriptor, what)
		       : listen_udp(stand, descriptor);
}

bool stand_open(struct stand *stand, struct arena *arena, const char **why)
{
	char text[ENDPOINT_TEXT_BYTES];
	const char *what;
	int error = open_socket(stand, &what);

	if (!error)
		return true;
	*why = arena_format(
		arena, "%s: %s: %s %s/%s: %s%s", stand->node->name, stand->key,
		what,
		endpoint_format(text, &stand->local.address, stand->local.port),
		transport_name(stand->local.transport), strerror(error),
		bound_hint(error));
	return false;
}

void stands_init(struct stands *stands)
{
	stands->first = NULL;
	stands->last = &stands->first;
}

struct stand *stands_add(struct stands *stands, struct arena *arena,
			 const struct stand *like)
{
	struct stand *stand = arena_copy(arena, like, sizeof(*like));

	stand->next = NULL;
	stand->tcp = NULL;
	stand->resume = NULL;
	datagrams_init(&stand->datagrams);
	*stands->last = stand;
	stands->last = &stand->next;
	return stand;
}

void stands_close(struct stands *stands)
{
	for (struct stand *stand = stands->first; stand; stand = stand->next) {
		if (stand->tcp)
			evconnlistener_free(stand->tcp);
		if (stand->resume)
			event_free(stand->resume);
		datagrams_close(&stand->datagrams);
		SSL_CTX_free(stand->reception.tls);
	}
}
