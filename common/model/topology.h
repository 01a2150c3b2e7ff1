/*
 * topology.h - one deployment: names, nodes, addresses, features. No network.
 *
 * Either read from a topology file (edgeprobe-topology(5)) or begun empty and
 * filled in by what DNS says (deployment.h).
 */
#ifndef COMMON_MODEL_TOPOLOGY_H
#define COMMON_MODEL_TOPOLOGY_H

#include "common/base/arena.h"
#include "common/base/network.h"
#include "common/model/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOPOLOGY_DOMAINS_MAX 64
#define TOPOLOGY_NODES_MAX   20 /* what Topology Builder accepts */
#define TOPOLOGY_POOLS_MAX   32
#define POOL_SERVERS_MAX     20
#define NETWORKS_MAX	     64 /* in one list */

/* The five topologies of requirements/topologies.tsv. */
enum topology_kind {
	KIND_SINGLE_NAT,
	KIND_SINGLE_PUBLIC,
	KIND_SCALED_DNSLB_NAT,
	KIND_SCALED_DNSLB_PUBLIC,
	KIND_SCALED_HLB,
	KIND_COUNT
};

const char *kind_name(enum topology_kind kind); /* "single-nat" */
bool kind_parse(const char *name, enum topology_kind *kind);
bool kind_is_scaled(enum topology_kind kind);
bool kind_is_nat(enum topology_kind kind);

enum product {
	PRODUCT_LYNC2010,
	PRODUCT_LYNC2013,
	PRODUCT_SFB2015,
	PRODUCT_SFB2019,
	PRODUCT_SFBSE,
	PRODUCT_COUNT
};

const char *product_name(enum product product); /* "sfb2019" */
bool product_parse(const char *name, enum product *product);
bool product_has_xmpp(enum product product);

/* The services of the external interface, each with a name of its own. */
enum service {
	SERVICE_ACCESS,
	SERVICE_WEBCONF,
	SERVICE_AV,
	SERVICE_XMPP,
	SERVICE_COUNT
};

const char *service_name(enum service service);	 /* "webconf" */
const char *service_title(enum service service); /* "Web Conferencing" */

/* What listens; several may belong to one service. */
enum listener {
	LISTENER_ACCESS,     /* SIP over TLS, 443 */
	LISTENER_FEDERATION, /* SIP over mutual TLS, 5061 */
	LISTENER_WEBCONF,    /* PSOM over TLS, 443 */
	LISTENER_AV_TCP,     /* MSTURN behind pseudo-TLS, 443 */
	LISTENER_AV_UDP,     /* MSTURN, 3478 */
	LISTENER_XMPP,	     /* XMPP server to server, 5269 */
	LISTENER_OUTSIDE_COUNT,

	/* of the internal interface */
	LISTENER_INSIDE_SIP = LISTENER_OUTSIDE_COUNT, /* next hop, 5061 */
	LISTENER_INSIDE_MRAS,	/* A/V Authentication, 5062 */
	LISTENER_INSIDE_PSOM,	/* Web Conferencing, 8057 */
	LISTENER_INSIDE_XMPP,	/* for the gateway, 23456 */
	LISTENER_INSIDE_AV_UDP, /* MSTURN, 3478 */
	LISTENER_INSIDE_AV_TCP, /* MSTURN, 443 */
	LISTENER_INSIDE_HTTPS,	/* replica of the management store, 4443 */
	LISTENER_INSIDE_LOG_1,	/* central logging, 50001 and on */
	LISTENER_INSIDE_LOG_2,
	LISTENER_INSIDE_LOG_3,
	LISTENER_COUNT
};

/* Feature tokens of requirements/README.md, "Conditions", as a bit set. */
enum feature {
	FEATURE_REMOTE_ACCESS,
	FEATURE_WEBCONF,
	FEATURE_AV,
	FEATURE_FEDERATION,
	FEATURE_PIC,
	FEATURE_PIC_WLM,
	FEATURE_XMPP,
	FEATURE_CLS,
	FEATURE_EDGE_TO_EDGE_MEDIA,
	FEATURE_MULTI_EDGE_POOL,
	FEATURE_MULTI_SIP_DOMAIN,
	FEATURE_LEGACY_CLIENTS,
	FEATURE_EXCHANGE_UM,
	FEATURE_EXUM_2007,
	FEATURE_EXUM_2010,
	FEATURE_EXUM_2010_RTM,
	FEATURE_FED_OCS2007,
	FEATURE_FED_OCS2007R2,
	FEATURE_FED_LYNC2010,
	FEATURE_FED_LYNC2013,
	FEATURE_FED_SFB2015,
	FEATURE_FED_O365,
	FEATURE_MOBILITY,
	FEATURE_PUSH,
	FEATURE_HA,
	FEATURE_SINGLE_IP,
	FEATURE_PER_ROLE,
	FEATURE_IPV6,
	FEATURE_IPSEC,
	FEATURE_HYBRID,
	FEATURE_RCC,
	FEATURE_CAC,
	FEATURE_APP_SHARING,
	FEATURE_FILE_TRANSFER,
	FEATURE_COLLOCATED_MEDIATION,
	FEATURE_FE_HLB_ONLY,
	FEATURE_FE_DNSLB,
	FEATURE_COUNT
};

#define FEATURE_BIT(feature) (UINT64_C(1) << (feature))

const char *feature_name(enum feature feature);
bool feature_parse(const char *name, enum feature *feature);

/* One row a listener: the table that replaces branches on it. */
struct listener_info {
	const char *key;   /* "av-udp": [ports] key, --fault, JSON */
	const char *title; /* "A/V Edge, UDP" */
	enum service service;
	enum transport transport;
	uint16_t port;	   /* the published default */
	uint64_t features; /* it is there with any of them; 0: always */
	enum product since, until;
	bool is_mutual; /* servers alone: both show a certificate */
};

extern const struct listener_info listener_table[LISTENER_COUNT];

/* Adds what tokens bring with them (requirements/README.md, "Conditions"). */
uint64_t features_close(uint64_t features);

/* A service address of a node: what it binds, and what the world sees. */
struct service_address {
	struct address local;  /* on the interface (edgesim binds it) */
	struct address public; /* the same without NAT */
};

#define SERVICE_ADDRESSES_MAX 4 /* one node, one service: IPv4 and IPv6 */

/* In the order of the file. */
struct networks {
	struct network items[NETWORKS_MAX];
	size_t count;
};

struct node {
	const char *name; /* "edge1"; for a load balancer "hlb" */
	bool is_vip;
	struct service_address addresses[SERVICE_COUNT][SERVICE_ADDRESSES_MAX];
	size_t address_count[SERVICE_COUNT];
	size_t public_count[SERVICE_COUNT]; /* as given, under NAT */
	struct address internal;	    /* family 0 when not given */
	struct address gateway;		 /* of the external adapter; likewise */
	struct address internal_gateway; /* which there should not be */
	struct networks routes;		 /* through the internal adapter */
};

/* What other servers a deployment has: the roles that rows speak of. */
enum pool_role {
	POOL_FRONTEND,
	POOL_DIRECTOR,
	POOL_MEDIATION,
	POOL_SBA, /* branch appliance */
	POOL_SBS, /* branch server */
	POOL_PERSISTENT_CHAT,
	POOL_OFFICE_WEB_APPS,
	POOL_EXCHANGE_UM,
	POOL_ROLE_COUNT
};

const char *pool_role_name(enum pool_role role); /* "frontend" */
bool pool_role_parse(const char *name, enum pool_role *role);

struct server_pool {
	const char *name; /* "pool01.contoso.net" */
	enum pool_role role;
	const char *servers[POOL_SERVERS_MAX]; /* none: the pool is its own */
	size_t server_count;
	struct address addresses[POOL_SERVERS_MAX]; /* of the servers */
	size_t address_count;
	struct address vip;  /* of its load balancer; family 0: none given */
	bool has_management; /* holds the Central Management store */
};

/* How traffic is shared out among the Edge Servers. */
enum balancing { BALANCING_NONE, BALANCING_DNS, BALANCING_HARDWARE };

bool balancing_parse(const char *name, enum balancing *balancing);
const char *balancing_name(enum balancing balancing); /* "hardware" */

/* Partners for which firewall rules can be narrowed. */
enum partner { PARTNER_FEDERATION, PARTNER_PIC, PARTNER_XMPP, PARTNER_COUNT };

/* Media of clients whose port ranges are set by hand. */
enum medium {
	MEDIUM_AUDIO,
	MEDIUM_VIDEO,
	MEDIUM_APP_SHARING,
	MEDIUM_FILE_TRANSFER,
	MEDIUM_COUNT
};

const char *medium_name(enum medium medium); /* "app-sharing" */

struct port_range {
	uint16_t first, last; /* both 0: not given */
};

/* Where a section or key stands in the file. */
struct topology_mark {
	const char *section; /* "edge" */
	const char *name;    /* "edge1"; "" for a section without */
	const char *key;     /* NULL for the section itself */
	unsigned line;
};

/* Web addresses that a topology file names. */
enum web_site {
	WEB_SITE_EXTERNAL, /* web services of the pool */
	WEB_SITE_MEET,	   /* simple URL of meetings */
	WEB_SITE_DIALIN,   /* simple URL of conference numbers */
	WEB_SITE_COUNT
};

const char *web_site_name(enum web_site site); /* "meet" */

/* The reverse proxy in front of the web services: no part of the Edge. */
struct web_proxy {
	const char *sites[WEB_SITE_COUNT]; /* https URLs; NULL: not named */
	struct address addresses[SERVICE_ADDRESSES_MAX];
	size_t address_count;
	uint16_t https, http; /* ports */
};

struct topology {
	const char *file; /* where it was read; NULL when inferred */
	enum product product;
	bool product_known; /* given, not assumed */
	enum topology_kind kind;
	bool kind_known;
	uint64_t features;	  /* closed set of FEATURE_BIT() */
	uint64_t features_listed; /* as the file has them */

	const char *domains[TOPOLOGY_DOMAINS_MAX]; /* SIP domains */
	size_t domain_count;
	const char *internal_domain; /* NULL when not known */
	const char *internal_name;   /* internal edge (pool) name or NULL */

	const char *names[SERVICE_COUNT]; /* NULL when not known */
	bool name_guessed[SERVICE_COUNT]; /* common name or SAN, not told */
	uint16_t ports[LISTENER_COUNT];

	uint16_t relay_first, relay_count;

	struct web_proxy web;

	struct node nodes[TOPOLOGY_NODES_MAX + 1]; /* one may be the VIPs */
	size_t node_count;

	struct networks external; /* of the external adapters */
	struct networks internal; /* of the internal adapters */
	struct networks served;	  /* inside, with servers or clients */
	struct networks partners[PARTNER_COUNT];
	struct networks resolvers; /* what the Edge Servers ask */

	enum balancing internal_balancing;
	bool internal_balancing_known;
	uint32_t balanced_inside; /* 1 << enum service: by the internal VIP */
	uint32_t source_nat;	  /* 1 << enum service: set on the balancer */
	bool direct_return; /* the balancer lets servers answer directly */

	struct server_pool pools[TOPOLOGY_POOLS_MAX];
	size_t pool_count;
	struct port_range client_ports[MEDIUM_COUNT];

	struct topology_mark *marks; /* in the order of the file */
	size_t mark_count, mark_capacity;
};

/*
 * The line of a key, else of its section, else 0. name is "" for a section
 * without; key NULL asks for the section.
 */
unsigned topology_line(const struct topology *topology, const char *section,
		       const char *name, const char *key);

/* "edge" or "vip": the section of a node. */
const char *node_section(const struct node *node);

/* Defaults: published ports, all usual features, sfb2019, single-public. */
struct topology *topology_new(struct arena *arena);

/*
 * Reads a topology file. NULL on failure with *why = "FILE:LINE: what is
 * wrong, with the offending text and what was expected", from the arena.
 */
struct topology *topology_read(struct arena *arena, const char *path,
			       const char **why);

#endif
