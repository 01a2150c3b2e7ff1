#include "tui/progress.h"

#include "common/base/log.h"
#include "common/render/layout.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND	 INT64_C(1000000)
#define END_MARK '\x02'

/* Standard error as a terminal whose other end the test reads. */
struct screen {
	int kept, master;
	char text[8192];
};

static void screen_begin(struct screen *screen, unsigned short columns)
{
	struct winsize size = {.ws_col = columns, .ws_row = 24};
	int slave;

	fflush(stderr);
	screen->kept = dup(STDERR_FILENO);
	if (openpty(&screen->master, &slave, NULL, NULL, &size) < 0)
		fail_msg("no pseudo-terminal");
	dup2(slave, STDERR_FILENO);
	close(slave);
	setenv("TERM", "xterm", 1);
}

/*
 * What was written; standard error is as before. A terminal hands over in its
 * own time, so a mark is written last and waited for.
 */
static char *screen_end(struct screen *screen)
{
	size_t length = 0;

	fflush(stderr);
	fputc(END_MARK, stderr);
	fflush(stderr);
	while (!length || screen->text[length - 1] != END_MARK) {
		ssize_t size = read(screen->master, screen->text + length,
				    sizeof(screen->text) - length);

		if (size <= 0)
			break;
		length += (size_t)size;
	}
	screen->text[length ? length - 1 : 0] = '\0';
	dup2(screen->kept, STDERR_FILENO);
	close(screen->kept);
	close(screen->master);
	return screen->text;
}

static void shows_counts_rate_time_left_and_endpoint(void **state)
{
	struct screen screen;

	(void)state;
	screen_begin(&screen, 80);
	progress_begin(false);
	progress_show(0, 40, NULL, 5 * SECOND);
	progress_show(20, 40, "av.contoso.com:3478/udp", 7 * SECOND);
	progress_end();
	assert_string_equal(screen_end(&screen),
			    "\r0/40\x1b[K"
			    "\r20/40, 10/s, 2 s left  av.contoso.com:3478/udp"
			    "\x1b[K"
			    "\r\x1b[K");
}

static void promises_no_end_while_silence_is_waited_out(void **state)
{
	struct screen screen;

	(void)state;
	screen_begin(&screen, 80);
	progress_begin(false);
	progress_show(0, 30, NULL, 5 * SECOND);
	progress_show(28, 30, NULL, 7 * SECOND);
	progress_show(28, 30, NULL, 12 * SECOND);
	progress_end();
	assert_string_equal(screen_end(&screen), "\r0/30\x1b[K"
						 "\r28/30, 14/s, 1 s left"
						 "\x1b[K"
						 "\r28/30, 4.0/s\x1b[K"
						 "\r\x1b[K");
}

static void colour_is_ended(void **state)
{
	struct screen screen;

	(void)state;
	screen_begin(&screen, 80);
	progress_begin(true);
	progress_show(0, 40, NULL, 5 * SECOND);
	progress_end();
	assert_string_equal(screen_end(&screen),
			    "\r\x1b[36m0/40\x1b[0m\x1b[K\r\x1b[K");
}

static void updates_ten_times_a_second_at_most(void **state)
{
	struct screen screen;
	int lines = 0;

	(void)state;
	screen_begin(&screen, 80);
	progress_begin(false);
	for (int64_t ms = 0; ms < 1000; ms++)
		progress_show((size_t)ms, 1000, NULL, SECOND + ms * 1000);
	progress_end();
	for (const char *at = screen_end(&screen); *at; at++)
		lines += *at == '\r';
	assert_in_range(lines, 9 + 1, 10 + 1); /* one wipes it */
}

static void is_never_wider_than_the_terminal(void **state)
{
	static const char *const names[] = {
		"a-very-long-name-indeed.of-a-host.contoso.com:3478/udp",
		"日本語日本語日本語日本語日本語日本語.contoso.com:443/tcp",
		"\x1b[2J\x1b]0;owned\x07\xff\xfe.contoso.com:443/tcp",
	};

	(void)state;
	for (unsigned short columns = 1; columns < 60; columns++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			struct screen screen;
			char *text, *end;

			screen_begin(&screen, columns);
			progress_begin(false);
			progress_show(20, 40, names[i], SECOND);
			progress_end();
			text = screen_end(&screen) + 1; /* after the return */
			end = strchr(text, '\x1b');
			assert_non_null(end);
			assert_string_equal(end, "\x1b[K\r\x1b[K");
			*end = '\0';
			assert_in_range(layout_columns(text), 0, columns - 1);
		}
	}
}

static void makes_room_for_other_lines(void **state)
{
	struct screen screen;

	(void)state;
	screen_begin(&screen, 80);
	log_init("edgeprobe");
	progress_begin(false);
	progress_show(1, 2, NULL, SECOND);
	log_note("a note");
	progress_end();
	log_note("another");
	assert_string_equal(screen_end(&screen),
			    "\r1/2\x1b[K\r\x1b[Kedgeprobe: a note\r\n"
			    "edgeprobe: another\r\n");
}

static void writes_nothing_to_a_dumb_terminal(void **state)
{
	struct screen screen;

	(void)state;
	screen_begin(&screen, 80);
	setenv("TERM", "dumb", 1);
	progress_begin(true);
	progress_show(1, 2, "x", SECOND);
	progress_end();
	assert_string_equal(screen_end(&screen), "");
}

static void writes_nothing_where_there_is_no_terminal(void **state)
{
	int ends[2], kept = dup(STDERR_FILENO);
	char byte;

	(void)state;
	setenv("TERM", "xterm", 1);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
	progress_begin(true);
	progress_show(1, 2, "x", SECOND);
	progress_clear();
	progress_end();
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_counts_rate_time_left_and_endpoint),
		cmocka_unit_test(promises_no_end_while_silence_is_waited_out),
		cmocka_unit_test(colour_is_ended),
		cmocka_unit_test(updates_ten_times_a_second_at_most),
		cmocka_unit_test(is_never_wider_than_the_terminal),
		cmocka_unit_test(makes_room_for_other_lines),
		cmocka_unit_test(writes_nothing_to_a_dumb_terminal),
		cmocka_unit_test(writes_nothing_where_there_is_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
