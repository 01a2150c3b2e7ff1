/*
 * findings.h - what several verdicts mean together, and what to do about it.
 * No I/O.
 *
 * A predicate names the cause of its opinion; verdicts of one cause make one
 * finding. The ids stand in edgeprobe-findings(7): an id of the requirement
 * tables where one fits, else of the product's own list.
 */
#ifndef COMMON_JUDGE_FINDINGS_H
#define COMMON_JUDGE_FINDINGS_H

#include "common/base/arena.h"
#include "common/judge/verdict.h"
#include "common/model/deployment.h"

struct finding_rule {
	const char *id;
	const char *failures; /* "EF-04,EF-05" of edge-services.md 16; "" */
	const char *title;
	const char *why;    /* why it matters */
	const char *proof;  /* how to prove it by hand */
	const char *remedy; /* {where}: endpoints, {subject}: names */
	const char *source;
};

/* In the order in which to mend; from common/tables/findings.tsv. */
extern const struct finding_rule finding_rules[];
extern const size_t finding_rule_count;

const struct finding_rule *finding_rule_find(const char *id);

/* Adds the findings, the most severe first, to judged verdicts. */
void findings_add(struct arena *arena, struct judgement *judgement);

/* Adds the answers to the four questions. */
void answers_add(struct arena *arena, const struct deployment *deployment,
		 struct judgement *judgement);

#endif
