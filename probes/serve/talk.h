/*
 * talk.h - which conversation a listener of a stand-in Edge holds. No I/O.
 */
#ifndef PROBES_SERVE_TALK_H
#define PROBES_SERVE_TALK_H

#include "common/model/topology.h"
#include "probes/serve/quirks.h"

/* In guest.c each of them is a row of the table. */
enum talk_name {
	TALK_SIP,
	TALK_WEBCONF,
	TALK_RELAY,
	TALK_MUTE,
	TALK_RESET,
	TALK_CLOSE,
	TALK_HTTP,
	TALK_SSH,
	TALK_STANDARD_TURN,
	TALK_XMPP,
	TALK_XMPP_TLS,
	TALK_SIP_CLEAR,
	TALK_WEB_HTTPS,
	TALK_WEB_HTTP,
	TALK_REPLICA_TLS,
	TALK_REPLICA, /* its HTTP alone */
	TALK_LOGGING,
	TALK_RPC, /* the endpoint mapper */
	TALK_COUNT
};

/* The conversation of a healthy listener, or what its quirks make of it. */
enum talk_name talk_choose(enum listener listener, struct quirks quirks);

/* The same where nothing else than the healthy one may take the place. */
enum talk_name talk_changed(enum talk_name healthy, struct quirks quirks);

#endif
