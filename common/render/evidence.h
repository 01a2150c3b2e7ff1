/*
 * evidence.h - observations as text for people: what -v shows beneath the
 * matrix, so that every verdict can be doubted from what was seen.
 */
#ifndef COMMON_RENDER_EVIDENCE_H
#define COMMON_RENDER_EVIDENCE_H

#include "common/model/observation.h"
#include "common/render/layout.h"

/* One observation: where, outcome, duration, and its facts. */
void evidence_print(const struct layout *layout,
		    const struct observation *observation);

#endif
