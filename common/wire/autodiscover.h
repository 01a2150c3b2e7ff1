/*
 * autodiscover.h - answers of the Autodiscover web service. No I/O.
 *
 * Specification: [MS-OCDISCWS] 3.1.5.2, 3.1.5.3; edge-services.md 12.2.
 *
 * Documents come as JSON or as XML and say the same: links by name and, in
 * XML, from where the server believes to be asked. XML names are compared
 * without their namespace. A DTD is refused, so that no entity can grow.
 * Ownership: all text lives in the arena that was given.
 */
#ifndef COMMON_WIRE_AUTODISCOVER_H
#define COMMON_WIRE_AUTODISCOVER_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define AUTODISCOVER_BYTES_MAX	(1024 * 1024)
#define AUTODISCOVER_LINKS_MAX	32   /* that are kept */
#define AUTODISCOVER_NAME_MAX	64   /* longer names are no links of ours */
#define AUTODISCOVER_HREF_MAX	2048 /* longer ones are cut off there */
#define AUTODISCOVER_VALUES_MAX 4096 /* of one JSON document */
#define AUTODISCOVER_DEPTH_MAX	16   /* of elements within elements */
#define AUTODISCOVER_GRANTS_MAX 16   /* grant types that are kept */

struct autodiscover_link {
	const char *name; /* "user", "OAuth": as written */
	const char *href;
};

struct autodiscover {
	bool is_xml;
	const char *access_location; /* "External"; NULL: not said */
	struct autodiscover_link links[AUTODISCOVER_LINKS_MAX];
	size_t link_count;
	bool links_cut; /* there are more */
};

/*
 * Reads a whole document, whichever form its first character tells. Returns
 * false, *why saying so, where it is none.
 */
bool autodiscover_decode(struct arena *arena, struct autodiscover *answer,
			 const void *body, size_t length, const char **why);

/* The target of a link by its name, in any case; NULL: no such link. */
const char *autodiscover_href(const struct autodiscover *answer,
			      const char *name);

/* A challenge MsRtcOAuth: where tickets are had, and for what. */
struct autodiscover_challenge {
	const char *href; /* NULL: not said */
	const char *grants[AUTODISCOVER_GRANTS_MAX];
	size_t grant_count;
};

/*
 * Reads one value of WWW-Authenticate, in which other challenges may stand
 * as well; quotes may be missing. False where there is no MsRtcOAuth in it.
 */
bool autodiscover_challenge(struct arena *arena,
			    struct autodiscover_challenge *challenge,
			    const char *value);

#endif
