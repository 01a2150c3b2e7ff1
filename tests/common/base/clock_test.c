#include "common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const struct {
	int64_t wall_us;
	const char *text, *day;
} times[] = {
	{0, "1970-01-01T00:00:00.000Z", "1970-01-01"},
	{INT64_C(1767261600031000), "2026-01-01T10:00:00.031Z", "2026-01-01"},
	/* cut, not rounded: a time never shows before it came */
	{INT64_C(1767261600999999), "2026-01-01T10:00:00.999Z", "2026-01-01"},
	{INT64_C(951825600000000), "2000-02-29T12:00:00.000Z", "2000-02-29"},
	/* certificates may begin before 1970 */
	{-1, "1969-12-31T23:59:59.999Z", "1969-12-31"},
	{-1000000, "1969-12-31T23:59:59.000Z", "1969-12-31"},
	{INT64_C(253402300799999000), "9999-12-31T23:59:59.999Z", "9999-12-31"},
};

#define TIME_COUNT (sizeof(times) / sizeof(times[0]))

static void writes_times_in_utc_with_milliseconds(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < TIME_COUNT; i++) {
		assert_string_equal(clock_format(text, times[i].wall_us),
				    times[i].text);
		assert_string_equal(clock_format_day(text, times[i].wall_us),
				    times[i].day);
	}
}

static void the_time_zone_changes_nothing(void **state)
{
	setenv("TZ", "America/St_Johns", 1);
	tzset();
	writes_times_in_utc_with_milliseconds(state);
	unsetenv("TZ");
	tzset();
}

static void shows_seconds_within_the_years_of_rfc_3339(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	assert_string_equal(clock_format_seconds(text, 0),
			    "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_format_seconds(text, INT64_MAX),
			    "9999-12-31T23:59:59.000Z");
	assert_string_equal(clock_format_seconds(text, INT64_MIN),
			    "1000-01-01T00:00:00.000Z");
}

static void survives_any_time(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	assert_non_null(clock_format(text, INT64_MAX));
	assert_non_null(clock_format(text, INT64_MIN));
	assert_non_null(clock_format_day(text, INT64_MAX));
	assert_non_null(clock_format_day(text, INT64_MIN));
}

static void the_monotonic_clock_never_goes_back(void **state)
{
	int64_t last = clock_now_us();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_now_us();

		assert_true(now >= last);
		last = now;
	}
}

static void the_wall_clock_is_that_of_the_system(void **state)
{
	int64_t before = (int64_t)time(NULL) - 1;
	int64_t wall = clock_wall_us() / CLOCK_SECOND_US;

	(void)state;
	assert_true(wall >= before);
	assert_true(wall <= (int64_t)time(NULL) + 1);
}

static void reads_what_it_wrote(void **state)
{
	static const int64_t wall_times[] = {0, 1767261600031000, -1000,
					     INT64_C(253402300799000000)};
	static const char *const others[] = {"",
					     "2026-01-01",
					     "2026-01-01T10:00:00Z",
					     "2026-01-01T10:00:00.03Z",
					     "2026-01-01T10:00:00.031",
					     "2026-01-01T10:00:00.031Zx",
					     "yesterday"};
	char text[CLOCK_TEXT_BYTES];
	int64_t time_us;

	(void)state;
	for (size_t i = 0; i < sizeof(wall_times) / sizeof(wall_times[0]);
	     i++) {
		assert_true(clock_parse(clock_format(text, wall_times[i]),
					&time_us));
		assert_int_equal(time_us, wall_times[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(clock_parse(others[i], &time_us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_times_in_utc_with_milliseconds),
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(the_time_zone_changes_nothing),
		cmocka_unit_test(shows_seconds_within_the_years_of_rfc_3339),
		cmocka_unit_test(survives_any_time),
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(the_wall_clock_is_that_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
