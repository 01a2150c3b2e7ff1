#include "common/wire/tls.h"

#include "common/base/bytes.h"
#include "common/wire/msturn.h"
#include "common/wire/msturn_attribute.h"
#include "common/wire/pseudo.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RECORD_ALERT	 21 /* RFC 5246 6.2.1 */
#define RECORD_HANDSHAKE 22
#define LOOKED_AT_BYTES	 256
#define PLAIN_BYTES_MIN	 4 /* "+OK ", "220 " */
#define HELLO_TOLD_BYTES 9 /* of a hello, before what varies */

static const struct {
	const char *name, *title;
} services[WIRE_SERVICE_COUNT] = {
	[WIRE_UNKNOWN] = {"unknown", "an unknown protocol"},
	[WIRE_TLS_HANDSHAKE] = {"tls", "a TLS server"},
	[WIRE_TLS_ALERT] = {"tls-alert", "a TLS server that refuses"},
	[WIRE_PSEUDO_TLS] = {"pseudo-tls", "an A/V Edge (pseudo-TLS)"},
	[WIRE_MSTURN] = {"msturn", "an A/V Edge (MSTURN)"},
	[WIRE_STUN] = {"stun", "a standard STUN or TURN server"},
	[WIRE_SIP] = {"sip", "a SIP server without TLS"},
	[WIRE_HTTP] = {"http", "a web server (HTTP)"},
	[WIRE_SSH] = {"ssh", "an SSH server"},
	[WIRE_XMPP] = {"xmpp", "an XMPP server"},
	[WIRE_DTLS] = {"dtls", "a DTLS server"},
	[WIRE_RDP] = {"rdp", "a Remote Desktop server"},
	[WIRE_TELNET] = {"telnet", "a Telnet server"},
	[WIRE_RTSP] = {"rtsp", "a streaming server (RTSP)"},
	[WIRE_VNC] = {"vnc", "a VNC server"},
	[WIRE_SMTP] = {"smtp", "a mail server (SMTP)"},
	[WIRE_FTP] = {"ftp", "an FTP server"},
	[WIRE_POP3] = {"pop3", "a mail server (POP3)"},
	[WIRE_IMAP] = {"imap", "a mail server (IMAP)"},
	[WIRE_MYSQL] = {"mysql", "a database server (MySQL)"},
	[WIRE_RPC] = {"rpc", "an RPC server (DCE)"},
	[WIRE_BANNER] = {"banner", "a server that greets in plain text"},
};

const char *wire_service_name(enum wire_service service)
{
	return services[service].name;
}

const char *wire_service_title(enum wire_service service)
{
	return services[service].title;
}

static bool is_record(const uint8_t *data, size_t length, uint8_t type)
{
	return length >= 3 && data[0] == type && data[1] == 3 && data[2] <= 4;
}

bool tls_alert(const void *data, size_t length, uint8_t *level,
	       uint8_t *description)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t found_level, found_description;
	uint16_t size;

	if (!is_record(data, length, RECORD_ALERT))
		return false;
	bytes_u24(&bytes);
	size = bytes_u16(&bytes);
	found_level = bytes_u8(&bytes);
	found_description = bytes_u8(&bytes);
	/* longer ones are encrypted; levels: RFC 5246 7.2 */
	if (bytes.failed || size != 2 || found_level < 1 || found_level > 2)
		return false;
	*level = found_level;
	*description = found_description;
	return true;
}

/* RFC 5246 7.2, RFC 8446 6, and the registry for what lies between. */
static const char *const alert_names[256] = {
	[0] = "close_notify",
	[10] = "unexpected_message",
	[20] = "bad_record_mac",
	[21] = "decryption_failed",
	[22] = "record_overflow",
	[30] = "decompression_failure",
	[40] = "handshake_failure",
	[41] = "no_certificate",
	[42] = "bad_certificate",
	[43] = "unsupported_certificate",
	[44] = "certificate_revoked",
	[45] = "certificate_expired",
	[46] = "certificate_unknown",
	[47] = "illegal_parameter",
	[48] = "unknown_ca",
	[49] = "access_denied",
	[50] = "decode_error",
	[51] = "decrypt_error",
	[52] = "too_many_cids_requested",
	[60] = "export_restriction",
	[70] = "protocol_version",
	[71] = "insufficient_security",
	[80] = "internal_error",
	[86] = "inappropriate_fallback",
	[90] = "user_canceled",
	[100] = "no_renegotiation",
	[109] = "missing_extension",
	[110] = "unsupported_extension",
	[111] = "certificate_unobtainable",
	[112] = "unrecognized_name",
	[113] = "bad_certificate_status_response",
	[114] = "bad_certificate_hash_value",
	[115] = "unknown_psk_identity",
	[116] = "certificate_required",
	[120] = "no_application_protocol",
};

const char *tls_alert_name(uint8_t description)
{
	static char unnamed[16];

	if (alert_names[description])
		return alert_names[description];
	snprintf(unnamed, sizeof(unnamed), "alert %u", description);
	return unnamed;
}

/* A whole hello, or a beginning long enough to tell. */
static bool is_pseudo(const uint8_t *data, size_t length)
{
	size_t server =
		length < PSEUDO_SERVER_BYTES ? length : PSEUDO_SERVER_BYTES;
	size_t client =
		length < PSEUDO_CLIENT_BYTES ? length : PSEUDO_CLIENT_BYTES;

	return length >= HELLO_TOLD_BYTES &&
	       (pseudo_server_begins(data, server) ||
		pseudo_client_begins(data, client));
}

static bool is_msturn(const uint8_t *data, size_t length)
{
	uint16_t size;
	uint8_t type;

	if (msturn_frame(data, length, &type, &size) == 1) {
		data += MSTURN_FRAME_BYTES;
		length -= MSTURN_FRAME_BYTES;
	}
	return length >= MSTURN_HEADER_BYTES + MSTURN_COOKIE_BYTES &&
	       (data[0] & 0xc0) == 0 &&
	       memcmp(data + MSTURN_HEADER_BYTES, msturn_attribute_cookie,
		      MSTURN_COOKIE_BYTES) == 0;
}

static bool is_stun(const uint8_t *data, size_t length)
{
	static const uint8_t cookie[] = {0x21, 0x12, 0xa4,
					 0x42}; /* RFC 8489 5 */

	return length >= MSTURN_HEADER_BYTES && (data[0] & 0xc0) == 0 &&
	       data[3] % 4 == 0 && memcmp(data + 4, cookie, 4) == 0;
}

/* RFC 6347 4.1: versions count downwards. */
static bool is_dtls(const uint8_t *data, size_t length)
{
	return length >= 3 && data[0] >= 20 && data[0] <= RECORD_HANDSHAKE &&
	       data[1] == 0xfe && (data[2] == 0xff || data[2] == 0xfd);
}

/* RFC 1006 around an X.224 connection confirm. */
static bool is_rdp(const uint8_t *data, size_t length)
{
	return length >= 7 && data[0] == 3 && data[1] == 0 && data[2] == 0 &&
	       data[5] == 0xd0;
}

/* RFC 854: IAC, then WILL, WONT, DO or DONT. */
static bool is_telnet(const uint8_t *data, size_t length)
{
	return length >= 3 && data[0] == 0xff && data[1] >= 0xfb &&
	       data[1] <= 0xfe;
}

/* A packet numbered 0, protocol 10, a version that begins with a digit. */
static bool is_mysql(const uint8_t *data, size_t length)
{
	return length >= 7 && data[2] == 0 && data[3] == 0 && data[4] == 10 &&
	       data[5] >= '0' && data[5] <= '9';
}

/*
 * [C706] 12.6.3.1: version 5, minor 0 or 1; a fault, bind_ack or bind_nak;
 * integers little-endian, characters ASCII.
 */
static bool is_rpc(const uint8_t *data, size_t length)
{
	return length >= 8 && data[0] == 5 && data[1] <= 1 &&
	       (data[2] == 3 || data[2] == 12 || data[2] == 13) &&
	       data[4] == 0x10;
}

/* RFC 9113 3.4: what a server says first is a SETTINGS frame of stream 0. */
static bool is_http2(const uint8_t *data, size_t length)
{
	static const uint8_t stream[] = {0, 0, 0, 0};

	return length >= 9 && data[0] == 0 && data[2] % 6 == 0 &&
	       data[3] == 4 && data[4] == 0 && memcmp(data + 5, stream, 4) == 0;
}

static bool is_alert_record(const uint8_t *data, size_t length)
{
	return is_record(data, length, RECORD_ALERT);
}

static bool is_handshake_record(const uint8_t *data, size_t length)
{
	return is_record(data, length, RECORD_HANDSHAKE);
}

/* Of bytes; the first that fits, since pseudo-TLS is a handshake record. */
static const struct {
	bool (*fits)(const uint8_t *data, size_t length);
	enum wire_service service;
} binaries[] = {
	{is_alert_record, WIRE_TLS_ALERT},
	{is_pseudo, WIRE_PSEUDO_TLS},
	{is_handshake_record, WIRE_TLS_HANDSHAKE},
	{is_dtls, WIRE_DTLS},
	{is_msturn, WIRE_MSTURN},
	{is_stun, WIRE_STUN},
	{is_rdp, WIRE_RDP},
	{is_telnet, WIRE_TELNET},
	{is_mysql, WIRE_MYSQL},
	{is_rpc, WIRE_RPC},
	{is_http2, WIRE_HTTP},
};

/* How greetings begin, and what else their first line holds; "": anything. */
static const struct {
	const char *text, *holds;
	enum wire_service service;
} prefixes[] = {
	{"SIP/2.0 ", "", WIRE_SIP},	   {"HTTP/", "", WIRE_HTTP},
	{"<!doctype html", "", WIRE_HTTP}, {"<html", "", WIRE_HTTP},
	{"RTSP/", "", WIRE_RTSP},	   {"SSH-", "", WIRE_SSH},
	{"RFB 00", "", WIRE_VNC},	   {"<stream:stream", "", WIRE_XMPP},
	{"<?xml", "", WIRE_XMPP},	   {"220", "SMTP", WIRE_SMTP},
	{"554", "SMTP", WIRE_SMTP},	   {"220", "FTP", WIRE_FTP},
	{"220", "FileZilla", WIRE_FTP},	   {"+OK", "", WIRE_POP3},
	{"* OK", "", WIRE_IMAP},	   {"* BYE", "", WIRE_IMAP},
};

/* How the first line of a request ends. */
static const struct {
	const char *text;
	enum wire_service service;
} suffixes[] = {
	{" SIP/2.0", WIRE_SIP},
	{" HTTP/1.0", WIRE_HTTP},
	{" HTTP/1.1", WIRE_HTTP},
	{" RTSP/1.0", WIRE_RTSP},
};

static bool text_begins(const char *text, size_t length, const char *with)
{
	size_t size = strlen(with);

	return length >= size && strncasecmp(text, with, size) == 0;
}

static size_t line_length(const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);
	size_t line = end ? (size_t)(end - text) : length;

	return line && text[line - 1] == '\r' ? line - 1 : line;
}

/* Whether a line holds a word, in any case. */
static bool line_holds(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);

	for (size_t i = 0; i + size <= length; i++)
		if (strncasecmp(line + i, word, size) == 0)
			return true;
	return false;
}

/* Begins with ASCII and holds no control characters; any charset after. */
static bool is_plain(const char *text, size_t length)
{
	if (length < PLAIN_BYTES_MIN)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		bool is_line_end = c == '\t' || c == '\r' || c == '\n';

		if ((c < ' ' && !is_line_end) || c == 0x7f ||
		    (i < PLAIN_BYTES_MIN && c > 0x7f))
			return false;
	}
	return true;
}

static enum wire_service recognise_text(const char *text, size_t length)
{
	size_t line;

	while (length && *text && strchr("\r\n \t", *text)) {
		text++;
		length--;
	}
	line = line_length(text, length);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (text_begins(text, length, prefixes[i].text) &&
		    line_holds(text, line, prefixes[i].holds))
			return prefixes[i].service;
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t size = strlen(suffixes[i].text);

		if (line >= size &&
		    text_begins(text + line - size, size, suffixes[i].text))
			return suffixes[i].service;
	}
	return is_plain(text, length) ? WIRE_BANNER : WIRE_UNKNOWN;
}

enum wire_service wire_recognise(const void *data, size_t length)
{
	if (length > LOOKED_AT_BYTES)
		length = LOOKED_AT_BYTES;
	for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++) {
		if (binaries[i].fits(data, length))
			return binaries[i].service;
	}
	return recognise_text(data, length);
}
