#include "common/render/sheet_passages.h"

#include "common/render/saved.h"

#include <string.h>

const char *passage_firewall(const struct passage *passage)
{
	return passage_is_internal(passage) ? "internal" : "external";
}

/* Whether the run found a row of the passage blocked, at whichever node. */
static bool is_missing(const struct saved *run, const struct passage *passage)
{
	for (size_t i = 0; i < run->verdict_count; i++) {
		const struct saved_verdict *verdict = &run->verdicts[i];

		for (size_t j = 0;
		     verdict->state == STATE_BLOCKED && j < passage->id_count;
		     j++)
			if (strcmp(passage->ids[j], verdict->requirement) == 0)
				return true;
	}
	return false;
}

struct passages sheet_passages(const struct sheet_input *input)
{
	struct passages passages =
		firewall_passages(input->arena, input->topology, input->strict);
	size_t count = 0;

	for (size_t i = 0; i < passages.count; i++) {
		const struct passage *passage = &passages.items[i];

		if (input->part &&
		    strcmp(input->part, passage_firewall(passage)) != 0)
			continue;
		if (!input->missing || is_missing(input->missing, passage))
			passages.items[count++] = *passage;
	}
	passages.count = count;
	return passages;
}
