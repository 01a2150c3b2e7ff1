#include "common/plan/party.h"

#include <string.h>

#define ROLE_BYTES 32

static void add_network(const struct party_source *source, struct party *party,
			const struct network *network)
{
	for (size_t i = 0; i < party->count; i++)
		if (party->networks[i].bits == network->bits &&
		    address_equal(&party->networks[i].address,
				  &network->address))
			return;
	party->networks =
		arena_grow(source->arena, party->networks, party->count,
			   &party->capacity, sizeof(*party->networks));
	party->networks[party->count++] = *network;
}

static void add_address(const struct party_source *source, struct party *party,
			const struct address *address)
{
	const struct network host = {*address,
				     address->family == AF_INET ? 32 : 128};

	if (address->family)
		add_network(source, party, &host);
}

static void add_networks(const struct party_source *source, struct party *party,
			 const struct networks *networks)
{
	for (size_t i = 0; i < networks->count; i++)
		add_network(source, party, &networks->items[i]);
}

/*
 * As they stand on the interface: a firewall that translates sees them so
 * where it filters.
 */
static void add_service(const struct party_source *source, struct party *party,
			enum service service, bool vip)
{
	const struct topology *topology = source->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t a = 0;
		     node->is_vip == vip && a < node->address_count[service];
		     a++)
			add_address(source, party,
				    &node->addresses[service][a].local);
	}
}

static void add_internal(const struct party_source *source, struct party *party,
			 bool vip)
{
	const struct topology *topology = source->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip == vip)
			add_address(source, party,
				    &topology->nodes[i].internal);
}

enum pool_part { PART_SERVERS = 1, PART_VIP = 2 };

static void add_pools(const struct party_source *source, struct party *party,
		      enum pool_role role, unsigned parts, bool management)
{
	const struct topology *topology = source->topology;

	for (size_t i = 0; i < topology->pool_count; i++) {
		const struct server_pool *pool = &topology->pools[i];

		if (pool->role != role || (management && !pool->has_management))
			continue;
		for (size_t a = 0;
		     parts & PART_SERVERS && a < pool->address_count; a++)
			add_address(source, party, &pool->addresses[a]);
		if (parts & PART_VIP)
			add_address(source, party, &pool->vip);
	}
}

/* Roles that come from pools. */
static const struct {
	const char *role;
	enum pool_role pool;
	unsigned parts;
	bool management;
} pools[] = {
	{"frontend", POOL_FRONTEND, PART_SERVERS, false},
	{"each-frontend", POOL_FRONTEND, PART_SERVERS, false},
	{"frontend-pool", POOL_FRONTEND, PART_SERVERS | PART_VIP, false},
	{"frontend-pool-vip", POOL_FRONTEND, PART_VIP, false},
	{"director", POOL_DIRECTOR, PART_SERVERS, false},
	{"director-pool", POOL_DIRECTOR, PART_SERVERS | PART_VIP, false},
	{"director-pool-vip", POOL_DIRECTOR, PART_VIP, false},
	{"cms-frontend", POOL_FRONTEND, PART_SERVERS, true},
	{"cms-frontend-pool", POOL_FRONTEND, PART_SERVERS, true},
	{"sba", POOL_SBA, PART_SERVERS, false},
	{"sbs", POOL_SBS, PART_SERVERS, false},
};

/* Roles that are services of the Edge. */
static const struct {
	const char *role;
	enum service service;
	bool vip;
} services[] = {
	{"access-edge", SERVICE_ACCESS, false},
	{"access-edge-public", SERVICE_ACCESS, false},
	{"webcon-edge", SERVICE_WEBCONF, false},
	{"webcon-edge-public", SERVICE_WEBCONF, false},
	{"av-edge", SERVICE_AV, false},
	{"av-edge-public", SERVICE_AV, false},
	{"hlb-vip-access", SERVICE_ACCESS, true},
	{"hlb-vip-webcon", SERVICE_WEBCONF, true},
	{"hlb-vip-av", SERVICE_AV, true},
};

/* Who "any" is at the narrowest, by the beginning of a flow. */
static const struct {
	const char *flow;
	enum partner partners[PARTNER_COUNT];
	size_t count;
} narrows[] = {
	{"ext.access.sip-mtls.", {PARTNER_FEDERATION, PARTNER_PIC}, 2},
	{"ext.xmpp.", {PARTNER_XMPP}, 1},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Narrows "any" where the plan is strict and the topology knows to whom. */
static void add_any(const struct party_source *source, struct party *party)
{
	const struct topology *topology = source->topology;
	const char *flow = source->row->requirement->flow;
	size_t before = party->count;

	if (source->strict && source->row->any_ok) {
		for (size_t i = 0; i < COUNT(narrows); i++)
			for (size_t p = 0;
			     strncmp(flow, narrows[i].flow,
				     strlen(narrows[i].flow)) == 0 &&
			     p < narrows[i].count;
			     p++)
				add_networks(source, party,
					     &topology->partners
						      [narrows[i].partners[p]]);
		if (strncmp(flow, "ext.access.dns.", 15) == 0)
			add_networks(source, party, &topology->resolvers);
		if (strncmp(flow, "int.", 4) == 0)
			add_networks(source, party, &topology->served);
	}
	if (party->count == before)
		party->is_any = true;
}

static void add_partner(const struct party_source *source, struct party *party,
			enum partner partner)
{
	if (source->topology->partners[partner].count)
		add_networks(source, party,
			     &source->topology->partners[partner]);
	else
		party->is_any = true;
}

static void add_role(const struct party_source *source, struct party *party,
		     const char *role)
{
	for (size_t i = 0; i < COUNT(pools); i++)
		if (strcmp(pools[i].role, role) == 0)
			add_pools(source, party, pools[i].pool, pools[i].parts,
				  pools[i].management);
	for (size_t i = 0; i < COUNT(services); i++)
		if (strcmp(services[i].role, role) == 0)
			add_service(source, party, services[i].service,
				    services[i].vip);
	if (strcmp(role, "any") == 0)
		add_any(source, party);
	else if (strcmp(role, "client") == 0 || strcmp(role, "wlm-client") == 0)
		party->is_any = true;
	else if (strcmp(role, "edge-internal") == 0 ||
		 strcmp(role, "each-edge-internal") == 0)
		add_internal(source, party, false);
	else if (strcmp(role, "hlb-vip-internal") == 0)
		add_internal(source, party, true);
	else if (strcmp(role, "xmpp-proxy") == 0)
		add_service(source, party, SERVICE_XMPP,
			    source->topology->kind == KIND_SCALED_HLB);
	else if (strcmp(role, "federation-partner") == 0)
		add_partner(source, party, PARTNER_FEDERATION);
	else if (strcmp(role, "pic-partner") == 0)
		add_partner(source, party, PARTNER_PIC);
}

/* "the Access Edge" once, however many rows say so. */
static void add_words(const struct party_source *source, struct party *party,
		      const char *words)
{
	if (!party->words)
		party->words = words;
	else if (!strstr(party->words, words))
		party->words = arena_format(source->arena, "%s, %s",
					    party->words, words);
}

void party_add(const struct party_source *source, struct party *party,
	       const char *roles, const char *words)
{
	add_words(source, party, words);
	while (*roles) {
		size_t length = strcspn(roles, ",");
		char role[ROLE_BYTES] = "";

		if (length < sizeof(role))
			memcpy(role, roles, length);
		add_role(source, party, role);
		roles += length + (roles[length] == ',');
	}
}
