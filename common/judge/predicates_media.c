#include "common/judge/certificate.h"
#include "common/judge/predicate.h"
#include "common/judge/relays.h"
#include "common/judge/services.h"

#include "common/base/text.h"
#include "common/plan/listener_probe.h"

#include <string.h>

/* The Web Conferencing and A/V listeners as they are seen from outside. */

/* Another listener at the same address and port, which has answered there. */
static bool answers_as(const struct inquiry *inquiry,
		       const struct target *target, enum listener listener,
		       const char *probe)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];
		const struct observation *seen;

		if (other->listener != listener ||
		    other->endpoint.port != target->endpoint.port ||
		    !address_equal(&other->endpoint.address,
				   &target->endpoint.address))
			continue;
		seen = deployment_seen(deployment, other, probe, NULL);
		if (seen && seen->outcome == OUTCOME_ANSWERED)
			return true;
	}
	return false;
}

/* Whether some Access Edge listener shows the very certificate. */
static bool is_of_access(const struct inquiry *inquiry,
			 const struct observation *seen)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (target->listener == LISTENER_ACCESS &&
		    certificate_same(
			    deployment_seen(deployment, target, "sip", NULL),
			    seen))
			return true;
	}
	return false;
}

/* What it makes of SIP. */
static const char *manner_of(const struct observation *control)
{
	if (observation_flag(control, "peer.closed"))
		return "hangs up on SIP";
	return observation_fact(control, "peer.bytes")
		       ? "answers SIP in no language known here"
		       : "is silent to SIP";
}

/*
 * Silence proves little: PSOM is not published, so nobody can be asked to
 * speak it. The certificate is all that says whose silence it is.
 */
static void opine_silent(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target,
			 const struct observation *seen,
			 const struct observation *control)
{
	const char *how = manner_of(control);
	const char *entry;

	opinion_rest_on(inquiry, opinion, control);
	if (is_of_access(inquiry, seen))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers with the certificate of the Access Edge and "
		      "%s: as far as can be told, Web Conferencing",
		      how);
	else if (target->name &&
		 certificate_covers(inquiry->arena, seen, target->name,
				    &entry) == COVER_EXACT)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers with a certificate for %s and %s: as far as "
		      "can be told, Web Conferencing",
		      target->name, how);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers and %s: whether it is Web Conferencing "
		      "cannot be told",
		      how);
}

/* What answers SIP or HTTP inside TLS (edge-services.md 4.2, 4.12). */
static bool opine_conversation(const struct inquiry *inquiry,
			       struct opinion *opinion,
			       const struct target *target)
{
	struct presence presence = service_at(inquiry, &target->endpoint);

	if (presence.kind != PRESENCE_SIP && presence.kind != PRESENCE_WEB)
		return false;
	opinion_rest_on(inquiry, opinion, presence.seen);
	opine(inquiry, opinion, STATE_WRONG, "webconf.wrong-service",
	      "%s is %s, not the Web Conferencing Edge",
	      target_text(inquiry, target), presence.title);
	return true;
}

static void judge_webconf_answer(const struct inquiry *inquiry,
				 struct opinion *opinion,
				 const struct target *target,
				 const struct observation *seen)
{
	const char *where = target_text(inquiry, target);
	const char *service = observation_text(seen, "peer.service");
	const struct observation *control = deployment_seen(
		inquiry->deployment, target, "recognise-sip", NULL);

	if (answers_as(inquiry, target, LISTENER_ACCESS, "sip"))
		opine(inquiry, opinion, STATE_WRONG, "webconf.wrong-service",
		      "%s is the Access Edge: SIP answers there", where);
	else if (opine_conversation(inquiry, opinion, target))
		return;
	else if (service && strncmp(service, "tls", 3) != 0)
		opine(inquiry, opinion, STATE_WARN, "webconf.wrong-service",
		      "%s speaks first, as %s does, which a Web Conferencing "
		      "Edge is not known to do",
		      where, service);
	else if (observation_flag(seen, "tls.client_certificate_refused"))
		opine(inquiry, opinion, STATE_WRONG, "webconf.wrong-service",
		      "%s refuses all who show no client certificate, which "
		      "people outside do not have",
		      where);
	else if (observation_flag(seen, "peer.closed"))
		opine(inquiry, opinion, STATE_VERIFIED, "webconf.closes",
		      "TLS answers, and %s closes the connection at once",
		      where);
	else if (control && control->outcome == OUTCOME_ANSWERED)
		opine_silent(inquiry, opinion, target, seen, control);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers and waits in silence, as it should");
}

static void judge_webconf_target(const struct inquiry *inquiry,
				 struct opinion *opinion,
				 const struct target *target)
{
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target, "webconf", NULL);

	if (opine_unanswered(inquiry, opinion, target, seen,
			     seen && seen->outcome == OUTCOME_GARBLED
				     ? "webconf.wrong-service"
				     : "webconf.blocked")) {
		opine_stranger(inquiry, opinion, target,
			       "webconf.wrong-service");
	} else {
		judge_webconf_answer(inquiry, opinion, target, seen);
		opine_tls_version(inquiry, opinion, seen);
	}
	opine_swapped(inquiry, opinion, target);
}

void judge_webconf_tls(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_webconf_target(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

/* "192.0.2.30:3478" as address and port; false when it is neither. */
static bool parse_address(const char *text, struct address *address)
{
	struct endpoint endpoint = {0};
	const char *why;

	if (!text || !endpoint_parse(text, 1, &endpoint, &why))
		return false;
	*address = endpoint.address;
	return true;
}

/* A relay that names an address nobody outside can reach. */
static const char *private_alternate(const struct observation *seen,
				     const struct target *target)
{
	const char *text = observation_text(seen, "turn.alternate_server");
	struct address address;

	return parse_address(text, &address) && address_is_private(&address) &&
			       !address_is_private(&target->endpoint.address)
		       ? text
		       : NULL;
}

/* One that sends clients to the load balancer, which is no relay. */
static const char *balancer_alternate(const struct inquiry *inquiry,
				      const struct observation *seen)
{
	const char *text = observation_text(seen, "turn.alternate_server");
	struct address address;

	return parse_address(text, &address) &&
			       relays_is_vip(inquiry->deployment->topology,
					     &address)
		       ? text
		       : NULL;
}

/* An answer from another address than the one asked: clients drop it. */
static const char *foreign_source(const struct observation *seen,
				  const struct target *target)
{
	const char *text = observation_text(seen, "reply.address");
	struct address address;

	return parse_address(text, &address) &&
			       !address_equal(&address,
					      &target->endpoint.address)
		       ? text
		       : NULL;
}

static void judge_relay_answer(const struct inquiry *inquiry,
			       struct opinion *opinion,
			       const struct target *target,
			       const struct observation *seen)
{
	const char *where = target_text(inquiry, target);
	const char *realm = observation_text(seen, "turn.realm");
	const char *address;
	int64_t code = observation_number(seen, "turn.error_code", 0);

	if (!observation_flag(seen, "turn.cookie"))
		opine(inquiry, opinion, STATE_WRONG, "av.standard-turn",
		      "%s is a STUN or TURN server of another make: its "
		      "answer has no Magic Cookie",
		      where);
	else if ((address = foreign_source(seen, target)))
		opine(inquiry, opinion, STATE_WRONG, "av.reply-elsewhere",
		      "%s was asked and %s answers, which clients drop", where,
		      address);
	else if ((address = private_alternate(seen, target)))
		opine(inquiry, opinion, STATE_WRONG, "av.alternate-private",
		      "the relay answers and sends clients to %s, which no "
		      "one outside can reach",
		      address);
	else if ((address = balancer_alternate(inquiry, seen)))
		opine(inquiry, opinion, STATE_WRONG, "av.alternate-vip",
		      "the relay answers and sends clients to %s, the address "
		      "of the load balancer",
		      address);
	else if (code == 401)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "the relay answers 401%s%s", realm ? " with realm " : "",
		      realm ? realm : "");
	else
		opine(inquiry, opinion, STATE_WARN, "av.odd-answer",
		      "a relay answers, with %lld and not with 401",
		      (long long)code);
}

/* How one transport of the A/V Edge is judged. */
struct av_side {
	enum listener listener;
	const char *dead;    /* cause: it does not answer at all */
	const char *blocked; /* cause: this transport, when the other lives */
	const char *other_words;
	enum listener other; /* the other transport */
};

static const struct av_side sides[] = {
	{LISTENER_AV_UDP, "av.blocked", "av.udp-blocked", "TCP 443",
	 LISTENER_AV_TCP},
	{LISTENER_AV_TCP, "av.blocked", "av.tcp-blocked", "UDP 3478",
	 LISTENER_AV_UDP},
	{LISTENER_INSIDE_AV_UDP, "inside.av-blocked", "inside.av-udp-blocked",
	 "TCP 443", LISTENER_INSIDE_AV_TCP},
	{LISTENER_INSIDE_AV_TCP, "inside.av-blocked", "inside.av-tcp-blocked",
	 "UDP 3478", LISTENER_INSIDE_AV_UDP},
};

static const struct av_side *side_of(const struct target *target)
{
	const struct av_side *side = sides;

	while (side->listener != target->listener)
		side++;
	return side;
}

static bool is_real_tls(const struct observation *seen)
{
	const char *service = observation_text(seen, "peer.service");

	return (service && strncmp(service, "tls", 3) == 0) ||
	       observation_fact(seen, "cert.der") ||
	       seen->outcome == OUTCOME_ALERT;
}

static const char *wrong_cause(const struct observation *seen)
{
	if (is_real_tls(seen))
		return "av.real-tls";
	/* what answers in the dialect of others has no Magic Cookie */
	return observation_flag(seen, "turn.standard") ||
			       seen->outcome == OUTCOME_ANSWERED
		       ? "av.standard-turn"
		       : "av.wrong-service";
}

/* A second look, with the hello of real TLS, made the difference. */
static bool shown_tls(const struct inquiry *inquiry,
		      const struct target *target,
		      const struct observation *seen)
{
	const struct observation *second = deployment_seen(
		inquiry->deployment, target, "recognise-sip", NULL);

	return (seen->outcome != OUTCOME_ANSWERED && is_real_tls(seen)) ||
	       (second && observation_fact(second, "tls.version"));
}

/* A second look, in the dialect of the standard, was answered in it. */
static bool shown_turn(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target)
{
	const struct observation *second = deployment_seen(
		inquiry->deployment, target, "recognise-turn", NULL);

	if (!second || !observation_flag(second, "turn.standard"))
		return false;
	opinion_rest_on(inquiry, opinion, second);
	opine(inquiry, opinion, STATE_WRONG, "av.standard-turn",
	      "%s is a STUN or TURN server of another make: it answers in the "
	      "dialect of the standard",
	      target_text(inquiry, target));
	return true;
}

/* The same address over the other transport; NULL: nobody looks there. */
static const struct target *other_side(const struct inquiry *inquiry,
				       const struct target *target,
				       const struct av_side *side)
{
	const struct deployment *deployment = inquiry->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];

		if (other->listener == side->other &&
		    address_equal(&other->endpoint.address,
				  &target->endpoint.address))
			return other;
	}
	return NULL;
}

/* Something answers there, and it is no A/V Edge. */
static bool is_stranger(const struct observation *seen)
{
	return seen->outcome == OUTCOME_GARBLED ||
	       seen->outcome == OUTCOME_ALERT ||
	       (seen->outcome == OUTCOME_ANSWERED &&
		!observation_flag(seen, "turn.cookie"));
}

static const char *how_closed(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct target *target,
			      const struct observation *seen)
{
	if (seen->outcome == OUTCOME_NO_REPLY ||
	    seen->outcome == OUTCOME_UNREACHABLE)
		return silence_text(inquiry, opinion, target, seen);
	return *seen->detail ? seen->detail : "no reply";
}

/* One transport is closed; the other tells whose address it is. */
static void judge_closed_side(const struct inquiry *inquiry,
			      struct opinion *opinion,
			      const struct target *target,
			      const struct observation *seen,
			      const struct av_side *side)
{
	const struct target *beside = other_side(inquiry, target, side);
	const struct observation *other =
		beside ? deployment_seen(inquiry->deployment, beside,
					 listener_probe(side->other), NULL)
		       : NULL;
	const char *how = how_closed(inquiry, opinion, target, seen);

	if (!other || strcmp(opinion->cause, side->dead) != 0)
		return;
	if (is_stranger(other) || shown_tls(inquiry, beside, other))
		opine(inquiry, opinion, STATE_BLOCKED,
		      shown_tls(inquiry, beside, other) ? "av.real-tls"
							: wrong_cause(other),
		      "%s: %s; on %s of the same address another server "
		      "answers",
		      target_text(inquiry, target), how, side->other_words);
	else if (other->outcome == OUTCOME_ANSWERED)
		/* packets to the other may have been followed already */
		opine(inquiry, opinion, STATE_BLOCKED, side->blocked,
		      strstr(how, " gets through")
			      ? "%s"
			      : "%s; %s of the same address answers",
		      how, side->other_words);
}

static void opine_real_tls(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target)
{
	struct presence presence = service_at(inquiry, &target->endpoint);
	const char *where = target_text(inquiry, target);

	opinion_rest_on(inquiry, opinion, presence.seen);
	if (presence.kind == PRESENCE_UNKNOWN)
		opine(inquiry, opinion, STATE_WRONG, "av.real-tls",
		      "%s speaks real TLS, which an A/V Edge does not: "
		      "another server, or a TLS proxy in front",
		      where);
	else
		opine(inquiry, opinion, STATE_WRONG, "av.real-tls",
		      "%s speaks real TLS, which an A/V Edge does not: it is "
		      "%s",
		      where, presence.title);
}

static void judge_av_target(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct target *target)
{
	const struct av_side *side = side_of(target);
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target,
				listener_probe(target->listener), NULL);

	if (!opine_unanswered(inquiry, opinion, target, seen, side->dead)) {
		judge_relay_answer(inquiry, opinion, target, seen);
		return;
	}
	if (opinion->state == STATE_WRONG)
		opinion->cause = wrong_cause(seen);
	if (opinion->state == STATE_UNOBSERVED)
		return;
	if (shown_tls(inquiry, target, seen))
		opine_real_tls(inquiry, opinion, target);
	else if (shown_turn(inquiry, opinion, target))
		return;
	else if (opinion->state == STATE_BLOCKED)
		judge_closed_side(inquiry, opinion, target, seen, side);
	else
		opine_stranger(inquiry, opinion, target, opinion->cause);
	opine_swapped(inquiry, opinion, target);
}

void judge_av_relay(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_av_target(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

/* Needs an answer; without one the row rests on the relay's own. */
void judge_av_reply_source(const struct inquiry *inquiry,
			   struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct target *target = inquiry->targets[i];
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, "msturn-allocate", NULL);
		struct opinion one = {.state = STATE_UNOBSERVED};
		const char *address;

		if (!seen || seen->outcome != OUTCOME_ANSWERED ||
		    !observation_fact(seen, "reply.address"))
			continue;
		opinion_rest_on(inquiry, &one, seen);
		address = foreign_source(seen, target);
		if (address)
			opine(inquiry, &one, STATE_WRONG, "av.reply-elsewhere",
			      "%s was asked and %s answers",
			      target_text(inquiry, target), address);
		else
			opine(inquiry, &one, STATE_VERIFIED, NULL,
			      "the answer comes from the address asked");
		opinion_worst(inquiry, opinion, &one);
	}
}
