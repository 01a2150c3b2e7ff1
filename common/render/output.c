#include "common/render/output.h"

#include "common/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *format_names(struct arena *arena)
{
	const char *names = "";

	for (size_t i = 0; i < renderer_count; i++)
		names = text_choices(arena, names, renderer_table[i].name,
				     i + 1 == renderer_count);
	return names;
}

bool output_parse(struct arena *arena, const char *text, struct output *output,
		  const char **why)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const char *format = arena_copy(arena, text, length);

	*output = (struct output){.renderer = renderer_find(format)};
	if (!output->renderer) {
		*why = arena_format(arena,
				    "unknown format '%s': expected %s, "
				    "or FORMAT:FILE",
				    format, format_names(arena));
		return false;
	}
	if (colon && !colon[1]) {
		*why = arena_format(arena, "a file name is missing after '%s'",
				    text);
		return false;
	}
	if (colon && strcmp(colon + 1, "-") != 0)
		output->path = colon + 1;
	return true;
}

static bool same_place(const struct output *one, const struct output *other)
{
	if (!one->path || !other->path)
		return one->path == other->path;
	return strcmp(one->path, other->path) == 0;
}

bool output_apart(struct arena *arena, const struct output *outputs,
		  size_t count, const char **why)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			if (!same_place(&outputs[i], &outputs[j]))
				continue;
			*why = arena_format(
				arena,
				"%s and %s would both be written to %s: "
				"give one a file, as in -o %s:FILE",
				outputs[i].renderer->name,
				outputs[j].renderer->name,
				outputs[i].path ? outputs[i].path
						: "standard output",
				outputs[j].renderer->name);
			return false;
		}
	}
	return true;
}

bool output_is_terminal(const struct output *output)
{
	return !output->path && isatty(STDOUT_FILENO);
}

/* mkstemp() leaves a private file; a report has the rights of any file. */
static int open_aside(struct output *output)
{
	mode_t mask = umask(0);
	int fd = mkostemp(output->aside, O_CLOEXEC);
	int error;

	umask(mask);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		output->file = fdopen(fd, "w");
	if (output->file)
		return 0;
	error = -errno;
	if (fd >= 0) {
		unlink(output->aside);
		close(fd);
	}
	output->aside = NULL;
	return error;
}

bool output_is_aside(const struct output *output)
{
	struct stat status;

	return output->path &&
	       (stat(output->path, &status) != 0 || S_ISREG(status.st_mode));
}

int output_open(struct arena *arena, struct output *output)
{
	char resolved[PATH_MAX];

	if (!output->path) {
		output->file = stdout;
		return 0;
	}
	if (!output_is_aside(output)) {
		output->file = fopen(output->path, "we");
		return output->file ? 0 : -errno;
	}
	/* a link keeps pointing where it points: its goal is replaced */
	output->final = realpath(output->path, resolved)
				? arena_text(arena, resolved)
				: output->path;
	output->aside = arena_format(arena, "%s.tmp.XXXXXX", output->final);
	return open_aside(output);
}

/* stdio forgets why an earlier write failed; a pipe can still be asked. */
static int stream_error(FILE *file)
{
	struct pollfd poller = {.fd = fileno(file), .events = POLLOUT};

	errno = 0;
	if (fflush(file) == 0 && !ferror(file))
		return 0;
	if (errno)
		return -errno;
	if (poll(&poller, 1, 0) > 0 && poller.revents & POLLERR)
		return -EPIPE;
	return -EIO;
}

int output_close(struct output *output)
{
	int error;

	if (!output->file)
		return 0;
	error = stream_error(output->file);
	if (output->file != stdout && fclose(output->file) != 0 && !error)
		error = -errno;
	output->file = NULL;
	if (output->aside && !error && rename(output->aside, output->final) < 0)
		error = -errno;
	if (output->aside && error)
		unlink(output->aside);
	output->aside = NULL;
	return error == -EPIPE ? 0 : error;
}

void output_abandon(struct output *output)
{
	if (output->file && output->file != stdout)
		fclose(output->file);
	output->file = NULL;
	if (output->aside)
		unlink(output->aside);
	output->aside = NULL;
}
