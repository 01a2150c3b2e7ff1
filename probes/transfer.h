/*
 * transfer.h - one HTTP exchange on libcurl in the engine's loop. Never
 * blocks.
 *
 * One request, one answer: redirects are noted and not followed, so that the
 * caller sees each hop. The host is asked of our resolver or pinned, never
 * looked up by libcurl; a --connect override leads past DNS. No proxy of the
 * environment, no cookies, no netrc, no connection used twice but by those
 * who ask for it. Certificates are kept and never enforced: hand the chain to
 * certificate_observe().
 * Specification: edge-services.md sections 10.3 and 12.4.
 * Units: microseconds, bytes.
 * Ownership: a transfer lives in the arena of transfers_new(); its body,
 * headers and chain end with transfer_drop().
 */
#ifndef PROBES_TRANSFER_H
#define PROBES_TRANSFER_H

#include "common/base/arena.h"
#include "common/model/deployment.h"
#include "common/model/observation.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSFER_HEAD_BYTES_MAX (64 * 1024) /* of all headers together */
#define TRANSFER_ADDRESSES_MAX	8	    /* of one host that are tried */
#define TRANSFER_HANDSHAKE_MAX	256	    /* messages of TLS */
#define TRANSFER_CONNECT_US	INT64_C(5000000)
#define TRANSFER_TIMEOUT_US	INT64_C(15000000)
#define TRANSFER_BODY_BYTES_MAX (1024 * 1024) /* unless asked otherwise */

struct event_base;
struct resolver;
struct transfers;
struct transfer;

/* What all transfers of a run share; what it points to outlives them. */
struct transfer_settings {
	struct event_base *base;
	int favour; /* priority of a conversation's first turns */
	struct arena *arena;
	struct resolver *resolver;
	const struct connect_override *overrides;
	size_t override_count;
	int families; /* 0 both, else AF_INET or AF_INET6 alone */
};

/* Zero means the default; what it points to outlives the transfer. */
struct transfer_request {
	const char *url;
	const char *protocols; /* "http", "https", "http,https" (default) */
	const char *method;    /* GET; POST with a body; HEAD reads none */
	const void *body;
	size_t body_length;
	const char *const *headers; /* "Accept: application/json" */
	size_t header_count;
	struct address address; /* family 0: asked of DNS */
	uint16_t port;		/* with address; 0: that of the URL */
	int64_t timeout_us;	/* for all of it, DNS included */
	int64_t connect_us;	/* for TCP and TLS */
	size_t body_max;	/* as decoded; more is cut off */
	bool accepts_gzip;	/* ask for gzip and deflate, and undo them */

	/*
	 * Several questions to one server in a row: whether to leave the
	 * connection open behind the answer, and the transfer, done with and
	 * perhaps dropped, whose connection to go on with where it stands.
	 * What that one showed of TLS is not shown again.
	 */
	bool keeps;
	const struct transfer *after;

	/*
	 * Takes the body as it comes (decoded, without what redirects and
	 * errors say) instead of its being kept. False: enough, end. It may
	 * look at bytes, but neither call a transfer nor step a probe.
	 */
	bool (*take)(void *context, const void *data, size_t length);
	void *take_context;
};

struct transfer_answer {
	enum outcome outcome; /* answered: whatever the status is */
	const char *phase;    /* "resolve", "connect", "handshake", "answer" */
	const char *detail;   /* one clause; "" when all went well */

	struct endpoint endpoint; /* who was asked; family 0: never known */
	struct address source;	  /* our side; family 0: unknown */
	bool is_unknown_host;	  /* DNS knows no address of that name */

	unsigned status;	  /* of HTTP; 0: none came */
	const char *content_type; /* "" when not said */
	const char *location;	  /* absolute URL of a redirect; or NULL */
	const uint8_t *body;	  /* never NULL; a NUL stands behind it */
	size_t length;		  /* of body, or given to take() */
	bool is_cut;		  /* the body is longer than body_max */

	STACK_OF(X509) * chain; /* as sent, leaf first; NULL: no TLS */
	const char *tls_version, *tls_cipher; /* "" before the handshake */
	int alert;			      /* the last received; or -1 */

	int64_t resolve_us, connect_us, handshake_us; /* each step's own */
	int64_t first_byte_us, total_us;	      /* since the beginning */
};

/* NULL with *why when libcurl cannot be used. */
struct transfers *transfers_new(const struct transfer_settings *settings,
				const char **why);
/* All must have been dropped. Accepts NULL. */
void transfers_free(struct transfers *transfers);

/*
 * Begins a transfer. done(context) is called once, perhaps before this
 * returns, unless the transfer is dropped before. What is wrong with the URL
 * is an answer too: garbled, in phase "resolve".
 */
struct transfer *transfer_begin(struct transfers *transfers,
				const struct transfer_request *request,
				void (*done)(void *context), void *context);

/* Meaningful once done() was called. */
const struct transfer_answer *transfer_answer(const struct transfer *transfer);

/*
 * The value of the index-th header of that name (any case) in the answer, or
 * NULL; from the arena.
 */
const char *transfer_header(const struct transfer *transfer, const char *name,
			    size_t index);

/* Ends it and releases what it holds; needed after done() too. */
void transfer_drop(struct transfer *transfer); /* accepts NULL */

#endif
