/*
 * recognise_turn.c - whether a standard TURN server stands where the A/V Edge
 * should, over TCP: one Allocate in its own dialect, without pseudo-TLS.
 *
 * Such a server may take that hello for the beginning of a message of its own
 * and wait for the rest, as coturn does: its silence tells nothing.
 * Specification: RFC 8656 7.1; msturn.md 13.3.
 */
#include "probes/registry.h"

#include "probes/dial.h"
#include "probes/msturn_request.h"
#include "probes/recognise.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct recognise_turn {
	struct msturn_request request;
	bool is_asked;
	uint8_t stream[MSTURN_MESSAGE_MAX];
	size_t length;
};

static const struct fact_def facts[] = {
	CONNECTION_FACTS,
	MSTURN_FACTS,
	{NULL, FACT_TEXT, NULL},
};

static enum want ask(struct check *check)
{
	struct recognise_turn *turn = check->state;
	struct msturn_message message = {
		.type = MSTURN_ALLOCATE_REQUEST,
		.is_standard = true,
		.has_requested_transport = true,
		.requested_transport = IPPROTO_UDP,
	};
	uint8_t datagram[64];
	size_t length;

	msturn_choose_transaction(turn->request.transaction);
	memcpy(message.transaction, turn->request.transaction,
	       sizeof(message.transaction));
	length = msturn_encode(&message, NULL, datagram, sizeof(datagram));
	turn->request.sent = 1;
	turn->is_asked = true;
	check_phase(check, "allocate");
	/* few bytes into an empty send buffer: all of them go at once */
	if (send(check->socket, datagram, length, MSG_NOSIGNAL) < 0) {
		check->error = errno;
		return socket_failed(check);
	}
	recognise_wait(check, observation_number(check->open, "tcp.rtt_us", 0));
	return WANT_ANSWER;
}

static enum want conclude(struct check *check)
{
	struct recognise_turn *turn = check->state;

	if (!turn->length)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply to TURN in %.1f s",
				    check_phase_s(check));
	observe_peer(check, turn->stream, turn->length);
	return check_finish(check, OUTCOME_GARBLED,
			    "what answers does not speak TURN");
}

/* Messages follow each other without a frame (RFC 8489 6.2.2). */
static bool is_whole(const struct recognise_turn *turn)
{
	return turn->length >= MSTURN_HEADER_BYTES &&
	       turn->length >=
		       MSTURN_HEADER_BYTES +
			       (size_t)(turn->stream[2] << 8 | turn->stream[3]);
}

static enum want take_answer(struct check *check)
{
	struct recognise_turn *turn = check->state;
	size_t length = MSTURN_HEADER_BYTES +
			(size_t)(turn->stream[2] << 8 | turn->stream[3]);
	struct msturn_message answer;
	const char *why;

	if (!msturn_decode(&answer, turn->stream, length, &why) ||
	    !msturn_request_matches(&turn->request, &answer))
		return conclude(check);
	msturn_request_end(check, &turn->request, &answer, turn->stream,
			   length);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want hear(struct check *check)
{
	struct recognise_turn *turn = check->state;
	size_t room = sizeof(turn->stream) - turn->length;
	ssize_t size;

	if (!room)
		return conclude(check);
	check->error = 0;
	size = receive(check, turn->stream + turn->length, room);
	if (size < 0 && check->error == EAGAIN)
		return WANT_ANSWER;
	if (size < 0)
		return socket_failed(check);
	if (size == 0)
		return turn->length
			       ? conclude(check)
			       : check_finish(check, OUTCOME_CLOSED,
					      "the peer closed the connection");
	turn->length += (size_t)size;
	return is_whole(turn) ? take_answer(check) : WANT_ANSWER;
}

static enum want recognise_turn_step(struct check *check, enum cue cue)
{
	const struct recognise_turn *turn = check->state;

	switch (cue) {
	case CUE_START:
		return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
	case CUE_RETRY:
	case CUE_DEADLINE:
		return conclude(check);
	default:
		if (turn->is_asked)
			return hear(check);
		return dial_done(check) ? ask(check) : socket_failed(check);
	}
}

const struct probe recognise_turn_probe = {
	.name = "recognise-turn",
	.summary = "asks whether a standard TURN server is in an A/V Edge's "
		   "place",
	.facts = facts,
	.state_size = sizeof(struct recognise_turn),
	.step = recognise_turn_step,
};
