#include "probes/serve/registrar.h"

#include "probes/serve/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COPIED(domain)                                                         \
	"From: <sip:x@" domain ">;tag=5b1f93\r\n"                              \
	"To: <sip:" domain ">;tag=000102030405060708090A0B0C0D0E0F\r\n"        \
	"Call-ID: 4f0c@198.51.100.20\r\n"
#define VIA "Via: SIP/2.0/TLS 198.51.100.20:49152;branch=z9hG4bK7;rport"
#define SEEN                                                                   \
	";received=203.0.113.77;ms-received-port=50211;ms-received-cid=1F00"
#define END "Server: RTC/7.0\r\nContent-Length: 0\r\n\r\n"

static struct arena *arena;

static const char *inside_name; /* NULL: asked outside */

/* Answers a request as a deployment of contoso.com with these quirks. */
static char *ask(struct quirks quirks, const char *text)
{
	struct topology *topology = topology_new(arena);
	struct registrar registrar = {
		.topology = topology,
		.next_hop = "fe01.contoso.net",
		.web_services = "webext.contoso.com",
		.inside_name = inside_name,
		.quirks = quirks,
	};
	struct caller caller = {
		.from = {.address = {AF_INET, {203, 0, 113, 77}},
			 .port = 50211},
		.connection = 31,
		.wall_s = 1741079642, /* 2025-03-04 09:14:02 */
		.randomness = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
			       15},
	};
	struct sip_message message;
	const char *why;
	size_t used;

	topology->domains[topology->domain_count++] = "contoso.com";
	assert_int_equal(
		sip_decode(arena, &message, text, strlen(text), &used, &why),
		SIP_WHOLE);
	return registrar_answer(arena, &registrar, &message, &caller);
}

static char *ask_for(struct quirks quirks, const char *method, const char *uri,
		     const char *domain)
{
	return ask(quirks,
		   arena_format(arena,
				"%s %s SIP/2.0\r\n" VIA "\r\n"
				"From: <sip:x@%s>;tag=5b1f93\r\n"
				"To: <sip:%s>\r\n"
				"Call-ID: 4f0c@198.51.100.20\r\n"
				"CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
				method, uri, domain, domain, method));
}

/* edge-services.md 4.3: 504 is the good answer to the control request */
static void answers_504_for_a_domain_it_does_not_serve(void **state)
{
	(void)state;
	assert_string_equal(
		ask_for(quirks_none, "OPTIONS", "sip:edgeprobe.invalid",
			"edgeprobe.invalid"),
		"SIP/2.0 504 Server time-out\r\n"
		"ms-user-logon-data: RemoteUser\r\n" COPIED(
			"edgeprobe.invalid") "CSeq: 1 OPTIONS\r\n" VIA
					     "\r\n" END);
	assert_non_null(strstr(ask_for(quirks_none, "REGISTER",
				       "sip:fabrikam.com", "fabrikam.com"),
			       "504 Server time-out"));
}

/* edge-services.md 4.4 */
static void challenges_a_register_from_behind_the_edge(void **state)
{
	(void)state;
	assert_string_equal(
		ask_for(quirks_none, "REGISTER",
			"sip:CONTOSO.com;transport=tls", "contoso.com"),
		"SIP/2.0 401 Unauthorized\r\n"
		"Date: Tue, 04 Mar 2025 09:14:02 GMT\r\n"
		"WWW-Authenticate: NTLM realm=\"SIP Communications Service\", "
		"targetname=\"fe01.contoso.net\", version=4\r\n"
		"WWW-Authenticate: Kerberos realm=\"SIP Communications "
		"Service\", targetname=\"sip/fe01.contoso.net\", version=4\r\n"
		"WWW-Authenticate: TLS-DSK realm=\"SIP Communications "
		"Service\", targetname=\"fe01.contoso.net\", version=4, "
		"sts-uri=\"https://webext.contoso.com:443/CertProv/"
		"CertProvisioningService.svc\"\r\n" COPIED(
			"contoso.com") "CSeq: 1 REGISTER\r\n" VIA SEEN
				       "\r\n" END);
}

static void quirks_change_what_they_are_named_for(void **state)
{
	static const struct {
		enum quirk quirk;
		const char *has, *lacks;
	} cases[] = {
		{QUIRK_NEXT_HOP_DEAD, "SIP/2.0 504 ", "WWW-Authenticate"},
		{QUIRK_ACCESS_DISABLED, "SIP/2.0 403 Forbidden\r\n",
		 "WWW-Authenticate"},
		{QUIRK_ACCESS_DISABLED, "ms-diagnostics-public: 4003;", "401"},
		{QUIRK_CLOCK_SKEW, "Tue, 04 Mar 2025 10:14:02 GMT", "09:14"},
		{QUIRK_KERBEROS_ONLY, ": Kerberos realm", "NTLM"},
		{QUIRK_KERBEROS_ONLY, ": Kerberos realm", "TLS-DSK"},
		{QUIRK_DIGEST_ONLY, ": Digest realm", "NTLM"},
		{QUIRK_NO_TLS_DSK, "version=3", "TLS-DSK"},
		{QUIRK_TLS_DSK_ONLY, ": TLS-DSK realm", "NTLM"},
		{QUIRK_INTERNAL_STS, "https://fe01.corp.internal:443/",
		 "webext"},
		{QUIRK_MIXED_VERSIONS, "Server: RTC/4.0", "RTC/7.0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *answer = ask_for(quirks_of(cases[i].quirk), "REGISTER",
				       "sip:contoso.com", "contoso.com");

		assert_non_null(strstr(answer, cases[i].has));
		assert_null(strstr(answer, cases[i].lacks));
	}
}

static void answers_504_to_options_without_a_user(void **state)
{
	(void)state;
	assert_non_null(strstr(ask_for(quirks_none, "OPTIONS",
				       "sip:contoso.com", "contoso.com"),
			       "504 Server time-out"));
}

static void lets_partners_in_but_for_its_quirks(void **state)
{
	const struct {
		struct quirks quirks;
		const char *status;
	} cases[] = {
		{quirks_none, "SIP/2.0 200 OK"},
		{quirks_of(QUIRK_PARTNER_REFUSED), "SIP/2.0 403 Forbidden"},
		{quirks_of(QUIRK_PARTNER_UNPROVEN), "SIP/2.0 504 Server"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_non_null(strstr(ask_for(cases[i].quirks, "OPTIONS",
					       "sip:Options_User@contoso.com",
					       "contoso.com"),
				       cases[i].status));
	assert_non_null(
		strstr(ask_for(quirks_none, "OPTIONS",
			       "sip:Options_User@fabrikam.net", "contoso.com"),
		       "SIP/2.0 504 Server"));
}

/* edge-services.md 4.10: servers of the pool are no remote users */
static void inside_it_answers_to_its_own_name_alone(void **state)
{
	static const struct {
		const char *method, *uri, *starts;
	} cases[] = {
		{"OPTIONS", "sip:edge.contoso.net", "SIP/2.0 200 OK\r\nFrom"},
		{"OPTIONS", "sip:edge.contoso.net:5061;transport=tls",
		 "SIP/2.0 200 OK\r\nFrom"},
		{"OPTIONS", "sip:edgeprobe.invalid",
		 "SIP/2.0 504 Server time-out\r\nFrom"},
		{"REGISTER", "sip:contoso.com",
		 "SIP/2.0 504 Server time-out\r\nFrom"},
	};

	(void)state;
	inside_name = "edge.contoso.net";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_memory_equal(ask_for(quirks_none, cases[i].method,
					    cases[i].uri, "contoso.com"),
				    cases[i].starts, strlen(cases[i].starts));
	inside_name = NULL;
}

static void copies_every_via_and_keeps_a_tag(void **state)
{
	char *answer =
		ask(quirks_none, "REGISTER sip:contoso.com SIP/2.0\r\n"
				 "v: SIP/2.0/TLS a;branch=z9hG4bK1\r\n"
				 "Via: SIP/2.0/TLS b;branch=z9hG4bK2\r\n"
				 "f: <sip:x@contoso.com>;tag=1\r\n"
				 "t: <sip:x@contoso.com>;tag=kept\r\n"
				 "i: 1\r\nCSeq: 2 REGISTER\r\nl: 0\r\n\r\n");

	(void)state;
	assert_non_null(strstr(answer,
			       "Via: SIP/2.0/TLS a;branch=z9hG4bK1" SEEN
			       "\r\nVia: SIP/2.0/TLS b;branch=z9hG4bK2\r\n"));
	assert_non_null(strstr(answer, "To: <sip:x@contoso.com>;tag=kept\r\n"));
}

static void refuses_requests_that_lack_a_header(void **state)
{
	(void)state;
	assert_non_null(
		strstr(ask(quirks_none, "REGISTER sip:contoso.com SIP/2.0\r\n"
					"Content-Length: 0\r\n\r\n"),
		       "SIP/2.0 400 Bad Request\r\n"));
}

static void says_nothing_to_responses_and_ack(void **state)
{
	(void)state;
	assert_null(ask(quirks_none,
			"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
	assert_null(
		ask_for(quirks_none, "ACK", "sip:contoso.com", "contoso.com"));
}

static void takes_no_uri_for_a_served_domain_that_is_none(void **state)
{
	static const char *const uris[] = {
		"sip:",
		"sip:@",
		"tel:contoso.com",
		"contoso.com",
		"sip:contoso.com.x",
		"sip:contoso.co",
		"sips:contoso.com",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_non_null(strstr(ask_for(quirks_none, "REGISTER", uris[i],
					       "contoso.com"),
				       "SIP/2.0 504 "));
	assert_non_null(strstr(ask_for(quirks_none, "REGISTER",
				       "sip:u@contoso.com:5061", "contoso.com"),
			       "SIP/2.0 401 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_504_for_a_domain_it_does_not_serve),
		cmocka_unit_test(challenges_a_register_from_behind_the_edge),
		cmocka_unit_test(quirks_change_what_they_are_named_for),
		cmocka_unit_test(answers_504_to_options_without_a_user),
		cmocka_unit_test(lets_partners_in_but_for_its_quirks),
		cmocka_unit_test(inside_it_answers_to_its_own_name_alone),
		cmocka_unit_test(copies_every_via_and_keeps_a_tag),
		cmocka_unit_test(refuses_requests_that_lack_a_header),
		cmocka_unit_test(says_nothing_to_responses_and_ack),
		cmocka_unit_test(takes_no_uri_for_a_served_domain_that_is_none),
	};
	int failed;

	arena = arena_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
