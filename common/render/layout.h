/*
 * layout.h - text for people: wrapped to a width, painted, safe. No network.
 *
 * Whatever is written through here passes text_safe first, and no text is
 * longer than LAYOUT_TEXT_MAX characters, however long a peer made it.
 */
#ifndef COMMON_RENDER_LAYOUT_H
#define COMMON_RENDER_LAYOUT_H

#include "common/base/arena.h"
#include "common/judge/verdict.h"

#include <stdbool.h>
#include <stdio.h>

#define LAYOUT_TEXT_MAX	 1000 /* characters of one text */
#define LAYOUT_WIDTH_MIN 40

enum paint {
	PAINT_PLAIN,
	PAINT_STRONG,
	PAINT_GOOD,
	PAINT_CAUTION,
	PAINT_BAD,
	PAINT_UNKNOWN,
	PAINT_COUNT
};

struct layout {
	FILE *out;
	struct arena *arena;
	int width;
	bool colour;
};

/* The word of a state in reports, "BLOCKED", and its colour. */
const char *layout_state_word(enum state state);
enum paint layout_state_paint(enum state state);

/* A word of our own, padded to columns (0: not at all). */
void layout_word(const struct layout *layout, enum paint paint,
		 const char *word, int columns);

/*
 * Text from column on, further lines from indent on, and a newline. What is
 * wider than a whole line is broken.
 */
void layout_wrap(const struct layout *layout, int column, int indent,
		 const char *text);

/* The same for text that is safe already. */
void layout_wrap_safe(const struct layout *layout, int column, int indent,
		      const char *safe);

/* The safe form of bytes, cut to most characters with "..." to say so. */
const char *layout_safe(struct arena *arena, const char *data, size_t length,
			size_t most);

/* Columns that safe text takes: 2 for wide, 0 for combining characters. */
int layout_columns(const char *text);

/* The same for one character. */
int layout_point_columns(uint32_t point);

/* A list of different names in the order they came. */
struct names {
	const char **items;
	size_t count, capacity;
};

void names_add(struct arena *arena, struct names *names, const char *name);

/* "edge1, edge2 and 3 more"; most 0: all. */
const char *names_join(struct arena *arena, const struct names *names,
		       size_t most);

#endif
