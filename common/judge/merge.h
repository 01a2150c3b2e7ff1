/*
 * merge.h - judgements of several vantage points as one matrix. Pure.
 */
#ifndef COMMON_JUDGE_MERGE_H
#define COMMON_JUDGE_MERGE_H

#include "common/base/arena.h"
#include "common/judge/verdict.h"
#include "common/model/deployment.h"

/*
 * Every verdict stays, each with its vantage point, but for those that say
 * only that a row is not looked at from there: they go where another place
 * did look, and once otherwise; and for what a topology file says, which goes
 * where somebody looked or another said it, unless it contradicts a rule.
 * Findings, answers, summary and exit code are made anew. deployment is that
 * of any of them.
 */
struct judgement *judgement_merge(struct arena *arena,
				  const struct deployment *deployment,
				  struct judgement *const *judgements,
				  size_t count);

#endif
