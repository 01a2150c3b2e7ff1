#include "common/wire/autodiscover.h"

#include "common/wire/sip_value.h"

#include <expat.h>
#include <jansson.h>

#include <string.h>
#include <strings.h>

#define SCHEME "MsRtcOAuth"

/* The document being read. */
struct reading {
	struct arena *arena;
	struct autodiscover *answer;
	XML_Parser parser; /* of XML */
	unsigned depth;
	const char *why; /* the first trouble; NULL: none */
};

static bool fail(struct reading *reading, const char *why)
{
	if (!reading->why)
		reading->why = why;
	return false;
}

static void add_link(struct reading *reading, const char *name,
		     const char *href)
{
	struct autodiscover *answer = reading->answer;
	size_t length = strlen(href);

	if (!*name || strlen(name) > AUTODISCOVER_NAME_MAX)
		return;
	if (answer->link_count == AUTODISCOVER_LINKS_MAX) {
		answer->links_cut = true;
		return;
	}
	if (length > AUTODISCOVER_HREF_MAX)
		length = AUTODISCOVER_HREF_MAX;
	answer->links[answer->link_count++] = (struct autodiscover_link){
		.name = arena_text(reading->arena, name),
		.href = arena_copy(reading->arena, href, length),
	};
}

/*
 * JSON: {"_links": {"NAME": {"href": "URL"}}}
 */

/* A tree costs many times its text: what has too many values is none. */
static bool is_modest(const char *body, size_t length)
{
	size_t values = 0;

	for (size_t i = 0; i < length; i++)
		values += body[i] && strchr("{[,:", body[i]);
	return values <= AUTODISCOVER_VALUES_MAX;
}

static bool read_json(struct reading *reading, const char *body, size_t length)
{
	const char *name;
	json_t *tree, *links, *link;

	if (!is_modest(body, length))
		return fail(reading, "JSON with too many values");
	tree = json_loadb(body, length, 0, NULL);
	if (!tree)
		return fail(reading, "it begins as JSON and is none");
	links = json_object_get(tree, "_links");
	json_object_foreach (links, name, link) {
		const char *href =
			json_string_value(json_object_get(link, "href"));

		if (href)
			add_link(reading, name, href);
	}
	if (!json_is_object(links))
		fail(reading, "JSON without the links of Autodiscover");
	json_decref(tree);
	return !reading->why;
}

/*
 * XML: <AutodiscoverResponse AccessLocation=""><Root><Link token="" href=""/>
 */

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcasecmp(local_name(attributes[0]), name) == 0)
			return attributes[1];
	return NULL;
}

static void stop(struct reading *reading, const char *why)
{
	fail(reading, why);
	XML_StopParser(reading->parser, XML_FALSE);
}

static void begin_document(struct reading *reading, const char *name,
			   const char **attributes)
{
	const char *location = attribute(attributes, "AccessLocation");

	if (strcasecmp(name, "html") == 0)
		stop(reading, "it is a web page (HTML)");
	else if (strcasecmp(name, "AutodiscoverResponse") != 0)
		stop(reading, "XML of another kind");
	else if (location)
		reading->answer->access_location =
			arena_copy(reading->arena, location,
				   strnlen(location, AUTODISCOVER_NAME_MAX));
}

static void XMLCALL begin_element(void *context, const char *name,
				  const char **attributes)
{
	struct reading *reading = context;
	const char *token = attribute(attributes, "token");
	const char *href = attribute(attributes, "href");

	name = local_name(name);
	if (reading->depth++ == 0)
		begin_document(reading, name, attributes);
	else if (reading->depth > AUTODISCOVER_DEPTH_MAX)
		stop(reading, "XML that nests too deep");
	else if (strcasecmp(name, "Link") == 0 && token && href)
		add_link(reading, token, href);
}

static void XMLCALL end_element(void *context, const char *name)
{
	struct reading *reading = context;

	(void)name;
	reading->depth--;
}

/* Pages often begin by one; answers never do. */
static void XMLCALL begin_doctype(void *context, const char *name,
				  const char *system, const char *public,
				  int has_subset)
{
	(void)system;
	(void)public;
	(void)has_subset;
	stop(context, strcasecmp(name, "html") == 0
			      ? "it is a web page (HTML)"
			      : "XML with a DTD, which is not read");
}

static bool read_xml(struct reading *reading, const char *body, size_t length)
{
	reading->answer->is_xml = true;
	reading->parser = XML_ParserCreate(NULL);
	if (!reading->parser)
		return fail(reading, "out of memory");
	XML_SetUserData(reading->parser, reading);
	XML_SetElementHandler(reading->parser, begin_element, end_element);
	XML_SetStartDoctypeDeclHandler(reading->parser, begin_doctype);
	if (XML_Parse(reading->parser, body, (int)length, XML_TRUE) !=
	    XML_STATUS_OK)
		fail(reading, "it begins as XML and is none");
	XML_ParserFree(reading->parser);
	return !reading->why;
}

/* The first character that is no blank, behind a byte order mark. */
static char first_of(const char *body, size_t length)
{
	size_t i = length >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (i < length && body[i] && strchr(" \t\r\n", body[i]))
		i++;
	return i < length ? body[i] : '\0';
}

bool autodiscover_decode(struct arena *arena, struct autodiscover *answer,
			 const void *body, size_t length, const char **why)
{
	struct reading reading = {.arena = arena, .answer = answer};
	const char *text = body;

	*answer = (struct autodiscover){0};
	if (length > AUTODISCOVER_BYTES_MAX)
		fail(&reading, "it is too long");
	else if (first_of(text, length) == '<')
		read_xml(&reading, text, length);
	else if (first_of(text, length) == '{')
		read_json(&reading, text + (*text == '\xef' ? 3 : 0),
			  length - (*text == '\xef' ? 3 : 0));
	else
		fail(&reading, length ? "neither JSON nor XML" : "it is empty");
	if (reading.why)
		*why = reading.why;
	return !reading.why;
}

const char *autodiscover_href(const struct autodiscover *answer,
			      const char *name)
{
	for (size_t i = 0; i < answer->link_count; i++)
		if (strcasecmp(answer->links[i].name, name) == 0)
			return answer->links[i].href;
	return NULL;
}

/*
 * Challenges: MsRtcOAuth href="URL",grant_type="WORD,WORD", Bearer ...
 */

static const char *skip_separators(const char *at)
{
	return at + strspn(at, ", \t");
}

static const char *skip_token(const char *at)
{
	while (sip_is_token(*at))
		at++;
	return at;
}

/* "name =": what makes the comma before it an end. */
static bool is_parameter(const char *at)
{
	const char *end = skip_token(at);

	return end > at && end[strspn(end, " \t")] == '=';
}

/* What stands behind the sign of one that is_parameter(). */
static const char *parameter_value(const char *at)
{
	at = strchr(at, '=') + 1;
	return at + strspn(at, " \t");
}

/* The end of a value, and with *next what comes behind it. */
static const char *value_end(const char *value, const char **next)
{
	const char *end = value;

	if (*value == '"') {
		end = value + 1 + strcspn(value + 1, "\"");
		*next = *end ? end + 1 : end;
		return end;
	}
	while (*end && *end != ' ' && *end != '\t' &&
	       (*end != ',' || !is_parameter(skip_separators(end))))
		end++;
	*next = end;
	return end;
}

static void add_grants(struct arena *arena,
		       struct autodiscover_challenge *challenge, const char *at,
		       const char *end)
{
	while (at < end && challenge->grant_count < AUTODISCOVER_GRANTS_MAX) {
		size_t length = strcspn(at, ", \"");

		if (length > (size_t)(end - at))
			length = (size_t)(end - at);
		if (length)
			challenge->grants[challenge->grant_count++] =
				arena_copy(arena, at, length);
		at += length + 1;
	}
}

/* One parameter; where it ends. */
static const char *take_parameter(struct arena *arena,
				  struct autodiscover_challenge *challenge,
				  const char *at)
{
	const char *name = at, *name_end = skip_token(at), *end, *next;
	const char *value = parameter_value(at);
	size_t length = (size_t)(name_end - name);

	end = value_end(value, &next);
	value += *value == '"';
	if (length == 4 && strncasecmp(name, "href", 4) == 0)
		challenge->href =
			arena_copy(arena, value, (size_t)(end - value));
	else if (length == 10 && strncasecmp(name, "grant_type", 10) == 0)
		add_grants(arena, challenge, value, end);
	return next;
}

/* Behind the scheme; another scheme ends it. */
static void take_parameters(struct arena *arena,
			    struct autodiscover_challenge *challenge,
			    const char *at)
{
	for (at = skip_separators(at); is_parameter(at);
	     at = skip_separators(at))
		at = take_parameter(arena, challenge, at);
}

bool autodiscover_challenge(struct arena *arena,
			    struct autodiscover_challenge *challenge,
			    const char *value)
{
	const char *at = skip_separators(value);

	*challenge = (struct autodiscover_challenge){0};
	while (*at) {
		const char *end = skip_token(at);

		if (is_parameter(at)) {
			value_end(parameter_value(at), &end);
		} else if ((size_t)(end - at) == strlen(SCHEME) &&
			   strncasecmp(at, SCHEME, strlen(SCHEME)) == 0) {
			take_parameters(arena, challenge, end);
			return true;
		}
		at = skip_separators(end > at ? end : at + 1);
	}
	return false;
}
