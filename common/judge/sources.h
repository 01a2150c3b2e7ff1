/*
 * sources.h - who speaks of a certificate's revocation, and what is to be
 * thought of each: lists, responders, staples. No I/O.
 *
 * Specification: edge-services.md 10.2, 10.4; RFC 5280 6.3.3, RFC 6960 3.2.
 */
#ifndef COMMON_JUDGE_SOURCES_H
#define COMMON_JUDGE_SOURCES_H

#include "common/judge/predicate.h"
#include "common/model/certificates.h"

#define SOURCE_SKEW_S 300 /* that clocks may differ */
#define SOURCES_MAX   (2 * CERTIFICATE_URLS_MAX + 8)

/* From what settles the question to what is no answer at all. */
enum source_state {
	SOURCE_REVOKED,
	SOURCE_GOOD,
	SOURCE_FOREIGN, /* signed by another than may */
	SOURCE_STALE,	/* not in force at that time */
	SOURCE_UNKNOWN, /* the responder does not know it */
	SOURCE_SILENT,	/* unreachable, or no document */
	SOURCE_UNFIT,	/* does not speak of this certificate, or unread */
	SOURCE_UNSEEN,	/* not asked, or this place could not */
};

struct source {
	enum source_state state;
	const char *name; /* "http://crl.contoso.com/a.crl", "the staple" */
	const char *text; /* what is the matter, after the name */
	const struct observation *seen; /* NULL: none */
};

struct sources {
	struct source items[SOURCES_MAX];
	size_t count;
};

/* Lists and responders over HTTP that the certificate names, in order. */
void sources_named(const struct inquiry *inquiry, struct sources *sources);

/* Adds the staples that came with it, of the first few connections. */
void sources_stapled(const struct inquiry *inquiry, struct sources *sources);

/* The first of the lowest state; NULL when there is none. */
const struct source *sources_first(const struct sources *sources);

#endif
