#include "common/render/output.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* Each test works in a directory of its own, which is left empty. */
struct desk {
	struct arena *arena;
	char folder[32];
	const char *file;
};

static int enter(void **state)
{
	struct arena *arena = arena_new();
	struct desk *desk = arena_alloc(arena, sizeof(*desk));

	desk->arena = arena;
	snprintf(desk->folder, sizeof(desk->folder), "/tmp/output.XXXXXX");
	if (!mkdtemp(desk->folder))
		return -1;
	desk->file = arena_format(arena, "%s/run.json", desk->folder);
	*state = desk;
	return 0;
}

/* Fails when something is left aside. */
static int leave(void **state)
{
	struct desk *desk = *state;
	int result;

	unlink(desk->file);
	result = rmdir(desk->folder);
	arena_free(desk->arena);
	return result;
}

static struct output to(const char *path)
{
	return (struct output){.renderer = renderer_find("json"), .path = path};
}

static void put(struct output *output, const char *text)
{
	fputs(text, output->file);
}

static const char *content(const struct desk *desk, const char *path)
{
	char *text = arena_alloc(desk->arena, 64);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return "(no file)";
	if (read(fd, text, 63) < 0)
		text = NULL;
	close(fd);
	return text;
}

static void parses_what_is_right(void **state)
{
	static const struct {
		const char *text, *format, *path;
	} rows[] = {
		{"text", "text", NULL},
		{"json", "json", NULL},
		{"ndjson:-", "ndjson", NULL},
		{"json:run.json", "json", "run.json"},
		{"json:/tmp/a:b", "json", "/tmp/a:b"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct output output;
		const char *why = "";

		assert_true(
			output_parse(desk->arena, rows[i].text, &output, &why));
		assert_string_equal(output.renderer->name, rows[i].format);
		assert_int_equal(!output.path, !rows[i].path);
		if (rows[i].path)
			assert_string_equal(output.path, rows[i].path);
	}
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "unknown format '': expected text, json or ndjson, "
		     "or FORMAT:FILE"},
		{"run.json", "unknown format 'run.json': expected text, json "
			     "or ndjson, or FORMAT:FILE"},
		{"JSON:x", "unknown format 'JSON': expected text, json or "
			   "ndjson, or FORMAT:FILE"},
		{"json:", "a file name is missing after 'json:'"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct output output;
		const char *why = "";

		assert_false(
			output_parse(desk->arena, rows[i].text, &output, &why));
		assert_string_equal(why, rows[i].why);
	}
}

static void two_reports_need_two_places(void **state)
{
	struct desk *desk = *state;
	struct output outputs[] = {to(NULL), to("a"), to("b"), to(NULL)};
	const char *why = "";

	assert_true(output_apart(desk->arena, outputs, 3, &why));
	assert_false(output_apart(desk->arena, outputs, 4, &why));
	assert_string_equal(why, "json and json would both be written to "
				 "standard output: give one a file, as in "
				 "-o json:FILE");
	outputs[3] = to("a");
	assert_false(output_apart(desk->arena, outputs, 4, &why));
}

static void a_file_appears_only_when_whole(void **state)
{
	struct desk *desk = *state;
	struct output output = to(desk->file);

	assert_int_equal(output_open(desk->arena, &output), 0);
	put(&output, "whole");
	fflush(output.file);
	assert_string_equal(content(desk, desk->file), "(no file)");
	assert_int_equal(output_close(&output), 0);
	assert_string_equal(content(desk, desk->file), "whole");
}

static void an_older_file_stays_until_the_new_one_is_whole(void **state)
{
	struct desk *desk = *state;
	struct output output = to(desk->file);

	assert_int_equal(output_open(desk->arena, &output), 0);
	put(&output, "old");
	assert_int_equal(output_close(&output), 0);
	output = to(desk->file);
	assert_int_equal(output_open(desk->arena, &output), 0);
	put(&output, "new");
	output_abandon(&output);
	assert_string_equal(content(desk, desk->file), "old");
}

static void a_file_has_the_rights_of_any_file(void **state)
{
	struct desk *desk = *state;
	struct output output = to(desk->file);
	mode_t mask = umask(027);
	struct stat status;

	assert_int_equal(output_open(desk->arena, &output), 0);
	assert_int_equal(output_close(&output), 0);
	assert_int_equal(umask(mask), 027);
	assert_int_equal(stat(desk->file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

static void a_link_keeps_pointing_where_it_points(void **state)
{
	struct desk *desk = *state;
	const char *link = arena_format(desk->arena, "%s/link", desk->folder);
	struct output output = to(desk->file);
	struct stat status;

	assert_int_equal(output_open(desk->arena, &output), 0);
	assert_int_equal(output_close(&output), 0);
	assert_int_equal(symlink(desk->file, link), 0);
	output = to(link);
	assert_int_equal(output_open(desk->arena, &output), 0);
	put(&output, "through");
	assert_int_equal(output_close(&output), 0);
	assert_string_equal(content(desk, desk->file), "through");
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	unlink(link);
}

static void a_missing_folder_is_an_error(void **state)
{
	struct desk *desk = *state;
	struct output output = to("/nonexistent/run.json");

	assert_int_equal(output_open(desk->arena, &output), -ENOENT);
	output_abandon(&output);
}

static void a_full_disk_is_an_error(void **state)
{
	struct desk *desk = *state;
	struct output output = to("/dev/full");

	assert_int_equal(output_open(desk->arena, &output), 0);
	put(&output, "text");
	assert_int_equal(output_close(&output), -ENOSPC);
}

static void a_reader_that_went_away_is_none(void **state)
{
	struct output output = to(NULL);
	int ends[2], kept = dup(STDOUT_FILENO);
	struct desk *desk = *state;

	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	assert_int_equal(output_open(desk->arena, &output), 0);
	put(&output, "for nobody");
	fflush(stdout); /* fails here, as a long report does half way */
	assert_int_equal(output_close(&output), 0);
	clearerr(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parses_what_is_right),
		TEST(says_what_is_wrong),
		TEST(two_reports_need_two_places),
		TEST(a_file_appears_only_when_whole),
		TEST(an_older_file_stays_until_the_new_one_is_whole),
		TEST(a_file_has_the_rights_of_any_file),
		TEST(a_link_keeps_pointing_where_it_points),
		TEST(a_missing_folder_is_an_error),
		TEST(a_full_disk_is_an_error),
		TEST(a_reader_that_went_away_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
