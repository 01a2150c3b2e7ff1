#include "common/plan/aside.h"

#include "common/base/dns_name.h"
#include "common/model/hosting.h"
#include "common/model/records.h"

#include <stdio.h>

static const char *const services[] = {
	"_sip._tls",
	"_sipfederationtls._tcp",
	"_xmpp-server._tcp",
};

/* Hosts that tell of Microsoft 365, or that clients fall back to. */
static const char *const hosts[] = {"lyncdiscover", "sip", "sipexternal",
				    RECORDS_WILDCARD_LABEL};

/* Services that exist by a wildcard only. */
static const char *const odd_services[] = {
	RECORDS_WILDCARD_LABEL "._tls",
	RECORDS_WILDCARD_LABEL "._tcp",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct aside {
	struct plan *plan;
	const struct deployment *deployment;
};

static void add(struct aside *aside, const char *probe, const char *name,
		uint16_t type, const struct endpoint *resolver)
{
	struct check_spec spec = {
		.probe = probe,
		.subject = "-",
		.dns_type = type,
	};

	if (resolver)
		spec.endpoint = *resolver;
	spec.endpoint.name = name;
	spec.endpoint.transport = TRANSPORT_UDP;
	if (!dns_name_is_lawful(name) || plan_has(aside->plan, &spec))
		return;
	spec.endpoint.name = arena_text(aside->deployment->arena, name);
	plan_add(aside->deployment->arena, aside->plan, &spec);
}

static void ask(struct aside *aside, const char *name, uint16_t type)
{
	add(aside, "dns", name, type, NULL);
}

static void ask_host(struct aside *aside, const char *name)
{
	ask(aside, name, DNS_A);
	ask(aside, name, DNS_AAAA);
}

/* A name for the moment: this is gone through after every answer. */
struct joined {
	char text[NAME_BYTES_MAX + 64];
};

static struct joined join(const char *prefix, const char *domain)
{
	struct joined name;

	snprintf(name.text, sizeof(name.text), "%s.%s", prefix, domain);
	return name;
}

/*
 * Whether a name was asked for and lacks the type; false while it is not
 * known, or no resolver would say.
 */
static bool is_missing(const struct aside *aside, const char *name,
		       uint16_t type)
{
	const struct observation *seen =
		deployment_dns(aside->deployment, name, type);

	return seen && seen->outcome == OUTCOME_ANSWERED &&
	       !observation_fact(seen, "dns.answer");
}

/* Only when the right record is missing: edge-services.md 11.7. */
static void ask_misspelt(struct aside *aside, const char *domain)
{
	for (size_t i = 0; i < COUNT(services); i++) {
		const char *names[MISSPELT_MAX];
		size_t count;

		if (!is_missing(aside, join(services[i], domain).text, DNS_SRV))
			continue;
		count = records_misspelt(aside->deployment->arena, services[i],
					 domain, names);
		for (size_t j = 0; j < count; j++)
			ask(aside, names[j], DNS_SRV);
	}
}

/* Partners of XMPP fall back to the domain itself (RFC 6120 3.2.2). */
static void ask_xmpp_fallback(struct aside *aside, const char *domain)
{
	const uint64_t xmpp = FEATURE_BIT(FEATURE_XMPP);

	if (aside->deployment->topology->features & xmpp &&
	    is_missing(aside, join("_xmpp-server._tcp", domain).text, DNS_SRV))
		ask_host(aside, domain);
}

static void ask_domain(struct aside *aside, const char *domain)
{
	for (size_t i = 0; i < inside_record_count; i++) {
		struct joined name = join(inside_records[i].label, domain);

		if (inside_records[i].is_srv)
			ask(aside, name.text, DNS_SRV);
		else
			ask_host(aside, name.text);
	}
	for (size_t i = 0; i < COUNT(hosts); i++)
		ask_host(aside, join(hosts[i], domain).text);
	for (size_t i = 0; i < COUNT(odd_services); i++)
		ask(aside, join(odd_services[i], domain).text, DNS_SRV);
	ask_misspelt(aside, domain);
	ask_xmpp_fallback(aside, domain);
}

/*
 * Several resolvers: what one of them answered, each of the others is asked.
 */

static bool is_resolver_of(const struct observation *seen,
			   const struct endpoint *resolver)
{
	return seen->endpoint.port == resolver->port &&
	       address_equal(&seen->endpoint.address, &resolver->address);
}

static void compare(struct aside *aside, const char *name, uint16_t type)
{
	const struct deployment *deployment = aside->deployment;
	const struct observation *seen = deployment_dns(deployment, name, type);

	if (!seen || seen->outcome != OUTCOME_ANSWERED)
		return;
	for (size_t i = 0; i < deployment->resolver_count; i++)
		if (!is_resolver_of(seen, &deployment->resolvers[i]))
			add(aside, "dns-compare", name, type,
			    &deployment->resolvers[i]);
}

static void compare_host(struct aside *aside, const char *name)
{
	/* theirs differ from place to place as they should */
	if (hosting_is_cloud_name(name))
		return;
	compare(aside, name, DNS_A);
	compare(aside, name, DNS_AAAA);
}

static void compare_domain(struct aside *aside, const char *domain)
{
	for (size_t i = 0; i < COUNT(services); i++) {
		struct srv targets[DEPLOYMENT_SRV_HOSTS_MAX];
		struct joined name = join(services[i], domain);
		size_t count = deployment_srv_hosts(aside->deployment,
						    name.text, targets, NULL);

		compare(aside, name.text, DNS_SRV);
		for (size_t j = 0; j < count; j++)
			compare_host(aside, targets[j].target);
	}
}

void aside_follow(struct plan *plan, const struct deployment *deployment)
{
	const struct topology *topology = deployment->topology;
	struct aside aside = {plan, deployment};

	for (size_t i = 0; i < topology->domain_count; i++)
		ask_domain(&aside, topology->domains[i]);
	if (deployment->resolver_count < 2)
		return;
	for (size_t i = 0; i < topology->domain_count; i++)
		compare_domain(&aside, topology->domains[i]);
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		if (topology->names[i])
			compare_host(&aside, topology->names[i]);
}
