/*
 * text.h - the report that an administrator reads: the answers, what to mend,
 * the matrix by area, and with -v the evidence.
 */
#ifndef COMMON_RENDER_TEXT_H
#define COMMON_RENDER_TEXT_H

#include "common/render/render.h"

void text_report(FILE *out, const struct report *report,
		 const struct render_style *style);

#endif
