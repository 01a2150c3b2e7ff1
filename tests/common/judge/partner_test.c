#include "tests/common/judge/partner_seen.h"

static const char *because_of(struct world *world)
{
	const struct verdict *verdict;

	world_judge(world);
	verdict = world_verdict(world, "federation.as-partner", "192.0.2.11",
				NULL);
	assert_non_null(verdict);
	return verdict->because;
}

/* edge-services.md 4.10, rules 4 to 7 */
static void says_which_of_its_own_rules_a_partner_breaks(void **state)
{
	static const struct {
		const char *target, *san, *says;
	} cases[] = {
		{"sip.fabrikam.com", "DNS:sip.fabrikam.com",
		 "obey the rules for names, as far as could be seen"},
		{NULL, "DNS:sip.fabrikam.com",
		 "fabrikam.com has no record _sipfederationtls._tcp"},
		{"sip.it.fabrikam.com", "DNS:sip.it.fabrikam.com",
		 "points to sip.it.fabrikam.com, which is not directly below "
		 "fabrikam.com"},
		{"sip.fabrikam.com", "DNS:edge.fabrikam.com",
		 "the certificate shown does not name sip.fabrikam.com, to "
		 "which _sipfederationtls._tcp.fabrikam.com points"},
		{"sip.fabrikam.com", "DNS:*.fabrikam.com",
		 "the certificate shown does not name sip.fabrikam.com"},
		{"sip.fabrikam.com", NULL, "obey the rules"},
		{"sipfed.online.lync.com", "DNS:sipfed.online.lync.com",
		 "obey the rules"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;
		const char *because;

		world_healthy(&world);
		see_partner(&world, cases[i].target, cases[i].san);
		answer_partner(&world, 504);
		because = because_of(&world);
		if (!strstr(because, cases[i].says))
			fail_msg("case %zu: %s", i, because);
		world_end(&world);
	}
}

static void holds_nothing_against_a_record_that_was_not_seen(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	see_partner(&world, "sip.it.fabrikam.com", "DNS:x.fabrikam.com");
	world_dns(&world, "_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
		  "SERVFAIL");
	world.list.items[world.list.count - 1]->outcome = OUTCOME_NO_REPLY;
	answer_partner(&world, 504);
	assert_non_null(strstr(because_of(&world), "as far as could be seen"));
	world_end(&world);
}

static void translates_alerts_and_diagnostics(void **state)
{
	struct observation *seen;
	struct world world;
	const char *because;

	(void)state;
	world_healthy(&world);
	seen = see_partner(&world, "sip.fabrikam.com", "DNS:sip.fabrikam.com");
	seen->outcome = OUTCOME_ALERT;
	seen->detail = "TLS alert 48 unknown_ca";
	observation_add_number(world.arena, seen, "tls.alert", FACT_UINT, 48);
	because = because_of(&world);
	assert_non_null(strstr(because, "TLS alert 48 unknown_ca: the issuer "
					"of the client certificate is not "
					"trusted there"));
	world_end(&world);
	world_healthy(&world);
	see_partner(&world, "sip.fabrikam.com", "DNS:sip.fabrikam.com");
	observation_add_text(world.arena, answer_partner(&world, 403),
			     "sip.diagnostics",
			     "1027;reason=\"x\";source=\"y\"");
	assert_non_null(strstr(because_of(&world),
			       "; diagnostic 1027: this cannot be routed to or "
			       "from federated partners"));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_which_of_its_own_rules_a_partner_breaks),
		cmocka_unit_test(
			holds_nothing_against_a_record_that_was_not_seen),
		cmocka_unit_test(translates_alerts_and_diagnostics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
