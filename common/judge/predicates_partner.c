/*
 * Federation as a partner sees it (edge-services.md 4.10, mode B): with a
 * certificate that was given to us, in the name of its domain.
 */

#include "common/judge/certificate.h"
#include "common/judge/meanings.h"
#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/base/text.h"
#include "common/model/hosting.h"

#include <string.h>

/*
 * The rules that an Edge holds a partner to, and that we can look at: 5 to 7
 */

/* Which one our own record and certificate break; NULL: none of them. */
static const char *broken_rule(const struct inquiry *inquiry,
			       const struct observation *seen,
			       const char *domain)
{
	struct srv_pick pick =
		srv_pick(inquiry, "_sipfederationtls._tcp", domain);
	const char *entry;
	enum cover cover;

	if (pick.known == KNOWN_MISSING)
		return arena_format(inquiry->arena,
				    "%s has no record _sipfederationtls._tcp",
				    domain);
	/* where DNS was silent, nothing can be held against the record */
	if (pick.known != KNOWN_PRESENT || !pick.target)
		return NULL;
	/* cloud partners are let in by their hosting provider (rule 4) */
	if (!hosting_is_cloud_name(pick.target) &&
	    !text_name_directly_in(pick.target, domain))
		return arena_format(inquiry->arena,
				    "%s points to %s, which is not directly "
				    "below %s",
				    pick.owner, pick.target, domain);
	if (!observation_fact(seen, "client.der"))
		return NULL;
	cover = certificate_own_covers(inquiry->arena, seen, pick.target,
				       &entry);
	if (cover == COVER_NONE || cover == COVER_WILDCARD)
		return arena_format(inquiry->arena,
				    "the certificate shown does not name %s, "
				    "to which %s points",
				    pick.target, pick.owner);
	return NULL;
}

/* "; own rules ..." for the end of a sentence. */
static const char *rules_clause(const struct inquiry *inquiry,
				const struct observation *seen)
{
	const char *domain = observation_text(seen, "client.domain");
	const char *broken = domain ? broken_rule(inquiry, seen, domain) : NULL;

	return broken ? arena_format(inquiry->arena, "; %s", broken)
		      : "; the partner's record and certificate obey the "
			"rules for names, as far as could be seen";
}

/*
 * What an answer means
 */

static const struct {
	unsigned status;
	enum state state;
	const char *cause;
	const char *meaning;
} status_table[] = {
	{200, STATE_VERIFIED, NULL, "federation lets the partner in"},
	{401, STATE_VERIFIED, NULL, "federation lets the partner in"},
	{403, STATE_WRONG, "federation.partner-refused",
	 "the partner's domain is blocked, or not allowed"},
	{404, STATE_VERIFIED, NULL,
	 "federation lets the partner in, and nobody is there"},
	{405, STATE_VERIFIED, NULL, "federation lets the partner in"},
	{407, STATE_VERIFIED, NULL, "federation lets the partner in"},
	{408, STATE_WARN, "federation.odd-answer",
	 "the next hop does not answer in time"},
	{480, STATE_VERIFIED, NULL,
	 "federation lets the partner in, and nobody is there just now"},
	{503, STATE_WARN, "federation.odd-answer", "overloaded, or starting"},
	{504, STATE_WRONG, "federation.partner-unproven",
	 "the partner is not taken for who it says it is, or is not allowed"},
};

static void judge_status(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct observation *connection,
			 const struct observation *seen)
{
	unsigned status = (unsigned)observation_number(seen, "sip.status", 0);
	size_t count = sizeof(status_table) / sizeof(status_table[0]);
	const char *said = diagnostics_clause(inquiry->arena, seen);
	size_t i = 0;

	while (i < count && status_table[i].status != status)
		i++;
	if (i == count) {
		opine(inquiry, opinion,
		      status < 500 ? STATE_VERIFIED : STATE_WARN,
		      status < 500 ? NULL : "federation.odd-answer",
		      "OPTIONS to %s as a partner draws %u%s", seen->subject,
		      status, said);
		return;
	}
	opine(inquiry, opinion, status_table[i].state, status_table[i].cause,
	      "OPTIONS to %s as a partner draws %u: %s%s%s", seen->subject,
	      status, status_table[i].meaning, said,
	      status_table[i].state == STATE_WRONG
		      ? rules_clause(inquiry, connection)
		      : "");
}

/* Every domain of the deployment was asked for on one connection. */
static void judge_answers(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *connection)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, "sip-partner-options",
			topology->domains[i]);
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (!seen)
			continue;
		opinion_rest_on(inquiry, &one, seen);
		if (seen->outcome == OUTCOME_ANSWERED)
			judge_status(inquiry, &one, connection, seen);
		else if (seen->outcome == OUTCOME_LOCAL)
			opine(inquiry, &one, STATE_UNOBSERVED, NULL,
			      "OPTIONS to %s as a partner: %s", seen->subject,
			      seen->detail);
		else if (seen->outcome == OUTCOME_NO_REPLY ||
			 seen->outcome == OUTCOME_GARBLED)
			opine(inquiry, &one, STATE_WARN,
			      "federation.odd-answer",
			      "OPTIONS to %s as a partner: %s", seen->subject,
			      seen->detail);
		else
			opine(inquiry, &one, STATE_WRONG,
			      "federation.certificate-refused",
			      "OPTIONS to %s as a partner is cut off: %s%s%s",
			      seen->subject, seen->detail,
			      alert_clause(inquiry->arena, seen),
			      rules_clause(inquiry, connection));
		opinion_worst(inquiry, opinion, &one);
	}
}

/* Windows often resets instead of sending an alert (3.2). */
static bool is_refusal(const struct observation *seen)
{
	return observation_flag(seen, "tls.client_certificate_requested") &&
	       (seen->outcome == OUTCOME_ALERT ||
		seen->outcome == OUTCOME_CLOSED ||
		seen->outcome == OUTCOME_RESET);
}

static void judge_partner(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen)
{
	const char *where = target_text(inquiry, target);

	opinion_rest_on(inquiry, opinion, seen);
	if (is_refusal(seen))
		opine(inquiry, opinion, STATE_WRONG,
		      "federation.certificate-refused",
		      "%s refuses the certificate shown: %s%s%s", where,
		      seen->detail, alert_clause(inquiry->arena, seen),
		      rules_clause(inquiry, seen));
	else if (seen->outcome != OUTCOME_ANSWERED)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s could not be asked as a partner: %s", where,
		      seen->detail);
	else if (!observation_flag(seen, "tls.client_certificate_requested"))
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s asks for no client certificate, so none was shown",
		      where);
	else
		judge_answers(inquiry, opinion, target, seen);
	opinion->could_not = opinion->state == STATE_UNOBSERVED;
}

void judge_federation_partner(const struct inquiry *inquiry,
			      struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, "sip-partner", NULL);
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (!seen)
			continue;
		judge_partner(inquiry, &one, target, seen);
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "nobody lent us a partner's certificate (--cert, --from-domain)");
	opinion->could_not = true;
}
