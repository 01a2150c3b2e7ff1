#include "probes/serve/edge.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/serve/bound.h"
#include "probes/serve/datagrams.h"
#include "probes/serve/guest.h"
#include "probes/serve/mras_desk.h"
#include "probes/serve/publisher.h"
#include "probes/serve/relay_node.h"
#include "probes/serve/showing.h"

#include <event2/listener.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BACKLOG		64
#define ACCEPT_PAUSE_US 200000
#define SIP_PORT	5060 /* without TLS */
#define PORT_ACCESS	443
#define PORT_HTTP	80

/* One bound listener. */
struct stand {
	struct stand *next;
	struct edge *edge;
	unsigned listener; /* or STAND_WEB_* */
	const char *key;   /* "av-udp", "web-https" */
	const struct node *node;
	struct endpoint local;
	struct quirks quirks;
	struct reception reception;
	struct evconnlistener *tcp;
	struct event *resume;	    /* after accept() failed */
	struct datagrams datagrams; /* UDP */
};

/* A certificate, by the quirks that shape it. */
struct shown {
	struct shown *next;
	struct quirks quirks;
	bool is_web;
	struct leaf leaf;
};

struct edge {
	struct arena *arena;
	const struct edge_settings *settings;
	const struct topology *topology;
	struct authority *authority;
	struct endpoint site;	 /* where its lists are */
	const struct node *host; /* which has that address */
	struct address seen_at;	 /* the same from outside */
	struct publisher *publisher;
	struct mras_desk *desks[TOPOLOGY_NODES_MAX + 1];
	size_t desk_count;
	struct shown *shown;
	struct hall hall;
	struct relay_pool pool;
	struct allocation_site sites[TOPOLOGY_NODES_MAX + 1]; /* by node */
	struct stand *stands, **last;
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

/* TCP */

static void on_guest(struct evconnlistener *tcp, evutil_socket_t descriptor,
		     struct sockaddr *from, int length, void *context)
{
	struct stand *stand = context;
	int one = 1;

	(void)tcp;
	(void)length;
	/* an answer does not wait for what came before it to be acknowledged */
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	guest_welcome(&stand->reception, descriptor, from);
}

/* Out of descriptors: rest a little instead of spinning. */
static void on_accept_error(struct evconnlistener *tcp, void *context)
{
	const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_US};
	struct stand *stand = context;

	evconnlistener_disable(tcp);
	evtimer_add(stand->resume, &pause);
}

static void on_resume(evutil_socket_t descriptor, short what, void *context)
{
	struct stand *stand = context;

	(void)descriptor;
	(void)what;
	evconnlistener_enable(stand->tcp);
}

/* The namespace that a node stands in; -1: ours. */
static int netns_of(const struct stand *stand)
{
	const struct edge_settings *settings = stand->edge->settings;

	for (size_t i = 0; i < settings->space_count; i++)
		if (strcasecmp(settings->spaces[i].node, stand->node->name) ==
		    0)
			return settings->spaces[i].netns;
	return -1;
}

static bool cannot(struct stand *stand, const char *what, int error)
{
	char text[ENDPOINT_TEXT_BYTES];

	return fail(
		stand->edge, "%s: %s: %s %s/%s: %s%s", stand->node->name,
		stand->key, what,
		endpoint_format(text, &stand->local.address, stand->local.port),
		transport_name(stand->local.transport), strerror(error),
		bound_hint(error));
}

static bool listen_tcp(struct stand *stand, int descriptor)
{
	struct event_base *base = stand->edge->hall.base;

	if (listen(descriptor, BACKLOG) < 0) {
		cannot(stand, "listen", errno); /* two may bind, one listen */
		close(descriptor);
		return false;
	}
	stand->resume = evtimer_new(base, on_resume, stand);
	stand->tcp = evconnlistener_new(
		base, on_guest, stand,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, descriptor);
	if (!stand->tcp || !stand->resume)
		die("out of memory");
	evconnlistener_set_error_cb(stand->tcp, on_accept_error);
	return true;
}

/*
 * Another address of the node, or else another port: what a load balancer or
 * a NAT makes of the source of an answer.
 */
static bool open_elsewhere(struct stand *stand)
{
	const struct node *node = stand->node;
	struct endpoint other = stand->local;

	for (size_t i = 0; i < node->address_count[SERVICE_ACCESS]; i++)
		if (node->addresses[SERVICE_ACCESS][i].local.family ==
		    other.address.family)
			other.address =
				node->addresses[SERVICE_ACCESS][i].local;
	if (address_equal(&other.address, &stand->local.address))
		other.port = 0;
	stand->datagrams.elsewhere = bound_open(&other, netns_of(stand));
	return stand->datagrams.elsewhere >= 0 ||
	       cannot(stand, "bind", -stand->datagrams.elsewhere);
}

static bool listen_udp(struct stand *stand, int descriptor)
{
	struct datagrams *datagrams = &stand->datagrams;

	datagrams->descriptor = descriptor;
	if (quirks_have(stand->quirks, QUIRK_REPLY_ELSEWHERE) &&
	    !open_elsewhere(stand))
		return false;
	datagrams->site = stand->reception.site;
	datagrams->relay = &stand->reception.relay;
	datagrams_serve(datagrams);
	return true;
}

/* Certificates */

static const struct leaf *find_leaf(struct edge *edge, bool is_web,
				    struct quirks quirks)
{
	struct shown *shown = edge->shown;
	struct leaf_spec spec;
	const char *why;

	while (shown && (!quirks_equal(shown->quirks, quirks) ||
			 shown->is_web != is_web))
		shown = shown->next;
	if (shown)
		return &shown->leaf;
	shown = arena_alloc(edge->arena, sizeof(*shown));
	shown->quirks = quirks;
	shown->is_web = is_web;
	if (is_web)
		showing_web_spec(edge->arena, edge->topology, quirks, &spec);
	else
		showing_spec(edge->arena, edge->topology, quirks, &spec);
	if (!authority_issue(edge->authority, &spec, &shown->leaf, &why)) {
		fail(edge, "certificate: %s", why);
		return NULL;
	}
	shown->next = edge->shown;
	edge->shown = shown;
	return &shown->leaf;
}

static bool set_tls(struct stand *stand)
{
	struct edge *edge = stand->edge;
	const struct leaf *leaf =
		find_leaf(edge, stand->listener >= LISTENER_COUNT,
			  showing_quirks(stand->quirks));
	enum client_certificate asks = CLIENT_CERTIFICATE_IGNORED;
	const char *why;

	if (!leaf)
		return false;
	if (stand->listener == LISTENER_FEDERATION &&
	    !quirks_have(stand->quirks, QUIRK_NO_CERTIFICATE_REQUEST))
		asks = edge->settings->requires_client_certificate
			       ? CLIENT_CERTIFICATE_REQUIRED
			       : CLIENT_CERTIFICATE_ASKED;
	if (edge->settings->speaks_tls13)
		quirks_add(&stand->quirks, quirks_of(QUIRK_NEW_TLS));
	stand->reception.tls = showing_context(edge->authority, leaf,
					       stand->quirks, asks, &why);
	return stand->reception.tls || fail(edge, "TLS: %s", why);
}

/* Listeners */

static void set_relay(struct stand *stand)
{
	struct edge *edge = stand->edge;
	const struct edge_settings *settings = edge->settings;
	const struct topology *topology = edge->topology;
	const struct node *node = relay_node_behind(topology, stand->node);
	int family = stand->local.address.family;
	uint16_t port = stand->local.port;

	stand->reception.relay = (struct relay){
		.product = topology->product,
		.itself = relay_node_address(node, family, port),
		.other = relay_node_beside(topology, node, false, family, port),
		.vip = relay_node_beside(topology, node, true, family, port),
		.lifetime_max_s = settings->lifetime_max_s
					  ? settings->lifetime_max_s
					  : RELAY_LIFETIME_S,
		.quirks = stand->quirks,
		.pool = &edge->pool,
	};
	stand->reception.site = &edge->sites[node - topology->nodes];
}

static void set_reception(struct stand *stand)
{
	struct edge *edge = stand->edge;
	const struct topology *topology = edge->topology;
	const char *domain = topology->domains[0];
	const char *inside = topology->internal_domain;

	stand->reception = (struct reception){
		.hall = &edge->hall,
		.talk = talk_choose(stand->listener, stand->quirks),
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
	};
	set_relay(stand); /* it may also stand in another's place */
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

static bool open_extra(const struct stand *like, uint16_t port)
{
	struct edge *edge = like->edge;
	struct stand *stand = arena_copy(edge->arena, like, sizeof(*like));
	int descriptor;

	stand->next = NULL;
	stand->tcp = NULL;
	stand->resume = NULL;
	stand->local.port = port;
	set_reception(stand);
	stand->reception.tls = NULL;
	stand->reception.talk = talk_beside(port == SIP_PORT);
	*edge->last = stand;
	edge->last = &stand->next;
	descriptor = bound_open(&stand->local, netns_of(stand));
	if (descriptor < 0)
		return cannot(stand, "bind", -descriptor);
	return listen_tcp(stand, descriptor);
}

/* What a firewall that is too open lets others see of the same address. */
static bool open_extras(const struct stand *like)
{
	size_t count = sizeof(extra_ports) / sizeof(extra_ports[0]);

	for (size_t i = 0; i < count; i++)
		if (quirks_have(like->quirks, extra_ports[i].quirk) &&
		    !open_extra(like, extra_ports[i].port))
			return false;
	return true;
}

static bool open_stand(struct edge *edge, const struct node *node,
		       enum listener listener, size_t index)
{
	const struct listener_info *info = &listener_table[listener];
	struct stand *stand = arena_alloc(edge->arena, sizeof(*stand));
	int descriptor;

	stand->edge = edge;
	stand->node = node;
	stand->listener = listener;
	stand->key = info->key;
	datagrams_init(&stand->datagrams);
	stand->local = (struct endpoint){
		.name = edge->topology->names[info->service],
		.address = node->addresses[info->service][index].local,
		.port = edge->topology->ports[listener],
		.transport = info->transport,
	};
	stand->quirks =
		fault_quirks(edge->settings->faults,
			     edge->settings->fault_count, node->name, listener);
	set_reception(stand);
	*edge->last = stand;
	edge->last = &stand->next;
	if (fault_refuses(listener, stand->quirks))
		return true;
	if ((stand->reception.talk->is_tls ||
	     stand->reception.talk->may_secure) &&
	    !set_tls(stand))
		return false;
	descriptor = bound_open(&stand->local, netns_of(stand));
	if (descriptor < 0)
		return cannot(stand, "bind", -descriptor);
	return (info->transport == TRANSPORT_TCP
			? listen_tcp(stand, descriptor)
			: listen_udp(stand, descriptor)) &&
	       open_extras(stand);
}

/* The reverse proxy, which is no node of the Edge. */
static const struct node web_node = {.name = STAND_WEB_NODE};

static bool open_web_stand(struct edge *edge, unsigned listener,
			   const struct address *address)
{
	const struct topology *topology = edge->topology;
	bool is_secure = listener == STAND_WEB_HTTPS;
	struct stand *stand = arena_alloc(edge->arena, sizeof(*stand));
	int descriptor;

	stand->edge = edge;
	stand->node = &web_node;
	stand->listener = listener;
	stand->key = is_secure ? "web-https" : "web-http";
	datagrams_init(&stand->datagrams);
	stand->local = (struct endpoint){
		.name = arena_format(edge->arena, "lyncdiscover.%s",
				     topology->domains[0]),
		.address = *address,
		.port = is_secure ? topology->web.https : topology->web.http,
		.transport = TRANSPORT_TCP,
	};
	stand->quirks = fault_quirks(edge->settings->faults,
				     edge->settings->fault_count,
				     STAND_WEB_NODE, listener);
	stand->reception = (struct reception){
		.hall = &edge->hall,
		.talk = talk_of_web(is_secure, stand->quirks),
		.portal = {.topology = topology,
			   .is_secure = is_secure,
			   .quirks = stand->quirks},
	};
	*edge->last = stand;
	edge->last = &stand->next;
	if (quirks_have(stand->quirks, QUIRK_REFUSE))
		return true;
	if (stand->reception.talk->is_tls && !set_tls(stand))
		return false;
	descriptor = bound_open(&stand->local, netns_of(stand));
	if (descriptor < 0)
		return cannot(stand, "bind", -descriptor);
	return listen_tcp(stand, descriptor);
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
	static const uint64_t needs[LISTENER_COUNT] = {
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
	for (unsigned i = 0; i < LISTENER_COUNT; i++) {
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
	return edge->stands ||
	       fail(edge, "no address to listen on: the topology has no "
			  "[edge NAME] with one");
}

/* The relays' sides that are not a listener's */

static void open_sites(struct edge *edge)
{
	const struct topology *topology = edge->topology;
	size_t most = edge->settings->allocations_max;

	RAND_bytes((uint8_t *)&edge->pool.keys, sizeof(edge->pool.keys));
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct stand beside = {.edge = edge,
					     .node = &topology->nodes[i]};

		edge->sites[i] = (struct allocation_site){
			.base = edge->hall.base,
			.topology = topology,
			.node = beside.node,
			.netns = netns_of(&beside),
			.pool = &edge->pool,
			.most = most ? most : ALLOCATIONS_MAX,
		};
	}
}

/* As a client of the first SIP domain is given them (msturn.md 10.2). */
static void issue_token(const struct edge *edge, int64_t expires_s,
			struct token *token)
{
	const char *client = arena_format(edge->arena, "sip:edgesim@%s",
					  edge->topology->domains[0]);
	uint8_t id[TOKEN_CLIENT_BYTES];

	if (!EVP_Digest(client, strlen(client), id, NULL, EVP_sha1(), NULL))
		die("OpenSSL offers no SHA-1");
	token_issue(&edge->pool.keys, 1, id, expires_s, token);
}

static bool issue_credentials(void *context, struct credentials *credentials,
			      unsigned minutes)
{
	struct token token;

	credentials->expires_s =
		clock_wall_us() / CLOCK_SECOND_US + 60 * (int64_t)minutes;
	issue_token(context, credentials->expires_s, &token);
	memcpy(credentials->username, token.username, token.username_length);
	credentials->username_length = token.username_length;
	memcpy(credentials->password, token.password, sizeof(token.password));
	credentials->password_length = sizeof(token.password);
	OPENSSL_cleanse(&token, sizeof(token));
	return true;
}

/* Inside, where a node has an address there. */
static bool open_desks(struct edge *edge)
{
	const struct edge_settings *settings = edge->settings;

	for (size_t i = 0; i < edge->topology->node_count; i++) {
		const struct node *node = &edge->topology->nodes[i];
		const struct stand beside = {.edge = edge, .node = node};
		const struct mras_desk_settings desk = {
			.arena = edge->arena,
			.hall = &edge->hall,
			.authority = edge->authority,
			.topology = edge->topology,
			.node = node,
			.netns = netns_of(&beside),
			.issue = issue_credentials,
			.context = edge,
		};

		if (!settings->serves_inside || !node->internal.family ||
		    !is_wanted(settings, node))
			continue;
		edge->desks[edge->desk_count] =
			mras_desk_new(&desk, &edge->why);
		if (!edge->desks[edge->desk_count++])
			return false;
	}
	return true;
}

/* The authority's lists and responder: beside the first Access Edge. */

static void choose_site(struct edge *edge)
{
	const struct topology *topology = edge->topology;
	uint16_t access = topology->ports[LISTENER_ACCESS];

	edge->site.transport = TRANSPORT_TCP;
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

	const struct stand beside = {.edge = edge, .node = edge->host};

	edge->publisher = publisher_new(edge->hall.base, edge->authority,
					&edge->site, netns_of(&beside), &error);
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
	open_sites(edge);
	choose_site(edge);
	if (!edge->site.address.family)
		return open_nodes(edge); /* which says what is missing */
	edge->authority = edge->settings->authority
				  ? edge->settings->authority
				  : authority_new(site_text(edge), &why);
	if (!edge->authority)
		return fail(edge, "certificate authority: %s", why);
	return open_nodes(edge) && open_desks(edge) && open_publisher(edge);
}

struct edge *edge_new(struct arena *arena, const struct edge_settings *settings,
		      const char **why)
{
	struct edge *edge = arena_alloc(arena, sizeof(*edge));

	edge->arena = arena;
	edge->settings = settings;
	edge->topology = settings->topology;
	edge->last = &edge->stands;
	if (open_edge(edge))
		return edge;
	*why = edge->why;
	edge_free(edge);
	return NULL;
}

static void close_stand(struct stand *stand)
{
	if (stand->tcp)
		evconnlistener_free(stand->tcp);
	if (stand->resume)
		event_free(stand->resume);
	datagrams_close(&stand->datagrams);
	SSL_CTX_free(stand->reception.tls);
}

void edge_free(struct edge *edge)
{
	if (!edge)
		return;
	hall_empty(&edge->hall);
	for (size_t i = 0; i <= TOPOLOGY_NODES_MAX; i++)
		allocation_empty(&edge->sites[i]);
	publisher_free(edge->publisher);
	for (size_t i = 0; i < edge->desk_count; i++)
		mras_desk_free(edge->desks[i]);
	for (struct stand *stand = edge->stands; stand; stand = stand->next)
		close_stand(stand);
	for (struct shown *shown = edge->shown; shown; shown = shown->next)
		leaf_clear(&shown->leaf);
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
	int64_t expires_s =
		clock_wall_us() / CLOCK_SECOND_US + EDGE_CREDENTIALS_S;
	struct token token;
	bool written;

	issue_token(edge, expires_s, &token);
	written = token_write(&token, expires_s, edge->arena, path, why);
	OPENSSL_cleanse(&token, sizeof(token));
	return written;
}

/* Every fault chosen that this listener shows. */
static void print_faults(const struct stand *stand, FILE *out)
{
	const struct edge_settings *settings = stand->edge->settings;

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
	for (const struct stand *stand = edge->stands; stand;
	     stand = stand->next) {
		char place[ENDPOINT_TEXT_BYTES];

		fprintf(out, "%-8s %-10s %s/%s  %s", stand->node->name,
			stand->key,
			endpoint_format(place, &stand->local.address,
					stand->local.port),
			transport_name(stand->local.transport),
			stand->local.name ? stand->local.name : "-");
		print_faults(stand, out);
		fputc('\n', out);
	}
	for (size_t i = 0; i < edge->desk_count; i++)
		mras_desk_print(edge->desks[i], out);
	print_site(edge, out);
}

void edge_run(struct edge *edge)
{
	while (!edge->is_stopped && event_base_dispatch(edge->hall.base) == 0 &&
	       !edge->is_stopped)
		continue;
}
