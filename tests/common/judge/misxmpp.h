/*
 * misxmpp.h - one fault a function, for faults_test.c alone: the XMPP proxy
 * of a healthy world of the 2015 server.
 */
#ifndef TESTS_COMMON_JUDGE_MISXMPP_H
#define TESTS_COMMON_JUDGE_MISXMPP_H

#include "tests/common/judge/breaks.h"

#define XMPP_SAN WORLD_SAN ",DNS:xmpp.contoso.com,DNS:*.contoso.com"

/* A healthy stream; san NULL: it ended before TLS. */
static struct observation *see_xmpp(struct world *world, const char *endpoint,
				    const char *san)
{
	struct observation *seen = world_see(world, "xmpp", endpoint,
					     TRANSPORT_TCP, "contoso.com");

	if (san)
		world_show(world, seen, "sip.contoso.com", san, 2);
	observation_add_text(world->arena, seen, "xmpp.version", "1.0");
	seen->phase = san ? "secure-stream" : "stream";
	observation_add_number(world->arena, seen, "xmpp.starttls", FACT_FLAG,
			       san != NULL);
	return seen;
}

/* The 2015 server with XMPP on, and these names in its certificate. */
static void xmpp_with_names(struct world *world, const char *san)
{
	world->given->product = PRODUCT_SFB2015;
	world->given->product_known = true;
	world->given->features |= FEATURE_BIT(FEATURE_XMPP);
	world_dns(world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		  "0 0 5269 xmpp.contoso.com");
	world_dns(world, "xmpp.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "xmpp.contoso.com", DNS_AAAA, "");
	see_xmpp(world, "192.0.2.10:5269", san);
	see_xmpp(world, "192.0.2.11:5269", san);
	reissue_all(world, "sip.contoso.com", san);
}

static void with_xmpp(struct world *world)
{
	xmpp_with_names(world, XMPP_SAN);
}

/* The bare domain serves every peer (product.md decision 9). */
static void xmpp_by_bare_domain(struct world *world)
{
	xmpp_with_names(world, WORLD_SAN ",DNS:contoso.com");
}

/* The domain as a service name only (edge-services.md 8.5). */
static void xmpp_by_service_name(struct world *world)
{
	static const char *const at[] = {"192.0.2.10:5269", "192.0.2.11:5269"};

	xmpp_with_names(world, WORLD_SAN);
	for (size_t i = 0; i < 2; i++)
		observation_add_text(world->arena,
				     world_find(world, "xmpp", at[i], NULL),
				     "cert.srv_id", "_xmpp-server.contoso.com");
}

/* Nobody told of XMPP but the record. */
static void xmpp_by_record(struct world *world)
{
	with_xmpp(world);
	world->given->features &= ~FEATURE_BIT(FEATURE_XMPP);
}

static void xmpp_without_wildcard(struct world *world)
{
	xmpp_with_names(world, WORLD_SAN ",DNS:xmpp.contoso.com");
}

static void xmpp_by_wildcard(struct world *world)
{
	xmpp_with_names(world, WORLD_SAN ",DNS:*.contoso.com");
}

static void xmpp_not_in_san(struct world *world)
{
	xmpp_with_names(world, WORLD_SAN);
}

static void xmpp_of_its_own(struct world *world)
{
	with_xmpp(world);
	world_reissue(world, "sip", "192.0.2.11:443", "sip.contoso.com",
		      XMPP_SAN, 3);
	world_reissue(world, "sip", "192.0.2.11:5061", "sip.contoso.com",
		      XMPP_SAN, 3);
	world_reissue(world, "sip", "192.0.2.10:443", "sip.contoso.com",
		      XMPP_SAN, 3);
	world_reissue(world, "sip", "192.0.2.10:5061", "sip.contoso.com",
		      XMPP_SAN, 3);
	world_reissue(world, "webconf", "192.0.2.20:443", "sip.contoso.com",
		      XMPP_SAN, 3);
	world_reissue(world, "webconf", "192.0.2.21:443", "sip.contoso.com",
		      XMPP_SAN, 3);
}

static void xmpp_refused(struct world *world)
{
	with_xmpp(world);
	world_break(world, "xmpp", "192.0.2.11:5269", OUTCOME_REFUSED, "");
}

static void xmpp_is_ssh(struct world *world)
{
	with_xmpp(world);
	world_break(world, "xmpp", "192.0.2.11:5269", OUTCOME_GARBLED,
		    "an SSH server answers, not XMPP");
}

static void xmpp_closes(struct world *world)
{
	with_xmpp(world);
	world_break(world, "xmpp", "192.0.2.11:5269", OUTCOME_CLOSED, "");
}

/* The second node's stream fails before TLS. */
static void xmpp_fails(struct world *world, const char *condition)
{
	with_xmpp(world);
	world_break(world, "xmpp", "192.0.2.11:5269", OUTCOME_ANSWERED, "");
	observation_add_text(world->arena,
			     world_find(world, "xmpp", "192.0.2.11:5269", NULL),
			     "xmpp.error", condition);
}

static void xmpp_host_unknown(struct world *world)
{
	xmpp_fails(world, "host-unknown");
}

static void xmpp_gateway_dead(struct world *world)
{
	xmpp_fails(world, "remote-connection-failed");
}

static void xmpp_takes_no_strangers(struct world *world)
{
	xmpp_fails(world, "policy-violation");
}

static void xmpp_odd(struct world *world)
{
	xmpp_fails(world, "not-well-formed");
}

static void xmpp_without_tls(struct world *world)
{
	with_xmpp(world);
	see_xmpp(world, "192.0.2.11:5269", NULL);
}

static void xmpp_starttls_fails(struct world *world)
{
	struct observation *seen;

	with_xmpp(world);
	seen = see_xmpp(world, "192.0.2.11:5269", NULL);
	seen->facts = NULL;
	observation_add_text(world->arena, seen, "xmpp.version", "1.0");
	observation_add_number(world->arena, seen, "xmpp.starttls", FACT_FLAG,
			       1);
	observation_add_number(world->arena, seen, "xmpp.starttls_failed",
			       FACT_FLAG, 1);
}

static void xmpp_tls_fails(struct world *world)
{
	struct observation *seen;

	with_xmpp(world);
	seen = world_break(world, "xmpp", "192.0.2.11:5269", OUTCOME_ALERT,
			   "TLS alert 40 handshake_failure");
	observation_add_number(world->arena, seen, "xmpp.starttls", FACT_FLAG,
			       1);
	seen->phase = "handshake";
}

#endif
