/*
 * inside_test.c - the plan of a look from inside: whom to ask, in what order,
 * by a file and by a name alone.
 */
#include "common/plan/inside.h"

#include "common/model/targets.h"
#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NAME "sfbedge.contoso.net"

struct world {
	struct arena *arena;
	struct topology *given;
	struct observation_list list;
	struct deployment deployment;
	struct plan plan;
};

static const char *const told = NAME;

static void begin(struct world *world)
{
	*world = (struct world){.arena = arena_new()};
	world->given = topology_new(world->arena);
	world->deployment = (struct deployment){
		.arena = world->arena,
		.vantage = VANTAGE_INSIDE,
		.given = world->given,
		.observations = &world->list,
	};
}

static void begin_by_name(struct world *world)
{
	begin(world);
	world->deployment.inside_names = &told;
	world->deployment.inside_name_count = 1;
}

static void add_node(struct world *world, const char *name, const char *address,
		     bool is_vip)
{
	struct node *node = &world->given->nodes[world->given->node_count++];

	node->name = name;
	node->is_vip = is_vip;
	address_parse(address, &node->internal);
}

static bool want_all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

static void follow(struct world *world)
{
	targets_update(&world->deployment);
	inside_follow(&world->plan, &world->deployment, want_all, NULL);
}

static size_t planned(const struct world *world, const char *probe,
		      const char *address, uint16_t port)
{
	struct address wanted = {0};
	size_t count = 0;

	address_parse(address, &wanted);
	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];

		count += strcmp(spec->probe, probe) == 0 &&
			 spec->endpoint.port == port &&
			 address_equal(&spec->endpoint.address, &wanted);
	}
	return count;
}

static bool asks(const struct world *world, const char *name, uint16_t type)
{
	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];

		if (strcmp(spec->probe, "dns") == 0 && spec->dns_type == type &&
		    strcmp(spec->endpoint.name, name) == 0)
			return true;
	}
	return false;
}

static void a_name_is_looked_up_before_anybody_is_asked(void **state)
{
	struct world world;

	(void)state;
	begin_by_name(&world);
	follow(&world);
	assert_true(asks(&world, NAME, DNS_A));
	assert_true(asks(&world, NAME, DNS_AAAA));
	for (size_t i = 0; i < world.plan.count; i++)
		assert_string_equal(world.plan.items[i]->probe, "dns");
	dns_seen(world.arena, &world.list, NAME, DNS_A,
		 "172.25.33.10|172.25.33.11");
	dns_seen(world.arena, &world.list, NAME, DNS_AAAA, "");
	follow(&world);
	for (int i = 10; i <= 11; i++) {
		const char *at = arena_format(world.arena, "172.25.33.%d", i);

		assert_int_equal(planned(&world, "sip", at, 5061), 1);
		assert_int_equal(planned(&world, "sip", at, 5062), 1);
		assert_int_equal(planned(&world, "tls", at, 8057), 1);
		assert_int_equal(planned(&world, "msturn-allocate", at, 3478),
				 1);
		assert_int_equal(
			planned(&world, "msturn-allocate-tcp", at, 443), 1);
		assert_int_equal(planned(&world, "port-https", at, 4443), 1);
		/* neither XMPP nor logging, unless somebody says so */
		assert_int_equal(planned(&world, "tls", at, 23456), 0);
		assert_int_equal(planned(&world, "port", at, 50001), 0);
	}
	assert_true(asks(&world, "10.33.25.172.in-addr.arpa", DNS_PTR));
	arena_free(world.arena);
}

static void addresses_of_a_file_wait_for_no_dns(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.given->file = "edge.conf";
	world.given->internal_name = NAME;
	world.given->features |= FEATURE_BIT(FEATURE_CLS);
	world.given->ports[LISTENER_INSIDE_HTTPS] = 4444;
	add_node(&world, "edge1", "172.25.33.10", false);
	follow(&world);
	assert_int_equal(planned(&world, "sip", "172.25.33.10", 5061), 1);
	assert_int_equal(planned(&world, "port", "172.25.33.10", 50003), 1);
	/* the file's port in place of the published one */
	assert_int_equal(planned(&world, "port-https", "172.25.33.10", 4444),
			 1);
	assert_int_equal(planned(&world, "port-https", "172.25.33.10", 4443),
			 0);
	arena_free(world.arena);
}

static void a_vip_is_asked_for_what_it_may_balance(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.given->file = "edge.conf";
	world.given->internal_name = NAME;
	world.given->kind = KIND_SCALED_HLB;
	add_node(&world, "hlb", "172.25.33.50", true);
	add_node(&world, "edge1", "172.25.33.10", false);
	/* the name may give the VIP as well: that asks it for no more */
	dns_seen(world.arena, &world.list, NAME, DNS_A, "172.25.33.50");
	dns_seen(world.arena, &world.list, NAME, DNS_AAAA, "");
	follow(&world);
	assert_int_equal(planned(&world, "sip", "172.25.33.50", 5061), 1);
	assert_int_equal(
		planned(&world, "msturn-allocate", "172.25.33.50", 3478), 1);
	assert_int_equal(planned(&world, "tls", "172.25.33.50", 8057), 0);
	assert_int_equal(planned(&world, "port-https", "172.25.33.50", 4443),
			 0);
	assert_int_equal(planned(&world, "tls", "172.25.33.10", 8057), 1);
	arena_free(world.arena);
}

static void see_mras(struct world *world, const char *at, bool granted)
{
	struct observation *seen = observation_new(world->arena);
	const char *why;

	seen->probe = "mras";
	seen->outcome = OUTCOME_ANSWERED;
	assert_true(endpoint_parse(at, 0, &seen->endpoint, &why));
	if (granted)
		observation_add_number(world->arena, seen,
				       "mras.username_length", FACT_UINT, 64);
	observation_list_add(world->arena, &world->list, seen);
}

/* One node after the other, until one grants; then all are tried with it. */
static void credentials_are_asked_of_one_node_at_a_time(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.given->file = "edge.conf";
	add_node(&world, "edge1", "172.25.33.10", false);
	add_node(&world, "edge2", "172.25.33.11", false);
	world.deployment.mras_uri = "sip:edge@contoso.com;gruu";
	follow(&world);
	assert_int_equal(planned(&world, "mras", "172.25.33.10", 5062), 1);
	assert_int_equal(planned(&world, "mras", "172.25.33.11", 5062), 0);
	see_mras(&world, "172.25.33.10:5062", false);
	follow(&world);
	assert_int_equal(planned(&world, "mras", "172.25.33.11", 5062), 1);
	assert_int_equal(planned(&world, "msturn-relay", "172.25.33.10", 3478),
			 0);
	see_mras(&world, "172.25.33.11:5062", true);
	follow(&world);
	for (size_t i = 0; i < world.plan.count; i++)
		if (strcmp(world.plan.items[i]->probe, "mras") == 0)
			assert_string_equal(world.plan.items[i]->from_domain,
					    "contoso.com");
	assert_int_equal(planned(&world, "msturn-relay", "172.25.33.10", 3478),
			 1);
	assert_int_equal(
		planned(&world, "msturn-relay-tcp", "172.25.33.11", 443), 1);
	arena_free(world.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_looked_up_before_anybody_is_asked),
		cmocka_unit_test(addresses_of_a_file_wait_for_no_dns),
		cmocka_unit_test(a_vip_is_asked_for_what_it_may_balance),
		cmocka_unit_test(credentials_are_asked_of_one_node_at_a_time),
	};

	return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
