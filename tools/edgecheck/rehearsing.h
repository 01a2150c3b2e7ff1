/*
 * rehearsing.h - the options of --listen and --toward, and their modes.
 *
 * rehearsing_argp is a child of edgecheck's argp, with a struct rehearsing as
 * input. Bad input ends the program with one line that names the option.
 */
#ifndef TOOLS_EDGECHECK_REHEARSING_H
#define TOOLS_EDGECHECK_REHEARSING_H

#include "tools/edgecheck/listen.h"
#include "tools/edgecheck/toward.h"

#include <argp.h>

struct settings;

struct rehearsing {
	const char *key_file;
	struct listen_settings listen;
	struct toward_settings toward;
};

extern const struct argp rehearsing_argp;

/* Modes of edgecheck; the argument is that of --listen or --toward. */
int rehearsing_listen(struct settings *settings);
int rehearsing_toward(struct settings *settings);

#endif
