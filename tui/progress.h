/*
 * progress.h - the live line on a terminal: done, total, rate, time left.
 *
 * Writes to standard error, and only when it is a terminal.
 */
#ifndef TUI_PROGRESS_H
#define TUI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* colour as decided for the terminal; begins nothing when not a terminal. */
void progress_begin(bool colour);

/* current: what is waited for, "av.contoso.com:3478/udp"; may be NULL. */
void progress_show(size_t done, size_t total, const char *current,
		   int64_t now_us);

/* Wipes the line, so that another can be written (log_before). */
void progress_clear(void);
void progress_end(void);

#endif
