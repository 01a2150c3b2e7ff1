/*
 * scope.h - which rows a run was asked to look at (--only, --skip). No I/O.
 */
#ifndef COMMON_JUDGE_SCOPE_H
#define COMMON_JUDGE_SCOPE_H

#include "common/model/requirement.h"

#include <stdbool.h>
#include <stddef.h>

/* What the run was asked to look at; decides `needed`. */
struct scope {
	enum vantage vantage;
	const char *source;	 /* "" when it varies */
	const char *const *only; /* probe names, ids or areas; NULL: all */
	size_t only_count;
	const char *const *skip;
	size_t skip_count;
	/* what nobody gets unasked */
	bool tls_versions; /* their inventory */
	bool soak;	   /* connections without traffic */
};

bool scope_wants(const struct scope *scope,
		 const struct requirement *requirement);

/*
 * Whether a probe, by its name, or a row, by its id, is asked for by --only
 * and --skip. Used by the plan, so that what is not judged is not looked at.
 */
bool scope_wants_probe(const struct scope *scope, const char *probe);

/* Whether --only and --skip may name it: a probe, area, flow or id. */
bool scope_knows(const char *token);

#endif
