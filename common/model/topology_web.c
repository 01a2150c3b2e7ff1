/* [web] of a topology file: the web services and their reverse proxy. */

#include "common/model/topology_words.h"

#include "common/base/url.h"

#include <string.h>

/* "meet.contoso.com", "contoso.com/meet" or the whole https URL. */
static bool take_site(struct reader *reader, unsigned index, const char *word)
{
	const char *text = arena_format(
		reader->arena, strstr(word, "://") ? "%s" : "https://%s", word);
	struct url url;

	if (!url_parse(text, &url) || !url.is_secure || url.address.family ||
	    !strchr(url.host, '.'))
		return reader_fail(reader, reader->line,
				   "'%s' is not a web address such as "
				   "https://meet.contoso.com/",
				   word);
	reader->topology->web.sites[index] =
		*url.path ? text : arena_format(reader->arena, "%s/", text);
	return true;
}

static bool take_web_address(struct reader *reader, unsigned index,
			     const char *word)
{
	struct web_proxy *web = &reader->topology->web;

	(void)index;
	if (web->address_count == SERVICE_ADDRESSES_MAX)
		return reader_fail(reader, reader->line,
				   "more than %d addresses of the web "
				   "services, from '%s' on",
				   SERVICE_ADDRESSES_MAX, word);
	return read_address(reader, word,
			    &web->addresses[web->address_count++]);
}

static bool take_web_port(struct reader *reader, unsigned index,
			  const char *word)
{
	struct web_proxy *web = &reader->topology->web;

	if (port_parse(word, index ? &web->http : &web->https))
		return true;
	return reader_fail(reader, reader->line,
			   "port '%s' is not a number from 1 to 65535", word);
}

static const struct key web_list[] = {
	{"external", take_site, WEB_SITE_EXTERNAL, false},
	{"meet", take_site, WEB_SITE_MEET, false},
	{"dialin", take_site, WEB_SITE_DIALIN, false},
	{"address", take_web_address, 0, true},
	{"https", take_web_port, 0, false},
	{"http", take_web_port, 1, false},
};
const struct keys web_keys = KEYS(web_list);
