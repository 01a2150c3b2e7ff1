#include "common/base/text.h"

#include <string.h>
#include <strings.h>

/* Length of a sequence by its first byte; 0 for bytes that start none. */
static size_t sequence_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

size_t text_decode(const uint8_t *data, size_t length, uint32_t *point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = length ? sequence_length(data[0]) : 0;
	uint32_t value;

	if (size == 0 || size > length)
		return 0;
	value = size == 1 ? data[0] : data[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (data[i] & 0x3fu);
	}
	/* overlong forms, surrogates and what lies beyond Unicode */
	if (value < smallest[size] || (value >= 0xd800 && value <= 0xdfff) ||
	    value > 0x10ffff)
		return 0;
	*point = value;
	return size;
}

bool text_is_shown(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x0000, 0x001f},   /* C0 controls */
		{0x007f, 0x009f},   /* DEL and C1 controls */
		{0x00ad, 0x00ad},   /* soft hyphen */
		{0x034f, 0x034f},   /* grapheme joiner */
		{0x061c, 0x061c},   /* Arabic letter mark */
		{0x115f, 0x1160},   /* Hangul fillers */
		{0x17b4, 0x17b5},   /* Khmer inherent vowels */
		{0x180b, 0x180f},   /* Mongolian selectors */
		{0x200b, 0x200f},   /* zero width, direction marks */
		{0x2028, 0x202e},   /* line separators, embeddings, overrides */
		{0x2060, 0x206f},   /* invisible operators, isolates */
		{0x2800, 0x2800},   /* the empty Braille pattern */
		{0x3164, 0x3164},   /* Hangul filler */
		{0xe000, 0xf8ff},   /* private use: no two fonts agree */
		{0xfe00, 0xfe0f},   /* variation selectors */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xffa0, 0xffa0},   /* Hangul filler, half width */
		{0xfff0, 0xffff},   /* specials */
		{0x1bca0, 0x1bca3}, /* shorthand controls */
		{0x1d173, 0x1d17a}, /* musical controls */
		{0xe0000, 0x10ffff}, /* tags, selectors, private use */
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (point >= hidden[i].first && point <= hidden[i].last)
			return false;
	}
	return true;
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The byte that an escape at safe stands for; the length of it, or 0. */
static size_t read_escape(const char *safe, char *byte)
{
	int high, low;

	if (safe[0] != '\\')
		return 0;
	*byte = '\\';
	if (safe[1] == '\\')
		return 2;
	if (safe[1] != 'x')
		return 0;
	high = hex_digit(safe[2]);
	low = high < 0 ? -1 : hex_digit(safe[3]);
	if (low < 0)
		return 0;
	*byte = (char)(high << 4 | low);
	return 4;
}

size_t text_unsafe(char *safe)
{
	char *out = safe;

	for (const char *at = safe; *at;) {
		char byte = *at;
		size_t length = read_escape(at, &byte);

		at += length ? length : 1;
		*out++ = byte;
	}
	*out = '\0';
	return (size_t)(out - safe);
}

void text_print(FILE *out, const void *data, size_t length)
{
	const uint8_t *at = data;
	const uint8_t *end = at + length;

	while (at < end) {
		uint32_t point;
		size_t size = text_decode(at, (size_t)(end - at), &point);

		if (size == 0 || !text_is_shown(point)) {
			size = size ? size : 1;
			for (size_t i = 0; i < size; i++)
				fprintf(out, "\\x%02x", at[i]);
		} else if (*at == '\\') {
			fputs("\\\\", out);
		} else {
			fwrite(at, 1, size, out);
		}
		at += size;
	}
}

char *text_safe(char *safe, const void *data, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = data;
	const uint8_t *end = at + length;
	char *put = safe;

	while (at < end) {
		uint32_t point;
		size_t size;

		if (*at >= ' ' && *at <= '~' && *at != '\\') {
			*put++ = (char)*at++; /* most of what comes here */
			continue;
		}
		size = text_decode(at, (size_t)(end - at), &point);
		if (size == 0 || !text_is_shown(point)) {
			size = size ? size : 1;
			for (size_t i = 0; i < size; i++) {
				*put++ = '\\';
				*put++ = 'x';
				*put++ = digits[at[i] >> 4];
				*put++ = digits[at[i] & 15];
			}
		} else {
			if (*at == '\\')
				*put++ = '\\';
			memcpy(put, at, size);
			put += size;
		}
		at += size;
	}
	*put = '\0';
	return safe;
}

/* Length without a trailing dot. */
static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	return length && name[length - 1] == '.' ? length - 1 : length;
}

const char *text_choices(struct arena *arena, const char *list,
			 const char *choice, bool is_last)
{
	if (!*list)
		return choice;
	return arena_format(arena, "%s%s%s", list, is_last ? " or " : ", ",
			    choice);
}

bool text_names_equal(const char *one, const char *other)
{
	size_t length = name_length(one);

	return length == name_length(other) &&
	       strncasecmp(one, other, length) == 0;
}

bool text_name_directly_in(const char *name, const char *domain)
{
	const char *dot = strchr(name, '.');

	return dot && dot != name && text_names_equal(dot + 1, domain);
}
