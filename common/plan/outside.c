#include "common/plan/outside.h"

#include "common/base/dns_name.h"
#include "common/model/discovery.h"

#include <string.h>

/* Who looks at a listener; NULL: nobody yet. */
static const struct {
	const char *probe;
	bool asks_domains; /* REGISTER a domain: only where users sign in */
	bool per_domain;   /* a connection a domain, under its name */
} listener_probes[LISTENER_COUNT] = {
	[LISTENER_ACCESS] = {"sip", true, false},
	[LISTENER_FEDERATION] = {"sip", false, false},
	[LISTENER_WEBCONF] = {"webconf", false, false},
	[LISTENER_AV_TCP] = {"msturn-allocate-tcp", false, false},
	[LISTENER_AV_UDP] = {"msturn-allocate", false, false},
	[LISTENER_XMPP] = {"xmpp", false, true},
};

/* The SRV records looked up for each SIP domain. */
static const char *const srv_prefixes[] = {
	"_sip._tls",
	"_sipfederationtls._tcp",
	"_xmpp-server._tcp",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The plan being made, with what it is made from. */
struct outside {
	struct plan *plan;
	const struct deployment *deployment;
};

static void ask(struct outside *outside, const char *name, uint16_t type)
{
	const struct check_spec spec = {
		.probe = "dns",
		.endpoint = {.name = name, .transport = TRANSPORT_UDP},
		.subject = "-",
		.dns_type = type,
	};

	if (dns_name_is_lawful(name))
		plan_add(outside->deployment->arena, outside->plan, &spec);
}

static void ask_addresses(struct outside *outside, const char *name)
{
	ask(outside, name, DNS_A);
	ask(outside, name, DNS_AAAA);
}

static const char *join(struct outside *outside, const char *prefix,
			const char *domain)
{
	return arena_format(outside->deployment->arena, "%s.%s", prefix,
			    domain);
}

/* What tells a SIP domain from an Edge name. */
static void plan_discovery(struct outside *outside)
{
	const char *asked = outside->deployment->asked;
	const char *parent = name_parent(asked);

	for (size_t i = 0; i < 2; i++) {
		ask(outside, join(outside, srv_prefixes[i], asked), DNS_SRV);
		if (parent)
			ask(outside, join(outside, srv_prefixes[i], parent),
			    DNS_SRV);
	}
	ask_addresses(outside, asked);
}

static void ask_srv_hosts(struct outside *outside, const char *srv_name)
{
	struct srv hosts[DEPLOYMENT_SRV_HOSTS_MAX];
	size_t count = deployment_srv_hosts(outside->deployment, srv_name,
					    hosts, NULL);

	for (size_t i = 0; i < count; i++)
		ask_addresses(outside, hosts[i].target);
}

static void plan_domain(struct outside *outside, const char *domain)
{
	for (size_t i = 0; i < COUNT(srv_prefixes); i++) {
		const char *name = join(outside, srv_prefixes[i], domain);

		ask(outside, name, DNS_SRV);
		ask_srv_hosts(outside, name);
	}
	ask_addresses(outside, join(outside, "sip", domain));
}

static void plan_names(struct outside *outside)
{
	const struct deployment *deployment = outside->deployment;
	const char *domain = deployment->topology->domains[0];
	bool guessing = false;

	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (deployment->topology->names[i])
			ask_addresses(outside, deployment->topology->names[i]);
	}
	for (size_t i = 0; i < guess_count; i++) {
		if (deployment->given->names[guess_table[i].service])
			continue;
		ask_addresses(outside,
			      join(outside, guess_table[i].label, domain));
		guessing = true;
	}
	if (guessing)
		ask_addresses(outside,
			      join(outside, DISCOVERY_WILDCARD_LABEL, domain));
}

static bool is_access(const struct deployment *deployment,
		      const struct endpoint *endpoint)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (target->listener == LISTENER_ACCESS &&
		    target->endpoint.port == endpoint->port &&
		    address_equal(&target->endpoint.address,
				  &endpoint->address))
			return true;
	}
	return false;
}

/* Names in certificates: which host shows the same certificate? */
static void plan_candidates(struct outside *outside)
{
	const struct deployment *deployment = outside->deployment;
	const char *names[DISCOVERY_CANDIDATES_MAX];
	size_t count = discovery_candidates(deployment, names);

	for (size_t i = 0; i < count; i++) {
		const struct fact *fact;
		struct check_spec spec = {.probe = "webconf",
					  .subject = "-",
					  .endpoint.name = names[i]};

		ask_addresses(outside, names[i]);
		spec.endpoint.port =
			discovery_webconf_port(deployment, names[i]);
		fact = deployment_records(deployment, names[i], DNS_A);
		if (fact && address_parse(fact->text, &spec.endpoint.address) &&
		    !is_access(deployment, &spec.endpoint))
			plan_add(deployment->arena, outside->plan, &spec);
	}
}

/* Partners ask for the domain and hold the certificate against it. */
static void plan_each_domain(struct outside *outside, struct check_spec spec)
{
	const struct topology *topology = outside->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		spec.subject = spec.endpoint.name = topology->domains[i];
		plan_add(outside->deployment->arena, outside->plan, &spec);
	}
}

static void plan_target(struct outside *outside, const struct target *target)
{
	const struct topology *topology = outside->deployment->topology;
	struct check_spec spec = {
		.probe = listener_probes[target->listener].probe,
		.endpoint = target->endpoint,
		.subject = "-",
	};

	if (listener_probes[target->listener].asks_domains) {
		spec.domains = topology->domains;
		spec.domain_count = topology->domain_count;
	}
	if (!listener_probes[target->listener].per_domain)
		plan_add(outside->deployment->arena, outside->plan, &spec);
	else
		plan_each_domain(outside, spec);
}

void outside_follow(struct plan *plan, const struct deployment *deployment,
		    bool (*wanted)(const void *context, const char *probe),
		    const void *context)
{
	struct outside outside = {plan, deployment};
	const struct topology *topology = deployment->topology;

	if (deployment->asked)
		plan_discovery(&outside);
	if (deployment->discovery != DISCOVERY_DONE)
		return;
	for (size_t i = 0; i < topology->domain_count; i++)
		plan_domain(&outside, topology->domains[i]);
	plan_names(&outside);
	if (!topology->names[SERVICE_WEBCONF] && wanted(context, "webconf"))
		plan_candidates(&outside);
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const char *probe = listener_probes[target->listener].probe;

		if (probe && wanted(context, probe))
			plan_target(&outside, target);
	}
}
