/*
 * render.h - a run, its observations and its judgement as text and JSON.
 * Writes to a stream handed in; recomputes nothing.
 */
#ifndef COMMON_RENDER_RENDER_H
#define COMMON_RENDER_RENDER_H

#include "common/judge/verdict.h"
#include "common/model/deployment.h"
#include "common/model/run.h"

#include <stdio.h>

struct report {
	const struct run *run;
	const struct deployment *deployment;
	const struct observation_list *observations;
	struct judgement *judgement;
	bool tells_conversation; /* to people, what was said to relays */
};

struct render_style {
	bool colour;
	int width;   /* columns; at least 40 */
	int verbose; /* 0: what is not verified; 1: all rows and evidence */
};

/* One output format of -o. */
struct renderer {
	const char *name; /* "json" */
	const char *summary;
	bool for_people; /* has nothing to say without a judgement */
	/* The whole report at the end of the run; may be NULL. */
	void (*report)(FILE *out, const struct report *report,
		       const struct render_style *style);
	/* As the run goes: begin, and each observation; may be NULL. */
	void (*begin)(FILE *out, const struct run *run);
	void (*observation)(FILE *out, const struct observation *observation);
};

extern const struct renderer renderer_table[];
extern const size_t renderer_count;

const struct renderer *renderer_find(const char *name); /* NULL: none */

#endif
