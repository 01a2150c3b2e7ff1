#include "common/judge/judge.h"

#include "tests/common/judge/world.h"

static void show_needed_trouble(const struct world *world)
{
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (verdict->needed && verdict->state != STATE_VERIFIED)
			print_message("%s %s %s %s: %s\n",
				      state_name(verdict->state),
				      verdict->requirement->id, verdict->node,
				      verdict->subject, verdict->because);
	}
}

static void assert_well(struct world *world)
{
	world_judge(world);
	if (world->judgement->exit_code != 0)
		show_needed_trouble(world);
	assert_int_equal(world->judgement->exit_code, 0);
	assert_int_equal(world->judgement->finding_count, 0);
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		assert_int_equal(world->judgement->answers[i].answer,
				 ANSWER_YES);
}

static void finds_nothing_at_a_healthy_edge(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	assert_well(&world);
	world_end(&world);
}

static void says_what_a_family_alone_leaves_unseen(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	world_healthy(&world);
	world.deployment.families = AF_INET6;
	world_judge(&world);
	verdict = world_verdict(&world, "s000.ext.access.sip-tls.tcp443.in",
				NULL, NULL);
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_string_equal(verdict->because, "no IPv6 address is known (-6)");
	assert_int_equal(world.judgement->exit_code, 3);
	world_end(&world);
}

static void finds_nothing_at_a_healthy_edge_of_a_file(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_file(&world);
	assert_well(&world);
	assert_non_null(world_verdict(&world, ACCESS, "edge2", "-"));
	world_end(&world);
}

/*
 * Need
 */

static void needs_no_row_it_cannot_see_from_here(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_judge(&world);
	for (size_t i = 0; i < world.judgement->verdict_count; i++) {
		const struct verdict *verdict = world.judgement->verdicts[i];
		const struct requirement *row = verdict->requirement;

		assert_non_null(verdict->because);
		assert_true(row->judging->settle != SETTLE_REFERENCE);
		if (!(row->vantages & 1u << VANTAGE_OUTSIDE) ||
		    row->judging->settle == SETTLE_MANUAL ||
		    row->severity == SEVERITY_INFO)
			assert_false(verdict->needed);
		if (verdict->state == STATE_NA)
			assert_false(verdict->needed);
	}
	world_end(&world);
}

static void says_who_could_see_a_row(void **state)
{
	static const struct {
		const char *id, *because;
	} cases[] = {
		{"s000.int.access.sip-mtls.tcp5061.in",
		 "not visible from outside: edgecheck --internal in the "
		 "internal network can see it"},
		{"s000.ext.access.dns.udp53.out",
		 "not visible from outside: edgecheck --edge-host on the Edge "
		 "Server or edgedump over a capture can see it"},
		{"s000.ext.av.stun-msturn.udp3478.out",
		 "not visible from outside: edgecheck --edge-host on the Edge "
		 "Server or edgedump over a capture can see it"},
		{"s000.ext.av.rtp.udp50000-59999.out",
		 "nothing was allocated: that needs credentials "
		 "(--credentials)"},
		{"cert.ext.assign.av-auth", "only a person can confirm it"},
		{"pool.split", "not visible from outside: edgeplan lint over a "
			       "topology file can see it"},
	};
	struct world world;

	(void)state;
	world_healthy(&world);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict *verdict =
			world_verdict(&world, cases[i].id, NULL, NULL);

		assert_non_null(verdict);
		assert_int_equal(verdict->state, STATE_UNOBSERVED);
		assert_string_equal(verdict->because, cases[i].because);
	}
	world_end(&world);
}

static void judges_each_row_once_a_place(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_judge(&world);
	for (size_t i = 0; i < world.judgement->verdict_count; i++) {
		const struct verdict *one = world.judgement->verdicts[i];

		for (size_t j = 0; j < i; j++) {
			const struct verdict *other =
				world.judgement->verdicts[j];

			if (one->requirement == other->requirement &&
			    strcmp(one->node, other->node) == 0 &&
			    strcmp(one->subject, other->subject) == 0)
				fail_msg("%s %s %s twice", one->requirement->id,
					 one->node, one->subject);
		}
	}
	world_end(&world);
}

static void counts_verdicts_by_state(void **state)
{
	struct world world;
	size_t sum = 0;

	(void)state;
	world_healthy(&world);
	world_judge(&world);
	for (unsigned i = 0; i < STATE_COUNT; i++)
		sum += world.judgement->summary[i];
	assert_int_equal(sum, world.judgement->verdict_count);
	assert_int_equal(world.judgement->summary[STATE_BLOCKED], 0);
	assert_true(world.judgement->summary[STATE_NA] > 100);
	world_end(&world);
}

/* edge-services.md 13.1 C24: domains that live in the cloud count as well. */
static void wants_names_of_online_domains_in_a_hybrid(void **state)
{
	static const struct {
		const char *san;
		enum state state;
	} cases[] = {
		{WORLD_SAN, STATE_WRONG},
		{WORLD_SAN ",DNS:sip.fabrikam.com", STATE_VERIFIED},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct verdict *verdict;
		struct world world;

		world_healthy(&world);
		world.given->features |= FEATURE_BIT(FEATURE_HYBRID);
		world.given->domains[world.given->domain_count++] =
			"fabrikam.com";
		world_dns(&world, "_sip._tls.fabrikam.com", DNS_SRV,
			  "0 0 443 sipdir.online.lync.com");
		world_dns(&world, "_sipfederationtls._tcp.fabrikam.com",
			  DNS_SRV, "0 0 5061 sipfed.online.lync.com");
		world_reissue(&world, "sip", "192.0.2.10:443",
			      "sip.contoso.com", cases[i].san, 1);
		world_judge(&world);
		verdict = world_verdict(&world, "cert.ext.san.sip-n",
					"192.0.2.10", "fabrikam.com");
		assert_non_null(verdict);
		assert_int_equal(verdict->state, cases[i].state);
		world_end(&world);
	}
}

/*
 * Trouble of our own
 */

static void blames_nobody_for_what_was_not_looked_at(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_break(&world, "sip", "192.0.2.11:443", OUTCOME_LOCAL,
		    "interrupted");
	world_judge(&world);
	assert_int_equal(world.judgement->exit_code, 3);
	assert_int_equal(
		world_verdict(&world, ACCESS, "192.0.2.11", "-")->state,
		STATE_UNOBSERVED);
	assert_int_equal(
		world_verdict(&world, ACCESS, "192.0.2.10", "-")->state,
		STATE_VERIFIED);
	assert_int_equal(world.judgement->finding_count, 0);
	assert_int_equal(world.judgement->answers[QUESTION_SIGN_IN].answer,
			 ANSWER_PARTLY);
	world_end(&world);
}

static void says_unknown_when_nothing_was_seen(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	world_judge(&world);
	assert_int_equal(world.judgement->exit_code, 3);
	for (unsigned i = 0; i < QUESTION_COUNT; i++) {
		assert_int_equal(world.judgement->answers[i].answer,
				 ANSWER_UNKNOWN);
		assert_non_null(world.judgement->answers[i].because);
	}
	world_end(&world);
}

static void says_unknown_when_no_domain_is_known(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	world.given->domain_count = 0;
	world.deployment.asked = "contoso.com";
	world_judge(&world);
	assert_int_equal(world.judgement->exit_code, 3);
	assert_int_equal(world.judgement->answers[QUESTION_SIGN_IN].answer,
			 ANSWER_UNKNOWN);
	world_end(&world);
}

static void doubts_its_own_network_where_a_port_never_answers(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_break(&world, "msturn-allocate", "192.0.2.30:3478",
		    OUTCOME_NO_REPLY, "no reply to 7 requests in 3.1 s");
	world_break(&world, "msturn-allocate", "192.0.2.31:3478",
		    OUTCOME_NO_REPLY, "no reply to 7 requests in 3.1 s");
	world_break(&world, "msturn-allocate-tcp", "192.0.2.31:443",
		    OUTCOME_NO_REPLY, "no reply in 5.0 s");
	world_judge(&world);
	assert_string_equal(
		world_verdict(&world, AV_UDP, "192.0.2.31", "-")->because,
		"192.0.2.31:3478: no reply to 7 requests in 3.1 s, or your own "
		"network stops it");
	/* TCP 443 leaves this place: other addresses answered */
	assert_string_equal(
		world_verdict(&world, AV_TCP, "192.0.2.31", "-")->because,
		"192.0.2.31:443: no reply in 5.0 s");
	assert_string_equal(
		world_verdict(&world, AV_UDP, "192.0.2.30", "-")->because,
		"no reply to 7 requests in 3.1 s, or your own network stops "
		"it; TCP 443 of the same address answers");
	world_end(&world);
}

/*
 * Outcome to state: product.md section 3
 */

static void turns_outcomes_into_states(void **state)
{
	static const struct {
		enum outcome outcome;
		bool spoke;
		enum state state;
	} cases[] = {
		{OUTCOME_REFUSED, false, STATE_BLOCKED},
		{OUTCOME_NO_REPLY, false, STATE_BLOCKED},
		{OUTCOME_UNREACHABLE, false, STATE_BLOCKED},
		{OUTCOME_RESET, false, STATE_BLOCKED},
		{OUTCOME_CLOSED, false, STATE_BLOCKED},
		{OUTCOME_RESET, true, STATE_WRONG},
		{OUTCOME_CLOSED, true, STATE_WRONG},
		{OUTCOME_ALERT, false, STATE_WRONG},
		{OUTCOME_GARBLED, true, STATE_WRONG},
		{OUTCOME_LOCAL, false, STATE_UNOBSERVED},
	};
	static const struct {
		const char *id, *probe, *endpoint, *node;
	} rows[] = {
		{ACCESS, "sip", "192.0.2.11:443", "192.0.2.11"},
		{FEDERATION, "sip", "192.0.2.11:5061", "192.0.2.11"},
		{WEBCONF, "webconf", "192.0.2.21:443", "192.0.2.21"},
		{AV_TCP, "msturn-allocate-tcp", "192.0.2.31:443", "192.0.2.31"},
		{AV_UDP, "msturn-allocate", "192.0.2.31:3478", "192.0.2.31"},
	};

	(void)state;
	for (size_t i = 0; i < 10 * 5; i++) {
		size_t j = i / 10, k = i % 10;
		struct observation *seen;
		struct world world;

		world_healthy(&world);
		seen = world_break(&world, rows[j].probe, rows[j].endpoint,
				   cases[k].outcome, "");
		if (cases[k].spoke)
			observation_add_number(world.arena, seen, "peer.spoke",
					       FACT_FLAG, 1);
		world_judge(&world);
		assert_int_equal(
			world_verdict(&world, rows[j].id, rows[j].node, "-")
				->state,
			cases[k].state);
		world_end(&world);
	}
}

/*
 * Severity
 */

static void warns_at_most_for_a_should_rule(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	/* the only should-row that a probe settles: xmpp.srv-to-host */
	world_healthy(&world);
	world.given->product = PRODUCT_SFB2015;
	world.given->product_known = true;
	world.given->features |= FEATURE_BIT(FEATURE_XMPP);
	world_dns(&world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		  "0 0 5269 xmpp.contoso.com");
	world_dns(&world, "xmpp.contoso.com", DNS_A, "10.1.2.3");
	world_dns(&world, "xmpp.contoso.com", DNS_AAAA, "");
	world_judge(&world);
	verdict = world_verdict(&world, "dns.xmpp.a.xmpp", NULL, NULL);
	assert_int_equal(verdict->state, STATE_WRONG);
	verdict = world_verdict(&world, "xmpp.srv-to-host", NULL, NULL);
	assert_int_equal(verdict->requirement->severity, SEVERITY_SHOULD);
	assert_int_equal(verdict->state, STATE_WARN);
	world_end(&world);
}

static void marks_rows_borrowed_from_another_product(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	world_healthy(&world);
	world.given->product = PRODUCT_LYNC2013;
	world.given->product_known = true;
	world_judge(&world);
	assert_int_equal(world.judgement->exit_code, 0);
	verdict = world_verdict(&world, "dns.scaled.srv.sip-tls", NULL, NULL);
	assert_string_equal(verdict->because,
			    "_sip._tls.contoso.com gives sip.contoso.com, port "
			    "443 (row derived from the rows of sfb2015)");
	verdict = world_verdict(&world, "s003.ext.access.sip-tls.tcp443.in",
				"192.0.2.10", "-");
	assert_int_equal(verdict->state, STATE_VERIFIED);
	verdict = world_verdict(&world, "sip.bidirectional", "192.0.2.10", "-");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	world_end(&world);
}

static void sees_replies_from_elsewhere_behind_a_lync_balancer(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		world_healthy(&world);
		world.given->product = PRODUCT_LYNC2013;
		world.given->kind = KIND_SCALED_HLB;
		world.given->product_known = world.given->kind_known = true;
		seen = world_find(&world, "msturn-allocate", "192.0.2.31:3478",
				  NULL);
		for (struct fact *fact = seen->facts; fact; fact = fact->next)
			if (broken && strcmp(fact->key, "reply.address") == 0)
				fact->text = "192.0.2.41:3478";
		world_judge(&world);
		assert_int_equal(world_verdict(&world, "hlb.reply-from-target",
					       "192.0.2.31", "-")
					 ->state,
				 broken ? STATE_WRONG : STATE_VERIFIED);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_at_a_healthy_edge),
		cmocka_unit_test(says_what_a_family_alone_leaves_unseen),
		cmocka_unit_test(finds_nothing_at_a_healthy_edge_of_a_file),
		cmocka_unit_test(needs_no_row_it_cannot_see_from_here),
		cmocka_unit_test(says_who_could_see_a_row),
		cmocka_unit_test(judges_each_row_once_a_place),
		cmocka_unit_test(counts_verdicts_by_state),
		cmocka_unit_test(wants_names_of_online_domains_in_a_hybrid),
		cmocka_unit_test(blames_nobody_for_what_was_not_looked_at),
		cmocka_unit_test(says_unknown_when_nothing_was_seen),
		cmocka_unit_test(says_unknown_when_no_domain_is_known),
		cmocka_unit_test(
			doubts_its_own_network_where_a_port_never_answers),
		cmocka_unit_test(turns_outcomes_into_states),
		cmocka_unit_test(warns_at_most_for_a_should_rule),
		cmocka_unit_test(marks_rows_borrowed_from_another_product),
		cmocka_unit_test(
			sees_replies_from_elsewhere_behind_a_lync_balancer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
