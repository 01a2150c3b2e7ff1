#include "common/judge/predicate.h"

#include <string.h>

/*
 * What allocations with credentials show: that the relay grants one, at
 * which address, whether packets get through it, and who it saw asking.
 */

static bool is_udp(const struct target *target)
{
	return target->endpoint.transport == TRANSPORT_UDP;
}

static const struct observation *allocation_at(const struct inquiry *inquiry,
					       const struct target *target)
{
	return deployment_seen(
		inquiry->deployment, target,
		is_udp(target) ? "msturn-relay" : "msturn-relay-tcp", NULL);
}

static bool is_granted(const struct observation *seen)
{
	return seen && seen->outcome == OUTCOME_ANSWERED &&
	       observation_flag(seen, "turn.cookie") &&
	       !observation_fact(seen, "turn.error_code");
}

static void not_asked(const struct inquiry *inquiry, struct opinion *opinion)
{
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "nothing was allocated: that needs credentials (--credentials)");
	opinion->could_not = true;
}

/* Whether it answers those without credentials; else that is to be mended. */
static bool is_there(const struct inquiry *inquiry, const struct target *target)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target,
		is_udp(target) ? "msturn-allocate" : "msturn-allocate-tcp",
		NULL);

	return !seen || (seen->outcome == OUTCOME_ANSWERED &&
			 observation_flag(seen, "turn.cookie"));
}

/* The allocation's own row says why, or that of those without credentials. */
static void not_granted(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target)
{
	const struct observation *allocation = allocation_at(inquiry, target);

	if (!allocation) {
		not_asked(inquiry, opinion);
		return;
	}
	if (!is_there(inquiry, target))
		return;
	opinion_rest_on(inquiry, opinion, allocation);
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the relay granted no address to send from");
	opinion->could_not = true;
}

static bool read_endpoint(const struct observation *seen, const char *key,
			  struct endpoint *endpoint)
{
	const char *text = observation_text(seen, key);
	const char *why;

	return text && endpoint_parse(text, 1, endpoint, &why);
}

/* Runs a judgement of one target over all of them. */
static void judge_each(const struct inquiry *inquiry, struct opinion *opinion,
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

/*
 * Allocations
 */

/* Codes that speak of the credentials: ours may be old, or another pool's. */
static const struct {
	int64_t code;
	const char *meaning;
} credential_errors[] = {
	{401, "they are refused"},	    {430, "they have expired"},
	{431, "the password does not fit"}, {436, "they are of another pool"},
	{441, "they are another's"},
};

static const struct {
	int64_t code;
	const char *meaning;
} refusals[] = {
	{300, "it has no room, and the server it names is no help"},
	{438, "each nonce is stale, as when requests reach several servers"},
	{486, "a limit of allocations is reached"},
	{500, "it has trouble of its own"},
	{600, "it refuses for good"},
};

static const char *meaning_of_credentials(int64_t code)
{
	size_t count = sizeof(credential_errors) / sizeof(credential_errors[0]);

	for (size_t i = 0; i < count; i++)
		if (credential_errors[i].code == code)
			return credential_errors[i].meaning;
	return NULL;
}

static const char *meaning_of_refusal(const struct observation *seen,
				      int64_t code)
{
	const char *reason = observation_text(seen, "turn.error_reason");

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].code == code)
			return refusals[i].meaning;
	return reason && *reason ? reason : "no reason is given";
}

/* Another server that took the very same credentials in this run. */
static const struct target *other_that_grants(const struct inquiry *inquiry,
					      const struct target *target)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];

		if ((other->listener == LISTENER_AV_UDP ||
		     other->listener == LISTENER_AV_TCP) &&
		    !address_equal(&other->endpoint.address,
				   &target->endpoint.address) &&
		    is_granted(allocation_at(inquiry, other)))
			return other;
	}
	return NULL;
}

static void judge_credentials_refused(const struct inquiry *inquiry,
				      struct opinion *opinion,
				      const struct target *target, int64_t code)
{
	const struct target *other = other_that_grants(inquiry, target);
	const char *meaning = meaning_of_credentials(code);

	if (other) {
		opinion_rest_on(inquiry, opinion,
				allocation_at(inquiry, other));
		opine(inquiry, opinion, STATE_WRONG, "av.keys-differ",
		      "%s answers %lld to the credentials that %s accepts",
		      target_text(inquiry, target), (long long)code,
		      target_text(inquiry, other));
		return;
	}
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the credentials cannot be used: %s (%lld); get new ones from "
	      "this pool",
	      meaning, (long long)code);
}

/* The other transport of the same address; NULL: not looked at. */
static const struct observation *other_transport(const struct inquiry *inquiry,
						 const struct target *target)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];

		if (other->listener == (is_udp(target) ? LISTENER_AV_TCP
						       : LISTENER_AV_UDP) &&
		    address_equal(&other->endpoint.address,
				  &target->endpoint.address))
			return allocation_at(inquiry, other);
	}
	return NULL;
}

static void judge_refusal(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen, int64_t code)
{
	const struct observation *other = other_transport(inquiry, target);
	bool other_grants = is_granted(other);

	if (other_grants)
		opinion_rest_on(inquiry, opinion, other);
	opine(inquiry, opinion, STATE_WRONG,
	      !other_grants    ? "av.allocate-refused"
	      : is_udp(target) ? "av.no-udp-relay"
			       : "av.no-tcp-relay",
	      "%s grants no allocation: it answers %lld, %s%s",
	      target_text(inquiry, target), (long long)code,
	      meaning_of_refusal(seen, code),
	      !other_grants    ? ""
	      : is_udp(target) ? ", and grants one over TCP"
			       : ", and grants one over UDP");
}

static void judge_grant(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	const char *integrity = observation_text(seen, "turn.integrity");
	const char *relayed = observation_text(seen, "turn.mapped_address");

	if (integrity && strcmp(integrity, "wrong") == 0)
		opine(inquiry, opinion, STATE_WARN, "av.odd-integrity",
		      "%s grants an allocation, and its answer is not "
		      "protected as it should be",
		      target_text(inquiry, target));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "grants %s for %lld s", relayed ? relayed : "an address",
		      (long long)observation_number(seen, "turn.lifetime_s",
						    0));
}

/* Where it was sent on to, at last. */
static bool read_redirect(const struct observation *seen,
			  struct endpoint *server)
{
	const struct fact *fact = observation_fact(seen, "turn.redirect");
	const char *why;

	while (fact && fact_next(fact))
		fact = fact_next(fact);
	return fact && endpoint_parse(fact->text, 1, server, &why);
}

/* It sent us where nobody outside can go. */
static void blame_redirect(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const struct observation *seen)
{
	struct endpoint server = {0};
	char text[ENDPOINT_TEXT_BYTES];

	if (opinion->state != STATE_BLOCKED || !read_redirect(seen, &server) ||
	    !address_is_private(&server.address))
		return;
	opine(inquiry, opinion, STATE_BLOCKED, "av.alternate-private",
	      "%s sends clients on to %s, where nothing answers",
	      target_text(inquiry, target),
	      endpoint_format(text, &server.address, server.port));
}

static void judge_allocation(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct target *target)
{
	const struct observation *seen = allocation_at(inquiry, target);
	int64_t code;

	if (!seen) {
		not_asked(inquiry, opinion);
		return;
	}
	if (!is_there(inquiry, target))
		return;
	if (opine_unanswered(inquiry, opinion, target, seen,
			     "av.allocate-refused")) {
		blame_redirect(inquiry, opinion, target, seen);
		return;
	}
	code = observation_number(seen, "turn.error_code", 0);
	if (meaning_of_credentials(code))
		judge_credentials_refused(inquiry, opinion, target, code);
	else if (code)
		judge_refusal(inquiry, opinion, target, seen, code);
	else
		judge_grant(inquiry, opinion, target, seen);
}

void judge_relay_allocates(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_allocation);
}

/*
 * The address that it grants
 */

static bool is_vip(const struct topology *topology,
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
static bool is_of_edge(const struct deployment *deployment,
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

static bool is_in_range(const struct topology *topology, uint16_t port)
{
	return port >= topology->relay_first &&
	       port < topology->relay_first + (unsigned)topology->relay_count;
}

/* After a redirect another server answers for its own address. */
static bool is_its_own(const struct inquiry *inquiry,
		       const struct target *target,
		       const struct observation *seen,
		       const struct address *relayed)
{
	struct endpoint server;

	if (read_redirect(seen, &server))
		return address_equal(&server.address, relayed);
	return address_equal(&target->endpoint.address, relayed) ||
	       (inquiry->deployment->topology->kind == KIND_SCALED_HLB &&
		is_of_edge(inquiry->deployment, relayed));
}

/* Whether some A/V Edge is known at an address of that family. */
static bool is_family_known(const struct deployment *deployment, int family)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if ((target->listener == LISTENER_AV_UDP ||
		     target->listener == LISTENER_AV_TCP) &&
		    target->endpoint.address.family == family)
			return true;
	}
	return false;
}

/*
 * To MS-Version 1 an IPv4 address is granted, over IPv6 too (msturn.md 4):
 * then which one is its own, only the other targets tell.
 */
static bool is_foreign(const struct inquiry *inquiry,
		       const struct target *target,
		       const struct observation *seen,
		       const struct address *relayed)
{
	return !is_its_own(inquiry, target, seen, relayed) &&
	       (target->endpoint.address.family == relayed->family ||
		!is_of_edge(inquiry->deployment, relayed));
}

static void not_comparable(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const char *relayed)
{
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "%s grants %s, and no address of its own of that family is known "
	      "to compare with",
	      target_text(inquiry, target), relayed);
	opinion->could_not = true;
}

static void judge_address(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target)
{
	const struct observation *seen = allocation_at(inquiry, target);
	const struct topology *topology = inquiry->deployment->topology;
	const char *where = target_text(inquiry, target);
	const char *text;
	struct endpoint relayed = {0};

	if (!is_granted(seen) ||
	    !read_endpoint(seen, "turn.mapped_address", &relayed)) {
		not_granted(inquiry, opinion, target);
		return;
	}
	text = observation_text(seen, "turn.mapped_address");
	opinion_rest_on(inquiry, opinion, seen);
	if (address_is_private(&relayed.address) &&
	    !address_is_private(&target->endpoint.address))
		opine(inquiry, opinion, STATE_WRONG, "av.relay-private",
		      "%s grants %s, which no one outside can reach", where,
		      text);
	else if (is_vip(topology, &relayed.address))
		opine(inquiry, opinion, STATE_WRONG, "av.relay-vip",
		      "%s grants %s, the address of the load balancer", where,
		      text);
	else if (!is_family_known(inquiry->deployment, relayed.address.family))
		not_comparable(inquiry, opinion, target, text);
	else if (is_foreign(inquiry, target, seen, &relayed.address))
		opine(inquiry, opinion, STATE_WRONG, "av.relay-foreign",
		      "%s grants %s, which is not its own public address",
		      where, text);
	else if (!is_in_range(topology, relayed.port))
		opine(inquiry, opinion, STATE_WARN, "av.relay-range",
		      "%s grants %s, outside the ports %u to %u", where, text,
		      topology->relay_first,
		      topology->relay_first + topology->relay_count - 1u);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "grants %s, its own address", text);
}

void judge_relay_address(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_address);
}

/*
 * The path through it
 */

#define LOSS_WORTH_A_WORD 20 /* one packet in so many */

static const struct observation *path_at(const struct inquiry *inquiry,
					 const struct target *target)
{
	return deployment_seen(inquiry->deployment, target,
			       is_udp(target) ? "relay-path" : "relay-path-tcp",
			       NULL);
}

/*
 * The peer saw packets come from elsewhere than the address granted; one that
 * is not the relay's own has a row for itself.
 */
static const char *changed_source(const struct inquiry *inquiry,
				  const struct target *target,
				  const struct observation *path)
{
	const struct observation *allocation = allocation_at(inquiry, target);
	struct endpoint granted = {0}, source = {0};

	if (!allocation || !read_endpoint(path, "relay.source", &source) ||
	    !read_endpoint(allocation, "turn.mapped_address", &granted) ||
	    !is_its_own(inquiry, target, allocation, &granted.address) ||
	    address_equal(&source.address, &granted.address))
		return NULL;
	return observation_text(path, "relay.source");
}

static const char *peer_of(const struct observation *seen)
{
	const char *peer = observation_text(seen, "relay.peer");

	return peer ? peer : "its peer";
}

static void judge_silent_path(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct target *target,
			      const struct observation *path)
{
	int64_t out = observation_number(path, "relay.out", -1);
	const char *where = target_text(inquiry, target);
	const char *peer = peer_of(path);

	if (out > 0)
		opine(inquiry, opinion, STATE_BLOCKED, "av.relay-in-blocked",
		      "%s: %lld packets reached %s, and none of the replies "
		      "came back through the relay port",
		      where, (long long)out, peer);
	else if (out == 0)
		opine(inquiry, opinion, STATE_BLOCKED, "av.relay-out-blocked",
		      "%s: none of %lld packets reached %s through the relay "
		      "port",
		      where,
		      (long long)observation_number(path, "relay.sent", 0),
		      peer);
	else
		opine(inquiry, opinion, STATE_BLOCKED, "av.relay-blocked",
		      "%s: nothing came back from %s through the relay port",
		      where, peer);
}

static void judge_live_path(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target,
			    const struct observation *path)
{
	int64_t sent = observation_number(path, "relay.sent", 0);
	int64_t back = observation_number(path, "relay.back", 0);
	const char *source = changed_source(inquiry, target, path);

	if (source)
		opine(inquiry, opinion, STATE_WARN, "av.relay-source-changed",
		      "%s: packets of the relay arrive from %s, and not from "
		      "the address granted",
		      target_text(inquiry, target), source);
	else if ((sent - back) * LOSS_WORTH_A_WORD > sent && sent > 1)
		opine(inquiry, opinion, STATE_WARN, "av.relay-loss",
		      "%s: %lld of %lld packets came back through the relay",
		      target_text(inquiry, target), (long long)back,
		      (long long)sent);
	else if (observation_fact(path, "relay.direct") &&
		 !observation_number(path, "relay.direct", 0))
		opine(inquiry, opinion, STATE_WARN, "av.relay-no-active",
		      "%s relays what Send requests carry, and nothing to its "
		      "active destination",
		      target_text(inquiry, target));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%lld of %lld packets went through the relay and back "
		      "in %.1f ms",
		      (long long)back, (long long)sent,
		      (double)observation_number(path, "relay.rtt_us", 0) /
			      1000);
}

/* Its relay ports are meant, not the one that was asked. */
static const char *host_of(const struct inquiry *inquiry,
			   const struct target *target)
{
	char text[ADDRESS_TEXT_BYTES];

	return arena_text(inquiry->arena,
			  address_format(text, &target->endpoint.address));
}

static void judge_path(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target)
{
	const struct observation *path = path_at(inquiry, target);

	if (!path) {
		not_granted(inquiry, opinion, target);
		return;
	}
	opinion_rest_on(inquiry, opinion, path);
	opinion->where = host_of(inquiry, target);
	if (path->outcome == OUTCOME_ANSWERED) {
		judge_live_path(inquiry, opinion, target, path);
	} else if (path->outcome == OUTCOME_NO_REPLY) {
		judge_silent_path(inquiry, opinion, target, path);
	} else {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s",
		      path->detail);
		opinion->could_not = observation_flag(path, "relay.no_peer");
	}
}

void judge_relay_path(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_path);
}

/*
 * Who it saw asking (product.md decision 17)
 */

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

/* Of its networks, its own, or a VIP's. */
static bool is_of_edge_side(const struct deployment *deployment,
			    const struct address *address)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->node_count; i++)
		if (is_of_node(&topology->nodes[i], address))
			return true;
	return networks_hold(&topology->external, address) ||
	       networks_hold(&topology->internal, address) ||
	       is_of_edge(deployment, address);
}

/* Whichever answer tells; newer relays do without credentials, too. */
static const struct observation *reflection_at(const struct inquiry *inquiry,
					       const struct target *target)
{
	const char *const probes[] = {
		is_udp(target) ? "msturn-relay" : "msturn-relay-tcp",
		is_udp(target) ? "msturn-allocate" : "msturn-allocate-tcp",
		"msturn-allocate-latest",
	};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, probes[i], NULL);

		if (seen && observation_fact(seen, "turn.xor_mapped_address"))
			return seen;
	}
	return NULL;
}

static void judge_source(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target)
{
	const struct observation *seen = reflection_at(inquiry, target);
	struct endpoint mapped = {0};
	struct address own = {0};
	const char *text;

	if (!seen || !read_endpoint(seen, "turn.xor_mapped_address", &mapped)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the relay did not say from where it was asked: an "
		      "allocation with credentials tells (--credentials)");
		opinion->could_not = true;
		return;
	}
	text = observation_text(seen, "turn.xor_mapped_address");
	opinion_rest_on(inquiry, opinion, seen);
	address_parse(seen->source, &own);
	if (address_equal(&mapped.address, &own)) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the relay sees %s, the address asked from", text);
	} else if (is_of_edge_side(inquiry->deployment, &mapped.address)) {
		opine(inquiry, opinion, STATE_WRONG, "av.source-nat",
		      "%s sees us as %s, an address of its own side: "
		      "something in front changes the source",
		      target_text(inquiry, target), text);
	} else {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the relay sees %s: whether a NAT here or one before the "
		      "Edge made that, this place cannot tell",
		      text);
		opinion->could_not = true;
	}
}

void judge_relay_source(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_source);
}

/*
 * Abuse
 */

static void judge_abuse(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target, "relay-abuse", NULL);

	if (!seen) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "whether strangers reach the inside was not asked for "
		      "(--abuse-check)");
		opinion->could_not = true;
		return;
	}
	opinion_rest_on(inquiry, opinion, seen);
	if (observation_flag(seen, "relay.private"))
		opine(inquiry, opinion, STATE_WARN, "av.relay-to-inside",
		      "%s is willing to relay to %s",
		      target_text(inquiry, target), peer_of(seen));
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "refuses to relay to private addresses");
}

void judge_relay_abuse(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_abuse);
}
