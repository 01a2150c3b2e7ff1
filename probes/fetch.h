/*
 * fetch.h - a transfer and up to three redirects of it, to http alone
 * (edge-services.md 10.3). Never blocks.
 *
 * Ownership: the fetch is the caller's; fetch_drop() ends it, at any time.
 */
#ifndef PROBES_FETCH_H
#define PROBES_FETCH_H

#include "probes/transfer.h"

#define FETCH_REDIRECTS_MAX 3

struct fetch {
	struct transfers *transfers;
	struct arena *arena;
	struct transfer_request request; /* of the hop under way */
	struct transfer *transfer;
	const struct transfer_answer *answer; /* once done() was called */
	const char *locations[FETCH_REDIRECTS_MAX];
	unsigned redirects;
	const char *refused; /* why a redirect was not followed; or NULL */
	void (*done)(void *context);
	void *context;
	bool is_beginning, has_ended;
};

/* done(context) is called once, perhaps before this returns. */
void fetch_begin(struct fetch *fetch, struct arena *arena,
		 struct transfers *transfers,
		 const struct transfer_request *request,
		 void (*done)(void *context), void *context);

/*
 * What came of it: *detail is one clause, never empty where no document
 * came. Answered: a 2xx with a whole body; another status is garbled.
 */
enum outcome fetch_outcome(const struct fetch *fetch, const char **detail);

void fetch_drop(struct fetch *fetch);

#endif
