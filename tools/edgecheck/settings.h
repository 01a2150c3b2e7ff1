/*
 * settings.h - what edgecheck's command line says.
 *
 * Bad input ends the program with one line; texts live as long as argv, what
 * was made of them in the arena.
 */
#ifndef TOOLS_EDGECHECK_SETTINGS_H
#define TOOLS_EDGECHECK_SETTINGS_H

#include "tools/edgecheck/rehearsing.h"
#include "tools/edgecheck/peers.h"
#include "tools/shared/looking.h"

#define SETTINGS_HOSTS_MAX DEPLOYMENT_INSIDE_MAX

struct settings {
	struct arena *arena;
	struct options common;
	struct looking looking;
	int (*mode)(struct settings *settings); /* what to check; or NULL */
	const char *mode_option;		/* "--internal" */
	const char *mode_text;			/* its argument; NULL: none */
	struct rehearsing rehearsing;
	const char *hosts[SETTINGS_HOSTS_MAX]; /* the arguments, as given */
	size_t host_count;
	const char *credentials_file; /* NULL: none */
	const char *mras_uri;	      /* who grants some; NULL: nobody */
	bool has_balancing;
	enum balancing balancing; /* of the pool, --hlb */
	struct peers peers;	  /* of --edge-host */
};

/* Fills in settings, which are all zero before. */
void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv);

/* "--internal, --role ...": what can be checked, from the arena. */
const char *settings_mode_names(struct arena *arena);

#endif
