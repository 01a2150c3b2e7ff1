#include "common/model/credentials.h"

#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/model/credentials_log.h"

#include <openssl/crypto.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_MAX 40 /* characters of a time */

/* A file of our own form under way. */
struct reading {
	struct credentials *credentials;
	unsigned line;
	unsigned seen; /* a bit for each row of keys[] */
	char *why;
	size_t why_size;
};

/* A line or a part of it. */
struct span {
	const char *data;
	size_t length;
};

/* Names the line, and never what stands in it. */
__attribute__((format(printf, 2, 3))) static bool fail(struct reading *reading,
						       const char *format, ...)
{
	va_list args;
	int used = 0;

	if (reading->line)
		used = snprintf(reading->why, reading->why_size,
				"line %u: ", reading->line);
	va_start(args, format);
	vsnprintf(reading->why + used, reading->why_size - (size_t)used, format,
		  args);
	va_end(args);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span span)
{
	while (span.length && is_blank(*span.data)) {
		span.data++;
		span.length--;
	}
	while (span.length && is_blank(span.data[span.length - 1]))
		span.length--;
	return span;
}

/*
 * Values
 */

static bool take_base64(struct reading *reading, const char *key, uint8_t *part,
			size_t *length, struct span value)
{
	const char *why;

	if (!value.length)
		return fail(reading, "%s is empty", key);
	if (!base64_decode(part, CREDENTIALS_PART_MAX, length, value.data,
			   value.length, &why))
		return fail(reading, "%s is no base64: %s", key, why);
	return *length > 0 || fail(reading, "%s is empty", key);
}

/* What a line can hold. */
static bool is_line(const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (data[i] < ' ' || data[i] == 0x7f)
			return false;
	return true;
}

static bool take_text(struct reading *reading, const char *key, uint8_t *part,
		      size_t *length, struct span value)
{
	reading->credentials->is_text = true;
	if (!value.length)
		return fail(reading, "%s is empty", key);
	if (value.length > CREDENTIALS_PART_MAX)
		return fail(reading, "%s is too long", key);
	if (!is_line((const uint8_t *)value.data, value.length))
		return fail(reading, "%s has a control character in it", key);
	memcpy(part, value.data, value.length);
	*length = value.length;
	return true;
}

static bool take_username(struct reading *reading, const char *key,
			  struct span value)
{
	struct credentials *credentials = reading->credentials;

	return take_base64(reading, key, credentials->username,
			   &credentials->username_length, value);
}

static bool take_password(struct reading *reading, const char *key,
			  struct span value)
{
	struct credentials *credentials = reading->credentials;

	return take_base64(reading, key, credentials->password,
			   &credentials->password_length, value);
}

static bool take_turn_username(struct reading *reading, const char *key,
			       struct span value)
{
	struct credentials *credentials = reading->credentials;

	return take_text(reading, key, credentials->username,
			 &credentials->username_length, value);
}

static bool take_turn_password(struct reading *reading, const char *key,
			       struct span value)
{
	struct credentials *credentials = reading->credentials;

	return take_text(reading, key, credentials->password,
			 &credentials->password_length, value);
}

/* Whether a text begins as a shape does: d is a digit, s a sign. */
static bool has_shape(const char *text, const char *shape)
{
	for (size_t i = 0; shape[i]; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';
		bool is_sign = text[i] == '+' || text[i] == '-';

		if (shape[i] == 'd'   ? !is_digit
		    : shape[i] == 's' ? !is_sign
				      : text[i] != shape[i])
			return false;
	}
	return true;
}

/* What follows the seconds: a fraction, then Z or "+01:00". */
static bool read_zone(const char *text, int64_t *offset_s)
{
	int hours, minutes;

	if (has_shape(text, ".d"))
		text += 1 + strspn(text + 1, "0123456789");
	*offset_s = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if (strlen(text) != 6 || !has_shape(text, "sdd:dd"))
		return false;
	hours = (text[1] - '0') * 10 + text[2] - '0';
	minutes = (text[4] - '0') * 10 + text[5] - '0';
	*offset_s = (*text == '-' ? -60 : 60) * (hours * INT64_C(60) + minutes);
	return hours < 24 && minutes < 60;
}

/* RFC 3339; false: not one. */
static bool read_time(const char *text, int64_t *seconds)
{
	struct tm parts = {0}, again;
	int64_t offset_s;
	const char *rest;
	time_t time;

	if (!has_shape(text, "dddd-dd-ddTdd:dd:dd"))
		return false;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	if (!rest || !read_zone(rest, &offset_s))
		return false;
	again = parts;
	time = timegm(&again); /* which makes March of February 30 */
	*seconds = (int64_t)time - offset_s;
	return again.tm_mday == parts.tm_mday && *seconds > 0;
}

static bool take_expires(struct reading *reading, const char *key,
			 struct span value)
{
	char text[TIME_MAX + 1] = "";

	if (value.length <= TIME_MAX)
		memcpy(text, value.data, value.length);
	return read_time(text, &reading->credentials->expires_s) ||
	       fail(reading, "%s is no time such as 2026-01-01T10:00:00Z", key);
}

/*
 * Lines
 */

enum { KEY_USERNAME, KEY_PASSWORD, KEY_TURN_USERNAME, KEY_TURN_PASSWORD };

static const struct {
	const char *name;
	bool (*take)(struct reading *reading, const char *key,
		     struct span value);
} keys[] = {
	[KEY_USERNAME] = {"username", take_username},
	[KEY_PASSWORD] = {"password", take_password},
	[KEY_TURN_USERNAME] = {"turn-username", take_turn_username},
	[KEY_TURN_PASSWORD] = {"turn-password", take_turn_password},
	{"expires", take_expires},
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static size_t key_of(struct span name)
{
	size_t i = 0;

	while (i < KEY_COUNT &&
	       (strlen(keys[i].name) != name.length ||
		memcmp(keys[i].name, name.data, name.length) != 0))
		i++;
	return i;
}

static bool read_line(struct reading *reading, struct span line)
{
	const char *sign = memchr(line.data, '=', line.length);
	struct span name = line, value = line;
	size_t key;

	if (!sign)
		return fail(reading, "it is not KEY = VALUE");
	name.length = (size_t)(sign - line.data);
	value.data = sign + 1;
	value.length -= name.length + 1;
	key = key_of(trim(name));
	if (key == KEY_COUNT)
		return fail(reading, "there is no such key");
	if (reading->seen & 1u << key)
		return fail(reading, "%s stands there already", keys[key].name);
	reading->seen |= 1u << key;
	return keys[key].take(reading, keys[key].name, trim(value));
}

static bool has(const struct reading *reading, unsigned key)
{
	return reading->seen & 1u << key;
}

/* Both parts, of one kind. */
static bool is_complete(struct reading *reading)
{
	bool is_text = reading->credentials->is_text;
	unsigned username = is_text ? KEY_TURN_USERNAME : KEY_USERNAME;
	unsigned password = is_text ? KEY_TURN_PASSWORD : KEY_PASSWORD;

	reading->line = 0;
	if (is_text &&
	    (has(reading, KEY_USERNAME) || has(reading, KEY_PASSWORD)))
		return fail(reading, "credentials of an A/V Edge and of a "
				     "standard TURN server stand in it");
	if (!has(reading, username))
		return fail(reading, "there is no %s in it",
			    keys[username].name);
	if (!has(reading, password))
		return fail(reading, "there is no %s in it",
			    keys[password].name);
	return true;
}

/* Cuts the first line off the front. */
static struct span next_line(struct span *left)
{
	const char *end = memchr(left->data, '\n', left->length);
	struct span line = *left;

	if (end) {
		line.length = (size_t)(end - left->data);
		left->data = end + 1;
		left->length -= line.length + 1;
	} else {
		left->data += left->length;
		left->length = 0;
	}
	return trim(line);
}

static bool read_file(struct reading *reading, struct span left)
{
	while (left.length) {
		struct span line = next_line(&left);

		reading->line++;
		if (!line.length || *line.data == '#' || *line.data == ';')
			continue;
		if (!read_line(reading, line))
			return false;
	}
	return is_complete(reading);
}

static struct span without_mark(const char *text, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skip = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

	return (struct span){text + skip, length - skip};
}

/* A client's log that has nothing for us is no file of ours with an error. */
static bool parse_file(struct credentials *credentials, struct span text,
		       const char **why)
{
	static _Thread_local char message[160];
	struct reading reading = {
		.credentials = credentials,
		.why = message,
		.why_size = sizeof(message),
	};

	if (read_file(&reading, text))
		return true;
	*why = reading.seen ? message
			    : "it is neither a credentials file nor anything "
			      "with a response of an A/V Authentication "
			      "service in it";
	credentials_forget(credentials);
	return false;
}

static bool parse_narrow(struct credentials *credentials, struct span text,
			 const char **why)
{
	switch (credentials_log_read(credentials, text.data, text.length,
				     why)) {
	case CREDENTIALS_LOG_GOOD:
		return true;
	case CREDENTIALS_LOG_BAD:
		return false;
	default:
		return parse_file(credentials, text, why);
	}
}

bool credentials_parse(struct credentials *credentials, const char *text,
		       size_t length, const char **why)
{
	size_t narrow_length;
	char *narrow;
	bool is_good;

	*credentials = (struct credentials){0};
	if (length > CREDENTIALS_TEXT_MAX) {
		*why = "it is longer than 64 MiB";
		return false;
	}
	narrow = credentials_log_narrow(text, length, &narrow_length);
	if (!narrow)
		return parse_narrow(credentials, without_mark(text, length),
				    why);
	is_good = parse_narrow(credentials,
			       (struct span){narrow, narrow_length}, why);
	OPENSSL_cleanse(narrow, narrow_length);
	free(narrow);
	return is_good;
}

bool credentials_is_file(const char *text, size_t length)
{
	struct credentials credentials = {0};
	const char *why;
	bool is_file =
		parse_file(&credentials, without_mark(text, length), &why);

	credentials_forget(&credentials);
	return is_file;
}

/*
 * Writing
 */

/* Where it goes, without copies elsewhere. */
struct room {
	char *text;
	size_t capacity, length;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct room *room,
						      const char *format, ...)
{
	size_t left = room->capacity - room->length;
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(room->text + room->length, left, format, args);
	va_end(args);
	if (size < 0 || (size_t)size >= left)
		room->failed = true;
	else
		room->length += (size_t)size;
}

/* Whether it is the same when it is read again. */
static bool is_readable(const uint8_t *data, size_t length)
{
	return is_line(data, length) && !is_blank((char)data[0]) &&
	       !is_blank((char)data[length - 1]);
}

static void put_part(struct room *room, bool is_text, const char *key,
		     const uint8_t *data, size_t length)
{
	char text[BASE64_TEXT_BYTES(CREDENTIALS_PART_MAX)];

	if (!length || length > CREDENTIALS_PART_MAX ||
	    (is_text && !is_readable(data, length))) {
		room->failed = true;
	} else if (is_text) {
		put(room, "turn-%s = %.*s\n", key, (int)length,
		    (const char *)data);
	} else {
		put(room, "%s = %s\n", key, base64_encode(text, data, length));
		OPENSSL_cleanse(text, sizeof(text));
	}
}

static void put_expires(struct room *room, int64_t expires_s)
{
	char time[CLOCK_TEXT_BYTES];

	clock_format_seconds(time, expires_s);
	put(room, "expires = %.19sZ\n", time); /* no milliseconds */
	if (expires_s < 0)
		room->failed = true;
}

size_t credentials_format(const struct credentials *credentials, char *text,
			  size_t capacity)
{
	struct room room = {.text = text, .capacity = capacity};
	bool is_text = credentials->is_text;

	put(&room,
	    "# Credentials of %s: whoever has them can use it.\n"
	    "# See edgeprobe-credentials(5).\n",
	    is_text ? "a TURN server" : "an A/V Edge");
	put_part(&room, is_text, "username", credentials->username,
		 credentials->username_length);
	put_part(&room, is_text, "password", credentials->password,
		 credentials->password_length);
	if (credentials->expires_s)
		put_expires(&room, credentials->expires_s);
	if (!room.failed)
		return room.length;
	OPENSSL_cleanse(text, capacity);
	return 0;
}

void credentials_forget(struct credentials *credentials)
{
	OPENSSL_cleanse(credentials, sizeof(*credentials));
}
