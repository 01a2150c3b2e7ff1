/*
 * changes.h - what the verdicts of one saved run say otherwise than those of
 * another, row by row.
 */
#ifndef COMMON_RENDER_CHANGES_H
#define COMMON_RENDER_CHANGES_H

#include "common/render/saved.h"

#include <stdio.h>

/*
 * A line for each row whose state changed, came or went. Returns the exit
 * code: 0 nothing changed, 1 something did, 2 a needed row is worse.
 */
int changes_write(FILE *out, struct arena *arena, const struct saved *before,
		  const struct saved *after, bool colour);

#endif
