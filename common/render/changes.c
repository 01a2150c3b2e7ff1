#include "common/render/changes.h"

#include "common/render/layout.h"

#include <string.h>

static int compare_keys(const struct saved_verdict *one,
			const struct saved_verdict *other)
{
	int order = strcmp(one->requirement, other->requirement);

	if (!order)
		order = strcmp(one->node, other->node);
	if (!order)
		order = strcmp(one->subject, other->subject);
	return order ? order : strcmp(one->vantage, other->vantage);
}

static const struct saved_verdict *find(const struct saved *saved,
					const struct saved_verdict *like)
{
	for (size_t i = 0; i < saved->verdict_count; i++)
		if (compare_keys(&saved->verdicts[i], like) == 0)
			return &saved->verdicts[i];
	return NULL;
}

/* From good to bad: what is not seen is worse than what is seen to be well. */
static int badness(const struct saved_verdict *verdict)
{
	static const int order[STATE_COUNT] = {
		[STATE_NA] = 0,	  [STATE_VERIFIED] = 0, [STATE_UNOBSERVED] = 1,
		[STATE_WARN] = 2, [STATE_WRONG] = 3,	[STATE_BLOCKED] = 3,
	};

	return verdict ? order[verdict->state] : 0;
}

static const char *word_of(const struct saved_verdict *verdict)
{
	return verdict ? layout_state_word(verdict->state) : "-";
}

static enum paint paint_of(const struct saved_verdict *verdict)
{
	return verdict ? layout_state_paint(verdict->state) : PAINT_PLAIN;
}

static void write_change(const struct layout *layout,
			 const struct saved_verdict *before,
			 const struct saved_verdict *after)
{
	const struct saved_verdict *row = after ? after : before;

	layout_word(layout, paint_of(before), word_of(before), 11);
	layout_word(layout, PAINT_PLAIN, "->", 3);
	layout_word(layout, paint_of(after), word_of(after), 11);
	layout_wrap(layout, 25, 25,
		    arena_format(layout->arena, "%s%s%s%s%s%s%s",
				 row->requirement,
				 strcmp(row->node, "-") ? " at " : "",
				 strcmp(row->node, "-") ? row->node : "",
				 strcmp(row->subject, "-") ? ", " : "",
				 strcmp(row->subject, "-") ? row->subject : "",
				 *row->because && after ? ": " : "",
				 after ? row->because : ""));
}

static void count_change(const struct saved_verdict *before,
			 const struct saved_verdict *after, int *exit_code)
{
	bool worse = badness(after) > badness(before);

	if (*exit_code < 1)
		*exit_code = 1;
	if (worse && after->needed)
		*exit_code = 2;
}

/* A row that was not there, and says nothing now, is no change. */
static bool is_silent(const struct saved_verdict *verdict)
{
	return verdict->state == STATE_NA ||
	       (verdict->state == STATE_UNOBSERVED && !verdict->needed);
}

int changes_write(FILE *out, struct arena *arena, const struct saved *before,
		  const struct saved *after, bool colour)
{
	const struct layout layout = {out, arena, 80, colour};
	int exit_code = 0;
	size_t changed = 0;

	for (size_t i = 0; i < after->verdict_count; i++) {
		const struct saved_verdict *now = &after->verdicts[i];
		const struct saved_verdict *was = find(before, now);

		if (was ? was->state == now->state : is_silent(now))
			continue;
		write_change(&layout, was, now);
		count_change(was, now, &exit_code);
		changed++;
	}
	for (size_t i = 0; i < before->verdict_count; i++) {
		const struct saved_verdict *was = &before->verdicts[i];

		if (is_silent(was) || find(after, was))
			continue;
		write_change(&layout, was, NULL);
		count_change(was, NULL, &exit_code);
		changed++;
	}
	if (!changed)
		fprintf(out, "no row changed\n");
	return exit_code;
}
