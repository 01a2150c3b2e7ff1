/*
 * xmpp.c - looks at an XMPP proxy as a partner's server would: stream header,
 * features, STARTTLS, certificate, and the features behind it.
 *
 * It says that it comes from a domain that cannot exist and stops before any
 * authentication: dialback is never begun (edge-services.md 8.3).
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/wire/tls.h"
#include "common/wire/xmpp.h"
#include "probes/handshake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define OURSELVES   "edgeprobe.invalid" /* RFC 2606 2: nobody's */
#define CHUNK	    4096
#define OPENING_MAX 1024
#define FIRST_BYTES 256

struct xmpp {
	struct handshake handshake;
	struct xmpp_reader reader;
	enum {
		XMPP_CONNECTING,
		XMPP_OPENING, /* header and features, in clear text */
		XMPP_ASKING,  /* starttls is sent */
		XMPP_SHAKING,
		XMPP_SECURED, /* header and features again */
	} stage;
	bool has_header; /* of the first stream */
	bool has_dialback;
	int64_t rtt_us;
	char output[OPENING_MAX];
	size_t output_length, sent;
	uint8_t first[FIRST_BYTES]; /* bytes that came in clear text */
	size_t first_length;
};

static const struct fact_def xmpp_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	{"xmpp.version", FACT_TEXT, "version of the protocol"},
	{"xmpp.from", FACT_TEXT, "domain that the server speaks for"},
	{"xmpp.id_length", FACT_UINT, "length of the stream id in bytes"},
	{"xmpp.starttls", FACT_FLAG, "the server offers STARTTLS"},
	{"xmpp.starttls_required", FACT_FLAG, "and insists on it"},
	{"xmpp.starttls_failed", FACT_FLAG, "but could not begin it"},
	{"xmpp.dialback", FACT_FLAG, "the server offers dialback"},
	{"xmpp.mechanism", FACT_TEXT, "one SASL mechanism that it offers"},
	{"xmpp.error", FACT_TEXT, "condition of a stream error"},
	{"xmpp.error_text", FACT_TEXT, "what it says about it"},
	{"peer.closed", FACT_FLAG, "the peer closed the stream early"},
	{NULL, FACT_TEXT, NULL},
};

static bool is_plain(const struct xmpp *xmpp)
{
	return xmpp->stage < XMPP_SHAKING;
}

/* What may go wrong with a connection, in either part of it. */
static enum outcome lost_outcome(struct check *check, const char **detail)
{
	struct xmpp *xmpp = check->state;

	if (!is_plain(xmpp))
		return handshake_lost(check, &xmpp->handshake, detail);
	if (check->error)
		return socket_outcome(check, detail);
	*detail = "the peer closed the connection";
	return OUTCOME_CLOSED;
}

/* Behind a whole TLS handshake all was seen that had to be. */
static enum want lost(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const char *detail;
	enum outcome outcome = lost_outcome(check, &detail);

	if (xmpp->stage != XMPP_SECURED || outcome == OUTCOME_GARBLED ||
	    outcome == OUTCOME_LOCAL)
		return check_finish(check, outcome, "%s%s", detail,
				    xmpp->has_header ? ", after its header"
						     : "");
	if (handshake_was_refused(&xmpp->handshake, outcome))
		observe_flag(check, "tls.client_certificate_refused", true);
	else
		observe_flag(check, "peer.closed", true);
	return check_finish(check, OUTCOME_ANSWERED, "after STARTTLS: %s",
			    detail);
}

static ssize_t write_some(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const char *data = xmpp->output + xmpp->sent;
	size_t length = xmpp->output_length - xmpp->sent;
	ssize_t size;

	if (!is_plain(xmpp))
		return handshake_write(check, &xmpp->handshake, data, length);
	size = send(check->socket, data, length, MSG_NOSIGNAL);
	if (size < 0)
		check->error = errno;
	return size;
}

static enum want flush(struct check *check)
{
	struct xmpp *xmpp = check->state;

	while (xmpp->sent < xmpp->output_length) {
		ssize_t size = write_some(check);

		if (size < 0 && check->error == EAGAIN)
			return WANT_WRITE;
		if (size < 0)
			return lost(check);
		xmpp->sent += (size_t)size;
	}
	return WANT_ANSWER;
}

static enum want say(struct check *check, const char *words)
{
	struct xmpp *xmpp = check->state;

	xmpp->output_length = strlen(words);
	memcpy(xmpp->output, words, xmpp->output_length);
	xmpp->sent = 0;
	return flush(check);
}

static void write_opening(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const struct xmpp_opening opening = {.from = OURSELVES,
					     .to = check->spec->subject};

	xmpp_begin(&xmpp->reader);
	xmpp->sent = 0;
	xmpp->output_length =
		xmpp_open(xmpp->output, sizeof(xmpp->output), &opening);
}

/* The header, in the clear or inside TLS. */
static enum want open_stream(struct check *check, const char *phase)
{
	check_phase(check, phase);
	write_opening(check);
	return flush(check);
}

/* Inside TLS, while we may still be refused for want of a certificate. */
static void open_early(struct check *check)
{
	struct xmpp *xmpp = check->state;
	ssize_t size;

	write_opening(check);
	size = handshake_write(check, &xmpp->handshake, xmpp->output,
			       xmpp->output_length);
	xmpp->sent = size > 0 ? (size_t)size : 0;
}

static void note_header(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const struct xmpp_reader *reader = &xmpp->reader;

	xmpp->has_header = true;
	observe_spoke(check);
	if (*reader->version)
		observe_text(check, "xmpp.version", reader->version);
	if (*reader->from)
		observe_text(check, "xmpp.from", reader->from);
	observe_number(check, "xmpp.id_length", (int64_t)reader->id_length);
}

/* A polite end; the outcome does not hang on it. */
static enum want finish_talk(struct check *check, const char *detail)
{
	struct xmpp *xmpp = check->state;
	const struct xmpp_reader *reader = &xmpp->reader;

	observe_flag(check, "xmpp.dialback",
		     xmpp->has_dialback || reader->has_dialback ||
			     reader->declares_dialback);
	for (size_t i = 0; i < reader->mechanism_count; i++)
		observe_text(check, "xmpp.mechanism", reader->mechanisms[i]);
	xmpp->output_length = strlen(XMPP_SAY_END);
	memcpy(xmpp->output, XMPP_SAY_END, xmpp->output_length);
	xmpp->sent = 0;
	write_some(check);
	return check_finish(check, OUTCOME_ANSWERED, "%s", detail);
}

static enum want take_header(struct check *check)
{
	struct xmpp *xmpp = check->state;

	if (is_plain(xmpp))
		note_header(check);
	if (*xmpp->reader.version)
		return WANT_ANSWER;
	return finish_talk(check, "speaks XMPP of before 1.0, which has no "
				  "STARTTLS");
}

static enum want take_features(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const struct xmpp_reader *reader = &xmpp->reader;

	if (xmpp->stage == XMPP_SECURED)
		return finish_talk(check, "");
	observe_flag(check, "xmpp.starttls", reader->has_starttls);
	if (!reader->has_starttls)
		return finish_talk(check, "offers no STARTTLS");
	observe_flag(check, "xmpp.starttls_required", reader->requires_tls);
	xmpp->has_dialback = reader->has_dialback || reader->declares_dialback;
	xmpp->stage = XMPP_ASKING;
	check_phase(check, "starttls");
	return say(check, XMPP_SAY_STARTTLS);
}

static enum want take_error(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const struct xmpp_reader *reader = &xmpp->reader;
	const char *error =
		*reader->error ? reader->error : "undefined-condition";

	observe_text(check, "xmpp.error", error);
	if (*reader->error_text)
		observe_text(check, "xmpp.error_text", reader->error_text);
	return check_finish(check, OUTCOME_ANSWERED, "stream error %s%s", error,
			    is_plain(xmpp) ? "" : ", after STARTTLS");
}

static enum want finish_garbled(struct check *check)
{
	struct xmpp *xmpp = check->state;
	enum wire_service service =
		wire_recognise(xmpp->first, xmpp->first_length);

	if (xmpp->stage == XMPP_SECURED)
		return check_finish(check, OUTCOME_GARBLED,
				    "not XMPP after STARTTLS: %s",
				    xmpp->reader.why);
	observe_peer(check, xmpp->first, xmpp->first_length);
	if (service == WIRE_UNKNOWN || service == WIRE_XMPP)
		return check_finish(check, OUTCOME_GARBLED, "not XMPP: %s",
				    xmpp->reader.why);
	return check_finish(check, OUTCOME_GARBLED, "%s answers, not XMPP",
			    wire_service_title(service));
}

static enum want hear(struct check *check);

/* After each step of the handshake: is TLS there? */
static enum want after_shake(struct check *check, enum want want)
{
	struct xmpp *xmpp = check->state;

	if (want != WANT_NOTHING || check->finished)
		return want;
	xmpp->stage = XMPP_SECURED;
	if (xmpp->handshake.asked_us) {
		check_phase_since(check, "secure-stream",
				  xmpp->handshake.asked_us);
		want = flush(check);
	} else {
		want = open_stream(check, "secure-stream");
	}
	/* what came with the end of the handshake makes no socket ready */
	return want == WANT_ANSWER && !check->finished ? hear(check) : want;
}

static enum want begin_tls(struct check *check)
{
	struct xmpp *xmpp = check->state;

	xmpp->stage = XMPP_SHAKING;
	xmpp->handshake.ask = open_early;
	return after_shake(
		check, handshake_over(check, &xmpp->handshake, xmpp->rtt_us));
}

/* Only an answer to our question counts; the rest is passed over. */
static enum want take_event(struct check *check, enum xmpp_event event)
{
	struct xmpp *xmpp = check->state;

	switch (event) {
	case XMPP_HEADER:
		observe_service(check, WIRE_XMPP);
		return take_header(check);
	case XMPP_FEATURES:
		return xmpp->stage == XMPP_ASKING ? WANT_ANSWER
						  : take_features(check);
	case XMPP_PROCEED:
		return xmpp->stage == XMPP_ASKING ? begin_tls(check)
						  : WANT_ANSWER;
	case XMPP_FAILURE:
		if (xmpp->stage != XMPP_ASKING)
			return WANT_ANSWER;
		observe_flag(check, "xmpp.starttls_failed", true);
		return check_finish(check, OUTCOME_ANSWERED,
				    "offers STARTTLS and cannot begin it");
	case XMPP_ERROR:
		return take_error(check);
	case XMPP_END:
		check->error = 0;
		xmpp->handshake.is_closed = true;
		return lost(check);
	case XMPP_BROKEN:
		return finish_garbled(check);
	default:
		return WANT_ANSWER;
	}
}

/* What follows <proceed/> in clear text is dropped (RFC 6120 5.4.3.3). */
static enum want digest(struct check *check, const char *data, size_t length)
{
	struct xmpp *xmpp = check->state;
	bool was_plain = is_plain(xmpp);
	enum want want = WANT_ANSWER;
	size_t used;

	while (length && want == WANT_ANSWER && !check->finished &&
	       is_plain(xmpp) == was_plain) {
		enum xmpp_event event =
			xmpp_read(&xmpp->reader, data, length, &used);

		data += used;
		length -= used;
		want = take_event(check, event);
	}
	return want;
}

static void keep_first(struct xmpp *xmpp, const char *data, size_t length)
{
	size_t room = sizeof(xmpp->first) - xmpp->first_length;

	length = length < room ? length : room;
	memcpy(xmpp->first + xmpp->first_length, data, length);
	xmpp->first_length += length;
}

static enum want hear(struct check *check)
{
	struct xmpp *xmpp = check->state;
	bool was_plain = is_plain(xmpp);
	char buffer[CHUNK];
	enum want want;
	ssize_t size;

	do {
		size = was_plain ? receive(check, buffer, sizeof(buffer))
				 : handshake_read(check, &xmpp->handshake,
						  buffer, sizeof(buffer));
		if (size < 0 && check->error == EAGAIN)
			return WANT_ANSWER;
		if (size == 0 && was_plain)
			check->error = 0;
		if (size <= 0)
			return lost(check);
		if (was_plain)
			keep_first(xmpp, buffer, (size_t)size);
		want = digest(check, buffer, (size_t)size);
	} while (want == WANT_ANSWER && !check->finished &&
		 is_plain(xmpp) == was_plain);
	return want;
}

static enum want connected(struct check *check)
{
	struct xmpp *xmpp = check->state;

	if (!dial_done(check))
		return socket_failed(check);
	xmpp->rtt_us = clock_now_us() - check->phase_us;
	xmpp->stage = XMPP_OPENING;
	return open_stream(check, "stream");
}

static enum want too_late(struct check *check)
{
	struct xmpp *xmpp = check->state;
	const char *what = "no reply to TCP";

	if (xmpp->stage == XMPP_SECURED)
		what = "no features after STARTTLS";
	else if (xmpp->stage == XMPP_ASKING)
		what = "no reply to STARTTLS";
	else if (xmpp->has_header)
		what = "a stream, but no features";
	else if (xmpp->stage == XMPP_OPENING)
		what = "TCP is open, but no stream of XMPP";
	if (!xmpp->has_header)
		observe_peer(check, xmpp->first, xmpp->first_length);
	return check_finish(check, OUTCOME_NO_REPLY, "%s in %.1f s", what,
			    check_phase_s(check));
}

static enum want start(struct check *check)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	const char *domain = check->spec->subject;

	if (!dns_name_is_lawful(domain) ||
	    strspn(domain, allowed) != strlen(domain))
		return check_finish(check, OUTCOME_LOCAL,
				    "not a domain of XMPP");
	return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
}

static enum want xmpp_step(struct check *check, enum cue cue)
{
	struct xmpp *xmpp = check->state;
	enum want want;

	if (cue == CUE_START)
		return start(check);
	if (xmpp->stage == XMPP_SHAKING)
		return after_shake(
			check, handshake_step(check, &xmpp->handshake, cue));
	if (cue == CUE_DEADLINE)
		return too_late(check);
	if (xmpp->stage == XMPP_CONNECTING)
		return connected(check);
	want = flush(check);
	return want == WANT_ANSWER ? hear(check) : want;
}

static void xmpp_stop(struct check *check)
{
	struct xmpp *xmpp = check->state;

	handshake_end(&xmpp->handshake);
}

const struct probe xmpp_probe = {
	.name = "xmpp",
	.summary = "opens a stream to an XMPP proxy and asks it for TLS",
	.facts = xmpp_facts,
	.state_size = sizeof(struct xmpp),
	.round_trips = 6,
	.step = xmpp_step,
	.stop = xmpp_stop,
};
