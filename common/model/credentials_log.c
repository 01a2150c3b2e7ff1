#include "common/model/credentials_log.h"

#include "common/base/log.h"
#include "common/wire/mras.h"
#include "common/wire/sip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_MAX	 4096	     /* from its begin to the namespace */
#define HEAD_MAX (16 * 1024) /* of the SIP message that it is the body of */

static const char sip_ok[] = "SIP/2.0 200";

struct text {
	const char *at, *end;
};

struct search {
	const char *text;
	struct credentials *credentials;
	bool has_request, is_found;
	const char *open; /* where a response begins; NULL */
	const char *bad;  /* where the last bad response begins */
	char reason[160];
};

static const char *find(struct text in, const char *what)
{
	return memmem(in.at, (size_t)(in.end - in.at), what, strlen(what));
}

/* The first place in a row of blanks that has none. */
static const char *skip_blanks(struct text in)
{
	while (in.at < in.end && memchr(" \t\r\n", *in.at, 4))
		in.at++;
	return in.at;
}

/* "m:response" of a tag, whose '<' stands at in.at. */
static struct text tag_name(struct text in)
{
	struct text name = {in.at + 1, in.at + 1};

	while (name.end < in.end && !memchr(" \t\r\n/>", *name.end, 6))
		name.end++;
	return name;
}

static bool is_local_name(struct text name, const char *wanted)
{
	size_t length = strlen(wanted);
	const char *colon = memchr(name.at, ':', (size_t)(name.end - name.at));

	if (colon)
		name.at = colon + 1;
	return (size_t)(name.end - name.at) == length &&
	       memcmp(name.at, wanted, length) == 0;
}

/* Behind the end tag of a name; NULL: there is none. */
static const char *find_end(struct text in, struct text name)
{
	size_t length = (size_t)(name.end - name.at);
	const char *at;

	while ((at = find(in, "</"))) {
		in.at = at + 2;
		if ((size_t)(in.end - in.at) > length &&
		    memcmp(in.at, name.at, length) == 0) {
			in.at = skip_blanks(
				(struct text){in.at + length, in.end});
			if (in.at < in.end && *in.at == '>')
				return in.at + 1;
		}
	}
	return NULL;
}

/* The last SIP response of the text before a body; NULL: there is none. */
static const char *find_head(struct text before)
{
	const char *head = NULL, *at;

	while ((at = find(before, sip_ok))) {
		head = at;
		before.at = at + 1;
	}
	return head;
}

/* When the server sent this body; 0 where the log does not tell. */
static int64_t sent_at(struct arena *arena, const char *text, struct text body)
{
	struct text before = {text, body.at};
	struct sip_message message;
	const struct sip_header *date;
	const char *head, *why;
	int64_t seconds;
	size_t used;

	if (before.end - before.at > HEAD_MAX)
		before.at = before.end - HEAD_MAX;
	head = find_head(before);
	if (!head ||
	    sip_decode(arena, &message, head, (size_t)(body.end - head), &used,
		       &why) != SIP_WHOLE)
		return 0;
	date = sip_header(&message, "Date", NULL);
	if (message.body.data > body.at ||
	    body.end > message.body.data + message.body.length || !date ||
	    !sip_date(date->value, &seconds))
		return 0; /* the head of another message */
	return seconds;
}

static void take(struct search *search, const struct mras_grant *grant,
		 int64_t sent_s)
{
	struct credentials *credentials = search->credentials;

	_Static_assert(MRAS_PART_MAX == CREDENTIALS_PART_MAX, "no room");
	*credentials = (struct credentials){
		.username_length = grant->username_length,
		.password_length = grant->password_length,
	};
	memcpy(credentials->username, grant->username, grant->username_length);
	memcpy(credentials->password, grant->password, grant->password_length);
	if (sent_s > 0 && grant->minutes)
		credentials->expires_s = sent_s + grant->minutes * INT64_C(60);
	search->is_found = true;
}

__attribute__((format(printf, 3, 4))) static void
note_bad(struct search *search, const char *where, const char *format, ...)
{
	va_list args;

	search->bad = where;
	va_start(args, format);
	vsnprintf(search->reason, sizeof(search->reason), format, args);
	va_end(args);
}

static void read_response(struct search *search, struct text body)
{
	struct arena *arena = arena_new();
	struct mras_answer answer;
	const char *why;

	if (!mras_decode(arena, &answer, body.at, (size_t)(body.end - body.at),
			 &why))
		note_bad(search, body.at, "%s", why);
	else if (!answer.grant_count)
		note_bad(search, body.at,
			 "the A/V Authentication service said: %s",
			 mras_reason_phrase(answer.reason));
	else
		take(search, &answer.grants[0],
		     sent_at(arena, search->text, body));
	mras_forget(&answer);
	arena_free(arena);
}

/* What began at the last tag of ours, and ends before a place. */
static void finish(struct search *search, const char *end)
{
	struct text body = {search->open, end};
	struct text name;

	if (!search->open)
		return;
	search->open = NULL;
	name = tag_name(body);
	body.end = find_end((struct text){name.end, end}, name);
	if (!body.end)
		note_bad(search, body.at, "the response breaks off");
	else
		read_response(search, body);
}

/* One place of the namespace: the tag that it stands in. */
static void look_at(struct search *search, struct text before)
{
	struct text tag = before, name;

	if (before.end - before.at > TAG_MAX)
		before.at = before.end - TAG_MAX;
	tag.at = memrchr(before.at, '<', (size_t)(before.end - before.at));
	if (!tag.at)
		return;
	name = tag_name(tag);
	if (is_local_name(name, "request")) {
		finish(search, tag.at);
		search->has_request = true;
	} else if (is_local_name(name, "response")) {
		finish(search, tag.at);
		search->open = tag.at;
	}
}

static size_t line_of(const char *text, const char *at)
{
	size_t line = 1;

	while ((text = memchr(text, '\n', (size_t)(at - text)))) {
		text++;
		line++;
	}
	return line;
}

enum credentials_log credentials_log_read(struct credentials *credentials,
					  const char *text, size_t length,
					  const char **why)
{
	static _Thread_local char message[200];
	struct search search = {.text = text, .credentials = credentials};
	struct text left = {text, text + length};
	const char *at = find(left, MRAS_NAMESPACE);

	while (at) {
		look_at(&search, (struct text){left.at, at});
		left.at = at + sizeof(MRAS_NAMESPACE) - 1;
		at = find(left, MRAS_NAMESPACE);
	}
	finish(&search, left.end);
	if (search.is_found)
		return CREDENTIALS_LOG_GOOD;
	if (!search.bad && !search.has_request)
		return CREDENTIALS_LOG_NONE;
	if (search.bad)
		snprintf(message, sizeof(message), "line %zu: %s",
			 line_of(text, search.bad), search.reason);
	*why = search.bad ? message
			  : "an A/V Authentication service is asked in it, "
			    "and does not answer";
	return CREDENTIALS_LOG_BAD;
}

char *credentials_log_narrow(const char *text, size_t length,
			     size_t *narrow_length)
{
	const uint8_t *at = (const uint8_t *)text;
	bool is_little = length >= 2 && at[0] == 0xff && at[1] == 0xfe;
	bool is_big = length >= 2 && at[0] == 0xfe && at[1] == 0xff;
	char *narrow;

	if (!is_little && !is_big)
		return NULL;
	*narrow_length = length / 2 - 1;
	narrow = malloc(*narrow_length + 1);
	if (!narrow)
		die("out of memory");
	for (size_t i = 0; i < *narrow_length; i++) {
		uint8_t low = at[2 * i + (is_little ? 2 : 3)];
		uint8_t high = at[2 * i + (is_little ? 3 : 2)];

		narrow[i] = high || low > 0x7f ? '?' : (char)low;
	}
	return narrow;
}
