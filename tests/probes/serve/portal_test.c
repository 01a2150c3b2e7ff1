#include "probes/serve/portal.h"

#include "common/wire/autodiscover.h"
#include "probes/serve/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct topology *topology;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	topology = topology_new(arena);
	topology->domains[0] = "contoso.com";
	topology->domains[1] = "fabrikam.com";
	topology->domain_count = 2;
	topology->internal_domain = "contoso.net";
	topology->web.sites[WEB_SITE_EXTERNAL] = "https://webext.contoso.com/";
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* What is said to a request, with these quirks. */
static const char *ask(bool is_secure, struct quirks quirks, const char *host,
		       const char *path, const char *accept)
{
	const struct portal portal = {
		.topology = topology, .is_secure = is_secure, .quirks = quirks};
	const char *head = arena_format(arena,
					"GET %s HTTP/1.1\r\nHost: %s\r\n"
					"Accept: %s\r\n\r\n",
					path, host, accept);

	return portal_answer(arena, &portal, head, strlen(head));
}

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static struct autodiscover document_of(const char *answer)
{
	const char *body = strstr(answer, "\r\n\r\n") + 4;
	struct autodiscover document;
	const char *why;

	assert_true(begins(answer, "HTTP/1.1 200 OK\r\n"));
	assert_true(autodiscover_decode(arena, &document, body, strlen(body),
					&why));
	return document;
}

#define HOST "lyncdiscover.contoso.com"
#define ROOT "/Autodiscover/AutodiscoverService.svc/root"

static void answers_in_the_form_that_is_asked_for(void **state)
{
	struct autodiscover document;

	(void)state;
	document = document_of(ask(true, quirks_none, HOST,
				   "/?sipuri=sip:x@contoso.com",
				   "application/vnd.microsoft.rtc.autodiscover"
				   "+xml;v=1"));
	assert_true(document.is_xml);
	assert_string_equal(document.access_location, "External");
	assert_true(begins(autodiscover_href(&document, "user"),
			   "https://webext.contoso.com" ROOT));
	document = document_of(
		ask(true, quirks_none, HOST, ROOT, "application/json"));
	assert_false(document.is_xml);
	assert_non_null(autodiscover_href(&document, "user"));
}

static void leads_from_http_to_https(void **state)
{
	struct autodiscover document =
		document_of(ask(false, quirks_none, HOST, "/", "*/*"));

	(void)state;
	assert_int_equal(document.link_count, 1);
	assert_true(begins(autodiscover_href(&document, "redirect"),
			   "https://webext.contoso.com" ROOT));
}

/* Users of another domain would be asked whether to trust the host. */
static void keeps_links_in_the_domain(void **state)
{
	struct autodiscover document = document_of(ask(
		true, quirks_none, "lyncdiscover.fabrikam.com", "/", "*/*"));

	(void)state;
	assert_true(begins(autodiscover_href(&document, "user"),
			   "https://lyncdiscover.fabrikam.com/"));
}

static void asks_for_a_ticket(void **state)
{
	const char *answer =
		ask(true, quirks_none, HOST, ROOT "/oauth/user", "*/*");

	(void)state;
	assert_true(begins(answer, "HTTP/1.1 401 "));
	assert_non_null(strstr(answer, "\r\nX-MS-WebTicketURL: https://"));
	assert_non_null(strstr(answer, "\r\nWWW-Authenticate: MsRtcOAuth "));
}

static void has_the_faults_it_is_told(void **state)
{
	static const struct {
		enum quirk quirk;
		const char *path, *status;
	} cases[] = {
		{QUIRK_HTML, "/", "HTTP/1.1 200 OK\r\nContent-Type: text/html"},
		{QUIRK_REDIRECT_LOOP, "/", "HTTP/1.1 302 "},
		{QUIRK_REDIRECT_FOREIGN, "/", "HTTP/1.1 302 "},
		{QUIRK_USER_MISSING, ROOT "/user", "HTTP/1.1 404 "},
		{QUIRK_USER_REFUSED, ROOT "/user", "HTTP/1.1 403 "},
		{QUIRK_POOL_UNREACHABLE, ROOT "/user", "HTTP/1.1 503 "},
		{QUIRK_NO_TICKET, ROOT "/user", "HTTP/1.1 401 "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(begins(ask(true, quirks_of(cases[i].quirk), HOST,
				       cases[i].path, "*/*"),
				   cases[i].status));
	assert_string_equal(
		document_of(ask(true, quirks_of(QUIRK_INTERNAL_LOCATION), HOST,
				"/", "x+xml"))
			.access_location,
		"Internal");
}

static void refuses_what_is_no_request(void **state)
{
	static const char *const heads[] = {
		"\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "GET \r\n\r\n",
		"GET x HTTP/1.1\r\n\r\n", "\x16\x03\x01\r\n\r\n"};
	const struct portal portal = {.topology = topology};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_true(begins(portal_answer(arena, &portal, heads[i],
						 strlen(heads[i])),
				   "HTTP/1.1 400 "));
	assert_int_equal(portal_head_length("GET / HTTP/1.1\r\n\r", 17), 0);
	assert_int_equal(portal_head_length("GET / HTTP/1.1\r\n\r\nmore", 22),
			 18);
	assert_int_equal(portal_head_length(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_the_form_that_is_asked_for),
		cmocka_unit_test(leads_from_http_to_https),
		cmocka_unit_test(keeps_links_in_the_domain),
		cmocka_unit_test(asks_for_a_ticket),
		cmocka_unit_test(has_the_faults_it_is_told),
		cmocka_unit_test(refuses_what_is_no_request),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
