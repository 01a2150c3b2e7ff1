#include "common/judge/relays.h"

#include <string.h>

/*
 * What packets through a relay show, and what it says of who asks: the path,
 * the source address, and whether it may be abused.
 */

/*
 * The path through it
 */

/* One packet in so many; of few, a single one is no measure. */
#define LOSS_OF_MANY 50
#define LOSS_OF_FEW  20
#define MANY_PACKETS 100

static const struct observation *path_at(const struct inquiry *inquiry,
					 const struct target *target)
{
	return deployment_seen(
		inquiry->deployment, target,
		relays_is_udp(target) ? "relay-path" : "relay-path-tcp", NULL);
}

/* What it granted is no other's; a VIP has a row for itself. */
static bool is_server(const struct inquiry *inquiry,
		      const struct target *target,
		      const struct observation *allocation,
		      const struct address *granted)
{
	return !relays_is_vip(inquiry->deployment->topology, granted) &&
	       relays_is_own(inquiry, target, allocation, granted);
}

/*
 * The peer saw packets come from elsewhere than the address granted; one that
 * is not the relay's own has a row for itself.
 */
static const char *changed_source(const struct inquiry *inquiry,
				  const struct target *target,
				  const struct observation *path)
{
	const struct observation *allocation =
		relays_allocation(inquiry, target);
	struct endpoint granted = {0}, source = {0};

	if (!allocation ||
	    !relays_read_endpoint(path, "relay.source", &source) ||
	    !relays_read_endpoint(allocation, "turn.mapped_address",
				  &granted) ||
	    !is_server(inquiry, target, allocation, &granted.address) ||
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

static bool is_lossy(int64_t sent, int64_t lost)
{
	int64_t limit = sent >= MANY_PACKETS ? LOSS_OF_MANY : LOSS_OF_FEW;

	return sent > 1 && lost * limit > sent;
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
	else if (is_lossy(sent, sent - back))
		opine(inquiry, opinion, STATE_WARN, "av.relay-loss",
		      "%s: %lld of %lld packets were lost on the way through "
		      "the relay and back (%.1f %%)",
		      target_text(inquiry, target), (long long)(sent - back),
		      (long long)sent,
		      (double)(sent - back) * 100 / (double)sent);
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
		relays_not_granted(inquiry, opinion, target);
		return;
	}
	opinion_rest_on(inquiry, opinion, path);
	opinion->where = host_of(inquiry, target);
	if (path->outcome == OUTCOME_ANSWERED) {
		judge_live_path(inquiry, opinion, target, path);
	} else if (path->outcome == OUTCOME_NO_REPLY) {
		judge_silent_path(inquiry, opinion, target, path);
	} else if (path->outcome == OUTCOME_LOCAL) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s",
		      path->detail);
		/* who names a peer wants to know */
		opinion->could_not =
			observation_flag(path, "relay.no_peer") &&
			!observation_flag(path, "relay.peer_elsewhere");
	} else { /* it granted an allocation, and then broke off */
		opine(inquiry, opinion, STATE_BLOCKED, "av.relay-blocked",
		      "%s: %s while packets went through it",
		      target_text(inquiry, target), path->detail);
	}
}

void judge_relay_path(const struct inquiry *inquiry, struct opinion *opinion)
{
	relays_judge_each(inquiry, opinion, judge_path);
}

/*
 * That nothing on its way out changes what it sends: NAT that is symmetric,
 * and a firewall that keeps the server's address
 */

static void judge_unchanged(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target)
{
	const struct observation *allocation =
		relays_allocation(inquiry, target);
	const struct observation *path = path_at(inquiry, target);
	struct endpoint granted = {0}, source = {0};
	const char *from;

	if (!path || !allocation ||
	    !relays_read_endpoint(path, "relay.source", &source) ||
	    !relays_read_endpoint(allocation, "turn.mapped_address",
				  &granted) ||
	    !is_server(inquiry, target, allocation, &granted.address)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "from where packets of its relay arrive was not seen "
		      "(--credentials, --peer)");
		opinion->could_not = true;
		return;
	}
	opinion_rest_on(inquiry, opinion, path);
	opinion->where = host_of(inquiry, target);
	from = observation_text(path, "relay.source");
	if (address_equal(&source.address, &granted.address) &&
	    source.port == granted.port)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "packets of its relay arrive from %s, the very address "
		      "and port that it granted",
		      from);
	else
		opine(inquiry, opinion, STATE_WRONG, "av.relay-source-changed",
		      "%s: packets of its relay arrive from %s, and it granted "
		      "%s",
		      target_text(inquiry, target), from,
		      observation_text(allocation, "turn.mapped_address"));
}

void judge_relay_unchanged(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	relays_judge_each(inquiry, opinion, judge_unchanged);
}

/*
 * Who it saw asking (product.md decision 17)
 */

/* Whichever answer tells; newer relays do without credentials, too. */
static const struct observation *reflection_at(const struct inquiry *inquiry,
					       const struct target *target)
{
	const char *const probes[] = {
		relays_is_udp(target) ? "msturn-relay" : "msturn-relay-tcp",
		relays_is_udp(target) ? "msturn-allocate"
				      : "msturn-allocate-tcp",
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
	const struct address *told;
	const char *text;

	if (!seen ||
	    !relays_read_endpoint(seen, "turn.xor_mapped_address", &mapped)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the relay did not say from where it was asked: an "
		      "allocation with credentials tells (--credentials)");
		opinion->could_not = true;
		return;
	}
	text = observation_text(seen, "turn.xor_mapped_address");
	opinion_rest_on(inquiry, opinion, seen);
	told = &inquiry->deployment
			->my_addresses[mapped.address.family == AF_INET6];
	address_parse(seen->source, &own);
	if (address_equal(&mapped.address, told->family ? told : &own)) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the relay sees %s, the address asked from", text);
	} else if (relays_is_of_edge_side(inquiry->deployment,
					  &mapped.address)) {
		opine(inquiry, opinion, STATE_WRONG, "av.source-nat",
		      "%s sees us as %s, an address of its own side: "
		      "something in front changes the source",
		      target_text(inquiry, target), text);
	} else if (told->family) {
		opine(inquiry, opinion, STATE_WRONG, "av.source-nat",
		      "%s sees us as %s, which is not the address that the "
		      "Internet sees (--my-address)",
		      target_text(inquiry, target), text);
	} else {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the relay sees %s%s: whether a NAT here or one before "
		      "the Edge made that, --my-address tells",
		      text,
		      address_is_private(&mapped.address)
			      ? ", a private address"
			      : "");
		opinion->could_not = true;
	}
}

void judge_relay_source(const struct inquiry *inquiry, struct opinion *opinion)
{
	relays_judge_each(inquiry, opinion, judge_source);
}

/*
 * From Edge to Edge
 */

/* Each pair is seen from one of the two; the other has nothing to add. */
static void judge_pair(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target, "relay-pair", NULL);

	if (!seen || seen->outcome == OUTCOME_LOCAL) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s",
		      seen ? seen->detail
			   : "two A/V Edges and credentials are needed to "
			     "send from the one to the other (--credentials)");
		opinion->could_not = true;
		return;
	}
	opinion_rest_on(inquiry, opinion, seen);
	opinion->where = host_of(inquiry, target);
	if (seen->outcome == OUTCOME_ANSWERED)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "packets pass from its relay to that of %s and back",
		      observation_text(seen, "pair.other"));
	else
		opine(inquiry, opinion, STATE_BLOCKED, "av.edge-to-edge",
		      "between its relay and that of %s: %s",
		      observation_text(seen, "pair.other"), seen->detail);
}

void judge_relay_pair(const struct inquiry *inquiry, struct opinion *opinion)
{
	relays_judge_each(inquiry, opinion, judge_pair);
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
	relays_judge_each(inquiry, opinion, judge_abuse);
}
