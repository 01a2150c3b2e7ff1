/*
 * sip.c - asks an Access Edge over TLS: who is there, and can people sign in.
 *
 * One connection, several questions, one after the other: a control OPTIONS for
 * a domain that cannot exist (504 at once is the healthy answer), then for each
 * domain OPTIONS and one anonymous REGISTER (401 comes from behind the Edge).
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "probes/handshake.h"
#include "probes/sip_question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 10 /* on one connection, out of politeness */
#define SILENT_MAX   2	/* questions without answer in a row */
#define BUFFER_FIRST 4096
#define CHUNK	     (64 * 1024) /* bytes read before they are looked at */
#define BUFFER_MAX   (SIP_HEADER_BYTES_MAX + SIP_BODY_BYTES_MAX)
#define RECEIVED_MAX (2 * BUFFER_MAX) /* bytes while one question is open */

struct sip {
	struct handshake handshake;
	enum { SIP_CONNECTING, SIP_SENDING, SIP_WAITING } stage;
	struct sip_question question;
	size_t asked;	   /* questions so far */
	size_t sent;	   /* bytes of the request */
	unsigned requests; /* on this connection */
	unsigned silent;
	char *buffer; /* from malloc: it may grow large */
	size_t length, capacity;
	size_t received; /* since the question was asked */
	bool has_spoken; /* the peer sent application data */
};

static const struct fact_def sip_facts[] = {
	CONNECTION_FACTS, TLS_FACTS,	CERTIFICATE_FACTS,
	SIP_FACTS,	  CLIENT_FACTS, {NULL, FACT_TEXT, NULL},
};

static const char *first_domain(const struct check *check)
{
	const struct check_spec *spec = check->spec;

	if (spec->from_domain)
		return spec->from_domain;
	if (spec->domain_count && sip_domain_is_lawful(spec->domains[0]))
		return spec->domains[0];
	return "edgeprobe.invalid";
}

/* The next question, or false when all were asked. */
static bool choose_question(struct check *check)
{
	const struct check_spec *spec = check->spec;
	struct sip *sip = check->state;
	size_t index = sip->asked++;

	sip->question = (struct sip_question){.domain = "-"};
	if (spec->from_domain) {
		sip->question.kind = SIP_PARTNER;
		if (index < spec->domain_count)
			sip->question.domain = spec->domains[index];
		return index < spec->domain_count;
	}
	if (index == 0)
		return true;
	if ((index - 1) / 2 >= spec->domain_count)
		return false;
	sip->question.domain = spec->domains[(index - 1) / 2];
	sip->question.kind = index % 2 ? SIP_OPTIONS : SIP_REGISTER;
	return true;
}

static enum want connect_again(struct check *check);

/*
 * Some servers close after each answer, and our next question was on its way
 * then: only one that a connection began with can be blamed.
 */
static bool may_have_crossed(const struct sip *sip, enum outcome outcome)
{
	return sip->requests > 1 && !sip->received &&
	       (outcome == OUTCOME_CLOSED || outcome == OUTCOME_RESET);
}

static enum want lost(struct check *check)
{
	struct sip *sip = check->state;
	const char *detail;
	enum outcome outcome = handshake_lost(check, &sip->handshake, &detail);

	if (may_have_crossed(sip, outcome))
		return connect_again(check);
	if (!sip->has_spoken && !handshake_shows_identity(check) &&
	    handshake_was_refused(&sip->handshake, outcome))
		observe_flag(check, "tls.client_certificate_refused", true);
	return check_finish(check, outcome, "%s", detail);
}

static enum want send_question(struct check *check)
{
	struct sip *sip = check->state;
	ssize_t size;

	while (sip->sent < sip->question.length) {
		size = handshake_write(check, &sip->handshake,
				       sip->question.request + sip->sent,
				       sip->question.length - sip->sent);
		if (size < 0 && check->error == EAGAIN)
			return WANT_WRITE;
		if (size < 0)
			return lost(check);
		sip->sent += (size_t)size;
	}
	sip->stage = SIP_WAITING;
	sip->question.sent_us = clock_now_us();
	return WANT_ANSWER;
}

static bool make_room(struct sip *sip)
{
	size_t capacity = sip->capacity ? 2 * sip->capacity : BUFFER_FIRST;
	char *buffer;

	if (sip->length < sip->capacity)
		return true;
	if (sip->capacity >= BUFFER_MAX)
		return false;
	buffer = realloc(sip->buffer, capacity);
	if (!buffer)
		return false;
	sip->buffer = buffer;
	sip->capacity = capacity;
	return true;
}

/* Whether the peer went away since its last answer. */
static bool hung_up(struct check *check)
{
	struct sip *sip = check->state;
	ssize_t size;

	if (!make_room(sip))
		return false; /* nothing but noise: asking will show it */
	size = handshake_read(check, &sip->handshake, sip->buffer + sip->length,
			      sip->capacity - sip->length);
	if (size > 0)
		sip->length += (size_t)size;
	return size <= 0 && check->error != EAGAIN;
}

static void write_question(struct check *check)
{
	struct sip *sip = check->state;
	struct endpoint own = dial_own(check);

	sip_question_write(check, &sip->question, &own, first_domain(check));
	sip->requests++;
	sip->sent = 0;
	sip->received = 0;
}

static enum want put_question(struct check *check)
{
	struct sip *sip = check->state;

	check_phase(check, "exchange");
	write_question(check);
	sip->stage = SIP_SENDING;
	return send_question(check);
}

/* The question's observation tells of the new connection too. */
static enum want connect_again(struct check *check)
{
	struct sip *sip = check->state;

	handshake_end(&sip->handshake);
	hang_up(check);
	sip->length = 0;
	sip->requests = 0;
	sip->stage = SIP_CONNECTING;
	return handshake_begin(check, &sip->handshake);
}

static enum want ask_next(struct check *check)
{
	struct sip *sip = check->state;

	for (;;) {
		if (!choose_question(check))
			return check_finish(check, OUTCOME_ANSWERED, NULL);
		observe_begin(check, sip_question_name(&sip->question),
			      sip->question.domain);
		if (sip->question.kind == SIP_CONTROL ||
		    sip_domain_is_lawful(sip->question.domain))
			break;
		observe_end(check, OUTCOME_LOCAL, "not a SIP domain");
	}
	if (sip->requests && (sip->requests >= REQUESTS_MAX || hung_up(check)))
		return connect_again(check);
	return put_question(check);
}

static void drop_front(struct sip *sip, size_t size)
{
	sip->length -= size;
	memmove(sip->buffer, sip->buffer + size, sip->length);
}

static enum want finish_garbled(struct check *check, const char *why)
{
	struct sip *sip = check->state;

	observe_peer(check, sip->buffer, sip->length);
	return check_finish(check, OUTCOME_GARBLED, "not SIP: %s", why);
}

/* A message that came whole: the answer, or one that is not for us. */
static bool take_message(struct check *check, const struct sip_message *message)
{
	struct sip *sip = check->state;

	if (sip->stage != SIP_WAITING ||
	    !sip_question_settles(&sip->question, message))
		return false; /* 1xx, the server's own requests, old answers */
	sip_question_observe(check, &sip->question, message);
	sip->silent = 0;
	observe_end(check, OUTCOME_ANSWERED, "answered %u", message->status);
	return true;
}

/* Reads what the buffer holds. Messages need memory only for this moment. */
static enum want digest(struct check *check)
{
	struct sip *sip = check->state;
	enum sip_progress progress = SIP_WHOLE;
	const char *why = "";
	bool settled = false;

	while (sip->length && progress == SIP_WHOLE && !settled) {
		struct arena *arena = arena_new();
		struct sip_message message;
		size_t used = 0;

		progress = sip_decode(arena, &message, sip->buffer, sip->length,
				      &used, &why);
		if (progress == SIP_WHOLE) {
			settled = take_message(check, &message);
			drop_front(sip, used);
		}
		arena_free(arena);
	}
	if (settled)
		return ask_next(check);
	if (progress == SIP_BROKEN)
		return finish_garbled(check, why);
	return WANT_ANSWER;
}

/* Reads what is there, at most CHUNK bytes; the last read's result. */
static ssize_t read_chunk(struct check *check)
{
	struct sip *sip = check->state;
	size_t chunk = 0;
	ssize_t size;

	do {
		if (!make_room(sip))
			return 1; /* full: as much as a chunk */
		size = handshake_read(check, &sip->handshake,
				      sip->buffer + sip->length,
				      sip->capacity - sip->length);
		if (size <= 0)
			return size;
		sip->has_spoken = true;
		sip->length += (size_t)size;
		sip->received += (size_t)size;
		chunk += (size_t)size;
	} while (chunk < CHUNK);
	return size;
}

/*
 * Looks at bytes by the chunk: one that sends a byte at a time would make us
 * read the same header thousands of times. After each, others have a turn.
 */
static enum want hear(struct check *check)
{
	struct sip *sip = check->state;
	ssize_t size = read_chunk(check);
	enum want want = digest(check);

	if (want != WANT_ANSWER)
		return want;
	if (size == 0 || (size < 0 && check->error != EAGAIN))
		return lost(check);
	if (sip->length >= BUFFER_MAX || sip->received > RECEIVED_MAX)
		return finish_garbled(check, "it does not end");
	if (size > 0)
		check->retry_us = clock_now_us(); /* OpenSSL may hold more */
	return WANT_ANSWER;
}

/* No reply to one question is not yet none to the next, but to the first. */
static enum want unanswered(struct check *check)
{
	struct sip *sip = check->state;

	if (sip->received)
		observe_flag(check, "peer.spoke", true);
	observe_end(check, OUTCOME_NO_REPLY, "no reply in %.1f s",
		    check_phase_s(check));
	if (sip->asked == 1 || ++sip->silent >= SILENT_MAX ||
	    sip->stage == SIP_SENDING)
		return check_finish(check, OUTCOME_NO_REPLY, NULL);
	return ask_next(check);
}

/*
 * The question goes out while a refusal may still come. Of the connection's
 * own observation it is no part: that ends with the first bytes.
 */
static void ask_early(struct check *check)
{
	struct sip *sip = check->state;
	ssize_t size;

	if (!sip->asked)
		choose_question(check);
	write_question(check);
	sip->question.sent_us = sip->handshake.asked_us;
	size = handshake_write(check, &sip->handshake, sip->question.request,
			       sip->question.length);
	sip->sent = size > 0 ? (size_t)size : 0;
}

/* Nobody refused: the question that was asked early awaits its answer. */
static enum want go_on(struct check *check)
{
	struct sip *sip = check->state;
	int64_t asked_us = sip->handshake.asked_us;

	if (strcmp(check->open->probe, check->probe->name) == 0) {
		observe_end(check, OUTCOME_ANSWERED, NULL);
		observe_begin_since(check, sip_question_name(&sip->question),
				    sip->question.domain, asked_us);
	}
	check_phase_since(check, "exchange", asked_us);
	sip->stage = SIP_WAITING;
	if (sip->sent == sip->question.length)
		return hear(check);
	sip->stage = SIP_SENDING;
	return send_question(check);
}

static enum want connecting(struct check *check, enum cue cue)
{
	struct sip *sip = check->state;
	enum want want = handshake_step(check, &sip->handshake, cue);

	if (want != WANT_NOTHING || check->finished)
		return want;
	if (sip->handshake.asked_us)
		return go_on(check);
	if (sip->asked)
		return put_question(check);
	observe_end(check, OUTCOME_ANSWERED, NULL);
	return ask_next(check);
}

static enum want sip_step(struct check *check, enum cue cue)
{
	struct sip *sip = check->state;

	if (cue == CUE_START) {
		sip->handshake.ask = ask_early;
		return handshake_begin(check, &sip->handshake);
	}
	if (sip->stage == SIP_CONNECTING)
		return connecting(check, cue);
	if (cue == CUE_DEADLINE)
		return unanswered(check);
	if (sip->stage == SIP_SENDING)
		return send_question(check);
	return hear(check);
}

static void sip_stop(struct check *check)
{
	struct sip *sip = check->state;

	handshake_end(&sip->handshake);
	free(sip->buffer);
	sip->buffer = NULL;
}

const struct probe sip_probe = {
	.name = "sip",
	.summary = "asks an Access Edge over TLS who it is and for a sign-in",
	.facts = sip_facts,
	.state_size = sizeof(struct sip),
	.round_trips = 4,
	.step = sip_step,
	.stop = sip_stop,
};

const struct probe sip_partner_probe = {
	.name = "sip-partner",
	.summary = "asks an Access Edge as a partner would (--cert)",
	.facts = sip_facts,
	.state_size = sizeof(struct sip),
	.round_trips = 4,
	.step = sip_step,
	.stop = sip_stop,
};
