#include "common/model/targets.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/certificates.h"
#include "common/model/discovery.h"
#include "common/model/sightings.h"
#include "common/model/hosting.h"
#include "common/model/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t address_types[] = {DNS_A, DNS_AAAA};

/*
 * Targets
 */

static bool family_wanted(const struct deployment *deployment, int family)
{
	return !deployment->families || deployment->families == family;
}

static const char *node_inside(const struct deployment *deployment,
			       const struct address *address)
{
	const struct node *node =
		listener_node_inside(deployment->topology, address);
	char text[ADDRESS_TEXT_BYTES];

	return node ? node->name
		    : arena_text(deployment->arena,
				 address_format(text, address));
}

static const char *node_of(const struct deployment *deployment,
			   enum listener listener,
			   const struct address *address)
{
	const struct topology *topology = deployment->topology;
	enum service service = listener_table[listener].service;
	char text[ADDRESS_TEXT_BYTES];

	if (listener_is_inside(listener))
		return node_inside(deployment, address);
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t j = 0; j < node->address_count[service]; j++) {
			const struct service_address *one =
				&node->addresses[service][j];

			/* --connect may lead past the address mapping */
			if (address_equal(&one->public, address) ||
			    address_equal(&one->local, address))
				return node->name;
		}
	}
	return arena_text(deployment->arena, address_format(text, address));
}

static const struct connect_override *
find_override(const struct deployment *deployment, const char *name,
	      uint16_t port)
{
	for (size_t i = 0; i < deployment->override_count; i++) {
		const struct connect_override *one = &deployment->overrides[i];

		if (text_names_equal(one->name, name) &&
		    (one->port == 0 || one->port == port))
			return one;
	}
	return NULL;
}

static struct target *find_target(struct deployment *deployment,
				  enum listener listener,
				  const struct endpoint *endpoint)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		struct target *target = &deployment->targets[i];

		if (target->listener == listener &&
		    target->endpoint.port == endpoint->port &&
		    address_equal(&target->endpoint.address,
				  &endpoint->address))
			return target;
	}
	return NULL;
}

/*
 * The targets of one listener are found in an order that decides which name
 * one with several gets. is_settled holds while no question is open whose
 * answer would come earlier in that order.
 */
struct finding {
	struct deployment *deployment;
	enum listener listener;
	bool is_settled;
};

/* A load balancer's address serves what it balances, and nothing else. */
static bool is_past_balancer(const struct finding *finding,
			     const struct address *address)
{
	const struct topology *topology = finding->deployment->topology;
	const struct node *node = listener_node_inside(topology, address);

	return node && node->is_vip &&
	       !listener_is_balanced_inside(topology, finding->listener);
}

static void add_target(const struct finding *finding, const char *name,
		       const struct address *address, uint16_t port,
		       bool from_dns)
{
	struct deployment *deployment = finding->deployment;
	const struct listener_info *info = &listener_table[finding->listener];
	struct endpoint endpoint = {.name = name,
				    .address = *address,
				    .port = port,
				    .transport = info->transport};
	struct target *target;

	if (!family_wanted(deployment, address->family) ||
	    (listener_is_inside(finding->listener) &&
	     is_past_balancer(finding, address)))
		return;
	target = find_target(deployment, finding->listener, &endpoint);
	if (!target && deployment->target_count == DEPLOYMENT_TARGETS_MAX) {
		deployment->targets_cut = true;
		return;
	}
	if (!target) {
		deployment->targets = arena_grow(
			deployment->arena, deployment->targets,
			deployment->target_count, &deployment->target_capacity,
			sizeof(*deployment->targets));
		target = &deployment->targets[deployment->target_count++];
		*target = (struct target){
			.listener = finding->listener,
			.name = name,
			.node = node_of(deployment, finding->listener, address),
			.endpoint = endpoint,
			.is_settled = finding->is_settled,
		};
	}
	target->from_dns |= from_dns;
	target->from_file |= !from_dns;
}

static int compare_addresses(const void *one, const void *other)
{
	return address_compare(one, other);
}

/* The addresses of a name in DNS, sorted; at most max. */
static size_t dns_addresses(const struct deployment *deployment,
			    const char *name, struct address *addresses,
			    size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct fact *fact =
			deployment_records(deployment, name, address_types[i]);

		for (; fact && count < max; fact = fact_next(fact)) {
			if (address_parse(fact->text, &addresses[count]))
				count++;
		}
	}
	qsort(addresses, count, sizeof(*addresses), compare_addresses);
	return count;
}

static void add_name(struct finding *finding, const char *name, uint16_t port)
{
	struct deployment *deployment = finding->deployment;
	const struct connect_override *override =
		find_override(deployment, name, port);
	struct address addresses[DEPLOYMENT_TARGETS_MAX];
	size_t count;

	if (override) {
		add_target(finding, name, &override->to.address,
			   override->to.port, true);
		return;
	}
	/* nobody asked for a look at Microsoft's own servers */
	if (hosting_leads_away(deployment, name))
		return;
	count = dns_addresses(deployment, name, addresses,
			      DEPLOYMENT_TARGETS_MAX);
	for (size_t i = 0; i < count; i++)
		add_target(finding, name, &addresses[i], port, true);
	if (!deployment_addresses_asked(deployment, name))
		finding->is_settled = false;
}

/* Hosts that the SRV record of each domain names. */
static void add_srv(struct finding *finding, const char *prefix)
{
	struct deployment *deployment = finding->deployment;
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		struct srv hosts[DEPLOYMENT_SRV_HOSTS_MAX];
		char name[NAME_BYTES_MAX + 32];
		size_t count;

		snprintf(name, sizeof(name), "%s.%s", prefix,
			 topology->domains[i]);
		count = deployment_srv_hosts(deployment, name, hosts,
					     &deployment->targets_cut);
		for (size_t j = 0; j < count; j++)
			add_name(finding, hosts[j].target, hosts[j].port);
		if (!deployment_is_asked(deployment, name, DNS_SRV))
			finding->is_settled = false;
	}
}

static void add_nodes(struct finding *finding, const char *name)
{
	struct deployment *deployment = finding->deployment;
	const struct topology *topology = deployment->topology;
	enum service service = listener_table[finding->listener].service;
	uint16_t port = topology->ports[finding->listener];

	/* who says where to connect does not mean these addresses */
	if (name && find_override(deployment, name, port))
		return;
	/* what a file says waits for no answer */
	finding->is_settled |= deployment->given->names[service] != NULL;
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t j = 0; j < node->address_count[service]; j++)
			add_target(finding, name,
				   &node->addresses[service][j].public, port,
				   false);
	}
}

/* NULL: no SRV record leads there. */
static const char *const srv_prefixes[LISTENER_OUTSIDE_COUNT] = {
	[LISTENER_ACCESS] = "_sip._tls",
	[LISTENER_FEDERATION] = "_sipfederationtls._tcp",
	[LISTENER_XMPP] = "_xmpp-server._tcp",
};

/*
 * The internal interface: what DNS gives inside for the names of the Edge
 * Servers, and the addresses of a file.
 */
static void find_targets_inside(struct deployment *deployment,
				enum listener listener)
{
	const struct topology *topology = deployment->topology;
	const char *const *names = deployment->inside_names;
	size_t count = deployment->inside_name_count;
	uint16_t port = topology->ports[listener];
	struct finding finding = {.deployment = deployment,
				  .listener = listener,
				  .is_settled = true};

	if (!count && topology->internal_name) {
		names = &topology->internal_name;
		count = 1;
	}
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].internal.family)
			add_target(&finding, topology->internal_name,
				   &topology->nodes[i].internal, port, false);
	for (size_t i = 0; i < count; i++)
		add_name(&finding, names[i], port);
}

static void find_targets_of(struct deployment *deployment,
			    enum listener listener)
{
	const struct topology *topology = deployment->topology;
	enum service service = listener_table[listener].service;
	const char *name = topology->names[service];
	size_t before = deployment->target_count;
	struct finding finding = {
		.deployment = deployment,
		.listener = listener,
		.is_settled = srv_prefixes[listener] ||
			      discovery_name_is_settled(deployment, service),
	};

	if (srv_prefixes[listener])
		add_srv(&finding, srv_prefixes[listener]);
	/* SRV records lead; without them, or told a name, that too */
	if (name && (deployment->target_count == before ||
		     deployment->given->names[service]))
		add_name(&finding, name, topology->ports[listener]);
	add_nodes(&finding, name);
}

static void find_targets(struct deployment *deployment)
{
	size_t count;

	for (unsigned i = 0; i < LISTENER_OUTSIDE_COUNT; i++) {
		if (listener_is_offered(deployment->topology, (enum listener)i))
			find_targets_of(deployment, (enum listener)i);
	}
	count = deployment->target_count;
	if (deployment->xmpp_in_doubt)
		find_targets_of(deployment, LISTENER_XMPP);
	deployment->doubtful_count = deployment->target_count - count;
	deployment->target_count = count;
}

static void find_edge(struct deployment *deployment)
{
	discovery_find_names(deployment);
	discovery_find_product(deployment);
	discovery_find_xmpp(deployment);
	discovery_find_mobility(deployment);
	find_targets(deployment);
	discovery_find_kind(deployment);
	if (deployment->targets_cut)
		discovery_tell_cut(deployment);
}

/* From inside nothing is to be discovered: who asks knows the name. */
static void find_inside(struct deployment *deployment)
{
	const struct topology *topology = deployment->topology;

	deployment->discovery = DISCOVERY_DONE;
	discovery_find_product(deployment);
	discovery_find_xmpp(deployment);
	for (unsigned i = LISTENER_OUTSIDE_COUNT; i < LISTENER_COUNT; i++)
		if (deployment->vantage == VANTAGE_INSIDE &&
		    listener_is_offered(topology, (enum listener)i))
			find_targets_inside(deployment, (enum listener)i);
	discovery_find_kind(deployment);
	if (deployment->vantage == VANTAGE_EDGE_HOST)
		discovery_tell_host(deployment);
	else
		discovery_tell_inside(deployment);
	if (deployment->targets_cut)
		discovery_tell_cut(deployment);
}

/* Clients inside look at the outside of Edges, as others do. */
static bool sees_inside(const struct deployment *deployment)
{
	const struct mission *mission = deployment->mission;

	return (deployment->vantage == VANTAGE_INSIDE ||
		deployment->vantage == VANTAGE_EDGE_HOST) &&
	       !(mission && mission->purpose == PURPOSE_CLIENT);
}

static void find_outside(struct deployment *deployment)
{
	discovery_find_domains(deployment);
	if (deployment->discovery != DISCOVERY_DONE)
		return;
	if (hosting_is_all_elsewhere(deployment))
		discovery_tell_hosting(deployment);
	else
		find_edge(deployment);
}

void targets_update(struct deployment *deployment)
{
	if (!deployment->topology)
		deployment->topology = arena_alloc(
			deployment->arena, sizeof(*deployment->topology));
	*deployment->topology = *deployment->given;
	if (!deployment->sightings)
		deployment->sightings = sightings_new(deployment->arena);
	deployment->target_count = deployment->doubtful_count = 0;
	deployment->targets_cut = false;
	deployment->inferred_count = 0;
	certificates_update(deployment);
	if (sees_inside(deployment))
		find_inside(deployment);
	else
		find_outside(deployment);
	deployment->topology->features =
		features_close(deployment->topology->features);
}

size_t targets_endpoints(const struct deployment *deployment, const char *name,
			 uint16_t port, struct endpoint *endpoints, size_t max)
{
	const struct connect_override *override =
		find_override(deployment, name, port);
	struct address addresses[DEPLOYMENT_TARGETS_MAX];
	size_t found = 1, count = 0;

	if (override)
		addresses[0] = override->to.address;
	else
		found = dns_addresses(deployment, name, addresses,
				      DEPLOYMENT_TARGETS_MAX);
	for (size_t i = 0; i < found && count < max; i++) {
		if (!family_wanted(deployment, addresses[i].family))
			continue;
		endpoints[count++] = (struct endpoint){
			.name = name,
			.address = addresses[i],
			.port = override ? override->to.port : port,
			.transport = TRANSPORT_TCP,
		};
	}
	return count;
}
