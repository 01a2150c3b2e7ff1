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
			 const struct mission_peers *peers)
{
	struct arena *arena = deployment->arena;

	for (size_t i = 0; i < peers->partners.count; i++)
		asking_name(plan, deployment,
			    edge_host_partner_record(arena,
						     peers->partners.items[i]),
			    DNS_SRV);
	for (size_t i = 0; i < peers->xmpp_partners.count; i++)
		asking_name(plan, deployment,
			    edge_host_xmpp_record(
				    arena, peers->xmpp_partners.items[i]),
			    DNS_SRV);
}

void edge_host_follow(struct plan *plan, const struct deployment *deployment,
		      bool (*wanted)(const void *context, const char *probe),
		      const void *context)
{
	const struct mission_peers *peers = deployment->mission->peers;
	const struct observation *seen = edge_host_seen(deployment);
	const struct check_spec host = {
		.probe = "host",
		.subject = peers->node ? peers->node : "-",
	};

	/* of a report, nothing can be tried from here */
	if (seen && observation_flag(seen, "host.reported"))
		return;
	plan_add(deployment->arena, plan, &host);
	asking_place(plan, deployment);
	ask_partners(plan, deployment, peers);
	errands_follow(plan, deployment, wanted, context);
}
