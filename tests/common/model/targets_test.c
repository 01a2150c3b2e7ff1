#include "common/model/targets.h"

#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

struct record {
	const char *name;
	uint16_t type;
	const char *answers;
};

struct world {
	struct arena *arena;
	struct observation_list list;
	struct deployment deployment;
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

static void see(struct world *world, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dns_seen(world->arena, &world->list, records[i].name,
			 records[i].type, records[i].answers);
	targets_update(&world->deployment);
}

#define SEE(world, records)                                                    \
	see(world, records, sizeof(records) / sizeof((records)[0]))

static struct topology *given(struct world *world)
{
	return (struct topology *)(uintptr_t)world->deployment.given;
}

/* What contoso.com publishes when all is well. */
static const struct record healthy[] = {
	{"_sip._tls.contoso.com", DNS_SRV, "0 0 443 sip.contoso.com"},
	{"_sipfederationtls._tcp.contoso.com", DNS_SRV,
	 "0 0 5061 sip.contoso.com"},
	{"_sip._tls.sip.contoso.com", DNS_SRV, "NXDOMAIN"},
	{"_sipfederationtls._tcp.sip.contoso.com", DNS_SRV, "NXDOMAIN"},
	{"sip.contoso.com", DNS_A, "192.0.2.11|192.0.2.10"},
	{"sip.contoso.com", DNS_AAAA, "2001:db8::10"},
	{"webcon.contoso.com", DNS_A, "192.0.2.20"},
	{"webcon.contoso.com", DNS_AAAA, ""},
	{"webconf.contoso.com", DNS_A, "NXDOMAIN"},
	{"av.contoso.com", DNS_A, "192.0.2.30"},
	{"av.contoso.com", DNS_AAAA, ""},
	{"edgeprobe-no-such-host.contoso.com", DNS_A, "NXDOMAIN"},
	{"edgeprobe-no-such-host.contoso.com", DNS_AAAA, "NXDOMAIN"},
};

static void decides_a_target_by_which_record_exists(void **state)
{
	static const struct {
		const char *asked;
		struct record records[6];
		enum discovery discovery;
		const char *domain;
	} cases[] = {
		{"contoso.com",
		 {{"_sip._tls.contoso.com", DNS_SRV, "0 0 443 a.contoso.com"}},
		 DISCOVERY_DONE,
		 "contoso.com"},
		{"contoso.com",
		 {{"_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN"},
		  {"_sipfederationtls._tcp.contoso.com", DNS_SRV,
		   "0 0 5061 a.contoso.com"}},
		 DISCOVERY_DONE,
		 "contoso.com"},
		{"sip.contoso.com",
		 {{"_sip._tls.sip.contoso.com", DNS_SRV, "NXDOMAIN"},
		  {"_sip._tls.contoso.com", DNS_SRV,
		   "0 0 443 sip.contoso.com"}},
		 DISCOVERY_DONE,
		 "contoso.com"},
		{"sip.contoso.com", /* a SIP domain that looks like a host */
		 {{"_sip._tls.sip.contoso.com", DNS_SRV,
		   "0 0 443 edge.sip.contoso.com"},
		  {"_sip._tls.contoso.com", DNS_SRV,
		   "0 0 443 sip.contoso.com"}},
		 DISCOVERY_DONE,
		 "sip.contoso.com"},
		{"sip.contoso.com", /* the parent's answer is still open */
		 {{"_sip._tls.sip.contoso.com", DNS_SRV, "NXDOMAIN"}},
		 DISCOVERY_PENDING,
		 NULL},
		{"contoso.com", /* a web site without any SRV record */
		 {{"_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN"},
		  {"_sipfederationtls._tcp.contoso.com", DNS_SRV, "NXDOMAIN"},
		  {"contoso.com", DNS_A, "192.0.2.80"},
		  {"contoso.com", DNS_AAAA, ""}},
		 DISCOVERY_DONE,
		 "contoso.com"},
		{"nosuch.example",
		 {{"_sip._tls.nosuch.example", DNS_SRV, "NXDOMAIN"},
		  {"_sipfederationtls._tcp.nosuch.example", DNS_SRV,
		   "NXDOMAIN"},
		  {"nosuch.example", DNS_A, "NXDOMAIN"},
		  {"nosuch.example", DNS_AAAA, "NXDOMAIN"}},
		 DISCOVERY_UNKNOWN,
		 NULL},
		{"contoso.com",
		 {{"_sip._tls.contoso.com", DNS_SRV, "SILENCE"},
		  {"_sipfederationtls._tcp.contoso.com", DNS_SRV, "SILENCE"}},
		 DISCOVERY_NO_DNS,
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;
		size_t count = 0;

		begin(&world, cases[i].asked);
		while (count < 6 && cases[i].records[count].name)
			count++;
		see(&world, cases[i].records, count);
		assert_int_equal(world.deployment.discovery,
				 cases[i].discovery);
		if (cases[i].domain)
			assert_string_equal(
				world.deployment.topology->domains[0],
				cases[i].domain);
		arena_free(world.arena);
	}
}

static void takes_a_host_without_records_for_the_given_domain(void **state)
{
	static const struct record records[] = {
		{"_sip._tls.edge.example.net", DNS_SRV, "NXDOMAIN"},
		{"_sip._tls.example.net", DNS_SRV, "NXDOMAIN"},
		{"_sipfederationtls._tcp.edge.example.net", DNS_SRV,
		 "NXDOMAIN"},
		{"_sipfederationtls._tcp.example.net", DNS_SRV, "NXDOMAIN"},
		{"edge.example.net", DNS_A, "192.0.2.10"},
		{"edge.example.net", DNS_AAAA, ""},
	};
	struct world world;

	(void)state;
	begin(&world, "edge.example.net");
	given(&world)->domains[0] = "contoso.com";
	given(&world)->domain_count = 1;
	SEE(&world, records);
	assert_int_equal(world.deployment.discovery, DISCOVERY_DONE);
	assert_int_equal(world.deployment.topology->domain_count, 1);
	assert_string_equal(world.deployment.topology->domains[0],
			    "contoso.com");
	assert_string_equal(world.deployment.topology->names[SERVICE_ACCESS],
			    "edge.example.net");
	arena_free(world.arena);
}

static void expects_444_only_where_access_itself_stands(void **state)
{
	static const struct {
		const char *webconf;
		uint16_t port;
	} cases[] = {{"192.0.2.10", 444}, {"192.0.2.20", 443}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct record records[] = {
			{"_sip._tls.contoso.com", DNS_SRV,
			 "0 0 5061 sip.contoso.com"},
			{"sip.contoso.com", DNS_A, "192.0.2.10"},
			{"sip.contoso.com", DNS_AAAA, ""},
			{"webcon.contoso.com", DNS_A, cases[i].webconf},
			{"webcon.contoso.com", DNS_AAAA, ""},
		};
		struct world world;

		begin(&world, "contoso.com");
		SEE(&world, records);
		assert_string_equal(
			world.deployment.topology->names[SERVICE_WEBCONF],
			"webcon.contoso.com");
		assert_int_equal(
			world.deployment.topology->ports[LISTENER_WEBCONF],
			cases[i].port);
		arena_free(world.arena);
	}
}

static void targets_every_address_of_every_name(void **state)
{
	static const struct {
		enum listener listener;
		const char *endpoint;
		const char *name;
	} expected[] = {
		{LISTENER_ACCESS, "192.0.2.10:443", "sip.contoso.com"},
		{LISTENER_ACCESS, "192.0.2.11:443", "sip.contoso.com"},
		{LISTENER_ACCESS, "[2001:db8::10]:443", "sip.contoso.com"},
		{LISTENER_FEDERATION, "192.0.2.10:5061", "sip.contoso.com"},
		{LISTENER_FEDERATION, "192.0.2.11:5061", "sip.contoso.com"},
		{LISTENER_FEDERATION, "[2001:db8::10]:5061", "sip.contoso.com"},
		{LISTENER_WEBCONF, "192.0.2.20:443", "webcon.contoso.com"},
		{LISTENER_AV_TCP, "192.0.2.30:443", "av.contoso.com"},
		{LISTENER_AV_UDP, "192.0.2.30:3478", "av.contoso.com"},
	};
	struct world world;

	(void)state;
	begin(&world, "sip.contoso.com");
	SEE(&world, healthy);
	assert_int_equal(world.deployment.target_count,
			 sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < world.deployment.target_count; i++) {
		const struct target *target = &world.deployment.targets[i];
		char text[ENDPOINT_TEXT_BYTES];

		assert_int_equal(target->listener, expected[i].listener);
		assert_string_equal(endpoint_format(text,
						    &target->endpoint.address,
						    target->endpoint.port),
				    expected[i].endpoint);
		assert_string_equal(target->name, expected[i].name);
		assert_true(target->from_dns);
	}
	assert_int_equal(world.deployment.topology->kind,
			 KIND_SCALED_DNSLB_PUBLIC);
	arena_free(world.arena);
}

static void order_of_answers_changes_nothing(void **state)
{
	struct world world, other;
	size_t count = sizeof(healthy) / sizeof(healthy[0]);

	(void)state;
	begin(&world, "contoso.com");
	begin(&other, "contoso.com");
	SEE(&world, healthy);
	for (size_t i = count; i-- > 0;)
		see(&other, &healthy[i], 1);
	assert_int_equal(world.deployment.target_count,
			 other.deployment.target_count);
	for (size_t i = 0; i < world.deployment.target_count; i++) {
		struct target *one = &world.deployment.targets[i];
		struct target *two = &other.deployment.targets[i];

		assert_int_equal(one->listener, two->listener);
		assert_true(address_equal(&one->endpoint.address,
					  &two->endpoint.address));
	}
	assert_int_equal(world.deployment.inferred_count,
			 other.deployment.inferred_count);
	arena_free(world.arena);
	arena_free(other.arena);
}

static void puts_told_domains_after_the_one_found(void **state)
{
	struct world world;
	struct topology *topology;

	(void)state;
	begin(&world, "sip.contoso.com");
	given(&world)->domains[0] = "fabrikam.com";
	given(&world)->domains[1] = "CONTOSO.com";
	given(&world)->domain_count = 2;
	SEE(&world, healthy);
	topology = world.deployment.topology;
	assert_int_equal(topology->domain_count, 2);
	assert_string_equal(topology->domains[0], "contoso.com");
	assert_string_equal(topology->domains[1], "fabrikam.com");
	assert_true(topology->features & FEATURE_BIT(FEATURE_MULTI_SIP_DOMAIN));
	arena_free(world.arena);
}

static void goes_where_connect_says(void **state)
{
	struct connect_override override = {
		.name = "SIP.contoso.com", .port = 443, .to = {.port = 8443}};
	struct world world;

	(void)state;
	address_parse("127.0.0.1", &override.to.address);
	begin(&world, "contoso.com");
	world.deployment.overrides = &override;
	world.deployment.override_count = 1;
	SEE(&world, healthy);
	assert_int_equal(world.deployment.targets[0].endpoint.port, 8443);
	assert_string_equal(world.deployment.targets[0].node, "127.0.0.1");
	/* the other port of the same host is not meant */
	assert_int_equal(world.deployment.targets[1].endpoint.port, 5061);
	assert_string_equal(world.deployment.targets[1].node, "192.0.2.10");
	arena_free(world.arena);
}

static void looks_at_one_family_when_told(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	world.deployment.families = AF_INET6;
	SEE(&world, healthy);
	assert_int_equal(world.deployment.target_count, 2);
	assert_int_equal(world.deployment.targets[0].endpoint.address.family,
			 AF_INET6);
	arena_free(world.arena);
}

static void does_not_believe_a_wildcard(void **state)
{
	static const struct record wildcard[] = {
		{"_sip._tls.contoso.com", DNS_SRV, "0 0 443 sip.contoso.com"},
		{"sip.contoso.com", DNS_A, "192.0.2.10"},
		{"edgeprobe-no-such-host.contoso.com", DNS_A, "192.0.2.80"},
		{"edgeprobe-no-such-host.contoso.com", DNS_AAAA, ""},
		{"av.contoso.com", DNS_A, "192.0.2.80"},
		{"av.contoso.com", DNS_AAAA, ""},
		{"avedge.contoso.com", DNS_A, "192.0.2.31"},
		{"avedge.contoso.com", DNS_AAAA, ""},
	};
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	SEE(&world, wildcard);
	assert_string_equal(world.deployment.topology->names[SERVICE_AV],
			    "avedge.contoso.com");
	assert_true(world.deployment.topology->name_guessed[SERVICE_AV]);
	assert_null(world.deployment.topology->names[SERVICE_WEBCONF]);
	arena_free(world.arena);
}

/* A connection that showed a certificate with names. */
static void see_certificate(struct world *world, const char *probe,
			    const char *name, const char *leaf, const char *one,
			    const char *other)
{
	struct observation *seen = observation_new(world->arena);

	seen->probe = probe;
	seen->endpoint.name = name;
	observation_add_text(world->arena, seen, "cert.sha256", leaf);
	observation_add_text(world->arena, seen, "cert.san", one);
	observation_add_text(world->arena, seen, "cert.san", other);
	observation_list_add(world->arena, &world->list, seen);
}

static void takes_names_of_a_certificate_only_with_it(void **state)
{
	static const struct record records[] = {
		{"_sip._tls.contoso.com", DNS_SRV, "0 0 443 sip.contoso.com"},
		{"sip.contoso.com", DNS_A, "192.0.2.10"},
		{"mail.contoso.com", DNS_A, "192.0.2.90"},
		{"share.contoso.com", DNS_A, "192.0.2.20"},
	};
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	see_certificate(&world, "sip", "sip.contoso.com", "aa",
			"share.contoso.com", "mail.contoso.com");
	see_certificate(&world, "webconf", "mail.contoso.com", "bb", "a", "b");
	SEE(&world, records);
	assert_null(world.deployment.topology->names[SERVICE_WEBCONF]);
	see_certificate(&world, "webconf", "share.contoso.com", "aa", "a", "b");
	targets_update(&world.deployment);
	assert_string_equal(world.deployment.topology->names[SERVICE_WEBCONF],
			    "share.contoso.com");
	arena_free(world.arena);
}

static void names_nodes_of_the_file_and_looks_at_them_without_dns(void **state)
{
	struct world world;
	struct node *node;
	const struct target *target;

	(void)state;
	begin(&world, NULL);
	given(&world)->domains[0] = "contoso.com";
	given(&world)->domain_count = 1;
	given(&world)->names[SERVICE_ACCESS] = "sip.contoso.com";
	given(&world)->kind_known = true;
	node = &given(&world)->nodes[0];
	given(&world)->node_count = 1;
	node->name = "edge1";
	node->address_count[SERVICE_ACCESS] = 1;
	address_parse("192.0.2.10", &node->addresses[SERVICE_ACCESS][0].public);
	see(&world, NULL, 0);
	assert_int_equal(world.deployment.target_count, 2);
	target = &world.deployment.targets[0];
	assert_string_equal(target->node, "edge1");
	assert_true(target->from_file && !target->from_dns);

	/* DNS agrees on one address and has a second one */
	SEE(&world, healthy);
	target = world.deployment.targets;
	assert_true(target[0].from_file && target[0].from_dns);
	assert_string_equal(target[0].node, "edge1");
	assert_true(target[1].from_dns && !target[1].from_file);
	assert_string_equal(target[1].node, "192.0.2.11");
	arena_free(world.arena);
}

static void takes_the_product_from_the_server_header(void **state)
{
	static const struct {
		const char *server;
		enum product product;
		bool known;
	} cases[] = {
		{"RTC/4.0", PRODUCT_LYNC2010, true},
		{"RTC/5.0", PRODUCT_LYNC2013, true},
		{"RTC/6.0", PRODUCT_SFB2015, true},
		{"RTC/7.0", PRODUCT_SFB2019, true},
		{"RTCC/6.0.0.0", PRODUCT_SFB2019, false},
		{"kamailio (5.6)", PRODUCT_SFB2019, false},
		{"RTC/", PRODUCT_SFB2019, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;
		struct observation *seen;

		begin(&world, "contoso.com");
		seen = observation_new(world.arena);
		seen->probe = "sip-options-control";
		observation_add_text(world.arena, seen, "sip.server",
				     cases[i].server);
		observation_list_add(world.arena, &world.list, seen);
		SEE(&world, healthy);
		assert_int_equal(world.deployment.topology->product,
				 cases[i].product);
		assert_int_equal(world.deployment.topology->product_known,
				 cases[i].known);
		arena_free(world.arena);
	}
}

static void offers_nothing_where_the_srv_target_is_the_root(void **state)
{
	static const struct record records[] = {
		{"_sip._tls.contoso.com", DNS_SRV, "0 0 0 ."},
		{"_sipfederationtls._tcp.contoso.com", DNS_SRV, "0 0 443 ."},
	};
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	SEE(&world, records);
	assert_int_equal(world.deployment.target_count, 0);
	assert_string_equal(world.deployment.topology->names[SERVICE_ACCESS],
			    "sip.contoso.com");
	arena_free(world.arena);
}

static void bounds_the_targets(void **state)
{
	struct world world;
	char *many;
	size_t used = 0;

	(void)state;
	begin(&world, "contoso.com");
	SEE(&world, healthy);
	many = arena_alloc(world.arena, 512 * 16);
	for (unsigned i = 0; i < 400; i++)
		used += (size_t)snprintf(many + used, 16, "%s192.0.%u.%u",
					 i ? "|" : "", i / 200, i % 200 + 1);
	dns_seen(world.arena, &world.list, "sip.contoso.com", DNS_A, many);
	targets_update(&world.deployment);
	assert_int_equal(world.deployment.target_count, DEPLOYMENT_TARGETS_MAX);
	assert_true(world.deployment.targets_cut);
	assert_non_null(strstr(
		world.deployment.inferred[world.deployment.inferred_count - 1],
		"only the first 256 addresses"));
	arena_free(world.arena);
}

static void bounds_the_hosts_of_srv_records(void **state)
{
	struct srv hosts[DEPLOYMENT_SRV_HOSTS_MAX];
	struct world world;
	char *many;
	size_t used = 0;
	bool cut = false;

	(void)state;
	begin(&world, "contoso.com");
	SEE(&world, healthy);
	assert_int_equal(deployment_srv_hosts(&world.deployment,
					      "_sip._tls.contoso.com", hosts,
					      &cut),
			 1);
	assert_false(cut);
	many = arena_alloc(world.arena, 512 * 32);
	for (unsigned i = 0; i < 500; i++)
		used += (size_t)snprintf(many + used, 32,
					 "%s0 0 443 s%u.contoso.com",
					 i ? "|" : "", i);
	dns_seen(world.arena, &world.list, "_sip._tls.contoso.com", DNS_SRV,
		 many);
	targets_update(&world.deployment);
	assert_int_equal(deployment_srv_hosts(&world.deployment,
					      "_sip._tls.contoso.com", hosts,
					      &cut),
			 DEPLOYMENT_SRV_HOSTS_MAX);
	assert_true(cut);
	assert_true(world.deployment.targets_cut);
	arena_free(world.arena);
}

static void reads_srv_answers(void **state)
{
	struct srv srv;

	(void)state;
	assert_true(srv_parse("1 2 443 sip.contoso.com", &srv));
	assert_int_equal(srv.priority, 1);
	assert_int_equal(srv.weight, 2);
	assert_int_equal(srv.port, 443);
	assert_string_equal(srv.target, "sip.contoso.com");
	assert_false(srv_parse("", &srv));
	assert_false(srv_parse("1 2 443", &srv));
	assert_false(srv_parse("1 2 443 ", &srv));
	assert_false(srv_parse("1 2 70000 a.b", &srv));
	assert_false(srv_parse("1 2 x a.b", &srv));
}

static void a_top_level_domain_is_no_parent(void **state)
{
	(void)state;
	assert_string_equal(name_parent("sip.contoso.com"), "contoso.com");
	assert_null(name_parent("contoso.com"));
	assert_null(name_parent("contoso"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_a_target_by_which_record_exists),
		cmocka_unit_test(
			takes_a_host_without_records_for_the_given_domain),
		cmocka_unit_test(expects_444_only_where_access_itself_stands),
		cmocka_unit_test(targets_every_address_of_every_name),
		cmocka_unit_test(order_of_answers_changes_nothing),
		cmocka_unit_test(puts_told_domains_after_the_one_found),
		cmocka_unit_test(goes_where_connect_says),
		cmocka_unit_test(looks_at_one_family_when_told),
		cmocka_unit_test(does_not_believe_a_wildcard),
		cmocka_unit_test(takes_names_of_a_certificate_only_with_it),
		cmocka_unit_test(
			names_nodes_of_the_file_and_looks_at_them_without_dns),
		cmocka_unit_test(takes_the_product_from_the_server_header),
		cmocka_unit_test(
			offers_nothing_where_the_srv_target_is_the_root),
		cmocka_unit_test(bounds_the_targets),
		cmocka_unit_test(bounds_the_hosts_of_srv_records),
		cmocka_unit_test(reads_srv_answers),
		cmocka_unit_test(a_top_level_domain_is_no_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
