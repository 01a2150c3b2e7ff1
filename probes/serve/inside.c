#include "probes/serve/inside.h"

#include "probes/serve/mras_service.h"
#include "probes/serve/relay_node.h"

#define OLDEST PRODUCT_LYNC2010
#define NEWEST PRODUCT_SFBSE
#define ALONE  SERVICE_COUNT /* never behind a load balancer */

#define WITH(feature) FEATURE_BIT(FEATURE_##feature)

const struct inside_row inside_table[] = {
	{STAND_INSIDE_SIP, "int-sip", TRANSPORT_TCP, 5061, TALK_SIP, true,
	 SERVICE_ACCESS, 0, OLDEST, NEWEST},
	{STAND_INSIDE_MRAS, "int-mras", TRANSPORT_TCP, 5062, TALK_SIP, true,
	 SERVICE_AV, WITH(AV), OLDEST, NEWEST},
	{STAND_INSIDE_PSOM, "int-psom", TRANSPORT_TCP, 8057, TALK_WEBCONF, true,
	 SERVICE_WEBCONF, WITH(WEBCONF), OLDEST, NEWEST},
	/* 8.6: TLS from the first byte on, other than 5269 */
	{STAND_INSIDE_XMPP, "int-xmpp", TRANSPORT_TCP, 23456, TALK_XMPP_TLS,
	 true, SERVICE_XMPP, WITH(XMPP), PRODUCT_LYNC2013, PRODUCT_SFB2015},
	{STAND_INSIDE_AV_UDP, "int-av-udp", TRANSPORT_UDP, 3478, TALK_RELAY,
	 false, SERVICE_AV, WITH(AV), OLDEST, NEWEST},
	{STAND_INSIDE_AV_TCP, "int-av-tcp", TRANSPORT_TCP, 443, TALK_RELAY,
	 false, SERVICE_AV, WITH(AV), OLDEST, NEWEST},
	{STAND_INSIDE_HTTPS, "int-https", TRANSPORT_TCP, 4443, TALK_REPLICA_TLS,
	 false, ALONE, 0, OLDEST, NEWEST},
	/* 9.2: of 2013 and later */
	{STAND_INSIDE_LOG_1, "int-log-1", TRANSPORT_TCP, 50001, TALK_LOGGING,
	 true, ALONE, WITH(CLS), PRODUCT_LYNC2013, NEWEST},
	{STAND_INSIDE_LOG_2, "int-log-2", TRANSPORT_TCP, 50002, TALK_LOGGING,
	 true, ALONE, WITH(CLS), PRODUCT_LYNC2013, NEWEST},
	{STAND_INSIDE_LOG_3, "int-log-3", TRANSPORT_TCP, 50003, TALK_LOGGING,
	 true, ALONE, WITH(CLS), PRODUCT_LYNC2013, NEWEST},
};

const size_t inside_count = sizeof(inside_table) / sizeof(inside_table[0]);

static uint16_t port_of(const struct inside *inside, unsigned listener)
{
	for (size_t i = 0; i < inside_count; i++)
		if (inside_table[i].listener == listener)
			return (uint16_t)(inside_table[i].port +
					  inside->port_offset);
	return 0;
}

/* Where nothing is said, what may be: Access and A/V (15.1). */
static bool is_balanced(const struct inside_row *row,
			const struct topology *topology)
{
	uint32_t services = topology->balanced_inside;

	if (!services)
		services = 1u << SERVICE_ACCESS | 1u << SERVICE_AV;
	return row->service != ALONE && services & 1u << row->service;
}

bool inside_offers(const struct inside_row *row,
		   const struct topology *topology, const struct node *node)
{
	return node->internal.family &&
	       (!row->features || row->features & topology->features) &&
	       topology->product >= row->since &&
	       topology->product <= row->until &&
	       (!node->is_vip || is_balanced(row, topology));
}

/* Relays are asked inside and relay outside (msturn.md 1). */

static struct msturn_address place_inside(const struct node *node,
					  const struct endpoint *local)
{
	if (node->internal.family != local->address.family)
		return (struct msturn_address){0};
	return (struct msturn_address){node->internal, local->port};
}

static struct relay relay_at(const struct inside *inside,
			     const struct stand *stand)
{
	const struct topology *topology = inside->topology;
	const struct node *itself = relay_node_behind(topology, stand->node);
	struct relay relay = relays_relay(inside->relays, stand->node,
					  &stand->local, stand->quirks);

	relay.inside = place_inside(itself, &stand->local);
	relay.other = (struct msturn_address){0};
	for (size_t i = 0; i < topology->node_count; i++)
		if (!relay.other.address.family && !topology->nodes[i].is_vip &&
		    &topology->nodes[i] != itself)
			relay.other = place_inside(&topology->nodes[i],
						   &stand->local);
	return relay;
}

/* A/V Authentication: who asks there gets credentials. */

static bool issue(void *context, struct credentials *credentials,
		  unsigned minutes)
{
	return relays_issue(context, credentials, minutes);
}

/* The relay by its names outside and inside. */
static const struct mras_service *service_at(const struct inside *inside,
					     const struct stand *stand)
{
	const struct topology *topology = inside->topology;
	const char *outside = topology->names[SERVICE_AV];
	const struct mras_relay intranet = {
		.location = "intranet",
		.host = stand->local.name,
		.udp = port_of(inside, STAND_INSIDE_AV_UDP),
		.tcp = port_of(inside, STAND_INSIDE_AV_TCP),
	};
	const struct mras_relay internet = {
		.next = arena_copy(inside->arena, &intranet, sizeof(intranet)),
		.location = "internet",
		.host = outside ? outside : "",
		.udp = topology->ports[LISTENER_AV_UDP],
		.tcp = topology->ports[LISTENER_AV_TCP],
	};
	const struct mras_service service = {
		.issue = issue,
		.context = inside->relays,
		.relays =
			arena_copy(inside->arena, &internet, sizeof(internet)),
		.product = topology->product,
	};

	return arena_copy(inside->arena, &service, sizeof(service));
}

static void set_reception(const struct inside *inside,
			  const struct inside_row *row, struct stand *stand)
{
	const struct topology *topology = inside->topology;

	stand->reception = (struct reception){
		.hall = inside->hall,
		.talk = talk_of(talk_changed(row->talk, stand->quirks)),
		.registrar = {.topology = topology,
			      .inside_name = stand->local.name,
			      .quirks = stand->quirks},
		.gateway = {.topology = topology, .quirks = stand->quirks},
		.is_replica = row->listener == STAND_INSIDE_HTTPS,
	};
	if (row->talk == TALK_RELAY) {
		stand->reception.relay = relay_at(inside, stand);
		stand->reception.site =
			relays_site(inside->relays, stand->node);
	}
	if (row->listener == STAND_INSIDE_MRAS)
		stand->reception.mras = service_at(inside, stand);
}

static bool set_tls(const struct inside *inside, const struct inside_row *row,
		    struct stand *stand, const char **why)
{
	bool asks = row->needs_certificate &&
		    !quirks_have(stand->quirks, QUIRK_NO_CERTIFICATE_REQUEST);

	if (inside->speaks_tls13)
		quirks_add(&stand->quirks, quirks_of(QUIRK_NEW_TLS));
	stand->reception.tls = leaves_context(
		inside->leaves, LEAF_INSIDE, stand->quirks,
		asks ? CLIENT_CERTIFICATE_REQUIRED : CLIENT_CERTIFICATE_IGNORED,
		why);
	return stand->reception.tls;
}

static bool open_row(const struct inside *inside, const struct inside_row *row,
		     const struct node *node, int netns, const char **why)
{
	const struct stand like = {
		.node = node,
		.listener = row->listener,
		.key = row->key,
		.netns = netns,
		.local = {.name = showing_inside_name(inside->arena,
						      inside->topology),
			  .address = node->internal,
			  .port = port_of(inside, row->listener),
			  .transport = row->transport},
		.quirks = fault_quirks(inside->faults, inside->fault_count,
				       node->name, row->listener),
	};
	struct stand *stand = stands_add(inside->stands, inside->arena, &like);

	set_reception(inside, row, stand);
	if (quirks_have(stand->quirks, QUIRK_REFUSE))
		return true;
	if ((stand->reception.talk->is_tls ||
	     stand->reception.talk->may_secure) &&
	    !set_tls(inside, row, stand, why))
		return false;
	return stand_open(stand, inside->arena, why);
}

bool inside_open(const struct inside *inside, const struct node *node,
		 int netns, const char **why)
{
	for (size_t i = 0; i < inside_count; i++)
		if (inside_offers(&inside_table[i], inside->topology, node) &&
		    !open_row(inside, &inside_table[i], node, netns, why))
			return false;
	return true;
}
