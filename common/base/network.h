/*
 * network.h - networks as text and back: "10.0.0.0/8", "2001:db8::/32". No
 * I/O.
 */
#ifndef COMMON_BASE_NETWORK_H
#define COMMON_BASE_NETWORK_H

#include "common/base/address.h"

#define NETWORK_TEXT_BYTES (ADDRESS_TEXT_BYTES + 4)

/* The address has no bit set beyond the prefix. */
struct network {
	struct address address;
	unsigned bits; /* of the prefix: 0 to 32, or to 128 */
};

/*
 * "ADDRESS/BITS", or an address for itself alone. False with *why when it is
 * neither, or when bits are set beyond the prefix.
 */
bool network_parse(const char *text, struct network *network, const char **why);
char *network_format(char text[NETWORK_TEXT_BYTES],
		     const struct network *network);

bool network_holds(const struct network *network,
		   const struct address *address);
bool network_overlaps(const struct network *one, const struct network *other);

#endif
