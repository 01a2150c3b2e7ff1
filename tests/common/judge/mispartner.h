/*
 * mispartner.h - one fault a function, for faults_test.c alone: what an Edge
 * answers to a partner.
 */
#ifndef TESTS_COMMON_JUDGE_MISPARTNER_H
#define TESTS_COMMON_JUDGE_MISPARTNER_H

#include "tests/common/judge/partner_seen.h"

static void partner_draws(struct world *world, unsigned status)
{
	see_partner(world, "sip.fabrikam.com", "DNS:sip.fabrikam.com");
	answer_partner(world, status);
}

static void partner_is_let_in(struct world *world)
{
	partner_draws(world, 200);
}

static void partner_finds_nobody(struct world *world)
{
	partner_draws(world, 404);
}

static void partner_is_forbidden(struct world *world)
{
	partner_draws(world, 403);
}

static void partner_is_unproven(struct world *world)
{
	partner_draws(world, 504);
}

static void partner_meets_a_failure(struct world *world)
{
	partner_draws(world, 503);
}

static void partner_is_refused(struct world *world)
{
	struct observation *seen =
		see_partner(world, "sip.fabrikam.com", "DNS:sip.fabrikam.com");

	seen->outcome = OUTCOME_ALERT;
	seen->detail = "TLS alert 48 unknown_ca";
	observation_add_number(world->arena, seen, "tls.alert", FACT_UINT, 48);
}

/* TLS 1.3 tells it when the question is under way. */
static void partner_is_cut_off(struct world *world)
{
	struct observation *seen;

	see_partner(world, "sip.fabrikam.com", "DNS:sip.fabrikam.com");
	seen = answer_partner(world, 0);
	seen->facts = NULL;
	seen->outcome = OUTCOME_RESET;
	seen->detail = "the connection is reset";
}

static void partner_shows_nothing(struct world *world)
{
	struct observation *seen =
		see_partner(world, "sip.fabrikam.com", "DNS:sip.fabrikam.com");

	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		fact->number = 0;
}

#endif
