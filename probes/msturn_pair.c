/*
 * msturn_pair.c - whether two A/V Edges reach one another through their
 * public addresses: an allocation at each, and packets from the one's relay
 * port to the other's, both ways.
 *
 * On one server such packets might never leave it, so the two must differ.
 * The first packet each way may be lost, for nobody has allowed it yet.
 * Specification: msturn.md 8.2, 12 (3b); rule nat.edge-to-edge-av.
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "common/base/random.h"
#include "probes/fan.h"
#include "probes/msturn_relay.h"
#include "probes/msturn_request.h"
#include "probes/relay_path.h"
#include "probes/turn_client.h"
#include "probes/turn_line.h"

#include <string.h>

#define MS_VERSION 1
#define LIFETIME_S 60
#define SIDES	   2
#define ROUNDS	   5
#define ROUND_US   INT64_C(100000)
#define LAST_US	   INT64_C(500000)
#define AGAIN_US   INT64_C(500000)
#define SENDS_MAX  4
#define NEWS_MAX   16

struct side {
	struct turn_client client;
	struct turn_line line;
	struct relay_path path; /* of what this side sends */
	unsigned sends;		/* of the request that is outstanding */
};

struct pair {
	struct side sides[SIDES];
	bool is_sending;
	unsigned rounds;
};

static const struct fact_def facts[] = {
	{"pair.other", FACT_ADDRESS, "the other A/V Edge"},
	{"pair.relayed", FACT_ADDRESS, "what this one granted"},
	{"pair.other_relayed", FACT_ADDRESS, "what the other granted"},
	{"pair.sent", FACT_UINT, "packets sent each way"},
	{"pair.there", FACT_UINT, "of them those that reached the other"},
	{"pair.back", FACT_UINT, "of the other's those that came here"},
	{NULL, FACT_TEXT, NULL},
};

/* The row of the allocation says so, and why. */
static enum want end_without(struct check *check)
{
	return check_finish(check, OUTCOME_LOCAL,
			    "one of the two grants no allocation");
}

/* Before there are relays, trouble is that of asking for one. */
static enum want line_failed(struct check *check)
{
	const struct pair *pair = check->state;

	return pair->is_sending ? socket_failed(check) : end_without(check);
}

static enum want ask(struct check *check, struct side *side)
{
	if (!side->sends++ &&
	    !turn_client_ask(&side->client, TURN_ALLOCATE, NULL))
		return check_finish(check, OUTCOME_LOCAL,
				    "the credentials fit no message");
	return turn_line_send(check, &side->line, side->client.frame,
			      side->client.length, &side->client.server)
		       ? WANT_ANSWER
		       : line_failed(check);
}

static bool open_side(struct check *check, struct side *side, unsigned index)
{
	const struct relay_wish *wish = check->settings->relay;

	side->client = (struct turn_client){
		.credentials = wish->credentials,
		.version = MS_VERSION,
		.lifetime_s = LIFETIME_S,
		.server = index ? check->spec->second : check->spec->endpoint,
	};
	random_fill(side->path.key, sizeof(side->path.key));
	random_fill(side->path.session, sizeof(side->path.session));
	return turn_line_open(check, &side->line, &side->client.server) &&
	       fan_add_reader(check, side->line.descriptor, index);
}

static enum want start(struct check *check)
{
	struct pair *pair = check->state;
	const struct endpoint *other = &check->spec->second;

	for (unsigned i = 0; i < SIDES; i++)
		pair->sides[i].line.descriptor = -1;
	if (!check->settings->relay || !check->settings->relay->credentials)
		return check_finish(check, OUTCOME_LOCAL,
				    "there are no credentials");
	check_phase(check, "allocate");
	observe_address(check, "pair.other", &other->address, other->port);
	if (!fan_open(check))
		return socket_failed(check);
	for (unsigned i = 0; i < SIDES; i++)
		if (!open_side(check, &pair->sides[i], i) ||
		    ask(check, &pair->sides[i]) == WANT_NOTHING)
			return check->finished ? WANT_NOTHING
					       : socket_failed(check);
	check->retry_us = clock_now_us() + AGAIN_US;
	return WANT_ANSWER;
}

/*
 * Sending
 */

static struct endpoint relayed_of(const struct side *side)
{
	return (struct endpoint){.address = side->client.relayed.address,
				 .port = side->client.relayed.port,
				 .transport = TRANSPORT_UDP};
}

static enum want send_round(struct check *check)
{
	struct pair *pair = check->state;
	uint8_t packet[ECHO_BYTES], frame[MSTURN_MESSAGE_MAX];

	pair->rounds++;
	check_phase(check, "relay");
	for (unsigned i = 0; i < SIDES; i++) {
		struct side *side = &pair->sides[i];
		const struct endpoint to = relayed_of(&pair->sides[!i]);
		size_t length;

		relay_path_ask(&side->path, packet, sizeof(packet),
			       clock_now_us());
		length = turn_client_send(&side->client, &to, packet,
					  sizeof(packet), frame, sizeof(frame));
		if (!length || !turn_line_send(check, &side->line, frame,
					       length - MSTURN_FRAME_BYTES,
					       &side->client.server))
			return socket_failed(check);
	}
	check->retry_us =
		clock_now_us() + (pair->rounds < ROUNDS ? ROUND_US : LAST_US);
	return WANT_ANSWER;
}

static enum want finish(struct check *check)
{
	const struct pair *pair = check->state;
	unsigned there = pair->sides[0].path.out;
	unsigned back = pair->sides[1].path.out;

	observe_number(check, "pair.sent", pair->rounds);
	observe_number(check, "pair.there", there);
	observe_number(check, "pair.back", back);
	if (there && back)
		return check_finish(check, OUTCOME_ANSWERED, NULL);
	return check_finish(check, OUTCOME_NO_REPLY,
			    "%u of %u packets reached the other, and %u came "
			    "from it",
			    there, pair->rounds, back);
}

static enum want begin_sending(struct check *check)
{
	struct pair *pair = check->state;
	static const char *const keys[SIDES] = {"pair.relayed",
						"pair.other_relayed"};

	for (unsigned i = 0; i < SIDES; i++) {
		const struct endpoint at = relayed_of(&pair->sides[i]);

		observe_address(check, keys[i], &at.address, at.port);
	}
	pair->is_sending = true;
	return send_round(check);
}

/*
 * Hearing
 */

static bool is_through(const struct pair *pair)
{
	return pair->sides[0].path.out && pair->sides[1].path.out;
}

/* What came out of a relay is what the other side has sent. */
static void take_data(struct pair *pair, unsigned index,
		      const struct msturn_message *message)
{
	uint8_t packet[ECHO_BYTES];
	const struct endpoint from = {.address = message->remote.address,
				      .port = message->remote.port};

	if (message->data.length != sizeof(packet))
		return;
	memcpy(packet, message->data.data, sizeof(packet));
	relay_path_answer(&pair->sides[!index].path, packet, sizeof(packet),
			  &from);
}

static enum want take_message(struct check *check, unsigned index,
			      const struct line_news *news)
{
	struct pair *pair = check->state;
	struct side *side = &pair->sides[index];
	struct msturn_message message;
	const char *why;

	if (!msturn_decode(&message, news->data, news->length, &why))
		return WANT_ANSWER;
	switch (turn_client_hear(&side->client, &message, news->data)) {
	case TURN_DATA:
		take_data(pair, index, &message);
		return WANT_ANSWER;
	case TURN_ASK_AGAIN:
	case TURN_ELSEWHERE:
		side->sends = 0;
		return ask(check, side);
	case TURN_REFUSED:
		return end_without(check);
	default:
		return WANT_ANSWER;
	}
}

static enum want read_side(struct check *check, unsigned index)
{
	struct pair *pair = check->state;
	enum want want = WANT_ANSWER;
	struct line_news news;

	for (unsigned i = 0; i < NEWS_MAX && want == WANT_ANSWER; i++) {
		enum line_event event =
			turn_line_read(check, &pair->sides[index].line, &news);

		if (event == LINE_NOTHING)
			break;
		if (event != LINE_MESSAGE)
			return line_failed(check);
		want = take_message(check, index, &news);
	}
	return want;
}

static enum want go_on(struct check *check)
{
	struct pair *pair = check->state;

	if (is_through(pair))
		return finish(check);
	if (!pair->is_sending && pair->sides[0].client.has_allocation &&
	    pair->sides[1].client.has_allocation)
		return begin_sending(check);
	return WANT_ANSWER;
}

static enum want hear(struct check *check)
{
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);
	enum want want = WANT_ANSWER;

	for (unsigned i = 0; i < count && want == WANT_ANSWER; i++)
		want = read_side(check, ready[i]);
	return want == WANT_ANSWER ? go_on(check) : want;
}

static enum want retry(struct check *check)
{
	struct pair *pair = check->state;
	enum want want = WANT_ANSWER;

	if (pair->is_sending)
		return pair->rounds < ROUNDS ? send_round(check)
					     : finish(check);
	for (unsigned i = 0; i < SIDES && want == WANT_ANSWER; i++)
		if (!pair->sides[i].client.has_allocation &&
		    pair->sides[i].client.length &&
		    pair->sides[i].sends < SENDS_MAX)
			want = ask(check, &pair->sides[i]);
	check->retry_us = clock_now_us() + AGAIN_US;
	return want;
}

static enum want pair_step(struct check *check, enum cue cue)
{
	const struct pair *pair = check->state;

	switch (cue) {
	case CUE_START:
		return start(check);
	case CUE_RETRY:
		return retry(check);
	case CUE_DEADLINE:
		return pair->is_sending ? finish(check) : end_without(check);
	default:
		return hear(check);
	}
}

/* Whatever ends it: no relay port is left behind. */
static void pair_stop(struct check *check)
{
	struct pair *pair = check->state;

	for (unsigned i = 0; i < SIDES; i++) {
		struct side *side = &pair->sides[i];
		struct turn_client *client = &side->client;

		if (side->line.descriptor >= 0 &&
		    turn_client_gives_back(client))
			turn_line_send(check, &side->line, client->frame,
				       client->length, &client->server);
		turn_client_forget(client);
		turn_line_close(&side->line);
	}
}

const struct probe msturn_pair_probe = {
	.name = "relay-pair",
	.summary = "sends packets from one A/V Edge's relay to another's",
	.facts = facts,
	.state_size = sizeof(struct pair),
	.step = pair_step,
	.stop = pair_stop,
};
