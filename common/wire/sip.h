/*
 * sip.h - SIP messages over a byte stream: reading. No I/O.
 *
 * Specification: RFC 3261 7, 18.3, 25.1; header use [MS-SIPRE], [MS-SIPAE].
 * Ownership: a decoded message points into the caller's buffer or, where a
 * folded line was joined, into the arena.
 */
#ifndef COMMON_WIRE_SIP_H
#define COMMON_WIRE_SIP_H

#include "common/base/arena.h"
#include "common/wire/sip_value.h"

#include <stdbool.h>
#include <stddef.h>

#define SIP_HEADER_BYTES_MAX (64 * 1024) /* the header block */
#define SIP_BODY_BYTES_MAX   (1024 * 1024)
#define SIP_HEADERS_MAX	     256

struct sip_header {
	struct sip_text name;  /* as sent; compare with sip_header_is() */
	struct sip_text value; /* trimmed, folded lines joined by a blank */
};

struct sip_message {
	bool is_request;
	unsigned status;	/* responses */
	struct sip_text reason; /* responses */
	struct sip_text method; /* requests */
	struct sip_text uri;	/* requests */
	struct sip_header *headers;
	size_t header_count;
	bool has_content_length;
	struct sip_text body;
};

enum sip_progress {
	SIP_MORE,   /* not whole yet */
	SIP_WHOLE,  /* *used bytes are one message */
	SIP_BROKEN, /* *why says why it never will be SIP */
};

/*
 * Looks for one message at the front of a stream. Leading CR and LF are
 * skipped (keep-alive, RFC 3261 7.5) and count in *used, which is all that
 * it counts while more is needed. A message without Content-Length has no
 * body. Takes nothing from the arena until the message is whole, so it may
 * be called again for each piece that comes.
 */
enum sip_progress sip_decode(struct arena *arena, struct sip_message *message,
			     const char *data, size_t available, size_t *used,
			     const char **why);

/* Whether a header is the one named, also in compact form. */
bool sip_header_is(const struct sip_header *header, const char *name);

/* The first header after *previous (NULL: from the start), or NULL. */
const struct sip_header *sip_header(const struct sip_message *message,
				    const char *name,
				    const struct sip_header *previous);

#endif
