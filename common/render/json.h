/*
 * json.h - a run as one JSON document, or as records while it goes.
 *
 * The schema is product.md section 8 and edgeprobe-json(5). Every string is
 * in the safe form of base/text.h, so that any byte of the network gives
 * valid UTF-8 JSON, and the bytes can be told from it again.
 */
#ifndef COMMON_RENDER_JSON_H
#define COMMON_RENDER_JSON_H

#include "common/render/render.h"

/* "json": one document at the end. */
void json_report(FILE *out, const struct report *report,
		 const struct render_style *style);

/* "ndjson": one object a line, flushed at once. */
void json_begin_record(FILE *out, const struct run *run);
void json_observation_record(FILE *out, const struct observation *observation);
void json_final_records(FILE *out, const struct report *report,
			const struct render_style *style);

#endif
