/*
 * exposure.c - which ports of an address are open that nobody outside needs.
 *
 * One check an address: connections over TCP to all ports at once, ended as
 * soon as they stand. Nothing is sent but an OPTIONS in clear text to the
 * ports of SIP (edge-services.md section 4.12). Silence is the healthy
 * answer, so it is not waited for longer than it takes to know: a second
 * connection is tried in case the first SYN was lost, and an answer needs the
 * round trip that ports which do answer have shown. While the run waits for
 * others anyhow, the SYN that the kernel repeats after a second has its time.
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "common/wire/tls.h"
#include "probes/dial.h"
#include "probes/fan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SECOND_SYN_US INT64_C(1000000)
#define THIRD_SYN_US  INT64_C(3000000)
#define AGAIN_US      INT64_C(100000) /* until our own second SYN, at least */
#define AGAIN_TRIPS   2		      /* and so many round trips */
#define MARGIN_US     INT64_C(200000) /* for an answer, at least */
#define ROUND_TRIPS   4		      /* and so many as were measured */
#define FIRST_BYTES   256

enum fate {
	FATE_WAITING,
	FATE_OPEN,
	FATE_REFUSED,
	FATE_SILENT,
	FATE_UNREACHABLE,
	FATE_UNOBSERVED,
	FATE_COUNT
};

/* One port. */
struct line {
	int descriptor; /* -1: closed */
	int second;	/* of the second connection */
	enum fate fate;
	bool is_asked; /* OPTIONS went out, nothing came yet */
	bool is_clear; /* SIP answered it */
};

struct exposure {
	struct line lines[PLAN_PORTS_MAX];
	size_t count;
	int64_t rtt_us;	  /* the longest; 0: nothing answered yet */
	int error;	  /* why our own machine could not try */
	int64_t again_us; /* when the second connections began; 0: not yet */
};

static const char *const fate_facts[FATE_COUNT] = {
	[FATE_OPEN] = "ports.open",
	[FATE_REFUSED] = "ports.refused",
	[FATE_SILENT] = "ports.silent",
	[FATE_UNREACHABLE] = "ports.unreachable",
	[FATE_UNOBSERVED] = "ports.unobserved",
};

static const struct fact_def exposure_facts[] = {
	{"ports.open", FACT_TEXT, "ports, FIRST-LAST, that take connections"},
	{"ports.refused", FACT_TEXT, "ports that refuse them"},
	{"ports.silent", FACT_TEXT, "ports that do not reply"},
	{"ports.unreachable", FACT_TEXT, "ports that a router rejects"},
	{"ports.unobserved", FACT_TEXT, "ports that could not be tried"},
	{"ports.unused_open", FACT_TEXT,
	 "a port that nobody uses, and that takes connections all the same"},
	{"ports.waited_ms", FACT_UINT, "how long silence was waited for"},
	{"sip.clear_text", FACT_UINT, "a port where SIP answers without TLS"},
	{"tcp.rtt_us", FACT_UINT, "the longest that an answer took"},
	{NULL, FACT_TEXT, NULL},
};

static const struct port_trial *trial_of(const struct check *check,
					 const struct line *line)
{
	const struct exposure *exposure = check->state;

	return &check->spec->ports[line - exposure->lines];
}

static bool is_of_sip(const struct port_trial *trial)
{
	return trial->use == PORT_SHUT_SIP || trial->use == PORT_SERVED_SIP;
}

static void close_one(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

static void close_line(struct line *line)
{
	close_one(&line->descriptor);
	close_one(&line->second);
}

static void settle(struct line *line, enum fate fate)
{
	line->fate = fate;
	line->is_asked = false;
	close_line(line);
}

static void begin_line(struct check *check, struct line *line)
{
	struct exposure *exposure = check->state;
	struct endpoint to = check->spec->endpoint;
	int error = 0;

	to.port = trial_of(check, line)->port;
	line->descriptor = fan_connect(&to, 0, &error);
	if (line->descriptor < 0) {
		settle(line, error > 0 ? FATE_REFUSED : FATE_UNOBSERVED);
		if (error < 0)
			exposure->error = error;
	} else if (!fan_add_writer(check, line->descriptor,
				   (unsigned)(line - exposure->lines))) {
		settle(line, FATE_UNOBSERVED);
	}
}

/* Fields that every request has (RFC 3261 8.1.1); of nobody, to nobody. */
static const char *options_in_clear(struct check *check)
{
	const char *own = check->source;

	return arena_format(check->settings->arena,
			    "OPTIONS sip:edgeprobe.invalid SIP/2.0\r\n"
			    "Via: SIP/2.0/TCP %s%s%s;branch=z9hG4bKexposure;"
			    "rport\r\n"
			    "Max-Forwards: 70\r\n"
			    "From: <sip:edgeprobe@edgeprobe.invalid>;tag=1\r\n"
			    "To: <sip:edgeprobe.invalid>\r\n"
			    "Call-ID: exposure@edgeprobe.invalid\r\n"
			    "CSeq: 1 OPTIONS\r\n"
			    "User-Agent: edgeprobe/" EDGEPROBE_VERSION
			    " (reachability test, sends no password)\r\n"
			    "Accept: application/sdp\r\n"
			    "Content-Length: 0\r\n\r\n",
			    strchr(own, ':') ? "[" : "", own,
			    strchr(own, ':') ? "]" : "");
}

/* Too few descriptors are no matter: the first may still answer. */
static void begin_second(struct check *check, struct line *line)
{
	struct exposure *exposure = check->state;
	struct endpoint to = check->spec->endpoint;
	size_t index = (size_t)(line - exposure->lines) + PLAN_PORTS_MAX;
	int error;

	to.port = trial_of(check, line)->port;
	line->second = fan_connect(&to, 0, &error);
	if (line->second >= 0 &&
	    !fan_add_writer(check, line->second, (unsigned)index))
		close_one(&line->second);
}

static void begin_seconds(struct check *check)
{
	struct exposure *exposure = check->state;

	exposure->again_us = clock_now_us();
	for (size_t i = 0; i < exposure->count; i++)
		if (exposure->lines[i].fate == FATE_WAITING)
			begin_second(check, &exposure->lines[i]);
}

static void line_stands(struct check *check, struct line *line, unsigned index)
{
	const char *request;

	line->fate = FATE_OPEN;
	if (!*check->source)
		dial_note_source(check, line->descriptor);
	if (!is_of_sip(trial_of(check, line))) {
		close_line(line);
		return;
	}
	request = options_in_clear(check);
	line->is_asked = send(line->descriptor, request, strlen(request),
			      MSG_NOSIGNAL) > 0;
	if (line->is_asked)
		fan_expect_answer(check, line->descriptor, index);
	else
		close_line(line);
}

static enum fate fate_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return FATE_REFUSED;
	case ETIMEDOUT:
		return FATE_SILENT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENONET:
	case EACCES:
	case EPROTO:
	case ENOPROTOOPT:
		return FATE_UNREACHABLE;
	default:
		return FATE_UNOBSERVED;
	}
}

/* From here on, only the connection that got through matters. */
static void keep_second(struct line *line)
{
	close_one(&line->descriptor);
	line->descriptor = line->second;
	line->second = -1;
}

static void connection_done(struct check *check, struct line *line,
			    unsigned index)
{
	struct exposure *exposure = check->state;
	int64_t took_us = clock_now_us() - check->phase_us;
	bool is_second = index >= PLAN_PORTS_MAX;
	int error = 0;
	socklen_t size = sizeof(error);

	if (is_second)
		keep_second(line);
	else
		close_one(&line->second);
	getsockopt(line->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error)
		settle(line, fate_of(error));
	else
		line_stands(check, line, index);
	/* what a lost SYN cost is no round trip */
	if ((line->fate == FATE_OPEN || line->fate == FATE_REFUSED) &&
	    !is_second && took_us < SECOND_SYN_US && took_us > exposure->rtt_us)
		exposure->rtt_us = took_us;
}

static void read_answer(struct line *line)
{
	char bytes[FIRST_BYTES];
	ssize_t size = recv(line->descriptor, bytes, sizeof(bytes), 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	line->is_clear =
		size > 0 && wire_recognise(bytes, (size_t)size) == WIRE_SIP;
	line->is_asked = false;
	close_line(line);
}

static void read_events(struct check *check)
{
	struct exposure *exposure = check->state;
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);

	for (unsigned i = 0; i < count; i++) {
		struct line *line = &exposure->lines[ready[i] % PLAN_PORTS_MAX];

		if (line->is_asked)
			read_answer(line);
		else if (line->fate == FATE_WAITING)
			connection_done(check, line, ready[i]);
	}
}

static bool is_settled(const struct exposure *exposure)
{
	for (size_t i = 0; i < exposure->count; i++)
		if (exposure->lines[i].fate == FATE_WAITING ||
		    exposure->lines[i].is_asked)
			return false;
	return true;
}

static int64_t at_least(int64_t round_trips, const struct exposure *exposure,
			int64_t least_us)
{
	int64_t time_us = round_trips * exposure->rtt_us;

	return time_us > least_us ? time_us : least_us;
}

/* From when on what has not answered is silent. */
static int64_t patience_end_us(const struct check *check)
{
	const struct exposure *exposure = check->state;

	return check->phase_us +
	       (exposure->rtt_us ? SECOND_SYN_US : THIRD_SYN_US) +
	       at_least(ROUND_TRIPS, exposure, MARGIN_US);
}

static int64_t again_due_us(const struct check *check)
{
	return check->phase_us + at_least(AGAIN_TRIPS, check->state, AGAIN_US);
}

static bool is_shut_trial(const struct port_trial *trial)
{
	return trial->use == PORT_SHUT || trial->use == PORT_SHUT_SIP;
}

/* Ports come in order, so neighbours of one fate make a range. */
static void observe_fate(struct check *check, enum fate fate)
{
	const struct exposure *exposure = check->state;
	unsigned first = 0, last = 0;

	for (size_t i = 0; i <= exposure->count; i++) {
		const struct port_trial *trial = &check->spec->ports[i];
		bool is_ours = i < exposure->count && is_shut_trial(trial) &&
			       exposure->lines[i].fate == fate;

		if (is_ours && first && trial->port == last + 1) {
			last = trial->port;
			continue;
		}
		if (first && (is_ours || i == exposure->count)) {
			observe_text(check, fate_facts[fate],
				     arena_format(check->settings->arena,
						  "%u-%u", first, last));
			first = 0;
		}
		if (is_ours)
			first = last = trial->port;
	}
}

static void observe_open(struct check *check)
{
	const struct exposure *exposure = check->state;

	for (size_t i = 0; i < exposure->count; i++) {
		const struct line *line = &exposure->lines[i];
		const struct port_trial *trial = &check->spec->ports[i];

		if (line->is_clear)
			observe_number(check, "sip.clear_text", trial->port);
		if (trial->use == PORT_UNUSED && line->fate == FATE_OPEN)
			observe_text(check, "ports.unused_open",
				     arena_format(check->settings->arena,
						  "%u-%u", trial->port,
						  trial->port));
	}
}

static size_t count_fate(const struct exposure *exposure, enum fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < exposure->count; i++)
		count += exposure->lines[i].fate == fate;
	return count;
}

static enum want end(struct check *check)
{
	struct exposure *exposure = check->state;
	double waited_s = check_phase_s(check);
	const char *detail;
	enum outcome outcome;

	for (size_t i = 0; i < exposure->count; i++)
		if (exposure->lines[i].fate == FATE_WAITING)
			settle(&exposure->lines[i], FATE_SILENT);
	for (unsigned fate = FATE_OPEN; fate < FATE_COUNT; fate++)
		observe_fate(check, (enum fate)fate);
	observe_open(check);
	observe_number(check, "ports.waited_ms", (int64_t)(waited_s * 1000));
	if (exposure->rtt_us)
		observe_number(check, "tcp.rtt_us", exposure->rtt_us);
	if (count_fate(exposure, FATE_OPEN) ||
	    count_fate(exposure, FATE_REFUSED))
		return check_finish(check, OUTCOME_ANSWERED, NULL);
	if (count_fate(exposure, FATE_SILENT))
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply of %zu ports in %.1f s",
				    exposure->count, waited_s);
	check->error = count_fate(exposure, FATE_UNREACHABLE) ? EHOSTUNREACH
							      : exposure->error;
	outcome = socket_outcome(check, &detail);
	return check_finish(check, outcome, "%s", detail);
}

static enum want go_on(struct check *check)
{
	struct exposure *exposure = check->state;
	int64_t now_us = clock_now_us();
	bool is_spared = exposure->again_us && !check->spare_us;

	if (is_settled(exposure) || is_spared ||
	    now_us >= patience_end_us(check))
		return end(check);
	check->retry_us = patience_end_us(check);
	if (!exposure->again_us && now_us < again_due_us(check))
		check->retry_us = again_due_us(check);
	else if (!exposure->again_us && exposure->rtt_us)
		begin_seconds(check);
	if (exposure->again_us)
		check->spare_us = exposure->again_us +
				  at_least(ROUND_TRIPS, exposure, MARGIN_US);
	return WANT_ANSWER;
}

static enum want start(struct check *check)
{
	struct exposure *exposure = check->state;

	check_phase(check, "connect");
	exposure->count = check->spec->port_count;
	for (size_t i = 0; i < exposure->count; i++)
		exposure->lines[i].descriptor = exposure->lines[i].second = -1;
	if (!fan_open(check)) {
		exposure->count = 0;
		return socket_failed(check);
	}
	for (size_t i = 0; i < exposure->count; i++)
		begin_line(check, &exposure->lines[i]);
	return go_on(check);
}

static enum want exposure_step(struct check *check, enum cue cue)
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

static void exposure_stop(struct check *check)
{
	struct exposure *exposure = check->state;

	for (size_t i = 0; i < exposure->count; i++)
		close_line(&exposure->lines[i]);
}

const struct probe exposure_probe = {
	.name = "exposure",
	.summary = "tries ports that nobody outside should find open",
	.facts = exposure_facts,
	.state_size = sizeof(struct exposure),
	.step = exposure_step,
	.stop = exposure_stop,
};
