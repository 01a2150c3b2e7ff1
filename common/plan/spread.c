#include "common/plan/spread.h"

#include <string.h>

static const char *const probes[LISTENER_COUNT] = {
	[LISTENER_ACCESS] = "vip-spread",
	[LISTENER_FEDERATION] = "vip-spread",
	[LISTENER_WEBCONF] = "vip-spread",
	[LISTENER_AV_TCP] = "vip-spread-av",
};

const char *spread_probe(enum listener listener)
{
	return probes[listener];
}

/* Only a topology file tells which address is a VIP. */
bool spread_is_vip(const struct deployment *deployment,
		   const struct target *target)
{
	const struct topology *topology = deployment->topology;

	if (topology->kind != KIND_SCALED_HLB)
		return false;
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip &&
		    strcmp(topology->nodes[i].name, target->node) == 0)
			return true;
	return false;
}

void spread_plan(struct plan *plan, const struct deployment *deployment,
		 const struct target *target,
		 bool (*wanted)(const void *context, const char *probe),
		 const void *context)
{
	const struct check_spec spec = {
		.probe = spread_probe(target->listener),
		.endpoint = target->endpoint,
		.subject = "-",
	};

	if (spec.probe && spread_is_vip(deployment, target) &&
	    wanted(context, spec.probe))
		plan_add(deployment->arena, plan, &spec);
}
