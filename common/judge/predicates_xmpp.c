#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/base/dns_name.h"

#include <string.h>

/* What the conditions of stream errors mean: edge-services.md 8.3. */
static const struct {
	const char *condition;
	enum state state;
	const char *cause;
	const char *meaning;
} error_table[] = {
	{"host-unknown", STATE_WRONG, "xmpp.host-unknown",
	 "the domain is not served there"},
	{"host-gone", STATE_WRONG, "xmpp.host-unknown",
	 "the domain is served there no more"},
	{"remote-connection-failed", STATE_WRONG, "xmpp.gateway-dead",
	 "the proxy does not reach its gateway"},
	{"improper-addressing", STATE_VERIFIED, NULL,
	 "it lives, and takes no streams from this domain"},
	{"invalid-from", STATE_VERIFIED, NULL,
	 "it lives, and takes no streams from this domain"},
	{"not-authorized", STATE_VERIFIED, NULL,
	 "it lives, and this is no allowed partner"},
	{"policy-violation", STATE_VERIFIED, NULL,
	 "it lives, and this is no allowed partner"},
	{"connection-timeout", STATE_VERIFIED, NULL,
	 "it lives, and waited too long"},
	{"unsupported-version", STATE_VERIFIED, NULL,
	 "it lives, with another version of XMPP"},
};

static const struct observation *stream(const struct inquiry *inquiry,
					const struct target *target,
					const char *domain)
{
	return deployment_seen(inquiry->deployment, target, "xmpp", domain);
}

static void judge_error(const struct inquiry *inquiry, struct opinion *opinion,
			const char *domain, const char *condition)
{
	const char *record =
		arena_format(inquiry->arena, "_xmpp-server._tcp.%s", domain);
	size_t count = sizeof(error_table) / sizeof(error_table[0]);
	size_t i = 0;

	while (i < count && strcmp(error_table[i].condition, condition) != 0)
		i++;
	if (i == count)
		opine(inquiry, opinion, STATE_WARN, "xmpp.odd-answer",
		      "the stream for %s fails with %s", domain, condition);
	/* nobody is led there for a domain without a record */
	else if (error_table[i].cause && name_known(inquiry->deployment, record,
						    DNS_SRV) == KNOWN_MISSING)
		opine(inquiry, opinion, STATE_WARN, error_table[i].cause,
		      "the stream for %s, which has no record, draws %s: %s",
		      domain, condition, error_table[i].meaning);
	else
		opine(inquiry, opinion, error_table[i].state,
		      error_table[i].cause, "the stream for %s draws %s: %s",
		      domain, condition, error_table[i].meaning);
}

/* A stream that was answered, in some way. */
static void judge_answer(const struct inquiry *inquiry, struct opinion *opinion,
			 const char *domain, const struct observation *seen)
{
	const char *error = observation_text(seen, "xmpp.error");

	if (error)
		judge_error(inquiry, opinion, domain, error);
	else if (!observation_text(seen, "xmpp.version"))
		opine(inquiry, opinion, STATE_WARN, "xmpp.no-starttls",
		      "it speaks XMPP of before 1.0, without TLS");
	else if (!observation_flag(seen, "xmpp.starttls"))
		opine(inquiry, opinion, STATE_WARN, "xmpp.no-starttls",
		      "it offers no STARTTLS for %s: clear text only", domain);
	else if (observation_flag(seen, "xmpp.starttls_failed"))
		opine(inquiry, opinion, STATE_WRONG, "xmpp.starttls-fails",
		      "it offers STARTTLS for %s and fails to begin it",
		      domain);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "XMPP answers for %s, with TLS%s", domain,
		      observation_flag(seen, "xmpp.starttls_required")
			      ? " required"
			      : "");
	opine_tls_version(inquiry, opinion, seen);
}

static const char *cause_of(const struct observation *seen)
{
	if (!seen)
		return NULL;
	if (seen->outcome == OUTCOME_GARBLED)
		return "xmpp.wrong-service";
	return "xmpp.blocked";
}

static bool is_hung_up(const struct observation *seen)
{
	return seen && (seen->outcome == OUTCOME_CLOSED ||
			seen->outcome == OUTCOME_RESET);
}

/* TLS was agreed on, and what came then was none. */
static bool is_tls_failure(const struct observation *seen)
{
	return seen && observation_flag(seen, "xmpp.starttls") &&
	       strcmp(seen->phase, "handshake") == 0 &&
	       seen->outcome != OUTCOME_ANSWERED &&
	       seen->outcome != OUTCOME_LOCAL;
}

static void judge_domain(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target, const char *domain)
{
	const struct observation *seen = stream(inquiry, target, domain);
	const char *where = target_text(inquiry, target);

	if (is_tls_failure(seen)) {
		opinion_rest_on(inquiry, opinion, seen);
		opine(inquiry, opinion, STATE_WRONG, "xmpp.starttls-fails",
		      "%s: it agrees to TLS for %s, which fails: %s", where,
		      domain, seen->detail);
	} else if (is_hung_up(seen)) {
		opinion_rest_on(inquiry, opinion, seen);
		opine(inquiry, opinion, STATE_WARN, "xmpp.closes",
		      "%s: TCP is open, and it hangs up on a stranger", where);
	} else if (!opine_unanswered(inquiry, opinion, target, seen,
				     cause_of(seen))) {
		judge_answer(inquiry, opinion, domain, seen);
	}
}

/* Every domain at every address of the node; the worst is kept. */
void judge_xmpp_stream(const struct inquiry *inquiry, struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < inquiry->target_count; i++) {
		for (size_t j = 0; j < topology->domain_count; j++) {
			struct opinion one = {.state = STATE_UNOBSERVED};

			judge_domain(inquiry, &one, inquiry->targets[i],
				     topology->domains[j]);
			opinion_worst(inquiry, opinion, &one);
		}
	}
}

/*
 * Certificates
 */

/* Why there is none; a stranger may be shown the door before TLS. */
static void opine_unseen(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target, const char *domain)
{
	struct opinion reason = {.state = STATE_UNOBSERVED};

	judge_domain(inquiry, &reason, target, domain);
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "no certificate to look at: %s", reason.because);
	opinion->could_not = reason.could_not || reason.state == STATE_VERIFIED;
}

typedef void xmpp_judge(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target, const char *domain,
			const struct observation *seen);

/* One domain's certificate at each address of the node. */
static void judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		       const char *domain, xmpp_judge *judge_one)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		const struct observation *seen =
			stream(inquiry, target, domain);
		struct opinion one = {.state = STATE_UNOBSERVED};

		opinion_rest_on(inquiry, &one, seen);
		if (seen && observation_fact(seen, "cert.der"))
			judge_one(inquiry, &one, target, domain, seen);
		else
			opine_unseen(inquiry, &one, target, domain);
		opinion_worst(inquiry, opinion, &one);
	}
}

/* The Access Edge of the same node; NULL: its certificate was not seen. */
static const struct observation *access_of(const struct inquiry *inquiry,
					   const struct target *target)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];
		const struct observation *seen;

		if (other->listener != LISTENER_ACCESS ||
		    strcmp(other->node, target->node) != 0)
			continue;
		seen = deployment_seen(deployment, other, "sip", NULL);
		if (seen && observation_fact(seen, "cert.der"))
			return seen;
	}
	return NULL;
}

static void judge_base(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target, const char *domain,
		       const struct observation *seen)
{
	const struct observation *access = access_of(inquiry, target);
	struct certificate_fault fault =
		certificate_fault(inquiry->arena, seen);

	(void)domain;
	opinion_rest_on(inquiry, opinion, access);
	if (fault.state == STATE_VERIFIED && access &&
	    !certificate_same(seen, access))
		opine(inquiry, opinion, STATE_WARN, "cert.xmpp.base",
		      "it shows another certificate than the Access Edge");
	else
		opine(inquiry, opinion, fault.state, fault.cause, "%s",
		      fault.because);
}

void judge_cert_xmpp_base(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		judge_each(inquiry, opinion, topology->domains[i], judge_base);
}

/*
 * The names, of which there are several ways (product.md decision 9): the
 * bare domain, also as an otherName, which strict peers want; xmpp.DOMAIN and
 * *.DOMAIN, which the documents of 2015 list.
 */
struct ways {
	bool bare, host, wildcard;
	bool other; /* SRV-ID or XMPP address of the domain */
};

static struct ways ways_of(const struct inquiry *inquiry, const char *domain,
			   const struct observation *seen)
{
	const char *host = arena_format(inquiry->arena, "xmpp.%s", domain);
	const char *entry;

	return (struct ways){
		.bare = certificate_covers(inquiry->arena, seen, domain,
					   &entry) == COVER_EXACT,
		.host = certificate_covers(inquiry->arena, seen, host,
					   &entry) == COVER_EXACT,
		/* any label that nobody would name */
		.wildcard =
			certificate_covers(
				inquiry->arena, seen,
				arena_format(inquiry->arena, "%s.%s",
					     "edgeprobe-no-such-host", domain),
				&entry) == COVER_WILDCARD,
		.other = certificate_names_xmpp(seen, domain),
	};
}

static void opine_no_way(const struct inquiry *inquiry, struct opinion *opinion,
			 const char *domain, const struct observation *seen)
{
	opine(inquiry, opinion, STATE_WRONG, "cert.xmpp.san.xmpp",
	      "the certificate names neither %s nor xmpp.%s; %s", domain,
	      domain, certificate_names(inquiry->arena, seen));
}

static void judge_name(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target, const char *domain,
		       const struct observation *seen)
{
	enum product product = inquiry->deployment->topology->product;
	struct ways ways = ways_of(inquiry, domain, seen);

	(void)target;
	if (ways.bare)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "a SAN entry is %s itself, which every XMPP peer takes",
		      domain);
	else if (ways.other)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "a SAN entry names the XMPP domain %s, which XMPP peers "
		      "take",
		      domain);
	else if (ways.host && product == PRODUCT_SFB2015)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "a SAN entry is xmpp.%s; strict XMPP peers want %s "
		      "itself",
		      domain, domain);
	else if (ways.host || ways.wildcard)
		opine(inquiry, opinion, STATE_WARN, "cert.xmpp.san.xmpp",
		      "SAN has %s%s, not %s: strict XMPP peers fall back to "
		      "dialback",
		      ways.host ? "xmpp." : "*.", domain, domain);
	else
		opine_no_way(inquiry, opinion, domain, seen);
}

void judge_cert_xmpp_name(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	judge_each(inquiry, opinion, inquiry->subject, judge_name);
}

static void judge_wildcard(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const char *domain, const struct observation *seen)
{
	struct ways ways = ways_of(inquiry, domain, seen);

	(void)target;
	if (ways.wildcard)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "a SAN entry is *.%s", domain);
	else if (ways.bare || ways.other)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "a SAN entry is %s itself, which does without *.%s",
		      domain, domain);
	else if (ways.host)
		opine(inquiry, opinion, STATE_WARN, "cert.xmpp.san.xmpp",
		      "SAN lacks *.%s, which the documents of 2015 list",
		      domain);
	else
		opine_no_way(inquiry, opinion, domain, seen);
}

void judge_cert_xmpp_wildcard(const struct inquiry *inquiry,
			      struct opinion *opinion)
{
	judge_each(inquiry, opinion, inquiry->subject, judge_wildcard);
}
