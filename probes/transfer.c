#include "probes/transfer.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/resolver.h"
#include "probes/transfer_end.h"
#include "probes/transfer_host.h"
#include "probes/transfer_loop.h"
#include "probes/trust.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define URL_BYTES_MAX 4096
#define USER_AGENT                                                             \
	"edgeprobe/" EDGEPROBE_VERSION " (Edge Server connectivity test)"
#define BODY_FIRST     4096 /* bytes; doubled as needed */
#define STAND_IN_BYTES 48
#define NO_ALERT       (-1)

struct transfers {
	struct transfer_settings settings;
	struct transfer_loop *loop;
	unsigned begun;
};

struct transfer {
	struct transfers *transfers;
	struct transfer_request request;
	struct transfer_answer answer;
	struct transfer_seen seen;
	struct transfer_host host;
	void (*done)(void *context);
	void *context;
	int64_t begun_us; /* monotonic */
	unsigned number;

	CURL *easy;
	bool is_added;
	struct curl_slist *headers, *leads, *pins;
	SSL_CTX *tls; /* of libcurl; while the transfer runs */
	curl_socket_t socket;
	unsigned tls_messages;
	char *body;
	size_t capacity;
};

static struct arena *arena_of(const struct transfer *transfer)
{
	return transfer->transfers->settings.arena;
}

/* Doubles what it holds, so that an endless body costs little copying. */
static bool keep_body(struct transfer *transfer, const char *data,
		      size_t length)
{
	size_t wanted = transfer->answer.length + length + 1;
	size_t capacity = transfer->capacity ? transfer->capacity : BODY_FIRST;

	while (capacity < wanted)
		capacity *= 2;
	if (capacity != transfer->capacity) {
		transfer->body = realloc(transfer->body, capacity);
		if (!transfer->body)
			die("out of memory");
		transfer->capacity = capacity;
	}
	memcpy(transfer->body + transfer->answer.length, data, length);
	transfer->body[transfer->answer.length + length] = '\0';
	return true;
}

static bool is_success(const struct transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static size_t body_came(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	const struct transfer_request *request = &transfer->request;
	size_t room = request->body_max - transfer->answer.length;
	size_t length = size * count < room ? size * count : room;

	if (request->take && is_success(transfer))
		transfer->seen.has_taken =
			!request->take(request->take_context, data, length);
	else if (!request->take)
		keep_body(transfer, data, length);
	transfer->answer.length += length;
	return transfer->seen.has_taken ? CURL_WRITEFUNC_ERROR : length;
}

/* libcurl keeps them; of several heads (100, then 200) each counts. */
static size_t head_came(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count;

	(void)data;
	transfer->seen.head_length += length;
	transfer->seen.is_head_cut =
		transfer->seen.head_length > TRANSFER_HEAD_BYTES_MAX;
	return transfer->seen.is_head_cut ? CURL_WRITEFUNC_ERROR : length;
}

/* Whether our host has a way there: asked without sending anything. */
static int way_error(const struct curl_sockaddr *to)
{
	int probe = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (probe < 0 || connect(probe, &to->addr, to->addrlen) < 0)
		error = errno;
	if (probe >= 0)
		close(probe);
	return error;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose,
				 struct curl_sockaddr *to)
{
	struct transfer *transfer = context;
	curl_socket_t made = CURL_SOCKET_BAD;
	int error = way_error(to);

	(void)purpose;
	if (!error)
		made = socket(to->family,
			      to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			      to->protocol);
	if (made == CURL_SOCKET_BAD)
		transfer->seen.own_error = error ? error : errno;
	else
		transfer->seen.own_error = 0;
	transfer->socket = made;
	return made;
}

static void told(const SSL *ssl, int where, int value)
{
	struct transfer *transfer = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT &&
	    value >> 8 == SSL3_AL_FATAL)
		transfer->answer.alert = value & 0xff;
	/* libcurl forgets that TCP stood when TLS comes to nothing */
	if (where & SSL_CB_HANDSHAKE_START && !transfer->answer.connect_us)
		transfer->answer.connect_us = clock_now_us() -
					      transfer->begun_us -
					      transfer->answer.resolve_us;
	if (where & SSL_CB_HANDSHAKE_DONE) {
		transfer->answer.tls_version = SSL_get_version(ssl);
		transfer->answer.tls_cipher = SSL_get_cipher_name(ssl);
	}
}

/* OpenSSL reads on for as long as messages come that say nothing. */
static void message(int is_ours, int version, int type, const void *data,
		    size_t length, SSL *ssl, void *context)
{
	struct transfer *transfer = context;

	(void)version;
	(void)data;
	(void)length;
	(void)ssl;
	if (is_ours || (type != SSL3_RT_HANDSHAKE && type != SSL3_RT_ALERT) ||
	    ++transfer->tls_messages <= TRANSFER_HANDSHAKE_MAX)
		return;
	transfer->seen.is_endless_tls = true;
	shutdown(transfer->socket, SHUT_RDWR);
}

/* Recorded, never enforced. */
static int chain_came(X509_STORE_CTX *context, void *argument)
{
	struct transfer *transfer = argument;
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(context);

	if (!transfer->answer.chain && sent)
		transfer->answer.chain = X509_chain_up_ref(sent);
	X509_STORE_CTX_set_error(context, X509_V_OK);
	return 1;
}

static CURLcode tls_set_up(CURL *easy, void *context, void *argument)
{
	struct transfer *transfer = argument;

	(void)easy;
	SSL_CTX_set_app_data((SSL_CTX *)context, transfer);
	SSL_CTX_set_info_callback(context, told);
	SSL_CTX_set_msg_callback(context, message);
	SSL_CTX_set_msg_callback_arg((SSL_CTX *)context, transfer);
	SSL_CTX_set_cert_verify_callback(context, chain_came, transfer);
	return trust_set_up(context) ? CURLE_OK : CURLE_FAILED_INIT;
}

/*
 * A name for libcurl to connect to that is ours alone: its table of addresses
 * is shared by all transfers, and two may pin one host differently.
 */
static void pin(struct transfer *transfer)
{
	struct arena *arena = arena_of(transfer);
	const struct transfer_host *host = &transfer->host;
	char text[ADDRESS_TEXT_BYTES], name[STAND_IN_BYTES];
	const char *list = "";

	snprintf(name, sizeof(name), "%u.transfer.invalid", transfer->number);
	for (size_t i = 0; i < host->count; i++) {
		address_format(text, &host->addresses[i]);
		list = arena_format(arena,
				    strchr(text, ':') ? "%s%s[%s]" : "%s%s%s",
				    list, *list ? "," : "", text);
	}
	transfer->pins = curl_slist_append(
		transfer->pins,
		arena_format(arena, "+%s:%u:%s", name, host->port, list));
	transfer->leads = curl_slist_append(
		transfer->leads,
		arena_format(arena, "::%s:%u", name, host->port));
	curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, transfer->pins);
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->leads);
}

static void set_method(struct transfer *transfer)
{
	const struct transfer_request *request = &transfer->request;
	CURL *easy = transfer->easy;

	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body_length);
	}
	if (request->method && strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (request->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	for (size_t i = 0; i < request->header_count; i++)
		transfer->headers = curl_slist_append(transfer->headers,
						      request->headers[i]);
	/* no waiting for 100 Continue */
	transfer->headers = curl_slist_append(transfer->headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void set_limits(struct transfer *transfer)
{
	const struct transfer_request *request = &transfer->request;
	CURL *easy = transfer->easy;
	int64_t left_us =
		transfer->begun_us + request->timeout_us - clock_now_us();

	/* 0 would mean for ever */
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
			 left_us > 1000 ? (long)(left_us / 1000) : 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(request->connect_us / 1000));
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
			 (curl_off_t)request->body_max);
	if (request->accepts_gzip)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING,
				 "gzip, deflate");
}

static void set_manners(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_URL, transfer->request.url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
			 transfer->request.protocols);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT,
			 transfer->request.after ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE,
			 transfer->request.keeps ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head_came);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

static void set_tls(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, tls_set_up);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
}

static int64_t info_us(CURL *easy, CURLINFO info)
{
	curl_off_t value = 0;

	curl_easy_getinfo(easy, info, &value);
	return value;
}

/* libcurl counts all from its own beginning; 0: never reached. */
static void note_times(struct transfer *transfer)
{
	struct transfer_answer *answer = &transfer->answer;
	CURL *easy = transfer->easy;
	int64_t connected_us = info_us(easy, CURLINFO_CONNECT_TIME_T);
	int64_t shaken_us = info_us(easy, CURLINFO_APPCONNECT_TIME_T);
	int64_t first_us = info_us(easy, CURLINFO_STARTTRANSFER_TIME_T);

	if (connected_us)
		answer->connect_us = connected_us;
	if (shaken_us > connected_us)
		answer->handshake_us = shaken_us - connected_us;
	if (first_us)
		answer->first_byte_us = answer->resolve_us + first_us;
	answer->total_us = clock_now_us() - transfer->begun_us;
}

static void note_places(struct transfer *transfer)
{
	struct transfer_answer *answer = &transfer->answer;
	const char *text = NULL;
	long port = 0;

	answer->endpoint.address = transfer->host.addresses[0];
	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &text);
	if (text && *text)
		address_parse(text, &answer->endpoint.address);
	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_PORT, &port);
	answer->endpoint.port = port ? (uint16_t)port : transfer->host.port;
	text = NULL;
	curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_IP, &text);
	if (text && *text)
		address_parse(text, &answer->source);
}

static void note_head(struct transfer *transfer)
{
	struct transfer_answer *answer = &transfer->answer;
	const char *text = NULL;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	answer->status = (unsigned)status;
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &text);
	if (text)
		answer->content_type = arena_text(arena_of(transfer), text);
	text = NULL;
	curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &text);
	if (text && strlen(text) <= URL_BYTES_MAX)
		answer->location = arena_text(arena_of(transfer), text);
	if (transfer->body)
		answer->body = (const uint8_t *)transfer->body;
}

static void ended(void *private, CURLcode code)
{
	struct transfer *transfer = private;

	note_head(transfer);
	note_times(transfer);
	note_places(transfer);
	transfer_end(arena_of(transfer), &transfer->answer, &transfer->seen,
		     transfer->easy, code);
	transfer->done(transfer->context);
}

/* It ends before libcurl was asked. */
static void give_up(struct transfer *transfer, enum outcome outcome,
		    const char *detail)
{
	transfer->answer.outcome = outcome;
	transfer->answer.detail = detail;
	transfer->answer.total_us = clock_now_us() - transfer->begun_us;
	transfer->done(transfer->context);
}

static void host_found(void *context)
{
	struct transfer *transfer = context;
	const struct transfer_host *host = &transfer->host;

	transfer->answer.resolve_us = clock_now_us() - transfer->begun_us;
	if (!host->count) {
		transfer->answer.is_unknown_host = host->is_unknown;
		give_up(transfer, host->outcome, host->detail);
		return;
	}
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		die("out of memory");
	set_manners(transfer);
	set_method(transfer);
	set_limits(transfer);
	set_tls(transfer);
	pin(transfer);
	transfer->is_added =
		transfer_loop_add(transfer->transfers->loop, transfer->easy);
	if (!transfer->is_added)
		give_up(transfer, OUTCOME_LOCAL, "libcurl cannot begin");
}

static bool lists(const char *protocols, const char *scheme)
{
	size_t length = strlen(scheme);

	for (const char *at = protocols; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncasecmp(at, scheme, length) == 0 &&
		    (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

/* Host and port of the URL, or why it is none that may be asked for. */
static const char *read_url(struct transfer *transfer, const char **name,
			    uint16_t *port)
{
	const struct transfer_request *request = &transfer->request;
	char *scheme = NULL, *host = NULL, *number = NULL;
	const char *why = "not a URL";
	CURLU *url = curl_url();

	if (strlen(request->url) > URL_BYTES_MAX ||
	    curl_url_set(url, CURLUPART_URL, request->url,
			 CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER) ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0))
		goto out;
	why = "not a kind of URL that is followed";
	if (!lists(request->protocols, scheme))
		goto out;
	why = "not a URL with a host";
	if (curl_url_get(url, CURLUPART_HOST, &host, 0) || !*host ||
	    strlen(host) > NAME_BYTES_MAX ||
	    curl_url_get(url, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT) ||
	    !port_parse(number, port))
		goto out;
	*name = arena_text(arena_of(transfer), host);
	why = NULL;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(number);
	curl_url_cleanup(url);
	return why;
}

static void set_defaults(struct transfer_request *request)
{
	if (!request->protocols)
		request->protocols = "http,https";
	if (!request->timeout_us)
		request->timeout_us = TRANSFER_TIMEOUT_US;
	if (!request->connect_us)
		request->connect_us = TRANSFER_CONNECT_US;
	if (!request->body_max)
		request->body_max = TRANSFER_BODY_BYTES_MAX;
}

struct transfer *transfer_begin(struct transfers *transfers,
				const struct transfer_request *request,
				void (*done)(void *context), void *context)
{
	struct transfer *transfer =
		arena_alloc(transfers->settings.arena, sizeof(*transfer));
	const struct endpoint pinned = {.address = request->address,
					.port = request->port};
	const char *name = NULL, *why;
	uint16_t port = 0;

	transfer->transfers = transfers;
	transfer->request = *request;
	set_defaults(&transfer->request);
	transfer->done = done;
	transfer->context = context;
	transfer->begun_us = clock_now_us();
	/* the stand-in name is what libcurl knows a connection by */
	transfer->number =
		request->after ? request->after->number : ++transfers->begun;
	transfer->socket = CURL_SOCKET_BAD;
	transfer->seen.body_max = transfer->request.body_max;
	transfer->answer = (struct transfer_answer){
		.phase = "resolve",
		.detail = "",
		.content_type = "",
		.body = (const uint8_t *)"",
		.tls_version = "",
		.tls_cipher = "",
		.alert = NO_ALERT,
	};
	why = read_url(transfer, &name, &port);
	if (why) {
		give_up(transfer, OUTCOME_GARBLED, why);
		return transfer;
	}
	transfer->answer.endpoint.name = name;
	transfer->answer.endpoint.port = port;
	transfer_host_begin(&transfer->host, &transfers->settings, name, port,
			    &pinned, host_found, transfer);
	return transfer;
}

const struct transfer_answer *transfer_answer(const struct transfer *transfer)
{
	return &transfer->answer;
}

const char *transfer_header(const struct transfer *transfer, const char *name,
			    size_t index)
{
	struct curl_header *header;
	CURLHcode code;

	if (!transfer->easy)
		return NULL;
	code = curl_easy_header(transfer->easy, name, index, CURLH_HEADER, -1,
				&header);
	return code == CURLHE_OK ? arena_text(arena_of(transfer), header->value)
				 : NULL;
}

void transfer_drop(struct transfer *transfer)
{
	if (!transfer)
		return;
	transfer_host_drop(&transfer->host);
	if (transfer->is_added)
		transfer_loop_remove(transfer->transfers->loop, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->leads);
	curl_slist_free_all(transfer->pins);
	free(transfer->body);
	sk_X509_pop_free(transfer->answer.chain, X509_free);
	transfer->is_added = false;
	transfer->easy = NULL;
	transfer->headers = transfer->leads = transfer->pins = NULL;
	transfer->body = NULL;
	transfer->answer.chain = NULL;
	transfer->answer.body = (const uint8_t *)"";
}

struct transfers *transfers_new(const struct transfer_settings *settings,
				const char **why)
{
	struct transfers *transfers = calloc(1, sizeof(*transfers));

	if (!transfers)
		die("out of memory");
	transfers->settings = *settings;
	transfers->loop =
		transfer_loop_new(settings->base, settings->favour, ended);
	if (transfers->loop)
		return transfers;
	*why = "cannot start libcurl";
	free(transfers);
	return NULL;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	transfer_loop_free(transfers->loop);
	free(transfers);
}
