#include "common/judge/web_chain.h"

#include "common/judge/certificate.h"
#include "common/model/hosting.h"

#include <string.h>

static struct web_way way_of(const struct inquiry *inquiry, bool is_secure)
{
	const struct deployment *deployment = inquiry->deployment;
	struct endpoint endpoints[WEB_ADDRESSES_MAX];
	const char *text =
		web_start(inquiry->arena, inquiry->subject, is_secure);
	struct web_way way = {.target = {.node = inquiry->node}};
	struct address address;
	struct url url;
	size_t count;

	if (!url_parse(text, &url) || !address_parse(inquiry->node, &address))
		return way;
	count = web_endpoints(deployment, &url, endpoints);
	for (size_t i = 0; i < count && !way.is_offered; i++) {
		if (!address_equal(&endpoints[i].address, &address))
			continue;
		way.is_offered = true;
		way.target.endpoint = endpoints[i];
		way.seen = web_seen(deployment, WEB_ROOT_PROBE,
				    inquiry->subject, text, &endpoints[i]);
	}
	way.target.endpoint.name = web_host(inquiry->arena, inquiry->subject);
	way.target.name = way.target.endpoint.name;
	return way;
}

struct web_ways web_ways_of(const struct inquiry *inquiry)
{
	return (struct web_ways){.https = way_of(inquiry, true),
				 .http = way_of(inquiry, false)};
}

bool web_way_answers(const struct web_way *way)
{
	return way->seen && way->seen->outcome == OUTCOME_ANSWERED;
}

bool web_way_leads(const struct web_way *way)
{
	return web_way_answers(way) &&
	       (observation_fact(way->seen, "web.form") ||
		observation_fact(way->seen, "web.next"));
}

static bool was_hop(const struct web_chain *chain, const char *text)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct fact *fact =
			observation_fact(chain->hops[i], "web.hop");
		const char *url = observation_text(chain->hops[i], "web.url");

		if (url && strcmp(url, text) == 0)
			return true;
		for (; fact; fact = fact_next(fact))
			if (strcmp(fact->text, text) == 0)
				return true;
	}
	return false;
}

/* Clients refuse a redirect of HTTP into another domain (12.3). */
static bool is_foreign(const struct inquiry *inquiry,
		       const struct observation *seen, const struct url *url)
{
	const char *by = observation_text(seen, "web.next_by");

	return by && strcmp(by, "redirect") == 0 &&
	       !url_is_in(url, inquiry->subject) &&
	       !hosting_is_cloud_name(url->host);
}

/* Why it goes no further; WEB_END_UNSEEN where it may. */
static enum web_end end_of(const struct inquiry *inquiry,
			   struct web_chain *chain)
{
	const struct observation *last = chain->last;
	struct url url;

	chain->next = NULL;
	if (last->outcome != OUTCOME_ANSWERED)
		return WEB_END_LOST;
	chain->next = observation_text(last, "web.next");
	if (observation_flag(last, "web.loop"))
		return WEB_END_LOOP;
	if (!chain->next)
		return observation_fact(last, "web.form") ? WEB_END_DOCUMENT
							  : WEB_END_OTHER;
	if (!url_parse(chain->next, &url))
		return WEB_END_BROKEN;
	if (is_foreign(inquiry, last, &url))
		return WEB_END_FOREIGN;
	if (!web_is_own(inquiry->deployment, &url))
		return WEB_END_APART;
	if (was_hop(chain, chain->next) ||
	    observation_number(last, "web.hops", 0) >= WEB_HOPS_MAX)
		return WEB_END_LOOP;
	return WEB_END_UNSEEN;
}

/* What clients make of HTTPS: a name that is not covered ends it. */
static bool is_covered(const struct inquiry *inquiry, const struct web_way *way)
{
	const char *entry;

	return certificate_covers(inquiry->arena, way->seen, way->target.name,
				  &entry) >= COVER_WILDCARD;
}

static const struct observation *begin_of(const struct inquiry *inquiry,
					  const struct web_ways *ways)
{
	bool is_led = web_way_leads(&ways->https);

	if (web_way_leads(&ways->http) &&
	    (!is_led || !is_covered(inquiry, &ways->https)))
		return ways->http.seen;
	if (is_led)
		return ways->https.seen;
	return web_way_answers(&ways->https) || !web_way_answers(&ways->http)
		       ? ways->https.seen
		       : ways->http.seen;
}

struct web_chain web_chain_of(const struct inquiry *inquiry,
			      const struct web_ways *ways)
{
	struct web_chain chain = {.end = WEB_END_UNSEEN};
	const struct observation *next = begin_of(inquiry, ways);

	while (next && chain.end == WEB_END_UNSEEN &&
	       chain.count < WEB_HOPS_MAX + 2) {
		chain.hops[chain.count++] = chain.last = next;
		chain.end = end_of(inquiry, &chain);
		next = chain.end == WEB_END_UNSEEN
			       ? web_seen(inquiry->deployment, WEB_ROOT_PROBE,
					  inquiry->subject, chain.next, NULL)
			       : NULL;
	}
	return chain;
}

bool opine_web_lost(const struct inquiry *inquiry, struct opinion *opinion,
		    const struct observation *seen, const char *cause)
{
	const struct target target = {.node = inquiry->node,
				      .endpoint = seen->endpoint};

	return opine_unanswered(inquiry, opinion, &target, seen, cause);
}

/* edge-services.md 12.3; all of it lies before the Front End Servers. */
static const struct {
	int64_t first, last;
	const char *cause, *meaning;
} statuses[] = {
	{400, 400, "web.rewritten", "something rewrites the request"},
	{403, 403, "web.refused",
	 "the reverse proxy wants a sign-in of its own, or filters addresses"},
	{404, 404, "web.not-published",
	 "the path is not published, or the host name is changed on the way"},
	{405, 405, "web.rewritten", "something rewrites the request"},
	{500, 500, "web.service-fault", "the web service itself fails"},
	{502, 504, "web.pool-unreachable",
	 "the reverse proxy does not reach the Front End Servers"},
};

void opine_web_status(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct observation *seen)
{
	int64_t status = observation_number(seen, "http.status", 0);
	const char *url = observation_text(seen, "web.url");
	const char *type = observation_text(seen, "http.content_type");
	const char *why = observation_text(seen, "web.unread");
	struct url parts;

	opinion_rest_on(inquiry, opinion, seen);
	url_parse(url ? url : "", &parts);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (status < statuses[i].first || status > statuses[i].last)
			continue;
		opine(inquiry, opinion, STATE_WRONG, statuses[i].cause,
		      "%s answers HTTP %lld: %s", parts.host, (long long)status,
		      statuses[i].meaning);
		return;
	}
	if (status == 200)
		opine(inquiry, opinion, STATE_WRONG, "web.other-site",
		      "another site answers for %s (%s): %s", parts.host,
		      type && *type ? type : "no type",
		      why ? why : "no Autodiscover");
	else
		opine(inquiry, opinion, STATE_WARN, "web.other-site",
		      "%s answers HTTP %lld, which no web service of ours does",
		      parts.host, (long long)status);
}
