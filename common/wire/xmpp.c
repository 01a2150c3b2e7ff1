#include "common/wire/xmpp.h"

#include <stdio.h>
#include <string.h>

static const char *const space_names[SPACE_COUNT] = {
	[SPACE_STREAMS] = "http://etherx.jabber.org/streams",
	[SPACE_SERVER] = "jabber:server",
	[SPACE_DIALBACK] = "jabber:server:dialback",
	[SPACE_TLS] = "urn:ietf:params:xml:ns:xmpp-tls",
	[SPACE_SASL] = "urn:ietf:params:xml:ns:xmpp-sasl",
	[SPACE_ERRORS] = "urn:ietf:params:xml:ns:xmpp-streams",
	[SPACE_DIALBACK_FEATURE] = "urn:xmpp:features:dialback",
};

/* A part of the tag: not NUL-terminated. */
struct part {
	const char *text;
	size_t length;
};

static bool part_is(struct part part, const char *word)
{
	return strlen(word) == part.length &&
	       memcmp(part.text, word, part.length) == 0;
}

/* Cuts what is too long. */
static void part_copy(struct part part, char *copy, size_t capacity)
{
	size_t length = part.length < capacity ? part.length : capacity - 1;

	memcpy(copy, part.text, length);
	copy[length] = '\0';
}

void xmpp_begin(struct xmpp_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
}

static enum xmpp_event broken(struct xmpp_reader *reader, const char *why)
{
	reader->why = why;
	return XMPP_BROKEN;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_name_byte(char byte)
{
	return !is_space(byte) && !strchr("<>&'\"=/?!", byte);
}

/*
 * Attributes of one tag
 */

/* The tag being taken apart: what is left of it. */
struct attributes {
	const char *at, *end;
	bool failed;
};

struct attribute {
	struct part name, value;
};

static void skip_space(struct attributes *attributes)
{
	while (attributes->at < attributes->end && is_space(*attributes->at))
		attributes->at++;
}

static struct part take_name(struct attributes *attributes)
{
	struct part name = {attributes->at, 0};

	while (attributes->at < attributes->end &&
	       is_name_byte(*attributes->at))
		attributes->at++;
	name.length = (size_t)(attributes->at - name.text);
	return name;
}

static bool fail(struct attributes *attributes)
{
	attributes->failed = true;
	return false;
}

/* name = 'value', in either quote; false at the end, or when it failed. */
static bool take_attribute(struct attributes *attributes,
			   struct attribute *attribute)
{
	const char *before = attributes->at, *end;
	char quote;

	skip_space(attributes);
	if (attributes->at == attributes->end)
		return false;
	attribute->name = take_name(attributes);
	if (!attribute->name.length || attributes->at == before ||
	    !is_space(*before))
		return fail(attributes);
	skip_space(attributes);
	if (attributes->at == attributes->end || *attributes->at != '=')
		return fail(attributes);
	attributes->at++;
	skip_space(attributes);
	if (attributes->at == attributes->end)
		return fail(attributes);
	quote = *attributes->at++;
	end = quote == '\'' || quote == '"'
		      ? memchr(attributes->at, quote,
			       (size_t)(attributes->end - attributes->at))
		      : NULL;
	if (!end)
		return fail(attributes);
	attribute->value =
		(struct part){attributes->at, (size_t)(end - attributes->at)};
	attributes->at = end + 1;
	return !memchr(attribute->value.text, '<', attribute->value.length) ||
	       fail(attributes);
}

/*
 * Namespaces
 */

static enum xmpp_space space_of(struct part name)
{
	for (unsigned i = SPACE_STREAMS; i < SPACE_COUNT; i++)
		if (part_is(name, space_names[i]))
			return (enum xmpp_space)i;
	return SPACE_OTHER;
}

/* Notes xmlns='...' and xmlns:prefix='...'; false when there are too many. */
static bool declare(struct xmpp_reader *reader, const struct attribute *one)
{
	struct part name = one->name;
	struct xmpp_prefix *prefix;

	if (name.length < 5 || memcmp(name.text, "xmlns", 5) != 0 ||
	    (name.length > 5 && name.text[5] != ':'))
		return true;
	name.text += name.length > 5 ? 6 : 5;
	name.length -= name.length > 5 ? 6 : 5;
	if (reader->prefix_count == XMPP_PREFIXES_MAX ||
	    name.length >= sizeof(prefix->name))
		return false;
	prefix = &reader->prefixes[reader->prefix_count++];
	part_copy(name, prefix->name, sizeof(prefix->name));
	prefix->space = space_of(one->value);
	prefix->depth = reader->depth;
	return true;
}

static void forget_prefixes(struct xmpp_reader *reader)
{
	while (reader->prefix_count &&
	       reader->prefixes[reader->prefix_count - 1].depth >=
		       reader->depth)
		reader->prefix_count--;
}

/* "stream:features" is "features" in the namespace of "stream". */
static enum xmpp_space resolve(const struct xmpp_reader *reader,
			       struct part *name)
{
	const char *colon = memchr(name->text, ':', name->length);
	struct part prefix = {name->text, 0};

	if (colon) {
		prefix.length = (size_t)(colon - name->text);
		name->length -= prefix.length + 1;
		name->text = colon + 1;
	}
	for (size_t i = reader->prefix_count; i-- > 0;)
		if (part_is(prefix, reader->prefixes[i].name))
			return reader->prefixes[i].space;
	return SPACE_OTHER;
}

/*
 * Elements, by their depth: the stream, what stands in it, its parts
 */

static void note_header(struct xmpp_reader *reader,
			const struct attribute *attribute)
{
	if (part_is(attribute->name, "from"))
		part_copy(attribute->value, reader->from, sizeof(reader->from));
	else if (part_is(attribute->name, "to"))
		part_copy(attribute->value, reader->to, sizeof(reader->to));
	else if (part_is(attribute->name, "version"))
		part_copy(attribute->value, reader->version,
			  sizeof(reader->version));
	else if (part_is(attribute->name, "id"))
		reader->id_length = attribute->value.length;
}

static enum xmpp_event begin_stream(struct xmpp_reader *reader,
				    struct part name, enum xmpp_space space)
{
	if (!part_is(name, "stream") || space != SPACE_STREAMS)
		return broken(reader, "it is XML, and no stream of XMPP");
	for (size_t i = 0; i < reader->prefix_count; i++)
		reader->declares_dialback |=
			reader->prefixes[i].space == SPACE_DIALBACK;
	return XMPP_HEADER;
}

/* What an element directly in the stream will be once it is whole. */
static enum xmpp_event kind_of(struct part name, enum xmpp_space space)
{
	static const struct {
		const char *name;
		enum xmpp_space space;
		enum xmpp_event event;
	} kinds[] = {
		{"features", SPACE_STREAMS, XMPP_FEATURES},
		{"error", SPACE_STREAMS, XMPP_ERROR},
		{"starttls", SPACE_TLS, XMPP_STARTTLS},
		{"proceed", SPACE_TLS, XMPP_PROCEED},
		{"failure", SPACE_TLS, XMPP_FAILURE},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].space == space && part_is(name, kinds[i].name))
			return kinds[i].event;
	return XMPP_OTHER;
}

static void note_part(struct xmpp_reader *reader, struct part name,
		      enum xmpp_space space)
{
	unsigned depth = reader->depth;

	if (reader->pending == XMPP_FEATURES) {
		if (depth == 3 && space == SPACE_TLS &&
		    part_is(name, "starttls"))
			reader->has_starttls = true;
		else if (depth == 4 && space == SPACE_TLS &&
			 part_is(name, "required"))
			reader->requires_tls = true;
		else if (depth == 3 && space == SPACE_DIALBACK_FEATURE &&
			 part_is(name, "dialback"))
			reader->has_dialback = true;
	} else if (reader->pending == XMPP_ERROR) {
		if (depth == 3 && space == SPACE_ERRORS && !*reader->error &&
		    !part_is(name, "text"))
			part_copy(name, reader->error, sizeof(reader->error));
	}
}

/* Text is kept of the two elements where it says something. */
static void note_text(struct xmpp_reader *reader, struct part name,
		      enum xmpp_space space)
{
	const char *text = reader->text;

	reader->text[reader->text_length] = '\0';
	if (reader->pending == XMPP_FEATURES && reader->depth == 4 &&
	    space == SPACE_SASL && part_is(name, "mechanism") && *text &&
	    reader->mechanism_count < XMPP_MECHANISMS_MAX)
		part_copy((struct part){text, reader->text_length},
			  reader->mechanisms[reader->mechanism_count++],
			  XMPP_WORD_MAX);
	else if (reader->pending == XMPP_ERROR && reader->depth == 3 &&
		 space == SPACE_ERRORS && part_is(name, "text"))
		part_copy((struct part){text, reader->text_length},
			  reader->error_text, sizeof(reader->error_text));
}

/* The innermost element ends. */
static enum xmpp_event close_element(struct xmpp_reader *reader)
{
	unsigned index = reader->depth - 1;
	struct part name = {reader->open[index], strlen(reader->open[index])};
	const char *colon = memchr(name.text, ':', name.length);
	enum xmpp_event event = XMPP_MORE;

	if (colon) {
		name.length -= (size_t)(colon + 1 - name.text);
		name.text = colon + 1;
	}
	note_text(reader, name, reader->spaces[index]);
	reader->text_length = 0;
	if (reader->depth == 1)
		event = XMPP_END;
	else if (reader->depth == 2)
		event = reader->pending;
	forget_prefixes(reader);
	reader->depth--;
	return event;
}

/* Attributes first: they may declare the prefix of the element itself. */
static bool take_attributes(struct xmpp_reader *reader, struct part rest)
{
	struct attributes attributes = {rest.text, rest.text + rest.length,
					false};
	struct attribute one;

	while (take_attribute(&attributes, &one)) {
		if (!declare(reader, &one))
			return false;
		if (reader->depth == 1)
			note_header(reader, &one);
	}
	return !attributes.failed;
}

static enum xmpp_event open_element(struct xmpp_reader *reader,
				    struct part name, struct part rest,
				    bool is_empty)
{
	enum xmpp_event event = XMPP_MORE;
	enum xmpp_space space;

	if (reader->depth == XMPP_DEPTH_MAX)
		return broken(reader, "elements nest too deep");
	if (!name.length || name.length >= XMPP_NAME_MAX)
		return broken(reader, "an element without a fit name");
	part_copy(name, reader->open[reader->depth++], XMPP_NAME_MAX);
	if (!take_attributes(reader, rest))
		return broken(reader, "attributes that are none");
	space = resolve(reader, &name);
	reader->spaces[reader->depth - 1] = space;
	reader->text_length = 0;
	if (reader->depth == 1)
		event = begin_stream(reader, name, space);
	else if (reader->depth == 2)
		reader->pending = kind_of(name, space);
	else
		note_part(reader, name, space);
	if (!is_empty || event == XMPP_BROKEN)
		return event;
	if (reader->depth == 1)
		return broken(reader, "the stream ends where it begins");
	return close_element(reader);
}

static enum xmpp_event end_tag(struct xmpp_reader *reader, struct part name)
{
	while (name.length && is_space(name.text[name.length - 1]))
		name.length--;
	if (!reader->depth || !part_is(name, reader->open[reader->depth - 1]))
		return broken(reader, "an end tag without its start");
	return close_element(reader);
}

/* "?xml version='1.0'?", at the very beginning only. */
static enum xmpp_event declaration(struct xmpp_reader *reader, struct part tag)
{
	if (reader->has_begun || tag.length < 6 ||
	    memcmp(tag.text, "?xml", 4) != 0 || !is_space(tag.text[4]) ||
	    tag.text[tag.length - 1] != '?')
		return broken(reader, "a processing instruction");
	reader->has_begun = true;
	return XMPP_MORE;
}

/* Everything between < and >. */
static enum xmpp_event take_tag(struct xmpp_reader *reader)
{
	struct part tag = {reader->tag, reader->tag_length};
	struct attributes start = {tag.text, tag.text + tag.length, false};
	struct part name, rest;
	bool is_empty;

	reader->is_in_tag = false;
	reader->tag_length = 0;
	if (tag.length && *tag.text == '?')
		return declaration(reader, tag);
	reader->has_begun = true;
	if (tag.length && *tag.text == '/')
		return end_tag(reader,
			       (struct part){tag.text + 1, tag.length - 1});
	is_empty = tag.length && tag.text[tag.length - 1] == '/';
	if (is_empty)
		start.end--;
	name = take_name(&start);
	rest = (struct part){start.at, (size_t)(start.end - start.at)};
	return open_element(reader, name, rest, is_empty);
}

static enum xmpp_event take_text_byte(struct xmpp_reader *reader, char byte)
{
	if (byte == '<') {
		reader->is_in_tag = true;
		reader->quote = '\0';
		return XMPP_MORE;
	}
	if (!reader->depth && !is_space(byte))
		return broken(reader, reader->has_begun
					      ? "text outside the stream"
					      : "it does not begin as XML");
	if (!reader->has_begun && reader->received > XMPP_TEXT_MAX)
		return broken(reader, "nothing but blanks");
	if (reader->text_length < sizeof(reader->text) - 1)
		reader->text[reader->text_length++] = byte;
	return XMPP_MORE;
}

static enum xmpp_event take_tag_byte(struct xmpp_reader *reader, char byte)
{
	if (!reader->tag_length && byte == '!')
		return broken(reader, "a comment or DTD, which XMPP forbids");
	if (!reader->quote && byte == '>')
		return take_tag(reader);
	if (byte == '<')
		return broken(reader, "a tag within a tag");
	if (reader->tag_length == sizeof(reader->tag))
		return broken(reader, "a tag too long");
	if (reader->quote == byte)
		reader->quote = '\0';
	else if (!reader->quote && (byte == '\'' || byte == '"'))
		reader->quote = byte;
	reader->tag[reader->tag_length++] = byte;
	return XMPP_MORE;
}

static enum xmpp_event take_byte(struct xmpp_reader *reader, char byte)
{
	if (reader->received++ == XMPP_BYTES_MAX)
		return broken(reader, "it does not end");
	if ((unsigned char)byte < ' ' && !is_space(byte))
		return broken(reader, "a control character");
	return reader->is_in_tag ? take_tag_byte(reader, byte)
				 : take_text_byte(reader, byte);
}

enum xmpp_event xmpp_read(struct xmpp_reader *reader, const char *data,
			  size_t length, size_t *used)
{
	enum xmpp_event event = reader->why ? XMPP_BROKEN : XMPP_MORE;

	*used = 0;
	while (event == XMPP_MORE && *used < length)
		event = take_byte(reader, data[(*used)++]);
	return event;
}

/* Nothing that could end an attribute or begin something else. */
static bool is_plain(const char *word)
{
	for (; *word; word++)
		if ((unsigned char)*word <= ' ' || strchr("<>&'\"", *word))
			return false;
	return true;
}

size_t xmpp_open(char *text, size_t capacity,
		 const struct xmpp_opening *opening)
{
	const char *id = opening->id ? opening->id : "";
	int length;

	if (!is_plain(opening->from) || !is_plain(opening->to) || !is_plain(id))
		return 0;
	length = snprintf(text, capacity,
			  "<?xml version='1.0'?><stream:stream "
			  "xmlns='jabber:server' "
			  "xmlns:stream='http://etherx.jabber.org/streams' "
			  "xmlns:db='jabber:server:dialback' "
			  "from='%s' to='%s'%s%s%s version='1.0'>",
			  opening->from, opening->to, *id ? " id='" : "", id,
			  *id ? "'" : "");
	return length > 0 && (size_t)length < capacity ? (size_t)length : 0;
}
