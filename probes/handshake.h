/*
 * handshake.h - a TLS connection: TCP, handshake, certificate, then bytes.
 *
 * The phases are "connect", "handshake" and, where the peer asked for a
 * client certificate, "client-certificate": in TLS 1.3 a refusal shows only
 * on the first read, after our side believes that all is well. Only where we
 * speak for a partner do we have one to show. Who has something to ask asks it
 * then, so that answer or refusal come with the same round trip; who has not
 * is told at once that the connection stands, and may find it refused when
 * reading.
 * Specification: RFC 5246, RFC 8446; edge-services.md section 3.
 */
#ifndef PROBES_HANDSHAKE_H
#define PROBES_HANDSHAKE_H

#include "probes/certificate.h"
#include "probes/check.h"
#include "probes/dial.h"
#include "probes/ocsp_reader.h"

#include <openssl/ssl.h>
#include <sys/types.h>

#define HANDSHAKE_PEER_BYTES 256 /* first bytes that are kept */
#define CLIENT_CA_MAX	     32	 /* names that are kept */

#define TLS_FACTS                                                              \
	{"tls.version", FACT_TEXT, "TLS version agreed on"},                   \
		{"tls.cipher", FACT_TEXT, "cipher suite agreed on"},           \
		{"tls.sni", FACT_TEXT, "server name that we sent"},            \
		{"tls.client_certificate_requested", FACT_FLAG,                \
		 "the server asked for a client certificate"},                 \
		{"tls.client_certificate_refused", FACT_FLAG,                  \
		 "and would not go on without one"},                           \
		{"tls.client_ca", FACT_TEXT,                                   \
		 "one issuer that it would accept"},                           \
		{"tls.client_ca_count", FACT_UINT, "how many it named"},       \
		{"tls.client_ca_bytes", FACT_UINT, "how long that list is"},   \
		{"tls.staple", FACT_FLAG,                                      \
		 "an OCSP answer came with the certificate"},                  \
		OCSP_ANSWER_FACTS("tls.staple"),                               \
		{"tls.alert", FACT_UINT, "number of the alert received"},      \
	{                                                                      \
		"tls.alert_name", FACT_TEXT, "its name"                        \
	}

/* Facts of those who may show a certificate themselves. */
#define CLIENT_FACTS                                                           \
	{"client.domain", FACT_TEXT, "the partner that we spoke for"},         \
	{                                                                      \
		"client.der", FACT_BYTES, "the certificate that we showed"     \
	}

struct handshake {
	/* Asks, with handshake_write(); set before the beginning, or NULL. */
	void (*ask)(struct check *check);
	int64_t asked_us; /* when that was, while a refusal could come; or 0 */

	SSL *ssl;
	enum handshake_stage {
		STAGE_CONNECT,
		STAGE_HANDSHAKE,
		STAGE_FOREIGN, /* other than TLS: collect what it says */
		STAGE_CLIENT_CERTIFICATE,
		STAGE_ESTABLISHED,
	} stage;
	bool was_requested; /* CertificateRequest came */
	bool has_ticket;    /* NewSessionTicket: TLS 1.3 accepted us */
	bool is_noted;	    /* the facts of TLS and certificate */
	int alert;	    /* the last received, -1 for none */
	bool is_closed;	    /* the peer ended the connection */
	int64_t rtt_us;
	uint8_t peer[HANDSHAKE_PEER_BYTES];
	size_t peer_length;
	size_t received;   /* bytes of TLS */
	size_t call_end;   /* so many of them before others' turn */
	uint8_t early[16]; /* application data before anyone asked */
	size_t early_length;
};

/* For CUE_START, or again after handshake_end() and hang_up(). */
enum want handshake_begin(struct check *check, struct handshake *handshake);

/*
 * Begins TLS on a connection that stands and has spoken in clear text
 * (STARTTLS); go on with handshake_step().
 */
enum want handshake_over(struct check *check, struct handshake *handshake,
			 int64_t rtt_us);

/*
 * Takes the connection one step on. WANT_NOTHING means that it stands
 * (STAGE_ESTABLISHED, facts noted) or that the check has finished. Where
 * ask() was called, what came since makes no socket ready: read it first.
 */
enum want handshake_step(struct check *check, struct handshake *handshake,
			 enum cue cue);

/*
 * Application data. 0 from reading is the peer's goodbye. -1 with
 * check->error EAGAIN: wait, for WANT_ANSWER or WANT_WRITE; else it is lost.
 */
ssize_t handshake_read(struct check *check, struct handshake *handshake,
		       void *buffer, size_t capacity);
ssize_t handshake_write(struct check *check, struct handshake *handshake,
			const void *data, size_t length);

/*
 * How a connection was lost: closed, reset, alert ... with one clause. Notes
 * the alert on the open observation.
 */
enum outcome handshake_lost(struct check *check, struct handshake *handshake,
			    const char **detail);

/* Whether the check shows the certificate that was given. */
bool handshake_shows_identity(const struct check *check);

/* Whether that is how servers refuse those without a certificate. */
bool handshake_was_refused(const struct handshake *handshake,
			   enum outcome outcome);

/* Says goodbye where it can and releases everything. For stop(). */
void handshake_end(struct handshake *handshake);

#endif
