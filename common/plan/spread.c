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

size_t spread_barred(const struct deployment *deployment,
		     const struct target *vip,
		     struct endpoint endpoints[SPREAD_BARRED_MAX])
{
	static const enum listener barred[SPREAD_BARRED_MAX] = {
		LISTENER_INSIDE_PSOM, LISTENER_INSIDE_XMPP,
		LISTENER_INSIDE_HTTPS};

	for (size_t i = 0; i < SPREAD_BARRED_MAX; i++) {
		endpoints[i] = vip->endpoint;
		endpoints[i].port = deployment->topology->ports[barred[i]];
		endpoints[i].transport = TRANSPORT_TCP;
	}
	return SPREAD_BARRED_MAX;
}

void spread_plan_inside(struct plan *plan, const struct deployment *deployment,
			const struct target *target)
{
	struct endpoint endpoints[SPREAD_BARRED_MAX];
	size_t count;

	if (target->listener != LISTENER_INSIDE_SIP ||
	    !spread_is_vip(deployment, target))
		return;
	count = spread_barred(deployment, target, endpoints);
	for (size_t i = 0; i < count; i++) {
		const struct check_spec spec = {.probe = "port",
						.endpoint = endpoints[i],
						.subject = "-"};

		plan_add(deployment->arena, plan, &spec);
	}
}
