/*
 * output.h - where a report goes: -o FORMAT[:FILE], written aside and renamed.
 *
 * A file appears under its name only when it is whole; until then it is
 * FILE.tmp.XXXXXX beside it. What is no regular file (a device, a pipe) is
 * written straight to. The tool ignores SIGPIPE; a reader that went away is
 * no error.
 */
#ifndef COMMON_RENDER_OUTPUT_H
#define COMMON_RENDER_OUTPUT_H

#include "common/render/render.h"

struct output {
	const struct renderer *renderer;
	const char *path;  /* NULL: standard output */
	FILE *file;	   /* NULL unless open */
	const char *final; /* where aside is renamed to */
	char *aside;	   /* NULL when written straight */
};

/* "json", "json:run.json"; *why (from the arena) names what was expected. */
bool output_parse(struct arena *arena, const char *text, struct output *output,
		  const char **why);

/* Whether no two of them would be mixed in one place. */
bool output_apart(struct arena *arena, const struct output *outputs,
		  size_t count, const char **why);

/* Whether escape sequences and the width of a terminal make sense there. */
bool output_is_terminal(const struct output *output);

/* Whether it is a file, written aside and renamed: not a pipe or device. */
bool output_is_aside(const struct output *output);

/* 0 or -errno. */
int output_open(struct arena *arena, struct output *output);

/* Flushes, and gives the file its name. 0 or -errno; nothing is left aside. */
int output_close(struct output *output);

/* Gives up: removes what was written aside. */
void output_abandon(struct output *output);

#endif
