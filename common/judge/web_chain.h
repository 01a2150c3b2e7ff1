/*
 * web_chain.h - what the web services said of one SIP domain at one address,
 * from lyncdiscover to the document that names the user's resource. No I/O.
 *
 * Specification: edge-services.md 12.2, 12.3.
 */
#ifndef COMMON_JUDGE_WEB_CHAIN_H
#define COMMON_JUDGE_WEB_CHAIN_H

#include "common/judge/predicate.h"
#include "common/model/web.h"

/* One of the two ways to ask, at the address of the inquiry. */
struct web_way {
	struct target target;		/* for sentences */
	bool is_offered;		/* the address is known for it */
	const struct observation *seen; /* NULL: was not looked at */
};

struct web_ways {
	struct web_way https, http;
};

struct web_ways web_ways_of(const struct inquiry *inquiry);

/* Whether it answers, and with something that leads a client on. */
bool web_way_answers(const struct web_way *way);
bool web_way_leads(const struct web_way *way);

/* Where following the answers ended. */
enum web_end {
	WEB_END_UNSEEN,	  /* last is NULL, or its next was not looked at */
	WEB_END_DOCUMENT, /* last holds it */
	WEB_END_LOST,	  /* last did not answer */
	WEB_END_OTHER,	  /* last answered with something else */
	WEB_END_LOOP,
	WEB_END_FOREIGN, /* next is a redirect of HTTP to another domain */
	WEB_END_BROKEN,	 /* next is no URL */
	WEB_END_APART,	 /* next is a link to a host that is not asked */
};

struct web_chain {
	enum web_end end;
	const struct observation *hops[WEB_HOPS_MAX + 2];
	size_t count;
	const struct observation *last;
	const char *next; /* NULL where last leads nowhere */
};

/*
 * Follows the way that serves clients: HTTPS where it leads on, else HTTP
 * where that does, else the one that answers.
 */
struct web_chain web_chain_of(const struct inquiry *inquiry,
			      const struct web_ways *ways);

/*
 * A way or hop that came to no conversation, as opine_unanswered() says it;
 * false when it did.
 */
bool opine_web_lost(const struct inquiry *inquiry, struct opinion *opinion,
		    const struct observation *seen, const char *cause);

/* What a status that is none of those hoped for means. */
void opine_web_status(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct observation *seen);

#endif
