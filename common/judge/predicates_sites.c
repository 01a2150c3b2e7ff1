#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/web_chain.h"

#include "common/base/text.h"

#include <string.h>

/*
 * Certificates of web servers (edge-services.md 13.6): a wildcard may stand
 * in the SAN and not in the subject name.
 */

/* What host the node showed a certificate for; NULL: none. */
static const struct observation *shown(const struct inquiry *inquiry)
{
	const struct observation_list *list = inquiry->deployment->observations;
	const struct observation *first = NULL;
	struct address address;

	if (!address_parse(inquiry->node, &address))
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (observation_fact(seen, "web.url") &&
		    observation_fact(seen, "cert.der") &&
		    address_equal(&seen->endpoint.address, &address) &&
		    text_names_equal(seen->endpoint.name, inquiry->subject) &&
		    (!first || seen->id < first->id))
			first = seen;
	}
	return first;
}

/* lyncdiscover has a row of its own, for HTTP can stand in for it. */
static bool is_lyncdiscover(const struct inquiry *inquiry)
{
	return strncmp(inquiry->subject, "lyncdiscover.", 13) == 0;
}

void judge_web_certificate(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	const struct observation *seen = shown(inquiry);
	struct certificate_fault fault;
	const char *subject, *entry;
	enum cover cover;

	if (!seen)
		return;
	opinion_rest_on(inquiry, opinion, seen);
	fault = certificate_fault(inquiry->arena, seen);
	subject = certificate_subject(seen);
	cover = certificate_covers(inquiry->arena, seen, inquiry->subject,
				   &entry);
	if (!is_lyncdiscover(inquiry) && cover < COVER_WILDCARD)
		opine(inquiry, opinion, STATE_WRONG, "web.certificate",
		      "the certificate lacks %s; %s", inquiry->subject,
		      certificate_names(inquiry->arena, seen));
	else if (fault.state != STATE_VERIFIED)
		opine(inquiry, opinion, fault.state, "web.certificate", "%s",
		      fault.because);
	else if (subject && strchr(subject, '*'))
		opine(inquiry, opinion, STATE_WARN, "web.certificate",
		      "the subject name is the wildcard %s, which is "
		      "supported in the SAN only",
		      subject);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s",
		      fault.because);
}

/*
 * Simple URLs: whatever a web server answers proves that it is reached
 */

static const char *site_url(const struct inquiry *inquiry)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < WEB_SITE_COUNT; i++)
		if (strcmp(web_site_name((enum web_site)i), inquiry->subject) ==
		    0)
			return topology->web.sites[i];
	return NULL;
}

static const struct observation *site_seen(const struct inquiry *inquiry,
					   const char *text)
{
	struct endpoint endpoints[WEB_ADDRESSES_MAX];
	struct address address;
	struct url url;
	size_t count;

	if (!address_parse(inquiry->node, &address) || !url_parse(text, &url))
		return NULL;
	count = web_endpoints(inquiry->deployment, &url, endpoints);
	for (size_t i = 0; i < count; i++)
		if (address_equal(&endpoints[i].address, &address))
			return web_seen(inquiry->deployment, WEB_PAGE_PROBE,
					inquiry->subject, text, &endpoints[i]);
	return NULL;
}

/* No address leads there: what DNS said. */
static void judge_site_name(const struct inquiry *inquiry,
			    struct opinion *opinion, const char *text)
{
	struct addresses addresses;
	struct url url;
	const char *host;

	if (!url_parse(text, &url))
		return;
	host = arena_text(inquiry->arena, url.host);
	addresses_of(inquiry, opinion, host, &addresses);
	if (!opine_no_address(inquiry, opinion, host, &addresses,
			      "web.simple-url"))
		opine(inquiry, opinion, STATE_WRONG, "web.simple-url",
		      "%s gives %s, which nobody outside can reach", host,
		      addresses_text(inquiry, &addresses));
}

void judge_simple_url(const struct inquiry *inquiry, struct opinion *opinion)
{
	const char *text = site_url(inquiry);
	const struct observation *seen = site_seen(inquiry, text);
	int64_t status;

	if (strcmp(inquiry->node, "-") == 0) {
		judge_site_name(inquiry, opinion, text);
		return;
	}
	if (!seen) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked at", text);
		return;
	}
	if (opine_web_lost(inquiry, opinion, seen, "web.simple-url"))
		return;
	status = observation_number(seen, "http.status", 0);
	if (status >= 500)
		opine(inquiry, opinion, STATE_WRONG, "web.simple-url",
		      "%s answers HTTP %lld", text, (long long)status);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s is reached (HTTP %lld)", text, (long long)status);
}
