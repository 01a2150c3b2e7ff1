#include "probes/transfer.h"

#include "probes/resolver.h"
#include "tests/probes/mock_tls.h"

#include <event2/event.h>

/* One transfer in a loop of its own. */
struct run {
	struct arena *arena;
	struct event_base *base;
	struct resolver *resolver;
	struct transfer_settings settings;
	struct transfers *transfers;
	struct transfer *transfer;
	const struct transfer_answer *answer;
	bool is_done;
};

static void done(void *context)
{
	struct run *run = context;

	run->is_done = true;
	event_base_loopbreak(run->base);
}

static void run_begin(struct run *run, const struct endpoint *resolver)
{
	const struct endpoint nobody = mock_nobody(TRANSPORT_UDP);
	const char *why = NULL;

	*run = (struct run){.arena = arena_new(), .base = event_base_new()};
	run->resolver = resolver_new(run->base, run->arena,
				     resolver ? resolver : &nobody, 1,
				     MOCK_TIMEOUT_US, &why);
	assert_non_null(run->resolver);
	run->settings = (struct transfer_settings){.base = run->base,
						   .arena = run->arena,
						   .resolver = run->resolver};
	run->transfers = transfers_new(&run->settings, &why);
	assert_non_null(run->transfers);
}

static void run_one(struct run *run, const struct transfer_request *request)
{
	run->is_done = false;
	run->transfer = transfer_begin(run->transfers, request, done, run);
	if (!run->is_done)
		event_base_dispatch(run->base);
	assert_true(run->is_done);
	run->answer = transfer_answer(run->transfer);
}

static void run_end(struct run *run)
{
	transfer_drop(run->transfer);
	transfers_free(run->transfers);
	resolver_free(run->resolver);
	event_base_free(run->base);
	arena_free(run->arena);
}

/* http://crl.contoso.com, pinned to where the mock listens. */
static struct transfer_request pinned_to(const struct endpoint *endpoint)
{
	return (struct transfer_request){
		.url = "http://crl.contoso.com/a.crl",
		.address = endpoint->address,
		.port = endpoint->port,
		.timeout_us = MOCK_TIMEOUT_US,
		.body_max = 1000,
	};
}

static void assert_end(const struct run *run, enum outcome outcome,
		       const char *phase, const char *detail)
{
	const struct transfer_answer *answer = run->answer;

	if (answer->outcome != outcome || !strstr(answer->detail, detail))
		print_error("%s in %s: %s\n", outcome_name(answer->outcome),
			    answer->phase, answer->detail);
	assert_int_equal(answer->outcome, outcome);
	assert_string_equal(answer->phase, phase);
	assert_non_null(strstr(answer->detail, detail));
}

/* --- servers --- */

struct speech {
	const char *said;
	size_t length;
	const char *again; /* without end, after it */
	char asked[4096];
};

static void read_request(struct mock *mock, int descriptor, char *request)
{
	size_t length = 0;
	ssize_t size;

	while (length < 4000 && mock_readable(mock, descriptor)) {
		size = recv(descriptor, request + length, 4000 - length, 0);
		if (size <= 0)
			break;
		length += (size_t)size;
		request[length] = '\0';
		if (request[0] == 0x16 || strstr(request, "\r\n\r\n"))
			break; /* ClientHello, or all headers */
	}
}

static void serve_speech(struct mock *mock, int descriptor)
{
	struct speech *speech = mock->context;
	size_t length = speech->length ? speech->length : strlen(speech->said);

	read_request(mock, descriptor, speech->asked);
	mock_say(descriptor, speech->said, length);
	while (speech->again && send(descriptor, speech->again,
				     strlen(speech->again), MSG_NOSIGNAL) > 0)
		;
}

/* What is said, and then nothing more. */
static void serve_pause(struct mock *mock, int descriptor)
{
	serve_speech(mock, descriptor);
	mock_drain(mock, descriptor);
}

static void speak(struct run *run, struct speech *speech,
		  const struct transfer_request *wanted)
{
	struct mock mock = {.serve = serve_speech, .context = speech};
	struct transfer_request request = *wanted;

	mock_begin(&mock, SOCK_STREAM);
	request.address = mock.endpoint.address;
	request.port = mock.endpoint.port;
	run_begin(run, NULL);
	run_one(run, &request);
	mock_end(&mock);
}

static void say(struct run *run, struct speech *speech)
{
	const struct endpoint nowhere = {0};
	const struct transfer_request request = pinned_to(&nowhere);

	speak(run, speech, &request);
}

static const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n"
			   "Content-Length: 5\r\nX-One: 1\r\nx-one: 2\r\n\r\n"
			   "hello";

/* --- tests --- */

static void brings_status_headers_and_body(void **state)
{
	struct speech speech = {.said = good};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_int_equal(run.answer->status, 200);
	assert_int_equal(run.answer->length, 5);
	assert_string_equal((const char *)run.answer->body, "hello");
	assert_string_equal(run.answer->content_type, "text/x");
	assert_string_equal(transfer_header(run.transfer, "X-ONE", 0), "1");
	assert_string_equal(transfer_header(run.transfer, "X-ONE", 1), "2");
	assert_null(transfer_header(run.transfer, "X-ONE", 2));
	assert_null(run.answer->location);
	assert_null(run.answer->chain);
	assert_int_equal(run.answer->endpoint.address.bytes[0], 127);
	assert_int_equal(run.answer->source.bytes[0], 127);
	run_end(&run);
}

static void asks_as_the_url_says_and_says_who_we_are(void **state)
{
	struct speech speech = {.said = good};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_non_null(strstr(speech.asked, "GET /a.crl HTTP/1.1\r\n"));
	assert_non_null(strstr(speech.asked, "Host: crl.contoso.com\r\n"));
	assert_non_null(strstr(speech.asked, "User-Agent: edgeprobe/"));
	assert_null(strstr(speech.asked, "Accept-Encoding"));
	run_end(&run);
}

static void posts_a_body_of_any_bytes(void **state)
{
	static const char *const headers[] = {
		"Content-Type: application/ocsp-request"};
	const struct transfer_request request = {
		.url = "http://crl.contoso.com/",
		.body = "\x30\x00\x01",
		.body_length = 3,
		.headers = headers,
		.header_count = 1,
	};
	struct speech speech = {.said = good};
	struct run run;

	(void)state;
	speak(&run, &speech, &request);
	assert_int_equal(run.answer->status, 200);
	assert_non_null(strstr(speech.asked, "POST / HTTP/1.1\r\n"));
	assert_non_null(strstr(speech.asked, "Content-Length: 3\r\n"));
	assert_non_null(strstr(speech.asked, headers[0]));
	run_end(&run);
}

static void notes_a_redirect_and_does_not_follow(void **state)
{
	struct speech speech = {
		.said = "HTTP/1.1 302 Found\r\nLocation: /b.crl\r\n"
			"Content-Length: 0\r\n\r\n"};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_int_equal(run.answer->status, 302);
	assert_string_equal(run.answer->location,
			    "http://crl.contoso.com/b.crl");
	run_end(&run);
}

static void cuts_an_endless_body(void **state)
{
	struct speech speech = {.said = "HTTP/1.1 200 OK\r\n\r\n",
				.again = "0123456789"};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "longer than 1000 bytes");
	assert_true(run.answer->is_cut);
	assert_int_equal(run.answer->length, 1000);
	run_end(&run);
}

static void believes_a_size_that_is_too_large(void **state)
{
	struct speech speech = {
		.said = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_true(run.answer->is_cut);
	assert_int_equal(run.answer->outcome, OUTCOME_ANSWERED);
	assert_int_equal(run.answer->status, 200);
	run_end(&run);
}

static bool count_bytes(void *context, const void *data, size_t length)
{
	size_t *count = context;

	(void)data;
	*count += length;
	return *count < 100000;
}

static void hands_a_body_on_as_it_comes(void **state)
{
	size_t count = 0;
	const struct transfer_request request = {
		.url = "http://crl.contoso.com/",
		.body_max = 1000000,
		.take = count_bytes,
		.take_context = &count,
	};
	struct speech speech = {.said = "HTTP/1.1 200 OK\r\n\r\n",
				.again = "0123456789"};
	struct run run;

	(void)state;
	speak(&run, &speech, &request);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_true(count >= 100000 && count < 200000);
	assert_false(run.answer->is_cut);
	run_end(&run);
}

static void refuses_more_headers_than_it_reads(void **state)
{
	struct speech speech = {.said = "HTTP/1.1 200 OK\r\n",
				.again = "X-Header: and another one\r\n"};
	struct speech line = {.said = "HTTP/1.1 200 OK\r\nX-Header: ",
			      .again = "and another one"};
	struct speech heads = {.said = "",
			       .again = "HTTP/1.1 100 Continue\r\n\r\n"};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_end(&run, OUTCOME_GARBLED, "answer", "64 KiB of headers");
	run_end(&run);
	say(&run, &heads);
	assert_end(&run, OUTCOME_GARBLED, "answer", "64 KiB of headers");
	run_end(&run);
	say(&run, &line);
	assert_int_equal(run.answer->outcome, OUTCOME_GARBLED);
	run_end(&run);
}

/* Bits of Huffman codes, in the order in which they are sent. */
static void put_bits(char *data, size_t *at, const char *bits)
{
	for (; *bits; bits++, ++*at)
		data[*at / 8] |= (char)((*bits - '0') << *at % 8);
}

/*
 * A zero, and many times 258 more of it: one block of fixed codes (RFC 1951
 * 3.2.6), which needs 13 bits each time.
 */
static size_t make_bomb(char *bomb, size_t capacity)
{
	static const char head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	size_t at = 8 * sizeof(head);

	memcpy(bomb, head, sizeof(head));
	put_bits(bomb, &at, "110"); /* the last block, BTYPE 01 */
	put_bits(bomb, &at, "00110000");
	while (at / 8 + 4 < capacity)
		put_bits(bomb, &at, "1100010100000");
	return at / 8;
}

static void stops_a_gzip_bomb_by_what_it_would_become(void **state)
{
	static char bomb[256 * 1024];
	static const char head[] =
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	const struct transfer_request request = {
		.url = "http://crl.contoso.com/",
		.body_max = 100000,
		.accepts_gzip = true,
	};
	struct speech speech = {.said = bomb};
	struct run run;

	(void)state;
	memcpy(bomb, head, sizeof(head) - 1);
	speech.length =
		sizeof(head) - 1 +
		make_bomb(bomb + sizeof(head) - 1, sizeof(bomb) - sizeof(head));
	speak(&run, &speech, &request);
	assert_non_null(strstr(speech.asked, "Accept-Encoding: gzip"));
	assert_true(run.answer->is_cut);
	assert_int_equal(run.answer->length, 100000);
	run_end(&run);
}

static void tells_a_broken_encoding(void **state)
{
	const struct transfer_request request = {
		.url = "http://crl.contoso.com/", .accepts_gzip = true};
	struct speech speech = {.said = "HTTP/1.1 200 OK\r\n"
					"Content-Encoding: gzip\r\n\r\nhello"};
	struct run run;

	(void)state;
	speak(&run, &speech, &request);
	assert_int_equal(run.answer->outcome, OUTCOME_GARBLED);
	run_end(&run);
}

static void tells_what_is_no_http(void **state)
{
	struct speech speech = {.said = "220 mail.contoso.com ESMTP\r\n"};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_int_equal(run.answer->outcome, OUTCOME_GARBLED);
	assert_int_equal(run.answer->status, 0);
	run_end(&run);
}

static void tells_an_answer_that_was_broken_off(void **state)
{
	struct speech speech = {
		.said = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"};
	struct run run;

	(void)state;
	say(&run, &speech);
	assert_end(&run, OUTCOME_CLOSED, "answer", "within its answer");
	assert_int_equal(run.answer->length, 5);
	run_end(&run);
}

static void go_to(struct run *run, void (*serve)(struct mock *mock, int),
		  struct speech *speech)
{
	struct mock mock = {.serve = serve, .context = speech};
	struct transfer_request request;

	mock_begin(&mock, SOCK_STREAM);
	request = pinned_to(&mock.endpoint);
	request.timeout_us = MOCK_SILENCE_US;
	run_begin(run, NULL);
	run_one(run, &request);
	mock_end(&mock);
}

static void tells_silence_reset_and_close_apart(void **state)
{
	struct run run;

	(void)state;
	go_to(&run, serve_mute, NULL);
	assert_end(&run, OUTCOME_NO_REPLY, "answer", "no answer to the reque");
	assert_true(run.answer->total_us < 2 * MOCK_SILENCE_US);
	run_end(&run);
	go_to(&run, serve_reset, NULL);
	assert_end(&run, OUTCOME_RESET, "answer", "reset");
	run_end(&run);
	go_to(&run, serve_close, NULL);
	assert_end(&run, OUTCOME_CLOSED, "answer", "closed");
	run_end(&run);
}

static void gives_up_an_answer_that_does_not_end(void **state)
{
	struct speech speech = {
		.said = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"};
	struct run run;

	(void)state;
	go_to(&run, serve_pause, &speech);
	assert_end(&run, OUTCOME_NO_REPLY, "answer", "did not end");
	assert_int_equal(run.answer->status, 200);
	run_end(&run);
}

static void tells_that_nobody_listens(void **state)
{
	struct endpoint nobody = mock_nobody(TRANSPORT_TCP);
	struct transfer_request request = pinned_to(&nobody);
	struct run run;

	(void)state;
	run_begin(&run, NULL);
	run_one(&run, &request);
	assert_end(&run, OUTCOME_REFUSED, "connect", "nothing listens");
	assert_int_equal(run.answer->endpoint.port, nobody.port);
	run_end(&run);
}

static void asks_for_nothing_but_what_is_allowed(void **state)
{
	static const char *const urls[] = {
		"",
		"crl",
		"//",
		"http://",
		"file:///etc/passwd",
		"ldap://dc.contoso.com/CN=a",
		"https://crl.contoso.com/",
		"http://user:word@crl.contoso.com/",
		"http://crl.contoso.com:99999/",
	};
	struct transfer_request request = {.protocols = "http"};
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		request.url = urls[i];
		run_begin(&run, NULL);
		run_one(&run, &request);
		assert_end(&run, OUTCOME_GARBLED, "resolve", "not a ");
		run_end(&run);
	}
}

/* --- names --- */

struct name_server {
	unsigned rcode;
	bool has_address;
};

/* A question comes back with an address where A is asked, and nothing else. */
static void serve_names(struct mock *mock, int descriptor)
{
	static const uint8_t address[] = {0xc0, 12, 0, 1, 0,   1, 0, 0,
					  0,	60, 0, 4, 127, 0, 0, 1};
	const struct name_server *server = mock->context;
	uint8_t packet[1024];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	size_t end;

	while (mock_readable(mock, descriptor)) {
		ssize_t length = recvfrom(descriptor, packet, 512, 0,
					  (void *)&from, &size);
		bool has_address;

		if (length < 20)
			return;
		for (end = 12; packet[end]; end += packet[end] + 1u)
			;
		end += 5;
		has_address = server->has_address && packet[end - 3] == 1;
		packet[2] = 0x81;
		packet[3] = (uint8_t)(0x80 | server->rcode);
		packet[7] = has_address;
		memset(packet + 8, 0, 4);
		if (has_address) {
			memcpy(packet + end, address, sizeof(address));
			end += sizeof(address);
		}
		sendto(descriptor, packet, end, 0, (void *)&from, size);
	}
}

static void look_up(struct run *run, struct name_server *server,
		    const char *url)
{
	const struct transfer_request request = {.url = url};
	struct mock names = {.serve = serve_names, .context = server};

	mock_begin(&names, SOCK_DGRAM);
	run_begin(run, &names.endpoint);
	run_one(run, &request);
	mock_end(&names);
}

static void asks_our_resolver_for_the_host(void **state)
{
	struct speech speech = {.said = good};
	struct mock mock = {.serve = serve_speech, .context = &speech};
	struct name_server server = {.has_address = true};
	char url[64];
	struct run run;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	snprintf(url, sizeof(url), "http://crl.contoso.com:%u/x",
		 mock.endpoint.port);
	look_up(&run, &server, url);
	mock_end(&mock);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_int_equal(run.answer->status, 200);
	assert_string_equal(run.answer->endpoint.name, "crl.contoso.com");
	assert_int_equal(run.answer->endpoint.port, mock.endpoint.port);
	run_end(&run);
}

static void even_localhost_is_asked_of_our_resolver(void **state)
{
	struct name_server server = {.rcode = DNS_NXDOMAIN};
	struct run run;

	(void)state;
	look_up(&run, &server, "http://localhost/");
	assert_end(&run, OUTCOME_UNREACHABLE, "resolve", "no such name");
	assert_true(run.answer->is_unknown_host);
	run_end(&run);
}

static void tells_a_name_without_address_from_dns_trouble(void **state)
{
	struct name_server nothing = {0}, refusal = {.rcode = 5};
	struct run run;

	(void)state;
	look_up(&run, &nothing, "http://crl.contoso.com/");
	assert_end(&run, OUTCOME_UNREACHABLE, "resolve", "no address");
	assert_true(run.answer->is_unknown_host);
	run_end(&run);
	look_up(&run, &refusal, "http://crl.contoso.com/");
	assert_end(&run, OUTCOME_LOCAL, "resolve", "REFUSED");
	assert_false(run.answer->is_unknown_host);
	run_end(&run);
}

static void an_override_leads_past_dns(void **state)
{
	struct speech speech = {.said = good};
	struct mock mock = {.serve = serve_speech, .context = &speech};
	const struct transfer_request request = {.url = "http://CRL.a.b/"};
	struct connect_override override = {.name = "crl.a.b", .port = 80};
	struct run run;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	override.to = mock.endpoint;
	run_begin(&run, NULL);
	transfers_free(run.transfers);
	run.settings.overrides = &override;
	run.settings.override_count = 1;
	run.transfers = transfers_new(&run.settings, &(const char *){NULL});
	run_one(&run, &request);
	mock_end(&mock);
	assert_int_equal(run.answer->status, 200);
	assert_int_equal(run.answer->endpoint.port, override.to.port);
	run_end(&run);
}

/* Two addresses of one host are asked side by side. */
static void pins_are_kept_apart(void **state)
{
	struct speech one = {.said = good}, other = {.said = good};
	struct mock first = {.serve = serve_speech, .context = &one};
	struct mock second = {.serve = serve_speech, .context = &other};
	struct transfer_request request;
	struct transfer *begun;
	struct run run;

	(void)state;
	mock_begin(&first, SOCK_STREAM);
	mock_begin(&second, SOCK_STREAM);
	run_begin(&run, NULL);
	request = pinned_to(&first.endpoint);
	begun = transfer_begin(run.transfers, &request, done, &run);
	request = pinned_to(&second.endpoint);
	run_one(&run, &request);
	while (!transfer_answer(begun)->status ||
	       !transfer_answer(run.transfer)->status)
		event_base_loop(run.base, EVLOOP_ONCE);
	assert_int_equal(transfer_answer(begun)->endpoint.port,
			 first.endpoint.port);
	assert_int_equal(transfer_answer(run.transfer)->endpoint.port,
			 second.endpoint.port);
	transfer_drop(begun);
	mock_end(&first);
	mock_end(&second);
	run_end(&run);
}

static void can_be_dropped_at_any_time(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct transfer_request request;
	struct run run;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	run_begin(&run, NULL);
	request = pinned_to(&mock.endpoint);
	for (int turns = 0; turns < 4; turns++) {
		run.transfer =
			transfer_begin(run.transfers, &request, done, &run);
		for (int i = 0; i < turns; i++)
			event_base_loop(run.base, EVLOOP_ONCE);
		transfer_drop(run.transfer);
	}
	mock_end(&mock);
	assert_false(run.is_done);
	run_end(&run);
}

/* --- TLS --- */

static void talk_http(struct mock *mock, SSL *ssl)
{
	char request[4096];

	(void)mock;
	SSL_read(ssl, request, sizeof(request));
	SSL_write(ssl, good, sizeof(good) - 1);
	SSL_shutdown(ssl);
}

static void keeps_a_chain_that_nobody_trusts(void **state)
{
	static const struct mock_leaf leaf = {.cn = "other.contoso.com",
					      .from_s = -2 * DAY_S,
					      .to_s = -DAY_S};
	struct mock_tls tls = {.talk = talk_http};
	struct mock mock = {.serve = serve_tls, .context = &tls};
	struct mock_ca ca;
	struct transfer_request request;
	struct run run;

	(void)state;
	mock_ca_begin(&ca);
	mock_tls_begin(&tls, &ca, &leaf);
	mock_begin(&mock, SOCK_STREAM);
	request = pinned_to(&mock.endpoint);
	request.url = "https://web.contoso.com/";
	run_begin(&run, NULL);
	run_one(&run, &request);
	mock_end(&mock);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_int_equal(run.answer->status, 200);
	assert_int_equal(sk_X509_num(run.answer->chain), 1);
	assert_string_equal(run.answer->tls_version, "TLSv1.3");
	assert_true(run.answer->handshake_us > 0);
	mock_tls_end(&tls);
	mock_ca_end(&ca);
	run_end(&run);
}

static void talk_http_twice(struct mock *mock, SSL *ssl)
{
	static const char stays[] = "HTTP/1.1 200 OK\r\n"
				    "Content-Length: 2\r\n\r\nhi";
	char request[4096];

	(void)mock;
	for (int i = 0; i < 2; i++)
		if (SSL_read(ssl, request, sizeof(request)) > 0)
			SSL_write(ssl, stays, sizeof(stays) - 1);
	SSL_shutdown(ssl);
}

/* Two questions; how many connections they took. */
static unsigned ask_twice(bool keeps)
{
	static const struct mock_leaf leaf = {.cn = "web.contoso.com",
					      .to_s = DAY_S};
	struct mock_tls tls = {.talk = talk_http_twice};
	struct mock mock = {.serve = serve_tls, .context = &tls};
	struct mock_ca ca;
	struct transfer_request request;
	struct transfer *first;
	struct run run;

	mock_ca_begin(&ca);
	mock_tls_begin(&tls, &ca, &leaf);
	mock_begin(&mock, SOCK_STREAM);
	request = pinned_to(&mock.endpoint);
	request.url = "https://web.contoso.com/";
	request.keeps = keeps;
	run_begin(&run, NULL);
	run_one(&run, &request);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_non_null(run.answer->chain);
	first = run.transfer;
	transfer_drop(first);
	request.keeps = false;
	request.after = first;
	run_one(&run, &request);
	assert_end(&run, OUTCOME_ANSWERED, "answer", "");
	assert_int_equal(run.answer->length, 2);
	assert_true(!run.answer->chain == keeps);
	mock_end(&mock);
	mock_tls_end(&tls);
	mock_ca_end(&ca);
	run_end(&run);
	return mock.served;
}

static void goes_on_with_a_connection_that_was_kept(void **state)
{
	(void)state;
	assert_int_equal(ask_twice(true), 1);
	assert_int_equal(ask_twice(false), 2);
}

static void tells_tls_trouble(void **state)
{
	static const char alert[] = "\x15\x03\x03\x00\x02\x02\x70";
	struct speech refusal = {.said = alert, .length = sizeof(alert) - 1};
	struct speech stranger = {.said = "SSH-2.0-x\r\n"};
	const struct transfer_request request = {
		.url = "https://web.contoso.com/"};
	struct run run;

	(void)state;
	speak(&run, &refusal, &request);
	assert_end(&run, OUTCOME_ALERT, "handshake",
		   "TLS alert 112 unrecognized_name");
	run_end(&run);
	speak(&run, &stranger, &request);
	assert_end(&run, OUTCOME_GARBLED, "handshake", "no handshake");
	run_end(&run);
}

static void ends_a_handshake_without_end(void **state)
{
	/* HelloRequest, which a client passes over (RFC 5246 7.4.1.1) */
	static char flood[9 * 20000];
	struct speech speech = {.said = flood, .length = sizeof(flood)};
	const struct transfer_request request = {
		.url = "https://web.contoso.com/"};
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(flood); i += 9)
		memcpy(flood + i, "\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9);
	speak(&run, &speech, &request);
	assert_end(&run, OUTCOME_GARBLED, "handshake", "does not end");
	run_end(&run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(brings_status_headers_and_body),
		cmocka_unit_test(asks_as_the_url_says_and_says_who_we_are),
		cmocka_unit_test(posts_a_body_of_any_bytes),
		cmocka_unit_test(notes_a_redirect_and_does_not_follow),
		cmocka_unit_test(cuts_an_endless_body),
		cmocka_unit_test(believes_a_size_that_is_too_large),
		cmocka_unit_test(hands_a_body_on_as_it_comes),
		cmocka_unit_test(refuses_more_headers_than_it_reads),
		cmocka_unit_test(stops_a_gzip_bomb_by_what_it_would_become),
		cmocka_unit_test(tells_a_broken_encoding),
		cmocka_unit_test(tells_what_is_no_http),
		cmocka_unit_test(tells_an_answer_that_was_broken_off),
		cmocka_unit_test(tells_silence_reset_and_close_apart),
		cmocka_unit_test(gives_up_an_answer_that_does_not_end),
		cmocka_unit_test(tells_that_nobody_listens),
		cmocka_unit_test(asks_for_nothing_but_what_is_allowed),
		cmocka_unit_test(asks_our_resolver_for_the_host),
		cmocka_unit_test(even_localhost_is_asked_of_our_resolver),
		cmocka_unit_test(tells_a_name_without_address_from_dns_trouble),
		cmocka_unit_test(an_override_leads_past_dns),
		cmocka_unit_test(pins_are_kept_apart),
		cmocka_unit_test(can_be_dropped_at_any_time),
		cmocka_unit_test(keeps_a_chain_that_nobody_trusts),
		cmocka_unit_test(goes_on_with_a_connection_that_was_kept),
		cmocka_unit_test(tells_tls_trouble),
		cmocka_unit_test(ends_a_handshake_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
