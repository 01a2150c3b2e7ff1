#include "tools/edgecheck/pairing.h"

#include "common/base/log.h"
#include "common/base/random.h"
#include "probes/secrecy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS (2 * CHANNEL_KEY_BYTES)

void pairing_make(struct channel_key *key, char text[PAIRING_TEXT_BYTES])
{
	secrecy_begin(); /* the key is in no core file */
	random_fill(key->bytes, sizeof(key->bytes));
	for (size_t i = 0; i < sizeof(key->bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", key->bytes[i]);
}

void pairing_write(const char *path, const char text[PAIRING_TEXT_BYTES])
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0)
		die("--key-file %s: %s", path, strerror(errno));
	if (dprintf(file, "%s\n", text) != PAIRING_TEXT_BYTES)
		die("--key-file %s: %s", path, strerror(errno));
	close(file);
}

static int digit(char character)
{
	const char *digits = "0123456789abcdef";
	const char *at = character ? strchr(digits, character) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* What is wrong with a key is said without showing it. */
static void take_text(struct channel_key *key, const char *text,
		      const char *where)
{
	for (size_t i = 0; i < CHANNEL_KEY_BYTES; i++) {
		int high = digit(text[2 * i]);
		int low = high < 0 ? -1 : digit(text[2 * i + 1]);

		if (low < 0)
			die("%s: no key of %d hexadecimal digits", where,
			    DIGITS);
		key->bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (text[DIGITS] && text[DIGITS] != '\n' && text[DIGITS] != '\r')
		die("%s: no key of %d hexadecimal digits", where, DIGITS);
}

static void read_descriptor(struct channel_key *key, int descriptor,
			    const char *where)
{
	char text[DIGITS + 2] = "";
	size_t length = 0;

	while (length < sizeof(text) - 1 && !strchr(text, '\n')) {
		ssize_t size = read(descriptor, text + length,
				    sizeof(text) - 1 - length);

		if (size < 0)
			die("%s: %s", where, strerror(errno));
		if (size == 0)
			break;
		length += (size_t)size;
	}
	take_text(key, text, where);
	explicit_bzero(text, sizeof(text));
}

static void read_file(struct channel_key *key, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;

	if (file < 0 || fstat(file, &info) < 0)
		die("--key-file %s: %s", path, strerror(errno));
	if (S_ISREG(info.st_mode) && info.st_mode & 077)
		die("--key-file %s: others may read this key: chmod 600 %s",
		    path, path);
	read_descriptor(key, file, path);
	close(file);
}

static void read_variable(struct channel_key *key)
{
	char *text = getenv(PAIRING_VARIABLE);

	if (!text)
		die("the key that edgecheck --listen showed: give it in the "
		    "environment (%s), or in a file (--key-file)",
		    PAIRING_VARIABLE);
	take_text(key, text, PAIRING_VARIABLE);
	explicit_bzero(text, strlen(text));
	unsetenv(PAIRING_VARIABLE);
}

void pairing_read(struct channel_key *key, const char *path, int descriptor)
{
	secrecy_begin();
	if (path)
		read_file(key, path);
	else if (descriptor >= 0)
		read_descriptor(key, descriptor, "--key-fd");
	else
		read_variable(key);
}

void pairing_forget(struct channel_key *key)
{
	explicit_bzero(key, sizeof(*key));
	secrecy_end();
}
