/*
 * relay_peer.h - the far side of a relayed conversation: a second socket of
 * ours, or `edgeturn --echo` on another machine. Never blocks.
 *
 * Ownership: descriptors are closed by relay_peer_close().
 */
#ifndef PROBES_RELAY_PEER_H
#define PROBES_RELAY_PEER_H

#include "probes/relay_path.h"
#include "probes/turn_line.h"

#define PEER_STREAM_MAX (2 * (ECHO_PREFIX_BYTES + ECHO_BYTES_MAX))

/* Packets with two bytes of length before each: over TCP. */
struct echo_stream {
	uint8_t data[PEER_STREAM_MAX];
	size_t length;
};

/* Takes in what came; what does not fit breaks the stream: it is emptied. */
void echo_stream_put(struct echo_stream *stream, const void *data,
		     size_t length);
/* Moves the next whole packet to buffer; its length, 0: none is whole. */
size_t echo_stream_take(struct echo_stream *stream,
			uint8_t buffer[ECHO_BYTES_MAX]);

struct relay_peer {
	bool is_echo; /* on another machine */
	bool is_tcp;
	int descriptor;		 /* datagrams, or where we listen; -1 */
	int connection;		 /* from the relay, over TCP; -1 */
	bool is_known;		 /* packets of ours came over it */
	struct endpoint address; /* where the relay is to send to */
	struct endpoint from;	 /* of the connection */
	struct echo_stream stream;
};

/* A second socket at our own address; false with check->error. */
bool relay_peer_open(struct check *check, struct relay_peer *peer,
		     const struct endpoint *own);

/* A socket to ask a peer elsewhere what it saw, over UDP. */
bool relay_peer_reach(struct check *check, struct relay_peer *peer,
		      const struct endpoint *echo);

void relay_peer_send(const struct relay_peer *peer, const void *data,
		     size_t length, const struct endpoint *to);

/*
 * Accepts the relay's connection; its descriptor, -1: there is none. Anybody
 * may connect: who brought no packet of ours gives way to the next.
 */
int relay_peer_accept(struct relay_peer *peer);

/* Answers what has come, not all at once, or takes in what a peer elsewhere
 * says. */
void relay_peer_work(struct relay_peer *peer, struct relay_path *path,
		     bool *has_status);

void relay_peer_close(struct relay_peer *peer);

#endif
