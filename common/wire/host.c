#include "common/wire/host.h"

#include <string.h>

static const char *const rank_names[HOST_RANK_COUNT] = {
	[HOST_UNRANKED] = "unknown",
	[HOST_PRIMARY] = "primary",
	[HOST_SECONDARY] = "secondary",
	[HOST_SPARED] = "spared",
};

static const char *const keeping_names[HOST_KEEPING_COUNT] = {
	[HOST_KEEPING_UNKNOWN] = "unknown",
	[HOST_KEPT] = "kept",
	[HOST_VOLATILE] = "volatile",
};

static const char *const link_names[HOST_LINK_COUNT] = {
	[HOST_LISTENS] = "listens",
	[HOST_SENT] = "sent",
	[HOST_ESTABLISHED] = "established",
};

/* count when no name is that one. */
static unsigned find_name(const char *const *names, unsigned count,
			  const char *name)
{
	unsigned i = 0;

	while (i < count && strcmp(names[i], name) != 0)
		i++;
	return i;
}

const char *host_rank_name(enum host_rank rank)
{
	return rank_names[rank];
}

bool host_rank_parse(const char *name, enum host_rank *rank)
{
	*rank = (enum host_rank)find_name(rank_names, HOST_RANK_COUNT, name);
	return *rank < HOST_RANK_COUNT;
}

const char *host_keeping_name(enum host_keeping keeping)
{
	return keeping_names[keeping];
}

bool host_keeping_parse(const char *name, enum host_keeping *keeping)
{
	*keeping = (enum host_keeping)find_name(keeping_names,
						HOST_KEEPING_COUNT, name);
	return *keeping < HOST_KEEPING_COUNT;
}

const char *host_link_name(enum host_link link)
{
	return link_names[link];
}

bool host_link_parse(const char *name, enum host_link *link)
{
	*link = (enum host_link)find_name(link_names, HOST_LINK_COUNT, name);
	return *link < HOST_LINK_COUNT;
}

struct host host_new(struct arena *arena)
{
	return (struct host){.arena = arena, .name = ""};
}

/* Whether a list has room; says so once it has none. */
static bool has_room(struct host *host, size_t count, size_t maximum)
{
	if (count < maximum)
		return true;
	host->is_cut = true;
	return false;
}

static struct host_interface *find_interface(const struct host *host,
					     unsigned index)
{
	for (size_t i = 0; i < host->interface_count; i++)
		if (host->interfaces[i].index == index)
			return &host->interfaces[i];
	return NULL;
}

void host_add_interface(struct host *host, const struct host_interface *one)
{
	struct host_interface *known = find_interface(host, one->index);
	const char *name = one->name ? one->name : "";

	if (known) {
		if (!*known->name && *name)
			known->name = arena_text(host->arena, name);
		known->is_loopback = known->is_loopback || one->is_loopback;
		return;
	}
	if (!has_room(host, host->interface_count, HOST_INTERFACES_MAX))
		return;
	host->interfaces =
		arena_grow(host->arena, host->interfaces, host->interface_count,
			   &host->interface_capacity, sizeof(*one));
	known = &host->interfaces[host->interface_count++];
	*known = *one;
	known->name = arena_text(host->arena, name);
}

void host_add_address(struct host *host, const struct host_address *one)
{
	if (!has_room(host, host->address_count, HOST_ADDRESSES_MAX))
		return;
	host->addresses =
		arena_grow(host->arena, host->addresses, host->address_count,
			   &host->address_capacity, sizeof(*one));
	host->addresses[host->address_count++] = *one;
}

void host_add_route(struct host *host, const struct host_route *one)
{
	if (!has_room(host, host->route_count, HOST_ROUTES_MAX))
		return;
	host->routes = arena_grow(host->arena, host->routes, host->route_count,
				  &host->route_capacity, sizeof(*one));
	host->routes[host->route_count++] = *one;
}

/* The last word counts. */
void host_add_switch(struct host *host, const struct host_forwarding *one)
{
	for (size_t i = 0; i < host->switch_count; i++) {
		struct host_forwarding *known = &host->switches[i];

		if (known->interface == one->interface &&
		    known->family == one->family) {
			known->is_on = one->is_on;
			return;
		}
	}
	if (!has_room(host, host->switch_count, 2 * HOST_INTERFACES_MAX))
		return;
	host->switches =
		arena_grow(host->arena, host->switches, host->switch_count,
			   &host->switch_capacity, sizeof(*one));
	host->switches[host->switch_count++] = *one;
}

void host_add_connection(struct host *host, const struct host_connection *one)
{
	if (!has_room(host, host->connection_count, HOST_CONNECTIONS_MAX))
		return;
	host->connections = arena_grow(
		host->arena, host->connections, host->connection_count,
		&host->connection_capacity, sizeof(*one));
	host->connections[host->connection_count++] = *one;
}

/* Addresses that may be a source; link-local ones are no choice. */
static bool competes(const struct host_address *one)
{
	return one->rank != HOST_SPARED &&
	       !address_is_link_local(&one->address);
}

static void rank(struct host *host, struct host_address *one)
{
	for (size_t i = 0; i < host->address_count; i++) {
		const struct host_address *other = &host->addresses[i];

		if (other != one && other->interface == one->interface &&
		    other->address.family == one->address.family &&
		    competes(other))
			return;
	}
	one->rank = HOST_PRIMARY;
}

void host_rank_addresses(struct host *host)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (host->addresses[i].rank == HOST_UNRANKED &&
		    competes(&host->addresses[i]))
			rank(host, &host->addresses[i]);
}

const struct host_interface *host_interface(const struct host *host,
					    unsigned index)
{
	return find_interface(host, index);
}

const struct host_address *host_has(const struct host *host,
				    const struct address *address)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (address_equal(&host->addresses[i].address, address))
			return &host->addresses[i];
	return NULL;
}

bool host_route_is_default(const struct host_route *route)
{
	return route->network.bits == 0;
}

static bool is_better(const struct host_route *one,
		      const struct host_route *other)
{
	if (!other || one->network.bits != other->network.bits)
		return !other || one->network.bits > other->network.bits;
	return one->metric < other->metric;
}

const struct host_route *host_way(const struct host *host,
				  const struct address *to)
{
	const struct host_route *best = NULL;

	for (size_t i = 0; i < host->route_count; i++) {
		const struct host_route *route = &host->routes[i];

		if (network_holds(&route->network, to) &&
		    is_better(route, best))
			best = route;
	}
	return best;
}
