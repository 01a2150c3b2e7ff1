/*
 * web.c - asks the web services as a client does before it signs in: what
 * lyncdiscover says, and whether the link to the user's own resource asks for
 * a ticket; and simple URLs.
 *
 * Answers that lead on are followed by hand, on the same connection, as long
 * as they stay at the server; what leads elsewhere is noted, and the plan
 * decides. No credentials are ever sent, so that a 401 is the best answer.
 * Specification: edge-services.md 12; [MS-OCDISCWS] 3.1.5.2, 3.1.5.3.
 */
#include "probes/registry.h"

#include "common/model/web.h"
#include "common/wire/autodiscover.h"
#include "probes/certificate.h"
#include "probes/dial.h"
#include "probes/handshake.h"
#include "probes/transfer.h"

#include <string.h>

#define MEDIA_XML      "application/vnd.microsoft.rtc.autodiscover+xml;v=1"
#define ACCEPT_XML     "Accept: " MEDIA_XML
#define ACCEPT_JSON    "Accept: application/json"
#define CHALLENGES_MAX 8

struct web {
	enum web_stage { STAGE_ROOT, STAGE_USER, STAGE_PAGE } stage;
	struct transfer *transfer;     /* under way, or just answered */
	const struct transfer *before; /* whose connection may be used */
	const char *text;	       /* the URL asked for now */
	struct url url;
	const char *visited[WEB_HOPS_MAX + 2];
	size_t visited_count;
	unsigned hops;
	bool fell_back; /* to the root without a query */
};

static const struct fact_def web_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	{"web.url", FACT_TEXT, "what was asked for"},
	{"web.hop", FACT_TEXT, "a URL that was asked for then, at that server"},
	{"web.hops", FACT_UINT, "how many answers led on, from the first URL"},
	{"web.next", FACT_TEXT, "a URL that the answer leads to, not followed"},
	{"web.next_by", FACT_TEXT, "how: redirect (of HTTP) or link"},
	{"web.loop", FACT_FLAG, "the answers lead in a circle"},
	{"http.status", FACT_UINT, "status of the last answer"},
	{"http.content_type", FACT_TEXT, "what it says that it is"},
	{"http.server", FACT_TEXT, "header Server"},
	{"http.length", FACT_UINT, "bytes of its body, as decoded"},
	{"http.challenge", FACT_TEXT, "one value of WWW-Authenticate"},
	{"web.server_fqdn", FACT_TEXT,
	 "X-MS-Server-Fqdn: the Front End Server that answered"},
	{"web.diagnostics", FACT_TEXT, "X-Ms-diagnostics: why it failed"},
	{"web.form", FACT_TEXT, "form of the Autodiscover answer: json, xml"},
	{"web.unread", FACT_TEXT, "why the answer is none of Autodiscover"},
	{"web.access_location", FACT_TEXT,
	 "from where the server believes to be asked"},
	{"web.link", FACT_TEXT, "name and target of one link"},
	{"web.user", FACT_TEXT, "the user's resource, not asked for then"},
	{"web.ticket_url", FACT_TEXT, "X-MS-WebTicketURL: where tickets are"},
	{"web.oauth_url", FACT_TEXT, "the same of the challenge MsRtcOAuth"},
	{"web.grant_type", FACT_TEXT, "one way to a ticket that it takes"},
	{NULL, FACT_TEXT, NULL},
};

static void came(void *context)
{
	struct check *check = context;

	check->wake(check);
}

/* The form that the question asks for; the user's resource has only one. */
static const char *accept_of(const struct web *web)
{
	return web->url.is_secure && !web->fell_back ? ACCEPT_XML : ACCEPT_JSON;
}

/* A page is read as far as its head. */
static bool take_nothing(void *context, const void *data, size_t length)
{
	(void)context;
	(void)data;
	(void)length;
	return false;
}

static enum want ask(struct check *check, const char *text)
{
	struct web *web = check->state;
	const char *accept = accept_of(web);
	const int64_t timeout_us = check->settings->timeout_us;
	const struct transfer_request request = {
		.url = text,
		.headers = &accept,
		.header_count = web->stage == STAGE_ROOT,
		.address = check->spec->endpoint.address,
		.port = check->spec->endpoint.port,
		.connect_us = timeout_us,
		.timeout_us = 2 * timeout_us,
		.accepts_gzip = true,
		.keeps = web->stage == STAGE_ROOT,
		.after = web->before,
		.take = web->stage == STAGE_ROOT ? NULL : take_nothing,
	};

	web->text = text;
	if (web->visited_count < WEB_HOPS_MAX + 2)
		web->visited[web->visited_count++] = text;
	web->transfer = transfer_begin(check->transfers, &request, came, check);
	return WANT_LIBRARY;
}

static enum want web_start_check(struct check *check)
{
	struct web *web = check->state;

	if (strcmp(check->probe->name, WEB_USER_PROBE) == 0)
		web->stage = STAGE_USER;
	if (strcmp(check->probe->name, WEB_PAGE_PROBE) == 0)
		web->stage = STAGE_PAGE;
	web->hops = check->spec->hops;
	if (!url_parse(check->spec->url, &web->url))
		return check_finish(check, OUTCOME_LOCAL, "not a URL");
	observe_text(check, "web.url", check->spec->url);
	check_phase(check, "connect");
	return ask(check, check->spec->url);
}

/*
 * Facts of an answer
 */

static void note_header(struct check *check, const char *key, const char *name)
{
	const struct web *web = check->state;
	const char *value = transfer_header(web->transfer, name, 0);

	if (value)
		observe_text(check, key, value);
}

/* Once an observation; one that was used before has no more to show. */
static void note_connection(struct check *check,
			    const struct transfer_answer *answer)
{
	const struct web *web = check->state;
	bool is_new = !web->before || answer->chain;
	char source[ADDRESS_TEXT_BYTES];

	if (answer->source.family)
		check->source =
			arena_text(check->settings->arena,
				   address_format(source, &answer->source));
	if (answer->status || *answer->tls_version)
		observe_spoke(check);
	if (!is_new || observation_fact(check->open, "tcp.rtt_us"))
		return;
	if (answer->connect_us)
		observe_number(check, "tcp.rtt_us", answer->connect_us);
	if (web->url.is_secure && !web->url.address.family &&
	    answer->connect_us)
		observe_text(check, "tls.sni", web->url.host);
	if (*answer->tls_version) {
		observe_text(check, "tls.version", answer->tls_version);
		observe_text(check, "tls.cipher", answer->tls_cipher);
	}
	if (answer->chain)
		certificate_observe(check, answer->chain);
}

static void note_answer(struct check *check,
			const struct transfer_answer *answer)
{
	if (!answer->status)
		return;
	observe_number(check, "http.status", answer->status);
	observe_text(check, "http.content_type", answer->content_type);
	note_header(check, "http.server", "Server");
	note_header(check, "web.server_fqdn", "X-MS-Server-Fqdn");
	note_header(check, "web.diagnostics", "X-Ms-diagnostics");
}

static void note_challenges(struct check *check)
{
	const struct web *web = check->state;
	struct arena *arena = check->settings->arena;
	struct autodiscover_challenge challenge;
	const char *value;

	note_header(check, "web.ticket_url", "X-MS-WebTicketURL");
	for (size_t i = 0; i < CHALLENGES_MAX; i++) {
		value = transfer_header(web->transfer, "WWW-Authenticate", i);
		if (!value)
			return;
		observe_text(check, "http.challenge", value);
		if (!autodiscover_challenge(arena, &challenge, value))
			continue;
		if (challenge.href)
			observe_text(check, "web.oauth_url", challenge.href);
		for (size_t j = 0; j < challenge.grant_count; j++)
			observe_text(check, "web.grant_type",
				     challenge.grants[j]);
	}
}

static void note_document(struct check *check,
			  const struct autodiscover *document)
{
	struct arena *arena = check->settings->arena;

	observe_text(check, "web.form", document->is_xml ? "xml" : "json");
	if (document->access_location)
		observe_text(check, "web.access_location",
			     document->access_location);
	for (size_t i = 0; i < document->link_count; i++)
		observe_text(check, "web.link",
			     arena_format(arena, "%s %s",
					  document->links[i].name,
					  document->links[i].href));
}

/*
 * The root: where it leads
 */

static void drop_transfer(struct web *web)
{
	web->before = web->transfer;
	transfer_drop(web->transfer);
	web->transfer = NULL;
}

static enum want finish_root(struct check *check)
{
	const struct web *web = check->state;

	observe_number(check, "web.hops", web->hops);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static bool was_visited(const struct web *web, const char *text)
{
	for (size_t i = 0; i < web->visited_count; i++)
		if (strcmp(web->visited[i], text) == 0)
			return true;
	return false;
}

static enum want lead_away(struct check *check, const char *text,
			   const char *how)
{
	const struct web *web = check->state;
	const struct transfer_answer *answer = transfer_answer(web->transfer);

	/* a document was noted when it was read */
	if (strcmp(how, "redirect") == 0)
		note_answer(check, answer);
	observe_text(check, "web.next", text);
	observe_text(check, "web.next_by", how);
	return finish_root(check);
}

static enum want lead_on(struct check *check, const char *text, const char *how)
{
	struct web *web = check->state;
	struct url url;

	if (was_visited(web, text)) {
		observe_flag(check, "web.loop", true);
		return lead_away(check, text, how);
	}
	if (!url_parse(text, &url) || !url_same_server(&url, &web->url) ||
	    web->hops == WEB_HOPS_MAX)
		return lead_away(check, text, how);
	web->hops++;
	drop_transfer(web);
	observe_text(check, "web.hop", text);
	return ask(check, text);
}

/* In XML, OAuth is what JSON calls user. */
static const char *user_link(const struct autodiscover *document)
{
	const char *href = autodiscover_href(document, "oauth");

	return href ? href : autodiscover_href(document, "user");
}

static enum want follow_document(struct check *check,
				 const struct autodiscover *document)
{
	struct web *web = check->state;
	const char *redirect = autodiscover_href(document, "redirect");
	const char *user = user_link(document);
	struct url url;

	if (redirect)
		return lead_on(check, redirect, "link");
	if (!user || !url_parse(user, &url))
		return finish_root(check);
	/* whoever came by HTTPS at once may have asked: the plan knows */
	if (check->spec->hops || !url_same_server(&url, &web->url)) {
		observe_text(check, "web.user", user);
		return finish_root(check);
	}
	observe_number(check, "web.hops", web->hops);
	observe_end(check, OUTCOME_ANSWERED, NULL);
	observe_begin(check, WEB_USER_PROBE, check->subject);
	observe_text(check, "web.url", user);
	check_phase(check, "user");
	web->stage = STAGE_USER;
	drop_transfer(web);
	return ask(check, user);
}

/* Servers answer without the question, too (edge-services.md 12.1). */
static enum want fall_back(struct check *check)
{
	struct web *web = check->state;
	const char *root = arena_format(check->settings->arena, "%.*s/",
					(int)(web->url.path - check->spec->url),
					check->spec->url);

	web->fell_back = true;
	drop_transfer(web);
	observe_text(check, "web.hop", root);
	return ask(check, root);
}

/* Only what was asked first has a query that may be in the way. */
static bool may_fall_back(const struct check *check)
{
	const struct web *web = check->state;

	return !web->fell_back && !check->spec->hops &&
	       web->text == check->spec->url && strchr(web->url.path, '?');
}

static enum want read_root(struct check *check,
			   const struct transfer_answer *answer)
{
	struct autodiscover document;
	const char *why = "";
	bool is_good = answer->status == 200 && !answer->is_cut &&
		       autodiscover_decode(check->settings->arena, &document,
					   answer->body, answer->length, &why);

	if (answer->location && answer->status != 200)
		return lead_on(check, answer->location, "redirect");
	if (!is_good && may_fall_back(check))
		return fall_back(check);
	note_answer(check, answer);
	observe_number(check, "http.length", (int64_t)answer->length);
	if (is_good) {
		note_document(check, &document);
		return follow_document(check, &document);
	}
	if (answer->status == 200)
		observe_text(check, "web.unread",
			     answer->is_cut ? "it is too long" : why);
	if (answer->status == 401)
		note_challenges(check);
	return finish_root(check);
}

/*
 * Steps
 */

static enum want lost(struct check *check, const struct transfer_answer *answer)
{
	check_phase(check, answer->phase);
	if (answer->alert >= 0)
		observe_number(check, "tls.alert", answer->alert);
	note_answer(check, answer);
	return check_finish(check, answer->outcome, "%s", answer->detail);
}

static enum want take_answer(struct check *check)
{
	const struct web *web = check->state;
	const struct transfer_answer *answer = transfer_answer(web->transfer);

	note_connection(check, answer);
	if (answer->outcome != OUTCOME_ANSWERED)
		return lost(check, answer);
	check_phase(check, "answer");
	if (web->stage == STAGE_ROOT)
		return read_root(check, answer);
	note_answer(check, answer);
	note_challenges(check);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want web_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return web_start_check(check);
	case CUE_LIBRARY:
		return take_answer(check);
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "the web server did not come to an end");
	}
}

static void web_stop(struct check *check)
{
	struct web *web = check->state;

	transfer_drop(web->transfer);
	web->transfer = NULL;
}

const struct probe lyncdiscover_probe = {
	.name = WEB_ROOT_PROBE,
	.summary = "asks Autodiscover where the user's server is",
	.facts = web_facts,
	.state_size = sizeof(struct web),
	.round_trips = 4,
	.step = web_step,
	.stop = web_stop,
};

const struct probe lyncdiscover_user_probe = {
	.name = WEB_USER_PROBE,
	.summary = "asks for the user's resource without a ticket",
	.facts = web_facts,
	.state_size = sizeof(struct web),
	.round_trips = 4,
	.step = web_step,
	.stop = web_stop,
};

const struct probe web_page_probe = {
	.name = WEB_PAGE_PROBE,
	.summary = "asks whether a simple URL is reached",
	.facts = web_facts,
	.state_size = sizeof(struct web),
	.round_trips = 4,
	.step = web_step,
	.stop = web_stop,
};
