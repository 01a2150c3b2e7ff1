#include "tests/common/judge/world.h"

/*
 * Silence, and what is known of the way: the sentence says where packets were
 * last seen alive and never who dropped them.
 */

static struct observation *silent_federation(struct world *world)
{
	return world_break(world, "sip", "192.0.2.10:5061", OUTCOME_NO_REPLY,
			   "no reply in 5.0 s");
}

static struct observation *see_path(struct world *world, const char *endpoint,
				    enum outcome outcome, const char *hops)
{
	struct observation *seen =
		world_see(world, "path", endpoint, TRANSPORT_TCP, "-");
	char *rest = arena_text(world->arena, hops);
	char *one;
	int last = 0;

	seen->outcome = outcome;
	while ((one = strsep(&rest, ","))) {
		if (!*one)
			continue;
		observation_add_text(world->arena, seen, "path.hop", one);
		last = atoi(one);
		hops = strchr(one, ' ') + 1;
	}
	if (last) {
		observation_add_number(world->arena, seen, "path.last_hop",
				       FACT_UINT, last);
		observation_add_text(world->arena, seen, "path.last_address",
				     hops);
	}
	return seen;
}

static const char *federation_because(struct world *world)
{
	const struct verdict *verdict;

	world_judge(world);
	verdict = world_verdict(world, FEDERATION, "192.0.2.10", NULL);
	assert_non_null(verdict);
	assert_int_equal(verdict->state, STATE_BLOCKED);
	return verdict->because;
}

static void says_where_packets_were_last_seen_alive(void **state)
{
	static const struct {
		enum outcome outcome, beside;
		const char *hops, *hops_beside;
		const char *because;
	} cases[] = {
		{OUTCOME_NO_REPLY, OUTCOME_ANSWERED,
		 "1 198.51.100.1,2 203.0.113.2",
		 "1 198.51.100.1,2 203.0.113.2,3 203.0.113.6",
		 "; last seen alive at 203.0.113.2 (hop 2), while TCP 443 gets "
		 "through, by way of 203.0.113.6 next"},
		/* the next router never answers: no word of it */
		{OUTCOME_NO_REPLY, OUTCOME_ANSWERED,
		 "1 198.51.100.1,2 203.0.113.2", "1 198.51.100.1",
		 "; last seen alive at 203.0.113.2 (hop 2), while TCP 443 gets "
		 "through"},
		{OUTCOME_NO_REPLY, OUTCOME_NO_REPLY, "2 203.0.113.2",
		 "2 203.0.113.2", "; last seen alive at 203.0.113.2 (hop 2)"},
		{OUTCOME_NO_REPLY, OUTCOME_NO_REPLY, "1 192.0.2.10", "",
		 "; last seen alive at what translates 192.0.2.10 (hop 1)"},
		{OUTCOME_NO_REPLY, OUTCOME_ANSWERED, "", "",
		 ", while TCP 443 gets through"},
		{OUTCOME_NO_REPLY, OUTCOME_NO_REPLY, "", "", ""},
		{OUTCOME_LOCAL, OUTCOME_LOCAL, "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		world_healthy(&world);
		silent_federation(&world);
		see_path(&world, "192.0.2.10:5061", cases[i].outcome,
			 cases[i].hops);
		see_path(&world, "192.0.2.10:443", cases[i].beside,
			 cases[i].hops_beside);
		assert_string_equal(
			federation_because(&world),
			arena_format(world.arena,
				     "192.0.2.10:5061: no reply in 5.0 s%s",
				     cases[i].because));
		world_end(&world);
	}
}

/* What answers the second time is not shut, unless TCP had stood before. */
static void warns_of_a_port_that_answers_when_tried_again(void **state)
{
	static const char *const facts[] = {NULL, "tcp.rtt_us", "peer.spoke"};

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		bool stood = facts[i];
		struct world world;
		struct observation *seen;
		const struct verdict *verdict;

		world_healthy(&world);
		seen = silent_federation(&world);
		if (stood)
			observation_add_number(world.arena, seen, facts[i],
					       FACT_UINT, 400);
		see_path(&world, "192.0.2.10:5061", OUTCOME_ANSWERED, "");
		world_judge(&world);
		verdict = world_verdict(&world, FEDERATION, "192.0.2.10", NULL);
		assert_int_equal(verdict->state,
				 stood ? STATE_BLOCKED : STATE_WARN);
		assert_int_equal(world_finding(&world, "net.unsteady") != NULL,
				 !stood);
		if (!stood)
			assert_non_null(strstr(verdict->because,
					       "; tried again, it answered"));
		world_end(&world);
	}
}

static void names_a_router_that_says_so_itself(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	world_healthy(&world);
	silent_federation(&world)->outcome = OUTCOME_UNREACHABLE;
	seen = see_path(&world, "192.0.2.10:5061", OUTCOME_UNREACHABLE,
			"1 198.51.100.1");
	observation_add_text(world.arena, seen, "icmp.from", "203.0.113.2");
	observation_add_number(world.arena, seen, "path.rejected_hop",
			       FACT_UINT, 2);
	assert_non_null(strstr(federation_because(&world),
			       "; 203.0.113.2 says so (hop 2)"));
	world_end(&world);
}

/* The way to another port or host is not the way here. */
static void takes_no_other_way_for_its_own(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	silent_federation(&world);
	see_path(&world, "192.0.2.11:5061", OUTCOME_NO_REPLY, "1 198.51.100.1");
	see_path(&world, "192.0.2.10:5062", OUTCOME_NO_REPLY, "1 198.51.100.1");
	assert_string_equal(federation_because(&world),
			    "192.0.2.10:5061: no reply in 5.0 s");
	world_end(&world);
}

/*
 * The doubt about our own network, which a control settles
 */

static const char *silent_everywhere(struct world *world, const char *control,
				     enum outcome outcome)
{
	world_healthy(world);
	for (int node = 0; node < 2; node++)
		world_break(world, "sip",
			    node ? "192.0.2.11:5061" : "192.0.2.10:5061",
			    OUTCOME_NO_REPLY, "no reply in 5.0 s");
	if (control)
		world_see(world, "control", control, TRANSPORT_TCP,
			  "example.net:5061")
			->outcome = outcome;
	world_judge(world);
	return world_verdict(world, FEDERATION, "192.0.2.10", NULL)->because;
}

static void doubts_itself_until_a_control_answers(void **state)
{
	struct world world;

	(void)state;
	assert_string_equal(silent_everywhere(&world, NULL, OUTCOME_LOCAL),
			    "192.0.2.10:5061: no reply in 5.0 s, or your own "
			    "network stops it");
	world_end(&world);
	assert_string_equal(
		silent_everywhere(&world, "203.0.113.1:5061", OUTCOME_ANSWERED),
		"192.0.2.10:5061: no reply in 5.0 s");
	world_end(&world);
	assert_string_equal(
		silent_everywhere(&world, "203.0.113.1:5061", OUTCOME_NO_REPLY),
		"192.0.2.10:5061: this place cannot send to TCP 5061: "
		"example.net:5061, which is known to answer, is silent too");
	world_end(&world);
}

static bool is_untrusted_root(const struct world *world)
{
	const struct verdict *verdict =
		world_verdict(world, "cert.ext.ca.public", NULL, NULL);

	return strcmp(verdict->cause, "cert.untrusted-root") == 0;
}

static void distrust_all(struct world *world)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct fact *fact = world->list.items[i]->facts;

		for (; fact; fact = fact->next)
			if (strcmp(fact->key, "cert.verify_code") == 0)
				fact->number = X509_V_ERR_CERT_UNTRUSTED;
	}
}

/* All listeners show one private issuer; a control may clear this place. */
static void doubts_a_root_that_only_it_may_see(void **state)
{
	(void)state;
	for (int cleared = 0; cleared < 2; cleared++) {
		const struct verdict *verdict;
		struct world world;

		world_healthy(&world);
		distrust_all(&world);
		if (cleared)
			world_show(&world,
				   world_see(&world, "control",
					     "203.0.113.1:443", TRANSPORT_TCP,
					     "example.net:443"),
				   "example.net", "DNS:example.net", 3);
		world_judge(&world);
		verdict =
			world_verdict(&world, "cert.ext.ca.public", NULL, NULL);
		assert_true(is_untrusted_root(&world));
		assert_int_equal(verdict->state, STATE_WRONG);
		assert_int_equal(strstr(verdict->because, "--control") == NULL,
				 cleared);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_where_packets_were_last_seen_alive),
		cmocka_unit_test(warns_of_a_port_that_answers_when_tried_again),
		cmocka_unit_test(names_a_router_that_says_so_itself),
		cmocka_unit_test(takes_no_other_way_for_its_own),
		cmocka_unit_test(doubts_itself_until_a_control_answers),
		cmocka_unit_test(doubts_a_root_that_only_it_may_see),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
