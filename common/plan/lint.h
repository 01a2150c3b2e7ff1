/*
 * lint.h - a topology against the rules that can be checked without looking
 * at anything. Pure.
 */
#ifndef COMMON_PLAN_LINT_H
#define COMMON_PLAN_LINT_H

#include "common/base/arena.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

/* What a rule has to say of one place of the file. */
struct remark {
	const struct requirement *requirement;
	enum severity severity;
	unsigned line;	  /* 0: none in particular */
	const char *text; /* one sentence */
};

struct remarks {
	struct remark *items; /* by line, then by rule */
	size_t count, capacity;
};

/* Everything lives in the arena. */
struct remarks lint(struct arena *arena, const struct topology *topology);

/* What a topology file says of a requirement. */
enum stance {
	STANCE_SILENT, /* nothing, or no rule looks at it */
	STANCE_AGREES,
	STANCE_OBJECTS,
};

/* *remarks are those of this requirement alone. Everything lives in arena. */
enum stance lint_stance(struct arena *arena, const struct topology *topology,
			const struct requirement *requirement,
			struct remarks *remarks);

/* Whether a rule looks at files for the requirement. */
bool lint_has_rule(const struct requirement *requirement);

/* Says on standard error what no deployment may be, a line each. */
void remarks_note(const struct topology *topology,
		  const struct remarks *remarks);

/* The worst severity; SEVERITY_INFO where there is nothing. */
enum severity remarks_worst(const struct remarks *remarks);

#endif
