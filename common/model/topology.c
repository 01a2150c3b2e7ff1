#include "common/model/topology.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Finds name in a table of names; count when it is not there. */
static size_t name_index(const char *const *names, size_t count,
			 const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(names[i], name) != 0)
		i++;
	return i;
}

static const struct {
	const char *name;
	bool is_scaled, is_nat;
} kinds[KIND_COUNT] = {
	[KIND_SINGLE_NAT] = {"single-nat", false, true},
	[KIND_SINGLE_PUBLIC] = {"single-public", false, false},
	[KIND_SCALED_DNSLB_NAT] = {"scaled-dnslb-nat", true, true},
	[KIND_SCALED_DNSLB_PUBLIC] = {"scaled-dnslb-public", true, false},
	[KIND_SCALED_HLB] = {"scaled-hlb", true, false},
};

const char *kind_name(enum topology_kind kind)
{
	return kinds[kind].name;
}

bool kind_parse(const char *name, enum topology_kind *kind)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*kind = (enum topology_kind)i;
			return true;
		}
	}
	return false;
}

bool kind_is_scaled(enum topology_kind kind)
{
	return kinds[kind].is_scaled;
}

bool kind_is_nat(enum topology_kind kind)
{
	return kinds[kind].is_nat;
}

static const struct {
	const char *name;
	bool has_xmpp; /* came with Lync 2013 and went with 2019 */
} products[PRODUCT_COUNT] = {
	[PRODUCT_LYNC2010] = {"lync2010", false},
	[PRODUCT_LYNC2013] = {"lync2013", true},
	[PRODUCT_SFB2015] = {"sfb2015", true},
	[PRODUCT_SFB2019] = {"sfb2019", false},
	[PRODUCT_SFBSE] = {"sfbse", false},
};

const char *product_name(enum product product)
{
	return products[product].name;
}

bool product_parse(const char *name, enum product *product)
{
	for (size_t i = 0; i < COUNT(products); i++) {
		if (strcmp(products[i].name, name) == 0) {
			*product = (enum product)i;
			return true;
		}
	}
	return false;
}

bool product_has_xmpp(enum product product)
{
	return products[product].has_xmpp;
}

static const struct {
	const char *name, *title;
} services[SERVICE_COUNT] = {
	[SERVICE_ACCESS] = {"access", "Access"},
	[SERVICE_WEBCONF] = {"webconf", "Web Conferencing"},
	[SERVICE_AV] = {"av", "A/V"},
	[SERVICE_XMPP] = {"xmpp", "XMPP"},
};

const char *service_name(enum service service)
{
	return services[service].name;
}

const char *service_title(enum service service)
{
	return services[service].title;
}

static const char *const features[FEATURE_COUNT] = {
	[FEATURE_REMOTE_ACCESS] = "remote-access",
	[FEATURE_WEBCONF] = "webconf",
	[FEATURE_AV] = "av",
	[FEATURE_FEDERATION] = "federation",
	[FEATURE_PIC] = "pic",
	[FEATURE_PIC_WLM] = "pic-wlm",
	[FEATURE_XMPP] = "xmpp",
	[FEATURE_CLS] = "cls",
	[FEATURE_EDGE_TO_EDGE_MEDIA] = "edge-to-edge-media",
	[FEATURE_MULTI_EDGE_POOL] = "multi-edge-pool",
	[FEATURE_MULTI_SIP_DOMAIN] = "multi-sip-domain",
	[FEATURE_LEGACY_CLIENTS] = "legacy-clients",
	[FEATURE_EXCHANGE_UM] = "exchange-um",
	[FEATURE_EXUM_2007] = "exum-2007",
	[FEATURE_EXUM_2010] = "exum-2010",
	[FEATURE_EXUM_2010_RTM] = "exum-2010-rtm",
	[FEATURE_FED_OCS2007] = "fed-ocs2007",
	[FEATURE_FED_OCS2007R2] = "fed-ocs2007r2",
	[FEATURE_FED_LYNC2010] = "fed-lync2010",
	[FEATURE_FED_LYNC2013] = "fed-lync2013",
	[FEATURE_FED_SFB2015] = "fed-sfb2015",
	[FEATURE_FED_O365] = "fed-o365",
	[FEATURE_MOBILITY] = "mobility",
	[FEATURE_PUSH] = "push",
	[FEATURE_HA] = "ha",
	[FEATURE_SINGLE_IP] = "single-ip",
	[FEATURE_PER_ROLE] = "per-role",
	[FEATURE_IPV6] = "ipv6",
	[FEATURE_IPSEC] = "ipsec",
	[FEATURE_HYBRID] = "hybrid",
	[FEATURE_RCC] = "rcc",
	[FEATURE_CAC] = "cac",
	[FEATURE_APP_SHARING] = "app-sharing",
	[FEATURE_FILE_TRANSFER] = "file-transfer",
	[FEATURE_COLLOCATED_MEDIATION] = "collocated-mediation",
	[FEATURE_FE_HLB_ONLY] = "fe-hlb-only",
	[FEATURE_FE_DNSLB] = "fe-dnslb",
};

const char *web_site_name(enum web_site site)
{
	static const char *const names[WEB_SITE_COUNT] = {
		[WEB_SITE_EXTERNAL] = "external",
		[WEB_SITE_MEET] = "meet",
		[WEB_SITE_DIALIN] = "dialin",
	};

	return names[site];
}

const char *feature_name(enum feature feature)
{
	return features[feature];
}

bool feature_parse(const char *name, enum feature *feature)
{
	size_t i = name_index(features, FEATURE_COUNT, name);

	if (i == FEATURE_COUNT)
		return false;
	*feature = (enum feature)i;
	return true;
}

uint64_t features_close(uint64_t set)
{
	/* Each row: where all of `when` are on, `brings` is on as well. Rows
	 * stand below those that can set them off, so one pass is enough. */
	static const struct {
		uint64_t when, brings;
	} rows[] = {
		{FEATURE_BIT(FEATURE_EXUM_2010_RTM),
		 FEATURE_BIT(FEATURE_EXUM_2010)},
		{FEATURE_BIT(FEATURE_EXUM_2007),
		 FEATURE_BIT(FEATURE_EXCHANGE_UM)},
		{FEATURE_BIT(FEATURE_EXUM_2010),
		 FEATURE_BIT(FEATURE_EXCHANGE_UM)},
		{FEATURE_BIT(FEATURE_PIC_WLM), FEATURE_BIT(FEATURE_PIC)},
		{FEATURE_BIT(FEATURE_FED_OCS2007),
		 FEATURE_BIT(FEATURE_FEDERATION)},
		{FEATURE_BIT(FEATURE_FED_OCS2007R2),
		 FEATURE_BIT(FEATURE_FEDERATION)},
		{FEATURE_BIT(FEATURE_FED_LYNC2010),
		 FEATURE_BIT(FEATURE_FEDERATION)},
		{FEATURE_BIT(FEATURE_FED_LYNC2013),
		 FEATURE_BIT(FEATURE_FEDERATION)},
		{FEATURE_BIT(FEATURE_FED_SFB2015),
		 FEATURE_BIT(FEATURE_FEDERATION)},
		{FEATURE_BIT(FEATURE_FED_O365),
		 FEATURE_BIT(FEATURE_FEDERATION)},
		{FEATURE_BIT(FEATURE_APP_SHARING), FEATURE_BIT(FEATURE_AV)},
		{FEATURE_BIT(FEATURE_FILE_TRANSFER), FEATURE_BIT(FEATURE_AV)},
		{FEATURE_BIT(FEATURE_AV) | FEATURE_BIT(FEATURE_FEDERATION),
		 FEATURE_BIT(FEATURE_EDGE_TO_EDGE_MEDIA)},
		{FEATURE_BIT(FEATURE_AV) | FEATURE_BIT(FEATURE_MULTI_EDGE_POOL),
		 FEATURE_BIT(FEATURE_EDGE_TO_EDGE_MEDIA)},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if ((set & rows[i].when) == rows[i].when)
			set |= rows[i].brings;
	}
	return set;
}

static const char *const pool_roles[POOL_ROLE_COUNT] = {
	[POOL_FRONTEND] = "frontend",
	[POOL_DIRECTOR] = "director",
	[POOL_MEDIATION] = "mediation",
	[POOL_SBA] = "sba",
	[POOL_SBS] = "sbs",
	[POOL_PERSISTENT_CHAT] = "persistent-chat",
	[POOL_OFFICE_WEB_APPS] = "office-web-apps",
	[POOL_EXCHANGE_UM] = "exchange-um",
};

const char *pool_role_name(enum pool_role role)
{
	return pool_roles[role];
}

bool pool_role_parse(const char *name, enum pool_role *role)
{
	size_t i = name_index(pool_roles, POOL_ROLE_COUNT, name);

	if (i == POOL_ROLE_COUNT)
		return false;
	*role = (enum pool_role)i;
	return true;
}

static const char *const balancings[] = {
	[BALANCING_NONE] = "none",
	[BALANCING_DNS] = "dns",
	[BALANCING_HARDWARE] = "hardware",
};

const char *balancing_name(enum balancing balancing)
{
	return balancings[balancing];
}

bool balancing_parse(const char *name, enum balancing *balancing)
{
	size_t i = name_index(balancings, COUNT(balancings), name);

	if (i == COUNT(balancings))
		return false;
	*balancing = (enum balancing)i;
	return true;
}

const char *medium_name(enum medium medium)
{
	static const char *const names[MEDIUM_COUNT] = {
		[MEDIUM_AUDIO] = "audio",
		[MEDIUM_VIDEO] = "video",
		[MEDIUM_APP_SHARING] = "app-sharing",
		[MEDIUM_FILE_TRANSFER] = "file-transfer",
	};

	return names[medium];
}

const char *node_section(const struct node *node)
{
	return node->is_vip ? "vip" : "edge";
}

unsigned topology_line(const struct topology *topology, const char *section,
		       const char *name, const char *key)
{
	unsigned line = 0;

	for (size_t i = 0; i < topology->mark_count; i++) {
		const struct topology_mark *mark = &topology->marks[i];

		if (strcmp(mark->section, section) != 0 ||
		    strcmp(mark->name, name) != 0)
			continue;
		if (!mark->key)
			line = mark->line;
		else if (key && strcmp(mark->key, key) == 0)
			return mark->line;
	}
	return line;
}

struct topology *topology_new(struct arena *arena)
{
	struct topology *topology = arena_alloc(arena, sizeof(*topology));

	topology->product = PRODUCT_SFB2019;
	topology->kind = KIND_SINGLE_PUBLIC;
	topology->features = features_close(FEATURE_BIT(FEATURE_REMOTE_ACCESS) |
					    FEATURE_BIT(FEATURE_WEBCONF) |
					    FEATURE_BIT(FEATURE_AV) |
					    FEATURE_BIT(FEATURE_FEDERATION) |
					    FEATURE_BIT(FEATURE_PER_ROLE));
	for (size_t i = 0; i < LISTENER_COUNT; i++)
		topology->ports[i] = listener_table[i].port;
	topology->relay_first = 50000;
	topology->relay_count = 10000;
	topology->web.https = 443;
	topology->web.http = 80;
	return topology;
}
