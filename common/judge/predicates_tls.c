/* Rows about TLS itself: who ends it, and whom it trusts. */

#include "common/judge/certificate.h"
#include "common/judge/predicate.h"
#include "common/judge/shown.h"

#include <string.h>

/*
 * SNI on and off (edge-services.md 3.1)
 */

/* Perhaps a load balancer led the second connection to an unequal server. */
static const char *by_chance(const struct inquiry *inquiry,
			     const struct target *target,
			     const struct observation *without)
{
	const char *entry;

	return target->name && certificate_covers(inquiry->arena, without,
						  target->name,
						  &entry) == COVER_EXACT
		       ? "; or it is that of an unequal server behind a load "
			 "balancer"
		       : "";
}

/* Whether who names the server is shown it, too, in turn with others. */
static bool is_shown_in_turn(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct target *target,
			     const struct observation *without)
{
	const struct observation *spread = deployment_seen(
		inquiry->deployment, target, "vip-spread", NULL);
	const char *digest = observation_text(without, "cert.sha256");
	const struct fact *leaf =
		spread ? observation_fact(spread, "spread.leaf") : NULL;

	while (leaf && digest && strcmp(leaf->text, digest) != 0)
		leaf = fact_next(leaf);
	if (!leaf || !digest)
		return false;
	opinion_rest_on(inquiry, opinion, spread);
	return true;
}

/* Refusing those who name no server is as good a sign as another certificate.
 */
static void judge_second_look(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct target *target,
			      const struct observation *seen,
			      const struct observation *without)
{
	if (certificate_same(seen, without))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it shows the same certificate without SNI");
	else if (is_shown_in_turn(inquiry, opinion, target, without))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "without SNI it shows one of those certificates that it "
		      "shows in turn");
	else if (observation_fact(without, "cert.der"))
		opine(inquiry, opinion, STATE_WARN, "tls.sni-differs",
		      "without SNI it shows another certificate (%s)%s",
		      certificate_names(inquiry->arena, without),
		      by_chance(inquiry, target, without));
	else if (without->outcome == OUTCOME_ALERT ||
		 without->outcome == OUTCOME_RESET ||
		 without->outcome == OUTCOME_CLOSED)
		opine(inquiry, opinion, STATE_WARN, "tls.sni-differs",
		      "it turns away those who name no server (SNI): %s",
		      without->detail);
	else
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "no second connection came about: %s", without->detail);
}

static void judge_sni(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *seen)
{
	const struct observation *without = deployment_seen(
		inquiry->deployment, target, "tls-without-sni", NULL);

	opinion_rest_on(inquiry, opinion, without);
	if (without && observation_text(seen, "tls.sni"))
		judge_second_look(inquiry, opinion, target, seen, without);
	else
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "it was not looked at without SNI");
	opinion->could_not = opinion->state == STATE_UNOBSERVED;
}

void judge_tls_without_sni(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_sni);
}

/*
 * The issuers that 5061 accepts (KB 2464556): Windows cuts the list at 16 KB,
 * so one that almost fills them has lost its end.
 */

#define ISSUER_LIST_BYTES_MAX  16384
#define ISSUER_NAME_BYTES_LONG 256 /* the next one did not fit any more */

static void judge_issuers(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen)
{
	long long count = observation_number(seen, "tls.client_ca_count", 0);
	long long bytes = observation_number(seen, "tls.client_ca_bytes", 0);

	(void)target;
	if (!observation_flag(seen, "tls.client_certificate_requested"))
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "it asks for no client certificate");
	else if (!count)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it names no issuers, so none can be missing");
	else if (bytes > ISSUER_LIST_BYTES_MAX - ISSUER_NAME_BYTES_LONG)
		opine(inquiry, opinion, STATE_WARN,
		      "federation.issuer-list-long",
		      "it names %lld issuers in %lld bytes, as many as Windows "
		      "sends: those beyond are cut off",
		      count, bytes);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it names %lld issuer%s in %lld bytes", count,
		      count == 1 ? "" : "s", bytes);
	opinion->could_not = opinion->state == STATE_UNOBSERVED;
}

void judge_federation_issuers(const struct inquiry *inquiry,
			      struct opinion *opinion)
{
	shown_judge_besides(inquiry, opinion, judge_issuers);
}

/*
 * The inventory of versions and outdated ciphers (edge-services.md 3.4, 13.5)
 */

static bool lists(const struct observation *seen, const char *key,
		  const char *word)
{
	const struct fact *fact = observation_fact(seen, key);
	size_t length = strlen(word);

	for (; fact; fact = fact_next(fact))
		if (strncmp(fact->text, word, length) == 0 &&
		    (fact->text[length] == '\0' || fact->text[length] == ' '))
			return true;
	return false;
}

/* "TLSv1.0 and TLSv1.1", of those that the server takes or refuses. */
static const char *listed(const struct inquiry *inquiry,
			  const struct observation *seen, const char *key)
{
	const struct fact *fact = observation_fact(seen, key);
	const char *text = NULL;

	for (; fact; fact = fact_next(fact))
		text = text ? arena_format(inquiry->arena, "%s%s%s", text,
					   fact_next(fact) ? ", " : " and ",
					   fact->text)
			    : fact->text;
	return text ? text : "none";
}

static bool takes_old(const struct observation *seen)
{
	return lists(seen, "tls.accepted", "TLSv1.0") ||
	       lists(seen, "tls.accepted", "TLSv1.1");
}

/* What is needed: TLS 1.2, and no SSL 3.0 (RFC 7568). */
static void judge_needed_versions(const struct inquiry *inquiry,
				  struct opinion *opinion, const char *where,
				  const struct observation *seen)
{
	struct opinion ssl3 = {.state = STATE_UNOBSERVED};
	bool has_new = lists(seen, "tls.accepted", "TLSv1.3");

	if (lists(seen, "tls.refused", "TLSv1.2") &&
	    (has_new || takes_old(seen)))
		opine(inquiry, opinion, has_new ? STATE_WARN : STATE_WRONG,
		      "tls.old-version", "%s takes %s and refuses TLSv1.2",
		      where, listed(inquiry, seen, "tls.accepted"));
	if (!lists(seen, "tls.accepted", "SSLv3"))
		return;
	opine(inquiry, &ssl3, STATE_WRONG, "tls.ssl3",
	      "%s takes SSL 3.0, which anybody can break", where);
	opinion_worst(inquiry, opinion, &ssl3);
}

/* What should not be: ciphers that are none, versions of old (RFC 8996). */
static void judge_weak(const struct inquiry *inquiry, struct opinion *opinion,
		       const char *where, const struct observation *seen)
{
	enum product product = inquiry->deployment->topology->product;
	struct opinion one = {.state = STATE_UNOBSERVED};

	if (lists(seen, "tls.weak_accepted", "RC4") ||
	    lists(seen, "tls.weak_accepted", "none"))
		opine(inquiry, &one, STATE_WARN, "tls.weak-cipher",
		      "%s takes outdated ciphers: %s", where,
		      listed(inquiry, seen, "tls.weak_accepted"));
	else if (takes_old(seen) && product != PRODUCT_LYNC2010)
		opine(inquiry, &one, STATE_WARN, "tls.legacy-versions",
		      "%s takes %s: versions before 1.2 are there for old "
		      "partners and clients only",
		      where, listed(inquiry, seen, "tls.accepted"));
	opinion_worst(inquiry, opinion, &one);
}

static void judge_versions(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const struct observation *seen)
{
	const char *where = target_text(inquiry, target);
	bool is_strict = target->listener == LISTENER_FEDERATION &&
			 lists(seen, "tls.refused", "TLSv1.0");

	judge_needed_versions(inquiry, opinion, where, seen);
	judge_weak(inquiry, opinion, where, seen);
	if (opinion->because)
		return;
	if (!observation_fact(seen, "tls.accepted"))
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s takes no version that was offered", where);
	else
		opine(inquiry, opinion, STATE_VERIFIED,
		      is_strict ? "tls.no-old-partners" : NULL,
		      "%s takes %s and refuses %s", where,
		      listed(inquiry, seen, "tls.accepted"),
		      listed(inquiry, seen, "tls.refused"));
	opinion->could_not = opinion->state == STATE_UNOBSERVED;
}

void judge_tls_versions(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, "tls-versions", NULL);
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (!seen)
			continue;
		opinion_rest_on(inquiry, &one, seen);
		if (seen->outcome == OUTCOME_ANSWERED) {
			judge_versions(inquiry, &one, target, seen);
		} else {
			opine(inquiry, &one, STATE_UNOBSERVED, NULL, "%s: %s",
			      target_text(inquiry, target), seen->detail);
			one.could_not = true;
		}
		/* of equals, the one with a note */
		if (one.cause && one.state == opinion->state)
			opinion->because = NULL;
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "the versions of TLS were not asked for (--tls-versions)");
	opinion->could_not = true;
}
