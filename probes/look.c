#include "probes/look.h"

#include "common/model/targets.h"
#include "probes/probe.h"

#include <string.h>

#define PROBES_KEPT 64 /* whose being wanted is remembered */

/* A look under way. */
struct view {
	struct look *look;
	struct engine *engine;
	struct plan plan;
	bool has_news; /* observations that no plan has followed yet */
	enum { NOT_ASKED, UNWANTED, WANTED } wanted[PROBES_KEPT];
};

/* Asked after each observation for each target; the answer stays the same. */
static bool wants(const void *context, const char *probe)
{
	struct view *view = *(struct view *const *)context;
	const struct look *look = view->look;
	size_t i = 0;

	while (i < probe_count && strcmp(probe_table[i]->name, probe) != 0)
		i++;
	if (i == probe_count || i >= PROBES_KEPT)
		return look->wanted(look->wanted_context, probe);
	if (view->wanted[i] == NOT_ASKED)
		view->wanted[i] = look->wanted(look->wanted_context, probe)
					  ? WANTED
					  : UNWANTED;
	return view->wanted[i] == WANTED;
}

/* Plans what follows from what is known, and queues what is new. */
static void follow(struct view *view)
{
	struct look *look = view->look;
	size_t before = view->plan.count;

	targets_update(look->deployment);
	look->follow(&view->plan, look->deployment, wants, &view);
	for (size_t i = before; i < view->plan.count; i++)
		engine_add(view->engine, view->plan.items[i]);
}

static void observed(void *context, struct observation *observation)
{
	struct view *view = context;
	struct look *look = view->look;

	observation_list_add(look->engine.arena, look->observations,
			     observation);
	if (look->engine.observed)
		look->engine.observed(look->engine.context, observation);
	view->has_news = true;
}

/* Answers come by the dozen: one plan follows from all of them. */
static void settle(void *context)
{
	struct view *view = context;

	/* nothing new is begun while everything ends */
	if (view->has_news && !engine_is_ending(view->engine))
		follow(view);
	view->has_news = false;
}

static void progress(void *context, size_t done, size_t total,
		     const char *current)
{
	const struct engine_settings *asked =
		&((struct view *)context)->look->engine;

	if (asked->progress)
		asked->progress(asked->context, done, total, current);
}

enum look_end look_run(struct look *look, const char **why)
{
	struct view view = {.look = look};
	struct engine_settings settings = look->engine;
	bool whole;

	settings.overrides = look->deployment->overrides;
	settings.override_count = look->deployment->override_count;
	settings.families = look->deployment->families;
	settings.observed = observed;
	settings.settle = settle;
	settings.progress = progress;
	settings.context = &view;
	view.engine = engine_new(&settings, why);
	if (!view.engine)
		return LOOK_IMPOSSIBLE;
	follow(&view);
	whole = engine_run(view.engine);
	if (!whole)
		targets_update(look->deployment); /* what came at the end */
	engine_free(view.engine);
	return whole ? LOOK_DONE : LOOK_INTERRUPTED;
}
