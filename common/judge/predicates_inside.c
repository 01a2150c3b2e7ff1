#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/plan/listener_probe.h"

#include <string.h>

/*
 * The internal interface, as Front End Servers see it: edge-services.md 3.2,
 * 7, 8.6, 9. Whether a certificate that was given (--cert) is shown makes the
 * difference between hearing a service and being refused by it, which is the
 * healthy answer to strangers.
 */

/* Which finding tells that a listener is not reached. */
static const char *const blocked_causes[LISTENER_COUNT] = {
	[LISTENER_INSIDE_SIP] = "inside.sip-blocked",
	[LISTENER_INSIDE_MRAS] = "inside.mras-blocked",
	[LISTENER_INSIDE_PSOM] = "inside.webconf-blocked",
	[LISTENER_INSIDE_XMPP] = "inside.xmpp-blocked",
	[LISTENER_INSIDE_HTTPS] = "inside.replica-blocked",
	[LISTENER_INSIDE_LOG_1] = "inside.logging-blocked",
	[LISTENER_INSIDE_LOG_2] = "inside.logging-blocked",
	[LISTENER_INSIDE_LOG_3] = "inside.logging-blocked",
};

#define WRONG_SERVICE "inside.wrong-service"

static const struct observation *look_at(const struct inquiry *inquiry,
					 const struct target *target)
{
	return deployment_seen(inquiry->deployment, target,
			       listener_probe(target->listener), NULL);
}

/* What we showed was not good enough for the server. */
static bool opine_identity_refused(const struct inquiry *inquiry,
				   struct opinion *opinion,
				   const struct target *target,
				   const struct observation *seen)
{
	if (!seen || !observation_fact(seen, "client.der") ||
	    (seen->outcome != OUTCOME_ALERT && seen->outcome != OUTCOME_RESET &&
	     seen->outcome != OUTCOME_CLOSED) ||
	    !observation_flag(seen, "tls.client_certificate_requested"))
		return false;
	opinion_rest_on(inquiry, opinion, seen);
	opine(inquiry, opinion, STATE_WRONG, "inside.identity-refused",
	      "%s refuses the certificate that it was shown (--cert): %s",
	      target_text(inquiry, target), seen->detail);
	return true;
}

/* True where there is no conversation to judge. */
static bool opine_unheard(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen)
{
	bool is_stranger = seen && (seen->outcome == OUTCOME_GARBLED ||
				    seen->outcome == OUTCOME_ALERT);

	return opine_identity_refused(inquiry, opinion, target, seen) ||
	       opine_unanswered(inquiry, opinion, target, seen,
				is_stranger ? WRONG_SERVICE
					    : blocked_causes[target->listener]);
}

static void opine_no_mutual_tls(const struct inquiry *inquiry,
				struct opinion *opinion,
				const struct target *target)
{
	opine(inquiry, opinion, STATE_WARN, "inside.no-mutual-tls",
	      "%s: TLS answers without asking for a client certificate: "
	      "something in front may end the TLS connection",
	      target_text(inquiry, target));
}

/* SIP: 5061 and 5062 */

static void judge_sip_heard(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target, bool is_mutual)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target, "sip-options-control", NULL);
	const char *server = seen ? observation_text(seen, "sip.server") : NULL;

	opinion_rest_on(inquiry, opinion, seen);
	if (opine_identity_refused(inquiry, opinion, target, seen))
		return;
	if (seen && seen->outcome == OUTCOME_GARBLED)
		opine(inquiry, opinion, STATE_WRONG, WRONG_SERVICE,
		      "%s: TLS answers and SIP does not: %s",
		      target_text(inquiry, target), seen->detail);
	else if (!is_mutual)
		opine_no_mutual_tls(inquiry, opinion, target);
	else if (seen && seen->outcome == OUTCOME_ANSWERED)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "SIP answers over mutual TLS%s%s", server ? ": " : "",
		      server ? server : "");
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers and asks for a client certificate");
}

/* What both kinds of mutual TLS have in common; true: SIP may be heard. */
static bool judge_mutual(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target)
{
	const struct observation *seen = look_at(inquiry, target);

	if (opine_unheard(inquiry, opinion, target, seen))
		return false;
	if (!observation_flag(seen, "tls.client_certificate_refused"))
		return true;
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "mutual TLS: it asks for a client certificate and refuses to go "
	      "on without");
	return false;
}

static void judge_sip(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target)
{
	const struct observation *seen = look_at(inquiry, target);

	if (judge_mutual(inquiry, opinion, target))
		judge_sip_heard(
			inquiry, opinion, target,
			observation_flag(seen,
					 "tls.client_certificate_requested"));
}

/* TLS whose client speaks first: 8057 and 23456 */

static void judge_tls(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target)
{
	const struct observation *seen = look_at(inquiry, target);

	if (!judge_mutual(inquiry, opinion, target))
		return;
	if (observation_flag(seen, "tls.client_certificate_requested"))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers and asks for a client certificate");
	else
		opine_no_mutual_tls(inquiry, opinion, target);
}

/* HTTPS: any status will do (9.1) */

static void judge_https(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target)
{
	const struct observation *seen = look_at(inquiry, target);
	int64_t status;

	if (opine_unheard(inquiry, opinion, target, seen))
		return;
	status = observation_number(seen, "http.status", 0);
	if (status)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "HTTPS answers %lld", (long long)status);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers and asks for a client certificate");
}

/* Logging: how TLS begins there is not known (9.2) */

static void judge_open(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target)
{
	const struct observation *seen = look_at(inquiry, target);

	if (!opine_unheard(inquiry, opinion, target, seen))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the connection stands");
}

static void judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		       void (*judge_one)(const struct inquiry *inquiry,
					 struct opinion *opinion,
					 const struct target *target))
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_one(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

void judge_inside_sip(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_sip);
}

void judge_inside_tls(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_tls);
}

void judge_inside_https(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_https);
}

void judge_inside_open(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_open);
}

/*
 * The name in internal DNS: every node's address, or that of the internal
 * VIP; where there is a VIP, either will do (dns.tsv, 1|N).
 */

static bool gives(const struct addresses *addresses,
		  const struct address *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (address_equal(&addresses->items[i], address))
			return true;
	return false;
}

static const struct node *find_vip(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip &&
		    topology->nodes[i].internal.family)
			return &topology->nodes[i];
	return NULL;
}

/* A node of the file that the name does not lead to; NULL: none. */
static const struct node *find_missing(const struct topology *topology,
				       const struct addresses *addresses)
{
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (!node->is_vip && node->internal.family &&
		    !gives(addresses, &node->internal))
			return node;
	}
	return NULL;
}

/* An address that is no node's; NULL: none, or no node has one. */
static const struct address *find_stray(const struct topology *topology,
					const struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++) {
		bool any = false, is_known = false;

		for (size_t j = 0; j < topology->node_count; j++) {
			const struct node *node = &topology->nodes[j];

			any |= node->internal.family != 0;
			is_known |= address_equal(&node->internal,
						  &addresses->items[i]);
		}
		if (any && !is_known)
			return &addresses->items[i];
	}
	return NULL;
}

void judge_a_edge_internal(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	const struct topology *topology = inquiry->deployment->topology;
	const char *name = inquiry->subject;
	const struct node *missing, *vip = find_vip(topology);
	const struct address *stray;
	struct addresses addresses;
	char text[ADDRESS_TEXT_BYTES];

	addresses_of(inquiry, opinion, name, &addresses);
	if (opine_no_address(inquiry, opinion, name, &addresses,
			     "dns.inside-unknown"))
		return;
	stray = find_stray(topology, &addresses);
	missing = vip && gives(&addresses, &vip->internal)
			  ? NULL
			  : find_missing(topology, &addresses);
	if (stray)
		opine(inquiry, opinion, STATE_WRONG, "dns.inside-differs",
		      "%s gives %s, which the topology does not know", name,
		      address_format(text, stray));
	else if (missing)
		opine(inquiry, opinion, STATE_WRONG, "dns.inside-differs",
		      "%s does not give %s of %s", name,
		      address_format(text, &missing->internal), missing->name);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s gives %s",
		      name, addresses_text(inquiry, &addresses));
}

/* Backwards: a note, for nothing is known to depend on it. */

static void judge_backwards(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct address *address = &target->endpoint.address;
	char reverse[DNS_REVERSE_BYTES], text[ADDRESS_TEXT_BYTES];
	const char *name = dns_reverse_name(reverse, address);
	const struct fact *fact = deployment_records(deployment, name, DNS_PTR);
	const char *first = fact ? fact->text : NULL;

	opinion_rest_on(inquiry, opinion,
			deployment_dns(deployment, name, DNS_PTR));
	address_format(text, address);
	while (fact && !deployment_gives(deployment, fact->text, address))
		fact = fact_next(fact);
	if (fact)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s is %s, and back", text, fact->text);
	else if (first)
		opine(inquiry, opinion, STATE_VERIFIED, "dns.inside-reverse",
		      "DNS calls %s %s, which does not lead back to it", text,
		      first);
	else
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "DNS has no name for %s", text);
	opinion->could_not = !first;
}

void judge_inside_reverse(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_backwards);
}
