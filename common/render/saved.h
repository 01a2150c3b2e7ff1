/*
 * saved.h - a JSON document of an earlier run, read back. No network.
 *
 * The other way round of json.h: what json_report() wrote, as far as it takes
 * to judge it again or to compare it. A document of later releases may have
 * more; it is passed over.
 */
#ifndef COMMON_RENDER_SAVED_H
#define COMMON_RENDER_SAVED_H

#include "common/judge/verdict.h"
#include "common/model/deployment.h"
#include "common/model/run.h"

#define SAVED_BYTES_MAX	       (256 * 1024 * 1024)
#define SAVED_OBSERVATIONS_MAX 1000000

/* A verdict as it was; texts in place of what they named. */
struct saved_verdict {
	const char *requirement, *node, *subject, *vantage;
	const char *because;
	enum state state;
	bool needed;
};

struct saved {
	const char *path;
	struct run run;
	struct observation_list observations;
	struct saved_verdict *verdicts;
	size_t verdict_count;

	/* what it was told: fields of struct deployment */
	const char *asked;
	struct topology *given; /* file set: made with that file */
	struct connect_override *overrides;
	size_t override_count;
	struct endpoint *resolvers;
	size_t resolver_count;
	struct control_place controls[DEPLOYMENT_CONTROLS_MAX];
	size_t control_count;
	struct address my_addresses[2];
	const char *from_domain;
	const char *inside_names[DEPLOYMENT_INSIDE_MAX];
	size_t inside_name_count;
	const struct mission *mission; /* NULL: none */
	int families;
};

/*
 * type_of() tells the type of a fact by its key; false where no probe knows
 * it, and the JSON type has to do. NULL with *why when the file cannot be
 * read or is no such document. Everything lives in the arena.
 */
struct saved *saved_read(struct arena *arena, const char *path,
			 bool (*type_of)(const char *key, enum fact_type *type),
			 const char **why);

#endif
