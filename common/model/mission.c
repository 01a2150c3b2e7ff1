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

bool mission_equal(const struct mission *one, const struct mission *other)
{
	if (!one || !other)
		return one == other;
	if (one->purpose != other->purpose ||
	    !texts_equal(one->role, other->role) ||
	    one->host_count != other->host_count)
		return false;
	for (size_t i = 0; i < one->host_count; i++)
		if (!hosts_equal(&one->hosts[i], &other->hosts[i]))
			return false;
	return true;
}
