/*
 * servers.h - the servers around an Edge, as far as their ports go: what
 * listens there by server-ports.tsv answers as its protocol would, where that
 * is published, and takes connections elsewhere. Runs in libevent's loop.
 */
#ifndef PROBES_SERVE_SERVERS_H
#define PROBES_SERVE_SERVERS_H

#include "common/model/mission.h"
#include "common/model/requirement.h"
#include "common/plan/server_role.h"
#include "probes/serve/authority.h"
#include "probes/serve/quirks.h"
#include "probes/serve/stand.h"
#include "probes/serve/talk.h"

#include <stdio.h>

#define SERVER_FAULTS_MAX 64

/* What is wrong with one port, at one server or at all. */
struct server_fault {
	const char *text; /* as given: "mute-port:5061@fe1.contoso.net" */
	enum quirk quirk;
	uint16_t port;
	const char *server; /* NULL: all */
};

/* For --list-faults: id, and what it does. */
struct server_fault_kind {
	const char *id; /* "mute-port" */
	const char *summary;
	enum quirk quirk;
};

extern const struct server_fault_kind server_fault_table[];
extern const size_t server_fault_count;

/* "ID:PORT" or "ID:PORT@SERVER"; *why, from the arena, says what is wrong. */
bool server_fault_parse(struct arena *arena, const char *text,
			struct server_fault *fault, const char **why);

/* A certificate that one of them shows. */
struct server_leaf;

/* What all of it shares, and what outlives the stands. */
struct servers {
	struct arena *arena;
	const struct topology *topology;
	const struct server_role *role;
	const struct server_fault *faults;
	size_t fault_count;
	bool speaks_tls13;
	uint16_t port_offset; /* added to each port, for tests */
	struct hall *hall;
	struct authority *authority;
	struct stands *stands;	    /* where the new ones go */
	struct server_leaf *leaves; /* of its own */
};

/* How a port of a row is held: TALK_MUTE where nobody knows better. */
enum talk_name servers_talk(const char *protocol);

/*
 * Opens all that a host of that role has; netns is the namespace that it
 * stands in, -1 for ours. False with *why, from the arena, when something
 * cannot be bound.
 */
bool servers_open(struct servers *servers, const struct mission_host *host,
		  int netns, const char **why);

/* Every fault chosen that the port shows. */
void servers_print_faults(const struct servers *servers,
			  const struct stand *stand, FILE *out);

/* After the stands were closed. */
void servers_close(struct servers *servers);

#endif
