#include "common/base/url.h"

#include "common/base/dns_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT  80
#define HTTPS_PORT 443

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' ||
		    (unsigned char)*text >= 0x7f || *text == '\\')
			return false;
	return true;
}

static bool read_port(const char *text, const char *end, uint16_t *port)
{
	unsigned long number = 0;

	if (text == end) /* "host:" means the usual one */
		return true;
	for (; text < end; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		number = number * 10 + (unsigned long)(*text - '0');
		if (number > UINT16_MAX)
			return false;
	}
	*port = (uint16_t)number;
	return number > 0;
}

static bool read_host(const char *text, const char *end, struct url *url)
{
	size_t length = (size_t)(end - text);

	if (length && text[length - 1] == '.')
		length--;
	if (!length || length >= sizeof(url->host))
		return false;
	for (size_t i = 0; i < length; i++)
		url->host[i] = (char)tolower((unsigned char)text[i]);
	url->host[length] = '\0';
	if (address_parse(url->host, &url->address))
		return true;
	url->address = (struct address){0};
	return dns_name_is_lawful(url->host) && !strpbrk(url->host, "@:[]%#,;");
}

/* "host", "host:port", "[address]:port" */
static bool read_authority(const char *text, const char *end, struct url *url)
{
	const char *close = memchr(text, ']', (size_t)(end - text));
	const char *colon;

	if (*text == '[') {
		if (!close || !read_host(text + 1, close, url) ||
		    url->address.family != AF_INET6)
			return false;
		colon = close + 1;
		return colon == end ||
		       (*colon == ':' && read_port(colon + 1, end, &url->port));
	}
	colon = memchr(text, ':', (size_t)(end - text));
	return read_host(text, colon ? colon : end, url) &&
	       url->address.family != AF_INET6 &&
	       (!colon || read_port(colon + 1, end, &url->port));
}

bool url_parse(const char *text, struct url *url)
{
	const char *authority;

	*url = (struct url){0};
	if (strnlen(text, URL_BYTES_MAX + 1) > URL_BYTES_MAX || !is_plain(text))
		return false;
	url->is_secure = strncasecmp(text, "https://", 8) == 0;
	if (!url->is_secure && strncasecmp(text, "http://", 7) != 0)
		return false;
	url->port = url->is_secure ? HTTPS_PORT : HTTP_PORT;
	authority = text + (url->is_secure ? 8 : 7);
	url->path = authority + strcspn(authority, "/?#");
	return read_authority(authority, url->path, url);
}

bool url_same_server(const struct url *one, const struct url *other)
{
	return one->is_secure == other->is_secure && one->port == other->port &&
	       strcmp(one->host, other->host) == 0;
}

bool url_is_in(const struct url *url, const char *domain)
{
	size_t length = strlen(url->host), tail = strlen(domain);

	if (tail && domain[tail - 1] == '.')
		tail--;
	return length >= tail &&
	       strncasecmp(url->host + length - tail, domain, tail) == 0 &&
	       (length == tail || url->host[length - tail - 1] == '.');
}
