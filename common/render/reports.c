#include "common/render/reports.h"

#include "common/base/log.h"
#include "common/base/signals.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A reader of the text may leave in the middle; a machine may not. */
static bool must_be_whole(const struct output *output)
{
	return output_is_aside(output) || !output->renderer->for_people;
}

static void hold_signals(const struct reports *reports)
{
	sigset_t held;

	signals_fill(&held);
	for (size_t i = 0; i < reports->count; i++) {
		if (must_be_whole(&reports->items[i]))
			sigprocmask(SIG_BLOCK, &held, NULL);
	}
}

/* Those that are written aside too, or only the others. */
static void open_outputs(struct arena *arena, struct reports *reports,
			 const struct run *run, bool aside)
{
	for (size_t i = 0; i < reports->count; i++) {
		struct output *output = &reports->items[i];
		int error;

		if (output->file || (!aside && output_is_aside(output)))
			continue;
		error = output_open(arena, output);
		if (error) {
			reports_abandon(reports);
			die("-o: %s: %s", output->path, strerror(-error));
		}
		if (output->renderer->begin)
			output->renderer->begin(output->file, run);
	}
}

void reports_open(struct arena *arena, struct reports *reports,
		  const struct options *options, const struct run *run)
{
	static const char *const usual[] = {"text"};
	const char *const *texts =
		options->output_count ? options->outputs : usual;
	const char *why;

	reports->options = options;
	reports->count = options->output_count ? options->output_count : 1;
	for (size_t i = 0; i < reports->count; i++) {
		if (!output_parse(arena, texts[i], &reports->items[i], &why))
			die("-o %s: %s", texts[i], why);
	}
	if (!output_apart(arena, reports->items, reports->count, &why))
		die("-o: %s", why);
	/* a named pipe may keep us waiting, and has nothing to tidy up */
	open_outputs(arena, reports, run, false);
	hold_signals(reports);
	open_outputs(arena, reports, run, true);
}

bool reports_are_live(const struct reports *reports)
{
	for (size_t i = 0; i < reports->count; i++) {
		if (reports->items[i].renderer->observation &&
		    output_is_terminal(&reports->items[i]))
			return true;
	}
	return false;
}

void reports_observation(const struct reports *reports,
			 const struct observation *observation)
{
	for (size_t i = 0; i < reports->count; i++) {
		const struct output *output = &reports->items[i];

		if (output->renderer->observation)
			output->renderer->observation(output->file,
						      observation);
	}
}

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return 80;
}

static void write_report(const struct options *options,
			 const struct output *output,
			 const struct report *report)
{
	bool terminal = output_is_terminal(output);
	const struct render_style style = {
		.colour = (terminal || options->colour != COLOUR_AUTO) &&
			  options_colour(options->colour, STDOUT_FILENO),
		.width = terminal ? terminal_width() : 80,
		.verbose = options->verbose,
	};

	output->renderer->report(output->file, report, &style);
}

void reports_finish(struct reports *reports, const struct report *report)
{
	struct judgement nothing = {.exit_code = EXIT_UNKNOWN};
	struct report whole = *report;

	for (unsigned i = 0; i < QUESTION_COUNT; i++) {
		nothing.answers[i].answer = ANSWER_UNKNOWN;
		nothing.answers[i].because = "";
	}
	if (!report->judgement)
		whole.judgement = &nothing;
	for (size_t i = 0; i < reports->count; i++) {
		struct output *output = &reports->items[i];
		int error;

		if (report->judgement || !output->renderer->for_people)
			write_report(reports->options, output, &whole);
		error = output_close(output);
		if (error) {
			reports_abandon(reports);
			die("-o: %s: %s",
			    output->path ? output->path : "standard output",
			    strerror(-error));
		}
	}
}

void reports_abandon(struct reports *reports)
{
	for (size_t i = 0; i < reports->count; i++)
		output_abandon(&reports->items[i]);
}
