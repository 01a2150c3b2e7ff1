#include "common/model/topology_words.h"

#include "common/base/hint.h"

#include <string.h>
#include <strings.h>

/* [balancer] */

static bool take_balancing(struct reader *reader, unsigned index,
			   const char *word)
{
	struct topology *topology = reader->topology;

	(void)index;
	topology->internal_balancing_known = true;
	if (balancing_parse(word, &topology->internal_balancing))
		return true;
	return reader_fail(reader, reader->line,
			   "'%s' is none of dns, hardware and none", word);
}

enum { SERVICES_INSIDE, SERVICES_SOURCE_NAT };

static bool take_services(struct reader *reader, unsigned index,
			  const char *word)
{
	struct topology *topology = reader->topology;
	enum service service;

	if (!read_service(reader, word, &service))
		return false;
	*(index == SERVICES_INSIDE ? &topology->balanced_inside
				   : &topology->source_nat) |= 1u << service;
	return true;
}

static bool take_direct_return(struct reader *reader, unsigned index,
			       const char *word)
{
	(void)index;
	return read_flag(reader, word, &reader->topology->direct_return);
}

static const struct key balancer_list[] = {
	{"internal", take_balancing, 0, false},
	{"internal-services", take_services, SERVICES_INSIDE, true},
	{"source-nat", take_services, SERVICES_SOURCE_NAT, true},
	{"direct-return", take_direct_return, 0, false},
};
const struct keys balancer_keys = KEYS(balancer_list);

/* [networks] */

enum { NETWORKS_EXTERNAL, NETWORKS_INTERNAL, NETWORKS_SERVED, NETWORKS_DNS };

static bool take_networks(struct reader *reader, unsigned index,
			  const char *word)
{
	struct topology *topology = reader->topology;
	struct networks *const lists[] = {
		[NETWORKS_EXTERNAL] = &topology->external,
		[NETWORKS_INTERNAL] = &topology->internal,
		[NETWORKS_SERVED] = &topology->served,
		[NETWORKS_DNS] = &topology->resolvers,
	};

	return read_networks(reader, word, lists[index]);
}

static const struct key networks_list[] = {
	{"external", take_networks, NETWORKS_EXTERNAL, true},
	{"internal", take_networks, NETWORKS_INTERNAL, true},
	{"served", take_networks, NETWORKS_SERVED, true},
	{"resolvers", take_networks, NETWORKS_DNS, true},
};
const struct keys networks_keys = KEYS(networks_list);

/* [pool NAME] */

bool begin_pool(struct reader *reader, const char *name)
{
	struct topology *topology = reader->topology;
	const char *lawful = read_name(reader, name);

	if (!lawful)
		return false;
	for (size_t i = 0; i < topology->pool_count; i++)
		if (strcasecmp(topology->pools[i].name, lawful) == 0)
			return reader_fail(
				reader, reader->line,
				"pool '%s' is given twice, first in line %u",
				lawful,
				topology_line(topology, "pool", lawful, NULL));
	if (topology->pool_count == TOPOLOGY_POOLS_MAX)
		return reader_fail(reader, reader->line,
				   "more than %d pools, from '%s' on",
				   TOPOLOGY_POOLS_MAX, lawful);
	reader->name = lawful;
	reader->pool = &topology->pools[topology->pool_count++];
	reader->pool->name = lawful;
	return true;
}

static bool take_role(struct reader *reader, unsigned index, const char *word)
{
	struct hint hint = hint_for(word);

	(void)index;
	if (pool_role_parse(word, &reader->pool->role))
		return true;
	for (unsigned i = 0; i < POOL_ROLE_COUNT; i++)
		hint_offer(&hint, pool_role_name((enum pool_role)i));
	return reader_fail(reader, reader->line, "unknown role '%s'%s", word,
			   hint_text(reader->arena, &hint));
}

static bool has_room(struct reader *reader, size_t count, const char *word)
{
	if (count < POOL_SERVERS_MAX)
		return true;
	return reader_fail(reader, reader->line,
			   "more than %d servers of one pool, from '%s' on",
			   POOL_SERVERS_MAX, word);
}

static bool take_server(struct reader *reader, unsigned index, const char *word)
{
	struct server_pool *pool = reader->pool;
	const char *name = read_name(reader, word);

	(void)index;
	if (!name || !has_room(reader, pool->server_count, word))
		return false;
	pool->servers[pool->server_count++] = name;
	return true;
}

static bool take_server_address(struct reader *reader, unsigned index,
				const char *word)
{
	struct server_pool *pool = reader->pool;

	(void)index;
	return has_room(reader, pool->address_count, word) &&
	       read_address(reader, word,
			    &pool->addresses[pool->address_count++]);
}

static bool take_pool_vip(struct reader *reader, unsigned index,
			  const char *word)
{
	(void)index;
	return read_address(reader, word, &reader->pool->vip);
}

static bool take_management(struct reader *reader, unsigned index,
			    const char *word)
{
	(void)index;
	return read_flag(reader, word, &reader->pool->has_management);
}

static const struct key pool_list[] = {
	{"role", take_role, 0, false},
	{"servers", take_server, 0, true},
	{"addresses", take_server_address, 0, true},
	{"vip", take_pool_vip, 0, false},
	{"central-management", take_management, 0, false},
};
const struct keys pool_keys = KEYS(pool_list);

/* [partners], [clients] */

static bool take_partner(struct reader *reader, unsigned index,
			 const char *word)
{
	return read_networks(reader, word, &reader->topology->partners[index]);
}

static const struct key partners_list[] = {
	{"federation", take_partner, PARTNER_FEDERATION, true},
	{"pic", take_partner, PARTNER_PIC, true},
	{"xmpp", take_partner, PARTNER_XMPP, true},
};
const struct keys partners_keys = KEYS(partners_list);

static bool take_client_ports(struct reader *reader, unsigned index,
			      const char *word)
{
	return read_range(reader, word, &reader->topology->client_ports[index]);
}

static const struct key clients_list[] = {
	{"audio", take_client_ports, MEDIUM_AUDIO, false},
	{"video", take_client_ports, MEDIUM_VIDEO, false},
	{"app-sharing", take_client_ports, MEDIUM_APP_SHARING, false},
	{"file-transfer", take_client_ports, MEDIUM_FILE_TRANSFER, false},
};
const struct keys clients_keys = KEYS(clients_list);
