#include "common/wire/sip_value.h"

#include <string.h>
#include <strings.h>

bool sip_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool sip_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* token of RFC 3261 25.1 */
bool sip_is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       sip_is_digit(c) || (c && strchr("-.!%*_+`'~", c));
}

bool sip_text_is(struct sip_text text, const char *other)
{
	return text.data && text.length == strlen(other) &&
	       strncasecmp(text.data, other, text.length) == 0;
}

char *sip_text_copy(struct arena *arena, struct sip_text text)
{
	return arena_copy(arena, text.data, text.length);
}

static struct sip_text text_of(const char *from, const char *to)
{
	return (struct sip_text){from, (size_t)(to - from)};
}

/* Reads along a header value. */
struct scan {
	const char *at, *end;
};

static struct sip_text scan_token(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && sip_is_token(*scan->at))
		scan->at++;
	return text_of(start, scan->at);
}

static void scan_blanks(struct scan *scan)
{
	while (scan->at < scan->end && sip_is_blank(*scan->at))
		scan->at++;
}

/* A quoted string, RFC 3261 25.1, without its quotes; escapes stay. */
static struct sip_text scan_quoted(struct scan *scan)
{
	const char *start = ++scan->at;

	while (scan->at < scan->end && *scan->at != '"') {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		scan->at++;
	}
	return text_of(start, scan->at < scan->end ? scan->at++ : scan->at);
}

static bool separates(char c)
{
	return c == ';' || c == ',';
}

static struct sip_text scan_value(struct scan *scan)
{
	const char *start;

	scan_blanks(scan);
	if (scan->at < scan->end && *scan->at == '"')
		return scan_quoted(scan);
	start = scan->at;
	while (scan->at < scan->end && !sip_is_blank(*scan->at) &&
	       !separates(*scan->at))
		scan->at++;
	return text_of(start, scan->at);
}

/* What is no parameter: a quoted string, an address, a stray character. */
static void scan_other(struct scan *scan)
{
	const char *close;

	if (*scan->at == '"') {
		scan_quoted(scan);
		return;
	}
	if (*scan->at == '<') {
		close = memchr(scan->at, '>', (size_t)(scan->end - scan->at));
		scan->at = close ? close : scan->end - 1;
	}
	scan->at++;
}

struct sip_text sip_parameter(struct sip_text value, const char *name)
{
	struct scan scan = {value.data, value.data + value.length};
	bool is_next = false; /* only separators since the last one */

	while (scan.at < scan.end) {
		struct sip_text token = scan_token(&scan);
		const char *end = scan.at;
		bool is_first = is_next;

		if (!token.length) {
			is_next = separates(*scan.at) ||
				  (sip_is_blank(*scan.at) && is_next);
			scan_other(&scan);
			continue;
		}
		is_next = false;
		scan_blanks(&scan);
		if (scan.at < scan.end && *scan.at == '=') {
			scan.at++;
			value = scan_value(&scan);
			if (sip_text_is(token, name))
				return value;
		} else if (is_first && sip_text_is(token, name)) {
			return text_of(end, end); /* a flag, such as ;rport */
		}
	}
	return (struct sip_text){NULL, 0};
}

struct sip_text sip_token(struct sip_text value)
{
	struct scan scan = {value.data, value.data + value.length};

	return scan_token(&scan);
}

/* Dates, RFC 3261 20.17 */

static bool read_digits(struct scan *scan, unsigned count, unsigned *number)
{
	*number = 0;
	for (; count > 0; count--) {
		if (scan->at == scan->end || !sip_is_digit(*scan->at))
			return false;
		*number = *number * 10 + (unsigned)(*scan->at++ - '0');
	}
	return true;
}

static bool skip(struct scan *scan, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(scan->end - scan->at) < length ||
	    strncasecmp(scan->at, text, length) != 0)
		return false;
	scan->at += length;
	return true;
}

static bool read_month(struct scan *scan, unsigned *month)
{
	static const char *const names[] = {"Jan", "Feb", "Mar", "Apr",
					    "May", "Jun", "Jul", "Aug",
					    "Sep", "Oct", "Nov", "Dec"};

	for (*month = 1; *month <= 12; ++*month) {
		if (skip(scan, names[*month - 1]))
			return true;
	}
	return false;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29u : days[month - 1];
}

/* Days from 1970-01-01 to the first of January of a year from 1970 on. */
static int64_t year_begins(unsigned year)
{
	unsigned past = year - 1;

	return (int64_t)(year - 1970) * 365 + (past / 4 - 1969 / 4) -
	       (past / 100 - 1969 / 100) + (past / 400 - 1969 / 400);
}

static bool read_time(struct scan *scan, unsigned *seconds)
{
	unsigned hour, minute, second;

	if (!read_digits(scan, 2, &hour) || !skip(scan, ":") ||
	    !read_digits(scan, 2, &minute) || !skip(scan, ":") ||
	    !read_digits(scan, 2, &second))
		return false;
	*seconds = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second <= 60; /* a leap second */
}

bool sip_date(struct sip_text text, int64_t *seconds)
{
	struct scan scan = {text.data, text.data + text.length};
	unsigned day, month, year, time;
	int64_t days;

	scan_token(&scan); /* the weekday says nothing new */
	if (!skip(&scan, ", ") || !read_digits(&scan, 2, &day) ||
	    !skip(&scan, " ") || !read_month(&scan, &month) ||
	    !skip(&scan, " ") || !read_digits(&scan, 4, &year) ||
	    !skip(&scan, " ") || !read_time(&scan, &time) ||
	    !skip(&scan, " GMT") || scan.at != scan.end)
		return false;
	if (year < 1970 || day < 1 || day > month_days(year, month))
		return false;
	days = year_begins(year) + day - 1;
	while (--month > 0)
		days += month_days(year, month);
	*seconds = days * 86400 + time;
	return true;
}
