/*
 * judge.h - requirements, deployment and observations to verdicts, findings,
 * answers and an exit code. Pure: reads no clock, file or trust store.
 */
#ifndef COMMON_JUDGE_JUDGE_H
#define COMMON_JUDGE_JUDGE_H

#include "common/base/arena.h"
#include "common/judge/verdict.h"
#include "common/model/deployment.h"
#include "common/model/run.h"

/* What the run was asked to look at; decides `needed`. */
struct judge_scope {
	enum vantage vantage;
	const char *source;	 /* "" when it varies */
	const char *const *only; /* probe names, ids or areas; NULL: all */
	size_t only_count;
	const char *const *skip;
	size_t skip_count;
};

/*
 * Judges every row of every table: each applicable row once a node, subject
 * and vantage; rows that do not apply once, as n/a. The deployment must be
 * up to date (deployment_update).
 */
struct judgement *judge(struct arena *arena,
			const struct deployment *deployment,
			const struct judge_scope *scope);

/* What --explain ID prints, from requirement or finding; NULL: no such id. */
const char *judge_explain(struct arena *arena, const char *id);

/*
 * Whether a probe is asked for by --only and --skip (by probe name). Used by
 * the plan, so that what is not judged is not looked at.
 */
bool judge_wants_probe(const struct judge_scope *scope, const char *probe);

/* Whether --only and --skip may name it: a probe, area, flow or id. */
bool judge_knows(const char *token);

#endif
