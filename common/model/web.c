#include "common/model/web.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/hosting.h"
#include "common/model/targets.h"

#include <string.h>
#include <strings.h>

const char *web_host(struct arena *arena, const char *domain)
{
	return arena_format(arena, "lyncdiscover.%s", domain);
}

const char *web_start(struct arena *arena, const char *domain, bool is_secure)
{
	return arena_format(arena,
			    "%s://lyncdiscover.%s/?sipuri=sip:edgeprobe@%s",
			    is_secure ? "https" : "http", domain, domain);
}

const char *web_cloud_name(const struct deployment *deployment,
			   const char *host)
{
	static const uint16_t types[] = {DNS_A, DNS_AAAA};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct observation *seen =
			deployment_dns(deployment, host, types[i]);
		const struct fact *fact =
			seen ? observation_fact(seen, "dns.cname") : NULL;

		for (; fact; fact = fact_next(fact))
			if (hosting_is_cloud_name(fact->text))
				return fact->text;
	}
	return NULL;
}

bool web_is_own(const struct deployment *deployment, const struct url *url)
{
	const struct topology *topology = deployment->topology;

	if (url->address.family)
		return false;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (url_is_in(url, topology->domains[i]))
			return true;
	for (size_t i = 0; i < WEB_SITE_COUNT; i++) {
		const char *site = topology->web.sites[i];
		struct url named;

		if (site && url_parse(site, &named) &&
		    strcmp(named.host, url->host) == 0)
			return true;
	}
	return false;
}

static bool is_overridden(const struct deployment *deployment,
			  const struct url *url)
{
	for (size_t i = 0; i < deployment->override_count; i++) {
		const struct connect_override *one = &deployment->overrides[i];

		if (text_names_equal(one->name, url->host) &&
		    (!one->port || one->port == url->port))
			return true;
	}
	return false;
}

size_t web_endpoints(const struct deployment *deployment, const struct url *url,
		     struct endpoint endpoints[WEB_ADDRESSES_MAX])
{
	size_t found, count = 0;

	if (!web_is_own(deployment, url))
		return 0;
	found = targets_endpoints(deployment, url->host, url->port, endpoints,
				  WEB_ADDRESSES_MAX);
	for (size_t i = 0; i < found; i++)
		if (!address_is_private(&endpoints[i].address) ||
		    is_overridden(deployment, url))
			endpoints[count++] = endpoints[i];
	return count;
}

static bool is_at(const struct observation *seen,
		  const struct endpoint *endpoint)
{
	return seen->endpoint.port == endpoint->port &&
	       address_equal(&seen->endpoint.address, &endpoint->address);
}

/* An answer tells more than none, and a good one more than a bad one. */
static int rank(const struct observation *seen)
{
	int64_t status = observation_number(seen, "http.status", 0);

	if (seen->outcome != OUTCOME_ANSWERED)
		return 0;
	return status && status < 500 && status != 403 && status != 404 ? 2 : 1;
}

/* In whichever order they came: then the first address, the first asked. */
static bool is_better(const struct observation *one,
		      const struct observation *other)
{
	int order = address_compare(&one->endpoint.address,
				    &other->endpoint.address);

	if (rank(one) != rank(other))
		return rank(one) > rank(other);
	return order ? order < 0 : one->id < other->id;
}

const struct observation *web_seen(const struct deployment *deployment,
				   const char *probe, const char *domain,
				   const char *url,
				   const struct endpoint *endpoint)
{
	const struct observation_list *list = deployment->observations;
	const struct observation *best = NULL;

	for (size_t i = list->count; i-- > 0;) {
		const struct observation *seen = list->items[i];
		const char *asked;

		if (strcmp(seen->probe, probe) != 0 ||
		    !text_names_equal(seen->subject, domain) ||
		    (endpoint && !is_at(seen, endpoint)))
			continue;
		asked = observation_text(seen, "web.url");
		if (asked && strcmp(asked, url) == 0 &&
		    (!best || is_better(seen, best)))
			best = seen;
	}
	return best;
}

const char *web_link_of(const struct observation *document, const char *name)
{
	const struct fact *fact = observation_fact(document, "web.link");
	size_t length = strlen(name);

	for (; fact; fact = fact_next(fact))
		if (strncasecmp(fact->text, name, length) == 0 &&
		    fact->text[length] == ' ')
			return fact->text + length + 1;
	return NULL;
}

const char *web_user_of(const struct observation *document)
{
	const char *user = web_link_of(document, "oauth");

	return user ? user : web_link_of(document, "user");
}
