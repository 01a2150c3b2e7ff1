/*
 * arena.h - memory that lives as long as a run and goes with it. No I/O.
 *
 * A run owns one arena; plan, observations, facts and check state come from
 * it. Nothing is freed alone. Running out of memory ends the program.
 * Not for use by several threads.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* accepts NULL */

/* Zeroed, aligned for any type. A size of 0 gives a unique pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of length bytes, with a NUL after them that is not counted. */
void *arena_copy(struct arena *arena, const void *data, size_t length);

char *arena_text(struct arena *arena, const char *text);

/* printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/*
 * Makes room in an array for one more element than count and returns the
 * array, moved when it had to grow. Elements are size bytes; *capacity is in
 * elements and starts at 0 with items NULL.
 */
void *arena_grow(struct arena *arena, void *items, size_t count,
		 size_t *capacity, size_t size);

#endif
