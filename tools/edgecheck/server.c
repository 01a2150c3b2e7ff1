#include "tools/edgecheck/server.h"

#include "common/base/log.h"
#include "common/plan/errand.h"
#include "common/plan/outside.h"
#include "common/plan/server_role.h"
#include "tools/shared/conduct.h"

#include <string.h>

/* Rows that --client looks at, where --only says nothing else. */
static const char *const client_rows[] = {
	"cli.sip-tls.tcp443",	      "cli.psom-tls.tcp443",
	"cli.stun-msturn.tcp443",     "cli.stun-msturn.udp3478",
	"client.external-ports-when",
};

#define CLIENT_ROWS (sizeof(client_rows) / sizeof(client_rows[0]))

static const struct server_role *find_role(const struct settings *settings)
{
	const struct server_role *role = server_role_find(settings->mode_text);

	if (!role)
		die("%s: '%s' is none of %s", settings->mode_option,
		    settings->mode_text, server_role_names(settings->arena));
	return role;
}

/* The arguments: each a name, or an address. */
static struct mission_host *told_hosts(const struct settings *settings)
{
	struct mission_host *hosts = arena_alloc(
		settings->arena, settings->host_count * sizeof(*hosts));

	for (size_t i = 0; i < settings->host_count; i++) {
		const char *text = settings->hosts[i];

		hosts[i] = (struct mission_host){.node = text};
		if (address_parse(text, &hosts[i].address))
			continue;
		hosts[i].address.family = 0;
		hosts[i].node = hosts[i].name =
			looking_name(settings->arena, "HOST", text);
	}
	return hosts;
}

/* Those that were told, else those of the file. */
static void choose_hosts(const struct settings *settings,
			 const struct topology *topology,
			 const struct server_role *role,
			 struct mission *mission)
{
	mission->host_count = settings->host_count;
	if (settings->host_count)
		mission->hosts = told_hosts(settings);
	else if (mission->purpose == PURPOSE_HLB)
		mission->hosts = server_role_balancers(
			settings->arena, role, topology, &mission->host_count);
	else
		mission->hosts = server_role_hosts(
			settings->arena, role, topology, &mission->host_count);
	if (!mission->host_count && settings->looking.topology_file)
		die("%s: %s has no [pool] of that role%s",
		    settings->mode_option, settings->looking.topology_file,
		    mission->purpose == PURPOSE_HLB ? " with a vip" : "");
	if (!mission->host_count)
		die("%s: which hosts? Names or addresses, or -t FILE",
		    settings->mode_option);
}

/* What such a run is told of, and how it ends. */
static int look_at(struct settings *settings, struct topology *topology,
		   const struct mission *mission)
{
	const struct looking *looking = &settings->looking;
	struct observation_list observations = {0};
	struct deployment deployment = looking_deployment(
		looking, VANTAGE_INSIDE, topology, &observations);
	const struct scope scope = looking_scope(looking, VANTAGE_INSIDE);
	struct run run = looking_run(looking, VANTAGE_INSIDE,
				     "edgecheck " EDGEPROBE_VERSION,
				     mission->hosts[0].node);
	struct look look = {
		.engine = looking_engine(looking, &run),
		.deployment = &deployment,
		.observations = &observations,
		.follow = errands_follow,
	};

	deployment.mission = mission;
	return conduct_judged(&look, &run, &settings->common, &scope);
}

int role_look(struct settings *settings)
{
	const struct server_role *role = find_role(settings);
	struct topology *topology = looking_topology(&settings->looking);
	struct mission mission = {.purpose = PURPOSE_ROLE, .role = role->name};

	choose_hosts(settings, topology, role, &mission);
	return look_at(settings, topology, &mission);
}

/* How the pool is balanced decides which of the two tables counts. */
static void choose_table(const struct settings *settings,
			 struct topology *topology)
{
	const uint64_t hardware = FEATURE_BIT(FEATURE_FE_HLB_ONLY);
	const uint64_t dns = FEATURE_BIT(FEATURE_FE_DNSLB);

	if (!settings->has_balancing && topology->features & (hardware | dns))
		return;
	if (!settings->has_balancing)
		log_note("--hlb: everything is taken to go through the load "
			 "balancer (--balancing=dns: web services alone)");
	topology->features &= ~(hardware | dns);
	topology->features |=
		settings->balancing == BALANCING_DNS ? dns : hardware;
}

int hlb_look(struct settings *settings)
{
	const struct server_role *role = find_role(settings);
	struct topology *topology = looking_topology(&settings->looking);
	struct mission mission = {.purpose = PURPOSE_HLB,
				  .role = role->parts[0] ? role->parts[0]
							 : role->name};

	if (role->parts[1])
		topology->features |= FEATURE_BIT(FEATURE_COLLOCATED_MEDIATION);
	choose_table(settings, topology);
	choose_hosts(settings, topology, role, &mission);
	return look_at(settings, topology, &mission);
}

int client_look(struct settings *settings)
{
	struct looking *looking = &settings->looking;
	const struct mission mission = {.purpose = PURPOSE_CLIENT};
	struct observation_list observations = {0};
	const struct topology *topology = looking_topology(looking);
	struct deployment deployment = looking_deployment(
		looking, VANTAGE_INSIDE, topology, &observations);
	struct scope scope = looking_scope(looking, VANTAGE_INSIDE);
	const char *target = "";
	struct run run;
	struct look look = {
		.deployment = &deployment,
		.observations = &observations,
		.follow = outside_follow,
	};

	if (settings->host_count > 1 ||
	    (settings->host_count && looking->topology_file))
		die("--client: one TARGET, or -t FILE");
	if (!settings->host_count && !looking->topology_file)
		die("--client: whose Edge? A SIP domain or an Edge name, or "
		    "-t FILE");
	if (settings->host_count)
		target = deployment.asked = looking_name(
			settings->arena, "TARGET", settings->hosts[0]);
	if (!scope.only_count) {
		scope.only = client_rows;
		scope.only_count = CLIENT_ROWS;
	}
	run = looking_run(looking, VANTAGE_INSIDE,
			  "edgecheck " EDGEPROBE_VERSION, target);
	look.engine = looking_engine(looking, &run);
	deployment.mission = &mission;
	return conduct_judged(&look, &run, &settings->common, &scope);
}
