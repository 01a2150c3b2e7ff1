#include "common/wire/sip.h"

#include "tests/common/wire/octets.h"
#include "tests/common/wire/sip_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* One message read from a heap copy that is exactly as long. */
struct reading {
	struct arena *arena;
	struct octets stream;
	struct sip_message message;
	enum sip_progress progress;
	size_t used;
	const char *why;
};

static void begin_bytes(struct reading *reading, const char *text,
			size_t length)
{
	*reading = (struct reading){
		.arena = arena_new(),
		.stream = octets_copy(text, length),
	};
	reading->progress = sip_decode(reading->arena, &reading->message,
				       (const char *)reading->stream.data,
				       length, &reading->used, &reading->why);
}

static void begin(struct reading *reading, const char *text)
{
	begin_bytes(reading, text, strlen(text));
}

static void end(struct reading *reading)
{
	free(reading->stream.data);
	arena_free(reading->arena);
}

static void assert_text(struct sip_text text, const char *expected)
{
	assert_non_null(text.data);
	assert_int_equal(text.length, strlen(expected));
	assert_memory_equal(text.data, expected, text.length);
}

static void assert_header(const struct reading *reading, const char *name,
			  const char *expected)
{
	const struct sip_header *header =
		sip_header(&reading->message, name, NULL);

	assert_non_null(header);
	assert_text(header->value, expected);
}

static void assert_broken(const char *text, const char *why)
{
	struct reading reading;

	begin(&reading, text);
	assert_int_equal(reading.progress, SIP_BROKEN);
	assert_string_equal(reading.why, why);
	end(&reading);
}

static void assert_more(const char *text)
{
	struct reading reading;

	begin(&reading, text);
	assert_int_equal(reading.progress, SIP_MORE);
	end(&reading);
}

static void reads_the_healthy_answer_to_options(void **state)
{
	struct reading reading;
	const struct sip_message *message = &reading.message;

	(void)state;
	begin(&reading, ANSWER_504);
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_int_equal(reading.used, strlen(ANSWER_504));
	assert_false(message->is_request);
	assert_int_equal(message->status, 504);
	assert_text(message->reason, "Server time-out");
	assert_int_equal(message->header_count, 8);
	assert_header(&reading, "ms-user-logon-data", "RemoteUser");
	assert_header(&reading, "Server", "RTC/6.0");
	assert_header(&reading, "CSEQ", "1 OPTIONS");
	assert_true(message->has_content_length);
	assert_int_equal(message->body.length, 0);
	assert_null(sip_header(message, "ms-diagnostics", NULL));
	end(&reading);
}

static void reads_the_healthy_answer_to_register(void **state)
{
	static const char *const schemes[] = {"NTLM", "Kerberos", "TLS-DSK"};
	const struct sip_header *header = NULL;
	struct reading reading;

	(void)state;
	begin(&reading, ANSWER_401);
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_int_equal(reading.message.status, 401);
	for (size_t i = 0; i < 3; i++) {
		header = sip_header(&reading.message, "WWW-Authenticate",
				    header);
		assert_non_null(header);
		assert_text(sip_token(header->value), schemes[i]);
	}
	assert_text(sip_parameter(header->value, "targetname"),
		    "fe01.contoso.net");
	assert_text(sip_parameter(header->value, "version"), "4");
	assert_text(sip_parameter(header->value, "STS-URI"),
		    "https://fe01.contoso.net:443/CertProv/"
		    "CertProvisioningService.svc");
	assert_null(sip_header(&reading.message, "www-authenticate", header));
	end(&reading);
}

static void every_truncation_needs_more(void **state)
{
	static const char *const messages[] = {ANSWER_504, ANSWER_401,
					       REQUEST_COMPACT};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		size_t whole = strlen(messages[i]);
		struct reading reading;

		for (size_t length = 0; length < whole; length++) {
			begin_bytes(&reading, messages[i], length);
			assert_int_equal(reading.progress, SIP_MORE);
			assert_int_equal(reading.used, 0);
			end(&reading);
		}
		begin_bytes(&reading, messages[i], whole);
		assert_int_equal(reading.progress, SIP_WHOLE);
		end(&reading);
	}
}

static void understands_compact_forms_and_folded_lines(void **state)
{
	struct reading reading;
	const struct sip_message *message = &reading.message;

	(void)state;
	begin(&reading, REQUEST_COMPACT);
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_true(message->is_request);
	assert_text(message->method, "NOTIFY");
	assert_text(message->uri, "sip:edgeprobe@198.51.100.20:49152");
	assert_header(&reading, "Via",
		      "SIP/2.0/TLS 192.0.2.10;branch=z9hG4bK1");
	assert_header(&reading, "From", "<sip:a@contoso.com>;tag=1");
	assert_header(&reading, "To", "<sip:b@contoso.com>");
	assert_header(&reading, "Call-ID", "42@192.0.2.10");
	assert_header(&reading, "Contact", "<sip:192.0.2.10>");
	assert_header(&reading, "Content-Type", "text/plain");
	assert_header(&reading, "Supported", "gruu-10");
	assert_header(&reading, "Subject", "a long one in three lines");
	assert_header(&reading, "Content-Encoding", "identity");
	assert_true(message->has_content_length);
	assert_text(message->body, "hello");
	end(&reading);
}

static void takes_a_folded_content_length(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "SIP/2.0 200 OK\r\nContent-Length :\r\n\t 2\r\n\r\nab");
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_text(reading.message.body, "ab");
	end(&reading);
}

static void takes_no_body_without_content_length(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "SIP/2.0 403 Forbidden\r\nServer: RTC/5.0\r\n\r\nrest");
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_int_equal(reading.message.status, 403);
	assert_false(reading.message.has_content_length);
	assert_int_equal(reading.message.body.length, 0);
	assert_int_equal(reading.used, reading.stream.length - 4);
	end(&reading);
}

static void skips_leading_line_ends_and_counts_them(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "\r\n\r\n\n" ANSWER_504 "SIP/2.0 100");
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_int_equal(reading.message.status, 504);
	assert_int_equal(reading.used, 5 + strlen(ANSWER_504));
	end(&reading);

	begin(&reading, "\r\n\r\n");
	assert_int_equal(reading.progress, SIP_MORE);
	assert_int_equal(reading.used, 4);
	end(&reading);
}

static void reads_messages_one_after_another(void **state)
{
	struct reading reading;
	size_t first;

	(void)state;
	begin(&reading, ANSWER_401 ANSWER_504);
	assert_int_equal(reading.progress, SIP_WHOLE);
	first = reading.used;
	assert_int_equal(first, strlen(ANSWER_401));
	assert_int_equal(sip_decode(reading.arena, &reading.message,
				    (const char *)reading.stream.data + first,
				    reading.stream.length - first,
				    &reading.used, &reading.why),
			 SIP_WHOLE);
	assert_int_equal(reading.message.status, 504);
	end(&reading);
}

static void takes_a_status_line_without_reason(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "sip/2.0 200\r\n\r\n");
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_int_equal(reading.message.status, 200);
	assert_int_equal(reading.message.reason.length, 0);
	assert_int_equal(reading.message.header_count, 0);
	end(&reading);
}

static void names_an_http_server(void **state)
{
	(void)state;
	assert_broken("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
		      "an HTTP server answers");
	assert_broken("HTTP/", "an HTTP server answers");
	assert_more("HTTP");
}

static void refuses_other_protocols_at_their_first_bytes(void **state)
{
	static const char *const starts[] = {
		"\x15\x03\x01",
		"<?xml version='1.0'?>",
		"SSH-2.0-OpenSSH_9.2\r\n",
		"220 mail.contoso.com ESMTP\r\n",
		"SIP/2.0 20 OK\r\n",
		"SIP/2.0 2000 OK\r\n",
		"SIP/2.0 099 OK\r\n",
		"SIP/2.0 700 OK\r\n",
		"SIP/2.0  200 OK\r\n",
		"SIP/3.0 200 OK\r\n",
		"OPTIONS  SIP/2.0\r\n",
		"OPTIONS sip:contoso.com\r\n",
		" OPTIONS sip:contoso.com SIP/2.0\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		assert_broken(starts[i], "not a SIP start line");
}

static void refuses_broken_headers(void **state)
{
	static const struct {
		const char *headers, *why;
	} cases[] = {
		{"no colon here\r\n",
		 "a header line without a name and a colon"},
		{": nameless\r\n", "a header line without a name and a colon"},
		{"a b: c\r\n", "a header line without a name and a colon"},
		{" folded: x\r\n", "a folded line follows the start line"},
		{"l: -1\r\n", "the Content-Length is no lawful number"},
		{"l: 5 5\r\n", "the Content-Length is no lawful number"},
		{"l:\r\n", "the Content-Length is no lawful number"},
		{"l: 1048577\r\n", "the Content-Length is no lawful number"},
		{"l: 18446744073709551617\r\n",
		 "the Content-Length is no lawful number"},
		{"l: 0\r\nContent-Length: 1\r\n",
		 "two Content-Length headers disagree"},
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "SIP/2.0 200 OK\r\n%s\r\n",
			 cases[i].headers);
		assert_broken(text, cases[i].why);
	}
}

static void refuses_a_nul_byte(void **state)
{
	static const char text[] = "SIP/2.0 200 OK\r\nServer: a\0b\r\n\r\n";
	struct reading reading;

	(void)state;
	begin_bytes(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.progress, SIP_BROKEN);
	assert_string_equal(reading.why, "a NUL byte stands in the headers");
	end(&reading);
}

static void refuses_headers_without_end(void **state)
{
	static const char start[] = "SIP/2.0 200 OK\r\nServer: ";
	size_t length = SIP_HEADER_BYTES_MAX;
	char *text = malloc(length);
	struct reading reading;

	(void)state;
	memset(text, 'x', length);
	memcpy(text, start, sizeof(start) - 1);
	begin_bytes(&reading, text, length - 1);
	assert_int_equal(reading.progress, SIP_MORE);
	end(&reading);
	begin_bytes(&reading, text, length);
	assert_int_equal(reading.progress, SIP_BROKEN);
	assert_string_equal(reading.why, "the headers are longer than 64 KiB");
	end(&reading);
	free(text);
}

static void refuses_too_many_headers(void **state)
{
	size_t length = strlen("SIP/2.0 200 OK\r\n");
	char text[2048] = "SIP/2.0 200 OK\r\n";
	struct reading reading;

	(void)state;
	for (unsigned i = 0; i <= SIP_HEADERS_MAX; i++, length += 5)
		memcpy(text + length, "a:b\r\n", 5);
	memcpy(text + length, "\r\n", 2);
	begin_bytes(&reading, text, length + 2);
	assert_int_equal(reading.progress, SIP_BROKEN);
	end(&reading);
	/* one less is as many as may be */
	memcpy(text + length - 5, "\r\n", 2);
	begin_bytes(&reading, text, length - 3);
	assert_int_equal(reading.progress, SIP_WHOLE);
	assert_int_equal(reading.message.header_count, SIP_HEADERS_MAX);
	end(&reading);
}

static void survives_any_flipped_byte(void **state)
{
	static const uint8_t flips[] = {0x01, 0x20, 0x80, 0xff};

	(void)state;
	for (size_t at = 0; at < strlen(ANSWER_401); at++) {
		for (size_t i = 0; i < sizeof(flips); i++) {
			char text[] = ANSWER_401;
			struct reading reading;

			text[at] = (char)(text[at] ^ flips[i]);
			begin_bytes(&reading, text, sizeof(text) - 1);
			if (reading.progress == SIP_BROKEN)
				assert_non_null(reading.why);
			end(&reading);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_healthy_answer_to_options),
		cmocka_unit_test(reads_the_healthy_answer_to_register),
		cmocka_unit_test(every_truncation_needs_more),
		cmocka_unit_test(understands_compact_forms_and_folded_lines),
		cmocka_unit_test(takes_a_folded_content_length),
		cmocka_unit_test(takes_no_body_without_content_length),
		cmocka_unit_test(skips_leading_line_ends_and_counts_them),
		cmocka_unit_test(reads_messages_one_after_another),
		cmocka_unit_test(takes_a_status_line_without_reason),
		cmocka_unit_test(names_an_http_server),
		cmocka_unit_test(refuses_other_protocols_at_their_first_bytes),
		cmocka_unit_test(refuses_broken_headers),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(refuses_headers_without_end),
		cmocka_unit_test(refuses_too_many_headers),
		cmocka_unit_test(survives_any_flipped_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
