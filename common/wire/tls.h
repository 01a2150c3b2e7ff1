/*
 * tls.h - TLS records, enough to recognise who is at the other end. No I/O.
 *
 * Specification: RFC 5246 6.2.1, 7.2; RFC 8446 5.1, 6.
 */
#ifndef COMMON_WIRE_TLS_H
#define COMMON_WIRE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the first bytes of a peer look like. */
enum wire_service {
	WIRE_UNKNOWN,
	WIRE_TLS_HANDSHAKE, /* a handshake record: a TLS server */
	WIRE_TLS_ALERT,
	WIRE_PSEUDO_TLS, /* a fixed hello of pseudo.h, or how it begins */
	WIRE_MSTURN,	 /* Magic Cookie, bare or framed */
	WIRE_STUN,	 /* another STUN or TURN server */
	WIRE_SIP,
	WIRE_HTTP,
	WIRE_SSH,
	WIRE_XMPP,
	WIRE_DTLS,
	WIRE_RDP, /* Remote Desktop */
	WIRE_TELNET,
	WIRE_RTSP,
	WIRE_VNC,
	WIRE_SMTP,
	WIRE_FTP,
	WIRE_POP3,
	WIRE_IMAP,
	WIRE_MYSQL,
	WIRE_RPC,    /* DCE RPC, connection-oriented */
	WIRE_BANNER, /* a text greeting of any other */
	WIRE_SERVICE_COUNT
};

/* "tls", "http", "ssh" for facts; "an SSH server" for sentences. */
const char *wire_service_name(enum wire_service service);
const char *wire_service_title(enum wire_service service);

/* Judges the first bytes that came (at most 256 are looked at). */
enum wire_service wire_recognise(const void *data, size_t length);

/* A readable (not encrypted) alert at the front; false: there is none. */
bool tls_alert(const void *data, size_t length, uint8_t *level,
	       uint8_t *description);

/*
 * "handshake_failure"; for numbers without a name "alert 99", which lives
 * until the next call.
 */
const char *tls_alert_name(uint8_t description);

#endif
