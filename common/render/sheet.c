#include "common/render/sheet.h"

#include <string.h>

const struct sheet sheet_table[] = {
	{"requirements",
	 "Which published rows apply to a deployment, and why the others do "
	 "not",
	 false,
	 {{"text", sheet_requirements_text},
	  {"json", sheet_requirements_json}}},
	{"lint",
	 "What in a topology file is against a rule",
	 true,
	 {{"text", sheet_lint_text},
	  {"json", sheet_lint_json},
	  {"sarif", sheet_lint_sarif}}},
};
const size_t sheet_count = sizeof(sheet_table) / sizeof(sheet_table[0]);

const struct sheet *sheet_find(const char *verb)
{
	for (size_t i = 0; i < sheet_count; i++)
		if (strcmp(sheet_table[i].verb, verb) == 0)
			return &sheet_table[i];
	return NULL;
}

const struct sheet_format *sheet_format_find(const struct sheet *sheet,
					     const char *name)
{
	if (!name)
		return &sheet->formats[0];
	for (size_t i = 0; i < SHEET_FORMATS_MAX && sheet->formats[i].name; i++)
		if (strcmp(sheet->formats[i].name, name) == 0)
			return &sheet->formats[i];
	return NULL;
}
