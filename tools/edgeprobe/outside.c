#include "tools/edgeprobe/outside.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/judge/judge.h"
#include "common/plan/lint.h"
#include "common/plan/outside.h"
#include "common/plan/asking.h"
#include "tools/shared/conduct.h"

#include <string.h>

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
	    settings->looking.topology_file);
}

/* The topology as told: file or defaults, then the options on top. */
static struct topology *make_topology(struct settings *settings)
{
	struct topology *topology = looking_topology(&settings->looking);

	if (settings->looking.topology_file && settings->host)
		check_target(settings, topology);
	else if (settings->is_uri)
		add_sip_domain(topology, settings->host);
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
		deployment_records(deployment, ASKING_NO_NAME, DNS_A);
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

int outside_look(struct settings *settings)
{
	struct arena *arena = settings->arena;
	struct observation_list observations = {0};
	const struct topology *topology = make_topology(settings);
	struct deployment deployment = looking_deployment(
		&settings->looking, VANTAGE_OUTSIDE, topology, &observations);
	const struct scope scope = settings_scope(settings);
	struct run run =
		looking_run(&settings->looking, VANTAGE_OUTSIDE,
			    "edgeprobe " EDGEPROBE_VERSION,
			    settings->target	     ? settings->target
			    : settings->domain_count ? settings->domains[0]
						     : "");
	struct reports reports = {0};
	struct look look = {
		.engine = looking_engine(&settings->looking, &run),
		.deployment = &deployment,
		.observations = &observations,
		.follow = outside_follow,
		.wanted = wants_probe,
		.wanted_context = &scope,
	};
	struct report report = {.run = &run,
				.deployment = &deployment,
				.observations = &observations};
	int exit_code = EXIT_UNKNOWN;

	if (!settings->looking.topology_file && !settings->is_uri)
		deployment.asked = settings->host;
	deployment.from_domain = settings->from_domain;
	deployment.has_credentials = settings->relay.credentials != NULL;
	look.engine.deadline_us += settings->soak_us;
	look.engine.soak_us = settings->soak_us;
	if (settings->relay.credentials)
		look.engine.relay = &settings->relay;
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
