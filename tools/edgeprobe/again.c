#include "tools/edgeprobe/again.h"

#include "common/base/log.h"
#include "common/judge/judge.h"
#include "common/judge/merge.h"
#include "common/judge/rehearsal.h"
#include "common/model/targets.h"
#include "common/render/changes.h"
#include "common/render/reports.h"
#include "common/render/saved.h"
#include "probes/probe.h"

#include <stdlib.h>
#include <string.h>

static bool fact_type_of(const char *key, enum fact_type *type)
{
	for (size_t i = 0; i < probe_count; i++)
		for (const struct fact_def *fact = probe_table[i]->facts;
		     fact->key; fact++)
			if (strcmp(fact->key, key) == 0) {
				*type = fact->type;
				return true;
			}
	return false;
}

static struct saved **read_files(const struct again *again)
{
	struct saved **saved = arena_alloc(
		again->arena, again->file_count * sizeof(struct saved *));
	const char *why;

	for (size_t i = 0; i < again->file_count; i++) {
		saved[i] = saved_read(again->arena, again->files[i],
				      fact_type_of, &why);
		if (!saved[i])
			die("%s", why);
	}
	return saved;
}

static bool same_text(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

/* Runs about two deployments have no verdict in common. */
static void check_alike(struct saved *const *saved, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!same_text(saved[0]->asked, saved[i]->asked) ||
		    !same_text(saved[0]->given->domains[0],
			       saved[i]->given->domains[0]))
			die("%s and %s are of two deployments: %s and %s",
			    saved[0]->path, saved[i]->path,
			    saved[0]->run.target, saved[i]->run.target);
}

/* What was tried before installation is not of what was installed. */
static void check_time(struct saved *const *saved, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (rehearsal_is_run(&saved[0]->observations) !=
		    rehearsal_is_run(&saved[i]->observations))
			die("%s and %s: one is of before the installation "
			    "(edgecheck --toward), the other is not",
			    saved[0]->path, saved[i]->path);
}

static const struct topology *find_topology(const struct again *again,
					    const struct saved *saved)
{
	const struct topology *topology;
	const char *why;

	if (!again->topology_file) {
		if (saved->given->file)
			die("%s was made with -t %s: give it again",
			    saved->path, saved->given->file);
		return saved->given;
	}
	topology = topology_read(again->arena, again->topology_file, &why);
	if (!topology)
		die("%s", why);
	return topology;
}

/* The run that began last comes last. */
static void sort_by_start(struct saved **saved, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct saved *one = saved[i];
		size_t at = i;

		for (;
		     at && saved[at - 1]->run.started_us > one->run.started_us;
		     at--)
			saved[at] = saved[at - 1];
		saved[at] = one;
	}
}

/*
 * From the Edge's own place it matters who asks: each server of a pool has
 * questions of its own. Elsewhere "".
 */
static const char *asker_of(const struct observation *seen)
{
	const char *own = observation_text(seen, "host.address");

	if (seen->vantage != VANTAGE_EDGE_HOST)
		return "";
	return own ? own : seen->source;
}

/* By what was asked of whom: a later run's answer takes the place of it. */
static int compare_questions(const void *one, const void *other)
{
	const struct observation *first = *(struct observation *const *)one;
	const struct observation *second = *(struct observation *const *)other;
	const char *const texts[][2] = {
		{first->probe, second->probe},
		{first->subject, second->subject},
		{first->endpoint.name, second->endpoint.name},
		{observation_text(first, "dns.type"),
		 observation_text(second, "dns.type")},
		{asker_of(first), asker_of(second)},
	};
	int order = address_compare(&first->endpoint.address,
				    &second->endpoint.address);

	for (size_t i = 0; !order && i < sizeof(texts) / sizeof(texts[0]); i++)
		order = strcmp(texts[i][0] ? texts[i][0] : "",
			       texts[i][1] ? texts[i][1] : "");
	if (!order)
		order = first->endpoint.port - second->endpoint.port;
	if (!order)
		order = (int)first->endpoint.transport -
			(int)second->endpoint.transport;
	return order ? order : (int)first->vantage - (int)second->vantage;
}

/* The questions of a run in order, to be searched. */
static struct observation **index_of(struct arena *arena,
				     const struct saved *saved)
{
	size_t count = saved->observations.count;
	struct observation **index =
		arena_alloc(arena, count * sizeof(struct observation *));

	for (size_t i = 0; i < count; i++)
		index[i] = saved->observations.items[i];
	if (count)
		qsort(index, count, sizeof(struct observation *),
		      compare_questions);
	return index;
}

static bool is_asked_later(struct saved *const *saved,
			   struct observation **const *indices, size_t run,
			   size_t count, struct observation *seen)
{
	for (size_t i = run + 1; i < count; i++)
		if (saved[i]->observations.count &&
		    bsearch(&seen, indices[i], saved[i]->observations.count,
			    sizeof(struct observation *), compare_questions))
			return true;
	return false;
}

/*
 * All that was seen from one vantage point on one mission, run by run in the
 * order in which it came; of what was asked twice, the newest.
 */
static struct observation_list gather(const struct again *again,
				      struct saved *const *saved,
				      enum vantage vantage,
				      const struct mission *mission)
{
	struct observation_list list = {0};
	struct observation ***indices =
		arena_alloc(again->arena, again->file_count * sizeof(*indices));

	for (size_t i = 0; i < again->file_count; i++)
		indices[i] = index_of(again->arena, saved[i]);
	for (size_t i = 0; i < again->file_count; i++)
		for (size_t j = 0; j < saved[i]->observations.count; j++) {
			struct observation *seen =
				saved[i]->observations.items[j];

			if (seen->vantage == vantage &&
			    mission_equal(saved[i]->mission, mission) &&
			    !is_asked_later(saved, indices, i,
					    again->file_count, seen))
				observation_list_add(again->arena, &list, seen);
		}
	return list;
}

/* When the first began, and how long until the last ended. */
static struct run run_of(const struct again *again, struct saved *const *saved)
{
	struct run run = saved[0]->run;
	int64_t end_us = run.started_us + run.duration_us;

	run.tool = "edgeprobe " EDGEPROBE_VERSION;
	for (size_t i = 1; i < again->file_count; i++) {
		const struct run *other = &saved[i]->run;

		if (other->started_us < run.started_us)
			run.started_us = other->started_us;
		if (other->started_us + other->duration_us > end_us)
			end_us = other->started_us + other->duration_us;
		run.interrupted = run.interrupted || other->interrupted;
		run.id = arena_format(again->arena, "%s+%s", run.id, other->id);
	}
	run.duration_us = end_us - run.started_us;
	return run;
}

static struct deployment *deployment_of(const struct again *again,
					const struct saved *saved,
					enum vantage vantage,
					struct observation_list *list)
{
	struct deployment *deployment =
		arena_alloc(again->arena, sizeof(*deployment));

	*deployment = (struct deployment){
		.arena = again->arena,
		.vantage = vantage,
		.inside_names = saved->inside_names,
		.inside_name_count = saved->inside_name_count,
		.mission = saved->mission,
		.asked = again->topology_file ? NULL : saved->asked,
		.given = find_topology(again, saved),
		.overrides = saved->overrides,
		.override_count = saved->override_count,
		.resolvers = saved->resolvers,
		.resolver_count = saved->resolver_count,
		.controls = saved->controls,
		.control_count = saved->control_count,
		.my_addresses = {saved->my_addresses[0],
				 saved->my_addresses[1]},
		.from_domain = saved->from_domain,
		.families = saved->families,
		.observations = list,
	};
	targets_update(deployment);
	if (deployment->discovery != DISCOVERY_DONE)
		die("%s: nothing in it tells of a SIP domain", saved->path);
	return deployment;
}

/*
 * The first run on that mission from there says what it was told; else the
 * first on it from anywhere.
 */
static const struct saved *teller(const struct again *again,
				  struct saved *const *saved,
				  enum vantage vantage, size_t run)
{
	for (size_t i = run; i < again->file_count; i++)
		if (saved[i]->run.vantage == vantage &&
		    mission_equal(saved[i]->mission, saved[run]->mission))
			return saved[i];
	return saved[run];
}

/* Whether a run before it was sent for the same. */
static bool is_repeated(struct saved *const *saved, size_t run)
{
	for (size_t i = 0; i < run; i++)
		if (mission_equal(saved[i]->mission, saved[run]->mission))
			return true;
	return false;
}

/* The judgement of each vantage point, and mission there, as one. */
static struct judgement *judge_each(const struct again *again,
				    struct saved *const *saved,
				    struct deployment **deployment)
{
	struct judgement **judgements =
		arena_alloc(again->arena, again->file_count * VANTAGE_COUNT *
						  sizeof(struct judgement *));
	size_t count = 0;

	for (size_t i = 0; i < VANTAGE_COUNT * again->file_count; i++) {
		/* what people outside see comes last: the report is of that */
		enum vantage vantage = (enum vantage)(VANTAGE_COUNT - 1 -
						      i / again->file_count);
		size_t run = i % again->file_count;
		struct observation_list *list =
			arena_alloc(again->arena, sizeof(*list));
		struct scope scope = *again->scope;

		if (is_repeated(saved, run))
			continue;
		*list = gather(again, saved, vantage, saved[run]->mission);
		if (!list->count)
			continue;
		scope.vantage = vantage;
		*deployment =
			deployment_of(again, teller(again, saved, vantage, run),
				      vantage, list);
		judgements[count++] = judge(again->arena, *deployment, &scope);
	}
	if (!count)
		die("%s: no observations", saved[0]->path);
	if (count == 1)
		return judgements[0];
	return judgement_merge(again->arena, *deployment, judgements, count);
}

int again_judge(const struct again *again)
{
	struct saved **saved = read_files(again);
	struct deployment *deployment = NULL;
	struct reports reports = {0};
	struct report report = {0};
	struct run run;

	check_alike(saved, again->file_count);
	check_time(saved, again->file_count);
	sort_by_start(saved, again->file_count);
	run = run_of(again, saved);
	reports_open(again->arena, &reports, again->options, &run);
	report.judgement = judge_each(again, saved, &deployment);
	run.inferred = deployment->inferred;
	run.inferred_count = deployment->inferred_count;
	report.run = &run;
	report.deployment = deployment;
	report.observations = deployment->observations;
	reports_finish(&reports, &report);
	return report.judgement->exit_code;
}

int again_diff(const struct again *again)
{
	struct saved **saved;

	if (again->file_count != 2)
		die("diff: compares two files, as in: diff OLD.json NEW.json");
	saved = read_files(again);
	return changes_write(stdout, again->arena, saved[0], saved[1],
			     options_colour(again->options->colour, 1));
}
