#include "common/judge/rehearsal.h"

#include "common/judge/judge.h"
#include "common/judge/merge.h"
#include "common/model/targets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ACCESS	  "ext.access.sip-tls.tcp443.in"
#define UDP_IN	  "ext.av.stun-msturn.udp3478.in"
#define DNS_OUT	  "ext.access.dns.udp53.out"
#define RTP	  "ext.av.rtp.udp50000-59999.out"
#define ROW(flow) "s000." flow

/* What two hosts saw in the places of the sample with NAT. */
struct scene {
	struct arena *arena;
	struct observation_list list;
	struct deployment deployment;
	struct scope scope;
	struct judgement *judgement;
};

static void begin(struct scene *scene, const char *sample)
{
	struct topology *topology;
	const char *why;

	*scene = (struct scene){.arena = arena_new()};
	topology = topology_read(scene->arena, sample, &why);
	if (!topology)
		fail_msg("%s", why);
	scene->deployment = (struct deployment){
		.arena = scene->arena,
		.vantage = VANTAGE_OUTSIDE,
		.given = topology,
		.observations = &scene->list,
	};
	scene->scope = (struct scope){.vantage = VANTAGE_OUTSIDE, .source = ""};
}

static void begin_nat(struct scene *scene)
{
	begin(scene, "man/examples/single-nat.conf");
}

static void finish(struct scene *scene)
{
	arena_free(scene->arena);
}

/* One port of a row that was tried; the outcome answered: it got through. */
static struct observation *see(struct scene *scene, const char *flow,
			       const char *to, enum transport transport,
			       enum outcome outcome, const char *detail)
{
	struct observation *seen = observation_new(scene->arena);
	const char *why;

	assert_true(endpoint_parse(to, 0, &seen->endpoint, &why));
	seen->probe = "rehearsal";
	seen->endpoint.transport = transport;
	seen->outcome = outcome;
	seen->detail = detail;
	seen->vantage = VANTAGE_OUTSIDE;
	observation_add_text(scene->arena, seen, "rehearsal.flow", flow);
	observation_add_text(scene->arena, seen, "rehearsal.node", "edge1");
	observation_list_add(scene->arena, &scene->list, seen);
	return seen;
}

static void judge_scene(struct scene *scene)
{
	targets_update(&scene->deployment);
	scene->judgement =
		judge(scene->arena, &scene->deployment, &scene->scope);
}

static const struct verdict *verdict_of(const struct scene *scene,
					const char *id)
{
	const struct judgement *judgement = scene->judgement;

	for (size_t i = 0; i < judgement->verdict_count; i++)
		if (strcmp(judgement->verdicts[i]->requirement->id, id) == 0)
			return judgement->verdicts[i];
	fail_msg("no verdict of %s", id);
	return NULL;
}

static void is_judged(const struct scene *scene, const char *id,
		      enum state state, bool needed, const char *words)
{
	const struct verdict *verdict = verdict_of(scene, id);

	if (verdict->state != state || verdict->needed != needed ||
	    !strstr(verdict->because, words))
		fail_msg("%s: %s, %sneeded: %s", id, state_name(verdict->state),
			 verdict->needed ? "" : "not ", verdict->because);
}

static void see_access(struct scene *scene)
{
	see(scene, ACCESS, "192.0.2.10:443", TRANSPORT_TCP, OUTCOME_ANSWERED,
	    "");
}

static void an_open_way_verifies_its_row_and_says_by_whom(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	see_access(&scene);
	judge_scene(&scene);
	is_judged(&scene, ROW(ACCESS), STATE_VERIFIED, true,
		  "TCP 443 to 192.0.2.10 is open: edgecheck itself");
	assert_string_equal(verdict_of(&scene, ROW(ACCESS))->node, "edge1");
	assert_int_equal(scene.judgement->exit_code, 0);
	assert_int_equal(scene.judgement->finding_count, 0);
	finish(&scene);
}

static void nothing_else_is_judged_or_needed(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	see_access(&scene);
	judge_scene(&scene);
	for (size_t i = 0; i < scene.judgement->verdict_count; i++) {
		const struct verdict *verdict = scene.judgement->verdicts[i];

		if (strcmp(verdict->requirement->flow, ACCESS) == 0 ||
		    verdict->state == STATE_NA)
			continue;
		assert_int_equal(verdict->state, STATE_UNOBSERVED);
		assert_false(verdict->needed);
	}
	is_judged(&scene, ROW(UDP_IN), STATE_UNOBSERVED, false,
		  "was not tried");
	is_judged(&scene, "tls.versions", STATE_UNOBSERVED, false,
		  "before installation");
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		assert_int_equal(scene.judgement->answers[i].answer,
				 ANSWER_UNKNOWN);
	finish(&scene);
}

static void a_shut_way_blocks_its_row_alone(void **state)
{
	static const enum outcome outcomes[] = {
		OUTCOME_NO_REPLY, OUTCOME_REFUSED, OUTCOME_UNREACHABLE,
		OUTCOME_RESET,	  OUTCOME_CLOSED,  OUTCOME_GARBLED};

	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct scene scene;

		begin_nat(&scene);
		see_access(&scene);
		see(&scene, UDP_IN, "192.0.2.30:3478", TRANSPORT_UDP,
		    outcomes[i], "nothing arrived at the other end");
		judge_scene(&scene);
		is_judged(&scene, ROW(UDP_IN), STATE_BLOCKED, true,
			  "UDP 3478 to 192.0.2.30 is shut: nothing arrived");
		is_judged(&scene, ROW(ACCESS), STATE_VERIFIED, true, "");
		assert_int_equal(scene.judgement->exit_code, 2);
		assert_int_equal(scene.judgement->finding_count, 1);
		assert_string_equal(scene.judgement->findings[0]->id,
				    "rehearsal.shut");
		assert_non_null(strstr(scene.judgement->findings[0]->remedy,
				       "192.0.2.30:3478/udp"));
		finish(&scene);
	}
}

/* That nothing at all got through is not this place's: they have spoken. */
static void all_shut_is_told_as_such(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	see(&scene, ACCESS, "192.0.2.10:443", TRANSPORT_TCP, OUTCOME_NO_REPLY,
	    "nothing arrived");
	see(&scene, UDP_IN, "192.0.2.30:3478", TRANSPORT_UDP, OUTCOME_NO_REPLY,
	    "nothing arrived");
	judge_scene(&scene);
	assert_int_equal(scene.judgement->finding_count, 1);
	assert_string_equal(scene.judgement->findings[0]->id, "rehearsal.shut");
	finish(&scene);
}

static void our_own_trouble_leaves_a_row_open(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	see_access(&scene);
	see(&scene, UDP_IN, "192.0.2.30:3478", TRANSPORT_UDP, OUTCOME_LOCAL,
	    "listening side, 10.45.16.30:3478: the port is in use already");
	judge_scene(&scene);
	is_judged(&scene, ROW(UDP_IN), STATE_UNOBSERVED, true,
		  "the port is in use already");
	assert_int_equal(scene.judgement->exit_code, 3);
	assert_int_equal(scene.judgement->finding_count, 0);
	finish(&scene);
}

static struct observation *see_port(struct scene *scene, unsigned port,
				    enum outcome outcome)
{
	struct observation *seen = see(
		scene, RTP, arena_format(scene->arena, "198.51.100.9:%u", port),
		TRANSPORT_UDP, outcome,
		outcome == OUTCOME_ANSWERED ? "" : "nothing arrived");

	seen->vantage = VANTAGE_EDGE_HOST;
	observation_add_number(scene->arena, seen, "rehearsal.is_source",
			       FACT_FLAG, 1);
	return seen;
}

static void one_shut_port_of_a_range_blocks_it_and_is_named(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	scene.scope.vantage = VANTAGE_EDGE_HOST;
	see_port(&scene, 50000, OUTCOME_ANSWERED);
	see_port(&scene, 53333, OUTCOME_NO_REPLY);
	see_port(&scene, 59999, OUTCOME_ANSWERED);
	judge_scene(&scene);
	is_judged(&scene, ROW(RTP), STATE_BLOCKED, true,
		  "from UDP 50000-59999 to 198.51.100.9 is shut (1 of 3 "
		  "ports tried: 53333)");
	assert_non_null(strstr(scene.judgement->findings[0]->remedy,
			       "198.51.100.9/udp from port 53333"));
	finish(&scene);
}

static void a_whole_range_says_how_much_was_tried(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	scene.scope.vantage = VANTAGE_EDGE_HOST;
	see_port(&scene, 50000, OUTCOME_ANSWERED);
	see_port(&scene, 59999, OUTCOME_ANSWERED);
	judge_scene(&scene);
	is_judged(&scene, ROW(RTP), STATE_VERIFIED, true,
		  "is open, 2 of its ports tried");
	finish(&scene);
}

static void tells_of_nat_on_the_way(void **state)
{
	struct observation *seen;
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	seen = see(&scene, ACCESS, "192.0.2.10:443", TRANSPORT_TCP,
		   OUTCOME_ANSWERED, "");
	observation_add_text(scene.arena, seen, "rehearsal.seen_from",
			     "203.0.113.7:4711");
	observation_add_number(scene.arena, seen, "rehearsal.translated",
			       FACT_FLAG, 1);
	judge_scene(&scene);
	is_judged(&scene, ROW(ACCESS), STATE_VERIFIED, true,
		  "its sender seen as 203.0.113.7:4711 (NAT)");
	finish(&scene);
}

/* What was sent to it may have ended at its own NAT. */
static void a_host_behind_nat_is_no_witness(void **state)
{
	struct observation *seen;
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	scene.scope.vantage = VANTAGE_EDGE_HOST;
	seen = see(&scene, DNS_OUT, "203.0.113.7:53", TRANSPORT_UDP,
		   OUTCOME_NO_REPLY, "nothing arrived");
	observation_add_number(scene.arena, seen, "rehearsal.mapped_here",
			       FACT_FLAG, 1);
	judge_scene(&scene);
	is_judged(&scene, ROW(DNS_OUT), STATE_UNOBSERVED, true,
		  "stands behind NAT as 203.0.113.7");
	finish(&scene);

	begin_nat(&scene);
	scene.scope.vantage = VANTAGE_EDGE_HOST;
	seen = see(&scene, DNS_OUT, "203.0.113.7:53", TRANSPORT_UDP,
		   OUTCOME_NO_REPLY, "nothing arrived");
	observation_add_number(scene.arena, seen, "rehearsal.mapped_here",
			       FACT_FLAG, 0);
	judge_scene(&scene);
	is_judged(&scene, ROW(DNS_OUT), STATE_BLOCKED, true, "is shut");
	finish(&scene);
}

static void a_load_balancer_has_no_stand_in(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, "man/examples/scaled-hlb.conf");
	see(&scene, "ext.access.http.tcp80.out", "198.51.100.9:80",
	    TRANSPORT_TCP, OUTCOME_ANSWERED, "");
	judge_scene(&scene);
	is_judged(&scene, "s000.hlb-ext.access.http.tcp80.out", STATE_VERIFIED,
		  true, "");
	is_judged(&scene, "s000.vip-ext.access.sip-tls.tcp443.in",
		  STATE_UNOBSERVED, false, "load balancer");
	finish(&scene);
}

static void what_is_left_out_is_not_needed(void **state)
{
	static const char *const skip[] = {"access"};
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	scene.scope.skip = skip;
	scene.scope.skip_count = 1;
	see_access(&scene);
	judge_scene(&scene);
	is_judged(&scene, ROW(ACCESS), STATE_UNOBSERVED, false,
		  "left out by --only or --skip");
	finish(&scene);
}

static void each_place_taken_is_judged_for_itself(void **state)
{
	struct observation *seen;
	struct scene scene;
	size_t verified = 0, blocked = 0;

	(void)state;
	begin(&scene, "man/examples/scaled-dnslb-nat.conf");
	see_access(&scene);
	seen = see(&scene, ACCESS, "192.0.2.11:443", TRANSPORT_TCP,
		   OUTCOME_NO_REPLY, "nothing arrived");
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, "rehearsal.node") == 0)
			fact->text = "edge2";
	judge_scene(&scene);
	for (size_t i = 0; i < scene.judgement->verdict_count; i++) {
		const struct verdict *verdict = scene.judgement->verdicts[i];

		if (strcmp(verdict->requirement->id, ROW(ACCESS)) != 0)
			continue;
		verified += verdict->state == STATE_VERIFIED &&
			    strcmp(verdict->node, "edge1") == 0;
		blocked += verdict->state == STATE_BLOCKED &&
			   strcmp(verdict->node, "edge2") == 0;
	}
	assert_int_equal(verified, 1);
	assert_int_equal(blocked, 1);
	finish(&scene);
}

/* Observations may come from a file that somebody wrote by hand. */
static void survives_trials_without_facts(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	see_access(&scene);
	for (size_t i = 0; i < 3; i++) {
		struct observation *seen =
			see(&scene, ACCESS, "192.0.2.10:443", TRANSPORT_TCP,
			    OUTCOME_NO_REPLY, "");

		seen->facts = i == 0   ? NULL
			      : i == 1 ? seen->facts->next
				       : seen->facts;
		if (i == 2)
			seen->facts->next = NULL;
	}
	judge_scene(&scene);
	is_judged(&scene, ROW(ACCESS), STATE_VERIFIED, true, "");
	finish(&scene);
}

static void other_runs_are_no_rehearsal(void **state)
{
	struct scene scene;

	(void)state;
	begin_nat(&scene);
	assert_false(rehearsal_is_run(&scene.list));
	see_access(&scene);
	assert_true(rehearsal_is_run(&scene.list));
	scene.list.items[0]->probe = "sip";
	assert_false(rehearsal_is_run(&scene.list));
	judge_scene(&scene);
	assert_int_not_equal(verdict_of(&scene, ROW(ACCESS))->state,
			     STATE_VERIFIED);
	finish(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_way_verifies_its_row_and_says_by_whom),
		cmocka_unit_test(nothing_else_is_judged_or_needed),
		cmocka_unit_test(a_shut_way_blocks_its_row_alone),
		cmocka_unit_test(all_shut_is_told_as_such),
		cmocka_unit_test(our_own_trouble_leaves_a_row_open),
		cmocka_unit_test(
			one_shut_port_of_a_range_blocks_it_and_is_named),
		cmocka_unit_test(a_whole_range_says_how_much_was_tried),
		cmocka_unit_test(tells_of_nat_on_the_way),
		cmocka_unit_test(a_host_behind_nat_is_no_witness),
		cmocka_unit_test(a_load_balancer_has_no_stand_in),
		cmocka_unit_test(what_is_left_out_is_not_needed),
		cmocka_unit_test(each_place_taken_is_judged_for_itself),
		cmocka_unit_test(survives_trials_without_facts),
		cmocka_unit_test(other_runs_are_no_rehearsal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
