/*
 * tls_versions.c - which versions of TLS, and which outdated ciphers, one port
 * accepts: only where asked for.
 *
 * One check a port: eight connections at once, each of which sends one hello
 * written by hand and reads the first answer, so that what our own library
 * refuses is never taken for the server's refusal. Specification:
 * edge-services.md sections 3.1, 3.4 and 13.5.
 */
#include "probes/registry.h"

#include "common/wire/tls_hello.h"
#include "probes/dial.h"
#include "probes/fan.h"
#include "probes/hello.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 2048

/* The hellos; ciphers without a version of their own go with the newest. */
static const struct trial {
	enum tls_version version;
	enum tls_offer offer;
} trials[] = {
	{TLS_VERSION_SSL3, TLS_OFFER_ALL}, {TLS_VERSION_10, TLS_OFFER_ALL},
	{TLS_VERSION_11, TLS_OFFER_ALL},   {TLS_VERSION_12, TLS_OFFER_ALL},
	{TLS_VERSION_13, TLS_OFFER_ALL},   {TLS_VERSION_12, TLS_OFFER_RC4},
	{TLS_VERSION_12, TLS_OFFER_3DES},  {TLS_VERSION_12, TLS_OFFER_NONE},
};

#define TRIALS (sizeof(trials) / sizeof(trials[0]))

enum fate {
	FATE_CONNECTING,
	FATE_ASKED,
	FATE_ACCEPTED,	 /* ServerHello */
	FATE_REFUSED,	 /* alert, or hung up on */
	FATE_UNANSWERED, /* no TCP connection, silence, another protocol */
};

struct line {
	int descriptor; /* -1: closed */
	enum fate fate;
	struct tls_answer answer;
	uint8_t bytes[ANSWER_BYTES];
	size_t length;
	bool was_reset;
};

struct tls_versions {
	struct line lines[TRIALS];
	size_t count; /* 0 until they are set up */
	size_t begun; /* that a connection came about for */
	int error;    /* of a connection that did not come about */
	bool is_foreign;
};

static const struct fact_def tls_versions_facts[] = {
	{"tcp.rtt_us", FACT_UINT, "time that the first TCP connection took"},
	{"tls.accepted", FACT_TEXT, "a version that the server takes"},
	{"tls.refused", FACT_TEXT, "a version that it refuses"},
	{"tls.unanswered", FACT_TEXT, "a version without an answer"},
	{"tls.picked", FACT_TEXT, "a version with the cipher it picks"},
	{"tls.weak_accepted", FACT_TEXT,
	 "outdated ciphers that it takes, with the one it picks"},
	{"tls.weak_refused", FACT_TEXT, "outdated ciphers that it refuses"},
	{"peer.spoke", FACT_FLAG, "the peer sent something"},
	{"peer.service", FACT_TEXT, "what its first bytes look like"},
	{"peer.bytes", FACT_BYTES, "the first bytes that came"},
	{NULL, FACT_TEXT, NULL},
};

static void settle(struct line *line, enum fate fate)
{
	line->fate = fate;
	if (line->descriptor >= 0)
		close(line->descriptor);
	line->descriptor = -1;
}

static void begin_line(struct check *check, unsigned index)
{
	struct tls_versions *state = check->state;
	struct line *line = &state->lines[index];
	int error = 0;

	line->descriptor = fan_connect(&check->spec->endpoint, 0, &error);
	if (line->descriptor < 0 ||
	    !fan_add_writer(check, line->descriptor, index)) {
		state->error = error ? error : -EMFILE;
		settle(line, FATE_UNANSWERED);
	}
}

static void send_hello(struct check *check, struct line *line,
		       const struct trial *trial)
{
	uint8_t buffer[TLS_HELLO_MAX];
	size_t length = hello_tls(check, (uint16_t)trial->version, trial->offer,
				  buffer);

	/* a new connection has room for so little */
	if (!length || send(line->descriptor, buffer, length, MSG_NOSIGNAL) !=
			       (ssize_t)length)
		settle(line, FATE_UNANSWERED);
	else
		line->fate = FATE_ASKED;
}

static void connected(struct check *check, unsigned index)
{
	struct tls_versions *state = check->state;
	struct line *line = &state->lines[index];
	int error = fan_connected(check, line->descriptor, index);

	if (error) {
		state->error = error;
		settle(line, FATE_UNANSWERED);
		return;
	}
	state->begun++;
	send_hello(check, line, &trials[index]);
}

/* Windows hangs up on versions it does not take (edge-services.md 3.1). */
static void hung_up(struct line *line, ssize_t size)
{
	line->was_reset = size < 0;
	settle(line, line->length ? FATE_UNANSWERED : FATE_REFUSED);
}

static void hear(struct check *check, struct line *line)
{
	struct tls_versions *state = check->state;
	ssize_t size = recv(line->descriptor, line->bytes + line->length,
			    sizeof(line->bytes) - line->length, 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		hung_up(line, size);
		return;
	}
	line->length += (size_t)size;
	switch (tls_answer_read(&line->answer, line->bytes, line->length)) {
	case TLS_REPLY_HELLO:
		settle(line, FATE_ACCEPTED);
		break;
	case TLS_REPLY_ALERT:
		settle(line, FATE_REFUSED);
		break;
	case TLS_REPLY_FOREIGN:
		state->is_foreign = true;
		observe_peer(check, line->bytes, line->length);
		settle(line, FATE_UNANSWERED);
		break;
	case TLS_REPLY_MORE:
		if (line->length == sizeof(line->bytes))
			settle(line, FATE_UNANSWERED);
		break;
	}
}

static void read_events(struct check *check)
{
	struct tls_versions *state = check->state;
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);

	for (unsigned i = 0; i < count; i++) {
		struct line *line = &state->lines[ready[i]];

		if (line->fate == FATE_CONNECTING)
			connected(check, ready[i]);
		else if (line->fate == FATE_ASKED)
			hear(check, line);
	}
}

/* Somebody who takes an older version refuses the one we offered. */
static bool is_taken(const struct line *line, const struct trial *trial)
{
	return line->fate == FATE_ACCEPTED &&
	       line->answer.version == trial->version;
}

static void note_version(struct check *check, const struct line *line,
			 const struct trial *trial)
{
	const char *name = tls_version_name((uint16_t)trial->version);
	const char *key = "tls.refused";

	if (is_taken(line, trial))
		key = "tls.accepted";
	else if (line->fate == FATE_UNANSWERED)
		key = "tls.unanswered";
	observe_text(check, key, name);
	if (is_taken(line, trial))
		observe_text(
			check, "tls.picked",
			arena_format(check->settings->arena, "%s %s", name,
				     tls_cipher_name(line->answer.cipher)));
}

static void note_ciphers(struct check *check, const struct line *line,
			 const struct trial *trial)
{
	const char *name = tls_offer_name(trial->offer);

	if (line->fate == FATE_ACCEPTED)
		observe_text(
			check, "tls.weak_accepted",
			arena_format(check->settings->arena, "%s %s", name,
				     tls_cipher_name(line->answer.cipher)));
	else if (line->fate == FATE_REFUSED)
		observe_text(check, "tls.weak_refused", name);
}

/* Nobody sent a byte of TLS: it is not the versions that are refused. */
static bool nobody_spoke(const struct tls_versions *state)
{
	for (size_t i = 0; i < TRIALS; i++)
		if (state->lines[i].length)
			return false;
	return true;
}

static enum want finish_silent(struct check *check)
{
	const struct tls_versions *state = check->state;

	for (size_t i = 0; i < TRIALS; i++)
		if (state->lines[i].fate == FATE_REFUSED)
			return check_finish(check,
					    state->lines[i].was_reset
						    ? OUTCOME_RESET
						    : OUTCOME_CLOSED,
					    "it hangs up on every hello");
	return check_finish(check, OUTCOME_NO_REPLY,
			    "no reply to any hello in %.1f s",
			    check_phase_s(check));
}

static enum want end(struct check *check)
{
	struct tls_versions *state = check->state;
	const char *detail;
	enum outcome outcome;

	for (size_t i = 0; i < TRIALS; i++)
		if (state->lines[i].fate < FATE_ACCEPTED)
			settle(&state->lines[i], FATE_UNANSWERED);
	if (!state->begun && state->error) {
		check->error = state->error;
		outcome = socket_outcome(check, &detail);
		return check_finish(check, outcome, "%s", detail);
	}
	if (nobody_spoke(state))
		return finish_silent(check);
	for (size_t i = 0; i < TRIALS; i++) {
		if (trials[i].offer == TLS_OFFER_ALL)
			note_version(check, &state->lines[i], &trials[i]);
		else
			note_ciphers(check, &state->lines[i], &trials[i]);
	}
	if (state->is_foreign && !observation_fact(check->open, "tls.accepted"))
		return check_finish(check, OUTCOME_GARBLED,
				    "what answers does not speak TLS");
	observe_spoke(check);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want go_on(struct check *check)
{
	const struct tls_versions *state = check->state;

	for (size_t i = 0; i < TRIALS; i++)
		if (state->lines[i].fate < FATE_ACCEPTED)
			return WANT_READ;
	return end(check);
}

static enum want start(struct check *check)
{
	struct tls_versions *state = check->state;

	check_phase(check, "hello");
	for (size_t i = 0; i < TRIALS; i++)
		state->lines[i].descriptor = -1;
	state->count = TRIALS;
	if (!fan_open(check))
		return socket_failed(check);
	for (unsigned i = 0; i < TRIALS; i++)
		begin_line(check, i);
	return go_on(check);
}

static enum want tls_versions_step(struct check *check, enum cue cue)
{
	if (cue == CUE_START)
		return start(check);
	if (cue == CUE_DEADLINE)
		return end(check);
	read_events(check);
	return go_on(check);
}

static void tls_versions_stop(struct check *check)
{
	struct tls_versions *state = check->state;

	for (size_t i = 0; i < state->count; i++)
		settle(&state->lines[i], state->lines[i].fate);
}

const struct probe tls_versions_probe = {
	.name = "tls-versions",
	.summary = "tries each version of TLS, where asked (--tls-versions)",
	.facts = tls_versions_facts,
	.state_size = sizeof(struct tls_versions),
	.round_trips = 2,
	.step = tls_versions_step,
	.stop = tls_versions_stop,
};
