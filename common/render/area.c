#include "common/render/area.h"

#include <string.h>

static const char *const titles[AREA_COUNT] = {
	[AREA_DNS] = "DNS",	  [AREA_CERTIFICATES] = "Certificates",
	[AREA_ACCESS] = "Access", [AREA_WEBCONF] = "Web Conferencing",
	[AREA_AV] = "A/V",	  [AREA_FEDERATION] = "Federation",
	[AREA_XMPP] = "XMPP",	  [AREA_OTHER] = "Other",
};

/* The first that fits decides; prefixes are of flows and ids. */
static const struct {
	const char *table, *prefix, *listener;
	enum area area;
} rules[] = {
	{.table = "dns", .area = AREA_DNS},
	{.table = "certificates", .area = AREA_CERTIFICATES},
	{.prefix = "ext.access.sip-mtls.", .area = AREA_FEDERATION},
	{.prefix = "ext.access.", .area = AREA_ACCESS},
	{.prefix = "ext.webconf.", .area = AREA_WEBCONF},
	{.prefix = "ext.av.", .area = AREA_AV},
	{.prefix = "ext.xmpp.", .area = AREA_XMPP},
	{.prefix = "dns.", .area = AREA_DNS},
	{.prefix = "xmpp.", .area = AREA_XMPP},
	{.prefix = "av.", .area = AREA_AV},
	{.prefix = "media.", .area = AREA_AV},
	{.listener = "access", .area = AREA_ACCESS},
	{.listener = "federation", .area = AREA_FEDERATION},
	{.listener = "webconf", .area = AREA_WEBCONF},
	{.listener = "av-tcp", .area = AREA_AV},
	{.listener = "av-udp", .area = AREA_AV},
	{.listener = "xmpp", .area = AREA_XMPP},
};

const char *area_title(enum area area)
{
	return titles[area];
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum area area_of(const struct requirement *requirement)
{
	const char *listener = requirement->judging->listener;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].table &&
		    strcmp(rules[i].table, requirement->table) == 0)
			return rules[i].area;
		if (rules[i].prefix &&
		    (begins(requirement->flow, rules[i].prefix) ||
		     begins(requirement->id, rules[i].prefix)))
			return rules[i].area;
		if (rules[i].listener &&
		    strcmp(rules[i].listener, listener) == 0)
			return rules[i].area;
	}
	return AREA_OTHER;
}
