#include "common/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(char *text, const void *data, size_t length)
{
	const uint8_t *at = data;
	char *end = text;

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)at[i] << 16 |
				 (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
				 (left > 2 ? at[i + 2] : 0);

		*end++ = digits[group >> 18];
		*end++ = digits[group >> 12 & 63];
		*end++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*end++ = left > 2 ? digits[group & 63] : '=';
	}
	*end = '\0';
	return text;
}

/* Without those that fill up the last group: at most two. */
static size_t without_padding(const char *text, size_t length)
{
	for (size_t i = 0; i < 2 && length && text[length - 1] == '='; i++)
		length--;
	return length;
}

/* Two to four digits, as if zeros followed; false: another character. */
static bool read_group(const char *text, size_t count, uint32_t *group)
{
	*group = 0;
	for (size_t i = 0; i < 4; i++) {
		const char *digit = digits;

		if (i < count)
			digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit || count < 2)
			return false;
		*group = *group << 6 | (uint32_t)(digit - digits);
	}
	return true;
}

bool base64_decode(void *data, size_t capacity, size_t *length,
		   const char *text, size_t text_length, const char **why)
{
	size_t count = without_padding(text, text_length);
	uint8_t *out = data;
	uint32_t group;

	*length = 0;
	*why = "its length is no multiple of four, so part of it is missing";
	if (text_length % 4)
		return false;
	*why = "it is too long";
	if (count / 4 * 3 + (count % 4 ? count % 4 - 1 : 0) > capacity)
		return false;
	for (size_t i = 0; i < count; i += 4) {
		size_t left = count - i < 4 ? count - i : 4;

		*why = "a character stands in it that base64 does not have";
		if (!read_group(text + i, left, &group))
			return false;
		*why = "it does not end as base64 does";
		if (left < 4 && group & (left == 3 ? 0xffu : 0xffffu))
			return false;
		for (size_t j = 0; j + 1 < left; j++)
			out[(*length)++] = (uint8_t)(group >> (16 - 8 * j));
	}
	return true;
}
