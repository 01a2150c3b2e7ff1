#include "tools/edgecheck/edge_host.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/host_seen.h"
#include "common/plan/edge_host.h"
#include "common/wire/host_json.h"
#include "tools/shared/conduct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_node(const struct settings *settings,
		       const struct topology *topology)
{
	const char *name = settings->peers.mission.node;

	if (!name)
		return;
	if (!topology->file)
		die("--node: give the topology file too (-t FILE)");
	for (size_t i = 0; i < topology->node_count; i++)
		if (!topology->nodes[i].is_vip &&
		    strcmp(topology->nodes[i].name, name) == 0)
			return;
	die("--node: no Edge Server '%s' in %s", name, topology->file);
}

/* A whole file, at most as much as a report may have, and a byte more. */
static char *read_file(const char *path, size_t *length)
{
	size_t room = HOST_JSON_BYTES_MAX + 1;
	FILE *file = fopen(path, "rb");
	char *data = malloc(room);

	if (!file || !data)
		die("--host-facts: %s: %s", path, strerror(errno));
	*length = fread(data, 1, room, file);
	if (ferror(file))
		die("--host-facts: %s: %s", path, strerror(errno));
	fclose(file);
	return data;
}

/* The report stands for what a look at this host would have shown. */
static void take_report(const struct settings *settings, const struct run *run,
			struct observation_list *observations)
{
	struct observation *seen;
	const char *why = NULL;
	size_t length;
	char *data = read_file(settings->peers.host_facts, &length);

	seen = host_seen_report(settings->arena, data, length, clock_wall_us(),
				&why);
	free(data);
	if (!seen)
		die("--host-facts: %s: %s", settings->peers.host_facts, why);
	seen->run = run->id;
	seen->id = 1;
	if (settings->peers.mission.node)
		seen->subject = settings->peers.mission.node;
	observation_list_add(settings->arena, observations, seen);
}

int edge_host_look(struct settings *settings)
{
	const struct looking *looking = &settings->looking;
	const struct topology *topology = looking_topology(looking);
	struct observation_list observations = {0};
	struct deployment deployment = looking_deployment(
		looking, VANTAGE_EDGE_HOST, topology, &observations);
	const struct scope scope = looking_scope(looking, VANTAGE_EDGE_HOST);
	struct run run = looking_run(
		looking, VANTAGE_EDGE_HOST, "edgecheck " EDGEPROBE_VERSION,
		settings->peers.mission.node ? settings->peers.mission.node
					     : "");
	struct look look = {
		.engine = looking_engine(looking, &run),
		.deployment = &deployment,
		.observations = &observations,
		.follow = edge_host_follow,
	};

	if (settings->host_count)
		die("--edge-host judges this very host; '%s' is one too many",
		    settings->hosts[0]);
	check_node(settings, topology);
	if (settings->peers.host_facts)
		take_report(settings, &run, &observations);
	settings->peers.mission.purpose = PURPOSE_EDGE_HOST;
	deployment.mission = &settings->peers.mission;
	return conduct_judged(&look, &run, &settings->common, &scope);
}
