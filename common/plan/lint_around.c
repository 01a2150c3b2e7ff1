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

const struct lint_rule around_rules[] = {
	{"lb.dns-preferred", check_dns_preferred},
	{"lb.hlb-needed-um", check_hlb_needed},
	{"lb.dns-fed-2015", check_federation_prefers_dns},
	{"lb.dns-fed-2019", check_federation_prefers_dns},
	{"hlb.for-ocs-and-pic", check_old_partners_need_hlb},
	{"lb.same-both-sides", check_same_both_sides},
	{"hlb.internal-vip-only-when", check_internal_vip},
	{"hlb.internal-access-av-only", check_balanced_inside},
	{"hlb.no-snat-av", check_source_nat},
	{"hlb.no-dsr", check_direct_return},
	{"route.no-gateway-internal", check_internal_gateway},
	{"route.internal-networks", check_routes},
	{"route.internal-persistent", check_routes},
	{"route.gateway-external", check_gateway},
	{"hlb.gateway-access-vip", check_gateway},
	{"xmpp.none-in-2019", check_xmpp_is_gone},
	{"sip.access-in-everything", check_sip_path},
	{"fe.hlb-only-ports", check_web_balancer},
	{"fe.dnslb-needs-hlb", check_web_balancer},
	{"client.min-20-ports", check_port_ranges},
	{"dns.srv-same-domain", check_access_name},
	{"cert.ext.sn", check_subject},
	{"cert.int.sn", check_internal_subject},
};
const size_t around_rule_count = sizeof(around_rules) / sizeof(around_rules[0]);
