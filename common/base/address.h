/*
 * address.h - IPv4 and IPv6 addresses as text and back. No I/O.
 */
#ifndef COMMON_BASE_ADDRESS_H
#define COMMON_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h> /* AF_INET, AF_INET6 */

#define ADDRESS_TEXT_BYTES 48 /* with the final NUL */

/* family is AF_INET, AF_INET6, or 0 when there is no address. */
struct address {
	int family;
	uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
};

/* Numeric text only; never looks a name up. Brackets around IPv6 allowed. */
bool address_parse(const char *text, struct address *address);
char *address_format(char text[ADDRESS_TEXT_BYTES],
		     const struct address *address);
bool address_equal(const struct address *one, const struct address *other);

/* IPv4 before IPv6, then by bytes: an order for reports. */
int address_compare(const struct address *one, const struct address *other);

/*
 * Whether the Internet cannot route to it: RFC 1918, shared (RFC 6598),
 * loopback, link-local, fc00::/7, unspecified, multicast. Documentation
 * ranges are not private (product.md, decision 3).
 */
bool address_is_private(const struct address *address);

/* fe80::/10 and 169.254.0.0/16: of one link alone. */
bool address_is_link_local(const struct address *address);

/*
 * Whether another host could have it: private or not, but neither this host's
 * own (unspecified, loopback) nor nobody's (multicast, reserved, broadcast).
 */
bool address_is_host(const struct address *address);

#endif
