/*
 * host.h - one host's own network: interfaces, addresses, routes, forwarding
 * and TCP connections, from whichever source they come. No I/O.
 *
 * Ownership: everything lives in the arena, text is copied into it. Lists have
 * maxima; what goes beyond them is dropped and is_cut set.
 */
#ifndef COMMON_WIRE_HOST_H
#define COMMON_WIRE_HOST_H

#include "common/base/arena.h"
#include "common/base/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_INTERFACES_MAX  256
#define HOST_ADDRESSES_MAX   512
#define HOST_ROUTES_MAX	     1024
#define HOST_CONNECTIONS_MAX 1024
#define HOST_WORDS_MAX	     255 /* bytes of an interface's or the host's */

struct host_interface {
	unsigned index;
	const char *name;
	bool is_loopback;
};

/* What an address is to packets that leave through its interface. */
enum host_rank {
	HOST_UNRANKED,	/* the order is not told */
	HOST_PRIMARY,	/* the first: packets have it as their source */
	HOST_SECONDARY, /* a further one */
	HOST_SPARED,	/* never a source, unless somebody asks for it */
	HOST_RANK_COUNT
};

const char *host_rank_name(enum host_rank rank); /* "primary" */
bool host_rank_parse(const char *name, enum host_rank *rank);

struct host_address {
	unsigned interface; /* its index */
	struct address address;
	unsigned bits; /* of its network's prefix */
	enum host_rank rank;
};

/* Whether a route is there after the next start of the host. */
enum host_keeping {
	HOST_KEEPING_UNKNOWN,
	HOST_KEPT,
	HOST_VOLATILE,
	HOST_KEEPING_COUNT
};

const char *host_keeping_name(enum host_keeping keeping); /* "kept" */
bool host_keeping_parse(const char *name, enum host_keeping *keeping);

struct host_route {
	unsigned interface;
	struct network network;
	struct address gateway; /* family 0: the network is on the link */
	unsigned metric;
	enum host_keeping keeping;
};

struct host_forwarding {
	unsigned interface;
	int family; /* AF_INET, AF_INET6 */
	bool is_on;
};

enum host_link {
	HOST_LISTENS,
	HOST_SENT, /* a SYN, and nothing came back so far */
	HOST_ESTABLISHED,
	HOST_LINK_COUNT
};

const char *host_link_name(enum host_link link); /* "established" */
bool host_link_parse(const char *name, enum host_link *link);

struct host_connection {
	enum host_link link;
	struct address local, remote; /* remote: family 0 of a listener */
	uint16_t local_port, remote_port;
};

struct host {
	struct arena *arena;
	const char *name;  /* "" when not known */
	int64_t clock_us;  /* its wall clock, where it was told; else 0 */
	bool has_kept;	   /* what is kept was told: the rest is volatile */
	bool is_cut;	   /* there was more than the maxima */
	bool has_links;	   /* connections were looked at */
	bool has_switches; /* forwarding was looked at */

	/* what packets to the Internet have as source: IPv4, IPv6 */
	struct address sources[2];

	struct host_interface *interfaces;
	size_t interface_count, interface_capacity;
	struct host_address *addresses; /* in their order on the interface */
	size_t address_count, address_capacity;
	struct host_route *routes;
	size_t route_count, route_capacity;
	struct host_forwarding *switches;
	size_t switch_count, switch_capacity;
	struct host_connection *connections;
	size_t connection_count, connection_capacity;
};

/* An empty one. */
struct host host_new(struct arena *arena);

/* Each adds a copy; an interface that is known is completed instead. */
void host_add_interface(struct host *host, const struct host_interface *one);
void host_add_address(struct host *host, const struct host_address *one);
void host_add_route(struct host *host, const struct host_route *one);
void host_add_switch(struct host *host, const struct host_forwarding *one);
void host_add_connection(struct host *host, const struct host_connection *one);

/*
 * Of the addresses without rank, each that has no rival becomes the primary
 * one of its interface and family. To be called once all are there.
 */
void host_rank_addresses(struct host *host);

/* NULL when the index is not known. */
const struct host_interface *host_interface(const struct host *host,
					    unsigned index);

/* The entry of that address, or NULL. */
const struct host_address *host_has(const struct host *host,
				    const struct address *address);

/* Whether the route leads everywhere: 0.0.0.0/0 or ::/0. */
bool host_route_is_default(const struct host_route *route);

/*
 * The route that packets to an address take: the longest prefix, then the
 * lowest metric; NULL: none.
 */
const struct host_route *host_way(const struct host *host,
				  const struct address *to);

#endif
