#include "common/render/text.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/judge/rehearsal.h"
#include "common/render/conversation.h"
#include "common/render/evidence.h"
#include "common/render/layout.h"
#include "common/render/matrix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES_SHOWN 3
#define NODES_SHOWN   6
#define NOTES_SHOWN   5 /* ids, without -v */

static const char *seconds_text(struct arena *arena, int64_t us)
{
	return arena_format(arena, "%" PRId64 ".%" PRId64 " s",
			    us / CLOCK_SECOND_US,
			    us % CLOCK_SECOND_US / (CLOCK_SECOND_US / 10));
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The addresses that we spoke from; a resolver may be as near as loopback. */
static const char *sources_text(struct arena *arena,
				const struct observation_list *observations)
{
	struct names sources = {0};

	for (size_t i = 0; i < observations->count; i++) {
		const struct observation *seen = observations->items[i];

		if (*seen->source && !observation_is_dns(seen))
			names_add(arena, &sources, seen->source);
	}
	/* which answer came first is chance */
	if (sources.count)
		qsort(sources.items, sources.count, sizeof(*sources.items),
		      compare_names);
	return sources.count ? arena_format(arena, " (%s)",
					    names_join(arena, &sources,
						       SOURCES_SHOWN))
			     : "";
}

static const char *subject_text(const struct report *report)
{
	const struct deployment *deployment = report->deployment;

	if (*report->run->target)
		return report->run->target;
	return deployment && deployment->topology->file
		       ? deployment->topology->file
		       : "-";
}

/* What was looked at, from where, when, by whom. */
static void print_head(const struct layout *layout, const struct report *report)
{
	const struct run *run = report->run;
	struct arena *arena = layout->arena;
	char started[CLOCK_TEXT_BYTES];

	layout_wrap(layout, 0, 2,
		    arena_format(arena, "%s, from %s%s", subject_text(report),
				 vantage_name(run->vantage),
				 sources_text(arena, report->observations)));
	layout_wrap(layout, 0, 2,
		    arena_format(arena, "%s in %s, run %s by %s",
				 clock_format(started, run->started_us),
				 seconds_text(arena, run->duration_us), run->id,
				 run->tool));
}

static const char *safe_text(struct arena *arena, const char *text)
{
	return layout_safe(arena, text, strlen(text), LAYOUT_TEXT_MAX);
}

/* What the reader has to believe with us, and what we did not finish. */
static const char *grounds_text(struct arena *arena,
				const struct report *report)
{
	const struct run *run = report->run;
	const char *text = "";

	for (size_t i = 0; i < run->inferred_count; i++)
		text = arena_format(arena, "%s%s%s", text,
				    i ? "; " : "Inferred: ",
				    safe_text(arena, run->inferred[i]));
	if (*text)
		text = arena_format(arena, "%s. ", text);
	if (*run->roots && strcmp(run->roots, "system") != 0)
		text = arena_format(arena,
				    "%sRoots of %s stand for the public "
				    "store. ",
				    text, safe_text(arena, run->roots));
	if (run->interrupted)
		text = arena_format(arena,
				    "%sInterrupted: what was not looked at is "
				    "unobserved.",
				    text);
	return text;
}

static void print_grounds(const struct layout *layout,
			  const struct report *report)
{
	const struct topology *topology =
		report->deployment ? report->deployment->topology : NULL;
	const char *grounds = grounds_text(layout->arena, report);

	if (topology && topology->file)
		layout_wrap(layout, 0, 2,
			    arena_format(layout->arena,
					 "Topology of %s: %s, %s, nodes: %zu.",
					 topology->file,
					 product_name(topology->product),
					 kind_name(topology->kind),
					 topology->node_count));
	if (*grounds)
		layout_wrap_safe(layout, 0, 2, grounds);
}

static enum paint answer_paint(enum answer answer)
{
	static const enum paint paints[] = {
		[ANSWER_YES] = PAINT_GOOD,
		[ANSWER_PARTLY] = PAINT_CAUTION,
		[ANSWER_NO] = PAINT_BAD,
		[ANSWER_UNKNOWN] = PAINT_UNKNOWN,
	};

	return paints[answer];
}

static int question_columns(void)
{
	int widest = 0;

	for (unsigned i = 0; i < QUESTION_COUNT; i++) {
		int columns = layout_columns(question_text((enum question)i));

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

/* What people outside can do shows from outside alone. */
static bool tells_answers(const struct report *report)
{
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		if (report->judgement->answers[i].answer != ANSWER_UNKNOWN)
			return true;
	return report->run->vantage == VANTAGE_OUTSIDE &&
	       !rehearsal_is_run(report->observations);
}

static void print_answers(const struct layout *layout,
			  const struct judgement *judgement)
{
	int indent = question_columns() + 1 + 8;

	for (unsigned i = 0; i < QUESTION_COUNT; i++) {
		enum answer answer = judgement->answers[i].answer;

		layout_word(layout, PAINT_STRONG,
			    question_text((enum question)i), indent - 8);
		layout_word(layout, answer_paint(answer), answer_name(answer),
			    8);
		layout_wrap(layout, indent, indent,
			    judgement->answers[i].because);
	}
}

static const char *nodes_text(struct arena *arena,
			      const struct finding *finding)
{
	struct names nodes = {0};

	for (size_t i = 0; i < finding->node_count; i++) {
		if (strcmp(finding->nodes[i], "-") != 0)
			names_add(arena, &nodes, finding->nodes[i]);
	}
	return nodes.count
		       ? arena_format(arena, " (%s)",
				      names_join(arena, &nodes, NODES_SHOWN))
		       : "";
}

static const struct {
	const char *word;
	enum paint paint;
} severities[] = {
	[SEVERITY_MUST] = {"MUST", PAINT_BAD},
	[SEVERITY_SHOULD] = {"should", PAINT_CAUTION},
	[SEVERITY_INFO] = {"note", PAINT_PLAIN},
};

static void print_finding(const struct layout *layout,
			  const struct finding *finding, bool whole)
{
	struct arena *arena = layout->arena;

	fprintf(layout->out, "  ");
	layout_word(layout, severities[finding->severity].paint,
		    severities[finding->severity].word, 9);
	layout_wrap(layout, 11, 11,
		    arena_format(arena, "%s%s [%s]", finding->title,
				 nodes_text(arena, finding), finding->id));
	if (!whole || !*finding->remedy)
		return;
	fprintf(layout->out, "%11s", "");
	layout_wrap(layout, 11, 11,
		    arena_format(arena, "-> %s", finding->remedy));
}

static size_t count_to_mend(const struct judgement *judgement)
{
	size_t count = 0;

	for (size_t i = 0; i < judgement->finding_count; i++)
		count += judgement->findings[i]->severity != SEVERITY_INFO;
	return count;
}

static void print_to_mend(const struct layout *layout,
			  const struct judgement *judgement, const char *who)
{
	size_t count = count_to_mend(judgement);

	if (!count) {
		layout_word(layout, PAINT_STRONG,
			    judgement->exit_code == 3
				    ? "Nothing to mend in what could be seen."
				    : "Nothing to mend was found.",
			    0);
		fputc('\n', layout->out);
		return;
	}
	fputc('\n', layout->out);
	layout_word(layout, PAINT_STRONG, "To mend", 0);
	fprintf(layout->out, " (%s--explain ID says more)\n", who);
	for (size_t i = 0; i < judgement->finding_count; i++) {
		if (judgement->findings[i]->severity != SEVERITY_INFO)
			print_finding(layout, judgement->findings[i], true);
	}
}

/* Notes change nothing: their ids are enough, the rest comes with -v. */
static void print_notes(const struct layout *layout,
			const struct judgement *judgement, int verbose)
{
	struct arena *arena = layout->arena;
	struct names ids = {0};

	for (size_t i = 0; i < judgement->finding_count; i++) {
		if (judgement->findings[i]->severity != SEVERITY_INFO)
			continue;
		if (verbose)
			print_finding(layout, judgement->findings[i], true);
		names_add(arena, &ids, judgement->findings[i]->id);
	}
	if (verbose || !ids.count)
		return;
	fprintf(layout->out, "  ");
	layout_word(layout, PAINT_PLAIN, severities[SEVERITY_INFO].word, 9);
	layout_wrap(layout, 11, 11,
		    arena_format(arena, "%s (-v says more)",
				 names_join(arena, &ids, NOTES_SHOWN)));
}

static void print_evidence(const struct layout *layout,
			   const struct observation_list *observations)
{
	layout_word(layout, PAINT_STRONG, "Evidence", 0);
	fprintf(layout->out, "\n");
	for (size_t i = 0; i < observations->count; i++)
		evidence_print(layout, observations->items[i]);
}

static bool was_judged(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		if (judgement->verdicts[i]->needed)
			return true;
	}
	return false;
}

/* product.md section 3 */
static const char *exit_meaning(const struct judgement *judgement)
{
	if (!was_judged(judgement) && judgement->exit_code != EXIT_UNKNOWN)
		return judgement->exit_code
			       ? "it does not do what was asked of it"
			       : "it does what was asked of it";
	switch (judgement->exit_code) {
	case 0:
		return "all that is needed is verified";
	case 1:
		return "what is needed works, with warnings";
	case 2:
		return "something needed is blocked or wrong";
	default:
		return was_judged(judgement)
			       ? "something needed could not be observed"
			       : "nothing that is needed was judged";
	}
}

/* What was to be settled, and why it was not: each reason once. */
static void print_unsettled(const struct layout *layout,
			    const struct judgement *judgement)
{
	struct names reasons = {0};

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (verdict->needed && !verdict->ground &&
		    verdict->state == STATE_UNOBSERVED)
			names_add(layout->arena, &reasons, verdict->because);
	}
	for (size_t i = 0; i < reasons.count; i++) {
		fprintf(layout->out, "  ");
		layout_word(layout, PAINT_UNKNOWN, "unknown", 9);
		layout_wrap(layout, 11, 11, reasons.items[i]);
	}
}

static const char *counts_text(struct arena *arena,
			       const struct judgement *judgement)
{
	const char *text = "";

	for (unsigned i = 0; i < STATE_COUNT; i++) {
		if (judgement->summary[i])
			text = arena_format(arena, "%s%s%zu %s", text,
					    *text ? ", " : "",
					    judgement->summary[i],
					    state_name((enum state)i));
	}
	return arena_format(arena, " (%s)", *text ? text : "no rows");
}

/* All rows count where they were looked at, and not in one conversation. */
static void print_summary(const struct layout *layout,
			  const struct judgement *judgement, bool counts)
{
	layout_wrap(layout, 0, 2,
		    arena_format(layout->arena, "Exit %d: %s%s.",
				 judgement->exit_code, exit_meaning(judgement),
				 counts ? counts_text(layout->arena, judgement)
					: ""));
}

void text_report(FILE *out, const struct report *report,
		 const struct render_style *style)
{
	struct layout layout = {
		.out = out,
		.arena = arena_new(),
		.width = style->width < LAYOUT_WIDTH_MIN ? LAYOUT_WIDTH_MIN
							 : style->width,
		.colour = style->colour,
	};

	print_head(&layout, report);
	print_grounds(&layout, report);
	if (report->tells_conversation || tells_answers(report) ||
	    !report->judgement->finding_count)
		fputc('\n', out);
	if (report->tells_conversation)
		conversation_print(&layout, report->observations);
	else if (tells_answers(report))
		print_answers(&layout, report->judgement);
	if (!report->tells_conversation || was_judged(report->judgement))
		print_to_mend(&layout, report->judgement,
			      report->tells_conversation ? "edgeprobe " : "");
	print_notes(&layout, report->judgement, style->verbose);
	fputc('\n', out);
	if (report->tells_conversation)
		print_unsettled(&layout, report->judgement);
	else
		matrix_print(&layout, report, style->verbose);
	if (style->verbose)
		print_evidence(&layout, report->observations);
	print_summary(&layout, report->judgement, !report->tells_conversation);
	arena_free(layout.arena);
}
