/* Where rows about web services are judged: part of court.h. */

#include "common/judge/court.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/judge/names.h"
#include "common/model/web.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *show_address(struct court *court,
				const struct address *address)
{
	char text[ADDRESS_TEXT_BYTES];

	return arena_text(court->arena, address_format(text, address));
}

static void judge_at(struct court *court, const char *node, const char *subject)
{
	const struct inquiry inquiry = {
		.arena = court->arena,
		.deployment = court->deployment,
		.requirement = court->requirement,
		.node = node,
		.subject = subject,
	};

	court_judge_place(court, &inquiry);
}

static void say(struct court *court, const char *subject, enum state state,
		const char *because)
{
	struct verdict *verdict = court_add(court, "-", subject);

	verdict->state = state;
	verdict->because = because;
}

/* Addresses of one URL, and of another scheme those that are new. */
struct places {
	struct address items[2 * WEB_ADDRESSES_MAX];
	size_t count;
};

static void add_places(struct court *court, struct places *places,
		       const char *text)
{
	struct endpoint endpoints[WEB_ADDRESSES_MAX];
	struct url url;
	size_t count, known;

	if (!url_parse(text, &url))
		return;
	count = web_endpoints(court->deployment, &url, endpoints);
	for (size_t i = 0; i < count; i++) {
		for (known = 0; known < places->count; known++)
			if (address_equal(&places->items[known],
					  &endpoints[i].address))
				break;
		if (known == places->count)
			places->items[places->count++] = endpoints[i].address;
	}
}

/* Nobody said that there is a reverse proxy, and there is none. */
static bool is_absent(const struct court *court, const char *host)
{
	const struct deployment *deployment = court->deployment;

	return !deployment->topology->file &&
	       name_known(deployment, host, DNS_A) == KNOWN_MISSING &&
	       name_known(deployment, host, DNS_AAAA) == KNOWN_MISSING;
}

/* lyncdiscover of one domain, once an address. */
static void judge_domain(struct court *court, const char *domain)
{
	const char *host = web_host(court->arena, domain);
	struct places places = {0};

	if (court_is_elsewhere(court, domain) ||
	    web_cloud_name(court->deployment, host)) {
		say(court, domain, STATE_NA,
		    "lyncdiscover leads to Microsoft 365");
		return;
	}
	if (is_absent(court, host)) {
		say(court, domain, STATE_NA, "there is no lyncdiscover");
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		add_places(court, &places,
			   web_start(court->arena, domain, i == 0));
	for (size_t i = 0; i < places.count; i++)
		judge_at(court, show_address(court, &places.items[i]), domain);
	/* the missing address is another row's matter: `needs` */
	if (!places.count)
		court_add(court, "-", domain)->needed =
			court->requirement->severity != SEVERITY_INFO;
}

static void judge_domains(struct court *court)
{
	const struct topology *topology = court->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		judge_domain(court, topology->domains[i]);
}

static bool is_web_certificate(const struct observation *seen)
{
	return observation_fact(seen, "web.url") &&
	       observation_fact(seen, "cert.der") && seen->endpoint.name;
}

static int compare_hosts(const void *one, const void *other)
{
	const struct endpoint *a =
		&(*(struct observation *const *)one)->endpoint;
	const struct endpoint *b =
		&(*(struct observation *const *)other)->endpoint;
	int order = strcasecmp(a->name, b->name);

	return order ? order : address_compare(&a->address, &b->address);
}

/* Every host that showed a certificate, once an address, in a fixed order. */
static void judge_hosts(struct court *court)
{
	const struct observation_list *list = court->deployment->observations;
	const struct observation **shown =
		arena_alloc(court->arena, (list->count + 1) * sizeof(*shown));
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (is_web_certificate(list->items[i]))
			shown[count++] = list->items[i];
	qsort(shown, count, sizeof(*shown), compare_hosts);
	for (size_t i = 0; i < count; i++)
		if (!i || compare_hosts(&shown[i - 1], &shown[i]) != 0)
			judge_at(court,
				 show_address(court,
					      &shown[i]->endpoint.address),
				 shown[i]->endpoint.name);
	if (!count)
		say(court, "-", STATE_UNOBSERVED,
		    "no web server showed a certificate");
}

/* Every simple URL that the topology file names, once an address. */
static void judge_sites(struct court *court)
{
	const struct topology *topology = court->deployment->topology;
	size_t named = 0;

	for (size_t i = 0; i < WEB_SITE_COUNT; i++) {
		const char *subject = web_site_name((enum web_site)i);
		struct places places = {0};

		if (i == WEB_SITE_EXTERNAL || !topology->web.sites[i])
			continue;
		named++;
		add_places(court, &places, topology->web.sites[i]);
		for (size_t j = 0; j < places.count; j++)
			judge_at(court, show_address(court, &places.items[j]),
				 subject);
		if (!places.count)
			judge_at(court, "-", subject);
	}
	if (!named)
		say(court, "-", STATE_NA,
		    "the topology names no simple URL ([web] meet, dialin)");
}

void court_judge_web(struct court *court)
{
	const char *subject = court->requirement->judging->subject;

	if (strcmp(subject, "web-host") == 0)
		judge_hosts(court);
	else if (strcmp(subject, "web-site") == 0)
		judge_sites(court);
	else
		judge_domains(court);
}
