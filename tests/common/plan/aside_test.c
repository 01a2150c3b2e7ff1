#include "common/plan/aside.h"

#include "common/model/targets.h"
#include "common/plan/outside.h"
#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
	struct arena *arena;
	struct observation_list list;
	struct topology *given;
	struct deployment deployment;
	struct plan plan;
};

static void begin(struct world *world)
{
	*world = (struct world){.arena = arena_new()};
	world->given = topology_new(world->arena);
	world->given->domains[0] = "contoso.com";
	world->given->domain_count = 1;
	world->deployment = (struct deployment){
		.arena = world->arena,
		.given = world->given,
		.observations = &world->list,
	};
}

static void follow(struct world *world)
{
	targets_update(&world->deployment);
	aside_follow(&world->plan, &world->deployment);
}

static void answer(struct world *world, const char *name, uint16_t type,
		   const char *answers)
{
	dns_seen(world->arena, &world->list, name, type, answers);
	follow(world);
}

static size_t asked(const struct world *world, const char *probe,
		    const char *name, uint16_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];

		count += strcmp(spec->probe, probe) == 0 &&
			 strcmp(spec->endpoint.name, name) == 0 &&
			 spec->dns_type == type;
	}
	return count;
}

static void asks_for_names_that_should_not_be_there(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
	} names[] = {
		{"lyncdiscoverinternal.contoso.com", DNS_A},
		{"lyncdiscoverinternal.contoso.com", DNS_AAAA},
		{"_sipinternaltls._tcp.contoso.com", DNS_SRV},
		{"_sipinternal._tcp.contoso.com", DNS_SRV},
		{"sipinternal.contoso.com", DNS_A},
		{"lyncdiscover.contoso.com", DNS_A},
		{"sipexternal.contoso.com", DNS_A},
		{"edgeprobe-no-such-host.contoso.com", DNS_AAAA},
		{"edgeprobe-no-such-host._tls.contoso.com", DNS_SRV},
		{"edgeprobe-no-such-host._tcp.contoso.com", DNS_SRV},
	};
	struct world world;

	(void)state;
	begin(&world);
	follow(&world);
	follow(&world);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
			asked(&world, "dns", names[i].name, names[i].type), 1);
	arena_free(world.arena);
}

static void asks_for_misspelt_names_where_the_right_one_is_missing(void **state)
{
	static const char *const misspelt[] = {
		"_sip._tcp.contoso.com", "_sips._tcp.contoso.com",
		"_sip._tls.contoso.com.contoso.com"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		static const char *const answers[] = {
			"NXDOMAIN", "SILENCE", "0 0 443 sip.contoso.com"};
		struct world world;

		begin(&world);
		answer(&world, "_sip._tls.contoso.com", DNS_SRV, answers[i]);
		for (size_t j = 0; j < 3; j++)
			assert_int_equal(
				asked(&world, "dns", misspelt[j], DNS_SRV),
				i == 0);
		assert_int_equal(asked(&world, "dns",
				       "_sipfederation._tcp.contoso.com",
				       DNS_SRV),
				 0);
		arena_free(world.arena);
	}
}

static void asks_for_the_domain_where_xmpp_has_no_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world world;

		begin(&world);
		world.given->product = i ? PRODUCT_SFB2015 : PRODUCT_SFB2019;
		world.given->product_known = true;
		world.given->features |= FEATURE_BIT(FEATURE_XMPP);
		answer(&world, "_xmpp-server._tcp.contoso.com", DNS_SRV, "");
		assert_int_equal(asked(&world, "dns", "contoso.com", DNS_A), i);
		arena_free(world.arena);
	}
}

static void asks_every_other_resolver_what_one_has_answered(void **state)
{
	static const char *const told[] = {"192.0.2.53", "198.51.100.53",
					   "203.0.113.53"};
	struct endpoint resolvers[3];
	struct world world;
	const char *why;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(endpoint_parse(told[i], 53, &resolvers[i], &why));
	for (size_t count = 1; count <= 3; count += 2) {
		begin(&world);
		world.deployment.resolvers = resolvers;
		world.deployment.resolver_count = count;
		dns_seen(world.arena, &world.list, "_sip._tls.contoso.com",
			 DNS_SRV, "0 0 443 edge.contoso.com");
		world.list.items[0]->endpoint.address = resolvers[0].address;
		world.list.items[0]->endpoint.port = 53;
		answer(&world, "edge.contoso.com", DNS_A, "192.0.2.10");
		assert_int_equal(asked(&world, "dns-compare",
				       "_sip._tls.contoso.com", DNS_SRV),
				 count - 1);
		/* nobody knows who answered that */
		assert_int_equal(
			asked(&world, "dns-compare", "edge.contoso.com", DNS_A),
			count == 1 ? 0 : 3);
		assert_int_equal(asked(&world, "dns-compare",
				       "edge.contoso.com", DNS_AAAA),
				 0);
		arena_free(world.arena);
	}
}

static void compares_no_names_of_microsoft_365(void **state)
{
	struct endpoint resolvers[2];
	struct world world;
	const char *why;

	(void)state;
	begin(&world);
	assert_true(endpoint_parse("192.0.2.53", 53, &resolvers[0], &why));
	assert_true(endpoint_parse("192.0.2.54", 53, &resolvers[1], &why));
	world.deployment.resolvers = resolvers;
	world.deployment.resolver_count = 2;
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "100 1 443 sipdir.online.lync.com");
	answer(&world, "sipdir.online.lync.com", DNS_A, "203.0.113.1");
	assert_int_equal(
		asked(&world, "dns-compare", "sipdir.online.lync.com", DNS_A),
		0);
	arena_free(world.arena);
}

static bool want_all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

/* What is hosted elsewhere is not looked at. */
static void looks_at_nothing_that_microsoft_365_hosts(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *answers;
	} records[] = {
		{"_sip._tls.contoso.com", DNS_SRV,
		 "100 1 443 sipdir.online.lync.com"},
		{"_sipfederationtls._tcp.contoso.com", DNS_SRV,
		 "100 1 5061 sipfed.online.lync.com"},
		{"webcon.contoso.com", DNS_A, "192.0.2.20"},
		{"webcon.contoso.com", DNS_AAAA, ""},
	};
	struct world world;

	(void)state;
	begin(&world);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		dns_seen(world.arena, &world.list, records[i].name,
			 records[i].type, records[i].answers);
	targets_update(&world.deployment);
	outside_follow(&world.plan, &world.deployment, want_all, NULL);
	assert_int_equal(world.deployment.target_count, 0);
	for (size_t i = 0; i < world.plan.count; i++)
		assert_string_equal(world.plan.items[i]->probe, "dns");
	assert_int_equal(asked(&world, "dns", "sipdir.online.lync.com", DNS_A),
			 0);
	arena_free(world.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_names_that_should_not_be_there),
		cmocka_unit_test(
			asks_for_misspelt_names_where_the_right_one_is_missing),
		cmocka_unit_test(asks_for_the_domain_where_xmpp_has_no_record),
		cmocka_unit_test(
			asks_every_other_resolver_what_one_has_answered),
		cmocka_unit_test(compares_no_names_of_microsoft_365),
		cmocka_unit_test(looks_at_nothing_that_microsoft_365_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
