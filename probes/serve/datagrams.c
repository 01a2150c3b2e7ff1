#include "probes/serve/datagrams.h"

#include "common/base/log.h"

#include <unistd.h>

#define DATAGRAMS_AT_ONCE 64 /* before others have their turn */

/* UDP knows no frames: a message and payload look as they are. */
static bool say(const struct allocation_client *client, bool is_message,
		const void *data, size_t length)
{
	const struct datagrams *datagrams = client->line;
	struct sockaddr_storage to;
	socklen_t size = endpoint_to_sockaddr(&client->from, &to);
	int descriptor = datagrams->elsewhere >= 0 ? datagrams->elsewhere
						   : datagrams->descriptor;

	(void)is_message;
	sendto(descriptor, data, length, 0, (struct sockaddr *)&to, size);
	return true;
}

static void hear(struct datagrams *datagrams, const struct sockaddr *from,
		 const void *data, size_t length)
{
	struct allocation_client client = {
		.line = datagrams,
		.from = {.transport = TRANSPORT_UDP},
		.say = say,
	};
	struct msturn_message request;
	const char *why;

	if (!endpoint_from_sockaddr(&client.from, from))
		return;
	/* a standard TURN server answers what has no such cookie */
	if (!relay_is_message(data, length) &&
	    !quirks_have(datagrams->relay->quirks, QUIRK_STANDARD_TURN))
		allocation_carry(datagrams->site, &client, data, length);
	else if (msturn_decode(&request, data, length, &why))
		allocation_hear(datagrams->site, datagrams->relay, &client,
				&request, data);
}

static void on_datagrams(evutil_socket_t descriptor, short what, void *context)
{
	struct datagrams *datagrams = context;
	uint8_t datagram[RELAY_MESSAGE_MAX];

	(void)what;
	for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
		struct sockaddr_storage from;
		socklen_t length = sizeof(from);
		ssize_t size = recvfrom(descriptor, datagram, sizeof(datagram),
					0, (struct sockaddr *)&from, &length);

		if (size < 0)
			return;
		if (!quirks_have(datagrams->relay->quirks, QUIRK_MUTE))
			hear(datagrams, (struct sockaddr *)&from, datagram,
			     (size_t)size);
	}
}

void datagrams_init(struct datagrams *datagrams)
{
	*datagrams = (struct datagrams){.descriptor = -1, .elsewhere = -1};
}

void datagrams_serve(struct datagrams *datagrams)
{
	datagrams->event =
		event_new(datagrams->site->base, datagrams->descriptor,
			  EV_READ | EV_PERSIST, on_datagrams, datagrams);
	if (!datagrams->event || event_priority_set(datagrams->event, 0) < 0 ||
	    event_add(datagrams->event, NULL) < 0)
		die("out of memory");
}

void datagrams_close(struct datagrams *datagrams)
{
	if (datagrams->event)
		event_free(datagrams->event);
	if (datagrams->descriptor >= 0)
		close(datagrams->descriptor);
	if (datagrams->elsewhere >= 0)
		close(datagrams->elsewhere);
}
