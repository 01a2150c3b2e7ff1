/* What --only and --skip mean: the part of judge.h that plans need, too. */

#include "common/judge/scope.h"

#include <string.h>

/* Whether a comma list holds a word. */
static bool list_holds(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at; at += strcspn(at, ",")) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

static bool token_means(const char *token,
			const struct requirement *requirement)
{
	return strcmp(token, requirement->id) == 0 ||
	       strcmp(token, requirement->area) == 0 ||
	       (*requirement->flow && strcmp(token, requirement->flow) == 0) ||
	       (strcmp(token, "-") != 0 &&
		list_holds(requirement->judging->probe, token));
}

static bool any_means(const char *const *tokens, size_t count,
		      const struct requirement *requirement)
{
	for (size_t i = 0; i < count; i++)
		if (token_means(tokens[i], requirement))
			return true;
	return false;
}

bool scope_wants(const struct scope *scope,
		 const struct requirement *requirement)
{
	return (!scope->only_count ||
		any_means(scope->only, scope->only_count, requirement)) &&
	       !any_means(scope->skip, scope->skip_count, requirement);
}

/* By its own name or that of a row, not by an area that holds many. */
static bool is_named(const struct scope *scope, const char *probe)
{
	for (size_t i = 0; i < scope->only_count; i++) {
		const struct requirement *row =
			requirement_find(scope->only[i]);

		if (strcmp(scope->only[i], probe) == 0 ||
		    (row && list_holds(row->judging->probe, probe)))
			return true;
	}
	return false;
}

static bool is_extra(const struct scope *scope, const char *probe)
{
	return (strcmp(probe, "tls-versions") == 0 && !scope->tls_versions) ||
	       (strcmp(probe, "soak") == 0 && !scope->soak);
}

/* Those that settle no row themselves, and explain how others stand. */
static bool is_explaining(const char *probe)
{
	return strcmp(probe, "path") == 0;
}

static bool is_skipped(const struct scope *scope, const char *probe)
{
	for (size_t i = 0; i < scope->skip_count; i++)
		if (strcmp(scope->skip[i], probe) == 0)
			return true;
	return false;
}

bool scope_wants_probe(const struct scope *scope, const char *probe)
{
	const struct requirement *table;
	size_t count;

	if (strcmp(probe, "-") == 0)
		return false;
	if (is_extra(scope, probe) && !is_named(scope, probe))
		return false;
	if (is_explaining(probe))
		return !is_skipped(scope, probe);
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++)
		if (table[i].vantages & 1u << scope->vantage &&
		    (list_holds(table[i].judging->probe, probe) ||
		     strcmp(table[i].id, probe) == 0) &&
		    scope_wants(scope, &table[i]))
			return true;
	return false;
}

bool scope_knows(const char *token)
{
	const struct requirement *table;
	size_t count;

	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++)
		if (token_means(token, &table[i]))
			return true;
	return false;
}
