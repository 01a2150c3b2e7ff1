/*
 * relay_path.h - what became of packets that went through a relay and back:
 * counts, round trips, jitter. No I/O, no clock.
 *
 * Specification: RFC 3550 6.4.1 (jitter). Units: microseconds.
 */
#ifndef PROBES_RELAY_PATH_H
#define PROBES_RELAY_PATH_H

#include "common/model/endpoint.h"
#include "common/wire/echo.h"

#define RELAY_PACKETS_MAX 512 /* sent in one look: 10 s of voice */

struct relay_path {
	uint8_t key[ECHO_KEY_BYTES];
	uint8_t session[ECHO_SESSION_BYTES];
	unsigned sent;
	unsigned out;		/* that the peer received, each once */
	unsigned back;		/* that came back, each once */
	unsigned reordered;	/* that came after a later one */
	struct endpoint source; /* where the peer saw them come from */
	int64_t rtt_min_us, rtt_max_us, jitter_us;
	size_t largest; /* bytes of the largest that came back */

	int64_t last_transit_us;
	uint32_t highest;
	bool seen[RELAY_PACKETS_MAX];	 /* back here */
	bool arrived[RELAY_PACKETS_MAX]; /* at a peer of ours */
};

/* The next question, length bytes long; false when there are too many. */
bool relay_path_ask(struct relay_path *path, void *buffer, size_t length,
		    int64_t now_us);

/* A question as it arrived at a peer of ours: makes the reply in place. */
bool relay_path_answer(struct relay_path *path, void *buffer, size_t length,
		       const struct endpoint *from);

/* What came back through the relay; false: it is not one of ours. */
bool relay_path_hear(struct relay_path *path, const void *data, size_t length,
		     int64_t now_us);

/* A question to a peer on another machine about what it saw. */
void relay_path_query(const struct relay_path *path, void *buffer);
bool relay_path_status(struct relay_path *path, const void *data,
		       size_t length);

#endif
