#include "common/model/deployment.h"

#include "common/base/text.h"
#include "common/base/dns_name.h"

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

static const uint16_t address_types[] = {DNS_A, DNS_AAAA};

const char *name_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	/* nobody's SIP domain is a top-level domain */
	return dot && strchr(dot + 1, '.') && dot[1] != '.' ? dot + 1 : NULL;
}

static bool srv_number(const char **text, uint16_t *number)
{
	char *end;
	unsigned long value = strtoul(*text, &end, 10);

	if (end == *text || *end != ' ' || value > 65535)
		return false;
	*number = (uint16_t)value;
	*text = end + 1;
	return true;
}

bool srv_parse(const char *answer, struct srv *srv)
{
	if (!srv_number(&answer, &srv->priority) ||
	    !srv_number(&answer, &srv->weight) ||
	    !srv_number(&answer, &srv->port))
		return false;
	srv->target = answer;
	return *answer != '\0';
}

/* Whether srv_parse() found a host to go to ("." offers none, RFC 2782). */
static bool srv_offers(const struct fact *answer, struct srv *srv)
{
	return srv_parse(answer->text, srv) && strcmp(srv->target, ".") != 0 &&
	       srv->port != 0;
}

const struct observation *deployment_dns(const struct deployment *deployment,
					 const char *name, uint16_t type)
{
	const struct observation_list *list = deployment->observations;
	const char *type_name = dns_type_name(type);

	for (size_t i = list->count; i-- > 0;) {
		const struct observation *seen = list->items[i];
		const char *asked = observation_text(seen, "dns.type");

		if (strcmp(seen->probe, "dns") == 0 && seen->endpoint.name &&
		    text_names_equal(seen->endpoint.name, name) && asked &&
		    strcmp(asked, type_name) == 0)
			return seen;
	}
	return NULL;
}

static bool has_answer(const struct observation *seen)
{
	return seen && seen->outcome == OUTCOME_ANSWERED &&
	       observation_fact(seen, "dns.answer");
}

bool deployment_has_record(const struct deployment *deployment,
			   const char *name, uint16_t type)
{
	return has_answer(deployment_dns(deployment, name, type));
}

static bool has_address(const struct deployment *deployment, const char *name)
{
	return deployment_has_record(deployment, name, DNS_A) ||
	       deployment_has_record(deployment, name, DNS_AAAA);
}

const struct observation *deployment_seen(const struct deployment *deployment,
					  const struct target *target,
					  const char *probe,
					  const char *subject)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = list->count; i-- > 0;) {
		const struct observation *seen = list->items[i];

		if (strcmp(seen->probe, probe) == 0 &&
		    seen->endpoint.port == target->endpoint.port &&
		    seen->endpoint.transport == target->endpoint.transport &&
		    address_equal(&seen->endpoint.address,
				  &target->endpoint.address) &&
		    (!subject || text_names_equal(seen->subject, subject)))
			return seen;
	}
	return NULL;
}

static void infer(struct deployment *deployment, const char *sentence)
{
	deployment->inferred = arena_grow(
		deployment->arena, deployment->inferred,
		deployment->inferred_count, &deployment->inferred_capacity,
		sizeof(*deployment->inferred));
	deployment->inferred[deployment->inferred_count++] = sentence;
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
	return has_answer(seen) ? KNOWN_YES : KNOWN_NO;
}

static void learn_domain(struct deployment *deployment, const char *domain)
{
	struct topology *topology = deployment->topology;

	topology->domains[0] = domain;
	topology->domain_count = 1;
	deployment->discovery = DISCOVERY_DONE;
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
	if (parent && has_address(deployment, asked)) {
		learn_domain(deployment, parent);
		deployment->topology->names[SERVICE_ACCESS] = asked;
		infer(deployment,
		      arena_format(deployment->arena,
				   "%s has an address and no SRV record leads "
				   "to it: taken as the Access Edge of the SIP "
				   "domain %s",
				   asked, parent));
		return;
	}
	learn_domain(deployment, asked);
	infer(deployment, arena_format(deployment->arena,
				       "%s has no SRV record: taken as a SIP "
				       "domain",
				       asked));
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
			infer(deployment,
			      arena_format(deployment->arena,
					   j ? "%1$s is a name in the SIP "
					       "domain %2$s: %3$s.%2$s exists"
					     : "%1$s is a SIP domain: "
					       "%3$s.%2$s exists",
					   asked, candidates[j], prefixes[i]));
			return;
		}
	}
	if (failed)
		deployment->discovery = DISCOVERY_NO_DNS;
	else
		discover_by_address(deployment, asked);
}

static void discover(struct deployment *deployment)
{
	const char *asked = deployment->asked;

	deployment->discovery = DISCOVERY_PENDING;
	if (deployment->topology->domain_count)
		deployment->discovery = DISCOVERY_DONE;
	else
		discover_by_srv(deployment, asked);
}

/*
 * Names: what was given, else what the SRV records say, else common names.
 */

/* Whether two names have the same addresses of a type. */
static bool same_answers(const struct deployment *deployment, const char *one,
			 const char *other, uint16_t type)
{
	const struct observation *a = deployment_dns(deployment, one, type);
	const struct observation *b = deployment_dns(deployment, other, type);

	if (!has_answer(a) || !has_answer(b))
		return has_answer(a) == has_answer(b);
	for (const struct fact *fact = observation_fact(a, "dns.answer"); fact;
	     fact = fact_next(fact)) {
		const struct fact *twin = observation_fact(b, "dns.answer");

		while (twin && strcmp(twin->text, fact->text) != 0)
			twin = fact_next(twin);
		if (!twin)
			return false;
	}
	return true;
}

/* A name that exists only because a wildcard answers everything. */
static bool is_wildcard_echo(const struct deployment *deployment,
			     const char *name, const char *domain)
{
	char odd[NAME_BYTES_MAX + 32];

	snprintf(odd, sizeof(odd), DEPLOYMENT_WILDCARD_LABEL ".%s", domain);
	return has_address(deployment, odd) &&
	       same_answers(deployment, name, odd, DNS_A) &&
	       same_answers(deployment, name, odd, DNS_AAAA);
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
		if (!deployment_dns(deployment, name, DNS_A) ||
		    !deployment_dns(deployment, name, DNS_AAAA))
			return;
		if (!has_address(deployment, name) ||
		    is_wildcard_echo(deployment, name, domain))
			continue;
		topology->names[service] = name;
		topology->name_guessed[service] = true;
		infer(deployment,
		      arena_format(deployment->arena,
				   "%s exists: taken as the %s Edge (--%s NAME "
				   "names another)",
				   name, service_title(service),
				   service_name(service)));
		return;
	}
}

static void learn_access_name(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;
	const struct observation *seen;
	const struct fact *fact = NULL;
	struct srv srv;
	char name[NAME_BYTES_MAX + 32];

	if (topology->names[SERVICE_ACCESS])
		return;
	snprintf(name, sizeof(name), "_sip._tls.%s", topology->domains[0]);
	seen = deployment_dns(deployment, name, DNS_SRV);
	if (has_answer(seen))
		fact = observation_fact(seen, "dns.answer");
	if (fact && srv_offers(fact, &srv)) {
		topology->names[SERVICE_ACCESS] = srv.target;
		/* single-address layout: edge-services.md section 2.2 */
		if (!topology->file && srv.port == 5061 &&
		    topology->ports[LISTENER_WEBCONF] == 443) {
			topology->ports[LISTENER_WEBCONF] = 444;
			infer(deployment,
			      "_sip._tls names port 5061: one address for all "
			      "services, Web Conferencing taken to be on 444");
		}
	} else if (seen) {
		topology->names[SERVICE_ACCESS] = arena_format(
			deployment->arena, "sip.%s", topology->domains[0]);
	}
}

static void learn_names(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;

	learn_access_name(deployment);
	if (!topology->names[SERVICE_WEBCONF])
		guess_name(deployment, SERVICE_WEBCONF);
	if (!topology->names[SERVICE_AV])
		guess_name(deployment, SERVICE_AV);
}

/*
 * Targets
 */

static bool family_wanted(const struct deployment *deployment, int family)
{
	return !deployment->families || deployment->families == family;
}

static const char *node_of(const struct deployment *deployment,
			   enum service service, const struct address *address)
{
	const struct topology *topology = deployment->topology;
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t j = 0; j < node->address_count[service]; j++) {
			if (address_equal(&node->addresses[service][j].public,
					  address))
				return node->name;
		}
	}
	return arena_text(deployment->arena, address_format(text, address));
}

static const struct connect_override *
find_override(const struct deployment *deployment, const char *name,
	      uint16_t port)
{
	for (size_t i = 0; i < deployment->override_count; i++) {
		const struct connect_override *one = &deployment->overrides[i];

		if (text_names_equal(one->name, name) &&
		    (one->port == 0 || one->port == port))
			return one;
	}
	return NULL;
}

static struct target *find_target(struct deployment *deployment,
				  enum listener listener,
				  const struct endpoint *endpoint)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		struct target *target = &deployment->targets[i];

		if (target->listener == listener &&
		    target->endpoint.port == endpoint->port &&
		    address_equal(&target->endpoint.address,
				  &endpoint->address))
			return target;
	}
	return NULL;
}

static void add_target(struct deployment *deployment, enum listener listener,
		       const char *name, const struct address *address,
		       uint16_t port, bool from_dns)
{
	const struct listener_info *info = &listener_table[listener];
	struct endpoint endpoint = {.name = name,
				    .address = *address,
				    .port = port,
				    .transport = info->transport};
	struct target *target;

	if (!family_wanted(deployment, address->family))
		return;
	target = find_target(deployment, listener, &endpoint);
	if (!target && deployment->target_count == DEPLOYMENT_TARGETS_MAX) {
		deployment->targets_cut = true;
		return;
	}
	if (!target) {
		deployment->targets = arena_grow(
			deployment->arena, deployment->targets,
			deployment->target_count, &deployment->target_capacity,
			sizeof(*deployment->targets));
		target = &deployment->targets[deployment->target_count++];
		*target = (struct target){
			.listener = listener,
			.name = name,
			.node = node_of(deployment, info->service, address),
			.endpoint = endpoint,
		};
	}
	target->from_dns |= from_dns;
	target->from_file |= !from_dns;
}

static int compare_addresses(const void *one, const void *other)
{
	return address_compare(one, other);
}

/* The addresses of a name in DNS, sorted; at most max. */
static size_t dns_addresses(const struct deployment *deployment,
			    const char *name, struct address *addresses,
			    size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct observation *seen =
			deployment_dns(deployment, name, address_types[i]);
		const struct fact *fact = NULL;

		if (has_answer(seen))
			fact = observation_fact(seen, "dns.answer");
		for (; fact && count < max; fact = fact_next(fact)) {
			if (address_parse(fact->text, &addresses[count]))
				count++;
		}
	}
	qsort(addresses, count, sizeof(*addresses), compare_addresses);
	return count;
}

static void add_name(struct deployment *deployment, enum listener listener,
		     const char *name, uint16_t port)
{
	const struct connect_override *override =
		find_override(deployment, name, port);
	struct address addresses[DEPLOYMENT_TARGETS_MAX];
	size_t count;

	if (override) {
		add_target(deployment, listener, name, &override->to.address,
			   override->to.port, true);
		return;
	}
	count = dns_addresses(deployment, name, addresses,
			      DEPLOYMENT_TARGETS_MAX);
	for (size_t i = 0; i < count; i++)
		add_target(deployment, listener, name, &addresses[i], port,
			   true);
}

/* Hosts that the SRV record of each domain names. */
static void add_srv(struct deployment *deployment, enum listener listener,
		    const char *prefix)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		const struct observation *seen;
		const struct fact *fact = NULL;
		char name[NAME_BYTES_MAX + 32];
		struct srv srv;

		snprintf(name, sizeof(name), "%s.%s", prefix,
			 topology->domains[i]);
		seen = deployment_dns(deployment, name, DNS_SRV);
		if (has_answer(seen))
			fact = observation_fact(seen, "dns.answer");
		for (; fact; fact = fact_next(fact)) {
			if (srv_offers(fact, &srv))
				add_name(deployment, listener, srv.target,
					 srv.port);
		}
	}
}

static void add_nodes(struct deployment *deployment, enum listener listener,
		      const char *name)
{
	const struct topology *topology = deployment->topology;
	enum service service = listener_table[listener].service;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t j = 0; j < node->address_count[service]; j++)
			add_target(deployment, listener, name,
				   &node->addresses[service][j].public,
				   topology->ports[listener], false);
	}
}

static bool listener_wanted(const struct topology *topology,
			    enum listener listener)
{
	static const enum feature needed[LISTENER_COUNT] = {
		[LISTENER_ACCESS] = FEATURE_REMOTE_ACCESS,
		[LISTENER_FEDERATION] = FEATURE_FEDERATION,
		[LISTENER_WEBCONF] = FEATURE_WEBCONF,
		[LISTENER_AV_TCP] = FEATURE_AV,
		[LISTENER_AV_UDP] = FEATURE_AV,
		[LISTENER_XMPP] = FEATURE_XMPP,
	};

	return topology->features & FEATURE_BIT(needed[listener]);
}

static void find_targets(struct deployment *deployment)
{
	static const char *const prefixes[LISTENER_COUNT] = {
		[LISTENER_ACCESS] = "_sip._tls",
		[LISTENER_FEDERATION] = "_sipfederationtls._tcp",
		[LISTENER_XMPP] = "_xmpp-server._tcp",
	};
	const struct topology *topology = deployment->topology;

	for (unsigned i = 0; i < LISTENER_COUNT; i++) {
		enum listener listener = (enum listener)i;
		const char *name = topology->names[listener_table[i].service];
		size_t before = deployment->target_count;

		if (!listener_wanted(topology, listener))
			continue;
		if (prefixes[i])
			add_srv(deployment, listener, prefixes[i]);
		/* SRV records lead; without them, or told a name, that too */
		if (name &&
		    (deployment->target_count == before ||
		     deployment->given->names[listener_table[i].service]))
			add_name(deployment, listener, name,
				 topology->ports[i]);
		add_nodes(deployment, listener, name);
	}
}

/*
 * Product and kind, where nobody gave them
 */

static void infer_product(struct deployment *deployment)
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
		infer(deployment,
		      arena_format(deployment->arena,
				   "product %s, from Server: %s%s",
				   product_name(topology->product), server,
				   major == 7 ? " (2019 and Subscription "
						"Edition look alike)"
					      : ""));
		return;
	}
	infer(deployment, arena_format(deployment->arena,
				       "product %s assumed (--product names "
				       "another)",
				       product_name(topology->product)));
}

static void infer_kind(struct deployment *deployment)
{
	struct topology *topology = deployment->topology;
	size_t count[2] = {0, 0};

	if (topology->kind_known)
		return;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (target->listener == LISTENER_ACCESS)
			count[target->endpoint.address.family == AF_INET6]++;
	}
	if (!count[0])
		count[0] = count[1];
	topology->kind =
		count[0] > 1 ? KIND_SCALED_DNSLB_PUBLIC : KIND_SINGLE_PUBLIC;
	if (count[0] > 1)
		topology->features |= FEATURE_BIT(FEATURE_HA);
	infer(deployment,
	      arena_format(deployment->arena,
			   "topology %s, from %zu Access Edge address%s "
			   "(--kind names another)",
			   kind_name(topology->kind), count[0],
			   count[0] == 1 ? "" : "es"));
}

void deployment_update(struct deployment *deployment)
{
	deployment->topology = arena_copy(deployment->arena, deployment->given,
					  sizeof(*deployment->given));
	deployment->target_count = 0;
	deployment->targets_cut = false;
	deployment->inferred_count = 0;
	discover(deployment);
	if (deployment->discovery != DISCOVERY_DONE)
		return;
	learn_names(deployment);
	infer_product(deployment);
	find_targets(deployment);
	infer_kind(deployment);
	deployment->topology->features =
		features_close(deployment->topology->features);
}
