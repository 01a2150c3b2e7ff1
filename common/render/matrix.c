#include "common/render/matrix.h"

#include "common/render/area.h"

#include <string.h>

#define ROW_INDENT  13 /* under the words of the rows */
#define NODES_SHOWN 6

/* "  ok       Web Conferencing 8 verified" */
#define WORD_COLUMNS  9
#define TITLE_COLUMNS 17
#define COUNT_INDENT  (2 + WORD_COLUMNS + TITLE_COLUMNS)
#define CELL_COLUMNS  40 /* two stand on a line of 80 */

/* Rows of one area with the same state and reason: one line. */
struct group {
	enum state state;
	bool needed;
	const char *because;
	struct names nodes, subjects, ids, seen;
};

struct groups {
	struct group *items;
	size_t count, capacity;
};

/* What a person should see without asking; the rest is counted. */
static bool is_trouble(const struct verdict *verdict)
{
	switch (verdict->state) {
	case STATE_WARN:
	case STATE_WRONG:
	case STATE_BLOCKED:
		return true;
	case STATE_UNOBSERVED:
		return verdict->needed;
	default:
		return false;
	}
}

/* Looked at here, or should have been. */
static bool is_of_this_run(const struct verdict *verdict)
{
	return verdict->state == STATE_VERIFIED || is_trouble(verdict);
}

/* Where a sentence says "ADDRESS:PORT: " of what it rests on; length 0: no. */
struct mention {
	const char *at;
	size_t length; /* without the colon and blank */
};

static struct mention find_mention(const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->observation_count; i++) {
		const struct endpoint *endpoint =
			&verdict->observations[i]->endpoint;
		char where[ENDPOINT_TEXT_BYTES];
		char text[ENDPOINT_TEXT_BYTES + 2];
		const char *at;

		snprintf(text, sizeof(text), "%s: ",
			 endpoint_format(where, &endpoint->address,
					 endpoint->port));
		at = strstr(verdict->because, text);
		if (at && (at == verdict->because || at[-1] == ' '))
			return (struct mention){at, strlen(text) - 2};
	}
	return (struct mention){verdict->because, 0};
}

/* The sentence without what differs from place to place. */
static const char *reason_of(struct arena *arena, const struct verdict *verdict)
{
	const struct verdict *ground = verdict->ground;
	struct mention mention = find_mention(verdict);

	if (ground)
		return arena_format(arena, "rests on %s, which is %s",
				    *ground->requirement->flow
					    ? ground->requirement->flow
					    : ground->requirement->id,
				    state_name(ground->state));
	if (!mention.length)
		return verdict->because;
	return arena_format(arena, "%.*s%s",
			    (int)(mention.at - verdict->because),
			    verdict->because, mention.at + mention.length + 2);
}

/* The node, with the endpoint there that the sentence named. */
static const char *place_of(struct arena *arena, const struct verdict *verdict)
{
	struct mention mention = find_mention(verdict);
	const char *endpoint = arena_copy(arena, mention.at, mention.length);

	if (verdict->ground || !mention.length)
		return verdict->node;
	return strcmp(verdict->node, "-") == 0 ||
			       strstr(endpoint, verdict->node)
		       ? endpoint
		       : arena_format(arena, "%s %s", verdict->node, endpoint);
}

static struct group *group_for(struct arena *arena, struct groups *groups,
			       const struct verdict *verdict)
{
	const char *reason = reason_of(arena, verdict);
	struct group *group;

	for (size_t i = 0; i < groups->count; i++) {
		group = &groups->items[i];
		if (group->state == verdict->state &&
		    group->needed == verdict->needed &&
		    strcmp(group->because, reason) == 0)
			return group;
	}
	groups->items = arena_grow(arena, groups->items, groups->count,
				   &groups->capacity, sizeof(*groups->items));
	group = &groups->items[groups->count++];
	*group = (struct group){.state = verdict->state,
				.needed = verdict->needed,
				.because = reason};
	return group;
}

static void group_add(struct arena *arena, struct group *group,
		      const struct verdict *verdict)
{
	const char *place = place_of(arena, verdict);

	names_add(arena, &group->ids, verdict->requirement->id);
	if (strcmp(place, "-") != 0)
		names_add(arena, &group->nodes, place);
	if (strcmp(verdict->subject, "-") != 0)
		names_add(arena, &group->subjects, verdict->subject);
	for (size_t i = 0; i < verdict->observation_count; i++)
		names_add(arena, &group->seen,
			  arena_format(arena, "%u",
				       verdict->observations[i]->id));
}

static const char *safe_text(struct arena *arena, const char *text)
{
	return layout_safe(arena, text, strlen(text), LAYOUT_TEXT_MAX);
}

static bool is_aside(const struct group *group)
{
	return !group->needed &&
	       (group->state == STATE_WARN || group->state == STATE_WRONG ||
		group->state == STATE_BLOCKED);
}

/*
 * "edge1, edge2, fabrikam.com: no reply ... [ID and 2 more; seen in 7, 8]",
 * safe: each part is cut by itself, but no id is lost with -v.
 */
static const char *group_text(struct arena *arena, const struct group *group,
			      int verbose)
{
	size_t most = verbose ? 0 : NODES_SHOWN;
	const char *nodes = names_join(arena, &group->nodes, most);
	const char *subjects = names_join(arena, &group->subjects, most);
	const char *seen = names_join(arena, &group->seen, 0);

	return arena_format(
		arena, "%s%s%s%s%s [%s%s%s%s]", safe_text(arena, nodes),
		*nodes && *subjects ? ", " : "", safe_text(arena, subjects),
		*nodes || *subjects ? ": " : "",
		safe_text(arena, group->because),
		names_join(arena, &group->ids, verbose ? 0 : 1),
		is_aside(group) ? "; not needed" : "",
		verbose && *seen ? "; seen in " : "", verbose ? seen : "");
}

/* From what hurts most to what is well; the rest was not to be seen. */
static const enum state worst_first[] = {
	STATE_BLOCKED,	  STATE_WRONG,	  STATE_WARN,
	STATE_UNOBSERVED, STATE_VERIFIED,
};

#define RANK_COUNT (sizeof(worst_first) / sizeof(worst_first[0]))

static size_t rank_of(const struct group *group)
{
	size_t rank = 0;

	if (group->state == STATE_UNOBSERVED && !group->needed)
		return RANK_COUNT;
	while (rank < RANK_COUNT && worst_first[rank] != group->state)
		rank++;
	return rank;
}

static void print_groups(const struct layout *layout,
			 const struct groups *groups, size_t rank, int verbose)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->items[i];

		if (rank_of(group) != rank)
			continue;
		fprintf(layout->out, "    ");
		layout_word(layout, layout_state_paint(group->state),
			    layout_state_word(group->state), ROW_INDENT - 4);
		layout_wrap_safe(layout, ROW_INDENT, ROW_INDENT,
				 group_text(layout->arena, group, verbose));
	}
}

struct area_counts {
	size_t by_state[STATE_COUNT]; /* rows of this run */
	enum state worst;
	size_t total;
};

static struct area_counts count_area(const struct judgement *judgement,
				     const struct area *area)
{
	struct area_counts counts = {.worst = STATE_NA};

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (!is_of_this_run(verdict) ||
		    area_of(verdict->requirement) != area)
			continue;
		counts.by_state[verdict->state]++;
		counts.total++;
	}
	for (size_t i = RANK_COUNT; i > 0; i--) {
		if (counts.by_state[worst_first[i - 1]])
			counts.worst = worst_first[i - 1];
	}
	return counts;
}

static void print_area_line(const struct layout *layout,
			    const struct area *area,
			    const struct area_counts *counts)
{
	const char *text = "";

	for (unsigned i = 0; i < STATE_COUNT; i++) {
		if (!counts->by_state[i])
			continue;
		text = arena_format(layout->arena, "%s%s%zu %s", text,
				    *text ? ", " : "", counts->by_state[i],
				    state_name((enum state)i));
	}
	if (!*text)
		text = "not looked at from here";
	fprintf(layout->out, "  ");
	layout_word(layout, layout_state_paint(counts->worst),
		    counts->total ? layout_state_word(counts->worst) : "-",
		    WORD_COLUMNS);
	layout_word(layout, PAINT_PLAIN, area->title, TITLE_COLUMNS);
	layout_wrap(layout, COUNT_INDENT, COUNT_INDENT, text);
}

/* -v shows every row that applies, -vv those that do not as well. */
static bool is_shown(const struct verdict *verdict, int verbose)
{
	if (verdict->state == STATE_NA)
		return verbose > 1;
	return verbose || is_trouble(verdict);
}

static void print_area(const struct layout *layout,
		       const struct judgement *judgement,
		       const struct area *area, int verbose)
{
	struct area_counts counts = count_area(judgement, area);
	struct groups groups = {0};

	if (!verbose && counts.worst == STATE_VERIFIED)
		return;
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (area_of(verdict->requirement) != area ||
		    !is_shown(verdict, verbose))
			continue;
		group_add(layout->arena,
			  group_for(layout->arena, &groups, verdict), verdict);
	}
	if (counts.total || groups.count)
		print_area_line(layout, area, &counts);
	for (size_t rank = 0; rank <= RANK_COUNT; rank++)
		print_groups(layout, &groups, rank, verbose);
}

/* Areas without trouble say one number, so two stand on a line. */
static void print_well_areas(const struct layout *layout,
			     const struct judgement *judgement)
{
	int column = 0;

	for (size_t i = 0; i < area_count; i++) {
		struct area_counts counts =
			count_area(judgement, &area_table[i]);

		if (counts.worst != STATE_VERIFIED)
			continue;
		if (column > CELL_COLUMNS || layout->width < 2 * CELL_COLUMNS) {
			if (column)
				fputc('\n', layout->out);
			column = 0;
		}
		if (column)
			column += fprintf(layout->out, "%*s",
					  CELL_COLUMNS - column, "");
		fprintf(layout->out, "  ");
		layout_word(layout, layout_state_paint(counts.worst),
			    layout_state_word(counts.worst), WORD_COLUMNS);
		layout_word(layout, PAINT_PLAIN, area_table[i].title,
			    TITLE_COLUMNS);
		column += COUNT_INDENT +
			  fprintf(layout->out, "%zu verified", counts.total);
	}
	if (column)
		fputc('\n', layout->out);
}

/*
 * Who could look at rows that were not needed here. First come those that
 * this place could, then other places, the first that fits.
 */
enum {
	ELSEWHERE_ASKED,
	ELSEWHERE_NEVER,
	ELSEWHERE_FIRST_PLACE,
	ELSEWHERE_PLAN = ELSEWHERE_FIRST_PLACE + 3,
};

static const struct {
	uint32_t vantages;
	const char *where;
} places[] = {
	[ELSEWHERE_ASKED] = {0, "only when asked for (-v)"},
	[ELSEWHERE_NEVER] = {0, "by no probe yet"},
	[ELSEWHERE_FIRST_PLACE] = {1u << VANTAGE_OUTSIDE, "from outside"},
	{1u << VANTAGE_EDGE_HOST, "on the Edge itself"},
	{1u << VANTAGE_INSIDE, "from inside"},
	[ELSEWHERE_PLAN] = {1u << VANTAGE_PLAN, "from the plan"},
	{1u << VANTAGE_PCAP, "in a capture"},
	{UINT32_MAX, "by a person"},
};

#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

static size_t elsewhere_of(const struct verdict *verdict)
{
	const struct requirement *requirement = verdict->requirement;
	size_t i = ELSEWHERE_FIRST_PLACE;

	if (requirement->judging->settle == SETTLE_PLAN)
		return ELSEWHERE_PLAN;
	if (requirement->judging->settle != SETTLE_PROBE)
		return PLACE_COUNT - 1;
	if (requirement->vantages & 1u << verdict->vantage)
		return strcmp(requirement->judging->probe, "-") != 0
			       ? ELSEWHERE_ASKED
			       : ELSEWHERE_NEVER;
	while (!(places[i].vantages & requirement->vantages))
		i++;
	return i;
}

static void print_elsewhere(const struct layout *layout,
			    const struct judgement *judgement)
{
	size_t counts[PLACE_COUNT] = {0};
	const char *text = "";

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (verdict->state == STATE_UNOBSERVED && !verdict->needed)
			counts[elsewhere_of(verdict)]++;
	}
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (counts[i])
			text = arena_format(layout->arena, "%s%s%zu %s", text,
					    *text ? ", " : "", counts[i],
					    places[i].where);
	}
	if (*text)
		layout_wrap(layout, 0, 2,
			    arena_format(layout->arena,
					 "Not looked at here: %s.", text));
}

void matrix_print(const struct layout *layout, const struct report *report,
		  int verbose)
{
	for (size_t i = 0; i < area_count; i++)
		print_area(layout, report->judgement, &area_table[i], verbose);
	if (!verbose)
		print_well_areas(layout, report->judgement);
	print_elsewhere(layout, report->judgement);
}
