#include "probes/serve/mras_service.h"

#include "common/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX (16 * 1024)

/* Why a request comes to no answer of the service at all; NULL: it does. */
static const char *refusal_of(const struct sip_message *message)
{
	static const char *const needed[] = {"Via", "From", "To", "Call-ID",
					     "CSeq"};
	const struct sip_header *type =
		sip_header(message, "Content-Type", NULL);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!sip_header(message, needed[i], NULL))
			return "400 Bad Request";
	if (!sip_text_is(message->method, "SERVICE"))
		return "405 Method Not Allowed";
	if (!type || !sip_text_is(type->value, MRAS_CONTENT_TYPE))
		return "415 Unsupported Media Type";
	return NULL;
}

static struct mras_relay *relays_at(struct arena *arena,
				    const struct mras_relay *relay,
				    const char *location)
{
	struct mras_relay *first = NULL, **next = &first;

	for (; relay; relay = relay->next) {
		if (location && strcasecmp(relay->location, location) != 0)
			continue;
		*next = arena_copy(arena, relay, sizeof(*relay));
		(*next)->next = NULL;
		next = &(*next)->next;
	}
	return first;
}

static unsigned minutes_of(const struct mras_service *service,
			   const struct mras_request *request)
{
	unsigned limit = service->minutes_max ? service->minutes_max
					      : MRAS_SERVICE_MINUTES_MAX;

	return request->minutes && request->minutes < limit ? request->minutes
							    : limit;
}

static void grant(struct arena *arena, const struct mras_service *service,
		  const struct mras_request *request,
		  struct mras_answer *answer)
{
	struct mras_grant *one = &answer->grants[0];
	struct credentials credentials = {0};

	one->minutes = minutes_of(service, request);
	if (!service->issue(service->context, &credentials, one->minutes)) {
		answer->reason = MRAS_INTERNAL_SERVER_ERROR;
		return;
	}
	memcpy(one->username, credentials.username,
	       credentials.username_length);
	one->username_length = credentials.username_length;
	memcpy(one->password, credentials.password,
	       credentials.password_length);
	one->password_length = credentials.password_length;
	one->relays = relays_at(arena, service->relays, request->location);
	answer->grant_count = 1;
	credentials_forget(&credentials);
}

static const char *write_body(struct arena *arena,
			      const struct mras_service *service,
			      struct sip_text asked)
{
	struct mras_request request;
	struct mras_answer answer = {.reason = service->reason};
	char *body = arena_alloc(arena, BODY_MAX);
	const char *why;

	if (!mras_read_request(arena, &request, asked.data, asked.length,
			       &why)) {
		request = (struct mras_request){
			.request_id = "", .to = "", .from = ""};
		answer.reason = MRAS_REQUEST_MALFORMED;
	} else if (answer.reason == MRAS_OK) {
		grant(arena, service, &request, &answer);
	}
	if (!mras_write_answer(&request, &answer, body, BODY_MAX))
		*body = '\0';
	mras_forget(&answer);
	return body;
}

static void print_answer(FILE *out, struct arena *arena,
			 const struct mras_service *service,
			 const struct sip_message *message,
			 const struct caller *caller)
{
	const char *refusal = refusal_of(message);
	const char *body =
		refusal ? "" : write_body(arena, service, message->body);

	fprintf(out, "SIP/2.0 %s\r\n", refusal ? refusal : "200 OK");
	registrar_echo(out, message, caller);
	if (*body)
		fputs("Content-Type: " MRAS_CONTENT_TYPE "\r\n", out);
	fprintf(out, "Server: %s\r\nContent-Length: %zu\r\n\r\n%s",
		registrar_server(service->product), strlen(body), body);
}

char *mras_service_answer(struct arena *arena,
			  const struct mras_service *service,
			  const struct sip_message *message,
			  const struct caller *caller)
{
	size_t length;
	char *text, *kept;
	FILE *out;

	if (!message->is_request || sip_text_is(message->method, "ACK"))
		return NULL;
	out = open_memstream(&text, &length);
	if (!out)
		die("out of memory");
	print_answer(out, arena, service, message, caller);
	if (fclose(out) != 0)
		die("out of memory");
	kept = arena_copy(arena, text, length);
	free(text);
	return kept;
}
