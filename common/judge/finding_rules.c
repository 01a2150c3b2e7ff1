#include "common/judge/findings.h"

#include <string.h>

/* Order: what others rest on comes first. */
const struct finding_rule finding_rules[] = {
#include "common/tables/findings.inc"
};
const size_t finding_rule_count =
	sizeof(finding_rules) / sizeof(finding_rules[0]);

const struct finding_rule *finding_rule_find(const char *id)
{
	for (size_t i = 0; i < finding_rule_count; i++)
		if (strcmp(finding_rules[i].id, id) == 0)
			return &finding_rules[i];
	return NULL;
}
