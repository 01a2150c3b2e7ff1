#include "common/judge/predicate.h"

#include "common/judge/meanings.h"
#include "common/judge/place.h"

#include <stdio.h>
#include <string.h>

/* The names that judging.tsv uses. */
const struct predicate predicate_table[] = {
	{"access-sip", judge_access_sip},
	{"federation-sip", judge_federation_sip},
	{"sip-both-ways", judge_sip_both_ways},
	{"webconf-tls", judge_webconf_tls},
	{"av-relay", judge_av_relay},
	{"av-reply-source", judge_av_reply_source},
	{"relay-allocates", judge_relay_allocates},
	{"relay-address", judge_relay_address},
	{"relay-path", judge_relay_path},
	{"relay-source", judge_relay_source},
	{"relay-unchanged", judge_relay_unchanged},
	{"relay-pair", judge_relay_pair},
	{"relay-abuse", judge_relay_abuse},
	{"cert-sn", judge_cert_sn},
	{"cert-san-access", judge_cert_san},
	{"cert-san-webconf", judge_cert_san},
	{"cert-san-domain", judge_cert_san_domain},
	{"cert-covers-connected", judge_cert_covers_connected},
	{"cert-chain", judge_cert_chain},
	{"cert-assigned-access", judge_cert_assigned_access},
	{"cert-assigned-webconf", judge_cert_assigned_webconf},
	{"cert-same-leaf", judge_cert_same_leaf},
	{"cert-plain-names", judge_cert_plain_names},
	{"cert-san-count", judge_cert_san_count},
	{"cert-san-order", judge_cert_san_order},
	{"cert-wildcard-beside", judge_cert_wildcard_beside},
	{"cert-client-auth", judge_cert_client_auth},
	{"cert-key-kind", judge_cert_key_kind},
	{"tls-without-sni", judge_tls_without_sni},
	{"tls-versions", judge_tls_versions},
	{"federation-partner", judge_federation_partner},
	{"access-soak", judge_access_soak},
	{"sip-schemes", judge_sip_schemes},
	{"sip-auth-version", judge_sip_auth_version},
	{"sip-sts", judge_sip_sts},
	{"sip-same-version", judge_sip_same_version},
	{"federation-issuers", judge_federation_issuers},
	{"web-dns", judge_web_dns},
	{"web-https", judge_web_https},
	{"web-http", judge_web_http},
	{"web-name", judge_web_name},
	{"web-answer", judge_web_answer},
	{"web-access-location", judge_web_access_location},
	{"web-links", judge_web_links},
	{"web-host-domain", judge_web_host_domain},
	{"web-user", judge_web_user},
	{"web-certificate", judge_web_certificate},
	{"simple-url", judge_simple_url},
	{"revocation-cdp", judge_revocation_cdp},
	{"revocation-status", judge_revocation_status},
	{"revocation-reachable", judge_revocation_reachable},
	{"revocation-staple", judge_revocation_staple},
	{"revocation-issuer", judge_revocation_issuer},
	{"xmpp-stream", judge_xmpp_stream},
	{"cert-xmpp-base", judge_cert_xmpp_base},
	{"cert-xmpp-name", judge_cert_xmpp_name},
	{"cert-xmpp-wildcard", judge_cert_xmpp_wildcard},
	{"srv-sip-tls", judge_srv_sip_tls},
	{"srv-federation", judge_srv_federation},
	{"srv-xmpp", judge_srv_xmpp},
	{"srv-same-domain", judge_srv_same_domain},
	{"same-version", judge_same_version},
	{"inside-names", judge_inside_names},
	{"wildcard", judge_no_wildcard},
	{"resolvers", judge_resolvers},
	{"hosting", judge_hosting},
	{"federation-identity", judge_federation_identity},
	{"equal-counts", judge_equal_counts},
	{"webconf-apart", judge_webconf_apart},
	{"xmpp-leftover", judge_xmpp_leftover},
	{"a-access", judge_a_access},
	{"a-webconf", judge_a_webconf},
	{"a-av", judge_a_av},
	{"a-xmpp", judge_a_xmpp},
	{"access-per-domain", judge_access_per_domain},
	{"public-addresses", judge_public_addresses},
	{"one-a-per-node", judge_one_a_per_node},
	{"one-a-per-vip", judge_one_a_per_vip},
	{"pool-size", judge_pool_size},
	{"exposure", judge_exposure},
	{"reached", judge_reached},
	{"mras-grants", judge_mras_grants},
	{"inside-reverse", judge_inside_reverse},
	{"client-ports", judge_client_ports},
	{"inside-sip", judge_inside_sip},
	{"inside-tls", judge_inside_tls},
	{"inside-https", judge_inside_https},
	{"inside-open", judge_inside_open},
	{"a-edge-internal", judge_a_edge_internal},
	{"cert-int-sn", judge_cert_int_sn},
	{"cert-int-eku", judge_cert_int_eku},
	{"cert-int-sound", judge_cert_int_sound},
	{"cert-int-assign", judge_cert_int_assign},
	{"cert-int-same", judge_cert_int_same},
	{"sent", judge_sent},
	{"host-inner-gateway", judge_host_inner_gateway},
	{"host-outer-gateway", judge_host_outer_gateway},
	{"host-balancer-gateway", judge_host_balancer_gateway},
	{"host-inner-routes", judge_host_inner_routes},
	{"host-kept-routes", judge_host_kept_routes},
	{"host-primary", judge_host_primary},
	{"host-secondary", judge_host_secondary},
	{"host-networks", judge_host_networks},
	{"host-private", judge_host_private},
	{"vip-members", judge_vip_members},
	{"inside-without-vip", judge_inside_without_vip},
	{"inside-vip-apart", judge_inside_vip_apart},
	{"access-source", judge_access_source},
};
const size_t predicate_count =
	sizeof(predicate_table) / sizeof(predicate_table[0]);

const struct predicate *predicate_find(const char *name)
{
	for (size_t i = 0; i < predicate_count; i++)
		if (strcmp(predicate_table[i].name, name) == 0)
			return &predicate_table[i];
	return NULL;
}

void opine(const struct inquiry *inquiry, struct opinion *opinion,
	   enum state state, const char *cause, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	opinion->because = arena_vformat(inquiry->arena, format, args);
	va_end(args);
	opinion->state = state;
	opinion->cause = cause;
}

void opinion_rest_on(const struct inquiry *inquiry, struct opinion *opinion,
		     const struct observation *observation)
{
	if (!observation)
		return;
	for (size_t i = 0; i < opinion->observation_count; i++)
		if (opinion->observations[i] == observation)
			return;
	opinion->observations = arena_grow(
		inquiry->arena, opinion->observations,
		opinion->observation_count, &opinion->observation_capacity,
		sizeof(*opinion->observations));
	opinion->observations[opinion->observation_count++] = observation;
}

/* What was seen comes before what was not, the worse before the better. */
static int weight(const struct opinion *opinion)
{
	static const int weights[STATE_COUNT] = {
		[STATE_NA] = 0,	  [STATE_UNOBSERVED] = 1, [STATE_VERIFIED] = 2,
		[STATE_WARN] = 3, [STATE_WRONG] = 4,	  [STATE_BLOCKED] = 5,
	};

	return opinion->because ? weights[opinion->state] : 0;
}

void opinion_worst(const struct inquiry *inquiry, struct opinion *opinion,
		   const struct opinion *other)
{
	if (weight(other) > weight(opinion)) {
		opinion->state = other->state;
		opinion->because = other->because;
		opinion->cause = other->cause;
		opinion->could_not = other->could_not;
		opinion->where = other->where;
	}
	for (size_t i = 0; i < other->observation_count; i++)
		opinion_rest_on(inquiry, opinion, other->observations[i]);
}

const char *target_text(const struct inquiry *inquiry,
			const struct target *target)
{
	char text[ENDPOINT_TEXT_BYTES];

	return arena_text(inquiry->arena,
			  endpoint_format(text, &target->endpoint.address,
					  target->endpoint.port));
}

/* Whether this place was ever answered, or refused, over IPv6. */
static bool place_has_ipv6(const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (seen->endpoint.address.family == AF_INET6 &&
		    !observation_is_dns(seen) &&
		    seen->outcome != OUTCOME_LOCAL &&
		    seen->outcome != OUTCOME_UNREACHABLE)
			return true;
	}
	return false;
}

/* Whether anything at all was reached on that port, so that it may leave. */
static bool port_is_reached(const struct deployment *deployment,
			    const struct endpoint *endpoint, const char *source)
{
	/* a host between two networks gets out into each in its own way */
	bool from_there = deployment->vantage == VANTAGE_EDGE_HOST;
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (seen->endpoint.port == endpoint->port &&
		    seen->endpoint.transport == endpoint->transport &&
		    (!from_there || strcmp(seen->source, source) == 0) &&
		    (seen->outcome == OUTCOME_ANSWERED ||
		     seen->outcome == OUTCOME_ALERT ||
		     seen->outcome == OUTCOME_GARBLED))
			return true;
	}
	return false;
}

static const char *detail_of(const struct observation *observation)
{
	static const char *const plain[OUTCOME_COUNT] = {
		[OUTCOME_ANSWERED] = "it answers",
		[OUTCOME_REFUSED] = "the connection is refused",
		[OUTCOME_NO_REPLY] = "no reply",
		[OUTCOME_UNREACHABLE] = "unreachable",
		[OUTCOME_RESET] = "the connection is reset",
		[OUTCOME_CLOSED] = "the connection is closed",
		[OUTCOME_ALERT] = "a TLS alert",
		[OUTCOME_GARBLED] = "bytes of another protocol",
		[OUTCOME_LOCAL] = "this place could not look",
	};

	return *observation->detail ? observation->detail
				    : plain[observation->outcome];
}

/* What lets a connection through does not stop the port. */
static bool is_in_doubt(const struct deployment *deployment,
			const struct target *target,
			const struct observation *seen)
{
	return !observation_fact(seen, "tcp.rtt_us") &&
	       !port_is_reached(deployment, &target->endpoint, seen->source);
}

const char *silence_text(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target,
			 const struct observation *seen)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct observation *control = NULL;
	enum sending sending =
		place_sending(deployment, &target->endpoint, &control);
	bool doubt = is_in_doubt(deployment, target, seen) &&
		     sending == SENDING_UNKNOWN;

	if (sending == SENDING_WORKS)
		opinion_rest_on(inquiry, opinion, control);
	return arena_format(
		inquiry->arena, "%s%s%s", detail_of(seen),
		doubt ? ", or your own network stops it" : "",
		observation_fact(seen, "tcp.rtt_us")
			? ""
			: place_last_seen(inquiry, opinion, &target->endpoint));
}

/* Silent as well at a place that is known to answer on that port. */
static bool opine_cannot_send(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct target *target,
			      const struct observation *seen)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct endpoint *endpoint = &target->endpoint;
	const char *where = target_text(inquiry, target);
	const struct observation *control;

	if (!is_in_doubt(deployment, target, seen) ||
	    place_sending(deployment, endpoint, &control) != SENDING_FAILS)
		return false;
	opinion_rest_on(inquiry, opinion, control);
	opine(inquiry, opinion, STATE_UNOBSERVED, "place.cannot-send",
	      "%s: this place cannot send to %s %u: %s, which is known to "
	      "answer, is silent too",
	      where, endpoint->transport == TRANSPORT_TCP ? "TCP" : "UDP",
	      endpoint->port, control->subject);
	opinion->where = arena_format(inquiry->arena, "%s/%s", where,
				      transport_name(endpoint->transport));
	return true;
}

static void opine_silence(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen, const char *cause)
{
	bool unsteady = place_was_reached_again(inquiry->deployment, seen,
						&target->endpoint);

	opine(inquiry, opinion, unsteady ? STATE_WARN : STATE_BLOCKED,
	      unsteady ? "net.unsteady" : cause, "%s: %s",
	      target_text(inquiry, target),
	      silence_text(inquiry, opinion, target, seen));
}

bool opine_unanswered(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *seen, const char *cause)
{
	const char *where = target_text(inquiry, target);

	opinion_rest_on(inquiry, opinion, seen);
	/* that nobody answers there is the record's fault, not a port's */
	if (inquiry->deployment->vantage == VANTAGE_OUTSIDE &&
	    address_is_private(&target->endpoint.address) &&
	    !inquiry->deployment->override_count)
		cause = "dns.no-private-outside";
	if (!seen) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked at", where);
		return true;
	}
	if (target->endpoint.address.family == AF_INET6 &&
	    (seen->outcome == OUTCOME_LOCAL ||
	     seen->outcome == OUTCOME_UNREACHABLE) &&
	    !place_has_ipv6(inquiry->deployment)) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s: this place has no way out over IPv6", where);
		opinion->could_not = true;
		return true;
	}
	switch (seen->outcome) {
	case OUTCOME_ANSWERED:
		return false;
	case OUTCOME_LOCAL:
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s: %s", where,
		      detail_of(seen));
		return true;
	case OUTCOME_NO_REPLY:
	case OUTCOME_UNREACHABLE:
		if (!opine_cannot_send(inquiry, opinion, target, seen))
			opine_silence(inquiry, opinion, target, seen, cause);
		return true;
	case OUTCOME_RESET:
	case OUTCOME_CLOSED:
	case OUTCOME_REFUSED:
		opine(inquiry, opinion,
		      observation_flag(seen, "peer.spoke") ? STATE_WRONG
							   : STATE_BLOCKED,
		      cause, "%s: %s", where, detail_of(seen));
		return true;
	default:
		opine(inquiry, opinion, STATE_WRONG, cause, "%s: %s%s", where,
		      detail_of(seen), alert_clause(inquiry->arena, seen));
		return true;
	}
}
