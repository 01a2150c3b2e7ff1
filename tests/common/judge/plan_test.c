#include "common/judge/merge.h"
#include "common/plan/lint.h"

#include "tests/common/judge/misplan.h"

#include <glob.h>

/*
 * What a topology file says, in the matrix: the same as edgeplan lint, from
 * whichever vantage point, and nothing where the file has no word of it.
 */

#define BROKEN	"tests/common/plan/lint/*.bad"
#define SAMPLES "man/examples/*.conf"

/* Rules of the lint about what is better looked at: DNS, certificates. */
static const char *const looked_at[] = {
	"dns.srv-same-domain",
	"cert.ext.sn",
	"cert.int.sn",
	"dns.hlb-one-a-per-vip",
	"sip.access-in-everything",
};

static bool is_looked_at(const char *id)
{
	for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++)
		if (strcmp(looked_at[i], id) == 0)
			return true;
	return false;
}

/* What is planned and no file tells: which address an adapter has first. */
static bool is_of_host(const char *id)
{
	return strcmp(id, "ip.access-primary") == 0 ||
	       strcmp(id, "ip.others-secondary") == 0;
}

static bool can_be_planned(const struct requirement *row)
{
	return row->vantages & 1u << VANTAGE_PLAN;
}

static void every_row_of_the_plan_has_a_rule_and_every_rule_a_row(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const struct requirement *row = &table[i];

		if (row->judging->settle == SETTLE_REFERENCE)
			continue;
		if (row->judging->settle == SETTLE_PLAN && !can_be_planned(row))
			fail_msg("%s: not by the plan", row->id);
		if (can_be_planned(row) && !lint_has_rule(row) &&
		    strcmp(row->table, "rules") == 0 && !is_of_host(row->id))
			fail_msg("%s: nothing looks at files for it", row->id);
		if (lint_has_rule(row) && !is_looked_at(row->id) &&
		    !can_be_planned(row))
			fail_msg("%s: judging.tsv leaves out the plan",
				 row->id);
	}
}

/* The verdict that rests on the file; NULL: there is none. */
static const struct verdict *of_plan(const struct judgement *judgement,
				     const char *id)
{
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (verdict->vantage == VANTAGE_PLAN &&
		    strcmp(verdict->requirement->id, id) == 0)
			return verdict;
	}
	return NULL;
}

/* A world of a file alone, in which nobody looked at anything. */
static void begin_with(struct world *world, const char *path)
{
	const char *why;

	world_begin(world);
	world->given = topology_read(world->arena, path, &why);
	if (!world->given)
		fail_msg("%s", why);
	world->deployment.given = world->given;
	world_judge(world);
}

static void is_told_of(const struct world *world, const struct remark *remark,
		       const char *path)
{
	const char *id = remark->requirement->id;
	const struct verdict *verdict = of_plan(world->judgement, id);

	if (is_looked_at(id))
		return;
	if (!verdict || verdict->state == STATE_VERIFIED)
		fail_msg("%s: the matrix does not tell of %s", path, id);
	assert_int_equal(verdict->state, remark->severity == SEVERITY_MUST
						 ? STATE_WRONG
						 : STATE_WARN);
	assert_int_equal(verdict->needed, remark->severity == SEVERITY_MUST);
}

static void the_matrix_tells_what_the_lint_remarks(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(BROKEN, 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 60);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct remarks remarks;
		struct world world;

		begin_with(&world, files.gl_pathv[i]);
		remarks = lint(world.arena, world.given);
		for (size_t j = 0; j < remarks.count; j++)
			is_told_of(&world, &remarks.items[j],
				   files.gl_pathv[i]);
		world_end(&world);
	}
	globfree(&files);
}

static void the_matrix_finds_no_fault_in_the_samples(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(SAMPLES, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct world world;

		begin_with(&world, files.gl_pathv[i]);
		if (world_finding(&world, "plan.breaks-rule"))
			fail_msg("%s breaks a rule", files.gl_pathv[i]);
		assert_int_equal(
			of_plan(world.judgement, "ip.three-services")->state,
			STATE_VERIFIED);
		world_end(&world);
	}
	globfree(&files);
}

static void is_state(const struct world *world, const char *id,
		     enum state state, bool needed, const char *words)
{
	const struct verdict *verdict = world_verdict(world, id, NULL, NULL);

	assert_non_null(verdict);
	if (verdict->state != state || verdict->needed != needed ||
	    !strstr(verdict->because, words))
		fail_msg("%s: %s, %sneeded: %s", id, state_name(verdict->state),
			 verdict->needed ? "" : "not ", verdict->because);
}

static void says_who_could_tell_without_a_file(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_judge(&world);
	is_state(&world, "topo.addressing-kinds", STATE_UNOBSERVED, false,
		 "edgeplan lint over a topology file can see it");
	assert_int_equal(world.judgement->exit_code, 0);
	world_end(&world);
}

/* No word of the inside is no agreement. */
static void takes_no_silence_for_agreement(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	world_file(&world);
	world_judge(&world);
	is_state(&world, "topo.addressing-kinds", STATE_VERIFIED, true,
		 "the topology file agrees");
	is_state(&world, "net.two-networks", STATE_UNOBSERVED, false, "");
	is_state(&world, "lb.same-both-sides", STATE_UNOBSERVED, false,
		 "edge.conf does not tell");
	assert_null(of_plan(world.judgement, "route.no-gateway-internal"));
	assert_int_equal(world.judgement->exit_code, 0);
	world_end(&world);
}

static void tells_more_of_a_file_that_says_more(void **state)
{
	static const char *const ids[] = {
		"net.two-networks", "route.no-gateway-internal",
		"route.internal-networks", "route.gateway-external"};
	struct world world;

	(void)state;
	world_healthy(&world);
	with_inside(&world);
	world_judge(&world);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		is_state(&world, ids[i], STATE_VERIFIED, true,
			 "the topology file agrees");
	world_end(&world);
}

/* What was looked at is not said again; a contradiction is. */
static void stands_beside_what_was_seen_where_it_objects(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	with_load_balancer(&world);
	world_judge(&world);
	assert_null(of_plan(world.judgement, "hlb.no-nat"));
	is_state(&world, "hlb.no-nat", STATE_VERIFIED, true, "");
	world_end(&world);

	world_healthy(&world);
	with_load_balancer(&world);
	assert_true(address_parse(
		"10.45.16.41",
		&world.given->nodes[1].addresses[SERVICE_AV][0].local));
	world_judge(&world);
	assert_int_equal(of_plan(world.judgement, "hlb.no-nat")->state,
			 STATE_WRONG);
	is_state(&world, "hlb.no-nat", STATE_VERIFIED, true, "");
	world_end(&world);
}

static void leaves_out_what_was_not_asked_for(void **state)
{
	static const char *const only[] = {"dns"};
	struct world world;

	(void)state;
	world_healthy(&world);
	world_file(&world);
	world.scope.only = only;
	world.scope.only_count = 1;
	world_judge(&world);
	assert_null(of_plan(world.judgement, "topo.addressing-kinds"));
	world_end(&world);
}

/*
 * Several vantage points with one file
 */

static struct judgement *judged_from(struct world *world, enum vantage vantage)
{
	world->scope.vantage = vantage;
	world_judge(world);
	return world->judgement;
}

static void merge(struct world *world)
{
	struct judgement *both[] = {judged_from(world, VANTAGE_OUTSIDE),
				    judged_from(world, VANTAGE_INSIDE)};

	world->judgement =
		judgement_merge(world->arena, &world->deployment, both, 2);
}

static size_t lines_of(const struct world *world, const char *id)
{
	size_t count = 0;

	for (size_t i = 0; i < world->judgement->verdict_count; i++)
		count += strcmp(world->judgement->verdicts[i]->requirement->id,
				id) == 0;
	return count;
}

static void two_places_with_one_file_say_it_once(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	with_inside(&world);
	merge(&world);
	assert_int_equal(lines_of(&world, "topo.addressing-kinds"), 1);
	is_state(&world, "topo.addressing-kinds", STATE_VERIFIED, true, "");
	/* not told: once, as not observed */
	assert_int_equal(lines_of(&world, "lb.same-both-sides"), 1);
	is_state(&world, "lb.same-both-sides", STATE_UNOBSERVED, false, "");
	world_end(&world);
}

/* From inside DNS is not looked at, so the file speaks; outside it was. */
static void what_one_place_saw_is_better_than_the_file(void **state)
{
	struct world world;
	size_t names;

	(void)state;
	world_healthy(&world);
	with_load_balancer(&world);
	judged_from(&world, VANTAGE_OUTSIDE);
	names = lines_of(&world, "hlb.no-nat");
	judged_from(&world, VANTAGE_INSIDE);
	assert_int_equal(lines_of(&world, "hlb.no-nat"), 1);
	assert_non_null(of_plan(world.judgement, "hlb.no-nat"));
	merge(&world);
	assert_int_equal(lines_of(&world, "hlb.no-nat"), names);
	assert_null(of_plan(world.judgement, "hlb.no-nat"));
	world_end(&world);
}

static void a_contradiction_of_the_file_is_shown_beside(void **state)
{
	struct world world;
	size_t names;

	(void)state;
	world_healthy(&world);
	with_load_balancer(&world);
	assert_true(address_parse(
		"10.45.16.41",
		&world.given->nodes[1].addresses[SERVICE_AV][0].local));
	judged_from(&world, VANTAGE_OUTSIDE);
	names = lines_of(&world, "hlb.no-nat") - 1;
	merge(&world);
	assert_int_equal(lines_of(&world, "hlb.no-nat"), names + 1);
	assert_int_equal(of_plan(world.judgement, "hlb.no-nat")->state,
			 STATE_WRONG);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_row_of_the_plan_has_a_rule_and_every_rule_a_row),
		cmocka_unit_test(the_matrix_tells_what_the_lint_remarks),
		cmocka_unit_test(the_matrix_finds_no_fault_in_the_samples),
		cmocka_unit_test(says_who_could_tell_without_a_file),
		cmocka_unit_test(takes_no_silence_for_agreement),
		cmocka_unit_test(tells_more_of_a_file_that_says_more),
		cmocka_unit_test(stands_beside_what_was_seen_where_it_objects),
		cmocka_unit_test(leaves_out_what_was_not_asked_for),
		cmocka_unit_test(two_places_with_one_file_say_it_once),
		cmocka_unit_test(what_one_place_saw_is_better_than_the_file),
		cmocka_unit_test(a_contradiction_of_the_file_is_shown_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
