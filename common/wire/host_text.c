#include "common/wire/host_text.h"

#include "common/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Text
 */

struct units {
	const uint8_t *data;
	size_t count, position; /* of two bytes each */
	bool is_little;
};

static uint32_t next_unit(struct units *units)
{
	const uint8_t *at = units->data + 2 * units->position++;

	return units->is_little ? (uint32_t)(at[0] | at[1] << 8)
				: (uint32_t)(at[0] << 8 | at[1]);
}

/* RFC 2781 2.2. False on half a pair. */
static bool next_point(struct units *units, uint32_t *point)
{
	uint32_t low;

	*point = next_unit(units);
	if (*point < 0xd800 || *point > 0xdfff)
		return true;
	if (*point > 0xdbff || units->position == units->count)
		return false;
	low = next_unit(units);
	*point = 0x10000 + ((*point & 0x3ff) << 10 | (low & 0x3ff));
	return low >= 0xdc00 && low <= 0xdfff;
}

/* RFC 3629 3; gives the length. */
static size_t put_point(char *out, uint32_t point)
{
	static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = point < 0x80	  ? 1
			: point < 0x800	  ? 2
			: point < 0x10000 ? 3
					  : 4;

	for (size_t i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	out[0] = (char)(length == 1 ? point : marks[length] | point);
	return length;
}

static const char *widen(struct arena *arena, struct units *units,
			 size_t *plain_length)
{
	char *plain = arena_alloc(arena, 3 * units->count + 1);
	size_t length = 0;
	uint32_t point;

	while (units->position < units->count) {
		if (!next_point(units, &point))
			return NULL;
		length += put_point(plain + length, point);
	}
	*plain_length = length;
	return plain;
}

static bool begins(const uint8_t *data, size_t length, const char *with,
		   size_t size)
{
	return length >= size && memcmp(data, with, size) == 0;
}

const char *host_text_plain(struct arena *arena, const void *data,
			    size_t length, size_t *plain_length,
			    const char **why)
{
	const uint8_t *bytes = data;
	struct units units = {.data = bytes, .count = length / 2};
	const char *plain;

	*plain_length = length;
	if (begins(bytes, length, "\xef\xbb\xbf", 3)) {
		*plain_length = length - 3;
		return (const char *)bytes + 3;
	}
	/* JSON begins with two characters of ASCII (RFC 4627 3) */
	units.is_little = begins(bytes, length, "\xff\xfe", 2) ||
			  (length >= 2 && bytes[0] && !bytes[1]);
	if (!units.is_little && !begins(bytes, length, "\xfe\xff", 2) &&
	    !(length >= 2 && !bytes[0] && bytes[1]))
		return data;
	*why = "UTF-16 that breaks off in the middle of a character";
	if (length % 2)
		return NULL;
	if (bytes[0] >= 0xfe)
		units.position = 1;
	*why = "UTF-16 with half a character";
	plain = widen(arena, &units, plain_length);
	return plain;
}

/*
 * Times
 */

/* "+01:00", "+0100", "-05:30"; nothing after it. */
static bool read_offset(const char *text, int64_t *seconds)
{
	int hours, minutes, length = 0;
	char sign;

	if (strcmp(text, "Z") == 0) {
		*seconds = 0;
		return true;
	}
	if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &length) !=
		    3 ||
	    length != 6 || text[length] || !strchr("+-", sign) || hours < 0 ||
	    hours > 14 || minutes < 0 || minutes > 59)
		return false;
	*seconds = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

static bool read_iso(const char *text, int64_t *wall_us)
{
	struct tm parts = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	int64_t offset_s, fraction_us = 0;

	if (!rest)
		return false;
	if (*rest == '.') {
		int64_t unit = CLOCK_SECOND_US / 10;

		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			fraction_us += (*rest - '0') * unit;
	}
	if (!read_offset(rest, &offset_s))
		return false;
	*wall_us = (timegm(&parts) - offset_s) * CLOCK_SECOND_US + fraction_us;
	return true;
}

/* Milliseconds of UTC; an offset after them is only for show. */
static bool read_ticks(const char *text, int64_t *wall_us)
{
	long long milliseconds;
	int length = 0;

	/* as far as years have four digits */
	if (sscanf(text, "/Date(%15lld%n", &milliseconds, &length) != 1 ||
	    milliseconds < 0 || milliseconds > INT64_C(253402300799999))
		return false;
	text += length;
	text += strspn(text, "+-0123456789");
	if (strcmp(text, ")/") != 0)
		return false;
	*wall_us = milliseconds * 1000;
	return true;
}

bool host_text_time(const char *text, int64_t *wall_us)
{
	return read_iso(text, wall_us) || read_ticks(text, wall_us);
}
