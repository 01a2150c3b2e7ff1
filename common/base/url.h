/*
 * url.h - absolute URLs of web services, taken apart. No I/O.
 *
 * Specification: RFC 3986 3; RFC 9110 4.2. What two readers could understand
 * differently is refused: user names, backslashes, control characters.
 */
#ifndef COMMON_BASE_URL_H
#define COMMON_BASE_URL_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stdint.h>

#define URL_BYTES_MAX	   2048
#define URL_HOST_BYTES_MAX 254 /* with the NUL */

struct url {
	bool is_secure;		       /* https */
	char host[URL_HOST_BYTES_MAX]; /* in lower case, no final dot */
	struct address address; /* where the host is one; else family 0 */
	uint16_t port;
	const char *path; /* "/..." or "?..." of the text; "" for none */
};

/* False where text is no absolute http or https URL. */
bool url_parse(const char *text, struct url *url);

/* Whether both are of one server: scheme, host and port. */
bool url_same_server(const struct url *one, const struct url *other);

/* Whether the host stands in the domain, at whatever depth, or is it. */
bool url_is_in(const struct url *url, const char *domain);

#endif
