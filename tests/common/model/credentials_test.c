#include "common/model/credentials.h"

#include "tests/common/wire/mras_samples.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define FILE_TEXT                                                              \
	"# from MRAS\n; yes\n\n  username = " M_USERNAME "\r\n"                \
	"password=" M_PASSWORD "\nexpires = 2026-01-01T10:00:00Z\n"
#define EXPIRES INT64_C(1767261600)

#define LOG_LINE                                                               \
	"03/04/2025|10:14:02.123 1A2C:1B30 INFO  :: Data Received - "          \
	"192.0.2.1:443 (To Local Address: 198.51.100.9:50211) 900 bytes:\r\n"
#define LOG_OTHER                                                              \
	LOG_LINE "NOTIFY sip:alice@contoso.com SIP/2.0\r\n"                    \
		 "Content-Type: application/pidf+xml\r\n\r\n"                  \
		 "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"><response>"  \
		 "<username>Zg==</username></response></presence>\r\n"
#define LOG_REQUEST                                                            \
	LOG_LINE "SERVICE sip:contoso.com@contoso.com SIP/2.0\r\n\r\n"         \
		 "<request " M_SPACE " requestID=\"1\" version=\"2.0\">"       \
		 "<credentialsRequest/></request>\r\n"
#define LOG_ANSWER(headers, length, body)                                      \
	LOG_LINE "SIP/2.0 200 OK\r\nCSeq: 3 SERVICE\r\n" headers               \
		 "Content-Length: " length "\r\n\r\n" body "\r\n" LOG_OTHER

static struct credentials credentials;

static bool parse(const char *text, size_t length, const char **why)
{
	struct octets octets = octets_copy(text, length);
	bool is_good;

	*why = NULL;
	is_good = credentials_parse(&credentials, (const char *)octets.data,
				    octets.length, why);
	free(octets.data);
	assert_true(is_good == !*why);
	return is_good;
}

static void read_text(const char *text)
{
	const char *why;

	if (!parse(text, strlen(text), &why))
		fail_msg("%s: %s", why, text);
}

static const char *refuse(const char *text)
{
	const char *why;

	assert_false(parse(text, strlen(text), &why));
	assert_int_equal(credentials.username_length, 0);
	return why;
}

static void assert_secrets(void)
{
	static const uint8_t begin[] = {0x01, 0x00, 0x00, 0x20};
	static const uint8_t password[] = {0xef, 0xb3, 0xdc, 0xc1};

	assert_false(credentials.is_text);
	assert_int_equal(credentials.username_length, 52);
	assert_memory_equal(credentials.username, begin, sizeof(begin));
	assert_int_equal(credentials.username[51], 0x92);
	assert_int_equal(credentials.password_length, 20);
	assert_memory_equal(credentials.password, password, sizeof(password));
}

/* FILE_TEXT or LOG_* as Windows would write it. */
static struct octets wide(const char *text, bool is_big)
{
	struct octets octets = {malloc(2 * strlen(text) + 2), 2};

	memcpy(octets.data, is_big ? "\xfe\xff" : "\xff\xfe", 2);
	for (; *text; text++) {
		octets.data[octets.length++] = is_big ? 0 : (uint8_t)*text;
		octets.data[octets.length++] = is_big ? (uint8_t)*text : 0;
	}
	return octets;
}

/*
 * Files
 */

static void reads_a_file(void **state)
{
	(void)state;
	read_text(FILE_TEXT);
	assert_secrets();
	assert_int_equal(credentials.expires_s, EXPIRES);
	read_text("\xef\xbb\xbf"
		  "password = " M_PASSWORD "\nusername = " M_USERNAME);
	assert_secrets();
	assert_int_equal(credentials.expires_s, 0);
}

static void reads_what_is_meant_for_a_standard_server(void **state)
{
	(void)state;
	read_text("turn-username =  1767261600:alice \n"
		  "turn-password = #x = y;\xc3\xa9\n");
	assert_true(credentials.is_text);
	assert_int_equal(credentials.username_length, 16);
	assert_memory_equal(credentials.username, "1767261600:alice", 16);
	assert_int_equal(credentials.password_length, 9);
	assert_memory_equal(credentials.password, "#x = y;\xc3\xa9", 9);
}

static void reads_times(void **state)
{
	static const struct {
		const char *text;
		int64_t expires_s;
	} cases[] = {
		{"2026-01-01T10:00:00Z", EXPIRES},
		{"2026-01-01T10:00:00.250Z", EXPIRES},
		{"2026-01-01T11:30:00+01:30", EXPIRES},
		{"2026-01-01T07:00:00.1-03:00", EXPIRES},
		{"2024-02-29T00:00:00Z", INT64_C(1709164800)},
	};
	static const char *const wrong[] = {
		"",
		"tomorrow",
		"2026-01-01",
		"2026-01-01 10:00:00Z",
		"2026-01-01T10:00:00",
		"2026-01-01T10:00:00.Z",
		"2026-01-01T10:00:00Z and more",
		"2026-01-01T10:00:00+0100",
		"2026-01-01T10:00:00+01:60",
		"2026-01-01T10:00:00 01:00",
		"2026-02-30T10:00:00Z",
		"2026-13-01T10:00:00Z",
		"1969-12-31T10:00:00Z",
		"26-01-01T10:00:00Z",
		"2026-01-01T10:00:00.000000000000000000000000000000Z",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 "username=Zg==\npassword=Zg==\nexpires=%s\n",
			 cases[i].text);
		read_text(text);
		assert_int_equal(credentials.expires_s, cases[i].expires_s);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "username=Zg==\nexpires=%s\n",
			 wrong[i]);
		assert_string_equal(refuse(text),
				    "line 2: expires is no time such as "
				    "2026-01-01T10:00:00Z");
	}
}

static void names_the_line_and_no_secret(void **state)
{
	static const char neither[] =
		"it is neither a credentials file nor anything with a response "
		"of an A/V Authentication service in it";
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", neither},
		{"\n\n# nothing\n", neither},
		{"s3cret\n", neither},
		{LOG_OTHER, neither},
		{"<a/>", neither},
		{"username = Zg==\ns3cret", "line 2: it is not KEY = VALUE"},
		{"username = Zg==\n\ns3cret = 1",
		 "line 3: there is no such key"},
		{"username = Zg==\nusername = Zg==",
		 "line 2: username stands there already"},
		{"username =\n", "line 1: username is empty"},
		{"#\nusername = s3cret",
		 "line 2: username is no base64: its length is no multiple of "
		 "four, so part of it is missing"},
		{"password = s3cret,,",
		 "line 1: password is no base64: a character stands in it that "
		 "base64 does not have"},
		{"username = Zg== # mine",
		 "line 1: username is no base64: its length is no multiple of "
		 "four, so part of it is missing"},
		{"username = Zg==", "there is no password in it"},
		{"password = Zg==", "there is no username in it"},
		{"turn-username = a", "there is no turn-password in it"},
		{"turn-password = a", "there is no turn-username in it"},
		{"turn-username = a\npassword = Zg==",
		 "credentials of an A/V Edge and of a standard TURN server "
		 "stand in it"},
		{"turn-username = a\x1b[2Jb",
		 "line 1: turn-username has a control character in it"},
		{"turn-password =", "line 1: turn-password is empty"},
		{"expires = 2026-01-01T10:00:00Z",
		 "there is no username in it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(refuse(cases[i].text), cases[i].why);
}

static void bounds_each_part(void **state)
{
	char text[2 * CREDENTIALS_PART_MAX + 64];
	int length;

	(void)state;
	length = snprintf(text, sizeof(text),
			  "turn-password = p\n"
			  "turn-username = ");
	memset(text + length, 'u', CREDENTIALS_PART_MAX + 1);
	text[length + CREDENTIALS_PART_MAX] = '\0';
	read_text(text);
	assert_int_equal(credentials.username_length, CREDENTIALS_PART_MAX);
	text[length + CREDENTIALS_PART_MAX] = 'u';
	text[length + CREDENTIALS_PART_MAX + 1] = '\0';
	assert_string_equal(refuse(text), "line 2: turn-username is too long");
	length = snprintf(text, sizeof(text), "username = ");
	memset(text + length, 'A', 344);
	text[length + 344] = '\0';
	assert_string_equal(refuse(text),
			    "line 1: username is no base64: it is too long");
}

/*
 * Logs
 */

static void reads_a_pasted_response(void **state)
{
	(void)state;
	read_text(M_ANSWER);
	assert_secrets();
	assert_int_equal(credentials.expires_s, 0);
	read_text("\xef\xbb\xbf" M_PREFIXED);
	assert_secrets();
}

static void finds_a_response_in_a_log(void **state)
{
	(void)state;
	read_text(LOG_OTHER LOG_REQUEST LOG_ANSWER("", "0", M_ANSWER));
	assert_secrets();
	assert_int_equal(credentials.expires_s, 0);
}

static void reads_utf_16_too(void **state)
{
	static const char *const texts[] = {
		FILE_TEXT, LOG_OTHER LOG_REQUEST LOG_ANSWER("", "0", M_ANSWER)};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct octets octets = wide(texts[i % 2], i >= 2);
		const char *why;

		assert_true(parse((char *)octets.data, octets.length, &why));
		assert_secrets();
		/* half a character at the end, and none at all */
		assert_true(
			parse((char *)octets.data, octets.length - 1, &why));
		assert_false(parse((char *)octets.data, 2, &why));
		free(octets.data);
	}
}

static void the_last_good_response_counts(void **state)
{
	(void)state;
	read_text(LOG_ANSWER("", "0",
			     M_BEGIN("OK") M_GRANT_OF("Zg==", "Zg==")
				     M_END) LOG_ANSWER("", "0", M_ANSWER)
			  LOG_ANSWER("", "0", M_BEGIN("Forbidden") M_END)
				  LOG_ANSWER("", "0", M_BEGIN("OK")));
	assert_secrets();
	read_text(M_ANSWER M_BEGIN("OK") M_GRANT_OF("Zm9v", "Zg==") M_END);
	assert_int_equal(credentials.username_length, 3);
}

static void says_what_is_the_matter_with_the_last(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{LOG_REQUEST LOG_OTHER,
		 "an A/V Authentication service is asked in it, and does not "
		 "answer"},
		{LOG_REQUEST LOG_ANSWER("", "0", M_BEGIN("Forbidden") M_END),
		 "line 10: the A/V Authentication service said: Forbidden"},
		{M_BEGIN("OK") M_GRANT, "line 1: the response breaks off"},
		{M_BEGIN("OK") M_GRANT LOG_REQUEST,
		 "line 1: the response breaks off"},
		{"\n\n" M_BEGIN("OK") M_GRANT_OF("s3cret", "Zg==") M_END,
		 "line 3: username is no base64: its length is no multiple of "
		 "four, so part of it is missing"},
		{M_BEGIN("OK") "</x>" M_END,
		 "line 1: broken XML in its line 1: mismatched tag"},
		{M_BEGIN("Sunday") M_GRANT "</response \r\n>",
		 "line 1: the A/V Authentication service said: no known "
		 "reason"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(refuse(cases[i].text), cases[i].why);
}

static void a_namespace_inside_ends_no_response(void **state)
{
	(void)state;
	read_text(M_BEGIN("OK") "<x " M_SPACE "/>" M_GRANT M_END);
	assert_secrets();
	read_text("# see "
		  "http://schemas.microsoft.com/2006/09/sip/mrasp\n" FILE_TEXT);
	assert_int_equal(credentials.expires_s, EXPIRES);
}

/* The body is as long as its Content-Length says, within its message. */
static char *log_with(const char *date, size_t length_off)
{
	static char text[8192];

	snprintf(text, sizeof(text),
		 LOG_LINE "SIP/2.0 200 OK\r\nDate: Fri, 02 Jan 2026 00:00:00 "
			  "GMT\r\nContent-Length: 0\r\n\r\n" LOG_LINE
			  "SIP/2.0 200 OK\r\n%sContent-Length: %zu\r\n\r\n"
			  "%s\r\n",
		 date, strlen(M_ANSWER) - length_off, M_ANSWER);
	return text;
}

static void a_date_beside_it_tells_when_it_ends(void **state)
{
	(void)state;
	read_text(log_with("Date: Thu, 01 Jan 2026 02:00:00 GMT\r\n", 0));
	assert_secrets();
	assert_int_equal(credentials.expires_s, EXPIRES); /* 480 minutes */
}

static void the_date_of_another_message_tells_nothing(void **state)
{
	(void)state;
	read_text(log_with("", 0));
	assert_int_equal(credentials.expires_s, 0);
	read_text(log_with("Date: yesterday\r\n", 0));
	assert_int_equal(credentials.expires_s, 0);
	read_text(log_with("Date: Thu, 01 Jan 2026 02:00:00 GMT\r\n", 9));
	assert_int_equal(credentials.expires_s, 0);
}

static void no_cut_of_a_response_is_good(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < strlen(M_ANSWER); cut++) {
		const char *why;

		assert_false(parse(M_ANSWER, cut, &why));
	}
}

/* Each ends where the next begins: no part is searched twice. */
static void many_open_responses_take_no_time(void **state)
{
	static const char part[] = "<response " M_SPACE ">";
	size_t count = (4 << 20) / (sizeof(part) - 1);
	char *text = malloc(count * (sizeof(part) - 1) + 1), *end = text;

	(void)state;
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, part);
	assert_string_equal(refuse(text), "line 1: the response breaks off");
	free(text);
}

/*
 * Writing
 */

static void what_is_written_is_read_again(void **state)
{
	char text[1024];
	size_t length;

	(void)state;
	read_text(FILE_TEXT);
	length = credentials_format(&credentials, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	assert_non_null(strstr(text, "\nusername = " M_USERNAME "\n"));
	assert_non_null(strstr(text, "\npassword = " M_PASSWORD "\n"));
	assert_non_null(strstr(text, "\nexpires = 2026-01-01T10:00:00Z\n"));
	assert_true(credentials_is_file(text, length));
	read_text(text);
	assert_secrets();
	assert_int_equal(credentials.expires_s, EXPIRES);
	read_text("turn-username = a b\nturn-password = =\n");
	assert_true(credentials_format(&credentials, text, sizeof(text)) > 0);
	read_text(text);
	assert_true(credentials.is_text);
	assert_memory_equal(credentials.username, "a b", 3);
	assert_int_equal(credentials.password_length, 1);
}

static void writes_nothing_that_could_not_be_read(void **state)
{
	static const char empty[64];
	char text[1024] = "";
	size_t length;

	(void)state;
	read_text(FILE_TEXT);
	length = credentials_format(&credentials, text, sizeof(text));
	assert_int_equal(credentials_format(&credentials, text, length + 1),
			 length);
	assert_int_equal(credentials_format(&credentials, text, length), 0);
	assert_memory_equal(text, empty, sizeof(empty)); /* nothing of it */
	assert_int_equal(credentials_format(&credentials, text, 0), 0);
	credentials.password_length = 0;
	assert_int_equal(credentials_format(&credentials, text, sizeof(text)),
			 0);
	read_text("turn-username = a\nturn-password = b\n");
	for (const char *byte = " \t\r\n"; *byte; byte++) {
		credentials.username[0] = (uint8_t)*byte;
		assert_int_equal(
			credentials_format(&credentials, text, sizeof(text)),
			0);
	}
	credentials.username[0] = 'a';
	credentials.expires_s = -1;
	assert_int_equal(credentials_format(&credentials, text, sizeof(text)),
			 0);
}

static void a_log_is_no_credentials_file(void **state)
{
	static const char log[] = LOG_ANSWER("", "0", M_ANSWER);

	(void)state;
	read_text(log);
	assert_false(credentials_is_file(log, strlen(log)));
	assert_false(credentials_is_file("", 0));
	assert_true(credentials_is_file(FILE_TEXT, strlen(FILE_TEXT)));
}

static void forgets_what_is_secret(void **state)
{
	static const struct credentials none;

	(void)state;
	read_text(FILE_TEXT);
	credentials_forget(&credentials);
	assert_memory_equal(&credentials, &none, sizeof(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_file),
		cmocka_unit_test(reads_what_is_meant_for_a_standard_server),
		cmocka_unit_test(reads_times),
		cmocka_unit_test(names_the_line_and_no_secret),
		cmocka_unit_test(bounds_each_part),
		cmocka_unit_test(reads_a_pasted_response),
		cmocka_unit_test(finds_a_response_in_a_log),
		cmocka_unit_test(reads_utf_16_too),
		cmocka_unit_test(the_last_good_response_counts),
		cmocka_unit_test(says_what_is_the_matter_with_the_last),
		cmocka_unit_test(a_namespace_inside_ends_no_response),
		cmocka_unit_test(a_date_beside_it_tells_when_it_ends),
		cmocka_unit_test(the_date_of_another_message_tells_nothing),
		cmocka_unit_test(no_cut_of_a_response_is_good),
		cmocka_unit_test(many_open_responses_take_no_time),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(writes_nothing_that_could_not_be_read),
		cmocka_unit_test(a_log_is_no_credentials_file),
		cmocka_unit_test(forgets_what_is_secret),
	};

	return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
