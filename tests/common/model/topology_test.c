#include "common/model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char path[] = "/tmp/topology_test.XXXXXX";

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	arena = arena_new();
	return fd < 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return unlink(path);
}

/* Reads text as a file; NULL with *why past the "FILE:" of it. */
static struct topology *read_bytes(const void *text, size_t length,
				   const char **why)
{
	FILE *file = fopen(path, "w");
	struct topology *topology;

	assert_non_null(file);
	fwrite(text, 1, length, file);
	fclose(file);
	*why = NULL;
	topology = topology_read(arena, path, why);
	if (!topology) {
		assert_memory_equal(*why, path, strlen(path));
		*why += strlen(path) + 1;
	}
	return topology;
}

static struct topology *read_text(const char *text, const char **why)
{
	return read_bytes(text, strlen(text), why);
}

#define DOMAIN "[deployment]\nsip-domains = contoso.com\n"

static const char demo[] = "# the demo\n"
			   "[deployment]\n"
			   "product = sfb2019\n"
			   "topology = scaled-dnslb-public\n"
			   "sip-domains = Contoso.com, fabrikam.com.\n"
			   "  litware.com ; and one more = 3\n"
			   "[names]\n"
			   "  access = sip.contoso.com\n"
			   "  webconf = webcon.contoso.com\n"
			   "[ports]\n"
			   "federation = 5062\n"
			   "[relay]\n"
			   "first = 40000\n"
			   "count = 1000\n"
			   "[edge edge1]\n"
			   "access = 192.0.2.10 2001:db8::10\n"
			   "webconf = 192.0.2.20 2001:db8::20\n"
			   "av = 192.0.2.30 2001:db8::30\n"
			   "internal = 172.25.33.10\n"
			   "[edge edge2]\n"
			   "access = 192.0.2.11\r\n"
			   "webconf = 192.0.2.21\n"
			   "av = 192.0.2.31";

static void reads_the_demo_deployment(void **state)
{
	const char *why;
	struct topology *topology = read_text(demo, &why);
	char name[ADDRESS_TEXT_BYTES];

	(void)state;
	if (why)
		fail_msg("%s", why);
	assert_int_equal(topology->product, PRODUCT_SFB2019);
	assert_true(topology->product_known && topology->kind_known);
	assert_int_equal(topology->kind, KIND_SCALED_DNSLB_PUBLIC);
	assert_int_equal(topology->domain_count, 3);
	assert_string_equal(topology->domains[0], "contoso.com");
	assert_string_equal(topology->domains[1], "fabrikam.com");
	assert_string_equal(topology->domains[2], "litware.com");
	assert_string_equal(topology->names[SERVICE_AV], "av.contoso.com");
	assert_null(topology->names[SERVICE_XMPP]);
	assert_int_equal(topology->ports[LISTENER_FEDERATION], 5062);
	assert_int_equal(topology->ports[LISTENER_AV_UDP], 3478);
	assert_int_equal(topology->relay_first, 40000);
	assert_int_equal(topology->relay_count, 1000);
	assert_int_equal(topology->node_count, 2);
	assert_string_equal(topology->nodes[1].name, "edge2");
	assert_int_equal(topology->nodes[0].address_count[SERVICE_AV], 2);
	address_format(name,
		       &topology->nodes[0].addresses[SERVICE_AV][1].public);
	assert_string_equal(name, "2001:db8::30");
	assert_int_equal(topology->nodes[0].address_count[SERVICE_XMPP], 0);
	assert_int_equal(topology->features,
			 features_close(FEATURE_BIT(FEATURE_REMOTE_ACCESS) |
					FEATURE_BIT(FEATURE_WEBCONF) |
					FEATURE_BIT(FEATURE_AV) |
					FEATURE_BIT(FEATURE_FEDERATION) |
					FEATURE_BIT(FEATURE_MULTI_SIP_DOMAIN) |
					FEATURE_BIT(FEATURE_HA) |
					FEATURE_BIT(FEATURE_PER_ROLE) |
					FEATURE_BIT(FEATURE_IPV6)));
}

static void reads_web_sites(void **state)
{
	const char *why;
	struct topology *topology = read_text(
		DOMAIN "[web]\nexternal = WebExt.contoso.com\n"
		       "meet = https://contoso.com/meet/\n"
		       "dialin = contoso.com/dialin\n"
		       "address = 192.0.2.40 2001:db8::40\nhttp = 8080\n",
		&why);

	(void)state;
	if (why)
		fail_msg("%s", why);
	assert_string_equal(topology->web.sites[WEB_SITE_EXTERNAL],
			    "https://WebExt.contoso.com/");
	assert_string_equal(topology->web.sites[WEB_SITE_MEET],
			    "https://contoso.com/meet/");
	assert_string_equal(topology->web.sites[WEB_SITE_DIALIN],
			    "https://contoso.com/dialin");
	assert_int_equal(topology->web.address_count, 2);
	assert_int_equal(topology->web.https, 443);
	assert_int_equal(topology->web.http, 8080);
	topology = read_text(DOMAIN, &why);
	assert_null(topology->web.sites[WEB_SITE_MEET]);
	assert_int_equal(topology->web.address_count, 0);
}

static void reads_nat_with_public_side_and_xmpp(void **state)
{
	const char *why;
	struct topology *topology = read_text("[deployment]\n"
					      "product = sfb2015\n"
					      "sip-domains = contoso.com\n"
					      "features = remote-access xmpp\n"
					      "[edge edge1]\n"
					      "access-public = 203.0.113.10\n"
					      "access = 10.45.16.10\n",
					      &why);
	const struct service_address *access;

	(void)state;
	assert_null(why);
	assert_int_equal(topology->kind, KIND_SINGLE_NAT);
	assert_false(topology->kind_known);
	access = &topology->nodes[0].addresses[SERVICE_XMPP][0];
	assert_int_equal(access->local.bytes[0], 10);
	assert_int_equal(access->public.bytes[0], 203);
	assert_string_equal(topology->names[SERVICE_XMPP], "xmpp.contoso.com");
	assert_int_equal(topology->features,
			 FEATURE_BIT(FEATURE_REMOTE_ACCESS) |
				 FEATURE_BIT(FEATURE_XMPP) |
				 FEATURE_BIT(FEATURE_PER_ROLE));
}

static void drops_xmpp_where_the_product_lacks_it(void **state)
{
	const char *why;
	struct topology *topology =
		read_text(DOMAIN "features = xmpp av\n"
				 "[edge a]\naccess = 192.0.2.1\n",
			  &why);

	(void)state;
	assert_null(why);
	assert_false(topology->features & FEATURE_BIT(FEATURE_XMPP));
	assert_int_equal(topology->nodes[0].address_count[SERVICE_XMPP], 0);
}

static void allows_one_address_with_ports_of_its_own(void **state)
{
	const char *why;
	struct topology *topology =
		read_text(DOMAIN "[ports]\naccess = 5061\nfederation = 5062\n"
				 "webconf = 444\n"
				 "[edge a]\naccess = 127.0.0.1\n"
				 "webconf = 127.0.0.1\nav = 127.0.0.1\n",
			  &why);

	(void)state;
	assert_null(why);
	assert_true(topology->features & FEATURE_BIT(FEATURE_SINGLE_IP));
	assert_false(topology->features & FEATURE_BIT(FEATURE_PER_ROLE));
}

static void names_line_and_text_of_every_error(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", " [deployment] lacks sip-domains"},
		{"[deployment]\nproduct = sfb2019\n",
		 "1: [deployment] lacks sip-domains"},
		{"x = y\n", "1: 'x' stands before the first [section]"},
		{"[names]\nacces = sip.contoso.com\n",
		 "2: unknown key 'acces' in [names] (did you mean 'access'?)"},
		{"[names]\nfederation = sip.contoso.com\n",
		 "2: unknown key 'federation' in [names]"},
		{"[port]\n",
		 "1: unknown section [port] (did you mean 'ports'?)"},
		{"[names\n", "1: '[names' lacks its ']'"},
		{"[names]\n[ports]\n[names]\n", "3: [names] is given twice"},
		{"[names x]\n", "1: [names] takes no name: 'x'"},
		{"[edge]\n", "1: [edge] needs a name, as in [edge edge1]"},
		{"[edge a b]\n", "1: 'a b' is not a node name such as edge1"},
		{"[deployment]\nhello\n",
		 "2: neither [section], 'key = value' nor a comment"},
		{"[deployment]\n  hello\n",
		 "2: 'hello' is neither 'key = value' nor part of a list"},
		{"[deployment]\nproduct =\n", "2: 'product' has no value"},
		{"[deployment]\nproduct = sfb2019 sfb2015\n",
		 "2: 'product' takes one value, not also 'sfb2015'"},
		{"[deployment]\nproduct = sfb2016\n",
		 "2: unknown product 'sfb2016' (did you mean 'sfb2015'?)"},
		{"[deployment]\ntopology = scaled-dnslb\n",
		 "2: unknown topology 'scaled-dnslb' "
		 "(did you mean 'scaled-dnslb-nat'?)"},
		{"[deployment]\nfeatures = av web\n",
		 "2: unknown feature 'web' (did you mean 'webconf'?)"},
		{DOMAIN "sip-domains = fabrikam.com\n",
		 "3: 'sip-domains' is given twice in [deployment]"},
		{"[deployment]\nsip-domains = a.com A.COM\n",
		 "2: SIP domain 'a.com' is given twice"},
		{"[deployment]\nsip-domains = 192.0.2.1\n",
		 "2: '192.0.2.1' is an address, not a name"},
		{"[deployment]\nsip-domains = *.contoso.com\n",
		 "2: '*.contoso.com' is not a DNS name such as "
		 "sip.contoso.com"},
		{"[deployment]\nsip-domains = a..com\n",
		 "2: 'a..com' is not a DNS name such as sip.contoso.com"},
		{"[ports]\naccess = 70000\n",
		 "2: port '70000' is not a number from 1 to 65535"},
		{DOMAIN "[web]\nmeet = http://meet.contoso.com/\n",
		 "4: 'http://meet.contoso.com/' is not a web address such as "
		 "https://meet.contoso.com/"},
		{DOMAIN "[web]\nexternal = webext\n",
		 "4: 'webext' is not a web address such as "
		 "https://meet.contoso.com/"},
		{DOMAIN "[web]\naddress = 192.0.2.1 192.0.2.2 192.0.2.3 "
			"192.0.2.4 192.0.2.5\n",
		 "4: more than 4 addresses of the web services, from "
		 "'192.0.2.5' on"},
		{DOMAIN "[web]\nhttps = 0\n",
		 "4: port '0' is not a number from 1 to 65535"},
		{DOMAIN "[relay]\nfirst = 60000\n",
		 "4: [relay] first 60000 with count 10000 runs beyond port "
		 "65535"},
		{DOMAIN "[edge a]\naccess = 192.0.2.300\n",
		 "4: '192.0.2.300' is not an IPv4 or IPv6 address"},
		{DOMAIN "[edge a]\naccess = 192.0.2.1 192.0.2.2 192.0.2.3 "
			"192.0.2.4 192.0.2.5\n",
		 "4: more than 4 addresses of one service, from '192.0.2.5' "
		 "on"},
		{DOMAIN "[edge a]\naccess = 192.0.2.1\n[edge A]\n",
		 "5: node 'A' is given twice, first in line 3"},
		{DOMAIN "[edge a]\naccess = 10.0.0.1 10.0.0.2\n"
			"access-public = 192.0.2.1\n",
		 "4: access has 2 addresses and access-public has 1: under "
		 "NAT each needs its public one"},
		{DOMAIN
		 "[edge a]\naccess = 10.0.0.1\naccess-public = fd00::1\n",
		 "4: address 1 of access and of access-public are of two "
		 "families"},
		{DOMAIN "topology = single-public\n[edge a]\n"
			"access = 192.0.2.1\n[edge b]\naccess = 192.0.2.2\n",
		 "6: topology single-public has one edge, 'b' is a second "
		 "one"},
		{DOMAIN "topology = single-public\n[vip a]\n"
			"access = 192.0.2.1\n",
		 "4: [vip a] needs topology = scaled-hlb, not single-public"},
		{DOMAIN "[networks]\nserved = 10.1.0.0/8\n",
		 "4: network '10.1.0.0/8': it has bits set beyond its prefix"},
		{DOMAIN "[pool fe.contoso.net]\nrole = front-end\n",
		 "4: unknown role 'front-end' (did you mean 'frontend'?)"},
		{DOMAIN "[pool fe.contoso.net]\n[pool FE.contoso.net]\n",
		 "4: pool 'fe.contoso.net' is given twice, first in line 3"},
		{DOMAIN
		 "[pool fe.contoso.net]\naddresses = 10.0.0.1 10.0.0.2\n",
		 "4: 'fe.contoso.net' has 1 servers and 2 addresses"},
		{DOMAIN "[pool fe]\nrole = frontend\n",
		 "3: 'fe' is not a DNS name such as sip.contoso.com"},
		{DOMAIN "[balancer]\ninternal = nlb\n",
		 "4: 'nlb' is none of dns, hardware and none"},
		{DOMAIN "[balancer]\nsource-nat = access ac\n",
		 "4: unknown service 'ac' (did you mean 'access'?)"},
		{DOMAIN "[balancer]\ndirect-return = maybe\n",
		 "4: 'maybe' is neither yes nor no"},
		{DOMAIN "[clients]\naudio = 50039-50020\n",
		 "4: '50039-50020' is no range of ports such as 50020-50039"},
		{DOMAIN "[vip a]\naccess = 192.0.2.1\n[vip b]\n",
		 "5: a second [vip]: 'b' after 'a'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why;

		assert_null(read_text(cases[i].text, &why));
		assert_string_equal(why, cases[i].why);
	}
}

static void refuses_long_lines_and_what_is_no_text(void **state)
{
	static const char nul[] = "[names]\naccess\0 = x\n";
	char text[4096] = DOMAIN "# ";
	const char *why;

	(void)state;
	memset(text + strlen(text), 'x', 1000);
	assert_null(read_text(text, &why));
	assert_string_equal(why, "3: line longer than 197 bytes: carry lists "
				 "on in indented lines");
	assert_null(read_bytes(nul, sizeof(nul) - 1, &why));
	assert_string_equal(why, "2: a NUL byte: not a text file");
}

/* Cut anywhere, and with any byte changed, it is read or refused. */
static void survives_every_truncation_and_slip(void **state)
{
	char text[sizeof(demo)];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(demo); i++) {
		if (!read_bytes(demo, i, &why))
			assert_true(strlen(why) > 0);
		memcpy(text, demo, sizeof(demo));
		text[i] = "=[] ;\n\x80"[i % 7];
		if (!read_bytes(text, sizeof(demo) - 1, &why))
			assert_true(strlen(why) > 0);
	}
}

static void refuses_files_that_cannot_be_read(void **state)
{
	const char *why;

	(void)state;
	assert_null(topology_read(arena, "/nonexistent/edge.conf", &why));
	assert_string_equal(
		why, "/nonexistent/edge.conf: No such file or directory");
	assert_null(topology_read(arena, "/", &why));
	assert_string_equal(why, "/: Is a directory");
}

static void refuses_a_node_too_many(void **state)
{
	char text[4096] = DOMAIN;
	const char *why;

	(void)state;
	for (unsigned i = 1; i <= TOPOLOGY_NODES_MAX + 1; i++) {
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length,
			 "[edge e%u]\naccess = 192.0.2.%u\n", i, i);
	}
	assert_null(read_text(text, &why));
	assert_string_equal(why, "43: more than 20 edges, from 'e21' on");
}

static void closes_features_as_the_conditions_say(void **state)
{
	uint64_t wlm = FEATURE_BIT(FEATURE_PIC_WLM);
	uint64_t ocs = FEATURE_BIT(FEATURE_FED_OCS2007);
	uint64_t sharing = FEATURE_BIT(FEATURE_APP_SHARING);

	(void)state;
	assert_int_equal(features_close(0), 0);
	assert_int_equal(features_close(wlm), wlm | FEATURE_BIT(FEATURE_PIC));
	assert_int_equal(features_close(FEATURE_BIT(FEATURE_EXUM_2010_RTM)),
			 FEATURE_BIT(FEATURE_EXUM_2010_RTM) |
				 FEATURE_BIT(FEATURE_EXUM_2010) |
				 FEATURE_BIT(FEATURE_EXCHANGE_UM));
	assert_int_equal(features_close(ocs | sharing),
			 ocs | sharing | FEATURE_BIT(FEATURE_FEDERATION) |
				 FEATURE_BIT(FEATURE_AV) |
				 FEATURE_BIT(FEATURE_EDGE_TO_EDGE_MEDIA));
}

static void names_round_trip(void **state)
{
	enum topology_kind kind;
	enum product product;
	enum feature feature;

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		assert_true(
			kind_parse(kind_name((enum topology_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	for (size_t i = 0; i < PRODUCT_COUNT; i++) {
		assert_true(
			product_parse(product_name((enum product)i), &product));
		assert_int_equal(product, i);
	}
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		assert_true(
			feature_parse(feature_name((enum feature)i), &feature));
		assert_int_equal(feature, i);
	}
	assert_false(kind_parse("", &kind));
	assert_false(product_parse("ocs2007", &product));
	assert_false(feature_parse("AV", &feature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_demo_deployment),
		cmocka_unit_test(reads_web_sites),
		cmocka_unit_test(reads_nat_with_public_side_and_xmpp),
		cmocka_unit_test(drops_xmpp_where_the_product_lacks_it),
		cmocka_unit_test(allows_one_address_with_ports_of_its_own),
		cmocka_unit_test(names_line_and_text_of_every_error),
		cmocka_unit_test(refuses_long_lines_and_what_is_no_text),
		cmocka_unit_test(survives_every_truncation_and_slip),
		cmocka_unit_test(refuses_files_that_cannot_be_read),
		cmocka_unit_test(refuses_a_node_too_many),
		cmocka_unit_test(closes_features_as_the_conditions_say),
		cmocka_unit_test(names_round_trip),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
