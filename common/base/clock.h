/*
 * clock.h - the two clocks and how times are written.
 *
 * Durations and deadlines are monotonic microseconds; what people and files
 * see is wall-clock time, RFC 3339 in UTC with milliseconds.
 */
#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_SECOND_US	 INT64_C(1000000)
#define CLOCK_TEXT_BYTES 40

int64_t clock_now_us(void);  /* monotonic */
int64_t clock_wall_us(void); /* since 1970-01-01 UTC */

/* "2026-01-01T10:00:00.031Z"; returns text. */
char *clock_format(char text[CLOCK_TEXT_BYTES], int64_t wall_us);

/*
 * The same from seconds, as certificates have them: what lies outside the
 * years 1000 to 9999 is shown as the nearest time within.
 */
char *clock_format_seconds(char text[CLOCK_TEXT_BYTES], int64_t seconds);

/* clock_format() the other way round; false where it is no such time. */
bool clock_parse(const char *text, int64_t *wall_us);

/* "2026-01-01", the day alone; returns text. */
char *clock_format_day(char text[CLOCK_TEXT_BYTES], int64_t wall_us);

#endif
