#include "probes/serve/mras_desk.h"

#include "common/base/log.h"
#include "probes/serve/bound.h"
#include "probes/serve/quirks.h"
#include "probes/serve/showing.h"

#include <event2/listener.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG	     64
#define PAUSE_US     200000 /* after accept() failed */
#define INTERNAL_UDP 3478
#define INTERNAL_TCP 443

struct mras_desk {
	const struct mras_desk_settings *settings;
	struct endpoint local;
	struct leaf leaf;
	struct reception reception;
	struct mras_service service;
	struct mras_relay relays[2];
	struct evconnlistener *listener;
	struct event *resume;
};

static void on_guest(struct evconnlistener *listener,
		     evutil_socket_t descriptor, struct sockaddr *from,
		     int length, void *context)
{
	const struct mras_desk *desk = context;

	(void)listener;
	(void)length;
	guest_welcome(&desk->reception, descriptor, from);
}

/* Out of descriptors: rest a little instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	const struct timeval pause = {.tv_usec = PAUSE_US};
	struct mras_desk *desk = context;

	evconnlistener_disable(listener);
	evtimer_add(desk->resume, &pause);
}

static void on_resume(evutil_socket_t descriptor, short what, void *context)
{
	struct mras_desk *desk = context;

	(void)descriptor;
	(void)what;
	evconnlistener_enable(desk->listener);
}

static bool fail(struct mras_desk *desk, const char *what, int error,
		 const char **why)
{
	char text[ENDPOINT_TEXT_BYTES];

	*why = arena_format(
		desk->settings->arena, "%s: mras: %s %s/tcp: %s%s",
		desk->settings->node->name, what,
		endpoint_format(text, &desk->local.address, desk->local.port),
		strerror(error), bound_hint(error));
	return false;
}

/* The internal certificate has one name (cert.int.*). */
static bool set_tls(struct mras_desk *desk, const char **why)
{
	const char *const name = desk->local.name;
	const struct leaf_spec spec = {
		.common_name = name,
		.names = &name,
		.name_count = 1,
		.first_day = -30,
		.last_day = 335,
		.key_bits = 2048,
		.digest = "SHA256",
		.purposes = "serverAuth,clientAuth",
	};
	const struct authority *authority = desk->settings->authority;

	if (!authority_issue(desk->settings->authority, &spec, &desk->leaf,
			     why))
		return false;
	desk->reception.tls =
		showing_context(authority, &desk->leaf, quirks_none,
				CLIENT_CERTIFICATE_REQUIRED, why);
	return desk->reception.tls;
}

/* The relay by its names outside and inside. */
static void list_relays(struct mras_desk *desk)
{
	const struct topology *topology = desk->settings->topology;
	const char *outside = topology->names[SERVICE_AV];

	desk->relays[0] = (struct mras_relay){
		.next = &desk->relays[1],
		.location = "internet",
		.host = outside ? outside : "",
		.udp = topology->ports[LISTENER_AV_UDP],
		.tcp = topology->ports[LISTENER_AV_TCP],
	};
	desk->relays[1] = (struct mras_relay){
		.location = "intranet",
		.host = desk->local.name,
		.udp = INTERNAL_UDP,
		.tcp = INTERNAL_TCP,
	};
}

static void set_service(struct mras_desk *desk)
{
	const struct mras_desk_settings *settings = desk->settings;

	list_relays(desk);
	desk->service = (struct mras_service){
		.issue = settings->issue,
		.context = settings->context,
		.relays = desk->relays,
		.product = settings->topology->product,
	};
	desk->reception = (struct reception){
		.hall = settings->hall,
		.talk = talk_of_service(),
		.registrar = {.topology = settings->topology},
		.mras = &desk->service,
	};
}

static bool listen_at(struct mras_desk *desk, const char **why)
{
	struct event_base *base = desk->settings->hall->base;
	int descriptor = bound_open(&desk->local, desk->settings->netns);

	if (descriptor < 0)
		return fail(desk, "bind", -descriptor, why);
	if (listen(descriptor, BACKLOG) < 0) {
		fail(desk, "listen", errno, why);
		close(descriptor);
		return false;
	}
	desk->resume = evtimer_new(base, on_resume, desk);
	desk->listener = evconnlistener_new(
		base, on_guest, desk,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, descriptor);
	if (!desk->listener || !desk->resume)
		die("out of memory");
	evconnlistener_set_error_cb(desk->listener, on_accept_error);
	return true;
}

struct mras_desk *mras_desk_new(const struct mras_desk_settings *settings,
				const char **why)
{
	struct mras_desk *desk = arena_alloc(settings->arena, sizeof(*desk));
	const char *inside = settings->topology->internal_name;

	desk->settings =
		arena_copy(settings->arena, settings, sizeof(*settings));
	desk->local = (struct endpoint){
		.name = inside ? inside : settings->node->name,
		.address = settings->node->internal,
		.port = MRAS_SERVICE_PORT,
		.transport = TRANSPORT_TCP,
	};
	set_service(desk);
	if (set_tls(desk, why) && listen_at(desk, why))
		return desk;
	mras_desk_free(desk);
	return NULL;
}

void mras_desk_free(struct mras_desk *desk)
{
	if (!desk)
		return;
	if (desk->listener)
		evconnlistener_free(desk->listener);
	if (desk->resume)
		event_free(desk->resume);
	SSL_CTX_free(desk->reception.tls);
	leaf_clear(&desk->leaf);
}

void mras_desk_print(const struct mras_desk *desk, FILE *out)
{
	char place[ENDPOINT_TEXT_BYTES];

	fprintf(out, "%-8s %-10s %s/tcp  %s\n", desk->settings->node->name,
		"mras",
		endpoint_format(place, &desk->local.address, desk->local.port),
		desk->local.name);
}
