/*
 * msturn_relay_path.h - a look at a relay under way, and its middle part: the
 * packets that go through it. Part of msturn_relay.c.
 */
#ifndef PROBES_MSTURN_RELAY_PATH_H
#define PROBES_MSTURN_RELAY_PATH_H

#include "probes/msturn_relay.h"
#include "probes/relay_peer.h"
#include "probes/turn_client.h"

enum relay_stage {
	STAGE_ALLOCATE, /* with the connection before it */
	STAGE_OPEN,	/* the peer elsewhere is asked whether it is there */
	STAGE_PERMIT,	/* standard alone: the peer is allowed to answer */
	STAGE_SEND,
	STAGE_STATUS, /* it is asked what it saw */
	STAGE_DESTINATION,
	STAGE_DIRECT,
	STAGE_ABUSE,
	STAGE_REFRESH,
	STAGE_RELEASE,
};

/* The sockets of the check, by their number in its fan. */
enum { RELAY_LINE, RELAY_PEER, RELAY_CONNECTION };

struct relay_look {
	const struct relay_wish *wish;
	struct turn_client client;
	struct turn_line line;
	struct relay_peer peer;
	struct relay_path path;
	struct echo_stream incoming; /* over TCP, through the relay */
	struct endpoint own;
	enum relay_stage stage;
	const struct endpoint *destination; /* to be set active */
	int64_t asked_us;
	unsigned tries;
	unsigned packets; /* that are to be sent in this stage */
	bool has_status, is_heard, is_checked; /* for abuse */
	unsigned direct_back; /* before the active destination was set */
	size_t direct;	      /* sizes sent to it */
};

/* Begins with the path once there is an allocation; ends in
 * msturn_msturn_relay_leave(). */
enum want msturn_relay_path_begin(struct check *check);

/* The peer may answer from now on. */
enum want msturn_relay_path_allowed(struct check *check);

/* Set Active Destination is answered, or will not be. */
enum want msturn_relay_path_destined(struct check *check, bool is_set);

/* Data that came through the relay, and what the peer has to do. */
void msturn_relay_path_take(struct check *check, const void *data,
			    size_t length);
void msturn_relay_path_work(struct check *check);

/* Whether a stage of the path has all that it waits for. */
enum want msturn_relay_path_go_on(struct check *check);

/* The time to try again has come; or all time is over. */
enum want msturn_relay_path_retry(struct check *check);
enum want msturn_relay_path_late(struct check *check);

/* Of msturn_relay.c: asks the relay, gives back what was taken. */
enum want msturn_relay_ask(struct check *check, enum turn_request request);
enum want msturn_relay_leave(struct check *check);
void msturn_relay_note_address(struct check *check, const char *key,
			       const struct msturn_address *address);

#endif
