#include "common/judge/names.h"
#include "common/judge/web_chain.h"

#include <string.h>
#include <strings.h>

static const char *host_of(const struct inquiry *inquiry, const char *text)
{
	struct url url;

	return text && url_parse(text, &url)
		       ? arena_text(inquiry->arena, url.host)
		       : "";
}

static bool begins(const char *text, const char *word)
{
	return text && strncasecmp(text, word, strlen(word)) == 0;
}

/* The document is there: whether it says what clients need. */
static void judge_document(const struct inquiry *inquiry,
			   struct opinion *opinion,
			   const struct observation *document)
{
	const char *type = observation_text(document, "http.content_type");
	const char *form = observation_text(document, "web.form");
	const char *host =
		host_of(inquiry, observation_text(document, "web.url"));

	if (!web_user_of(document))
		opine(inquiry, opinion, STATE_WRONG, "web.links-broken",
		      "%s names no resource of the user", host);
	else if (begins(type, "text/html"))
		opine(inquiry, opinion, STATE_WARN, "web.other-site",
		      "%s answers rightly, but says that it is %s", host, type);
	else if (strcmp(form, "xml") == 0 && !web_link_of(document, "domain"))
		opine(inquiry, opinion, STATE_WARN, "web.links-broken",
		      "%s names no link Domain, which XML needs", host);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "Autodiscover answers at %s in %s", host,
		      strcmp(form, "xml") == 0 ? "XML" : "JSON");
}

static void judge_end(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct web_chain *chain)
{
	const struct observation *last = chain->last;
	const char *host = host_of(inquiry, chain->next);

	switch (chain->end) {
	case WEB_END_DOCUMENT:
		judge_document(inquiry, opinion, last);
		break;
	case WEB_END_LOST:
		opine_web_lost(inquiry, opinion, last, "web.link-down");
		break;
	case WEB_END_OTHER:
		if (observation_number(last, "http.status", 0) == 401)
			opine(inquiry, opinion, STATE_VERIFIED, NULL,
			      "Autodiscover asks who is there (401)");
		else
			opine_web_status(inquiry, opinion, last);
		break;
	case WEB_END_LOOP:
		opine(inquiry, opinion, STATE_WRONG, "web.redirect-loop",
		      "the answers lead on without end, at last to %s",
		      chain->next);
		break;
	case WEB_END_FOREIGN:
		opine(inquiry, opinion, STATE_WRONG, "web.redirect-foreign",
		      "it redirects to %s, outside %s: clients refuse that",
		      host, inquiry->subject);
		break;
	case WEB_END_BROKEN:
		opine(inquiry, opinion, STATE_WRONG, "web.links-broken",
		      "it leads to '%s', which is no absolute URL",
		      chain->next);
		break;
	case WEB_END_APART:
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "it leads to %s, which is in no SIP domain and was not "
		      "asked: name it in the topology file, [web] external",
		      host);
		opinion->could_not = true;
		break;
	case WEB_END_UNSEEN:
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "it leads to %s, which was not looked at", host);
		break;
	}
}

/*
 * The chain of the inquiry; false where another row says why there is none,
 * or where it ends before anything that could be judged.
 */
static bool take_chain(const struct inquiry *inquiry, struct opinion *opinion,
		       struct web_chain *chain)
{
	struct web_ways ways = web_ways_of(inquiry);

	*chain = web_chain_of(inquiry, &ways);
	if (!web_way_answers(&ways.https) && !web_way_answers(&ways.http))
		return false;
	for (size_t i = 0; i < chain->count; i++)
		opinion_rest_on(inquiry, opinion, chain->hops[i]);
	return true;
}

void judge_web_answer(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct web_chain chain;

	if (take_chain(inquiry, opinion, &chain))
		judge_end(inquiry, opinion, &chain);
}

/* Likewise, for what only a document tells. */
static bool take_document(const struct inquiry *inquiry,
			  struct opinion *opinion, struct web_chain *chain)
{
	if (!take_chain(inquiry, opinion, chain))
		return false;
	if (chain->end == WEB_END_OTHER &&
	    observation_number(chain->last, "http.status", 0) == 401)
		opine(inquiry, opinion, STATE_NA, NULL,
		      "Autodiscover asks who is there first (401)");
	return chain->end == WEB_END_DOCUMENT;
}

void judge_web_access_location(const struct inquiry *inquiry,
			       struct opinion *opinion)
{
	struct web_chain chain;
	const char *location;

	if (!take_document(inquiry, opinion, &chain))
		return;
	location = observation_text(chain.last, "web.access_location");
	if (!location)
		opine(inquiry, opinion, STATE_NA, NULL,
		      "the answer does not say from where it was asked");
	else if (strcasecmp(location, "external") == 0)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the web services know that they are asked from outside");
	else
		opine(inquiry, opinion,
		      strcasecmp(location, "internal") == 0 ? STATE_WRONG
							    : STATE_WARN,
		      "web.internal-site",
		      "the web services believe to be asked from inside "
		      "(AccessLocation %s)",
		      location);
}

/*
 * Links: of all, but those that clients follow weigh more
 */

static bool is_followed(const char *link)
{
	static const char *const names[] = {"user ", "oauth ", "redirect "};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(link, names[i]))
			return true;
	return false;
}

/* Whether outsiders can resolve the host, by what DNS said. */
static void judge_link_host(const struct inquiry *inquiry,
			    struct opinion *opinion, const struct url *url)
{
	const char *host = arena_text(inquiry->arena, url->host);
	struct addresses addresses;
	bool is_private;

	if (!strchr(host, '.')) {
		opine(inquiry, opinion, STATE_WRONG, "web.internal-site",
		      "a link leads to %s, which has no domain", host);
		return;
	}
	addresses_of(inquiry, opinion, host, &addresses);
	if (opine_no_address(inquiry, opinion, host, &addresses,
			     "web.internal-site")) {
		if (opinion->state == STATE_WRONG)
			opine(inquiry, opinion, STATE_WRONG,
			      "web.internal-site",
			      "a link leads to %s, which has no address "
			      "outside",
			      host);
		return;
	}
	is_private = true;
	for (size_t i = 0; i < addresses.count; i++)
		is_private &= address_is_private(&addresses.items[i]);
	if (is_private)
		opine(inquiry, opinion, STATE_WRONG, "web.internal-site",
		      "a link leads to %s, which has a private address", host);
}

static void judge_link(const struct inquiry *inquiry, struct opinion *opinion,
		       const char *link)
{
	const char *href = strchr(link, ' ');
	enum state state = is_followed(link) ? STATE_WRONG : STATE_WARN;
	struct url url;

	if (!href)
		return;
	href++;
	if (!url_parse(href, &url))
		opine(inquiry, opinion, state, "web.links-broken",
		      "a link is no absolute URL: '%s'", href);
	else if (!url.is_secure)
		opine(inquiry, opinion, state, "web.links-broken",
		      "a link is without TLS: %s", href);
	else if (url.address.family)
		opine(inquiry, opinion,
		      address_is_private(&url.address) ? STATE_WRONG
						       : STATE_WARN,
		      address_is_private(&url.address) ? "web.internal-site"
						       : "web.links-broken",
		      "a link leads to an address: %s", href);
	else
		judge_link_host(inquiry, opinion, &url);
}

void judge_web_links(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct web_chain chain;
	size_t links = 0;

	if (!take_document(inquiry, opinion, &chain) && opinion->because)
		return;
	for (size_t i = 0; i < chain.count; i++) {
		const struct fact *fact =
			observation_fact(chain.hops[i], "web.link");

		for (; fact && links < WEB_HOSTS_MAX * 2;
		     fact = fact_next(fact), links++) {
			struct opinion one = {.state = STATE_UNOBSERVED};

			judge_link(inquiry, &one, fact->text);
			opinion_worst(inquiry, opinion, &one);
		}
	}
	if (links && !opinion->because)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "all links lead to hosts outside, over TLS");
}

/* What clients trust without asking (edge-services.md 11.4). */
static bool is_trusted(const struct url *url, const char *domain)
{
	static const char *const built_in[] = {"lync.com", "outlook.com",
					       "lync.glbdns.microsoft.com",
					       "microsoftonline.com"};

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (url_is_in(url, built_in[i]))
			return true;
	return url_is_in(url, domain);
}

void judge_web_host_domain(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	struct web_chain chain;
	size_t links = 0;

	if (!take_document(inquiry, opinion, &chain) && opinion->because)
		return;
	for (size_t i = 0; i < chain.count; i++) {
		const struct fact *fact =
			observation_fact(chain.hops[i], "web.link");

		for (; fact; fact = fact_next(fact)) {
			struct opinion one = {.state = STATE_UNOBSERVED};
			const char *href = strchr(fact->text, ' ');
			struct url url;

			if (!is_followed(fact->text) ||
			    !url_parse(href + 1, &url))
				continue;
			links++;
			if (!is_trusted(&url, inquiry->subject))
				opine(inquiry, &one, STATE_WARN,
				      "web.host-domain",
				      "a link leads to %s, outside %s: clients "
				      "ask whether to trust it",
				      url.host, inquiry->subject);
			opinion_worst(inquiry, opinion, &one);
		}
	}
	if (links && !opinion->because)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the links stay in %s", inquiry->subject);
}

/*
 * The user's resource
 */

static bool offers(const struct observation *seen, const char *grant)
{
	const struct fact *fact = observation_fact(seen, "web.grant_type");

	while (fact && strcasecmp(fact->text, grant) != 0)
		fact = fact_next(fact);
	return fact;
}

/* How people may sign in (12.2). */
static const char *sign_in_of(const struct observation *seen)
{
	if (!observation_fact(seen, "web.grant_type"))
		return "";
	if (offers(seen, "password") ||
	    offers(seen, "urn:microsoft.rtc:windows"))
		return ", by password";
	return offers(seen, "passive") ? ", by AD FS only" : "";
}

static void judge_user_answer(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct observation *seen)
{
	int64_t status = observation_number(seen, "http.status", 0);

	if (status == 401 && (observation_fact(seen, "web.ticket_url") ||
			      observation_fact(seen, "web.oauth_url")))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the web services ask for a ticket (401)%s",
		      sign_in_of(seen));
	else if (status == 401)
		opine(inquiry, opinion, STATE_WARN, "web.no-ticket",
		      "401 without a word of tickets: another than the web "
		      "services may be asking");
	else if (status < 400)
		opine(inquiry, opinion, STATE_WARN, "web.no-ticket",
		      "HTTP %lld where a ticket should be asked for",
		      (long long)status);
	else
		opine_web_status(inquiry, opinion, seen);
}

/* At the server of the document, else wherever the link leads. */
static const struct observation *user_seen(const struct inquiry *inquiry,
					   const struct observation *document,
					   const char *user)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct observation *seen =
		web_seen(deployment, WEB_USER_PROBE, inquiry->subject, user,
			 &document->endpoint);

	return seen ? seen
		    : web_seen(deployment, WEB_USER_PROBE, inquiry->subject,
			       user, NULL);
}

void judge_web_user(const struct inquiry *inquiry, struct opinion *opinion)
{
	const struct observation *seen;
	struct web_chain chain;
	const char *user;
	struct url url;

	if (!take_document(inquiry, opinion, &chain))
		return;
	user = web_user_of(chain.last);
	if (!user)
		return;
	seen = user_seen(inquiry, chain.last, user);
	if (seen) {
		opinion_rest_on(inquiry, opinion, seen);
		if (!opine_web_lost(inquiry, opinion, seen, "web.link-down"))
			judge_user_answer(inquiry, opinion, seen);
	} else if (url_parse(user, &url) &&
		   !web_is_own(inquiry->deployment, &url)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s is in no SIP domain and was not asked: name it in "
		      "the topology file, [web] external",
		      url.host);
		opinion->could_not = true;
	}
}
