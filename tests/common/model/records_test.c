#include "common/model/records.h"

#include "common/model/hosting.h"
#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
	struct arena *arena;
	struct observation_list list;
	struct topology *topology;
	struct deployment deployment;
};

static void begin(struct world *world)
{
	*world = (struct world){.arena = arena_new()};
	world->topology = topology_new(world->arena);
	world->topology->domains[0] = "contoso.com";
	world->topology->domain_count = 1;
	world->deployment = (struct deployment){
		.arena = world->arena,
		.given = world->topology,
		.topology = world->topology,
		.observations = &world->list,
	};
}

static void see(struct world *world, const char *name, uint16_t type,
		const char *answers)
{
	dns_seen(world->arena, &world->list, name, type, answers);
}

static void tells_targets_that_name_no_host(void **state)
{
	(void)state;
	assert_true(records_is_address("203.0.113.5"));
	assert_true(records_is_address("203.0.113.5."));
	assert_false(records_is_address("203.0.113.5.example"));
	assert_false(records_is_address("1and1.com"));
	assert_false(records_is_address("."));
	assert_true(records_is_doubled("sip.contoso.com.contoso.com",
				       "contoso.com"));
	assert_false(records_is_doubled("sip.contoso.com", "contoso.com"));
	assert_false(
		records_is_doubled("contoso.com.contoso.com", "contoso.com"));
}

static void tells_what_only_a_wildcard_answers(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	see(&world, "edgeprobe-no-such-host.contoso.com", DNS_A, "203.0.113.8");
	see(&world, "sip.contoso.com", DNS_A, "203.0.113.8");
	see(&world, "webcon.contoso.com", DNS_A, "203.0.113.8|192.0.2.20");
	see(&world, "av.contoso.com", DNS_A, "203.0.113.8");
	see(&world, "av.contoso.com", DNS_AAAA, "2001:db8::30");
	see(&world, "sip.fabrikam.com", DNS_A, "203.0.113.8");
	assert_true(records_host_is_echo(&world.deployment, "sip.contoso.com"));
	assert_false(
		records_host_is_echo(&world.deployment, "webcon.contoso.com"));
	assert_false(records_host_is_echo(&world.deployment, "av.contoso.com"));
	assert_false(
		records_host_is_echo(&world.deployment, "sip.fabrikam.com"));
	assert_false(
		records_host_is_echo(&world.deployment, "nobody.contoso.com"));
	arena_free(world.arena);
}

static void tells_services_that_only_a_wildcard_offers(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	see(&world, "edgeprobe-no-such-host._tcp.contoso.com", DNS_SRV,
	    "0 0 5061 sip.contoso.com");
	see(&world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
	    "0 0 5061 sip.contoso.com");
	see(&world, "_sip._tls.contoso.com", DNS_SRV,
	    "0 0 443 sip.contoso.com");
	assert_true(records_srv_is_echo(
		&world.deployment, "_sipfederationtls._tcp", "contoso.com"));
	assert_false(records_srv_is_echo(&world.deployment, "_sip._tls",
					 "contoso.com"));
	arena_free(world.arena);
}

static void falls_back_to_sipexternal_where_it_alone_is_there(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	assert_string_equal(
		records_fallback_host(&world.deployment, "contoso.com"),
		"sip.contoso.com");
	see(&world, "sipexternal.contoso.com", DNS_A, "192.0.2.10");
	assert_string_equal(
		records_fallback_host(&world.deployment, "contoso.com"),
		"sipexternal.contoso.com");
	see(&world, "sip.contoso.com", DNS_A, "192.0.2.10");
	assert_string_equal(
		records_fallback_host(&world.deployment, "contoso.com"),
		"sip.contoso.com");
	arena_free(world.arena);
}

/*
 * edge-services.md 11.5: o own, c cloud, s sovereign, n nowhere, ? unknown,
 * of _sip._tls, federation, lyncdiscover and sip.
 */

static void publish(struct world *world, const char *record, bool is_srv,
		    char lead)
{
	const char *name = arena_format(world->arena, "%s.contoso.com", record);
	const char *target = lead == 'c'   ? "sipdir.online.lync.com"
			     : lead == 's' ? "sip.partner.lync.cn"
					   : "edge.contoso.com";

	if (lead == '?')
		return;
	if (lead == 'n') {
		see(world, name, is_srv ? DNS_SRV : DNS_A, "NXDOMAIN");
		return;
	}
	if (is_srv) {
		see(world, name, DNS_SRV,
		    arena_format(world->arena, "0 0 443 %s", target));
		return;
	}
	see(world, name, DNS_A, lead == 'o' ? "192.0.2.10" : "203.0.113.1");
	if (lead != 'o')
		observation_add_text(world->arena,
				     world->list.items[world->list.count - 1],
				     "dns.cname", target);
}

static void recognises_who_hosts_a_domain(void **state)
{
	static const struct {
		const char *leads;
		enum hosting hosting;
		bool elsewhere, sovereign;
	} cases[] = {
		{"oooo", HOSTING_OWN, false, false},
		{"oonn", HOSTING_OWN, false, false},
		{"cccc", HOSTING_CLOUD, true, false},
		{"cc??", HOSTING_CLOUD, true, false},
		{"ncnn", HOSTING_CLOUD, true, false},
		{"ssss", HOSTING_CLOUD, true, true},
		{"ccnc", HOSTING_UNDISCOVERED, true, false},
		{"ccoc", HOSTING_LEFTOVER, true, false},
		{"ocoo", HOSTING_SPLIT, false, false},
		{"cocc", HOSTING_SPLIT, false, false},
		{"ooco", HOSTING_MIXED, false, false},
		{"oooc", HOSTING_MIXED, false, false},
		{"ncno", HOSTING_MIXED, false, false},
		{"?ccc", HOSTING_UNKNOWN, false, false},
		{"c?cc", HOSTING_UNKNOWN, false, false},
		{"nnnn", HOSTING_UNKNOWN, false, false},
	};
	static const char *const records[HOSTED_COUNT] = {
		"_sip._tls", "_sipfederationtls._tcp", "lyncdiscover", "sip"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hosting_view view;
		struct world world;

		begin(&world);
		for (size_t j = 0; j < HOSTED_COUNT; j++)
			publish(&world, records[j], j < 2, cases[i].leads[j]);
		view = hosting_of(&world.deployment, "contoso.com");
		if (view.hosting != cases[i].hosting)
			print_message("%s\n", cases[i].leads);
		assert_int_equal(view.hosting, cases[i].hosting);
		assert_int_equal(view.is_sovereign, cases[i].sovereign);
		assert_int_equal(
			hosting_is_elsewhere(&world.deployment, "contoso.com"),
			cases[i].elsewhere);
		/* who names an Edge wants it to be looked at */
		world.topology->names[SERVICE_ACCESS] = "edge.contoso.com";
		assert_false(
			hosting_is_elsewhere(&world.deployment, "contoso.com"));
		arena_free(world.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_targets_that_name_no_host),
		cmocka_unit_test(tells_what_only_a_wildcard_answers),
		cmocka_unit_test(tells_services_that_only_a_wildcard_offers),
		cmocka_unit_test(
			falls_back_to_sipexternal_where_it_alone_is_there),
		cmocka_unit_test(recognises_who_hosts_a_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
