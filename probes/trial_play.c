#include "probes/trial_play.h"

#include "common/base/clock.h"

#include <errno.h>
#include <unistd.h>

bool trial_play_is_settled(const struct trial *trial)
{
	return trial->result.status != BIDDING_WAITING || trial->is_left;
}

void trial_play_look_around(struct trials *trials)
{
	for (size_t i = 0; i < trials->count; i++)
		if (!trial_play_is_settled(&trials->items[i]))
			return;
	if (trials->started_us)
		event_active(trials->tell, EV_TIMEOUT, 0);
}

void trial_play_settle(struct trial *trial, enum bidding_status status)
{
	if (trial->result.status != BIDDING_WAITING)
		return;
	trial->result.status = status;
	if (trial->trials->started_us)
		trial->took_us = clock_now_us() - trial->trials->started_us;
	if (trial->again)
		event_del(trial->again);
	trial_play_look_around(trial->trials);
}

/* RST instead of FIN: no port is held back for later trials. */
static void close_at_once(int descriptor)
{
	const struct linger linger = {.l_onoff = 1};

	setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(descriptor);
}

void trial_play_drop(struct event **event)
{
	if (!*event)
		return;
	close_at_once(event_get_fd(*event));
	event_free(*event);
	*event = NULL;
}

enum bidding_status trial_play_status(int error)
{
	static const struct {
		int error;
		enum bidding_status status;
	} known[] = {
		{EADDRINUSE, BIDDING_IN_USE},
		{EADDRNOTAVAIL, BIDDING_NO_ADDRESS},
		{EACCES, BIDDING_NOT_PERMITTED},
		{EPERM, BIDDING_NOT_PERMITTED},
		{ECONNREFUSED, BIDDING_REFUSED},
		{ECONNRESET, BIDDING_RESET},
		{EPIPE, BIDDING_RESET},
		{EHOSTUNREACH, BIDDING_UNREACHABLE},
		{ENETUNREACH, BIDDING_UNREACHABLE},
		{ENOPROTOOPT, BIDDING_UNREACHABLE},
		{EPROTO, BIDDING_UNREACHABLE},
		{ETIMEDOUT, BIDDING_WAITING},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			return known[i].status;
	return BIDDING_FAILED;
}

struct bidding_place trial_play_place(const struct sockaddr_storage *name)
{
	struct endpoint endpoint = {0};

	endpoint_from_sockaddr(&endpoint, (const struct sockaddr *)name);
	return (struct bidding_place){endpoint.address, endpoint.port};
}

socklen_t trial_play_name(const struct bidding_place *place,
			  struct sockaddr_storage *name)
{
	const struct endpoint endpoint = {.address = place->address,
					  .port = place->port};

	return endpoint_to_sockaddr(&endpoint, name);
}
