#include "common/judge/sources.h"

#include "common/base/clock.h"

#include <string.h>

#define STAPLES_MAX 8

/* The keys of an answer: asked for, or stapled. */
struct keys {
	const char *status, *signature, *this_update, *next_update, *revoked_at,
		*reason;
};

static const struct keys ocsp_keys = {"ocsp.status",	  "ocsp.signature",
				      "ocsp.this_update", "ocsp.next_update",
				      "ocsp.revoked_at",  "ocsp.reason"};
static const struct keys staple_keys = {
	"tls.staple.status",	  "tls.staple.signature",
	"tls.staple.this_update", "tls.staple.next_update",
	"tls.staple.revoked_at",  "tls.staple.reason"};
static const struct keys crl_keys = {"crl.revoked",	"crl.signature",
				     "crl.this_update", "crl.next_update",
				     "crl.revoked_at",	"crl.reason"};

static void set(struct source *source, enum source_state state,
		const char *text)
{
	source->state = state;
	source->text = text;
}

static const char *day_of(struct arena *arena, int64_t seconds)
{
	char text[CLOCK_TEXT_BYTES];

	if (seconds > INT64_MAX / CLOCK_SECOND_US ||
	    seconds < -(INT64_MAX / CLOCK_SECOND_US))
		return "a day out of range";
	return arena_text(arena,
			  clock_format_day(text, seconds * CLOCK_SECOND_US));
}

static void set_revoked(struct arena *arena, struct source *source,
			const struct keys *keys)
{
	const char *reason = observation_text(source->seen, keys->reason);
	int64_t since = observation_number(source->seen, keys->revoked_at, 0);

	set(source, SOURCE_REVOKED,
	    arena_format(arena, "it is revoked since %s (reason: %s)",
			 since ? day_of(arena, since) : "a day not said",
			 reason ? reason : "not said"));
}

/* Whether it was in force when it was looked at; sets the source if not. */
static bool is_in_force(struct arena *arena, struct source *source,
			const struct keys *keys)
{
	const struct observation *seen = source->seen;
	int64_t now_s = seen->wall_us / CLOCK_SECOND_US;
	int64_t from_s = observation_number(seen, keys->this_update, 0);
	const struct fact *until = observation_fact(seen, keys->next_update);

	if (from_s > now_s + SOURCE_SKEW_S)
		set(source, SOURCE_STALE,
		    arena_format(arena, "it begins on %s only",
				 day_of(arena, from_s)));
	else if (until && until->number < now_s - SOURCE_SKEW_S)
		set(source, SOURCE_STALE,
		    arena_format(arena, "it ended on %s and was not renewed",
				 day_of(arena, until->number)));
	else
		return true;
	return false;
}

/* Whether its signature holds; sets the source if not. */
static bool is_signed(struct arena *arena, struct source *source,
		      const struct keys *keys)
{
	const char *signature = observation_text(source->seen, keys->signature);

	if (!signature || strcmp(signature, "unread") == 0 ||
	    strcmp(signature, "no issuer") == 0)
		set(source, SOURCE_UNFIT,
		    signature && strcmp(signature, "unread") == 0
			    ? "its signature is of a kind that is not read"
			    : "nothing to check its signature by: the "
			      "issuer's certificate was not sent");
	else if (strcmp(signature, "good") != 0)
		set(source, SOURCE_FOREIGN,
		    arena_format(arena, "its signature does not hold: %s",
				 signature));
	else
		return true;
	return false;
}

/* Limits that leave this certificate in. */
static bool is_about(const struct certificate *certificate, const char *limit)
{
	return strcmp(limit, certificate->is_leaf ? "authorities"
						  : "servers and people") == 0;
}

static void weigh_list(const struct inquiry *inquiry, struct source *source)
{
	const struct observation *seen = source->seen;
	struct arena *arena = inquiry->arena;
	const struct fact *limit = observation_fact(seen, "crl.limit");

	if (!observation_flag(seen, "crl.issuer_matches")) {
		const char *issuer = observation_text(seen, "crl.issuer");

		set(source, SOURCE_FOREIGN,
		    arena_format(arena, "the list is of another issuer, %s",
				 issuer ? issuer : "unnamed"));
		return;
	}
	if (!is_signed(arena, source, &crl_keys))
		return;
	if (observation_flag(seen, "crl.revoked")) {
		set_revoked(arena, source, &crl_keys);
		return;
	}
	if (!is_in_force(arena, source, &crl_keys))
		return;
	for (; limit; limit = fact_next(limit))
		if (!is_about(inquiry->certificate, limit->text)) {
			set(source, SOURCE_UNFIT,
			    arena_format(arena, "it does not speak of %s",
					 limit->text));
			return;
		}
	set(source, SOURCE_GOOD, "it is not in the list");
}

static void weigh_answer(const struct inquiry *inquiry, struct source *source,
			 const struct keys *keys)
{
	const char *status = observation_text(source->seen, keys->status);
	struct arena *arena = inquiry->arena;

	if (!is_signed(arena, source, keys))
		return;
	if (status && strcmp(status, "revoked") == 0)
		set_revoked(arena, source, keys);
	else if (!status)
		set(source, SOURCE_SILENT,
		    "the answer does not speak of this certificate");
	else if (!is_in_force(arena, source, keys))
		return;
	else if (strcmp(status, "good") == 0)
		set(source, SOURCE_GOOD, "the responder calls it good");
	else
		set(source, SOURCE_UNKNOWN,
		    "the responder does not know the certificate");
}

/* Whether some list or responder was reached, so that HTTP may leave. */
static bool http_leaves(const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++)
		if (observation_fact(list->items[i], "http.status"))
			return true;
	return false;
}

static void weigh_failure(const struct inquiry *inquiry, struct source *source)
{
	const struct observation *seen = source->seen;
	bool is_silence = seen->outcome == OUTCOME_NO_REPLY ||
			  (seen->outcome == OUTCOME_UNREACHABLE &&
			   strcmp(seen->phase, "resolve") != 0);

	set(source,
	    seen->outcome == OUTCOME_LOCAL ? SOURCE_UNSEEN : SOURCE_SILENT,
	    arena_format(inquiry->arena, "%s%s",
			 *seen->detail ? seen->detail
				       : outcome_name(seen->outcome),
			 is_silence && !http_leaves(inquiry->deployment)
				 ? ", or your own network stops it"
				 : ""));
}

static void add_named(const struct inquiry *inquiry, struct sources *sources,
		      const char *probe, const char *url)
{
	struct source *source = &sources->items[sources->count++];

	source->name = url;
	source->seen = certificate_asked(inquiry->deployment,
					 inquiry->certificate, probe, url);
	if (!source->seen)
		set(source, SOURCE_UNSEEN, "it was not asked");
	else if (source->seen->outcome != OUTCOME_ANSWERED)
		weigh_failure(inquiry, source);
	else if (strcmp(probe, "crl") == 0)
		weigh_list(inquiry, source);
	else
		weigh_answer(inquiry, source, &ocsp_keys);
}

void sources_named(const struct inquiry *inquiry, struct sources *sources)
{
	static const struct {
		enum revocation_url kind;
		const char *probe;
	} kinds[] = {{URL_CRL, "crl"}, {URL_OCSP, "ocsp"}};

	sources->count = 0;
	for (size_t i = 0; i < 2; i++) {
		const struct certificate_urls *urls =
			&inquiry->certificate->urls[kinds[i].kind];

		for (size_t j = 0; j < urls->count; j++)
			if (url_has_scheme(urls->items[j], "http"))
				add_named(inquiry, sources, kinds[i].probe,
					  urls->items[j]);
	}
}

void sources_stapled(const struct inquiry *inquiry, struct sources *sources)
{
	const struct certificate *certificate = inquiry->certificate;
	size_t added = 0;

	for (size_t i = 0; i < certificate->shown_count && added < STAPLES_MAX;
	     i++) {
		const struct observation *seen = certificate->shown[i];
		const struct fact *leaf = observation_fact(seen, "cert.der");
		struct source *source;

		if (!observation_flag(seen, "tls.staple") ||
		    leaf->length != certificate->der->length ||
		    memcmp(leaf->text, certificate->der->text, leaf->length) !=
			    0)
			continue;
		source = &sources->items[sources->count++];
		source->name = "the staple";
		source->seen = seen;
		weigh_answer(inquiry, source, &staple_keys);
		added++;
	}
}

const struct source *sources_first(const struct sources *sources)
{
	const struct source *first = NULL;

	for (size_t i = 0; i < sources->count; i++)
		if (!first || sources->items[i].state < first->state)
			first = &sources->items[i];
	return first;
}
