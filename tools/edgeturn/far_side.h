/*
 * far_side.h - edgeturn as the peer of a relayed conversation, and the key
 * that both sides share. Trouble ends the program with one line.
 */
#ifndef TOOLS_EDGETURN_FAR_SIDE_H
#define TOOLS_EDGETURN_FAR_SIDE_H

#include "common/model/endpoint.h"
#include "common/wire/echo.h"

/* Reads the key of a file; with may_make, makes both where there is none. */
void far_side_key(const char *path, bool may_make, uint8_t key[ECHO_KEY_BYTES]);

/* Serves until a signal ends it; the exit code. */
int far_side_serve(const struct endpoint *at,
		   const uint8_t key[ECHO_KEY_BYTES]);

#endif
