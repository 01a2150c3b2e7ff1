/*
 * drive.c - a fuzz target as a test: its samples, almost right in ways that
 * are always the same, so that a failure can be had again; then every file of
 * the corpus. What the target makes of it, the sanitizers watch.
 *
 * The corpus is no part of the project: SHARED names the folder that holds it
 * (else ../shared); without it that test is skipped.
 *
 * usage: drive [DIRECTORY]    (writes the samples there, as seeds)
 */
#include "tests/fuzz/fuzz.h"

#include "tests/common/wire/octets.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#define ROOM		 2048 /* of a sample */
#define CHANGES		 4
#define FIRST_SEED	 0x9e3779b9u
#define WALK_DESCRIPTORS 8

static size_t files_fed;

static void feed_exactly(const void *data, size_t length)
{
	struct octets octets = octets_copy(data, length);

	LLVMFuzzerTestOneInput(octets.data, octets.length);
	free(octets.data);
}

static struct octets sample_octets(const struct fuzz_sample *sample)
{
	return sample->is_hex ? octets_hex(sample->text)
			      : octets_copy(sample->text, strlen(sample->text));
}

/* xorshift32: the same on every machine. */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static size_t random_below(uint32_t *seed, size_t limit)
{
	return limit ? next_random(seed) % limit : 0;
}

/* Bytes that are often at the edge of something. */
static uint8_t odd_byte(uint32_t *seed)
{
	static const uint8_t odd[] = {0x00, 0x01, 0x0a, 0x0d, 0x20, 0x3f,
				      0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff};

	return odd[random_below(seed, sizeof(odd))];
}

static size_t change(uint8_t *data, size_t length, uint32_t *seed)
{
	size_t at = random_below(seed, length);
	size_t from = random_below(seed, length);
	size_t part = random_below(seed, length - (at > from ? at : from));

	switch (next_random(seed) % 4) {
	case 0:
		data[at] ^= (uint8_t)(1u << random_below(seed, 8));
		return length;
	case 1:
		data[at] = odd_byte(seed);
		return length;
	case 2: /* one part over another */
		memmove(data + at, data + from, part);
		return length;
	default: /* a part less */
		memmove(data + at, data + at + part, length - at - part);
		return length - part;
	}
}

static void feed_changed(const struct octets *sample, uint32_t *seed)
{
	uint8_t data[ROOM];

	assert_true(sample->length <= ROOM);
	for (unsigned round = 0; round < fuzz_target.rounds; round++) {
		size_t length = sample->length;

		memcpy(data, sample->data, length);
		for (unsigned i = 0; i < CHANGES && length; i++)
			length = change(data, length, seed);
		feed_exactly(data, length);
	}
}

static void survives_samples_that_are_almost_right(void **state)
{
	uint32_t seed = FIRST_SEED;

	(void)state;
	for (const struct fuzz_sample *sample = fuzz_target.samples;
	     sample->text; sample++) {
		struct octets octets = sample_octets(sample);

		feed_exactly(octets.data, octets.length);
		feed_changed(&octets, &seed);
		free(octets.data);
	}
}

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
	feed_exactly(octets.data, octets.length);
	for (size_t length = 0; octets.length <= fuzz_target.cut_bytes_max &&
				length < octets.length;
	     length++)
		feed_exactly(octets.data, length);
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

static int write_samples(const char *directory)
{
	unsigned number = 0;

	for (const struct fuzz_sample *sample = fuzz_target.samples;
	     sample->text; sample++) {
		struct octets octets = sample_octets(sample);
		char path[4096];
		FILE *file;
		bool ok;

		snprintf(path, sizeof(path), "%s/sample-%u", directory,
			 number++);
		file = fopen(path, "wb");
		ok = file && fwrite(octets.data, 1, octets.length, file) ==
				     octets.length;
		free(octets.data);
		if (!file || fclose(file) != 0 || !ok) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_samples_that_are_almost_right),
		cmocka_unit_test(survives_every_file_of_the_corpus),
	};

	if (argc == 2)
		return write_samples(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
