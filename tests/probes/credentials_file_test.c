#include "probes/credentials_file.h"

#include "tests/common/wire/mras_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FILE_TEXT "username = " M_USERNAME "\npassword = " M_PASSWORD "\n"

static struct arena *arena;
static char directory[32];
static struct credentials credentials;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	snprintf(directory, sizeof(directory), "/tmp/edgeprobe-test-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return rmdir(directory); /* so each test left nothing behind */
}

static const char *path_of(const char *name)
{
	return arena_format(arena, "%s/%s", directory, name);
}

static const char *file_of(const char *name, const char *text, mode_t mode)
{
	const char *path = path_of(name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fchmod(fileno(file), mode), 0);
	fclose(file);
	return path;
}

static void assert_refused(const char *path, const char *says)
{
	const char *why = NULL;

	assert_false(credentials_file_read(arena, &credentials, path, &why));
	assert_non_null(why);
	if (!strstr(why, says))
		fail_msg("%s, not: %s", why, says);
	assert_int_equal(credentials.username_length, 0);
}

static void assert_read(const char *path)
{
	const char *why = "";

	if (!credentials_file_read(arena, &credentials, path, &why))
		fail_msg("%s", why);
	assert_int_equal(credentials.username_length, 52);
	assert_int_equal(credentials.password_length, 20);
}

static void a_private_file_is_read(void **state)
{
	static const mode_t modes[] = {0600, 0400, 0700, 0611};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const char *path = file_of("mine", FILE_TEXT, modes[i]);

		assert_read(path);
		unlink(path);
	}
}

static void one_that_others_may_read_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0666};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const char *path = file_of("open", FILE_TEXT, modes[i]);

		assert_refused(path,
			       arena_format(arena,
					    "credentials %s: others may read "
					    "or write the file; type: "
					    "chmod 600 %s",
					    path, path));
		unlink(path);
	}
}

static void the_command_that_mends_it_can_be_pasted(void **state)
{
	const char *path = file_of("it's mine; $HOME", FILE_TEXT, 0644);

	(void)state;
	assert_refused(path, arena_format(arena,
					  "type: chmod 600 "
					  "'%s/it'\\''s mine; $HOME'",
					  directory));
	unlink(path);
}

static void a_link_to_a_private_file_will_do(void **state)
{
	const char *path = file_of("real", FILE_TEXT, 0600);
	const char *link = path_of("link");

	(void)state;
	assert_int_equal(symlink(path, link), 0);
	assert_read(link);
	chmod(path, 0644);
	assert_refused(link, "others may read");
	unlink(link);
	unlink(path);
}

static void another_users_file_is_refused(void **state)
{
	const char *path;

	(void)state;
	if (geteuid() != 0)
		skip();
	path = file_of("theirs", FILE_TEXT, 0600);
	assert_int_equal(chown(path, 12345, 0), 0);
	assert_refused(path, "belongs to another user (12345)");
	unlink(path);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
	const char *fifo = path_of("fifo");

	(void)state;
	assert_refused(path_of("none"), "No such file or directory");
	assert_refused(directory, "it is no regular file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_refused(fifo, "it is no regular file");
	unlink(fifo);
}

static void errors_name_file_and_line_and_no_secret(void **state)
{
	const char *path =
		file_of("bad", "username = Zg==\npassword = s3cret\n", 0600);

	(void)state;
	assert_refused(path, arena_format(arena,
					  "credentials %s: line 2: password is "
					  "no base64",
					  path));
	unlink(path);
}

/*
 * Writing
 */

static void assert_mode(const char *path, mode_t mode)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
}

static void take_credentials(void)
{
	const char *path = file_of("take", FILE_TEXT, 0600);

	assert_read(path);
	unlink(path);
}

static void what_is_written_is_private_and_can_be_read(void **state)
{
	static const mode_t masks[] = {0, 022, 0777};

	(void)state;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		const char *path = path_of("new"), *why = "";
		mode_t mask;

		take_credentials();
		mask = umask(masks[i]);
		if (!credentials_file_write(arena, &credentials, path, &why))
			fail_msg("%s", why);
		umask(mask);
		assert_mode(path, 0600);
		assert_read(path);
		unlink(path);
	}
}

static void credentials_of_before_are_replaced(void **state)
{
	static const char *const texts[] = {
		"", "username = Zg==\npassword = Zg==\n"};
	const char *why;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *path = file_of("old", texts[i], 0644);

		take_credentials();
		assert_true(credentials_file_write(arena, &credentials, path,
						   &why));
		assert_mode(path, 0600);
		assert_read(path);
		unlink(path);
	}
}

static void a_link_goes_on_pointing_where_it_did(void **state)
{
	const char *path = file_of("goal", "", 0600), *link = path_of("link");
	const char *why;
	struct stat status;

	(void)state;
	assert_int_equal(symlink("goal", link), 0);
	take_credentials();
	assert_true(credentials_file_write(arena, &credentials, link, &why));
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_read(path);
	unlink(link);
	unlink(path);
}

static void anything_else_is_left_alone(void **state)
{
	static const char *const texts[] = {"my diary\n", M_ANSWER,
					    FILE_TEXT "and more\n"};
	char back[4096] = "";
	const char *why;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *path = file_of("other", texts[i], 0600);
		FILE *file;

		take_credentials();
		assert_false(credentials_file_write(arena, &credentials, path,
						    &why));
		assert_non_null(strstr(why, "is no credentials file"));
		file = fopen(path, "re");
		back[fread(back, 1, sizeof(back) - 1, file)] = '\0';
		fclose(file);
		assert_string_equal(back, texts[i]);
		unlink(path);
	}
	assert_false(
		credentials_file_write(arena, &credentials, directory, &why));
	assert_non_null(strstr(why, "no regular file"));
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
	const char *why;

	(void)state;
	take_credentials();
	assert_false(credentials_file_write(arena, &credentials,
					    path_of("no/where"), &why));
	assert_non_null(strstr(why, "No such file or directory"));
	credentials_forget(&credentials);
	assert_false(credentials_file_write(arena, &credentials,
					    path_of("empty"), &why));
	assert_non_null(strstr(why, "they are not whole"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_private_file_is_read),
		cmocka_unit_test(one_that_others_may_read_is_refused),
		cmocka_unit_test(the_command_that_mends_it_can_be_pasted),
		cmocka_unit_test(a_link_to_a_private_file_will_do),
		cmocka_unit_test(another_users_file_is_refused),
		cmocka_unit_test(what_is_no_file_is_refused_at_once),
		cmocka_unit_test(errors_name_file_and_line_and_no_secret),
		cmocka_unit_test(what_is_written_is_private_and_can_be_read),
		cmocka_unit_test(credentials_of_before_are_replaced),
		cmocka_unit_test(a_link_goes_on_pointing_where_it_did),
		cmocka_unit_test(anything_else_is_left_alone),
		cmocka_unit_test(what_cannot_be_written_leaves_nothing),
	};

	return cmocka_run_group_tests_name("credentials_file", tests, set_up,
					   tear_down);
}
