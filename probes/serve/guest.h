/*
 * guest.h - one connection to a stand-in Edge, and the conversation held on
 * it. Runs in libevent's loop.
 *
 * Bounds: GUESTS_MAX connections (the oldest gives way, first of all who holds
 * no allocation), a fixed input buffer, and a silence after which a connection
 * is closed.
 */
#ifndef PROBES_SERVE_GUEST_H
#define PROBES_SERVE_GUEST_H

#include "probes/serve/allocation.h"
#include "probes/serve/gateway.h"
#include "probes/serve/mras_service.h"
#include "probes/serve/portal.h"
#include "probes/serve/registrar.h"
#include "probes/serve/talk.h"

#include <event2/event.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#define GUESTS_MAX	 256
#define GUEST_INPUT_MAX	 66000 /* one MSTURN frame, or a long SIP message */
#define GUEST_OUTPUT_MAX 262144
#define GUEST_SILENCE_S	 60

struct guest;

/* What all connections of one edge share; zero but for base at the start. */
struct hall {
	struct event_base *base;
	struct guest *newest, *oldest;
	unsigned open;	/* now */
	unsigned total; /* ever */
};

/* A conversation: a row of the table in guest.c. */
struct talk {
	const char *name;
	bool is_tls;
	bool may_secure; /* begins in clear text, TLS may follow */
	/* NULL: nothing to do. open: connected, TLS included. */
	void (*open)(struct guest *guest);
	void (*input)(struct guest *guest);
};

/* How one listener receives its guests. */
struct reception {
	struct hall *hall;
	const struct talk *talk;
	SSL_CTX *tls; /* needed where talk->is_tls or may_secure */
	struct registrar registrar;
	struct relay relay;
	struct allocation_site *site; /* of the relay; NULL: it has none */
	struct gateway gateway;
	struct portal portal;
	bool is_replica; /* answers HTTP instead of the portal */
	const struct mras_service *mras; /* answers SIP; NULL: registrar does */
};

const struct talk *talk_of(enum talk_name name);

/* Takes over a connected descriptor. */
void guest_welcome(const struct reception *reception, int descriptor,
		   const struct sockaddr *from);

/* False when there is no memory. */
bool hall_open(struct hall *hall);

/* Closes all that are open. */
void hall_empty(struct hall *hall);

#endif
