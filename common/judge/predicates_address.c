#include "common/judge/names.h"
#include "common/judge/predicate.h"
#include "common/judge/services.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/hosting.h"
#include "common/model/records.h"

#include <string.h>

#define POOL_NODES_MAX 12 /* rule pool.max-12 */

bool opine_private(const struct inquiry *inquiry, struct opinion *opinion,
		   const char *name, const struct addresses *addresses)
{
	const struct address *address = addresses_private(addresses);
	char text[ADDRESS_TEXT_BYTES];

	if (!address)
		return false;
	opine(inquiry, opinion, STATE_WRONG, "dns.no-private-outside",
	      "%s gives the private address %s, which nobody outside can reach",
	      name, address_format(text, address));
	return true;
}

static bool contains(const struct addresses *addresses,
		     const struct address *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (address_equal(&addresses->items[i], address))
			return true;
	return false;
}

/* Whether a record of that family was looked up with success. */
static bool is_asked(const struct addresses *addresses, int family)
{
	enum known known =
		family == AF_INET6 ? addresses->ipv6 : addresses->ipv4;

	return known == KNOWN_MISSING || known == KNOWN_PRESENT;
}

/* With a load balancer names give the VIPs, without one every node. */
static bool is_published(const struct topology *topology,
			 const struct node *node)
{
	return node->is_vip == (topology->kind == KIND_SCALED_HLB);
}

/* Addresses of the topology file that the name does not give. */
static bool opine_node_missing(const struct inquiry *inquiry,
			       struct opinion *opinion, const char *name,
			       enum service service,
			       const struct addresses *addresses)
{
	const struct topology *topology = inquiry->deployment->topology;
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (!is_published(topology, node))
			continue;
		for (size_t j = 0; j < node->address_count[service]; j++) {
			const struct address *address =
				&node->addresses[service][j].public;

			if (address->family == 0 ||
			    !is_asked(addresses, address->family) ||
			    contains(addresses, address))
				continue;
			/* the rows ask for A records; IPv6 is a choice */
			opine(inquiry, opinion,
			      address->family == AF_INET6 ? STATE_WARN
							  : STATE_WRONG,
			      "dns.scaled-one-a-per-node",
			      "%s does not give %s of %s", name,
			      address_format(text, address), node->name);
			return true;
		}
	}
	return false;
}

static bool node_has(const struct topology *topology, enum service service,
		     const struct address *address, bool *any)
{
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (!is_published(topology, node))
			continue;
		for (size_t j = 0; j < node->address_count[service]; j++) {
			*any = true;
			if (address_equal(&node->addresses[service][j].public,
					  address))
				return true;
		}
	}
	return false;
}

/* Addresses the name gives and the topology file does not know. */
static bool opine_stray(const struct inquiry *inquiry, struct opinion *opinion,
			const char *name, enum service service,
			const struct addresses *addresses)
{
	const struct topology *topology = inquiry->deployment->topology;
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < addresses->count; i++) {
		bool any = false;

		if (node_has(topology, service, &addresses->items[i], &any) ||
		    !any)
			continue;
		if (topology->kind == KIND_SCALED_HLB)
			opine(inquiry, opinion, STATE_WRONG,
			      "dns.hlb-one-a-per-vip",
			      "%s gives %s, which is not the VIP", name,
			      address_format(text, &addresses->items[i]));
		else
			opine(inquiry, opinion, STATE_WRONG,
			      "dns.stray-address",
			      "%s gives %s, which the topology does not know",
			      name, address_format(text, &addresses->items[i]));
		return true;
	}
	return false;
}

/* A domain that is split tells it by a finding of its own. */
static const char *cloud_cause(const struct inquiry *inquiry)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		if (hosting_of(deployment, topology->domains[i]).hosting ==
		    HOSTING_SPLIT)
			return "dns.cloud-split";
	return "dns.cloud";
}

static void judge_addresses(const struct inquiry *inquiry,
			    struct opinion *opinion, const char *name,
			    enum service service, const char *missing)
{
	struct addresses addresses;

	addresses_of(inquiry, opinion, name, &addresses);
	if (hosting_leads_away(inquiry->deployment, name)) {
		opine(inquiry, opinion, STATE_WARN, cloud_cause(inquiry),
		      "%s belongs to Microsoft 365, not to an Edge Server of "
		      "your own",
		      name);
		return;
	}
	if (opine_no_address(inquiry, opinion, name, &addresses, missing) ||
	    opine_private(inquiry, opinion, name, &addresses) ||
	    opine_node_missing(inquiry, opinion, name, service, &addresses) ||
	    opine_stray(inquiry, opinion, name, service, &addresses))
		return;
	if (records_host_is_echo(inquiry->deployment, name))
		opine(inquiry, opinion, STATE_WARN, "dns.wildcard",
		      "%s gives %s, as any name there does: perhaps only a "
		      "wildcard record answers for it",
		      name, addresses_text(inquiry, &addresses));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s gives %s",
		      name, addresses_text(inquiry, &addresses));
}

void judge_a_access(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct srv_pick pick = srv_pick(inquiry, "_sip._tls", inquiry->subject);
	const char *name = access_name_of(inquiry, inquiry->subject);

	judge_addresses(inquiry, opinion, name, SERVICE_ACCESS,
			access_missing_cause(inquiry, &pick, name));
}

/*
 * No listener can have the Access Edge's address and port as well (section 5
 * of edge-services.md). What was seen there shows whose it is.
 */
static void opine_shared(const struct inquiry *inquiry, struct opinion *opinion,
			 enum listener own)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct target *rival;

		if (target->listener != own || !target->name ||
		    !text_names_equal(target->name, inquiry->subject))
			continue;
		rival = target_at(deployment, LISTENER_ACCESS,
				  &target->endpoint);
		if (!rival)
			continue;
		opinion_rest_on(inquiry, opinion,
				service_at(inquiry, &target->endpoint).seen);
		opine(inquiry, opinion, STATE_WRONG, "dns.same-address",
		      "%s leads to %s, where the Access Edge (%s) is looked "
		      "for as well",
		      inquiry->subject, target_text(inquiry, target),
		      rival->name ? rival->name : "no name");
	}
}

/* A name that was only guessed may be of something else altogether. */
static void judge_own_address(const struct inquiry *inquiry,
			      struct opinion *opinion, enum listener listener,
			      const char *missing)
{
	enum service service = listener_table[listener].service;

	judge_addresses(inquiry, opinion, inquiry->subject, service, missing);
	if (opinion->state == STATE_VERIFIED &&
	    !inquiry->deployment->topology->name_guessed[service])
		opine_shared(inquiry, opinion, listener);
}

void judge_a_webconf(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_own_address(inquiry, opinion, LISTENER_WEBCONF,
			  "dns.webconf-unknown");
}

void judge_a_av(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_own_address(inquiry, opinion, LISTENER_AV_TCP, "dns.av-unknown");
}

/* The record usually points to xmpp.DOMAIN, at the Access Edge's address. */
void judge_a_xmpp(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct srv_pick pick =
		srv_pick(inquiry, "_xmpp-server._tcp", inquiry->subject);
	struct addresses addresses, access;
	const char *name;

	opinion_rest_on(inquiry, opinion, pick.observation);
	if (pick.known != KNOWN_PRESENT || strcmp(pick.target, ".") == 0) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s names no host to look up", pick.owner);
		return;
	}
	addresses_of(inquiry, opinion, pick.target, &addresses);
	if (opine_no_address(inquiry, opinion, pick.target, &addresses,
			     "xmpp.srv-to-host") ||
	    opine_private(inquiry, opinion, pick.target, &addresses))
		return;
	name = access_name_of(inquiry, inquiry->subject);
	addresses_of(inquiry, opinion, name, &access);
	for (size_t i = 0; i < addresses.count; i++) {
		if (contains(&access, &addresses.items[i]))
			continue;
		opine(inquiry, opinion, STATE_WARN, "xmpp.srv-to-host",
		      "%s gives %s, not the addresses of %s", pick.target,
		      addresses_text(inquiry, &addresses), name);
		return;
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "%s gives the addresses of the Access Edge", pick.target);
}

/* The missing record is a row of its own. */
static bool opine_nothing(const struct inquiry *inquiry,
			  struct opinion *opinion, size_t count)
{
	if (!count)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s has no address to look at", inquiry->subject);
	return !count;
}

void judge_public_addresses(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	struct addresses addresses;

	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	if (opine_nothing(inquiry, opinion, addresses.count) ||
	    opine_private(inquiry, opinion, inquiry->subject, &addresses))
		return;
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "%s gives public addresses only", inquiry->subject);
}

/* The service whose name the subject is. */
static enum service service_of(const struct inquiry *inquiry)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		if (topology->names[i] &&
		    text_names_equal(topology->names[i], inquiry->subject))
			return (enum service)i;
	return SERVICE_ACCESS;
}

/* The most IPv4 addresses that any service name gives, and which one does. */
static size_t fullest_name(const struct inquiry *inquiry, const char **name)
{
	const struct topology *topology = inquiry->deployment->topology;
	size_t most = 0;

	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++) {
		struct opinion aside = {.state = STATE_UNOBSERVED};
		struct addresses addresses;

		if (!topology->names[i] || topology->name_guessed[i])
			continue;
		addresses_of(inquiry, &aside, topology->names[i], &addresses);
		if (addresses.ipv4_count > most) {
			most = addresses.ipv4_count;
			*name = topology->names[i];
		}
	}
	return most;
}

/* Against the topology file; without one, the names against each other. */
void judge_one_a_per_node(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	const char *fullest = inquiry->subject;
	struct addresses addresses;
	size_t most;

	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	if (opine_nothing(inquiry, opinion, addresses.count) ||
	    opine_node_missing(inquiry, opinion, inquiry->subject,
			       service_of(inquiry), &addresses))
		return;
	most = fullest_name(inquiry, &fullest);
	if (!inquiry->deployment->topology->file &&
	    addresses.ipv4 == KNOWN_PRESENT && addresses.ipv4_count < most)
		opine(inquiry, opinion, STATE_WARN, "dns.scaled-one-a-per-node",
		      "%s gives %zu IPv4 addresses and %s gives %zu: a node "
		      "is missing in one of them",
		      inquiry->subject, addresses.ipv4_count, fullest, most);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s gives %s",
		      inquiry->subject, addresses_text(inquiry, &addresses));
}

/*
 * A deployment taken for a single server: names that give several addresses
 * tell of a node that the name of the Access Edge lacks (11.6).
 */
void judge_equal_counts(const struct inquiry *inquiry, struct opinion *opinion)
{
	const char *fullest = inquiry->subject;
	struct addresses addresses;
	size_t most;

	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	if (hosting_leads_away(inquiry->deployment, inquiry->subject))
		addresses.count = 0;
	if (opine_nothing(inquiry, opinion, addresses.count))
		return;
	most = fullest_name(inquiry, &fullest);
	if (addresses.ipv4_count && addresses.ipv4_count < most)
		opine(inquiry, opinion, STATE_WARN, "dns.scaled-one-a-per-node",
		      "%s gives %zu IPv4 addresses and %s gives %zu: a node "
		      "is missing in one of them",
		      inquiry->subject, addresses.ipv4_count, fullest, most);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "no name gives more addresses than %s", inquiry->subject);
}

/* What was seen at a shared address shows whose it is. */
static void rest_on_shared(const struct inquiry *inquiry,
			   struct opinion *opinion,
			   const struct addresses *addresses,
			   const struct addresses *others)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < addresses->count; i++) {
		const struct endpoint endpoint = {
			.address = addresses->items[i],
			.port = topology->ports[LISTENER_WEBCONF],
			.transport = TRANSPORT_TCP};

		if (contains(others, &endpoint.address))
			opinion_rest_on(inquiry, opinion,
					service_at(inquiry, &endpoint).seen);
	}
}

/* Two services cannot both be on TCP 443 of one address (section 5). */
void judge_webconf_apart(const struct inquiry *inquiry, struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *av = topology->names[SERVICE_AV];
	struct addresses addresses, others = {.count = 0};
	char text[ADDRESS_TEXT_BYTES];

	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	if (opine_nothing(inquiry, opinion, addresses.count))
		return;
	if (av)
		addresses_of(inquiry, opinion, av, &others);
	for (size_t i = 0; i < addresses.count; i++) {
		if (topology->ports[LISTENER_WEBCONF] !=
			    topology->ports[LISTENER_AV_TCP] ||
		    !contains(&others, &addresses.items[i]))
			continue;
		opine(inquiry, opinion,
		      topology->name_guessed[SERVICE_WEBCONF] ||
				      topology->name_guessed[SERVICE_AV]
			      ? STATE_WARN
			      : STATE_WRONG,
		      "webconf.av-address",
		      "%s and %s both give %s, and both are on TCP %u",
		      inquiry->subject, av,
		      address_format(text, &addresses.items[i]),
		      topology->ports[LISTENER_WEBCONF]);
		rest_on_shared(inquiry, opinion, &addresses, &others);
		return;
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "%s has no address and port of the A/V Edge", inquiry->subject);
}

void judge_one_a_per_vip(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct addresses addresses;

	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	if (opine_nothing(inquiry, opinion, addresses.count))
		return;
	if (addresses.ipv4_count > 1 ||
	    addresses.count - addresses.ipv4_count > 1)
		opine(inquiry, opinion, STATE_WRONG, "dns.hlb-one-a-per-vip",
		      "%s gives %s; behind a load balancer it gives the VIP "
		      "alone",
		      inquiry->subject, addresses_text(inquiry, &addresses));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s gives the VIP alone", inquiry->subject);
}

void judge_pool_size(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct addresses addresses;
	size_t size;

	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	size = addresses.ipv4_count ? addresses.ipv4_count : addresses.count;
	if (opine_nothing(inquiry, opinion, size))
		return;
	if (size > POOL_NODES_MAX)
		opine(inquiry, opinion, STATE_WRONG, "pool.max-12",
		      "%s gives %zu%s addresses; a pool of more than %d Edge "
		      "Servers is not supported",
		      inquiry->subject, size, addresses.cut ? " or more" : "",
		      POOL_NODES_MAX);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s gives %zu address%s", inquiry->subject, size,
		      size == 1 ? "" : "es");
}
