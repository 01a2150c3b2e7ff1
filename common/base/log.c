#include "common/base/log.h"

#include "common/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *tool_name = "edgeprobe";
static void (*before_line)(void);
static bool debugging;

void log_init(const char *tool)
{
	tool_name = tool;
}

const char *log_tool(void)
{
	return tool_name;
}

void log_before(void (*make_room)(void))
{
	before_line = make_room;
}

void log_set_debug(bool on)
{
	debugging = on;
}

bool log_is_debug(void)
{
	return debugging;
}

/* The arena may be what failed, so this works in a buffer of its own. */
__attribute__((format(printf, 1, 0))) static void print_line(const char *format,
							     va_list args)
{
	char line[2048];

	vsnprintf(line, sizeof(line), format, args);
	if (before_line)
		before_line();
	fprintf(stderr, "%s: ", tool_name);
	text_print(stderr, line, strlen(line));
	fputc('\n', stderr);
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	if (!debugging)
		return;
	va_start(args, format);
	print_line(format, args);
	va_end(args);
}

_Noreturn void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(format, args);
	va_end(args);
	exit(EXIT_UNKNOWN);
}
