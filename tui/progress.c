#include "tui/progress.h"

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/render/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define UPDATE_US    (CLOCK_SECOND_US / 10) /* what an eye can follow */
#define COLUMNS_ELSE 80			    /* a terminal that does not say */
#define CURRENT_MAX  200		    /* characters of the endpoint */

static struct {
	bool on;
	bool colour;
	bool drawn; /* a line stands on the terminal */
	int64_t begun_us;
	int64_t drawn_us;
	size_t done;	  /* when last told */
	int64_t moved_us; /* when that last grew */
} progress;

void progress_begin(bool colour)
{
	const char *terminal = getenv("TERM");

	progress.drawn = false;
	progress.begun_us = progress.drawn_us = progress.moved_us = 0;
	progress.done = 0;
	progress.colour = colour;
	/* a terminal without a cursor to move would fill with lines */
	progress.on = isatty(STDERR_FILENO) && terminal &&
		      strcmp(terminal, "dumb") != 0;
	if (progress.on)
		log_before(progress_clear);
}

static int terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_ELSE;
	return size.ws_col;
}

/*
 * "12/40, 8/s, 4 s left"; no rate before there is something to divide, and
 * no time left when less than what nothing has moved for: silence is waited
 * out, however fast the others answered.
 */
static const char *counts_text(struct arena *arena, size_t done, size_t total,
			       int64_t spent_us, int64_t still_us)
{
	const char *text = arena_format(arena, "%zu/%zu", done, total);
	double seconds = (double)spent_us / (double)CLOCK_SECOND_US;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	double left;

	if (!done || seconds < 0.2)
		return text;
	text = arena_format(arena, rate < 10 ? "%s, %.1f/s" : "%s, %.0f/s",
			    text, rate);
	left = (double)(total - done) / rate;
	if (done < total && left * (double)CLOCK_SECOND_US > (double)still_us)
		text = arena_format(arena, "%s, %.0f s left", text,
				    left < 1 ? 1 : left);
	return text;
}

/* Writes as much of safe text as fits; returns the columns left. */
static int put_cut(const char *safe, int left)
{
	while (*safe) {
		uint32_t point;
		size_t size = text_decode((const uint8_t *)safe,
					  strnlen(safe, 4), &point);
		int columns = size ? layout_point_columns(point) : 1;

		size = size ? size : 1;
		if (columns > left)
			return 0;
		fwrite(safe, 1, size, stderr);
		left -= columns;
		safe += size;
	}
	return left;
}

static void draw(const char *counts, const char *current)
{
	/* the last column stays free: some terminals wrap on reaching it */
	int left = terminal_columns() - 1;

	fputc('\r', stderr);
	if (progress.colour)
		fputs("\x1b[36m", stderr);
	left = put_cut(counts, left);
	if (progress.colour)
		fputs("\x1b[0m", stderr);
	if (*current)
		left = put_cut("  ", left);
	put_cut(current, left);
	fputs("\x1b[K", stderr);
	fflush(stderr);
}

void progress_show(size_t done, size_t total, const char *current,
		   int64_t now_us)
{
	struct arena *arena;

	if (!progress.on)
		return;
	if (!progress.begun_us)
		progress.begun_us = progress.moved_us = now_us;
	if (done > progress.done) {
		progress.done = done;
		progress.moved_us = now_us;
	}
	if (progress.drawn_us && now_us - progress.drawn_us < UPDATE_US)
		return;
	arena = arena_new();
	draw(counts_text(arena, done, total, now_us - progress.begun_us,
			 now_us - progress.moved_us),
	     current ? layout_safe(arena, current, strlen(current), CURRENT_MAX)
		     : "");
	arena_free(arena);
	progress.drawn_us = now_us;
	progress.drawn = true;
}

void progress_clear(void)
{
	if (!progress.drawn)
		return;
	fputs("\r\x1b[K", stderr);
	fflush(stderr);
	progress.drawn = false;
}

void progress_end(void)
{
	progress_clear();
	if (progress.on)
		log_before(NULL);
	progress.on = false;
}
