/*
 * xmpp.h - the beginning of an XMPP stream between servers. No I/O.
 *
 * Specification: RFC 6120 4, 5, 6, 11; XEP-0220; edge-services.md 8.3.
 *
 * A tokenizer, no XML parser: only tags, their attributes and what stands
 * where matter. What XMPP forbids (DTD, comments, processing instructions) is
 * refused at once, so that nothing can be expanded; entities stay as they are.
 * A reader has a fixed size, takes at most XMPP_BYTES_MAX, and what is broken
 * stays broken.
 */
#ifndef COMMON_WIRE_XMPP_H
#define COMMON_WIRE_XMPP_H

#include <stdbool.h>
#include <stddef.h>

#define XMPP_BYTES_MAX	    (64 * 1024) /* of one stream */
#define XMPP_TAG_MAX	    4096	/* one tag with its attributes */
#define XMPP_NAME_MAX	    64		/* an element's name */
#define XMPP_DEPTH_MAX	    16
#define XMPP_PREFIXES_MAX   32
#define XMPP_MECHANISMS_MAX 16
#define XMPP_WORD_MAX	    32	/* a mechanism's name, a version */
#define XMPP_TEXT_MAX	    256 /* a domain, a sentence */

/* What has become whole. */
enum xmpp_event {
	XMPP_MORE,     /* nothing yet: feed more */
	XMPP_HEADER,   /* the stream begins */
	XMPP_FEATURES, /* what the server offers */
	XMPP_STARTTLS, /* a client asks for TLS */
	XMPP_PROCEED,  /* a server agrees */
	XMPP_FAILURE,  /* a server cannot */
	XMPP_ERROR,    /* the stream fails: error says why */
	XMPP_END,      /* the stream was closed */
	XMPP_OTHER,    /* anything else at the top */
	XMPP_BROKEN,   /* why says why it never will be XMPP */
};

/* Namespaces that mean something here. */
enum xmpp_space {
	SPACE_OTHER,
	SPACE_STREAMS,
	SPACE_SERVER,
	SPACE_DIALBACK,
	SPACE_TLS,
	SPACE_SASL,
	SPACE_ERRORS,
	SPACE_DIALBACK_FEATURE,
	SPACE_COUNT
};

struct xmpp_prefix {
	char name[XMPP_WORD_MAX]; /* "" for the namespace without prefix */
	enum xmpp_space space;
	unsigned depth; /* of the element that declares it */
};

struct xmpp_reader {
	/* from the header; longer texts are cut */
	char from[XMPP_TEXT_MAX], to[XMPP_TEXT_MAX];
	char version[XMPP_WORD_MAX]; /* "": before 1.0, no features follow */
	size_t id_length;
	bool declares_dialback;

	/* from the features */
	bool has_starttls, requires_tls, has_dialback;
	char mechanisms[XMPP_MECHANISMS_MAX][XMPP_WORD_MAX];
	size_t mechanism_count;

	/* from an error: "host-unknown", and what it says to people */
	char error[XMPP_NAME_MAX];
	char error_text[XMPP_TEXT_MAX];

	const char *why; /* of XMPP_BROKEN */

	/* the tokenizer's own */
	size_t received;
	char tag[XMPP_TAG_MAX];
	size_t tag_length;
	bool is_in_tag, has_begun;
	char quote; /* within a tag: the one that is open, or NUL */
	char open[XMPP_DEPTH_MAX][XMPP_NAME_MAX]; /* names, as written */
	enum xmpp_space spaces[XMPP_DEPTH_MAX];
	unsigned depth;
	struct xmpp_prefix prefixes[XMPP_PREFIXES_MAX];
	size_t prefix_count;
	char text[XMPP_TEXT_MAX]; /* of the innermost element */
	size_t text_length;
	enum xmpp_event pending; /* what the element at the top will be */
};

/* An empty reader, for each stream anew: after STARTTLS too. */
void xmpp_begin(struct xmpp_reader *reader);

/*
 * Reads until something is whole: *used bytes were taken. After
 * XMPP_PROCEED what is left over must be thrown away (RFC 6120 5.4.3.3).
 */
enum xmpp_event xmpp_read(struct xmpp_reader *reader, const char *data,
			  size_t length, size_t *used);

/* The header that begins a stream. */
struct xmpp_opening {
	const char *from, *to;
	const char *id; /* servers only; NULL */
};

/*
 * Writes it with a NUL; its length, 0 when it does not fit or a word has a
 * character with a meaning in XML.
 */
size_t xmpp_open(char *text, size_t capacity,
		 const struct xmpp_opening *opening);

#define XMPP_SAY_STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define XMPP_SAY_PROCEED  "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define XMPP_SAY_FAILURE  "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define XMPP_SAY_END	  "</stream:stream>"

#endif
