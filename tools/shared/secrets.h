/*
 * secrets.h - what a tool is given and must not show.
 *
 * Bad input ends the program with one line.
 */
#ifndef TOOLS_SHARED_SECRETS_H
#define TOOLS_SHARED_SECRETS_H

#include "common/base/arena.h"
#include "common/model/credentials.h"

/*
 * Reads the file of --credentials, and keeps the process out of core files
 * from then on. is_standard: those of a TURN server of RFC 8656 are wanted,
 * and no others; else those of an A/V Edge. Expired ones are only noted.
 */
void secrets_read_credentials(struct arena *arena,
			      struct credentials *credentials, const char *path,
			      bool is_standard);

#endif
