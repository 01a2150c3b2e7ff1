#include "common/plan/edge_host.h"

#include "common/base/dns_name.h"
#include "common/plan/asking.h"
#include "common/plan/errand.h"

#include <string.h>

const struct observation *edge_host_seen(const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;
	const struct observation *seen = NULL;

	for (size_t i = 0; list && i < list->count; i++)
		if (strcmp(list->items[i]->probe, "host") == 0)
			seen = list->items[i];
	return seen;
}

const char *edge_host_partner_record(struct arena *arena, const char *domain)
{
	return arena_format(arena, "_sipfederationtls._tcp.%s", domain);
}

const char *edge_host_xmpp_record(struct arena *arena, const char *domain)
{
	return arena_format(arena, "_xmpp-server._tcp.%s", domain);
}

/* Where partners are, their own records say. */
static void ask_partners(struct plan *plan, const struct deployment *deployment,
			 const struct mission *mission)
{
	const struct mission_names *partners = &mission->peers[PEER_PARTNER];
	const struct mission_names *others = &mission->peers[PEER_XMPP_PARTNER];
	struct arena *arena = deployment->arena;

	for (size_t i = 0; i < partners->count; i++)
		asking_name(plan, deployment,
			    edge_host_partner_record(arena, partners->items[i]),
			    DNS_SRV);
	for (size_t i = 0; i < others->count; i++)
		asking_name(plan, deployment,
			    edge_host_xmpp_record(arena, others->items[i]),
			    DNS_SRV);
}

void edge_host_follow(struct plan *plan, const struct deployment *deployment,
		      bool (*wanted)(const void *context, const char *probe),
		      const void *context)
{
	const struct mission *mission = deployment->mission;
	const struct observation *seen = edge_host_seen(deployment);
	const struct check_spec host = {
		.probe = "host",
		.subject = mission->node ? mission->node : "-",
	};

	/* of a report, nothing can be tried from here */
	if (seen && observation_flag(seen, "host.reported"))
		return;
	plan_add(deployment->arena, plan, &host);
	asking_place(plan, deployment);
	ask_partners(plan, deployment, mission);
	errands_follow(plan, deployment, wanted, context);
}
