/* Rows about TLS itself: who ends it, and whom it trusts. */

#include "common/judge/certificate.h"
#include "common/judge/predicate.h"
#include "common/judge/shown.h"

#include <string.h>

/*
 * SNI on and off (edge-services.md 3.1)
 */

/* Refusing those who name no server is as good a sign as another certificate.
 */
static void judge_second_look(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct observation *seen,
			      const struct observation *without)
{
	if (certificate_same(seen, without))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it shows the same certificate without SNI");
	else if (observation_fact(without, "cert.der"))
		opine(inquiry, opinion, STATE_WARN, "tls.sni-differs",
		      "without SNI it shows another certificate (%s)",
		      certificate_names(inquiry->arena, without));
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
		judge_second_look(inquiry, opinion, seen, without);
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
