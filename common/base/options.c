#include "common/base/options.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEY_TIMEOUT = 0x1000, KEY_DEADLINE, KEY_COLOUR, KEY_USAGE };

#define TIMEOUT_MAX_S  120
#define DEADLINE_MAX_S 3600

const struct options options_default = {
	.timeout_us = 5 * CLOCK_SECOND_US,
	.deadline_us = 60 * CLOCK_SECOND_US,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "Results:", 81},
	{"output", 'o', "FORMAT[:FILE]", 0,
	 "Write FORMAT (text, json, ndjson) to FILE or standard output; "
	 "may be given several times",
	 81},
	{"color", KEY_COLOUR, "WHEN", 0,
	 "Colour the text: auto (the default), always, never", 81},
	{"verbose", 'v', NULL, 0, "Show every row and its evidence; -vv more",
	 81},
	{NULL, 0, NULL, 0, "Limits:", 85},
	{"timeout", KEY_TIMEOUT, "SECONDS", 0,
	 "Longest wait for one step (default 5)", 85},
	{"deadline", KEY_DEADLINE, "SECONDS", 0,
	 "Longest time for the whole run (default 60)", 85},
	{NULL, '4', NULL, 0, "IPv4 addresses only", 85},
	{NULL, '6', NULL, 0, "IPv6 addresses only", 85},
	{0},
};

static const struct argp_option help_table[] = {
	{NULL, 0, NULL, 0, "Help:", 91},
	{"help", '?', NULL, 0, "Show this help", 91},
	{"usage", KEY_USAGE, NULL, 0, "Show a short usage message", 91},
	{"version", 'V', NULL, 0, "Show the version", 91},
	{0},
};

/* The argp that options_parse() was given, for --help; where parsing broke. */
static const struct argp *whole;
static int broken_next;

static _Noreturn void show_help(unsigned flags)
{
	argp_help(whole, stdout, flags, (char *)(uintptr_t)log_tool());
	exit(0);
}

int64_t options_seconds(const char *option, const char *text, int max_s)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds < 0.001 ||
	    seconds > max_s)
		die("%s: '%s' is not a number of seconds up to %d", option,
		    text, max_s);
	return (int64_t)(seconds * (double)CLOCK_SECOND_US);
}

int options_descriptor(const char *option, const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0 || number > INT_MAX)
		die("%s: '%s' is not a descriptor", option, text);
	return (int)number;
}

static enum colour_mode parse_colour(const char *text)
{
	static const char *const names[] = {"auto", "always", "never"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0)
			return (enum colour_mode)i;
	}
	die("--color: '%s' is none of auto, always, never", text);
}

static void add_output(struct options *options, const char *text)
{
	if (options->output_count == OPTIONS_OUTPUTS_MAX)
		die("-o: at most %d outputs", OPTIONS_OUTPUTS_MAX);
	options->outputs[options->output_count++] = text;
}

static void set_family(struct options *options, int family)
{
	if (options->families && options->families != family)
		die("-4 and -6 exclude each other");
	options->families = family;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		add_output(options, argument);
		return 0;
	case KEY_COLOUR:
		options->colour = parse_colour(argument);
		return 0;
	case 'v':
		options->verbose++;
		return 0;
	case KEY_TIMEOUT:
		options->timeout_us =
			options_seconds("--timeout", argument, TIMEOUT_MAX_S);
		return 0;
	case KEY_DEADLINE:
		options->deadline_us =
			options_seconds("--deadline", argument, DEADLINE_MAX_S);
		return 0;
	case '4':
		set_family(options, AF_INET);
		return 0;
	case '6':
		set_family(options, AF_INET6);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_help(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	switch (key) {
	case '?':
		show_help(ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK);
	case KEY_USAGE:
		show_help(ARGP_HELP_USAGE);
	case 'V':
		printf("%s %s\n", log_tool(), EDGEPROBE_VERSION);
		exit(0);
	case ARGP_KEY_ERROR:
		broken_next = state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp options_help_argp = {.options = help_table,
				       .parser = parse_help};

static const struct argp_child children[] = {
	{&options_help_argp, 0, NULL, 0},
	{0},
};

const struct argp options_argp = {
	.options = table, .parser = parse, .children = children};

static const struct argp_option *find_option(const struct argp *argp,
					     const char *name, size_t length)
{
	const struct argp_option *option = argp->options;
	const struct argp_child *child = argp->children;

	for (; option && (option->name || option->key || option->doc);
	     option++) {
		if (option->name && strlen(option->name) == length &&
		    memcmp(option->name, name, length) == 0)
			return option;
	}
	for (; child && child->argp; child++) {
		option = find_option(child->argp, name, length);
		if (option)
			return option;
	}
	return NULL;
}

/* getopt says only that something is wrong; this says what. */
static _Noreturn void explain_bad_option(const char *given)
{
	const struct argp_option *option = NULL;
	const char *name = given + 2;

	if (strncmp(given, "--", 2) == 0)
		option = find_option(whole, name, strcspn(name, "="));
	if (option && option->arg)
		die("%s needs an argument: %s (try --help)", given,
		    option->arg);
	if (option)
		die("--%s takes no argument (try --help)", option->name);
	die("unknown option, or its argument is missing: %s (try --help)",
	    given);
}

void options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	const unsigned flags = ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT;

	whole = argp;
	if (argp_parse(argp, argc, argv, flags, NULL, input) == 0)
		return;
	/* getopt has passed over what it found wanting, but for "-ab" */
	if (broken_next > 1 &&
	    (broken_next >= argc || argv[broken_next - 1][0] == '-'))
		broken_next--;
	explain_bad_option(argv[broken_next]);
}

bool options_colour(enum colour_mode mode, int descriptor)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (mode != COLOUR_AUTO)
		return mode == COLOUR_ALWAYS;
	return (!no_colour || !*no_colour) && terminal &&
	       strcmp(terminal, "dumb") != 0 && isatty(descriptor);
}
