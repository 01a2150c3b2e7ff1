/*
 * partner_seen.h - what a partner sees of a healthy world, with a certificate
 * lent by fabrikam.com.
 */
#ifndef TESTS_COMMON_JUDGE_PARTNER_SEEN_H
#define TESTS_COMMON_JUDGE_PARTNER_SEEN_H

#include "tests/common/judge/world.h"

#define PARTNER_AT "192.0.2.11:5061"

/* The connection of a partner whose record leads to that host. */
static inline struct observation *
see_partner(struct world *world, const char *target, const char *san)
{
	struct observation *seen =
		world_see(world, "sip-partner", PARTNER_AT, TRANSPORT_TCP, "-");
	X509 *own = world_certificate("sip.fabrikam.com", san, 9);
	unsigned char *der = NULL;
	int length = i2d_X509(own, &der);

	observation_add_text(world->arena, seen, "client.domain",
			     "fabrikam.com");
	if (target)
		world_dns(world, "_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
			  arena_format(world->arena, "0 0 5061 %s", target));
	else
		world_dns(world, "_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
			  "NXDOMAIN");
	observation_add_bytes(world->arena, seen, "client.der", FACT_BYTES, der,
			      (size_t)length);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_requested", FACT_FLAG,
			       1);
	OPENSSL_free(der);
	X509_free(own);
	return seen;
}

static inline struct observation *answer_partner(struct world *world,
						 unsigned status)
{
	struct observation *seen =
		world_see(world, "sip-partner-options", PARTNER_AT,
			  TRANSPORT_TCP, "contoso.com");

	world_status(world, seen, status);
	return seen;
}

#endif
