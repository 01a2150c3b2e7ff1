/*
 * Feeds every file of the corpus of odd and hostile messages to every
 * decoder. Nothing is said of what they make of it: the sanitizers look on.
 * The corpus is no part of the project: SHARED names the folder that holds
 * it (else ../shared); without it the test is skipped.
 */
#include "tests/common/wire/feed.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#define CUT_BYTES_MAX	 512 /* files up to here are also cut everywhere */
#define WALK_DESCRIPTORS 8

static size_t files_fed;

static struct octets read_file(const char *path, size_t size)
{
	struct octets octets = {malloc(size), 0};
	FILE *file = fopen(path, "rb");

	if (!file)
		return octets;
	octets.length = fread(octets.data, 1, size, file);
	fclose(file);
	return octets;
}

static int feed_file(const char *path, const struct stat *status, int type,
		     struct FTW *where)
{
	struct octets octets;

	(void)where;
	if (type != FTW_F)
		return 0;
	octets = read_file(path, (size_t)status->st_size);
	feed(octets.data, octets.length);
	for (size_t length = 0;
	     octets.length <= CUT_BYTES_MAX && length < octets.length; length++)
		feed(octets.data, length);
	free(octets.data);
	files_fed++;
	return 0;
}

static void survives_every_file_of_the_corpus(void **state)
{
	const char *shared = getenv("SHARED");
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/corpus",
		 shared && *shared ? shared : "../shared");
	if (nftw(path, feed_file, WALK_DESCRIPTORS, FTW_PHYS) != 0) {
		print_message("skipped: %s: %s\n", path, strerror(errno));
		skip();
	}
	print_message("%zu files\n", files_fed);
	assert_true(files_fed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_every_file_of_the_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
