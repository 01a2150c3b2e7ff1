#include "probes/trial_send.h"

#include <errno.h>
#include <string.h>

#define AGAIN_MAX_MS 2400

/* Over IPv6 a firewall's "prohibited" comes as EACCES (RFC 4443 3.1). */
static enum bidding_status status_of(int error)
{
	return error == EACCES ? BIDDING_UNREACHABLE : trial_play_status(error);
}

static void send_question(struct trial *trial)
{
	struct trial_packet question = {
		.kind = TRIAL_ASK,
		.number = trial->plan.number,
	};
	uint8_t packet[TRIAL_BYTES];

	memcpy(question.nonce, trial->nonce, sizeof(question.nonce));
	trial_encode(&question, trial->trials->key, packet);
	if (send(event_get_fd(trial->event), packet, sizeof(packet),
		 MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && errno != ENOBUFS)
		trial_play_settle(trial, status_of(errno));
}

static void send_later(struct trial *trial)
{
	const struct timeval pause = {
		.tv_sec = trial->again_ms / 1000,
		.tv_usec = trial->again_ms % 1000 * 1000,
	};

	evtimer_add(trial->again, &pause);
	if (trial->again_ms < AGAIN_MAX_MS)
		trial->again_ms *= 2;
}

void trial_send_on_again(evutil_socket_t descriptor, short what, void *context)
{
	struct trial *trial = context;

	(void)descriptor;
	(void)what;
	send_question(trial);
	if (!trial_play_is_settled(trial))
		send_later(trial);
}

/* An answer counts for the question that is open, and for no other. */
static bool is_answer(struct trial *trial, const uint8_t *packet, size_t length)
{
	struct trial_packet reply;

	if (!trial_decode(&reply, trial->trials->key, packet, length) ||
	    reply.kind != TRIAL_ANSWER || reply.number != trial->plan.number ||
	    memcmp(reply.nonce, trial->nonce, sizeof(reply.nonce)) != 0)
		return false;
	trial->result.seen.address = reply.seen_from;
	trial->result.seen.port = reply.seen_port;
	return true;
}

void trial_send_on_datagram(evutil_socket_t descriptor, short what,
			    void *context)
{
	struct trial *trial = context;
	uint8_t packet[TRIAL_BYTES + 1];
	ssize_t length = recv(descriptor, packet, sizeof(packet), 0);

	(void)what;
	if (length < 0 && errno != EAGAIN)
		trial_play_settle(trial, status_of(errno));
	else if (length > 0 && is_answer(trial, packet, (size_t)length))
		trial_play_settle(trial, BIDDING_ANSWERED);
}

static void hear_stream(struct trial *trial, int descriptor)
{
	ssize_t size = recv(descriptor, trial->packet + trial->length,
			    TRIAL_BYTES - trial->length, 0);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size > 0)
		trial->length += (size_t)size;
	if (size > 0 && trial->length < TRIAL_BYTES)
		return;
	if (size < 0)
		trial_play_settle(trial, status_of(errno));
	else if (size == 0)
		trial_play_settle(trial, BIDDING_CLOSED);
	else if (is_answer(trial, trial->packet, TRIAL_BYTES))
		trial_play_settle(trial, BIDDING_ANSWERED);
	else
		trial_play_settle(trial, BIDDING_GARBLED);
	trial_play_drop(&trial->event);
}

void trial_send_on_stream(evutil_socket_t descriptor, short what, void *context)
{
	struct trial *trial = context;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)what;
	if (trial->is_connected) {
		hear_stream(trial, descriptor);
		return;
	}
	getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		trial_play_settle(trial, status_of(error));
		trial_play_drop(&trial->event);
		return;
	}
	trial->is_connected = true;
	event_del(trial->event);
	event_assign(trial->event, trial->trials->base, descriptor,
		     EV_READ | EV_PERSIST, trial_send_on_stream, trial);
	event_add(trial->event, NULL);
	send_question(trial);
}

void trial_send_begin(struct trial *trial)
{
	struct sockaddr_storage name;
	socklen_t size = trial_play_name(&trial->plan.to, &name);

	if (connect(event_get_fd(trial->event), (struct sockaddr *)&name,
		    size) < 0 &&
	    errno != EINPROGRESS) {
		trial_play_settle(trial, status_of(errno));
		return;
	}
	event_add(trial->event, NULL);
	if (!trial->plan.is_udp)
		return;
	send_question(trial);
	if (!trial_play_is_settled(trial))
		send_later(trial);
}
