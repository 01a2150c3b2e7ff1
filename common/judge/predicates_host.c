/* Addresses of one host: their order, their networks, and forwarding. */

#include "common/judge/host_view.h"

#include <string.h>

/* "10.45.16.10 (Access Edge)" */
static const char *named(const struct inquiry *inquiry,
			 const struct address *address, enum service service)
{
	char text[ADDRESS_TEXT_BYTES];

	return arena_format(inquiry->arena, "%s (%s Edge)",
			    address_format(text, address),
			    service_title(service));
}

static bool opine_missing(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct host_view *view,
			  const struct address *address, enum service service)
{
	if (host_has(&view->host, address))
		return false;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "%s lacks %s, which the topology file gives to %s", view->title,
	      named(inquiry, address, service), view->node->name);
	return true;
}

/*
 * The order of the addresses of the external adapter
 */

/* The first address of the interface that packets have as their source. */
static const struct address *first_of(const struct host_view *view,
				      const struct host_address *like)
{
	const struct address *source =
		&view->host.sources[like->address.family == AF_INET6];
	const struct host_address *own =
		source->family ? host_has(&view->host, source) : NULL;

	/* where another interface leads to the Internet, it says nothing */
	if (own && own->interface == like->interface)
		return source;
	for (size_t i = 0; i < view->host.address_count; i++) {
		const struct host_address *one = &view->host.addresses[i];

		if (one->interface == like->interface &&
		    one->address.family == like->address.family &&
		    one->rank == HOST_PRIMARY)
			return &one->address;
	}
	return NULL;
}

static void judge_primary(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct host_view *view,
			  const struct address *access)
{
	const struct host_address *own = host_has(&view->host, access);
	const struct address *first;
	const char *interface;
	char text[ADDRESS_TEXT_BYTES];

	if (opine_missing(inquiry, opinion, view, access, SERVICE_ACCESS))
		return;
	first = first_of(view, own);
	interface = host_view_interface(inquiry, view, own->interface);
	if (!first) {
		opinion->could_not = true;
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "which address of %s is the primary one of %s is not "
		      "told: add FindNetRoute to the report",
		      interface, view->title);
	} else if (address_equal(first, access)) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s is the primary address of %s of %s",
		      named(inquiry, access, SERVICE_ACCESS), interface,
		      view->title);
	} else {
		opine(inquiry, opinion, STATE_WRONG, "ip.access-primary",
		      "packets of %s leave %s with %s: make %s the primary "
		      "address there, and the others secondary (SkipAsSource)",
		      view->title, interface, address_format(text, first),
		      named(inquiry, access, SERVICE_ACCESS));
	}
}

void judge_host_primary(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct host_view view;

	if (!host_view_open(inquiry, opinion, &view))
		return;
	for (size_t i = 0; i < view.node->address_count[SERVICE_ACCESS]; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_primary(inquiry, &one, &view,
			      &view.node->addresses[SERVICE_ACCESS][i].local);
		opinion_worst(inquiry, opinion, &one);
	}
	if (!opinion->because)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the topology file gives %s no Access Edge address",
		      view.node->name);
}

/* Whether the node's Access Edge has an address on that interface. */
static bool has_access(const struct host_view *view, unsigned interface)
{
	const struct node *node = view->node;

	for (size_t i = 0; i < node->address_count[SERVICE_ACCESS]; i++) {
		const struct host_address *own = host_has(
			&view->host, &node->addresses[SERVICE_ACCESS][i].local);

		if (own && own->interface == interface)
			return true;
	}
	return false;
}

/* An adapter of its own, with its own primary address, is allowed. */
static void judge_secondary(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct host_view *view,
			    const struct address *address, enum service service)
{
	const struct host_address *own = host_has(&view->host, address);
	const struct address *first;

	if (!own && host_view_has_external(view)) {
		opine(inquiry, opinion, STATE_WRONG, "ip.others-secondary",
		      "%s lacks %s: add it to the external interface as a "
		      "secondary address",
		      view->title, named(inquiry, address, service));
		return;
	}
	if (opine_missing(inquiry, opinion, view, address, service))
		return;
	first = first_of(view, own);
	if (has_access(view, own->interface) && first &&
	    address_equal(first, address))
		opine(inquiry, opinion, STATE_WRONG, "ip.others-secondary",
		      "%s is the primary address of %s of %s, where the Access "
		      "Edge's should be: make it a secondary one",
		      named(inquiry, address, service),
		      host_view_interface(inquiry, view, own->interface),
		      view->title);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s has the addresses of Web Conferencing and A/V on %s",
		      view->title,
		      host_view_interface(inquiry, view, own->interface));
}

void judge_host_secondary(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	static const enum service others[] = {SERVICE_WEBCONF, SERVICE_AV};
	struct host_view view;

	if (!host_view_open(inquiry, opinion, &view))
		return;
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < view.node->address_count[others[i]];
		     j++) {
			struct opinion one = {.state = STATE_UNOBSERVED};

			judge_secondary(
				inquiry, &one, &view,
				&view.node->addresses[others[i]][j].local,
				others[i]);
			opinion_worst(inquiry, opinion, &one);
		}
	if (!opinion->because)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the topology file gives %s no addresses of Web "
		      "Conferencing and A/V",
		      view.node->name);
}

/*
 * Two networks, and nothing between them
 */

static bool is_ours(const struct host_view *view, unsigned interface)
{
	return interface == view->internal ||
	       host_view_is_external(view, interface);
}

/* An interface that forwards, or 0. */
static unsigned forwarder(const struct host_view *view, const char **protocol)
{
	for (size_t i = 0; i < view->host.switch_count; i++) {
		const struct host_forwarding *one = &view->host.switches[i];

		if (!one->is_on || !is_ours(view, one->interface))
			continue;
		*protocol = one->family == AF_INET ? "IPv4" : "IPv6";
		return one->interface;
	}
	return 0;
}

/* The network that an address is in, on its interface. */
static struct network network_of(const struct host_address *one)
{
	struct network network = {.address = one->address, .bits = one->bits};

	for (unsigned i = one->bits; i < 128; i++)
		network.address.bytes[i / 8] =
			(uint8_t)(network.address.bytes[i / 8] &
				  ~(0x80u >> i % 8));
	return network;
}

/* An external address in the network of an internal one; or NULL. */
static const struct host_address *shared(const struct host_view *view,
					 struct network *network)
{
	const struct host *host = &view->host;

	for (size_t i = 0; i < host->address_count; i++) {
		const struct host_address *inner = &host->addresses[i];

		if (inner->interface != view->internal)
			continue;
		*network = network_of(inner);
		for (size_t j = 0; j < host->address_count; j++) {
			const struct host_address *outer = &host->addresses[j];
			struct network other = network_of(outer);

			if (outer->interface != view->internal &&
			    host_view_is_external(view, outer->interface) &&
			    !address_is_link_local(&outer->address) &&
			    network_overlaps(network, &other))
				return outer;
		}
	}
	return NULL;
}

static void judge_forwarding(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct host_view *view)
{
	const char *protocol;
	unsigned interface = forwarder(view, &protocol);

	if (interface) {
		opine(inquiry, opinion, STATE_WRONG, "net.two-networks",
		      "%s forwards %s that comes in at %s: turn forwarding off "
		      "on its interfaces, or it leads from outside to inside",
		      view->title, protocol,
		      host_view_interface(inquiry, view, interface));
	} else if (!view->host.has_switches) {
		opinion->could_not = true;
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the report does not tell whether %s forwards: add "
		      "NetIPInterface to it",
		      view->title);
	} else {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s has its internal and external addresses in different "
		      "networks, on interfaces of their own, and forwards "
		      "nothing",
		      view->title);
	}
}

void judge_host_networks(const struct inquiry *inquiry, struct opinion *opinion)
{
	const struct host_address *outer;
	struct host_view view;
	struct network network;
	char text[ADDRESS_TEXT_BYTES], inner[NETWORK_TEXT_BYTES];

	if (!host_view_open_internal(inquiry, opinion, &view))
		return;
	outer = shared(&view, &network);
	if (host_view_is_external(&view, view.internal))
		opine(inquiry, opinion, STATE_WRONG, "net.two-networks",
		      "%s has internal and external addresses on one "
		      "interface, %s: give the internal one (%s) an interface "
		      "and a network of its own",
		      view.title,
		      host_view_interface(inquiry, &view, view.internal),
		      view.internal_why);
	else if (outer)
		opine(inquiry, opinion, STATE_WRONG, "net.two-networks",
		      "%s has the external address %s in the network %s of its "
		      "internal interface %s: separate them",
		      view.title, address_format(text, &outer->address),
		      network_format(inner, &network),
		      host_view_interface(inquiry, &view, view.internal));
	else
		judge_forwarding(inquiry, opinion, &view);
}

/*
 * NAT: all three private
 */

static void judge_private(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct host_view *view,
			  const struct address *address, enum service service)
{
	if (opine_missing(inquiry, opinion, view, address, service))
		return;
	if (address_is_private(address))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the external addresses of %s are private, for NAT to "
		      "map",
		      view->title);
	else
		opine(inquiry, opinion, STATE_WRONG, "nat.all-three-private",
		      "%s has %s, which is public: behind NAT all three "
		      "external addresses are private",
		      view->title, named(inquiry, address, service));
}

void judge_host_private(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct host_view view;

	if (!host_view_open(inquiry, opinion, &view))
		return;
	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++)
		for (size_t j = 0; j < view.node->address_count[i]; j++) {
			struct opinion one = {.state = STATE_UNOBSERVED};
			const struct address *local =
				&view.node->addresses[i][j].local;

			/* NAT is a matter of IPv4 */
			if (local->family != AF_INET)
				continue;
			judge_private(inquiry, &one, &view, local,
				      (enum service)i);
			opinion_worst(inquiry, opinion, &one);
		}
	if (!opinion->because)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the topology file gives %s no IPv4 addresses outside",
		      view.node->name);
}
