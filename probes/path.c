/*
 * path.c - how far packets to a port get: the routers on the way that say so.
 *
 * Packets that may pass 1, 2, 3 ... routers go out at once, each from a
 * socket of its own: SYNs by connect(), datagrams by sendto(). The router
 * where one dies sends ICMP back, which the kernel puts into the socket's
 * error queue; no privilege is needed. Who keeps silent is not thereby who
 * dropped the rest: many routers never answer.
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "probes/dial.h"
#include "probes/fan.h"
#include "probes/msturn_request.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <unistd.h>

#define HOPS_MAX      20
#define AGAIN_US      INT64_C(500000)  /* datagrams; SYNs the kernel repeats */
#define SECOND_SYN_US INT64_C(1000000) /* when it does */
#define MARGIN_US     INT64_C(200000)  /* for an answer, at least */
#define ROUND_TRIPS   4		       /* and so many as were measured */

enum sight {
	SIGHT_NOTHING,
	SIGHT_ROUTER,	/* it died there, and the router says so */
	SIGHT_REJECTED, /* somebody on the way says that it may not pass */
	SIGHT_REFUSED,	/* the host has no such port */
	SIGHT_ARRIVED,	/* the host answered */
	SIGHT_UNOBSERVED,
};

/* What became of packets that may pass so many routers. */
struct hop {
	int descriptor; /* -1: closed */
	enum sight sight;
	struct address from;
	uint8_t icmp_type, icmp_code;
};

struct path {
	struct hop hops[HOPS_MAX]; /* [0] passes one link */
	struct msturn_request request;
	int64_t rtt_us; /* the longest */
	int error;	/* why our own machine could not try */
	bool is_repeated;
};

static const struct fact_def path_facts[] = {
	{"path.hop", FACT_TEXT, "one router that answered: HOP ADDRESS"},
	{"path.last_hop", FACT_UINT, "the farthest that answered"},
	{"path.last_address", FACT_ADDRESS, "its address"},
	{"path.arrived_hop", FACT_UINT, "at how many the host itself answered"},
	{"path.rejected_hop", FACT_UINT, "where a router rejects the packets"},
	{"path.waited_ms", FACT_UINT, "how long answers were waited for"},
	ICMP_FACTS,
	{NULL, FACT_TEXT, NULL},
};

static bool is_udp(const struct check *check)
{
	return check->spec->endpoint.transport == TRANSPORT_UDP;
}

static void settle(struct hop *hop, enum sight sight)
{
	hop->sight = sight;
	if (hop->descriptor >= 0)
		close(hop->descriptor);
	hop->descriptor = -1;
}

static bool send_datagram(struct check *check, const struct hop *hop)
{
	struct path *path = check->state;

	return send(hop->descriptor, path->request.frame + MSTURN_FRAME_BYTES,
		    path->request.length, MSG_NOSIGNAL) >= 0;
}

static bool connect_datagrams(struct check *check, const struct hop *hop)
{
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(&check->spec->endpoint, &to);

	return connect(hop->descriptor, (struct sockaddr *)&to, size) == 0;
}

static bool begin_datagrams(struct check *check, struct hop *hop, int limit)
{
	int family = check->spec->endpoint.address.family;
	struct path *path = check->state;

	hop->descriptor =
		socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (hop->descriptor >= 0 &&
	    fan_limit_hops(hop->descriptor, family, limit) &&
	    connect_datagrams(check, hop) &&
	    fan_add_reader(check, hop->descriptor, (unsigned)limit - 1) &&
	    send_datagram(check, hop))
		return true;
	path->error = -errno;
	return false;
}

static void begin_hop(struct check *check, struct hop *hop, int limit)
{
	struct path *path = check->state;
	int error = 0;

	if (is_udp(check)) {
		if (!begin_datagrams(check, hop, limit))
			settle(hop, SIGHT_UNOBSERVED);
		return;
	}
	hop->descriptor = fan_connect(&check->spec->endpoint, limit, &error);
	if (hop->descriptor < 0)
		settle(hop, error > 0 ? SIGHT_REFUSED : SIGHT_UNOBSERVED);
	else if (!fan_add_writer(check, hop->descriptor, (unsigned)limit - 1))
		settle(hop, SIGHT_UNOBSERVED);
	if (error < 0)
		path->error = error;
}

static bool has_died(const struct icmp_report *report)
{
	return report->type ==
	       (report->is_ipv6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED);
}

/* What an ICMP message about the hop's packet means. */
static void read_report(struct hop *hop, const struct icmp_report *report)
{
	hop->from = report->from;
	hop->icmp_type = report->type;
	hop->icmp_code = report->code;
	/* also where it speaks as the host: that is NAT in front of it */
	if (has_died(report))
		settle(hop, SIGHT_ROUTER);
	else
		settle(hop, report->error == ECONNREFUSED ? SIGHT_REFUSED
							  : SIGHT_REJECTED);
}

/* True when an ICMP message was in the queue, or a datagram came. */
static bool read_queue(struct check *check, struct hop *hop)
{
	struct icmp_report report;
	char byte;

	if (dial_read_icmp(hop->descriptor, &report)) {
		read_report(hop, &report);
		return true;
	}
	if (is_udp(check) && recv(hop->descriptor, &byte, 1, 0) >= 0) {
		settle(hop, SIGHT_ARRIVED);
		return true;
	}
	return false;
}

/* A connection that stands, or that the host itself refused. */
static void read_connection(struct check *check, struct hop *hop)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(hop->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
	if (is_udp(check))
		return; /* an error of ours: it is forgotten now */
	if (!error)
		settle(hop, SIGHT_ARRIVED);
	else if (error == ECONNREFUSED || error == ECONNRESET)
		settle(hop, SIGHT_REFUSED);
	else
		settle(hop, SIGHT_NOTHING);
}

static void read_events(struct check *check)
{
	struct path *path = check->state;
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);

	for (unsigned i = 0; i < count; i++) {
		struct hop *hop = &path->hops[ready[i]];
		int64_t took_us = clock_now_us() - check->phase_us;

		if (hop->descriptor < 0)
			continue;
		if (!read_queue(check, hop))
			read_connection(check, hop);
		if (hop->sight != SIGHT_NOTHING && took_us > path->rtt_us &&
		    took_us < AGAIN_US)
			path->rtt_us = took_us;
	}
}

/* The first hop of a sight; HOPS_MAX: none. */
static unsigned first_of(const struct path *path, enum sight sight)
{
	unsigned i = 0;

	while (i < HOPS_MAX && path->hops[i].sight != sight)
		i++;
	return i;
}

/* All that can still come is from beyond where the packets end. */
static bool is_settled(const struct path *path)
{
	for (unsigned i = 0; i < HOPS_MAX; i++) {
		switch (path->hops[i].sight) {
		case SIGHT_NOTHING:
			return false;
		case SIGHT_ROUTER:
			break;
		default:
			return true;
		}
	}
	return true;
}

static int64_t patience_end_us(const struct check *check)
{
	const struct path *path = check->state;
	int64_t margin_us = ROUND_TRIPS * path->rtt_us;

	return check->phase_us + SECOND_SYN_US +
	       (margin_us > MARGIN_US ? margin_us : MARGIN_US);
}

static void observe_routers(struct check *check)
{
	const struct path *path = check->state;
	char text[ADDRESS_TEXT_BYTES];
	unsigned last = HOPS_MAX;

	for (unsigned i = 0; i < HOPS_MAX; i++) {
		const struct hop *hop = &path->hops[i];

		if (hop->sight != SIGHT_ROUTER)
			continue;
		last = i;
		observe_text(check, "path.hop",
			     arena_format(check->settings->arena, "%u %s",
					  i + 1,
					  address_format(text, &hop->from)));
	}
	if (last == HOPS_MAX)
		return;
	observe_number(check, "path.last_hop", last + 1);
	observe_text(check, "path.last_address",
		     address_format(text, &path->hops[last].from));
}

/* A router rejects what it passes on, so one hop later than it stands. */
static unsigned stands_at(const struct path *path, unsigned rejected)
{
	for (unsigned i = 0; i < rejected; i++)
		if (path->hops[i].sight == SIGHT_ROUTER &&
		    address_equal(&path->hops[i].from,
				  &path->hops[rejected].from))
			return i;
	return rejected;
}

static enum want end_rejected(struct check *check, unsigned rejected)
{
	const struct path *path = check->state;
	const struct hop *hop = &path->hops[rejected];
	unsigned at = stands_at(path, rejected);
	char text[ADDRESS_TEXT_BYTES];

	observe_number(check, "path.rejected_hop", at + 1);
	observe_number(check, "icmp.type", hop->icmp_type);
	observe_number(check, "icmp.code", hop->icmp_code);
	observe_text(check, "icmp.from", address_format(text, &hop->from));
	return check_finish(check, OUTCOME_UNREACHABLE,
			    "%s rejects it, at hop %u", text, at + 1);
}

static enum want end(struct check *check)
{
	struct path *path = check->state;
	unsigned arrived = first_of(path, SIGHT_ARRIVED);
	unsigned refused = first_of(path, SIGHT_REFUSED);
	unsigned rejected = first_of(path, SIGHT_REJECTED);
	const char *detail;
	enum outcome outcome;

	observe_routers(check);
	observe_number(check, "path.waited_ms",
		       (int64_t)(check_phase_s(check) * 1000));
	if (arrived < HOPS_MAX || refused < HOPS_MAX)
		observe_number(check, "path.arrived_hop",
			       (arrived < refused ? arrived : refused) + 1);
	if (arrived < HOPS_MAX)
		return check_finish(check, OUTCOME_ANSWERED, NULL);
	if (refused < HOPS_MAX)
		return check_finish(check, OUTCOME_REFUSED,
				    "refused: nothing listens there");
	if (rejected < HOPS_MAX)
		return end_rejected(check, rejected);
	if (first_of(path, SIGHT_ROUTER) < HOPS_MAX ||
	    first_of(path, SIGHT_NOTHING) < HOPS_MAX)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply of the host in %.1f s",
				    check_phase_s(check));
	check->error = path->error;
	outcome = socket_outcome(check, &detail);
	return check_finish(check, outcome, "%s", detail);
}

/* Datagrams get lost, and routers answer only so often. */
static void send_again(struct check *check)
{
	struct path *path = check->state;

	path->is_repeated = true;
	for (unsigned i = 0; i < HOPS_MAX; i++)
		if (path->hops[i].descriptor >= 0)
			send_datagram(check, &path->hops[i]);
}

static enum want go_on(struct check *check)
{
	struct path *path = check->state;
	int64_t again_us = check->phase_us + AGAIN_US;
	int64_t now_us = clock_now_us();

	if (is_settled(path) || now_us >= patience_end_us(check))
		return end(check);
	if (is_udp(check) && !path->is_repeated && now_us >= again_us)
		send_again(check);
	check->retry_us = is_udp(check) && !path->is_repeated
				  ? again_us
				  : patience_end_us(check);
	return WANT_ANSWER;
}

static enum want start(struct check *check)
{
	struct path *path = check->state;

	check_phase(check, "trace");
	for (unsigned i = 0; i < HOPS_MAX; i++)
		path->hops[i].descriptor = -1;
	if (!fan_open(check))
		return socket_failed(check);
	msturn_request_write(&path->request, MSTURN_VERSION_FIRST);
	for (unsigned i = 0; i < HOPS_MAX; i++)
		begin_hop(check, &path->hops[i], (int)i + 1);
	if (path->hops[0].descriptor >= 0)
		dial_note_source(check, path->hops[0].descriptor);
	return go_on(check);
}

static enum want path_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return start(check);
	case CUE_DEADLINE:
		return end(check);
	default:
		read_events(check);
		return go_on(check);
	}
}

static void path_stop(struct check *check)
{
	struct path *path = check->state;

	if (!path->request.length)
		return; /* it never began */
	for (unsigned i = 0; i < HOPS_MAX; i++)
		settle(&path->hops[i], path->hops[i].sight);
}

const struct probe path_probe = {
	.name = "path",
	.summary = "looks how far packets to a silent port get",
	.facts = path_facts,
	.state_size = sizeof(struct path),
	.step = path_step,
	.stop = path_stop,
};
