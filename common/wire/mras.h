/*
 * mras.h - what the A/V Authentication service (MRAS) is asked, and what it
 * answers. No I/O.
 *
 * Specification: msturn.md section 10 ([MS-AVEDGEA]).
 *
 * An answer is XML that expat reads; names are compared without their
 * namespace. A document type declaration is refused, and with it every
 * entity; depth, size and numbers are bounded. What expat kept of an answer
 * is overwritten when it is freed, for there are secrets in it.
 * Ownership: relays live in the arena that was given; secrets do not, they
 * stand in struct mras_answer alone until mras_forget().
 */
#ifndef COMMON_WIRE_MRAS_H
#define COMMON_WIRE_MRAS_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MRAS_NAMESPACE	  "http://schemas.microsoft.com/2006/09/sip/mrasp"
#define MRAS_CONTENT_TYPE "application/msrtc-media-relay-auth+xml"

#define MRAS_BYTES_MAX	(256 * 1024) /* of an answer */
#define MRAS_DEPTH_MAX	16	     /* of elements within elements */
#define MRAS_PART_MAX	256	     /* bytes of username or password */
#define MRAS_TEXT_MAX	512	     /* characters of an element's text */
#define MRAS_GRANTS_MAX 16	     /* credentialsResponse elements */
#define MRAS_RELAYS_MAX 64	     /* mediaRelay elements, in all */
#define MRAS_URI_MAX	512

enum mras_reason {
	MRAS_OK,
	MRAS_REQUEST_MALFORMED,
	MRAS_REQUEST_TOO_LARGE,
	MRAS_NOT_SUPPORTED,
	MRAS_SERVER_BUSY,
	MRAS_TIME_OUT,
	MRAS_FORBIDDEN,
	MRAS_INTERNAL_SERVER_ERROR,
	MRAS_OTHER_FAILURE,
	MRAS_VERSION_MISMATCH,
	MRAS_UNKNOWN_REASON, /* another phrase, or none */
};

/* The phrase as the service writes it: "Server Busy". */
const char *mras_reason_phrase(enum mras_reason reason);

/* What is asked for. */
struct mras_request {
	const char *request_id;	    /* at most 64 characters, echoed */
	const char *to;		    /* the MRAS URI */
	const char *from;	    /* who asks, and for whom: a SIP URI */
	const char *location;	    /* "internet", "intranet"; NULL: either */
	unsigned minutes;	    /* how long; 0: as the service likes */
	unsigned version;	    /* 1 or 2: of the token */
	const char *credentials_id; /* NULL: "1"; echoed too */
};

/*
 * The length, without the NUL behind it; 0 where it does not fit, or where a
 * URI is too long or has control characters.
 */
size_t mras_write_request(const struct mras_request *request, char *text,
			  size_t capacity);

/*
 * Reads one, as the service does; of several credentialsRequest the last
 * counts. Its text lives in the arena.
 */
bool mras_read_request(struct arena *arena, struct mras_request *request,
		       const void *body, size_t length, const char **why);

struct mras_relay {
	struct mras_relay *next;
	const char *location; /* "internet"; "" where it is not said */
	const char *host;     /* a name or an address; "" likewise */
	uint16_t udp, tcp;    /* ports; 0 likewise */
};

/* Of one credentialsResponse. */
struct mras_grant {
	uint8_t username[MRAS_PART_MAX];
	size_t username_length;
	uint8_t password[MRAS_PART_MAX];
	size_t password_length;
	unsigned minutes; /* 0 where it is not said */
	struct mras_relay *relays;
};

struct mras_answer {
	enum mras_reason reason;
	struct mras_grant grants[MRAS_GRANTS_MAX]; /* of MRAS_OK alone */
	size_t grant_count;
};

/*
 * Reads a whole answer. False, *why naming the element and nothing that
 * stands in it, where it is none, or where it says OK and has no credentials.
 */
bool mras_decode(struct arena *arena, struct mras_answer *answer,
		 const void *body, size_t length, const char **why);

/*
 * As the service writes it to one who asked so; the length as that of
 * mras_write_request(). The text holds secrets.
 */
size_t mras_write_answer(const struct mras_request *request,
			 const struct mras_answer *answer, char *text,
			 size_t capacity);

/* Overwrites what is secret. */
void mras_forget(struct mras_answer *answer);

#endif
