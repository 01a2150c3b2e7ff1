#include "tests/bench/relay_client.h"

#include "common/base/log.h"
#include "probes/msturn_request.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TRIES	    10
#define PATIENCE_MS 500 /* before the next of them */
#define MISMATCH    437

/* The line */

static bool wait_for(const struct relay_client *client, short what)
{
	struct pollfd waited = {client->line.descriptor, what, 0};

	return poll(&waited, 1, PATIENCE_MS) > 0;
}

static enum line_event read_line(struct relay_client *client,
				 struct line_news *news)
{
	enum line_event event =
		turn_line_read(&client->check, &client->line, news);

	if (event == LINE_ERROR)
		die("the line broke: %s", strerror(abs(client->check.error)));
	if (event == LINE_CLOSED || event == LINE_FOREIGN)
		die("the relay closed the line");
	return event;
}

static void greet(struct relay_client *client)
{
	enum line_event event = LINE_ERROR;
	struct line_news news;

	if (wait_for(client, POLLOUT))
		event = turn_line_connected(&client->check, &client->line);
	if (event == LINE_ERROR)
		die("cannot connect: %s", strerror(abs(client->check.error)));
	for (unsigned i = 0; event != LINE_OPENED; i++) {
		if (i == TRIES)
			die("no hello from the relay");
		wait_for(client, POLLIN);
		event = read_line(client, &news);
	}
}

static void open_line(struct relay_client *client)
{
	if (!turn_line_open(&client->check, &client->line,
			    &client->turn.server))
		die("no line: %s", strerror(abs(client->check.error)));
	if (client->line.is_tcp)
		greet(client);
}

struct relay_client *relay_client_new(const struct endpoint *server,
				      bool is_standard,
				      const struct credentials *credentials,
				      uint32_t lifetime_s)
{
	struct relay_client *client = calloc(1, sizeof(*client));

	if (!client)
		die("out of memory");
	client->line.is_standard = client->turn.is_standard = is_standard;
	client->turn.credentials = credentials;
	client->turn.version = MSTURN_VERSION_FIRST;
	client->turn.lifetime_s = lifetime_s;
	client->turn.server = *server;
	open_line(client);
	return client;
}

void relay_client_free(struct relay_client *client)
{
	turn_line_close(&client->line);
	turn_client_forget(&client->turn);
	free(client);
}

/* Questions */

static enum turn_event hear(struct relay_client *client)
{
	struct msturn_message message;
	struct line_news news;
	const char *why;

	if (read_line(client, &news) != LINE_MESSAGE ||
	    !msturn_decode(&message, news.data, news.length, &why))
		return TURN_IGNORED;
	return turn_client_hear(&client->turn, &message, news.data);
}

static void put(struct relay_client *client, const uint8_t *frame,
		size_t length)
{
	if (!turn_line_send(&client->check, &client->line, frame, length,
			    &client->turn.server))
		die("cannot send: %s", strerror(abs(client->check.error)));
}

/* Says what was written until it is answered. */
static enum turn_event exchange(struct relay_client *client)
{
	enum turn_event event = TURN_IGNORED;

	for (unsigned i = 0; i < TRIES; i++) {
		if (!i || !client->line.is_tcp)
			put(client, client->turn.frame, client->turn.length);
		while (wait_for(client, POLLIN)) {
			event = hear(client);
			if (event != TURN_IGNORED && event != TURN_DATA)
				return event;
		}
	}
	die("the relay does not answer");
}

/* Another port of ours, where the one we got was somebody's a while ago and
 * the relay still remembers (RFC 8656 7.4). */
static bool moves(struct relay_client *client, enum turn_event event)
{
	struct turn_client *turn = &client->turn;

	if (event != TURN_REFUSED || turn->error_code != MISMATCH ||
	    turn->request != TURN_ALLOCATE || client->line.is_tcp ||
	    client->moves++ == TRIES)
		return false;
	turn_line_close(&client->line);
	open_line(client);
	turn->has_challenge = false;
	return true;
}

void relay_client_ask(struct relay_client *client, enum turn_request request,
		      const struct endpoint *peer)
{
	enum turn_event event = TURN_ASK_AGAIN;

	while (event == TURN_ASK_AGAIN || moves(client, event)) {
		if (!turn_client_ask(&client->turn, request, peer))
			die("request %d does not fit", (int)request);
		event = exchange(client);
	}
	if (event != TURN_GRANTED)
		die("request %d is refused with %u", (int)request,
		    client->turn.error_code);
}

void relay_client_permit(struct relay_client *client,
			 const struct endpoint *peer)
{
	if (client->turn.is_standard)
		relay_client_ask(client, TURN_PERMISSION, peer);
	else /* who is sent to may answer */
		relay_client_send(client, peer, false, "", 1);
}

/* Data */

static void send_aimed(struct relay_client *client, const void *data,
		       size_t length)
{
	if (!turn_line_send_data(&client->check, &client->line, data, length,
				 &client->turn.server))
		die("cannot send: %s", strerror(abs(client->check.error)));
}

void relay_client_send(struct relay_client *client, const struct endpoint *peer,
		       bool is_aimed, const void *data, size_t length)
{
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	size_t size;

	if (is_aimed) {
		send_aimed(client, data, length);
		return;
	}
	size = turn_client_send(&client->turn, peer, data, length, frame,
				sizeof(frame));
	if (!size)
		die("%zu bytes do not fit into a message", length);
	put(client, frame, size - MSTURN_FRAME_BYTES);
}

/* MSTURN over UDP: data looks as it is, and ours never as a message does. */
static bool is_data(enum line_event event, const struct line_news *news)
{
	return event == LINE_DATA || (news->length && news->data[0] == 0xff);
}

bool relay_client_hear(struct relay_client *client, struct msturn_text *data)
{
	struct msturn_message message;
	struct line_news news;
	enum line_event event;
	const char *why;

	while ((event = read_line(client, &news)) != LINE_NOTHING) {
		*data = (struct msturn_text){news.data, news.length};
		if (is_data(event, &news))
			return true;
		if (msturn_decode(&message, news.data, news.length, &why) &&
		    turn_client_hear(&client->turn, &message, news.data) ==
			    TURN_DATA) {
			*data = message.data;
			return true;
		}
	}
	return false;
}
