#include "probes/trials.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define AGAIN_FIRST_MS 300 /* doubled each time */
#define AGAIN_MAX_MS   2400
#define BACKLOG	       8
#define PORT_LEAST     10240 /* of those that chance chooses */
#define PORT_TRIES     256

/* A connection to a port that waits. */
struct visitor {
	struct trial *trial;
	struct event *event; /* NULL: the place is free */
	struct bidding_place from;
	uint8_t packet[TRIAL_BYTES];
	size_t length;
	bool is_known; /* has the key */
	unsigned since;
};

struct trial {
	struct trials *trials;
	struct bidding_trial plan;
	struct bidding_result result;
	struct event *event; /* of the socket; NULL: none */
	struct event *again; /* sends once more */
	unsigned again_ms, answers, visits;
	int64_t took_us;
	uint8_t nonce[TRIAL_NONCE_BYTES];
	uint8_t packet[TRIAL_BYTES]; /* the answer, as far as it came */
	size_t length;
	bool is_connected; /* TCP: it was taken */
	bool is_left;	   /* the other end cannot play it */
	struct visitor visitors[TRIAL_VISITORS_MAX];
};

struct trials {
	struct event_base *base;
	uint8_t key[TRIAL_KEY_BYTES];
	void (*settled)(void *context);
	void *context;
	struct event *tell; /* settled(), when the loop has come round */
	int64_t started_us; /* 0: not yet */
	struct trial items[BIDDING_TRIALS_MAX];
	size_t count;
};

static bool is_settled(const struct trial *trial)
{
	return trial->result.status != BIDDING_WAITING || trial->is_left;
}

static void look_around(struct trials *trials)
{
	for (size_t i = 0; i < trials->count; i++)
		if (!is_settled(&trials->items[i]))
			return;
	if (trials->started_us)
		event_active(trials->tell, EV_TIMEOUT, 0);
}

/* The first that is known of it stays. */
static void settle(struct trial *trial, enum bidding_status status)
{
	if (trial->result.status != BIDDING_WAITING)
		return;
	trial->result.status = status;
	if (trial->trials->started_us)
		trial->took_us = clock_now_us() - trial->trials->started_us;
	if (trial->again)
		event_del(trial->again);
	look_around(trial->trials);
}

/* RST instead of FIN: no port is held back for later trials. */
static void close_at_once(int descriptor)
{
	const struct linger linger = {.l_onoff = 1};

	setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(descriptor);
}

static void drop_socket(struct event **event)
{
	if (!*event)
		return;
	close_at_once(event_get_fd(*event));
	event_free(*event);
	*event = NULL;
}

static enum bidding_status status_of(int error)
{
	static const struct {
		int error;
		enum bidding_status status;
	} known[] = {
		{EADDRINUSE, BIDDING_IN_USE},
		{EADDRNOTAVAIL, BIDDING_NO_ADDRESS},
		{EACCES, BIDDING_NOT_PERMITTED},
		{EPERM, BIDDING_NOT_PERMITTED},
		{ECONNREFUSED, BIDDING_REFUSED},
		{ECONNRESET, BIDDING_RESET},
		{EPIPE, BIDDING_RESET},
		{EHOSTUNREACH, BIDDING_UNREACHABLE},
		{ENETUNREACH, BIDDING_UNREACHABLE},
		{ENOPROTOOPT, BIDDING_UNREACHABLE},
		{EPROTO, BIDDING_UNREACHABLE},
		{ETIMEDOUT, BIDDING_WAITING},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			return known[i].status;
	return BIDDING_FAILED;
}

static struct bidding_place place_of(const struct sockaddr_storage *name)
{
	struct endpoint endpoint = {0};

	endpoint_from_sockaddr(&endpoint, (const struct sockaddr *)name);
	return (struct bidding_place){endpoint.address, endpoint.port};
}

static socklen_t name_of(const struct bidding_place *place,
			 struct sockaddr_storage *name)
{
	const struct endpoint endpoint = {.address = place->address,
					  .port = place->port};

	return endpoint_to_sockaddr(&endpoint, name);
}

/*
 * Those that wait
 */

/* False: nothing is said to it. */
static bool answer(struct trial *trial, uint8_t packet[TRIAL_BYTES],
		   size_t length, const struct bidding_place *from)
{
	struct trial_packet question;

	if (!trial_decode(&question, trial->trials->key, packet, length) ||
	    question.kind != TRIAL_ASK ||
	    question.number != trial->plan.number ||
	    trial->answers == TRIAL_ANSWERS_MAX)
		return false;
	trial->answers++;
	trial->result.arrived++;
	if (trial->result.status == BIDDING_WAITING)
		trial->result.seen = *from;
	question.kind = TRIAL_ANSWER;
	question.seen_from = from->address;
	question.seen_port = from->port;
	trial_encode(&question, trial->trials->key, packet);
	return true;
}

static void on_datagram(evutil_socket_t descriptor, short what, void *context)
{
	struct trial *trial = context;
	uint8_t packet[TRIAL_BYTES + 1]; /* one more is too many */
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	struct bidding_place from;
	ssize_t length = recvfrom(descriptor, packet, sizeof(packet), 0,
				  (struct sockaddr *)&name, &size);

	(void)what;
	if (length <= 0)
		return;
	from = place_of(&name);
	if (!answer(trial, packet, (size_t)length, &from))
		return;
	(void)!sendto(descriptor, packet, (size_t)length, MSG_NOSIGNAL,
		      (struct sockaddr *)&name, size);
	settle(trial, BIDDING_ARRIVED);
}

static void dismiss(struct visitor *visitor)
{
	if (!visitor->event)
		return;
	close(event_get_fd(visitor->event));
	event_free(visitor->event);
	*visitor = (struct visitor){0};
}

/* Who has the key closes the connection; who has not is shown the door. */
static void on_visitor(evutil_socket_t descriptor, short what, void *context)
{
	struct visitor *visitor = context;
	struct trial *trial = visitor->trial;
	uint8_t *end = visitor->packet + visitor->length;
	uint8_t spare;
	ssize_t size;

	(void)what;
	if (visitor->is_known)
		size = recv(descriptor, &spare, 1, 0);
	else
		size = recv(descriptor, end, TRIAL_BYTES - visitor->length, 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0 || visitor->is_known) {
		dismiss(visitor);
		return;
	}
	visitor->length += (size_t)size;
	if (visitor->length < TRIAL_BYTES)
		return;
	if (!answer(trial, visitor->packet, TRIAL_BYTES, &visitor->from)) {
		dismiss(visitor);
		return;
	}
	visitor->is_known = true;
	(void)!send(descriptor, visitor->packet, TRIAL_BYTES, MSG_NOSIGNAL);
	settle(trial, BIDDING_ARRIVED);
}

/* Whether one gives way before another. */
static bool goes_first(const struct visitor *one, const struct visitor *other)
{
	if (!one->event || !other->event)
		return !one->event && other->event;
	if (one->is_known != other->is_known)
		return other->is_known;
	return one->since < other->since;
}

static struct visitor *find_place(struct trial *trial)
{
	struct visitor *place = &trial->visitors[0];

	for (size_t i = 1; i < TRIAL_VISITORS_MAX; i++)
		if (goes_first(&trial->visitors[i], place))
			place = &trial->visitors[i];
	dismiss(place);
	return place;
}

static void on_connection(evutil_socket_t descriptor, short what, void *context)
{
	struct trial *trial = context;
	struct visitor *visitor;
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int taken = accept4(descriptor, (struct sockaddr *)&name, &size,
			    SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (taken < 0)
		return;
	visitor = find_place(trial);
	visitor->event = event_new(trial->trials->base, taken,
				   EV_READ | EV_PERSIST, on_visitor, visitor);
	if (!visitor->event)
		die("out of memory");
	visitor->trial = trial;
	visitor->from = place_of(&name);
	visitor->since = ++trial->visits;
	event_add(visitor->event, NULL);
}

/*
 * Those that are sent
 */

static void send_question(struct trial *trial)
{
	struct trial_packet question = {
		.kind = TRIAL_ASK,
		.number = trial->plan.number,
	};
	uint8_t packet[TRIAL_BYTES];

	memcpy(question.nonce, trial->nonce, sizeof(question.nonce));
	trial_encode(&question, trial->trials->key, packet);
	if (send(event_get_fd(trial->event), packet, sizeof(packet),
		 MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && errno != ENOBUFS)
		settle(trial, status_of(errno));
}

static void send_later(struct trial *trial)
{
	const struct timeval pause = {
		.tv_sec = trial->again_ms / 1000,
		.tv_usec = trial->again_ms % 1000 * 1000,
	};

	evtimer_add(trial->again, &pause);
	if (trial->again_ms < AGAIN_MAX_MS)
		trial->again_ms *= 2;
}

static void on_again(evutil_socket_t descriptor, short what, void *context)
{
	struct trial *trial = context;

	(void)descriptor;
	(void)what;
	send_question(trial);
	if (!is_settled(trial))
		send_later(trial);
}

/* An answer counts for the question that is open, and for no other. */
static bool is_answer(struct trial *trial, const uint8_t *packet, size_t length)
{
	struct trial_packet reply;

	if (!trial_decode(&reply, trial->trials->key, packet, length) ||
	    reply.kind != TRIAL_ANSWER || reply.number != trial->plan.number ||
	    memcmp(reply.nonce, trial->nonce, sizeof(reply.nonce)) != 0)
		return false;
	trial->result.seen.address = reply.seen_from;
	trial->result.seen.port = reply.seen_port;
	return true;
}

static void on_reply_datagram(evutil_socket_t descriptor, short what,
			      void *context)
{
	struct trial *trial = context;
	uint8_t packet[TRIAL_BYTES + 1];
	ssize_t length = recv(descriptor, packet, sizeof(packet), 0);

	(void)what;
	if (length < 0 && errno != EAGAIN)
		settle(trial, status_of(errno));
	else if (length > 0 && is_answer(trial, packet, (size_t)length))
		settle(trial, BIDDING_ANSWERED);
}

static void hear_stream(struct trial *trial, int descriptor)
{
	ssize_t size = recv(descriptor, trial->packet + trial->length,
			    TRIAL_BYTES - trial->length, 0);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size > 0)
		trial->length += (size_t)size;
	if (size > 0 && trial->length < TRIAL_BYTES)
		return;
	if (size < 0)
		settle(trial, status_of(errno));
	else if (size == 0)
		settle(trial, BIDDING_CLOSED);
	else if (is_answer(trial, trial->packet, TRIAL_BYTES))
		settle(trial, BIDDING_ANSWERED);
	else
		settle(trial, BIDDING_GARBLED);
	drop_socket(&trial->event);
}

static void on_stream(evutil_socket_t descriptor, short what, void *context)
{
	struct trial *trial = context;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)what;
	if (trial->is_connected) {
		hear_stream(trial, descriptor);
		return;
	}
	getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		settle(trial, status_of(error));
		drop_socket(&trial->event);
		return;
	}
	trial->is_connected = true;
	event_del(trial->event);
	event_assign(trial->event, trial->trials->base, descriptor,
		     EV_READ | EV_PERSIST, on_stream, trial);
	event_add(trial->event, NULL);
	send_question(trial);
}

/*
 * Sockets
 */

static void set_options(const struct trial *trial, int descriptor)
{
	const int on = 1;

	if (trial->plan.at.address.family == AF_INET6)
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on,
			   sizeof(on));
	if (trial->plan.is_udp)
		return;
	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static event_callback_fn ear_of(const struct bidding_trial *plan)
{
	if (plan->sends)
		return plan->is_udp ? on_reply_datagram : on_stream;
	return plan->is_udp ? on_datagram : on_connection;
}

static int bind_at(int descriptor, const struct bidding_place *place)
{
	struct sockaddr_storage name;
	socklen_t size = name_of(place, &name);

	return bind(descriptor, (struct sockaddr *)&name, size) < 0 ? errno : 0;
}

static bool is_shunned(const struct bidding_trial *plan, uint16_t port)
{
	return port >= plan->shun_first && port <= plan->shun_last;
}

/*
 * A port that matters to no row is as chance will have it: the system's own
 * choice may be one that a row about senders' ports lets through, and a
 * firewall remembers what went between the same two ports before.
 */
static int bind_socket(const struct bidding_trial *plan, int descriptor)
{
	struct bidding_place place = plan->at;
	int error = EADDRINUSE;

	if (place.port)
		return bind_at(descriptor, &place);
	for (unsigned i = 0; i < PORT_TRIES && error == EADDRINUSE; i++) {
		if (getrandom(&place.port, sizeof(place.port), 0) !=
		    sizeof(place.port))
			return errno;
		if (place.port < PORT_LEAST || is_shunned(plan, place.port))
			continue;
		error = bind_at(descriptor, &place);
	}
	return error;
}

/* 0, or an errno: a socket that is bound, and listens where it is to. */
static int open_socket(struct trial *trial)
{
	const struct bidding_trial *plan = &trial->plan;
	int type = (plan->is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
		   SOCK_CLOEXEC;
	int descriptor = socket(plan->at.address.family, type, 0);
	bool connects = plan->sends && !plan->is_udp;
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int error;

	if (descriptor < 0)
		return errno;
	set_options(trial, descriptor);
	error = bind_socket(plan, descriptor);
	if (!error && !plan->sends && !plan->is_udp &&
	    listen(descriptor, BACKLOG) < 0)
		error = errno;
	if (!error &&
	    getsockname(descriptor, (struct sockaddr *)&name, &size) == 0)
		trial->result.bound = place_of(&name);
	if (!error)
		trial->event =
			event_new(trial->trials->base, descriptor,
				  (connects ? EV_WRITE : EV_READ) | EV_PERSIST,
				  ear_of(plan), trial);
	if (!error && trial->event)
		return 0;
	close(descriptor);
	return error ? error : ENOMEM;
}

static struct trial *add(struct trials *trials,
			 const struct bidding_trial *plan)
{
	struct trial *trial = &trials->items[trials->count++];

	trial->trials = trials;
	trial->plan = *plan;
	trial->result.number = plan->number;
	trial->again_ms = AGAIN_FIRST_MS;
	return trial;
}

void trials_add(struct trials *trials, const struct bidding_trial *plan,
		const struct address *here)
{
	struct trial *trial = add(trials, plan);
	int error;

	if (!trial->plan.at.address.family)
		trial->plan.at.address = *here;
	if (getrandom(trial->nonce, sizeof(trial->nonce), 0) !=
	    sizeof(trial->nonce))
		die("no random numbers: %s", strerror(errno));
	trial->again = evtimer_new(trials->base, on_again, trial);
	if (!trial->again)
		die("out of memory");
	error = open_socket(trial);
	if (error)
		settle(trial, status_of(error));
	else if (!plan->sends)
		event_add(trial->event, NULL);
}

void trials_refuse(struct trials *trials, const struct bidding_trial *plan,
		   enum bidding_status status)
{
	settle(add(trials, plan), status);
}

static void begin(struct trial *trial)
{
	struct sockaddr_storage name;
	socklen_t size = name_of(&trial->plan.to, &name);

	if (connect(event_get_fd(trial->event), (struct sockaddr *)&name,
		    size) < 0 &&
	    errno != EINPROGRESS) {
		settle(trial, status_of(errno));
		return;
	}
	event_add(trial->event, NULL);
	if (!trial->plan.is_udp)
		return;
	send_question(trial);
	if (!is_settled(trial))
		send_later(trial);
}

void trials_start(struct trials *trials)
{
	trials->started_us = clock_now_us();
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].plan.sends &&
		    !is_settled(&trials->items[i]))
			begin(&trials->items[i]);
	look_around(trials);
}

void trials_leave(struct trials *trials, uint32_t number)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].plan.number == number)
			trials->items[i].is_left = true;
}

void trials_aim(struct trials *trials, uint32_t number, uint16_t port)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].plan.number == number)
			trials->items[i].plan.to.port = port;
}

size_t trials_count(const struct trials *trials)
{
	return trials->count;
}

const struct bidding_result *trials_result(const struct trials *trials,
					   size_t index)
{
	return &trials->items[index].result;
}

int64_t trials_took_us(const struct trials *trials, size_t index)
{
	return trials->items[index].took_us;
}

static void on_tell(evutil_socket_t descriptor, short what, void *context)
{
	struct trials *trials = context;
	void (*settled)(void *) = trials->settled;

	(void)descriptor;
	(void)what;
	trials->settled = NULL;
	if (settled)
		settled(trials->context);
}

struct trials *trials_new(struct event_base *base,
			  const uint8_t key[TRIAL_KEY_BYTES],
			  void (*settled)(void *context), void *context)
{
	struct trials *trials = calloc(1, sizeof(*trials));

	if (!trials)
		die("out of memory");
	trials->base = base;
	memcpy(trials->key, key, TRIAL_KEY_BYTES);
	trials->settled = settled;
	trials->context = context;
	trials->tell = event_new(base, -1, 0, on_tell, trials);
	if (!trials->tell)
		die("out of memory");
	return trials;
}

void trials_free(struct trials *trials)
{
	if (!trials)
		return;
	for (size_t i = 0; i < trials->count; i++) {
		struct trial *trial = &trials->items[i];

		for (size_t v = 0; v < TRIAL_VISITORS_MAX; v++)
			dismiss(&trial->visitors[v]);
		drop_socket(&trial->event);
		if (trial->again)
			event_free(trial->again);
	}
	event_free(trials->tell);
	explicit_bzero(trials->key, sizeof(trials->key));
	free(trials);
}
