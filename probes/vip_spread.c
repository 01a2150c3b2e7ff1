/*
 * vip_spread.c - whether every connection to a VIP reaches a server that
 * answers: a balancer that looks at no health sends some to a dead one.
 *
 * One check a VIP and port: eight connections at once, each of which sends
 * the first hello that the service waits for and reads what comes. A hello of
 * TLS is written by hand, so that any answer counts, an alert as well.
 * Specification: edge-services.md section 15.2; [MS-TURN] 2.1.1.
 */
#include "probes/registry.h"

#include "common/wire/tls_leaf.h"
#include "probes/dial.h"
#include "probes/fan.h"
#include "probes/hello.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES 8 /* edge-services.md section 15.2 */

enum fate {
	FATE_CONNECTING,
	FATE_ASKED,
	FATE_HEARD, /* an answer, and its certificate may still come */
	FATE_ANSWERED,
	FATE_REFUSED,
	FATE_HUNG_UP, /* after the connection stood */
	FATE_MUTE,    /* likewise, and no answer */
	FATE_SILENT,  /* no connection */
	FATE_UNOBSERVED,
	FATE_COUNT
};

#define DIGEST_BYTES 32 /* SHA-256 */

struct line {
	int descriptor; /* -1: closed */
	enum fate fate;
	uint8_t bytes[TLS_FLIGHT_MAX];
	size_t length;
	uint8_t digest[DIGEST_BYTES]; /* of the certificate */
	bool has_digest;
};

struct spread {
	struct line lines[LINES];
	size_t count; /* 0 until they are set up */
	int error;    /* of a connection that did not come about */
};

static const char *const fate_facts[FATE_COUNT] = {
	[FATE_ANSWERED] = "spread.answered",
	[FATE_REFUSED] = "spread.refused",
	[FATE_HUNG_UP] = "spread.hung_up",
	[FATE_MUTE] = "spread.mute",
	[FATE_SILENT] = "spread.silent",
	[FATE_UNOBSERVED] = "spread.unobserved",
};

static const struct fact_def spread_facts[] = {
	{"tcp.rtt_us", FACT_UINT, "time that the first TCP connection took"},
	{"spread.tried", FACT_UINT, "connections that were tried"},
	{"spread.answered", FACT_UINT, "of these, how many were answered"},
	{"spread.refused", FACT_UINT, "how many were refused"},
	{"spread.hung_up", FACT_UINT, "how many stood and were hung up on"},
	{"spread.mute", FACT_UINT, "how many stood without an answer"},
	{"spread.silent", FACT_UINT, "how many did not come about"},
	{"spread.unobserved", FACT_UINT, "how many could not be tried"},
	{"spread.leaf", FACT_TEXT, "fingerprint of a certificate shown"},
	{NULL, FACT_TEXT, NULL},
};

static void settle(struct line *line, enum fate fate)
{
	line->fate = fate;
	if (line->descriptor >= 0)
		close(line->descriptor);
	line->descriptor = -1;
}

static bool is_settled(const struct line *line)
{
	return line->fate >= FATE_ANSWERED;
}

/* What our own machine says is nobody's fault but its own. */
static enum fate fate_of(int error)
{
	if (error < 0)
		return FATE_UNOBSERVED;
	return error == ECONNREFUSED || error == ECONNRESET ? FATE_REFUSED
							    : FATE_SILENT;
}

static void fail(struct spread *spread, struct line *line, int error)
{
	spread->error = error;
	settle(line, fate_of(error));
}

static void begin_line(struct check *check, unsigned index)
{
	struct spread *spread = check->state;
	struct line *line = &spread->lines[index];
	int error = -EMFILE;

	line->descriptor = fan_connect(&check->spec->endpoint, 0, &error);
	if (line->descriptor < 0 ||
	    !fan_add_writer(check, line->descriptor, index))
		fail(spread, line, error);
}

static void send_hello(struct check *check, struct line *line)
{
	uint8_t buffer[TLS_HELLO_MAX];
	size_t length = PSEUDO_CLIENT_BYTES;
	ssize_t sent;

	if (check->probe == &vip_spread_av_probe)
		hello_pseudo(buffer);
	else
		length =
			hello_tls(check, TLS_VERSION_12, TLS_OFFER_ALL, buffer);
	/* a new connection has room for so little */
	sent = send(line->descriptor, buffer, length, MSG_NOSIGNAL);

	if (!length || (sent < 0 && errno != ECONNRESET && errno != EPIPE))
		settle(line, FATE_UNOBSERVED);
	else if (sent < 0)
		settle(line, FATE_HUNG_UP);
	else
		line->fate = FATE_ASKED;
}

static void connected(struct check *check, unsigned index)
{
	struct spread *spread = check->state;
	struct line *line = &spread->lines[index];
	int error = fan_connected(check, line->descriptor, index);

	if (error)
		fail(spread, line, error);
	else
		send_hello(check, line);
}

/* False where no certificate will come any more, or it came. */
static bool awaits_leaf(struct line *line)
{
	struct tls_leaf leaf;
	enum tls_flight flight =
		tls_leaf_read(&leaf, line->bytes, line->length);

	if (flight == TLS_FLIGHT_LEAF)
		line->has_digest =
			EVP_Digest(leaf.der, leaf.length, line->digest, NULL,
				   EVP_sha256(), NULL) == 1;
	return flight == TLS_FLIGHT_MORE;
}

/* Whatever it says: that it is the right server is looked at elsewhere. */
static void hear(const struct check *check, struct line *line)
{
	ssize_t size = recv(line->descriptor, line->bytes + line->length,
			    sizeof(line->bytes) - line->length, 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		settle(line,
		       line->fate == FATE_HEARD ? FATE_ANSWERED : FATE_HUNG_UP);
		return;
	}
	line->length += (size_t)size;
	line->fate = FATE_HEARD;
	if (check->probe == &vip_spread_av_probe || !awaits_leaf(line))
		settle(line, FATE_ANSWERED);
}

static void read_events(struct check *check)
{
	struct spread *spread = check->state;
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);

	for (unsigned i = 0; i < count; i++) {
		struct line *line = &spread->lines[ready[i]];

		if (line->fate == FATE_CONNECTING)
			connected(check, ready[i]);
		else if (!is_settled(line))
			hear(check, line);
	}
}

static size_t count_fate(const struct spread *spread, enum fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < spread->count; i++)
		count += spread->lines[i].fate == fate;
	return count;
}

static enum want finish_without_answer(struct check *check)
{
	const struct spread *spread = check->state;
	const char *detail;
	enum outcome outcome;

	if (count_fate(spread, FATE_HUNG_UP))
		return check_finish(check, OUTCOME_CLOSED,
				    "every connection is hung up on");
	if (!spread->error || count_fate(spread, FATE_MUTE))
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply in %.1f s", check_phase_s(check));
	check->error = spread->error;
	outcome = socket_outcome(check, &detail);
	return check_finish(check, outcome, "%s", detail);
}

static enum fate fate_in_the_end(const struct line *line)
{
	if (line->fate == FATE_HEARD)
		return FATE_ANSWERED;
	return line->fate == FATE_ASKED ? FATE_MUTE : FATE_SILENT;
}

static bool was_shown_before(const struct spread *spread, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (spread->lines[i].has_digest &&
		    memcmp(spread->lines[i].digest, spread->lines[index].digest,
			   DIGEST_BYTES) == 0)
			return true;
	return false;
}

/* Each certificate once. */
static void observe_leaves(struct check *check)
{
	const struct spread *spread = check->state;

	for (size_t i = 0; i < spread->count; i++) {
		const struct line *line = &spread->lines[i];
		char text[2 * DIGEST_BYTES + 1];

		if (!line->has_digest || was_shown_before(spread, i))
			continue;
		for (size_t j = 0; j < DIGEST_BYTES; j++)
			snprintf(text + 2 * j, 3, "%02x", line->digest[j]);
		observe_text(check, "spread.leaf", text);
	}
}

static enum want end(struct check *check)
{
	struct spread *spread = check->state;

	for (size_t i = 0; i < spread->count; i++) {
		struct line *line = &spread->lines[i];

		if (!is_settled(line))
			settle(line, fate_in_the_end(line));
	}
	observe_number(check, "spread.tried", (int64_t)spread->count);
	for (unsigned fate = FATE_ANSWERED; fate < FATE_COUNT; fate++)
		observe_number(check, fate_facts[fate],
			       (int64_t)count_fate(spread, (enum fate)fate));
	observe_leaves(check);
	if (!count_fate(spread, FATE_ANSWERED))
		return finish_without_answer(check);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want go_on(struct check *check)
{
	const struct spread *spread = check->state;

	for (size_t i = 0; i < spread->count; i++)
		if (!is_settled(&spread->lines[i]))
			return WANT_READ;
	return end(check);
}

static enum want start(struct check *check)
{
	struct spread *spread = check->state;

	check_phase(check, "hello");
	for (size_t i = 0; i < LINES; i++)
		spread->lines[i].descriptor = -1;
	spread->count = LINES;
	if (!fan_open(check))
		return socket_failed(check);
	for (unsigned i = 0; i < LINES; i++)
		begin_line(check, i);
	return go_on(check);
}

static enum want spread_step(struct check *check, enum cue cue)
{
	if (cue == CUE_START)
		return start(check);
	if (cue == CUE_DEADLINE)
		return end(check);
	read_events(check);
	return go_on(check);
}

static void spread_stop(struct check *check)
{
	struct spread *spread = check->state;

	for (size_t i = 0; i < spread->count; i++)
		settle(&spread->lines[i], spread->lines[i].fate);
}

const struct probe vip_spread_probe = {
	.name = "vip-spread",
	.summary = "connects to a VIP several times, over TLS",
	.facts = spread_facts,
	.state_size = sizeof(struct spread),
	.round_trips = 2,
	.step = spread_step,
	.stop = spread_stop,
};

const struct probe vip_spread_av_probe = {
	.name = "vip-spread-av",
	.summary = "connects to the VIP of the A/V Edge several times",
	.facts = spread_facts,
	.state_size = sizeof(struct spread),
	.round_trips = 2,
	.step = spread_step,
	.stop = spread_stop,
};
