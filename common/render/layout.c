#include "common/render/layout.h"

#include "common/base/text.h"

#include <string.h>

/* Colour is never the only sign: each goes with a word of its own. */
static const char *const paint_codes[PAINT_COUNT] = {
	[PAINT_PLAIN] = "",	[PAINT_STRONG] = "1", [PAINT_GOOD] = "32",
	[PAINT_CAUTION] = "33", [PAINT_BAD] = "1;31", [PAINT_UNKNOWN] = "36",
};

static const struct {
	const char *word;
	enum paint paint;
} states[STATE_COUNT] = {
	[STATE_VERIFIED] = {"ok", PAINT_GOOD},
	[STATE_WARN] = {"WARN", PAINT_CAUTION},
	[STATE_WRONG] = {"WRONG", PAINT_BAD},
	[STATE_BLOCKED] = {"BLOCKED", PAINT_BAD},
	[STATE_UNOBSERVED] = {"?", PAINT_UNKNOWN},
	[STATE_NA] = {"n/a", PAINT_PLAIN},
};

const char *layout_state_word(enum state state)
{
	return states[state].word;
}

enum paint layout_state_paint(enum state state)
{
	return states[state].paint;
}

void layout_word(const struct layout *layout, enum paint paint,
		 const char *word, int columns)
{
	bool painted = layout->colour && paint != PAINT_PLAIN;

	if (painted)
		fprintf(layout->out, "\x1b[%sm", paint_codes[paint]);
	fputs(word, layout->out);
	if (painted)
		fputs("\x1b[0m", layout->out);
	fprintf(layout->out, "%*s",
		columns > (int)strlen(word) ? columns - (int)strlen(word) : 0,
		"");
}

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t point)
{
	for (size_t i = 0; i < count; i++) {
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	}
	return false;
}

int layout_point_columns(uint32_t point)
{
	static const struct range combining[] = {
		{0x0300, 0x036f}, /* diacritical marks */
		{0x0483, 0x0489}, /* Cyrillic */
		{0x0591, 0x05bd}, /* Hebrew points */
		{0x064b, 0x065f}, /* Arabic vowels */
		{0x0e34, 0x0e3a}, /* Thai vowels */
		{0x0e47, 0x0e4e}, /* Thai tones */
		{0x1ab0, 0x1aff}, /* marks, extended */
		{0x1dc0, 0x1dff}, /* marks, supplement */
		{0x20d0, 0x20ff}, /* marks for symbols */
		{0x3099, 0x309a}, /* kana voicing */
		{0xfe20, 0xfe2f}, /* half marks */
	};
	static const struct range wide[] = {
		{0x1100, 0x115f},   /* Hangul Jamo */
		{0x2e80, 0x303e},   /* CJK radicals and punctuation */
		{0x3041, 0xa4cf},   /* kana, CJK, Yi */
		{0xa960, 0xa97f},   /* Hangul Jamo, extended */
		{0xac00, 0xd7a3},   /* Hangul syllables */
		{0xf900, 0xfaff},   /* CJK compatibility */
		{0xfe30, 0xfe6f},   /* CJK compatibility forms */
		{0xff00, 0xff60},   /* full width forms */
		{0xffe0, 0xffe6},   /* full width signs */
		{0x1f300, 0x1f64f}, /* pictographs */
		{0x1f680, 0x1f9ff}, /* transport, supplemental symbols */
		{0x20000, 0x3fffd}, /* CJK extensions */
	};

	if (point < 0x300)
		return 1;
	if (in_ranges(combining, sizeof(combining) / sizeof(*combining), point))
		return 0;
	return in_ranges(wide, sizeof(wide) / sizeof(*wide), point) ? 2 : 1;
}

/* The next character of safe text: its bytes, and its columns. */
static size_t next_character(const char *text, int *columns)
{
	uint32_t point;
	size_t size =
		text_decode((const uint8_t *)text, strnlen(text, 4), &point);

	*columns = size ? layout_point_columns(point) : 1;
	return size ? size : 1;
}

int layout_columns(const char *text)
{
	int total = 0;

	while (*text) {
		int columns;

		text += next_character(text, &columns);
		total += columns;
	}
	return total;
}

const char *layout_safe(struct arena *arena, const char *data, size_t length,
			size_t most)
{
	/* four bytes a character at most: no need to look at more */
	size_t looked = length < most * 4 ? length : most * 4;
	char *safe = text_safe(arena_alloc(arena, TEXT_SAFE_BYTES(looked)),
			       data, looked);
	char *end = safe;

	for (size_t i = 0; i < most && *end; i++) {
		int columns;

		end += next_character(end, &columns);
	}
	if (!*end)
		return safe;
	*end = '\0';
	return arena_format(arena, "%s...", safe);
}

struct line {
	const struct layout *layout;
	int column;
	int indent;
	bool begun; /* a word stands on this line */
};

static void line_break(struct line *line)
{
	fprintf(line->layout->out, "\n%*s", line->indent, "");
	line->column = line->indent;
	line->begun = false;
}

static void put_word(struct line *line, const char *word, size_t length)
{
	const char *end = word + length;

	while (word < end) {
		int columns;
		size_t size = next_character(word, &columns);

		if (line->column + columns > line->layout->width)
			line_break(line);
		fwrite(word, 1, size, line->layout->out);
		line->column += columns;
		word += size;
	}
	line->begun = true;
}

static int word_columns(const char *word, size_t length)
{
	int total = 0;

	for (size_t at = 0; at < length;) {
		int columns;

		at += next_character(word + at, &columns);
		total += columns;
	}
	return total;
}

void layout_wrap_safe(const struct layout *layout, int column, int indent,
		      const char *safe)
{
	struct line line = {layout, column, indent, false};
	const char *word = safe + strspn(safe, " ");

	while (*word) {
		size_t length = strcspn(word, " ");
		int columns = word_columns(word, length) + line.begun;

		if (length && line.column + columns > layout->width &&
		    (line.begun || line.column > indent)) {
			line_break(&line);
		} else if (length && line.begun) {
			fputc(' ', layout->out);
			line.column++;
		}
		put_word(&line, word, length);
		word += length + strspn(word + length, " ");
	}
	fputc('\n', layout->out);
}

void layout_wrap(const struct layout *layout, int column, int indent,
		 const char *text)
{
	layout_wrap_safe(layout, column, indent,
			 layout_safe(layout->arena, text, strlen(text),
				     LAYOUT_TEXT_MAX));
}

void names_add(struct arena *arena, struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], name) == 0)
			return;
	}
	names->items = arena_grow(arena, names->items, names->count,
				  &names->capacity, sizeof(*names->items));
	names->items[names->count++] = name;
}

const char *names_join(struct arena *arena, const struct names *names,
		       size_t most)
{
	size_t shown = most && names->count > most ? most : names->count;
	const char *text = "";

	for (size_t i = 0; i < shown; i++)
		text = arena_format(arena, "%s%s%s", text, i ? ", " : "",
				    names->items[i]);
	if (shown < names->count)
		text = arena_format(arena, "%s and %zu more", text,
				    names->count - shown);
	return text;
}
