#include "common/plan/lint_rule.h"

#include "common/model/binding.h"

#include <string.h>

/* Loopback is for trials on one host: neither public nor a fault. */
static bool is_loopback(const struct address *address)
{
	static const struct address v6 = {AF_INET6, {[15] = 1}};

	return address->family == AF_INET ? address->bytes[0] == 127
					  : address_equal(address, &v6);
}

static bool is_unroutable(const struct address *address)
{
	return address_is_private(address) && !is_loopback(address);
}

static const char *text_of(struct lint *lint, const struct address *address)
{
	char text[ADDRESS_TEXT_BYTES];

	return arena_text(lint->arena, address_format(text, address));
}

/* One address of a node's service, as the functions below see each of them. */
struct seen {
	const struct node *node;
	const char *key; /* "access" */
	const struct service_address *address;
};

/* Calls see() for each address of the services the file gives. */
static void see_each(struct lint *lint,
		     void (*see)(struct lint *lint, const struct seen *seen))
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (unsigned s = 0; s < SERVICE_COUNT; s++) {
			const char *key = service_name((enum service)s);

			/* XMPP shares the Access address unless it is given */
			if (s == SERVICE_XMPP &&
			    !topology_line(topology, node_section(node),
					   node->name, key))
				continue;
			for (size_t a = 0; a < node->address_count[s]; a++) {
				struct seen seen = {node, key,
						    &node->addresses[s][a]};

				see(lint, &seen);
			}
		}
	}
}

static bool is_mapped(const struct seen *seen)
{
	return !address_equal(&seen->address->local, &seen->address->public);
}

static void see_addressing(struct lint *lint, const struct seen *seen)
{
	enum topology_kind kind = lint->topology->kind;
	unsigned line = node_line(lint, seen->node, seen->key);

	if (!is_unroutable(&seen->address->public)) {
		if (is_mapped(seen) && !kind_is_nat(kind))
			remark_at(lint, line,
				  "%s %s is mapped to %s, but %s has no NAT",
				  seen->key,
				  text_of(lint, &seen->address->local),
				  text_of(lint, &seen->address->public),
				  kind_name(kind));
		return;
	}
	remark_at(lint, line,
		  kind_is_nat(kind)
			  ? "%s is published as %s, which the Internet does "
			    "not route"
			  : "%s %s is private, and this topology has no NAT",
		  seen->key, text_of(lint, &seen->address->public));
}

static void check_addressing_kinds(struct lint *lint)
{
	if (lint->topology->kind != KIND_SCALED_HLB)
		see_each(lint, see_addressing);
}

static void see_hlb_addressing(struct lint *lint, const struct seen *seen)
{
	unsigned line = node_line(lint, seen->node, seen->key);

	if (is_mapped(seen))
		remark_at(lint, line,
			  "%s %s of %s is mapped to %s: no NAT behind a "
			  "hardware load balancer",
			  seen->key, text_of(lint, &seen->address->local),
			  seen->node->name,
			  text_of(lint, &seen->address->public));
	else if (is_unroutable(&seen->address->local))
		remark_at(lint, line,
			  "%s %s of %s is private: servers and VIPs of a "
			  "hardware load balancer need public addresses",
			  seen->key, text_of(lint, &seen->address->local),
			  seen->node->name);
}

static void check_hlb_addressing(struct lint *lint)
{
	see_each(lint, see_hlb_addressing);
}

static void see_hlb_mapping(struct lint *lint, const struct seen *seen)
{
	if (is_mapped(seen) && lint->topology->kind == KIND_SCALED_HLB)
		remark_at(lint, node_line(lint, seen->node, seen->key),
			  "NAT of a pool is allowed with DNS load balancing "
			  "only");
}

static void check_scaled_nat(struct lint *lint)
{
	see_each(lint, see_hlb_mapping);
}

/* The three interfaces are private together, or none is. */
static void check_all_private(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];
		size_t private = 0, count = 0;

		for (unsigned s = SERVICE_ACCESS; s <= SERVICE_AV; s++)
			for (size_t a = 0; a < node->address_count[s]; a++) {
				count++;
				private += address_is_private(
					&node->addresses[s][a].local);
			}
		if (private < count)
			remark_at(lint, node_line(lint, node, NULL),
				  "%zu of %zu external addresses of %s are "
				  "private: with NAT all are",
				  private, count, node->name);
	}
}

static bool same_binding(const struct binding *one, const struct binding *other)
{
	return one->node == other->node && one->listener == other->listener &&
	       one->index == other->index;
}

static unsigned binding_line(const struct lint *lint,
			     const struct binding *binding)
{
	enum service service = listener_table[binding->listener].service;

	return node_line(lint, &lint->topology->nodes[binding->node],
			 service_name(service));
}

/* Two local addresses behind one public one: no one-to-one mapping. */
static bool is_shared_mapping(const struct topology *topology,
			      const struct binding *one,
			      const struct binding *other)
{
	const struct service_address *mine = binding_address(topology, one);
	const struct service_address *theirs = binding_address(topology, other);

	return address_equal(&mine->public, &theirs->public) &&
	       !address_equal(&mine->local, &theirs->local);
}

static void check_one_to_one(struct lint *lint)
{
	const struct topology *topology = lint->topology;
	struct binding one = BINDING_FIRST;
	unsigned said = 0;

	while (binding_next(topology, &one)) {
		struct binding other = BINDING_FIRST;

		while (binding_next(topology, &other) &&
		       !same_binding(&one, &other)) {
			unsigned line = binding_line(lint, &one);

			if (!is_shared_mapping(topology, &one, &other) ||
			    line == said)
				continue;
			said = line;
			remark_at(
				lint, line,
				"%s and %s are both published as %s: each "
				"address needs a public one of its own",
				text_of(lint, &binding_address(topology, &one)
						       ->local),
				text_of(lint, &binding_address(topology, &other)
						       ->local),
				text_of(lint, &binding_address(topology, &one)
						       ->public));
		}
	}
}

static const struct {
	enum service service;
	enum feature feature; /* that asks for it; FEATURE_COUNT: always */
} wanted_services[] = {
	{SERVICE_ACCESS, FEATURE_COUNT},
	{SERVICE_WEBCONF, FEATURE_WEBCONF},
	{SERVICE_AV, FEATURE_AV},
};

#define WANTED_SERVICES (sizeof(wanted_services) / sizeof(wanted_services[0]))

static void check_services_of(struct lint *lint, const struct node *node)
{
	for (size_t i = 0; i < WANTED_SERVICES; i++) {
		enum service service = wanted_services[i].service;
		enum feature feature = wanted_services[i].feature;

		if (node->address_count[service] ||
		    (feature != FEATURE_COUNT && !lint_has(lint, feature)))
			continue;
		remark_at(lint, node_line(lint, node, NULL),
			  "%s has no address for %s", node->name,
			  service_title(service));
	}
}

/* What is off does not listen. */
static bool is_off(const struct lint *lint, enum listener listener)
{
	return listener == LISTENER_FEDERATION &&
	       !lint_has(lint, FEATURE_FEDERATION) &&
	       !lint_has(lint, FEATURE_PIC);
}

/* Two listeners cannot share address and port, on one node or on two. */
static void check_clashes(struct lint *lint)
{
	const struct topology *topology = lint->topology;
	struct binding one = BINDING_FIRST;

	while (binding_next(topology, &one)) {
		const struct listener_info *info =
			&listener_table[one.listener];
		struct binding other = BINDING_FIRST;
		char text[ENDPOINT_TEXT_BYTES];

		while (binding_next(topology, &other) &&
		       !same_binding(&one, &other)) {
			if (!bindings_clash(topology, &one, &other) ||
			    is_off(lint, (enum listener)one.listener) ||
			    is_off(lint, (enum listener)other.listener))
				continue;
			endpoint_format(
				text, &binding_address(topology, &one)->public,
				topology->ports[one.listener]);
			remark_at(lint, binding_line(lint, &one),
				  "%s of '%s' and %s of '%s' share %s: give "
				  "them addresses or [ports] of their own",
				  info->key, topology->nodes[one.node].name,
				  listener_table[other.listener].key,
				  topology->nodes[other.node].name, text);
		}
	}
}

static void check_three_services(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (!topology->nodes[i].is_vip)
			check_services_of(lint, &topology->nodes[i]);
	check_clashes(lint);
}

static void check_one_per_vip(struct lint *lint)
{
	const struct topology *topology = lint->topology;
	const struct node *vip = NULL;

	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip)
			vip = &topology->nodes[i];
	if (vip)
		check_services_of(lint, vip);
	else if (topology->node_count)
		remark_at(lint,
			  topology_line(topology, "deployment", "", "topology"),
			  "scaled-hlb needs a [vip NAME] with an address for "
			  "each service");
}

static void check_single_address(struct lint *lint)
{
	if (lint->topology->node_count)
		remark_at(lint,
			  node_line(lint, &lint->topology->nodes[0], NULL),
			  "one address serves all: people behind firewalls "
			  "that block its other ports lose functions");
}

/* Ports that firewalls of others may not pass, by service. */
static void check_other_ports(struct lint *lint)
{
	static const enum listener usual[] = {LISTENER_ACCESS, LISTENER_WEBCONF,
					      LISTENER_AV_TCP};
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		const struct listener_info *info = &listener_table[usual[i]];

		if (topology->node_count &&
		    topology->ports[usual[i]] != info->port)
			remark_at(
				lint,
				topology_line(topology, "ports", "", info->key),
				"%s on port %u: firewalls of others may let "
				"%u alone pass",
				info->title, topology->ports[usual[i]],
				info->port);
	}
}

static void check_two_servers(struct lint *lint)
{
	size_t count = edge_count(lint->topology);

	if (lint->topology->node_count && count < 2)
		remark_at(lint,
			  topology_line(lint->topology, "deployment", "",
					"topology"),
			  "high availability needs two Edge Servers at least, "
			  "not %zu",
			  count);
}

static void check_most_servers(struct lint *lint)
{
	size_t count = edge_count(lint->topology);

	if (count > 12)
		remark_at(lint,
			  topology_line(lint->topology, "deployment", "", NULL),
			  "%zu Edge Servers in one pool: more than 12 are "
			  "neither tested nor supported, though the topology "
			  "tool takes 20",
			  count);
}

static void check_split(struct lint *lint)
{
	size_t count = edge_count(lint->topology);

	if (count > 12)
		remark_at(lint,
			  topology_line(lint->topology, "deployment", "", NULL),
			  "make %zu pools of the %zu Edge Servers",
			  (count + 11) / 12, count);
}

static void check_each_member(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (!topology->nodes[i].internal.family)
			remark_at(lint,
				  node_line(lint, &topology->nodes[i], NULL),
				  "%s has no internal address, and the XMPP "
				  "gateway needs that of every server",
				  topology->nodes[i].name);
}

static bool any_holds(const struct networks *networks,
		      const struct address *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (network_holds(&networks->items[i], address))
			return true;
	return false;
}

static const char *network_of(struct lint *lint, const struct network *network)
{
	char text[NETWORK_TEXT_BYTES];

	return arena_text(lint->arena, network_format(text, network));
}

static void see_in_internal_network(struct lint *lint, const struct seen *seen)
{
	if (any_holds(&lint->topology->internal, &seen->address->local))
		remark_at(lint, node_line(lint, seen->node, seen->key),
			  "%s %s lies in the internal network", seen->key,
			  text_of(lint, &seen->address->local));
	if (seen->node->internal.family &&
	    address_equal(&seen->node->internal, &seen->address->local))
		remark_at(lint, node_line(lint, seen->node, "internal"),
			  "%s is %s and internal at once",
			  text_of(lint, &seen->node->internal), seen->key);
}

static void check_two_networks(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	see_each(lint, see_in_internal_network);
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].internal.family &&
		    any_holds(&topology->external,
			      &topology->nodes[i].internal))
			remark_at(lint,
				  node_line(lint, &topology->nodes[i],
					    "internal"),
				  "internal %s lies in the external network",
				  text_of(lint, &topology->nodes[i].internal));
	for (size_t i = 0; i < topology->external.count; i++)
		for (size_t j = 0; j < topology->internal.count; j++)
			if (network_overlaps(&topology->external.items[i],
					     &topology->internal.items[j]))
				remark_at(lint,
					  topology_line(topology, "networks",
							"", "internal"),
					  "internal network %s and external "
					  "network %s overlap",
					  network_of(
						  lint,
						  &topology->internal.items[j]),
					  network_of(lint, &topology->external
								    .items[i]));
}

static void check_admission_control(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].internal.family == AF_INET6)
			remark_at(lint,
				  node_line(lint, &topology->nodes[i],
					    "internal"),
				  "call admission control needs an IPv4 "
				  "address inside");
}

/*
 * What a file must hold for silence to mean that it agrees
 */

static bool tells_internal_addresses(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (!topology->nodes[i].is_vip &&
		    !topology->nodes[i].internal.family)
			return false;
	return topology->node_count > 0;
}

static bool tells_networks(const struct topology *topology)
{
	return topology->external.count && topology->internal.count;
}

const struct lint_rule address_rules[] = {
	{"topo.addressing-kinds", check_addressing_kinds, NULL},
	{"nat.all-three-private", check_all_private, NULL},
	{"nat.symmetric-only", check_one_to_one, NULL},
	{"nat.scaled-needs-dnslb", check_scaled_nat, NULL},
	{"hlb.no-nat", check_hlb_addressing, NULL},
	{"hlb.public-ip-everywhere", check_hlb_addressing, NULL},
	{"ip.three-services", check_three_services, NULL},
	{"hlb.ip-n-plus-1", check_one_per_vip, NULL},
	{"dns.hlb-one-a-per-vip", check_one_per_vip, NULL},
	{"ip.single-discouraged", check_single_address, NULL},
	{"ha.two-servers", check_two_servers, NULL},
	{"nic.single-ip-firewall", check_other_ports, NULL},
	{"pool.max-12", check_most_servers, NULL},
	{"pool.split", check_split, NULL},
	{"xmpp.each-member", check_each_member, tells_internal_addresses},
	{"net.two-networks", check_two_networks, tells_networks},
	{"ip.cac-needs-ipv4", check_admission_control,
	 tells_internal_addresses},
};
const size_t address_rule_count =
	sizeof(address_rules) / sizeof(address_rules[0]);
