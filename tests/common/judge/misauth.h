/*
 * misauth.h - one fault a function, for faults_test.c alone: how credentials
 * are asked for.
 */
#ifndef TESTS_COMMON_JUDGE_MISAUTH_H
#define TESTS_COMMON_JUDGE_MISAUTH_H

#include "tests/common/judge/world.h"

/* The challenge of one node, with these schemes. */
static struct observation *challenge(struct world *world, const char *schemes)
{
	struct observation *seen =
		world_find(world, "sip-register", "192.0.2.11:443", NULL);
	char *rest = arena_text(world->arena, schemes);
	char *scheme;

	while ((scheme = strsep(&rest, " ")))
		observation_add_text(world->arena, seen, "sip.scheme", scheme);
	return seen;
}

static void all_schemes(struct world *world)
{
	struct observation *seen = challenge(world, "NTLM Kerberos TLS-DSK");

	observation_add_text(world->arena, seen, "sip.auth_version", "4");
	observation_add_text(world->arena, seen, "sip.sts_uri",
			     "https://webext.contoso.com:443/CertProv/x.svc");
	observation_add_text(world->arena, seen, "sip.server", "RTC/7.0");
	observation_add_text(world->arena,
			     world_find(world, "sip-options-control",
					"192.0.2.11:443", NULL),
			     "sip.server", "RTC/7.0");
}

static void digest_only(struct world *world)
{
	challenge(world, "Digest");
}

static void digest_among_others(struct world *world)
{
	challenge(world, "Digest NTLM TLS-DSK");
}

static void no_tls_dsk(struct world *world)
{
	challenge(world, "NTLM Kerberos");
}

static void tls_dsk_only(struct world *world)
{
	challenge(world, "TLS-DSK");
}

static void old_challenge(struct world *world)
{
	observation_add_text(world->arena, challenge(world, "NTLM TLS-DSK"),
			     "sip.auth_version", "3");
}

static void mixed_versions(struct world *world)
{
	all_schemes(world);
	observation_add_text(
		world->arena,
		world_find(world, "sip-register", "192.0.2.10:443", NULL),
		"sip.scheme", "NTLM TLS-DSK");
	for (struct fact *fact = world_find(world, "sip-options-control",
					    "192.0.2.11:443", NULL)
					 ->facts;
	     fact; fact = fact->next)
		if (strcmp(fact->key, "sip.server") == 0)
			fact->text = "RTC/6.0";
}

static void sts(struct world *world, const char *uri)
{
	observation_add_text(world->arena, challenge(world, "NTLM TLS-DSK"),
			     "sip.sts_uri", uri);
}

static void sts_without_domain(struct world *world)
{
	sts(world, "https://fe01:443/CertProv/x.svc");
}

static void sts_of_no_public_zone(struct world *world)
{
	sts(world, "https://fe01.contoso.local/CertProv/x.svc");
}

static void sts_of_internal_domain(struct world *world)
{
	world->given->internal_domain = "contoso.net";
	sts(world, "https://fe01.contoso.net/CertProv/x.svc");
}

static void sts_by_private_address(struct world *world)
{
	sts(world, "https://10.0.0.5:443/CertProv/x.svc");
}

/* One domain inside and outside. */
static void sts_of_shared_domain(struct world *world)
{
	world->given->internal_domain = "contoso.com";
	sts(world, "https://webext.contoso.com/CertProv/x.svc");
}

#endif
