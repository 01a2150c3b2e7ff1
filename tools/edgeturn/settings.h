/*
 * settings.h - what edgeturn's command line says.
 *
 * Bad input ends the program with one line; texts live as long as argv.
 */
#ifndef TOOLS_EDGETURN_SETTINGS_H
#define TOOLS_EDGETURN_SETTINGS_H

#include "common/base/arena.h"
#include "common/base/options.h"
#include "common/model/credentials.h"
#include "probes/identity.h"
#include "probes/msturn_relay.h"
#include "tools/shared/way.h"

struct settings {
	struct arena *arena;
	struct options common;
	const char *host;   /* name of the A/V Edge; NULL: an address alone */
	struct endpoint at; /* family 0: DNS tells */
	uint16_t port;	    /* 0: the usual */
	bool udp, tcp;	    /* neither: both */
	bool is_standard;   /* a TURN server of RFC 8656 */
	const char *credentials_file; /* NULL: without */
	const char *echo_key_file;
	bool serves_echo;
	struct endpoint echo; /* where, with serves_echo */
	/* where credentials are given out; desk_text NULL: not asked */
	const char *desk_text, *mras_uri, *ca_file;
	struct endpoint desk;
	struct identity identity;
	struct relay_wish wish;
	struct way way;
};

void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv);

/* Reads the file of --credentials, where one is given, and wishes for them. */
void settings_read_credentials(struct settings *settings,
			       struct credentials *credentials);

#endif
