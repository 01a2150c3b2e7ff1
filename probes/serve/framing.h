/*
 * framing.h - the start of a .NET connection, up to where TLS begins. No I/O.
 *
 * Specification: [MC-NMF] 2.2.3; edge-services.md 9.2: what the agent of
 * central logging is believed to speak.
 */
#ifndef PROBES_SERVE_FRAMING_H
#define PROBES_SERVE_FRAMING_H

#include <stddef.h>

#define FRAMING_MAX	 2048
#define FRAMING_UPGRADED "\x0a" /* upgrade response: TLS may begin */

enum framing_next {
	FRAMING_MORE,	  /* not whole yet */
	FRAMING_UPGRADES, /* TLS is asked for */
	FRAMING_BROKEN,	  /* something else, or without TLS */
};

/* Takes all that has come since the start. */
enum framing_next framing_hear(const void *data, size_t length);

#endif
