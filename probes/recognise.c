/*
 * recognise.c - who is it that answers TLS: a handshake, then one control
 * OPTIONS on a connection of its own.
 *
 * An Access Edge answers SIP, a web server HTTP (an error, in plain text). A
 * Web Conferencing Edge cannot be asked in its own language, which is not
 * published; it is silent or hangs up, as other servers may.
 */
#include "probes/recognise.h"

#include "common/base/clock.h"
#include "common/wire/tls.h"
#include "probes/handshake.h"
#include "probes/registry.h"
#include "probes/sip_question.h"

#include <errno.h>

#define ROUND_TRIPS	3
#define SPARE_TRIPS	2 /* one for the answer, one for the server's time */
#define SILENCE_MIN_US	INT64_C(1000000) /* while others are at work anyhow */
#define HEARING_US	INT64_C(100000)	 /* a busy server, when they are done */
#define ANSWER_MAX	8192		 /* bytes of an answer that are read */
#define HANDSHAKE_TRIPS 2		 /* that TLS takes, at most */

struct recognise {
	struct handshake handshake;
	int64_t round_us; /* the longest round trip so far */
	enum { TLS_PENDING, SENDING, LISTENING } stage;
	struct sip_question question;
	size_t sent;
	size_t length;
	char answer[ANSWER_MAX];
};

static const struct fact_def recognise_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	SIP_FACTS,
	CLIENT_FACTS,
	{"peer.closed", FACT_FLAG, "the peer hung up on the request"},
	{NULL, FACT_TEXT, NULL},
};

void recognise_wait(struct check *check, int64_t round_us)
{
	int64_t wait_us = ROUND_TRIPS * round_us;
	int64_t due_us = check_due_us(check) - 1; /* a silence, no time-out */
	int64_t spare_us = SPARE_TRIPS * round_us;
	int64_t now_us = clock_now_us();

	check->spare_us =
		now_us + (spare_us > HEARING_US ? spare_us : HEARING_US);
	if (wait_us < SILENCE_MIN_US)
		wait_us = SILENCE_MIN_US;
	check->retry_us = now_us + wait_us;
	if (check->retry_us > due_us)
		check->retry_us = due_us;
}

static struct sip_text whole_answer(const struct recognise *recognise)
{
	return (struct sip_text){recognise->answer, recognise->length};
}

/* The answer to our question, where it is SIP and came whole. */
static bool note_sip(struct check *check)
{
	struct recognise *recognise = check->state;
	struct sip_text answer = whole_answer(recognise);
	struct arena *arena = arena_new();
	struct sip_message message;
	enum sip_progress progress;
	const char *why;
	size_t used;
	bool settled = false;

	do {
		progress = sip_decode(arena, &message, answer.data,
				      answer.length, &used, &why);
		settled = progress == SIP_WHOLE &&
			  sip_question_settles(&recognise->question, &message);
		answer.data += used;
		answer.length -= used;
	} while (progress == SIP_WHOLE && !settled && answer.length);
	if (settled)
		sip_question_observe(check, &recognise->question, &message);
	arena_free(arena);
	return settled;
}

static enum want conclude(struct check *check)
{
	struct recognise *recognise = check->state;
	enum wire_service service =
		wire_recognise(recognise->answer, recognise->length);

	if (recognise->length) {
		observe_peer(check, recognise->answer, recognise->length);
		return check_finish(
			check, OUTCOME_ANSWERED, "%s answers inside TLS",
			service == WIRE_SIP ? "a SIP server"
					    : wire_service_title(service));
	}
	observe_service(check, WIRE_TLS_HANDSHAKE);
	return check_finish(check, OUTCOME_ANSWERED,
			    "TLS answers, and nothing answers SIP in %.1f s",
			    check_phase_s(check));
}

static enum want lost(struct check *check)
{
	struct recognise *recognise = check->state;
	const char *detail;
	enum outcome outcome =
		handshake_lost(check, &recognise->handshake, &detail);

	if (outcome == OUTCOME_LOCAL)
		return check_finish(check, outcome, "%s", detail);
	if (handshake_was_refused(&recognise->handshake, outcome))
		observe_flag(check, "tls.client_certificate_refused", true);
	if (recognise->length)
		return conclude(check);
	observe_flag(check, "peer.closed", true);
	observe_service(check, WIRE_TLS_HANDSHAKE);
	return check_finish(check, OUTCOME_ANSWERED,
			    "TLS answers and hangs up on SIP: %s", detail);
}

/* Whether more bytes could still change what is thought of them. */
static bool is_settled(struct check *check)
{
	struct recognise *recognise = check->state;

	switch (wire_recognise(recognise->answer, recognise->length)) {
	case WIRE_SIP:
		return note_sip(check);
	case WIRE_HTTP:
		return true;
	default:
		return recognise->length == ANSWER_MAX;
	}
}

static enum want hear(struct check *check)
{
	struct recognise *recognise = check->state;
	size_t before = recognise->length;
	ssize_t size;

	do {
		size = handshake_read(check, &recognise->handshake,
				      recognise->answer + recognise->length,
				      ANSWER_MAX - recognise->length);
		if (size > 0)
			recognise->length += (size_t)size;
	} while (size > 0 && recognise->length < ANSWER_MAX);
	if (recognise->length && is_settled(check))
		return conclude(check);
	if (recognise->length > before) /* it speaks: more may come */
		recognise_wait(check, recognise->round_us);
	if (size < 0 && check->error == EAGAIN)
		return WANT_ANSWER;
	return size > 0 ? conclude(check) : lost(check);
}

static enum want send_question(struct check *check)
{
	struct recognise *recognise = check->state;
	ssize_t size;

	while (recognise->sent < recognise->question.length) {
		size = handshake_write(
			check, &recognise->handshake,
			recognise->question.request + recognise->sent,
			recognise->question.length - recognise->sent);
		if (size < 0 && check->error == EAGAIN)
			return WANT_WRITE;
		if (size < 0)
			return lost(check);
		recognise->sent += (size_t)size;
	}
	recognise->stage = LISTENING;
	recognise->question.sent_us = clock_now_us();
	recognise_wait(check, recognise->round_us);
	return WANT_ANSWER;
}

/* TLS took its round trips as well, and the server's own time in them. */
static enum want put_question(struct check *check)
{
	struct recognise *recognise = check->state;
	int64_t tls_us = clock_now_us() - check->phase_us;
	struct endpoint own = dial_own(check);

	recognise->round_us = recognise->handshake.rtt_us;
	if (tls_us / HANDSHAKE_TRIPS > recognise->round_us)
		recognise->round_us = tls_us / HANDSHAKE_TRIPS;
	check_phase(check, "exchange");
	recognise->question = (struct sip_question){.domain = "-"};
	sip_question_write(check, &recognise->question, &own,
			   SIP_CONTROL_DOMAIN);
	recognise->stage = SENDING;
	return send_question(check);
}

static enum want recognise_step(struct check *check, enum cue cue)
{
	struct recognise *recognise = check->state;
	enum want want;

	if (cue == CUE_START)
		return handshake_begin(check, &recognise->handshake);
	if (recognise->stage == TLS_PENDING) {
		want = handshake_step(check, &recognise->handshake, cue);
		if (want != WANT_NOTHING || check->finished)
			return want;
		return put_question(check);
	}
	if (cue == CUE_DEADLINE)
		return conclude(check);
	if (recognise->stage == SENDING)
		return send_question(check);
	want = hear(check);
	/* what came with the last moment was heard first */
	return want == WANT_ANSWER && cue == CUE_RETRY ? conclude(check) : want;
}

static void recognise_stop(struct check *check)
{
	struct recognise *recognise = check->state;

	handshake_end(&recognise->handshake);
}

const struct probe recognise_sip_probe = {
	.name = "recognise-sip",
	.summary = "asks who answers TLS: SIP, a web server, or nobody",
	.facts = recognise_facts,
	.state_size = sizeof(struct recognise),
	.step = recognise_step,
	.stop = recognise_stop,
};
