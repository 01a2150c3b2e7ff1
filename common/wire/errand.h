/*
 * errand.h - what edgecheck --toward has edgecheck --listen do, over their
 * control channel, and what comes of it. No I/O.
 *
 * Our own format, inside TLS: kind(1) zero(1) length(2) body. In order:
 * hello, welcome; then once for each batch of trials prepare, prepared,
 * start, finish, results; and bye.
 */
#ifndef COMMON_WIRE_ERRAND_H
#define COMMON_WIRE_ERRAND_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ERRAND_VERSION	    1
#define ERRAND_HEADER_BYTES 4
#define ERRAND_BYTES_MAX    4096
#define ERRAND_TRIALS_MAX   64 /* of one batch */

enum errand_kind {
	ERRAND_HELLO = 1,
	ERRAND_WELCOME,
	ERRAND_PREPARE,	 /* open these ports, or be ready to send */
	ERRAND_PREPARED, /* what came of it */
	ERRAND_START,	 /* send */
	ERRAND_FINISH,	 /* close all, and tell */
	ERRAND_RESULTS,
	ERRAND_BYE,
};

/* How a trial stands at one end. Numbers are on the wire. */
enum errand_status {
	ERRAND_WAITING,	 /* nothing came of it so far */
	ERRAND_ARRIVED,	 /* here: the packet came */
	ERRAND_ANSWERED, /* the other end has it, and said so */
	ERRAND_REFUSED,
	ERRAND_UNREACHABLE,
	ERRAND_RESET,
	ERRAND_CLOSED,
	ERRAND_GARBLED, /* somebody else answers there */
	/* our own trouble from here on */
	ERRAND_IN_USE,
	ERRAND_NO_ADDRESS,
	ERRAND_NOT_PERMITTED,
	ERRAND_NOT_ALLOWED, /* --allow does not hold whom to send to */
	ERRAND_FAILED,
	ERRAND_STATUS_COUNT
};

bool errand_is_own_trouble(enum errand_status status);

/* family 0: that which the control channel has at that end; port 0: any. */
struct errand_place {
	struct address address;
	uint16_t port;
};

/* A trial, as one end has to play it. */
struct errand_trial {
	uint32_t number;
	bool sends; /* else it opens a port, and waits */
	bool is_udp;
	struct errand_place at; /* to bind */
	struct errand_place to; /* to send to */
};

struct errand_result {
	uint32_t number;
	enum errand_status status;
	uint16_t arrived;	   /* packets with the key */
	struct errand_place bound; /* where it stood */
	struct errand_place seen;  /* whom the other end says it is; of the
				    * waiting end: whom the first came from */
};

struct errand {
	enum errand_kind kind;
	uint16_t version;	   /* hello */
	struct errand_place yours; /* welcome: how the sender sees the other */
	struct errand_place mine;  /* welcome: what that came to */
	uint32_t seconds;	   /* welcome: until the key expires */
	size_t count;		   /* of what follows */
	struct errand_trial trials[ERRAND_TRIALS_MAX];	 /* prepare */
	struct errand_result results[ERRAND_TRIALS_MAX]; /* prepared, results */
};

/* The bytes written into buffer. */
size_t errand_encode(const struct errand *errand,
		     uint8_t buffer[ERRAND_BYTES_MAX]);

/*
 * How many bytes the message takes that begins there: 0 until the header is
 * whole, more than ERRAND_BYTES_MAX where it is none.
 */
size_t errand_length(const void *data, size_t length);

/* Reads one whole message; false where it is not well formed. */
bool errand_decode(struct errand *errand, const void *data, size_t length);

#endif
