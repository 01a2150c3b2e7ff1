#include "common/plan/web.h"

#include "common/base/dns_name.h"
#include "common/model/hosting.h"
#include "common/model/web.h"

#include <string.h>

#define SECURE_TRIPS 4 /* of HTTPS, where HTTP leads to */

/* The plan being made, with what it is made from. */
struct view {
	struct plan *plan;
	const struct deployment *deployment;
};

static void ask(struct view *view, const char *name)
{
	static const uint16_t types[] = {DNS_A, DNS_AAAA};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct check_spec spec = {
			.probe = "dns",
			.endpoint = {.name = name, .transport = TRANSPORT_UDP},
			.subject = "-",
			.dns_type = types[i],
		};

		if (dns_name_is_lawful(name))
			plan_add(view->deployment->arena, view->plan, &spec);
	}
}

static bool is_full(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->items[i]->url != NULL;
	return count >= WEB_CHECKS_MAX;
}

/* One URL, at every address of its host, which is looked up first. */
static void look(struct view *view, const char *probe, const char *domain,
		 const char *text, unsigned hops)
{
	const struct deployment *deployment = view->deployment;
	struct endpoint endpoints[WEB_ADDRESSES_MAX];
	struct check_spec spec = {
		.probe = probe, .subject = domain, .url = text, .hops = hops};
	struct url url;
	const char *host;
	size_t count;

	if (!url_parse(text, &url) || !web_is_own(deployment, &url))
		return;
	spec.later_trips = url.is_secure ? 0 : SECURE_TRIPS;
	host = arena_text(deployment->arena, url.host);
	ask(view, host);
	count = web_endpoints(deployment, &url, endpoints);
	for (size_t i = 0; i < count && !is_full(view->plan); i++) {
		spec.endpoint = endpoints[i];
		spec.endpoint.name = host;
		plan_add(deployment->arena, view->plan, &spec);
	}
}

/* Whether outsiders can resolve them is a question of its own. */
static void ask_link_hosts(struct view *view, const struct observation *seen)
{
	const struct fact *fact = observation_fact(seen, "web.link");

	for (size_t i = 0; fact && i < WEB_HOSTS_MAX;
	     fact = fact_next(fact), i++) {
		const char *href = strchr(fact->text, ' ');
		struct url url;

		if (href && url_parse(href + 1, &url) && !url.address.family &&
		    strchr(url.host, '.'))
			ask(view,
			    arena_text(view->deployment->arena, url.host));
	}
}

/*
 * Whether the check that began there has the same link, and asks for it on
 * its own connection.
 */
static bool is_asked_already(const struct view *view,
			     const struct observation *seen, const char *user)
{
	const struct observation_list *list = view->deployment->observations;
	const struct endpoint *here = &seen->endpoint;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *other = list->items[i];
		const char *link;

		if (strcmp(other->probe, WEB_ROOT_PROBE) != 0 ||
		    strcmp(other->subject, seen->subject) != 0 ||
		    observation_fact(other, "web.user") ||
		    other->endpoint.port != here->port ||
		    !address_equal(&other->endpoint.address, &here->address))
			continue;
		link = web_user_of(other);
		if (link && strcmp(link, user) == 0)
			return true;
	}
	return false;
}

/* Where an answer leads to in another conversation. */
static void follow_answer(struct view *view, const struct observation *seen)
{
	const char *next = observation_text(seen, "web.next");
	const char *user = observation_text(seen, "web.user");
	int64_t hops = observation_number(seen, "web.hops", WEB_HOPS_MAX);

	ask_link_hosts(view, seen);
	if (next && hops < WEB_HOPS_MAX)
		look(view, WEB_ROOT_PROBE, seen->subject, next,
		     (unsigned)hops + 1);
	if (user && !is_asked_already(view, seen, user))
		look(view, WEB_USER_PROBE, seen->subject, user, 0);
}

static void follow_answers(struct view *view)
{
	const struct observation_list *list = view->deployment->observations;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i]->probe, WEB_ROOT_PROBE) == 0)
			follow_answer(view, list->items[i]);
}

static void look_at_domain(struct view *view, const char *domain)
{
	struct arena *arena = view->deployment->arena;

	if (hosting_is_elsewhere(view->deployment, domain) ||
	    web_cloud_name(view->deployment, web_host(arena, domain)))
		return;
	for (size_t i = 0; i < 2; i++)
		look(view, WEB_ROOT_PROBE, domain,
		     web_start(arena, domain, i == 0), 0);
}

static void look_at_sites(struct view *view)
{
	const struct topology *topology = view->deployment->topology;

	for (size_t i = 0; i < WEB_SITE_COUNT; i++)
		if (i != WEB_SITE_EXTERNAL && topology->web.sites[i])
			look(view, WEB_PAGE_PROBE,
			     web_site_name((enum web_site)i),
			     topology->web.sites[i], 0);
}

/* Without a file that says otherwise there are mobile clients. */
static bool is_mobile(const struct deployment *deployment)
{
	const struct topology *given = deployment->given;

	return !given->file || given->features & FEATURE_BIT(FEATURE_MOBILITY);
}

bool web_is_wanted(const struct deployment *deployment,
		   bool (*wanted)(const void *context, const char *probe),
		   const void *context)
{
	return is_mobile(deployment) &&
	       (wanted(context, "web.lyncdiscover.dns") ||
		wanted(context, WEB_ROOT_PROBE));
}

void web_follow(struct plan *plan, const struct deployment *deployment,
		bool (*wanted)(const void *context, const char *probe),
		const void *context)
{
	const struct topology *topology = deployment->topology;
	struct view view = {plan, deployment};

	if (is_mobile(deployment) && wanted(context, WEB_ROOT_PROBE)) {
		for (size_t i = 0; i < topology->domain_count; i++)
			look_at_domain(&view, topology->domains[i]);
		follow_answers(&view);
	}
	if (wanted(context, WEB_PAGE_PROBE))
		look_at_sites(&view);
}
