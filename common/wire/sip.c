#include "common/wire/sip.h"

#include <string.h>
#include <strings.h>

#define VERSION	     "SIP/2.0"
#define STATUS_BYTES (sizeof(VERSION " 200") - 1)

/* Compact forms, RFC 3261 7.3.3, RFC 6665 8.2.1. */
static const struct {
	char compact;
	const char *name;
} compact_forms[] = {
	{'c', "Content-Type"}, {'e', "Content-Encoding"},
	{'f', "From"},	       {'i', "Call-ID"},
	{'k', "Supported"},    {'l', "Content-Length"},
	{'m', "Contact"},      {'o', "Event"},
	{'s', "Subject"},      {'t', "To"},
	{'u', "Allow-Events"}, {'v', "Via"},
};

static struct sip_text text_of(const char *from, const char *to)
{
	return (struct sip_text){from, (size_t)(to - from)};
}

/* Line ends inside a value are folds, which are blanks too. */
static bool is_space(char c)
{
	return sip_is_blank(c) || c == '\r' || c == '\n';
}

static struct sip_text text_trim(struct sip_text text)
{
	while (text.length && is_space(*text.data)) {
		text.data++;
		text.length--;
	}
	while (text.length && is_space(text.data[text.length - 1]))
		text.length--;
	return text;
}

/* The start line */

static bool begins(const char *data, size_t length, const char *with)
{
	size_t size = strlen(with);

	return length >= size && strncasecmp(data, with, size) == 0;
}

/*
 * Whether what came so far can begin a SIP message, so that another protocol
 * is told from its first bytes and not by waiting for a line end.
 */
static bool can_be_start(const char *data, size_t length, const char **why)
{
	size_t size = length < sizeof(VERSION) ? length : sizeof(VERSION);

	if (begins(data, length, "HTTP/")) {
		*why = "an HTTP server answers";
		return false;
	}
	if (size > 3 && strncasecmp(data, VERSION " ", size) == 0)
		return true; /* a status line */
	for (size_t i = 0; i < length && data[i] != ' '; i++) {
		/* the method of a request ends with a blank */
		if (!sip_is_token(data[i])) {
			*why = "not a SIP start line";
			return false;
		}
	}
	return true;
}

static bool read_status(struct sip_message *message, struct sip_text line)
{
	const char *digits = line.data + sizeof(VERSION);

	if (line.length < STATUS_BYTES ||
	    !begins(line.data, line.length, VERSION " "))
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!sip_is_digit(digits[i]))
			return false;
		message->status =
			message->status * 10 + (unsigned)(digits[i] - '0');
	}
	if (line.length > STATUS_BYTES && line.data[STATUS_BYTES] != ' ')
		return false;
	message->reason = text_trim(
		text_of(line.data + STATUS_BYTES, line.data + line.length));
	return message->status >= 100 && message->status <= 699;
}

static bool read_request(struct sip_message *message, struct sip_text line)
{
	const char *end = line.data + line.length;
	const char *uri = memchr(line.data, ' ', line.length);
	const char *version = memrchr(line.data, ' ', line.length);

	if (!uri || uri == line.data || version == uri ||
	    !sip_text_is(text_of(version + 1, end), VERSION))
		return false;
	message->is_request = true;
	message->method = text_of(line.data, uri);
	message->uri = text_trim(text_of(uri, version));
	return message->uri.length > 0;
}

static bool read_start(struct sip_message *message, struct sip_text line)
{
	return read_status(message, line) || read_request(message, line);
}

/* Headers */

/* The header block: from its first line to the empty one, less that. */
struct block {
	const char *at, *end;
};

/* The next line without its CR LF. */
static struct sip_text next_line(struct block *block)
{
	const char *line = block->at;
	size_t left = (size_t)(block->end - line);
	const char *end = memmem(line, left, "\r\n", 2);

	block->at = end ? end + 2 : block->end;
	return text_of(line, end ? end : block->end);
}

static bool is_folded(const struct block *block)
{
	return block->at < block->end && sip_is_blank(*block->at);
}

/* A header with all its folded lines, as they stand, RFC 3261 7.3.1. */
static struct sip_text next_header(struct block *block)
{
	struct sip_text header = next_line(block);

	while (is_folded(block)) {
		struct sip_text more = next_line(block);

		header.length = (size_t)(more.data + more.length - header.data);
	}
	return header;
}

/* Splits at the colon; the value may still be folded. */
static bool split_header(struct sip_text line, struct sip_header *header)
{
	const char *colon = memchr(line.data, ':', line.length);

	if (!colon)
		return false;
	header->name = text_trim(text_of(line.data, colon));
	header->value = text_trim(text_of(colon + 1, line.data + line.length));
	for (size_t i = 0; i < header->name.length; i++) {
		if (!sip_is_token(header->name.data[i]))
			return false;
	}
	return header->name.length > 0 && header->name.data == line.data;
}

/* Joins folded lines by one blank each. */
static struct sip_text unfold(struct arena *arena, struct sip_text value)
{
	struct block block = {value.data, value.data + value.length};
	char *joined, *put;

	if (!memmem(value.data, value.length, "\r\n", 2))
		return value;
	joined = put = arena_alloc(arena, value.length + 1);
	while (block.at < block.end) {
		struct sip_text line = text_trim(next_line(&block));

		if (put > joined && line.length)
			*put++ = ' ';
		memcpy(put, line.data, line.length);
		put += line.length;
	}
	return text_of(joined, put);
}

static bool read_length(struct sip_text value, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < value.length; i++) {
		if (!sip_is_digit(value.data[i]))
			return false;
		*length = *length * 10 + (size_t)(value.data[i] - '0');
		if (*length > SIP_BODY_BYTES_MAX)
			return false;
	}
	return value.length > 0;
}

/* What must be known before anything is kept of a message. */
struct outline {
	size_t header_count;
	size_t body_length;
	bool has_length;
};

static bool note_length(struct outline *outline, struct sip_text value,
			const char **why)
{
	size_t length;

	if (!read_length(value, &length)) {
		*why = "the Content-Length is no lawful number";
		return false;
	}
	if (outline->has_length && outline->body_length != length) {
		*why = "two Content-Length headers disagree";
		return false;
	}
	outline->body_length = length;
	outline->has_length = true;
	return true;
}

/* Walks the headers without keeping them. */
static bool survey(struct block block, struct outline *outline,
		   const char **why)
{
	struct sip_header header;

	while (block.at < block.end) {
		if (!split_header(next_header(&block), &header)) {
			*why = "a header line without a name and a colon";
			return false;
		}
		if (++outline->header_count > SIP_HEADERS_MAX) {
			*why = "more headers than 256";
			return false;
		}
		if (sip_header_is(&header, "Content-Length") &&
		    !note_length(outline, header.value, why))
			return false;
	}
	return true;
}

static void keep_headers(struct arena *arena, struct sip_message *message,
			 struct block block, size_t count)
{
	message->headers =
		arena_alloc(arena, count * sizeof(struct sip_header));
	while (block.at < block.end) {
		struct sip_header *header =
			&message->headers[message->header_count++];

		split_header(next_header(&block), header);
		header->value = unfold(arena, header->value);
	}
}

static enum sip_progress broken(const char **why, const char *because)
{
	*why = because;
	return SIP_BROKEN;
}

/* All but the headers themselves, which are kept once the body is whole. */
static enum sip_progress read_whole(struct arena *arena,
				    struct sip_message *message,
				    struct block block, size_t available,
				    size_t *used, const char **why)
{
	struct outline outline = {0};
	const char *start = block.at;
	const char *body = block.end + 2;

	if (memchr(start, '\0', (size_t)(block.end - start)))
		return broken(why, "a NUL byte stands in the headers");
	if (!read_start(message, next_line(&block)))
		return broken(why, "not a SIP start line");
	if (is_folded(&block))
		return broken(why, "a folded line follows the start line");
	if (!survey(block, &outline, why))
		return SIP_BROKEN;
	if (available - (size_t)(body - start) < outline.body_length)
		return SIP_MORE;
	keep_headers(arena, message, block, outline.header_count);
	message->has_content_length = outline.has_length;
	message->body = (struct sip_text){body, outline.body_length};
	*used += (size_t)(body - start) + outline.body_length;
	return SIP_WHOLE;
}

/* The end of the headers has not come: is there hope? */
static enum sip_progress read_part(const char *data, size_t length,
				   const char **why)
{
	struct block block = {data, data + length};
	struct sip_message scratch = {0};
	struct sip_text line = next_line(&block);

	if (length == SIP_HEADER_BYTES_MAX)
		return broken(why, "the headers are longer than 64 KiB");
	if (block.at > line.data + line.length && !read_start(&scratch, line))
		return broken(why, "not a SIP start line");
	return SIP_MORE;
}

enum sip_progress sip_decode(struct arena *arena, struct sip_message *message,
			     const char *data, size_t available, size_t *used,
			     const char **why)
{
	size_t searched;
	const char *end;

	*message = (struct sip_message){0};
	*used = 0;
	while (available && (*data == '\r' || *data == '\n')) {
		data++;
		available--;
		++*used;
	}
	if (available == 0)
		return SIP_MORE;
	if (!can_be_start(data, available, why))
		return SIP_BROKEN;
	searched = available < SIP_HEADER_BYTES_MAX ? available
						    : SIP_HEADER_BYTES_MAX;
	end = memmem(data, searched, "\r\n\r\n", 4);
	if (!end)
		return read_part(data, searched, why);
	return read_whole(arena, message, (struct block){data, end + 2},
			  available, used, why);
}

/* Looking into a message */

bool sip_header_is(const struct sip_header *header, const char *name)
{
	if (sip_text_is(header->name, name))
		return true;
	if (header->name.length != 1)
		return false;
	for (size_t i = 0; i < sizeof(compact_forms) / sizeof(compact_forms[0]);
	     i++) {
		if (compact_forms[i].compact == (*header->name.data | 0x20))
			return strcasecmp(compact_forms[i].name, name) == 0;
	}
	return false;
}

const struct sip_header *sip_header(const struct sip_message *message,
				    const char *name,
				    const struct sip_header *previous)
{
	size_t i = previous ? (size_t)(previous - message->headers) + 1 : 0;

	for (; i < message->header_count; i++) {
		if (sip_header_is(&message->headers[i], name))
			return &message->headers[i];
	}
	return NULL;
}
