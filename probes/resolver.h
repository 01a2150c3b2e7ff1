/*
 * resolver.h - asks DNS servers, one after the other, on c-ares in the
 * engine's loop. Never blocks.
 *
 * The answer's bytes are decoded by common/wire/dns.h, so that TTL, aliases
 * and rcode are seen as they came. Another resolver is asked after silence,
 * refusal, SERVFAIL and the like; UDP first, TCP for what was truncated.
 * Ownership: a lookup and its answer live in the arena of resolver_new().
 */
#ifndef PROBES_RESOLVER_H
#define PROBES_RESOLVER_H

#include "common/base/arena.h"
#include "common/model/observation.h"
#include "common/wire/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVERS_MAX 8

struct event_base;
struct resolver;
struct lookup;

/* What came of a lookup; that of the last resolver asked when none answered. */
struct lookup_answer {
	enum outcome outcome;	     /* answered: NOERROR or NXDOMAIN */
	struct endpoint resolver;    /* which it was */
	struct address source;	     /* our side; family 0: unknown */
	bool over_tcp;		     /* TCP was needed */
	bool has_rcode;		     /* a reply came */
	struct dns_message *message; /* that reply */
	const char *detail;	     /* one clause; "" when all went well */
};

/*
 * count 0: those of /etc/resolv.conf. A resolver's port 0 means 53. NULL with
 * *why when there are too many or c-ares cannot be used.
 */
struct resolver *resolver_new(struct event_base *base, struct arena *arena,
			      const struct endpoint *resolvers, size_t count,
			      int64_t timeout_us, const char **why);
void resolver_free(struct resolver *resolver); /* accepts NULL */

/*
 * Begins a lookup. done(context) is called once, perhaps before this
 * returns, unless the lookup is dropped before.
 */
struct lookup *resolver_ask(struct resolver *resolver, const char *name,
			    uint16_t type, void (*done)(void *context),
			    void *context);

/* The same of that one server alone, which need not be among the others. */
struct lookup *resolver_ask_one(struct resolver *resolver,
				const struct endpoint *server, const char *name,
				uint16_t type, void (*done)(void *context),
				void *context);

const struct lookup_answer *lookup_answer(const struct lookup *lookup);

/* Forgets it; needed after the answer too. Accepts NULL. */
void lookup_drop(struct lookup *lookup);

#endif
