#include "probes/resolver.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <ares.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EDNS_BYTES     1232 /* fits every path without fragments */
#define TRIES	       2    /* requests to one resolver */
#define TRY_SHARES     3    /* the first waits one share, the second two */
#define LOOKUP_SOCKETS 2    /* UDP, then TCP */
#define DNS_PORT       53

struct resolver {
	struct event_base *base;
	struct arena *arena;
	struct endpoint servers[RESOLVERS_MAX];
	size_t count;
	size_t preferred; /* the last that answered when another did not */
	int64_t timeout_us;
};

/* A channel an attempt: what happens on it belongs to that attempt alone. */
struct lookup {
	struct resolver *resolver;
	const struct endpoint *only; /* the one server to ask; NULL: all */
	const char *name;
	uint16_t type;
	void (*done)(void *context);
	void *context;

	ares_channel channel;
	struct event *sockets[LOOKUP_SOCKETS];
	struct event *timer;
	size_t first; /* resolver; others may change what is preferred */
	size_t asked; /* resolvers so far, this one included */
	struct address source;
	int error;	/* errno of the last socket call that failed */
	bool has_ended; /* c-ares is through with this attempt */
	bool over_tcp;	/* this attempt needed TCP */
	int status;	/* ARES_... */
	uint8_t *bytes; /* the reply; from the arena */
	size_t length;
	bool was_silent; /* some resolver did not answer in time */
	struct lookup_answer answer;
};

static const struct endpoint *lookup_server(const struct lookup *lookup)
{
	const struct resolver *resolver = lookup->resolver;
	size_t index = lookup->first + lookup->asked - 1;

	if (lookup->only)
		return lookup->only;
	return &resolver->servers[index % resolver->count];
}

/*
 * The socket calls of c-ares go through these: it reports an unreachable
 * resolver, a missing route and a refusal with one and the same status.
 */
static ares_socket_t open_socket(int family, int type, int protocol,
				 void *context)
{
	struct lookup *lookup = context;
	int descriptor =
		socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (descriptor < 0)
		lookup->error = -errno;
	if (type == SOCK_STREAM)
		lookup->over_tcp = true;
	return descriptor;
}

static int close_socket(ares_socket_t descriptor, void *context)
{
	(void)context;
	return close(descriptor);
}

static void note_source(struct lookup *lookup, int descriptor)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof(own);
	struct endpoint endpoint = {0};

	if (getsockname(descriptor, (struct sockaddr *)&own, &size) == 0 &&
	    endpoint_from_sockaddr(&endpoint, (struct sockaddr *)&own))
		lookup->source = endpoint.address;
}

static int connect_socket(ares_socket_t descriptor, const struct sockaddr *to,
			  ares_socklen_t length, void *context)
{
	struct lookup *lookup = context;
	int result = connect(descriptor, to, length);

	if (result < 0 && errno != EINPROGRESS)
		lookup->error = errno == ECONNREFUSED ? errno : -errno;
	else
		note_source(lookup, descriptor);
	return result;
}

static ares_ssize_t receive_socket(ares_socket_t descriptor, void *buffer,
				   size_t capacity, int flags,
				   struct sockaddr *from,
				   ares_socklen_t *length, void *context)
{
	struct lookup *lookup = context;
	ssize_t size =
		recvfrom(descriptor, buffer, capacity, flags, from, length);

	if (size < 0 && errno != EAGAIN)
		lookup->error = errno;
	return size;
}

static ares_ssize_t send_socket(ares_socket_t descriptor,
				const struct iovec *parts, int count,
				void *context)
{
	struct lookup *lookup = context;
	struct msghdr message = {.msg_iov = (struct iovec *)parts,
				 .msg_iovlen = (size_t)count};
	ssize_t size = sendmsg(descriptor, &message, MSG_NOSIGNAL);

	if (size < 0 && errno != EAGAIN)
		lookup->error = errno;
	return size;
}

static const struct ares_socket_functions socket_functions = {
	open_socket, close_socket, connect_socket, receive_socket, send_socket,
};

static void answered(void *context, int status, int timeouts,
		     unsigned char *bytes, int length)
{
	struct lookup *lookup = context;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	lookup->has_ended = true;
	lookup->status = status;
	lookup->length = 0;
	if (!bytes || length <= 0)
		return;
	lookup->length = (size_t)length;
	lookup->bytes =
		arena_copy(lookup->resolver->arena, bytes, lookup->length);
}

static void unwatch(struct lookup *lookup)
{
	for (size_t i = 0; i < LOOKUP_SOCKETS; i++) {
		if (lookup->sockets[i])
			event_free(lookup->sockets[i]);
		lookup->sockets[i] = NULL;
	}
	if (lookup->timer)
		event_free(lookup->timer);
	lookup->timer = NULL;
}

static void close_channel(struct lookup *lookup)
{
	unwatch(lookup);
	if (lookup->channel)
		ares_destroy(lookup->channel);
	lookup->channel = NULL;
}

static void go_on(struct lookup *lookup);

/* Events are gone while c-ares works: it may close the descriptors. */
static void socket_event(evutil_socket_t descriptor, short what, void *context)
{
	struct lookup *lookup = context;

	unwatch(lookup);
	ares_process_fd(lookup->channel,
			what & EV_READ ? descriptor : ARES_SOCKET_BAD,
			what & EV_WRITE ? descriptor : ARES_SOCKET_BAD);
	go_on(lookup);
}

static void timer_event(evutil_socket_t descriptor, short what, void *context)
{
	struct lookup *lookup = context;

	(void)descriptor;
	(void)what;
	unwatch(lookup);
	ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	go_on(lookup);
}

static struct event *watch_one(struct lookup *lookup, int descriptor,
			       short flags, event_callback_fn callback,
			       const struct timeval *delay)
{
	struct event *event = event_new(lookup->resolver->base, descriptor,
					flags, callback, lookup);

	if (!event || event_add(event, delay) < 0)
		die("cannot wait for events");
	return event;
}

static void watch(struct lookup *lookup)
{
	ares_socket_t descriptors[ARES_GETSOCK_MAXNUM];
	int bits =
		ares_getsock(lookup->channel, descriptors, ARES_GETSOCK_MAXNUM);
	struct timeval most = {.tv_sec = 3600}, delay;

	for (int i = 0; i < LOOKUP_SOCKETS; i++) {
		short flags = 0;

		if (ARES_GETSOCK_READABLE(bits, i))
			flags |= EV_READ;
		if (ARES_GETSOCK_WRITABLE(bits, i))
			flags |= EV_WRITE;
		if (flags)
			lookup->sockets[i] =
				watch_one(lookup, descriptors[i], flags,
					  socket_event, NULL);
	}
	ares_timeout(lookup->channel, &most, &delay);
	lookup->timer = watch_one(lookup, -1, 0, timer_event, &delay);
}

static bool open_channel(struct lookup *lookup)
{
	const struct endpoint *server = lookup_server(lookup);
	int64_t share_us = lookup->resolver->timeout_us / TRY_SHARES;
	char lookups[] = "b"; /* no hosts file */
	/* with all of this said, c-ares reads no file of the system's */
	struct ares_options options = {
		.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
			 ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
		.timeout = (int)(share_us / 1000) + 1,
		.tries = TRIES,
		.ednspsz = EDNS_BYTES,
		.lookups = lookups,
		.ndots = 1,
		.nservers = 0,
		.ndomains = 0,
		.nsort = 0,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS | ARES_OPT_NDOTS |
		   ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST;
	struct ares_addr_port_node node = {
		.family = server->address.family,
		.udp_port = server->port,
		.tcp_port = server->port,
	};

	memcpy(&node.addr, server->address.bytes,
	       node.family == AF_INET ? 4 : 16);
	if (ares_init_options(&lookup->channel, &options, mask) !=
	    ARES_SUCCESS) {
		lookup->channel = NULL;
		return false;
	}
	ares_set_socket_functions(lookup->channel, &socket_functions, lookup);
	return ares_set_servers_ports(lookup->channel, &node) == ARES_SUCCESS;
}

/* Asks the next resolver; what happens is found in go_on(). */
static void ask_next(struct lookup *lookup)
{
	lookup->asked++;
	lookup->has_ended = false;
	lookup->error = 0;
	lookup->over_tcp = false;
	if (open_channel(lookup)) {
		ares_query(lookup->channel, lookup->name, 1 /* IN */,
			   lookup->type, answered, lookup);
		return;
	}
	lookup->has_ended = true;
	lookup->status = ARES_ENOMEM;
}

static void keep(struct lookup *lookup, enum outcome outcome,
		 const char *detail)
{
	lookup->answer.outcome = outcome;
	lookup->answer.detail = detail;
	lookup->answer.resolver = *lookup_server(lookup);
	lookup->answer.source = lookup->source;
	lookup->answer.over_tcp = lookup->over_tcp;
	lookup->answer.resolver.transport =
		lookup->over_tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
}

static bool is_reply(unsigned rcode)
{
	return rcode == DNS_NOERROR || rcode == DNS_NXDOMAIN;
}

/* With an answer, what became of the resolvers that were asked before. */
static const char *first_words(struct lookup *lookup)
{
	if (lookup->asked == 1)
		return "";
	return arena_format(lookup->resolver->arena,
			    "%s, so another resolver was asked",
			    lookup->answer.detail);
}

/* True when the reply settles the question. */
static bool judge_reply(struct lookup *lookup)
{
	struct arena *arena = lookup->resolver->arena;
	struct dns_message *message = arena_alloc(arena, sizeof(*message));
	const char *why = "";
	char server[ENDPOINT_TEXT_BYTES];
	bool is_whole;

	endpoint_format(server, &lookup_server(lookup)->address,
			lookup_server(lookup)->port);
	is_whole =
		dns_decode(arena, message, lookup->bytes, lookup->length, &why);
	if (is_whole && message->is_truncated) {
		why = "it is cut short, even over TCP";
		is_whole = false;
	}
	if (!is_whole) {
		if (lookup->answer.has_rcode)
			return false; /* an earlier resolver said more */
		keep(lookup, OUTCOME_GARBLED,
		     arena_format(arena, "%s sent no DNS reply: %s", server,
				  why));
		return false;
	}
	lookup->answer.has_rcode = true;
	lookup->answer.message = message;
	if (is_reply(message->rcode)) {
		keep(lookup, OUTCOME_ANSWERED, first_words(lookup));
		return true;
	}
	keep(lookup, OUTCOME_LOCAL,
	     arena_format(arena, "%s answered %s", server,
			  dns_rcode_name(message->rcode)));
	return false;
}

/* Silence weighs more than refusal: with it, nothing is known. */
static void judge_failure(struct lookup *lookup)
{
	struct arena *arena = lookup->resolver->arena;
	char server[ENDPOINT_TEXT_BYTES];

	if (lookup->answer.has_rcode)
		return; /* here too */
	endpoint_format(server, &lookup_server(lookup)->address,
			lookup_server(lookup)->port);
	if (lookup->status == ARES_ETIMEOUT) {
		lookup->was_silent = true;
		keep(lookup, OUTCOME_NO_REPLY,
		     arena_format(arena, "no reply from %s", server));
	} else if (lookup->was_silent) {
		return;
	} else if (lookup->error == ECONNREFUSED) {
		keep(lookup, OUTCOME_REFUSED,
		     arena_format(arena, "%s refused: no DNS server there",
				  server));
	} else if (lookup->error > 0) {
		keep(lookup, OUTCOME_UNREACHABLE,
		     arena_format(arena, "%s: %s", server,
				  strerror(lookup->error)));
	} else {
		keep(lookup, OUTCOME_LOCAL,
		     arena_format(arena, "cannot ask %s: %s", server,
				  lookup->error
					  ? strerror(-lookup->error)
					  : ares_strerror(lookup->status)));
	}
}

/* True when the attempt that just ended was the last. */
static bool attempt_settles(struct lookup *lookup)
{
	struct resolver *resolver = lookup->resolver;

	if (lookup->length && judge_reply(lookup)) {
		if (!lookup->only)
			resolver->preferred = (size_t)(lookup_server(lookup) -
						       resolver->servers);
		return true;
	}
	if (!lookup->length)
		judge_failure(lookup);
	return lookup->only || lookup->asked >= resolver->count;
}

static void go_on(struct lookup *lookup)
{
	while (lookup->has_ended) {
		close_channel(lookup);
		if (attempt_settles(lookup)) {
			lookup->done(lookup->context);
			return;
		}
		ask_next(lookup);
	}
	watch(lookup);
}

struct lookup *resolver_ask(struct resolver *resolver, const char *name,
			    uint16_t type, void (*done)(void *context),
			    void *context)
{
	return resolver_ask_one(resolver, NULL, name, type, done, context);
}

struct lookup *resolver_ask_one(struct resolver *resolver,
				const struct endpoint *server, const char *name,
				uint16_t type, void (*done)(void *context),
				void *context)
{
	struct lookup *lookup = arena_alloc(resolver->arena, sizeof(*lookup));

	lookup->resolver = resolver;
	lookup->only = server;
	lookup->first = resolver->preferred;
	lookup->name = name;
	lookup->type = type;
	lookup->done = done;
	lookup->context = context;
	lookup->answer.detail = "";
	ask_next(lookup);
	go_on(lookup);
	return lookup;
}

const struct lookup_answer *lookup_answer(const struct lookup *lookup)
{
	return &lookup->answer;
}

void lookup_drop(struct lookup *lookup)
{
	if (lookup)
		close_channel(lookup);
}

static void take_system_servers(struct resolver *resolver,
				const struct ares_addr_port_node *node)
{
	for (; node && resolver->count < RESOLVERS_MAX; node = node->next) {
		struct endpoint *server = &resolver->servers[resolver->count++];

		server->address.family = node->family;
		memcpy(server->address.bytes, &node->addr,
		       node->family == AF_INET ? 4 : 16);
		server->port = (uint16_t)node->udp_port;
	}
}

static bool read_system_servers(struct resolver *resolver, const char **why)
{
	struct ares_addr_port_node *nodes = NULL;
	ares_channel channel;

	*why = "cannot read the system's resolvers";
	if (ares_init(&channel) != ARES_SUCCESS)
		return false;
	if (ares_get_servers_ports(channel, &nodes) == ARES_SUCCESS) {
		take_system_servers(resolver, nodes);
		ares_free_data(nodes);
	}
	ares_destroy(channel);
	return resolver->count > 0;
}

struct resolver *resolver_new(struct event_base *base, struct arena *arena,
			      const struct endpoint *resolvers, size_t count,
			      int64_t timeout_us, const char **why)
{
	struct resolver *resolver = arena_alloc(arena, sizeof(*resolver));

	if (count > RESOLVERS_MAX) {
		*why = arena_format(arena, "more than %d resolvers",
				    RESOLVERS_MAX);
		return NULL;
	}
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		*why = "cannot start c-ares";
		return NULL;
	}
	resolver->base = base;
	resolver->arena = arena;
	resolver->timeout_us = timeout_us;
	for (size_t i = 0; i < count; i++)
		resolver->servers[resolver->count++] = resolvers[i];
	if (!count && !read_system_servers(resolver, why)) {
		resolver_free(resolver);
		return NULL;
	}
	for (size_t i = 0; i < resolver->count; i++) {
		if (!resolver->servers[i].port)
			resolver->servers[i].port = DNS_PORT;
	}
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (resolver)
		ares_library_cleanup();
}
