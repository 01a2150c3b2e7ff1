/*
 * rehearsal.h - the firewall rows of a run that tried the paths before
 * anything was installed, edgecheck at both ends. No I/O.
 */
#ifndef COMMON_JUDGE_REHEARSAL_H
#define COMMON_JUDGE_REHEARSAL_H

#include "common/judge/court.h"

/* Whether it is one: that much is seen by what it observed. */
bool rehearsal_is_run(const struct observation_list *observations);

/*
 * Judges the row at hand, which applies, once each Edge Server whose place
 * was taken: whether the path is open in the row's direction, and no more.
 */
void rehearsal_judge(struct court *court);

/* What the questions are answered with: nothing is installed yet. */
void rehearsal_answer(struct judgement *judgement);

#endif
