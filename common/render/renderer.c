#include "common/render/render.h"

#include "common/render/json.h"
#include "common/render/text.h"

#include <string.h>

const struct renderer renderer_table[] = {
	{
		.name = "text",
		.summary = "the report for people (the default)",
		.for_people = true,
		.report = text_report,
	},
	{
		.name = "json",
		.summary = "one JSON document, see edgeprobe-json(5)",
		.report = json_report,
	},
	{
		.name = "ndjson",
		.summary = "the same objects, one a line, as they come",
		.report = json_final_records,
		.begin = json_begin_record,
		.observation = json_observation_record,
	},
};

const size_t renderer_count = sizeof(renderer_table) / sizeof(*renderer_table);

const struct renderer *renderer_find(const char *name)
{
	for (size_t i = 0; i < renderer_count; i++) {
		if (strcmp(renderer_table[i].name, name) == 0)
			return &renderer_table[i];
	}
	return NULL;
}
