#include "common/base/text.h"

#include "common/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	size_t length; /* 0: up to the NUL */
	const char *safe;
} cases[] = {
	{"", 0, ""},
	{"sip.contoso.com", 0, "sip.contoso.com"},
	{"a\\b", 0, "a\\\\b"},
	{"\\x1b", 0, "\\\\x1b"}, /* not to be taken for an escape of ours */
	{"\x1b[2J\x1b]0;x\x07", 0, "\\x1b[2J\\x1b]0;x\\x07"},
	{"a\r\nb\tc", 0, "a\\x0d\\x0ab\\x09c"},
	{"a\0b", 3, "a\\x00b"},
	{"\x7f", 0, "\\x7f"},
	{"M\xc3\xbcnchen", 0, "M\xc3\xbcnchen"},
	{"\xe6\x97\xa5\xe6\x9c\xac", 0, "\xe6\x97\xa5\xe6\x9c\xac"},
	{"\xf0\x9f\x94\x92", 0, "\xf0\x9f\x94\x92"},
	{"\xc2\x9b"
	 "2J",
	 0, "\\xc2\\x9b2J"}, /* C1 control: CSI */
	{"\xe2\x80\xae"
	 "com",
	 0, "\\xe2\\x80\\xaecom"}, /* right-to-left override */
	{"a\xe2\x80\x8b"
	 "b",
	 0, "a\\xe2\\x80\\x8bb"}, /* zero width */
	{"a\xe3\x85\xa4"
	 "b",
	 0, "a\\xe3\\x85\\xa4b"}, /* Hangul filler */
	{"\xef\xbb\xbf"
	 "a",
	 0, "\\xef\\xbb\\xbfa"},			 /* byte order mark */
	{"\xf3\xa0\x81\x81", 0, "\\xf3\\xa0\\x81\\x81"}, /* a tag */
	/* broken UTF-8: alone, cut, overlong, surrogate, beyond Unicode */
	{"\x80", 0, "\\x80"},
	{"\xff\xfe", 0, "\\xff\\xfe"},
	{"\xc3", 0, "\\xc3"},
	{"\xe6\x97", 0, "\\xe6\\x97"},
	{"\xc3(", 0, "\\xc3("},
	{"\xc0\xaf", 0, "\\xc0\\xaf"},
	{"\xe0\x80\xaf", 0, "\\xe0\\x80\\xaf"},
	{"\xf0\x80\x80\xaf", 0, "\\xf0\\x80\\x80\\xaf"},
	{"\xed\xa0\x80", 0, "\\xed\\xa0\\x80"},
	{"\xf4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80"},
	{"\xf8\x88\x80\x80\x80", 0, "\\xf8\\x88\\x80\\x80\\x80"},
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

static size_t case_length(size_t i)
{
	return cases[i].length ? cases[i].length : strlen(cases[i].text);
}

static void makes_text_safe(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++)
		assert_string_equal(
			text_safe(arena_alloc(arena,
					      TEXT_SAFE_BYTES(case_length(i))),
				  cases[i].text, case_length(i)),
			cases[i].safe);
	arena_free(arena);
}

static void prints_the_same_safe_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		char *printed = NULL;
		size_t size;
		FILE *out = open_memstream(&printed, &size);

		text_print(out, cases[i].text, case_length(i));
		fclose(out);
		assert_string_equal(printed, cases[i].safe);
		free(printed);
	}
}

static void stays_inside_every_cut(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		for (size_t length = 0; length < case_length(i); length++) {
			char *cut = malloc(length);

			memcpy(cut, cases[i].text, length);
			assert_non_null(text_safe(
				arena_alloc(arena, TEXT_SAFE_BYTES(length)),
				cut, length));
			free(cut);
		}
	}
	arena_free(arena);
}

static void decodes_the_first_and_the_last_of_each_length(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t point;
	} points[] = {
		{"\x00", 1, 0},
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const uint8_t *bytes = (const uint8_t *)points[i].bytes;
		uint32_t point = 1;

		assert_int_equal(text_decode(bytes, points[i].size, &point),
				 points[i].size);
		assert_int_equal(point, points[i].point);
		assert_int_equal(text_decode(bytes, points[i].size - 1, &point),
				 0);
	}
}

static void hides_what_cannot_be_seen(void **state)
{
	static const uint32_t hidden[] = {
		0x00,	0x1f,	0x7f,	0x9f,	0xad,	0x200b, 0x202e,
		0x2066, 0x2800, 0x3164, 0xe000, 0xfeff, 0xfffd, 0xe0041};
	static const uint32_t shown[] = {0x20,	0x7e,	0xa0,	0xe9,
					 0x416, 0x2010, 0x65e5, 0x1f512};

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_false(text_is_shown(hidden[i]));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		assert_true(text_is_shown(shown[i]));
}

static void names_are_equal_but_for_case_and_a_final_dot(void **state)
{
	(void)state;
	assert_true(text_names_equal("sip.contoso.com", "SIP.Contoso.COM."));
	assert_true(text_names_equal("", "."));
	assert_true(text_names_equal("a.", "a"));
	assert_false(text_names_equal("sip.contoso.com", "sip.contoso.co"));
	assert_false(text_names_equal("a..", "a"));
	assert_false(text_names_equal("a", ""));
}

static void a_name_is_directly_in_its_parent_only(void **state)
{
	(void)state;
	assert_true(text_name_directly_in("sip.contoso.com", "contoso.com"));
	assert_true(text_name_directly_in("SIP.contoso.com.", "Contoso.com"));
	assert_false(
		text_name_directly_in("sip.it.contoso.com", "contoso.com"));
	assert_false(text_name_directly_in("contoso.com", "contoso.com"));
	assert_false(text_name_directly_in("sip.xcontoso.com", "contoso.com"));
	assert_false(text_name_directly_in(".contoso.com", "contoso.com"));
	assert_false(text_name_directly_in("contoso", "contoso"));
}

static void gives_back_what_was_made_safe(void **state)
{
	static const char *const texts[] = {
		"",	     "plain",	     "C:\\new",	    "\x1b[31m",
		"a\xff\xfe", "\xe2\x80\xae", "caf\xc3\xa9", "\\\\x41",
		"\\x4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char safe[TEXT_SAFE_BYTES(64)];

		text_safe(safe, texts[i], strlen(texts[i]));
		assert_int_equal(text_unsafe(safe), strlen(texts[i]));
		assert_string_equal(safe, texts[i]);
	}
}

static void lists_choices_as_people_write_them(void **state)
{
	static const char *const words[] = {"text", "json", "junit"};
	static const char *const lists[] = {"text", "text or json",
					    "text, json or junit"};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t count = 1; count <= 3; count++) {
		const char *list = "";

		for (size_t i = 0; i < count; i++)
			list = text_choices(arena, list, words[i],
					    i + 1 == count);
		assert_string_equal(list, lists[count - 1]);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_text_safe),
		cmocka_unit_test(gives_back_what_was_made_safe),
		cmocka_unit_test(prints_the_same_safe_text),
		cmocka_unit_test(stays_inside_every_cut),
		cmocka_unit_test(decodes_the_first_and_the_last_of_each_length),
		cmocka_unit_test(hides_what_cannot_be_seen),
		cmocka_unit_test(names_are_equal_but_for_case_and_a_final_dot),
		cmocka_unit_test(a_name_is_directly_in_its_parent_only),
		cmocka_unit_test(lists_choices_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
