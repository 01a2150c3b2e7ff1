/*
 * misnames.h - one fault a function, for faults_test.c alone: records, pools
 * and load balancers; and changes that are no faults.
 */
#ifndef TESTS_COMMON_JUDGE_MISNAMES_H
#define TESTS_COMMON_JUDGE_MISNAMES_H

#include "tests/common/judge/balanced.h"
#include "tests/common/judge/misxmpp.h"

static void no_sip_record(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
}

static void sip_not_offered(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "0 0 0 .");
}

static void no_federation_record(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV, "");
}

static void record_to_other_domain(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 sip.it.contoso.com");
	world_dns(world, "sip.it.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "sip.it.contoso.com", DNS_AAAA, "");
}

static void all_in_other_domain(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "0 0 443 sip.example.net");
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 sip.example.net");
	world_dns(world, "sip.example.net", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "sip.example.net", DNS_AAAA, "");
}

static void record_to_nowhere(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 edge.contoso.com");
	world_dns(world, "edge.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "edge.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void record_with_other_port(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 443 sip.contoso.com");
}

static void two_records(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 sip.contoso.com|10 0 5061 fed.contoso.com");
	world_dns(world, "fed.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "fed.contoso.com", DNS_AAAA, "");
}

static void xmpp_left_over(struct world *world)
{
	world_dns(world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		  "0 0 5269 sip.contoso.com");
}

static void private_address(struct world *world)
{
	world_see_relay(world, "10.45.16.31");
	world_break(world, "msturn-allocate", "10.45.16.31:3478",
		    OUTCOME_NO_REPLY, "");
	world_break(world, "msturn-allocate-tcp", "10.45.16.31:443",
		    OUTCOME_NO_REPLY, "");
	world_dns(world, "av.contoso.com", DNS_A, "192.0.2.30|10.45.16.31");
}

static void no_av_address(struct world *world)
{
	world_dns(world, "av.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "av.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void node_missing_in_record(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.20");
}

static void access_alias(struct world *world)
{
	struct observation *seen = world->list.items[3];

	assert_string_equal(seen->endpoint.name, "sip.contoso.com");
	observation_add_text(world->arena, seen, "dns.cname",
			     "edge.contoso.com");
}

/* A second SIP domain, in order. */
static void add_domain(struct world *world)
{
	static const char *const at[] = {"192.0.2.10:443", "192.0.2.11:443"};

	world->given->domains[world->given->domain_count++] = "fabrikam.com";
	world_dns(world, "_sip._tls.fabrikam.com", DNS_SRV,
		  "0 0 443 sip.fabrikam.com");
	world_dns(world, "_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
		  "0 0 5061 sip.fabrikam.com");
	world_dns(world, "_xmpp-server._tcp.fabrikam.com", DNS_SRV, "NXDOMAIN");
	world_dns(world, "sip.fabrikam.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "sip.fabrikam.com", DNS_AAAA, "");
	for (size_t i = 0; i < 2; i++)
		world_status(world,
			     world_see(world, "sip-register", at[i],
				       TRANSPORT_TCP, "fabrikam.com"),
			     401);
	reissue_all(world, "sip.contoso.com",
		    WORLD_SAN ",DNS:sip.fabrikam.com");
}

static void domain_unknown(struct world *world)
{
	add_domain(world);
	world_find(world, "sip-register", "192.0.2.11:443", "fabrikam.com")
		->facts->number = 504;
}

static void domain_not_in_san(struct world *world)
{
	add_domain(world);
	reissue_all(world, "sip.contoso.com", WORLD_SAN);
}

static void no_resolver(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "SILENCE");
	world->given->names[SERVICE_ACCESS] = "sip.contoso.com";
}

static void no_access_address(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
	world_dns(world, "sip.contoso.com", DNS_A, "");
}

static void no_webconf_address(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "webcon.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void stray_address(struct world *world)
{
	world_file(world);
	world_dns(world, "av.contoso.com", DNS_A,
		  "192.0.2.30|192.0.2.31|192.0.2.39");
	world_see_relay(world, "192.0.2.39");
}

static void node_missing_of_file(struct world *world)
{
	world_file(world);
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.20");
}

static void node_of_file_dead(struct world *world)
{
	world_file(world);
	node_dead(world);
	av_blocked(world);
	world_break(world, "webconf", "192.0.2.21:443", OUTCOME_NO_REPLY, "");
}

static void in_the_cloud(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "100 1 443 sipdir.online.lync.com");
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "100 1 5061 sipfed.online.lync.com");
	world_dns(world, "sipdir.online.lync.com", DNS_A, "203.0.113.1");
	world_alias(world, "sip.contoso.com", "sipdir.online.lync.com",
		    "203.0.113.1");
	world_alias(world, "lyncdiscover.contoso.com", "webdir.online.lync.com",
		    "203.0.113.2");
}

static void half_in_the_cloud(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "100 1 5061 sipfed.online.lync.com");
}

static void thirteen_nodes(struct world *world)
{
	const char *list = "192.0.2.10|192.0.2.11";

	for (unsigned i = 12; i < 23; i++) {
		const char *address =
			arena_format(world->arena, "192.0.2.%u", i + 100);

		world_see_access(world, address);
		list = arena_format(world->arena, "%s|%s", list, address);
	}
	world_dns(world, "sip.contoso.com", DNS_A, list);
	world->given->features &=
		~(FEATURE_BIT(FEATURE_WEBCONF) | FEATURE_BIT(FEATURE_AV));
}

static void silence(struct world *world)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		if (strcmp(seen->probe, "dns") == 0)
			continue;
		seen->outcome = OUTCOME_NO_REPLY;
		seen->facts = NULL;
	}
}

/* Somebody refuses, so this place does reach the other side. */
static void almost_silence(struct world *world)
{
	silence(world);
	world_find(world, "sip", "192.0.2.10:443", NULL)->outcome =
		OUTCOME_REFUSED;
}

static void subject_and_webcon_missing(struct world *world)
{
	reissue_all(world, "edge.contoso.com", "DNS:sip.contoso.com");
}

static void lost_name(struct world *world)
{
	reissue_all(world, "sip.contoso.com",
		    WORLD_SAN ",DNS:conf.contoso.com");
	world_dns(world, "conf.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "conf.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void no_xmpp_record(struct world *world)
{
	with_xmpp(world);
	world_dns(world, "_xmpp-server._tcp.contoso.com", DNS_SRV, "");
}

static void xmpp_elsewhere(struct world *world)
{
	with_xmpp(world);
	see_xmpp(world, "192.0.2.99:5269", XMPP_SAN);
	world_dns(world, "xmpp.contoso.com", DNS_A, "192.0.2.99");
}

static void nodes_beside_the_vip(struct world *world)
{
	with_load_balancer(world);
	world_dns(world, "av.contoso.com", DNS_A, "192.0.2.30|192.0.2.40");
}

static void relay_of_a_node_blocked(struct world *world)
{
	with_load_balancer(world);
	world_break(world, "msturn-allocate", "192.0.2.41:3478",
		    OUTCOME_NO_REPLY, "");
}

static void webconf_is_access(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_see_webconf(world, "192.0.2.10");
	world_see_webconf(world, "192.0.2.11");
}

/*
 * No faults
 */

static void mutual_tls_enforced(struct world *world)
{
	observation_add_number(
		world->arena, world_find(world, "sip", "192.0.2.11:5061", NULL),
		"tls.client_certificate_refused", FACT_FLAG, 1);
}

static void access_asks_for_certificates(struct world *world)
{
	observation_add_number(
		world->arena, world_find(world, "sip", "192.0.2.11:443", NULL),
		"tls.client_certificate_requested", FACT_FLAG, 1);
}

static void clock_almost_right(struct world *world)
{
	world_set(world, "sip-options-control", "192.0.2.11:443",
		  "sip.date_skew_s", -300);
}

static void expires_later(struct world *world)
{
	expire(world, 31);
}

static void webconf_of_its_own(struct world *world)
{
	static const char *const at[] = {"192.0.2.20:443", "192.0.2.21:443"};

	for (size_t i = 0; i < 2; i++)
		world_reissue(world, "webconf", at[i], "webcon.contoso.com",
			      "DNS:webcon.contoso.com", 7);
}

/* The relay names its own public address. */
static void lab_alternate(struct world *world)
{
	observation_add_bytes(
		world->arena,
		world_find(world, "msturn-allocate", "192.0.2.31:3478", NULL),
		"turn.alternate_server", FACT_ADDRESS, "192.0.2.31:3478", 15);
}

/* A second record of lower priority to the same host. */
static void other_reserves(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "10 0 443 sip.contoso.com|0 0 443 sip.contoso.com");
}

/* AAAA is there, and nothing listens at any of it. */
static void ipv6_dead(struct world *world)
{
	static const char *const at[] = {"[2001:db8::10]:443",
					 "[2001:db8::10]:5061"};

	world_dns(world, "sip.contoso.com", DNS_AAAA, "2001:db8::10");
	for (size_t i = 0; i < 2; i++)
		world_see(world, "sip", at[i], TRANSPORT_TCP, "-")->outcome =
			OUTCOME_REFUSED;
	world_dns(world, "av.contoso.com", DNS_AAAA, "2001:db8::30");
	world_see(world, "msturn-allocate", "[2001:db8::30]:3478",
		  TRANSPORT_UDP, "-")
		->outcome = OUTCOME_REFUSED;
	world_see(world, "msturn-allocate-tcp", "[2001:db8::30]:443",
		  TRANSPORT_TCP, "-")
		->outcome = OUTCOME_NO_REPLY;
}

/* AAAA is there; this place has no IPv6, so nothing is said of it. */
static void no_ipv6_here(struct world *world)
{
	struct observation *seen;

	world_dns(world, "sip.contoso.com", DNS_AAAA, "2001:db8::10");
	seen = world_see(world, "sip", "[2001:db8::10]:443", TRANSPORT_TCP,
			 "-");
	seen->outcome = OUTCOME_UNREACHABLE;
	seen = world_see(world, "sip", "[2001:db8::10]:5061", TRANSPORT_TCP,
			 "-");
	seen->outcome = OUTCOME_LOCAL;
}

#endif
