#include "tools/shared/way.h"

#include "common/base/log.h"

#include <sys/socket.h>

#define DNS_PORT 53

void way_take_resolver(struct way *way, const char *text)
{
	const char *why;

	if (way->resolver_count == WAY_RESOLVERS_MAX)
		die("--resolver: at most %d", WAY_RESOLVERS_MAX);
	if (!endpoint_parse(text, DNS_PORT,
			    &way->resolvers[way->resolver_count++], &why))
		die("--resolver: '%s': %s", text, why);
}

void way_take_my_address(struct way *way, const char *text)
{
	struct address address;

	if (!address_parse(text, &address))
		die("--my-address: '%s' is not an address", text);
	way->my_addresses[address.family == AF_INET6] = address;
}
