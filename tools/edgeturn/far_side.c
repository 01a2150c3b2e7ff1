#include "tools/edgeturn/far_side.h"

#include "common/base/log.h"
#include "common/base/random.h"
#include "probes/serve/echo_service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_DIGITS (2 * ECHO_KEY_BYTES)

/* As hexadecimal digits on one line; nobody else may read it. */
static void make_key(const char *path, int file)
{
	uint8_t key[ECHO_KEY_BYTES];
	char text[KEY_DIGITS + 2];

	random_fill(key, sizeof(key));
	for (size_t i = 0; i < sizeof(key); i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	text[KEY_DIGITS] = '\n';
	if (write(file, text, KEY_DIGITS + 1) != KEY_DIGITS + 1)
		die("%s: %s", path, strerror(errno));
	log_note("%s: a new key; copy the file to where edgeturn --peer runs",
		 path);
}

static void check_owner(const char *path, int file)
{
	struct stat info;

	if (fstat(file, &info) < 0)
		die("%s: %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode) || info.st_mode & 077)
		die("%s: others may read this key: chmod 600 %s", path, path);
}

static int digit(char character)
{
	const char *digits = "0123456789abcdef";
	const char *at = character ? strchr(digits, character) : NULL;

	return at ? (int)(at - digits) : -1;
}

void far_side_key(const char *path, bool may_make, uint8_t key[ECHO_KEY_BYTES])
{
	char text[KEY_DIGITS] = "";
	int file = may_make
			   ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				  0600)
			   : -1;

	prctl(PR_SET_DUMPABLE, 0); /* the key is in no core file */
	if (file >= 0) {
		make_key(path, file);
		close(file);
	}
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("%s: %s", path, strerror(errno));
	check_owner(path, file);
	if (read(file, text, sizeof(text)) != sizeof(text))
		die("%s: no key of %d hexadecimal digits", path, KEY_DIGITS);
	close(file);
	for (size_t i = 0; i < ECHO_KEY_BYTES; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			die("%s: no key of %d hexadecimal digits", path,
			    KEY_DIGITS);
		key[i] = (uint8_t)(high << 4 | low);
	}
}

static void say_where(const struct endpoint *at)
{
	char text[ENDPOINT_TEXT_BYTES];

	log_note("answering on %s, UDP and TCP",
		 endpoint_format(text, &at->address, at->port));
}

int far_side_serve(const struct endpoint *at, const uint8_t key[ECHO_KEY_BYTES])
{
	char text[ENDPOINT_TEXT_BYTES];
	const char *why;

	if (!echo_serve(at, key, say_where, &why))
		die("%s: %s", endpoint_format(text, &at->address, at->port),
		    why);
	return 0;
}
