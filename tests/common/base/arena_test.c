#include "common/base/arena.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void gives_zeroed_memory_aligned_for_anything(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t size = 1; size < 5000; size = size * 2 + 1) {
		uint8_t *memory = arena_alloc(arena, size);

		assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
	}
	arena_free(arena);
}

static void gives_more_than_a_chunk(void **state)
{
	struct arena *arena = arena_new();
	uint8_t *large = arena_alloc(arena, 8 << 20);

	(void)state;
	large[(8 << 20) - 1] = 1;
	assert_int_equal(large[0], 0);
	arena_free(arena);
}

static void copies_and_ends_with_a_nul(void **state)
{
	struct arena *arena = arena_new();
	const char *copy = arena_copy(arena, "a\0bcd", 4);

	(void)state;
	assert_memory_equal(copy, "a\0bc\0", 5);
	assert_string_equal(arena_copy(arena, NULL, 0), "");
	assert_string_equal(arena_text(arena, "text"), "text");
	arena_free(arena);
}

static void formats_any_length(void **state)
{
	struct arena *arena = arena_new();
	char *text = arena_format(arena, "%s:%d", "port", 443);

	(void)state;
	assert_string_equal(text, "port:443");
	assert_string_equal(arena_format(arena, "%s", ""), "");
	text = arena_format(arena, "%0*d", 100000, 7);
	assert_int_equal(strlen(text), 100000);
	assert_int_equal(text[99999], '7');
	arena_free(arena);
}

static void grows_an_array_and_keeps_its_items(void **state)
{
	struct arena *arena = arena_new();
	size_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		items = arena_grow(arena, items, i, &capacity, sizeof(*items));
		assert_true(capacity > i);
		items[i] = i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	arena_free(arena);
}

static void what_has_room_does_not_move(void **state)
{
	struct arena *arena = arena_new();
	size_t capacity = 0;
	int *items = arena_grow(arena, NULL, 0, &capacity, sizeof(*items));

	(void)state;
	assert_ptr_equal(arena_grow(arena, items, capacity - 1, &capacity,
				    sizeof(*items)),
			 items);
	arena_free(arena);
}

static void frees_nothing_without_complaint(void **state)
{
	(void)state;
	arena_free(NULL);
}

/* Runs apart, for the program is meant to end. */
static void asks_for_too_much(void)
{
	struct arena *arena = arena_new();
	int nowhere = open("/dev/null", O_WRONLY);

	dup2(nowhere, STDERR_FILENO);
	arena_alloc(arena, SIZE_MAX);
	_exit(0);
}

static void a_size_beyond_reason_ends_the_program(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		asks_for_too_much();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_memory_aligned_for_anything),
		cmocka_unit_test(gives_more_than_a_chunk),
		cmocka_unit_test(copies_and_ends_with_a_nul),
		cmocka_unit_test(formats_any_length),
		cmocka_unit_test(grows_an_array_and_keeps_its_items),
		cmocka_unit_test(what_has_room_does_not_move),
		cmocka_unit_test(frees_nothing_without_complaint),
		cmocka_unit_test(a_size_beyond_reason_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
