#include "common/wire/mras.h"

#include "tests/common/wire/mras_samples.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;
static struct mras_answer answer;

static bool decode(const char *text, size_t length, const char **why)
{
	struct octets octets = octets_copy(text, length);
	bool is_whole;

	*why = NULL;
	is_whole = mras_decode(arena, &answer, octets.data, octets.length, why);
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
	assert_int_equal(answer.grant_count, 0);
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
	mras_forget(&answer);
	arena_free(arena);
	return 0;
}

static void assert_secrets(const struct mras_grant *grant)
{
	static const uint8_t begin[] = {0x01, 0x00, 0x00, 0x20};
	static const uint8_t password[] = {0xef, 0xb3, 0xdc, 0xc1};

	assert_int_equal(grant->username_length, 52);
	assert_memory_equal(grant->username, begin, sizeof(begin));
	assert_int_equal(grant->username[51], 0x92);
	assert_int_equal(grant->password_length, 20);
	assert_memory_equal(grant->password, password, sizeof(password));
	assert_int_equal(grant->password[19], 0xea);
}

static void reads_credentials_and_relays(void **state)
{
	const struct mras_relay *relay;

	(void)state;
	read_text(M_ANSWER);
	assert_int_equal(answer.reason, MRAS_OK);
	assert_int_equal(answer.grant_count, 1);
	assert_secrets(&answer.grants[0]);
	assert_int_equal(answer.grants[0].minutes, 480);
	relay = answer.grants[0].relays;
	assert_string_equal(relay->location, "internet");
	assert_string_equal(relay->host, "av.contoso.com");
	assert_int_equal(relay->udp, 3478);
	assert_int_equal(relay->tcp, 443);
	relay = relay->next;
	assert_string_equal(relay->location, "intranet");
	assert_string_equal(relay->host, "10.0.0.7");
	assert_int_equal(relay->tcp, 0);
	assert_null(relay->next);
}

static void reads_it_with_prefixes_and_blanks(void **state)
{
	(void)state;
	read_text(M_PREFIXED);
	assert_int_equal(answer.grant_count, 1);
	assert_secrets(&answer.grants[0]);
	assert_int_equal(answer.grants[0].minutes, 0);
	assert_null(answer.grants[0].relays);
}

static void keeps_several_grants_apart(void **state)
{
	(void)state;
	read_text(M_BEGIN("OK") M_GRANT_OF("Zg==", "Zm8=") M_GRANT M_END);
	assert_int_equal(answer.grant_count, 2);
	assert_int_equal(answer.grants[0].username_length, 1);
	assert_non_null(answer.grants[0].relays->next);
	assert_null(answer.grants[0].relays->next->next);
	assert_secrets(&answer.grants[1]);
}

static void only_ok_has_credentials(void **state)
{
	static const struct {
		const char *text;
		enum mras_reason reason;
	} cases[] = {
		{M_BEGIN("Forbidden") M_END, MRAS_FORBIDDEN},
		{M_BEGIN("Server Busy") M_END, MRAS_SERVER_BUSY},
		{M_BEGIN("Version Mismatch") M_GRANT M_END,
		 MRAS_VERSION_MISMATCH},
		{M_BEGIN("Sunday") M_GRANT M_END, MRAS_UNKNOWN_REASON},
		{"<response>" M_GRANT M_END, MRAS_UNKNOWN_REASON},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_text(cases[i].text);
		assert_int_equal(answer.reason, cases[i].reason);
		assert_int_equal(answer.grant_count, 0);
		assert_int_equal(answer.grants[0].password_length, 0);
	}
	assert_string_equal(mras_reason_phrase(MRAS_SERVER_BUSY),
			    "Server Busy");
}

static void refuses_every_truncation(void **state)
{
	static const char *const texts[] = {M_ANSWER, M_PREFIXED};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t whole = strlen(texts[i]);

		while (texts[i][whole - 1] != '>')
			whole--; /* the blanks behind it are none of it */
		for (size_t cut = 0; cut < whole; cut++) {
			const char *why;

			assert_false(decode(texts[i], cut, &why));
			assert_int_equal(answer.grant_count, 0);
		}
	}
}

static void says_what_is_the_matter(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "broken XML in its line 1: no element found"},
		{"hello", "broken XML in its line 1: syntax error"},
		{"<request/>", "XML of another kind"},
		{"<a><response/></a>", "XML of another kind"},
		{M_BEGIN("OK") M_END, "there is no credentialsResponse in it"},
		{M_BEGIN("OK") "<credentialsResponse/>" M_END,
		 "there is no username in credentialsResponse"},
		{M_BEGIN("OK") M_GRANT_OF("", M_PASSWORD) M_END,
		 "username is empty"},
		{M_BEGIN("OK") M_GRANT_OF(M_USERNAME, "Zm8") M_END,
		 "password is no base64: its length is no multiple of four, "
		 "so part of it is missing"},
		{M_BEGIN("OK") M_GRANT_OF("s3cr&amp;t==", "Zm8=") M_END,
		 "username is no base64: a character stands in it that base64 "
		 "does not have"},
		{M_BEGIN("OK") M_GRANT_OF("Zg==</username><username>Zg==",
					  "Zm8=") M_END,
		 "there are two of username"},
		{M_BEGIN("OK") "<credentialsResponse><credentials><username>Zg="
			       "=</username></credentials>"
			       "</credentialsResponse>" M_END,
		 "there is no password in credentialsResponse"},
		{M_BEGIN("OK") "<credentialsResponse><credentials><duration>0"
			       "</duration></credentials>"
			       "</credentialsResponse>" M_END,
		 "duration is no number from 1 to 5270400"},
		{M_BEGIN("OK") "<credentialsResponse><mediaRelayList>"
			       "<mediaRelay><udpPort>65536</udpPort>" M_END,
		 "udpPort is no number from 1 to 65535"},
		{M_BEGIN("OK") "<credentialsResponse><mediaRelayList>"
			       "<mediaRelay><tcpPort>-1</tcpPort>" M_END,
		 "tcpPort is no number from 1 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(refuse(cases[i].text), cases[i].why);
}

static void elements_elsewhere_are_not_meant(void **state)
{
	(void)state;
	read_text(M_BEGIN("OK") "<username>Zg==</username><x><credentialsRespon"
				"se/><password>Zg==</password></x>" M_GRANT
				"<credentials/>" M_END);
	assert_int_equal(answer.grant_count, 1);
	assert_secrets(&answer.grants[0]);
}

static void expands_no_entity(void **state)
{
	(void)state;
	assert_string_equal(refuse("<!DOCTYPE r [<!ENTITY lol 'Zg=='><!ENTITY "
				   "lol2 '&lol;&lol;'>]>" M_BEGIN("OK")
					   M_GRANT_OF("&lol2;", "Zg==") M_END),
			    "XML with a DTD, which is not read");
	assert_string_equal(
		refuse("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" M_ANSWER),
		"XML with a DTD, which is not read");
	refuse(M_BEGIN("OK") M_GRANT_OF("&lol;", "Zg==") M_END);
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
	assert_string_equal(
		refuse(repeat(M_BEGIN("OK"), "<a>", MRAS_DEPTH_MAX, "")),
		"elements nest too deep");
	assert_string_equal(refuse(repeat(M_BEGIN("OK"), "<a/>", 10, "<a>")),
			    "broken XML in its line 1: no element found");
	assert_string_equal(refuse(repeat(M_BEGIN("OK"), M_GRANT,
					  MRAS_GRANTS_MAX + 1, M_END)),
			    "too many elements credentialsResponse");
	read_text(repeat(M_BEGIN("OK"), M_GRANT, MRAS_GRANTS_MAX, M_END));
	assert_int_equal(answer.grant_count, MRAS_GRANTS_MAX);
	assert_string_equal(
		refuse(repeat(M_BEGIN("OK") "<credentialsResponse>"
					    "<mediaRelayList>",
			      "<mediaRelay/>", MRAS_RELAYS_MAX + 1, "")),
		"too many elements mediaRelay");
	assert_string_equal(
		refuse(repeat(M_BEGIN("OK") "<credentialsResponse><credentials>"
					    "<username>",
			      "Zm9v", MRAS_TEXT_MAX / 4 + 1, "")),
		"username is too long");
	assert_string_equal(
		refuse(repeat(M_BEGIN("OK") "<credentialsResponse><credentials>"
					    "<username>",
			      "Zm9v", MRAS_PART_MAX / 3 + 1, "</username>")),
		"username is no base64: it is too long");
	assert_string_equal(refuse(repeat("<response>", " ", MRAS_BYTES_MAX,
					  "</response>")),
			    "it is too long");
}

static void forgets_what_is_secret(void **state)
{
	static const struct mras_answer none;

	(void)state;
	read_text(M_ANSWER);
	mras_forget(&answer);
	assert_memory_equal(answer.grants, none.grants, sizeof(none.grants));
}

/*
 * The request
 */

static void asks_for_what_is_wanted(void **state)
{
	const struct mras_request request = {
		.request_id = "7",
		.to = "sip:mras@contoso.com;gruu;opaque=\"srvr:MRAS\"",
		.from = "sip:<a&b>@contoso.com",
		.location = "internet",
		.minutes = 480,
		.version = 2,
	};
	char text[1024];
	size_t length = mras_write_request(&request, text, sizeof(text));

	(void)state;
	assert_int_equal(length, strlen(text));
	assert_string_equal(
		text,
		"<request " M_SPACE " requestID=\"7\" version=\"2.0\" "
		"to=\"sip:mras@contoso.com;gruu;opaque=&quot;srvr:MRAS&quot;\" "
		"from=\"sip:&lt;a&amp;b&gt;@contoso.com\">"
		"<credentialsRequest credentialsRequestID=\"1\">"
		"<identity>sip:&lt;a&amp;b&gt;@contoso.com</identity>"
		"<location>internet</location><duration>480</duration>"
		"</credentialsRequest></request>");
}

static void writes_no_request_that_is_cut(void **state)
{
	struct mras_request request = {
		.request_id = "7", .to = "sip:m@a.com", .from = "sip:a@a.com"};
	char text[1024];
	size_t length = mras_write_request(&request, text, sizeof(text));

	(void)state;
	assert_true(length > 0);
	assert_null(strstr(text, "<location>"));
	assert_null(strstr(text, "<duration>"));
	assert_non_null(strstr(text, "version=\"1.0\""));
	assert_int_equal(mras_write_request(&request, text, length + 1),
			 length);
	assert_int_equal(mras_write_request(&request, text, length), 0);
	request.to = "sip:a\r\nb";
	assert_int_equal(mras_write_request(&request, text, sizeof(text)), 0);
	request.to = repeat("sip:", "a", MRAS_URI_MAX, "");
	assert_int_equal(mras_write_request(&request, text, sizeof(text)), 0);
}

/*
 * The other side
 */

static bool read_request(const char *text, size_t length,
			 struct mras_request *request, const char **why)
{
	struct octets octets = octets_copy(text, length);
	bool is_good = mras_read_request(arena, request, octets.data,
					 octets.length, why);

	free(octets.data);
	return is_good;
}

static void what_is_asked_is_understood(void **state)
{
	const struct mras_request asked = {
		.request_id = "a&b",
		.to = "sip:m@a.com",
		.from = "sip:<b>@a.com",
		.location = "intranet",
		.minutes = 60,
		.version = 2,
		.credentials_id = "9",
	};
	struct mras_request request;
	char text[1024];
	const char *why;
	size_t length = mras_write_request(&asked, text, sizeof(text));

	(void)state;
	assert_true(read_request(text, length, &request, &why));
	assert_string_equal(request.request_id, asked.request_id);
	assert_string_equal(request.to, asked.to);
	assert_string_equal(request.from, asked.from);
	assert_string_equal(request.location, asked.location);
	assert_string_equal(request.credentials_id, asked.credentials_id);
	assert_int_equal(request.minutes, 60);
	assert_int_equal(request.version, 2);
	while (length-- > 0)
		assert_false(read_request(text, length, &request, &why));
}

static void no_answer_is_taken_for_a_request(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{M_ANSWER, "XML of another kind"},
		{"<request requestID='1' to='a' from='b' version='1.0'/>",
		 "there is no credentialsRequest in it"},
		{"<request requestID='1' to='a' version='1.0'/>",
		 "there is no from, or a long one"},
		{"<request requestID='1' to='a' from='b' version='1.0'>"
		 "<credentialsRequest/></request>",
		 "there is no credentialsRequestID, or a long one"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mras_request request;
		const char *why = "";

		assert_false(read_request(cases[i].text, strlen(cases[i].text),
					  &request, &why));
		assert_string_equal(why, cases[i].why);
	}
}

static void what_is_granted_is_understood(void **state)
{
	const struct mras_request request = {
		.request_id = "7", .to = "sip:m@a.com", .from = "sip:a@a.com"};
	struct mras_answer granted;
	char text[2048];
	size_t length;

	(void)state;
	read_text(M_ANSWER);
	granted = answer;
	length = mras_write_answer(&request, &granted, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	read_text(text);
	assert_int_equal(answer.grant_count, 1);
	assert_secrets(&answer.grants[0]);
	assert_int_equal(answer.grants[0].minutes, 480);
	assert_string_equal(answer.grants[0].relays->next->host, "10.0.0.7");
	assert_int_equal(answer.grants[0].relays->tcp, 443);
	assert_int_equal(mras_write_answer(&request, &granted, text, length),
			 0);
	assert_null(memmem(text, sizeof(text), M_PASSWORD, 8));
	granted = (struct mras_answer){.reason = MRAS_FORBIDDEN};
	mras_write_answer(&request, &granted, text, sizeof(text));
	read_text(text);
	assert_int_equal(answer.reason, MRAS_FORBIDDEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_credentials_and_relays),
		cmocka_unit_test(reads_it_with_prefixes_and_blanks),
		cmocka_unit_test(keeps_several_grants_apart),
		cmocka_unit_test(only_ok_has_credentials),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(says_what_is_the_matter),
		cmocka_unit_test(elements_elsewhere_are_not_meant),
		cmocka_unit_test(expands_no_entity),
		cmocka_unit_test(bounds_what_it_reads),
		cmocka_unit_test(forgets_what_is_secret),
		cmocka_unit_test(asks_for_what_is_wanted),
		cmocka_unit_test(writes_no_request_that_is_cut),
		cmocka_unit_test(what_is_asked_is_understood),
		cmocka_unit_test(no_answer_is_taken_for_a_request),
		cmocka_unit_test(what_is_granted_is_understood),
	};

	return cmocka_run_group_tests_name("mras", tests, set_up, tear_down);
}
