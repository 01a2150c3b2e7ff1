/*
 * log.h - what a tool says about itself on standard error.
 *
 * Every line is "tool: ..." and safe for a terminal: control characters are
 * escaped. Results never come here.
 */
#ifndef COMMON_BASE_LOG_H
#define COMMON_BASE_LOG_H

#include <stdbool.h>

#define EXIT_UNKNOWN 3 /* usage, input or own trouble; product.md section 3 */

/* Names the tool; called first in every main(). */
void log_init(const char *tool);
const char *log_tool(void);

/* Called before each line, so that a live progress line can make room. */
void log_before(void (*make_room)(void));

/* Shows log_debug() lines too (-vv). */
void log_set_debug(bool on);
bool log_is_debug(void);

void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line, then exit 3: trouble of our own, or bad input. */
_Noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
