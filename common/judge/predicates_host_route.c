/* Routes of one host: the gateways outside, and the way to the inside. */

#include "common/judge/host_view.h"

#include <string.h>

static const char *route_gateway(const struct inquiry *inquiry,
				 const struct host_route *route)
{
	char text[ADDRESS_TEXT_BYTES];

	if (!route->gateway.family)
		return "on the link";
	return arena_text(inquiry->arena,
			  address_format(text, &route->gateway));
}

static const char *network_words(const struct inquiry *inquiry,
				 const struct network *network)
{
	char text[NETWORK_TEXT_BYTES];

	return arena_text(inquiry->arena, network_format(text, network));
}

/*
 * Default gateways
 */

void judge_host_inner_gateway(const struct inquiry *inquiry,
			      struct opinion *opinion)
{
	struct host_view view;

	if (!host_view_open_internal(inquiry, opinion, &view))
		return;
	for (size_t i = 0; i < view.host.route_count; i++) {
		const struct host_route *route = &view.host.routes[i];

		if (!host_route_is_default(route) ||
		    route->interface != view.internal ||
		    host_view_is_external(&view, route->interface))
			continue;
		opine(inquiry, opinion, STATE_WRONG,
		      "route.no-gateway-internal",
		      "%s has the default gateway %s on its internal interface "
		      "%s (%s): take it away there, and give that interface a "
		      "route to each internal network instead",
		      view.title, route_gateway(inquiry, route),
		      host_view_interface(inquiry, &view, view.internal),
		      view.internal_why);
		return;
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "%s has no default gateway on its internal interface %s",
	      view.title, host_view_interface(inquiry, &view, view.internal));
}

/* The default routes outside of one family. */
struct outer {
	const struct host_route *first, *second; /* to different gateways */
	const struct host_route *inner;		 /* that is taken instead */
};

static struct outer outer_of(const struct host_view *view, int family)
{
	const struct host *host = &view->host;
	const struct host_route *best = NULL;
	struct outer outer = {0};

	for (size_t i = 0; i < host->route_count; i++) {
		const struct host_route *route = &host->routes[i];

		if (!host_route_is_default(route) ||
		    route->network.address.family != family)
			continue;
		if (!best || route->metric < best->metric)
			best = route;
		if (!host_view_is_external(view, route->interface))
			continue;
		if (!outer.first)
			outer.first = route;
		else if (!outer.second &&
			 !address_equal(&outer.first->gateway, &route->gateway))
			outer.second = route;
	}
	if (best && !host_view_is_external(view, best->interface))
		outer.inner = best;
	return outer;
}

static bool node_has_family(const struct node *node, int family)
{
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		for (size_t j = 0; j < node->address_count[i]; j++)
			if (node->addresses[i][j].local.family == family)
				return true;
	return false;
}

/* The VIP's address of Access, of a family; NULL: none is known. */
static const struct address *access_vip(const struct topology *topology,
					int family)
{
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t j = 0;
		     node->is_vip && j < node->address_count[SERVICE_ACCESS];
		     j++) {
			const struct address *vip =
				&node->addresses[SERVICE_ACCESS][j].local;

			if (vip->family == family)
				return vip;
		}
	}
	return NULL;
}

/* Whether the gateway is the one that the file has, or may stand for it. */
static bool is_planned(const struct inquiry *inquiry,
		       const struct host_view *view,
		       const struct address *gateway)
{
	const struct address *planned = &view->node->gateway;
	const struct address *vip =
		access_vip(inquiry->deployment->topology, gateway->family);

	return planned->family != gateway->family ||
	       address_equal(planned, gateway) ||
	       (vip && address_equal(vip, gateway));
}

static bool opine_no_outer(const struct inquiry *inquiry,
			   struct opinion *opinion,
			   const struct host_view *view,
			   const struct outer *outer)
{
	char text[ADDRESS_TEXT_BYTES];

	if (outer->first && !outer->inner)
		return false;
	if (outer->inner)
		opine(inquiry, opinion, STATE_WRONG, "route.gateway-external",
		      "packets of %s to the Internet leave through %s, to %s: "
		      "the default gateway belongs on the external interface%s",
		      view->title,
		      host_view_interface(inquiry, view,
					  outer->inner->interface),
		      route_gateway(inquiry, outer->inner),
		      outer->first ? " alone" : "");
	else if (view->node->gateway.family)
		opine(inquiry, opinion, STATE_WRONG, "route.gateway-external",
		      "%s has no default gateway on its external interface: "
		      "set %s there",
		      view->title, address_format(text, &view->node->gateway));
	else
		opine(inquiry, opinion, STATE_WRONG, "route.gateway-external",
		      "%s has no default gateway on its external interface: "
		      "set the router towards the Internet there",
		      view->title);
	return true;
}

static bool is_balanced(const struct inquiry *inquiry)
{
	return inquiry->deployment->topology->kind == KIND_SCALED_HLB;
}

static void judge_outer(const struct inquiry *inquiry, struct opinion *opinion,
			const struct host_view *view, int family)
{
	struct outer outer = outer_of(view, family);
	char text[ADDRESS_TEXT_BYTES];

	if (opine_no_outer(inquiry, opinion, view, &outer))
		return;
	if (outer.second)
		opine(inquiry, opinion, STATE_WRONG, "route.gateway-external",
		      "%s has two default gateways outside, %s and %s: leave "
		      "the router towards the Internet alone",
		      view->title, route_gateway(inquiry, outer.first),
		      route_gateway(inquiry, outer.second));
	else if (!is_planned(inquiry, view, &outer.first->gateway))
		/* product.md section 5, decision 4, on load balancers */
		opine(inquiry, opinion,
		      is_balanced(inquiry) ? STATE_WARN : STATE_WRONG,
		      "route.gateway-external",
		      "the default gateway of %s is %s on %s, not %s as the "
		      "topology file has it",
		      view->title, route_gateway(inquiry, outer.first),
		      host_view_interface(inquiry, view,
					  outer.first->interface),
		      address_format(text, &view->node->gateway));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the default gateway of %s is %s, on %s alone",
		      view->title, route_gateway(inquiry, outer.first),
		      host_view_interface(inquiry, view,
					  outer.first->interface));
}

/* False, with the reason, where no external interface is known. */
static bool open_external(const struct inquiry *inquiry,
			  struct opinion *opinion, struct host_view *view)
{
	if (!host_view_open(inquiry, opinion, view))
		return false;
	if (host_view_has_external(view))
		return true;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "%s has none of the external addresses of %s: give it those "
	      "addresses to have its external interface judged",
	      view->title, view->node->name);
	return false;
}

void judge_host_outer_gateway(const struct inquiry *inquiry,
			      struct opinion *opinion)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct host_view view;

	if (!open_external(inquiry, opinion, &view))
		return;
	for (size_t i = 0; i < 2; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (!node_has_family(view.node, families[i]))
			continue;
		judge_outer(inquiry, &one, &view, families[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

/* product.md section 5, decision 4: either will do. */
void judge_host_balancer_gateway(const struct inquiry *inquiry,
				 struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;
	const struct address *vip = access_vip(topology, AF_INET);
	struct host_view view;
	struct outer outer;
	char text[ADDRESS_TEXT_BYTES];

	if (!open_external(inquiry, opinion, &view))
		return;
	outer = outer_of(&view, AF_INET);
	if (!outer.first || !vip)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      !vip ? "the topology file names no Access Edge VIP, "
			     "which may be the default gateway of %s"
			   : "%s has no default gateway outside",
		      view.title);
	else if (address_equal(&outer.first->gateway, vip))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the default gateway of %s is the Access Edge VIP %s",
		      view.title, address_format(text, vip));
	else if (view.node->gateway.family &&
		 address_equal(&outer.first->gateway, &view.node->gateway))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the default gateway of %s is the router %s; the "
		      "Access Edge VIP would do as well",
		      view.title, address_format(text, &outer.first->gateway));
	else
		opine(inquiry, opinion, STATE_WARN, "hlb.gateway-access-vip",
		      "the default gateway of %s is %s, neither the Access "
		      "Edge VIP %s nor the router of the topology file",
		      view.title, route_gateway(inquiry, outer.first),
		      address_format(text, vip));
}

/*
 * Routes to the inside
 */

/* The narrowest route that leads to the whole network. */
static const struct host_route *way_to(const struct host *host,
				       const struct network *network)
{
	const struct host_route *best = NULL;

	for (size_t i = 0; i < host->route_count; i++) {
		const struct host_route *route = &host->routes[i];

		if (route->network.bits <= network->bits &&
		    network_holds(&route->network, &network->address) &&
		    (!best || route->network.bits > best->network.bits ||
		     (route->network.bits == best->network.bits &&
		      route->metric < best->metric)))
			best = route;
	}
	return best;
}

/*
 * A route to a part of the network that leaves elsewhere. The network of
 * another interface may well stand within a large one that is inside.
 */
static const struct host_route *stray_in(const struct host_view *view,
					 const struct network *network)
{
	for (size_t i = 0; i < view->host.route_count; i++) {
		const struct host_route *route = &view->host.routes[i];

		if (route->network.bits > network->bits &&
		    route->interface != view->internal &&
		    route->gateway.family &&
		    network_holds(network, &route->network.address))
			return route;
	}
	return NULL;
}

/* False where the network is not reached through the internal interface. */
static bool leads_inside(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct host_view *view,
			 const struct network *network, const char *cause,
			 const struct host_route **way)
{
	const struct host_route *stray = stray_in(view, network);
	const char *name = network_words(inquiry, network);

	*way = way_to(&view->host, network);
	if (*way && !host_route_is_default(*way) &&
	    (*way)->interface == view->internal && !stray)
		return true;
	if (!*way)
		opine(inquiry, opinion, STATE_WRONG, cause,
		      "%s has no route to %s: add a persistent one through its "
		      "internal interface %s",
		      view->title, name,
		      host_view_interface(inquiry, view, view->internal));
	else
		opine(inquiry, opinion, STATE_WRONG, cause,
		      "packets of %s to %s go to %s through %s: add a "
		      "persistent route through its internal interface %s",
		      view->title,
		      stray ? network_words(inquiry, &stray->network) : name,
		      route_gateway(inquiry, stray ? stray : *way),
		      host_view_interface(inquiry, view,
					  (stray ? stray : *way)->interface),
		      host_view_interface(inquiry, view, view->internal));
	return false;
}

/* Where people and servers are, one after the other; false at the end. */
static bool next_inside(const struct topology *topology, size_t *number,
			struct network *network)
{
	size_t at = (*number)++;

	if (at < topology->served.count) {
		*network = topology->served.items[at];
		return true;
	}
	at -= topology->served.count;
	for (size_t i = 0; i < topology->pool_count; i++) {
		const struct server_pool *pool = &topology->pools[i];

		if (at < pool->address_count) {
			*network = (struct network){
				.address = pool->addresses[at],
				.bits = pool->addresses[at].family == AF_INET
						? 32
						: 128,
			};
			return true;
		}
		at -= pool->address_count;
	}
	return false;
}

static void judge_inside(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct host_view *view,
			 const struct network *network)
{
	const struct host_route *way;

	if (!leads_inside(inquiry, opinion, view, network,
			  "route.internal-networks", &way))
		return;
	if (way->gateway.family && way->keeping == HOST_VOLATILE)
		opine(inquiry, opinion, STATE_WARN, "route.internal-persistent",
		      "the route of %s to %s is not persistent: after the next "
		      "start it is gone",
		      view->title, network_words(inquiry, network));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s reaches the internal networks through %s (%s)",
		      view->title,
		      host_view_interface(inquiry, view, view->internal),
		      route_gateway(inquiry, way));
}

void judge_host_inner_routes(const struct inquiry *inquiry,
			     struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;
	struct host_view view;
	struct network network;

	if (!host_view_open_internal(inquiry, opinion, &view))
		return;
	for (size_t number = 0; next_inside(topology, &number, &network);) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_inside(inquiry, &one, &view, &network);
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opinion->could_not = true;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the topology file names no internal networks (served) and no "
	      "addresses of servers that %s should have routes to",
	      view.title);
}

static void judge_kept(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct host_view *view,
		       const struct network *network)
{
	const char *name = network_words(inquiry, network);
	const struct host_route *way;

	if (!leads_inside(inquiry, opinion, view, network,
			  "route.internal-persistent", &way))
		return;
	if (!way->gateway.family || way->keeping == HOST_KEPT) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the routes of %s to the internal networks are "
		      "persistent",
		      view->title);
	} else if (way->keeping == HOST_VOLATILE) {
		opine(inquiry, opinion, STATE_WRONG,
		      "route.internal-persistent",
		      "the route of %s to %s is not persistent: after the next "
		      "start it is gone",
		      view->title, name);
	} else {
		opinion->could_not = true;
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      observation_flag(view->seen, "host.reported")
			      ? "the report about %s does not tell which "
				"routes "
				"are persistent: add PersistentNetRoute to it "
				"(%s)"
			      : "whether the route of %s to %s comes back "
				"after "
				"the next start cannot be told: somebody set "
				"it by a command",
		      view->title, name);
	}
}

/* The routes that the file asks for, else the networks that it names. */
void judge_host_kept_routes(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;
	struct opinion untold = {.state = STATE_UNOBSERVED};
	const struct networks *networks;
	struct host_view view;

	if (!host_view_open_internal(inquiry, opinion, &view))
		return;
	networks = view.node->routes.count ? &view.node->routes
					   : &topology->served;
	for (size_t i = 0; i < networks->count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_kept(inquiry, &one, &view, &networks->items[i]);
		if (one.state == STATE_UNOBSERVED)
			untold = one;
		opinion_worst(inquiry, opinion, &one);
	}
	/* of all it cannot be said where of one it is not known */
	if (untold.because && opinion->state == STATE_VERIFIED)
		*opinion = untold;
	opinion_rest_on(inquiry, opinion, view.seen);
	if (opinion->because)
		return;
	opinion->could_not = true;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the topology file names no internal networks (routes, served) "
	      "that %s should have persistent routes to",
	      view.title);
}
