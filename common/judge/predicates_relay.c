#include "common/judge/relays.h"

#include <string.h>

/*
 * What allocations with credentials show: that the relay grants one, and at
 * which address.
 */

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

		if (relays_is_relay(other) &&
		    !address_equal(&other->endpoint.address,
				   &target->endpoint.address) &&
		    relays_is_granted(relays_allocation(inquiry, other)))
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
				relays_allocation(inquiry, other));
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
	const struct target *other = relays_other(inquiry, target);

	return other ? relays_allocation(inquiry, other) : NULL;
}

static void judge_refusal(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen, int64_t code)
{
	const struct observation *other = other_transport(inquiry, target);
	bool other_grants = relays_is_granted(other);

	if (other_grants)
		opinion_rest_on(inquiry, opinion, other);
	opine(inquiry, opinion, STATE_WRONG,
	      !other_grants	      ? "av.allocate-refused"
	      : relays_is_udp(target) ? "av.no-udp-relay"
				      : "av.no-tcp-relay",
	      "%s grants no allocation: it answers %lld, %s%s",
	      target_text(inquiry, target), (long long)code,
	      meaning_of_refusal(seen, code),
	      !other_grants	      ? ""
	      : relays_is_udp(target) ? ", and grants one over TCP"
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

/* It sent us where nobody outside can go. */
static void blame_redirect(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const struct observation *seen)
{
	struct endpoint server = {0};
	char text[ENDPOINT_TEXT_BYTES];

	if (opinion->state != STATE_BLOCKED ||
	    !relays_read_redirect(seen, &server) ||
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
	const struct observation *seen = relays_allocation(inquiry, target);
	int64_t code;

	if (!seen) {
		relays_not_asked(inquiry, opinion);
		return;
	}
	if (!relays_is_there(inquiry, target))
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
	relays_judge_each(inquiry, opinion, judge_allocation);
}

/*
 * The address that it grants
 */

static bool is_in_range(const struct topology *topology, uint16_t port)
{
	return port >= topology->relay_first &&
	       port < topology->relay_first + (unsigned)topology->relay_count;
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
	return !relays_is_own(inquiry, target, seen, relayed) &&
	       (target->endpoint.address.family == relayed->family ||
		!relays_is_known(inquiry->deployment, relayed));
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
	const struct observation *seen = relays_allocation(inquiry, target);
	const struct topology *topology = inquiry->deployment->topology;
	const char *where = target_text(inquiry, target);
	const char *text;
	struct endpoint relayed = {0};

	if (!relays_is_granted(seen) ||
	    !relays_read_endpoint(seen, "turn.mapped_address", &relayed)) {
		relays_not_granted(inquiry, opinion, target);
		return;
	}
	text = observation_text(seen, "turn.mapped_address");
	opinion_rest_on(inquiry, opinion, seen);
	if (address_is_private(&relayed.address) &&
	    !address_is_private(&target->endpoint.address))
		opine(inquiry, opinion, STATE_WRONG, "av.relay-private",
		      "%s grants %s, which no one outside can reach", where,
		      text);
	else if (relays_is_vip(topology, &relayed.address))
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
	relays_judge_each(inquiry, opinion, judge_address);
}

/*
 * A/V Authentication, asked by a server that shows a certificate: whether it
 * grants credentials (edge-services.md 7, msturn.md 10)
 */

static void judge_grants(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target)
{
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target, "mras", NULL);
	const char *reason =
		seen ? observation_text(seen, "mras.reason") : NULL;

	if (!seen) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      inquiry->deployment->mras_uri
			      ? "another server of the pool was asked"
			      : "nobody asked for credentials: that needs "
				"--mras-uri and --cert");
		opinion->could_not = true;
		return;
	}
	if (opine_unanswered(inquiry, opinion, target, seen,
			     "inside.no-credentials"))
		return;
	opinion_rest_on(inquiry, opinion, seen);
	if (observation_fact(seen, "mras.username_length"))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it grants credentials for %lld minutes",
		      (long long)observation_number(seen, "mras.duration", 0));
	else
		opine(inquiry, opinion, STATE_WRONG, "inside.no-credentials",
		      "it grants no credentials: %s",
		      reason ? reason : seen->detail);
}

void judge_mras_grants(const struct inquiry *inquiry, struct opinion *opinion)
{
	relays_judge_each(inquiry, opinion, judge_grants);
}
