#include "tools/edgeturn/look.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/judge/judge.h"
#include "common/model/deployment.h"
#include "common/plan/outside.h"
#include "tools/shared/conduct.h"

#include <string.h>

#define EXIT_FAULT 2
#define VOICE_US   INT64_C(15000000) /* a stream, and what stands around it */

/* What is asked of each transport. */
static const char *const udp_probes[] = {"msturn-allocate", "msturn-relay",
					 "relay-pair"};
static const char *const tcp_probes[] = {"msturn-allocate-tcp",
					 "msturn-relay-tcp"};
#define PROBES_MAX   5
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t choose_probes(const struct settings *settings,
			    const char *probes[PROBES_MAX])
{
	bool both = settings->udp == settings->tcp;
	size_t count = 0;

	if (settings->is_standard && (both || settings->udp))
		probes[count++] = "turn-relay";
	if (settings->is_standard && (both || settings->tcp))
		probes[count++] = "turn-relay-tcp";
	if (settings->is_standard)
		return count;
	for (size_t i = 0; i < COUNT(udp_probes); i++)
		if (both || settings->udp)
			probes[count++] = udp_probes[i];
	for (size_t i = 0; i < COUNT(tcp_probes); i++)
		if (both || settings->tcp)
			probes[count++] = tcp_probes[i];
	return count;
}

/* An A/V Edge alone, by its name or address. */
static struct topology *make_topology(const struct settings *settings)
{
	struct topology *topology = topology_new(settings->arena);
	char text[ADDRESS_TEXT_BYTES];

	topology->features = FEATURE_BIT(FEATURE_AV);
	topology->names[SERVICE_AV] =
		settings->host
			? settings->host
			: arena_text(
				  settings->arena,
				  address_format(text, &settings->at.address));
	if (settings->is_standard) /* one port for both, RFC 8656 */
		topology->ports[LISTENER_AV_TCP] =
			topology->ports[LISTENER_AV_UDP];
	if (settings->port) {
		topology->ports[LISTENER_AV_UDP] = settings->port;
		topology->ports[LISTENER_AV_TCP] = settings->port;
	}
	return topology;
}

/* An address needs no DNS: whatever port is meant is there. */
static size_t fix_address(const struct settings *settings,
			  const struct topology *topology,
			  struct connect_override fixed[2])
{
	static const enum listener listeners[] = {LISTENER_AV_UDP,
						  LISTENER_AV_TCP};
	size_t count = topology->ports[LISTENER_AV_UDP] ==
				       topology->ports[LISTENER_AV_TCP]
			       ? 1
			       : 2;

	if (!settings->at.address.family)
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint16_t port = topology->ports[listeners[i]];

		fixed[i] = (struct connect_override){
			.name = topology->names[SERVICE_AV],
			.port = port,
			.to = {.address = settings->at.address, .port = port},
		};
	}
	return count;
}

/* What a look is told to want: a row may rest on both transports. */
struct wish {
	const struct settings *settings;
	const struct scope *scope;
};

static bool wants_probe(const void *context, const char *probe)
{
	const struct wish *wish = context;
	const char *probes[PROBES_MAX];
	size_t count = choose_probes(wish->settings, probes);

	for (size_t i = 0; i < count; i++)
		if (strcmp(probes[i], probe) == 0)
			return true;
	return strncmp(probe, "msturn", 6) != 0 &&
	       scope_wants_probe(wish->scope, probe);
}

/* The name leads nowhere: that is all there is to say. */
static void say_nothing_known(const struct settings *settings,
			      const struct observation_list *observations)
{
	const char *detail = "";

	for (size_t i = 0; i < observations->count && !*detail; i++)
		detail = observations->items[i]->detail;
	if (settings->host)
		log_note("%s: dns: no address is known%s%s", settings->host,
			 *detail ? ": " : "", detail);
}

/*
 * No row is about a standard server: what counts is that it grants and
 * relays, or without credentials that it asks for them.
 */
static int standard_exit(const struct settings *settings,
			 const struct observation_list *list)
{
	bool any = false, unknown = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		int64_t code = observation_number(seen, "turn.error_code", 0);

		if (strncmp(seen->probe, "turn-relay", 10) != 0 &&
		    strncmp(seen->probe, "relay-path", 10) != 0)
			continue;
		any = true;
		if (seen->outcome == OUTCOME_LOCAL)
			unknown = true;
		else if (seen->outcome != OUTCOME_ANSWERED ||
			 (code && (code != 401 || settings->wish.credentials)))
			return EXIT_FAULT;
	}
	return any && !unknown ? 0 : EXIT_UNKNOWN;
}

static int report_on(struct settings *settings, struct reports *reports,
		     struct report *report, const struct scope *scope)
{
	const struct deployment *deployment = report->deployment;

	if (!deployment->target_count)
		say_nothing_known(settings, report->observations);
	report->judgement = judge(settings->arena, deployment, scope);
	if (settings->is_standard)
		report->judgement->exit_code =
			standard_exit(settings, report->observations);
	report->tells_conversation = true;
	reports_finish(reports, report);
	return report->judgement->exit_code;
}

int look_at_relay(struct settings *settings)
{
	struct arena *arena = settings->arena;
	const char *probes[PROBES_MAX];
	struct observation_list observations = {0};
	const struct topology *topology = make_topology(settings);
	struct connect_override fixed[2];
	struct deployment deployment = {
		.arena = arena,
		.given = topology,
		.overrides = fixed,
		.override_count = fix_address(settings, topology, fixed),
		.resolvers = settings->way.resolvers,
		.resolver_count = settings->way.resolver_count,
		.families = settings->common.families,
		.has_credentials =
			settings->wish.credentials || settings->is_standard,
		.my_addresses = {settings->way.my_addresses[0],
				 settings->way.my_addresses[1]},
		.observations = &observations,
	};
	const struct scope scope = {
		.vantage = VANTAGE_OUTSIDE,
		.source = "",
		.only = probes,
		.only_count = choose_probes(settings, probes),
	};
	const struct wish wish = {settings, &scope};
	struct run run = {
		.id = conduct_new_id(arena),
		.tool = "edgeturn " EDGEPROBE_VERSION,
		.vantage = VANTAGE_OUTSIDE,
		.target = topology->names[SERVICE_AV],
		.started_us = clock_wall_us(),
		.roots = "system",
	};
	struct reports reports = {0};
	struct look look = {
		.engine = {.arena = arena,
			   .run = run.id,
			   .vantage = run.vantage,
			   .timeout_us = settings->common.timeout_us,
			   .deadline_us = settings->common.deadline_us,
			   .soak_us = settings->wish.voice ? VOICE_US : 0,
			   .resolvers = settings->way.resolvers,
			   .resolver_count = settings->way.resolver_count,
			   .relay = &settings->wish},
		.deployment = &deployment,
		.observations = &observations,
		.follow = outside_follow,
		.wanted = wants_probe,
		.wanted_context = &wish,
	};
	struct report report = {.run = &run,
				.deployment = &deployment,
				.observations = &observations};

	conduct(&look, &run, &settings->common, &reports);
	return report_on(settings, &reports, &report, &scope);
}
