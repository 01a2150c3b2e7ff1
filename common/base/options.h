/*
 * options.h - what every tool's command line has in common, by argp.
 *
 * A tool hands its own argp to options_parse() with options_argp as a child
 * and gives that child a struct options (ARGP_KEY_INIT, child_inputs). Bad
 * input ends with one line and exit 3. --help, --usage and --version come
 * with the child.
 */
#ifndef COMMON_BASE_OPTIONS_H
#define COMMON_BASE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_OUTPUTS_MAX 8

enum colour_mode { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct options {
	int64_t timeout_us;  /* a step */
	int64_t deadline_us; /* a run */
	enum colour_mode colour;
	int verbose;				  /* -v counted */
	const char *outputs[OPTIONS_OUTPUTS_MAX]; /* FORMAT[:FILE], raw */
	size_t output_count;
	int families; /* 0, AF_INET or AF_INET6 */
};

extern const struct argp options_argp;
extern const struct argp options_help_argp; /* --help and its like alone */
extern const struct options options_default;

/*
 * Parses the command line into input (handed to argp's parser). Does not
 * return on bad input, --help and --version.
 */
void options_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Seconds with a fraction ("2.5"), over 0 and at most max_s; else dies. */
int64_t options_seconds(const char *option, const char *text, int max_s);

/* The number of a descriptor; else dies. */
int options_descriptor(const char *option, const char *text);

/* Whether to colour a stream: the mode, NO_COLOR, TERM, a terminal. */
bool options_colour(enum colour_mode mode, int descriptor);

#endif
