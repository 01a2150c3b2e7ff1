#include "tests/common/judge/mishost.h"

/*
 * One fault a case: which rules turn, and no other rule about the host; part
 * of the sentence that says so.
 */
static const struct {
	const char *name;
	void (*apply)(struct world *world);
	const char *rows; /* "wrong ID" of those that are not well */
	const char *says; /* of the first; NULL: nothing is amiss */
} cases[] = {
	{"healthy", host_healthy, "", NULL},
	{"gateway inside too", gateway_inside_too,
	 "wrong route.no-gateway-internal",
	 "this host has the default gateway 172.25.33.1 on its internal "
	 "interface inner (which has 172.25.33.10)"},
	{"gateway inside alone", gateway_inside_alone,
	 "wrong route.no-gateway-internal wrong route.gateway-external",
	 "172.25.33.1"},
	{"no gateway", no_gateway, "wrong route.gateway-external",
	 "no default gateway on its external interface: set 10.45.16.1"},
	{"two gateways outside", two_gateways_outside,
	 "wrong route.gateway-external", "10.45.16.1 and 10.45.16.2"},
	{"other gateway outside", other_gateway_outside,
	 "wrong route.gateway-external",
	 "is 10.45.16.9 on outer, not "
	 "10.45.16.1"},
	{"no route inside", no_route_inside, "wrong route.internal-networks",
	 "packets of this host to 10.1.0.0/16 go to 10.45.16.1 through outer"},
	{"part of the inside goes out", part_of_the_inside_goes_out,
	 "wrong route.internal-networks", "10.1.7.0/24"},
	{"route inside will be gone", route_inside_will_be_gone,
	 "warn route.internal-networks", "after the next start it is gone"},
	{"webconf is primary", webconf_is_primary,
	 "wrong ip.access-primary wrong ip.others-secondary",
	 "packets of this host leave outer with 10.45.16.20: make 10.45.16.10 "
	 "(Access Edge) the primary address"},
	{"webconf is missing", webconf_is_missing, "wrong ip.others-secondary",
	 "lacks 10.45.16.20 (Web Conferencing Edge)"},
	{"host forwards", host_forwards, "wrong net.two-networks",
	 "forwards IPv4 that comes in at inner"},
	{"one interface for both", one_interface_for_both,
	 "wrong net.two-networks", "on one interface, outer"},
	{"one network for both", one_network_for_both, "wrong net.two-networks",
	 "the network 10.45.16.0/24"},
	{"one address is public", one_address_is_public,
	 "wrong nat.all-three-private",
	 "192.0.2.30 (A/V Edge), which is "
	 "public"},
	{"balanced by the VIP", balanced_by_vip, "", NULL},
	{"balanced by the router", balanced_by_router, "", NULL},
	{"balanced by nobody", balanced_by_nobody,
	 "warn route.gateway-external warn hlb.gateway-access-vip",
	 "not 10.45.16.2"},
	{"balanced, route will be gone", balanced_route_will_be_gone,
	 "warn route.internal-networks wrong route.internal-persistent",
	 "not persistent"},
};

static bool is_about_host(const struct verdict *verdict)
{
	return strcmp(verdict->requirement->judging->subject, "host") == 0 &&
	       verdict->vantage == VANTAGE_EDGE_HOST &&
	       verdict->state != STATE_NA;
}

/* Of the host itself, whatever the file says of it. */
static const struct verdict *host_verdict(const struct world *world,
					  const char *id)
{
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (is_about_host(verdict) &&
		    strcmp(verdict->requirement->id, id) == 0)
			return verdict;
	}
	return NULL;
}

static const char *trouble_of(const struct world *world, const char **says)
{
	const char *text = "";

	*says = NULL;
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (!is_about_host(verdict) || verdict->state == STATE_VERIFIED)
			continue;
		text = arena_format(
			world->arena, "%s%s%s %s", text, *text ? " " : "",
			state_name(verdict->state), verdict->requirement->id);
		if (verdict->state != STATE_UNOBSERVED && !*says)
			*says = verdict->because;
	}
	return text;
}

static void each_fault_turns_its_rules_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;
		const char *says, *rows;

		world_begin(&world);
		cases[i].apply(&world);
		world_judge(&world);
		rows = trouble_of(&world, &says);
		if (strcmp(rows, cases[i].rows) != 0)
			print_error("%s: %s\n", cases[i].name,
				    says ? says : "");
		assert_string_equal(rows, cases[i].rows);
		if (cases[i].says && !strstr(says, cases[i].says))
			fail_msg("%s: %s", cases[i].name, says);
		world_end(&world);
	}
}

/* By the id of the rule, or of the one that says more. */
static void each_rule_has_a_finding_of_its_name(void **state)
{
	static const struct {
		void (*apply)(struct world *world);
		const char *finding;
	} faults[] = {
		{gateway_inside_too, "route.no-gateway-internal"},
		{no_gateway, "route.gateway-external"},
		{no_route_inside, "route.internal-networks"},
		{route_inside_will_be_gone, "route.internal-persistent"},
		{webconf_is_primary, "ip.access-primary"},
		{webconf_is_missing, "ip.others-secondary"},
		{host_forwards, "net.two-networks"},
		{balanced_by_nobody, "hlb.gateway-access-vip"},
		{one_address_is_public, "nat.all-three-private"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct finding *finding;
		struct world world;

		world_begin(&world);
		faults[i].apply(&world);
		world_judge(&world);
		finding = world_finding(&world, faults[i].finding);
		if (!finding)
			fail_msg("no finding %s", faults[i].finding);
		assert_null(strchr(finding->remedy, '{'));
		world_end(&world);
	}
}

static void judges_rules_at_the_node_that_the_host_is(void **state)
{
	static const char *const rules[] = {
		"route.no-gateway-internal", "route.gateway-external",
		"route.internal-networks",   "ip.access-primary",
		"ip.others-secondary",	     "net.two-networks",
		"nat.all-three-private",
	};
	struct world world;

	(void)state;
	world_begin(&world);
	host_healthy(&world);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct verdict *verdict =
			world_verdict(&world, rules[i], "edge1", "-");

		assert_non_null(verdict);
		assert_int_equal(verdict->state, STATE_VERIFIED);
		assert_int_equal(verdict->observation_count, 1);
		assert_true(verdict->needed);
	}
	world_end(&world);
}

static const struct verdict *judge_gateway(struct world *world)
{
	world_judge(world);
	return world_verdict(world, "route.no-gateway-internal", NULL, NULL);
}

static void says_what_is_missing_to_judge_a_host(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	host_healthy(&world);
	host_change(&world, "3 172.25.33.10 24 primary", "");
	assert_non_null(strstr(judge_gateway(&world)->because,
			       "this host lacks 172.25.33.10, the internal "
			       "address of edge1"));
	/* a stand-in that is told who it is */
	host_of(&world)->subject = "edge1";
	host_of(&world)->facts = NULL;
	host_tell(&world, "host.interface", "1 loopback lo");
	assert_int_equal(judge_gateway(&world)->state, STATE_UNOBSERVED);
	assert_string_equal(judge_gateway(&world)->node, "edge1");
	host_of(&world)->subject = "-";
	assert_non_null(strstr(judge_gateway(&world)->because, "--node NAME"));
	world.given->file = NULL;
	world.given->node_count = 0;
	assert_non_null(strstr(judge_gateway(&world)->because,
			       "only in a topology file (-t)"));
	assert_false(judge_gateway(&world)->needed);
	host_of(&world)->outcome = OUTCOME_LOCAL;
	host_of(&world)->detail = "no netlink socket";
	assert_non_null(
		strstr(judge_gateway(&world)->because, "no netlink socket"));
	world.list.count = 0;
	assert_non_null(
		strstr(judge_gateway(&world)->because, "was not looked at"));
	world_end(&world);
}

static void says_that_a_report_is_judged(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	gateway_inside_too(&world);
	host_tell(&world, "host.name", "EDGE1");
	observation_add_number(world.arena, host_of(&world), "host.reported",
			       FACT_FLAG, 1);
	assert_non_null(strstr(judge_gateway(&world)->because,
			       "the host of the report (EDGE1) has"));
	world_end(&world);
}

/* Nothing tells it: neither the order, nor the source that is chosen. */
static void asks_for_what_a_report_does_not_tell(void **state)
{
	struct world world;
	const struct verdict *verdict;

	(void)state;
	world_begin(&world);
	host_healthy(&world);
	host_change(&world, "10.45.16.10", "nothing");
	host_change(&world, "2 10.45.16.10 24 primary",
		    "2 10.45.16.10 24 unknown");
	world_judge(&world);
	verdict = host_verdict(&world, "ip.access-primary");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_non_null(strstr(verdict->because, "add FindNetRoute"));
	assert_false(verdict->needed);
	world_end(&world);
}

/* What nobody told cannot be told of all. */
static void takes_no_route_for_kept_that_may_not_be(void **state)
{
	struct world world;
	const struct verdict *verdict;

	(void)state;
	world_begin(&world);
	balanced_by_vip(&world);
	world.given->served.items[1] = host_network_of("10.2.0.0/16");
	world.given->served.count = 2;
	host_tell(&world, "host.route", "3 10.2.0.0/16 172.25.33.1 0 unknown");
	world.given->file = NULL; /* which would have a word of its own */
	world_judge(&world);
	verdict = host_verdict(&world, "route.internal-persistent");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	world_end(&world);
}

static void judges_the_last_look_at_a_host(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	gateway_inside_too(&world);
	world.list.count = 0;
	host_healthy(&world);
	observation_list_add(world.arena, &world.list, host_of(&world));
	assert_int_equal(judge_gateway(&world)->state, STATE_VERIFIED);
	for (size_t i = 0, seen = 0; i < world.judgement->verdict_count; i++) {
		seen += strcmp(world.judgement->verdicts[i]->requirement->id,
			       "route.no-gateway-internal") == 0;
		assert_true(seen <= 1);
	}
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_turns_its_rules_and_no_others),
		cmocka_unit_test(each_rule_has_a_finding_of_its_name),
		cmocka_unit_test(judges_rules_at_the_node_that_the_host_is),
		cmocka_unit_test(says_what_is_missing_to_judge_a_host),
		cmocka_unit_test(says_that_a_report_is_judged),
		cmocka_unit_test(asks_for_what_a_report_does_not_tell),
		cmocka_unit_test(takes_no_route_for_kept_that_may_not_be),
		cmocka_unit_test(judges_the_last_look_at_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
