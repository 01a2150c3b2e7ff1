#include "probes/relay_path.h"

#include <string.h>

static struct echo_packet packet_of(const struct relay_path *path,
				    enum echo_kind kind)
{
	struct echo_packet packet = {.kind = kind};

	memcpy(packet.session, path->session, sizeof(packet.session));
	return packet;
}

static bool decode(const struct relay_path *path, struct echo_packet *packet,
		   const void *data, size_t length)
{
	return echo_decode(packet, path->key, data, length) &&
	       memcmp(packet->session, path->session,
		      sizeof(packet->session)) == 0;
}

bool relay_path_ask(struct relay_path *path, void *buffer, size_t length,
		    int64_t now_us)
{
	struct echo_packet packet = packet_of(path, ECHO_ASK);

	if (path->sent == RELAY_PACKETS_MAX)
		return false;
	packet.sequence = path->sent++;
	packet.sent_us = now_us;
	echo_encode(&packet, path->key, buffer, length);
	return true;
}

bool relay_path_answer(struct relay_path *path, void *buffer, size_t length,
		       const struct endpoint *from)
{
	struct echo_packet packet;

	if (!decode(path, &packet, buffer, length) || packet.kind != ECHO_ASK ||
	    packet.sequence >= path->sent)
		return false;
	path->out += !path->arrived[packet.sequence];
	path->arrived[packet.sequence] = true;
	path->source = *from;
	packet.kind = ECHO_REPLY;
	echo_encode(&packet, path->key, buffer, length);
	return true;
}

/* How far the time in transit differs from that of the one before. */
static void note_times(struct relay_path *path, int64_t transit_us)
{
	int64_t change_us = transit_us - path->last_transit_us;

	if (path->back > 1)
		path->jitter_us += ((change_us < 0 ? -change_us : change_us) -
				    path->jitter_us) /
				   16;
	path->last_transit_us = transit_us;
	if (path->back == 1 || transit_us < path->rtt_min_us)
		path->rtt_min_us = transit_us;
	if (transit_us > path->rtt_max_us)
		path->rtt_max_us = transit_us;
}

bool relay_path_hear(struct relay_path *path, const void *data, size_t length,
		     int64_t now_us)
{
	struct echo_packet packet;

	if (!decode(path, &packet, data, length) || packet.kind != ECHO_REPLY ||
	    packet.sequence >= path->sent)
		return false;
	if (path->seen[packet.sequence])
		return true;
	path->seen[packet.sequence] = true;
	path->back++;
	if (packet.sequence < path->highest)
		path->reordered++;
	else
		path->highest = packet.sequence;
	if (length > path->largest)
		path->largest = length;
	note_times(path, now_us - packet.sent_us);
	return true;
}

void relay_path_query(const struct relay_path *path, void *buffer)
{
	struct echo_packet packet = packet_of(path, ECHO_QUERY);

	echo_encode(&packet, path->key, buffer, ECHO_BYTES);
}

bool relay_path_status(struct relay_path *path, const void *data, size_t length)
{
	struct echo_packet packet;

	if (!decode(path, &packet, data, length) || packet.kind != ECHO_STATUS)
		return false;
	path->out = packet.seen;
	path->source.address = packet.seen_from;
	path->source.port = packet.seen_port;
	return true;
}
