#include "common/model/topology_finish.h"

#include <stdarg.h>
#include <string.h>

struct finish {
	struct arena *arena;
	struct topology *topology;
	const struct topology_lines *lines;
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

/* Without `topology =`, the kind is what the nodes look like. */
static void infer_kind(struct finish *finish)
{
	struct topology *topology = finish->topology;
	bool scaled = topology->node_count > 1;
	bool nat = finish->lines->has_public;

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
		unsigned line = finish->lines->nodes[i];
		size_t addresses = 0;

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
		for (size_t s = 0; s < SERVICE_COUNT; s++)
			addresses += node->address_count[s];
		if (addresses == 0)
			return fail(finish, line,
				    "'%s' has no external address", node->name);
	}
	return true;
}

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

static bool check_public_side(struct finish *finish, size_t at, size_t service,
			      size_t i)
{
	struct node *node = &finish->topology->nodes[at];
	struct service_address *both = &node->addresses[service][i];
	unsigned line = finish->lines->addresses[at][service];
	const char *key = service_name((enum service)service);
	char text[ADDRESS_TEXT_BYTES];

	if (!kind_is_nat(finish->topology->kind))
		both->public = both->local;
	if (both->public.family != both->local.family)
		return fail(finish, line,
			    "address %zu of %s and of %s-public are of two "
			    "families",
			    i + 1, key, key);
	address_format(text, &both->public);
	if (!is_unroutable(&both->public))
		return true;
	if (kind_is_nat(finish->topology->kind))
		return fail(finish, line,
			    "%s-public %s is not routed on the Internet", key,
			    text);
	return fail(finish, line,
		    "private address %s in topology %s, which has no NAT", text,
		    kind_name(finish->topology->kind));
}

static bool check_mapping(struct finish *finish, size_t at, size_t service)
{
	size_t given = finish->lines->public_count[at][service];
	size_t count = finish->topology->nodes[at].address_count[service];
	unsigned line = finish->lines->addresses[at][service];
	enum topology_kind kind = finish->topology->kind;
	const char *key = service_name((enum service)service);

	if (line == 0)
		line = finish->lines->nodes[at];
	if (given && !kind_is_nat(kind))
		return fail(finish, line,
			    "%s-public needs a topology with NAT, not %s", key,
			    kind_name(kind));
	if (given != count && kind_is_nat(kind))
		return fail(finish, line,
			    "%s has %zu addresses and %s-public has %zu: "
			    "under NAT each needs its public one",
			    key, count, key, given);
	for (size_t i = 0; i < count; i++) {
		if (!check_public_side(finish, at, service, i))
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

/* Every address with its port, in order: one place for loops over them. */
struct place {
	size_t node, listener, index;
};

static const struct service_address *
place_address(const struct topology *topology, const struct place *place)
{
	enum service service = listener_table[place->listener].service;

	return &topology->nodes[place->node].addresses[service][place->index];
}

static bool next_place(const struct topology *topology, struct place *place)
{
	place->index++;
	while (place->node < topology->node_count) {
		const struct node *node = &topology->nodes[place->node];

		for (; place->listener < LISTENER_COUNT; place->listener++) {
			enum service service =
				listener_table[place->listener].service;

			if (place->index < node->address_count[service])
				return true;
			place->index = 0;
		}
		place->listener = 0;
		place->node++;
	}
	return false;
}

static bool places_clash(const struct topology *topology,
			 const struct place *one, const struct place *other)
{
	const struct listener_info *first = &listener_table[one->listener];
	const struct listener_info *second = &listener_table[other->listener];
	const struct service_address *mine = place_address(topology, one);
	const struct service_address *theirs = place_address(topology, other);

	return first->transport == second->transport &&
	       topology->ports[one->listener] ==
		       topology->ports[other->listener] &&
	       (address_equal(&mine->local, &theirs->local) ||
		address_equal(&mine->public, &theirs->public));
}

/* Two listeners cannot share address and port, on one node or on two. */
static bool check_clashes(struct finish *finish)
{
	const struct topology *topology = finish->topology;
	struct place one = {0, 0, SIZE_MAX};

	while (next_place(topology, &one)) {
		const struct listener_info *info =
			&listener_table[one.listener];
		struct place other = {0, 0, SIZE_MAX};
		char text[ENDPOINT_TEXT_BYTES];

		while (next_place(topology, &other) &&
		       memcmp(&one, &other, sizeof(one)) != 0) {
			if (!places_clash(topology, &one, &other))
				continue;
			endpoint_format(text,
					&place_address(topology, &one)->public,
					topology->ports[one.listener]);
			return fail(finish,
				    finish->lines->addresses[one.node]
							    [info->service],
				    "%s of '%s' and %s of '%s' share %s: give "
				    "them addresses or [ports] of their own",
				    info->key, topology->nodes[one.node].name,
				    listener_table[other.listener].key,
				    topology->nodes[other.node].name, text);
		}
	}
	return true;
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
	struct place place = {0, 0, SIZE_MAX};

	while (next_place(topology, &place)) {
		if (place_address(topology, &place)->local.family == AF_INET6)
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
		return fail(finish, finish->lines->deployment,
			    "[deployment] lacks sip-domains");
	if (topology->relay_first + topology->relay_count > 65536)
		return fail(finish, finish->lines->relay,
			    "[relay] first %u with count %u runs beyond port "
			    "65535",
			    topology->relay_first, topology->relay_count);
	infer_kind(finish);
	if (!check_nodes(finish))
		return false;
	if (!product_has_xmpp(topology->product))
		topology->features &= ~FEATURE_BIT(FEATURE_XMPP);
	for (size_t at = 0; at < topology->node_count; at++) {
		for (size_t s = 0; s < SERVICE_COUNT; s++) {
			if (!check_mapping(finish, at, s))
				return false;
		}
	}
	share_access_with_xmpp(finish);
	fill_names(finish);
	derive_features(topology);
	return check_clashes(finish);
}

bool topology_finish(struct arena *arena, struct topology *topology,
		     const struct topology_lines *lines, unsigned *line,
		     const char **why)
{
	struct finish finish = {arena, topology, lines, 0, NULL};

	if (finish_all(&finish))
		return true;
	*line = finish.line;
	*why = finish.why;
	return false;
}
