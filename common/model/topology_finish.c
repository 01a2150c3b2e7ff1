#include "common/model/topology_finish.h"

#include "common/model/binding.h"

#include <stdarg.h>
#include <string.h>

struct finish {
	struct arena *arena;
	struct topology *topology;
	unsigned line;
	const char *why;
};

__attribute__((format(printf, 3, 4))) static bool
fail(struct finish *finish, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finish->why = arena_vformat(finish->arena, format, args);
	va_end(args);
	finish->line = line;
	return false;
}

static bool has_public(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		for (size_t s = 0; s < SERVICE_COUNT; s++)
			if (topology->nodes[i].public_count[s])
				return true;
	return false;
}

/* Without `topology =`, the kind is what the nodes look like. */
static void infer_kind(struct finish *finish)
{
	struct topology *topology = finish->topology;
	bool scaled = topology->node_count > 1;
	bool nat = has_public(topology);

	if (topology->kind_known)
		return;
	if (scaled)
		topology->kind =
			nat ? KIND_SCALED_DNSLB_NAT : KIND_SCALED_DNSLB_PUBLIC;
	else
		topology->kind = nat ? KIND_SINGLE_NAT : KIND_SINGLE_PUBLIC;
	for (size_t i = 0; i < topology->node_count; i++) {
		if (topology->nodes[i].is_vip)
			topology->kind = KIND_SCALED_HLB;
	}
}

static bool check_nodes(struct finish *finish)
{
	const struct topology *topology = finish->topology;
	const char *kind = kind_name(topology->kind);

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];
		unsigned line = topology_line(topology, node_section(node),
					      node->name, NULL);

		if (node->is_vip && topology->kind != KIND_SCALED_HLB)
			return fail(finish, line,
				    "[vip %s] needs topology = scaled-hlb, not "
				    "%s",
				    node->name, kind);
		if (i > 0 && !kind_is_scaled(topology->kind))
			return fail(finish, line,
				    "topology %s has one edge, '%s' is a "
				    "second one",
				    kind, node->name);
	}
	return true;
}

static bool check_pools(struct finish *finish)
{
	const struct topology *topology = finish->topology;

	for (size_t i = 0; i < topology->pool_count; i++) {
		const struct server_pool *pool = &topology->pools[i];
		size_t servers = pool->server_count ? pool->server_count : 1;

		if (pool->address_count && pool->address_count != servers)
			return fail(finish,
				    topology_line(topology, "pool", pool->name,
						  "addresses"),
				    "'%s' has %zu servers and %zu addresses",
				    pool->name, servers, pool->address_count);
	}
	return true;
}

static bool check_public_side(struct finish *finish, const struct node *node,
			      enum service service, size_t i)
{
	const struct service_address *both = &node->addresses[service][i];
	const char *key = service_name(service);

	if (both->public.family == both->local.family)
		return true;
	return fail(finish,
		    topology_line(finish->topology, node_section(node),
				  node->name, key),
		    "address %zu of %s and of %s-public are of two families",
		    i + 1, key, key);
}

/* Without NAT the world sees what the interface has. */
static bool check_mapping(struct finish *finish, struct node *node,
			  enum service service)
{
	size_t given = node->public_count[service];
	size_t count = node->address_count[service];
	const char *key = service_name(service);

	if (given != count && (given || kind_is_nat(finish->topology->kind)))
		return fail(finish,
			    topology_line(finish->topology, node_section(node),
					  node->name, key),
			    "%s has %zu addresses and %s-public has %zu: "
			    "under NAT each needs its public one",
			    key, count, key, given);
	for (size_t i = 0; i < count; i++) {
		if (!given)
			node->addresses[service][i].public =
				node->addresses[service][i].local;
		if (!check_public_side(finish, node, service, i))
			return false;
	}
	return true;
}

static void share_access_with_xmpp(struct finish *finish)
{
	struct topology *topology = finish->topology;

	if (!(topology->features & FEATURE_BIT(FEATURE_XMPP)))
		return;
	for (size_t i = 0; i < topology->node_count; i++) {
		struct node *node = &topology->nodes[i];

		if (node->address_count[SERVICE_XMPP])
			continue;
		memcpy(node->addresses[SERVICE_XMPP],
		       node->addresses[SERVICE_ACCESS],
		       sizeof(node->addresses[0]));
		node->address_count[SERVICE_XMPP] =
			node->address_count[SERVICE_ACCESS];
	}
}

static void fill_names(struct finish *finish)
{
	static const char *const labels[SERVICE_COUNT] = {
		[SERVICE_ACCESS] = "sip",
		[SERVICE_WEBCONF] = "webcon",
		[SERVICE_AV] = "av",
		[SERVICE_XMPP] = "xmpp",
	};
	struct topology *topology = finish->topology;
	bool xmpp = topology->features & FEATURE_BIT(FEATURE_XMPP);

	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		if (!topology->names[i] && (i != SERVICE_XMPP || xmpp))
			topology->names[i] =
				arena_format(finish->arena, "%s.%s", labels[i],
					     topology->domains[0]);
	}
}

/* Whether Access, Web Conferencing and A/V have one address together. */
static bool is_single_address(const struct topology *topology)
{
	const struct node *node = &topology->nodes[0];
	const struct address *access =
		&node->addresses[SERVICE_ACCESS][0].local;

	if (topology->node_count == 0 || !node->address_count[SERVICE_AV] ||
	    !node->address_count[SERVICE_ACCESS])
		return false;
	return address_equal(access, &node->addresses[SERVICE_AV][0].local);
}

static bool has_ipv6(const struct topology *topology)
{
	struct binding binding = BINDING_FIRST;

	while (binding_next(topology, &binding)) {
		if (binding_address(topology, &binding)->local.family ==
		    AF_INET6)
			return true;
	}
	return false;
}

static void set_feature(struct topology *topology, enum feature feature,
			bool on)
{
	topology->features &= ~FEATURE_BIT(feature);
	if (on)
		topology->features |= FEATURE_BIT(feature);
}

/* Facts of the deployment that the tables call features. */
static void derive_features(struct topology *topology)
{
	bool single = topology->features & FEATURE_BIT(FEATURE_SINGLE_IP);

	set_feature(topology, FEATURE_MULTI_SIP_DOMAIN,
		    topology->domain_count > 1);
	set_feature(topology, FEATURE_HA, kind_is_scaled(topology->kind));
	if (topology->node_count) { /* else what the file lists is all */
		single = is_single_address(topology);
		set_feature(topology, FEATURE_SINGLE_IP, single);
		set_feature(topology, FEATURE_IPV6, has_ipv6(topology));
	}
	set_feature(topology, FEATURE_PER_ROLE, !single);
	topology->features = features_close(topology->features);
}

static bool finish_all(struct finish *finish)
{
	struct topology *topology = finish->topology;

	if (topology->domain_count == 0)
		return fail(finish,
			    topology_line(topology, "deployment", "", NULL),
			    "[deployment] lacks sip-domains");
	if (topology->relay_first + topology->relay_count > 65536)
		return fail(finish,
			    topology_line(topology, "relay", "", "first"),
			    "[relay] first %u with count %u runs beyond port "
			    "65535",
			    topology->relay_first, topology->relay_count);
	topology->features_listed = topology->features;
	if (!product_has_xmpp(topology->product))
		topology->features &= ~FEATURE_BIT(FEATURE_XMPP);
	infer_kind(finish);
	if (!check_nodes(finish) || !check_pools(finish))
		return false;
	for (size_t at = 0; at < topology->node_count; at++) {
		for (unsigned s = 0; s < SERVICE_COUNT; s++) {
			if (!check_mapping(finish, &topology->nodes[at],
					   (enum service)s))
				return false;
		}
	}
	share_access_with_xmpp(finish);
	fill_names(finish);
	derive_features(topology);
	return true;
}

bool topology_finish(struct arena *arena, struct topology *topology,
		     unsigned *line, const char **why)
{
	struct finish finish = {arena, topology, 0, NULL};

	if (finish_all(&finish))
		return true;
	*line = finish.line;
	*why = finish.why;
	return false;
}
