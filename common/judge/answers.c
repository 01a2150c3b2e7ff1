#include "common/judge/findings.h"

#include "common/model/hosting.h"
#include "common/model/records.h"

#include <string.h>

/*
 * The four questions. Each asks several things of several nodes: yes when
 * all are well, partly when some node, domain or transport is, no when none
 * is, unknown when what it takes was not seen.
 */

struct tally {
	size_t good, bad, open;
	const char *trouble; /* what the first bad one says */
	const char *doubt;   /* what the first open one says */
};

struct desk {
	struct arena *arena;
	const struct deployment *deployment;
	struct judgement *judgement;
};

#define FLOW_ACCESS	    "ext.access.sip-tls.tcp443.in"
#define FLOW_FEDERATION	    "ext.access.sip-mtls.tcp5061.in"
#define FLOW_WEBCONF	    "ext.webconf.psom-tls.tcp443.in"
#define FLOW_AV_UDP	    "ext.av.stun-msturn.udp3478.in"
#define FEDERATION_IDENTITY "federation.identity"
#define FLOW_AV_TCP	    "ext.av.stun-msturn.tcp443.in"

static bool is_called(const struct verdict *verdict, const char *key)
{
	return strcmp(verdict->requirement->flow, key) == 0 ||
	       strcmp(verdict->requirement->id, key) == 0;
}

static bool is_caused(const struct verdict *verdict, const char *cause)
{
	return verdict->cause && strcmp(verdict->cause, cause) == 0;
}

/* The same flow at the same place, said before by another document. */
static bool is_repeated(const struct judgement *judgement, size_t index)
{
	const struct verdict *verdict = judgement->verdicts[index];

	for (size_t i = 0; i < index; i++) {
		const struct verdict *other = judgement->verdicts[i];

		if (*verdict->requirement->flow &&
		    strcmp(other->requirement->flow,
			   verdict->requirement->flow) == 0 &&
		    strcmp(other->node, verdict->node) == 0 &&
		    strcmp(other->subject, verdict->subject) == 0)
			return true;
	}
	return false;
}

static const char *say_where(struct desk *desk, const struct verdict *verdict)
{
	const char *place = strcmp(verdict->node, "-") != 0 ? verdict->node
			    : strcmp(verdict->subject, "-") != 0
				    ? verdict->subject
				    : NULL;

	/* an address in the sentence already says where */
	if (!place || strstr(verdict->because, place))
		return verdict->because;
	return arena_format(desk->arena, "%s: %s", place, verdict->because);
}

static void count_bad(struct tally *tally, const char *trouble)
{
	tally->bad++;
	if (!tally->trouble)
		tally->trouble = trouble;
}

static void count_open(struct tally *tally, const char *doubt)
{
	tally->open++;
	if (!tally->doubt)
		tally->doubt = doubt;
}

static void count_verdict(struct desk *desk, struct tally *tally,
			  const struct verdict *verdict)
{
	switch (verdict->state) {
	case STATE_VERIFIED:
	case STATE_WARN:
		tally->good++;
		break;
	case STATE_WRONG:
	case STATE_BLOCKED:
		count_bad(tally, say_where(desk, verdict));
		break;
	case STATE_UNOBSERVED:
		/* what this place cannot see is not held against the rest */
		if (verdict->needed)
			count_open(tally, verdict->because);
		else if (!tally->doubt)
			tally->doubt = verdict->because;
		break;
	default:
		break;
	}
}

static struct tally tally_flow(struct desk *desk, const char *flow)
{
	const struct judgement *judgement = desk->judgement;
	struct tally tally = {0};

	for (size_t i = 0; i < judgement->verdict_count; i++)
		if (is_called(judgement->verdicts[i], flow) &&
		    !is_repeated(judgement, i))
			count_verdict(desk, &tally, judgement->verdicts[i]);
	return tally;
}

/* Whether both rest on what one endpoint showed. */
static bool share_endpoint(const struct verdict *one,
			   const struct verdict *other)
{
	for (size_t i = 0; i < one->observation_count; i++) {
		const struct endpoint *here = &one->observations[i]->endpoint;

		for (size_t j = 0; j < other->observation_count; j++) {
			const struct endpoint *there =
				&other->observations[j]->endpoint;

			if (here->port == there->port &&
			    address_equal(&here->address, &there->address))
				return true;
		}
	}
	return false;
}

/*
 * What one of the rows has against the place where the verdict stands, or
 * NULL. A node has several services, and trouble of another is no obstacle
 * here.
 */
static const char *find_obstacle(struct desk *desk, const struct verdict *place,
				 const char *const *rows)
{
	const struct judgement *judgement = desk->judgement;

	for (; *rows; rows++) {
		for (size_t i = 0; i < judgement->verdict_count; i++) {
			const struct verdict *verdict = judgement->verdicts[i];

			if ((verdict->state == STATE_WRONG ||
			     verdict->state == STATE_BLOCKED) &&
			    is_called(verdict, *rows) &&
			    strcmp(verdict->node, place->node) == 0 &&
			    share_endpoint(verdict, place))
				return say_where(desk, verdict);
		}
	}
	return NULL;
}

/* Any certificate of the chain shown there that its issuer took back. */
static const char *revoked_certificate(struct desk *desk,
				       const struct verdict *place)
{
	const struct judgement *judgement = desk->judgement;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (verdict->state == STATE_WRONG && verdict->cause &&
		    strcmp(verdict->cause, "cert.revoked") == 0 &&
		    share_endpoint(verdict, place))
			return arena_format(desk->arena, "%s: %s",
					    verdict->subject, verdict->because);
	}
	return NULL;
}

/* Federation goes to the same next hop, and sign-in shows whether it lives. */
static const char *dead_next_hop(struct desk *desk, const struct verdict *place)
{
	const struct judgement *judgement = desk->judgement;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (is_caused(verdict, "access.next-hop-dead") &&
		    is_called(verdict, FLOW_ACCESS) &&
		    strcmp(verdict->node, place->node) == 0)
			return say_where(desk, verdict);
	}
	return NULL;
}

/* A 401 to REGISTER comes from behind the Edge. */
static bool is_challenged(const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->observation_count; i++) {
		const struct observation *seen = verdict->observations[i];
		int64_t status = observation_number(seen, "sip.status", 0);

		if (strcmp(seen->probe, "sip-register") == 0 &&
		    (status == 401 || status == 407))
			return true;
	}
	return false;
}

/* One domain is turned away where the next hop challenges another. */
static bool serves_another_domain(const struct verdict *verdict)
{
	return verdict->state == STATE_WRONG && is_challenged(verdict) &&
	       (is_caused(verdict, "access.domain-unknown") ||
		is_caused(verdict, "access.forbidden"));
}

/* Counts a flow of which other rows must hold as well. */
static struct tally tally_with(struct desk *desk, const char *flow,
			       const char *const *rows)
{
	const struct judgement *judgement = desk->judgement;
	struct tally tally = {0};

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];
		const char *refused;

		if (!is_called(verdict, flow) || is_repeated(judgement, i))
			continue;
		refused = verdict->state == STATE_VERIFIED ||
					  verdict->state == STATE_WARN
				  ? find_obstacle(desk, verdict, rows)
				  : NULL;
		if (!refused && (verdict->state == STATE_VERIFIED ||
				 verdict->state == STATE_WARN))
			refused = revoked_certificate(desk, verdict);
		if (!refused && verdict->state != STATE_BLOCKED &&
		    strcmp(flow, FLOW_FEDERATION) == 0)
			refused = dead_next_hop(desk, verdict);
		if (refused)
			count_bad(&tally, refused);
		else if (verdict->state == STATE_WARN &&
			 is_caused(verdict, "federation.no-mutual-tls"))
			count_open(&tally, say_where(desk, verdict));
		else
			count_verdict(desk, &tally, verdict);
		/* people of the other domains sign in */
		if (serves_another_domain(verdict))
			tally.good++;
	}
	return tally;
}

static void give(struct desk *desk, enum question question, enum answer answer,
		 const char *because)
{
	desk->judgement->answers[question].answer = answer;
	desk->judgement->answers[question].because = because;
}

static enum answer answer_of(const struct tally *tally)
{
	if (tally->bad)
		return tally->good ? ANSWER_PARTLY : ANSWER_NO;
	if (!tally->good || tally->open)
		return tally->good ? ANSWER_PARTLY : ANSWER_UNKNOWN;
	return ANSWER_YES;
}

static const char *reason_of(const struct tally *tally, enum answer answer,
			     const char *good)
{
	if (answer == ANSWER_YES)
		return good;
	if (tally->trouble)
		return tally->trouble;
	return tally->doubt ? tally->doubt : "nothing was looked at";
}

/*
 * Sign-in: only a 401 to an anonymous REGISTER proves the way to the next
 * hop (product.md decision 19).
 */

static void downgrade_unchallenged(struct desk *desk, struct tally *tally)
{
	const struct judgement *judgement = desk->judgement;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (!is_called(verdict, FLOW_ACCESS) ||
		    is_repeated(judgement, i) || is_challenged(verdict) ||
		    (verdict->state != STATE_VERIFIED &&
		     verdict->state != STATE_WARN) ||
		    !tally->good)
			continue;
		tally->good--;
		count_open(tally,
			   arena_format(desk->arena,
					"%s; only a 401 to REGISTER proves "
					"the next hop",
					say_where(desk, verdict)));
	}
}

/* What DNS rows say; without one good SRV record there is no way in. */
static void add_records(struct desk *desk, struct tally *tally,
			const char *record)
{
	struct tally records = tally_flow(desk, record);

	if (strncmp(record, "cert.", 5) != 0 && strncmp(record, "a.", 2) != 0 &&
	    strcmp(record, FEDERATION_IDENTITY) != 0 && records.bad &&
	    !records.good)
		tally->good = 0;
	for (size_t i = 0; i < records.bad; i++)
		count_bad(tally, records.trouble);
	for (size_t i = 0; i < records.open; i++)
		count_open(tally, records.doubt);
}

/*
 * Without the record desktop clients try sip.DOMAIN, then sipexternal.DOMAIN
 * (edge-services.md 11.2); mobile ones do not. Whether that leads to an Access
 * Edge which challenges.
 */
static bool falls_back_well(struct desk *desk, const struct verdict *record)
{
	const struct judgement *judgement = desk->judgement;
	const struct deployment *deployment = desk->deployment;
	const char *host = records_fallback_host(deployment, record->subject);

	if (records_host_is_echo(deployment, host))
		return false;
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (!is_called(verdict, FLOW_ACCESS) || !is_challenged(verdict))
			continue;
		for (size_t j = 0; j < verdict->observation_count; j++)
			if (deployment_gives(deployment, host,
					     &verdict->observations[j]
						      ->endpoint.address))
				return true;
	}
	return false;
}

/*
 * Clients since 2013 ask lyncdiscover before any record: whether the web
 * services behind it are proven for the domain.
 */
static bool is_discovered(const struct desk *desk, const char *domain)
{
	const struct judgement *judgement = desk->judgement;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (is_called(verdict, "web.lyncdiscover.user") &&
		    verdict->state == STATE_VERIFIED &&
		    strcmp(verdict->subject, domain) == 0)
			return true;
	}
	return false;
}

/* How the tally stands where no domain has a sign-in record. */
static void add_sign_in_records(struct desk *desk, struct tally *tally)
{
	struct tally records = tally_flow(desk, "srv.sip-tls");
	const struct judgement *judgement = desk->judgement;
	size_t good = tally->good;

	add_records(desk, tally, "srv.sip-tls");
	if (!records.bad || records.good)
		return;
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];
		bool discovered;

		if (!is_called(verdict, "srv.sip-tls") ||
		    verdict->state != STATE_WRONG)
			continue;
		discovered = is_discovered(desk, verdict->subject);
		if (!discovered && !falls_back_well(desk, verdict))
			continue;
		tally->good = good;
		tally->trouble = arena_format(
			desk->arena,
			discovered ? "%s; only clients since 2013 find their "
				     "server, by lyncdiscover.%s"
				   : "%s; only desktop clients fall back to %s",
			verdict->because,
			discovered ? verdict->subject
				   : records_fallback_host(desk->deployment,
							   verdict->subject));
		return;
	}
}

static void answer_sign_in(struct desk *desk)
{
	static const char *const rows[] = {"cert.ext.ca.public",
					   "cert.ext.san.sip", NULL};
	struct tally tally = tally_with(desk, FLOW_ACCESS, rows);
	enum answer answer;

	downgrade_unchallenged(desk, &tally);
	add_sign_in_records(desk, &tally);
	add_records(desk, &tally, "a.access");
	add_records(desk, &tally, "cert.ext.san.sip-n");
	answer = answer_of(&tally);
	give(desk, QUESTION_SIGN_IN, answer,
	     reason_of(&tally, answer,
		       "REGISTER is answered by 401 at every address"));
}

static bool is_off(const struct desk *desk, uint64_t features)
{
	return !(desk->deployment->topology->features & features);
}

static void answer_federate(struct desk *desk)
{
	static const char *const rows[] = {"cert.ext.ca.public",
					   "cert.dns-match", NULL};
	struct tally tally = tally_with(desk, FLOW_FEDERATION, rows);
	enum answer answer;

	if (is_off(desk, FEATURE_BIT(FEATURE_FEDERATION))) {
		give(desk, QUESTION_FEDERATE, ANSWER_UNKNOWN,
		     "federation is not among the features of this "
		     "deployment");
		return;
	}
	add_records(desk, &tally, "srv.sipfed");
	add_records(desk, &tally, "dns.srv-same-domain");
	add_records(desk, &tally, FEDERATION_IDENTITY);
	add_records(desk, &tally, "cert.ext.san.sip-n");
	answer = answer_of(&tally);
	give(desk, QUESTION_FEDERATE, answer,
	     reason_of(&tally, answer,
		       "the record leads to mutual TLS at every address"));
}

/* Everything begins with SIP: rule sip.access-in-everything. */
static bool waits_for_sign_in(struct desk *desk, enum question question)
{
	enum answer sign_in = desk->judgement->answers[QUESTION_SIGN_IN].answer;

	if (sign_in == ANSWER_NO)
		give(desk, question, ANSWER_NO, "nobody can sign in");
	return sign_in == ANSWER_NO;
}

/* No better than sign-in, which is a part of it. */
static void give_after_sign_in(struct desk *desk, enum question question,
			       enum answer answer, const char *because)
{
	struct judgement *judgement = desk->judgement;
	enum answer sign_in = judgement->answers[QUESTION_SIGN_IN].answer;

	if (answer == ANSWER_YES && sign_in != ANSWER_YES)
		give(desk, question, sign_in,
		     sign_in == ANSWER_PARTLY
			     ? "it answers everywhere, for those who can sign "
			       "in"
			     : "it answers everywhere; whether people can sign "
			       "in is not known");
	else
		give(desk, question, answer, because);
}

static void answer_confer(struct desk *desk)
{
	static const char *const rows[] = {"cert.ext.ca.public",
					   "cert.ext.san.webcon", NULL};
	struct tally tally = tally_with(desk, FLOW_WEBCONF, rows);
	enum answer answer;

	add_records(desk, &tally, "a.webcon");
	answer = answer_of(&tally);
	if (is_off(desk, FEATURE_BIT(FEATURE_WEBCONF)))
		give(desk, QUESTION_CONFER, ANSWER_UNKNOWN,
		     "web conferencing is not among the features of this "
		     "deployment");
	else if (!waits_for_sign_in(desk, QUESTION_CONFER))
		give_after_sign_in(
			desk, QUESTION_CONFER, answer,
			reason_of(
				&tally, answer,
				"TLS and a good certificate at every address"));
}

/* Nothing but packets that came back proves the path of the media. */
static bool pass_packets(const struct desk *desk, const char *flow)
{
	const struct judgement *judgement = desk->judgement;
	bool any = false;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (strcmp(verdict->requirement->flow, flow) != 0)
			continue;
		if (verdict->state == STATE_BLOCKED ||
		    verdict->state == STATE_WRONG)
			return false;
		any = any || verdict->state == STATE_VERIFIED;
	}
	return any;
}

static const char *how_it_answers(const struct desk *desk)
{
	return pass_packets(desk, "ext.av.rtp.udp50000-59999.out") &&
			       pass_packets(desk,
					    "ext.av.rtp.tcp50000-59999.out")
		       ? "packets pass the relays and come back, UDP and TCP"
		       : "the relay answers UDP and TCP at every address";
}

static void answer_call(struct desk *desk)
{
	static const char *const udp_rows[] = {
		"av.allocates.udp", "av.relay-address",
		"ext.av.rtp.udp50000-59999.out", "ext.av.rtp.udp50000-59999.in",
		NULL};
	static const char *const tcp_rows[] = {
		"av.allocates.tcp", "av.relay-address",
		"ext.av.rtp.tcp50000-59999.out", "ext.av.rtp.tcp50000-59999.in",
		NULL};
	struct tally udp = tally_with(desk, FLOW_AV_UDP, udp_rows);
	struct tally tcp = tally_with(desk, FLOW_AV_TCP, tcp_rows);
	struct tally both = {
		.good = udp.good + tcp.good,
		.bad = udp.bad + tcp.bad,
		.open = udp.open + tcp.open,
		.trouble = udp.trouble ? udp.trouble : tcp.trouble,
		.doubt = udp.doubt ? udp.doubt : tcp.doubt,
	};
	enum answer answer;

	/* one transport alone is half an answer, also when left out */
	if (!udp.good != !tcp.good && !both.bad)
		count_open(&both, udp.good ? tcp.doubt : udp.doubt);
	add_records(desk, &both, "a.av");
	answer = answer_of(&both);
	if (is_off(desk, FEATURE_BIT(FEATURE_AV)))
		give(desk, QUESTION_CALL, ANSWER_UNKNOWN,
		     "audio and video are not among the features of this "
		     "deployment");
	else if (!waits_for_sign_in(desk, QUESTION_CALL))
		give_after_sign_in(
			desk, QUESTION_CALL, answer,
			reason_of(&both, answer, how_it_answers(desk)));
}

void answers_add(struct arena *arena, const struct deployment *deployment,
		 struct judgement *judgement)
{
	struct desk desk = {arena, deployment, judgement};

	if (hosting_is_all_elsewhere(deployment)) {
		for (unsigned i = 0; i < QUESTION_COUNT; i++)
			give(&desk, (enum question)i, ANSWER_UNKNOWN,
			     "hosted in Microsoft 365, which is not looked at");
		return;
	}
	answer_sign_in(&desk);
	answer_federate(&desk);
	answer_confer(&desk);
	answer_call(&desk);
}
