#include "common/base/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned width_of(const struct address *address)
{
	return address->family == AF_INET ? 32 : 128;
}

/* Whether both begin with the same bits. */
static bool begin_alike(const struct address *one, const struct address *other,
			unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;
	unsigned mask = 0xff00u >> rest & 0xffu;

	if (one->family != other->family ||
	    memcmp(one->bytes, other->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       (one->bytes[whole] & mask) == (other->bytes[whole] & mask);
}

static bool has_bits_beyond(const struct network *network)
{
	for (unsigned i = network->bits; i < width_of(&network->address); i++)
		if (network->address.bytes[i / 8] >> (7 - i % 8) & 1)
			return true;
	return false;
}

static bool parse_bits(const char *text, unsigned most, unsigned *bits)
{
	size_t length = strspn(text, "0123456789");

	if (length == 0 || length > 3 || text[length])
		return false;
	*bits = (unsigned)strtoul(text, NULL, 10);
	return *bits <= most;
}

bool network_parse(const char *text, struct network *network, const char **why)
{
	char address[ADDRESS_TEXT_BYTES];
	size_t length = strcspn(text, "/");

	*why = "not an address, nor ADDRESS/BITS";
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!address_parse(address, &network->address))
		return false;
	network->bits = width_of(&network->address);
	if (!text[length])
		return true;
	*why = "its prefix is no number of bits of such an address";
	if (!parse_bits(text + length + 1, network->bits, &network->bits))
		return false;
	*why = "it has bits set beyond its prefix";
	return !has_bits_beyond(network);
}

char *network_format(char text[NETWORK_TEXT_BYTES],
		     const struct network *network)
{
	char address[ADDRESS_TEXT_BYTES];

	address_format(address, &network->address);
	if (network->bits == width_of(&network->address))
		snprintf(text, NETWORK_TEXT_BYTES, "%s", address);
	else
		snprintf(text, NETWORK_TEXT_BYTES, "%s/%u", address,
			 network->bits);
	return text;
}

bool network_holds(const struct network *network, const struct address *address)
{
	return begin_alike(&network->address, address, network->bits);
}

bool network_overlaps(const struct network *one, const struct network *other)
{
	unsigned bits = one->bits < other->bits ? one->bits : other->bits;

	return begin_alike(&one->address, &other->address, bits);
}
