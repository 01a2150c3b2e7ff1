/*
 * sheet_passages.h - the passages that a sheet about firewalls is asked for.
 * No I/O.
 */
#ifndef COMMON_RENDER_SHEET_PASSAGES_H
#define COMMON_RENDER_SHEET_PASSAGES_H

#include "common/plan/firewall.h"
#include "common/render/sheet.h"

/* Of the firewall of input->part; of those that input->missing found shut. */
struct passages sheet_passages(const struct sheet_input *input);

const char *passage_firewall(const struct passage *passage); /* "internal" */

#endif
