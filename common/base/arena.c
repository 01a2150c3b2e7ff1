#include "common/base/arena.h"

#include "common/base/log.h"

#include <obstack.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define obstack_chunk_alloc xmalloc
#define obstack_chunk_free  free

struct arena {
	struct obstack stack;
};

static void *xmalloc(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		die("out of memory");
	return memory;
}

struct arena *arena_new(void)
{
	struct arena *arena = xmalloc(sizeof(*arena));

	obstack_init(&arena->stack);
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	obstack_free(&arena->stack, NULL);
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	/* obstack's growth is an int in places: refuse what cannot be meant */
	if (size > INT32_MAX / 2)
		die("out of memory");
	return memset(obstack_alloc(&arena->stack, (int)size), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (length)
		memcpy(copy, data, length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *arena_vformat(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	int length;
	char *text;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length < 0)
		die("cannot format text");
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vformat(arena, format, args);
	va_end(args);
	return text;
}

void *arena_grow(struct arena *arena, void *items, size_t count,
		 size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 8;
	void *moved;

	if (count < *capacity)
		return items;
	moved = arena_alloc(arena, wanted * size);
	if (count)
		memcpy(moved, items, count * size);
	*capacity = wanted;
	return moved;
}
