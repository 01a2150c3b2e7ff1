/*
 * desk.h - edgeturn asks the A/V Authentication service of an Edge, inside,
 * for credentials, and keeps them in a file.
 */
#ifndef TOOLS_EDGETURN_DESK_H
#define TOOLS_EDGETURN_DESK_H

#include "tools/edgeturn/settings.h"

/* The exit code: 0 where credentials were given out. */
int desk_get_credentials(struct settings *settings,
			 struct credentials *credentials);

#endif
