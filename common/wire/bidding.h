/*
 * bidding.h - what edgecheck --toward has edgecheck --listen do, over their
 * control channel, and what comes of it. No I/O.
 *
 * Our own format, inside TLS: kind(1) zero(1) length(2) body. In order:
 * hello, welcome; then once for each batch of trials prepare, prepared,
 * start, finish, results; and bye.
 */
#ifndef COMMON_WIRE_BIDDING_H
#define COMMON_WIRE_BIDDING_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIDDING_VERSION	     1
#define BIDDING_HEADER_BYTES 4
#define BIDDING_BYTES_MAX    4096
#define BIDDING_TRIALS_MAX   64 /* of one batch */

enum bidding_kind {
	BIDDING_HELLO = 1,
	BIDDING_WELCOME,
	BIDDING_PREPARE,  /* open these ports, or be ready to send */
	BIDDING_PREPARED, /* what came of it */
	BIDDING_START,	  /* send */
	BIDDING_FINISH,	  /* close all, and tell */
	BIDDING_RESULTS,
	BIDDING_BYE,
};

/* How a trial stands at one end. Numbers are on the wire. */
enum bidding_status {
	BIDDING_WAITING,  /* nothing came of it so far */
	BIDDING_ARRIVED,  /* here: the packet came */
	BIDDING_ANSWERED, /* the other end has it, and said so */
	BIDDING_REFUSED,
	BIDDING_UNREACHABLE,
	BIDDING_RESET,
	BIDDING_CLOSED,
	BIDDING_GARBLED, /* somebody else answers there */
	/* our own trouble from here on */
	BIDDING_IN_USE,
	BIDDING_NO_ADDRESS,
	BIDDING_NOT_PERMITTED,
	BIDDING_NOT_ALLOWED, /* --allow does not hold whom to send to */
	BIDDING_FAILED,
	BIDDING_STATUS_COUNT
};

bool bidding_is_own_trouble(enum bidding_status status);

/* family 0: that which the control channel has at that end; port 0: any. */
struct bidding_place {
	struct address address;
	uint16_t port;
};

/* A trial, as one end has to play it. */
struct bidding_trial {
	uint32_t number;
	bool sends; /* else it opens a port, and waits */
	bool is_udp;
	struct bidding_place at;	/* to bind */
	struct bidding_place to;	/* to send to */
	uint16_t shun_first, shun_last; /* a port of one's own choice is none
					 * of these; both 0: any goes */
};

struct bidding_result {
	uint32_t number;
	enum bidding_status status;
	uint16_t arrived;	    /* packets with the key */
	struct bidding_place bound; /* where it stood */
	struct bidding_place seen;  /* whom the other end says it is; of the
				     * waiting end: whom the first came from */
};

struct bidding {
	enum bidding_kind kind;
	uint16_t version;	    /* hello */
	struct bidding_place yours; /* welcome: how the sender sees the other */
	struct bidding_place mine;  /* welcome: what that came to */
	uint32_t seconds;	    /* welcome: until the key expires */
	size_t count;		    /* of what follows */
	struct bidding_trial trials[BIDDING_TRIALS_MAX]; /* prepare */
	struct bidding_result
		results[BIDDING_TRIALS_MAX]; /* prepared, results */
};

/* The bytes written into buffer. */
size_t bidding_encode(const struct bidding *bidding,
		      uint8_t buffer[BIDDING_BYTES_MAX]);

/*
 * How many bytes the message takes that begins there: 0 until the header is
 * whole, more than BIDDING_BYTES_MAX where it is none.
 */
size_t bidding_length(const void *data, size_t length);

/* Reads one whole message; false where it is not well formed. */
bool bidding_decode(struct bidding *bidding, const void *data, size_t length);

#endif
