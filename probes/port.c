/*
 * port.c - who listens at a port of TCP: connects, asks in the language that
 * is hoped for, and hears who answers.
 *
 * What is asked harms nobody: OPTIONS of SIP for a domain that cannot exist,
 * a bind of RPC, HEAD of HTTP, or nothing at all. A server may well be silent
 * to it; a bare connection that stands is all that can be seen of most ports of
 * a server role (server-ports.tsv, verify_how).
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "common/wire/sip.h"
#include "common/wire/tls.h"
#include "probes/handshake.h"
#include "probes/recognise.h"
#include "probes/sip_question.h"

#include <errno.h>
#include <string.h>

#define ANSWER_MAX 4096 /* bytes of an answer that are read */
#define SERVER_MAX 128	/* of the header Server */

struct port {
	struct handshake handshake; /* where there is TLS */
	const struct manner *manner;
	enum { PORT_CONNECTING, PORT_ASKING, PORT_LISTENING } stage;
	int64_t round_us;
	struct sip_question question;
	const char *request;
	size_t request_length, sent;
	size_t length;
	char answer[ANSWER_MAX + 1];
};

/* How a probe of this file goes about it. */
struct manner {
	const struct probe *probe;
	enum wire_service hoped; /* WIRE_UNKNOWN: for nothing in particular */
	const char *title;	 /* of that */
	bool is_tls;
	bool may_be_silent; /* silence is no fault */
	void (*ask)(struct check *check);
};

static const struct fact_def port_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	SIP_FACTS,
	{"http.status", FACT_UINT, "status of the last answer"},
	{"http.server", FACT_TEXT, "header Server"},
	{"peer.closed", FACT_FLAG, "the peer hung up on the request"},
	{NULL, FACT_TEXT, NULL},
};

static void ask_nothing(struct check *check)
{
	struct port *port = check->state;

	port->request = "";
}

/*
 * [C706] 12.6.4.3: bind, to the endpoint mapper (appendix O), which takes it
 * from anybody; nothing is asked for over it.
 */
static void ask_rpc(struct check *check)
{
	static const uint8_t bind[] = {
		5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0,
		/* fragments of 5840 bytes, no group, one context */
		0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 1, 0, 0, 0,
		/* the first, one transfer syntax: endpoint mapper 3.0 */
		0, 0, 1, 0, 0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11,
		0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa, 3, 0, 0, 0,
		/* NDR 2.0 */
		0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
		0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0};
	struct port *port = check->state;

	_Static_assert(sizeof(bind) == 72, "as its header says");
	port->request = (const char *)bind;
	port->request_length = sizeof(bind);
}

static void ask_sip(struct check *check)
{
	struct port *port = check->state;
	struct endpoint own = dial_own(check);

	port->question = (struct sip_question){.domain = "-", .is_clear = true};
	sip_question_write(check, &port->question, &own, SIP_CONTROL_DOMAIN);
	port->request = port->question.request;
	port->request_length = port->question.length;
}

static void ask_http(struct check *check)
{
	const struct endpoint *endpoint = &check->spec->endpoint;
	struct port *port = check->state;
	char host[ENDPOINT_TEXT_BYTES];

	endpoint_format(host, &endpoint->address, endpoint->port);
	port->request =
		arena_format(check->settings->arena,
			     "HEAD / HTTP/1.1\r\n"
			     "Host: %s\r\n"
			     "User-Agent: edgeprobe/" EDGEPROBE_VERSION
			     " (reachability test, sends no password)\r\n"
			     "Accept: */*\r\n"
			     "Connection: close\r\n\r\n",
			     endpoint->name ? endpoint->name : host);
	port->request_length = strlen(port->request);
}

static const struct manner manners[] = {
	{&port_probe, WIRE_UNKNOWN, "", false, true, ask_nothing},
	{&port_sip_probe, WIRE_SIP, "SIP", false, true, ask_sip},
	{&port_rpc_probe, WIRE_RPC, "RPC", false, false, ask_rpc},
	{&port_http_probe, WIRE_HTTP, "HTTP", false, false, ask_http},
	{&port_https_probe, WIRE_HTTP, "HTTP", true, false, ask_http},
};

static const struct manner *manner_of(const struct probe *probe)
{
	const struct manner *manner = manners;

	while (manner->probe != probe)
		manner++;
	return manner;
}

/*
 * What came
 */

static void note_sip(struct check *check)
{
	struct port *port = check->state;
	struct arena *arena = arena_new();
	struct sip_message message;
	const char *why;
	size_t used;

	if (sip_decode(arena, &message, port->answer, port->length, &used,
		       &why) == SIP_WHOLE &&
	    sip_question_settles(&port->question, &message))
		sip_question_observe(check, &port->question, &message);
	arena_free(arena);
}

/* "HTTP/1.1 403 Forbidden", and the header Server. */
static void note_http(struct check *check)
{
	static const char header[] = "\r\nServer:";
	struct port *port = check->state;
	const char *status = strchr(port->answer, ' ');
	const char *server = strcasestr(port->answer, header);
	unsigned number = 0;
	size_t length;

	for (size_t i = 1; status && i <= 3; i++) {
		if (status[i] < '0' || status[i] > '9')
			return;
		number = 10 * number + (unsigned)(status[i] - '0');
	}
	if (status)
		observe_number(check, "http.status", number);
	if (!server)
		return;
	server += strlen(header);
	server += strspn(server, " \t");
	length = strcspn(server, "\r\n");
	observe_bytes(check, "http.server", server,
		      length < SERVER_MAX ? length : SERVER_MAX);
}

static enum want conclude_heard(struct check *check)
{
	struct port *port = check->state;
	const struct manner *manner = port->manner;
	enum wire_service service = wire_recognise(port->answer, port->length);

	observe_peer(check, port->answer, port->length);
	if (service == WIRE_SIP && manner->hoped == WIRE_SIP)
		note_sip(check);
	if (service == WIRE_HTTP)
		note_http(check);
	if (manner->hoped == WIRE_UNKNOWN || manner->hoped == service)
		return check_finish(check, OUTCOME_ANSWERED, NULL);
	return check_finish(check, OUTCOME_GARBLED, "%s answers, not %s",
			    service == WIRE_UNKNOWN
				    ? "something unknown"
				    : wire_service_title(service),
			    manner->title);
}

static enum want conclude(struct check *check)
{
	struct port *port = check->state;

	if (port->length)
		return conclude_heard(check);
	if (!port->manner->may_be_silent)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "the connection stands, and nothing "
				    "answers %s in %.1f s",
				    port->manner->title, check_phase_s(check));
	return check_finish(check, OUTCOME_ANSWERED, "the connection stands");
}

static enum want lost(struct check *check)
{
	struct port *port = check->state;
	const char *detail = "the peer closed the connection";
	enum outcome outcome = OUTCOME_CLOSED;

	if (port->manner->is_tls)
		outcome = handshake_lost(check, &port->handshake, &detail);
	else if (check->error)
		outcome = socket_outcome(check, &detail);
	if (outcome == OUTCOME_LOCAL)
		return check_finish(check, outcome, "%s", detail);
	if (port->length)
		return conclude(check);
	if (port->manner->is_tls &&
	    handshake_was_refused(&port->handshake, outcome)) {
		observe_flag(check, "tls.client_certificate_refused", true);
		return check_finish(check, OUTCOME_ANSWERED,
				    "asked for a client certificate and went "
				    "no further without one: %s",
				    detail);
	}
	observe_flag(check, "peer.closed", true);
	return check_finish(check, outcome, "%s", detail);
}

/*
 * The conversation
 */

static ssize_t take(struct check *check, void *buffer, size_t capacity)
{
	struct port *port = check->state;

	check->error = 0; /* the end of a connection leaves it alone */
	return port->manner->is_tls ? handshake_read(check, &port->handshake,
						     buffer, capacity)
				    : receive(check, buffer, capacity);
}

static ssize_t give(struct check *check, const void *data, size_t length)
{
	struct port *port = check->state;
	ssize_t size;

	if (port->manner->is_tls)
		return handshake_write(check, &port->handshake, data, length);
	size = send(check->socket, data, length, MSG_NOSIGNAL);
	if (size < 0)
		check->error = errno;
	return size;
}

/* Whether more bytes could not change what is thought of them. */
static bool is_enough(const struct port *port)
{
	switch (wire_recognise(port->answer, port->length)) {
	case WIRE_UNKNOWN:
		return port->length == ANSWER_MAX;
	case WIRE_SIP:
	case WIRE_HTTP: /* the head says who it is */
		return port->length == ANSWER_MAX ||
		       strstr(port->answer, "\r\n\r\n");
	default:
		return true;
	}
}

static enum want hear(struct check *check)
{
	struct port *port = check->state;
	size_t before = port->length;
	ssize_t size;

	do {
		size = take(check, port->answer + port->length,
			    ANSWER_MAX - port->length);
		if (size > 0)
			port->length += (size_t)size;
	} while (size > 0 && port->length < ANSWER_MAX);
	port->answer[port->length] = '\0';
	if (port->length && is_enough(port))
		return conclude(check);
	if (port->length > before) /* it speaks: more may come */
		recognise_wait(check, port->round_us);
	if (size < 0 && (check->error == EAGAIN || check->error == EINTR))
		return WANT_ANSWER;
	return size > 0 ? conclude(check) : lost(check);
}

static enum want send_request(struct check *check)
{
	struct port *port = check->state;

	while (port->sent < port->request_length) {
		ssize_t size = give(check, port->request + port->sent,
				    port->request_length - port->sent);

		if (size < 0 && check->error == EAGAIN)
			return WANT_WRITE;
		if (size < 0)
			return hear(check); /* what it said before counts */
		port->sent += (size_t)size;
	}
	port->stage = PORT_LISTENING;
	port->question.sent_us = clock_now_us();
	if (port->manner->may_be_silent)
		recognise_wait(check, port->round_us);
	return WANT_ANSWER;
}

/* The connection stands. */
static enum want put_request(struct check *check)
{
	struct port *port = check->state;

	port->round_us = clock_now_us() - check->phase_us;
	check_phase(check, "exchange");
	port->manner->ask(check);
	port->stage = PORT_ASKING;
	return send_request(check);
}

static enum want begin(struct check *check)
{
	struct port *port = check->state;

	port->manner = manner_of(check->probe);
	if (port->manner->is_tls)
		return handshake_begin(check, &port->handshake);
	return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
}

static enum want connecting(struct check *check, enum cue cue)
{
	struct port *port = check->state;
	enum want want;

	if (port->manner->is_tls) {
		want = handshake_step(check, &port->handshake, cue);
		if (want != WANT_NOTHING || check->finished)
			return want;
		return put_request(check);
	}
	if (cue == CUE_DEADLINE)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply in %.1f s", check_phase_s(check));
	return dial_done(check) ? put_request(check) : socket_failed(check);
}

static enum want port_step(struct check *check, enum cue cue)
{
	struct port *port = check->state;
	enum want want;

	if (cue == CUE_START)
		return begin(check);
	if (port->stage == PORT_CONNECTING)
		return connecting(check, cue);
	if (port->stage == PORT_ASKING && cue != CUE_DEADLINE)
		return send_request(check);
	want = hear(check);
	/* what came with the last moment was heard first */
	if (want == WANT_ANSWER && (cue == CUE_RETRY || cue == CUE_DEADLINE))
		return conclude(check);
	return want;
}

static void port_stop(struct check *check)
{
	struct port *port = check->state;

	handshake_end(&port->handshake);
}

#define PORT_PROBE(probe_name, probe_summary)                                  \
	{                                                                      \
		.name = probe_name, .summary = probe_summary,                  \
		.facts = port_facts, .state_size = sizeof(struct port),        \
		.round_trips = 2, .step = port_step, .stop = port_stop,        \
	}

const struct probe port_probe =
	PORT_PROBE("port", "connects over TCP and hears who speaks first");
const struct probe port_sip_probe =
	PORT_PROBE("port-sip", "asks a port over TCP for SIP without TLS");
const struct probe port_rpc_probe =
	PORT_PROBE("port-rpc", "asks a port for the RPC endpoint mapper");
const struct probe port_http_probe =
	PORT_PROBE("port-http", "asks a port for HTTP, any answer will do");
const struct probe port_https_probe =
	PORT_PROBE("port-https", "asks a port for HTTP over TLS likewise");
