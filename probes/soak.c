/*
 * soak.c - does a connection to an Access Edge live without traffic, as those
 * of clients must between their keep-alives: only where asked for.
 *
 * One connection: a control OPTIONS, a keep-alive (two empty lines, RFC 5626
 * 3.5.1), a long silence, and the OPTIONS once more. What becomes of the
 * keep-alive is a fact and no more: that Edges answer it is unverified
 * (edge-services.md section 4.11).
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "probes/handshake.h"
#include "probes/sip_question.h"

#include <errno.h>
#include <string.h>

#define PING	     "\r\n\r\n"
#define PONG_WAIT_US INT64_C(2000000)
#define ANSWER_MAX   8192 /* bytes of an answer that are read */

struct soak {
	struct handshake handshake;
	enum { CONNECTING, ASKING, PINGING, IDLE, ASKING_AGAIN } stage;
	struct sip_question question;
	int64_t idle_us; /* when the silence began */
	size_t length;
	char answer[ANSWER_MAX];
};

static const struct fact_def soak_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	SIP_FACTS,
	{"keepalive.answered", FACT_FLAG, "two empty lines were answered"},
	{"keepalive.closed", FACT_FLAG, "they made the peer hang up"},
	{"idle.kept_s", FACT_UINT, "silence that the connection outlived"},
	{"idle.lost_s", FACT_UINT, "silence after which it was gone"},
	{NULL, FACT_TEXT, NULL},
};

/* Few bytes into an empty send buffer: all of them go at once. */
static bool say(struct check *check, const char *text, size_t length)
{
	struct soak *soak = check->state;

	return handshake_write(check, &soak->handshake, text, length) ==
	       (ssize_t)length;
}

static uint64_t idle_s(const struct soak *soak)
{
	int64_t idle_us = clock_now_us() - soak->idle_us;

	return (uint64_t)(idle_us / CLOCK_SECOND_US);
}

static enum want finish_gone(struct check *check, const char *how)
{
	struct soak *soak = check->state;

	observe_number(check, "idle.lost_s", (int64_t)idle_s(soak));
	return check_finish(check, OUTCOME_ANSWERED, "after silence: %s", how);
}

static enum want lost(struct check *check)
{
	struct soak *soak = check->state;
	const char *detail;
	enum outcome outcome = handshake_lost(check, &soak->handshake, &detail);

	if (outcome == OUTCOME_LOCAL || soak->stage == ASKING)
		return check_finish(check, outcome, "%s", detail);
	if (soak->stage != PINGING)
		return finish_gone(check, detail);
	observe_flag(check, "keepalive.closed", true);
	return check_finish(check, OUTCOME_ANSWERED, "upon a keep-alive: %s",
			    detail);
}

static enum want ask(struct check *check, const char *phase)
{
	struct soak *soak = check->state;
	struct endpoint own = dial_own(check);

	check_phase(check, phase);
	soak->length = 0;
	soak->question = (struct sip_question){.domain = "-"};
	sip_question_write(check, &soak->question, &own, SIP_CONTROL_DOMAIN);
	soak->question.sent_us = clock_now_us();
	return say(check, soak->question.request, soak->question.length)
		       ? WANT_READ
		       : lost(check);
}

static enum want ping(struct check *check)
{
	struct soak *soak = check->state;
	int64_t share_us = check->settings->timeout_us / 2;

	soak->stage = PINGING;
	check_phase(check, "keep-alive");
	check->retry_us = check->phase_us +
			  (PONG_WAIT_US < share_us ? PONG_WAIT_US : share_us);
	return say(check, PING, strlen(PING)) ? WANT_ANSWER : lost(check);
}

/* The deadline of a step is put off: to wait is what was asked for. */
static enum want wait_on(struct check *check)
{
	struct soak *soak = check->state;

	check->phase_us = clock_now_us();
	check->retry_us = soak->idle_us + check->settings->soak_us;
	return WANT_ANSWER;
}

static enum want fall_silent(struct check *check, bool is_answered)
{
	struct soak *soak = check->state;

	observe_flag(check, "keepalive.answered", is_answered);
	soak->stage = IDLE;
	check_phase(check, "idle");
	soak->idle_us = check->phase_us;
	return wait_on(check);
}

static enum want ask_again(struct check *check)
{
	struct soak *soak = check->state;

	soak->stage = ASKING_AGAIN;
	return ask(check, "exchange-again");
}

static bool is_answer(struct check *check)
{
	struct soak *soak = check->state;
	struct arena *arena = arena_new();
	struct sip_message message;
	const char *at = soak->answer, *why;
	size_t left = soak->length, used = 0;
	bool settled = false;

	while (left && !settled &&
	       sip_decode(arena, &message, at, left, &used, &why) ==
		       SIP_WHOLE) {
		settled = sip_question_settles(&soak->question, &message);
		at += used;
		left -= used;
	}
	if (settled && soak->stage == ASKING)
		sip_question_observe(check, &soak->question, &message);
	arena_free(arena);
	return settled;
}

static enum want finish_kept(struct check *check)
{
	struct soak *soak = check->state;

	observe_number(check, "idle.kept_s", (int64_t)idle_s(soak));
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want digest(struct check *check)
{
	struct soak *soak = check->state;

	switch (soak->stage) {
	case PINGING:
		soak->length = 0;
		return fall_silent(check, true);
	case IDLE:
		soak->length = 0;
		return WANT_ANSWER;
	default:
		if (!is_answer(check))
			return WANT_READ;
		soak->length = 0;
		return soak->stage == ASKING ? ping(check) : finish_kept(check);
	}
}

static enum want hear(struct check *check)
{
	struct soak *soak = check->state;
	enum want want = WANT_ANSWER;
	ssize_t size;

	while (want != WANT_NOTHING) {
		if (soak->length == ANSWER_MAX)
			return check_finish(check, OUTCOME_GARBLED,
					    "not SIP: it does not end");
		size = handshake_read(check, &soak->handshake,
				      soak->answer + soak->length,
				      ANSWER_MAX - soak->length);
		if (size < 0 && check->error == EAGAIN)
			return want;
		if (size <= 0)
			return lost(check);
		soak->length += (size_t)size;
		want = digest(check);
	}
	return want;
}

static enum want too_late(struct check *check)
{
	struct soak *soak = check->state;

	if (soak->stage == IDLE)
		return wait_on(check);
	if (soak->stage == ASKING_AGAIN)
		return finish_gone(check, "no reply");
	return check_finish(check, OUTCOME_NO_REPLY, "no reply in %.1f s",
			    check_phase_s(check));
}

static enum want soak_step(struct check *check, enum cue cue)
{
	struct soak *soak = check->state;
	enum want want;

	if (cue == CUE_START)
		return handshake_begin(check, &soak->handshake);
	if (soak->stage == CONNECTING) {
		want = handshake_step(check, &soak->handshake, cue);
		if (want != WANT_NOTHING || check->finished)
			return want;
		soak->stage = ASKING;
		return ask(check, "exchange");
	}
	if (cue == CUE_RETRY)
		return soak->stage == PINGING ? fall_silent(check, false)
					      : ask_again(check);
	return cue == CUE_DEADLINE ? too_late(check) : hear(check);
}

static void soak_stop(struct check *check)
{
	struct soak *soak = check->state;

	handshake_end(&soak->handshake);
}

const struct probe soak_probe = {
	.name = "soak",
	.summary = "keeps a connection to an Access Edge without traffic",
	.facts = soak_facts,
	.state_size = sizeof(struct soak),
	.round_trips = 6,
	.soaks = true,
	.step = soak_step,
	.stop = soak_stop,
};
