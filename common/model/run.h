/*
 * run.h - one run of a tool: what it was asked, and when. No I/O.
 */
#ifndef COMMON_MODEL_RUN_H
#define COMMON_MODEL_RUN_H

#include "common/model/observation.h"

#include <stdbool.h>

#define SCHEMA_NAME "edgeprobe/1"

struct run {
	const char *id;	  /* 8 hex digits */
	const char *tool; /* "edgeprobe 0.1.0" */
	enum vantage vantage;
	const char *target;  /* as given; "" with a topology file alone */
	int64_t started_us;  /* wall clock */
	int64_t duration_us; /* until the last check ended */
	bool interrupted;    /* by SIGINT or the run's deadline */
	const char *roots;   /* "system" or the file of --ca-file */
	const char *const *inferred; /* what was inferred, one sentence each */
	size_t inferred_count;
};

#endif
