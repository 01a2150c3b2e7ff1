/*
 * engine.h - waits, paces and ends checks. The only place that waits.
 *
 * Three deadlines are always on: a step's (one phase without progress), a
 * check's, and the run's. Ownership: everything observed lives in the arena
 * of the settings and outlives the engine.
 */
#ifndef PROBES_ENGINE_H
#define PROBES_ENGINE_H

#include "common/base/arena.h"
#include "common/model/deployment.h"
#include "common/model/observation.h"
#include "common/model/plan.h"

#include <stdbool.h>

struct engine;
struct credentials;
struct identity;
struct relay_wish;

struct engine_settings {
	struct arena *arena;
	const char *run; /* id for the observations */
	enum vantage vantage;
	int64_t timeout_us;  /* a step */
	int64_t deadline_us; /* the whole run, from engine_new() on */
	unsigned in_flight;  /* checks at once; 0: the default */
	int64_t soak_us;     /* how long connections rest, where asked for */
	const struct endpoint *resolvers; /* none: the system's */
	size_t resolver_count;
	const struct relay_wish *relay;	 /* NULL: no credentials */
	const char *ca_file;		 /* NULL: the system's store */
	const struct identity *identity; /* of a partner; NULL: none */
	struct credentials *credentials; /* mras fills them in; may be NULL */
	const struct connect_override *overrides; /* of transfers */
	size_t override_count;
	int families; /* of transfers: 0 both, else one alone */

	/* Told of each observation once it is complete. */
	void (*observed)(void *context, struct observation *observation);
	/* Before the engine waits: what came at once is thought of at once. */
	void (*settle)(void *context); /* may be NULL */
	/* Told now and then; current may be NULL. */
	void (*progress)(void *context, size_t done, size_t total,
			 const char *current);
	void *context;
};

/* NULL with *why when the CA file, identity or a resolver cannot be used. */
struct engine *engine_new(const struct engine_settings *settings,
			  const char **why);
void engine_free(struct engine *engine);

/* Queues a check; allowed at any time, also from observed(). */
void engine_add(struct engine *engine, const struct check_spec *spec);

/*
 * Runs until all checks ended. An ending signal (common/base/signals.h) that
 * is not ignored, or the run's deadline, ends what is open as OUTCOME_LOCAL.
 * False when interrupted. Only here do those signals come through where the
 * caller holds them back.
 */
bool engine_run(struct engine *engine);

/* Whether all that is open is being ended; asked from observed(). */
bool engine_is_ending(const struct engine *engine);

#endif
