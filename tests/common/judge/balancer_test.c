#include "tests/common/judge/misbalance.h"

/* What is said of a load balancer, and what is not. */

#define MEMBERS "hlb.members-answer"

static const struct verdict *judged(struct world *world,
				    void (*apply)(struct world *world))
{
	world_healthy(world);
	apply(world);
	world_judge(world);
	return world_verdict(world, MEMBERS, NULL, NULL);
}

static void says(const struct verdict *verdict, enum state state, bool needed,
		 const char *words)
{
	assert_non_null(verdict);
	if (verdict->state != state || verdict->needed != needed ||
	    !strstr(verdict->because, words))
		fail_msg("%s, %sneeded: %s", state_name(verdict->state),
			 verdict->needed ? "" : "not ", verdict->because);
}

static void counts_connections_that_were_answered(void **state)
{
	struct world world;

	(void)state;
	says(judged(&world, with_spread), STATE_VERIFIED, true,
	     "each of 8 connections was answered");
	world_end(&world);
	says(judged(&world, member_missing), STATE_WRONG, true,
	     "192.0.2.10:443: of 8 connections 4 were answered, 4 refused");
	world_end(&world);
	says(judged(&world, member_mute), STATE_WRONG, true,
	     "192.0.2.30:443: of 8 connections 4 were answered, 4 left "
	     "without an answer");
	world_end(&world);
}

static void nothing(struct world *world)
{
	(void)world;
}

/* Other rows tell of a port that nobody answers. */
static void leaves_alone_what_others_tell(void **state)
{
	struct world world;
	const struct verdict *verdict;

	(void)state;
	verdict = judged(&world, nobody_behind);
	says(verdict, STATE_VERIFIED, true, "");
	assert_int_equal(world.judgement->finding_count, 0);
	world_end(&world);
	says(judged(&world, with_load_balancer), STATE_UNOBSERVED, false,
	     "nobody connected there several times");
	world_end(&world);
	says(judged(&world, nothing), STATE_NA, false, "");
	world_end(&world);
}

static void is_of(struct world *world, const char *id, const char *node,
		  enum state state, bool needed, const char *words)
{
	world_judge(world);
	says(world_verdict(world, id, node, NULL), state, needed, words);
	world_end(world);
}

static void begin(struct world *world, void (*apply)(struct world *world))
{
	world_healthy(world);
	world->deployment.has_credentials = true;
	apply(world);
}

/* It is allowed there, and worth knowing. */
static void tells_of_source_nat_before_access(void **state)
{
	static const char id[] = "hlb.snat-access-webconf";
	struct world world;

	(void)state;
	begin(&world, no_source_nat);
	is_of(&world, id, "hlb", STATE_VERIFIED, false, "no source NAT");
	begin(&world, source_nat_on_access);
	is_of(&world, id, "hlb", STATE_VERIFIED, false,
	      "sees 192.0.2.10: source NAT in front of it");
	begin(&world, nat_elsewhere);
	is_of(&world, id, "hlb", STATE_UNOBSERVED, false, "do not tell");
}

/* Symmetric: what a relay sends arrives from where it said it would. */
static void holds_nat_to_the_address_and_port_granted(void **state)
{
	static const char id[] = "nat.symmetric-only";
	struct world world;

	(void)state;
	begin(&world, with_nat);
	is_of(&world, id, "edge2", STATE_VERIFIED, true,
	      "arrive from 192.0.2.31:50123, the very address and port");
	begin(&world, nat_changes_port);
	is_of(&world, id, "edge2", STATE_WRONG, true,
	      "arrive from 192.0.2.31:1024, and it granted 192.0.2.31:50123");
	begin(&world, nat_changes_port);
	is_of(&world, id, "edge1", STATE_VERIFIED, true, "");
	begin(&world, nat_changes_address);
	is_of(&world, id, "edge2", STATE_WRONG, true, "arrive from 192.0.2.1:");
}

/* Without credentials the file is all there is. */
static void takes_the_file_where_no_packet_was_seen(void **state)
{
	struct world world;
	const struct verdict *verdict;

	(void)state;
	world_healthy(&world);
	with_nat(&world);
	for (size_t i = 0; i < world.list.count; i++)
		if (strncmp(world.list.items[i]->probe, "relay-path", 10) == 0)
			world.list.items[i]->probe = "nothing";
	world_judge(&world);
	verdict = world_verdict(&world, "nat.symmetric-only", NULL, NULL);
	says(verdict, STATE_VERIFIED, true, "the topology file agrees");
	assert_int_equal(verdict->vantage, VANTAGE_PLAN);
	world_end(&world);
}

static void behind_a_balancer_the_firewall_keeps_addresses(void **state)
{
	static const char id[] = "hlb.av-firewall-keeps-ip";
	struct world world;

	(void)state;
	begin(&world, firewall_changes_address);
	is_of(&world, id, "edge2", STATE_WRONG, true,
	      "arrive from 192.0.2.1:50123, and it granted 192.0.2.41:");
	begin(&world, firewall_changes_address);
	is_of(&world, id, "edge1", STATE_VERIFIED, true, "");
}

static void an_internal_balancer_carries_access_and_av_alone(void **state)
{
	static const char id[] = "hlb.internal-access-av-only";
	struct world world;

	(void)state;
	begin(&world, vip_inside);
	is_of(&world, id, "hlb", STATE_VERIFIED, true, "carries neither");
	begin(&world, vip_carries_webconf);
	world_judge(&world);
	says(world_verdict(&world, id, "hlb", NULL), STATE_WRONG, true,
	     "172.25.33.50:8057 takes connections");
	assert_non_null(world_finding(&world, "hlb.internal-carries-more"));
	world_end(&world);
	/* none there: nothing to look at, and nothing wrong */
	begin(&world, from_inside);
	is_of(&world, id, NULL, STATE_NA, false, "");
}

static void without_an_internal_balancer_every_node_answers(void **state)
{
	static const char id[] = "hlb.no-vip-fallback";
	struct world world;

	(void)state;
	begin(&world, from_inside);
	is_of(&world, id, "edge2", STATE_VERIFIED, true, "mutual TLS");
	begin(&world, node_inside_silent);
	is_of(&world, id, "edge2", STATE_BLOCKED, true, "172.25.33.11:5062");
	begin(&world, node_inside_silent);
	is_of(&world, id, "edge1", STATE_VERIFIED, true, "mutual TLS");
	begin(&world, vip_inside);
	is_of(&world, id, "edge1", STATE_NA, false, "there is an internal VIP");
}

static void xmpp_must_reach_each_member(void **state)
{
	static const char id[] = "xmpp.each-member";
	struct world world;

	(void)state;
	begin(&world, members_with_xmpp);
	is_of(&world, id, "edge2", STATE_VERIFIED, true, "mutual TLS");
	begin(&world, member_without_xmpp);
	is_of(&world, id, "edge2", STATE_BLOCKED, true, "172.25.33.11:23456");
	begin(&world, member_without_xmpp);
	is_of(&world, id, "edge1", STATE_VERIFIED, true, "mutual TLS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_connections_that_were_answered),
		cmocka_unit_test(leaves_alone_what_others_tell),
		cmocka_unit_test(tells_of_source_nat_before_access),
		cmocka_unit_test(holds_nat_to_the_address_and_port_granted),
		cmocka_unit_test(takes_the_file_where_no_packet_was_seen),
		cmocka_unit_test(
			behind_a_balancer_the_firewall_keeps_addresses),
		cmocka_unit_test(
			an_internal_balancer_carries_access_and_av_alone),
		cmocka_unit_test(
			without_an_internal_balancer_every_node_answers),
		cmocka_unit_test(xmpp_must_reach_each_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
