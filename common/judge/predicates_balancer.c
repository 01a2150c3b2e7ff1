/* What a load balancer does, seen at its VIP: edge-services.md 15.2. */

#include "common/judge/relays.h"
#include "common/plan/spread.h"

#include <string.h>

/*
 * Whether each connection reaches a server that lives
 */

static const struct {
	const char *key, *words;
} misses[] = {
	{"spread.refused", "refused"},
	{"spread.hung_up", "hung up on"},
	{"spread.mute", "left without an answer"},
	{"spread.silent", "lost in silence"},
};

/* "2 refused, 1 left without an answer"; *count is their sum. */
static const char *misses_text(const struct inquiry *inquiry,
			       const struct observation *seen, int64_t *count)
{
	const char *text = "";

	*count = 0;
	for (size_t i = 0; i < sizeof(misses) / sizeof(misses[0]); i++) {
		int64_t one = observation_number(seen, misses[i].key, 0);

		if (one <= 0 || one > INT32_MAX)
			continue;
		text = arena_format(inquiry->arena, "%s%s%lld %s", text,
				    *text ? ", " : "", (long long)one,
				    misses[i].words);
		*count += one;
	}
	return text;
}

static void judge_spread(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target,
			 const struct observation *seen)
{
	const char *where = target_text(inquiry, target);
	int64_t answered = observation_number(seen, "spread.answered", 0);
	int64_t missed;
	const char *how = misses_text(inquiry, seen, &missed);

	opinion_rest_on(inquiry, opinion, seen);
	if (answered <= 0) {
		/* that nobody answers at all is told by other rows */
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s: no connection was answered", where);
		opinion->could_not = true;
	} else if (missed) {
		opine(inquiry, opinion, STATE_WRONG, "hlb.member-missing",
		      "%s: of %lld connections %lld were answered, %s", where,
		      (long long)(answered + missed), (long long)answered, how);
	} else {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "each of %lld connections was answered",
		      (long long)answered);
	}
}

void judge_vip_members(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		const char *probe = spread_probe(target->listener);
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, probe ? probe : "", NULL);
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (!seen)
			continue;
		judge_spread(inquiry, &one, target, seen);
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      inquiry->deployment->topology->file
		      ? "nobody connected there several times"
		      : "only a topology file (-t) tells which addresses are "
			"a load balancer's");
	opinion->could_not = true;
}

/*
 * From where the Access Edge believes to be asked: a balancer may put its own
 * address there, other than before the A/V Edge
 */

static void judge_seen_from(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target,
			    const struct observation *seen)
{
	const char *text = observation_text(seen, "sip.via_received");
	struct address address, own = {0};
	const struct address *told;

	if (!text || !address_parse(text, &address))
		return;
	told = &inquiry->deployment->my_addresses[address.family == AF_INET6];
	address_parse(seen->source, &own);
	opinion_rest_on(inquiry, opinion, seen);
	if (address_equal(&address, told->family ? told : &own))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s sees %s, the address asked from: no source NAT",
		      target_text(inquiry, target), text);
	else if (relays_is_of_edge_side(inquiry->deployment, &address))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s sees %s: source NAT in front of it, as is allowed "
		      "here",
		      target_text(inquiry, target), text);
}

/* The registrar's answer tells where the Edge's own does not. */
static const struct observation *telling(const struct inquiry *inquiry,
					 const struct target *target)
{
	static const char *const questions[] = {"sip-options-control",
						"sip-register", "sip-options"};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, questions[i], NULL);

		if (seen && observation_fact(seen, "sip.via_received"))
			return seen;
	}
	return NULL;
}

void judge_access_source(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		const struct observation *seen = telling(inquiry, target);
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (seen)
			judge_seen_from(inquiry, &one, target, seen);
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the answers do not tell from where they were asked");
	opinion->could_not = true;
}

/*
 * Inside: without a VIP, servers talk to every node; with one, it carries
 * Access and A/V alone (15.1)
 */

static bool has_internal_vip(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip &&
		    topology->nodes[i].internal.family)
			return true;
	return false;
}

void judge_inside_without_vip(const struct inquiry *inquiry,
			      struct opinion *opinion)
{
	if (has_internal_vip(inquiry->deployment->topology))
		opine(inquiry, opinion, STATE_NA, NULL,
		      "there is an internal VIP");
	else
		judge_inside_sip(inquiry, opinion);
}

/* A port that takes connections is carried, whoever is behind it. */
static void judge_barred(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct endpoint *endpoint)
{
	const struct target target = {.endpoint = *endpoint};
	const struct observation *seen =
		deployment_seen(inquiry->deployment, &target, "port", NULL);
	const char *where = target_text(inquiry, &target);

	opinion_rest_on(inquiry, opinion, seen);
	if (!seen || seen->outcome == OUTCOME_LOCAL) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked at", where);
		opinion->could_not = true;
	} else if (seen->outcome == OUTCOME_ANSWERED ||
		   observation_fact(seen, "tcp.rtt_us")) {
		opine(inquiry, opinion, STATE_WRONG,
		      "hlb.internal-carries-more",
		      "%s takes connections, and only Access and A/V may pass "
		      "the internal load balancer",
		      where);
	} else {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it carries neither Web Conferencing, XMPP nor "
		      "replication");
	}
}

void judge_inside_vip_apart(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct endpoint endpoints[SPREAD_BARRED_MAX];
		size_t count = spread_barred(inquiry->deployment,
					     inquiry->targets[i], endpoints);

		for (size_t j = 0; j < count; j++) {
			struct opinion one = {.state = STATE_UNOBSERVED};

			judge_barred(inquiry, &one, &endpoints[j]);
			opinion_worst(inquiry, opinion, &one);
		}
	}
}
