/*
 * misrecords.h - one fault a function, for faults_test.c alone: records that
 * edge-services.md section 11 speaks of beyond the published tables.
 */
#ifndef TESTS_COMMON_JUDGE_MISRECORDS_H
#define TESTS_COMMON_JUDGE_MISRECORDS_H

#include "tests/common/judge/misnames.h"
#include "tests/common/judge/misweb.h"

/* What is asked beside the plan, all in order. */
static void see_asides(struct world *world)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *answers;
	} records[] = {
		{"lyncdiscoverinternal.contoso.com", DNS_A, "NXDOMAIN"},
		{"lyncdiscoverinternal.contoso.com", DNS_AAAA, "NXDOMAIN"},
		{"_sipinternaltls._tcp.contoso.com", DNS_SRV, "NXDOMAIN"},
		{"_sipinternal._tcp.contoso.com", DNS_SRV, "NXDOMAIN"},
		{"sipinternal.contoso.com", DNS_A, "NXDOMAIN"},
		{"sipinternal.contoso.com", DNS_AAAA, "NXDOMAIN"},
		{"sipexternal.contoso.com", DNS_A, "192.0.2.10|192.0.2.11"},
		{"sipexternal.contoso.com", DNS_AAAA, ""},
		{"edgeprobe-no-such-host.contoso.com", DNS_A, "NXDOMAIN"},
		{"edgeprobe-no-such-host.contoso.com", DNS_AAAA, "NXDOMAIN"},
		{"edgeprobe-no-such-host._tls.contoso.com", DNS_SRV,
		 "NXDOMAIN"},
		{"edgeprobe-no-such-host._tcp.contoso.com", DNS_SRV,
		 "NXDOMAIN"},
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		world_dns(world, records[i].name, records[i].type,
			  records[i].answers);
	with_web(world);
}

static void target_is_address(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 203.0.113.5");
	world_dns(world, "203.0.113.5", DNS_A, "NXDOMAIN");
	world_dns(world, "203.0.113.5", DNS_AAAA, "NXDOMAIN");
}

static void target_lacks_dot(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 sip.contoso.com.contoso.com");
	world_dns(world, "sip.contoso.com.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "sip.contoso.com.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void target_private(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 fed.contoso.com");
	world_dns(world, "fed.contoso.com", DNS_A, "100.64.0.1");
	world_dns(world, "fed.contoso.com", DNS_AAAA, "");
	world_see(world, "sip", "100.64.0.1:5061", TRANSPORT_TCP, "-")
		->outcome = OUTCOME_NO_REPLY;
}

static void one_host_twice(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "0 0 443 sip.contoso.com|0 5 443 sip.contoso.com");
}

/* Partners hold the certificate against the target, and it has the other. */
static void alias_in_certificate(struct world *world)
{
	world_alias(world, "sip.contoso.com", "edge.contoso.com",
		    "192.0.2.10|192.0.2.11");
	reissue_all(world, "edge.contoso.com",
		    "DNS:edge.contoso.com,DNS:webcon.contoso.com");
}

static void misspelt_record(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
	world_dns(world, "_sip._tcp.contoso.com", DNS_SRV,
		  "0 0 443 sip.contoso.com");
}

static void no_record_and_no_fallback(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
	world->given->names[SERVICE_ACCESS] = "edge.contoso.com";
	world_dns(world, "edge.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "edge.contoso.com", DNS_AAAA, "");
	world_dns(world, "sip.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 edge.contoso.com");
	reissue_all(world, "edge.contoso.com",
		    "DNS:edge.contoso.com,DNS:webcon.contoso.com");
}

/* Clients since 2013 ask lyncdiscover first. */
static void no_record_but_lyncdiscover(struct world *world)
{
	no_record_and_no_fallback(world);
	with_web(world);
}

static void no_record_and_web_down(struct world *world)
{
	no_record_and_no_fallback(world);
	web_pool_gone(world);
}

static void wildcard_zone(struct world *world)
{
	see_asides(world);
	world_dns(world, "edgeprobe-no-such-host.contoso.com", DNS_A,
		  "203.0.113.80");
	world_dns(world, "sipinternal.contoso.com", DNS_A, "203.0.113.80");
}

static void name_by_wildcard(struct world *world)
{
	see_asides(world);
	world_dns(world, "edgeprobe-no-such-host.contoso.com", DNS_A,
		  "192.0.2.30|192.0.2.31");
	world_dns(world, "edgeprobe-no-such-host.contoso.com", DNS_AAAA, "");
}

static void service_by_wildcard(struct world *world)
{
	see_asides(world);
	world_dns(world, "edgeprobe-no-such-host._tls.contoso.com", DNS_SRV,
		  "0 0 443 sip.contoso.com");
}

static void inside_names_outside(struct world *world)
{
	see_asides(world);
	world_dns(world, "lyncdiscoverinternal.contoso.com", DNS_A, "10.1.1.5");
	world_dns(world, "_sipinternaltls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 pool.contoso.com");
}

static void inside_name_harmless(struct world *world)
{
	see_asides(world);
	world_dns(world, "lyncdiscoverinternal.contoso.com", DNS_A,
		  "192.0.2.40");
}

/* What a second resolver said. */
static struct observation *second_opinion(struct world *world, const char *name,
					  uint16_t type, const char *answers)
{
	struct observation *seen;

	world_dns(world, name, type, answers);
	seen = world->list.items[world->list.count - 1];
	seen->probe = "dns-compare";
	assert_true(address_parse("198.51.100.53", &seen->endpoint.address));
	seen->endpoint.port = 53;
	return seen;
}

static void resolvers_differ(struct world *world)
{
	second_opinion(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
	second_opinion(world, "sip.contoso.com", DNS_A,
		       "192.0.2.11|192.0.2.10");
}

static void resolver_fails(struct world *world)
{
	struct observation *seen = second_opinion(
		world, "_sip._tls.contoso.com", DNS_SRV, "SILENCE");

	seen->outcome = OUTCOME_LOCAL;
	observation_add_text(world->arena, seen, "dns.rcode", "SERVFAIL");
}

static void resolvers_agree(struct world *world)
{
	second_opinion(world, "_sip._tls.contoso.com", DNS_SRV,
		       "0 0 443 sip.contoso.com");
	second_opinion(world, "sip.contoso.com", DNS_A,
		       "192.0.2.11|192.0.2.10");
}

/* Nobody spoke of an Edge Server. */
static void forget_names(struct world *world)
{
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		world->given->names[i] = NULL;
}

static void hosted(struct world *world)
{
	forget_names(world);
	see_asides(world);
	in_the_cloud(world);
}

static void hosted_without_discovery(struct world *world)
{
	hosted(world);
	world_dns(world, "lyncdiscover.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "lyncdiscover.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void hosted_but_discovery(struct world *world)
{
	hosted(world);
	world_dns(world, "lyncdiscover.contoso.com", DNS_A, "192.0.2.40");
}

static void hosted_in_sovereign_cloud(struct world *world)
{
	hosted(world);
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "100 1 5061 sipfed.gov.skypeforbusiness.us");
}

static void sign_in_in_the_cloud(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "100 1 443 sipdir.online.lync.com");
}

static void discovery_in_the_cloud(struct world *world)
{
	world_alias(world, "lyncdiscover.contoso.com", "webdir.online.lync.com",
		    "203.0.113.2");
}

static void webconf_is_relay(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.30|192.0.2.31");
	world_see_webconf(world, "192.0.2.30");
	world_see_webconf(world, "192.0.2.31");
}

static void access_lacks_node(struct world *world)
{
	world_dns(world, "sip.contoso.com", DNS_A, "192.0.2.10");
}

static void xmpp_falls_back(struct world *world)
{
	no_xmpp_record(world);
	world_dns(world, "contoso.com", DNS_A, "203.0.113.80");
	world_dns(world, "contoso.com", DNS_AAAA, "");
}

/* Two domains on one Edge; partners of the second are sent to a third name. */
static void partners_sent_elsewhere(struct world *world)
{
	add_domain(world);
	world_dns(world, "_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
		  "0 0 5061 fed.fabrikam.com");
	world_dns(world, "fed.fabrikam.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "fed.fabrikam.com", DNS_AAAA, "");
}

static void version_at(struct world *world, const char *address,
		       const char *server)
{
	observation_add_text(
		world->arena,
		world_find(world, "sip-options-control", address, NULL),
		"sip.server", server);
}

static void version_differs(struct world *world)
{
	world_see_access(world, "192.0.2.12");
	world_dns(world, "sip.contoso.com", DNS_A,
		  "192.0.2.10|192.0.2.11|192.0.2.12");
	version_at(world, "192.0.2.10:443", "RTC/7.0");
	version_at(world, "192.0.2.11:443", "RTC/6.0");
	version_at(world, "192.0.2.12:443", "RTC/7.0");
	world->given->product_known = true;
	world->given->features &=
		~(FEATURE_BIT(FEATURE_WEBCONF) | FEATURE_BIT(FEATURE_AV));
}

/*
 * No faults
 */

static void one_version(struct world *world)
{
	version_at(world, "192.0.2.10:443", "RTC/7.0");
	version_at(world, "192.0.2.11:443", "RTC/7.0");
}

static void not_offered_with_odd_port(struct world *world)
{
	see_asides(world);
	world_dns(world, "_sipinternaltls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 .");
}

#endif
