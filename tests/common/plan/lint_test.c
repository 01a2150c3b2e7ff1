#include "common/plan/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#define BROKEN	"tests/common/plan/lint/*.bad"
#define SAMPLES "man/examples/*.conf"

static struct topology *topology_of(struct arena *arena, const char *path)
{
	const char *why;
	struct topology *topology = topology_read(arena, path, &why);

	if (!topology)
		fail_msg("%s", why);
	return topology;
}

/* The ids behind "# breaks: " in the first line. */
static const char *breaks_of(const char *path, char line[256])
{
	static const char mark[] = "# breaks: ";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(line, 256, file));
	fclose(file);
	assert_memory_equal(line, mark, strlen(mark));
	line[strcspn(line, "\n")] = '\0';
	return line + strlen(mark);
}

static size_t times(const char *list, const char *id)
{
	size_t count = 0, length = strlen(id);

	for (const char *at = list; (at = strstr(at, id)); at += length)
		count += (at == list || at[-1] == ' ') &&
			 (at[length] == ' ' || !at[length]);
	return count;
}

static const char *ids_of(struct arena *arena, const struct remarks *remarks)
{
	const char *text = "";

	for (size_t i = 0; i < remarks->count; i++)
		text = arena_format(arena, "%s%s%s", text, *text ? " " : "",
				    remarks->items[i].requirement->id);
	return text;
}

/* Each id as often in one list as in the other. */
static bool same_ids(struct arena *arena, const char *one, const char *other)
{
	char *rest = arena_text(arena, one);
	char *id;

	if (strlen(one) != strlen(other))
		return false;
	while ((id = strsep(&rest, " ")))
		if (times(one, id) != times(other, id))
			return false;
	return true;
}

static void finds_the_rule_that_each_variant_breaks(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(BROKEN, 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 60);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct arena *arena = arena_new();
		char line[256];
		const char *breaks = breaks_of(files.gl_pathv[i], line);
		struct remarks remarks =
			lint(arena, topology_of(arena, files.gl_pathv[i]));
		const char *ids = ids_of(arena, &remarks);

		if (!same_ids(arena, ids, breaks))
			print_error("%s breaks %s, found: %s\n",
				    files.gl_pathv[i], breaks, ids);
		assert_true(same_ids(arena, ids, breaks));
		arena_free(arena);
	}
	globfree(&files);
}

static void finds_no_error_in_the_samples(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(SAMPLES, 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 6);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct arena *arena = arena_new();
		struct remarks remarks =
			lint(arena, topology_of(arena, files.gl_pathv[i]));

		if (remarks_worst(&remarks) == SEVERITY_MUST)
			fail_msg("%s: %s", files.gl_pathv[i],
				 ids_of(arena, &remarks));
		arena_free(arena);
	}
	globfree(&files);
}

static void names_the_line(void **state)
{
	struct arena *arena = arena_new();
	struct remarks remarks = lint(
		arena,
		topology_of(arena, "tests/common/plan/lint/two-gateways.bad"));

	(void)state;
	assert_int_equal(remarks.count, 1);
	assert_int_equal(remarks.items[0].line, 15);
	assert_string_equal(remarks.items[0].text,
			    "edge1 has a default gateway on its internal "
			    "adapter: give it routes instead");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_rule_that_each_variant_breaks),
		cmocka_unit_test(finds_no_error_in_the_samples),
		cmocka_unit_test(names_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
