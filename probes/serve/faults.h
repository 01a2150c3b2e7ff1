/*
 * faults.h - what can be wrong with a stand-in Edge, chosen by --fault. No
 * I/O.
 *
 * A row of the table is what people name; a quirk is what the listeners it
 * affects then do. Several rows may share a quirk.
 */
#ifndef PROBES_SERVE_FAULTS_H
#define PROBES_SERVE_FAULTS_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "probes/serve/authority.h"
#include "probes/serve/quirks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENER_BIT(listener) (UINT32_C(1) << (listener))

/* Listeners beside those of an Edge: of the reverse proxy. */
enum { STAND_WEB_HTTPS = LISTENER_COUNT, STAND_WEB_HTTP, STAND_COUNT };

#define STAND_WEB_NODE "web" /* its name among the nodes */

struct fault {
	const char *id;
	const char *summary; /* one line, for --list-faults, manual */
	uint32_t listeners;  /* bit set of LISTENER_BIT() */
	enum quirk quirk;
};

extern const struct fault fault_table[];
extern const size_t fault_count;

#define FAULT_CHOICES_MAX 64

/* A fault at one node, or at all (node NULL). */
struct fault_choice {
	const struct fault *fault;
	const char *node;
};

/*
 * Parses "ID" or "ID@NODE"; *why, from the arena, names what is unknown and
 * the nearest that is not.
 */
bool fault_parse(struct arena *arena, const char *text,
		 const struct topology *topology, struct fault_choice *choice,
		 const char **why);

/* Nothing is bound: QUIRK_REFUSE, or the other of two swapped lacks it. */
bool fault_refuses(enum listener listener, struct quirks quirks);

/* What quirks say of the certificate's revocation; of several the first. */
enum revoking fault_revoking(struct quirks quirks);

/* Takes edgesim --inside to change anything. */
bool fault_is_inside(const struct fault *fault);

/* The quirks of one listener, or STAND_*, at one node. */
struct quirks fault_quirks(const struct fault_choice *choices, size_t count,
			   const char *node, unsigned listener);

#endif
