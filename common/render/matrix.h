/*
 * matrix.h - the verdicts as text: by area, what is not verified; with -v
 * every row.
 */
#ifndef COMMON_RENDER_MATRIX_H
#define COMMON_RENDER_MATRIX_H

#include "common/render/layout.h"
#include "common/render/render.h"

void matrix_print(const struct layout *layout, const struct report *report,
		  int verbose);

#endif
