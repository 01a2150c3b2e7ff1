/*
 * area.h - the part of an Edge that a requirement speaks of, for reports.
 */
#ifndef COMMON_RENDER_AREA_H
#define COMMON_RENDER_AREA_H

#include "common/model/requirement.h"

/* In the order of reports; the last is for all the rest. */
struct area {
	const char *key; /* requirement->area */
	const char *title;
};

extern const struct area area_table[];
extern const size_t area_count;

const struct area *area_of(const struct requirement *requirement);

#endif
