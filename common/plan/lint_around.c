#include "common/plan/lint_rule.h"

#include <string.h>

static unsigned line_of(const struct lint *lint, const char *section,
			const char *key)
{
	return topology_line(lint->topology, section, "", key);
}

static bool has_any(const struct lint *lint, const enum feature *features,
		    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lint_has(lint, features[i]))
			return true;
	return false;
}

#define HAS_ANY(lint, ...)                                                     \
	has_any(lint, (const enum feature[]){__VA_ARGS__},                     \
		sizeof((const enum feature[]){__VA_ARGS__}) /                  \
			sizeof(enum feature))

/* Load balancing */

static void check_dns_preferred(struct lint *lint)
{
	if (lint->topology->kind == KIND_SCALED_HLB &&
	    !HAS_ANY(lint, FEATURE_PIC, FEATURE_EXUM_2007,
		     FEATURE_EXUM_2010_RTM, FEATURE_FED_OCS2007,
		     FEATURE_FED_OCS2007R2))
		remark_at(lint, line_of(lint, "deployment", "topology"),
			  "nothing here needs a hardware load balancer: DNS "
			  "load balancing is recommended");
}

static void check_hlb_needed(struct lint *lint)
{
	remark_at(lint, line_of(lint, "deployment", "features"),
		  "Exchange 2007, or 2010 without service pack, as voice mail "
		  "for people outside needs a hardware load balancer: with "
		  "DNS all its traffic goes to the first server of the pool");
}

static void check_federation_prefers_dns(struct lint *lint)
{
	if (lint->topology->kind == KIND_SCALED_HLB)
		remark_at(lint, line_of(lint, "deployment", "topology"),
			  "DNS load balancing is recommended for federation "
			  "with partners of these products");
}

static void check_old_partners_need_hlb(struct lint *lint)
{
	if (lint->topology->kind != KIND_SCALED_HLB)
		remark_at(lint, line_of(lint, "deployment", "topology"),
			  "high availability towards Office Communications "
			  "Server 2007, old Exchange voice mail or public IM "
			  "needs a hardware load balancer");
}

static void check_same_both_sides(struct lint *lint)
{
	const struct topology *topology = lint->topology;
	enum balancing outside = topology->kind == KIND_SCALED_HLB
					 ? BALANCING_HARDWARE
					 : BALANCING_DNS;

	if (topology->internal_balancing_known &&
	    topology->internal_balancing != BALANCING_NONE &&
	    topology->internal_balancing != outside)
		remark_at(lint, line_of(lint, "balancer", "internal"),
			  "load balancing is %s inside and %s outside: both "
			  "sides need the same kind",
			  balancing_name(topology->internal_balancing),
			  balancing_name(outside));
}

static const struct node *internal_vip(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip &&
		    topology->nodes[i].internal.family)
			return &topology->nodes[i];
	return NULL;
}

static void check_internal_vip(struct lint *lint)
{
	const struct node *vip = internal_vip(lint->topology);

	if (vip && !HAS_ANY(lint, FEATURE_EXUM_2007, FEATURE_EXUM_2010,
			    FEATURE_LEGACY_CLIENTS))
		remark_at(lint, node_line(lint, vip, "internal"),
			  "an internal VIP serves only Exchange 2007 or 2010 "
			  "voice mail and legacy clients: leave it out");
}

static void check_balanced_inside(struct lint *lint)
{
	static const enum service barred[] = {SERVICE_WEBCONF, SERVICE_XMPP};

	for (size_t i = 0; i < 2; i++)
		if (lint->topology->balanced_inside & 1u << barred[i])
			remark_at(
				lint,
				line_of(lint, "balancer", "internal-services"),
				"the internal load balancer must not carry "
				"%s: only Access and A/V",
				service_title(barred[i]));
}

static void check_source_nat(struct lint *lint)
{
	if (lint->topology->source_nat & 1u << SERVICE_AV)
		remark_at(lint, line_of(lint, "balancer", "source-nat"),
			  "source NAT on A/V hides where people are: media "
			  "finds no path");
}

static void check_direct_return(struct lint *lint)
{
	if (lint->topology->direct_return)
		remark_at(lint, line_of(lint, "balancer", "direct-return"),
			  "direct server return is not supported");
}

/* Routes and gateways */

static void check_internal_gateway(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].internal_gateway.family)
			remark_at(lint,
				  node_line(lint, &topology->nodes[i],
					    "internal-gateway"),
				  "%s has a default gateway on its internal "
				  "adapter: give it routes instead",
				  topology->nodes[i].name);
}

static bool covers(const struct networks *networks,
		   const struct network *network)
{
	for (size_t i = 0; i < networks->count; i++)
		if (networks->items[i].bits <= network->bits &&
		    network_overlaps(&networks->items[i], network))
			return true;
	return false;
}

static void check_routes(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t n = 0; !node->is_vip && n < topology->served.count;
		     n++) {
			const struct network *served =
				&topology->served.items[n];
			char text[NETWORK_TEXT_BYTES];

			if (!covers(&node->routes, served) &&
			    !covers(&topology->internal, served))
				remark_at(lint, node_line(lint, node, "routes"),
					  "%s has no route to %s, where "
					  "servers or clients are",
					  node->name,
					  network_format(text, served));
		}
	}
}

static bool is_access_vip(const struct topology *topology,
			  const struct address *address)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip &&
		    topology->nodes[i].address_count[SERVICE_ACCESS] &&
		    address_equal(&topology->nodes[i]
					   .addresses[SERVICE_ACCESS][0]
					   .local,
				  address))
			return true;
	return false;
}

/* The router or the Access VIP: both documents are right. */
static void check_gateway(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];
		struct network gateway = {
			node->gateway,
			node->gateway.family == AF_INET ? 32 : 128};

		if (!node->gateway.family || !topology->external.count ||
		    covers(&topology->external, &gateway) ||
		    is_access_vip(topology, &node->gateway))
			continue;
		remark_at(lint, node_line(lint, node, "gateway"),
			  "the gateway of %s lies in no external network",
			  node->name);
	}
}

/* Features */

static void check_xmpp_is_gone(struct lint *lint)
{
	if (lint->topology->features_listed & FEATURE_BIT(FEATURE_XMPP))
		remark_at(lint, line_of(lint, "deployment", "features"),
			  "%s has no XMPP: keep an Edge of the 2015 server for "
			  "it, or drop it",
			  product_name(lint->topology->product));
}

static void check_sip_path(struct lint *lint)
{
	if (HAS_ANY(lint, FEATURE_WEBCONF, FEATURE_AV) &&
	    !HAS_ANY(lint, FEATURE_REMOTE_ACCESS, FEATURE_FEDERATION,
		     FEATURE_PIC))
		remark_at(lint, line_of(lint, "deployment", "features"),
			  "webconf and av need one of remote-access, "
			  "federation and pic: without it no SIP reaches "
			  "them");
}

static bool is_web_pool(const struct server_pool *pool)
{
	return pool->role == POOL_FRONTEND || pool->role == POOL_DIRECTOR;
}

static void check_web_balancer(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (size_t i = 0; i < topology->pool_count; i++) {
		const struct server_pool *pool = &topology->pools[i];

		if (is_web_pool(pool) && pool->server_count > 1 &&
		    !pool->vip.family)
			remark_at(lint,
				  topology_line(topology, "pool", pool->name,
						"vip"),
				  "%s needs a VIP of a hardware load balancer",
				  pool->name);
	}
}

static void check_port_ranges(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	for (unsigned i = MEDIUM_AUDIO; i <= MEDIUM_VIDEO; i++) {
		const struct port_range *range = &topology->client_ports[i];
		const char *key = medium_name((enum medium)i);

		if (range->first && range->last - range->first + 1 < 20)
			remark_at(lint, line_of(lint, "clients", key),
				  "%d ports for %s: at least 20 are needed",
				  range->last - range->first + 1, key);
	}
}

/* Names */

static bool is_below(const char *name, const char *domain)
{
	const char *dot = strchr(name, '.');

	return dot && strcmp(dot + 1, domain) == 0;
}

static bool is_in_a_domain(const struct topology *topology, const char *name)
{
	for (size_t i = 0; i < topology->domain_count; i++)
		if (is_below(name, topology->domains[i]))
			return true;
	return false;
}

static void check_access_name(struct lint *lint)
{
	const struct topology *topology = lint->topology;
	const char *name = topology->names[SERVICE_ACCESS];

	if (!is_in_a_domain(topology, name))
		remark_at(lint, line_of(lint, "names", "access"),
			  "SRV records must lead to a host directly below the "
			  "SIP domain, and %s is below none",
			  name);
}

static void check_subject(struct lint *lint)
{
	const struct topology *topology = lint->topology;
	const char *name = topology->names[SERVICE_ACCESS];

	if (!is_below(name, topology->domains[0]))
		remark_at(lint, line_of(lint, "names", "access"),
			  "the subject of the external certificate is a name "
			  "in the first SIP domain, %s, not %s",
			  topology->domains[0], name);
}

static void check_internal_subject(struct lint *lint)
{
	const struct topology *topology = lint->topology;

	if (!topology->internal_name)
		remark_at(lint, line_of(lint, "deployment", NULL),
			  "without internal-name the subject of the internal "
			  "certificate is not known");
	else if (topology->internal_domain &&
		 !is_below(topology->internal_name, topology->internal_domain))
		remark_at(lint, line_of(lint, "deployment", "internal-name"),
			  "%s is not a host of %s", topology->internal_name,
			  topology->internal_domain);
}

/*
 * What a file must hold for silence to mean that it agrees
 */

static bool has_key(const struct topology *topology, const char *section,
		    const char *key)
{
	for (size_t i = 0; i < topology->mark_count; i++) {
		const struct topology_mark *mark = &topology->marks[i];

		if (mark->key && strcmp(mark->section, section) == 0 &&
		    strcmp(mark->key, key) == 0)
			return true;
	}
	return false;
}

static bool tells_balancing(const struct topology *topology)
{
	return topology->internal_balancing_known;
}

static bool has_vip(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip)
			return true;
	return false;
}

/* A VIP without an internal address balances nothing inside. */
static bool tells_balanced(const struct topology *topology)
{
	return has_key(topology, "balancer", "internal-services") ||
	       (has_vip(topology) && !internal_vip(topology));
}

static bool tells_source_nat(const struct topology *topology)
{
	return has_key(topology, "balancer", "source-nat");
}

static bool tells_return(const struct topology *topology)
{
	return has_key(topology, "balancer", "direct-return");
}

/* Who writes down the one gateway would write down the other. */
static bool tells_gateways(const struct topology *topology)
{
	bool any = false;

	for (size_t i = 0; i < topology->node_count; i++) {
		if (topology->nodes[i].is_vip)
			continue;
		if (!topology->nodes[i].gateway.family)
			return false;
		any = true;
	}
	return any;
}

static bool tells_gateway_networks(const struct topology *topology)
{
	return topology->external.count && tells_gateways(topology);
}

static bool tells_served(const struct topology *topology)
{
	return topology->served.count && topology->node_count;
}

static bool tells_web_pools(const struct topology *topology)
{
	for (size_t i = 0; i < topology->pool_count; i++)
		if (is_web_pool(&topology->pools[i]))
			return true;
	return false;
}

static bool tells_ranges(const struct topology *topology)
{
	return topology->client_ports[MEDIUM_AUDIO].first &&
	       topology->client_ports[MEDIUM_VIDEO].first;
}

const struct lint_rule around_rules[] = {
	{"lb.dns-preferred", check_dns_preferred, NULL},
	{"lb.hlb-needed-um", check_hlb_needed, NULL},
	{"lb.dns-fed-2015", check_federation_prefers_dns, NULL},
	{"lb.dns-fed-2019", check_federation_prefers_dns, NULL},
	{"hlb.for-ocs-and-pic", check_old_partners_need_hlb, NULL},
	{"lb.same-both-sides", check_same_both_sides, tells_balancing},
	{"hlb.internal-vip-only-when", check_internal_vip, has_vip},
	{"hlb.internal-access-av-only", check_balanced_inside, tells_balanced},
	{"hlb.no-snat-av", check_source_nat, tells_source_nat},
	{"hlb.no-dsr", check_direct_return, tells_return},
	{"route.no-gateway-internal", check_internal_gateway, tells_gateways},
	{"route.internal-networks", check_routes, tells_served},
	{"route.internal-persistent", check_routes, tells_served},
	{"route.gateway-external", check_gateway, tells_gateway_networks},
	{"hlb.gateway-access-vip", check_gateway, tells_gateway_networks},
	{"xmpp.none-in-2019", check_xmpp_is_gone, NULL},
	{"sip.access-in-everything", check_sip_path, NULL},
	{"fe.hlb-only-ports", check_web_balancer, tells_web_pools},
	{"fe.dnslb-needs-hlb", check_web_balancer, tells_web_pools},
	{"client.min-20-ports", check_port_ranges, tells_ranges},
	{"dns.srv-same-domain", check_access_name, NULL},
	{"cert.ext.sn", check_subject, NULL},
	{"cert.int.sn", check_internal_subject, NULL},
};
const size_t around_rule_count = sizeof(around_rules) / sizeof(around_rules[0]);
