#include "common/model/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *transport_name(enum transport transport)
{
	return transport == TRANSPORT_UDP ? "udp" : "tcp";
}

bool port_parse(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 5)
		return false;
	value = strtoul(text, &end, 10);
	if (*end || value < 1 || value > 65535)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool endpoint_parse(const char *text, uint16_t default_port,
		    struct endpoint *endpoint, const char **why)
{
	char host[ADDRESS_TEXT_BYTES + 2];
	const char *colon = strrchr(text, ':');
	size_t length = strlen(text);

	/* a second colon outside brackets: an IPv6 address without a port */
	if (colon && text[0] != '[' && strchr(text, ':') != colon)
		colon = NULL;
	if (colon && text[0] == '[' && colon[-1] != ']')
		colon = NULL;
	endpoint->port = default_port;
	if (colon) {
		length = (size_t)(colon - text);
		if (!port_parse(colon + 1, &endpoint->port)) {
			*why = "the port is not a number from 1 to 65535";
			return false;
		}
	}
	if (length >= sizeof(host)) {
		*why = "not an IPv4 or IPv6 address";
		return false;
	}
	memcpy(host, text, length);
	host[length] = '\0';
	if (!address_parse(host, &endpoint->address)) {
		*why = "not an IPv4 or IPv6 address";
		return false;
	}
	return true;
}

char *endpoint_format(char text[ENDPOINT_TEXT_BYTES],
		      const struct address *address, uint16_t port)
{
	char host[ADDRESS_TEXT_BYTES];

	snprintf(text, ENDPOINT_TEXT_BYTES,
		 address->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 address_format(host, address), port);
	return text;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint,
			       struct sockaddr_storage *sockaddr)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)sockaddr;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)sockaddr;

	memset(sockaddr, 0, sizeof(*sockaddr));
	if (endpoint->address.family == AF_INET6) {
		ipv6->sin6_family = AF_INET6;
		ipv6->sin6_port = htons(endpoint->port);
		memcpy(&ipv6->sin6_addr, endpoint->address.bytes, 16);
		return sizeof(*ipv6);
	}
	ipv4->sin_family = AF_INET;
	ipv4->sin_port = htons(endpoint->port);
	memcpy(&ipv4->sin_addr, endpoint->address.bytes, 4);
	return sizeof(*ipv4);
}

bool endpoint_from_sockaddr(struct endpoint *endpoint,
			    const struct sockaddr *sockaddr)
{
	const struct sockaddr_in *ipv4 = (const void *)sockaddr;
	const struct sockaddr_in6 *ipv6 = (const void *)sockaddr;

	endpoint->address = (struct address){.family = sockaddr->sa_family};
	if (sockaddr->sa_family == AF_INET) {
		memcpy(endpoint->address.bytes, &ipv4->sin_addr, 4);
		endpoint->port = ntohs(ipv4->sin_port);
		return true;
	}
	if (sockaddr->sa_family == AF_INET6) {
		memcpy(endpoint->address.bytes, &ipv6->sin6_addr, 16);
		endpoint->port = ntohs(ipv6->sin6_port);
		return true;
	}
	endpoint->address.family = 0;
	return false;
}
