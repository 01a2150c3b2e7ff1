#include "common/model/discovery.h"

#include "common/base/text.h"
#include "common/base/dns_name.h"
#include "common/model/host_seen.h"
#include "common/model/hosting.h"
#include "common/model/records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct guess guess_table[] = {
	{SERVICE_WEBCONF, "webcon"},
	{SERVICE_WEBCONF, "webconf"},
	{SERVICE_WEBCONF, "dataconf"},
	{SERVICE_WEBCONF, "conf"},
	{SERVICE_AV, "av"},
	{SERVICE_AV, "avedge"},
	{SERVICE_AV, "avext"},
	{SERVICE_AV, "media"},
};
const size_t guess_count = sizeof(guess_table) / sizeof(guess_table[0]);

/* One short clause; the report strings them together. */
__attribute__((format(printf, 2, 3))) static void
infer(struct deployment *deployment, const char *format, ...)
{
	va_list args;

	deployment->inferred = arena_grow(
		deployment->arena, deployment->inferred,
		deployment->inferred_count, &deployment->inferred_capacity,
		sizeof(*deployment->inferred));
	va_start(args, format);
	deployment->inferred[deployment->inferred_count++] =
		arena_vformat(deployment->arena, format, args);
	va_end(args);
}

/*
 * Discovery: is TARGET a SIP domain or an Edge name? Decided by which record
 * exists, not by the label (product.md section 4).
 */

enum known { KNOWN_NOT_YET, KNOWN_NO, KNOWN_YES, KNOWN_FAILED };

static enum known known_srv(const struct deployment *deployment,
			    const char *prefix, const char *domain)
{
	const struct observation *seen;
	char name[NAME_BYTES_MAX + 32];

	if (!domain)
		return KNOWN_NO;
	snprintf(name, sizeof(name), "%s.%s", prefix, domain);
	seen = deployment_dns(deployment, name, DNS_SRV);
	if (!seen)
		return KNOWN_NOT_YET;
	if (seen->outcome != OUTCOME_ANSWERED)
		return KNOWN_FAILED;
	return observation_fact(seen, "dns.answer") ? KNOWN_YES : KNOWN_NO;
}

/* The domain found comes first; those that were told come after it. */
static void learn_domain(struct deployment *deployment, const char *domain)
{
	const struct topology *given = deployment->given;
	struct topology *topology = deployment->topology;

	topology->domains[0] = domain;
	topology->domain_count = 1;
	for (size_t i = 0; i < given->domain_count &&
			   topology->domain_count < TOPOLOGY_DOMAINS_MAX;
	     i++) {
		if (!text_names_equal(given->domains[i], domain))
			topology->domains[topology->domain_count++] =
				given->domains[i];
	}
	deployment->discovery = DISCOVERY_DONE;
}

/* A host that no record makes an Edge's: of the domains given, or its own. */
static void learn_host(struct deployment *deployment, const char *host,
		       const char *parent)
{
	if (deployment->given->domain_count)
		deployment->discovery = DISCOVERY_DONE;
	else
		learn_domain(deployment, parent);
	deployment->topology->names[SERVICE_ACCESS] = host;
	infer(deployment, "%s, without SRV records, is the Access Edge of %s",
	      host, deployment->topology->domains[0]);
}

/* No SRV record decides it: does the name itself exist? */
static void discover_by_address(struct deployment *deployment,
				const char *asked)
{
	const struct observation *seen =
		deployment_dns(deployment, asked, DNS_A);
	const char *rcode;
	const char *parent = name_parent(asked);

	if (!seen || !deployment_dns(deployment, asked, DNS_AAAA))
		return;
	if (seen->outcome != OUTCOME_ANSWERED) {
		deployment->discovery = DISCOVERY_NO_DNS;
		return;
	}
	rcode = observation_text(seen, "dns.rcode");
	if (rcode && strcmp(rcode, dns_rcode_name(DNS_NXDOMAIN)) == 0) {
		deployment->discovery = DISCOVERY_UNKNOWN;
		return;
	}
	if (parent && deployment_has_address(deployment, asked)) {
		learn_host(deployment, asked, parent);
		return;
	}
	learn_domain(deployment, asked);
	infer(deployment, "SIP domain %s, without SRV records", asked);
}

static void discover_by_srv(struct deployment *deployment, const char *asked)
{
	static const char *const prefixes[] = {"_sip._tls",
					       "_sipfederationtls._tcp"};
	const char *candidates[] = {asked, name_parent(asked)};
	bool failed = false;

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 2; j++) {
			enum known known = known_srv(deployment, prefixes[i],
						     candidates[j]);

			if (known == KNOWN_NOT_YET)
				return;
			failed |= known == KNOWN_FAILED;
			if (known != KNOWN_YES)
				continue;
			learn_domain(deployment, candidates[j]);
			infer(deployment, "SIP domain %s by its %s record",
			      candidates[j], prefixes[i]);
			return;
		}
	}
	if (failed)
		deployment->discovery = DISCOVERY_NO_DNS;
	else
		discover_by_address(deployment, asked);
}

void discovery_find_domains(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;

	deployment->discovery = DISCOVERY_PENDING;
	if (deployment->asked)
		discover_by_srv(deployment, deployment->asked);
	else
		deployment->discovery = DISCOVERY_DONE;
	if (topology->domain_count > 1)
		topology->features |= FEATURE_BIT(FEATURE_MULTI_SIP_DOMAIN);
}

/*
 * Names: what was given, else what the SRV records say, else common names.
 */

static const char *wildcard_name(const struct deployment *deployment)
{
	return arena_format(deployment->arena, RECORDS_WILDCARD_LABEL ".%s",
			    deployment->topology->domains[0]);
}

static void guess_name(struct deployment *deployment, enum service service)
{
	struct topology *topology = deployment->topology;
	const char *domain = topology->domains[0];

	for (size_t i = 0; i < guess_count; i++) {
		char *name;

		if (guess_table[i].service != service)
			continue;
		name = arena_format(deployment->arena, "%s.%s",
				    guess_table[i].label, domain);
		/* wait for the better guesses, so that order cannot matter */
		if (!deployment_addresses_asked(deployment, name))
			return;
		if (!deployment_has_address(deployment, name) ||
		    records_host_is_echo(deployment, name))
			continue;
		topology->names[service] = name;
		topology->name_guessed[service] = true;
		infer(deployment, "%s Edge %s by its name (--%s)",
		      service_title(service), name, service_name(service));
		return;
	}
}

/* Whether no guess at the name of a service is open. */
static bool guesses_are_asked(const struct deployment *deployment,
			      enum service service)
{
	for (size_t i = 0; i < guess_count; i++) {
		const char *name;

		if (guess_table[i].service != service)
			continue;
		name = arena_format(deployment->arena, "%s.%s",
				    guess_table[i].label,
				    deployment->topology->domains[0]);
		if (!deployment_addresses_asked(deployment, name))
			return false;
	}
	return true;
}

/*
 * Names in the certificate (edge-services.md section 5): a name directly in
 * the SIP domain that is no other known host.
 */

static bool is_candidate(const struct topology *topology, const char *name)
{
	/* hosts that stand in such certificates and are something else */
	static const char *const others[] = {"sip",  "xmpp",   "lyncdiscover",
					     "meet", "dialin", "av"};
	size_t label = strcspn(name, ".");

	if (!dns_name_is_lawful(name) || strchr(name, '*') ||
	    !text_name_directly_in(name, topology->domains[0]))
		return false;
	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (topology->names[i] &&
		    text_names_equal(name, topology->names[i]))
			return false;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strlen(others[i]) == label &&
		    strncasecmp(name, others[i], label) == 0)
			return false;
	}
	return true;
}

static int compare_names(const void *one, const void *other)
{
	return strcasecmp(*(const char *const *)one,
			  *(const char *const *)other);
}

/* Adds a name unless it is there; when full, the last in order gives way. */
static size_t add_candidate(const char **names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_names_equal(names[i], name))
			return count;
	}
	if (count < DISCOVERY_CANDIDATES_MAX)
		names[count++] = name;
	else if (compare_names(&name, &names[count - 1]) < 0)
		names[count - 1] = name;
	qsort(names, count, sizeof(*names), compare_names);
	return count;
}

size_t discovery_candidates(const struct deployment *deployment,
			    const char *names[DISCOVERY_CANDIDATES_MAX])
{
	const struct observation_list *list = deployment->observations;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct fact *san =
			observation_fact(list->items[i], "cert.san");

		if (strcmp(list->items[i]->probe, "sip") != 0)
			continue;
		for (; san; san = fact_next(san)) {
			if (is_candidate(deployment->topology, san->text))
				count = add_candidate(names, count, san->text);
		}
	}
	return count;
}

/* Whether the host of that name shows the certificate of the leaf. */
static bool host_shows(const struct observation_list *list, const char *name,
		       const char *leaf)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		const char *shown = observation_text(seen, "cert.sha256");

		if (strcmp(seen->probe, "webconf") == 0 && shown &&
		    strcmp(shown, leaf) == 0 &&
		    text_names_equal(seen->endpoint.name, name))
			return true;
	}
	return false;
}

static bool shares_certificate(const struct deployment *deployment,
			       const char *name)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		const char *leaf = observation_text(seen, "cert.sha256");

		if (strcmp(seen->probe, "sip") == 0 && leaf &&
		    host_shows(list, name, leaf))
			return true;
	}
	return false;
}

static void take_candidate(struct deployment *deployment)
{
	const char *names[DISCOVERY_CANDIDATES_MAX];
	size_t count = discovery_candidates(deployment, names);

	for (size_t i = 0; i < count; i++) {
		if (!shares_certificate(deployment, names[i]))
			continue;
		deployment->topology->names[SERVICE_WEBCONF] = names[i];
		deployment->topology->name_guessed[SERVICE_WEBCONF] = true;
		infer(deployment,
		      "Web Conferencing Edge %s by its certificate (--webconf)",
		      names[i]);
		return;
	}
}

static void learn_access_name(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;
	const struct fact *fact;
	struct srv srv;
	char name[NAME_BYTES_MAX + 32];

	if (topology->names[SERVICE_ACCESS])
		return;
	snprintf(name, sizeof(name), "_sip._tls.%s", topology->domains[0]);
	fact = deployment_records(deployment, name, DNS_SRV);
	if (fact && srv_parse(fact->text, &srv) && srv_offers(&srv)) {
		topology->names[SERVICE_ACCESS] = srv.target;
	} else if (deployment_dns(deployment, name, DNS_SRV)) {
		topology->names[SERVICE_ACCESS] =
			records_fallback_host(deployment, topology->domains[0]);
	}
}

/* Whether one name gives an address that the other gives as well. */
static bool share_address(const struct deployment *deployment, const char *one,
			  const char *other, uint16_t type)
{
	const struct fact *a = deployment_records(deployment, one, type);

	for (; a; a = fact_next(a)) {
		const struct fact *b =
			deployment_records(deployment, other, type);

		for (; b; b = fact_next(b))
			if (strcmp(a->text, b->text) == 0)
				return true;
	}
	return false;
}

/* Where the first _sip._tls record leads; NULL when there is none. */
static const char *first_access_host(const struct deployment *deployment,
				     struct srv *srv)
{
	const struct fact *fact;
	char record[NAME_BYTES_MAX + 32];

	snprintf(record, sizeof(record), "_sip._tls.%s",
		 deployment->topology->domains[0]);
	fact = deployment_records(deployment, record, DNS_SRV);
	return fact && srv_parse(fact->text, srv) ? srv->target : NULL;
}

/*
 * Access on 5061 tells of one address for all services, and Web Conferencing
 * is on 444 then (edge-services.md 2.2); not where its name leads elsewhere.
 */
uint16_t discovery_webconf_port(const struct deployment *deployment,
				const char *name)
{
	const struct topology *topology = deployment->topology;
	uint16_t port = topology->ports[LISTENER_WEBCONF];
	struct srv srv;

	if (topology->file || port != 443 ||
	    !first_access_host(deployment, &srv) || srv.port != 5061)
		return port;
	return share_address(deployment, name, srv.target, DNS_A) ||
			       share_address(deployment, name, srv.target,
					     DNS_AAAA)
		       ? 444
		       : port;
}

bool discovery_webconf_port_is_settled(const struct deployment *deployment,
				       const char *name)
{
	const struct topology *topology = deployment->topology;
	char record[NAME_BYTES_MAX + 32];
	struct srv srv;

	if (topology->file || deployment->given->ports[LISTENER_WEBCONF] != 443)
		return true;
	snprintf(record, sizeof(record), "_sip._tls.%s", topology->domains[0]);
	if (!deployment_is_asked(deployment, record, DNS_SRV))
		return false;
	if (!first_access_host(deployment, &srv) || srv.port != 5061)
		return true;
	return deployment_addresses_asked(deployment, name) &&
	       deployment_addresses_asked(deployment, srv.target);
}

bool discovery_name_is_settled(const struct deployment *deployment,
			       enum service service)
{
	const char *name = deployment->topology->names[service];

	if (!deployment->given->names[service]) {
		/* a name that was found had all better ones answered */
		if (!name && !guesses_are_asked(deployment, service))
			return false;
		if (!deployment_addresses_asked(deployment,
						wildcard_name(deployment)))
			return false;
	}
	return service != SERVICE_WEBCONF || !name ||
	       discovery_webconf_port_is_settled(deployment, name);
}

static void find_webconf_port(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;
	const char *name = topology->names[SERVICE_WEBCONF];
	uint16_t port;

	if (!name)
		return;
	port = discovery_webconf_port(deployment, name);
	if (port != topology->ports[LISTENER_WEBCONF])
		infer(deployment,
		      "one address for all services by port 5061 in "
		      "_sip._tls, so Web Conferencing on %u (--webconf)",
		      port);
	topology->ports[LISTENER_WEBCONF] = port;
}

void discovery_find_names(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;

	learn_access_name(deployment);
	if (!topology->names[SERVICE_WEBCONF])
		guess_name(deployment, SERVICE_WEBCONF);
	if (!topology->names[SERVICE_WEBCONF])
		take_candidate(deployment);
	if (!topology->names[SERVICE_AV])
		guess_name(deployment, SERVICE_AV);
	find_webconf_port(deployment);
}

/*
 * Product and kind, where nobody gave them
 */

void discovery_find_product(struct deployment *deployment)
{
	static const enum product by_major[] = {
		[4] = PRODUCT_LYNC2010,
		[5] = PRODUCT_LYNC2013,
		[6] = PRODUCT_SFB2015,
		[7] = PRODUCT_SFB2019,
	};
	const struct observation_list *list = deployment->observations;
	struct topology *topology = deployment->topology;

	if (topology->product_known)
		return;
	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		const char *server = observation_text(seen, "sip.server");
		int major = 0;

		if (!server || sscanf(server, "RTC/%1d.", &major) != 1 ||
		    major < 4 || major > 7)
			continue;
		topology->product = by_major[major];
		topology->product_known = true;
		infer(deployment, "product %s by its header %s (--product)",
		      product_name(topology->product), server);
		return;
	}
	infer(deployment, "product %s assumed (--product)",
	      product_name(topology->product));
}

/* The first domain with a record that leads partners to a host. */
static const char *xmpp_domain(const struct deployment *deployment)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		char name[NAME_BYTES_MAX + 32];
		const struct fact *fact;
		struct srv srv;

		snprintf(name, sizeof(name), "_xmpp-server._tcp.%s",
			 topology->domains[i]);
		fact = deployment_records(deployment, name, DNS_SRV);
		for (; fact; fact = fact_next(fact))
			if (srv_parse(fact->text, &srv) && srv_offers(&srv))
				return topology->domains[i];
	}
	return NULL;
}

void discovery_find_xmpp(struct deployment *deployment)
{
	const uint64_t feature = FEATURE_BIT(FEATURE_XMPP);
	struct topology *topology = deployment->topology;
	const char *domain = xmpp_domain(deployment);

	deployment->xmpp_in_doubt = false;
	if (!product_has_xmpp(topology->product)) {
		topology->features &= ~feature;
		deployment->xmpp_in_doubt =
			!topology->product_known &&
			(domain || topology->names[SERVICE_XMPP]);
		return;
	}
	if (topology->features & feature)
		return;
	if (domain)
		infer(deployment, "XMPP by the record _xmpp-server._tcp.%s",
		      domain);
	if (domain || topology->names[SERVICE_XMPP])
		topology->features |= feature;
}

void discovery_tell_cut(struct deployment *deployment)
{
	infer(deployment,
	      "only the first %d addresses, and hosts of the first %d records "
	      "of an SRV name, looked at",
	      DEPLOYMENT_TARGETS_MAX, DEPLOYMENT_SRV_HOSTS_MAX);
}

void discovery_tell_hosting(struct deployment *deployment)
{
	infer(deployment,
	      "%s is hosted in Microsoft 365 by its records, so no Edge "
	      "Server is looked for (--access)",
	      deployment->topology->domains[0]);
}

void discovery_find_mobility(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;
	char name[NAME_BYTES_MAX + 32];

	for (size_t i = 0; i < topology->domain_count && !topology->file; i++) {
		snprintf(name, sizeof(name), "lyncdiscover.%s",
			 topology->domains[i]);
		if (deployment_dns(deployment, name, DNS_A))
			topology->features |= FEATURE_BIT(FEATURE_MOBILITY);
	}
}

void discovery_find_kind(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;
	size_t count[2] = {0, 0};

	if (topology->kind_known)
		return;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (target->listener == LISTENER_ACCESS ||
		    target->listener == LISTENER_INSIDE_SIP)
			count[target->endpoint.address.family == AF_INET6]++;
	}
	if (!count[0])
		count[0] = count[1];
	topology->kind =
		count[0] > 1 ? KIND_SCALED_DNSLB_PUBLIC : KIND_SINGLE_PUBLIC;
	if (count[0] > 1)
		topology->features |= FEATURE_BIT(FEATURE_HA);
	if (!count[0])
		return; /* nothing to tell it by */
	infer(deployment, "kind %s by %zu address%s (--kind)",
	      kind_name(topology->kind), count[0], count[0] == 1 ? "" : "es");
}

void discovery_tell_inside(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;

	/* who was sent to servers thinks nothing of the Edge */
	if (topology->file || deployment->mission)
		return;
	infer(deployment, "Web Conferencing and A/V are taken to be installed, "
			  "XMPP and central logging not (-t)");
}

static void tell_host(struct deployment *deployment,
		      const struct observation *seen)
{
	const struct topology *topology = deployment->topology;
	const char *title = host_seen_title(deployment->arena, seen);
	const struct node *node =
		host_seen_node(deployment->arena, topology, seen);

	if (node)
		infer(deployment, "%s is judged, as %s", title, node->name);
	else
		infer(deployment, "%s is judged%s", title,
		      topology->file ? ", which has no address of an Edge "
				       "Server of the file (--node)"
				     : "");
}

void discovery_tell_host(struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i]->probe, "host") == 0)
			tell_host(deployment, list->items[i]);
}
