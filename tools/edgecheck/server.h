/*
 * server.h - edgecheck --role, --hlb and --client: server roles, the load
 * balancers before them, and the networks of clients.
 */
#ifndef TOOLS_EDGECHECK_SERVER_H
#define TOOLS_EDGECHECK_SERVER_H

#include "tools/edgecheck/settings.h"

/* Each looks, judges and reports; returns the exit code. */
int role_look(struct settings *settings);
int hlb_look(struct settings *settings);
int client_look(struct settings *settings);

#endif
