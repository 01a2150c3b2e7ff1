#include "probes/serve/guest.h"

#include "common/base/log.h"
#include "probes/serve/framing.h"
#include "probes/serve/replica.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RELAY_OUTPUT_MAX 65536 /* before peers have to wait */

/* libevent gives an event the middle one of them, here the second. */
enum { PRIORITY_TALK, PRIORITY_HANDSHAKE, PRIORITY_COUNT };

struct guest {
	const struct reception *reception;
	struct guest *newer, *older;
	struct bufferevent *stream;
	struct endpoint from;
	unsigned number;
	bool has_greeted;	      /* pseudo-TLS is done */
	bool is_leaving;	      /* closed once all is written */
	bool is_securing;	      /* TLS begins once all is written */
	struct gateway_talk *gateway; /* from malloc; NULL */
};

static void relay_hang_up(struct guest *guest);

static void guest_free(struct guest *guest)
{
	struct hall *hall = guest->reception->hall;
	SSL *ssl = bufferevent_openssl_get_ssl(guest->stream);

	relay_hang_up(guest);
	*(guest->newer ? &guest->newer->older : &hall->newest) = guest->older;
	*(guest->older ? &guest->older->newer : &hall->oldest) = guest->newer;
	hall->open--;
	if (ssl && SSL_is_init_finished(ssl))
		SSL_shutdown(ssl); /* close_notify, as far as it goes */
	bufferevent_free(guest->stream);
	free(guest->gateway);
	free(guest);
}

/*
 * A server has processors enough that whose handshake it computes keeps
 * nobody else waiting: what came is looked at again after each of them.
 */
bool hall_open(struct hall *hall)
{
	struct event_config *config = event_config_new();

	if (!config)
		return false;
	event_config_set_max_dispatch_interval(config, NULL, 1,
					       PRIORITY_HANDSHAKE);
	hall->base = event_base_new_with_config(config);
	event_config_free(config);
	return hall->base &&
	       event_base_priority_init(hall->base, PRIORITY_COUNT) == 0;
}

void hall_empty(struct hall *hall)
{
	while (hall->oldest)
		guest_free(hall->oldest);
}

/* With nothing lingering the kernel sends RST instead of FIN. */
static void reset_guest(struct guest *guest)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(bufferevent_getfd(guest->stream), SOL_SOCKET, SO_LINGER,
		   &now, sizeof(now));
	guest_free(guest);
}

static void say(struct guest *guest, const void *data, size_t length)
{
	bufferevent_write(guest->stream, data, length);
}

static void leave(struct guest *guest)
{
	struct evbuffer *output = bufferevent_get_output(guest->stream);

	const struct timeval patience = {.tv_sec = GUEST_SILENCE_S};

	bufferevent_disable(guest->stream, EV_READ);
	/* who never reads what he was told is not waited for either */
	bufferevent_set_timeouts(guest->stream, NULL, &patience);
	guest->is_leaving = true;
	if (evbuffer_get_length(output) == 0)
		guest_free(guest);
}

static struct evbuffer *input_of(struct guest *guest, const char **data,
				 size_t *length)
{
	struct evbuffer *input = bufferevent_get_input(guest->stream);

	*length = evbuffer_get_length(input);
	*data = (const char *)evbuffer_pullup(input, -1);
	if (!*data)
		*length = 0;
	return input;
}

/* SIP, edge-services.md 4.2 */

static char *answer_of(const struct reception *reception, struct arena *arena,
		       const struct sip_message *message,
		       const struct caller *caller)
{
	if (reception->mras)
		return mras_service_answer(arena, reception->mras, message,
					   caller);
	return registrar_answer(arena, &reception->registrar, message, caller);
}

static void answer_sip(struct guest *guest, struct arena *arena,
		       const struct sip_message *message)
{
	struct caller caller = {
		.from = guest->from,
		.connection = guest->number,
		.wall_s = time(NULL),
	};
	char *answer;

	RAND_bytes(caller.randomness, sizeof(caller.randomness));
	answer = answer_of(guest->reception, arena, message, &caller);
	if (answer)
		say(guest, answer, strlen(answer));
}

/* Handles one message at the front; false when there is no whole one. */
static bool sip_step(struct guest *guest, struct arena *arena)
{
	const struct registrar *registrar = &guest->reception->registrar;
	struct sip_message message;
	const char *data, *why;
	size_t length, used;
	struct evbuffer *input = input_of(guest, &data, &length);
	char *refusal;

	if (length >= 4 && memcmp(data, "\r\n\r\n", 4) == 0) {
		evbuffer_drain(input, 4); /* RFC 5626 4.4.1: ping and pong */
		say(guest, "\r\n", 2);
		return true;
	}
	if (length == 0)
		return false;
	switch (sip_decode(arena, &message, data, length, &used, &why)) {
	case SIP_WHOLE:
		answer_sip(guest, arena, &message);
		evbuffer_drain(input, used);
		return true;
	case SIP_MORE:
		if (length < GUEST_INPUT_MAX)
			return false;
		break;
	case SIP_BROKEN:
		break;
	}
	refusal = registrar_refusal(arena, registrar->topology->product);
	say(guest, refusal, strlen(refusal));
	evbuffer_drain(input, length);
	guest->is_leaving = true;
	return false;
}

static void sip_input(struct guest *guest)
{
	struct evbuffer *output = bufferevent_get_output(guest->stream);
	struct arena *arena = arena_new();

	while (sip_step(guest, arena)) {
		/* a peer that asks and never reads */
		if (evbuffer_get_length(output) > GUEST_OUTPUT_MAX)
			break;
	}
	arena_free(arena);
	if (evbuffer_get_length(output) > GUEST_OUTPUT_MAX)
		guest_free(guest);
	else if (guest->is_leaving)
		leave(guest);
}

/* MSTURN over TCP, [MS-TURN] 2.1.1 and 2.1.4 */

static bool greet(struct guest *guest, struct evbuffer *input, const char *data,
		  size_t length)
{
	uint8_t hello[PSEUDO_SERVER_BYTES];
	uint8_t randomness[60];

	if (length < PSEUDO_CLIENT_BYTES)
		return false;
	if (!pseudo_client_matches((const uint8_t *)data)) {
		guest->is_leaving = true; /* a failed compare closes */
		return false;
	}
	RAND_bytes(randomness, sizeof(randomness));
	pseudo_server_hello(hello, (uint32_t)time(NULL), randomness,
			    randomness + 28);
	say(guest, hello, sizeof(hello));
	evbuffer_drain(input, PSEUDO_CLIENT_BYTES);
	guest->has_greeted = true;
	return true;
}

/* In a frame, [MS-TURN] 2.1.4; false when it waits behind too much. */
static bool say_framed(const struct allocation_client *client, bool is_message,
		       const void *data, size_t length)
{
	struct guest *guest = client->line;
	struct evbuffer *output = bufferevent_get_output(guest->stream);
	uint8_t frame[MSTURN_FRAME_BYTES];
	struct writer header = writer_of(frame, sizeof(frame));

	writer_u8(&header,
		  is_message ? MSTURN_FRAME_CONTROL : MSTURN_FRAME_DATA);
	writer_u8(&header, 0);
	writer_u16(&header, (uint16_t)length);
	say(guest, frame, sizeof(frame));
	say(guest, data, length);
	return evbuffer_get_length(output) < RELAY_OUTPUT_MAX;
}

static struct allocation_client client_of(struct guest *guest)
{
	return (struct allocation_client){
		.line = guest, .from = guest->from, .say = say_framed};
}

/* Answers one control message; false when the peer is to be dropped. */
static bool answer_frame(struct guest *guest, const void *message,
			 size_t length)
{
	const struct reception *reception = guest->reception;
	const struct allocation_client client = client_of(guest);
	struct msturn_message request;
	const char *why;

	if (!msturn_decode(&request, message, length, &why) ||
	    !request.has_cookie)
		return false; /* [MS-TURN] 3.1.10: over TCP, drop */
	if (!quirks_have(reception->relay.quirks, QUIRK_HELLO_ONLY))
		allocation_hear(reception->site, &reception->relay, &client,
				&request, message);
	return true;
}

static bool take_frame(struct guest *guest, uint8_t type, const void *data,
		       size_t length)
{
	const struct allocation_client client = client_of(guest);

	if (type == MSTURN_FRAME_CONTROL)
		return answer_frame(guest, data, length);
	allocation_carry(guest->reception->site, &client, data, length);
	return true;
}

/* What was allocated goes with the connection (msturn.md 8.6). */
static void relay_hang_up(struct guest *guest)
{
	const struct allocation_client client = client_of(guest);

	if (guest->reception->site)
		allocation_hang_up(guest->reception->site, &client);
}

/* Silence is no reason to leave where a lifetime is agreed upon. */
static bool relay_stays(struct guest *guest)
{
	const struct allocation_client client = client_of(guest);

	return guest->reception->site &&
	       allocation_is_held(guest->reception->site, &client);
}

static void relay_resume(struct guest *guest)
{
	const struct allocation_client client = client_of(guest);

	if (guest->reception->site)
		allocation_resume(guest->reception->site, &client);
}

static bool relay_step(struct guest *guest)
{
	const char *data;
	size_t length;
	struct evbuffer *input = input_of(guest, &data, &length);
	uint16_t size;
	uint8_t type;
	int framed;

	if (!guest->has_greeted)
		return greet(guest, input, data, length);
	framed = msturn_frame(data, length, &type, &size);
	if (framed == 0 ||
	    (framed > 0 && length < MSTURN_FRAME_BYTES + (size_t)size))
		return false;
	if (framed < 0 ||
	    !take_frame(guest, type, data + MSTURN_FRAME_BYTES, size)) {
		guest->is_leaving = true;
		return false;
	}
	evbuffer_drain(input, MSTURN_FRAME_BYTES + (size_t)size);
	return true;
}

static void relay_input(struct guest *guest)
{
	struct evbuffer *output = bufferevent_get_output(guest->stream);

	while (evbuffer_get_length(output) <= GUEST_OUTPUT_MAX &&
	       relay_step(guest))
		;
	if (evbuffer_get_length(output) > GUEST_OUTPUT_MAX)
		guest_free(guest); /* it asks and never reads */
	else if (guest->is_leaving)
		leave(guest);
}

/* XMPP, edge-services.md 8.3 */

static void xmpp_open_talk(struct guest *guest)
{
	if (guest->gateway)
		return; /* TLS has come; the talk goes on */
	guest->gateway = calloc(1, sizeof(*guest->gateway));
	if (!guest->gateway)
		die("out of memory");
	guest->gateway->number = guest->number;
	guest->gateway->is_secure = guest->reception->talk->is_tls;
}

/* What came in clear text behind <starttls/> is dropped with the rest. */
static void xmpp_input(struct guest *guest)
{
	struct arena *arena = arena_new();
	const char *data, *answer;
	size_t length;
	struct evbuffer *input = input_of(guest, &data, &length);
	enum gateway_next next =
		gateway_hear(arena, &guest->reception->gateway, guest->gateway,
			     data, length, &answer);

	evbuffer_drain(input, length);
	say(guest, answer, strlen(answer));
	arena_free(arena);
	if (next == GATEWAY_SECURES) {
		bufferevent_disable(guest->stream, EV_READ);
		guest->is_securing = true;
	} else if (next == GATEWAY_LEAVES) {
		leave(guest);
	}
}

/* HTTP, as far as requests without a body go; edge-services.md 12.2 */

static void http_input(struct guest *guest)
{
	static const char answer[] =
		"HTTP/1.1 400 Bad Request\r\n"
		"Content-Type: text/html; charset=us-ascii\r\n"
		"Server: Microsoft-HTTPAPI/2.0\r\n"
		"Connection: close\r\n"
		"Content-Length: 0\r\n\r\n";

	say(guest, answer, sizeof(answer) - 1);
	leave(guest);
}

static const char *answer_to_head(const struct reception *reception,
				  struct arena *arena, const char *head,
				  size_t length)
{
	if (reception->is_replica)
		return replica_answer(arena, head, length);
	return portal_answer(arena, &reception->portal, head, length);
}

static bool portal_step(struct guest *guest, struct arena *arena)
{
	const char *data, *answer;
	size_t length;
	struct evbuffer *input = input_of(guest, &data, &length);
	size_t head = portal_head_length(data, length);

	guest->is_leaving = length > PORTAL_HEAD_MAX;
	if (!head || guest->is_leaving)
		return false;
	answer = answer_to_head(guest->reception, arena, data, head);
	say(guest, answer, strlen(answer));
	evbuffer_drain(input, head);
	return true;
}

static void portal_input(struct guest *guest)
{
	struct evbuffer *output = bufferevent_get_output(guest->stream);
	struct arena *arena = arena_new();

	while (portal_step(guest, arena))
		if (evbuffer_get_length(output) > GUEST_OUTPUT_MAX)
			break;
	arena_free(arena);
	if (guest->is_leaving || evbuffer_get_length(output) > GUEST_OUTPUT_MAX)
		leave(guest);
}

/* As HTTPAPI does where there is no method: TLS, say. */
static void replica_input(struct guest *guest)
{
	const char *data;
	size_t length;

	input_of(guest, &data, &length);
	if (length && (*data < 'A' || *data > 'Z'))
		http_input(guest);
	else
		portal_input(guest);
}

/* The others */

static void drain_input(struct guest *guest)
{
	struct evbuffer *input = bufferevent_get_input(guest->stream);

	evbuffer_drain(input, evbuffer_get_length(input));
}

/* Central logging: .NET framing, and TLS behind it; edge-services.md 9.2 */
static void logging_input(struct guest *guest)
{
	const char *data;
	size_t length;
	struct evbuffer *input = input_of(guest, &data, &length);

	if (bufferevent_openssl_get_ssl(guest->stream)) {
		evbuffer_drain(input, length); /* nobody says what follows */
		return;
	}
	switch (framing_hear(data, length)) {
	case FRAMING_MORE:
		break;
	case FRAMING_UPGRADES:
		evbuffer_drain(input, length);
		say(guest, FRAMING_UPGRADED, 1);
		bufferevent_disable(guest->stream, EV_READ);
		guest->is_securing = true;
		break;
	case FRAMING_BROKEN:
		leave(guest);
	}
}

/* [C706] 12.6.4.4: takes every bind, and nothing else. */
static void rpc_input(struct guest *guest)
{
	static const char answer[] = {
		5, 0, 12, 3, 0x10, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0,
		/* fragments of 5840 bytes, a group, the port as text */
		(char)0xd0, 0x16, (char)0xd0, 0x16, 1, 0, 0, 0, 4, 0, '1', '3',
		'5', 0, 0, 0,
		/* one result: accepted, NDR 2.0 */
		1, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x5d, (char)0x88, (char)0x8a,
		(char)0xeb, 0x1c, (char)0xc9, 0x11, (char)0x9f, (char)0xe8,
		0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0};
	const char *data;
	size_t length;
	struct evbuffer *input = input_of(guest, &data, &length);

	_Static_assert(sizeof(answer) == 60, "as its header says");
	if (length < 3)
		return;
	if (data[0] != 5 || data[2] != 11) {
		leave(guest);
		return;
	}
	say(guest, answer, sizeof(answer));
	evbuffer_drain(input, length);
}

static void ssh_open(struct guest *guest)
{
	static const char banner[] = "SSH-2.0-OpenSSH_9.2p1\r\n";

	say(guest, banner, sizeof(banner) - 1);
}

static const struct talk talks[TALK_COUNT] = {
	[TALK_SIP] = {"sip", true, false, NULL, sip_input},
	/* PSOM: nobody has published its first bytes; the server is silent
	 * and stays (edge-services.md 5) */
	[TALK_WEBCONF] = {"webconf", true, false, NULL, drain_input},
	[TALK_RELAY] = {"relay", false, false, NULL, relay_input},
	[TALK_MUTE] = {"mute", false, false, NULL, drain_input},
	[TALK_RESET] = {"reset", false, false, NULL, reset_guest},
	[TALK_CLOSE] = {"close", true, false, leave, leave},
	[TALK_HTTP] = {"http", true, false, NULL, http_input},
	[TALK_SSH] = {"ssh", false, false, ssh_open, drain_input},
	/* as coturn does with what is no TLS: closes (msturn.md 11.2) */
	[TALK_STANDARD_TURN] = {"standard-turn", false, false, NULL, leave},
	[TALK_XMPP] = {"xmpp", false, true, xmpp_open_talk, xmpp_input},
	[TALK_XMPP_TLS] = {"xmpp-tls", true, false, xmpp_open_talk, xmpp_input},
	[TALK_SIP_CLEAR] = {"sip-clear", false, false, NULL, sip_input},
	[TALK_WEB_HTTPS] = {"web-https", true, false, NULL, portal_input},
	[TALK_WEB_HTTP] = {"web-http", false, false, NULL, portal_input},
	[TALK_REPLICA_TLS] = {"replica", true, false, NULL, replica_input},
	[TALK_REPLICA] = {"replica-http", false, false, NULL, replica_input},
	[TALK_RPC] = {"rpc", false, false, NULL, rpc_input},
	[TALK_LOGGING] = {"logging", false, true, NULL, logging_input},
};

const struct talk *talk_of(enum talk_name name)
{
	return &talks[name];
}

/* libevent's calls */

static void on_input(struct bufferevent *stream, void *context)
{
	struct guest *guest = context;

	(void)stream;
	if (!guest->is_leaving && !guest->is_securing)
		guest->reception->talk->input(guest);
}

static void secure(struct guest *guest);

static void on_written(struct bufferevent *stream, void *context)
{
	struct guest *guest = context;

	(void)stream; /* called when the output has run empty */
	if (guest->is_leaving)
		guest_free(guest);
	else if (guest->is_securing)
		secure(guest);
	else
		relay_resume(guest);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct guest *guest = context;

	if ((what & BEV_EVENT_TIMEOUT) && !guest->is_leaving &&
	    relay_stays(guest)) {
		bufferevent_enable(stream, EV_READ);
		return;
	}
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
		guest_free(guest);
		return;
	}
	bufferevent_priority_set(stream, PRIORITY_TALK);
	if ((what & BEV_EVENT_CONNECTED) && guest->reception->talk->open)
		guest->reception->talk->open(guest);
}

static struct bufferevent *make_secure(const struct reception *reception,
				       int descriptor)
{
	struct bufferevent *stream;
	SSL *ssl = SSL_new(reception->tls);

	if (!ssl)
		return NULL;
	stream = bufferevent_openssl_socket_new(
		reception->hall->base, descriptor, ssl,
		BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!stream)
		SSL_free(ssl);
	return stream;
}

static void begin_stream(struct guest *guest)
{
	const struct timeval silence = {.tv_sec = GUEST_SILENCE_S};
	bool is_tls = bufferevent_openssl_get_ssl(guest->stream);

	bufferevent_priority_set(guest->stream,
				 is_tls ? PRIORITY_HANDSHAKE : PRIORITY_TALK);
	bufferevent_setcb(guest->stream, on_input, on_written, on_event, guest);
	bufferevent_setwatermark(guest->stream, EV_READ, 0, GUEST_INPUT_MAX);
	bufferevent_set_timeouts(guest->stream, &silence, NULL);
	bufferevent_enable(guest->stream, EV_READ | EV_WRITE);
}

/* STARTTLS: the same descriptor, with TLS on it from here on. */
static void secure(struct guest *guest)
{
	struct bufferevent *plain = guest->stream;
	int descriptor = bufferevent_getfd(plain);
	struct bufferevent *stream = make_secure(guest->reception, descriptor);

	guest->is_securing = false;
	if (!stream) {
		guest_free(guest);
		return;
	}
	bufferevent_setcb(plain, NULL, NULL, NULL, NULL);
	bufferevent_setfd(plain, -1); /* so that it closes nothing */
	bufferevent_free(plain);
	guest->stream = stream;
	begin_stream(guest);
}

/*
 * Who gives way when there are too many: the oldest, but those who had a relay
 * port granted after all others. Anybody may connect and say nothing.
 */
static struct guest *find_least(const struct hall *hall)
{
	struct guest *guest = hall->oldest;

	while (guest && relay_stays(guest))
		guest = guest->newer;
	return guest ? guest : hall->oldest;
}

void guest_welcome(const struct reception *reception, int descriptor,
		   const struct sockaddr *from)
{
	struct hall *hall = reception->hall;
	struct guest *guest = calloc(1, sizeof(*guest));

	if (hall->open == GUESTS_MAX)
		guest_free(find_least(hall));
	if (guest)
		guest->stream =
			reception->talk->is_tls
				? make_secure(reception, descriptor)
				: bufferevent_socket_new(reception->hall->base,
							 descriptor,
							 BEV_OPT_CLOSE_ON_FREE);
	if (!guest || !guest->stream) {
		close(descriptor);
		free(guest);
		return;
	}
	guest->reception = reception;
	guest->number = ++hall->total;
	endpoint_from_sockaddr(&guest->from, from);
	guest->older = hall->newest;
	*(hall->newest ? &hall->newest->newer : &hall->oldest) = guest;
	hall->newest = guest;
	hall->open++;
	begin_stream(guest);
	if (!reception->talk->is_tls && reception->talk->open)
		reception->talk->open(guest);
}
