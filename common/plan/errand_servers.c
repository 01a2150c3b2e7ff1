#include "common/plan/errand.h"

#include "common/plan/applicability.h"
#include "common/plan/server_role.h"

#include <string.h>

/*
 * The ports of server roles and of the load balancers before them, at the
 * hosts that a run is sent to.
 */

/* The row's ports at every host, for a requirement. */
static void add_row(struct errands *errands,
		    const struct deployment *deployment,
		    const struct requirement *requirement,
		    const struct port_row *row)
{
	const struct mission *mission = deployment->mission;
	struct errand errand = {
		.requirement = requirement,
		.subject = "-",
		.protocol = row->protocol,
	};

	for (size_t i = 0; i < mission->host_count; i++) {
		const struct mission_host *host = &mission->hosts[i];

		errand.node = host->node;
		for (unsigned t = TRANSPORT_TCP; t <= TRANSPORT_UDP; t++) {
			if (!(row->transports & 1u << t))
				continue;
			errand.endpoint.transport = (enum transport)t;
			errand.probe =
				errand_probe(row->protocol, (enum transport)t);
			errands_add_ports(errands, deployment, &errand, host,
					  row->first, row->last);
		}
	}
}

/* Rows that only another place can see would send us in vain. */
static bool is_seen_inside(const struct port_row *row)
{
	return row->requirement->vantages & 1u << VANTAGE_INSIDE;
}

void errands_of_role(struct errands *errands,
		     const struct deployment *deployment)
{
	const struct server_role *role =
		server_role_find(deployment->mission->role);
	size_t count;
	const struct port_row *rows = port_table(&count);

	for (size_t i = 0; role && i < count; i++)
		if (strcmp(rows[i].requirement->table, "server-ports") == 0 &&
		    rows[i].listens && is_seen_inside(&rows[i]) &&
		    server_role_has(role, &rows[i]))
			add_row(errands, deployment, rows[i].requirement,
				&rows[i]);
}

/* The rule that all of its ports are open. */
static const struct requirement *rule_of(const struct port_row *row)
{
	return strcmp(row->mode, "hlb-only") == 0
		       ? requirement_find("fe.hlb-only-ports")
		       : NULL;
}

void errands_of_balancer(struct errands *errands,
			 const struct deployment *deployment)
{
	const uint64_t features = deployment->topology->features;
	size_t count;
	const struct port_row *rows = port_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct requirement *rule = rule_of(&rows[i]);

		if (strcmp(rows[i].requirement->table, "hlb-ports") != 0 ||
		    strcmp(rows[i].role, deployment->mission->role) != 0 ||
		    !condition_holds(rows[i].requirement->required_when,
				     features))
			continue;
		add_row(errands, deployment, rows[i].requirement, &rows[i]);
		if (rule)
			add_row(errands, deployment, rule, &rows[i]);
	}
}
