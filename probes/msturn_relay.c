/*
 * msturn_relay.c - proves the media path: allocates with credentials, sends
 * packets through the relay to a peer and back, first by Send requests, then
 * to the active destination, and gives back what it took.
 *
 * Observations: "msturn-relay", the allocation; "relay-path", the packets;
 * "msturn-release". Over TCP the probe and the path have "-tcp" in the end.
 * Specification: msturn.md 6, 8, 12; product.md decisions 2, 13, 14.
 */
#include "probes/msturn_relay.h"

#include "common/base/clock.h"
#include "common/base/random.h"
#include "probes/fan.h"
#include "probes/msturn_relay_path.h"
#include "probes/msturn_request.h"
#include "probes/registry.h"

#include <errno.h>
#include <string.h>

#define MS_VERSION	1  /* SHA-1 integrity and one IPv4 relay address */
#define LIFETIME_S	60 /* msturn.md 12 */
#define RELEASE_WAIT_US INT64_C(1000000)
#define RELEASE_TRIES	2

/* When a request goes out again, after the first; as in msturn.c. */
static const int64_t again_us[] = {0, 500000, 1500000, 3500000};
#define SENDS (sizeof(again_us) / sizeof(again_us[0]))

static const struct fact_def facts[] = {
	MSTURN_FACTS,
	{"turn.integrity", FACT_TEXT, "Message Integrity of the answer"},
	{"turn.lifetime_s", FACT_UINT, "seconds granted"},
	{"turn.redirect", FACT_ADDRESS, "a server that it was sent on to"},
	{"turn.local_address", FACT_ADDRESS, "our own end"},
	{"turn.pseudo_tls", FACT_FLAG, "the hello of pseudo-TLS matched"},
	{"relay.peer", FACT_ADDRESS, "to whom packets were relayed"},
	{"relay.peer_elsewhere", FACT_FLAG, "it is on another machine"},
	{"relay.no_peer", FACT_FLAG, "nobody here could be sent to"},
	{"relay.sent", FACT_UINT, "packets sent by Send requests"},
	{"relay.out", FACT_UINT, "of them those that the peer received"},
	{"relay.back", FACT_UINT, "of them those that came back"},
	{"relay.source", FACT_ADDRESS, "where the peer saw them come from"},
	{"relay.rtt_us", FACT_UINT, "shortest round trip through the relay"},
	{"relay.rtt_max_us", FACT_UINT, "longest"},
	{"relay.jitter_us", FACT_UINT, "jitter (RFC 3550) of the round trips"},
	{"relay.reordered", FACT_UINT, "packets that came after a later one"},
	{"relay.direct", FACT_UINT,
	 "packets that came back from the active destination"},
	{"relay.largest", FACT_UINT, "bytes of the largest of those"},
	{"relay.direct_error", FACT_UINT,
	 "error code of Set Active Destination"},
	{"relay.private", FACT_FLAG, "it is willing to relay to the inside"},
	ICMP_FACTS,
	{"peer.spoke", FACT_FLAG, "the peer sent something"},
	{"peer.service", FACT_TEXT, "what its first bytes look like"},
	{"peer.bytes", FACT_BYTES, "the first bytes that came"},
	{NULL, FACT_TEXT, NULL},
};

static enum want begin_release(struct check *check);

/*
 * Asking the relay
 */

static enum want send_request(struct check *check)
{
	struct relay_look *relay = check->state;
	struct turn_client *client = &relay->client;
	bool again = !relay->line.is_tcp && relay->tries + 1 < SENDS;

	if (!turn_line_send(check, &relay->line, client->frame, client->length,
			    &client->server))
		return socket_failed(check);
	relay->tries++;
	check->retry_us = again ? relay->asked_us + again_us[relay->tries] : 0;
	return WANT_ANSWER;
}

enum want msturn_relay_ask(struct check *check, enum turn_request request)
{
	struct relay_look *relay = check->state;

	relay->asked_us = clock_now_us();
	relay->tries = 0;
	if (!turn_client_ask(&relay->client, request, relay->destination))
		return check_finish(check, OUTCOME_LOCAL,
				    "the credentials fit no message");
	return send_request(check);
}

/* A standard server is asked first who we are, as any STUN server may be. */
static enum want begin_asking(struct check *check)
{
	const struct relay_look *relay = check->state;

	check_phase(check, "allocate");
	return msturn_relay_ask(check, relay->client.is_standard
					       ? TURN_BINDING
					       : TURN_ALLOCATE);
}

/* To where we were sent on: that it is no place to go is no fault of ours. */
static enum want no_way(struct check *check)
{
	const struct relay_look *relay = check->state;

	if (!relay->client.redirects)
		return socket_failed(check);
	return check_finish(check, OUTCOME_UNREACHABLE,
			    "sent on to where no way leads from here");
}

/* The connection, or the socket that is as good as one. */
static enum want dial(struct check *check)
{
	struct relay_look *relay = check->state;
	struct turn_line *line = &relay->line;

	check_phase(check, line->is_tcp ? "connect" : "allocate");
	if (!turn_line_open(check, line, &relay->client.server))
		return no_way(check);
	if (line->is_tcp) {
		fan_add_writer(check, line->descriptor, RELAY_LINE);
		return WANT_ANSWER;
	}
	fan_add_reader(check, line->descriptor, RELAY_LINE);
	return begin_asking(check);
}

static enum want start(struct check *check)
{
	struct relay_look *relay = check->state;
	const struct relay_wish *wish = check->settings->relay;

	relay->line.descriptor = -1;
	relay->peer.descriptor = relay->peer.connection = -1;
	if (!wish)
		return check_finish(check, OUTCOME_LOCAL,
				    "there are no credentials");
	relay->wish = wish;
	relay->line.is_tcp = check->spec->endpoint.transport == TRANSPORT_TCP;
	relay->client.is_standard = relay->line.is_standard =
		strncmp(check->probe->name, "turn-", 5) == 0;
	relay->client.credentials = wish->credentials;
	relay->client.version = MS_VERSION;
	relay->client.lifetime_s =
		wish->lifetime_s ? wish->lifetime_s : LIFETIME_S;
	relay->client.server = check->spec->endpoint;
	relay->client.follows = !relay->line.is_tcp;
	memcpy(relay->path.key, wish->key, sizeof(wish->key));
	if (!wish->peer.address.family)
		random_fill(relay->path.key, sizeof(relay->path.key));
	random_fill(relay->path.session, sizeof(relay->path.session));
	return fan_open(check) ? dial(check) : socket_failed(check);
}

/*
 * The allocation
 */

void msturn_relay_note_address(struct check *check, const char *key,
			       const struct msturn_address *address)
{
	if (address->address.family)
		observe_address(check, key, &address->address, address->port);
}

static void note_answer(struct check *check)
{
	const struct relay_look *relay = check->state;
	const struct turn_client *client = &relay->client;
	struct endpoint own;
	char text[ADDRESS_TEXT_BYTES];

	if (client->error_code)
		observe_number(check, "turn.error_code", client->error_code);
	observe_text(check, "turn.integrity",
		     turn_integrity_name(client->integrity));
	msturn_relay_note_address(check, "turn.mapped_address",
				  &client->relayed);
	msturn_relay_note_address(check, "turn.xor_mapped_address",
				  &client->reflexive);
	msturn_relay_note_address(check, "turn.alternate_server",
				  &client->alternate);
	if (client->has_allocation)
		observe_number(check, "turn.lifetime_s", client->granted_s);
	if (!turn_line_own(&relay->line, &own))
		return;
	observe_address(check, "turn.local_address", &own.address, own.port);
	check->source = arena_text(check->settings->arena,
				   address_format(text, &own.address));
}

/* Who it is; once, since a challenge comes before the answer. */
static void note_relay(struct check *check,
		       const struct msturn_message *message)
{
	if (observation_fact(check->open, "turn.cookie"))
		return;
	if (message->realm.data)
		observe_bytes(check, "turn.realm", message->realm.data,
			      message->realm.length);
	if (message->software.data)
		observe_bytes(check, "turn.software", message->software.data,
			      message->software.length);
	if (message->has_version)
		observe_number(check, "turn.ms_version", message->version);
	observe_flag(check, "turn.cookie", message->has_cookie);
	observe_flag(check, "turn.standard", message->is_standard);
}

static void note_reason(struct check *check,
			const struct msturn_message *message)
{
	if (message->error_reason.data)
		observe_bytes(check, "turn.error_reason",
			      message->error_reason.data,
			      message->error_reason.length);
}

static enum want allocated(struct check *check)
{
	struct relay_look *relay = check->state;

	turn_line_own(&relay->line, &relay->own);
	if (!relay->client.relayed.address.family ||
	    !relay->client.relayed.port)
		return check_finish(check, OUTCOME_GARBLED,
				    "granted, but without a relay address");
	observe_end(check, OUTCOME_ANSWERED, "granted for %u s",
		    relay->client.granted_s);
	return msturn_relay_path_begin(check);
}

static enum want refused(struct check *check)
{
	const struct turn_client *client =
		&((const struct relay_look *)check->state)->client;

	if (!client->error_code)
		return check_finish(check, OUTCOME_GARBLED,
				    "an answer without Magic Cookie, as of a "
				    "standard TURN server");
	return check_finish(check, OUTCOME_ANSWERED, "refused with %u",
			    client->error_code);
}

/* Another server is named: there, with the same question. */
static enum want go_elsewhere(struct check *check)
{
	struct relay_look *relay = check->state;
	const struct endpoint *server = &relay->client.server;

	observe_address(check, "turn.redirect", &server->address, server->port);
	if (!relay->line.is_tcp)
		return msturn_relay_ask(check, relay->client.request);
	turn_line_close(&relay->line);
	return dial(check);
}

/*
 * The end: what was taken is given back
 */

enum want msturn_relay_leave(struct check *check)
{
	struct relay_look *relay = check->state;

	relay->stage = STAGE_REFRESH;
	observe_begin(check, "msturn-release", "-");
	check_phase(check, "refresh");
	return msturn_relay_ask(check, TURN_REFRESH);
}

static enum want begin_release(struct check *check)
{
	struct relay_look *relay = check->state;

	relay->stage = STAGE_RELEASE;
	check_phase(check, "release");
	msturn_relay_ask(check, TURN_RELEASE);
	if (check->finished)
		return WANT_NOTHING;
	check->retry_us = clock_now_us() + RELEASE_WAIT_US;
	return WANT_ANSWER;
}

static enum want released(struct check *check)
{
	const struct relay_look *relay = check->state;
	unsigned code = relay->client.error_code;

	if (code) {
		observe_number(check, "turn.error_code", code);
		return check_finish(check, OUTCOME_ANSWERED,
				    "the release is answered with %u", code);
	}
	return check_finish(check, OUTCOME_ANSWERED, "released");
}

/*
 * What comes
 */

static enum want granted(struct check *check)
{
	struct relay_look *relay = check->state;

	switch (relay->client.request) {
	case TURN_BINDING:
		return msturn_relay_ask(check, TURN_ALLOCATE);
	case TURN_ALLOCATE:
		note_answer(check);
		return allocated(check);
	case TURN_PERMISSION:
		return msturn_relay_path_allowed(check);
	case TURN_DESTINATION:
		return msturn_relay_path_destined(check, true);
	case TURN_REFRESH:
		observe_number(check, "turn.lifetime_s",
			       relay->client.granted_s);
		return begin_release(check);
	default:
		return released(check);
	}
}

static enum want turned_down(struct check *check)
{
	struct relay_look *relay = check->state;

	switch (relay->client.request) {
	case TURN_BINDING:
	case TURN_ALLOCATE:
		note_answer(check);
		return refused(check);
	case TURN_PERMISSION:
		observe_number(check, "turn.error_code",
			       relay->client.error_code);
		return msturn_relay_path_late(check);
	case TURN_DESTINATION:
		return msturn_relay_path_destined(check, false);
	case TURN_REFRESH:
		observe_number(check, "turn.error_code",
			       relay->client.error_code);
		return begin_release(check);
	default:
		return released(check);
	}
}

static enum want take_message(struct check *check, const struct line_news *news)
{
	struct relay_look *relay = check->state;
	struct msturn_message message;
	enum turn_event event;
	const char *why;

	if (!msturn_decode(&message, news->data, news->length, &why)) {
		msturn_relay_path_take(check, news->data, news->length);
		return WANT_ANSWER;
	}
	event = turn_client_hear(&relay->client, &message, news->data);
	if (event == TURN_DATA) {
		msturn_relay_path_take(check, message.data.data,
				       message.data.length);
		return WANT_ANSWER;
	}
	if (event == TURN_IGNORED)
		return WANT_ANSWER;
	if (relay->stage == STAGE_ALLOCATE) {
		note_relay(check, &message);
		if (event == TURN_REFUSED)
			note_reason(check, &message);
		if (news->from.address.family && !relay->is_heard)
			observe_address(check, "reply.address",
					&news->from.address, news->from.port);
		relay->is_heard = true;
	}
	check->retry_us = 0;
	if (event == TURN_ASK_AGAIN)
		return msturn_relay_ask(check, relay->client.request);
	if (event == TURN_ELSEWHERE)
		return go_elsewhere(check);
	return event == TURN_GRANTED ? granted(check) : turned_down(check);
}

static enum want lost(struct check *check, enum line_event event,
		      const struct line_news *news)
{
	if (event == LINE_ERROR)
		return socket_failed(check);
	if (event == LINE_CLOSED)
		return check_finish(check, OUTCOME_CLOSED,
				    "the relay closed the connection");
	observe_peer(check, news->data, news->length);
	return check_finish(check, OUTCOME_GARBLED,
			    "what answers does not speak MSTURN");
}

static enum want take_news(struct check *check, enum line_event event,
			   const struct line_news *news)
{
	switch (event) {
	case LINE_OPENED:
		observe_flag(check, "turn.pseudo_tls", true);
		return begin_asking(check);
	case LINE_MESSAGE:
		return take_message(check, news);
	case LINE_DATA:
		msturn_relay_path_take(check, news->data, news->length);
		return WANT_ANSWER;
	default:
		return lost(check, event, news);
	}
}

#define NEWS_MAX 64 /* of one turn: others wait, too */

static enum want read_line(struct check *check)
{
	struct relay_look *relay = check->state;
	enum want want = WANT_ANSWER;
	struct line_news news = {0};
	enum line_event event;

	if (relay->line.stage == LINE_CONNECT) {
		event = turn_line_connected(check, &relay->line);
		if (event == LINE_ERROR)
			return lost(check, event, &news);
		fan_expect_answer(check, relay->line.descriptor, RELAY_LINE);
		if (event == LINE_OPENED)
			return begin_asking(check);
		check_phase(check, "handshake");
		return WANT_ANSWER;
	}
	for (unsigned i = 0; (i < NEWS_MAX || turn_line_holds(&relay->line)) &&
			     want == WANT_ANSWER;
	     i++) {
		event = turn_line_read(check, &relay->line, &news);
		if (event == LINE_NOTHING)
			break;
		want = take_news(check, event, &news);
	}
	return want;
}

static enum want retry(struct check *check);

/* Who is never silent does not keep us from what we have to say. */
static enum want retry_when_due(struct check *check)
{
	if (!check->retry_us || clock_now_us() < check->retry_us)
		return WANT_ANSWER;
	check->retry_us = 0;
	return retry(check);
}

static enum want hear(struct check *check)
{
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);
	enum want want = WANT_ANSWER;

	for (unsigned i = 0; i < count && want == WANT_ANSWER; i++) {
		if (ready[i] == RELAY_LINE)
			want = read_line(check);
		else
			msturn_relay_path_work(check);
	}
	if (want == WANT_ANSWER)
		want = msturn_relay_path_go_on(check);
	return want == WANT_ANSWER ? retry_when_due(check) : want;
}

/*
 * What does not come
 */

static enum want retry(struct check *check)
{
	struct relay_look *relay = check->state;

	switch (relay->stage) {
	case STAGE_OPEN:
	case STAGE_SEND:
	case STAGE_STATUS:
	case STAGE_DIRECT:
		return msturn_relay_path_retry(check);
	case STAGE_RELEASE:
		if (relay->tries == RELEASE_TRIES)
			return check_finish(check, OUTCOME_NO_REPLY,
					    "no reply to the release");
		send_request(check);
		check->retry_us = clock_now_us() + RELEASE_WAIT_US;
		return check->finished ? WANT_NOTHING : WANT_ANSWER;
	default:
		return send_request(check);
	}
}

static enum want too_late(struct check *check)
{
	const struct relay_look *relay = check->state;

	switch (relay->stage) {
	case STAGE_ALLOCATE:
		return check_finish(check, OUTCOME_NO_REPLY, "%s in %.1f s",
				    relay->is_heard
					    ? "asks for credentials, and does "
					      "not answer them"
					    : "no reply",
				    check_phase_s(check));
	case STAGE_REFRESH:
		return begin_release(check);
	case STAGE_RELEASE:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply in %.1f s", check_phase_s(check));
	default:
		return msturn_relay_path_late(check);
	}
}

static enum want relay_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return start(check);
	case CUE_RETRY:
		return retry(check);
	case CUE_DEADLINE:
		return too_late(check);
	default:
		return hear(check);
	}
}

/* Whatever ends it: a relay port is not left behind. */
static void relay_stop(struct check *check)
{
	struct relay_look *relay = check->state;
	struct turn_client *client = &relay->client;

	if (relay->line.descriptor >= 0 && turn_client_gives_back(client))
		turn_line_send(check, &relay->line, client->frame,
			       client->length, &client->server);
	turn_client_forget(client);
	turn_line_close(&relay->line);
	relay_peer_close(&relay->peer);
}

const struct probe msturn_relay_probe = {
	.name = "msturn-relay",
	.summary = "sends packets through the relay of the A/V Edge and back",
	.facts = facts,
	.state_size = sizeof(struct relay_look),
	.step = relay_step,
	.stop = relay_stop,
};

const struct probe msturn_relay_tcp_probe = {
	.name = "msturn-relay-tcp",
	.summary = "the same over TCP",
	.facts = facts,
	.state_size = sizeof(struct relay_look),
	.step = relay_step,
	.stop = relay_stop,
};

const struct probe turn_relay_probe = {
	.name = "turn-relay",
	.summary = "the same with a standard TURN server (RFC 8656)",
	.facts = facts,
	.state_size = sizeof(struct relay_look),
	.step = relay_step,
	.stop = relay_stop,
};

const struct probe turn_relay_tcp_probe = {
	.name = "turn-relay-tcp",
	.summary = "the same over TCP",
	.facts = facts,
	.state_size = sizeof(struct relay_look),
	.step = relay_step,
	.stop = relay_stop,
};
