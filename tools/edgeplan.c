/*
 * edgeplan - what a deployment of Edge Servers needs, from its topology file.
 *
 * Asks nobody and opens no connection. See edgeplan(1).
 */
#include "common/base/log.h"
#include "common/base/options.h"
#include "common/model/topology.h"
#include "common/render/output.h"
#include "common/render/saved.h"
#include "common/render/sheet.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct command {
	struct arena *arena;
	const struct sheet *sheet;
	const char *topology_file;
	const char *file; /* to import */
	const char *part;
	bool strict;
	const char *missing; /* a saved run */
	const char *output;  /* FORMAT[:FILE]; NULL: the usual one */
};

enum { KEY_PART = 1, KEY_STRICT, KEY_MISSING };

static const struct argp_option option_table[] = {
	{NULL, 0, NULL, 0, "What to plan for:", 1},
	{"topology", 't', "FILE", 0,
	 "The deployment; see edgeprobe-topology(5)", 1},
	{"part", KEY_PART, "NAME", 0,
	 "Only this zone (dns), this request or firewall: external, internal, "
	 "xmpp "
	 "(certificates)",
	 1},
	{"strict", KEY_STRICT, NULL, 0,
	 "firewall: where a document says any, take the narrowest that the "
	 "file knows",
	 1},
	{"missing", KEY_MISSING, "RUN.json", 0,
	 "firewall: only what that run found blocked", 1},
	{NULL, 0, NULL, 0, "Results:", 2},
	{"output", 'o', "FORMAT[:FILE]", 0,
	 "Write FORMAT to FILE or standard output; which there are, a wrong "
	 "one tells",
	 2},
	{0},
};

static const char *verb_names(struct arena *arena)
{
	const char *names = sheet_table[0].verb;

	for (size_t i = 1; i < sheet_count; i++)
		names = arena_format(arena, "%s, %s", names,
				     sheet_table[i].verb);
	return names;
}

static const char *format_names(struct arena *arena, const struct sheet *sheet)
{
	const char *names = sheet->formats[0].name;

	for (size_t i = 1; i < SHEET_FORMATS_MAX && sheet->formats[i].name; i++)
		names = arena_format(arena, "%s, %s", names,
				     sheet->formats[i].name);
	return names;
}

static void take_argument(struct command *command, const char *verb)
{
	if (command->sheet && command->sheet->needs_file && !command->file) {
		command->file = verb;
		return;
	}
	if (command->sheet)
		die("one verb at a time: '%s' is one too many", verb);
	command->sheet = sheet_find(verb);
	if (!command->sheet)
		die("'%s' is none of %s", verb, verb_names(command->arena));
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct command *command = state->input;

	switch (key) {
	case 't':
		command->topology_file = text;
		return 0;
	case KEY_MISSING:
		command->missing = text;
		return 0;
	case KEY_STRICT:
		command->strict = true;
		return 0;
	case KEY_PART:
		command->part = text;
		return 0;
	case 'o':
		command->output = text;
		return 0;
	case ARGP_KEY_ARG:
		take_argument(command, text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The verbs, for --help: what stands after the options. */
static char *help_filter(int key, const char *text, void *input)
{
	char *whole = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_EXTRA)
		return (char *)(uintptr_t)text;
	out = open_memstream(&whole, &size);
	if (!out)
		return NULL;
	fputs("Verbs:\n", out);
	for (size_t i = 0; i < sheet_count; i++)
		fprintf(out, "  %-14s %s\n", sheet_table[i].verb,
			sheet_table[i].summary);
	fclose(out);
	return whole;
}

static const struct argp_child children[] = {
	{&options_help_argp, 0, NULL, 0},
	{0},
};

static const struct argp command_line = {
	.options = option_table,
	.parser = parse,
	.args_doc = "VERB [FILE]",
	.doc = "What a deployment of Edge Servers needs, from its topology "
	       "file.\v",
	.children = children,
	.help_filter = help_filter,
};

/* -o FORMAT[:FILE] taken apart; dies where the sheet has no such format. */
static const struct sheet_format *choose_format(const struct command *command,
						struct output *output)
{
	const char *text = command->output ? command->output : "";
	const char *colon = strchr(text, ':');
	const char *name =
		arena_copy(command->arena, text,
			   colon ? (size_t)(colon - text) : strlen(text));
	const struct sheet_format *format =
		sheet_format_find(command->sheet, *name ? name : NULL);

	if (!format)
		die("-o: %s has no format '%s': expected one of %s",
		    command->sheet->verb, name,
		    format_names(command->arena, command->sheet));
	if (colon && !colon[1])
		die("-o: a file name is missing after '%s'", text);
	if (colon && strcmp(colon + 1, "-") != 0)
		output->path = colon + 1;
	return format;
}

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return 80;
}

static const struct topology *find_topology(const struct command *command)
{
	const struct topology *topology;
	const char *why;

	if (!command->topology_file && command->sheet->needs_topology)
		die("%s: for which deployment? Give -t FILE",
		    command->sheet->verb);
	if (!command->topology_file)
		return NULL;
	topology = topology_read(command->arena, command->topology_file, &why);
	if (!topology)
		die("%s", why);
	return topology;
}

static const struct imported *find_file(const struct command *command)
{
	const struct imported *imported;
	const char *why;

	if (!command->sheet->needs_file)
		return NULL;
	if (!command->file)
		die("%s: which file?", command->sheet->verb);
	imported = import_read(command->arena, command->file, &why);
	if (!imported)
		die("%s", why);
	return imported;
}

/* Only verdicts are asked of it: no fact needs its type. */
static bool no_type(const char *key, enum fact_type *type)
{
	(void)key;
	(void)type;
	return false;
}

static const struct saved *find_run(const struct command *command)
{
	const struct saved *run;
	const char *why;

	if (!command->missing)
		return NULL;
	run = saved_read(command->arena, command->missing, no_type, &why);
	if (!run)
		die("%s", why);
	return run;
}

static int write_sheet(const struct command *command)
{
	struct output output = {0};
	const struct sheet_format *format = choose_format(command, &output);
	struct sheet_input input = {
		.arena = command->arena,
		.topology = find_topology(command),
		.imported = find_file(command),
		.width = terminal_width(),
		.part = command->part,
		.strict = command->strict,
		.missing = find_run(command),
	};
	int error = output_open(command->arena, &output);
	int exit_code;

	if (error < 0)
		die("%s: %s", output.path, strerror(-error));
	input.colour = output_is_terminal(&output) &&
		       options_colour(COLOUR_AUTO, STDOUT_FILENO);
	exit_code = format->write(output.file, &input);
	error = output_close(&output);
	if (error < 0)
		die("%s: %s", output.path ? output.path : "standard output",
		    strerror(-error));
	return exit_code;
}

int main(int argc, char **argv)
{
	struct command command = {.arena = arena_new()};
	int exit_code;

	log_init("edgeplan");
	options_parse(&command_line, argc, argv, &command);
	if (!command.sheet)
		die("which plan? One of %s (try --help)",
		    verb_names(command.arena));
	exit_code = write_sheet(&command);
	arena_free(command.arena);
	return exit_code;
}
