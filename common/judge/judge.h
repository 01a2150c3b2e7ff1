/*
 * judge.h - requirements, deployment and observations to verdicts, findings,
 * answers and an exit code. Pure: reads no clock, file or trust store.
 */
#ifndef COMMON_JUDGE_JUDGE_H
#define COMMON_JUDGE_JUDGE_H

#include "common/base/arena.h"
#include "common/judge/scope.h"
#include "common/judge/verdict.h"
#include "common/model/deployment.h"
#include "common/model/run.h"

/*
 * Judges every row of every table: each applicable row once a node, subject
 * and vantage; rows that do not apply once, as n/a. The deployment must be
 * up to date (targets_update).
 */
struct judgement *judge(struct arena *arena,
			const struct deployment *deployment,
			const struct scope *scope);

/*
 * Summary, exit code, findings and answers of verdicts that stand; the last
 * step of judge().
 */
void judgement_conclude(struct arena *arena,
			const struct deployment *deployment,
			struct judgement *judgement);

/*
 * What --explain ID prints, of a requirement, finding or field failure
 * ("EF-13"); NULL: no such id.
 */
const char *judge_explain(struct arena *arena, const char *id);

#endif
