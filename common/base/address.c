#include "common/base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static size_t address_size(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

bool address_parse(const char *text, struct address *address)
{
	char bare[ADDRESS_TEXT_BYTES];
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof(bare))
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	*address = (struct address){.family = AF_INET};
	if (inet_pton(AF_INET, bare, address->bytes) == 1)
		return true;
	address->family = AF_INET6;
	return inet_pton(AF_INET6, bare, address->bytes) == 1;
}

char *address_format(char text[ADDRESS_TEXT_BYTES],
		     const struct address *address)
{
	if (!address_size(address->family) ||
	    !inet_ntop(address->family, address->bytes, text,
		       ADDRESS_TEXT_BYTES))
		snprintf(text, ADDRESS_TEXT_BYTES, "-");
	return text;
}

bool address_equal(const struct address *one, const struct address *other)
{
	return address_compare(one, other) == 0;
}

int address_compare(const struct address *one, const struct address *other)
{
	if (one->family != other->family)
		return one->family == AF_INET ? -1 : 1;
	return memcmp(one->bytes, other->bytes, address_size(one->family));
}

struct prefix {
	uint8_t bytes[16];
	unsigned bits;
};

static bool prefix_covers(const struct prefix *prefix, const uint8_t *bytes)
{
	unsigned whole = prefix->bits / 8;
	unsigned rest = prefix->bits % 8;
	unsigned mask = 0xff00u >> rest & 0xff;

	return memcmp(prefix->bytes, bytes, whole) == 0 &&
	       (rest == 0 ||
		((prefix->bytes[whole] ^ bytes[whole]) & mask) == 0);
}

/* The IPv4 address in ::ffff:10.0.0.1 is what 10.0.0.1 is; else NULL. */
static const uint8_t *ipv4_bytes(const struct address *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (address->family == AF_INET)
		return address->bytes;
	return memcmp(address->bytes, mapped, 12) == 0 ? address->bytes + 12
						       : NULL;
}

static bool any_covers(const struct prefix *prefixes, size_t count,
		       const uint8_t *bytes)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_covers(&prefixes[i], bytes))
			return true;
	return false;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

bool address_is_host(const struct address *address)
{
	static const struct prefix ipv4[] = {
		{{0}, 8},   /* "this network" */
		{{127}, 8}, /* loopback */
		{{224}, 4}, /* multicast */
		{{240}, 4}, /* reserved, broadcast */
	};
	static const struct prefix ipv6[] = {
		{{0}, 127},  /* unspecified, loopback */
		{{0xff}, 8}, /* multicast */
	};
	const uint8_t *bytes = ipv4_bytes(address);

	return bytes ? !any_covers(ipv4, COUNT(ipv4), bytes)
		     : !any_covers(ipv6, COUNT(ipv6), address->bytes);
}

bool address_is_link_local(const struct address *address)
{
	static const struct prefix ipv4 = {{169, 254}, 16};
	static const struct prefix ipv6 = {{0xfe, 0x80}, 10};

	return prefix_covers(address->family == AF_INET ? &ipv4 : &ipv6,
			     address->bytes);
}

bool address_is_private(const struct address *address)
{
	static const struct prefix ipv4[] = {
		{{0}, 8},	  /* "this network" */
		{{10}, 8},	  /* RFC 1918 */
		{{100, 64}, 10},  /* shared, RFC 6598 */
		{{127}, 8},	  /* loopback */
		{{169, 254}, 16}, /* link-local */
		{{172, 16}, 12},  /* RFC 1918 */
		{{192, 168}, 16}, /* RFC 1918 */
		{{224}, 4},	  /* multicast */
		{{240}, 4},	  /* reserved, broadcast */
	};
	static const struct prefix ipv6[] = {
		{{0}, 127},	    /* unspecified, loopback */
		{{0xfc}, 7},	    /* unique local, RFC 4193 */
		{{0xfe, 0x80}, 10}, /* link-local */
		{{0xfe, 0xc0}, 10}, /* site-local, deprecated */
		{{0xff}, 8},	    /* multicast */
	};
	const uint8_t *bytes = ipv4_bytes(address);

	return bytes ? any_covers(ipv4, COUNT(ipv4), bytes)
		     : any_covers(ipv6, COUNT(ipv6), address->bytes);
}
