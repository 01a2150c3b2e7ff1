/*
 * msturn_relay.c - proves the media path: allocates with credentials, sends
 * packets through the relay to a peer and back, first by Send requests, then
 * to the active destination, and gives back what it took.
 *
 * Observations: "msturn-relay", the allocation; "relay-path", the packets;
 * "msturn-release". Over TCP the probe and the path have "-tcp" in the end.
 * Specification: msturn.md 6, 8, 12; product.md decisions 2, 13, 14.
 */
#include "probes/registry.h"

#include "common/base/clock.h"
#include "probes/fan.h"
#include "probes/msturn_relay.h"
#include "probes/msturn_request.h"
#include "probes/relay_peer.h"
#include "probes/turn_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define MS_VERSION	 1  /* SHA-1 integrity and one IPv4 relay address */
#define LIFETIME_S	 60 /* msturn.md 12 */
#define PACKETS		 5
#define INTERVAL_US	 INT64_C(50000)
#define VOICE_PACKETS	 500
#define VOICE_US	 INT64_C(20000) /* 50 packets a second */
#define VOICE_BYTES	 172		/* RTP with 20 ms of G.711 */
#define LAST_WAIT_US	 INT64_C(1000000)
#define STATUS_WAIT_US	 INT64_C(500000)
#define STATUS_TRIES	 3
#define RELEASE_WAIT_US	 INT64_C(1000000)
#define RELEASE_TRIES	 2
#define INDEX_LINE	 0
#define INDEX_PEER	 1
#define INDEX_CONNECTION 2

/* When a request goes out again, after the first; as in msturn.c. */
static const int64_t again_us[] = {0, 500000, 1500000, 3500000};
#define SENDS (sizeof(again_us) / sizeof(again_us[0]))

/* Payloads of packets of common sizes, the last of 1500 bytes over IPv4. */
static const size_t sizes[] = {ECHO_BYTES, 548, 1232, 1372, 1472};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

enum stage {
	STAGE_ALLOCATE, /* with the connection before it */
	STAGE_OPEN,	/* the peer elsewhere is asked whether it is there */
	STAGE_SEND,
	STAGE_STATUS, /* it is asked what it saw */
	STAGE_DESTINATION,
	STAGE_DIRECT,
	STAGE_ABUSE,
	STAGE_REFRESH,
	STAGE_RELEASE,
};

struct relay {
	const struct relay_wish *wish;
	struct turn_client client;
	struct turn_line line;
	struct relay_peer peer;
	struct relay_path path;
	struct echo_stream incoming; /* over TCP, through the relay */
	struct endpoint own;
	enum stage stage;
	int64_t asked_us;
	unsigned tries;
	unsigned packets; /* that are to be sent in this stage */
	bool has_status, is_heard, is_checked; /* for abuse */
	unsigned direct_back; /* before the active destination was set */
	size_t direct;	      /* sizes sent to it */
};

static const struct fact_def facts[] = {
	MSTURN_FACTS,
	{"turn.integrity", FACT_TEXT, "Message Integrity of the answer"},
	{"turn.lifetime_s", FACT_UINT, "seconds granted"},
	{"turn.redirect", FACT_ADDRESS, "a server that it was sent on to"},
	{"turn.local_address", FACT_ADDRESS, "our own end"},
	{"turn.pseudo_tls", FACT_FLAG, "the hello of pseudo-TLS matched"},
	{"relay.peer", FACT_ADDRESS, "to whom packets were relayed"},
	{"relay.peer_elsewhere", FACT_FLAG, "it is on another machine"},
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

static enum want begin_path(struct check *check);
static enum want begin_direct(struct check *check);
static enum want end_path(struct check *check);
static enum want begin_refresh(struct check *check);
static enum want begin_release(struct check *check);

/*
 * Asking the relay
 */

/* Where no relay should send what strangers give it. */
static const struct endpoint *private_place(const struct relay *relay)
{
	static const struct endpoint places[] = {
		{.address = {AF_INET, {10, 0, 0, 1}}, .port = 9},
		{.address = {AF_INET6, {0xfd, [15] = 1}}, .port = 9},
	};

	return &places[relay->client.relayed.address.family == AF_INET6];
}

static enum want send_request(struct check *check)
{
	struct relay *relay = check->state;
	struct turn_client *client = &relay->client;
	bool again = !relay->line.is_tcp && relay->tries + 1 < SENDS;

	if (!turn_line_send(check, &relay->line, client->frame, client->length,
			    &client->server))
		return socket_failed(check);
	relay->tries++;
	check->retry_us = again ? relay->asked_us + again_us[relay->tries] : 0;
	return WANT_ANSWER;
}

static enum want ask(struct check *check, enum turn_request request)
{
	struct relay *relay = check->state;

	relay->asked_us = clock_now_us();
	relay->tries = 0;
	if (!turn_client_ask(&relay->client, request,
			     relay->stage == STAGE_ABUSE
				     ? private_place(relay)
				     : &relay->peer.address))
		return check_finish(check, OUTCOME_LOCAL,
				    "the credentials fit no message");
	return send_request(check);
}

static const char *tcp_or(const struct check *check, const char *tcp,
			  const char *udp)
{
	const struct relay *relay = check->state;

	return relay->line.is_tcp ? tcp : udp;
}

/* The connection, or the socket that is as good as one. */
static enum want dial(struct check *check)
{
	struct relay *relay = check->state;
	struct turn_line *line = &relay->line;

	check_phase(check, line->is_tcp ? "connect" : "allocate");
	if (!turn_line_open(check, line, &relay->client.server))
		return socket_failed(check);
	if (line->is_tcp) {
		fan_add_writer(check, line->descriptor, INDEX_LINE);
		return WANT_ANSWER;
	}
	fan_add_reader(check, line->descriptor, INDEX_LINE);
	return ask(check, TURN_ALLOCATE);
}

static enum want start(struct check *check)
{
	struct relay *relay = check->state;
	const struct relay_wish *wish = check->settings->relay;

	relay->line.descriptor = -1;
	relay->peer.descriptor = relay->peer.connection = -1;
	if (!wish)
		return check_finish(check, OUTCOME_LOCAL,
				    "there are no credentials");
	relay->wish = wish;
	relay->line.is_tcp = check->spec->endpoint.transport == TRANSPORT_TCP;
	relay->client.credentials = wish->credentials;
	relay->client.version = MS_VERSION;
	relay->client.lifetime_s =
		wish->lifetime_s ? wish->lifetime_s : LIFETIME_S;
	relay->client.server = check->spec->endpoint;
	relay->client.follows = !relay->line.is_tcp;
	memcpy(relay->path.key, wish->key, sizeof(wish->key));
	if (!wish->peer.address.family)
		msturn_fill_random(relay->path.key, sizeof(relay->path.key));
	msturn_fill_random(relay->path.session, sizeof(relay->path.session));
	return fan_open(check) ? dial(check) : socket_failed(check);
}

/*
 * The allocation
 */

static void note_address(struct check *check, const char *key,
			 const struct msturn_address *address)
{
	if (address->address.family)
		observe_address(check, key, &address->address, address->port);
}

static void note_answer(struct check *check)
{
	const struct relay *relay = check->state;
	const struct turn_client *client = &relay->client;
	struct endpoint own;
	char text[ADDRESS_TEXT_BYTES];

	if (client->error_code)
		observe_number(check, "turn.error_code", client->error_code);
	observe_text(check, "turn.integrity",
		     turn_integrity_name(client->integrity));
	note_address(check, "turn.mapped_address", &client->relayed);
	note_address(check, "turn.xor_mapped_address", &client->reflexive);
	note_address(check, "turn.alternate_server", &client->alternate);
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
	struct relay *relay = check->state;

	turn_line_own(&relay->line, &relay->own);
	if (!relay->client.relayed.address.family)
		return check_finish(check, OUTCOME_GARBLED,
				    "granted, but without a relay address");
	observe_end(check, OUTCOME_ANSWERED, "granted for %u s",
		    relay->client.granted_s);
	return begin_path(check);
}

static enum want refused(struct check *check)
{
	const struct turn_client *client =
		&((const struct relay *)check->state)->client;

	if (!client->error_code)
		return check_finish(check, OUTCOME_GARBLED,
				    "an answer without Magic Cookie");
	return check_finish(check, OUTCOME_ANSWERED, "refused with %u",
			    client->error_code);
}

/* Another server is named: there, with the same question. */
static enum want go_elsewhere(struct check *check)
{
	struct relay *relay = check->state;
	const struct endpoint *server = &relay->client.server;

	observe_address(check, "turn.redirect", &server->address, server->port);
	if (!relay->line.is_tcp)
		return ask(check, relay->client.request);
	turn_line_close(&relay->line);
	return dial(check);
}

/*
 * The path: who is at the far side
 */

static bool is_known_own(const struct relay *relay)
{
	const struct msturn_address *seen = &relay->client.reflexive;

	if (seen->address.family)
		return address_equal(&seen->address, &relay->own.address);
	return !address_is_private(&relay->own.address);
}

static enum want no_peer(struct check *check, const char *why)
{
	observe_end(check, OUTCOME_LOCAL, "%s", why);
	return begin_refresh(check);
}

static enum want send_next(struct check *check);

static enum want begin_sending(struct check *check)
{
	struct relay *relay = check->state;
	const struct relay_wish *wish = relay->wish;

	relay->stage = STAGE_SEND;
	relay->packets = wish->voice   ? VOICE_PACKETS
			 : wish->count ? wish->count
				       : PACKETS;
	if (relay->packets > RELAY_PACKETS_MAX - SIZES)
		relay->packets = RELAY_PACKETS_MAX - SIZES;
	return send_next(check);
}

static enum want ask_status(struct check *check)
{
	struct relay *relay = check->state;
	uint8_t query[ECHO_BYTES];

	relay->tries++;
	relay_path_query(&relay->path, query);
	relay_peer_send(&relay->peer, query, sizeof(query),
			&relay->peer.address);
	check->retry_us = clock_now_us() + STATUS_WAIT_US;
	return WANT_ANSWER;
}

static enum want reach_echo(struct check *check)
{
	struct relay *relay = check->state;
	const struct endpoint *peer = &relay->wish->peer;

	relay->peer.is_tcp = relay->line.is_tcp;
	if (peer->address.family != relay->client.relayed.address.family)
		return no_peer(check,
			       "the peer is of the other address family");
	if (!relay_peer_reach(check, &relay->peer, peer) ||
	    !fan_add_reader(check, relay->peer.descriptor, INDEX_PEER))
		return no_peer(check, "there is no way to the peer from here");
	relay->stage = STAGE_OPEN;
	relay->tries = 0;
	return ask_status(check);
}

/*
 * A first packet from the peer's side opens the way for the relay's through
 * a firewall of ours. Nobody has allowed it, so the relay drops it.
 */
static void open_own_way(struct relay *relay)
{
	const struct endpoint relayed = {.address =
						 relay->client.relayed.address,
					 .port = relay->client.relayed.port};
	uint8_t packet[ECHO_BYTES];

	relay_path_query(&relay->path, packet);
	relay_peer_send(&relay->peer, packet, sizeof(packet), &relayed);
}

static enum want open_own(struct check *check)
{
	struct relay *relay = check->state;

	relay->peer.is_tcp = relay->line.is_tcp;
	if (relay->own.address.family != relay->client.relayed.address.family)
		return no_peer(check, "the relay address is of the other "
				      "family: name a peer with --peer");
	if (!is_known_own(relay))
		return no_peer(check, "a second socket behind the NAT here "
				      "cannot be reached: name a peer with "
				      "--peer");
	if (!relay_peer_open(check, &relay->peer, &relay->own) ||
	    !fan_add_reader(check, relay->peer.descriptor, INDEX_PEER))
		return no_peer(check, "no second socket can be had here");
	if (!relay->peer.is_tcp)
		open_own_way(relay);
	return begin_sending(check);
}

static enum want begin_path(struct check *check)
{
	struct relay *relay = check->state;
	const struct endpoint *peer = &relay->wish->peer;

	observe_begin(check, tcp_or(check, "relay-path-tcp", "relay-path"),
		      "-");
	check_phase(check, "relay");
	observe_flag(check, "relay.peer_elsewhere", peer->address.family != 0);
	return peer->address.family ? reach_echo(check) : open_own(check);
}

/*
 * The path: packets
 */

static size_t size_of_packet(const struct relay *relay)
{
	return relay->wish->voice ? VOICE_BYTES : ECHO_BYTES;
}

/* With its length before it where it goes into a stream. */
static size_t make_packet(struct relay *relay, uint8_t *buffer, size_t length)
{
	size_t prefix = relay->line.is_tcp ? ECHO_PREFIX_BYTES : 0;

	buffer[0] = (uint8_t)(length >> 8);
	buffer[1] = (uint8_t)length;
	relay_path_ask(&relay->path, buffer + prefix, length, clock_now_us());
	return prefix + length;
}

static int64_t interval_us(const struct relay *relay)
{
	if (relay->wish->voice)
		return VOICE_US;
	return relay->wish->interval_us ? relay->wish->interval_us
					: INTERVAL_US;
}

static enum want send_next(struct check *check)
{
	struct relay *relay = check->state;
	uint8_t packet[ECHO_PREFIX_BYTES + ECHO_BYTES_MAX];
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	size_t length = make_packet(relay, packet, size_of_packet(relay));

	check_phase(check, "relay"); /* paced by us: the step begins anew */
	length = turn_client_send(&relay->client, &relay->peer.address, packet,
				  length, frame, sizeof(frame));
	if (!length ||
	    !turn_line_send(check, &relay->line, frame,
			    length - MSTURN_FRAME_BYTES, &relay->client.server))
		return socket_failed(check);
	check->retry_us = clock_now_us() + (relay->path.sent < relay->packets
						    ? interval_us(relay)
						    : LAST_WAIT_US);
	return WANT_ANSWER;
}

static enum want ask_what_came(struct check *check)
{
	struct relay *relay = check->state;

	if (!relay->peer.is_echo)
		return begin_direct(check);
	relay->stage = STAGE_STATUS;
	relay->tries = 0;
	relay->has_status = false;
	return ask_status(check);
}

/* The last packet has had its time, or nothing is missing any more. */
static enum want end_sending(struct check *check)
{
	const struct relay *relay = check->state;
	const struct relay_path *path = &relay->path;
	const struct msturn_address *peer = &(struct msturn_address){
		relay->peer.address.address, relay->peer.address.port};

	check->retry_us = 0;
	note_address(check, "relay.peer", peer);
	observe_number(check, "relay.sent", path->sent);
	observe_number(check, "relay.back", path->back);
	observe_number(check, "relay.reordered", path->reordered);
	if (path->back) {
		observe_number(check, "relay.rtt_us", path->rtt_min_us);
		observe_number(check, "relay.rtt_max_us", path->rtt_max_us);
		observe_number(check, "relay.jitter_us", path->jitter_us);
	}
	return ask_what_came(check);
}

static enum want send_or_end(struct check *check)
{
	const struct relay *relay = check->state;

	return relay->path.sent < relay->packets ? send_next(check)
						 : end_sending(check);
}

/*
 * The path: the active destination
 */

static void note_arrivals(struct check *check)
{
	const struct relay *relay = check->state;
	const struct relay_path *path = &relay->path;

	if (relay->peer.is_echo && !relay->has_status)
		return;
	observe_number(check, "relay.out", path->out);
	if (path->source.address.family)
		observe_address(check, "relay.source", &path->source.address,
				path->source.port);
}

static enum want begin_direct(struct check *check)
{
	struct relay *relay = check->state;

	note_arrivals(check);
	if (!relay->path.back)
		return end_path(check);
	relay->stage = STAGE_DESTINATION;
	check_phase(check, "destination");
	return ask(check, TURN_DESTINATION);
}

/* No packet is to be cut in two on its way, so that the size tells. */
static void forbid_fragments(const struct relay *relay)
{
	bool is_ipv6 = relay->own.address.family == AF_INET6;
	int how = is_ipv6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;

	setsockopt(relay->line.descriptor, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
		   is_ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &how,
		   sizeof(how));
}

static enum want send_direct(struct check *check)
{
	struct relay *relay = check->state;
	uint8_t packet[ECHO_PREFIX_BYTES + ECHO_BYTES_MAX];
	size_t length = make_packet(relay, packet, sizes[relay->direct++]);

	/* larger than our own link takes: then that is where it ends */
	if (!turn_line_send_data(check, &relay->line, packet, length,
				 &relay->client.server) &&
	    check->error != -EMSGSIZE)
		return socket_failed(check);
	check->retry_us = clock_now_us() +
			  (relay->direct < SIZES ? INTERVAL_US : LAST_WAIT_US);
	return WANT_ANSWER;
}

static enum want destination_set(struct check *check)
{
	struct relay *relay = check->state;

	relay->stage = STAGE_DIRECT;
	relay->direct_back = relay->path.back;
	relay->path.largest = 0;
	forbid_fragments(relay);
	check_phase(check, "direct");
	return send_direct(check);
}

static enum want end_direct(struct check *check)
{
	const struct relay *relay = check->state;
	const struct relay_path *path = &relay->path;

	if (relay->stage == STAGE_DIRECT) {
		observe_number(check, "relay.direct",
			       path->back - relay->direct_back);
		observe_number(check, "relay.largest", (int64_t)path->largest);
	}
	return end_path(check);
}

static enum want end_path_silent(struct check *check)
{
	const struct relay *relay = check->state;
	const struct relay_path *path = &relay->path;
	bool is_known = !relay->peer.is_echo || relay->has_status;

	if (relay->peer.is_tcp && !relay->peer.is_echo && !path->out)
		observe_end(check, OUTCOME_LOCAL,
			    "no connection reached us, which a firewall here "
			    "may have stopped: name a peer with --peer");
	else if (is_known && path->out)
		observe_end(check, OUTCOME_NO_REPLY,
			    "%u of %u packets reached the peer, and none came "
			    "back",
			    path->out, path->sent);
	else
		observe_end(check, OUTCOME_NO_REPLY, "none of %u packets %s",
			    path->sent,
			    is_known ? "reached the peer" : "came back");
	return begin_refresh(check);
}

static enum want end_path(struct check *check)
{
	const struct relay *relay = check->state;
	const struct relay_path *path = &relay->path;

	check_phase(check, path->back ? "relay" : path->out ? "back" : "out");
	if (!path->back)
		return end_path_silent(check);
	observe_end(check, OUTCOME_ANSWERED, NULL);
	return begin_refresh(check);
}

/*
 * Abuse: whether strangers could reach the inside through it. A destination
 * that was never sent to may be refused for that alone.
 */
static enum want begin_abuse(struct check *check)
{
	struct relay *relay = check->state;
	const struct endpoint *place = private_place(relay);
	uint8_t packet[ECHO_BYTES];
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	size_t length;

	relay->stage = STAGE_ABUSE;
	relay->is_checked = true;
	observe_begin(check, "relay-abuse", "-");
	observe_address(check, "relay.peer", &place->address, place->port);
	check_phase(check, "destination");
	relay_path_query(&relay->path, packet);
	length = turn_client_send(&relay->client, place, packet, sizeof(packet),
				  frame, sizeof(frame));
	if (length)
		turn_line_send(check, &relay->line, frame,
			       length - MSTURN_FRAME_BYTES,
			       &relay->client.server);
	return ask(check, TURN_DESTINATION);
}

static enum want end_abuse(struct check *check, bool is_willing)
{
	const struct relay *relay = check->state;
	const struct endpoint *place = private_place(relay);

	check->retry_us = 0;
	observe_flag(check, "relay.private", is_willing);
	observe_end(check, OUTCOME_ANSWERED, "%s to relay to %s",
		    is_willing ? "willing" : "refuses",
		    place->address.family == AF_INET6 ? "fd00::1" : "10.0.0.1");
	return begin_refresh(check);
}

/*
 * The end: what was taken is given back
 */

static enum want begin_refresh(struct check *check)
{
	struct relay *relay = check->state;

	if (relay->wish->abuse_check && !relay->is_checked)
		return begin_abuse(check);
	relay->stage = STAGE_REFRESH;
	observe_begin(check, "msturn-release", "-");
	check_phase(check, "refresh");
	return ask(check, TURN_REFRESH);
}

static enum want begin_release(struct check *check)
{
	struct relay *relay = check->state;

	relay->stage = STAGE_RELEASE;
	check_phase(check, "release");
	ask(check, TURN_RELEASE);
	if (check->finished)
		return WANT_NOTHING;
	check->retry_us = clock_now_us() + RELEASE_WAIT_US;
	return WANT_ANSWER;
}

static enum want released(struct check *check)
{
	const struct relay *relay = check->state;
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

static void take_data(struct relay *relay, const void *data, size_t length)
{
	uint8_t packet[ECHO_BYTES_MAX];
	size_t size;

	if (!relay->line.is_tcp) {
		relay_path_hear(&relay->path, data, length, clock_now_us());
		return;
	}
	echo_stream_put(&relay->incoming, data, length);
	while ((size = echo_stream_take(&relay->incoming, packet)))
		relay_path_hear(&relay->path, packet, size, clock_now_us());
}

static enum want granted(struct check *check)
{
	struct relay *relay = check->state;

	switch (relay->client.request) {
	case TURN_ALLOCATE:
		note_answer(check);
		return allocated(check);
	case TURN_DESTINATION:
		return relay->stage == STAGE_ABUSE ? end_abuse(check, true)
						   : destination_set(check);
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
	struct relay *relay = check->state;

	switch (relay->client.request) {
	case TURN_ALLOCATE:
		note_answer(check);
		return refused(check);
	case TURN_DESTINATION:
		if (relay->stage == STAGE_ABUSE)
			return end_abuse(check, false);
		observe_number(check, "relay.direct_error",
			       relay->client.error_code);
		return end_direct(check);
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
	struct relay *relay = check->state;
	struct msturn_message message;
	enum turn_event event;
	const char *why;

	if (!msturn_decode(&message, news->data, news->length, &why)) {
		take_data(relay, news->data, news->length);
		return WANT_ANSWER;
	}
	event = turn_client_hear(&relay->client, &message, news->data);
	if (event == TURN_DATA) {
		take_data(relay, message.data.data, message.data.length);
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
		return ask(check, relay->client.request);
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
	struct relay *relay = check->state;

	switch (event) {
	case LINE_OPENED:
		observe_flag(check, "turn.pseudo_tls", true);
		check_phase(check, "allocate");
		return ask(check, TURN_ALLOCATE);
	case LINE_MESSAGE:
		return take_message(check, news);
	case LINE_DATA:
		take_data(relay, news->data, news->length);
		return WANT_ANSWER;
	default:
		return lost(check, event, news);
	}
}

#define NEWS_MAX 64 /* of one turn: others wait, too */

static enum want read_line(struct check *check)
{
	struct relay *relay = check->state;
	enum want want = WANT_ANSWER;
	struct line_news news = {0};
	enum line_event event;

	if (relay->line.stage == LINE_CONNECT) {
		event = turn_line_connected(check, &relay->line);
		if (event == LINE_ERROR)
			return lost(check, event, &news);
		fan_expect_answer(check, relay->line.descriptor, INDEX_LINE);
		check_phase(check, "handshake");
		return WANT_ANSWER;
	}
	for (unsigned i = 0; i < NEWS_MAX && want == WANT_ANSWER; i++) {
		event = turn_line_read(check, &relay->line, &news);
		if (event == LINE_NOTHING)
			break;
		want = take_news(check, event, &news);
	}
	return want;
}

static void work_peer(struct check *check)
{
	struct relay *relay = check->state;
	int connection;

	if (relay->peer.is_tcp && !relay->peer.is_echo) {
		connection = relay_peer_accept(&relay->peer);
		if (connection >= 0)
			fan_add_reader(check, connection, INDEX_CONNECTION);
	}
	relay_peer_work(&relay->peer, &relay->path, &relay->has_status);
}

/* Whether a stage has all that it waits for. */
static enum want go_on(struct check *check)
{
	const struct relay *relay = check->state;
	const struct relay_path *path = &relay->path;

	switch (relay->stage) {
	case STAGE_OPEN:
		return relay->has_status ? begin_sending(check) : WANT_ANSWER;
	case STAGE_SEND:
		return path->sent == relay->packets && path->back == path->sent
			       ? end_sending(check)
			       : WANT_ANSWER;
	case STAGE_STATUS:
		return relay->has_status ? begin_direct(check) : WANT_ANSWER;
	case STAGE_DIRECT:
		return relay->direct == SIZES &&
				       path->back - relay->direct_back == SIZES
			       ? end_direct(check)
			       : WANT_ANSWER;
	default:
		return WANT_ANSWER;
	}
}

static enum want hear(struct check *check)
{
	unsigned ready[FAN_READY_MAX];
	unsigned count = fan_ready(check, ready);
	enum want want = WANT_ANSWER;

	for (unsigned i = 0; i < count && want == WANT_ANSWER; i++) {
		if (ready[i] == INDEX_LINE)
			want = read_line(check);
		else
			work_peer(check);
	}
	return want == WANT_ANSWER ? go_on(check) : want;
}

/*
 * What does not come
 */

static enum want retry(struct check *check)
{
	struct relay *relay = check->state;

	switch (relay->stage) {
	case STAGE_OPEN:
		if (relay->tries < STATUS_TRIES)
			return ask_status(check);
		check->retry_us = 0;
		return no_peer(check, "the peer does not answer from here");
	case STAGE_SEND:
		return send_or_end(check);
	case STAGE_STATUS:
		return relay->tries < STATUS_TRIES ? ask_status(check)
						   : begin_direct(check);
	case STAGE_DIRECT:
		return relay->direct < SIZES ? send_direct(check)
					     : end_direct(check);
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
	struct relay *relay = check->state;

	switch (relay->stage) {
	case STAGE_ALLOCATE:
		if (relay->is_heard)
			return check_finish(check, OUTCOME_NO_REPLY,
					    "asks for credentials, and does "
					    "not answer them in %.1f s",
					    check_phase_s(check));
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply in %.1f s", check_phase_s(check));
	case STAGE_DESTINATION:
	case STAGE_DIRECT:
		return end_direct(check);
	case STAGE_SEND:
		return end_sending(check);
	case STAGE_STATUS:
		return begin_direct(check);
	case STAGE_ABUSE:
		return end_abuse(check, false);
	case STAGE_REFRESH:
		return begin_release(check);
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply in %.1f s", check_phase_s(check));
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
	struct relay *relay = check->state;
	struct turn_client *client = &relay->client;

	if (client->has_allocation && relay->line.descriptor >= 0 &&
	    turn_client_ask(client, TURN_RELEASE, NULL))
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
	.state_size = sizeof(struct relay),
	.step = relay_step,
	.stop = relay_stop,
};

const struct probe msturn_relay_tcp_probe = {
	.name = "msturn-relay-tcp",
	.summary = "the same over TCP",
	.facts = facts,
	.state_size = sizeof(struct relay),
	.step = relay_step,
	.stop = relay_stop,
};
