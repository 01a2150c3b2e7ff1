#include "common/plan/outside.h"

#include "common/model/targets.h"
#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
	struct arena *arena;
	struct observation_list list;
	struct deployment deployment;
	struct plan plan;
};

static void begin(struct world *world, const char *asked)
{
	*world = (struct world){.arena = arena_new()};
	world->deployment = (struct deployment){
		.arena = world->arena,
		.asked = asked,
		.given = topology_new(world->arena),
		.observations = &world->list,
	};
}

static bool want_all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

static bool want_but(const void *context, const char *probe)
{
	return strcmp(probe, context) != 0;
}

static void follow(struct world *world)
{
	targets_update(&world->deployment);
	outside_follow(&world->plan, &world->deployment, want_all, NULL);
}

static void answer(struct world *world, const char *name, uint16_t type,
		   const char *answers)
{
	dns_seen(world->arena, &world->list, name, type, answers);
	follow(world);
}

static const struct check_spec *planned(const struct world *world,
					const char *probe, const char *name,
					uint16_t type_or_port)
{
	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];
		bool is_dns = strcmp(probe, "dns") == 0;

		if (strcmp(spec->probe, probe) == 0 &&
		    strcmp(spec->endpoint.name, name) == 0 &&
		    (is_dns ? spec->dns_type : spec->endpoint.port) ==
			    type_or_port)
			return spec;
	}
	return NULL;
}

static void asks_first_what_the_target_is(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "sip.contoso.com");
	follow(&world);
	assert_int_equal(world.plan.count, 6);
	assert_non_null(
		planned(&world, "dns", "_sip._tls.sip.contoso.com", DNS_SRV));
	assert_non_null(
		planned(&world, "dns", "_sip._tls.contoso.com", DNS_SRV));
	assert_non_null(planned(&world, "dns", "sip.contoso.com", DNS_AAAA));
	arena_free(world.arena);
}

static void follows_srv_to_hosts_and_hosts_to_addresses(void **state)
{
	struct world world;
	const struct check_spec *spec;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	assert_null(planned(&world, "dns", "edge.contoso.com", DNS_A));
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 edge.contoso.com");
	assert_non_null(planned(&world, "dns", "edge.contoso.com", DNS_A));
	assert_non_null(planned(&world, "dns", "av.contoso.com", DNS_A));
	assert_null(planned(&world, "sip", "edge.contoso.com", 443));
	answer(&world, "edge.contoso.com", DNS_A, "192.0.2.10");
	spec = planned(&world, "sip", "edge.contoso.com", 443);
	assert_non_null(spec);
	assert_int_equal(spec->domain_count, 1);
	assert_string_equal(spec->domains[0], "contoso.com");
	/* no REGISTER where partners come in */
	spec = planned(&world, "sip", "edge.contoso.com", 5061);
	assert_true(!spec || spec->domain_count == 0);
	arena_free(world.arena);
}

static void plans_each_check_once(void **state)
{
	struct world world;
	size_t count;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "sip.contoso.com", DNS_A, "192.0.2.10");
	count = world.plan.count;
	follow(&world);
	follow(&world);
	assert_int_equal(world.plan.count, count);
	arena_free(world.arena);
}

static void reaches_av_over_both_transports(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "av.contoso.com", DNS_A, "192.0.2.30");
	answer(&world, "av.contoso.com", DNS_AAAA, "2001:db8::30");
	assert_non_null(
		planned(&world, "msturn-allocate", "av.contoso.com", 3478));
	assert_non_null(
		planned(&world, "msturn-allocate-tcp", "av.contoso.com", 443));
	arena_free(world.arena);
}

static void leaves_out_what_is_not_wanted_but_asks_dns(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	dns_seen(world.arena, &world.list, "_sip._tls.contoso.com", DNS_SRV,
		 "0 0 443 sip.contoso.com");
	dns_seen(world.arena, &world.list, "sip.contoso.com", DNS_A,
		 "192.0.2.10");
	targets_update(&world.deployment);
	outside_follow(&world.plan, &world.deployment, want_but, "sip");
	assert_null(planned(&world, "sip", "sip.contoso.com", 443));
	assert_non_null(planned(&world, "dns", "sip.contoso.com", DNS_A));
	arena_free(world.arena);
}

static void opens_streams_where_the_product_has_xmpp(void **state)
{
	static const enum product products[] = {PRODUCT_SFB2019,
						PRODUCT_SFB2015};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct check_spec *spec;
		struct topology *given;
		struct world world;

		begin(&world, "contoso.com");
		given = topology_new(world.arena);
		given->product = products[i];
		given->product_known = true;
		world.deployment.given = given;
		answer(&world, "_sip._tls.contoso.com", DNS_SRV,
		       "0 0 443 sip.contoso.com");
		answer(&world, "sip.contoso.com", DNS_A, "192.0.2.10");
		assert_null(planned(&world, "xmpp", "contoso.com", 5269));
		answer(&world, "xmpp.contoso.com", DNS_A, "192.0.2.10");
		answer(&world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		       "0 0 5269 xmpp.contoso.com");
		spec = planned(&world, "xmpp", "contoso.com", 5269);
		assert_int_equal(spec != NULL, i);
		if (spec)
			assert_string_equal(spec->subject, "contoso.com");
		arena_free(world.arena);
	}
}

static void asks_no_unlawful_name(void **state)
{
	struct world world;
	size_t count;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	answer(&world, "_sip._tls.contoso.com", DNS_SRV, "0 0 443 .");
	count = world.plan.count;
	answer(&world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
	       "0 0 5061 a..b");
	assert_int_equal(world.plan.count, count);
	arena_free(world.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_first_what_the_target_is),
		cmocka_unit_test(follows_srv_to_hosts_and_hosts_to_addresses),
		cmocka_unit_test(plans_each_check_once),
		cmocka_unit_test(reaches_av_over_both_transports),
		cmocka_unit_test(leaves_out_what_is_not_wanted_but_asks_dns),
		cmocka_unit_test(opens_streams_where_the_product_has_xmpp),
		cmocka_unit_test(asks_no_unlawful_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
