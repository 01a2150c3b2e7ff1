#include "probes/msturn_relay_path.h"

#include "common/base/clock.h"
#include "probes/fan.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define PACKETS	       5
#define INTERVAL_US    INT64_C(50000)
#define VOICE_PACKETS  500
#define VOICE_US       INT64_C(20000) /* 50 packets a second */
#define VOICE_BYTES    172	      /* RTP with 20 ms of G.711 */
#define LAST_WAIT_US   INT64_C(1000000)
#define STATUS_WAIT_US INT64_C(500000)
#define STATUS_TRIES   3

/* Payloads of packets of common sizes, the last of 1500 bytes over IPv4. */
static const size_t sizes[] = {ECHO_BYTES, 548, 1232, 1372, 1472};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static enum want send_next(struct check *check);
static enum want begin_direct(struct check *check);
static enum want end_path(struct check *check);
static enum want begin_abuse(struct check *check);

/* The path is done with, and what else was asked for comes. */
static enum want leave(struct check *check)
{
	const struct relay_look *relay = check->state;

	if (relay->wish->abuse_check && !relay->is_checked)
		return begin_abuse(check);
	return msturn_relay_leave(check);
}

/*
 * The path: who is at the far side
 */

static bool is_known_own(const struct relay_look *relay)
{
	const struct msturn_address *seen = &relay->client.reflexive;

	if (seen->address.family)
		return address_equal(&seen->address, &relay->own.address);
	return !address_is_private(&relay->own.address);
}

static enum want no_peer(struct check *check, const char *why)
{
	observe_flag(check, "relay.no_peer", true);
	observe_end(check, OUTCOME_LOCAL, "%s", why);
	return leave(check);
}

static enum want begin_sending(struct check *check)
{
	struct relay_look *relay = check->state;

	if (!relay->client.is_standard)
		return msturn_relay_path_allowed(check);
	relay->stage = STAGE_PERMIT;
	relay->destination = &relay->peer.address;
	return msturn_relay_ask(check, TURN_PERMISSION);
}

enum want msturn_relay_path_allowed(struct check *check)
{
	struct relay_look *relay = check->state;
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
	struct relay_look *relay = check->state;
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
	struct relay_look *relay = check->state;
	const struct endpoint *peer = &relay->wish->peer;

	/* a standard relay speaks UDP to peers, however it is reached */
	relay->peer.is_tcp = relay->line.is_tcp && !relay->line.is_standard;
	if (peer->address.family != relay->client.relayed.address.family)
		return no_peer(check,
			       "the peer is of the other address family");
	if (!relay_peer_reach(check, &relay->peer, peer) ||
	    !fan_add_reader(check, relay->peer.descriptor, RELAY_PEER))
		return no_peer(check, "there is no way to the peer from here");
	relay->stage = STAGE_OPEN;
	relay->tries = 0;
	return ask_status(check);
}

/*
 * A first packet from the peer's side opens the way for the relay's through
 * a firewall of ours. Nobody has allowed it, so the relay drops it.
 */
static void open_own_way(struct relay_look *relay)
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
	struct relay_look *relay = check->state;

	/* a standard relay speaks UDP to peers, however it is reached */
	relay->peer.is_tcp = relay->line.is_tcp && !relay->line.is_standard;
	if (relay->own.address.family != relay->client.relayed.address.family)
		return no_peer(check, "the relay address is of the other "
				      "family: name a peer with --peer");
	if (!is_known_own(relay))
		return no_peer(check, "the relay sees another address than "
				      "ours, so a second socket here cannot be "
				      "reached: name a peer with --peer");
	if (!relay_peer_open(check, &relay->peer, &relay->own) ||
	    !fan_add_reader(check, relay->peer.descriptor, RELAY_PEER))
		return no_peer(check, "no second socket can be had here");
	if (!relay->peer.is_tcp &&
	    address_is_host(&relay->client.relayed.address))
		open_own_way(relay);
	return begin_sending(check);
}

enum want msturn_relay_path_begin(struct check *check)
{
	struct relay_look *relay = check->state;
	const struct endpoint *peer = &relay->wish->peer;

	observe_begin(check,
		      relay->line.is_tcp ? "relay-path-tcp" : "relay-path",
		      "-");
	check_phase(check, "relay");
	observe_flag(check, "relay.peer_elsewhere", peer->address.family != 0);
	return peer->address.family ? reach_echo(check) : open_own(check);
}

/*
 * The path: packets
 */

static size_t size_of_packet(const struct relay_look *relay)
{
	return relay->wish->voice ? VOICE_BYTES : ECHO_BYTES;
}

/* With its length before it where it goes into a stream. */
static size_t make_packet(struct relay_look *relay, uint8_t *buffer,
			  size_t length)
{
	size_t prefix = relay->peer.is_tcp ? ECHO_PREFIX_BYTES : 0;

	buffer[0] = (uint8_t)(length >> 8);
	buffer[1] = (uint8_t)length;
	relay_path_ask(&relay->path, buffer + prefix, length, clock_now_us());
	return prefix + length;
}

static int64_t interval_us(const struct relay_look *relay)
{
	if (relay->wish->voice)
		return VOICE_US;
	return relay->wish->interval_us ? relay->wish->interval_us
					: INTERVAL_US;
}

static enum want send_next(struct check *check)
{
	struct relay_look *relay = check->state;
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
	struct relay_look *relay = check->state;

	if (!relay->peer.is_echo)
		return begin_direct(check);
	relay->stage = STAGE_STATUS;
	check_phase(check, "relay");
	relay->tries = 0;
	relay->has_status = false;
	return ask_status(check);
}

/* The last packet has had its time, or nothing is missing any more. */
static enum want end_sending(struct check *check)
{
	const struct relay_look *relay = check->state;
	const struct relay_path *path = &relay->path;
	const struct msturn_address *peer = &(struct msturn_address){
		relay->peer.address.address, relay->peer.address.port};

	check->retry_us = 0;
	msturn_relay_note_address(check, "relay.peer", peer);
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
	const struct relay_look *relay = check->state;

	return relay->path.sent < relay->packets ? send_next(check)
						 : end_sending(check);
}

/*
 * The path: the active destination
 */

static void note_arrivals(struct check *check)
{
	const struct relay_look *relay = check->state;
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
	struct relay_look *relay = check->state;

	note_arrivals(check);
	if (!relay->path.back)
		return end_path(check);
	relay->stage = STAGE_DESTINATION;
	relay->destination = &relay->peer.address;
	check_phase(check, "destination");
	return msturn_relay_ask(check, TURN_DESTINATION);
}

/* No packet is to be cut in two on its way, so that the size tells. */
static void forbid_fragments(const struct relay_look *relay)
{
	bool is_ipv6 = relay->own.address.family == AF_INET6;
	int how = is_ipv6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;

	setsockopt(relay->line.descriptor, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
		   is_ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &how,
		   sizeof(how));
}

static enum want send_direct(struct check *check)
{
	struct relay_look *relay = check->state;
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
	struct relay_look *relay = check->state;

	relay->stage = STAGE_DIRECT;
	relay->direct_back = relay->path.back;
	relay->path.largest = 0;
	forbid_fragments(relay);
	check_phase(check, "direct");
	return send_direct(check);
}

static enum want end_direct(struct check *check)
{
	const struct relay_look *relay = check->state;
	const struct relay_path *path = &relay->path;

	if (relay->stage == STAGE_DIRECT) {
		observe_number(check, "relay.direct",
			       path->back - relay->direct_back);
		observe_number(check, "relay.largest", (int64_t)path->largest);
	}
	return end_path(check);
}

/* What never reached a listener of ours may have been stopped here. */
static bool is_unclear(const struct relay_look *relay)
{
	return relay->peer.is_tcp && !relay->peer.is_echo && !relay->path.out;
}

static enum want end_path_silent(struct check *check)
{
	const struct relay_look *relay = check->state;
	const struct relay_path *path = &relay->path;
	bool is_known = !relay->peer.is_echo || relay->has_status;

	if (is_unclear(relay))
		return no_peer(check, "no connection reached us, which a "
				      "firewall here may have stopped: name a "
				      "peer with --peer");
	if (is_known && path->out)
		observe_end(check, OUTCOME_NO_REPLY,
			    "%u of %u packets reached the peer, and none came "
			    "back",
			    path->out, path->sent);
	else
		observe_end(check, OUTCOME_NO_REPLY, "none of %u packets %s",
			    path->sent,
			    is_known ? "reached the peer" : "came back");
	return leave(check);
}

static enum want end_path(struct check *check)
{
	const struct relay_look *relay = check->state;
	const struct relay_path *path = &relay->path;

	check_phase(check, path->back ? "relay" : path->out ? "back" : "out");
	if (!path->back)
		return end_path_silent(check);
	observe_end(check, OUTCOME_ANSWERED, NULL);
	return leave(check);
}

/* Where no relay should send what strangers give it. */
static const struct endpoint *private_place(const struct relay_look *relay)
{
	static const struct endpoint places[] = {
		{.address = {AF_INET, {10, 0, 0, 1}}, .port = 9},
		{.address = {AF_INET6, {0xfd, [15] = 1}}, .port = 9},
	};

	return &places[relay->client.relayed.address.family == AF_INET6];
}

/*
 * Abuse: whether strangers could reach the inside through it. A destination
 * that was never sent to may be refused for that alone.
 */
static enum want begin_abuse(struct check *check)
{
	struct relay_look *relay = check->state;
	const struct endpoint *place = private_place(relay);
	uint8_t packet[ECHO_BYTES];
	uint8_t frame[MSTURN_FRAME_BYTES + MSTURN_MESSAGE_MAX];
	size_t length;

	relay->stage = STAGE_ABUSE;
	relay->destination = place;
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
	return msturn_relay_ask(check, TURN_DESTINATION);
}

static enum want end_abuse(struct check *check, bool is_willing)
{
	const struct relay_look *relay = check->state;
	const struct endpoint *place = private_place(relay);

	check->retry_us = 0;
	observe_flag(check, "relay.private", is_willing);
	observe_end(check, OUTCOME_ANSWERED, "%s to relay to %s",
		    is_willing ? "willing" : "refuses",
		    place->address.family == AF_INET6 ? "fd00::1" : "10.0.0.1");
	return leave(check);
}

/*
 * What comes, and what does not
 */

enum want msturn_relay_path_destined(struct check *check, bool is_set)
{
	struct relay_look *relay = check->state;

	if (relay->stage == STAGE_ABUSE)
		return end_abuse(check, is_set);
	if (is_set)
		return destination_set(check);
	observe_number(check, "relay.direct_error", relay->client.error_code);
	return end_direct(check);
}

void msturn_relay_path_take(struct check *check, const void *data,
			    size_t length)
{
	struct relay_look *relay = check->state;
	uint8_t packet[ECHO_BYTES_MAX];
	size_t size;

	if (!relay->peer.is_tcp) {
		relay_path_hear(&relay->path, data, length, clock_now_us());
		return;
	}
	echo_stream_put(&relay->incoming, data, length);
	while ((size = echo_stream_take(&relay->incoming, packet)))
		relay_path_hear(&relay->path, packet, size, clock_now_us());
}

void msturn_relay_path_work(struct check *check)
{
	struct relay_look *relay = check->state;
	int connection;

	/* what has come is heard before another may take its place */
	relay_peer_work(&relay->peer, &relay->path, &relay->has_status);
	if (relay->peer.is_tcp && !relay->peer.is_echo) {
		connection = relay_peer_accept(&relay->peer);
		if (connection >= 0)
			fan_add_reader(check, connection, RELAY_CONNECTION);
	}
	relay_peer_work(&relay->peer, &relay->path, &relay->has_status);
}

/* Whether a stage has all that it waits for. */
enum want msturn_relay_path_go_on(struct check *check)
{
	const struct relay_look *relay = check->state;
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

enum want msturn_relay_path_retry(struct check *check)
{
	struct relay_look *relay = check->state;

	switch (relay->stage) {
	case STAGE_OPEN:
		if (relay->tries < STATUS_TRIES)
			return ask_status(check);
		check->retry_us = 0;
		return no_peer(check, "the peer does not answer from here: is "
				      "edgeturn --echo running there, with the "
				      "same key?");
	case STAGE_STATUS:
		return relay->tries < STATUS_TRIES ? ask_status(check)
						   : begin_direct(check);
	case STAGE_DIRECT:
		return relay->direct < SIZES ? send_direct(check)
					     : end_direct(check);
	default:
		return send_or_end(check);
	}
}

enum want msturn_relay_path_late(struct check *check)
{
	const struct relay_look *relay = check->state;

	switch (relay->stage) {
	case STAGE_OPEN:
		return no_peer(check, "the peer does not answer from here: is "
				      "edgeturn --echo running there, with the "
				      "same key?");
	case STAGE_PERMIT:
		return no_peer(check, "the relay allows no peer");
	case STAGE_SEND:
		return end_sending(check);
	case STAGE_STATUS:
		return begin_direct(check);
	case STAGE_ABUSE:
		return end_abuse(check, false);
	default:
		return end_direct(check);
	}
}
