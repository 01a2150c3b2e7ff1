#include "probes/serve/edge.h"

#include "probes/serve/bound.h"
#include "probes/serve/inside.h"
#include "probes/serve/publisher.h"
#include "probes/serve/servers.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#define SIP_PORT    5060 /* without TLS */
#define PORT_ACCESS 443
#define PORT_HTTP   80

struct edge {
	struct arena *arena;
	const struct edge_settings *settings;
	const struct topology *topology;
	struct authority *authority;
	struct endpoint site;	 /* where its lists are */
	const struct node *host; /* which has that address */
	struct address seen_at;	 /* the same from outside */
	struct publisher *publisher;
	struct leaves leaves;
	struct hall hall;
	struct relays relays;
	struct servers servers;
	struct stands stands;
	struct event *signals[2];
	bool is_stopped;
	const char *why;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct edge *edge,
						       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	edge->why = arena_vformat(edge->arena, format, args);
	va_end(args);
	return false;
}

/* The namespace that somebody of that name stands in; -1: ours. */
static int netns_named(const struct edge *edge, const char *name)
{
	const struct edge_settings *settings = edge->settings;

	for (size_t i = 0; i < settings->space_count; i++)
		if (strcasecmp(settings->spaces[i].node, name) == 0)
			return settings->spaces[i].netns;
	return -1;
}

static int netns_of(const struct edge *edge, const struct node *node)
{
	return netns_named(edge, node->name);
}

static bool set_tls(struct edge *edge, struct stand *stand)
{
	enum client_certificate asks = CLIENT_CERTIFICATE_IGNORED;

	if (stand->listener == LISTENER_FEDERATION &&
	    !quirks_have(stand->quirks, QUIRK_NO_CERTIFICATE_REQUEST))
		asks = edge->settings->requires_client_certificate
			       ? CLIENT_CERTIFICATE_REQUIRED
			       : CLIENT_CERTIFICATE_ASKED;
	if (edge->settings->speaks_tls13)
		quirks_add(&stand->quirks, quirks_of(QUIRK_NEW_TLS));
	stand->reception.tls = leaves_context(
		&edge->leaves,
		stand->listener >= LISTENER_COUNT ? LEAF_WEB : LEAF_OUTSIDE,
		stand->quirks, asks, &edge->why);
	return stand->reception.tls;
}

/* Listeners */

static void set_reception(struct edge *edge, struct stand *stand)
{
	const struct topology *topology = edge->topology;
	const char *domain = topology->domains[0];
	const char *inside = topology->internal_domain;

	stand->reception = (struct reception){
		.hall = &edge->hall,
		.talk = talk_of(talk_choose(stand->listener, stand->quirks)),
		.registrar =
			{
				.topology = topology,
				.next_hop =
					arena_format(edge->arena, "fe01.%s",
						     inside ? inside : domain),
				.web_services = arena_format(
					edge->arena, "webext.%s", domain),
				.quirks = stand->quirks,
			},
		.gateway = {.topology = topology, .quirks = stand->quirks},
		/* it may also stand in another's place */
		.relay = relays_relay(&edge->relays, stand->node, &stand->local,
				      stand->quirks),
		.site = relays_site(&edge->relays, stand->node),
	};
}

/* Ports beside the Access Edge's own, by the quirk that opens them. */
static const struct {
	enum quirk quirk;
	uint16_t port;
} extra_ports[] = {
	{QUIRK_AV_AUTH_OPEN, 5062},
	{QUIRK_SIP_OPEN, SIP_PORT},
	{QUIRK_PORTS_OPEN, 8057},
	{QUIRK_PORTS_OPEN, 3389},
};

static bool open_extra(struct edge *edge, const struct stand *like,
		       uint16_t port)
{
	struct stand *stand = stands_add(&edge->stands, edge->arena, like);

	stand->local.port = port;
	set_reception(edge, stand);
	stand->reception.talk =
		talk_of(port == SIP_PORT ? TALK_SIP_CLEAR : TALK_MUTE);
	return stand_open(stand, edge->arena, &edge->why);
}

/* What a firewall that is too open lets others see of the same address. */
static bool open_extras(struct edge *edge, const struct stand *like)
{
	size_t count = sizeof(extra_ports) / sizeof(extra_ports[0]);

	for (size_t i = 0; i < count; i++)
		if (quirks_have(like->quirks, extra_ports[i].quirk) &&
		    !open_extra(edge, like, extra_ports[i].port))
			return false;
	return true;
}

static struct quirks quirks_at(const struct edge *edge,
			       const struct stand *stand)
{
	return fault_quirks(edge->settings->faults, edge->settings->fault_count,
			    stand->node->name, stand->listener);
}

static bool open_stand(struct edge *edge, const struct node *node,
		       enum listener listener, size_t index)
{
	const struct listener_info *info = &listener_table[listener];
	const struct stand like = {
		.node = node,
		.listener = listener,
		.key = info->key,
		.netns = netns_of(edge, node),
		.local =
			{
				.name = edge->topology->names[info->service],
				.address = node->addresses[info->service][index]
						   .local,
				.port = edge->topology->ports[listener],
				.transport = info->transport,
			},
	};
	struct stand *stand = stands_add(&edge->stands, edge->arena, &like);

	stand->quirks = quirks_at(edge, stand);
	set_reception(edge, stand);
	if (fault_refuses(listener, stand->quirks))
		return true;
	if ((stand->reception.talk->is_tls ||
	     stand->reception.talk->may_secure) &&
	    !set_tls(edge, stand))
		return false;
	return stand_open(stand, edge->arena, &edge->why) &&
	       open_extras(edge, stand);
}

/* The reverse proxy, which is no node of the Edge. */
static const struct node web_node = {.name = STAND_WEB_NODE};

static bool open_web_stand(struct edge *edge, unsigned listener,
			   const struct address *address)
{
	const struct topology *topology = edge->topology;
	bool is_secure = listener == STAND_WEB_HTTPS;
	const struct stand like = {
		.node = &web_node,
		.listener = listener,
		.key = is_secure ? "web-https" : "web-http",
		.netns = netns_of(edge, &web_node),
		.local =
			{
				.name = arena_format(edge->arena,
						     "lyncdiscover.%s",
						     topology->domains[0]),
				.address = *address,
				.port = is_secure ? topology->web.https
						  : topology->web.http,
				.transport = TRANSPORT_TCP,
			},
	};
	struct stand *stand = stands_add(&edge->stands, edge->arena, &like);

	stand->quirks = quirks_at(edge, stand);
	stand->reception = (struct reception){
		.hall = &edge->hall,
		.talk = talk_of(
			talk_changed(is_secure ? TALK_WEB_HTTPS : TALK_WEB_HTTP,
				     stand->quirks)),
		.portal = {.topology = topology,
			   .is_secure = is_secure,
			   .quirks = stand->quirks},
	};
	if (quirks_have(stand->quirks, QUIRK_REFUSE))
		return true;
	if (stand->reception.talk->is_tls && !set_tls(edge, stand))
		return false;
	return stand_open(stand, edge->arena, &edge->why);
}

static bool open_web(struct edge *edge)
{
	const struct web_proxy *web = &edge->topology->web;

	for (size_t i = 0; i < web->address_count; i++)
		if (!open_web_stand(edge, STAND_WEB_HTTPS,
				    &web->addresses[i]) ||
		    !open_web_stand(edge, STAND_WEB_HTTP, &web->addresses[i]))
			return false;
	return true;
}

/* Whether an Edge of these features listens there. */
static bool is_offered(uint64_t features, enum listener listener)
{
	static const uint64_t needs[LISTENER_OUTSIDE_COUNT] = {
		[LISTENER_ACCESS] = UINT64_MAX, /* part of everything */
		[LISTENER_FEDERATION] = FEATURE_BIT(FEATURE_FEDERATION) |
					FEATURE_BIT(FEATURE_PIC),
		[LISTENER_WEBCONF] = FEATURE_BIT(FEATURE_WEBCONF),
		[LISTENER_AV_TCP] = FEATURE_BIT(FEATURE_AV),
		[LISTENER_AV_UDP] = FEATURE_BIT(FEATURE_AV),
		[LISTENER_XMPP] = FEATURE_BIT(FEATURE_XMPP),
	};

	return listener == LISTENER_ACCESS || (features & needs[listener]);
}

static bool is_wanted(const struct edge_settings *settings,
		      const struct node *node)
{
	for (size_t i = 0; i < settings->node_count; i++) {
		if (strcasecmp(settings->nodes[i], node->name) == 0)
			return true;
	}
	return settings->node_count == 0;
}

static bool open_node(struct edge *edge, const struct node *node)
{
	for (unsigned i = 0; i < LISTENER_OUTSIDE_COUNT; i++) {
		enum listener listener = (enum listener)i;
		enum service service = listener_table[i].service;

		if (!is_offered(edge->topology->features, listener))
			continue;
		for (size_t j = 0; j < node->address_count[service]; j++) {
			if (!open_stand(edge, node, listener, j))
				return false;
		}
	}
	return true;
}

static bool open_nodes(struct edge *edge)
{
	for (size_t i = 0; i < edge->topology->node_count; i++) {
		const struct node *node = &edge->topology->nodes[i];

		if (is_wanted(edge->settings, node) && !open_node(edge, node))
			return false;
	}
	/* beside all nodes: one of them alone does without */
	if (!edge->settings->node_count && !open_web(edge))
		return false;
	return edge->stands.first ||
	       fail(edge, "no address to listen on: the topology has no "
			  "[edge NAME] with one");
}

static void open_relays(struct edge *edge)
{
	const struct topology *topology = edge->topology;

	relays_open(&edge->relays, edge->hall.base, topology,
		    edge->settings->lifetime_max_s,
		    edge->settings->allocations_max);
	for (size_t i = 0; i < topology->node_count; i++)
		edge->relays.sites[i].netns =
			netns_of(edge, &topology->nodes[i]);
}

static bool open_inside(struct edge *edge)
{
	const struct edge_settings *settings = edge->settings;
	const struct inside inside = {
		.arena = edge->arena,
		.topology = edge->topology,
		.faults = settings->faults,
		.fault_count = settings->fault_count,
		.speaks_tls13 = settings->speaks_tls13,
		.port_offset = settings->inside_offset,
		.hall = &edge->hall,
		.leaves = &edge->leaves,
		.relays = &edge->relays,
		.stands = &edge->stands,
	};

	for (size_t i = 0; i < edge->topology->node_count; i++) {
		const struct node *node = &edge->topology->nodes[i];

		if (settings->serves_inside && is_wanted(settings, node) &&
		    !inside_open(&inside, node, netns_of(edge, node),
				 &edge->why))
			return false;
	}
	return true;
}

/* Servers instead of an Edge, which have no lists to publish. */
static bool open_servers(struct edge *edge)
{
	const struct edge_settings *settings = edge->settings;
	const char *why = "";

	edge->authority = settings->authority ? settings->authority
					      : authority_new(NULL, &why);
	if (!edge->authority)
		return fail(edge, "certificate authority: %s", why);
	edge->servers = (struct servers){
		.arena = edge->arena,
		.topology = edge->topology,
		.role = settings->role,
		.faults = settings->server_faults,
		.fault_count = settings->server_fault_count,
		.speaks_tls13 = settings->speaks_tls13,
		.port_offset = settings->inside_offset,
		.hall = &edge->hall,
		.authority = edge->authority,
		.stands = &edge->stands,
	};
	for (size_t i = 0; i < settings->host_count; i++)
		if (!servers_open(&edge->servers, &settings->hosts[i],
				  netns_named(edge, settings->hosts[i].node),
				  &edge->why))
			return false;
	return edge->stands.first ||
	       fail(edge, "no server of that role with an address");
}

/* The authority's lists and responder: beside the first Access Edge. */

static void choose_site(struct edge *edge)
{
	const struct topology *topology = edge->topology;
	uint16_t access = topology->ports[LISTENER_ACCESS];

	edge->site.transport = TRANSPORT_TCP;
	if (edge->settings->lists_at.family) {
		edge->site.address = edge->seen_at = edge->settings->lists_at;
		edge->site.port = PORT_HTTP;
		return;
	}
	edge->site.port = access == PORT_ACCESS
				  ? PORT_HTTP
				  : (uint16_t)(access + EDGE_PUBLISHER_OFFSET);
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (!is_wanted(edge->settings, node) ||
		    !node->address_count[SERVICE_ACCESS])
			continue;
		edge->host = node;
		edge->site.address = node->addresses[SERVICE_ACCESS][0].local;
		/* on other ports than an Edge's nothing is mapped */
		edge->seen_at =
			edge->site.port == PORT_HTTP
				? node->addresses[SERVICE_ACCESS][0].public
				: edge->site.address;
		return;
	}
}

/*
 * What stands in URLs: an address, for several of us may share a domain, and
 * each has an authority of its own; the port where it is not the usual one.
 */
static const char *site_text(const struct edge *edge)
{
	char text[ENDPOINT_TEXT_BYTES];

	endpoint_format(text, &edge->seen_at, edge->site.port);
	if (edge->site.port == PORT_HTTP)
		*strrchr(text, ':') = '\0';
	return arena_text(edge->arena, text);
}

static bool open_publisher(struct edge *edge)
{
	char text[ENDPOINT_TEXT_BYTES];
	int error = 0;

	edge->publisher = publisher_new(
		edge->hall.base, edge->authority, &edge->site,
		edge->host ? netns_of(edge, edge->host) : -1, &error);
	return edge->publisher ||
	       fail(edge, "revocation lists: bind: %s/tcp: %s%s",
		    endpoint_format(text, &edge->site.address, edge->site.port),
		    strerror(error), bound_hint(error));
}

static void print_site(const struct edge *edge, FILE *out)
{
	char place[ENDPOINT_TEXT_BYTES];

	fprintf(out, "%-8s %-10s %s/tcp  http://%s/\n", "-", "crl",
		endpoint_format(place, &edge->site.address, edge->site.port),
		site_text(edge));
}

/* Life */

static void on_signal(evutil_socket_t number, short what, void *context)
{
	struct edge *edge = context;

	(void)number;
	(void)what;
	edge->is_stopped = true;
	event_base_loopbreak(edge->hall.base);
}

static bool open_edge(struct edge *edge)
{
	static const int numbers[] = {SIGINT, SIGTERM};
	const char *why;

	if (!hall_open(&edge->hall))
		return fail(edge, "libevent does not start");
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		edge->signals[i] = evsignal_new(edge->hall.base, numbers[i],
						on_signal, edge);
		if (!edge->signals[i] || event_add(edge->signals[i], NULL) < 0)
			return fail(edge, "cannot wait for signals");
	}
	if (edge->settings->role)
		return open_servers(edge);
	open_relays(edge);
	choose_site(edge);
	if (!edge->site.address.family)
		return open_nodes(edge); /* which says what is missing */
	edge->authority = edge->settings->authority
				  ? edge->settings->authority
				  : authority_new(site_text(edge), &why);
	if (!edge->authority)
		return fail(edge, "certificate authority: %s", why);
	edge->leaves.authority = edge->authority;
	return open_nodes(edge) && open_inside(edge) && open_publisher(edge);
}

struct edge *edge_new(struct arena *arena, const struct edge_settings *settings,
		      const char **why)
{
	struct edge *edge = arena_alloc(arena, sizeof(*edge));

	edge->arena = arena;
	edge->settings = settings;
	edge->topology = settings->topology;
	edge->leaves.arena = arena;
	edge->leaves.topology = settings->topology;
	stands_init(&edge->stands);
	if (open_edge(edge))
		return edge;
	*why = edge->why;
	edge_free(edge);
	return NULL;
}

void edge_free(struct edge *edge)
{
	if (!edge)
		return;
	hall_empty(&edge->hall);
	relays_close(&edge->relays);
	publisher_free(edge->publisher);
	stands_close(&edge->stands);
	leaves_clear(&edge->leaves);
	servers_close(&edge->servers);
	for (size_t i = 0; i < 2; i++) {
		if (edge->signals[i])
			event_free(edge->signals[i]);
	}
	if (!edge->settings->authority)
		authority_free(edge->authority);
	if (edge->hall.base)
		event_base_free(edge->hall.base);
}

bool edge_write_root(const struct edge *edge, const char *path,
		     const char **why)
{
	return authority_write_root(edge->authority, edge->arena, path, why);
}

bool edge_write_credentials(const struct edge *edge, const char *path,
			    const char **why)
{
	return relays_write_credentials(&edge->relays, EDGE_CREDENTIALS_S,
					edge->arena, path, why);
}

/* Every fault chosen that this listener shows. */
static void print_faults(const struct edge_settings *settings,
			 const struct stand *stand, FILE *out)
{
	for (size_t i = 0; i < settings->fault_count; i++) {
		const struct quirks quirks =
			fault_quirks(&settings->faults[i], 1, stand->node->name,
				     stand->listener);

		if (!quirks_equal(quirks, quirks_none))
			fprintf(out, "  fault: %s",
				settings->faults[i].fault->id);
	}
}

void edge_print(const struct edge *edge, FILE *out)
{
	for (const struct stand *stand = edge->stands.first; stand;
	     stand = stand->next) {
		char place[ENDPOINT_TEXT_BYTES];

		fprintf(out, "%-8s %-10s %s/%s  %s", stand->node->name,
			stand->key,
			endpoint_format(place, &stand->local.address,
					stand->local.port),
			transport_name(stand->local.transport),
			stand->local.name ? stand->local.name : "-");
		print_faults(edge->settings, stand, out);
		servers_print_faults(&edge->servers, stand, out);
		fputc('\n', out);
	}
	if (edge->publisher)
		print_site(edge, out);
}

void edge_run(struct edge *edge)
{
	while (!edge->is_stopped && event_base_dispatch(edge->hall.base) == 0 &&
	       !edge->is_stopped)
		continue;
}
