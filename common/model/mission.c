#include "common/model/mission.h"

#include <string.h>

static const char *const names[PURPOSE_COUNT] = {
	[PURPOSE_ROLE] = "role",
	[PURPOSE_HLB] = "hlb",
	[PURPOSE_CLIENT] = "client",
	[PURPOSE_EDGE_HOST] = "edge-host",
};

const char *purpose_name(enum purpose purpose)
{
	return names[purpose];
}

bool purpose_parse(const char *name, enum purpose *purpose)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*purpose = (enum purpose)i;
			return true;
		}
	return false;
}

static const char *const peer_names[PEER_COUNT] = {
	[PEER_PARTNER] = "partner",   [PEER_XMPP_PARTNER] = "xmpp-partner",
	[PEER_NEXT_HOP] = "next-hop", [PEER_URL] = "url",
	[PEER_EDGE] = "other-edge",
};

const char *peer_name(enum peer peer)
{
	return peer_names[peer];
}

static bool texts_equal(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

static bool hosts_equal(const struct mission_host *one,
			const struct mission_host *other)
{
	return texts_equal(one->node, other->node) &&
	       texts_equal(one->name, other->name) &&
	       address_equal(&one->address, &other->address);
}

static bool names_equal(const struct mission_names *one,
			const struct mission_names *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!texts_equal(one->items[i], other->items[i]))
			return false;
	return true;
}

bool mission_equal(const struct mission *one, const struct mission *other)
{
	if (!one || !other)
		return one == other;
	if (one->purpose != other->purpose ||
	    !texts_equal(one->role, other->role) ||
	    !texts_equal(one->node, other->node) ||
	    one->host_count != other->host_count)
		return false;
	for (size_t i = 0; i < one->host_count; i++)
		if (!hosts_equal(&one->hosts[i], &other->hosts[i]))
			return false;
	for (unsigned i = 0; i < PEER_COUNT; i++)
		if (!names_equal(&one->peers[i], &other->peers[i]))
			return false;
	return true;
}
