#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/predicate.h"
#include "common/judge/shown.h"

#include "common/base/text.h"
#include "common/model/records.h"
#include "common/base/dns_name.h"
#include "common/plan/listener_probe.h"

#include <string.h>

const struct observation *shown_connection(const struct inquiry *inquiry,
					   const struct target *target)
{
	return deployment_seen(inquiry->deployment, target,
			       listener_probe(target->listener), NULL);
}

/* The same with a certificate in it; adds evidence. */
static const struct observation *shown(const struct inquiry *inquiry,
				       struct opinion *opinion,
				       const struct target *target)
{
	const struct observation *seen = shown_connection(inquiry, target);

	opinion_rest_on(inquiry, opinion, seen);
	return seen && observation_fact(seen, "cert.der") ? seen : NULL;
}

/* No certificate: the reason is that of the connection. */
static void opine_unseen(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target)
{
	struct opinion reason = {.state = STATE_UNOBSERVED};

	if (!opine_unanswered(inquiry, &reason, target,
			      shown_connection(inquiry, target), NULL))
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "no certificate to look at: %s", reason.because);
	opinion->could_not = reason.could_not;
}

void shown_judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		      certificate_judge *judge_one)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		struct opinion one = {.state = STATE_UNOBSERVED};
		const struct observation *seen = shown(inquiry, &one, target);

		if (seen)
			judge_one(inquiry, &one, target, seen);
		else
			opine_unseen(inquiry, &one, target);
		opinion_worst(inquiry, opinion, &one);
	}
}

void shown_judge_besides(const struct inquiry *inquiry, struct opinion *opinion,
			 certificate_judge *judge_one)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		struct opinion one = {.state = STATE_UNOBSERVED};
		const struct observation *seen = shown(inquiry, &one, target);

		if (!seen)
			continue;
		judge_one(inquiry, &one, target, seen);
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "no certificate to look at");
	opinion->could_not = true;
}

/*
 * Subject name: the Access Edge name; where another stands there and SAN
 * holds every needed name, it is enough to warn (decision 9).
 */

/* Where a listener of that kind shows this very certificate; NULL: nowhere. */
static const struct observation *shown_by(const struct inquiry *inquiry,
					  enum listener listener,
					  const struct observation *like)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct observation *seen =
			target->listener == listener
				? shown_connection(inquiry, target)
				: NULL;

		if (seen && certificate_same(seen, like))
			return seen;
	}
	return NULL;
}

static bool covers_needed(const struct inquiry *inquiry,
			  const struct observation *seen)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *webconf = topology->names[SERVICE_WEBCONF];
	const char *entry;

	if (webconf && shown_by(inquiry, LISTENER_WEBCONF, seen) &&
	    certificate_covers(inquiry->arena, seen, webconf, &entry) !=
		    COVER_EXACT)
		return false;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (certificate_covers(
			    inquiry->arena, seen,
			    access_name_of(inquiry, topology->domains[i]),
			    &entry) != COVER_EXACT)
			return false;
	return true;
}

/* Whether the certificate holds what the name is an alias of. */
bool certificate_covers_alias(const struct inquiry *inquiry,
			      const struct observation *seen, const char *name)
{
	const char *canonical = name_canonical(inquiry, name);
	const char *entry;

	return !text_names_equal(canonical, name) &&
	       certificate_covers(inquiry->arena, seen, canonical, &entry) ==
		       COVER_EXACT;
}

static void judge_sn(const struct inquiry *inquiry, struct opinion *opinion,
		     const struct target *target,
		     const struct observation *seen)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *name = topology->names[SERVICE_ACCESS]
				   ? topology->names[SERVICE_ACCESS]
				   : target->name;
	const char *subject = certificate_subject(seen);
	const char *entry;

	if (!name)
		return;
	if (subject && text_names_equal(subject, name))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the subject name is %s", subject);
	else if (subject && strchr(subject, '*'))
		opine(inquiry, opinion, STATE_WRONG, "cert.ext.sn",
		      "the subject name is the wildcard %s, which no role "
		      "supports",
		      subject);
	else if (covers_needed(inquiry, seen))
		opine(inquiry, opinion, STATE_WARN, "cert.ext.sn",
		      "the subject name is %s, not %s; SAN covers every "
		      "needed name",
		      subject ? subject : "empty", name);
	else /* told by the finding of the names that SAN lacks */
		opine(inquiry, opinion, STATE_WRONG,
		      certificate_covers(inquiry->arena, seen, name, &entry) ==
				      COVER_EXACT
			      ? "cert.ext.san.sip-n"
		      : certificate_covers_alias(inquiry, seen, name)
			      ? "dns.srv-alias"
			      : "cert.ext.san.sip",
		      "the subject name is %s, not %s, and SAN lacks needed "
		      "names",
		      subject ? subject : "empty", name);
}

void judge_cert_sn(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_sn);
}

/*
 * SAN entries
 */

static void opine_cover(const struct inquiry *inquiry, struct opinion *opinion,
			const struct observation *seen, const char *name,
			enum state wildcard, const char *cause)
{
	const char *entry;

	switch (certificate_covers(inquiry->arena, seen, name, &entry)) {
	case COVER_EXACT:
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "SAN entry %s covers %s", entry, name);
		break;
	case COVER_WILDCARD:
		opine(inquiry, opinion, wildcard, "cert.wildcard",
		      "%s is covered by the wildcard %s only, which the "
		      "external Edge does not support",
		      name, entry);
		break;
	case COVER_SUBJECT:
		opine(inquiry, opinion, STATE_WRONG, cause,
		      "%s stands in the subject name only; there is no SAN",
		      name);
		break;
	case COVER_NONE:
		opine(inquiry, opinion, STATE_WRONG, cause,
		      "the certificate lacks %s; %s", name,
		      certificate_names(inquiry->arena, seen));
		break;
	}
}

static void judge_san(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *seen)
{
	const char *cause = "cert.ext.san.sip";

	if (target->listener == LISTENER_WEBCONF)
		cause = "cert.ext.san.webcon";
	else if (certificate_covers_alias(inquiry, seen, inquiry->subject))
		cause = "dns.srv-alias";
	opine_cover(inquiry, opinion, seen, inquiry->subject, STATE_WARN,
		    cause);
}

void judge_cert_san(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_san);
}

/* A further SIP domain: sip.DOMAIN, or the host there its record names. */
static void judge_san_domain(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct target *target,
			     const struct observation *seen)
{
	const char *name = access_name_of(inquiry, inquiry->subject);

	(void)target;
	if (!text_name_directly_in(name, inquiry->subject))
		name = arena_format(inquiry->arena, "sip.%s", inquiry->subject);
	opine_cover(inquiry, opinion, seen, name, STATE_WARN,
		    "cert.ext.san.sip-n");
}

void judge_cert_san_domain(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_san_domain);
}

static const char *connected_cause(const struct inquiry *inquiry,
				   const struct observation *seen,
				   const char *name,
				   const struct target *target)
{
	const char *access =
		inquiry->deployment->topology->names[SERVICE_ACCESS];

	if (target->listener == LISTENER_WEBCONF)
		return "cert.ext.san.webcon";
	if (certificate_covers_alias(inquiry, seen, name))
		return "dns.srv-alias";
	return access && text_names_equal(access, name) ? "cert.ext.san.sip"
							: "cert.dns-match";
}

/* The bare SIP domain stands there for XMPP peers and needs no address. */
static bool is_domain(const struct inquiry *inquiry, const char *name)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		if (text_names_equal(topology->domains[i], name))
			return true;
	return false;
}

/* Whether a record leads to it, so that its row tells that it is missing. */
static bool is_pointed_to(const struct inquiry *inquiry, const char *name)
{
	static const char *const services[] = {
		"_sip._tls", "_sipfederationtls._tcp", "_xmpp-server._tcp"};
	const struct topology *topology = inquiry->deployment->topology;

	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		if (topology->names[i] &&
		    text_names_equal(topology->names[i], name))
			return true;
	for (size_t i = 0; i < topology->domain_count; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct srv_pick pick = srv_pick(inquiry, services[j],
							topology->domains[i]);

			if (pick.target && text_names_equal(pick.target, name))
				return true;
		}
	}
	return false;
}

static bool is_lost(const struct inquiry *inquiry, const char *name)
{
	return name_known(inquiry->deployment, name, DNS_A) == KNOWN_MISSING &&
	       name_known(inquiry->deployment, name, DNS_AAAA) ==
		       KNOWN_MISSING &&
	       !is_domain(inquiry, name) && !is_pointed_to(inquiry, name) &&
	       !records_may_be_missing(name);
}

/* A name of SN or SAN that DNS was asked for and does not know. */
static const char *lost_name(const struct inquiry *inquiry,
			     const struct observation *seen)
{
	const struct fact *fact = observation_fact(seen, "cert.san");
	const char *subject = certificate_subject(seen);

	for (; fact; fact = fact_next(fact))
		if (is_lost(inquiry, fact->text))
			return fact->text;
	return subject && is_lost(inquiry, subject) ? subject : NULL;
}

/* The name connected to; federation partners take no wildcard (13.1 C9). */
static void judge_connected(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target,
			    const struct observation *seen)
{
	const char *lost = lost_name(inquiry, seen);
	const char *entry;

	if (certificate_covers(inquiry->arena, seen, inquiry->subject,
			       &entry) == COVER_SUBJECT)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the subject name covers %s", inquiry->subject);
	else
		opine_cover(inquiry, opinion, seen, inquiry->subject,
			    target->listener == LISTENER_FEDERATION
				    ? STATE_WRONG
				    : STATE_WARN,
			    connected_cause(inquiry, seen, inquiry->subject,
					    target));
	if (opinion->state == STATE_VERIFIED && lost)
		opine(inquiry, opinion, STATE_WARN, "cert.lost-name",
		      "the certificate names %s, which DNS does not know",
		      lost);
}

void judge_cert_covers_connected(const struct inquiry *inquiry,
				 struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_connected);
}

static void judge_chain(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	struct certificate_fault fault =
		certificate_fault(inquiry->arena, seen);

	(void)target;
	opine(inquiry, opinion, fault.state, fault.cause, "%s", fault.because);
}

void judge_cert_chain(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_chain);
}

/*
 * Which certificate is assigned where
 */

static bool names_something(const struct inquiry *inquiry,
			    const struct observation *seen,
			    enum service service)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *name = topology->names[service];
	const char *subject = certificate_subject(seen);
	const char *entry;

	return name && (certificate_covers(inquiry->arena, seen, name,
					   &entry) != COVER_NONE ||
			certificate_covers_alias(inquiry, seen, name) ||
			(subject && text_names_equal(subject, name)));
}

/*
 * A certificate that holds the name of sign-in of a SIP domain was issued for
 * this Edge, whatever host a record names.
 */
static bool is_of_access(const struct inquiry *inquiry,
			 const struct observation *seen)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *entry;

	if (names_something(inquiry, seen, SERVICE_ACCESS))
		return true;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (certificate_covers(inquiry->arena, seen,
				       arena_format(inquiry->arena, "sip.%s",
						    topology->domains[i]),
				       &entry) == COVER_EXACT)
			return true;
	return false;
}

/* The certificate of another listener of the same node; NULL: none seen. */
static const struct observation *shown_at(const struct inquiry *inquiry,
					  const struct target *target,
					  enum listener listener)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];
		const struct observation *seen;

		if (other->listener != listener ||
		    strcmp(other->node, target->node) != 0)
			continue;
		seen = shown_connection(inquiry, other);
		if (seen && observation_fact(seen, "cert.der"))
			return seen;
	}
	return NULL;
}

static void judge_assigned_access(const struct inquiry *inquiry,
				  struct opinion *opinion,
				  const struct target *target,
				  const struct observation *seen)
{
	const struct observation *federation =
		shown_at(inquiry, target, LISTENER_FEDERATION);

	opinion_rest_on(inquiry, opinion, federation);
	if (!is_of_access(inquiry, seen))
		opine(inquiry, opinion, STATE_WRONG, "cert.ext.assign.access",
		      "the certificate belongs to another server: %s",
		      certificate_names(inquiry->arena, seen));
	else if (federation && !certificate_same(seen, federation))
		opine(inquiry, opinion, STATE_WARN, "cert.ext.assign.access",
		      "443 and 5061 show different certificates");
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      federation ? "443 and 5061 show the external certificate"
				 : "443 shows the external certificate");
}

void judge_cert_assigned_access(const struct inquiry *inquiry,
				struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_assigned_access);
}

static void judge_assigned_webconf(const struct inquiry *inquiry,
				   struct opinion *opinion,
				   const struct target *target,
				   const struct observation *seen)
{
	const struct observation *same =
		shown_by(inquiry, LISTENER_ACCESS, seen);

	(void)target;
	opinion_rest_on(inquiry, opinion, same);
	if (same)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it shows the certificate of the Access Edge");
	else if (names_something(inquiry, seen, SERVICE_WEBCONF))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it shows a certificate of its own, with its name");
	else
		opine(inquiry, opinion, STATE_WRONG, "cert.ext.assign.webconf",
		      "the certificate belongs to another server: %s",
		      certificate_names(inquiry->arena, seen));
}

void judge_cert_assigned_webconf(const struct inquiry *inquiry,
				 struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_assigned_webconf);
}

/*
 * The pool: the odd node is the one whose leaf fewer nodes show than another.
 * Of equal numbers, it is the one whose certificate serves less well. What
 * belongs to some other server altogether is not one of the pool's.
 */

/* Faults weigh most, then the names known to be needed, then all names. */
static size_t merit(const struct inquiry *inquiry,
		    const struct observation *seen)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *webconf = topology->names[SERVICE_WEBCONF];
	const char *access = topology->names[SERVICE_ACCESS];
	const char *subject = certificate_subject(seen);
	enum state state = certificate_fault(inquiry->arena, seen).state;
	size_t needed, names = 0;
	const char *entry;

	needed = (size_t)covers_needed(inquiry, seen) +
		 (webconf && certificate_covers(inquiry->arena, seen, webconf,
						&entry) == COVER_EXACT) +
		 (access && subject && text_names_equal(access, subject));
	for (const struct fact *fact = observation_fact(seen, "cert.san"); fact;
	     fact = fact_next(fact))
		names++;
	return (((size_t)(STATE_COUNT - state) << 2) + needed) * 10000 +
	       (names < 10000 ? names : 9999);
}

struct pool {
	size_t same, others; /* addresses that show this leaf, another */
	size_t best;	     /* merit of the others */
	bool same_key;	     /* one of the others has the key of this leaf */
};

#define COMPARED_MAX 8 /* others looked into: parsing takes time */

static struct pool count_pool(const struct inquiry *inquiry,
			      const struct observation *like)
{
	const struct deployment *deployment = inquiry->deployment;
	struct pool pool = {0};

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];
		const struct observation *seen =
			other->listener == LISTENER_ACCESS
				? shown_connection(inquiry, other)
				: NULL;
		size_t worth;

		if (!seen || !observation_fact(seen, "cert.der"))
			continue;
		if (certificate_same(seen, like)) {
			pool.same++;
			continue;
		}
		if (pool.others < COMPARED_MAX) {
			if (!is_of_access(inquiry, seen))
				continue;
			pool.same_key = pool.same_key ||
					certificate_same_key(seen, like);
			worth = merit(inquiry, seen);
			pool.best = worth > pool.best ? worth : pool.best;
		}
		pool.others++;
	}
	return pool;
}

/* How many a load balancer has behind it, as several connections saw. */
static size_t count_in_turn(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target)
{
	const struct observation *spread = deployment_seen(
		inquiry->deployment, target, "vip-spread", NULL);
	const struct fact *fact =
		spread ? observation_fact(spread, "spread.leaf") : NULL;
	size_t count = 0;

	for (; fact; fact = fact_next(fact))
		count++;
	if (count > 1)
		opinion_rest_on(inquiry, opinion, spread);
	return count;
}

static void judge_leaf(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target,
		       const struct observation *seen)
{
	struct pool pool = count_pool(inquiry, seen);
	size_t in_turn = count_in_turn(inquiry, opinion, target);

	if (in_turn > 1) {
		opine(inquiry, opinion, STATE_WARN, "cert.pool.same-cert-key",
		      "%s shows %zu certificates in turn: the servers behind "
		      "it have not the same",
		      target_text(inquiry, target), in_turn);
		return;
	}
	if (!pool.others || pool.same > pool.others ||
	    (pool.same == pool.others && merit(inquiry, seen) > pool.best)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      pool.others
			      ? "it shows the certificate of the pool; that of "
				"A/V authentication is never shown outside"
			      : "every address shows the same certificate; "
				"that of A/V authentication is never shown "
				"outside");
		opinion->could_not = true;
		return;
	}
	if (certificate_fault(inquiry->arena, seen).state == STATE_WRONG) {
		/* to renew it as the others are mends both: one fault */
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "it shows another certificate than the pool, which is "
		      "at fault itself");
		opinion->could_not = true;
		return;
	}
	opine(inquiry, opinion, STATE_WARN, "cert.pool.same-cert-key",
	      "this node shows another certificate than %zu other address%s of "
	      "the pool%s",
	      pool.others, pool.others == 1 ? "" : "es",
	      pool.same_key ? ", with the same key" : "");
}

void judge_cert_same_leaf(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_leaf);
}
