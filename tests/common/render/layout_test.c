#include "common/render/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void wraps_as_expected(void **state)
{
	static const struct {
		int width, column, indent;
		const char *text, *expected;
	} rows[] = {
		{40, 0, 2, "", "\n"},
		{40, 0, 2, "one line", "one line\n"},
		{10, 0, 2, "one two three", "one two\n  three\n"},
		{10, 0, 0, "0123456789", "0123456789\n"},
		{10, 0, 0, "01234567890", "0123456789\n0\n"},
		/* a word that would start beyond the edge goes down */
		{10, 8, 2, "abc", "\n  abc\n"},
		{10, 0, 2, "a  b   c", "a b c\n"},
		{10, 0, 2, "  a  ", "a\n"},
		/* two bytes, one column */
		{10, 0, 0, "äöüäöüäöüä", "äöüäöüäöüä\n"},
		/* three bytes, two columns */
		{10, 0, 0, "日本語日本語", "日本語日本\n語\n"},
		/* a combining mark stays with its letter */
		{4, 0, 0, "abce\xcc\x81x", "abce\xcc\x81\nx\n"},
		/* newlines of the text are not ours */
		{40, 0, 2, "a\nb", "a\\x0ab\n"},
		{40, 0, 2, "\x1b[31m", "\\x1b[31m\n"},
		{40, 0, 2, "a\\b", "a\\\\b\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		char *text;
		size_t length;
		FILE *out = open_memstream(&text, &length);
		struct layout layout = {
			.out = out, .arena = arena, .width = rows[i].width};

		layout_wrap(&layout, rows[i].column, rows[i].indent,
			    rows[i].text);
		fclose(out);
		assert_string_equal(text, rows[i].expected);
		free(text);
		arena_free(arena);
	}
}

static void every_state_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(
				layout_state_word((enum state)i),
				layout_state_word((enum state)j));
	}
}

static void cuts_between_characters_and_says_so(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(layout_safe(arena, "abc", 3, 3), "abc");
	assert_string_equal(layout_safe(arena, "abcd", 4, 3), "abc...");
	assert_string_equal(layout_safe(arena, "äöüä", 8, 3), "äöü...");
	assert_string_equal(layout_safe(arena, "a\0b", 3, 9), "a\\x00b");
	arena_free(arena);
}

static void names_are_listed_once_and_counted(void **state)
{
	struct arena *arena = arena_new();
	struct names names = {0};

	(void)state;
	assert_string_equal(names_join(arena, &names, 0), "");
	names_add(arena, &names, "edge1");
	names_add(arena, &names, "edge2");
	names_add(arena, &names, "edge1");
	assert_string_equal(names_join(arena, &names, 0), "edge1, edge2");
	names_add(arena, &names, "edge3");
	assert_string_equal(names_join(arena, &names, 1), "edge1 and 2 more");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps_as_expected),
		cmocka_unit_test(every_state_has_a_word_of_its_own),
		cmocka_unit_test(cuts_between_characters_and_says_so),
		cmocka_unit_test(names_are_listed_once_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
