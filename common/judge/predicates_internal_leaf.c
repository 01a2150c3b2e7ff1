#include "common/judge/certificate.h"
#include "common/judge/predicate.h"
#include "common/judge/shown.h"

#include "common/base/text.h"

#include <string.h>

/* The internal certificate: edge-services.md 13.2, I1 to I7. */

/* Whether it is the name of an Edge that was asked for. */
static bool is_asked_for(const struct inquiry *inquiry,
			 const struct target *target, const char *name)
{
	const struct deployment *deployment = inquiry->deployment;

	if (target->name && text_names_equal(target->name, name))
		return true;
	for (size_t i = 0; i < deployment->inside_name_count; i++)
		if (text_names_equal(deployment->inside_names[i], name))
			return true;
	return false;
}

/*
 * Without a file, a member may have been asked for whose certificate names
 * the pool: then DNS leads from that name to the same address.
 */
static bool leads_here(const struct inquiry *inquiry,
		       const struct target *target, const char *name)
{
	return !inquiry->deployment->topology->file &&
	       deployment_gives(inquiry->deployment, name,
				&target->endpoint.address);
}

static void judge_sn(const struct inquiry *inquiry, struct opinion *opinion,
		     const struct target *target,
		     const struct observation *seen)
{
	const char *subject = certificate_subject(seen);
	const char *entry;

	if (!target->name) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the internal name of the Edge is not known "
		      "(internal-name in the file)");
		opinion->could_not = true;
	} else if (subject && is_asked_for(inquiry, target, subject)) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the subject name is %s", subject);
	} else if (subject && leads_here(inquiry, target, subject)) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the subject name is %s, which DNS leads to the same "
		      "address",
		      subject);
	} else if (certificate_covers(inquiry->arena, seen, target->name,
				      &entry) != COVER_NONE) {
		opine(inquiry, opinion, STATE_WARN, "cert.int.sn",
		      "the subject name is %s; %s stands only in the SAN, "
		      "which is not looked at inside",
		      subject ? subject : "none", target->name);
	} else {
		opine(inquiry, opinion, STATE_WRONG, "cert.int.sn",
		      "the subject name is %s, not %s",
		      subject ? subject : "none", target->name);
	}
}

void judge_cert_int_sn(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_sn);
}

static void judge_eku(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *seen)
{
	(void)target;
	if (certificate_is_for_servers(seen))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "it is meant for servers");
	else
		opine(inquiry, opinion, STATE_WRONG, "cert.int.eku",
		      "its extended key usage lacks server authentication");
}

void judge_cert_int_eku(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_eku);
}

/*
 * Dates, chain, key and signature. The CA is mostly a private one: unless
 * somebody named it, nothing can be said of the chain.
 */
static bool is_of_unnamed_ca(const struct observation *seen)
{
	const char *roots = observation_text(seen, "cert.roots");

	return (!roots || strcmp(roots, "system") == 0) &&
	       certificate_lacks_root(seen);
}

static struct certificate_fault fault_of(const struct inquiry *inquiry,
					 const struct observation *seen)
{
	return is_of_unnamed_ca(seen)
		       ? certificate_own_fault(inquiry->arena, seen)
		       : certificate_fault(inquiry->arena, seen);
}

static void judge_sound(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	struct certificate_fault fault = fault_of(inquiry, seen);

	(void)target;
	if (fault.state != STATE_VERIFIED) {
		opine(inquiry, opinion, fault.state, "cert.int.sound", "%s",
		      fault.because);
	} else if (is_of_unnamed_ca(seen)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "its issuer is none that this machine trusts: name the "
		      "internal CA with --ca-file");
		opinion->could_not = true;
	} else {
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s",
		      fault.because);
	}
}

void judge_cert_int_sound(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_sound);
}

/* One certificate on all ports of a node: others are told, not judged. */

static void judge_assign(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target,
			 const struct observation *seen)
{
	const char *subject = certificate_subject(seen);

	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *other = inquiry->targets[i];
		const struct observation *shown =
			shown_connection(inquiry, other);

		if (!shown || !observation_fact(shown, "cert.der") ||
		    certificate_same(shown, seen))
			continue;
		opinion_rest_on(inquiry, opinion, shown);
		opine(inquiry, opinion,
		      subject && is_asked_for(inquiry, target, subject)
			      ? STATE_VERIFIED
			      : STATE_WARN,
		      "cert.int.assign",
		      "TCP %u and TCP %u show different certificates",
		      target->endpoint.port, other->endpoint.port);
		return;
	}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "every internal port shows the same certificate");
}

void judge_cert_int_assign(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_assign);
}

/*
 * One certificate and key on all members of the pool (I6). What belongs to
 * another server altogether, or is at fault itself, is another row's matter:
 * to mend that mends both.
 */

static bool is_of_pool(const struct inquiry *inquiry,
		       const struct target *target,
		       const struct observation *seen)
{
	const char *subject = certificate_subject(seen);

	return subject &&
	       (is_asked_for(inquiry, target, subject) ||
		leads_here(inquiry, target, subject)) &&
	       fault_of(inquiry, seen).state != STATE_WRONG;
}

static void judge_pool_leaf(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target,
			    const struct observation *seen)
{
	const struct deployment *deployment = inquiry->deployment;
	size_t same = 0, others = 0;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];
		const struct observation *shown =
			other->listener == target->listener
				? shown_connection(inquiry, other)
				: NULL;

		if (!shown || !observation_fact(shown, "cert.der") ||
		    !is_of_pool(inquiry, other, shown))
			continue;
		same += certificate_same(shown, seen);
		others += !certificate_same(shown, seen);
	}
	if (!is_of_pool(inquiry, target, seen)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "it shows a certificate that is at fault itself");
		opinion->could_not = true;
	} else if (others && same <= others) {
		opine(inquiry, opinion, STATE_WARN, "cert.int.same",
		      "this node shows another certificate than %zu other "
		      "address%s of the pool",
		      others, others == 1 ? "" : "es");
	} else {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      others ? "it shows the certificate of the pool"
			     : "every address shows the same certificate");
	}
}

void judge_cert_int_same(const struct inquiry *inquiry, struct opinion *opinion)
{
	shown_judge_each(inquiry, opinion, judge_pool_leaf);
}
