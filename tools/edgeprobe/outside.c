#include "tools/edgeprobe/outside.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/judge/judge.h"
#include "common/plan/lint.h"
#include "common/plan/outside.h"
#include "tools/shared/conduct.h"

#include <string.h>

#define REPORT_MAX_US INT64_C(50000) /* of the deadline, for the report */

static void add_sip_domain(struct topology *topology, const char *domain)
{
	for (size_t i = 0; i < topology->domain_count; i++) {
		if (text_names_equal(topology->domains[i], domain))
			return;
	}
	if (topology->domain_count == TOPOLOGY_DOMAINS_MAX)
		die("--sip-domain: at most %d", TOPOLOGY_DOMAINS_MAX);
	topology->domains[topology->domain_count++] = domain;
}

/* With a file, a target can only be something that stands in it. */
static void check_target(const struct settings *settings,
			 const struct topology *topology)
{
	for (size_t i = 0; i < topology->domain_count; i++) {
		if (text_names_equal(topology->domains[i], settings->host))
			return;
	}
	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (topology->names[i] &&
		    text_names_equal(topology->names[i], settings->host))
			return;
	}
	die("%s is neither a SIP domain nor a name in %s", settings->host,
	    settings->topology_file);
}

/* The topology as told: file or defaults, then the options on top. */
static struct topology *make_topology(struct settings *settings)
{
	struct topology *topology;
	struct remarks remarks;
	const char *why;

	if (settings->topology_file) {
		topology = topology_read(settings->arena,
					 settings->topology_file, &why);
		if (!topology)
			die("%s", why);
		remarks = lint(settings->arena, topology);
		remarks_note(topology, &remarks);
		if (settings->host)
			check_target(settings, topology);
	} else {
		topology = topology_new(settings->arena);
		if (settings->is_uri)
			add_sip_domain(topology, settings->host);
	}
	for (size_t i = 0; i < settings->domain_count; i++)
		add_sip_domain(topology, settings->domains[i]);
	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (settings->services[i].name)
			topology->names[i] = settings->services[i].name;
	}
	for (unsigned i = 0; i < LISTENER_OUTSIDE_COUNT; i++) {
		const struct listener_info *info = &listener_table[i];
		uint16_t port = settings->services[info->service].port;

		/* NAME:PORT is the port that clients go to, over TCP */
		if (port && info->transport == TRANSPORT_TCP &&
		    i != LISTENER_FEDERATION)
			topology->ports[i] = port;
	}
	if (settings->has_product) {
		topology->product = settings->product;
		topology->product_known = true;
	}
	if (settings->has_kind) {
		topology->kind = settings->kind;
		topology->kind_known = true;
	}
	return topology;
}

static bool wants_probe(const void *scope, const char *probe)
{
	return scope_wants_probe(scope, probe);
}

/* One line: why there was nothing to look at. */
static void say_what_is_missing(const char *target, bool interrupted,
				const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;
	const struct fact *made_up =
		deployment_records(deployment, OUTSIDE_NO_NAME, DNS_A);
	const char *detail = "";

	for (size_t i = 0; i < list->count && !*detail; i++)
		if (strcmp(list->items[i]->probe, "dns") == 0)
			detail = list->items[i]->detail;
	if (interrupted)
		log_note("%s: %s before anything was known", target,
			 list->count ? list->items[list->count - 1]->detail
				     : "interrupted");
	else if (made_up)
		log_note("%s: dns: the resolver answers with %s even for names "
			 "that cannot exist, as behind a portal to sign in to: "
			 "do so, or ask another with --resolver",
			 target, made_up->text);
	else if (deployment->discovery == DISCOVERY_NO_DNS)
		log_note("%s: dns: no resolver answers%s%s", target,
			 *detail ? ": " : "", detail);
	else
		log_note("%s: dns: no such name, and no SRV record of an Edge "
			 "leads to it",
			 target);
}

/* A run is over when its report is written, which also takes its time. */
static int64_t looking_us(const struct settings *settings)
{
	int64_t deadline_us = settings->common.deadline_us;
	int64_t share_us = deadline_us / 20;

	return deadline_us -
	       (share_us < REPORT_MAX_US ? share_us : REPORT_MAX_US) +
	       settings->soak_us;
}

int outside_look(struct settings *settings)
{
	struct arena *arena = settings->arena;
	struct observation_list observations = {0};
	const struct topology *topology = make_topology(settings);
	struct deployment deployment = {
		.arena = arena,
		.asked = settings->topology_file || settings->is_uri
				 ? NULL
				 : settings->host,
		.given = topology,
		.overrides = settings->overrides,
		.override_count = settings->override_count,
		.resolvers = settings->way.resolvers,
		.resolver_count = settings->way.resolver_count,
		.controls = settings->controls,
		.control_count = settings->control_count,
		.families = settings->common.families,
		.my_addresses = {settings->way.my_addresses[0],
				 settings->way.my_addresses[1]},
		.from_domain = settings->from_domain,
		.has_credentials = settings->relay.credentials != NULL,
		.observations = &observations,
	};
	const struct scope scope = settings_scope(settings);
	struct run run = {
		.id = conduct_new_id(arena),
		.tool = "edgeprobe " EDGEPROBE_VERSION,
		.vantage = VANTAGE_OUTSIDE,
		.target = settings->target	   ? settings->target
			  : settings->domain_count ? settings->domains[0]
						   : "",
		.started_us = clock_wall_us(),
		.roots = settings->ca_file ? settings->ca_file : "system",
	};
	struct reports reports = {0};
	struct look look = {
		.engine = {.arena = arena,
			   .run = run.id,
			   .vantage = run.vantage,
			   .timeout_us = settings->common.timeout_us,
			   .deadline_us = looking_us(settings),
			   .soak_us = settings->soak_us,
			   .resolvers = settings->way.resolvers,
			   .resolver_count = settings->way.resolver_count,
			   .ca_file = settings->ca_file,
			   .identity = settings->identity.cert_file
					       ? &settings->identity
					       : NULL,
			   .relay = settings->relay.credentials
					    ? &settings->relay
					    : NULL},
		.deployment = &deployment,
		.observations = &observations,
		.wanted = wants_probe,
		.wanted_context = &scope,
	};
	struct report report = {.run = &run,
				.deployment = &deployment,
				.observations = &observations};
	int exit_code = EXIT_UNKNOWN;

	conduct(&look, &run, &settings->common, &reports);
	run.inferred = deployment.inferred;
	run.inferred_count = deployment.inferred_count;
	if (deployment.discovery == DISCOVERY_DONE) {
		report.judgement = judge(arena, &deployment, &scope);
		exit_code = report.judgement->exit_code;
	} else {
		say_what_is_missing(settings->target, run.interrupted,
				    &deployment);
	}
	reports_finish(&reports, &report);
	return exit_code;
}
