#include "probes/trial_wait.h"

#include "common/base/log.h"

#include <errno.h>
#include <unistd.h>

/* False: nothing is said to it. */
static bool answer(struct trial *trial, uint8_t packet[TRIAL_BYTES],
		   size_t length, const struct bidding_place *from)
{
	struct trial_packet question;

	if (!trial_decode(&question, trial->trials->key, packet, length) ||
	    question.kind != TRIAL_ASK ||
	    question.number != trial->plan.number ||
	    trial->answers == TRIAL_ANSWERS_MAX)
		return false;
	trial->answers++;
	trial->result.arrived++;
	if (trial->result.status == BIDDING_WAITING)
		trial->result.seen = *from;
	question.kind = TRIAL_ANSWER;
	question.seen_from = from->address;
	question.seen_port = from->port;
	trial_encode(&question, trial->trials->key, packet);
	return true;
}

void trial_wait_on_datagram(evutil_socket_t descriptor, short what,
			    void *context)
{
	struct trial *trial = context;
	uint8_t packet[TRIAL_BYTES + 1]; /* one more is too many */
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	struct bidding_place from;
	ssize_t length = recvfrom(descriptor, packet, sizeof(packet), 0,
				  (struct sockaddr *)&name, &size);

	(void)what;
	if (length <= 0)
		return;
	from = trial_play_place(&name);
	if (!answer(trial, packet, (size_t)length, &from))
		return;
	(void)!sendto(descriptor, packet, (size_t)length, MSG_NOSIGNAL,
		      (struct sockaddr *)&name, size);
	trial_play_settle(trial, BIDDING_ARRIVED);
}

static void dismiss(struct visitor *visitor)
{
	if (!visitor->event)
		return;
	close(event_get_fd(visitor->event));
	event_free(visitor->event);
	*visitor = (struct visitor){0};
}

/* Who has the key closes the connection; who has not is shown the door. */
static void on_visitor(evutil_socket_t descriptor, short what, void *context)
{
	struct visitor *visitor = context;
	struct trial *trial = visitor->trial;
	uint8_t *end = visitor->packet + visitor->length;
	uint8_t spare;
	ssize_t size;

	(void)what;
	if (visitor->is_known)
		size = recv(descriptor, &spare, 1, 0);
	else
		size = recv(descriptor, end, TRIAL_BYTES - visitor->length, 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0 || visitor->is_known) {
		dismiss(visitor);
		return;
	}
	visitor->length += (size_t)size;
	if (visitor->length < TRIAL_BYTES)
		return;
	if (!answer(trial, visitor->packet, TRIAL_BYTES, &visitor->from)) {
		dismiss(visitor);
		return;
	}
	visitor->is_known = true;
	(void)!send(descriptor, visitor->packet, TRIAL_BYTES, MSG_NOSIGNAL);
	trial_play_settle(trial, BIDDING_ARRIVED);
}

/* Whether one gives way before another. */
static bool goes_first(const struct visitor *one, const struct visitor *other)
{
	if (!one->event || !other->event)
		return !one->event && other->event;
	if (one->is_known != other->is_known)
		return other->is_known;
	return one->since < other->since;
}

static struct visitor *find_place(struct trial *trial)
{
	struct visitor *place = &trial->visitors[0];

	for (size_t i = 1; i < TRIAL_VISITORS_MAX; i++)
		if (goes_first(&trial->visitors[i], place))
			place = &trial->visitors[i];
	dismiss(place);
	return place;
}

void trial_wait_on_connection(evutil_socket_t descriptor, short what,
			      void *context)
{
	struct trial *trial = context;
	struct visitor *visitor;
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int taken = accept4(descriptor, (struct sockaddr *)&name, &size,
			    SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (taken < 0)
		return;
	visitor = find_place(trial);
	visitor->event = event_new(trial->trials->base, taken,
				   EV_READ | EV_PERSIST, on_visitor, visitor);
	if (!visitor->event)
		die("out of memory");
	visitor->trial = trial;
	visitor->from = trial_play_place(&name);
	visitor->since = ++trial->visits;
	event_add(visitor->event, NULL);
}

void trial_wait_close(struct trial *trial)
{
	for (size_t i = 0; i < TRIAL_VISITORS_MAX; i++)
		dismiss(&trial->visitors[i]);
}
