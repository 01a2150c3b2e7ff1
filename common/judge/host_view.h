/*
 * host_view.h - one host beside the node of the topology file that it is: which
 * interface is the internal one, and which are external. No I/O.
 */
#ifndef COMMON_JUDGE_HOST_VIEW_H
#define COMMON_JUDGE_HOST_VIEW_H

#include "common/judge/predicate.h"
#include "common/model/host_seen.h"

struct host_view {
	const struct observation *seen;
	struct host host;
	const char *title;	  /* "this host" */
	const struct node *node;  /* NULL: none of the file is this host */
	unsigned internal;	  /* index of its interface; 0: unknown */
	const char *internal_why; /* "which has 172.25.33.10" */
};

/*
 * Looks at the inquiry's host, and rests the opinion on it. False when it was
 * not seen, or is no node of a file: the opinion then says so.
 */
bool host_view_open(const struct inquiry *inquiry, struct opinion *opinion,
		    struct host_view *view);

/* The same; false also where its internal interface is not known. */
bool host_view_open_internal(const struct inquiry *inquiry,
			     struct opinion *opinion, struct host_view *view);

/* Whether an address that the node has outside is on that interface. */
bool host_view_is_external(const struct host_view *view, unsigned interface);

/* Whether a service's address that the file names is on this host. */
bool host_view_has_external(const struct host_view *view);

/* "Ethernet 2", or "interface 4" where it has no name, from the arena. */
const char *host_view_interface(const struct inquiry *inquiry,
				const struct host_view *view, unsigned index);

#endif
