#include "common/wire/autodiscover.h"

#include "tests/common/wire/autodiscover_samples.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;
static struct autodiscover answer;

static bool decode(const char *text, size_t length, const char **why)
{
	struct octets octets = octets_copy(text, length);
	bool is_whole;

	*why = NULL;
	is_whole = autodiscover_decode(arena, &answer, octets.data,
				       octets.length, why);
	free(octets.data);
	assert_true(is_whole == !*why);
	return is_whole;
}

static void read_text(const char *text)
{
	const char *why;

	if (!decode(text, strlen(text), &why))
		fail_msg("%s: %s", why, text);
}

static const char *refuse(const char *text)
{
	const char *why;

	assert_false(decode(text, strlen(text), &why));
	return why;
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void reads_json(void **state)
{
	(void)state;
	read_text(A_JSON);
	assert_false(answer.is_xml);
	assert_null(answer.access_location);
	assert_int_equal(answer.link_count, 3);
	assert_string_equal(autodiscover_href(&answer, "self"), A_ROOT);
	assert_string_equal(autodiscover_href(&answer, "USER"),
			    A_ROOT "/oauth/user?originalDomain=contoso.com");
	assert_null(autodiscover_href(&answer, "redirect"));
	read_text(A_REDIRECT);
	assert_string_equal(autodiscover_href(&answer, "Redirect"), A_ROOT);
	read_text("\xef\xbb\xbf \r\n" A_REDIRECT);
	assert_int_equal(answer.link_count, 1);
}

static void reads_xml(void **state)
{
	(void)state;
	read_text(A_XML);
	assert_true(answer.is_xml);
	assert_string_equal(answer.access_location, "External");
	assert_int_equal(answer.link_count, 3);
	assert_string_equal(autodiscover_href(&answer, "oauth"),
			    A_ROOT "/oauth/user");
	read_text("\xef\xbb\xbf" A_XML);
	assert_int_equal(answer.link_count, 3);
}

static void reads_xml_by_local_names(void **state)
{
	(void)state;
	read_text(A_XML_PREFIXED);
	assert_string_equal(answer.access_location, "Internal");
	assert_string_equal(autodiscover_href(&answer, "user"),
			    "https://x.contoso.com/?a=1&b=2");
}

static void refuses_every_truncation(void **state)
{
	static const char *const texts[] = {A_JSON, A_REDIRECT, A_XML,
					    A_XML_PREFIXED};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t cut = 0; cut < strlen(texts[i]); cut++) {
			const char *why;

			assert_false(decode(texts[i], cut, &why));
		}
	}
}

static void says_what_it_is_instead(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "it is empty"},
		{"Service unavailable", "neither JSON nor XML"},
		{"[]", "neither JSON nor XML"},
		{"<html><body>Welcome", "it is a web page (HTML)"},
		{"<!DOCTYPE html><html>", "it is a web page (HTML)"},
		{"<!doctype HTML><br>", "it begins as XML and is none"},
		{"<error/>", "XML of another kind"},
		{"{\"error\":1}", "JSON without the links of Autodiscover"},
		{"{\"_links\":[]}", "JSON without the links of Autodiscover"},
		{"{\"_links\":{}} x", "it begins as JSON and is none"},
		{"{\"_links\":{\"a\":{\"href\":\"\\u0000\"}}}",
		 "it begins as JSON and is none"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(refuse(cases[i].text), cases[i].why);
}

static void skips_links_that_are_none(void **state)
{
	(void)state;
	read_text("{\"_links\":{\"a\":1,\"b\":{},\"c\":{\"href\":2},"
		  "\"\":{\"href\":\"x\"}}}");
	assert_int_equal(answer.link_count, 0);
	read_text("<AutodiscoverResponse><Link/><Link token='a'/>"
		  "<Link href='b'/></AutodiscoverResponse>");
	assert_int_equal(answer.link_count, 0);
}

static void expands_no_entity(void **state)
{
	(void)state;
	assert_string_equal(
		refuse("<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol "
		       "'lol'><!ENTITY lol2 '&lol;&lol;'>]>"
		       "<AutodiscoverResponse>&lol2;</AutodiscoverResponse>"),
		"XML with a DTD, which is not read");
	assert_string_equal(refuse("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>"
				   "<AutodiscoverResponse/>"),
			    "XML with a DTD, which is not read");
	refuse("<AutodiscoverResponse>&lol;</AutodiscoverResponse>");
}

/* So many copies of a text between two others. */
static char *repeat(const char *before, const char *text, size_t count,
		    const char *after)
{
	size_t length = strlen(text);
	char *all = arena_alloc(arena, strlen(before) + count * length +
					       strlen(after) + 1);
	char *end = stpcpy(all, before);

	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, text);
	stpcpy(end, after);
	return all;
}

static void bounds_what_it_reads(void **state)
{
	(void)state;
	read_text(repeat("<AutodiscoverResponse>",
			 "<Link token='User' href='https://x/'/>", 100,
			 "</AutodiscoverResponse>"));
	assert_int_equal(answer.link_count, AUTODISCOVER_LINKS_MAX);
	assert_true(answer.links_cut);
	assert_string_equal(refuse(repeat("<AutodiscoverResponse>", "<a>",
					  AUTODISCOVER_DEPTH_MAX, "")),
			    "XML that nests too deep");
	assert_string_equal(refuse(repeat("{\"_links\":", "[", 100000, "")),
			    "JSON with too many values");
	assert_string_equal(refuse(repeat("{\"a\":[", "{},", 10000, "1]}")),
			    "JSON with too many values");
	assert_string_equal(
		refuse(repeat("{", " ", AUTODISCOVER_BYTES_MAX, "")),
		"it is too long");
	read_text(repeat("{\"_links\":{\"user\":{\"href\":\"", "x", 5000,
			 "\"}}}"));
	assert_int_equal(strlen(autodiscover_href(&answer, "user")),
			 AUTODISCOVER_HREF_MAX);
	read_text(repeat("{\"_links\":{\"", "x", AUTODISCOVER_NAME_MAX + 1,
			 "\":{\"href\":\"x\"}}}"));
	assert_int_equal(answer.link_count, 0);
}

/*
 * Challenges
 */

static struct autodiscover_challenge challenge;

static bool is_challenge(const char *value)
{
	struct octets octets = octets_copy(value, strlen(value) + 1);
	bool found = autodiscover_challenge(arena, &challenge,
					    (const char *)octets.data);

	free(octets.data);
	return found;
}

#define TOKEN "https://webext.contoso.com/WebTicket/oauthtoken"

static void reads_a_challenge(void **state)
{
	static const char *const values[] = {
		A_CHALLENGE,
		"MsRtcOAuth href=" TOKEN ",grant_type=urn:microsoft.rtc:windows"
		",urn:microsoft.rtc:anonmeeting,password",
		"msrtcoauth  HREF = " TOKEN " , Grant_Type = "
		"\"urn:microsoft.rtc:windows,urn:microsoft.rtc:anonmeeting, "
		"password\"",
		"Bearer trusted_issuers=\"MsRtcOAuth href=\", client_id=\"x\", "
		"authorization_uri=\"https://login.contoso.com\", " A_CHALLENGE,
		A_CHALLENGE ", Bearer href=\"https://elsewhere.contoso.com\"",
		"Negotiate, NTLM, " A_CHALLENGE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(is_challenge(values[i]));
		assert_string_equal(challenge.href, TOKEN);
		assert_int_equal(challenge.grant_count, 3);
		assert_string_equal(challenge.grants[0],
				    "urn:microsoft.rtc:windows");
		assert_string_equal(challenge.grants[2], "password");
	}
}

static void knows_other_challenges(void **state)
{
	(void)state;
	assert_false(is_challenge(""));
	assert_false(is_challenge("NTLM"));
	assert_false(is_challenge("Basic realm=\"MsRtcOAuth\""));
	assert_false(is_challenge("Digest MsRtcOAuth=1"));
	assert_true(is_challenge("MsRtcOAuth"));
	assert_null(challenge.href);
	assert_true(is_challenge("MsRtcOAuth href"));
	assert_null(challenge.href);
}

static void survives_every_truncation_of_a_challenge(void **state)
{
	char *text = arena_text(arena, "Bearer x=\"y\", " A_CHALLENGE);

	(void)state;
	for (size_t length = strlen(text); length-- > 0;) {
		text[length] = '\0';
		is_challenge(text);
	}
	assert_true(is_challenge(
		repeat("MsRtcOAuth grant_type=\"", "a,", 100, "\"")));
	assert_int_equal(challenge.grant_count, AUTODISCOVER_GRANTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_json),
		cmocka_unit_test(reads_xml),
		cmocka_unit_test(reads_xml_by_local_names),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(says_what_it_is_instead),
		cmocka_unit_test(skips_links_that_are_none),
		cmocka_unit_test(expands_no_entity),
		cmocka_unit_test(bounds_what_it_reads),
		cmocka_unit_test(reads_a_challenge),
		cmocka_unit_test(knows_other_challenges),
		cmocka_unit_test(survives_every_truncation_of_a_challenge),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
