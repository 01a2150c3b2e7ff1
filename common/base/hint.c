#include "common/base/hint.h"

#include <string.h>

/* Edits that turn one word into the other, at most 63 characters looked at. */
static size_t edit_distance(const char *one, const char *other)
{
	size_t row[64];
	size_t width = strnlen(other, 63);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; one[i] && i < 63; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = corner + (one[i] != other[j]);

			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (corner + 1 < best)
				best = corner + 1;
			row[j + 1] = best;
		}
	}
	return row[width];
}

struct hint hint_for(const char *word)
{
	size_t limit = strlen(word) / 3;

	return (struct hint){word, NULL, limit ? limit + 1 : 2};
}

void hint_offer(struct hint *hint, const char *name)
{
	size_t distance = edit_distance(hint->word, name);

	if (*hint->word && strncmp(name, hint->word, strlen(hint->word)) == 0)
		distance = 1; /* cut short: as good as a slip of the pen */
	if (distance < hint->distance) {
		hint->distance = distance;
		hint->nearest = name;
	}
}

const char *hint_text(struct arena *arena, const struct hint *hint)
{
	if (!hint->nearest)
		return "";
	return arena_format(arena, " (did you mean '%s'?)", hint->nearest);
}
