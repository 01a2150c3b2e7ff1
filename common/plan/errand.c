#include "common/plan/errand.h"

#include "common/model/targets.h"
#include "common/plan/asking.h"
#include "common/plan/silence.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whose rows a purpose calls for. */
static void (*const makers[PURPOSE_COUNT])(
	struct errands *errands, const struct deployment *deployment) = {
	[PURPOSE_ROLE] = errands_of_role,
	[PURPOSE_HLB] = errands_of_balancer,
	[PURPOSE_EDGE_HOST] = errands_of_edge_host,
};

/* A protocol of the tables, and who can tell whether it is spoken. */
static const struct errand_kind kinds[] = {
	{"sip", TRANSPORT_TCP, "port-sip", false},
	{"sip-tls", TRANSPORT_TCP, "sip", true},
	{"sip-mtls", TRANSPORT_TCP, "recognise-sip", true},
	{"mtls", TRANSPORT_TCP, "recognise-sip", true},
	{"tls", TRANSPORT_TCP, "recognise-sip", false},
	{"tls+mtls", TRANSPORT_TCP, "recognise-sip", true},
	{"psom-tls", TRANSPORT_TCP, "recognise-sip", false},
	{"psom-mtls", TRANSPORT_TCP, "recognise-sip", true},
	{"dcom-rpc", TRANSPORT_TCP, "port-rpc", false},
	{"http", TRANSPORT_TCP, "port-http", false},
	{"https", TRANSPORT_TCP, "port-https", false},
	{"xmpp", TRANSPORT_TCP, "xmpp", false},
	{"stun-msturn", TRANSPORT_TCP, "msturn-allocate-tcp", false},
	{"stun-msturn", TRANSPORT_UDP, "msturn-allocate", false},
	{"dns", TRANSPORT_TCP, "port-dns-tcp", false},
	{"dns", TRANSPORT_UDP, "port-dns", false},
};

const struct errand_kind *errand_kind_find(const char *protocol,
					   enum transport transport)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].transport == transport &&
		    strcmp(kinds[i].protocol, protocol) == 0)
			return &kinds[i];
	return NULL;
}

const char *errand_probe(const char *protocol, enum transport transport)
{
	const struct errand_kind *kind = errand_kind_find(protocol, transport);

	if (kind)
		return kind->probe;
	return transport == TRANSPORT_TCP ? "port" : "port-udp";
}

void errands_add(struct errands *errands, const struct errand *errand)
{
	if (errands->count == ERRANDS_MAX) {
		errands->is_cut = true;
		return;
	}
	errands->items =
		arena_grow(errands->arena, errands->items, errands->count,
			   &errands->capacity, sizeof(*errands->items));
	errands->items[errands->count++] = *errand;
}

/* The addresses that DNS or --connect gives for a host without its own. */
static size_t add_named(struct errands *errands,
			const struct deployment *deployment,
			const struct errand *errand)
{
	struct endpoint found[DEPLOYMENT_SRV_HOSTS_MAX];
	struct errand one = *errand;
	size_t count =
		targets_endpoints(deployment, errand->endpoint.name,
				  errand->endpoint.port, found, COUNT(found));

	for (size_t i = 0; i < count; i++) {
		one.endpoint.address = found[i].address;
		one.endpoint.port = found[i].port;
		errands_add(errands, &one);
	}
	return count;
}

void errands_add_host(struct errands *errands,
		      const struct deployment *deployment,
		      const struct errand *errand,
		      const struct mission_host *host)
{
	struct errand one = *errand;

	one.endpoint.name = host->name;
	one.endpoint.address = host->address;
	if (!host->address.family && host->name &&
	    add_named(errands, deployment, &one))
		return;
	if (!host->address.family || !deployment->families ||
	    host->address.family == deployment->families)
		errands_add(errands, &one);
}

void errands_add_ports(struct errands *errands,
		       const struct deployment *deployment,
		       const struct errand *errand,
		       const struct mission_host *host, uint16_t first,
		       uint16_t last)
{
	const uint16_t samples[ERRAND_SAMPLES] = {
		first, (uint16_t)(first + (last - first) / 2), last};
	struct errand one = *errand;

	if (first != last)
		one.sampled = ERRAND_SAMPLES;
	for (size_t i = 0; i < (first == last ? 1 : COUNT(samples)); i++) {
		one.endpoint.port = samples[i];
		errands_add_host(errands, deployment, &one, host);
	}
}

struct errands errands_of(struct arena *arena,
			  const struct deployment *deployment)
{
	struct errands errands = {.arena = arena};
	const struct mission *mission = deployment->mission;

	if (mission && makers[mission->purpose])
		makers[mission->purpose](&errands, deployment);
	return errands;
}

/*
 * The plan
 */

/* Whether the row's protocol asks both sides for certificates. */
static bool is_mutual(const struct errand *errand)
{
	const struct errand_kind *kind =
		errand->protocol ? errand_kind_find(errand->protocol,
						    errand->endpoint.transport)
				 : NULL;

	return kind && kind->is_mutual;
}

static const struct observation *seen_at(const struct deployment *deployment,
					 const struct errand *errand)
{
	const struct target target = {.endpoint = errand->endpoint};

	return errand->endpoint.address.family
		       ? deployment_seen(deployment, &target, errand->probe,
					 NULL)
		       : NULL;
}

/* TCP stood, and clear text was not what was hoped for there. */
static bool is_disappointed(const struct deployment *deployment,
			    const struct errand *errand)
{
	const struct observation *seen;

	if (strcmp(errand->probe, "port-sip") != 0)
		return false;
	seen = seen_at(deployment, errand);
	return seen && seen->outcome != OUTCOME_ANSWERED &&
	       seen->outcome != OUTCOME_LOCAL &&
	       observation_fact(seen, "tcp.rtt_us");
}

/* A port over TCP that works at the address of a silent one. */
static const struct errand *find_working(const struct errands *errands,
					 const struct deployment *deployment,
					 const struct errand *silent)
{
	for (size_t i = 0; i < errands->count; i++) {
		const struct errand *errand = &errands->items[i];
		const struct observation *seen;

		if (errand->endpoint.transport != TRANSPORT_TCP ||
		    !address_equal(&errand->endpoint.address,
				   &silent->endpoint.address))
			continue;
		seen = seen_at(deployment, errand);
		if (seen && seen->outcome == OUTCOME_ANSWERED)
			return errand;
	}
	return NULL;
}

/* How far do packets get to where it is silent? From any address of ours. */
static void follow_silence(struct plan *plan,
			   const struct deployment *deployment,
			   const struct errands *errands)
{
	for (size_t i = 0; i < errands->count; i++) {
		const struct errand *errand = &errands->items[i];
		const struct errand *working;

		if (errand->from.family ||
		    strcmp(errand->probe, "port-udp") == 0 ||
		    !silence_follow_at(plan, deployment,
				       seen_at(deployment, errand)))
			continue;
		working = find_working(errands, deployment, errand);
		if (working)
			silence_compare(plan, deployment, &working->endpoint);
	}
}

void errands_follow(struct plan *plan, const struct deployment *deployment,
		    bool (*wanted)(const void *context, const char *probe),
		    const void *context)
{
	struct errands errands = errands_of(deployment->arena, deployment);

	asking_place(plan, deployment);
	for (size_t i = 0; i < errands.count; i++) {
		const struct errand *errand = &errands.items[i];
		struct check_spec spec = {
			.probe = errand->probe,
			.endpoint = errand->endpoint,
			.from = errand->from,
			.subject = "-",
			.shows_identity = is_mutual(errand),
		};

		if (!errand->endpoint.address.family) {
			asking_addresses(plan, deployment,
					 errand->endpoint.name);
			continue;
		}
		if (!wanted(context, errand->probe))
			continue;
		plan_add(deployment->arena, plan, &spec);
		spec.probe = ERRAND_SECOND_PROBE;
		if (is_disappointed(deployment, errand))
			plan_add(deployment->arena, plan, &spec);
	}
	if (wanted(context, "path"))
		follow_silence(plan, deployment, &errands);
}
