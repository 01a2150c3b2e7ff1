#include "common/plan/inside.h"
#include "common/plan/outside.h"
#include "common/plan/spread.h"

#include "tests/common/judge/balanced.h"

/* Several connections go to a load balancer's addresses and nowhere else. */

static bool all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

static bool none_of_these(const void *context, const char *probe)
{
	(void)context;
	return strncmp(probe, "vip-spread", 10) != 0;
}

/* "vip-spread 192.0.2.10:443 " of each planned. */
static const char *spread_of(struct world *world,
			     bool (*wanted)(const void *context,
					    const char *probe))
{
	struct plan plan = {0};
	const char *text = "";

	targets_update(&world->deployment);
	outside_follow(&plan, &world->deployment, wanted, NULL);
	for (size_t i = 0; i < plan.count; i++) {
		const struct check_spec *spec = plan.items[i];
		char at[ENDPOINT_TEXT_BYTES];

		if (strncmp(spec->probe, "vip-spread", 10) != 0)
			continue;
		endpoint_format(at, &spec->endpoint.address,
				spec->endpoint.port);
		text = arena_format(world->arena, "%s%s %s\n", text,
				    spec->probe, at);
	}
	return text;
}

static void connects_several_times_to_each_vip(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	with_load_balancer(&world);
	assert_string_equal(spread_of(&world, all),
			    "vip-spread 192.0.2.10:443\n"
			    "vip-spread 192.0.2.10:5061\n"
			    "vip-spread 192.0.2.20:443\n"
			    "vip-spread-av 192.0.2.30:443\n");
	assert_string_equal(spread_of(&world, none_of_these), "");
	world_end(&world);
}

static void leaves_servers_without_a_balancer_alone(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	assert_string_equal(spread_of(&world, all), "");
	world_file(&world);
	assert_string_equal(spread_of(&world, all), "");
	world_end(&world);
}

/* "port 172.25.33.50:8057 " of each planned at a VIP inside. */
static const char *barred_of(struct world *world)
{
	struct plan plan = {0};
	const char *text = "";

	targets_update(&world->deployment);
	inside_follow(&plan, &world->deployment, all, NULL);
	for (size_t i = 0; i < plan.count; i++) {
		char at[ENDPOINT_TEXT_BYTES];

		if (strcmp(plan.items[i]->probe, "port") != 0)
			continue;
		endpoint_format(at, &plan.items[i]->endpoint.address,
				plan.items[i]->endpoint.port);
		text = arena_format(world->arena, "%s%s\n", text, at);
	}
	return text;
}

static void tries_what_an_internal_vip_must_not_carry(void **state)
{
	struct world world;

	(void)state;
	world_healthy(&world);
	with_load_balancer(&world);
	world.deployment.vantage = VANTAGE_INSIDE;
	world.given->nodes[0].internal = world_address("172.25.33.10").local;
	assert_string_equal(barred_of(&world), "");
	world.given->nodes[2].internal = world_address("172.25.33.50").local;
	assert_string_equal(barred_of(&world), "172.25.33.50:8057\n"
					       "172.25.33.50:23456\n"
					       "172.25.33.50:4443\n");
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects_several_times_to_each_vip),
		cmocka_unit_test(leaves_servers_without_a_balancer_alone),
		cmocka_unit_test(tries_what_an_internal_vip_must_not_carry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
