/*
 * host_text.h - text and times as PowerShell writes them. No I/O.
 *
 * `> FILE` of Windows PowerShell gives UTF-16 with a byte order mark,
 * Out-File -Encoding utf8 gives UTF-8 with one, later versions UTF-8 without.
 */
#ifndef COMMON_WIRE_HOST_TEXT_H
#define COMMON_WIRE_HOST_TEXT_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The text as UTF-8 without a mark, from the arena or within data; NULL with
 * *why when it is UTF-16 that breaks off or has half a character. UTF-8 itself
 * is not looked through.
 */
const char *host_text_plain(struct arena *arena, const void *data,
			    size_t length, size_t *plain_length,
			    const char **why);

/*
 * "2026-01-01T11:00:00.1234567+01:00", the same with Z, or
 * "/Date(1767261600000)/", in microseconds since 1970. False where it is none
 * of these, or does not say how far from UTC it is.
 */
bool host_text_time(const char *text, int64_t *wall_us);

#endif
