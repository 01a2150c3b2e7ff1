#include "common/plan/outside.h"

#include "common/base/dns_name.h"
#include "common/model/certificates.h"
#include "common/model/discovery.h"
#include "common/plan/exposure.h"
#include "common/model/hosting.h"
#include "common/model/records.h"
#include "common/plan/aside.h"
#include "common/plan/asking.h"
#include "common/plan/listener_probe.h"
#include "common/plan/silence.h"
#include "common/plan/spread.h"
#include "common/plan/web.h"

#include <string.h>

/* The SRV records looked up for each SIP domain. */
static const char *const srv_prefixes[] = {
	"_sip._tls",
	"_sipfederationtls._tcp",
	"_xmpp-server._tcp",
};

/* Where SRV records mostly lead; asked along with them, in one round trip. */
static const char *const srv_labels[] = {"sip", "access", "xmpp"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The plan being made, with what it is made from. */
struct outside {
	struct plan *plan;
	const struct deployment *deployment;
	bool asks_web; /* lyncdiscover is wanted */
};

/* Whom the caller wants to be asked. */
struct wish {
	bool (*wanted)(const void *context, const char *probe);
	const void *context;
};

static void ask(struct outside *outside, const char *name, uint16_t type)
{
	asking_name(outside->plan, outside->deployment, name, type);
}

static void ask_addresses(struct outside *outside, const char *name)
{
	asking_addresses(outside->plan, outside->deployment, name);
}

static const char *join(struct outside *outside, const char *prefix,
			const char *domain)
{
	return arena_format(outside->deployment->arena, "%s.%s", prefix,
			    domain);
}

/*
 * All that can be asked of a SIP domain before anything is answered. The
 * labels of the table lead nowhere by themselves: only a record that names
 * such a host does.
 */
static void ask_ahead(struct outside *outside, const char *domain)
{
	for (size_t i = 0; i < COUNT(srv_prefixes); i++)
		ask(outside, join(outside, srv_prefixes[i], domain), DNS_SRV);
	for (size_t i = 0; i < COUNT(srv_labels); i++)
		ask_addresses(outside, join(outside, srv_labels[i], domain));
	if (outside->asks_web)
		ask_addresses(outside, join(outside, "lyncdiscover", domain));
}

static void ask_guesses(struct outside *outside, const char *domain)
{
	const struct topology *given = outside->deployment->given;
	bool guessing = false;

	for (size_t i = 0; i < guess_count; i++) {
		if (given->names[guess_table[i].service])
			continue;
		ask_addresses(outside,
			      join(outside, guess_table[i].label, domain));
		guessing = true;
	}
	if (guessing)
		ask_addresses(outside,
			      join(outside, RECORDS_WILDCARD_LABEL, domain));
}

/*
 * What tells a SIP domain from an Edge name, and what will be wanted of
 * whichever it turns out to be: a question that nobody needs costs less than
 * a round trip.
 */
static void plan_discovery(struct outside *outside)
{
	const char *asked = outside->deployment->asked;
	const char *candidates[] = {asked, name_parent(asked)};

	ask_addresses(outside, asked);
	for (size_t i = 0; i < COUNT(candidates); i++) {
		if (!candidates[i])
			continue;
		ask_ahead(outside, candidates[i]);
		ask_guesses(outside, candidates[i]);
	}
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
	ask_ahead(outside, domain);
	for (size_t i = 0; i < COUNT(srv_prefixes); i++)
		ask_srv_hosts(outside, join(outside, srv_prefixes[i], domain));
}

static void plan_names(struct outside *outside)
{
	const struct topology *topology = outside->deployment->topology;

	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (topology->names[i])
			ask_addresses(outside, topology->names[i]);
	}
	if (topology->domain_count)
		ask_guesses(outside, topology->domains[0]);
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

/*
 * Names in certificates: which host shows the same certificate? A common name
 * goes first, so those have to be answered.
 */
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
		if (fact &&
		    discovery_webconf_port_is_settled(deployment, names[i]) &&
		    address_parse(fact->text, &spec.endpoint.address) &&
		    !is_access(deployment, &spec.endpoint))
			plan_add(deployment->arena, outside->plan, &spec);
	}
}

#define SHOWN_NAMES_MAX 32 /* of all certificates together */

/* The connection to the target, once it showed a certificate; or NULL. */
static const struct observation *shown_by(const struct outside *outside,
					  const struct target *target)
{
	const struct observation *seen =
		target->listener == LISTENER_ACCESS
			? deployment_seen(outside->deployment, target, "sip",
					  NULL)
			: NULL;

	return seen && observation_fact(seen, "cert.sha256") ? seen : NULL;
}

/* Names that a certificate lists should resolve (cert.dns-match). */
static size_t ask_shown_names(struct outside *outside, size_t left,
			      const struct observation *seen, const char *key)
{
	const struct fact *fact = observation_fact(seen, key);

	for (; fact && left; fact = fact_next(fact)) {
		struct address address;

		/* a wildcard is no host, nor is a subject name of words */
		if (strchr(fact->text, '*') || !strchr(fact->text, '.') ||
		    strlen(fact->text) != fact->length ||
		    address_parse(fact->text, &address))
			continue;
		ask_addresses(outside, fact->text);
		left--;
	}
	return left;
}

/* What certificates lead to. Equal ones are many; the first counts. */
static void plan_shown(struct outside *outside)
{
	const struct deployment *deployment = outside->deployment;
	const char *last = "";
	size_t left = SHOWN_NAMES_MAX;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct observation *seen = shown_by(outside, target);

		if (!seen)
			continue;
		if (strcmp(last, observation_text(seen, "cert.sha256")) == 0)
			continue;
		last = observation_text(seen, "cert.sha256");
		left = ask_shown_names(outside, left, seen, "cert.san");
		left = ask_shown_names(outside, left, seen, "cert.cn");
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

/* As a partner, where one gave us a certificate to show. */
static void plan_partner(struct outside *outside, const struct target *target)
{
	const struct deployment *deployment = outside->deployment;
	const struct topology *topology = deployment->topology;
	const struct check_spec spec = {
		.probe = "sip-partner",
		.endpoint = target->endpoint,
		.subject = "-",
		.domains = topology->domains,
		.domain_count = topology->domain_count,
		.from_domain = deployment->from_domain,
	};
	const char *record = join(outside, "_sipfederationtls._tcp",
				  deployment->from_domain);

	if (target->listener != LISTENER_FEDERATION)
		return;
	ask(outside, record, DNS_SRV);
	ask_srv_hosts(outside, record);
	plan_add(deployment->arena, outside->plan, &spec);
}

/* Every version of TLS, at whoever speaks it from the first byte on. */
static void plan_versions(struct outside *outside, const struct target *target)
{
	const struct check_spec spec = {.probe = "tls-versions",
					.endpoint = target->endpoint,
					.subject = "-"};

	if (target->listener == LISTENER_ACCESS ||
	    target->listener == LISTENER_FEDERATION ||
	    target->listener == LISTENER_WEBCONF)
		plan_add(outside->deployment->arena, outside->plan, &spec);
}

/*
 * Who else is asked at a listener, and after what: edge-services.md 6,
 * msturn.md 11.7. The hello of TLS goes to an A/V Edge only where its own
 * got no answer, and the other way round.
 */
static const struct {
	enum listener listener;
	const char *probe;
	bool at_once; /* else where the listener's own probe was disappointed */
	bool without_sni;
} second_looks[] = {
	{LISTENER_ACCESS, "tls-without-sni", true, true},
	{LISTENER_ACCESS, "recognise-av", false, false},
	{LISTENER_FEDERATION, "recognise-av", false, false},
	{LISTENER_WEBCONF, "recognise-sip", true, false},
	{LISTENER_WEBCONF, "recognise-av", false, false},
	{LISTENER_AV_TCP, "recognise-sip", false, false},
	{LISTENER_AV_TCP, "recognise-turn", false, false},
};

/* TCP stood, and what was hoped for did not shake hands. */
static bool is_disappointed(const struct observation *seen)
{
	return seen->outcome != OUTCOME_ANSWERED &&
	       seen->outcome != OUTCOME_LOCAL &&
	       seen->endpoint.transport == TRANSPORT_TCP &&
	       observation_fact(seen, "tcp.rtt_us") &&
	       !observation_fact(seen, "tls.version") &&
	       !observation_flag(seen, "turn.pseudo_tls");
}

static void look_again(struct outside *outside, const struct target *target,
		       bool at_once, const struct wish *wish)
{
	for (size_t i = 0; i < COUNT(second_looks); i++) {
		const struct check_spec spec = {
			.probe = second_looks[i].probe,
			.endpoint = target->endpoint,
			.subject = "-",
			.without_sni = second_looks[i].without_sni,
		};

		if (second_looks[i].listener == target->listener &&
		    second_looks[i].at_once == at_once &&
		    wish->wanted(wish->context, spec.probe))
			plan_add(outside->deployment->arena, outside->plan,
				 &spec);
	}
}

/* There may be thousands of observations: few of them disappoint. */
static void plan_second_looks(struct outside *outside, const struct wish *wish)
{
	const struct deployment *deployment = outside->deployment;
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct endpoint *endpoint = &list->items[i]->endpoint;

		if (!is_disappointed(list->items[i]))
			continue;
		for (size_t j = 0; j < deployment->target_count; j++) {
			const struct target *target = &deployment->targets[j];
			const char *probe = listener_probe(target->listener);

			if (target->endpoint.port == endpoint->port &&
			    address_equal(&target->endpoint.address,
					  &endpoint->address) &&
			    probe && strcmp(probe, list->items[i]->probe) == 0)
				look_again(outside, target, false, wish);
		}
	}
}

/* Through the relay, with credentials: beside the Allocate without. */
static void plan_relay(struct outside *outside, const struct target *target,
		       bool (*wanted)(const void *context, const char *probe),
		       const void *context)
{
	static const struct {
		enum listener listener;
		const char *probe;
	} looks[] = {
		{LISTENER_AV_UDP, "msturn-relay"},
		{LISTENER_AV_UDP, "turn-relay"},
		{LISTENER_AV_TCP, "msturn-relay-tcp"},
		{LISTENER_AV_TCP, "turn-relay-tcp"},
	};

	for (size_t i = 0; i < COUNT(looks); i++) {
		const struct check_spec spec = {.probe = looks[i].probe,
						.endpoint = target->endpoint,
						.subject = "-"};

		if (looks[i].listener == target->listener &&
		    outside->deployment->has_credentials &&
		    wanted(context, looks[i].probe))
			plan_add(outside->deployment->arena, outside->plan,
				 &spec);
	}
}

/*
 * From each relay to the next server's: IPv4, for that is what they grant to
 * whoever asks in version 1. Over UDP, as media goes.
 */
static void plan_pair(struct outside *outside, const struct target *target,
		      const struct wish *wish)
{
	const struct deployment *deployment = outside->deployment;
	const struct target *end =
		deployment->targets + deployment->target_count;
	struct check_spec spec = {.probe = "relay-pair",
				  .endpoint = target->endpoint,
				  .subject = "-"};

	if (target->listener != LISTENER_AV_UDP ||
	    target->endpoint.address.family != AF_INET ||
	    !deployment->has_credentials ||
	    !wish->wanted(wish->context, "relay-pair"))
		return;
	for (const struct target *next = target + 1; next < end; next++) {
		if (next->listener != target->listener ||
		    next->endpoint.address.family != AF_INET ||
		    strcmp(next->node, target->node) == 0)
			continue;
		spec.second = next->endpoint;
		plan_add(deployment->arena, outside->plan, &spec);
		return;
	}
}

/* Where clients hold a connection all day. */
static void plan_soak(struct outside *outside, const struct target *target)
{
	const struct check_spec spec = {
		.probe = "soak", .endpoint = target->endpoint, .subject = "-"};

	if (target->listener == LISTENER_ACCESS)
		plan_add(outside->deployment->arena, outside->plan, &spec);
}

static void plan_target(struct outside *outside, const struct target *target)
{
	const struct topology *topology = outside->deployment->topology;
	struct check_spec spec = {
		.probe = listener_probe(target->listener),
		.endpoint = target->endpoint,
		.subject = "-",
	};

	/* REGISTER a domain: only where users sign in */
	if (target->listener == LISTENER_ACCESS) {
		spec.domains = topology->domains;
		spec.domain_count = topology->domain_count;
	}
	/* a connection a domain, under its name */
	if (target->listener == LISTENER_XMPP)
		plan_each_domain(outside, spec);
	else
		plan_add(outside->deployment->arena, outside->plan, &spec);
}

/* Whom to ask about a certificate, by the kind of URL in it. */
static const char *const url_probes[URL_KIND_COUNT] = {
	[URL_CRL] = "crl",
	[URL_OCSP] = "ocsp",
	[URL_ISSUER] = "issuer",
};

static void plan_urls(struct outside *outside,
		      const struct certificate *certificate,
		      enum revocation_url kind)
{
	const struct certificate_urls *urls = &certificate->urls[kind];

	for (size_t i = 0; i < urls->count; i++) {
		const struct check_spec spec = {
			.probe = url_probes[kind],
			.endpoint.name = urls->items[i],
			.subject = certificate->label,
			.url = urls->items[i],
			.certificate = certificate,
		};

		/* others are noted, never followed: edge-services.md 10.2 */
		if (url_has_scheme(urls->items[i], "http"))
			plan_add(outside->deployment->arena, outside->plan,
				 &spec);
	}
}

/* The leaf and every intermediate, not the root (edge-services.md 10.2). */
static void plan_revocation(struct outside *outside,
			    bool (*wanted)(const void *context,
					   const char *probe),
			    const void *context)
{
	const struct deployment *deployment = outside->deployment;

	for (size_t i = 0; i < deployment->certificate_count; i++) {
		const struct certificate *one = deployment->certificates[i];

		if (one->is_self_issued ||
		    !certificate_is_at(deployment, one, UINT32_MAX))
			continue;
		for (unsigned kind = 0; kind < URL_KIND_COUNT; kind++)
			if (wanted(context, url_probes[kind]) &&
			    (kind != URL_ISSUER ||
			     certificate_lacks_issuer(one)))
				plan_urls(outside, one,
					  (enum revocation_url)kind);
	}
}

void outside_follow(struct plan *plan, const struct deployment *deployment,
		    bool (*wanted)(const void *context, const char *probe),
		    const void *context)
{
	struct outside outside = {
		.plan = plan,
		.deployment = deployment,
		.asks_web = web_is_wanted(deployment, wanted, context),
	};
	const struct wish wish = {wanted, context};
	const struct topology *topology = deployment->topology;
	size_t count;

	asking_place(plan, deployment);
	if (deployment->asked)
		plan_discovery(&outside);
	if (deployment->discovery != DISCOVERY_DONE)
		return;
	for (size_t i = 0; i < topology->domain_count; i++)
		plan_domain(&outside, topology->domains[i]);
	plan_names(&outside);
	if (wanted(context, "dns"))
		aside_follow(plan, deployment);
	web_follow(plan, deployment, wanted, context);
	if (!topology->names[SERVICE_WEBCONF] && wanted(context, "webconf") &&
	    discovery_name_is_settled(deployment, SERVICE_WEBCONF))
		plan_candidates(&outside);
	count = deployment->target_count + deployment->doubtful_count;
	for (size_t i = 0; i < count; i++) {
		const struct target *target = &deployment->targets[i];
		const char *probe = listener_probe(target->listener);

		/* nothing is looked at that an open answer could rule out */
		if (!target->is_settled)
			continue;
		if (probe && wanted(context, probe)) {
			plan_target(&outside, target);
			look_again(&outside, target, true, &wish);
		}
		if (wanted(context, "tls-versions"))
			plan_versions(&outside, target);
		if (target->is_settled && deployment->from_domain &&
		    wanted(context, "sip-partner"))
			plan_partner(&outside, target);
		plan_relay(&outside, target, wanted, context);
		plan_pair(&outside, target, &wish);
		if (wanted(context, "soak"))
			plan_soak(&outside, target);
	}
	plan_second_looks(&outside, &wish);
	plan_revocation(&outside, wanted, context);
	plan_shown(&outside);
	if (wanted(context, "path"))
		silence_follow(plan, deployment);
	/* last, so that nothing waits behind it for its turn at a host */
	for (size_t i = 0; i < deployment->target_count; i++)
		if (deployment->targets[i].is_settled)
			spread_plan(plan, deployment, &deployment->targets[i],
				    wanted, context);
	for (size_t i = 0; i < count; i++)
		if (deployment->targets[i].is_settled &&
		    wanted(context, "exposure"))
			exposure_plan(plan, deployment,
				      &deployment->targets[i]);
}
