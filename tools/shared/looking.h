/*
 * looking.h - what the command lines of tools that look and judge have in
 * common: what is looked at, how to get there, and what there is to read.
 *
 * A tool gives looking_argp as a child of its own argp, with a struct looking
 * as input (arena and common set). Bad input ends the program with one line
 * that names the option. Texts live as long as argv, what was made of them in
 * the arena.
 */
#ifndef TOOLS_SHARED_LOOKING_H
#define TOOLS_SHARED_LOOKING_H

#include "common/base/options.h"
#include "common/judge/scope.h"
#include "common/model/deployment.h"
#include "common/model/run.h"
#include "probes/engine.h"
#include "probes/identity.h"
#include "tools/shared/way.h"

#include <argp.h>

#define LOOKING_SCOPE_MAX 64

struct looking {
	struct arena *arena;
	const struct options *common;
	const char *topology_file;
	bool has_product, has_kind;
	enum product product;
	enum topology_kind kind;
	const char *only[LOOKING_SCOPE_MAX], *skip[LOOKING_SCOPE_MAX];
	size_t only_count, skip_count;
	struct way way;
	const char *ca_file;
	struct identity identity; /* cert_file NULL: none */
	const char *explain;
	void (*list)(void);
};

extern const struct argp looking_argp;

/* Once all is parsed: a key needs its certificate. */
void looking_check(struct looking *looking);

/* Prints what --explain or a --list asks for; false: none was asked for. */
bool looking_tell(const struct looking *looking);

/*
 * The topology as told: the file, with what is against a rule noted on
 * standard error, or defaults; product and kind on top.
 */
struct topology *looking_topology(const struct looking *looking);

/* What it was asked to look at and to judge, from some place. */
struct scope looking_scope(const struct looking *looking, enum vantage vantage);

/* A deployment and an engine as told; the caller fills in what else it has. */
struct deployment looking_deployment(const struct looking *looking,
				     enum vantage vantage,
				     const struct topology *given,
				     const struct observation_list *seen);
struct engine_settings looking_engine(const struct looking *looking,
				      const struct run *run);

/* A run that begins now; target is for people. */
struct run looking_run(const struct looking *looking, enum vantage vantage,
		       const char *tool, const char *target);

/*
 * A host name of two labels or more, in lower case and without the dot of
 * the root, which no certificate has.
 */
const char *looking_name(struct arena *arena, const char *option,
			 const char *text);

#endif
