#include "probes/serve/portal.h"

#include "common/base/url.h"
#include "probes/serve/faults.h"

#include <string.h>
#include <strings.h>

#define ROOT "/Autodiscover/AutodiscoverService.svc/root"
#define JSON "application/json; charset=utf-8"
#define XML  "application/vnd.microsoft.rtc.autodiscover+xml; charset=utf-8"
#define HTML "text/html; charset=utf-8"

/* One request, with what it is answered by. */
struct visit {
	struct arena *arena;
	const struct portal *portal;
	const char *path;   /* and query */
	const char *domain; /* SIP domain that is asked for */
	bool wants_xml;
};

static bool has(const struct portal *portal, enum quirk quirk)
{
	return quirks_have(portal->quirks, quirk);
}

size_t portal_head_length(const char *data, size_t length)
{
	const char *end = length ? memmem(data, length, "\r\n\r\n", 4) : NULL;

	return end ? (size_t)(end - data) + 4 : 0;
}

const char *portal_host(struct arena *arena, const struct topology *topology,
			const char *domain)
{
	const char *site = topology->web.sites[WEB_SITE_EXTERNAL];
	struct url url;

	/* users of another domain would be asked whether to trust it */
	if (site && url_parse(site, &url) && url_is_in(&url, domain))
		return arena_text(arena, url.host);
	return arena_format(arena, "lyncdiscover.%s", domain);
}

/* The value of a header; "" for none. */
static const char *header(struct arena *arena, const char *head,
			  const char *name)
{
	const char *line = strstr(head, "\r\n");
	size_t length = strlen(name);

	for (; line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " \t");
		return arena_copy(arena, line, strcspn(line, "\r\n"));
	}
	return "";
}

/* lyncdiscover.DOMAIN, else the domain that has the host; else the first. */
static const char *domain_of(const struct topology *topology, const char *host)
{
	size_t length = strcspn(host, ":");

	for (size_t i = 0; i < topology->domain_count; i++) {
		const char *domain = topology->domains[i];
		size_t tail = strlen(domain);

		if (length > tail && host[length - tail - 1] == '.' &&
		    strncasecmp(host + length - tail, domain, tail) == 0)
			return domain;
	}
	return topology->domains[0];
}

static const char *answer(struct visit *visit, const char *status,
			  const char *type, const char *more, const char *body)
{
	return arena_format(visit->arena,
			    "HTTP/1.1 %s\r\n"
			    "Content-Type: %s\r\n"
			    "Server: Microsoft-IIS/10.0\r\n"
			    "X-MS-Server-Fqdn: fe01.%s\r\n"
			    "%s"
			    "Content-Length: %zu\r\n\r\n%s",
			    status, type,
			    visit->portal->topology->internal_domain
				    ? visit->portal->topology->internal_domain
				    : visit->domain,
			    more, strlen(body), body);
}

static const char *page(struct visit *visit, const char *title)
{
	return answer(visit, "200 OK", HTML, "",
		      arena_format(visit->arena,
				   "<!DOCTYPE html>\r\n<html><head><title>%s"
				   "</title></head></html>\r\n",
				   title));
}

static const char *refuse(struct visit *visit, const char *status)
{
	return answer(visit, status, HTML, "", "<html></html>\r\n");
}

static const char *redirect(struct visit *visit, const char *url)
{
	return answer(visit, "302 Found", HTML,
		      arena_format(visit->arena, "Location: %s\r\n", url), "");
}

/* Where links lead to; the internal web site has names of its own. */
static const char *base_of(const struct visit *visit)
{
	const struct topology *topology = visit->portal->topology;

	if (has(visit->portal, QUIRK_INTERNAL_LINKS))
		return arena_format(visit->arena, "https://fe01.%s",
				    topology->internal_domain
					    ? topology->internal_domain
					    : "contoso.internal");
	return arena_format(visit->arena, "https://%s",
			    portal_host(visit->arena, topology, visit->domain));
}

static const char *xml_document(struct visit *visit, const char *base)
{
	return arena_format(
		visit->arena,
		"<AutodiscoverResponse AccessLocation=\"%s\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
		"<Root><Link token=\"Domain\" href=\"%s" ROOT "/domain\"/>"
		"<Link token=\"User\" href=\"%s" ROOT "/user\"/>"
		"<Link token=\"OAuth\" href=\"%s" ROOT "/oauth/user"
		"?originalDomain=%s\"/></Root></AutodiscoverResponse>",
		has(visit->portal, QUIRK_INTERNAL_LOCATION) ? "Internal"
							    : "External",
		base, base, base, visit->domain);
}

static const char *json_document(struct visit *visit, const char *base)
{
	return arena_format(
		visit->arena,
		"{\"_links\":{\"self\":{\"href\":\"%s" ROOT
		"?originalDomain=%s\"},"
		"\"user\":{\"href\":\"%s" ROOT
		"/oauth/user?originalDomain=%s\"},"
		"\"xframe\":{\"href\":\"%s/Autodiscover/XFrame/XFrame.html\"}"
		"}}",
		base, visit->domain, base, visit->domain, base);
}

/* Over HTTP, the way to HTTPS is the only link (12.2). */
static const char *say_root(struct visit *visit)
{
	const char *base = base_of(visit);

	if (!visit->portal->is_secure)
		return answer(
			visit, "200 OK", JSON, "",
			arena_format(
				visit->arena,
				"{\"_links\":{\"redirect\":{\"href\":\"%s" ROOT
				"?originalDomain=%s\"}}}",
				base, visit->domain));
	return visit->wants_xml ? answer(visit, "200 OK", XML, "",
					 xml_document(visit, base))
				: answer(visit, "200 OK", JSON, "",
					 json_document(visit, base));
}

static const char *say_user(struct visit *visit)
{
	const char *base = base_of(visit);

	if (has(visit->portal, QUIRK_USER_MISSING))
		return refuse(visit, "404 Not Found");
	if (has(visit->portal, QUIRK_POOL_UNREACHABLE))
		return refuse(visit, "503 Service Unavailable");
	if (has(visit->portal, QUIRK_USER_REFUSED))
		return refuse(visit, "403 Forbidden");
	if (has(visit->portal, QUIRK_NO_TICKET))
		return answer(visit, "401 Unauthorized", HTML,
			      "WWW-Authenticate: Basic realm=\"proxy\"\r\n",
			      "");
	return answer(
		visit, "401 Unauthorized", HTML,
		arena_format(visit->arena,
			     "X-MS-WebTicketURL: %s/WebTicket/"
			     "WebTicketService.svc\r\n"
			     "WWW-Authenticate: MsRtcOAuth "
			     "href=\"%s/WebTicket/oauthtoken\",grant_type="
			     "\"urn:microsoft.rtc:windows,"
			     "urn:microsoft.rtc:anonmeeting,password\"\r\n",
			     base, base),
		"");
}

/* Two addresses that send clients from one to the other. */
static const char *go_round(struct visit *visit)
{
	return redirect(
		visit,
		arena_format(visit->arena, "http%s://lyncdiscover.%s/%s",
			     visit->portal->is_secure ? "s" : "", visit->domain,
			     strcmp(visit->path, "/round") == 0 ? "about"
								: "round"));
}

static bool is_below(const char *path, const char *stem)
{
	size_t length = strlen(stem);

	return strncasecmp(path, stem, length) == 0 &&
	       (path[length] == '\0' || path[length] == '?');
}

static const char *say(struct visit *visit)
{
	if (has(visit->portal, QUIRK_HTML))
		return page(visit, "Welcome");
	if (has(visit->portal, QUIRK_REDIRECT_LOOP))
		return go_round(visit);
	if (has(visit->portal, QUIRK_REDIRECT_FOREIGN))
		return redirect(visit, "https://www.litwareinc.com/");
	if (is_below(visit->path, "/") || is_below(visit->path, ROOT))
		return say_root(visit);
	if (is_below(visit->path, ROOT "/user") ||
	    is_below(visit->path, ROOT "/oauth/user"))
		return say_user(visit);
	return page(visit, "Skype for Business");
}

const char *portal_answer(struct arena *arena, const struct portal *portal,
			  const char *head, size_t length)
{
	const char *text = arena_copy(arena, head, length);
	const char *path = text + strcspn(text, " \r\n");
	struct visit visit = {
		.arena = arena,
		.portal = portal,
		.domain = domain_of(portal->topology,
				    header(arena, text, "Host")),
		.wants_xml = strstr(header(arena, text, "Accept"), "+xml"),
	};

	path += *path == ' ';
	visit.path = arena_copy(arena, path, strcspn(path, " \r\n"));
	if (strncmp(text, "GET ", 4) != 0 || *visit.path != '/')
		return refuse(&visit, "400 Bad Request");
	return say(&visit);
}
