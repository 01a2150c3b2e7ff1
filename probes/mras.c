/*
 * mras.c - asks the A/V Authentication service of an Edge for credentials:
 * SIP over TLS at the internal TCP 5062, where both sides show a certificate.
 *
 * Specification: msturn.md section 10. The secrets go into the credentials of
 * the engine's settings and nowhere else: no fact, no detail, no bytes of a
 * peer that was not understood.
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "common/model/credentials.h"
#include "common/wire/mras.h"
#include "probes/handshake.h"
#include "probes/secrecy.h"
#include "probes/sip_question.h"
#include "probes/trust.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define MINUTES	     480 /* what clients ask for */
#define BODY_MAX     4096
#define BUFFER_BYTES (128 * 1024)

struct mras {
	struct handshake handshake;
	enum { MRAS_CONNECTING, MRAS_SENDING, MRAS_WAITING } stage;
	struct sip_question question;
	int64_t asked_us; /* since 1970 */
	size_t sent;	  /* bytes of the request */
	char *buffer;	  /* from malloc; it holds secrets */
	size_t length;
};

static const struct fact_def mras_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	SIP_FACTS,
	CLIENT_FACTS,
	{"mras.reason", FACT_TEXT, "what the service said: OK"},
	{"mras.relay", FACT_TEXT, "one relay: location, host, UDP, TCP"},
	{"mras.duration", FACT_UINT, "minutes that the credentials hold"},
	{"mras.username_length", FACT_UINT, "bytes of the username"},
	{"mras.token_version", FACT_UINT, "its first byte"},
	{NULL, FACT_TEXT, NULL},
};

static enum want lost(struct check *check)
{
	struct mras *mras = check->state;
	const char *detail;
	enum outcome outcome = handshake_lost(check, &mras->handshake, &detail);

	return check_finish(check, outcome, "%s", detail);
}

/*
 * In TLS 1.3 a server's refusal crosses our request; the reset behind it may
 * be seen first, while the alert still waits to be read.
 */
static enum want lost_writing(struct check *check)
{
	struct mras *mras = check->state;
	int error = check->error;

	handshake_read(check, &mras->handshake, mras->buffer, BUFFER_BYTES);
	check->error = error;
	return lost(check);
}

/*
 * Asking
 */

static bool write_question(struct check *check)
{
	struct mras *mras = check->state;
	struct arena *arena = check->settings->arena;
	const struct check_spec *spec = check->spec;
	const struct mras_request request = {
		.request_id = "1",
		.to = spec->url,
		.from = arena_format(arena, "sip:edgeprobe@%s",
				     spec->from_domain),
		.location = "internet",
		.minutes = MINUTES,
		.version = 1,
	};
	struct endpoint own = dial_own(check);
	char *body = arena_alloc(arena, BODY_MAX);

	if (!mras_write_request(&request, body, BODY_MAX))
		return false;
	mras->question = (struct sip_question){
		.kind = SIP_CREDENTIALS,
		.domain = spec->from_domain,
		.uri = spec->url,
		.body = body,
	};
	sip_question_write(check, &mras->question, &own, spec->from_domain);
	return true;
}

static enum want send_question(struct check *check)
{
	struct mras *mras = check->state;

	while (mras->sent < mras->question.length) {
		ssize_t size =
			handshake_write(check, &mras->handshake,
					mras->question.request + mras->sent,
					mras->question.length - mras->sent);

		if (size < 0 && check->error == EAGAIN)
			return WANT_WRITE;
		if (size < 0)
			return lost_writing(check);
		mras->sent += (size_t)size;
	}
	mras->stage = MRAS_WAITING;
	mras->question.sent_us = clock_now_us();
	return WANT_ANSWER;
}

static enum want put_question(struct check *check)
{
	struct mras *mras = check->state;

	check_phase(check, "exchange");
	mras->asked_us = clock_wall_us();
	mras->buffer = malloc(BUFFER_BYTES);
	if (!mras->buffer || !write_question(check))
		return check_finish(check, OUTCOME_LOCAL,
				    "the question cannot be written");
	secrecy_hold(mras->buffer, BUFFER_BYTES);
	SSL_set_options(mras->handshake.ssl, SSL_OP_CLEANSE_PLAINTEXT);
	mras->stage = MRAS_SENDING;
	return send_question(check);
}

/*
 * The answer
 */

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static void note_grant(struct check *check, const struct mras_grant *grant)
{
	for (const struct mras_relay *relay = grant->relays; relay;
	     relay = relay->next)
		observe_text(check, "mras.relay",
			     arena_format(check->settings->arena, "%s %s %u %u",
					  or_dash(relay->location),
					  or_dash(relay->host), relay->udp,
					  relay->tcp));
	if (grant->minutes)
		observe_number(check, "mras.duration", grant->minutes);
	observe_number(check, "mras.username_length",
		       (int64_t)grant->username_length);
	observe_number(check, "mras.token_version", grant->username[0]);
}

/* Counted from the question on, so that it is never too late. */
static void hand_over(struct check *check, const struct mras_grant *grant)
{
	struct credentials *credentials = check->settings->credentials;
	const struct mras *mras = check->state;

	if (!credentials)
		return;
	*credentials = (struct credentials){
		.username_length = grant->username_length,
		.password_length = grant->password_length,
	};
	memcpy(credentials->username, grant->username, grant->username_length);
	memcpy(credentials->password, grant->password, grant->password_length);
	if (grant->minutes)
		credentials->expires_s = mras->asked_us / CLOCK_SECOND_US +
					 grant->minutes * INT64_C(60);
}

/* Only the first is ours: we asked once. */
static enum want take_answer(struct check *check,
			     const struct mras_answer *answer)
{
	const char *reason = mras_reason_phrase(answer->reason);

	observe_text(check, "mras.reason", reason);
	if (!answer->grant_count)
		return check_finish(check, OUTCOME_ANSWERED,
				    "the service said: %s", reason);
	note_grant(check, &answer->grants[0]);
	hand_over(check, &answer->grants[0]);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want take_message(struct check *check,
			      const struct sip_message *message)
{
	struct mras *mras = check->state;
	struct arena *arena = check->settings->arena;
	struct mras_answer answer;
	const char *why;
	enum want want;

	sip_question_observe(check, &mras->question, message);
	if (message->status != 200)
		return check_finish(check, OUTCOME_ANSWERED, "answered %u",
				    message->status);
	if (!mras_decode(arena, &answer, message->body.data,
			 message->body.length, &why))
		return check_finish(check, OUTCOME_GARBLED,
				    "not an answer of an A/V Authentication "
				    "service: %s",
				    why);
	want = take_answer(check, &answer);
	mras_forget(&answer);
	return want;
}

/* Names who it is; of what it says nothing is kept. */
static enum want finish_garbled(struct check *check, const char *why)
{
	struct mras *mras = check->state;
	enum wire_service service =
		wire_recognise((const uint8_t *)mras->buffer, mras->length);

	observe_spoke(check);
	if (service != WIRE_UNKNOWN)
		observe_service(check, service);
	return check_finish(check, OUTCOME_GARBLED, "not SIP: %s", why);
}

/* One message at the front of the buffer. */
static enum sip_progress read_message(struct check *check, const char **why)
{
	struct mras *mras = check->state;
	struct arena *arena = arena_new();
	struct sip_message message;
	size_t used = 0;
	enum sip_progress progress = sip_decode(arena, &message, mras->buffer,
						mras->length, &used, why);

	if (progress == SIP_WHOLE) {
		if (sip_question_settles(&mras->question, &message))
			take_message(check, &message);
		mras->length -= used;
		memmove(mras->buffer, mras->buffer + used, mras->length);
	}
	arena_free(arena);
	return progress;
}

static enum want digest(struct check *check)
{
	struct mras *mras = check->state;
	enum sip_progress progress = SIP_WHOLE;
	const char *why = "";

	while (mras->length && progress == SIP_WHOLE && !check->finished)
		progress = read_message(check, &why);
	if (check->finished)
		return WANT_NOTHING;
	if (progress == SIP_BROKEN)
		return finish_garbled(check, why);
	if (mras->length == BUFFER_BYTES)
		return finish_garbled(check, "it does not end");
	return WANT_ANSWER;
}

/* All that is there, as far as there is room, and only then a look at it. */
static enum want hear(struct check *check)
{
	struct mras *mras = check->state;
	ssize_t size;
	enum want want;

	do {
		size = handshake_read(check, &mras->handshake,
				      mras->buffer + mras->length,
				      BUFFER_BYTES - mras->length);
		if (size > 0)
			mras->length += (size_t)size;
	} while (size > 0 && mras->length < BUFFER_BYTES);
	want = digest(check);
	if (want != WANT_ANSWER)
		return want;
	if (size == 0 || (size < 0 && check->error != EAGAIN))
		return lost(check);
	if (size > 0)
		check->retry_us = clock_now_us(); /* OpenSSL may hold more */
	return WANT_ANSWER;
}

static enum want unanswered(struct check *check)
{
	const struct mras *mras = check->state;

	if (mras->length)
		observe_spoke(check);
	return check_finish(check, OUTCOME_NO_REPLY, "no reply in %.1f s",
			    check_phase_s(check));
}

static enum want begin(struct check *check)
{
	struct mras *mras = check->state;
	const struct check_spec *spec = check->spec;

	if (!spec->url || !sip_uri_is_lawful(spec->url))
		return check_finish(check, OUTCOME_LOCAL,
				    "the service's address is no SIP URI");
	if (!spec->from_domain || !sip_domain_is_lawful(spec->from_domain))
		return check_finish(check, OUTCOME_LOCAL, "not a SIP domain");
	if (!check->trust->partner)
		return check_finish(check, OUTCOME_LOCAL,
				    "there is no certificate to show");
	return handshake_begin(check, &mras->handshake);
}

static enum want mras_step(struct check *check, enum cue cue)
{
	struct mras *mras = check->state;
	enum want want;

	if (cue == CUE_START)
		return begin(check);
	if (mras->stage == MRAS_CONNECTING) {
		want = handshake_step(check, &mras->handshake, cue);
		if (want != WANT_NOTHING || check->finished)
			return want;
		return put_question(check);
	}
	if (cue == CUE_DEADLINE)
		return unanswered(check);
	if (mras->stage == MRAS_SENDING)
		return send_question(check);
	return hear(check);
}

static void mras_stop(struct check *check)
{
	struct mras *mras = check->state;

	handshake_end(&mras->handshake);
	if (mras->buffer)
		OPENSSL_cleanse(mras->buffer, BUFFER_BYTES);
	free(mras->buffer);
	mras->buffer = NULL;
}

const struct probe mras_probe = {
	.name = "mras",
	.summary = "asks an Edge inside for credentials of its relay (--cert)",
	.facts = mras_facts,
	.state_size = sizeof(struct mras),
	.round_trips = 4,
	.step = mras_step,
	.stop = mras_stop,
};
