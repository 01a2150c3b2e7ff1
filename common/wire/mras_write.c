/* mras_write.c - the messages of mras.h as XML. */
#include "common/wire/mras.h"

#include "common/base/base64.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <string.h>

#define ESCAPED_MAX (MRAS_URI_MAX * 6 + 1) /* every character as &quot; */

static bool is_writable(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ')
			return false;
	return strlen(text) <= MRAS_URI_MAX;
}

static const char *entity_of(char character)
{
	static const struct {
		char character;
		const char *entity;
	} entities[] = {
		{'&', "&amp;"},	 {'<', "&lt;"},	   {'>', "&gt;"},
		{'"', "&quot;"}, {'\'', "&apos;"},
	};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (entities[i].character == character)
			return entities[i].entity;
	return NULL;
}

/* As content of an element or attribute. */
static const char *escape(char escaped[ESCAPED_MAX], const char *text)
{
	char *end = escaped;

	for (; *text; text++) {
		const char *entity = entity_of(*text);

		if (entity)
			end = stpcpy(end, entity);
		else
			*end++ = *text;
	}
	*end = '\0';
	return escaped;
}

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

/* A text of somebody else's, in its element or attribute. */
static void put_text(struct room *room, const char *before, const char *text,
		     const char *after)
{
	char escaped[ESCAPED_MAX];

	if (is_writable(text))
		put(room, "%s%s%s", before, escape(escaped, text), after);
	else
		room->failed = true;
}

static size_t finish(struct room *room)
{
	if (!room->failed)
		return room->length;
	OPENSSL_cleanse(room->text, room->capacity);
	return 0;
}

static void put_addresses(struct room *room, const char *to, const char *from)
{
	put_text(room, " to=\"", to, "\"");
	put_text(room, " from=\"", from, "\"");
}

static const char *credentials_id(const struct mras_request *request)
{
	return request->credentials_id ? request->credentials_id : "1";
}

/* msturn.md 10.1 */
size_t mras_write_request(const struct mras_request *request, char *text,
			  size_t capacity)
{
	struct room room = {.text = text, .capacity = capacity};

	put_text(&room, "<request xmlns=\"" MRAS_NAMESPACE "\" requestID=\"",
		 request->request_id, "\"");
	put(&room, " version=\"%u.0\"", request->version == 2 ? 2 : 1);
	put_addresses(&room, request->to, request->from);
	put_text(&room, "><credentialsRequest credentialsRequestID=\"",
		 credentials_id(request), "\">");
	put_text(&room, "<identity>", request->from, "</identity>");
	if (request->location)
		put_text(&room, "<location>", request->location, "</location>");
	if (request->minutes)
		put(&room, "<duration>%u</duration>", request->minutes);
	put(&room, "</credentialsRequest></request>");
	return finish(&room);
}

/*
 * The answer
 */

static void put_secret(struct room *room, const char *name, const uint8_t *data,
		       size_t length)
{
	char encoded[BASE64_TEXT_BYTES(MRAS_PART_MAX)];

	base64_encode(encoded, data, length);
	put(room, "<%s>%s</%s>", name, encoded, name);
	OPENSSL_cleanse(encoded, sizeof(encoded));
}

static void put_port(struct room *room, const char *name, unsigned port)
{
	if (port)
		put(room, "<%s>%u</%s>", name, port, name);
}

static void put_relay(struct room *room, const struct mras_relay *relay)
{
	put(room, "<mediaRelay>");
	put_text(room, "<location>", relay->location, "</location>");
	put_text(room, "<hostName>", relay->host, "</hostName>");
	put_port(room, "udpPort", relay->udp);
	put_port(room, "tcpPort", relay->tcp);
	put(room, "</mediaRelay>");
}

static void put_grant(struct room *room, const char *id,
		      const struct mras_grant *grant)
{
	put_text(room, "<credentialsResponse credentialsRequestID=\"", id,
		 "\"><credentials>");
	put_secret(room, "username", grant->username, grant->username_length);
	put_secret(room, "password", grant->password, grant->password_length);
	if (grant->minutes)
		put(room, "<duration>%u</duration>", grant->minutes);
	put(room, "</credentials><mediaRelayList>");
	for (const struct mras_relay *relay = grant->relays; relay;
	     relay = relay->next)
		put_relay(room, relay);
	put(room, "</mediaRelayList></credentialsResponse>");
}

size_t mras_write_answer(const struct mras_request *request,
			 const struct mras_answer *answer, char *text,
			 size_t capacity)
{
	struct room room = {.text = text, .capacity = capacity};
	unsigned version = request->version == 2 ? 2 : 1;

	put_text(&room, "<response xmlns=\"" MRAS_NAMESPACE "\" requestID=\"",
		 request->request_id, "\"");
	put(&room, " version=\"%u.0\" serverVersion=\"2.0\"", version);
	put_addresses(&room, request->to, request->from);
	put(&room, " reasonPhrase=\"%s\">", mras_reason_phrase(answer->reason));
	for (size_t i = 0; i < answer->grant_count; i++)
		put_grant(&room, credentials_id(request), &answer->grants[i]);
	put(&room, "</response>");
	return finish(&room);
}
