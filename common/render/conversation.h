/*
 * conversation.h - what was said to each relay, and what came of it: the
 * report of edgeturn, in the place of the matrix.
 */
#ifndef COMMON_RENDER_CONVERSATION_H
#define COMMON_RENDER_CONVERSATION_H

#include "common/model/observation.h"
#include "common/render/layout.h"

void conversation_print(const struct layout *layout,
			const struct observation_list *observations);

#endif
