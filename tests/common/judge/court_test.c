#include "common/judge/court.h"

#include "common/model/discovery.h"
#include "common/model/records.h"

#include "tests/common/judge/world.h"

static void see_guesses(struct world *world, const char *label,
			const char *address)
{
	static const char *const labels[] = {"webcon", "webconf", "dataconf",
					     "conf",   "av",	  "avedge",
					     "avext",  "media",	  NULL};

	for (size_t i = 0; labels[i]; i++) {
		const char *name =
			arena_format(world->arena, "%s.contoso.com", labels[i]);
		bool found = strcmp(labels[i], label) == 0;

		world_dns(world, name, DNS_A, found ? address : "NXDOMAIN");
		world_dns(world, name, DNS_AAAA, found ? "" : "NXDOMAIN");
	}
	world_dns(world, RECORDS_WILDCARD_LABEL ".contoso.com", DNS_A,
		  "NXDOMAIN");
	world_dns(world, RECORDS_WILDCARD_LABEL ".contoso.com", DNS_AAAA,
		  "NXDOMAIN");
}

static void forget_names(struct world *world)
{
	world->given->names[SERVICE_WEBCONF] = NULL;
	world->given->names[SERVICE_AV] = NULL;
}

static void names_the_option_for_a_name_it_does_not_know(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	world_healthy(&world);
	forget_names(&world);
	see_guesses(&world, "none", "");
	world_judge(&world);
	verdict = world_verdict(&world, AV_UDP, "-", "-");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	assert_string_equal(verdict->because,
			    "the name of the A/V Edge is not known: give it "
			    "with --av NAME");
	verdict = world_verdict(&world, "dns.scaled.a.webcon", NULL, NULL);
	assert_false(verdict->needed);
	assert_string_equal(verdict->because,
			    "the name of the Web Conferencing Edge is not "
			    "known: give it with --webconf NAME");
	/* not for the A/V name: the certificate names a webcon without record
	 */
	assert_int_equal(world.judgement->exit_code, 1);
	assert_non_null(world_finding(&world, "cert.lost-name"));
	assert_int_equal(world.judgement->answers[QUESTION_CALL].answer,
			 ANSWER_UNKNOWN);
	assert_int_equal(world_finding(&world, "av.name-unknown")->severity,
			 SEVERITY_INFO);
	assert_int_equal(
		world_finding(&world, "webconf.name-unknown")->severity,
		SEVERITY_INFO);
	world_end(&world);
}

static void trusts_no_guess_that_nothing_confirms(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	world_healthy(&world);
	forget_names(&world);
	see_guesses(&world, "media", "192.0.2.39");
	world_see_relay(&world, "192.0.2.39");
	world_break(&world, "msturn-allocate", "192.0.2.39:3478",
		    OUTCOME_NO_REPLY, "");
	world_break(&world, "msturn-allocate-tcp", "192.0.2.39:443",
		    OUTCOME_REFUSED, "");
	world_judge(&world);
	verdict = world_verdict(&world, AV_UDP, "-", "-");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_string_equal(verdict->because,
			    "media.contoso.com was guessed, and nothing "
			    "confirms that it is the A/V Edge: name it with "
			    "--av NAME");
	/* not for the A/V name: the certificate names a webcon without record
	 */
	assert_int_equal(world.judgement->exit_code, 1);
	assert_non_null(world_finding(&world, "cert.lost-name"));
	world_end(&world);
}

static void trusts_a_guess_that_a_relay_confirms(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	forget_names(&world);
	see_guesses(&world, "media", "192.0.2.30|192.0.2.31");
	world_break(&world, "msturn-allocate", "192.0.2.31:3478",
		    OUTCOME_NO_REPLY, "");
	world_judge(&world);
	assert_int_equal(
		world_verdict(&world, AV_UDP, "192.0.2.31", "-")->state,
		STATE_BLOCKED);
	assert_int_equal(world.judgement->exit_code, 2);
	world_end(&world);
}

/* av.DOMAIN is the name that the documents themselves use. */
static void takes_the_documented_name_as_given(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	forget_names(&world);
	see_guesses(&world, "av", "192.0.2.39");
	world_see_relay(&world, "192.0.2.39");
	world_break(&world, "msturn-allocate", "192.0.2.39:3478",
		    OUTCOME_NO_REPLY, "");
	world_break(&world, "msturn-allocate-tcp", "192.0.2.39:443",
		    OUTCOME_NO_REPLY, "");
	world_judge(&world);
	assert_int_equal(
		world_verdict(&world, AV_UDP, "192.0.2.39", "-")->state,
		STATE_BLOCKED);
	assert_non_null(world_finding(&world, "av.blocked"));
	world_end(&world);
}

/*
 * One node, two address families
 */

static void takes_the_worse_of_two_families_of_a_node(void **state)
{
	const struct verdict *verdict;
	struct observation *seen;
	struct world world;

	(void)state;
	world_healthy(&world);
	world_file(&world);
	world.given->nodes[0].addresses[SERVICE_AV][1] =
		world_address("2001:db8::30");
	world.given->nodes[0].address_count[SERVICE_AV] = 2;
	world_dns(&world, "av.contoso.com", DNS_AAAA, "2001:db8::30");
	seen = world_see(&world, "msturn-allocate", "[2001:db8::30]:3478",
			 TRANSPORT_UDP, "-");
	seen->outcome = OUTCOME_REFUSED;
	seen = world_see(&world, "msturn-allocate-tcp", "[2001:db8::30]:443",
			 TRANSPORT_TCP, "-");
	seen->outcome = OUTCOME_REFUSED;
	world_judge(&world);
	verdict = world_verdict(&world, AV_UDP, "edge1", "-");
	assert_int_equal(verdict->state, STATE_BLOCKED);
	assert_non_null(strstr(verdict->because, "[2001:db8::30]:3478"));
	assert_int_equal(verdict->observation_count, 2);
	assert_int_equal(world_verdict(&world, AV_UDP, "edge2", "-")->state,
			 STATE_VERIFIED);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_option_for_a_name_it_does_not_know),
		cmocka_unit_test(trusts_no_guess_that_nothing_confirms),
		cmocka_unit_test(trusts_a_guess_that_a_relay_confirms),
		cmocka_unit_test(takes_the_documented_name_as_given),
		cmocka_unit_test(takes_the_worse_of_two_families_of_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
