#include "common/plan/lint.h"

#include "common/base/log.h"
#include "common/plan/applicability.h"
#include "common/plan/lint_rule.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void remark_at(struct lint *lint, unsigned line, const char *format, ...)
{
	struct remarks *remarks = &lint->remarks;
	va_list args;

	remarks->items =
		arena_grow(lint->arena, remarks->items, remarks->count,
			   &remarks->capacity, sizeof(*remarks->items));
	va_start(args, format);
	remarks->items[remarks->count++] =
		(struct remark){lint->requirement, lint->requirement->severity,
				line, arena_vformat(lint->arena, format, args)};
	va_end(args);
}

unsigned node_line(const struct lint *lint, const struct node *node,
		   const char *key)
{
	return topology_line(lint->topology, node_section(node), node->name,
			     key);
}

bool lint_has(const struct lint *lint, enum feature feature)
{
	return lint->topology->features & FEATURE_BIT(feature);
}

size_t edge_count(const struct topology *topology)
{
	size_t count = 0;

	for (size_t i = 0; i < topology->node_count; i++)
		count += !topology->nodes[i].is_vip;
	return count;
}

static void apply(struct lint *lint, const struct lint_rule *rules,
		  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lint->requirement = requirement_find(rules[i].id);
		assert(lint->requirement);
		if (applicability_of(lint->arena, lint->requirement,
				     lint->topology)
			    .applies)
			rules[i].check(lint);
	}
}

static const struct lint_rule *rule_in(const struct lint_rule *rules,
				       size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

static const struct lint_rule *rule_of(const struct requirement *requirement)
{
	const struct lint_rule *rule =
		rule_in(address_rules, address_rule_count, requirement->id);

	return rule ? rule
		    : rule_in(around_rules, around_rule_count, requirement->id);
}

bool lint_has_rule(const struct requirement *requirement)
{
	return rule_of(requirement) != NULL;
}

enum stance lint_stance(struct arena *arena, const struct topology *topology,
			const struct requirement *requirement,
			struct remarks *remarks)
{
	const struct lint_rule *rule = rule_of(requirement);
	struct lint lint = {.arena = arena, .topology = topology};

	*remarks = (struct remarks){0};
	if (!rule || !topology->file)
		return STANCE_SILENT;
	apply(&lint, rule, 1);
	*remarks = lint.remarks;
	if (remarks->count)
		return STANCE_OBJECTS;
	return (rule->is_told ? rule->is_told(topology)
			      : topology->node_count > 0)
		       ? STANCE_AGREES
		       : STANCE_SILENT;
}

/* Those of the table's order stay so: the sort is by line alone. */
static void sort_by_line(struct remarks *remarks)
{
	for (size_t i = 1; i < remarks->count; i++) {
		struct remark remark = remarks->items[i];
		size_t at = i;

		for (; at && remarks->items[at - 1].line > remark.line; at--)
			remarks->items[at] = remarks->items[at - 1];
		remarks->items[at] = remark;
	}
}

struct remarks lint(struct arena *arena, const struct topology *topology)
{
	struct lint lint = {.arena = arena, .topology = topology};

	apply(&lint, address_rules, address_rule_count);
	apply(&lint, around_rules, around_rule_count);
	sort_by_line(&lint.remarks);
	return lint.remarks;
}

void remarks_note(const struct topology *topology,
		  const struct remarks *remarks)
{
	for (size_t i = 0; i < remarks->count; i++) {
		const struct remark *remark = &remarks->items[i];

		if (remark->severity == SEVERITY_MUST)
			log_note("%s:%u: %s (%s)", topology->file, remark->line,
				 remark->text, remark->requirement->id);
	}
}

enum severity remarks_worst(const struct remarks *remarks)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < remarks->count; i++)
		if (remarks->items[i].severity < worst)
			worst = remarks->items[i].severity;
	return worst;
}
