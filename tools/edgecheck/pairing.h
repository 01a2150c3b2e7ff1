/*
 * pairing.h - the one-time key that two edgechecks have in common: made,
 * written, read. Trouble ends the program with one line.
 */
#ifndef TOOLS_EDGECHECK_PAIRING_H
#define TOOLS_EDGECHECK_PAIRING_H

#include "probes/channel.h"

#define PAIRING_VARIABLE   "EDGECHECK_KEY"
#define PAIRING_TEXT_BYTES (2 * CHANNEL_KEY_BYTES + 1)

/* A new one; its text is what the other side is given. */
void pairing_make(struct channel_key *key, char text[PAIRING_TEXT_BYTES]);

/* Writes a new file that nobody else may read; refuses one that exists. */
void pairing_write(const char *path, const char text[PAIRING_TEXT_BYTES]);

/*
 * From a file that nobody else may read, from a descriptor (-1: none), or
 * from the environment, which is wiped; the first that is given.
 */
void pairing_read(struct channel_key *key, const char *path, int descriptor);

void pairing_forget(struct channel_key *key);

#endif
