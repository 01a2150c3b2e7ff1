#include "common/judge/predicate.h"
#include "common/judge/sources.h"

#include <string.h>

#define SHORT_LIVED_DAYS 10
#define DAY_S		 INT64_C(86400)

/* Does not apply: counted, and in no verdict of the run. */
static void opine_not(const struct inquiry *inquiry, struct opinion *opinion,
		      const char *because)
{
	opine(inquiry, opinion, STATE_NA, NULL, "%s", because);
	opinion->could_not = true;
}

static void rest_on_shown(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	const struct certificate *certificate = inquiry->certificate;

	for (size_t i = 0; i < certificate->shown_count; i++)
		opinion_rest_on(inquiry, opinion, certificate->shown[i]);
}

/*
 * Where the list is: edge-services.md 13.1 C17, 10.2 step 4
 */

static const char *first_of(const struct certificate_urls *urls,
			    const char *scheme)
{
	for (size_t i = 0; i < urls->count; i++)
		if (url_has_scheme(urls->items[i], scheme))
			return urls->items[i];
	return NULL;
}

/* The rule is about server certificates. */
static enum state wrong_for_leaf(const struct certificate *certificate)
{
	return certificate->is_leaf ? STATE_WRONG : STATE_WARN;
}

static void opine_no_list(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	const struct certificate *certificate = inquiry->certificate;
	int64_t days =
		(certificate->not_after - certificate->not_before) / DAY_S;

	if (certificate->urls[URL_OCSP].found)
		opine(inquiry, opinion, STATE_WARN, "cert.no-cdp",
		      "the certificate names an OCSP responder, but no "
		      "revocation list");
	else if (days < SHORT_LIVED_DAYS)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it names no revocation list, and needs none: it is "
		      "valid for %lld days altogether",
		      (long long)days);
	else
		opine(inquiry, opinion, wrong_for_leaf(certificate),
		      "cert.no-cdp",
		      "the certificate names no revocation list and no OCSP "
		      "responder");
}

void judge_revocation_cdp(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	const struct certificate *certificate = inquiry->certificate;
	const struct certificate_urls *urls = &certificate->urls[URL_CRL];
	const char *http = first_of(urls, "http");
	const char *https = first_of(urls, "https");

	rest_on_shown(inquiry, opinion);
	if (http)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "its revocation list is at %s", http);
	else if (https)
		opine(inquiry, opinion, STATE_WARN, "cert.cdp-https",
		      "its revocation list is at %s alone: to fetch it, "
		      "another certificate has to be checked first",
		      https);
	else if (first_of(urls, "ldap"))
		opine(inquiry, opinion, wrong_for_leaf(certificate),
		      "cert.cdp-ldap-only",
		      "its revocation list is in LDAP alone, which nobody "
		      "outside reaches");
	else if (urls->found)
		opine(inquiry, opinion, wrong_for_leaf(certificate),
		      "cert.no-cdp",
		      "it names no address of a revocation list that can be "
		      "used");
	else
		opine_no_list(inquiry, opinion);
}

/*
 * Whether it is revoked: one good source is enough, and so is a bad one
 */

static const struct {
	enum state leaf, intermediate;
	const char *cause;
} views[] = {
	[SOURCE_REVOKED] = {STATE_WRONG, STATE_WRONG, "cert.revoked"},
	[SOURCE_GOOD] = {STATE_VERIFIED, STATE_VERIFIED, NULL},
	[SOURCE_FOREIGN] = {STATE_WRONG, STATE_WRONG, "cert.crl-foreign"},
	[SOURCE_STALE] = {STATE_WRONG, STATE_WRONG, "cert.crl-stale"},
	[SOURCE_UNKNOWN] = {STATE_WARN, STATE_WARN, "cert.revocation-unknown"},
	[SOURCE_SILENT] = {STATE_WARN, STATE_UNOBSERVED,
			   "cert.revocation-unreachable"},
	[SOURCE_UNFIT] = {STATE_UNOBSERVED, STATE_UNOBSERVED, NULL},
	[SOURCE_UNSEEN] = {STATE_UNOBSERVED, STATE_UNOBSERVED, NULL},
};

/* "URL: why; URL: why" of those that do not answer the question. */
static const char *list_failures(const struct inquiry *inquiry,
				 const struct sources *sources)
{
	const char *text = "";

	for (size_t i = 0; i < sources->count; i++)
		text = arena_format(inquiry->arena, "%s%s%s: %s", text,
				    *text ? "; " : "", sources->items[i].name,
				    sources->items[i].text);
	return text;
}

static void rest_on_sources(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		opinion_rest_on(inquiry, opinion, sources->items[i].seen);
}

void judge_revocation_status(const struct inquiry *inquiry,
			     struct opinion *opinion)
{
	const struct certificate *certificate = inquiry->certificate;
	struct sources sources;
	const struct source *first;
	enum state state;

	sources_named(inquiry, &sources);
	sources_stapled(inquiry, &sources);
	rest_on_sources(inquiry, opinion, &sources);
	first = sources_first(&sources);
	if (!first) {
		opine_not(inquiry, opinion,
			  "the certificate names nobody who could be asked");
		return;
	}
	state = certificate->is_leaf ? views[first->state].leaf
				     : views[first->state].intermediate;
	if (first->state == SOURCE_REVOKED)
		rest_on_shown(inquiry, opinion);
	if (first->state == SOURCE_REVOKED || first->state == SOURCE_GOOD)
		opine(inquiry, opinion, state, views[first->state].cause,
		      "%s: %s", first->name, first->text);
	else
		opine(inquiry, opinion, state, views[first->state].cause, "%s",
		      list_failures(inquiry, &sources));
	opinion->could_not =
		first->state == SOURCE_UNFIT ||
		(first->state == SOURCE_SILENT && state == STATE_UNOBSERVED);
}

/*
 * Whether each source answers, with something that is in force
 */

static void opine_source(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct source *source)
{
	struct opinion one = {.state = STATE_UNOBSERVED};

	switch (source->state) {
	case SOURCE_FOREIGN:
	case SOURCE_STALE:
	case SOURCE_UNKNOWN:
	case SOURCE_SILENT:
		opine(inquiry, &one, STATE_WARN, views[source->state].cause,
		      "%s: %s", source->name, source->text);
		break;
	case SOURCE_UNSEEN:
		opine(inquiry, &one, STATE_UNOBSERVED, NULL, "%s: %s",
		      source->name, source->text);
		break;
	default:
		opine(inquiry, &one, STATE_VERIFIED, NULL, "%s answers",
		      source->name);
	}
	opinion_worst(inquiry, opinion, &one);
}

void judge_revocation_reachable(const struct inquiry *inquiry,
				struct opinion *opinion)
{
	struct sources sources;

	sources_named(inquiry, &sources);
	rest_on_sources(inquiry, opinion, &sources);
	for (size_t i = 0; i < sources.count; i++)
		opine_source(inquiry, opinion, &sources.items[i]);
	if (!sources.count)
		opine_not(inquiry, opinion,
			  "the certificate names nobody who could be asked");
}

/*
 * Stapling: edge-services.md 10.2 step 2, RFC 7633
 */

/* A connection that showed it as leaf and no staple; NULL: none. */
static const struct observation *without_staple(const struct inquiry *inquiry)
{
	const struct certificate *certificate = inquiry->certificate;

	for (size_t i = 0; i < certificate->shown_count; i++) {
		const struct observation *seen = certificate->shown[i];

		if (observation_fact(seen, "tls.staple") &&
		    !observation_flag(seen, "tls.staple"))
			return seen;
	}
	return NULL;
}

static void opine_staple(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct source *source)
{
	bool must = inquiry->certificate->must_staple;
	struct opinion one = {.state = STATE_UNOBSERVED};

	if (source->state == SOURCE_GOOD)
		opine(inquiry, &one, STATE_VERIFIED, NULL,
		      "it is shown with a staple: %s", source->text);
	else if (source->state == SOURCE_REVOKED)
		opine(inquiry, &one, STATE_WRONG, "cert.revoked", "%s: %s",
		      source->name, source->text);
	else if (source->state == SOURCE_UNFIT)
		opine(inquiry, &one, STATE_UNOBSERVED, NULL, "%s: %s",
		      source->name, source->text);
	else
		opine(inquiry, &one, must ? STATE_WRONG : STATE_WARN,
		      "cert.staple-bad", "%s: %s", source->name, source->text);
	opinion_worst(inquiry, opinion, &one);
}

void judge_revocation_staple(const struct inquiry *inquiry,
			     struct opinion *opinion)
{
	const struct certificate *certificate = inquiry->certificate;
	const struct observation *bare = without_staple(inquiry);
	struct sources sources = {.count = 0};

	sources_stapled(inquiry, &sources);
	rest_on_sources(inquiry, opinion, &sources);
	for (size_t i = 0; i < sources.count; i++)
		opine_staple(inquiry, opinion, &sources.items[i]);
	if (certificate->must_staple && certificate->is_leaf && bare) {
		opinion_rest_on(inquiry, opinion, bare);
		opine(inquiry, opinion, STATE_WRONG, "cert.must-staple",
		      "the certificate demands an OCSP answer in the "
		      "handshake, and none comes");
	} else if (!sources.count) {
		opine_not(inquiry, opinion, "it asks for no staple");
	}
}

/*
 * The issuer's certificate: edge-services.md 10.2 step 1
 */

static void opine_lacking(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	const struct certificate_urls *urls =
		&inquiry->certificate->urls[URL_ISSUER];
	const char *url = first_of(urls, "http");
	const struct observation *seen =
		url ? certificate_asked(inquiry->deployment,
					inquiry->certificate, "issuer", url)
		    : NULL;

	opinion_rest_on(inquiry, opinion, seen);
	if (!url)
		opine(inquiry, opinion, STATE_WARN, "cert.chain-incomplete",
		      "the issuer's certificate is not sent, and nothing says "
		      "where clients could fetch it");
	else if (!seen)
		opine(inquiry, opinion, STATE_WARN, "cert.chain-incomplete",
		      "the issuer's certificate is not sent");
	else if (observation_flag(seen, "issuer.matches"))
		opine(inquiry, opinion, STATE_WARN, "cert.chain-incomplete",
		      "the issuer's certificate is not sent: Windows fetches "
		      "it from %s, phones and other systems do not",
		      url);
	else
		opine(inquiry, opinion, STATE_WARN, "cert.chain-incomplete",
		      "the issuer's certificate is not sent, and nobody finds "
		      "it at %s: %s",
		      url,
		      *seen->detail ? seen->detail : "another stands there");
}

void judge_revocation_issuer(const struct inquiry *inquiry,
			     struct opinion *opinion)
{
	const struct observation *lacking =
		certificate_lacks_issuer(inquiry->certificate);

	rest_on_shown(inquiry, opinion);
	if (!inquiry->certificate->is_leaf)
		opine_not(inquiry, opinion, "a row about the server's own");
	else if (lacking)
		opine_lacking(inquiry, opinion);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "its issuer's certificate is sent or a known root");
}
