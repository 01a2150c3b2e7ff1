#include "probes/credentials_file.h"

#include "common/base/log.h"
#include "probes/secrecy.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_TEXT_MAX (64 * 1024) /* of a file in our own form */
#define OTHERS_MAY   (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)

/* A file under way, and the whole text of it. */
struct reading {
	struct arena *arena;
	const char *path;
	const char *why;
	int descriptor, error; /* errno of opening it */
	size_t limit;	       /* bytes */
	char *text;	       /* from malloc */
	size_t length;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct reading *reading,
						       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reading->why = arena_vformat(reading->arena, format, args);
	va_end(args);
	return false;
}

/* As one word of a shell. */
static const char *quote(struct arena *arena, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+@%:,";
	char *quoted, *end;

	if (path[strspn(path, plain)] == '\0' && *path && *path != '-')
		return path;
	quoted = end = arena_alloc(arena, strlen(path) * 4 + 6);
	end = stpcpy(end, *path == '-' ? "-- '" : "'");
	for (; *path; path++) {
		if (*path == '\'')
			end = stpcpy(end, "'\\''");
		else
			*end++ = *path;
	}
	*end = '\'';
	return quoted;
}

static bool is_regular(struct reading *reading, struct stat *status)
{
	if (fstat(reading->descriptor, status) < 0)
		return fail(reading, "cannot read credentials %s: %s",
			    reading->path, strerror(errno));
	return S_ISREG(status->st_mode) ||
	       fail(reading, "credentials %s: it is no regular file",
		    reading->path);
}

/* Whoever else can read or change it has them, or makes us use others. */
static bool is_private(struct reading *reading, const struct stat *status)
{
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return fail(reading,
			    "credentials %s: the file belongs to another user "
			    "(%u): use a copy of your own",
			    reading->path, (unsigned)status->st_uid);
	if (status->st_mode & OTHERS_MAY)
		return fail(reading,
			    "credentials %s: others may read or write the "
			    "file; type: chmod 600 %s",
			    reading->path,
			    quote(reading->arena, reading->path));
	return true;
}

static bool open_file(struct reading *reading)
{
	/* a FIFO would keep us waiting before we see that it is one */
	reading->descriptor = open(
		reading->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	reading->error = reading->descriptor < 0 ? errno : 0;
	return !reading->error ||
	       fail(reading, "cannot read credentials %s: %s", reading->path,
		    strerror(reading->error));
}

static bool read_text(struct reading *reading, const struct stat *status)
{
	size_t size = (size_t)status->st_size;

	if (size > reading->limit)
		return fail(reading, "credentials %s: longer than %zu KiB",
			    reading->path, reading->limit >> 10);
	reading->text = malloc(size + 1);
	if (!reading->text)
		die("out of memory");
	secrecy_hold(reading->text, size);
	while (reading->length < size) {
		ssize_t got = read(reading->descriptor,
				   reading->text + reading->length,
				   size - reading->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(reading, "cannot read credentials %s: %s",
				    reading->path, strerror(errno));
		if (got == 0)
			break; /* it became shorter */
		reading->length += (size_t)got;
	}
	return true;
}

static void end(struct reading *reading)
{
	if (reading->text)
		OPENSSL_cleanse(reading->text, reading->length);
	free(reading->text);
	if (reading->descriptor >= 0)
		close(reading->descriptor);
}

static bool parse(struct reading *reading, struct credentials *credentials)
{
	const char *why;

	return credentials_parse(credentials, reading->text, reading->length,
				 &why) ||
	       fail(reading, "credentials %s: %s", reading->path, why);
}

bool credentials_file_read(struct arena *arena, struct credentials *credentials,
			   const char *path, const char **why)
{
	struct reading reading = {
		.arena = arena,
		.path = path,
		.descriptor = -1,
		.limit = CREDENTIALS_TEXT_MAX,
	};
	struct stat status;
	bool is_good;

	*credentials = (struct credentials){0};
	secrecy_hold(credentials, sizeof(*credentials));
	is_good = open_file(&reading) && is_regular(&reading, &status) &&
		  is_private(&reading, &status) &&
		  read_text(&reading, &status) && parse(&reading, credentials);
	end(&reading);
	if (!is_good)
		*why = reading.why;
	return is_good;
}

/*
 * Writing
 */

/* Nothing is there, or what we would write ourselves, or an empty file. */
static bool may_replace(struct reading *reading)
{
	struct stat status;

	if (!open_file(reading))
		return reading->error == ENOENT;
	if (!is_regular(reading, &status))
		return false;
	reading->limit = OWN_TEXT_MAX;
	if (read_text(reading, &status) &&
	    (reading->length == 0 ||
	     credentials_is_file(reading->text, reading->length)))
		return true;
	return fail(reading,
		    "%s is there and is no credentials file: name another, or "
		    "remove it",
		    reading->path);
}

static bool put(int descriptor, const char *text, size_t length)
{
	while (length) {
		ssize_t size = write(descriptor, text, length);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return false;
		text += size;
		length -= (size_t)size;
	}
	return fchmod(descriptor, S_IRUSR | S_IWUSR) == 0 &&
	       fsync(descriptor) == 0;
}

/* Beside the file, so that renaming it is one step. */
static bool put_aside(struct reading *reading, const char *final,
		      const char *text, size_t length)
{
	char *aside = arena_format(reading->arena, "%s.tmp.XXXXXX", final);
	int descriptor = mkostemp(aside, O_CLOEXEC);
	bool is_good = descriptor >= 0 && put(descriptor, text, length);
	int error = errno;

	if (descriptor >= 0 && close(descriptor) < 0 && is_good) {
		is_good = false;
		error = errno;
	}
	if (is_good && rename(aside, final) == 0)
		return true;
	if (is_good)
		error = errno;
	if (descriptor >= 0)
		unlink(aside);
	return fail(reading, "cannot write credentials %s: %s", reading->path,
		    strerror(error));
}

static bool write_text(struct reading *reading, const char *text, size_t length)
{
	char resolved[PATH_MAX];
	/* a link keeps pointing where it points: its goal is replaced */
	const char *final = realpath(reading->path, resolved);

	if (!length)
		return fail(reading,
			    "cannot write credentials %s: they are not whole",
			    reading->path);
	return put_aside(reading, final ? final : reading->path, text, length);
}

bool credentials_file_write(struct arena *arena,
			    const struct credentials *credentials,
			    const char *path, const char **why)
{
	struct reading reading = {
		.arena = arena,
		.path = path,
		.descriptor = -1,
	};
	char text[2048];
	size_t length;
	bool is_good;

	secrecy_hold(text, sizeof(text));
	length = credentials_format(credentials, text, sizeof(text));
	is_good = may_replace(&reading) && write_text(&reading, text, length);
	OPENSSL_cleanse(text, sizeof(text));
	end(&reading);
	if (!is_good)
		*why = reading.why;
	return is_good;
}
