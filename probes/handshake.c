#include "probes/handshake.h"

#include "common/base/clock.h"
#include "common/wire/tls.h"
#include "probes/revocation.h"
#include "probes/shown.h"
#include "probes/trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>

/* How long one who asked listens for a refusal, besides two round trips. */
#define REFUSAL_WAIT_US INT64_C(300000)
/* How long to collect what a foreign protocol has to say. */
#define FOREIGN_WAIT_US INT64_C(300000)
/* How much OpenSSL may read before others have their turn. */
#define CALL_BYTES_MAX (64 * 1024)
/* How much a handshake may be long, the largest chain included. */
#define BYTES_MAX (2 * CHAIN_BYTES_MAX)

#define RECORD_ALERT	 0x15
#define RECORD_HANDSHAKE 0x16
#define NO_ALERT	 (-1)

enum want handshake_begin(struct check *check, struct handshake *handshake)
{
	*handshake = (struct handshake){.ask = handshake->ask,
					.stage = STAGE_CONNECT,
					.alert = NO_ALERT};
	return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
}

/* What we showed is public; the key is not, and is not touched here. */
static void note_identity(struct check *check, SSL *ssl)
{
	unsigned char *der = NULL;
	X509 *own = SSL_get_certificate(ssl);
	int length = own ? i2d_X509(own, &der) : 0;

	if (check->spec->from_domain)
		observe_text(check, "client.domain", check->spec->from_domain);
	if (length > 0)
		observe_bytes(check, "client.der", der, (size_t)length);
	OPENSSL_free(der);
}

/* OpenSSL calls it in a client only after a CertificateRequest. */
static int certificate_wanted(SSL *ssl, void *context)
{
	struct handshake *handshake = context;

	(void)ssl;
	handshake->was_requested = true;
	return 1;
}

static void told(const SSL *ssl, int where, int value)
{
	struct handshake *handshake = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT &&
	    value >> 8 == SSL3_AL_FATAL)
		handshake->alert = value & 0xff;
}

static void message(int is_ours, int version, int type, const void *data,
		    size_t length, SSL *ssl, void *context)
{
	struct handshake *handshake = context;

	(void)version;
	(void)ssl;
	if (!is_ours && type == SSL3_RT_HANDSHAKE && length &&
	    *(const uint8_t *)data == SSL3_MT_NEWSESSION_TICKET)
		handshake->has_ticket = true;
}

/* Keeps the first bytes, so that a stranger can be named. */
static void keep_bytes(struct handshake *handshake, const char *data,
		       size_t length)
{
	size_t room = sizeof(handshake->peer) - handshake->peer_length;
	size_t size = length < room ? length : room;

	memcpy(handshake->peer + handshake->peer_length, data, size);
	handshake->peer_length += size;
	handshake->received += length;
}

/*
 * Around each read of OpenSSL's. It would read on without end while a peer
 * sends what is lawful and says nothing (HelloRequest, warnings, tickets), so
 * it is told to come again later: the engine has deadlines to keep.
 */
static long came_in(BIO *bio, int operation, const char *data, size_t length,
		    int number, long option, int result, size_t *processed)
{
	struct handshake *handshake = (void *)BIO_get_callback_arg(bio);

	(void)length;
	(void)number;
	(void)option;
	if (operation == BIO_CB_READ &&
	    handshake->received >= handshake->call_end) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0)
		keep_bytes(handshake, data, *processed);
	return result;
}

/* Before each call of OpenSSL's that reads. */
static void begin_call(struct handshake *handshake)
{
	ERR_clear_error();
	handshake->call_end = handshake->received + CALL_BYTES_MAX;
	errno = 0;
}

bool handshake_shows_identity(const struct check *check)
{
	return check->spec->from_domain ||
	       (check->spec->shows_identity && check->trust->partner);
}

static void set_server_name(struct check *check, SSL *ssl)
{
	const char *name = check->spec->endpoint.name;
	struct address address;

	if (check->spec->without_sni || !name || !*name ||
	    address_parse(name, &address))
		return; /* RFC 6066 3: no addresses */
	if (SSL_set_tlsext_host_name(ssl, name) == 1)
		observe_text(check, "tls.sni", name);
}

static bool start_tls(struct check *check, struct handshake *handshake)
{
	SSL_CTX *context = handshake_shows_identity(check)
				   ? check->trust->partner
				   : trust_context(check->trust);
	SSL *ssl = context ? SSL_new(context) : NULL;

	handshake->ssl = ssl;
	if (!ssl || SSL_set_fd(ssl, check->socket) != 1)
		return false;
	SSL_set_app_data(ssl, handshake);
	SSL_set_cert_cb(ssl, certificate_wanted, handshake);
	SSL_set_info_callback(ssl, told);
	SSL_set_msg_callback(ssl, message);
	SSL_set_msg_callback_arg(ssl, handshake);
	BIO_set_callback_ex(SSL_get_rbio(ssl), came_in);
	BIO_set_callback_arg(SSL_get_rbio(ssl), (char *)handshake);
	SSL_set_connect_state(ssl);
	SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
	set_server_name(check, ssl);
	return true;
}

/* As the list stands on the wire (RFC 5246 7.4.4). */
static int64_t list_bytes(const STACK_OF(X509_NAME) * names)
{
	int64_t bytes = 0;

	for (int i = 0; i < sk_X509_NAME_num(names); i++) {
		int length = i2d_X509_NAME(sk_X509_NAME_value(names, i), NULL);

		bytes += length > 0 ? 2 + length : 2;
	}
	return bytes;
}

static void note_client_cas(struct check *check, const SSL *ssl)
{
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(ssl);
	int count = names ? sk_X509_NAME_num(names) : 0;

	observe_number(check, "tls.client_ca_count", count);
	observe_number(check, "tls.client_ca_bytes",
		       names ? list_bytes(names) : 0);
	for (int i = 0; i < count && i < CLIENT_CA_MAX; i++)
		observe_text(
			check, "tls.client_ca",
			certificate_name(check, sk_X509_NAME_value(names, i)));
}

static void read_staple(struct check *check, STACK_OF(X509) * chain,
			const void *data, size_t length)
{
	X509 *leaf = sk_X509_value(chain, 0);
	X509 *issuer = issuer_of(check, leaf, chain);
	const char *why;

	if (issuer)
		ocsp_observe(check, &ocsp_staple_keys, data, length, leaf,
			     issuer, &why);
	X509_free(issuer);
}

/* What the server says of its certificate's revocation (RFC 6066 8). */
static void note_staple(struct check *check, SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	unsigned char digest[SHA256_DIGEST_LENGTH];
	const unsigned char *data = NULL;
	long length = SSL_get_tlsext_status_ocsp_resp(ssl, &data);

	if (sk_X509_num(chain) <= 0)
		return;
	observe_flag(check, "tls.staple", length > 0);
	if (length > 0 && !(shown_digest(chain, data, (size_t)length, digest) &&
			    shown_before(check, "tls.staple.", digest)))
		read_staple(check, chain, data, (size_t)length);
}

/* What is known of TLS, also when the handshake did not end well. */
static void note_tls(struct check *check, struct handshake *handshake)
{
	SSL *ssl = handshake->ssl;
	const SSL_CIPHER *cipher = ssl ? SSL_get_pending_cipher(ssl) : NULL;

	if (handshake->is_noted)
		return;
	handshake->is_noted = true;
	if (handshake_shows_identity(check) && ssl)
		note_identity(check, handshake->ssl);
	if (!cipher)
		return; /* no ServerHello */
	observe_text(check, "tls.version", SSL_get_version(ssl));
	observe_text(check, "tls.cipher", SSL_CIPHER_get_name(cipher));
	observe_flag(check, "tls.client_certificate_requested",
		     handshake->was_requested);
	if (handshake->was_requested)
		note_client_cas(check, ssl);
	certificate_observe(check, SSL_get_peer_cert_chain(ssl));
	note_staple(check, ssl);
}

static void note_alert(struct check *check, const struct handshake *handshake)
{
	observe_number(check, "tls.alert", handshake->alert);
	observe_text(check, "tls.alert_name",
		     tls_alert_name((uint8_t)handshake->alert));
}

/* Another protocol: its first bytes say which. */
static enum want finish_foreign(struct check *check,
				const struct handshake *handshake)
{
	enum wire_service service =
		wire_recognise(handshake->peer, handshake->peer_length);

	observe_peer(check, handshake->peer, handshake->peer_length);
	if (service == WIRE_UNKNOWN)
		return check_finish(check, OUTCOME_GARBLED,
				    "what answers does not speak TLS");
	return check_finish(check, OUTCOME_GARBLED, "%s answers, not TLS",
			    wire_service_title(service));
}

static enum want begin_foreign(struct check *check, struct handshake *handshake)
{
	handshake->stage = STAGE_FOREIGN;
	check->retry_us = clock_now_us() + FOREIGN_WAIT_US;
	return WANT_ANSWER;
}

static enum want read_foreign(struct check *check, struct handshake *handshake)
{
	size_t room = sizeof(handshake->peer) - handshake->peer_length;
	ssize_t size =
		receive(check, handshake->peer + handshake->peer_length, room);

	if (size < 0 && check->error == EAGAIN)
		return WANT_ANSWER;
	if (size > 0)
		handshake->peer_length += (size_t)size;
	if (size <= 0 || (size_t)size == room)
		return finish_foreign(check, handshake);
	return WANT_ANSWER;
}

static bool is_tls(uint8_t first)
{
	return first == RECORD_ALERT || first == RECORD_HANDSHAKE;
}

/*
 * Looks at the peer's first byte before OpenSSL does. False when there is
 * none to come: the connection is lost.
 */
static bool peek(struct check *check, bool *foreign)
{
	uint8_t first;
	ssize_t size = recv(check->socket, &first, 1, MSG_PEEK);

	*foreign = size == 1 && !is_tls(first);
	if (size >= 0 || errno == EAGAIN)
		return true;  /* OpenSSL will see an end itself */
	check->error = errno; /* told only once */
	return false;
}

bool handshake_was_refused(const struct handshake *handshake,
			   enum outcome outcome)
{
	static const int refusals[] = {40, 41, 42, 43, 46, 48, 49, 116};

	if (!handshake->was_requested)
		return false;
	if (outcome == OUTCOME_CLOSED || outcome == OUTCOME_RESET)
		return true;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (outcome == OUTCOME_ALERT && handshake->alert == refusals[i])
			return true;
	}
	return false;
}

/* What SSL_get_error() said, as check->error and is_closed. */
static void keep_error(struct check *check, struct handshake *handshake,
		       int result, int system_error)
{
	switch (SSL_get_error(handshake->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		check->error = EAGAIN;
		break;
	case SSL_ERROR_ZERO_RETURN:
		handshake->is_closed = true;
		check->error = 0;
		break;
	case SSL_ERROR_SYSCALL:
		check->error = system_error;
		handshake->is_closed = system_error == 0;
		break;
	default:
		check->error = EPROTO;
	}
}

enum outcome handshake_lost(struct check *check, struct handshake *handshake,
			    const char **detail)
{
	struct arena *arena = check->settings->arena;
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	if (handshake->alert != NO_ALERT) {
		note_alert(check, handshake);
		*detail =
			arena_format(arena, "TLS alert %d %s", handshake->alert,
				     tls_alert_name((uint8_t)handshake->alert));
		return OUTCOME_ALERT;
	}
	if (handshake->is_closed) {
		*detail = "the peer closed the connection";
		return OUTCOME_CLOSED;
	}
	if (check->error == EPROTO) {
		*detail = arena_format(arena, "TLS went wrong: %s",
				       reason ? reason : "broken record");
		return OUTCOME_GARBLED;
	}
	return socket_outcome(check, detail);
}

static enum want finish_lost(struct check *check, struct handshake *handshake)
{
	const char *detail;
	enum outcome outcome;

	note_tls(check, handshake);
	outcome = handshake_lost(check, handshake, &detail);
	if (handshake_was_refused(handshake, outcome) &&
	    !handshake_shows_identity(check)) {
		observe_flag(check, "tls.client_certificate_refused", true);
		return check_finish(check, OUTCOME_ANSWERED,
				    "asked for a client certificate and went "
				    "no further without one: %s",
				    detail);
	}
	observe_peer(check, handshake->peer, handshake->peer_length);
	return check_finish(check, outcome, "%s", detail);
}

static enum want finish_endless(struct check *check,
				struct handshake *handshake)
{
	note_tls(check, handshake);
	observe_peer(check, handshake->peer, handshake->peer_length);
	return check_finish(check, OUTCOME_GARBLED,
			    "TLS went wrong: the handshake does not end");
}

static enum want establish(struct check *check, struct handshake *handshake)
{
	handshake->stage = STAGE_ESTABLISHED;
	observe_spoke(check);
	return WANT_NOTHING;
}

/* In TLS 1.3 a server's refusal comes when we believe to be through. */
static enum want end_handshake(struct check *check, struct handshake *handshake)
{
	note_tls(check, handshake);
	if (!handshake->was_requested || !handshake->ask)
		return establish(check, handshake);
	handshake->has_ticket = false; /* TLS 1.2 sends it earlier */
	handshake->stage = STAGE_CLIENT_CERTIFICATE;
	check_phase(check, "client-certificate");
	handshake->asked_us = check->phase_us;
	handshake->ask(check);
	check->retry_us =
		check->phase_us + REFUSAL_WAIT_US + 2 * handshake->rtt_us;
	return WANT_ANSWER;
}

static enum want shake(struct check *check, struct handshake *handshake)
{
	int result, system_error;
	bool foreign = false;

	if (!handshake->peer_length && !peek(check, &foreign))
		return finish_lost(check, handshake);
	if (foreign)
		return begin_foreign(check, handshake);
	begin_call(handshake);
	result = SSL_connect(handshake->ssl);
	system_error = errno;
	if (result == 1)
		return end_handshake(check, handshake);
	keep_error(check, handshake, result, system_error);
	/* what came after the look at it, perhaps too little to fail on */
	if (handshake->peer_length && !is_tls(handshake->peer[0]))
		return begin_foreign(check, handshake);
	if (check->error == EAGAIN && handshake->received > BYTES_MAX)
		return finish_endless(check, handshake);
	if (check->error == EAGAIN)
		return SSL_want_write(handshake->ssl) ? WANT_WRITE : WANT_READ;
	return finish_lost(check, handshake);
}

static enum want await_refusal(struct check *check, struct handshake *handshake)
{
	ssize_t size = handshake_read(check, handshake, handshake->early,
				      sizeof(handshake->early));

	if (size > 0)
		handshake->early_length = (size_t)size;
	if (size > 0 || handshake->has_ticket)
		return establish(check, handshake);
	if (size < 0 && check->error == EAGAIN)
		return WANT_ANSWER;
	return finish_lost(check, handshake);
}

static enum want begin_tls(struct check *check, struct handshake *handshake)
{
	handshake->stage = STAGE_HANDSHAKE;
	check_phase(check, "handshake");
	if (!start_tls(check, handshake))
		return check_finish(check, OUTCOME_LOCAL,
				    "OpenSSL cannot begin");
	return shake(check, handshake);
}

static enum want connected(struct check *check, struct handshake *handshake)
{
	if (!dial_done(check))
		return socket_failed(check);
	handshake->rtt_us = clock_now_us() - check->phase_us;
	return begin_tls(check, handshake);
}

enum want handshake_over(struct check *check, struct handshake *handshake,
			 int64_t rtt_us)
{
	*handshake = (struct handshake){
		.ask = handshake->ask, .alert = NO_ALERT, .rtt_us = rtt_us};
	return begin_tls(check, handshake);
}

static enum want too_late(struct check *check, struct handshake *handshake)
{
	switch (handshake->stage) {
	case STAGE_CONNECT:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply to TCP in %.1f s",
				    check_phase_s(check));
	case STAGE_FOREIGN:
		return finish_foreign(check, handshake);
	case STAGE_CLIENT_CERTIFICATE:
		return establish(check, handshake);
	default:
		note_tls(check, handshake);
		observe_peer(check, handshake->peer, handshake->peer_length);
		return check_finish(check, OUTCOME_NO_REPLY,
				    handshake->peer_length
					    ? "TLS handshake not finished in "
					      "%.1f s"
					    : "TCP is open, but no reply to "
					      "ClientHello in %.1f s",
				    check_phase_s(check));
	}
}

enum want handshake_step(struct check *check, struct handshake *handshake,
			 enum cue cue)
{
	if (cue == CUE_DEADLINE)
		return too_late(check, handshake);
	switch (handshake->stage) {
	case STAGE_CONNECT:
		return connected(check, handshake);
	case STAGE_HANDSHAKE:
		return shake(check, handshake);
	case STAGE_FOREIGN:
		return cue == CUE_RETRY ? finish_foreign(check, handshake)
					: read_foreign(check, handshake);
	case STAGE_CLIENT_CERTIFICATE:
		return cue == CUE_RETRY ? establish(check, handshake)
					: await_refusal(check, handshake);
	default:
		return WANT_NOTHING;
	}
}

ssize_t handshake_read(struct check *check, struct handshake *handshake,
		       void *buffer, size_t capacity)
{
	size_t early = handshake->early_length;
	int size, system_error;

	if (early && early <= capacity && buffer != handshake->early) {
		memcpy(buffer, handshake->early, early);
		handshake->early_length = 0;
		return (ssize_t)early;
	}
	begin_call(handshake);
	size = SSL_read(handshake->ssl, buffer, (int)capacity);
	system_error = errno;
	if (size > 0)
		return size;
	keep_error(check, handshake, size, system_error);
	return handshake->is_closed ? 0 : -1;
}

ssize_t handshake_write(struct check *check, struct handshake *handshake,
			const void *data, size_t length)
{
	int size, system_error;

	begin_call(handshake);
	size = SSL_write(handshake->ssl, data, (int)length);
	system_error = errno;
	acknowledge_at_once(check->socket);
	if (size > 0)
		return size;
	keep_error(check, handshake, size, system_error);
	return -1;
}

void handshake_end(struct handshake *handshake)
{
	if (handshake->stage == STAGE_ESTABLISHED && !handshake->is_closed)
		SSL_shutdown(handshake->ssl);
	SSL_free(handshake->ssl);
	handshake->ssl = NULL;
	ERR_clear_error();
}
