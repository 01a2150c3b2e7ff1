#include "tools/shared/conduct.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/judge/judge.h"
#include "tui/progress.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *conduct_new_id(struct arena *arena)
{
	uint32_t number;

	random_fill(&number, sizeof(number));
	return arena_format(arena, "%08x", number);
}

static void show_observation(void *context, struct observation *observation)
{
	const struct reports *reports = context;

	if (reports_are_live(reports))
		progress_clear();
	reports_observation(reports, observation);
}

static void show_progress(void *context, size_t done, size_t total,
			  const char *current)
{
	(void)context;
	progress_show(done, total, current, clock_now_us());
}

void conduct(struct look *look, struct run *run, const struct options *options,
	     struct reports *reports)
{
	int64_t started_us = clock_now_us();
	enum look_end end;
	const char *why;

	look->engine.observed = show_observation;
	look->engine.progress = show_progress;
	look->engine.context = reports;
	reports_open(look->engine.arena, reports, options, run);
	progress_begin(options_colour(options->colour, STDERR_FILENO));
	end = look_run(look, &why);
	progress_end();
	if (end == LOOK_IMPOSSIBLE) {
		reports_abandon(reports);
		die("%s", why);
	}
	run->duration_us = clock_now_us() - started_us;
	run->interrupted = end == LOOK_INTERRUPTED;
}

static bool wants_probe(const void *scope, const char *probe)
{
	return scope_wants_probe(scope, probe);
}

int conduct_judged(struct look *look, struct run *run,
		   const struct options *options, const struct scope *scope)
{
	struct reports reports = {0};
	struct report report = {.run = run,
				.deployment = look->deployment,
				.observations = look->observations};

	look->wanted = wants_probe;
	look->wanted_context = scope;
	conduct(look, run, options, &reports);
	run->inferred = look->deployment->inferred;
	run->inferred_count = look->deployment->inferred_count;
	report.judgement = judge(look->engine.arena, look->deployment, scope);
	reports_finish(&reports, &report);
	return report.judgement->exit_code;
}
