#include "probes/serve/inside.h"

#include "common/model/listener.h"
#include "probes/serve/mras_service.h"
#include "probes/serve/relay_node.h"

/* What is spoken there when all is well. */
static const enum talk_name healthy[LISTENER_COUNT] = {
	[LISTENER_INSIDE_SIP] = TALK_SIP,
	[LISTENER_INSIDE_MRAS] = TALK_SIP,
	[LISTENER_INSIDE_PSOM] = TALK_WEBCONF,
	[LISTENER_INSIDE_XMPP] = TALK_XMPP_TLS,
	[LISTENER_INSIDE_AV_UDP] = TALK_RELAY,
	[LISTENER_INSIDE_AV_TCP] = TALK_RELAY,
	[LISTENER_INSIDE_HTTPS] = TALK_REPLICA_TLS,
	[LISTENER_INSIDE_LOG_1] = TALK_LOGGING,
	[LISTENER_INSIDE_LOG_2] = TALK_LOGGING,
	[LISTENER_INSIDE_LOG_3] = TALK_LOGGING,
};

static uint16_t port_of(const struct inside *inside, enum listener listener)
{
	return (uint16_t)(inside->topology->ports[listener] +
			  inside->port_offset);
}

bool inside_offers(const struct topology *topology, const struct node *node,
		   enum listener listener)
{
	return listener_is_inside(listener) && node->internal.family &&
	       listener_is_offered(topology, listener) &&
	       (!node->is_vip ||
		listener_is_balanced_inside(topology, listener));
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
		.udp = port_of(inside, LISTENER_INSIDE_AV_UDP),
		.tcp = port_of(inside, LISTENER_INSIDE_AV_TCP),
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

static void set_reception(const struct inside *inside, struct stand *stand)
{
	const struct topology *topology = inside->topology;
	enum talk_name talk = healthy[stand->listener];

	stand->reception = (struct reception){
		.hall = inside->hall,
		.talk = talk_of(talk_changed(talk, stand->quirks)),
		.registrar = {.topology = topology,
			      .inside_name = stand->local.name,
			      .quirks = stand->quirks},
		.gateway = {.topology = topology, .quirks = stand->quirks},
		.is_replica = stand->listener == LISTENER_INSIDE_HTTPS,
	};
	if (talk == TALK_RELAY) {
		stand->reception.relay = relay_at(inside, stand);
		stand->reception.site =
			relays_site(inside->relays, stand->node);
	}
	if (stand->listener == LISTENER_INSIDE_MRAS)
		stand->reception.mras = service_at(inside, stand);
}

static bool set_tls(const struct inside *inside, struct stand *stand,
		    const char **why)
{
	bool asks = listener_table[stand->listener].is_mutual &&
		    !quirks_have(stand->quirks, QUIRK_NO_CERTIFICATE_REQUEST);

	if (inside->speaks_tls13)
		quirks_add(&stand->quirks, quirks_of(QUIRK_NEW_TLS));
	stand->reception.tls = leaves_context(
		inside->leaves, LEAF_INSIDE, stand->quirks,
		asks ? CLIENT_CERTIFICATE_REQUIRED : CLIENT_CERTIFICATE_IGNORED,
		why);
	return stand->reception.tls;
}

static bool open_one(const struct inside *inside, enum listener listener,
		     const struct node *node, int netns, const char **why)
{
	const struct stand like = {
		.node = node,
		.listener = listener,
		.key = listener_table[listener].key,
		.netns = netns,
		.local = {.name = showing_inside_name(inside->arena,
						      inside->topology),
			  .address = node->internal,
			  .port = port_of(inside, listener),
			  .transport = listener_table[listener].transport},
		.quirks = fault_quirks(inside->faults, inside->fault_count,
				       node->name, listener),
	};
	struct stand *stand = stands_add(inside->stands, inside->arena, &like);

	set_reception(inside, stand);
	if (quirks_have(stand->quirks, QUIRK_REFUSE))
		return true;
	if ((stand->reception.talk->is_tls ||
	     stand->reception.talk->may_secure) &&
	    !set_tls(inside, stand, why))
		return false;
	return stand_open(stand, inside->arena, why);
}

bool inside_open(const struct inside *inside, const struct node *node,
		 int netns, const char **why)
{
	for (unsigned i = 0; i < LISTENER_COUNT; i++)
		if (inside_offers(inside->topology, node, (enum listener)i) &&
		    !open_one(inside, (enum listener)i, node, netns, why))
			return false;
	return true;
}
