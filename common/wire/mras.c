#include "common/wire/mras.h"

#include "common/base/base64.h"

#include <expat.h>
#include <openssl/crypto.h>

#include <ctype.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MINUTES_MAX (10 * 366 * 24 * 60)

static const char *const phrases[] = {
	[MRAS_OK] = "OK",
	[MRAS_REQUEST_MALFORMED] = "Request Malformed",
	[MRAS_REQUEST_TOO_LARGE] = "Request Too Large",
	[MRAS_NOT_SUPPORTED] = "Not Supported",
	[MRAS_SERVER_BUSY] = "Server Busy",
	[MRAS_TIME_OUT] = "Time Out",
	[MRAS_FORBIDDEN] = "Forbidden",
	[MRAS_INTERNAL_SERVER_ERROR] = "Internal Server Error",
	[MRAS_OTHER_FAILURE] = "Other Failure",
	[MRAS_VERSION_MISMATCH] = "Version Mismatch",
	[MRAS_UNKNOWN_REASON] = "no known reason",
};

const char *mras_reason_phrase(enum mras_reason reason)
{
	return phrases[reason];
}

static enum mras_reason reason_of(const char *phrase)
{
	for (unsigned i = 0; phrase && i < MRAS_UNKNOWN_REASON; i++)
		if (strcasecmp(phrases[i], phrase) == 0)
			return (enum mras_reason)i;
	return MRAS_UNKNOWN_REASON;
}

/*
 * Documents under way
 */

enum element {
	ELEMENT_NONE, /* below it nothing is of interest */
	ELEMENT_DOCUMENT,
	ELEMENT_RESPONSE,
	ELEMENT_GRANT,
	ELEMENT_CREDENTIALS,
	ELEMENT_RELAY_LIST,
	ELEMENT_RELAY,
	ELEMENT_DEMAND, /* a document that is a request */
	ELEMENT_REQUEST,
	ELEMENT_WANTED,
	ELEMENT_LEAF, /* all with a text */
};

struct reading {
	struct arena *arena;
	struct mras_answer *answer;   /* NULL where a request is read */
	struct mras_request *request; /* NULL where an answer is */
	XML_Parser parser;
	unsigned depth;
	size_t path[MRAS_DEPTH_MAX + 1]; /* rows of the table of elements */
	char text[MRAS_TEXT_MAX];
	size_t text_length;
	struct mras_grant *grant; /* the one being read */
	struct mras_relay *relay, **next_relay;
	size_t relay_count;
	const char *why; /* the first trouble; NULL: none */
};

static void stop(struct reading *reading, const char *why)
{
	if (!reading->why)
		reading->why = why;
	XML_StopParser(reading->parser, XML_FALSE);
}

static void begin_grant(struct reading *reading)
{
	struct mras_answer *answer = reading->answer;

	if (answer->grant_count == MRAS_GRANTS_MAX) {
		stop(reading, "too many elements credentialsResponse");
		return;
	}
	reading->grant = &answer->grants[answer->grant_count++];
	reading->next_relay = &reading->grant->relays;
}

static void begin_relay(struct reading *reading)
{
	struct mras_relay *relay;

	if (++reading->relay_count > MRAS_RELAYS_MAX) {
		stop(reading, "too many elements mediaRelay");
		return;
	}
	relay = arena_alloc(reading->arena, sizeof(*relay));
	relay->location = relay->host = "";
	*reading->next_relay = relay;
	reading->next_relay = &relay->next;
	reading->relay = relay;
}

/* Blanks may stand anywhere in base64 of XML. */
static void squeeze(struct reading *reading)
{
	size_t length = 0;

	for (size_t i = 0; i < reading->text_length; i++)
		if (!isspace((unsigned char)reading->text[i]))
			reading->text[length++] = reading->text[i];
	reading->text_length = length;
}

static void trim(struct reading *reading)
{
	size_t start = 0, end = reading->text_length;

	while (start < end && isspace((unsigned char)reading->text[start]))
		start++;
	while (end > start && isspace((unsigned char)reading->text[end - 1]))
		end--;
	reading->text_length = end - start;
	memmove(reading->text, reading->text + start, end - start);
}

static void take_part(struct reading *reading, const char *name, uint8_t *part,
		      size_t *length)
{
	const char *why;

	squeeze(reading);
	if (*length)
		stop(reading,
		     arena_format(reading->arena, "there are two of %s", name));
	else if (!base64_decode(part, MRAS_PART_MAX, length, reading->text,
				reading->text_length, &why))
		stop(reading, arena_format(reading->arena,
					   "%s is no base64: %s", name, why));
	else if (!*length)
		stop(reading,
		     arena_format(reading->arena, "%s is empty", name));
}

static void take_username(struct reading *reading)
{
	struct mras_grant *grant = reading->grant;

	take_part(reading, "username", grant->username,
		  &grant->username_length);
}

static void take_password(struct reading *reading)
{
	struct mras_grant *grant = reading->grant;

	take_part(reading, "password", grant->password,
		  &grant->password_length);
}

/* A positive number up to a limit, or trouble. */
static unsigned number_of(struct reading *reading, const char *name,
			  unsigned limit)
{
	unsigned long number = 0;

	trim(reading);
	for (size_t i = 0; i < reading->text_length && number <= limit; i++) {
		if (!isdigit((unsigned char)reading->text[i])) {
			number = 0;
			break;
		}
		number = number * 10 + (unsigned)(reading->text[i] - '0');
	}
	if (number && number <= limit)
		return (unsigned)number;
	stop(reading,
	     arena_format(reading->arena, "%s is no number from 1 to %u", name,
			  limit));
	return 0;
}

static void take_duration(struct reading *reading)
{
	reading->grant->minutes = number_of(reading, "duration", MINUTES_MAX);
}

static void take_wanted_duration(struct reading *reading)
{
	reading->request->minutes = number_of(reading, "duration", MINUTES_MAX);
}

static void take_udp(struct reading *reading)
{
	reading->relay->udp =
		(uint16_t)number_of(reading, "udpPort", UINT16_MAX);
}

static void take_tcp(struct reading *reading)
{
	reading->relay->tcp =
		(uint16_t)number_of(reading, "tcpPort", UINT16_MAX);
}

static const char *keep_text(struct reading *reading)
{
	trim(reading);
	return arena_copy(reading->arena, reading->text, reading->text_length);
}

static void take_location(struct reading *reading)
{
	reading->relay->location = keep_text(reading);
}

static void take_wanted_location(struct reading *reading)
{
	reading->request->location = keep_text(reading);
}

static void take_host(struct reading *reading)
{
	reading->relay->host = keep_text(reading);
}

/* An OK that grants nothing is no answer. */
static void end_grant(struct reading *reading)
{
	if (reading->answer->reason != MRAS_OK)
		return;
	if (!reading->grant->username_length)
		stop(reading, "there is no username in credentialsResponse");
	else if (!reading->grant->password_length)
		stop(reading, "there is no password in credentialsResponse");
}

/* Which elements stand in which, and what is done at their ends. */
static const struct row {
	const char *name;
	enum element parent, self;
	void (*begin)(struct reading *reading);
	void (*end)(struct reading *reading);
} elements[] = {
	{NULL, ELEMENT_NONE, ELEMENT_NONE, NULL, NULL},
	{NULL, ELEMENT_NONE, ELEMENT_DOCUMENT, NULL, NULL},
	{"response", ELEMENT_DOCUMENT, ELEMENT_RESPONSE, NULL, NULL},
	{"credentialsResponse", ELEMENT_RESPONSE, ELEMENT_GRANT, begin_grant,
	 end_grant},
	{"credentials", ELEMENT_GRANT, ELEMENT_CREDENTIALS, NULL, NULL},
	{"username", ELEMENT_CREDENTIALS, ELEMENT_LEAF, NULL, take_username},
	{"password", ELEMENT_CREDENTIALS, ELEMENT_LEAF, NULL, take_password},
	{"duration", ELEMENT_CREDENTIALS, ELEMENT_LEAF, NULL, take_duration},
	{"mediaRelayList", ELEMENT_GRANT, ELEMENT_RELAY_LIST, NULL, NULL},
	{"mediaRelay", ELEMENT_RELAY_LIST, ELEMENT_RELAY, begin_relay, NULL},
	{"location", ELEMENT_RELAY, ELEMENT_LEAF, NULL, take_location},
	{"hostName", ELEMENT_RELAY, ELEMENT_LEAF, NULL, take_host},
	{"directIPAddress", ELEMENT_RELAY, ELEMENT_LEAF, NULL, take_host},
	{"udpPort", ELEMENT_RELAY, ELEMENT_LEAF, NULL, take_udp},
	{"tcpPort", ELEMENT_RELAY, ELEMENT_LEAF, NULL, take_tcp},
	{NULL, ELEMENT_NONE, ELEMENT_DEMAND, NULL, NULL},
	{"request", ELEMENT_DEMAND, ELEMENT_REQUEST, NULL, NULL},
	{"credentialsRequest", ELEMENT_REQUEST, ELEMENT_WANTED, NULL, NULL},
	{"location", ELEMENT_WANTED, ELEMENT_LEAF, NULL, take_wanted_location},
	{"duration", ELEMENT_WANTED, ELEMENT_LEAF, NULL, take_wanted_duration},
};

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

/* The row of what stands around a whole document. */
static size_t row_around(enum element document)
{
	size_t i = 0;

	while (elements[i].self != document)
		i++;
	return i;
}

/* The row of an element within another; 0: of no interest. */
static size_t find_row(enum element parent, const char *name)
{
	size_t i = sizeof(elements) / sizeof(elements[0]);

	if (parent == ELEMENT_NONE)
		return 0;
	while (--i > 0)
		if (elements[i].name && elements[i].parent == parent &&
		    strcmp(elements[i].name, name) == 0)
			break;
	return i;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

static const char *keep_attribute(struct reading *reading,
				  const char **attributes, const char *name)
{
	const char *value = attribute(attributes, name);

	if (value && strlen(value) <= MRAS_URI_MAX)
		return arena_text(reading->arena, value);
	stop(reading, arena_format(reading->arena,
				   "there is no %s, or a long "
				   "one",
				   name));
	return "";
}

static void note_attributes(struct reading *reading, enum element element,
			    const char **attributes)
{
	struct mras_request *request = reading->request;

	if (element == ELEMENT_RESPONSE) {
		reading->answer->reason =
			reason_of(attribute(attributes, "reasonPhrase"));
	} else if (element == ELEMENT_REQUEST) {
		request->request_id =
			keep_attribute(reading, attributes, "requestID");
		request->to = keep_attribute(reading, attributes, "to");
		request->from = keep_attribute(reading, attributes, "from");
		request->version =
			*keep_attribute(reading, attributes, "version") == '2'
				? 2
				: 1;
	} else if (element == ELEMENT_WANTED) {
		request->credentials_id = keep_attribute(
			reading, attributes, "credentialsRequestID");
	}
}

static void XMLCALL begin_element(void *context, const char *name,
				  const char **attributes)
{
	struct reading *reading = context;
	enum element parent = elements[reading->path[reading->depth]].self;
	size_t row = find_row(parent, local_name(name));

	if (reading->why)
		return;
	if (reading->depth == MRAS_DEPTH_MAX) {
		stop(reading, "elements nest too deep");
		return;
	}
	if (reading->depth == 0 && !row) {
		stop(reading, "XML of another kind");
		return;
	}
	note_attributes(reading, elements[row].self, attributes);
	reading->path[++reading->depth] = row;
	if (elements[row].self == ELEMENT_LEAF)
		reading->text_length = 0;
	if (elements[row].begin)
		elements[row].begin(reading);
}

static void XMLCALL end_element(void *context, const char *name)
{
	struct reading *reading = context;
	const struct row *row;

	(void)name;
	if (reading->why)
		return; /* it may never have begun */
	row = &elements[reading->path[reading->depth--]];
	if (row->end)
		row->end(reading);
}

static void XMLCALL text(void *context, const char *data, int length)
{
	struct reading *reading = context;
	const struct row *row = &elements[reading->path[reading->depth]];
	size_t room = sizeof(reading->text) - reading->text_length;

	if (reading->why || row->self != ELEMENT_LEAF || length <= 0)
		return;
	if ((size_t)length > room) {
		stop(reading,
		     arena_format(reading->arena, "%s is too long", row->name));
		return;
	}
	memcpy(reading->text + reading->text_length, data, (size_t)length);
	reading->text_length += (size_t)length;
}

static void XMLCALL begin_doctype(void *context, const char *name,
				  const char *system, const char *public,
				  int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	stop(context, "XML with a DTD, which is not read");
}

/*
 * Memory for expat, which copies secrets and overwrites none of them.
 */

struct piece {
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

static struct piece *piece_of(void *data)
{
	return (void *)((unsigned char *)data - offsetof(struct piece, data));
}

static void *piece_new(size_t size)
{
	struct piece *piece =
		size <= SIZE_MAX / 2 ? malloc(sizeof(*piece) + size) : NULL;

	if (!piece)
		return NULL;
	piece->size = size;
	return piece->data;
}

static void piece_free(void *data)
{
	struct piece *piece = data ? piece_of(data) : NULL;

	if (piece)
		OPENSSL_cleanse(piece->data, piece->size);
	free(piece);
}

static void *piece_resize(void *data, size_t size)
{
	void *other = piece_new(size);
	size_t old = data ? piece_of(data)->size : 0;

	if (!other)
		return NULL; /* as realloc() has it: data stays */
	if (data)
		memcpy(other, data, old < size ? old : size);
	piece_free(data);
	return other;
}

static XML_Parser new_parser(struct reading *reading)
{
	static const XML_Memory_Handling_Suite memory = {
		piece_new, piece_resize, piece_free};
	XML_Parser parser = XML_ParserCreate_MM(NULL, &memory, NULL);

	if (!parser)
		return NULL;
	XML_SetUserData(parser, reading);
	XML_SetElementHandler(parser, begin_element, end_element);
	XML_SetCharacterDataHandler(parser, text);
	XML_SetStartDoctypeDeclHandler(parser, begin_doctype);
	return parser;
}

static void parse(struct reading *reading, const void *body, size_t length)
{
	XML_Parser parser = reading->parser = new_parser(reading);

	if (!parser) {
		reading->why = "out of memory";
		return;
	}
	if (XML_Parse(parser, body, (int)length, XML_TRUE) != XML_STATUS_OK &&
	    !reading->why)
		reading->why = arena_format(
			reading->arena, "broken XML in its line %lu: %s",
			(unsigned long)XML_GetCurrentLineNumber(parser),
			XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
}

bool mras_decode(struct arena *arena, struct mras_answer *answer,
		 const void *body, size_t length, const char **why)
{
	struct reading reading = {.arena = arena, .answer = answer};

	*answer = (struct mras_answer){.reason = MRAS_UNKNOWN_REASON};
	reading.path[0] = row_around(ELEMENT_DOCUMENT);
	if (length > MRAS_BYTES_MAX)
		reading.why = "it is too long";
	else
		parse(&reading, body, length);
	if (!reading.why && answer->reason == MRAS_OK && !answer->grant_count)
		reading.why = "there is no credentialsResponse in it";
	OPENSSL_cleanse(reading.text, sizeof(reading.text));
	if (reading.why || answer->reason != MRAS_OK)
		mras_forget(answer);
	if (reading.why)
		*why = reading.why;
	return !reading.why;
}

bool mras_read_request(struct arena *arena, struct mras_request *request,
		       const void *body, size_t length, const char **why)
{
	struct reading reading = {.arena = arena, .request = request};

	*request = (struct mras_request){0};
	reading.path[0] = row_around(ELEMENT_DEMAND);
	if (length > MRAS_BYTES_MAX)
		reading.why = "it is too long";
	else
		parse(&reading, body, length);
	if (!reading.why && !request->credentials_id)
		reading.why = "there is no credentialsRequest in it";
	if (reading.why)
		*why = reading.why;
	return !reading.why;
}

void mras_forget(struct mras_answer *answer)
{
	OPENSSL_cleanse(answer->grants, sizeof(answer->grants));
	answer->grant_count = 0;
}
