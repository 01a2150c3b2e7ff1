#include "common/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * CLOCK_SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

static int64_t floor_divide(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

/* Day and second as text; the caller keeps the part it wants. */
static void format_seconds(char text[CLOCK_TEXT_BYTES], int64_t wall_us)
{
	time_t seconds = (time_t)floor_divide(wall_us, CLOCK_SECOND_US);
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) ||
	    !strftime(text, CLOCK_TEXT_BYTES - 8, "%Y-%m-%dT%H:%M:%S", &parts))
		snprintf(text, CLOCK_TEXT_BYTES, "unknown-time");
}

char *clock_format(char text[CLOCK_TEXT_BYTES], int64_t wall_us)
{
	int64_t rest = wall_us % CLOCK_SECOND_US;
	int milliseconds =
		(int)((rest < 0 ? rest + CLOCK_SECOND_US : rest) / 1000);
	char whole[CLOCK_TEXT_BYTES];

	format_seconds(whole, wall_us);
	snprintf(text, CLOCK_TEXT_BYTES, "%.*s.%03dZ", CLOCK_TEXT_BYTES - 8,
		 whole, milliseconds);
	return text;
}

char *clock_format_seconds(char text[CLOCK_TEXT_BYTES], int64_t seconds)
{
	static const int64_t first = INT64_C(-30610224000);
	static const int64_t last = INT64_C(253402300799);

	seconds = seconds < first ? first : seconds > last ? last : seconds;
	return clock_format(text, seconds * CLOCK_SECOND_US);
}

bool clock_parse(const char *text, int64_t *wall_us)
{
	struct tm parts = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	int milliseconds, length = 0;

	if (!rest || sscanf(rest, ".%3dZ%n", &milliseconds, &length) != 1 ||
	    length != 5 || rest[length] || milliseconds < 0)
		return false;
	*wall_us =
		timegm(&parts) * CLOCK_SECOND_US + milliseconds * INT64_C(1000);
	return true;
}

char *clock_format_day(char text[CLOCK_TEXT_BYTES], int64_t wall_us)
{
	char *time_of_day;

	format_seconds(text, wall_us);
	time_of_day = strchr(text, 'T');
	if (time_of_day)
		*time_of_day = '\0';
	return text;
}
