#include "probes/turn_trace.h"

#include "common/base/log.h"
#include "common/wire/msturn.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES     16
#define TRACED_MAX     512 /* bytes of one message that are shown */
#define USERNAME       0x0006
#define INTEGRITY      0x0008
#define USERNAME_SHOWN 4 /* its version and size, msturn.md 10.2 */

struct mask {
	bool hidden[TRACED_MAX];
};

static void hide(struct mask *mask, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < TRACED_MAX; i++)
		mask->hidden[i] = true;
}

/* Attributes as they follow each other; packed, or padded to four bytes. */
static void find_secrets(struct mask *mask, const uint8_t *data, size_t length)
{
	static const uint8_t cookie[] = {0, 0x0f, 0, 4};
	bool is_packed =
		length >= MSTURN_HEADER_BYTES + sizeof(cookie) &&
		memcmp(data + MSTURN_HEADER_BYTES, cookie, sizeof(cookie)) == 0;
	size_t at = MSTURN_HEADER_BYTES;

	while (at + 4 <= length) {
		unsigned type = (unsigned)(data[at] << 8 | data[at + 1]);
		size_t size = (size_t)(data[at + 2] << 8 | data[at + 3]);

		if (type == USERNAME)
			hide(mask, at + 4 + USERNAME_SHOWN, at + 4 + size);
		if (type == INTEGRITY)
			hide(mask, at + 4, at + 4 + size);
		at += 4 + size + (is_packed ? 0 : -size & 3);
	}
}

void turn_trace(char direction, const void *message, size_t length)
{
	const uint8_t *data = message;
	struct mask mask = {0};
	char line[3 * LINE_BYTES + 1];

	if (!log_is_debug())
		return;
	find_secrets(&mask, data, length);
	log_debug("%c %zu bytes", direction, length);
	for (size_t at = 0; at < length && at < TRACED_MAX; at += LINE_BYTES) {
		size_t used = 0;

		for (size_t i = at; i < at + LINE_BYTES && i < length; i++)
			used += (size_t)snprintf(
				line + used, sizeof(line) - used,
				mask.hidden[i] ? " .." : " %02x", data[i]);
		log_debug("%c %04zx %s", direction, at, line);
	}
}
