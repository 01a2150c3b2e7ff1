/*
 * endpoint.h - an address with port, transport and name. No I/O.
 */
#ifndef COMMON_MODEL_ENDPOINT_H
#define COMMON_MODEL_ENDPOINT_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ENDPOINT_TEXT_BYTES 56	/* "[address]:port" */
#define NAME_BYTES_MAX	    255 /* RFC 1035 2.3.4 */

enum transport { TRANSPORT_TCP, TRANSPORT_UDP };

const char *transport_name(enum transport transport); /* "tcp", "udp" */

/* name (host asked for; SNI) may be NULL; it belongs to the creator. */
struct endpoint {
	const char *name;
	struct address address;
	uint16_t port;
	enum transport transport;
};

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
