/*
 * msturn_tcp.c - asks an A/V Edge for a relay over TCP 443: the fixed hello
 * of pseudo-TLS, then framed messages in clear.
 *
 * Two probes share it: one is for A/V Edges and gives them time; the other
 * asks a listener that failed as something else whether it is one.
 *
 * Specification: [MS-TURN] 2.1.1, 2.1.4; msturn.md sections 2.2, 2.3, 11.3.
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "common/wire/tls.h"
#include "probes/dial.h"
#include "probes/hello.h"
#include "probes/msturn_request.h"
#include "probes/recognise.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define STREAM_MAX	(MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX)
#define FRAMES_MAX	16		/* that may come before the answer */
#define FOREIGN_WAIT_US INT64_C(300000) /* for all that a stranger says */

struct allocate {
	struct msturn_request request;
	enum { TCP_CONNECT, TCP_HELLO, TCP_FOREIGN, TCP_ALLOCATE } stage;
	bool asks_once; /* nothing more than who it is */
	bool is_second; /* the latest version is offered */
	uint8_t stream[STREAM_MAX];
	size_t stream_length;
	unsigned frames;
	bool has_spoken;
};

static const struct fact_def facts[] = {
	CONNECTION_FACTS,
	MSTURN_FACTS,
	{"turn.pseudo_tls", FACT_FLAG, "the hello of pseudo-TLS matched"},
	{"tls.alert", FACT_UINT, "number of the TLS alert received"},
	{"tls.alert_name", FACT_TEXT, "its name"},
	{NULL, FACT_TEXT, NULL},
};

/* Few bytes into an empty send buffer: all of them go at once. */
static bool send_all(struct check *check, const void *data, size_t length)
{
	ssize_t size = send(check->socket, data, length, MSG_NOSIGNAL);

	if (size == (ssize_t)length)
		return true;
	check->error = size < 0 ? errno : ENOBUFS;
	return false;
}

static enum want send_hello(struct check *check)
{
	struct allocate *allocate = check->state;
	uint8_t hello[PSEUDO_CLIENT_BYTES];

	hello_pseudo(hello);
	allocate->stage = TCP_HELLO;
	check_phase(check, "handshake");
	return send_all(check, hello, sizeof(hello)) ? WANT_READ
						     : socket_failed(check);
}

static enum want send_allocate(struct check *check)
{
	struct allocate *allocate = check->state;

	allocate->stage = TCP_ALLOCATE;
	allocate->request.sent = 1;
	check_phase(check, "allocate");
	return send_all(check, allocate->request.frame,
			MSTURN_FRAME_BYTES + allocate->request.length)
		       ? WANT_READ
		       : socket_failed(check);
}

/* The hello is answered by something else: who is it? */
static enum want finish_foreign(struct check *check)
{
	struct allocate *allocate = check->state;
	enum wire_service service =
		wire_recognise(allocate->stream, allocate->stream_length);
	uint8_t level, number;

	observe_peer(check, allocate->stream, allocate->stream_length);
	if (tls_alert(allocate->stream, allocate->stream_length, &level,
		      &number)) {
		observe_number(check, "tls.alert", number);
		observe_text(check, "tls.alert_name", tls_alert_name(number));
		return check_finish(check, OUTCOME_ALERT,
				    "a TLS server answers: alert %u %s", number,
				    tls_alert_name(number));
	}
	if (service == WIRE_UNKNOWN || service == WIRE_PSEUDO_TLS)
		return check_finish(check, OUTCOME_GARBLED,
				    "not the hello of an A/V Edge");
	return check_finish(check, OUTCOME_GARBLED,
			    "%s answers, not an A/V Edge",
			    wire_service_title(service));
}

static void drop_front(struct allocate *allocate, size_t size)
{
	allocate->stream_length -= size;
	memmove(allocate->stream, allocate->stream + size,
		allocate->stream_length);
}

static enum want begin_foreign(struct check *check)
{
	struct allocate *allocate = check->state;

	allocate->stage = TCP_FOREIGN;
	check->retry_us = clock_now_us() + FOREIGN_WAIT_US;
	return WANT_ANSWER;
}

static enum want read_hello(struct check *check)
{
	struct allocate *allocate = check->state;
	size_t length = allocate->stream_length;

	/* nothing may follow the hello before we have asked */
	if (!pseudo_server_begins(allocate->stream, length))
		return begin_foreign(check);
	if (length < PSEUDO_SERVER_BYTES)
		return WANT_READ;
	observe_flag(check, "turn.pseudo_tls", true);
	allocate->stream_length = 0;
	return send_allocate(check);
}

static enum want finish_broken(struct check *check, const char *why)
{
	struct allocate *allocate = check->state;

	observe_peer(check, allocate->stream, allocate->stream_length);
	return check_finish(check, OUTCOME_GARBLED, "not MSTURN: %s", why);
}

static enum want take_answer(struct check *check,
			     const struct msturn_message *reply,
			     const uint8_t *body, size_t length)
{
	struct allocate *allocate = check->state;
	struct msturn_request *request = &allocate->request;

	if (!msturn_request_end(check, request, reply, body, length) ||
	    allocate->is_second || allocate->asks_once)
		return check_finish(check, OUTCOME_ANSWERED, NULL);
	allocate->is_second = true;
	allocate->stream_length = 0;
	msturn_request_again(check, request);
	return send_all(check, request->frame,
			MSTURN_FRAME_BYTES + request->length)
		       ? WANT_ANSWER
		       : socket_failed(check);
}

/* A whole frame at the front of the stream. */
static enum want take_frame(struct check *check, uint8_t type, size_t length)
{
	struct allocate *allocate = check->state;
	const uint8_t *body = allocate->stream + MSTURN_FRAME_BYTES;
	struct msturn_message reply;
	const char *why;

	if (++allocate->frames > FRAMES_MAX)
		return finish_broken(check, "many messages, no answer");
	if (type == MSTURN_FRAME_CONTROL) {
		if (!msturn_decode(&reply, body, length, &why))
			return finish_broken(check, why);
		if (msturn_request_matches(&allocate->request, &reply))
			return take_answer(check, &reply, body, length);
	}
	drop_front(allocate, MSTURN_FRAME_BYTES + length);
	return WANT_READ;
}

static enum want read_frames(struct check *check)
{
	struct allocate *allocate = check->state;
	enum want want = WANT_READ;
	uint16_t length = 0;
	uint8_t type = 0;
	int state;

	while (want == WANT_READ) {
		state = msturn_frame(allocate->stream, allocate->stream_length,
				     &type, &length);
		if (state < 0)
			return finish_broken(check, "no frame");
		if (state > 0 && length > MSTURN_MESSAGE_MAX)
			return finish_broken(check, "a frame too long");
		if (state == 0 ||
		    allocate->stream_length - MSTURN_FRAME_BYTES < length)
			return WANT_READ;
		want = take_frame(check, type, length);
	}
	return want;
}

static enum want digest(struct check *check)
{
	struct allocate *allocate = check->state;

	switch (allocate->stage) {
	case TCP_HELLO:
		return read_hello(check);
	case TCP_ALLOCATE:
		return read_frames(check);
	default:
		return WANT_ANSWER; /* a stranger: collect */
	}
}

static enum want lost(struct check *check)
{
	struct allocate *allocate = check->state;

	if (allocate->stage == TCP_FOREIGN)
		return finish_foreign(check);
	if (allocate->has_spoken)
		observe_flag(check, "peer.spoke", true);
	return check->error ? socket_failed(check)
			    : check_finish(check, OUTCOME_CLOSED,
					   "the peer closed the connection");
}

/* Frames are taken out as they come whole, so there is always room. */
static enum want hear(struct check *check)
{
	struct allocate *allocate = check->state;
	size_t room = STREAM_MAX - allocate->stream_length;
	ssize_t size;

	if (!room)
		return finish_foreign(check);
	check->error = 0;
	size = receive(check, allocate->stream + allocate->stream_length, room);
	if (size < 0 && check->error == EAGAIN)
		return WANT_ANSWER;
	if (size <= 0)
		return lost(check);
	allocate->has_spoken = true;
	allocate->stream_length += (size_t)size;
	return digest(check);
}

static enum want too_late(struct check *check)
{
	struct allocate *allocate = check->state;

	if (allocate->stream_length && allocate->stage == TCP_ALLOCATE)
		return finish_broken(check, "a frame that does not end");
	if (allocate->stream_length)
		return finish_foreign(check);
	if (allocate->has_spoken)
		observe_flag(check, "peer.spoke", true);
	switch (allocate->stage) {
	case TCP_CONNECT:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply to TCP in %.1f s",
				    check_phase_s(check));
	case TCP_HELLO:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "TCP is open, but no reply to the hello "
				    "in %.1f s",
				    check_phase_s(check));
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "the hello matched, but no reply to "
				    "Allocate in %.1f s",
				    check_phase_s(check));
	}
}

static enum want start(struct check *check)
{
	struct allocate *allocate = check->state;

	msturn_request_write(&allocate->request, MSTURN_VERSION_FIRST);
	return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
}

static enum want allocate_step(struct check *check, enum cue cue)
{
	struct allocate *allocate = check->state;

	switch (cue) {
	case CUE_START:
		return start(check);
	case CUE_RETRY:
		return allocate->is_second ? too_late(check)
					   : finish_foreign(check);
	case CUE_DEADLINE:
		return too_late(check);
	default:
		if (allocate->stage != TCP_CONNECT)
			return hear(check);
		return dial_done(check) ? send_hello(check)
					: socket_failed(check);
	}
}

const struct probe msturn_allocate_tcp_probe = {
	.name = "msturn-allocate-tcp",
	.summary = "asks the A/V Edge for a relay over TCP",
	.facts = facts,
	.state_size = sizeof(struct allocate),
	.round_trips = 3,
	.step = allocate_step,
};

/* Who is asked on a suspicion is not waited for any longer than it takes. */
static enum want recognise_step(struct check *check, enum cue cue)
{
	struct allocate *allocate = check->state;
	size_t before = allocate->stream_length;
	bool is_over = cue == CUE_RETRY && allocate->stage != TCP_FOREIGN;
	enum want want;

	allocate->asks_once = true;
	want = allocate_step(check, is_over ? CUE_READY : cue);
	if (want != WANT_READ && want != WANT_ANSWER)
		return want;
	/* what came with the last moment was heard first */
	if (is_over && allocate->stage != TCP_FOREIGN)
		return allocate_step(check, CUE_DEADLINE);
	if (!check->retry_us || allocate->stream_length > before)
		recognise_wait(check, observation_number(check->open,
							 "tcp.rtt_us", 0));
	return WANT_ANSWER;
}

const struct probe recognise_av_probe = {
	.name = "recognise-av",
	.summary = "asks whether an A/V Edge answers in another's place",
	.facts = facts,
	.state_size = sizeof(struct allocate),
	.step = recognise_step,
};
