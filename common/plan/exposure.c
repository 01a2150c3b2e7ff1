#include "common/plan/exposure.h"

#include "common/plan/applicability.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SAMPLES_OF_RANGE 4  /* ports tried of a range of many */
#define INBOUND_MAX	 64 /* rows; the tables have fewer */

/* What no row of the tables asks for outside, whatever the deployment does. */
static const struct {
	uint16_t first, last;
	enum exposure_kind kind;
	const char *what;
} inner_ports[] = {
	{135, 135, EXPOSURE_HOST, "RPC"},
	{445, 445, EXPOSURE_HOST, "file sharing"},
	{1433, 1433, EXPOSURE_HOST, "SQL Server"},
	{3389, 3389, EXPOSURE_HOST, "remote desktop"},
	{4443, 4443, EXPOSURE_INTERNAL, "replication of settings"},
	{5060, 5060, EXPOSURE_SIP, "SIP without TLS"},
	{5062, 5062, EXPOSURE_AV_AUTH, "A/V authentication"},
	{8057, 8057, EXPOSURE_INTERNAL, "internal Web Conferencing"},
	{23456, 23456, EXPOSURE_INTERNAL, "XMPP gateway"},
	{50001, 50003, EXPOSURE_INTERNAL, "central logging"},
};

/* Unassigned (IANA) and of no product we know of. */
static const uint16_t unused_ports[] = {4, 48500};

struct list {
	const struct deployment *deployment;
	const struct address *address;
	struct exposure_port *ports;
	size_t count;
	bool has_relay; /* an A/V Edge is there, too */
};

static bool is_served(const struct list *list, uint16_t port)
{
	const struct deployment *deployment = list->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct endpoint *endpoint =
			&deployment->targets[i].endpoint;

		if (endpoint->transport == TRANSPORT_TCP &&
		    endpoint->port == port &&
		    address_equal(&endpoint->address, list->address))
			return true;
	}
	return false;
}

static bool has_relay(const struct list *list)
{
	const struct deployment *deployment = list->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (listener_table[target->listener].service == SERVICE_AV &&
		    address_equal(&target->endpoint.address, list->address))
			return true;
	}
	return false;
}

static void add(struct list *list, unsigned port, enum exposure_kind kind,
		const char *what)
{
	if (port == 0 || port > UINT16_MAX ||
	    list->count == EXPOSURE_PORTS_MAX ||
	    is_served(list, (uint16_t)port))
		return;
	for (size_t i = 0; i < list->count; i++)
		if (list->ports[i].port == port)
			return;
	list->ports[list->count++] =
		(struct exposure_port){(uint16_t)port, kind, what};
}

/* A relay's ports may be in use by calls: they say nothing of logging. */
static bool is_relay_port(const struct list *list, unsigned port)
{
	const struct topology *topology = list->deployment->topology;

	return list->has_relay && port >= topology->relay_first &&
	       port < topology->relay_first + (unsigned)topology->relay_count;
}

static void add_inner(struct list *list)
{
	for (size_t i = 0; i < COUNT(inner_ports); i++)
		for (unsigned port = inner_ports[i].first;
		     port <= inner_ports[i].last; port++)
			if (!is_relay_port(list, port))
				add(list, port, inner_ports[i].kind,
				    inner_ports[i].what);
}

/* "ext.xmpp.xmpp.tcp5269.in": to an external interface, over TCP. */
static bool is_inbound(const struct requirement *row)
{
	size_t length = strlen(row->flow);

	return strncmp(row->port, "TCP ", 4) == 0 &&
	       strncmp(row->flow, "ext.", 4) == 0 && length > 3 &&
	       strcmp(row->flow + length - 3, ".in") == 0 &&
	       strcmp(row->table, "firewall") == 0;
}

/* What a row lets in: one port, or more than one. */
struct inbound {
	const char *flow;
	unsigned port;
	bool is_range;
};

static bool read_inbound(const struct requirement *row, struct inbound *inbound)
{
	unsigned last;
	int read = is_inbound(row) ? sscanf(row->port, "TCP %5u-%5u",
					    &inbound->port, &last)
				   : 0;

	inbound->flow = row->flow;
	inbound->is_range = read == 2;
	return read > 0;
}

/* The same rows for each address: read once. */
static const struct inbound *inbound_rows(size_t *count)
{
	static struct inbound rows[INBOUND_MAX];
	static size_t known;
	static bool is_read;
	size_t row_count;
	const struct requirement *table = requirement_table(&row_count);

	for (size_t i = 0; !is_read && i < row_count; i++) {
		assert(known < INBOUND_MAX);
		known += read_inbound(&table[i], &rows[known]);
	}
	is_read = true;
	*count = known;
	return rows;
}

/* The only range of the tables is the relay's: product.md decision 15. */
static void add_range(struct list *list, const char *flow)
{
	const struct topology *topology = list->deployment->topology;

	if (!list->has_relay || !topology->relay_count)
		return;
	for (unsigned i = 0; i < SAMPLES_OF_RANGE; i++)
		add(list,
		    topology->relay_first + (topology->relay_count - 1u) * i /
						    (SAMPLES_OF_RANGE - 1),
		    EXPOSURE_UNCALLED, flow);
}

static void add_flows(struct list *list)
{
	size_t count;
	const struct inbound *rows = inbound_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].is_range)
			add_range(list, rows[i].flow);
		else
			add(list, rows[i].port, EXPOSURE_UNCALLED,
			    rows[i].flow);
	}
}

static int compare_ports(const void *one, const void *other)
{
	const struct exposure_port *left = one, *right = other;

	return left->port - right->port;
}

size_t exposure_candidates(const struct deployment *deployment,
			   const struct address *address,
			   struct exposure_port ports[EXPOSURE_PORTS_MAX])
{
	struct list list = {
		.deployment = deployment, .address = address, .ports = ports};

	list.has_relay = has_relay(&list);
	add_inner(&list);
	add_flows(&list);
	qsort(ports, list.count, sizeof(*ports), compare_ports);
	return list.count;
}

/* Rows "only" for some (when_only) leave no doubt, whatever the product. */
static bool is_only_for_some(const char *flow)
{
	size_t count;
	const struct requirement *table = requirement_table(&count);
	bool only = false;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].flow, flow) != 0 ||
		    strcmp(table[i].table, "firewall") != 0)
			continue;
		if (!table[i].when_only)
			return false;
		only = true;
	}
	return only;
}

bool exposure_holds(const struct deployment *deployment,
		    const struct exposure_port *port)
{
	size_t count;
	const struct requirement *table = requirement_table(&count);

	if (port->kind != EXPOSURE_UNCALLED)
		return true;
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].flow, port->what) == 0 &&
		    strcmp(table[i].table, "firewall") == 0 &&
		    applicability_of(deployment->arena, &table[i],
				     deployment->topology)
			    .applies)
			return false;
	return deployment->topology->product_known ||
	       is_only_for_some(port->what);
}

static bool is_loopback(const struct address *address)
{
	static const uint8_t one[16] = {[15] = 1};

	return address->family == AF_INET6
		       ? memcmp(address->bytes, one, sizeof(one)) == 0
		       : address->bytes[0] == 127;
}

/* A label that the documents use belongs to nobody else. */
static bool is_strangers(const struct deployment *deployment,
			 const struct target *target)
{
	static const char *const labels[SERVICE_COUNT] = {
		[SERVICE_ACCESS] = "sip.",
		[SERVICE_WEBCONF] = "webcon.",
		[SERVICE_AV] = "av.",
		[SERVICE_XMPP] = "xmpp.",
	};
	const struct topology *topology = deployment->topology;
	enum service service = listener_table[target->listener].service;
	const char *name = topology->names[service];

	return topology->name_guessed[service] && name && !target->from_file &&
	       strncmp(name, labels[service], strlen(labels[service])) != 0;
}

static bool is_led_elsewhere(const struct deployment *deployment,
			     const struct address *address)
{
	for (size_t i = 0; i < deployment->override_count; i++)
		if (address_equal(&deployment->overrides[i].to.address,
				  address))
			return true;
	return false;
}

bool exposure_may_try(const struct deployment *deployment,
		      const struct target *target, const char **why)
{
	*why = NULL;
	if (is_led_elsewhere(deployment, &target->endpoint.address))
		*why = "--connect leads elsewhere, where other things may "
		       "listen";
	else if (is_loopback(&target->endpoint.address))
		*why = "it is this host itself";
	else if (is_strangers(deployment, target))
		*why = "its name was guessed, so it may be a stranger's";
	return !*why;
}

static size_t add_trial(struct port_trial *trials, size_t count, uint16_t port,
			enum port_use use)
{
	for (size_t i = 0; i < count; i++) {
		if (trials[i].port == port) {
			/* what else it serves may not know SIP */
			if (use == PORT_SERVED)
				trials[i].use = use;
			return count;
		}
	}
	if (count < PLAN_PORTS_MAX)
		trials[count++] = (struct port_trial){port, use};
	return count;
}

static size_t add_served(const struct deployment *deployment,
			 const struct address *address,
			 struct port_trial *trials, size_t count)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		enum listener listener = target->listener;
		bool is_sip = listener == LISTENER_ACCESS ||
			      listener == LISTENER_FEDERATION;

		if (target->endpoint.transport == TRANSPORT_TCP &&
		    address_equal(&target->endpoint.address, address))
			count = add_trial(trials, count, target->endpoint.port,
					  is_sip ? PORT_SERVED_SIP
						 : PORT_SERVED);
	}
	return count;
}

static int compare_trials(const void *one, const void *other)
{
	const struct port_trial *left = one, *right = other;

	return left->port - right->port;
}

static bool is_planned(const struct plan *plan, const struct address *address)
{
	for (size_t i = 0; i < plan->count; i++)
		if (strcmp(plan->items[i]->probe, "exposure") == 0 &&
		    address_equal(&plan->items[i]->endpoint.address, address))
			return true;
	return false;
}

void exposure_plan(struct plan *plan, const struct deployment *deployment,
		   const struct target *target)
{
	const struct address *address = &target->endpoint.address;
	struct exposure_port ports[EXPOSURE_PORTS_MAX];
	struct port_trial trials[PLAN_PORTS_MAX];
	struct check_spec spec = {.probe = "exposure",
				  .endpoint.address = *address,
				  .subject = "-"};
	const char *why;
	size_t count, candidates;

	if (!exposure_may_try(deployment, target, &why) ||
	    is_planned(plan, address))
		return;
	count = add_served(deployment, address, trials, 0);
	for (size_t i = 0; i < COUNT(unused_ports); i++)
		count = add_trial(trials, count, unused_ports[i], PORT_UNUSED);
	candidates = exposure_candidates(deployment, address, ports);
	for (size_t i = 0; i < candidates; i++)
		count = add_trial(trials, count, ports[i].port,
				  ports[i].kind == EXPOSURE_SIP ? PORT_SHUT_SIP
								: PORT_SHUT);
	qsort(trials, count, sizeof(*trials), compare_trials);
	spec.ports =
		arena_copy(deployment->arena, trials, count * sizeof(*trials));
	spec.port_count = count;
	plan_add(deployment->arena, plan, &spec);
}
