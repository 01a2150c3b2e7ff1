/* Rows about an external certificate that weigh less than its names. */

#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/predicate.h"
#include "common/judge/shown.h"

#include "common/base/text.h"

#include <string.h>

#define SAN_MANY 100 /* edge-services.md 13.1 C23 */

/*
 * Names of plain letters, digits and hyphens (13.1 C22); a wildcard is told
 * elsewhere.
 */

static bool is_plain(const struct fact *fact)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-.*";

	return strspn(fact->text, plain) == fact->length;
}

/* Shown as it can be: the name may hold anything. */
static void opine_odd(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct fact *fact)
{
	opine(inquiry, opinion, STATE_WARN, "cert.odd-name",
	      "the certificate names %s: names of an Edge hold letters, digits "
	      "and hyphens only",
	      fact->text);
}

static void judge_plain(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	static const char *const keys[] = {"cert.san", "cert.cn"};

	(void)target;
	for (size_t i = 0; i < 2; i++) {
		const struct fact *fact = observation_fact(seen, keys[i]);

		/* a subject name with a blank is a title, not a name */
		for (; fact; fact = fact_next(fact))
			if (!is_plain(fact) && !strchr(fact->text, ' ')) {
				opine_odd(inquiry, opinion, fact);
				return;
			}
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "its names hold letters, digits and hyphens only");
}

void judge_cert_plain_names(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_plain);
}

/*
 * How many SAN entries (C23): a note
 */

static void judge_count(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	unsigned count = 0;

	(void)target;
	for (const struct fact *fact = observation_fact(seen, "cert.san"); fact;
	     fact = fact_next(fact))
		count++;
	opine(inquiry, opinion, STATE_VERIFIED,
	      count > SAN_MANY ? "cert.many-names" : NULL,
	      "it holds %u SAN entr%s", count, count == 1 ? "y" : "ies");
}

void judge_cert_san_count(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_count);
}

/*
 * The order of SAN entries: a note (product.md decision 9)
 */

/* Where a name stands among the SAN entries; fallback where it does not. */
static size_t place_of(const struct observation *seen, const char *name,
		       size_t fallback)
{
	const struct fact *fact = observation_fact(seen, "cert.san");

	for (size_t place = 0; fact && name; fact = fact_next(fact), place++)
		if (text_names_equal(fact->text, name))
			return place;
	return fallback;
}

/* "sip,webcon,sip-n", as the published table has them. */
static bool is_in_order(const struct inquiry *inquiry,
			const struct observation *seen)
{
	const struct topology *topology = inquiry->deployment->topology;
	size_t access = place_of(seen, topology->names[SERVICE_ACCESS], 0);
	size_t last = place_of(seen, topology->names[SERVICE_WEBCONF], access);

	if (last < access)
		return false;
	for (size_t i = 1; i < topology->domain_count; i++) {
		const char *name = arena_format(inquiry->arena, "sip.%s",
						topology->domains[i]);
		size_t place = place_of(seen, name, last);

		if (place < last)
			return false;
		last = place;
	}
	return true;
}

static void judge_order(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	(void)target;
	if (is_in_order(inquiry, seen))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the SAN entries stand in the order of the table");
	else
		opine(inquiry, opinion, STATE_VERIFIED, "cert.ext.san.order",
		      "the SAN entries stand in another order than in the "
		      "table, which nothing is known to depend on");
}

void judge_cert_san_order(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_order);
}

/*
 * A wildcard beside the names (C10): a note, but where the documents of 2015
 * list it for XMPP
 */

static bool is_listed(const struct inquiry *inquiry,
		      const struct observation *seen, const char *wildcard)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *domain = wildcard + 2;
	const char *host = arena_format(inquiry->arena, "xmpp.%s", domain);
	const char *entry;

	if (topology->product != PRODUCT_SFB2015 ||
	    !(topology->features & FEATURE_BIT(FEATURE_XMPP)))
		return false;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (text_names_equal(domain, topology->domains[i]))
			return true;
	/* perhaps a domain that nobody told us of */
	return certificate_covers(inquiry->arena, seen, host, &entry) ==
	       COVER_EXACT;
}

/* Whether the name connected to stands there itself as well. */
static bool is_beside(const struct inquiry *inquiry,
		      const struct target *target,
		      const struct observation *seen)
{
	const char *entry;

	return target->name &&
	       certificate_covers(inquiry->arena, seen, target->name, &entry) ==
		       COVER_EXACT;
}

static void judge_wildcard(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const struct observation *seen)
{
	const struct fact *fact = observation_fact(seen, "cert.san");

	for (; fact; fact = fact_next(fact)) {
		if (strncmp(fact->text, "*.", 2) != 0 ||
		    is_listed(inquiry, seen, fact->text))
			continue;
		opine(inquiry, opinion, STATE_VERIFIED,
		      is_beside(inquiry, target, seen) ? "cert.wildcard-beside"
						       : NULL,
		      "a SAN entry is the wildcard %s", fact->text);
		return;
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "no SAN entry is a wildcard that no document lists");
}

void judge_cert_wildcard_beside(const struct inquiry *inquiry,
				struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_wildcard);
}

/*
 * Client authentication (C12, 13.3): a note where it is missing
 */

static bool may_serve(const struct observation *seen, const char *purpose)
{
	const struct fact *fact = observation_fact(seen, "cert.eku");

	if (!fact)
		return true; /* no extension: any purpose */
	for (; fact; fact = fact_next(fact))
		if (strcmp(fact->text, purpose) == 0)
			return true;
	return false;
}

static void judge_client_auth(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct target *target,
			      const struct observation *seen)
{
	(void)target;
	if (may_serve(seen, "clientAuth"))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "clientAuth is allowed; public CAs are about to leave it "
		      "out at renewal");
	else
		opine(inquiry, opinion, STATE_VERIFIED, "cert.no-client-auth",
		      "clientAuth is not allowed: federation with gateways of "
		      "other makes may fail, with alert 43");
}

void judge_cert_client_auth(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_client_auth);
}

/*
 * The kind of key (C14); how long an RSA key is, is told with the chain
 */

static bool is_known_curve(const char *curve)
{
	static const char *const curves[] = {"P-256", "P-384", "P-521"};

	for (size_t i = 0; curve && i < 3; i++)
		if (strcmp(curve, curves[i]) == 0)
			return true;
	return false;
}

static void judge_key(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *seen)
{
	const char *key = observation_text(seen, "cert.key");
	const char *curve = observation_text(seen, "cert.curve");

	(void)target;
	if (!key || strncmp(key, "RSA ", 4) == 0)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the key is of the kind that everybody takes (%s)",
		      key ? key : "unknown");
	else if (is_known_curve(curve))
		opine(inquiry, opinion, STATE_VERIFIED, "cert.ec-key",
		      "the key is on the curve %s, which old phones and "
		      "partners may not take",
		      curve);
	else
		opine(inquiry, opinion, STATE_WARN, "cert.odd-key",
		      "the key is %s%s%s, neither RSA nor on one of the curves "
		      "P-256, P-384 and P-521",
		      key, curve ? " on " : "", curve ? curve : "");
}

void judge_cert_key_kind(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_key);
}
