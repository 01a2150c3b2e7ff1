#include "probes/serve/publisher.h"

#include "common/base/log.h"
#include "probes/serve/bound.h"
#include "probes/serve/said.h"

#include <event2/buffer.h>
#include <event2/http.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG		  64
#define BODY_BYTES_MAX	  (64 * 1024)
#define HEADERS_BYTES_MAX (16 * 1024)
#define PATIENCE_S	  10
#define NAME_BYTES	  32

struct publisher {
	const struct authority *authority;
	struct evhttp *http;
};

/* What a path asks for: "/stale/intermediate.crl". */
struct wanted {
	enum said said;
	char name[NAME_BYTES];
	const char *kind; /* "crl", "ocsp", "cer" */
};

static const struct {
	const char *prefix;
	enum said said;
} variants[] = {
	{"/stale/", SAID_STALE},
	{"/foreign/", SAID_FOREIGN},
	{"/unknown/", SAID_UNKNOWN},
	{"/", SAID_HEALTHY}, /* begins all the others */
};

static bool read_path(const char *path, struct wanted *wanted)
{
	const char *dot;

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		size_t length = strlen(variants[i].prefix);

		if (strncmp(path, variants[i].prefix, length) == 0) {
			wanted->said = variants[i].said;
			path += length;
			break;
		}
	}
	dot = strchr(path, '.');
	if (!dot || (size_t)(dot - path) >= sizeof(wanted->name))
		return false;
	memcpy(wanted->name, path, (size_t)(dot - path));
	wanted->name[dot - path] = '\0';
	wanted->kind = dot + 1;
	return true;
}

static uint8_t *answer_question(const struct publisher *publisher,
				const struct signer *signer,
				const struct wanted *wanted,
				struct evhttp_request *request, size_t *length)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(request);
	size_t size = evbuffer_get_length(body);

	return said_to(publisher->authority, signer, evbuffer_pullup(body, -1),
		       size, wanted->said, length);
}

static uint8_t *make_document(const struct publisher *publisher,
			      const struct wanted *wanted,
			      struct evhttp_request *request, const char **type,
			      size_t *length)
{
	const struct signer *signer =
		authority_signer(publisher->authority, wanted->name);
	unsigned char *der = NULL;
	int size;

	if (!signer)
		return NULL;
	if (strcmp(wanted->kind, "crl") == 0) {
		*type = "application/pkix-crl";
		return said_list(publisher->authority, signer, wanted->said,
				 length);
	}
	if (strcmp(wanted->kind, "ocsp") == 0) {
		*type = "application/ocsp-response";
		return answer_question(publisher, signer, wanted, request,
				       length);
	}
	if (strcmp(wanted->kind, "cer") != 0)
		return NULL;
	*type = "application/pkix-cert";
	size = i2d_X509(signer->certificate, &der);
	*length = size > 0 ? (size_t)size : 0;
	return der;
}

static void on_request(struct evhttp_request *request, void *context)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	struct evbuffer *body = evbuffer_new();
	struct wanted wanted;
	const char *type = "";
	uint8_t *document = NULL;
	size_t length = 0;

	if (!body)
		die("out of memory");
	if (path && read_path(path, &wanted))
		document = make_document(context, &wanted, request, &type,
					 &length);
	if (document) {
		evhttp_add_header(evhttp_request_get_output_headers(request),
				  "Content-Type", type);
		evbuffer_add(body, document, length);
		evhttp_send_reply(request, HTTP_OK, "OK", body);
	} else {
		evhttp_send_error(request, HTTP_NOTFOUND, NULL);
	}
	OPENSSL_free(document);
	evbuffer_free(body);
}

static bool accept_from(struct publisher *publisher, int descriptor)
{
	return listen(descriptor, BACKLOG) == 0 &&
	       evhttp_accept_socket(publisher->http, descriptor) == 0;
}

struct publisher *publisher_new(struct event_base *base,
				const struct authority *authority,
				const struct endpoint *local, int netns,
				int *error)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	int descriptor = bound_open(local, netns);

	if (!publisher)
		die("out of memory");
	publisher->authority = authority;
	publisher->http = evhttp_new(base);
	if (!publisher->http)
		die("out of memory");
	evhttp_set_max_body_size(publisher->http, BODY_BYTES_MAX);
	evhttp_set_max_headers_size(publisher->http, HEADERS_BYTES_MAX);
	evhttp_set_timeout(publisher->http, PATIENCE_S);
	evhttp_set_allowed_methods(publisher->http, EVHTTP_REQ_GET |
							    EVHTTP_REQ_HEAD |
							    EVHTTP_REQ_POST);
	evhttp_set_gencb(publisher->http, on_request, publisher);
	if (descriptor >= 0 && accept_from(publisher, descriptor))
		return publisher;
	*error = descriptor < 0 ? -descriptor : errno;
	if (descriptor >= 0)
		close(descriptor);
	publisher_free(publisher);
	return NULL;
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	evhttp_free(publisher->http);
	free(publisher);
}
