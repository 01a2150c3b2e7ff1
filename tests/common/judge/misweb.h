/*
 * misweb.h - one fault a function, for faults_test.c alone: the web services
 * beside a healthy world, at 192.0.2.40.
 */
#ifndef TESTS_COMMON_JUDGE_MISWEB_H
#define TESTS_COMMON_JUDGE_MISWEB_H

#include "tests/common/judge/breaks.h"

#include "common/model/web.h"

#define WEB_HTTPS "192.0.2.40:443"
#define WEB_HTTP  "192.0.2.40:80"
#define WEB_BASE                                                               \
	"https://webext.contoso.com/Autodiscover/AutodiscoverService.svc/root"
#define WEB_USER WEB_BASE "/oauth/user?originalDomain=contoso.com"
#define WEB_HOSTS_SAN                                                          \
	"DNS:webext.contoso.com,DNS:lyncdiscover.contoso.com,"                 \
	"DNS:meet.contoso.com"

static void web_fact(struct world *world, struct observation *seen,
		     const char *key, const char *text)
{
	observation_add_text(world->arena, seen, key, text);
}

static void web_status(struct world *world, struct observation *seen,
		       int64_t status, const char *type)
{
	observation_add_number(world->arena, seen, "http.status", FACT_UINT,
			       status);
	web_fact(world, seen, "http.content_type", type);
}

/* One answer; san NULL: without TLS. */
static struct observation *see_web(struct world *world, const char *probe,
				   const char *endpoint, const char *host,
				   const char *url, const char *san)
{
	struct observation *seen =
		world_see(world, probe, endpoint, TRANSPORT_TCP, "contoso.com");

	seen->endpoint.name = host;
	web_fact(world, seen, "web.url", url);
	observation_add_number(world->arena, seen, "web.hops", FACT_UINT, 0);
	if (san)
		world_show(world, seen, "webext.contoso.com", san, 7);
	return seen;
}

static void web_document(struct world *world, struct observation *seen)
{
	web_status(world, seen, 200,
		   "application/vnd.microsoft.rtc.autodiscover+xml");
	web_fact(world, seen, "web.form", "xml");
	web_fact(world, seen, "web.access_location", "External");
	web_fact(world, seen, "web.link", "Domain " WEB_BASE "/domain");
	web_fact(world, seen, "web.link", "User " WEB_BASE "/user");
	web_fact(world, seen, "web.link", "OAuth " WEB_USER);
	web_fact(world, seen, "web.user", WEB_USER);
}

static void web_challenge(struct world *world, struct observation *seen)
{
	web_status(world, seen, 401, "text/html");
	web_fact(world, seen, "web.oauth_url",
		 "https://webext.contoso.com/WebTicket/oauthtoken");
	web_fact(world, seen, "web.grant_type", "password");
}

/* Healthy: HTTPS with the document, HTTP with the link to HTTPS. */
static void with_web(struct world *world)
{
	struct observation *seen;

	world_dns(world, "lyncdiscover.contoso.com", DNS_A, "192.0.2.40");
	world_dns(world, "lyncdiscover.contoso.com", DNS_AAAA, "");
	world_dns(world, "webext.contoso.com", DNS_A, "192.0.2.40");
	world_dns(world, "webext.contoso.com", DNS_AAAA, "");
	seen = see_web(
		world, WEB_ROOT_PROBE, WEB_HTTPS, "lyncdiscover.contoso.com",
		web_start(world->arena, "contoso.com", true), WEB_HOSTS_SAN);
	web_document(world, seen);
	seen = see_web(world, WEB_ROOT_PROBE, WEB_HTTP,
		       "lyncdiscover.contoso.com",
		       web_start(world->arena, "contoso.com", false), NULL);
	web_status(world, seen, 200, "application/json");
	web_fact(world, seen, "web.form", "json");
	web_fact(world, seen, "web.link", "redirect " WEB_BASE);
	web_fact(world, seen, "web.next", WEB_BASE);
	web_fact(world, seen, "web.next_by", "link");
	seen = see_web(world, WEB_ROOT_PROBE, WEB_HTTPS, "webext.contoso.com",
		       WEB_BASE, WEB_HOSTS_SAN);
	web_document(world, seen);
	seen = see_web(world, WEB_USER_PROBE, WEB_HTTPS, "webext.contoso.com",
		       WEB_USER, WEB_HOSTS_SAN);
	web_challenge(world, seen);
}

/* What lyncdiscover, or a host that it leads to, answered; facts gone. */
static struct observation *web_again(struct world *world, const char *probe,
				     const char *endpoint, const char *host)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];
		char text[ENDPOINT_TEXT_BYTES];
		const char *url;

		endpoint_format(text, &seen->endpoint.address,
				seen->endpoint.port);
		if (strcmp(seen->probe, probe) != 0 ||
		    strcmp(text, endpoint) != 0 ||
		    strcmp(seen->endpoint.name, host) != 0)
			continue;
		url = observation_text(seen, "web.url");
		seen->facts = NULL;
		web_fact(world, seen, "web.url", url);
		if (!strstr(endpoint, ":80"))
			world_show(world, seen, "webext.contoso.com",
				   WEB_HOSTS_SAN, 7);
		return seen;
	}
	fail_msg("no observation of %s at %s", probe, endpoint);
	return NULL;
}

static struct observation *web_https(struct world *world)
{
	return web_again(world, WEB_ROOT_PROBE, WEB_HTTPS,
			 "lyncdiscover.contoso.com");
}

static struct observation *web_http(struct world *world)
{
	return web_again(world, WEB_ROOT_PROBE, WEB_HTTP,
			 "lyncdiscover.contoso.com");
}

static struct observation *web_user(struct world *world)
{
	return web_again(world, WEB_USER_PROBE, WEB_HTTPS,
			 "webext.contoso.com");
}

static void web_shut(struct observation *seen)
{
	seen->outcome = OUTCOME_REFUSED;
	seen->facts->next = NULL; /* web.url alone */
	seen->detail = "the connection is refused";
}

/*
 * Healthy in other ways
 */

static void with_json(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_https(world);
	web_status(world, seen, 200, "application/json; charset=utf-8");
	web_fact(world, seen, "web.form", "json");
	web_fact(world, seen, "web.link", "self " WEB_BASE);
	web_fact(world, seen, "web.link", "user " WEB_USER);
}

/* The cheap design: HTTP alone (12.3). */
static void web_over_http(struct world *world)
{
	with_web(world);
	web_shut(web_https(world));
}

static void web_over_https(struct world *world)
{
	with_web(world);
	web_shut(web_http(world));
}

/* Handled by most clients (12.3). */
static void web_redirects_home(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_http(world);
	web_status(world, seen, 301, "text/html");
	web_fact(world, seen, "web.next",
		 web_start(world->arena, "contoso.com", true));
	web_fact(world, seen, "web.next_by", "redirect");
}

static void web_by_wildcard(struct world *world)
{
	with_web(world);
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];
		bool is_web = observation_fact(seen, "web.url") &&
			      observation_fact(seen, "cert.der");
		struct fact *fact = seen->facts;

		for (; fact && is_web; fact = fact->next)
			if (strncmp(fact->key, "cert.", 5) == 0)
				fact->key = "none";
		if (is_web)
			world_show(world, seen, "webext.contoso.com",
				   "DNS:*.contoso.com", 8);
	}
}

static void web_in_the_cloud(struct world *world)
{
	with_web(world);
	for (size_t i = 0; i < world->list.count; i++)
		if (strcmp(world->list.items[i]->probe, "dns") == 0 &&
		    strcmp(world->list.items[i]->endpoint.name,
			   "lyncdiscover.contoso.com") == 0)
			web_fact(world, world->list.items[i], "dns.cname",
				 "webdir.online.lync.com");
	for (size_t i = 0; i < world->list.count; i++)
		if (observation_fact(world->list.items[i], "web.url"))
			world->list.items[i]->probe = "none";
}

/* Edge alone: the file lists no mobility. */
static void web_not_wanted(struct world *world)
{
	world_file(world);
	world_dns(world, "lyncdiscover.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "lyncdiscover.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void with_sites(struct world *world)
{
	struct observation *seen;

	with_web(world);
	world->given->web.sites[WEB_SITE_MEET] = "https://meet.contoso.com/";
	world_dns(world, "meet.contoso.com", DNS_A, "192.0.2.40");
	world_dns(world, "meet.contoso.com", DNS_AAAA, "");
	seen = see_web(world, WEB_PAGE_PROBE, WEB_HTTPS, "meet.contoso.com",
		       "https://meet.contoso.com/", WEB_HOSTS_SAN);
	seen->subject = "meet";
	web_status(world, seen, 404, "text/html");
}

/*
 * Faults
 */

static void web_missing(struct world *world)
{
	world_dns(world, "lyncdiscover.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "lyncdiscover.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void web_missing_for_mobiles(struct world *world)
{
	world_file(world);
	world->given->features |= FEATURE_BIT(FEATURE_MOBILITY);
	web_missing(world);
}

static void web_shut_both(struct world *world)
{
	with_web(world);
	web_shut(web_https(world));
	web_shut(web_http(world));
}

static void web_name_alone(struct world *world)
{
	with_web(world);
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		if (!observation_fact(seen, "web.url") ||
		    strcmp(seen->endpoint.name, "lyncdiscover.contoso.com") !=
			    0 ||
		    seen->endpoint.port != 443)
			continue;
		seen->facts = NULL;
		web_fact(world, seen, "web.url",
			 web_start(world->arena, "contoso.com", true));
		world_show(world, seen, "webext.contoso.com",
			   "DNS:webext.contoso.com", 9);
		web_document(world, seen);
	}
}

static void web_name_and_no_http(struct world *world)
{
	web_name_alone(world);
	web_shut(web_http(world));
}

static void web_html(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_https(world);
	web_status(world, seen, 200, "text/html");
	web_fact(world, seen, "web.unread", "it is a web page (HTML)");
	seen = web_http(world);
	web_status(world, seen, 200, "text/html");
	web_fact(world, seen, "web.unread", "it is a web page (HTML)");
}

static void web_html_over_http(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_http(world);
	web_status(world, seen, 200, "text/html");
	web_fact(world, seen, "web.unread", "it is a web page (HTML)");
}

static void web_leads_astray(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_http(world);
	web_status(world, seen, 302, "text/html");
	web_fact(world, seen, "web.next", "https://www.litwareinc.com/");
	web_fact(world, seen, "web.next_by", "redirect");
}

static void web_leads_round(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_https(world);
	web_status(world, seen, 302, "text/html");
	web_fact(world, seen, "web.next",
		 "http://lyncdiscover.contoso.com/?sipuri=sip:edgeprobe@"
		 "contoso.com");
	web_fact(world, seen, "web.next_by", "redirect");
	seen = web_http(world);
	web_status(world, seen, 302, "text/html");
	web_fact(world, seen, "web.next",
		 web_start(world->arena, "contoso.com", true));
	web_fact(world, seen, "web.next_by", "redirect");
}

static void web_internal_location(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_https(world);
	web_status(world, seen, 200,
		   "application/vnd.microsoft.rtc.autodiscover+xml");
	web_fact(world, seen, "web.form", "xml");
	web_fact(world, seen, "web.access_location", "Internal");
	web_fact(world, seen, "web.link", "Domain " WEB_BASE "/domain");
	web_fact(world, seen, "web.link", "User " WEB_USER);
}

/* The document with one link of the user. */
static void web_with_user_link(struct world *world, const char *link)
{
	struct observation *seen;

	with_web(world);
	seen = web_https(world);
	web_status(world, seen, 200, "application/json");
	web_fact(world, seen, "web.form", "json");
	web_fact(world, seen, "web.link",
		 arena_format(world->arena, "user %s", link));
}

static void web_internal_links(struct world *world)
{
	world_dns(world, "fe01.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "fe01.contoso.com", DNS_AAAA, "NXDOMAIN");
	web_with_user_link(world, "https://fe01.contoso.com/user");
}

static void web_private_links(struct world *world)
{
	world_dns(world, "fe01.contoso.com", DNS_A, "10.1.2.3");
	world_dns(world, "fe01.contoso.com", DNS_AAAA, "");
	web_with_user_link(world, "https://fe01.contoso.com/user");
}

static void web_relative_links(struct world *world)
{
	web_with_user_link(world, "/user");
}

static void web_elsewhere(struct world *world)
{
	world_dns(world, "webext.contoso.net", DNS_A, "192.0.2.41");
	world_dns(world, "webext.contoso.net", DNS_AAAA, "");
	web_with_user_link(world, "https://webext.contoso.net/user");
}

static void web_user_says(struct world *world, int64_t status)
{
	with_web(world);
	web_status(world, web_user(world), status, "text/html");
}

static void web_user_forbidden(struct world *world)
{
	web_user_says(world, 403);
}

static void web_user_missing(struct world *world)
{
	web_user_says(world, 404);
}

static void web_user_rewritten(struct world *world)
{
	web_user_says(world, 400);
}

static void web_user_fails(struct world *world)
{
	web_user_says(world, 500);
}

static void web_pool_gone(struct world *world)
{
	web_user_says(world, 503);
}

static void web_basic_sign_in(struct world *world)
{
	web_user_says(world, 401);
}

static void web_user_silent(struct world *world)
{
	struct observation *seen;

	with_web(world);
	seen = web_user(world);
	seen->outcome = OUTCOME_NO_REPLY;
	seen->detail = "no reply to TCP in 5.0 s";
}

/* Every certificate of the web services. */
static void web_expired(struct world *world)
{
	with_web(world);
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];
		struct fact *fact = seen->facts;

		for (; fact && observation_fact(seen, "web.url");
		     fact = fact->next)
			if (strcmp(fact->key, "cert.not_after") == 0)
				fact->number = WORLD_NOW_S - WORLD_DAY_S;
	}
}

static void web_site_fails(struct world *world)
{
	struct observation *seen;

	with_sites(world);
	seen = web_again(world, WEB_PAGE_PROBE, WEB_HTTPS, "meet.contoso.com");
	web_status(world, seen, 502, "text/html");
}

#endif
