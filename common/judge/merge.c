#include "common/judge/merge.h"

#include "common/judge/judge.h"

#include <string.h>

static bool same_row(const struct verdict *one, const struct verdict *other)
{
	return one->requirement == other->requirement;
}

static bool same_place(const struct verdict *one, const struct verdict *other)
{
	return same_row(one, other) && strcmp(one->node, other->node) == 0 &&
	       strcmp(one->subject, other->subject) == 0;
}

static bool says_something(const struct verdict *verdict)
{
	return verdict->state != STATE_UNOBSERVED || verdict->needed;
}

/* Of one place, where others of the row may well be judged. */
static bool is_not_needed_here(const struct verdict *verdict)
{
	return verdict->state == STATE_NA &&
	       (strcmp(verdict->node, "-") != 0 ||
		strcmp(verdict->subject, "-") != 0);
}

/* The judgement being put together, and whose each verdict is. */
struct merging {
	struct arena *arena;
	struct judgement *merged;
	const struct judgement **origins;
	size_t origin_capacity;
};

/* A file says the same to everybody. */
static bool is_of_plan(const struct verdict *verdict)
{
	return verdict->vantage == VANTAGE_PLAN;
}

/* Where somebody looked, that the file agrees is no news. */
static bool is_told_better(const struct judgement *merged,
			   const struct verdict *verdict)
{
	for (size_t i = 0; i < merged->verdict_count; i++) {
		const struct verdict *other = merged->verdicts[i];

		if (same_row(other, verdict) && other->state != STATE_NA &&
		    (is_of_plan(other) || verdict->state == STATE_VERIFIED))
			return true;
	}
	return false;
}

/* What another run says too, or better, is said there. */
static bool is_left_out(const struct merging *merging,
			const struct judgement *origin,
			const struct verdict *verdict)
{
	const struct judgement *merged = merging->merged;

	if (is_of_plan(verdict))
		return is_told_better(merged, verdict);
	if (says_something(verdict) && verdict->state != STATE_NA)
		return false;
	for (size_t i = 0; i < merged->verdict_count; i++) {
		const struct verdict *other = merged->verdicts[i];

		if (merging->origins[i] != origin &&
		    (same_place(other, verdict) ||
		     (same_row(other, verdict) && says_something(other) &&
		      !is_not_needed_here(verdict))))
			return true;
	}
	return false;
}

static void add(struct merging *merging, const struct judgement *origin,
		struct verdict *verdict)
{
	struct judgement *merged = merging->merged;

	merging->origins = arena_grow(
		merging->arena, merging->origins, merged->verdict_count,
		&merging->origin_capacity, sizeof(*merging->origins));
	merging->origins[merged->verdict_count] = origin;
	merged->verdicts = arena_grow(
		merging->arena, merged->verdicts, merged->verdict_count,
		&merged->verdict_capacity, sizeof(struct verdict *));
	merged->verdicts[merged->verdict_count++] = verdict;
}

/* The order in which verdicts come in: each is held against those before. */
enum turn { TURN_TELLING, TURN_PLAN, TURN_REST, TURN_COUNT };

static enum turn turn_of(const struct verdict *verdict)
{
	if (is_of_plan(verdict))
		return TURN_PLAN;
	return says_something(verdict) ? TURN_TELLING : TURN_REST;
}

static void add_each(struct merging *merging, const struct judgement *judgement,
		     enum turn turn)
{
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		struct verdict *verdict = judgement->verdicts[i];

		if (turn_of(verdict) == turn &&
		    !is_left_out(merging, judgement, verdict))
			add(merging, judgement, verdict);
	}
}

/* In the order of the tables again; what is of one row stays in order. */
static void sort_by_row(struct arena *arena, struct judgement *merged)
{
	struct verdict **sorted = arena_alloc(
		arena, merged->verdict_count * sizeof(struct verdict *));
	const struct requirement *table;
	size_t rows, count = 0;
	size_t *starts;

	table = requirement_table(&rows);
	starts = arena_alloc(arena, (rows + 1) * sizeof(*starts));
	for (size_t i = 0; i < merged->verdict_count; i++)
		starts[merged->verdicts[i]->requirement - table + 1]++;
	for (size_t i = 0; i < rows; i++)
		starts[i + 1] += starts[i];
	for (size_t i = 0; i < merged->verdict_count; i++, count++)
		sorted[starts[merged->verdicts[i]->requirement - table]++] =
			merged->verdicts[i];
	merged->verdicts = sorted;
	merged->verdict_capacity = count;
}

struct judgement *judgement_merge(struct arena *arena,
				  const struct deployment *deployment,
				  struct judgement *const *judgements,
				  size_t count)
{
	struct judgement *merged = arena_alloc(arena, sizeof(*merged));
	struct merging merging = {.arena = arena, .merged = merged};

	for (unsigned turn = 0; turn < TURN_COUNT; turn++)
		for (size_t i = 0; i < count; i++)
			add_each(&merging, judgements[i], (enum turn)turn);
	sort_by_row(arena, merged);
	judgement_conclude(arena, deployment, merged);
	return merged;
}
