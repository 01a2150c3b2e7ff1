#include "probes/channel.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY "edgecheck/1"
#define LABEL	 "EXPERIMENTAL edgecheck trial"

/* TLS_AES_128_GCM_SHA256: with SHA-256 a PSK goes (RFC 8446 4.2.11). */
static const uint8_t suite[2] = {0x13, 0x01};

struct channel {
	struct event_base *base;
	SSL_CTX *tls;
	struct event *connecting;   /* NULL: it is connected */
	int error;		    /* why it cannot, at once */
	struct bufferevent *stream; /* NULL: it is not */
	struct channel_events events;
	bool is_server, is_open, has_ended;
};

/*
 * The key as TLS has it: a session that both ends have from elsewhere
 */

static SSL_SESSION *make_session(SSL *ssl)
{
	const struct channel_key *key =
		SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
	SSL_SESSION *session = SSL_SESSION_new();
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);

	if (session && cipher &&
	    SSL_SESSION_set1_master_key(session, key->bytes,
					sizeof(key->bytes)) &&
	    SSL_SESSION_set_cipher(session, cipher) &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

static int offer_key(SSL *ssl, const EVP_MD *digest,
		     const unsigned char **identity, size_t *length,
		     SSL_SESSION **session)
{
	*session = NULL;
	if (digest && !EVP_MD_is_a(digest, "SHA256"))
		return 1; /* no key for that: the handshake fails */
	*identity = (const unsigned char *)IDENTITY;
	*length = strlen(IDENTITY);
	*session = make_session(ssl);
	return *session != NULL;
}

static int find_key(SSL *ssl, const unsigned char *identity, size_t length,
		    SSL_SESSION **session)
{
	*session = NULL;
	if (length != strlen(IDENTITY) ||
	    memcmp(identity, IDENTITY, length) != 0)
		return 1; /* unknown: a handshake without, which has no end */
	*session = make_session(ssl);
	return *session != NULL;
}

/* Without the key neither end has anything to show, and none is taken. */
static SSL_CTX *make_context(bool is_server, const struct channel_key *key)
{
	SSL_CTX *tls = SSL_CTX_new(is_server ? TLS_server_method()
					     : TLS_client_method());

	if (!tls)
		return NULL;
	SSL_CTX_set_ex_data(tls, 0, (void *)(uintptr_t)key);
	SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
	SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256");
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(tls, 0);
	SSL_CTX_set_max_early_data(tls, 0);
	if (is_server) {
		SSL_CTX_set_psk_find_session_callback(tls, find_key);
	} else {
		SSL_CTX_set_psk_use_session_callback(tls, offer_key);
		SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	}
	return tls;
}

/*
 * What comes
 */

static void end(struct channel *channel, const char *why)
{
	if (channel->has_ended)
		return;
	channel->has_ended = true;
	channel->is_open = false;
	if (channel->stream)
		bufferevent_disable(channel->stream, EV_READ | EV_WRITE);
	channel->events.ended(channel->events.context, channel, why);
}

/* False when there is no whole message yet, or no more at all. */
static bool hear_one(struct channel *channel)
{
	struct evbuffer *input = bufferevent_get_input(channel->stream);
	size_t have = evbuffer_get_length(input), length;
	uint8_t data[BIDDING_BYTES_MAX];
	struct bidding bidding;

	evbuffer_copyout(input, data, BIDDING_HEADER_BYTES);
	length = bidding_length(data, have < BIDDING_HEADER_BYTES
					      ? have
					      : BIDDING_HEADER_BYTES);
	if (length > sizeof(data)) {
		end(channel, "the other end speaks another language");
		return false;
	}
	if (!length || have < length)
		return false;
	evbuffer_remove(input, data, length);
	if (!bidding_decode(&bidding, data, length)) {
		end(channel, "the other end speaks another language");
		return false;
	}
	channel->events.heard(channel->events.context, channel, &bidding);
	return true;
}

/*
 * What is heard may end the channel, or the whole session that it is part of:
 * frees wait until the loop has come round (BEV_OPT_DEFER_CALLBACKS).
 */
static void on_read(struct bufferevent *stream, void *context)
{
	struct channel *channel = context;

	(void)stream;
	while (!channel->has_ended && hear_one(channel))
		;
}

static const char *tls_trouble(struct channel *channel)
{
	unsigned long error = bufferevent_get_openssl_error(channel->stream);
	const char *reason = error ? ERR_reason_error_string(error) : NULL;

	/* TLS keeps to itself what a wrong key is called (RFC 8446 6.2) */
	if (!channel->is_server && ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET)
		return "it does not take the key";
	return reason ? reason : "it hung up";
}

static const char *why_ended(struct channel *channel, short what)
{
	if (what & BEV_EVENT_TIMEOUT)
		return channel->is_open ? "the other end keeps silent"
					: "no answer";
	return channel->is_open ? "the other end hung up"
				: tls_trouble(channel);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct channel *channel = context;

	if (channel->has_ended)
		return;
	if (!(what & BEV_EVENT_CONNECTED)) {
		end(channel, why_ended(channel, what));
		return;
	}
	/* the key was taken, and no certificate stands in for it */
	if (!SSL_session_reused(bufferevent_openssl_get_ssl(stream))) {
		end(channel, "the other end has not shown the key");
		return;
	}
	channel->is_open = true;
	channel->events.opened(channel->events.context, channel);
}

/*
 * How it begins and ends
 */

static struct timeval time_of(int64_t us)
{
	return (struct timeval){
		.tv_sec = (time_t)(us / CLOCK_SECOND_US),
		.tv_usec = (suseconds_t)(us % CLOCK_SECOND_US),
	};
}

static struct channel *channel_new(struct event_base *base, bool is_server,
				   const struct channel_key *key,
				   const struct channel_events *events)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->base = base;
	channel->events = *events;
	channel->is_server = is_server;
	channel->tls = make_context(is_server, key);
	if (channel->tls)
		return channel;
	free(channel);
	return NULL;
}

/* Begins to speak TLS; false leaves the descriptor alone. */
static bool begin(struct channel *channel, int descriptor)
{
	SSL *ssl = SSL_new(channel->tls);

	if (ssl)
		channel->stream = bufferevent_openssl_socket_new(
			channel->base, descriptor, ssl,
			channel->is_server ? BUFFEREVENT_SSL_ACCEPTING
					   : BUFFEREVENT_SSL_CONNECTING,
			BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!channel->stream) {
		SSL_free(ssl);
		return false;
	}
	bufferevent_openssl_set_allow_dirty_shutdown(channel->stream, 1);
	bufferevent_setwatermark(channel->stream, EV_READ, 0,
				 2 * BIDDING_BYTES_MAX);
	bufferevent_setcb(channel->stream, on_read, NULL, on_event, channel);
	channel_wait(channel, channel->events.patience_us);
	bufferevent_enable(channel->stream, EV_READ | EV_WRITE);
	return true;
}

/* Its TCP connection has come about, or not. */
static void on_connected(evutil_socket_t descriptor, short what, void *context)
{
	struct channel *channel = context;
	int error = channel->error;
	socklen_t size = sizeof(error);

	if (!error && !(what & EV_TIMEOUT))
		getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
	if (what & EV_TIMEOUT && !error) {
		end(channel, "no answer");
		return;
	}
	if (error) {
		end(channel, strerror(error));
		return;
	}
	event_free(channel->connecting);
	channel->connecting = NULL;
	if (!begin(channel, descriptor))
		die("out of memory");
}

/* What goes wrong at once comes as an event, too. */
static bool connect_to(struct channel *channel, const struct endpoint *to)
{
	const struct timeval patience = time_of(channel->events.patience_us);
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(to, &name);
	int descriptor = socket(to->address.family,
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return false;
	channel->connecting = event_new(channel->base, descriptor, EV_WRITE,
					on_connected, channel);
	if (!channel->connecting) {
		close(descriptor);
		return false;
	}
	if (connect(descriptor, (struct sockaddr *)&name, size) < 0 &&
	    errno != EINPROGRESS)
		channel->error = errno;
	event_add(channel->connecting, &patience);
	if (channel->error)
		event_active(channel->connecting, EV_WRITE, 0);
	return true;
}

struct channel *channel_dial(struct event_base *base,
			     const struct channel_key *key,
			     const struct endpoint *to,
			     const struct channel_events *events)
{
	struct channel *channel = channel_new(base, false, key, events);

	if (channel && !connect_to(channel, to)) {
		channel_free(channel);
		return NULL;
	}
	return channel;
}

struct channel *channel_take(struct event_base *base,
			     const struct channel_key *key, int descriptor,
			     const struct channel_events *events)
{
	struct channel *channel = channel_new(base, true, key, events);

	if (channel && begin(channel, descriptor))
		return channel;
	channel_free(channel);
	close(descriptor);
	return NULL;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	channel->has_ended = true;
	if (channel->connecting) {
		close(event_get_fd(channel->connecting));
		event_free(channel->connecting);
	}
	/* the last words: as far as they go at once */
	if (channel->is_open)
		SSL_shutdown(bufferevent_openssl_get_ssl(channel->stream));
	if (channel->stream)
		bufferevent_free(channel->stream);
	SSL_CTX_free(channel->tls);
	free(channel);
}

void channel_wait(struct channel *channel, int64_t patience_us)
{
	const struct timeval patience = time_of(patience_us);

	bufferevent_set_timeouts(channel->stream, &patience, &patience);
}

bool channel_is_open(const struct channel *channel)
{
	return channel && channel->is_open;
}

void channel_say(struct channel *channel, const struct bidding *bidding)
{
	uint8_t data[BIDDING_BYTES_MAX];
	size_t length = bidding_encode(bidding, data);

	if (channel->is_open &&
	    bufferevent_write(channel->stream, data, length) < 0)
		die("out of memory");
}

bool channel_export(const struct channel *channel, uint8_t key[TRIAL_KEY_BYTES])
{
	return channel->is_open &&
	       SSL_export_keying_material(
		       bufferevent_openssl_get_ssl(channel->stream), key,
		       TRIAL_KEY_BYTES, LABEL, strlen(LABEL), NULL, 0, 0) == 1;
}

bool channel_ends(const struct channel *channel, struct endpoint *here,
		  struct endpoint *there)
{
	int descriptor = bufferevent_getfd(channel->stream);
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	*here = *there = (struct endpoint){.transport = TRANSPORT_TCP};
	if (getsockname(descriptor, (struct sockaddr *)&name, &size) < 0 ||
	    !endpoint_from_sockaddr(here, (struct sockaddr *)&name))
		return false;
	size = sizeof(name);
	return getpeername(descriptor, (struct sockaddr *)&name, &size) == 0 &&
	       endpoint_from_sockaddr(there, (struct sockaddr *)&name);
}
