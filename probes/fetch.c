#include "probes/fetch.h"

#include "common/model/certificates.h"

#include <string.h>

static void go(struct fetch *fetch);

static bool is_redirect(unsigned status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* False when this hop is the last. */
static bool follow(struct fetch *fetch)
{
	const char *location = fetch->answer->location;

	if (fetch->answer->outcome != OUTCOME_ANSWERED ||
	    !is_redirect(fetch->answer->status) || !location)
		return false;
	if (!url_has_scheme(location, "http")) {
		fetch->refused = arena_format(
			fetch->arena, "it redirects to %s, which is not http",
			location);
		return false;
	}
	if (fetch->redirects == FETCH_REDIRECTS_MAX) {
		fetch->refused = arena_format(fetch->arena,
					      "it redirects more than %d times",
					      FETCH_REDIRECTS_MAX);
		return false;
	}
	fetch->locations[fetch->redirects++] = location;
	fetch->request.url = location;
	transfer_drop(fetch->transfer);
	fetch->transfer = NULL;
	return true;
}

static void hop_done(void *context)
{
	struct fetch *fetch = context;

	fetch->has_ended = true;
	if (!fetch->is_beginning)
		go(fetch);
}

static void begin_hop(struct fetch *fetch)
{
	fetch->has_ended = false;
	fetch->is_beginning = true;
	fetch->transfer = transfer_begin(fetch->transfers, &fetch->request,
					 hop_done, fetch);
	fetch->answer = transfer_answer(fetch->transfer);
	fetch->is_beginning = false;
}

static void go(struct fetch *fetch)
{
	while (fetch->has_ended) {
		if (!follow(fetch)) {
			fetch->done(fetch->context);
			return;
		}
		begin_hop(fetch);
	}
}

void fetch_begin(struct fetch *fetch, struct arena *arena,
		 struct transfers *transfers,
		 const struct transfer_request *request,
		 void (*done)(void *context), void *context)
{
	*fetch = (struct fetch){.arena = arena,
				.transfers = transfers,
				.request = *request,
				.done = done,
				.context = context};
	begin_hop(fetch);
	go(fetch);
}

enum outcome fetch_outcome(const struct fetch *fetch, const char **detail)
{
	const struct transfer_answer *answer = fetch->answer;

	*detail = answer->detail;
	if (answer->outcome != OUTCOME_ANSWERED)
		return answer->outcome;
	if (fetch->refused) {
		*detail = fetch->refused;
		return OUTCOME_GARBLED;
	}
	if (answer->status < 200 || answer->status > 299) {
		*detail = arena_format(fetch->arena, "HTTP status %u",
				       answer->status);
		return OUTCOME_GARBLED;
	}
	return answer->is_cut ? OUTCOME_GARBLED : OUTCOME_ANSWERED;
}

void fetch_drop(struct fetch *fetch)
{
	transfer_drop(fetch->transfer);
	fetch->transfer = NULL;
}
