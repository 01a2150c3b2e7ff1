#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/base/text.h"
#include "common/model/hosting.h"

#include <string.h>

/*
 * Whether a partner's Access Edge believes who we are: edge-services.md 4.10,
 * rules 5 to 7. Rule 4 exempts what a hosting provider serves.
 */

/* Where the record leads; after --connect, the name alone tells. */
static bool is_led_to(const struct inquiry *inquiry,
		      const struct srv_pick *pick, const struct target *target)
{
	if (target->listener != LISTENER_FEDERATION)
		return false;
	return (target->name && text_names_equal(target->name, pick->target)) ||
	       deployment_gives(inquiry->deployment, pick->target,
				&target->endpoint.address);
}

/* Rule 7: the target in SAN, or in the subject where there is no SAN. */
static void judge_certificate(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct srv_pick *pick,
			      const struct target *target,
			      const struct observation *seen)
{
	const char *where = target_text(inquiry, target);
	const char *entry;

	switch (certificate_covers(inquiry->arena, seen, pick->target,
				   &entry)) {
	case COVER_EXACT:
	case COVER_SUBJECT:
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "partners find %s, and its certificate holds that name",
		      pick->target);
		break;
	case COVER_WILDCARD:
		opine(inquiry, opinion, STATE_WRONG, "federation.identity",
		      "%s: the wildcard %s stands for %s, which partners do "
		      "not accept",
		      where, entry, pick->target);
		break;
	case COVER_NONE:
		opine(inquiry, opinion, STATE_WRONG,
		      certificate_covers_alias(inquiry, seen, pick->target)
			      ? "dns.srv-alias"
			      : "federation.identity",
		      "%s: partners refuse it: the certificate lacks %s; %s",
		      where, pick->target,
		      certificate_names(inquiry->arena, seen));
		break;
	}
}

static void judge_shown(const struct inquiry *inquiry, struct opinion *opinion,
			const struct srv_pick *pick)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		struct opinion one = {.state = STATE_UNOBSERVED};
		const struct observation *seen;

		if (!is_led_to(inquiry, pick, target))
			continue;
		seen = deployment_seen(deployment, target, "sip", NULL);
		if (!seen || !observation_fact(seen, "cert.der"))
			continue;
		opinion_rest_on(inquiry, &one, seen);
		judge_certificate(inquiry, &one, pick, target, seen);
		opinion_worst(inquiry, opinion, &one);
	}
}

void judge_federation_identity(const struct inquiry *inquiry,
			       struct opinion *opinion)
{
	struct srv_pick pick =
		srv_pick(inquiry, "_sipfederationtls._tcp", inquiry->subject);

	opinion_rest_on(inquiry, opinion, pick.observation);
	/* rule 5 is the ground of this row */
	if (pick.known != KNOWN_PRESENT || strcmp(pick.target, ".") == 0)
		return;
	if (hosting_is_cloud_name(pick.target)) {
		opine(inquiry, opinion, STATE_NA, NULL,
		      "%s leads to a hosting provider, of which partners ask "
		      "nothing more",
		      pick.owner);
		return;
	}
	if (!text_name_directly_in(pick.target, inquiry->subject)) {
		opine(inquiry, opinion, STATE_WRONG,
		      srv_target_fault(inquiry, &pick) ? "dns.srv-target-form"
						       : "dns.srv-same-domain",
		      "partners refuse %s: %s is not directly below it",
		      inquiry->subject, pick.target);
		return;
	}
	judge_shown(inquiry, opinion, &pick);
	if (!opinion->because)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "no certificate was seen where %s leads", pick.owner);
}
