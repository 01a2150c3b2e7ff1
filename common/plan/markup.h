/*
 * markup.h - XML as a tree of those elements that somebody asked for. No I/O.
 *
 * expat reads it. A document type declaration is refused, and with it every
 * entity; depth, number and size of elements are bounded.
 */
#ifndef COMMON_PLAN_MARKUP_H
#define COMMON_PLAN_MARKUP_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define MARKUP_DEPTH_MAX    64
#define MARKUP_ELEMENTS_MAX 100000
#define MARKUP_BYTES_MAX    (16 * 1024 * 1024) /* of names and values kept */
#define MARKUP_PIECE_MAX    (1024 * 1024)      /* of one tag or comment */

struct attribute {
	struct attribute *next;
	const char *name, *value;
};

/* Namespaces are told apart from names, not looked up: see markup_wants. */
struct element {
	struct element *next;	/* under the same parent */
	struct element *parent; /* NULL: one that was asked for */
	struct element *children, *last_child;
	const char *space, *name;
	struct attribute *attributes;
	const char *text; /* before the first child; "" */
	size_t count;	  /* of elements in it, itself included */
};

/* Whether an element is to be kept, with all that is in it. */
typedef bool markup_wants(const char *space, const char *name);

struct markup;

struct markup *markup_new(struct arena *arena, markup_wants *wants);
void markup_free(struct markup *markup); /* accepts NULL */

/* False with *why, "line 3: ...", when it is no such document. */
bool markup_feed(struct markup *markup, const void *data, size_t length,
		 bool is_last, const char **why);

/* Those that were asked for, one after the other; NULL: none. */
const struct element *markup_found(const struct markup *markup);

/* The name of the document's first element; "" before it came. */
const char *markup_root(const struct markup *markup);

/* The first child of a name, or the next one beside an element; NULL: none. */
const struct element *element_child(const struct element *element,
				    const char *name);
const struct element *element_next(const struct element *element);

/* The value of an attribute, "" where there is none. */
const char *element_value(const struct element *element, const char *name);

#endif
