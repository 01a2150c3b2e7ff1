#include "common/judge/judge.h"

#include "common/judge/court.h"
#include "common/judge/findings.h"
#include "common/judge/place.h"
#include "common/judge/rehearsal.h"
#include "common/judge/scope.h"
#include "common/model/sightings.h"

#include <assert.h>
#include <string.h>

static void add_plain(struct court *court, enum state state,
		      const char *because)
{
	struct verdict *verdict = court_add(court, "-", "-");

	verdict->state = state;
	verdict->because = because;
}

/* Who else could look at a row. */
static const struct {
	enum vantage vantage;
	const char *who;
} lookers[] = {
	{VANTAGE_OUTSIDE, "edgeprobe from outside"},
	{VANTAGE_INSIDE, " in the internal network"}, /* by which run */
	{VANTAGE_EDGE_HOST, "edgecheck --edge-host on the Edge Server"},
	{VANTAGE_PCAP, "edgedump over a capture"},
	{VANTAGE_PLAN, "edgeplan lint over a topology file"},
};

/* "edgecheck --internal ... or edgedump ... can"; "" when nobody. */
static const char *who_could(const struct court *court)
{
	const char *text = "";
	size_t count = sizeof(lookers) / sizeof(lookers[0]);

	for (size_t i = 0; i < count; i++) {
		enum vantage vantage = lookers[i].vantage;

		if (vantage != court->scope->vantage &&
		    court->requirement->vantages & 1u << vantage)
			text = arena_format(
				court->arena, "%s%s%s%s", text,
				*text ? " or " : "",
				vantage == VANTAGE_INSIDE
					? court_looks_inside(court->requirement)
					: "",
				lookers[i].who);
	}
	return text;
}

static const char *unseen_from_here(const struct court *court)
{
	const char *who = who_could(court);

	if (!*who)
		return "only a person can confirm it";
	return arena_format(court->arena, "not visible from %s: %s can see it",
			    vantage_name(court->scope->vantage), who);
}

/* With a file, that file has no word of it. */
static const char *only_by_plan(const struct court *court)
{
	const char *file = court->deployment->topology->file;

	if (!file)
		return unseen_from_here(court);
	return arena_format(court->arena, "%s does not tell", file);
}

static const char *not_yet_looked_at(const struct court *court)
{
	const char *who = who_could(court);
	const char *port = court->requirement->port;

	return arena_format(court->arena,
			    "this release does not look at %s%s%s%s",
			    *port ? port : "it", *who ? ": " : "", who,
			    *who ? " can see it" : "");
}

/*
 * One row
 */

/* What DNS settles is about names and domains, unless it names neither. */
static bool is_about_listeners(const struct judging *judging)
{
	return strcmp(judging->listener, "-") != 0 &&
	       (strncmp(judging->probe, "dns", 3) != 0 ||
		strcmp(judging->subject, "-") == 0);
}

/* One that applies, as this vantage point sees it. */
static void judge_from_here(struct court *court)
{
	const struct requirement *requirement = court->requirement;
	const struct judging *judging = requirement->judging;

	if (judging->settle == SETTLE_MANUAL)
		add_plain(court, STATE_UNOBSERVED,
			  "only a person can confirm it");
	else if (judging->settle == SETTLE_PLAN)
		add_plain(court, STATE_UNOBSERVED, only_by_plan(court));
	else if (!(requirement->vantages & 1u << court->scope->vantage))
		add_plain(court, STATE_UNOBSERVED, unseen_from_here(court));
	else if (court_is_beside_mission(court))
		court_tell_beside_mission(court);
	else if (!court->predicate)
		add_plain(court, STATE_UNOBSERVED, not_yet_looked_at(court));
	else if (!scope_wants(court->scope, requirement))
		add_plain(court, STATE_UNOBSERVED,
			  "left out by --only or --skip");
	else if (court_has_errands(court))
		court_judge_errands(court);
	else if (strncmp(judging->subject, "web", 3) == 0)
		court_judge_web(court);
	else if (strcmp(judging->subject, "host") == 0)
		court_judge_hosts(court);
	else if (strcmp(judging->subject, "certificate") == 0)
		court_judge_certificates(court);
	else if (is_about_listeners(judging))
		court_judge_listeners(court);
	else if (strcmp(judging->subject, "inside-name") == 0)
		court_judge_inside_names(court);
	else if (strcmp(judging->subject, "name") == 0)
		court_judge_names(court);
	else
		court_judge_domains(court);
}

static void judge_row(struct court *court)
{
	const struct requirement *requirement = court->requirement;
	size_t first = court->judgement->verdict_count;

	if (requirement->judging->settle == SETTLE_REFERENCE)
		return;
	court->applicability = applicability_of(court->arena, requirement,
						court->deployment->topology);
	court->predicate = predicate_find(requirement->judging->predicate);
	if (!court->applicability.applies) {
		add_plain(court, STATE_NA, court->applicability.because);
	} else if (court->is_rehearsal) {
		rehearsal_judge(court);
	} else if (court_is_elsewhere(court, "-")) {
		add_plain(court, STATE_NA,
			  "hosted in Microsoft 365: there is no Edge Server "
			  "to look at");
	} else {
		judge_from_here(court);
		court_judge_plan(court, first);
	}
}

/*
 * Grounds: what had nothing to be judged by rests on another row
 */

static bool is_ground(const struct requirement *requirement, const char *needs)
{
	return strcmp(requirement->id, needs) == 0 ||
	       strcmp(requirement->flow, needs) == 0;
}

/* The verdicts of a row stand together; there may be thousands of them. */
static size_t end_of_row(const struct judgement *judgement, size_t first)
{
	const struct requirement *row = judgement->verdicts[first]->requirement;
	size_t end = first;

	while (end < judgement->verdict_count &&
	       judgement->verdicts[end]->requirement == row)
		end++;
	return end;
}

struct row_span {
	const struct requirement *requirement;
	size_t first, end;
};

struct grounds {
	const struct judgement *judgement;
	struct row_span *spans;
	size_t count;
};

static struct row_span *find_spans(struct court *court, size_t *count)
{
	const struct judgement *judgement = court->judgement;
	struct row_span *spans = NULL;
	size_t capacity = 0;

	*count = 0;
	for (size_t i = 0; i < judgement->verdict_count;) {
		size_t end = end_of_row(judgement, i);

		spans = arena_grow(court->arena, spans, *count, &capacity,
				   sizeof(*spans));
		spans[(*count)++] = (struct row_span){
			judgement->verdicts[i]->requirement, i, end};
		i = end;
	}
	return spans;
}

static bool is_missing(const struct verdict *verdict)
{
	return verdict->state != STATE_VERIFIED &&
	       verdict->state != STATE_WARN && verdict->state != STATE_NA;
}

static const struct verdict *find_ground(const struct grounds *grounds,
					 const struct verdict *verdict)
{
	const char *needs = verdict->requirement->judging->needs;
	const struct verdict *found = NULL;

	for (size_t i = 0; i < grounds->count; i++) {
		const struct row_span *span = &grounds->spans[i];

		if (!is_ground(span->requirement, needs))
			continue;
		for (size_t j = span->first; j < span->end; j++) {
			const struct verdict *ground =
				grounds->judgement->verdicts[j];

			if (!is_missing(ground))
				continue;
			if (strcmp(ground->node, verdict->node) == 0)
				return ground;
			if (!found)
				found = ground;
		}
	}
	return found;
}

/* False while the ground waits for its own. */
static bool rest_on_ground(struct court *court, const struct grounds *grounds,
			   struct verdict *verdict)
{
	const struct verdict *ground = find_ground(grounds, verdict);

	if (!ground) {
		int families = court->deployment->families;

		verdict->because = "nothing was seen to judge it by";
		if (families == AF_INET)
			verdict->because = "no IPv4 address is known (-4)";
		if (families == AF_INET6)
			verdict->because = "no IPv6 address is known (-6)";
		return true;
	}
	if (!ground->because)
		return false;
	verdict->needed = verdict->needed && ground->needed;
	/* what rests on something else hands its ground on */
	verdict->ground = ground->ground ? ground->ground : ground;
	if (ground->ground)
		verdict->because = ground->because;
	else
		verdict->because = arena_format(
			court->arena, "rests on %s, which is %s: %s",
			verdict->requirement->judging->needs,
			state_name(ground->state), ground->because);
	return true;
}

static void rest_on_grounds(struct court *court)
{
	struct judgement *judgement = court->judgement;
	struct grounds grounds = {.judgement = judgement};
	size_t waiting, before = SIZE_MAX;

	grounds.spans = find_spans(court, &grounds.count);
	for (;;) {
		waiting = 0;
		for (size_t i = 0; i < judgement->verdict_count; i++) {
			struct verdict *verdict = judgement->verdicts[i];

			if (!verdict->because &&
			    !rest_on_ground(court, &grounds, verdict))
				waiting++;
		}
		if (!waiting)
			return;
		assert(waiting < before); /* judging.tsv has no circle */
		before = waiting;
	}
}

/* product.md section 3: the first that holds. */
static int exit_code(const struct judgement *judgement)
{
	bool seen[STATE_COUNT] = {false};

	for (size_t i = 0; i < judgement->verdict_count; i++)
		if (judgement->verdicts[i]->needed)
			seen[judgement->verdicts[i]->state] = true;
	if (seen[STATE_BLOCKED] || seen[STATE_WRONG])
		return 2;
	if (seen[STATE_WARN])
		return 1;
	return seen[STATE_VERIFIED] && !seen[STATE_UNOBSERVED] ? 0 : 3;
}

void judgement_conclude(struct arena *arena,
			const struct deployment *deployment,
			struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->verdict_count; i++)
		judgement->summary[judgement->verdicts[i]->state]++;
	judgement->exit_code = exit_code(judgement);
	judgement->place_sends = place_has_answer(deployment);
	findings_add(arena, judgement);
	if (rehearsal_is_run(deployment->observations))
		rehearsal_answer(judgement);
	else
		answers_add(arena, deployment, judgement);
}

struct judgement *judge(struct arena *arena,
			const struct deployment *deployment,
			const struct scope *scope)
{
	struct court court = {
		.arena = arena,
		.deployment = deployment,
		.scope = scope,
		.judgement = arena_alloc(arena, sizeof(*court.judgement)),
		.is_rehearsal = rehearsal_is_run(deployment->observations),
	};
	struct judgement *judgement = court.judgement;
	const struct requirement *table;
	size_t count;

	if (deployment->sightings)
		sightings_forget(deployment->sightings);
	court_open(&court);
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		court.requirement = &table[i];
		judge_row(&court);
	}
	rest_on_grounds(&court);
	judgement_conclude(arena, deployment, judgement);
	return judgement;
}
