/*
 * Feeds every file of the corpus of odd and hostile messages to every
 * decoder. Nothing is said of what they make of it: the sanitizers look on.
 * The corpus is no part of the project: SHARED names the folder that holds
 * it (else ../shared); without it the test is skipped.
 */
#include "common/wire/dns.h"
#include "common/wire/msturn.h"
#include "common/wire/sip.h"
#include "common/wire/tls.h"

#include "tests/common/wire/octets.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#define CUT_BYTES_MAX	 512 /* files up to here are also cut everywhere */
#define WALK_DESCRIPTORS 8

static size_t files_fed;

static void feed_msturn(const struct octets *octets)
{
	struct msturn_message message;
	uint8_t key[16] = {0};
	uint8_t room[2048];
	uint16_t length;
	uint8_t type;
	const char *why = NULL;

	msturn_frame(octets->data, octets->length, &type, &length);
	if (!msturn_decode(&message, octets->data, octets->length, &why)) {
		assert_non_null(why);
		return;
	}
	msturn_verify(&message, octets->data, key);
	msturn_encode(&message, NULL, room, sizeof(room));
}

static void feed_sip(const struct octets *octets)
{
	const char *data = (const char *)octets->data;
	struct arena *arena = arena_new();
	size_t left = octets->length;
	enum sip_progress progress;

	do {
		struct sip_message message;
		size_t used = 0;
		const char *why = NULL;

		progress = sip_decode(arena, &message, data, left, &used, &why);
		assert_true(progress != SIP_BROKEN || why);
		assert_true(used <= left);
		for (size_t i = 0; i < message.header_count; i++) {
			int64_t seconds;

			sip_parameter(message.headers[i].value, "tag");
			sip_date(message.headers[i].value, &seconds);
		}
		data += used;
		left -= used;
	} while (progress == SIP_WHOLE && left);
	arena_free(arena);
}

static void feed_dns(const struct octets *octets)
{
	struct arena *arena = arena_new();
	struct dns_message message;
	const char *why = NULL;

	if (!dns_decode(arena, &message, octets->data, octets->length, &why))
		assert_non_null(why);
	arena_free(arena);
}

static void feed_tls(const struct octets *octets)
{
	uint8_t level, description;

	tls_alert(octets->data, octets->length, &level, &description);
	assert_true(wire_recognise(octets->data, octets->length) <
		    WIRE_SERVICE_COUNT);
}

static void feed(const void *data, size_t length)
{
	struct octets octets = octets_copy(data, length);

	feed_msturn(&octets);
	feed_sip(&octets);
	feed_dns(&octets);
	feed_tls(&octets);
	free(octets.data);
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
