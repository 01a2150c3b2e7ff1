/* msturn.c - asks an A/V Edge for a relay over UDP 3478. */
#include "probes/registry.h"

#include "probes/dial.h"
#include "probes/msturn_request.h"

#include <string.h>

#define STRAY_KEPT 64 /* bytes of a datagram that was not ours */

/* When requests go out, after the first; gentler than RFC 3489 9.3. */
static const int64_t send_at_us[] = {0, 500000, 1500000, 3500000};
#define SENDS (sizeof(send_at_us) / sizeof(send_at_us[0]))

struct allocate {
	struct msturn_request request;
	bool is_second;	 /* the latest version is offered */
	unsigned others; /* answers of other transactions */
	bool has_stray;
	uint8_t stray[STRAY_KEPT];
	size_t stray_length;
};

static const struct fact_def facts[] = {
	MSTURN_FACTS,
	ICMP_FACTS,
	{"peer.spoke", FACT_FLAG, "the peer sent something"},
	{"peer.service", FACT_TEXT, "what its first bytes look like"},
	{"peer.bytes", FACT_BYTES, "the first bytes that came"},
	{NULL, FACT_TEXT, NULL},
};

static enum want send_request(struct check *check)
{
	struct allocate *allocate = check->state;
	struct msturn_request *request = &allocate->request;

	if (!dial_send(check, request->frame + MSTURN_FRAME_BYTES,
		       request->length))
		return socket_failed(check);
	request->sent++;
	if (request->sent < SENDS)
		check->retry_us = check->phase_us + send_at_us[request->sent];
	return WANT_ANSWER;
}

static enum want start(struct check *check)
{
	struct allocate *allocate = check->state;

	check_phase(check, "allocate");
	msturn_request_write(&allocate->request, MSTURN_VERSION_FIRST);
	return dial_udp(check) ? send_request(check) : socket_failed(check);
}

/* Kept for the end: nothing better may come. */
static enum want keep_stray(struct check *check, const void *data,
			    size_t length)
{
	struct allocate *allocate = check->state;

	if (!allocate->has_stray) {
		allocate->has_stray = true;
		allocate->stray_length =
			length < STRAY_KEPT ? length : STRAY_KEPT;
		memcpy(allocate->stray, data, allocate->stray_length);
	}
	return WANT_ANSWER;
}

static enum want ask_again(struct check *check)
{
	struct allocate *allocate = check->state;
	struct msturn_request *request = &allocate->request;

	allocate->is_second = true;
	msturn_request_again(check, request);
	return dial_send(check, request->frame + MSTURN_FRAME_BYTES,
			 request->length)
		       ? WANT_ANSWER
		       : socket_failed(check);
}

static enum want read_reply(struct check *check)
{
	struct allocate *allocate = check->state;
	uint8_t datagram[MSTURN_MESSAGE_MAX];
	struct msturn_message reply;
	struct endpoint from;
	const char *why;
	ssize_t size = receive_from(check, datagram, sizeof(datagram), &from);

	if (size < 0)
		return socket_failed(check);
	if (!msturn_decode(&reply, datagram, (size_t)size, &why))
		return keep_stray(check, datagram, (size_t)size);
	if (!msturn_request_matches(&allocate->request, &reply)) {
		allocate->others++;
		observe_spoke(check);
		return WANT_ANSWER; /* another transaction: keep waiting */
	}
	observe_address(check, "reply.address", &from.address, from.port);
	if (!msturn_request_end(check, &allocate->request, &reply, datagram,
				(size_t)size) ||
	    allocate->is_second)
		return check_finish(check, OUTCOME_ANSWERED, NULL);
	return ask_again(check);
}

static enum want too_late(struct check *check)
{
	struct allocate *allocate = check->state;
	unsigned sent = allocate->request.sent;

	observe_number(check, "turn.requests", sent);
	if (allocate->has_stray) {
		observe_peer(check, allocate->stray, allocate->stray_length);
		return check_finish(check, OUTCOME_GARBLED,
				    "what answers does not speak MSTURN");
	}
	return check_finish(check, OUTCOME_NO_REPLY,
			    "no reply to %u requests in %.1f s%s", sent,
			    check_phase_s(check),
			    allocate->others ? ", only to others'" : "");
}

static enum want allocate_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return start(check);
	case CUE_RETRY:
		if (((const struct allocate *)check->state)->is_second)
			return too_late(check);
		return send_request(check);
	case CUE_DEADLINE:
		return too_late(check);
	default:
		return read_reply(check);
	}
}

const struct probe msturn_allocate_probe = {
	.name = "msturn-allocate",
	.summary = "asks the A/V Edge for a relay over UDP",
	.facts = facts,
	.state_size = sizeof(struct allocate),
	.round_trips = 1,
	.step = allocate_step,
};
