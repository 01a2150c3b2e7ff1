#include "common/judge/court.h"

#include "common/plan/lint.h"

/*
 * Rows that a topology file settles: what it says is true of the plan from
 * wherever one looks, so that the vantage point of these verdicts is "plan".
 */

/* Whether somebody looked at the row, or should have. */
static bool is_looked_at(const struct judgement *judgement, size_t first)
{
	for (size_t i = first; i < judgement->verdict_count; i++)
		if (judgement->verdicts[i]->state != STATE_UNOBSERVED ||
		    judgement->verdicts[i]->needed)
			return true;
	return false;
}

static struct verdict *add_of_plan(struct court *court)
{
	struct verdict *verdict = court_add(court, "-", "-");

	verdict->vantage = VANTAGE_PLAN;
	verdict->source = "";
	return verdict;
}

static const char *place_of(struct court *court, const struct remark *remark)
{
	const char *file = court->deployment->topology->file;

	return remark->line
		       ? arena_format(court->arena, "%s:%u", file, remark->line)
		       : file;
}

/* A recommendation against which a file decides is no fault of the Edge. */
static void object(struct court *court, const struct remarks *remarks)
{
	const struct remark *remark = &remarks->items[0];
	enum severity severity = court->requirement->severity;
	struct verdict *verdict = add_of_plan(court);

	verdict->where = place_of(court, remark);
	verdict->because = arena_format(court->arena, "%s: %s", verdict->where,
					remark->text);
	if (remarks->count > 1)
		verdict->because =
			arena_format(court->arena, "%s (and %zu more)",
				     verdict->because, remarks->count - 1);
	if (severity == SEVERITY_MUST) {
		verdict->state = STATE_WRONG;
		verdict->cause = "plan.breaks-rule";
		verdict->needed = true;
	} else {
		verdict->state = severity == SEVERITY_SHOULD ? STATE_WARN
							     : STATE_VERIFIED;
	}
}

static void agree(struct court *court)
{
	struct verdict *verdict = add_of_plan(court);

	verdict->state = STATE_VERIFIED;
	verdict->because = "the topology file agrees";
	verdict->needed = court->requirement->severity != SEVERITY_INFO;
}

/* What is merely not seen gives way to what the file says. */
static void drop_unseen(struct judgement *judgement, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < judgement->verdict_count; i++)
		if (judgement->verdicts[i]->state != STATE_UNOBSERVED ||
		    judgement->verdicts[i]->needed)
			judgement->verdicts[kept++] = judgement->verdicts[i];
	judgement->verdict_count = kept;
}

void court_judge_plan(struct court *court, size_t first)
{
	struct judgement *judgement = court->judgement;
	struct remarks remarks;
	enum stance stance;

	if (!(court->requirement->vantages & 1u << VANTAGE_PLAN) ||
	    !scope_wants(court->scope, court->requirement))
		return;
	stance = lint_stance(court->arena, court->deployment->topology,
			     court->requirement, &remarks);
	if (stance == STANCE_SILENT ||
	    (stance == STANCE_AGREES && is_looked_at(judgement, first)))
		return;
	drop_unseen(judgement, first);
	if (stance == STANCE_OBJECTS)
		object(court, &remarks);
	else
		agree(court);
}
