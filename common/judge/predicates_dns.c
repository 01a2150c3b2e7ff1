#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/hosting.h"
#include "common/model/records.h"

#include <string.h>

/* One SRV record that a row asks for. */
struct srv_rule {
	const char *service;
	enum listener listener;
	const char *missing; /* cause of a finding */
	bool one_target;     /* partners use only one: edge-services.md 11.3 */
};

static const struct srv_rule sip_tls_rule = {"_sip._tls", LISTENER_ACCESS,
					     "dns.sip-tls-required", false};
static const struct srv_rule sipfed_rule = {"_sipfederationtls._tcp",
					    LISTENER_FEDERATION,
					    "dns.sipfed-discovery", true};
static const struct srv_rule xmpp_rule = {"_xmpp-server._tcp", LISTENER_XMPP,
					  "xmpp.srv-per-domain", false};

/* What stands where the right record is missing: edge-services.md 11.7. */
static const char *misspelt_text(const struct inquiry *inquiry,
				 struct opinion *opinion,
				 const struct srv_rule *rule)
{
	const struct deployment *deployment = inquiry->deployment;
	const char *names[MISSPELT_MAX];
	size_t count = records_misspelt(inquiry->arena, rule->service,
					inquiry->subject, names);

	for (size_t i = 0; i < count; i++) {
		const struct observation *seen =
			deployment_dns(deployment, names[i], DNS_SRV);
		const struct fact *fact =
			deployment_records(deployment, names[i], DNS_SRV);
		bool is_doubled = i == count - 1;

		/* a wildcard answers for wrong names as well */
		if (!fact || records_is_wildcard_answer(deployment, fact->text,
							inquiry->subject))
			continue;
		opinion_rest_on(inquiry, opinion, seen);
		return arena_format(inquiry->arena, "; but %s exists (%s): %s",
				    names[i], fact->text,
				    is_doubled ? "the zone was appended twice"
					       : "its name is misspelt");
	}
	return "";
}

/* Where partners of XMPP go without a record (RFC 6120 3.2.2): a note. */
static const char *fallback_text(const struct inquiry *inquiry,
				 struct opinion *opinion,
				 const struct srv_rule *rule)
{
	struct addresses addresses;

	if (rule != &xmpp_rule)
		return "";
	addresses_of(inquiry, opinion, inquiry->subject, &addresses);
	if (!addresses.count)
		return "";
	return arena_format(inquiry->arena,
			    "; partners fall back to %s itself, which gives %s",
			    inquiry->subject,
			    addresses_text(inquiry, &addresses));
}

/* The record itself; false when there is nothing more to look at. */
static bool judge_srv_record(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct srv_rule *rule,
			     const struct srv_pick *pick)
{
	const struct observation *seen = pick->observation;

	switch (pick->known) {
	case KNOWN_NOT_ASKED:
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked up", pick->owner);
		return false;
	case KNOWN_FAILED:
		opine(inquiry, opinion, STATE_UNOBSERVED, "dns.no-resolver",
		      "no resolver answered for %s%s", pick->owner,
		      name_failed_text(inquiry, seen));
		return false;
	case KNOWN_MISSING:
		opine(inquiry, opinion, STATE_WRONG, rule->missing,
		      "no SRV record %s%s%s%s", pick->owner,
		      name_missing_text(seen),
		      misspelt_text(inquiry, opinion, rule),
		      fallback_text(inquiry, opinion, rule));
		return false;
	case KNOWN_PRESENT:
		break;
	}
	if (strcmp(pick->target, ".") != 0)
		return true;
	/* some name servers emit a port with it: nothing to read into */
	opine(inquiry, opinion, STATE_WRONG, rule->missing,
	      "%s is explicitly disabled: it says that the service is not "
	      "offered (target .)",
	      pick->owner);
	return false;
}

/* A target that nobody meant: edge-services.md 11.7. */
static bool opine_form(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct srv_pick *pick)
{
	const char *fault = srv_target_fault(inquiry, pick);

	if (fault)
		opine(inquiry, opinion, STATE_WRONG, "dns.srv-target-form",
		      "%s points to %s: %s", pick->owner, pick->target, fault);
	return fault;
}

/* Where the record points: an address there must be, an alias should not. */
static void judge_srv_target(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct srv_pick *pick)
{
	struct addresses addresses;
	struct opinion one = {.state = STATE_UNOBSERVED};
	const struct observation *seen =
		deployment_dns(inquiry->deployment, pick->target, DNS_A);

	addresses_of(inquiry, &one, pick->target, &addresses);
	if (opine_no_address(inquiry, &one, pick->target, &addresses,
			     "dns.srv-target-unknown")) {
		if (one.state == STATE_WRONG)
			opine(inquiry, &one, STATE_WRONG,
			      "dns.srv-target-unknown",
			      "%s points to %s, which has no address%s",
			      pick->owner, pick->target,
			      seen && observation_fact(seen, "dns.cname")
				      ? " (an alias that leads nowhere)"
				      : name_missing_text(seen));
	} else if (!opine_private(inquiry, &one, pick->target, &addresses) &&
		   seen && observation_fact(seen, "dns.cname")) {
		opine(inquiry, &one, STATE_WARN, "dns.srv-alias",
		      "%s points to %s, which is an alias of %s", pick->owner,
		      pick->target, name_canonical(inquiry, pick->target));
	}
	opinion_worst(inquiry, opinion, &one);
}

/*
 * Both records lead to Microsoft 365, or none does: otherwise one half of
 * the domain's traffic goes astray (edge-services.md 11.5).
 */
static void judge_cloud(const struct inquiry *inquiry, struct opinion *opinion,
			const struct srv_rule *rule,
			const struct srv_pick *pick)
{
	const char *service = rule == &sip_tls_rule ? sipfed_rule.service
						    : sip_tls_rule.service;
	struct srv_pick other = srv_pick(inquiry, service, inquiry->subject);

	if (hosting_is_sovereign_name(pick->target)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s points to %s: by its suffix a sovereign cloud of "
		      "Microsoft, not an Edge Server of your own",
		      pick->owner, pick->target);
		opinion->could_not = true;
	} else if (other.known == KNOWN_PRESENT &&
		   strcmp(other.target, ".") != 0 &&
		   !hosting_is_cloud_name(other.target)) {
		opine(inquiry, opinion, STATE_WRONG, "dns.cloud-split",
		      "%s points to Microsoft 365 (%s), and %s to %s",
		      pick->owner, pick->target, other.owner, other.target);
	} else {
		opine(inquiry, opinion, STATE_WARN, "dns.cloud",
		      "%s points to Microsoft 365 (%s), not to an Edge Server "
		      "of your own",
		      pick->owner, pick->target);
	}
}

/* ", the best of 3 records (priority 0, weight 10)"; "" for one alone. */
static const char *choice_text(const struct inquiry *inquiry,
			       const struct srv_pick *pick)
{
	if (pick->records < 2)
		return "";
	return arena_format(inquiry->arena,
			    ", of %zu records the one of priority %u and "
			    "weight %u",
			    pick->records, pick->priority, pick->weight);
}

/* Of two records of one priority, what nobody means; NULL: nothing. */
static const char *odd_pair(const struct srv *one, const struct srv *other)
{
	if (one->priority != other->priority)
		return NULL;
	if (one->port == other->port &&
	    text_names_equal(one->target, other->target))
		return "one host stands there twice";
	if (!one->weight != !other->weight)
		return "weight 0 beside another weight is hardly ever chosen";
	return NULL;
}

/* What RFC 2782 allows and nobody means; NULL: nothing. */
static const char *oddity(const struct srv_pick *pick)
{
	const struct fact *fact =
		observation_fact(pick->observation, "dns.answer");
	struct srv seen[DEPLOYMENT_SRV_HOSTS_MAX];
	size_t count = 0;

	for (; fact && count < DEPLOYMENT_SRV_HOSTS_MAX;
	     fact = fact_next(fact)) {
		if (!srv_parse(fact->text, &seen[count]))
			continue;
		for (size_t i = 0; i < count; i++) {
			const char *odd = odd_pair(&seen[i], &seen[count]);

			if (odd)
				return odd;
		}
		count++;
	}
	return NULL;
}

static void judge_srv_choice(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct srv_rule *rule,
			     const struct srv_pick *pick)
{
	const struct topology *topology = inquiry->deployment->topology;
	uint16_t port = topology->file ? topology->ports[rule->listener]
				       : listener_table[rule->listener].port;
	const char *odd = oddity(pick);

	if (pick->port != port)
		opine(inquiry, opinion, STATE_WARN, "dns.srv-port",
		      "%s names port %u, not %u", pick->owner, pick->port,
		      port);
	else if (rule->one_target && pick->targets > 1)
		opine(inquiry, opinion, STATE_WARN, "dns.srv-several",
		      "%s names %zu hosts; partners use %s only", pick->owner,
		      pick->targets, pick->target);
	else if (records_srv_is_echo(inquiry->deployment, rule->service,
				     inquiry->subject))
		opine(inquiry, opinion, STATE_WARN, "dns.wildcard",
		      "%s gives %s, as any service there does: perhaps only a "
		      "wildcard record answers for it",
		      pick->owner, pick->target);
	else
		opine(inquiry, opinion, STATE_VERIFIED,
		      odd ? "dns.srv-odd" : NULL, "%s gives %s, port %u%s%s%s",
		      pick->owner, pick->target, pick->port,
		      choice_text(inquiry, pick), odd ? "; " : "",
		      odd ? odd : "");
}

static void judge_srv(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct srv_rule *rule)
{
	struct srv_pick pick =
		srv_pick(inquiry, rule->service, inquiry->subject);

	opinion_rest_on(inquiry, opinion, pick.observation);
	if (!judge_srv_record(inquiry, opinion, rule, &pick))
		return;
	if (hosting_is_cloud_name(pick.target)) {
		judge_cloud(inquiry, opinion, rule, &pick);
		return;
	}
	if (opine_form(inquiry, opinion, &pick))
		return;
	judge_srv_target(inquiry, opinion, &pick);
	/* an address nobody could look up leaves the record half seen */
	if (!opinion->because)
		judge_srv_choice(inquiry, opinion, rule, &pick);
}

void judge_srv_sip_tls(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_srv(inquiry, opinion, &sip_tls_rule);
}

void judge_srv_federation(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	judge_srv(inquiry, opinion, &sipfed_rule);
}

void judge_srv_xmpp(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_srv(inquiry, opinion, &xmpp_rule);
}

/*
 * Clients warn of a host outside the domain; federation partners refuse it
 * (edge-services.md 4.10 rule 6, 11.4).
 */
static void judge_same_domain(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct srv_rule *rule, enum state state)
{
	struct srv_pick pick =
		srv_pick(inquiry, rule->service, inquiry->subject);
	struct opinion one = {.state = STATE_UNOBSERVED};

	if (pick.known != KNOWN_PRESENT || strcmp(pick.target, ".") == 0 ||
	    hosting_is_cloud_name(pick.target))
		return;
	opinion_rest_on(inquiry, &one, pick.observation);
	if (text_name_directly_in(pick.target, inquiry->subject))
		opine(inquiry, &one, STATE_VERIFIED, NULL,
		      "%s stands directly below %s", pick.target,
		      inquiry->subject);
	else
		opine(inquiry, &one, state,
		      srv_target_fault(inquiry, &pick) ? "dns.srv-target-form"
						       : "dns.srv-same-domain",
		      "%s points to %s, which is not directly below %s",
		      pick.owner, pick.target, inquiry->subject);
	opinion_worst(inquiry, opinion, &one);
}

void judge_srv_same_domain(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	judge_same_domain(inquiry, opinion, &sip_tls_rule, STATE_WARN);
	judge_same_domain(inquiry, opinion, &sipfed_rule, STATE_WRONG);
	if (!opinion->because)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "no SRV record of %s to look at", inquiry->subject);
}

/* XMPP went with 2019: product.md decision 7. */
void judge_xmpp_leftover(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct srv_pick pick =
		srv_pick(inquiry, xmpp_rule.service, inquiry->subject);

	opinion_rest_on(inquiry, opinion, pick.observation);
	if (pick.known == KNOWN_MISSING ||
	    (pick.known == KNOWN_PRESENT && strcmp(pick.target, ".") == 0))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "no record %s, as it should be", pick.owner);
	else if (pick.known == KNOWN_PRESENT)
		opine(inquiry, opinion, STATE_WARN, "xmpp.none-in-2019",
		      "%s still points to %s, though this product has no XMPP",
		      pick.owner, pick.target);
	else
		judge_srv_record(inquiry, opinion, &xmpp_rule, &pick);
}

void judge_access_per_domain(const struct inquiry *inquiry,
			     struct opinion *opinion)
{
	uint64_t features = inquiry->deployment->topology->features;
	const char *name = access_name_of(inquiry, inquiry->subject);
	struct srv_pick sign_in =
		srv_pick(inquiry, "_sip._tls", inquiry->subject);
	struct addresses addresses;
	struct opinion one = {.state = STATE_UNOBSERVED};

	addresses_of(inquiry, &one, name, &addresses);
	if (!opine_no_address(inquiry, &one, name, &addresses,
			      access_missing_cause(inquiry, &sign_in, name)))
		opine(inquiry, &one, STATE_VERIFIED, NULL,
		      "the records of %s exist", inquiry->subject);
	opinion_worst(inquiry, opinion, &one);
	for (size_t i = 0; i < 2; i++) {
		const struct srv_rule *rule = i ? &sipfed_rule : &sip_tls_rule;
		enum feature feature =
			i ? FEATURE_FEDERATION : FEATURE_REMOTE_ACCESS;
		struct srv_pick pick =
			srv_pick(inquiry, rule->service, inquiry->subject);

		if (!(features & FEATURE_BIT(feature)))
			continue;
		one = (struct opinion){.state = STATE_UNOBSERVED};
		opinion_rest_on(inquiry, &one, pick.observation);
		judge_srv_record(inquiry, &one, rule, &pick);
		opinion_worst(inquiry, opinion, &one);
		/* what could not be looked up leaves the row open */
		if (one.because && one.state == STATE_UNOBSERVED &&
		    opinion->state == STATE_VERIFIED)
			opine(inquiry, opinion, STATE_UNOBSERVED, one.cause,
			      "%s", one.because);
	}
}
