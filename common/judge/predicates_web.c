#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/web_chain.h"

#include "common/model/hosting.h"

#include <string.h>

/*
 * The record. Without a topology file nobody said that there are phones, so
 * a missing one is enough to warn.
 */

void judge_web_dns(const struct inquiry *inquiry, struct opinion *opinion)
{
	const char *host = web_host(inquiry->arena, inquiry->subject);
	const char *cloud = web_cloud_name(inquiry->deployment, host);
	bool is_told = inquiry->deployment->topology->file;
	struct addresses addresses;
	char text[ADDRESS_TEXT_BYTES];

	addresses_of(inquiry, opinion, host, &addresses);
	if (cloud) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s leads to Microsoft 365 (%s)", host, cloud);
		return;
	}
	if (opine_no_address(inquiry, opinion, host, &addresses,
			     "web.lyncdiscover-missing")) {
		if (opinion->state == STATE_WRONG && !is_told)
			opinion->state = STATE_WARN;
		return;
	}
	for (size_t i = 0; i < addresses.count; i++) {
		if (!address_is_private(&addresses.items[i]))
			continue;
		opine(inquiry, opinion, STATE_WRONG, "dns.no-private-outside",
		      "%s gives the private address %s, which nobody outside "
		      "can reach",
		      host, address_format(text, &addresses.items[i]));
		return;
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s gives %s", host,
	      addresses_text(inquiry, &addresses));
}

/*
 * HTTPS or HTTP: clients ask both at once, and one is enough.
 */

/* Neither way is open: what became of this one. */
static void opine_shut(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct web_way *way)
{
	opine_unanswered(inquiry, opinion, &way->target, way->seen,
			 "web.blocked");
}

void judge_web_https(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct web_ways ways = web_ways_of(inquiry);

	opinion_rest_on(inquiry, opinion, ways.https.seen);
	if (web_way_answers(&ways.https) && !web_way_leads(&ways.https) &&
	    web_way_leads(&ways.http)) {
		opine_web_status(inquiry, opinion, ways.https.seen);
		opinion->state = STATE_WARN; /* HTTP serves */
	} else if (web_way_answers(&ways.https)) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s answers over HTTPS", ways.https.target.name);
	} else if (web_way_leads(&ways.http)) {
		opinion_rest_on(inquiry, opinion, ways.http.seen);
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s answers over HTTP, which is enough; HTTPS does not",
		      ways.https.target.name);
	} else {
		opine_shut(inquiry, opinion, &ways.https);
	}
}

static void judge_http_answer(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct web_ways *ways)
{
	const struct observation *seen = ways->http.seen;
	const char *by = observation_text(seen, "web.next_by");
	const char *next = observation_text(seen, "web.next");
	const char *type = observation_text(seen, "http.content_type");
	struct url url;

	if (by && strcmp(by, "redirect") == 0 && url_parse(next, &url) &&
	    !url_is_in(&url, inquiry->subject) &&
	    !hosting_is_cloud_name(url.host))
		opine(inquiry, opinion, STATE_WRONG, "web.redirect-foreign",
		      "HTTP redirects to %s, outside %s: clients refuse that",
		      url.host, inquiry->subject);
	else if (web_way_leads(&ways->http))
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "HTTP %s%s",
		      by && strcmp(by, "redirect") == 0 ? "redirects to "
							: "answers",
		      by && strcmp(by, "redirect") == 0 ? next : "");
	else if (!web_way_leads(&ways->https))
		opine_web_status(inquiry, opinion, seen);
	else if (observation_number(seen, "http.status", 0) == 200)
		opine(inquiry, opinion, STATE_WARN, "web.other-site",
		      "another site answers HTTP (%s); HTTPS is right",
		      type && *type ? type : "no type");
	else
		opine(inquiry, opinion, STATE_NA, NULL,
		      "HTTP answers %lld; HTTPS serves, which is enough",
		      (long long)observation_number(seen, "http.status", 0));
}

void judge_web_http(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct web_ways ways = web_ways_of(inquiry);

	opinion_rest_on(inquiry, opinion, ways.http.seen);
	if (web_way_answers(&ways.http))
		judge_http_answer(inquiry, opinion, &ways);
	else if (web_way_answers(&ways.https))
		opine(inquiry, opinion, STATE_NA, NULL,
		      "HTTP does not answer; HTTPS does, which is enough");
	else
		opine_shut(inquiry, opinion, &ways.http);
}

/*
 * The name, where HTTPS is asked; HTTP spares it (12.3: the cheap design).
 */

void judge_web_name(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct web_ways ways = web_ways_of(inquiry);
	const struct observation *seen = ways.https.seen;
	const char *host = web_host(inquiry->arena, inquiry->subject);
	const char *entry;
	enum cover cover;

	opinion_rest_on(inquiry, opinion, seen);
	if (!seen || !observation_fact(seen, "cert.der")) {
		if (web_way_leads(&ways.http))
			opine(inquiry, opinion, STATE_NA, NULL,
			      "no TLS there; HTTP serves, which is enough");
		return;
	}
	cover = certificate_covers(inquiry->arena, seen, host, &entry);
	if (cover == COVER_EXACT || cover == COVER_WILDCARD) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "SAN entry %s covers %s", entry, host);
		return;
	}
	opinion_rest_on(inquiry, opinion, ways.http.seen);
	if (web_way_leads(&ways.http))
		opine(inquiry, opinion, STATE_WARN, "web.name-uncovered",
		      "the certificate lacks %s, so that only HTTP serves",
		      host);
	else
		opine(inquiry, opinion, STATE_WRONG, "web.name-uncovered",
		      "the certificate lacks %s, and HTTP does not serve; %s",
		      host, certificate_names(inquiry->arena, seen));
}
