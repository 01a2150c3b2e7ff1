#include "common/wire/tls.h"

#include "tests/common/wire/msturn_vectors.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum wire_service recognise(const void *data, size_t length)
{
	struct octets octets = octets_copy(data, length);
	enum wire_service service = wire_recognise(octets.data, length);

	free(octets.data);
	return service;
}

static const struct {
	const char *hex;
	enum wire_service service;
} binary[] = {
	{"", WIRE_UNKNOWN},
	{"00", WIRE_UNKNOWN},
	{"ffffffff ffffffff", WIRE_UNKNOWN},
	/* what OpenSSL 3.0 answers to the pseudo hello */
	{"15030100020228", WIRE_TLS_ALERT},
	{"1503030002", WIRE_TLS_ALERT},
	{"16030300 4a 02000046 0303", WIRE_TLS_HANDSHAKE},
	{"160303", WIRE_TLS_HANDSHAKE},
	{"160301004e0200004a0301", WIRE_TLS_HANDSHAKE},
	{"160203", WIRE_UNKNOWN},
	{V13S, WIRE_PSEUDO_TLS},
	{V13C, WIRE_PSEUDO_TLS},
	{"160301004e020000460301", WIRE_PSEUDO_TLS},
	{V1, WIRE_MSTURN},
	{V1R, WIRE_MSTURN},
	{V2, WIRE_MSTURN},
	{V6, WIRE_MSTURN},
	{V14, WIRE_MSTURN},
	{V15, WIRE_UNKNOWN},
	{V12, WIRE_UNKNOWN},
	{V16, WIRE_STUN},
	{"01010000 2112a442 000000000000000000000000", WIRE_STUN},
	{"16fefd 0000000000000000", WIRE_DTLS},
	{"15feff 0000", WIRE_DTLS},
	{"17fefd 0000", WIRE_UNKNOWN},
	{"03000013 0ed00000 12340002 1f080002 000000", WIRE_RDP},
	{"03000013 0ee00000", WIRE_UNKNOWN},
	{"fffd18 fffd20", WIRE_TELNET},
	{"fffa18", WIRE_UNKNOWN},
	{"4a000000 0a 382e302e3336", WIRE_MYSQL},
	{"4a000000 0a 00382e30", WIRE_UNKNOWN},
	{"05000c03 10000000 3c000000 01000000", WIRE_RPC},
	{"05010d03 10000000", WIRE_RPC},
	{"05000b03 10000000", WIRE_UNKNOWN},
	{"05000c03 00000000", WIRE_UNKNOWN},
	{"000012 04 00 00000000 000300000064", WIRE_HTTP},
	{"000012 04 00 00000001 000300000064", WIRE_UNKNOWN},
	{"000011 04 00 00000000 000300000064", WIRE_UNKNOWN},
	{"01010001 2112a442 000000000000000000000000", WIRE_UNKNOWN},
	{"01010000 2112a442 0000000000000000000000", WIRE_UNKNOWN},
};

static const struct {
	const char *text;
	enum wire_service service;
} plain[] = {
	{"SIP/2.0 504 Server time-out\r\n", WIRE_SIP},
	{"\r\n\r\nSIP/2.0 200 OK\r\n", WIRE_SIP},
	{"OPTIONS sip:contoso.com SIP/2.0\r\nVia: x\r\n", WIRE_SIP},
	{"HTTP/1.1 400 Bad Request\r\n", WIRE_HTTP},
	{"HTTP/1.0 200 OK\r\n", WIRE_HTTP},
	{"GET / HTTP/1.1\r\nHost: x\r\n", WIRE_HTTP},
	{"<!DOCTYPE HTML PUBLIC \"-//IETF\">", WIRE_HTTP},
	{"<HTML><head>", WIRE_HTTP},
	{"SSH-2.0-OpenSSH_9.2p1\r\n", WIRE_SSH},
	{"<?xml version='1.0'?><stream:stream", WIRE_XMPP},
	{"<stream:stream xmlns='jabber:server'>", WIRE_XMPP},
	{"220 mail.contoso.com ESMTP\r\n", WIRE_SMTP},
	{"* OK IMAP4rev1\r\n", WIRE_IMAP},
	{"* BYE\r\n", WIRE_IMAP},
	{"+OK POP3\r\n", WIRE_POP3},
	{"220-FTP server ready\r\n", WIRE_FTP},
	{"220 FileZilla Server 1.8.0\r\n", WIRE_FTP},
	{"554 no SMTP service here\r\n", WIRE_SMTP},
	{"220 ready\r\nESMTP\r\n", WIRE_BANNER},
	{"RTSP/1.0 400 Bad Request\r\n", WIRE_RTSP},
	{"OPTIONS * RTSP/1.0\r\n", WIRE_RTSP},
	{"RFB 003.008\n", WIRE_VNC},
	{"220 gr\xc3\xbc\xc3\x9f gott\r\n", WIRE_BANNER},
	{"hi", WIRE_UNKNOWN},
	{"\x1b[2Jhello", WIRE_UNKNOWN},
	{"\r\n", WIRE_UNKNOWN},
};

static void recognises_each_service(void **state)
{
	bool met[WIRE_SERVICE_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(binary) / sizeof(binary[0]); i++) {
		struct octets octets = octets_hex(binary[i].hex);

		assert_int_equal(recognise(octets.data, octets.length),
				 binary[i].service);
		met[binary[i].service] = true;
		free(octets.data);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		assert_int_equal(
			recognise(plain[i].text, strlen(plain[i].text)),
			plain[i].service);
		met[plain[i].service] = true;
	}
	for (size_t i = 0; i < WIRE_SERVICE_COUNT; i++)
		assert_true(met[i]);
}

static void tells_a_text_with_a_nul_byte_from_a_greeting(void **state)
{
	(void)state;
	assert_int_equal(recognise("220 a\0b\r\n", 9), WIRE_UNKNOWN);
	assert_int_equal(recognise("\0\0\0\0\0", 5), WIRE_UNKNOWN);
}

static void looks_at_the_beginning_only(void **state)
{
	char text[1024];

	(void)state;
	memset(text, 'a', sizeof(text));
	memset(text + 256, 0, sizeof(text) - 256);
	assert_int_equal(recognise(text, sizeof(text)), WIRE_BANNER);
}

static void stays_inside_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(binary) / sizeof(binary[0]); i++) {
		struct octets octets = octets_hex(binary[i].hex);

		for (size_t length = 0; length < octets.length; length++)
			assert_true(recognise(octets.data, length) <
				    WIRE_SERVICE_COUNT);
		free(octets.data);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		for (size_t length = 0; length < strlen(plain[i].text);
		     length++)
			assert_true(recognise(plain[i].text, length) <
				    WIRE_SERVICE_COUNT);
	}
}

static void every_service_has_a_name_and_a_title(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WIRE_SERVICE_COUNT; i++) {
		assert_non_null(wire_service_name((enum wire_service)i));
		assert_non_null(wire_service_title((enum wire_service)i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(
				wire_service_name((enum wire_service)i),
				wire_service_name((enum wire_service)j));
	}
	assert_string_equal(wire_service_name(WIRE_TLS_HANDSHAKE), "tls");
	assert_string_equal(wire_service_name(WIRE_SSH), "ssh");
	assert_string_equal(wire_service_title(WIRE_SSH), "an SSH server");
}

static void reads_alerts(void **state)
{
	struct octets octets = octets_hex("15030300020228 160303");
	uint8_t level = 0, description = 0;

	(void)state;
	assert_true(
		tls_alert(octets.data, octets.length, &level, &description));
	assert_int_equal(level, 2);
	assert_int_equal(description, 40);
	for (size_t length = 0; length < 7; length++) {
		struct octets cut = octets_copy(octets.data, length);

		assert_false(tls_alert(cut.data, length, &level, &description));
		free(cut.data);
	}
	free(octets.data);
}

static void reads_no_alert_from_anything_else(void **state)
{
	static const char *const records[] = {
		"16030300020228",    /* a handshake */
		"15030300030228 00", /* three bytes: encrypted */
		"15030300020328",    /* no such level */
		"15020000020228",    /* SSL 2 */
		"15030500020228",    /* no such version */
	};
	uint8_t level, description;

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct octets octets = octets_hex(records[i]);

		assert_false(tls_alert(octets.data, octets.length, &level,
				       &description));
		free(octets.data);
	}
}

static void names_alerts(void **state)
{
	(void)state;
	assert_string_equal(tls_alert_name(0), "close_notify");
	assert_string_equal(tls_alert_name(40), "handshake_failure");
	assert_string_equal(tls_alert_name(48), "unknown_ca");
	assert_string_equal(tls_alert_name(70), "protocol_version");
	assert_string_equal(tls_alert_name(116), "certificate_required");
	assert_string_equal(tls_alert_name(120), "no_application_protocol");
	assert_string_equal(tls_alert_name(99), "alert 99");
	assert_string_equal(tls_alert_name(255), "alert 255");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_each_service),
		cmocka_unit_test(tells_a_text_with_a_nul_byte_from_a_greeting),
		cmocka_unit_test(looks_at_the_beginning_only),
		cmocka_unit_test(stays_inside_every_cut),
		cmocka_unit_test(every_service_has_a_name_and_a_title),
		cmocka_unit_test(reads_alerts),
		cmocka_unit_test(reads_no_alert_from_anything_else),
		cmocka_unit_test(names_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
