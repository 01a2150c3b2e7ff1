/*
 * scope.h - which rows a run was asked to look at (--only, --skip). No I/O.
 */
#ifndef COMMON_JUDGE_SCOPE_H
#define COMMON_JUDGE_SCOPE_H

#include "common/judge/judge.h"

bool scope_wants(const struct judge_scope *scope,
		 const struct requirement *requirement);

#endif
