#include "common/judge/relays.h"

#include <string.h>

bool relays_is_udp(const struct target *target)
{
	return target->endpoint.transport == TRANSPORT_UDP;
}

static const enum listener pairs[][2] = {
	{LISTENER_AV_UDP, LISTENER_AV_TCP},
	{LISTENER_INSIDE_AV_UDP, LISTENER_INSIDE_AV_TCP},
};

/* LISTENER_COUNT: it is no relay. */
static enum listener other_listener(enum listener listener)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (size_t j = 0; j < 2; j++)
			if (pairs[i][j] == listener)
				return pairs[i][1 - j];
	return LISTENER_COUNT;
}

bool relays_is_relay(const struct target *target)
{
	return other_listener(target->listener) != LISTENER_COUNT;
}

const struct target *relays_other(const struct inquiry *inquiry,
				  const struct target *target)
{
	const struct deployment *deployment = inquiry->deployment;
	enum listener listener = other_listener(target->listener);

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];

		if (other->listener == listener &&
		    address_equal(&other->endpoint.address,
				  &target->endpoint.address))
			return other;
	}
	return NULL;
}

const struct observation *relays_allocation(const struct inquiry *inquiry,
					    const struct target *target)
{
	return deployment_seen(inquiry->deployment, target,
			       relays_is_udp(target) ? "msturn-relay"
						     : "msturn-relay-tcp",
			       NULL);
}

bool relays_is_granted(const struct observation *seen)
{
	return seen && seen->outcome == OUTCOME_ANSWERED &&
	       observation_flag(seen, "turn.cookie") &&
	       !observation_fact(seen, "turn.error_code");
}

void relays_not_asked(const struct inquiry *inquiry, struct opinion *opinion)
{
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "nothing was allocated: that needs credentials (--credentials)");
	opinion->could_not = true;
}

/* Whether it answers those without credentials; else that is to be mended. */
bool relays_is_there(const struct inquiry *inquiry, const struct target *target)
{
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target,
				relays_is_udp(target) ? "msturn-allocate"
						      : "msturn-allocate-tcp",
				NULL);

	return !seen || (seen->outcome == OUTCOME_ANSWERED &&
			 observation_flag(seen, "turn.cookie"));
}

/* The allocation's own row says why, or that of those without credentials. */
void relays_not_granted(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target)
{
	const struct observation *allocation =
		relays_allocation(inquiry, target);

	if (!allocation) {
		relays_not_asked(inquiry, opinion);
		return;
	}
	if (!relays_is_there(inquiry, target))
		return;
	opinion_rest_on(inquiry, opinion, allocation);
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the relay granted no address to send from");
	opinion->could_not = true;
}

bool relays_read_endpoint(const struct observation *seen, const char *key,
			  struct endpoint *endpoint)
{
	const char *text = observation_text(seen, key);
	const char *why;

	return text && endpoint_parse(text, 1, endpoint, &why);
}

/* Runs a judgement of one target over all of them. */
void relays_judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		       void (*judge)(const struct inquiry *inquiry,
				     struct opinion *opinion,
				     const struct target *target))
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

bool relays_is_vip(const struct topology *topology,
		   const struct address *address)
{
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		for (size_t j = 0;
		     node->is_vip && j < node->address_count[SERVICE_AV]; j++)
			if (address_equal(
				    &node->addresses[SERVICE_AV][j].public,
				    address))
				return true;
	}
	return false;
}

/* An address at which an A/V Edge of this deployment is known. */
bool relays_is_known(const struct deployment *deployment,
		     const struct address *address)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if ((target->listener == LISTENER_AV_UDP ||
		     target->listener == LISTENER_AV_TCP) &&
		    address_equal(&target->endpoint.address, address))
			return true;
	}
	return false;
}

/* Where it was sent on to, at last. */
bool relays_read_redirect(const struct observation *seen,
			  struct endpoint *server)
{
	const struct fact *fact = observation_fact(seen, "turn.redirect");
	const char *why;

	while (fact && fact_next(fact))
		fact = fact_next(fact);
	return fact && endpoint_parse(fact->text, 1, server, &why);
}

/*
 * After a redirect another server answers for its own address; the load
 * balancer has none, and leads to any of them.
 */
bool relays_is_own(const struct inquiry *inquiry, const struct target *target,
		   const struct observation *seen,
		   const struct address *relayed)
{
	const struct topology *topology = inquiry->deployment->topology;
	struct endpoint server;

	if (relays_read_redirect(seen, &server) &&
	    !relays_is_vip(topology, &server.address))
		return address_equal(&server.address, relayed);
	return address_equal(&target->endpoint.address, relayed) ||
	       (topology->kind == KIND_SCALED_HLB &&
		relays_is_known(inquiry->deployment, relayed));
}

static bool networks_hold(const struct networks *networks,
			  const struct address *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (network_holds(&networks->items[i], address))
			return true;
	return false;
}

static bool is_of_node(const struct node *node, const struct address *address)
{
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		for (size_t j = 0; j < node->address_count[i]; j++)
			if (address_equal(&node->addresses[i][j].local,
					  address) ||
			    address_equal(&node->addresses[i][j].public,
					  address))
				return true;
	return address_equal(&node->internal, address) ||
	       address_equal(&node->gateway, address);
}

bool relays_is_of_edge_side(const struct deployment *deployment,
			    const struct address *address)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (is_of_node(&topology->nodes[i], address))
			return true;
	return networks_hold(&topology->external, address) ||
	       networks_hold(&topology->internal, address) ||
	       relays_is_known(deployment, address);
}
