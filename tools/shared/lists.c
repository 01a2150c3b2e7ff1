#include "tools/shared/lists.h"

#include "common/judge/findings.h"
#include "common/model/requirement.h"
#include "probes/probe.h"

#include <stdio.h>

void list_probes(void)
{
	for (size_t i = 0; i < probe_count; i++)
		printf("%-22s %s\n", probe_table[i]->name,
		       probe_table[i]->summary);
}

void list_requirements(void)
{
	size_t count;
	const struct requirement *table = requirement_table(&count);

	for (size_t i = 0; i < count; i++)
		printf("%-42s %-6s %s\n", table[i].id,
		       severity_name(table[i].severity), table[i].statement);
}

void list_findings(void)
{
	for (size_t i = 0; i < finding_rule_count; i++)
		printf("%-30s %s\n", finding_rules[i].id,
		       finding_rules[i].title);
}
