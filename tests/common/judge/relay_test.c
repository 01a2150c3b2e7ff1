#include "tests/common/judge/misrelay.h"

#include "common/judge/findings.h"

/*
 * What allocations and relayed packets mean beyond the findings that
 * faults_test.c fires: what is not known, and whose fault that is.
 */

#define ALLOCATES_UDP "av.allocates.udp"
#define ALLOCATES_TCP "av.allocates.tcp"
#define RTP_UDP	      "s000.ext.av.rtp.udp50000-59999.out"
#define RTP_TCP	      "s000.ext.av.rtp.tcp50000-59999.out"
#define ADDRESS	      "av.relay-address"
#define ABUSE	      "av.relay-abuse"
#define SEES_SOURCE   "av.must-see-source"
#define NODE	      "192.0.2.31"
#define HEALTHY	      "192.0.2.30"

static void begin(struct world *world, void (*apply)(struct world *world))
{
	world_healthy(world);
	world->deployment.has_credentials = true;
	apply(world);
}

static const struct verdict *verdict_of(const struct world *world,
					const char *id, const char *node)
{
	const struct verdict *verdict = world_verdict(world, id, node, NULL);

	if (!verdict)
		fail_msg("no verdict of %s at %s", id, node);
	return verdict;
}

static void is_judged(const struct world *world, const char *id,
		      const char *node, enum state state, bool needed)
{
	const struct verdict *verdict = verdict_of(world, id, node);

	if (verdict->state != state || verdict->needed != needed)
		fail_msg("%s at %s: %s, %sneeded: %s", id, node,
			 state_name(verdict->state),
			 verdict->needed ? "" : "not ", verdict->because);
}

static void says(const struct world *world, const char *id, const char *words)
{
	const struct verdict *verdict = verdict_of(world, id, NODE);

	if (!strstr(verdict->because, words))
		fail_msg("%s: %s", id, verdict->because);
}

static void verifies_what_a_healthy_relay_does(void **state)
{
	static const char *const ids[] = {ALLOCATES_UDP, ALLOCATES_TCP,
					  RTP_UDP,	 RTP_TCP,
					  ADDRESS,	 SEES_SOURCE};
	struct world world;

	(void)state;
	begin(&world, with_relays);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		is_judged(&world, ids[i], NODE, STATE_VERIFIED, true);
	says(&world, ALLOCATES_UDP, "grants 192.0.2.31:50123 for 60 s");
	says(&world, RTP_UDP,
	     "5 of 5 packets went through the relay and back in 12.3 ms");
	says(&world, SEES_SOURCE, "the relay sees " RELAY_US);
	world_end(&world);
}

static void without_credentials(struct world *world);

static void calls_are_said_to_say(void (*apply)(struct world *world),
				  const char *words)
{
	struct world world;
	const char *because;

	begin(&world, apply);
	world_judge(&world);
	because = world.judgement->answers[QUESTION_CALL].because;
	if (!strstr(because, words))
		fail_msg("%s", because);
	world_end(&world);
}

/* "yes" has two grounds, and only one of them is a proof. */
static void says_whether_packets_or_answers_prove_calls(void **state)
{
	(void)state;
	calls_are_said_to_say(with_relays, "packets pass the relays");
	calls_are_said_to_say(without_credentials, "the relay answers UDP");
}

/* Each rests on what it was seen in, so that it can be doubted. */
static void rests_on_what_was_seen(void **state)
{
	struct world world;
	const struct verdict *verdict;

	(void)state;
	begin(&world, keys_differ);
	world_judge(&world);
	verdict = verdict_of(&world, ALLOCATES_UDP, NODE);
	assert_int_equal(verdict->observation_count, 2);
	assert_string_equal(verdict->observations[0]->probe, "msturn-relay");
	verdict = verdict_of(&world, RTP_UDP, HEALTHY);
	assert_int_equal(verdict->observation_count, 1);
	assert_string_equal(verdict->observations[0]->probe, "relay-path");
	world_end(&world);
}

/*
 * Credentials
 */

static void without_credentials(struct world *world)
{
	world->deployment.has_credentials = false;
}

static void nothing_is_needed_without_credentials(void **state)
{
	static const char *const ids[] = {ALLOCATES_UDP, ALLOCATES_TCP, RTP_UDP,
					  RTP_TCP,	 ADDRESS,	ABUSE,
					  SEES_SOURCE};
	struct world world;

	(void)state;
	begin(&world, without_credentials);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		is_judged(&world, ids[i], NODE, STATE_UNOBSERVED, false);
	says(&world, ALLOCATES_UDP, "needs credentials (--credentials)");
	says(&world, RTP_UDP, "needs credentials (--credentials)");
	assert_int_equal(world.judgement->exit_code, 0);
	world_end(&world);
}

/* A port that is silent to all does not make them needed either. */
static void silent_without_credentials(struct world *world)
{
	without_credentials(world);
	world_break(world, "msturn-allocate", RELAY_UDP, OUTCOME_NO_REPLY,
		    "no reply");
}

static void silence_asks_for_no_credentials(void **state)
{
	static const char *const ids[] = {ALLOCATES_UDP, RTP_UDP, ADDRESS};
	struct world world;

	(void)state;
	begin(&world, silent_without_credentials);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		is_judged(&world, ids[i], NODE, STATE_UNOBSERVED, false);
	assert_int_equal(world.judgement->finding_count, 1);
	world_end(&world);
}

static const struct {
	int64_t code;
	const char *meaning;
} credential_codes[] = {
	{401, "they are refused"},	    {430, "they have expired"},
	{431, "the password does not fit"}, {436, "they are of another pool"},
	{441, "they are another's"},
};
#define CREDENTIAL_CODES                                                       \
	(sizeof(credential_codes) / sizeof(credential_codes[0]))

/* Every relay there is answers so: the credentials are to blame. */
static void everyone_refuses(struct world *world, int64_t code)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		if (strncmp(seen->probe, "relay-path", 10) == 0)
			seen->probe = "nothing";
		if (strncmp(seen->probe, "msturn-relay", 12) != 0)
			continue;
		seen->facts = NULL;
		observation_add_number(world->arena, seen, "turn.cookie",
				       FACT_FLAG, 1);
		relay_number(world, seen, "turn.error_code", code);
	}
}

static void credentials_that_nobody_takes_are_no_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
		struct world world;

		begin(&world, with_relays);
		everyone_refuses(&world, credential_codes[i].code);
		world_judge(&world);
		is_judged(&world, ALLOCATES_UDP, NODE, STATE_UNOBSERVED, true);
		is_judged(&world, ALLOCATES_TCP, NODE, STATE_UNOBSERVED, true);
		is_judged(&world, ADDRESS, NODE, STATE_UNOBSERVED, false);
		is_judged(&world, RTP_UDP, NODE, STATE_UNOBSERVED, false);
		says(&world, ALLOCATES_UDP, "the credentials cannot be used");
		says(&world, ALLOCATES_UDP, credential_codes[i].meaning);
		assert_int_equal(world.judgement->finding_count, 0);
		assert_int_equal(world.judgement->exit_code, 3);
		world_end(&world);
	}
}

static void credentials_that_another_node_takes_are_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
		struct world world;

		world_healthy(&world);
		keys_differ_with(&world, credential_codes[i].code);
		world_judge(&world);
		is_judged(&world, ALLOCATES_UDP, NODE, STATE_WRONG, true);
		is_judged(&world, ALLOCATES_TCP, NODE, STATE_WRONG, true);
		is_judged(&world, ALLOCATES_UDP, HEALTHY, STATE_VERIFIED, true);
		assert_non_null(world_finding(&world, "av.keys-differ"));
		assert_int_equal(world.judgement->finding_count, 1);
		assert_int_equal(world.judgement->exit_code, 2);
		world_end(&world);
	}
}

/* Other codes are the relay's own; the words of each are told. */
static void says_why_a_relay_refuses(void **state)
{
	static const struct {
		int64_t code;
		const char *reason, *says;
	} cases[] = {
		{300, NULL, "it answers 300, it has no room"},
		{438, NULL, "it answers 438, each nonce is stale"},
		{486, "Quota", "it answers 486, a limit of allocations"},
		{500, NULL, "it answers 500, it has trouble of its own"},
		{600, NULL, "it answers 600, it refuses for good"},
		{437, "No Binding", "it answers 437, No Binding"},
		{499, "", "it answers 499, no reason is given"},
		{499, NULL, "it answers 499, no reason is given"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, with_relays);
		refuse(&world, true, cases[i].code, cases[i].reason);
		refuse(&world, false, cases[i].code, cases[i].reason);
		world_judge(&world);
		says(&world, ALLOCATES_UDP, cases[i].says);
		is_judged(&world, ALLOCATES_UDP, NODE, STATE_WRONG, true);
		is_judged(&world, RTP_UDP, NODE, STATE_UNOBSERVED, false);
		assert_non_null(world_finding(&world, "av.allocate-refused"));
		world_end(&world);
	}
}

/*
 * Grounds
 */

static void silent_to_all(struct world *world)
{
	with_relays(world);
	world_break(world, "msturn-allocate", RELAY_UDP, OUTCOME_NO_REPLY,
		    "no reply");
	world_break(world, "msturn-relay", RELAY_UDP, OUTCOME_NO_REPLY,
		    "no reply");
	forget_path(world, true);
}

/* The port that is shut is one finding, not three. */
static void rests_on_the_answer_to_strangers(void **state)
{
	static const char *const ids[] = {ALLOCATES_UDP, RTP_UDP};
	struct world world;

	(void)state;
	begin(&world, silent_to_all);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct verdict *verdict =
			verdict_of(&world, ids[i], NODE);

		assert_int_equal(verdict->state, STATE_UNOBSERVED);
		assert_non_null(verdict->ground);
		assert_null(verdict->cause);
	}
	assert_int_equal(world.judgement->finding_count, 1);
	assert_string_equal(world.judgement->findings[0]->id, "av.udp-blocked");
	world_end(&world);
}

static void another_server(struct world *world)
{
	with_relays(world);
	world_set(world, "msturn-allocate", RELAY_UDP, "turn.cookie", 0);
	world_break(world, "msturn-relay", RELAY_UDP, OUTCOME_GARBLED,
		    "an answer without Magic Cookie");
	forget_path(world, true);
}

static void another_server_is_one_finding(void **state)
{
	struct world world;

	(void)state;
	begin(&world, another_server);
	world_judge(&world);
	assert_int_equal(world.judgement->finding_count, 1);
	assert_string_equal(world.judgement->findings[0]->id,
			    "av.standard-turn");
	world_end(&world);
}

/*
 * Addresses
 */

static void sent_on_to(struct world *world, const char *server)
{
	relay_address(world, relay_of(world, true), "turn.redirect", server);
}

/* The last server it was sent on to granted, and for itself. */
static void a_redirect_grants_for_itself(void **state)
{
	static const struct {
		const char *granted;
		enum state state;
	} cases[] = {
		{"192.0.2.30:50123", STATE_VERIFIED},
		{"192.0.2.31:50123", STATE_WRONG},
		{"203.0.113.7:50123", STATE_WRONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, with_relays);
		sent_on_to(&world, "203.0.113.7:3478");
		sent_on_to(&world, "192.0.2.30:3478");
		grant(&world, cases[i].granted);
		world_judge(&world);
		is_judged(&world, ADDRESS, NODE, cases[i].state, true);
		world_end(&world);
	}
}

static void behind_a_vip(struct world *world)
{
	struct node *vip = &world->given->nodes[world->given->node_count++];

	world_file(world);
	world->given->kind = KIND_SCALED_HLB;
	*vip = (struct node){.name = "hlb", .is_vip = true};
	vip->addresses[SERVICE_AV][0] = world_address("192.0.2.60");
	vip->address_count[SERVICE_AV] = 1;
	with_relays(world);
}

/* The load balancer leads to any node, and back to the first. */
static void a_redirect_to_the_vip_grants_for_any_node(void **state)
{
	static const struct {
		const char *granted;
		enum state state;
	} cases[] = {
		{"192.0.2.30:50123", STATE_VERIFIED},
		{"192.0.2.31:50123", STATE_VERIFIED},
		{"192.0.2.60:50123", STATE_WRONG},
		{"203.0.113.7:50123", STATE_WRONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, behind_a_vip);
		sent_on_to(&world, "192.0.2.60:3478");
		grant(&world, cases[i].granted);
		world_judge(&world);
		is_judged(&world, ADDRESS, "edge2", cases[i].state, true);
		world_end(&world);
	}
}

static void sent_to_the_inside(struct world *world)
{
	struct observation *seen;

	with_relays(world);
	seen = world_break(world, "msturn-relay", RELAY_UDP, OUTCOME_NO_REPLY,
			   "no reply");
	relay_address(world, seen, "turn.redirect", "192.0.2.30:3478");
	relay_address(world, seen, "turn.redirect", "10.0.0.5:3478");
	forget_path(world, true);
}

static void blames_the_server_that_names_a_private_one(void **state)
{
	struct world world;

	(void)state;
	begin(&world, sent_to_the_inside);
	world_judge(&world);
	assert_non_null(world_finding(&world, "av.alternate-private"));
	says(&world, ALLOCATES_UDP, "sends clients on to 10.0.0.5:3478");
	world_end(&world);
}

static void knows_the_ends_of_the_range(void **state)
{
	static const struct {
		const char *granted;
		enum state state;
	} cases[] = {
		{"192.0.2.31:49999", STATE_WARN},
		{"192.0.2.31:50000", STATE_VERIFIED},
		{"192.0.2.31:59999", STATE_VERIFIED},
		{"192.0.2.31:60000", STATE_WARN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, with_relays);
		grant(&world, cases[i].granted);
		world_judge(&world);
		is_judged(&world, ADDRESS, NODE, cases[i].state, true);
		world_end(&world);
	}
}

/*
 * Paths
 */

static void nobody_to_send_to(struct world *world)
{
	struct observation *seen;

	with_relays(world);
	seen = world_break(world, "relay-path", RELAY_UDP, OUTCOME_LOCAL,
			   "a second socket behind the NAT here cannot be "
			   "reached: name a peer with --peer");
	observation_add_number(world->arena, seen, "relay.no_peer", FACT_FLAG,
			       1);
}

static void peer_that_is_silent(struct world *world)
{
	struct observation *seen;

	with_relays(world);
	seen = world_break(world, "relay-path", RELAY_UDP, OUTCOME_LOCAL,
			   "the peer does not answer from here");
	observation_add_number(world->arena, seen, "relay.no_peer", FACT_FLAG,
			       1);
	world_set(world, "relay-path", RELAY_UDP, "relay.peer_elsewhere", 1);
}

/* Who names a peer wants to know, and does not know now. */
static void a_named_peer_that_is_silent_leaves_it_unknown(void **state)
{
	struct world world;

	(void)state;
	begin(&world, peer_that_is_silent);
	world_judge(&world);
	is_judged(&world, RTP_UDP, NODE, STATE_UNOBSERVED, true);
	assert_int_equal(world.judgement->exit_code, 3);
	world_end(&world);
}

/* Behind one's own NAT nobody can be a peer: that is no fault. */
static void a_path_without_a_peer_is_not_needed(void **state)
{
	struct world world;

	(void)state;
	begin(&world, nobody_to_send_to);
	world_judge(&world);
	is_judged(&world, RTP_UDP, NODE, STATE_UNOBSERVED, false);
	says(&world, RTP_UDP, "name a peer with --peer");
	assert_int_equal(world.judgement->exit_code, 0);
	world_end(&world);
}

static void pair_through(struct world *world)
{
	a_pair(world, OUTCOME_ANSWERED);
}

static void pair_unknown(struct world *world)
{
	a_pair(world, OUTCOME_LOCAL);
}

static void says_whether_edges_reach_one_another(void **state)
{
	static const struct {
		void (*apply)(struct world *world);
		enum state state;
		bool needed;
	} cases[] = {
		{pair_through, STATE_VERIFIED, true},
		{pair_blocked, STATE_WARN, true},
		{pair_unknown, STATE_UNOBSERVED, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, cases[i].apply);
		world_judge(&world);
		is_judged(&world, "av.edge-to-edge", HEALTHY, cases[i].state,
			  cases[i].needed);
		is_judged(&world, "av.edge-to-edge", NODE, STATE_UNOBSERVED,
			  false);
		world_end(&world);
	}
}

static void few_packets_may_be_lost(void **state)
{
	static const struct {
		int64_t sent, back;
		enum state state;
	} cases[] = {
		{500, 490, STATE_VERIFIED}, {500, 489, STATE_WARN},
		{100, 98, STATE_VERIFIED},  {100, 97, STATE_WARN},
		{99, 95, STATE_VERIFIED},   {20, 19, STATE_VERIFIED},
		{5, 4, STATE_WARN},	    {5, 5, STATE_VERIFIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, with_relays);
		world_set(&world, "relay-path", RELAY_UDP, "relay.sent",
			  cases[i].sent);
		world_set(&world, "relay-path", RELAY_UDP, "relay.back",
			  cases[i].back);
		world_judge(&world);
		is_judged(&world, RTP_UDP, NODE, cases[i].state, true);
		is_judged(&world, RTP_TCP, NODE, STATE_VERIFIED, true);
		world_end(&world);
	}
}

/* Its port may differ: NAT of ports is not the relay's own address. */
static void a_source_port_may_differ(void **state)
{
	struct world world;

	(void)state;
	begin(&world, with_relays);
	replace_fact(path_of(&world, true), "relay.source", "192.0.2.31:9");
	world_judge(&world);
	is_judged(&world, RTP_UDP, NODE, STATE_VERIFIED, true);
	world_end(&world);
}

/*
 * Source NAT, product.md decision 17
 */

static void only_the_own_networks_of_the_edge_prove_source_nat(void **state)
{
	static const struct {
		const char *mapped;
		enum state state;
		bool needed;
	} cases[] = {
		{RELAY_US, STATE_VERIFIED, true},
		{"198.51.100.9:1", STATE_VERIFIED, true},
		{"198.51.100.200:61000", STATE_UNOBSERVED, false},
		{"10.9.9.9:61000", STATE_UNOBSERVED, false},
		{"203.0.113.16:61000", STATE_UNOBSERVED, false},
		{"203.0.113.15:61000", STATE_WRONG, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, source_nat);
		source_is(&world, cases[i].mapped);
		replace_fact(relay_of(&world, false), "turn.xor_mapped_address",
			     cases[i].mapped);
		world_judge(&world);
		is_judged(&world, SEES_SOURCE, "edge1", STATE_VERIFIED, true);
		is_judged(&world, SEES_SOURCE, "edge2", cases[i].state,
			  cases[i].needed);
		assert_int_equal(world.judgement->exit_code,
				 cases[i].state == STATE_WRONG ? 2 : 0);
		world_end(&world);
	}
}

/* Who tells how the Internet sees us takes the doubt away. */
static void our_own_address_tells_whose_nat_it_is(void **state)
{
	static const struct {
		const char *mine;
		enum state state;
	} cases[] = {
		{"203.0.113.9", STATE_VERIFIED},
		{"203.0.113.10", STATE_WRONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		begin(&world, with_relays);
		replace_fact(relay_of(&world, true), "turn.xor_mapped_address",
			     "203.0.113.9:61000");
		replace_fact(relay_of(&world, false), "turn.xor_mapped_address",
			     "203.0.113.9:61001");
		assert_true(address_parse(cases[i].mine,
					  &world.deployment.my_addresses[0]));
		world_judge(&world);
		is_judged(&world, SEES_SOURCE, NODE, cases[i].state, true);
		world_end(&world);
	}
}

/* Every home user is behind NAT: no finding, whatever the transport. */
static void nat_of_our_own_is_nobodys_fault(void **state)
{
	struct world world;

	(void)state;
	begin(&world, with_relays);
	replace_fact(relay_of(&world, true), "turn.xor_mapped_address",
		     "203.0.113.200:4");
	replace_fact(relay_of(&world, false), "turn.xor_mapped_address",
		     "203.0.113.200:5");
	world_judge(&world);
	is_judged(&world, SEES_SOURCE, NODE, STATE_UNOBSERVED, false);
	says(&world, SEES_SOURCE, "--my-address tells");
	assert_int_equal(world.judgement->finding_count, 0);
	assert_int_equal(world.judgement->exit_code, 0);
	world_end(&world);
}

/* Rows that apply to some topologies alone rest on the same. */
static void rows_of_some_topologies_see_source_nat_too(void **state)
{
	struct world world;

	(void)state;
	begin(&world, source_nat);
	world.given->kind = KIND_SCALED_DNSLB_NAT;
	world_judge(&world);
	is_judged(&world, "nat.keep-source", "edge2", STATE_WRONG, true);
	is_judged(&world, "nat.keep-source", "edge1", STATE_VERIFIED, true);
	assert_non_null(world_finding(&world, "av.source-nat"));
	world_end(&world);
}

/*
 * Abuse
 */

static void abuse_is_looked_for_on_demand_alone(void **state)
{
	struct world world;

	(void)state;
	begin(&world, with_relays);
	world_judge(&world);
	is_judged(&world, ABUSE, NODE, STATE_UNOBSERVED, false);
	says(&world, ABUSE, "--abuse-check");
	world_end(&world);
	begin(&world, relay_not_to_inside);
	world_judge(&world);
	is_judged(&world, ABUSE, NODE, STATE_VERIFIED, true);
	world_end(&world);
}

/*
 * Records that somebody wrote by hand
 */

static void survives_records_that_lack_what_they_should_have(void **state)
{
	static void (*const applies[])(struct world * world) = {
		relay_refuses,	  keys_differ,		relay_blocked,
		relay_in_blocked, relay_source_changed, relay_to_inside,
		source_nat,	  relay_out_of_range,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(applies) / sizeof(applies[0]); i++) {
		struct world world;

		begin(&world, applies[i]);
		for (size_t j = 0; j < world.list.count; j++)
			if (strstr(world.list.items[j]->probe, "relay"))
				world.list.items[j]->facts = NULL;
		world_judge(&world);
		for (size_t j = 0; j < world.judgement->verdict_count; j++)
			assert_null(
				strstr(world.judgement->verdicts[j]->because,
				       "(null)"));
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_what_a_healthy_relay_does),
		cmocka_unit_test(says_whether_packets_or_answers_prove_calls),
		cmocka_unit_test(rests_on_what_was_seen),
		cmocka_unit_test(nothing_is_needed_without_credentials),
		cmocka_unit_test(silence_asks_for_no_credentials),
		cmocka_unit_test(credentials_that_nobody_takes_are_no_fault),
		cmocka_unit_test(credentials_that_another_node_takes_are_good),
		cmocka_unit_test(says_why_a_relay_refuses),
		cmocka_unit_test(rests_on_the_answer_to_strangers),
		cmocka_unit_test(another_server_is_one_finding),
		cmocka_unit_test(a_redirect_grants_for_itself),
		cmocka_unit_test(a_redirect_to_the_vip_grants_for_any_node),
		cmocka_unit_test(blames_the_server_that_names_a_private_one),
		cmocka_unit_test(knows_the_ends_of_the_range),
		cmocka_unit_test(a_path_without_a_peer_is_not_needed),
		cmocka_unit_test(a_named_peer_that_is_silent_leaves_it_unknown),
		cmocka_unit_test(says_whether_edges_reach_one_another),
		cmocka_unit_test(few_packets_may_be_lost),
		cmocka_unit_test(a_source_port_may_differ),
		cmocka_unit_test(
			only_the_own_networks_of_the_edge_prove_source_nat),
		cmocka_unit_test(our_own_address_tells_whose_nat_it_is),
		cmocka_unit_test(nat_of_our_own_is_nobodys_fault),
		cmocka_unit_test(rows_of_some_topologies_see_source_nat_too),
		cmocka_unit_test(abuse_is_looked_for_on_demand_alone),
		cmocka_unit_test(
			survives_records_that_lack_what_they_should_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
