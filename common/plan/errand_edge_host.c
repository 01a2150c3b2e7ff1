#include "common/plan/errand.h"

#include "common/base/url.h"
#include "common/model/certificates.h"
#include "common/model/host_seen.h"
#include "common/plan/applicability.h"
#include "common/plan/edge_host.h"

#include <string.h>

/*
 * What an Edge Server sends itself: rows of firewall.tsv that begin at it,
 * each from the address that the row names, to whom the topology file or the
 * command line names, or what was seen on the way.
 */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Making the errands of one row. */
struct outbound {
	struct errands *errands;
	const struct deployment *deployment;
	const struct mission_names *peers; /* the lists of the mission */
	const struct node *node;	   /* NULL: of no file */
	const struct address *sources[SERVICE_ADDRESSES_MAX];
	size_t source_count;
	bool is_wanting; /* the file has no such address */
	struct errand errand;
};

/*
 * Sources
 */

/* An address role of firewall.tsv, and whose address stands for it. */
static const struct {
	const char *role;
	enum service service; /* SERVICE_COUNT: the internal interface */
} roles[] = {
	{"access-edge", SERVICE_ACCESS},
	{"access-edge-public", SERVICE_ACCESS},
	{"hlb-vip-access", SERVICE_ACCESS},
	{"webcon-edge", SERVICE_WEBCONF},
	{"av-edge", SERVICE_AV},
	{"av-edge-public", SERVICE_AV},
	{"xmpp-proxy", SERVICE_XMPP},
	{"edge-internal", SERVICE_COUNT},
	{"hlb-vip-internal", SERVICE_COUNT},
};

static void add_source(struct outbound *outbound, const struct address *address)
{
	if (address->family && outbound->source_count < SERVICE_ADDRESSES_MAX)
		outbound->sources[outbound->source_count++] = address;
}

static void find_sources(struct outbound *outbound, const char *role)
{
	const struct node *node = outbound->node;
	enum service service = SERVICE_ACCESS;

	outbound->source_count = 0;
	outbound->is_wanting = false;
	for (size_t i = 0; i < COUNT(roles); i++)
		if (strcmp(roles[i].role, role) == 0)
			service = roles[i].service;
	if (!node)
		return;
	/* the proxy shares the addresses of the Access Edge */
	if (service == SERVICE_XMPP && !node->address_count[SERVICE_XMPP])
		service = SERVICE_ACCESS;
	if (service == SERVICE_COUNT)
		add_source(outbound, &node->internal);
	for (size_t i = 0;
	     service < SERVICE_COUNT && i < node->address_count[service]; i++)
		add_source(outbound, &node->addresses[service][i].local);
	outbound->is_wanting = !outbound->source_count;
}

static bool is_listed(const struct errands *errands,
		      const struct errand *errand)
{
	for (size_t i = 0; i < errands->count; i++) {
		const struct errand *one = &errands->items[i];

		if (one->requirement == errand->requirement &&
		    one->endpoint.port == errand->endpoint.port &&
		    one->endpoint.transport == errand->endpoint.transport &&
		    address_equal(&one->from, &errand->from) &&
		    address_equal(&one->endpoint.address,
				  &errand->endpoint.address) &&
		    strcmp(one->subject, errand->subject) == 0)
			return true;
	}
	return false;
}

static void add(struct outbound *outbound, const struct errand *errand)
{
	if (!is_listed(outbound->errands, errand))
		errands_add(outbound->errands, errand);
}

/* From the address of the peer's family; without a file, from any. */
static void dispatch(struct outbound *outbound, const struct address *to)
{
	struct errand errand = outbound->errand;

	errand.endpoint.address = *to;
	if (outbound->is_wanting)
		return;
	if (!outbound->source_count)
		add(outbound, &errand);
	for (size_t i = 0; i < outbound->source_count; i++) {
		errand.from = *outbound->sources[i];
		if (!to->family || to->family == errand.from.family)
			add(outbound, &errand);
		if (!to->family)
			return;
	}
}

/* To each address of a name, or to the one that is known. */
static void send_to(struct outbound *outbound, const struct mission_host *host)
{
	struct errands found = {.arena = outbound->errands->arena};

	errands_add_host(&found, outbound->deployment, &outbound->errand, host);
	for (size_t i = 0; i < found.count; i++) {
		outbound->errand.endpoint = found.items[i].endpoint;
		dispatch(outbound, &found.items[i].endpoint.address);
	}
}

/*
 * Peers
 */

static void ask_resolver(struct outbound *outbound,
			 const struct address *address, uint16_t port)
{
	char text[ADDRESS_TEXT_BYTES];

	outbound->errand.subject = arena_text(outbound->errands->arena,
					      address_format(text, address));
	outbound->errand.endpoint.port = port;
	dispatch(outbound, address);
}

/* A resolver on this host itself is none of the Edge's. */
static bool is_resolver(const struct observation *seen)
{
	return observation_is_dns(seen) && seen->endpoint.address.family &&
	       address_is_host(&seen->endpoint.address);
}

/* Those of the Edge, else ours: told, or whoever answered us. */
static void add_resolvers(struct outbound *outbound)
{
	const struct deployment *deployment = outbound->deployment;
	const struct networks *told = &deployment->topology->resolvers;
	const struct observation_list *list = deployment->observations;
	uint16_t port = outbound->errand.endpoint.port;

	for (size_t i = 0; i < told->count; i++)
		if (told->items[i].bits ==
		    (told->items[i].address.family == AF_INET ? 32u : 128u))
			ask_resolver(outbound, &told->items[i].address, port);
	if (told->count)
		return;
	for (size_t i = 0; i < deployment->resolver_count; i++)
		ask_resolver(outbound, &deployment->resolvers[i].address,
			     deployment->resolvers[i].port);
	if (deployment->resolver_count)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (is_resolver(list->items[i]))
			ask_resolver(outbound,
				     &list->items[i]->endpoint.address, port);
}

static void send_to_url(struct outbound *outbound, const char *text)
{
	struct mission_host host = {.name = NULL};
	struct url url;

	/* the row is about port 80; TLS is never asked for there */
	if (!url_parse(text, &url) || url.is_secure)
		return;
	host.address = url.address;
	host.name = arena_text(outbound->errands->arena, url.host);
	outbound->errand.endpoint.port = url.port;
	outbound->errand.subject = host.name;
	send_to(outbound, &host);
}

static void add_urls(struct outbound *outbound)
{
	static const enum revocation_url kinds[] = {URL_CRL, URL_OCSP};
	const struct deployment *deployment = outbound->deployment;
	const struct mission_names *told = &outbound->peers[PEER_URL];

	for (size_t i = 0; i < told->count; i++)
		send_to_url(outbound, told->items[i]);
	for (size_t i = 0; i < deployment->certificate_count; i++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			const struct certificate_urls *urls =
				&deployment->certificates[i]->urls[kinds[k]];

			for (size_t j = 0; j < urls->count; j++)
				send_to_url(outbound, urls->items[j]);
		}
}

/* The hosts of the SRV record of a partner's domain. */
static void send_to_record(struct outbound *outbound, const char *record,
			   const char *domain)
{
	const struct deployment *deployment = outbound->deployment;
	struct srv hosts[DEPLOYMENT_SRV_HOSTS_MAX];
	size_t count = deployment_srv_hosts(deployment, record, hosts, NULL);

	outbound->errand.subject = domain;
	for (size_t i = 0; i < count; i++) {
		const struct mission_host host = {.name = hosts[i].target};

		if (!srv_offers(&hosts[i]))
			continue;
		outbound->errand.endpoint.port = hosts[i].port;
		send_to(outbound, &host);
	}
}

static void add_partners(struct outbound *outbound)
{
	const struct mission_names *names = &outbound->peers[PEER_PARTNER];

	for (size_t i = 0; i < names->count; i++)
		send_to_record(
			outbound,
			edge_host_partner_record(outbound->errands->arena,
						 names->items[i]),
			names->items[i]);
}

static void add_xmpp_partners(struct outbound *outbound)
{
	const struct mission_names *names = &outbound->peers[PEER_XMPP_PARTNER];

	for (size_t i = 0; i < names->count; i++)
		send_to_record(outbound,
			       edge_host_xmpp_record(outbound->errands->arena,
						     names->items[i]),
			       names->items[i]);
}

static bool is_next_hop(const struct server_pool *pool)
{
	return pool->role == POOL_FRONTEND || pool->role == POOL_DIRECTOR;
}

static void send_to_pool(struct outbound *outbound,
			 const struct server_pool *pool)
{
	for (size_t i = 0; i < (pool->server_count ? pool->server_count : 1);
	     i++) {
		struct mission_host host = {.name = pool->name};

		if (pool->server_count)
			host.name = pool->servers[i];
		if (i < pool->address_count)
			host.address = pool->addresses[i];
		outbound->errand.subject = host.name;
		send_to(outbound, &host);
	}
}

static void send_to_name(struct outbound *outbound, const char *name)
{
	struct mission_host host = {.name = name};
	struct address address;

	if (address_parse(name, &address))
		host = (struct mission_host){.address = address};
	outbound->errand.subject = name;
	send_to(outbound, &host);
}

static void add_next_hops(struct outbound *outbound)
{
	const struct topology *topology = outbound->deployment->topology;
	const struct mission_names *names = &outbound->peers[PEER_NEXT_HOP];

	for (size_t i = 0; i < names->count; i++)
		send_to_name(outbound, names->items[i]);
	for (size_t i = 0; i < topology->pool_count && !names->count; i++)
		if (is_next_hop(&topology->pools[i]))
			send_to_pool(outbound, &topology->pools[i]);
}

/* The others of the deployment, where the Internet sees them. */
static void add_neighbours(struct outbound *outbound)
{
	const struct topology *topology = outbound->deployment->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (!outbound->node || node->is_vip ||
		    strcmp(node->name, outbound->node->name) == 0)
			continue;
		for (size_t j = 0; j < node->address_count[SERVICE_AV]; j++) {
			struct mission_host host = {
				.address =
					node->addresses[SERVICE_AV][j].public,
			};

			outbound->errand.subject = node->name;
			if (host.address.family)
				send_to(outbound, &host);
		}
	}
}

static void add_edges(struct outbound *outbound)
{
	const struct mission_names *names = &outbound->peers[PEER_EDGE];

	for (size_t i = 0; i < names->count; i++)
		send_to_name(outbound, names->items[i]);
	add_neighbours(outbound);
}

/*
 * Rows
 */

/* A flow, and whom to go to for it. */
static const struct {
	const char *flow;
	const char *protocol;
	void (*add)(struct outbound *outbound);
} flows[] = {
	{"ext.access.dns.udp53.out", "dns", add_resolvers},
	{"ext.access.dns.tcp53.out", "dns", add_resolvers},
	{"ext.access.http.tcp80.out", "http", add_urls},
	{"ext.access.sip-mtls.tcp5061.out", "sip-mtls", add_partners},
	{"int.access.sip-mtls.tcp5061.out", "sip-mtls", add_next_hops},
	{"ext.av.stun-msturn.udp3478.out", "stun-msturn", add_edges},
	{"ext.av.stun-msturn.tcp443.out", "stun-msturn", add_edges},
	{"ext.xmpp.xmpp.tcp5269.out", "xmpp", add_xmpp_partners},
};

/* Rules that have no row in firewall.tsv, and the flow that they are like. */
static const struct {
	const char *id;
	const char *protocol, *role;
	enum transport transport;
	uint16_t port;
	void (*add)(struct outbound *outbound);
} rules[] = {
	{"xmpp.out-everywhere", "xmpp", "xmpp-proxy", TRANSPORT_TCP, 5269,
	 add_xmpp_partners},
	{"nat.edge-to-edge-av", "stun-msturn", "av-edge", TRANSPORT_UDP, 3478,
	 add_neighbours},
	{"nat.edge-to-edge-av", "stun-msturn", "av-edge", TRANSPORT_TCP, 443,
	 add_neighbours},
};

static bool applies(const struct outbound *outbound,
		    const struct requirement *requirement)
{
	return requirement &&
	       applicability_of(outbound->errands->arena, requirement,
				outbound->deployment->topology)
		       .applies;
}

static void begin(struct outbound *outbound,
		  const struct requirement *requirement, const char *protocol,
		  enum transport transport, uint16_t port)
{
	outbound->errand = (struct errand){
		.requirement = requirement,
		.node = outbound->node ? outbound->node->name : "-",
		.subject = "-",
		.probe = errand_probe(protocol, transport),
		.protocol = protocol,
		.endpoint = {.transport = transport, .port = port},
	};
}

static void add_row(struct outbound *outbound, const struct firewall_row *row)
{
	const struct requirement *requirement = row->requirement;
	char role[32] = "";

	for (size_t i = 0; i < COUNT(flows); i++) {
		if (strcmp(flows[i].flow, requirement->flow) != 0 ||
		    !applies(outbound, requirement))
			continue;
		memcpy(role, row->sources,
		       strnlen(row->sources, sizeof(role) - 1));
		role[strcspn(role, ",")] = '\0';
		find_sources(outbound, role);
		begin(outbound, requirement, flows[i].protocol, row->transport,
		      row->first);
		flows[i].add(outbound);
	}
}

void errands_of_edge_host(struct errands *errands,
			  const struct deployment *deployment)
{
	const struct observation *seen = edge_host_seen(deployment);
	struct outbound outbound = {
		.errands = errands,
		.deployment = deployment,
		.peers = deployment->mission->peers,
	};
	const struct firewall_row *rows;
	size_t count;

	/* who we are comes first; a report's host is not to be spoken from */
	if (!seen || observation_flag(seen, "host.reported"))
		return;
	outbound.node =
		host_seen_node(errands->arena, deployment->topology, seen);
	if (!outbound.node && deployment->topology->file)
		return;
	rows = firewall_table(&count);
	for (size_t i = 0; i < count; i++)
		add_row(&outbound, &rows[i]);
	for (size_t i = 0; i < COUNT(rules); i++) {
		const struct requirement *requirement =
			requirement_find(rules[i].id);

		if (!applies(&outbound, requirement))
			continue;
		find_sources(&outbound, rules[i].role);
		begin(&outbound, requirement, rules[i].protocol,
		      rules[i].transport, rules[i].port);
		rules[i].add(&outbound);
	}
}
