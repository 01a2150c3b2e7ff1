/*
 * msturn_attribute.h - the attributes of MSTURN and of standard STUN as two
 * tables, for reading and for writing. No I/O.
 *
 * Specification: [MS-TURN] 2.2.2; RFC 8489 14, RFC 8656 18. The two dialects
 * differ in numbers and in padding; whatever else they need is shared.
 */
#ifndef COMMON_WIRE_MSTURN_ATTRIBUTE_H
#define COMMON_WIRE_MSTURN_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSTURN_ATTRIBUTE_BYTES 4 /* type and length, before the value */
#define MSTURN_INTEGRITY       0x0008
#define MSTURN_COOKIE	       0x000f
#define MSTURN_FINGERPRINT     0x8028 /* of standard messages alone */
#define MSTURN_OPTIONAL	       0x8000 /* from here on: skip when unknown */

/* The whole Magic Cookie attribute, [MS-TURN] 2.2.2.8. */
#define MSTURN_COOKIE_BYTES 8
extern const uint8_t msturn_attribute_cookie[MSTURN_COOKIE_BYTES];

/* How the value of an attribute is laid out. */
enum msturn_layout {
	LAYOUT_COOKIE,
	LAYOUT_IGNORED, /* known by number; whatever it says is left alone */
	LAYOUT_TEXT,
	LAYOUT_FLAG, /* empty: being there says all */
	LAYOUT_U8,   /* and three reserved bytes */
	LAYOUT_U16,  /* and two */
	LAYOUT_U32,
	LAYOUT_U64,
	LAYOUT_ADDRESS,
	LAYOUT_XOR_ADDRESS,
	LAYOUT_ERROR,
	LAYOUT_SEQUENCE,
	LAYOUT_QUALITY,
	LAYOUT_INTEGRITY,
	LAYOUT_INTEGRITY_SHA256,
	LAYOUT_FINGERPRINT,
};

/* Into which messages an attribute is written; it is read in all. */
enum msturn_place { IN_ALL, IN_REQUESTS, IN_RESPONSES, IN_NONE };

struct msturn_attribute {
	uint16_t type;
	enum msturn_layout layout;
	size_t field; /* where in struct msturn_message it goes */
	size_t has;   /* its flag; 0 where the field itself tells */
	enum msturn_place place;
};

#define MSTURN_ROWS_MAX 64 /* of a dialect */

struct msturn_dialect {
	const struct msturn_attribute *attributes; /* as they are written */
	size_t count;
	size_t alignment; /* of attributes; 1: packed */
};

/* MSTURN with the cookie, else standard STUN. */
const struct msturn_dialect *msturn_attribute_dialect(bool has_cookie);

/* The first row of that type and its number, or NULL. */
const struct msturn_attribute *
msturn_attribute_find(const struct msturn_dialect *dialect, uint16_t type,
		      size_t *row);

/* How many bytes follow a value of that length. */
size_t msturn_attribute_padding(const struct msturn_dialect *dialect,
				size_t length);

#endif
