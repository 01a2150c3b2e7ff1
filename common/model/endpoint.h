/*
 * endpoint.h - addresses, ports and transports as text and back. No I/O.
 */
#ifndef COMMON_MODEL_ENDPOINT_H
#define COMMON_MODEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_BYTES  48	/* an address alone */
#define ENDPOINT_TEXT_BYTES 56	/* "[address]:port" */
#define NAME_BYTES_MAX	    255 /* RFC 1035 2.3.4 */

enum transport { TRANSPORT_TCP, TRANSPORT_UDP };

const char *transport_name(enum transport transport); /* "tcp", "udp" */

/* family is AF_INET, AF_INET6, or 0 when there is no address. */
struct address {
	int family;
	uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
};

/* name (host asked for; SNI) may be NULL; it belongs to the creator. */
struct endpoint {
	const char *name;
	struct address address;
	uint16_t port;
	enum transport transport;
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

/* "ADDR", "ADDR:PORT", "[V6]:PORT", "V6"; *why says what is wrong. */
bool endpoint_parse(const char *text, uint16_t default_port,
		    struct endpoint *endpoint, const char **why);

/* "192.0.2.1:443" or "[2001:db8::1]:443". */
char *endpoint_format(char text[ENDPOINT_TEXT_BYTES],
		      const struct address *address, uint16_t port);

/* A decimal port from 1 to 65535, nothing around it. */
bool port_parse(const char *text, uint16_t *port);

socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint,
			       struct sockaddr_storage *sockaddr);

/* Fills address and port; leaves name and transport alone. */
bool endpoint_from_sockaddr(struct endpoint *endpoint,
			    const struct sockaddr *sockaddr);

#endif
