#include "common/judge/findings.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 12 /* endpoints or names in one sentence */

/* A list of words for a sentence, each once. */
struct words {
	const char *text;
	const char *items[LISTED_MAX];
	size_t count, left;
};

static void words_add(struct arena *arena, struct words *words,
		      const char *item)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->items[i], item) == 0)
			return;
	if (words->count == LISTED_MAX) {
		words->left++;
		return;
	}
	words->text = words->count
			      ? arena_format(arena, "%s, %s", words->text, item)
			      : item;
	words->items[words->count++] = item;
}

static const char *words_text(struct arena *arena, const struct words *words,
			      const char *none)
{
	if (!words->count)
		return none;
	if (words->left)
		return arena_format(arena, "%s and %zu more", words->text,
				    words->left);
	return words->text;
}

/* An observation that speaks of the fault, not of what is well beside it. */
static bool is_telling(const struct verdict *verdict,
		       const struct observation *seen)
{
	return verdict->state != STATE_BLOCKED ||
	       seen->outcome != OUTCOME_ANSWERED;
}

/*
 * How a port is closed says what to do about it (edge-services.md 3.1). The
 * own remedy of these rules is for silence.
 */
static const char *const closed_rules[] = {
	"node.dead",  "access.blocked", "federation.blocked", "webconf.blocked",
	"av.blocked", "av.udp-blocked", "av.tcp-blocked",
};

static bool is_of_closed(const struct finding_rule *rule)
{
	size_t count = sizeof(closed_rules) / sizeof(closed_rules[0]);

	for (size_t i = 0; i < count; i++)
		if (strcmp(closed_rules[i], rule->id) == 0)
			return true;
	return false;
}

enum manner {
	MANNER_SILENT,
	MANNER_REJECTED,
	MANNER_REFUSED,
	MANNER_STUCK,
	MANNER_HUNG_UP,
	MANNER_COUNT
};

static const char *const manner_remedies[MANNER_COUNT] = {
	[MANNER_REJECTED] = "a router rejects what is sent to {where}: allow "
			    "it there, or correct the route",
	[MANNER_REFUSED] = "nothing listens at {where}, or a firewall says "
			   "so: start the service, or correct the DNS record "
			   "or address mapping that leads there",
	[MANNER_STUCK] = "{where} takes connections and keeps silent: give "
			 "the load balancer a live server, and take away "
			 "devices that hold or inspect the traffic",
	[MANNER_HUNG_UP] = "{where} takes connections and hangs up: see that "
			   "the right service runs there and has its "
			   "certificate, and that no device inspects the "
			   "traffic",
};

static enum manner manner_of(const struct observation *seen)
{
	switch (seen->outcome) {
	case OUTCOME_REFUSED:
		return MANNER_REFUSED;
	case OUTCOME_UNREACHABLE:
		return MANNER_REJECTED;
	case OUTCOME_RESET:
	case OUTCOME_CLOSED:
		return MANNER_HUNG_UP;
	default:
		return observation_fact(seen, "tcp.rtt_us") ? MANNER_STUCK
							    : MANNER_SILENT;
	}
}

/* "192.0.2.31:3478/udp" of what the finding rests on; NULL: nothing. */
static const char *where_of(struct arena *arena, const struct finding *finding,
			    enum manner manner)
{
	struct words words = {0};

	for (size_t i = 0; i < finding->verdict_count; i++) {
		const struct verdict *verdict = finding->verdicts[i];

		if (verdict->where)
			words_add(arena, &words, verdict->where);
		for (size_t j = 0;
		     j < verdict->observation_count && !verdict->where; j++) {
			const struct observation *seen =
				verdict->observations[j];
			char text[ENDPOINT_TEXT_BYTES];

			if (observation_is_dns(seen) ||
			    !is_telling(verdict, seen) ||
			    (manner != MANNER_COUNT &&
			     manner_of(seen) != manner))
				continue;
			words_add(arena, &words,
				  arena_format(
					  arena, "%s/%s",
					  endpoint_format(
						  text, &seen->endpoint.address,
						  seen->endpoint.port),
					  transport_name(
						  seen->endpoint.transport)));
		}
	}
	return words_text(arena, &words, NULL);
}

static const char *subjects_of(struct arena *arena,
			       const struct finding *finding)
{
	struct words words = {0};

	for (size_t i = 0; i < finding->verdict_count; i++)
		if (strcmp(finding->verdicts[i]->subject, "-") != 0)
			words_add(arena, &words, finding->verdicts[i]->subject);
	return words_text(arena, &words, "the names in question");
}

/* "sip.contoso.com (192.0.2.10)" of what the finding rests on. */
static const char *names_of(struct arena *arena, const struct finding *finding)
{
	struct words words = {0};

	for (size_t i = 0; i < finding->verdict_count; i++) {
		const struct verdict *verdict = finding->verdicts[i];

		for (size_t j = 0; j < verdict->observation_count; j++) {
			const struct endpoint *endpoint =
				&verdict->observations[j]->endpoint;
			char text[ADDRESS_TEXT_BYTES];

			if (!endpoint->address.family)
				continue; /* a question to DNS */
			address_format(text, &endpoint->address);
			words_add(arena, &words,
				  endpoint->name
					  ? arena_format(arena, "%s (%s)",
							 endpoint->name, text)
					  : arena_text(arena, text));
		}
	}
	return words_text(arena, &words, "the names in question");
}

/* Puts {where}, {subject} and {names} into a sentence. */
static const char *fill(struct arena *arena, const char *sentence,
			const struct finding *finding, const char *where)
{
	const struct {
		const char *mark, *text;
	} marks[] = {
		{"{where}", where ? where : "the Edge Server"},
		{"{subject}", subjects_of(arena, finding)},
		{"{names}", names_of(arena, finding)},
	};
	const char *text = "";

	while (*sentence) {
		size_t length = strcspn(sentence, "{");
		size_t i = 0, count = sizeof(marks) / sizeof(marks[0]);

		text = arena_format(arena, "%s%.*s", text, (int)length,
				    sentence);
		sentence += length;
		while (i < count && strncmp(sentence, marks[i].mark,
					    strlen(marks[i].mark)) != 0)
			i++;
		if (i < count) {
			text = arena_format(arena, "%s%s", text, marks[i].text);
			sentence += strlen(marks[i].mark);
		} else if (*sentence) {
			text = arena_format(arena, "%s{", text);
			sentence++;
		}
	}
	return text;
}

/* One sentence for each manner in which ports of the finding are closed. */
static const char *remedy_of(struct arena *arena,
			     const struct finding_rule *rule,
			     const struct finding *finding)
{
	const char *text = NULL;

	for (unsigned i = 0; i < MANNER_COUNT && is_of_closed(rule); i++) {
		const char *where = where_of(arena, finding, (enum manner)i);
		const char *one;

		if (!where)
			continue;
		one = fill(arena,
			   manner_remedies[i] ? manner_remedies[i]
					      : rule->remedy,
			   finding, where);
		text = text ? arena_format(arena, "%s; %s", text, one) : one;
	}
	return text ? text
		    : fill(arena, rule->remedy, finding,
			   where_of(arena, finding, MANNER_COUNT));
}

/* What weighs most among the needed verdicts; rows nobody needs only tell. */
static enum severity severity_of(const struct finding *finding)
{
	enum severity severity = SEVERITY_INFO;

	for (size_t i = 0; i < finding->verdict_count; i++) {
		const struct verdict *verdict = finding->verdicts[i];

		if (!verdict->needed)
			continue;
		if (verdict->state == STATE_BLOCKED ||
		    verdict->state == STATE_WRONG)
			return SEVERITY_MUST;
		if (verdict->state == STATE_WARN)
			severity = SEVERITY_SHOULD;
	}
	return severity;
}

static void add_node(struct finding *finding, const char *node)
{
	if (strcmp(node, "-") == 0)
		return;
	for (size_t i = 0; i < finding->node_count; i++)
		if (strcmp(finding->nodes[i], node) == 0)
			return;
	finding->nodes[finding->node_count++] = node;
}

/* The finding of one rule over the verdicts that claim it. */
static void add_finding(struct arena *arena, struct judgement *judgement,
			const struct finding_rule *rule,
			const struct verdict **verdicts, size_t count)
{
	struct finding *finding = arena_alloc(arena, sizeof(*finding));

	finding->id = rule->id;
	finding->title = rule->title;
	finding->source = rule->source;
	finding->verdicts = verdicts;
	finding->verdict_count = count;
	finding->nodes = arena_alloc(arena, count * sizeof(*finding->nodes));
	for (size_t i = 0; i < count; i++)
		add_node(finding, verdicts[i]->node);
	finding->severity = severity_of(finding);
	finding->remedy = remedy_of(arena, rule, finding);
	judgement->findings = arena_grow(
		arena, judgement->findings, judgement->finding_count,
		&judgement->finding_capacity, sizeof(*judgement->findings));
	judgement->findings[judgement->finding_count++] = finding;
}

/*
 * A node that answers nowhere: one finding, not one a port. Its verdicts
 * must speak of several flows, Access among them, and all be blocked.
 */
static bool is_dead(const struct judgement *judgement, const char *node)
{
	const char *first = NULL;
	bool several = false, access = false;

	if (strcmp(node, "-") == 0)
		return false;
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];
		const char *flow = verdict->requirement->flow;

		if (strcmp(verdict->node, node) != 0 ||
		    strncmp(flow, "ext.", 4) != 0 ||
		    verdict->state == STATE_UNOBSERVED)
			continue;
		if (verdict->state != STATE_BLOCKED)
			return false;
		several = several || (first && strcmp(first, flow) != 0);
		access = access || strncmp(flow, "ext.access.", 11) == 0;
		first = flow;
	}
	return several && access;
}

static bool is_ipv6(const struct verdict *verdict)
{
	return strchr(verdict->node, ':');
}

/*
 * AAAA records without IPv6 behind them (edge-services.md EF-44): of what was
 * seen, nothing is well over IPv6, and something is over IPv4.
 */
static bool is_ipv6_dead(const struct judgement *judgement)
{
	bool ipv4_lives = false;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (strncmp(verdict->requirement->flow, "ext.", 4) != 0 ||
		    verdict->state == STATE_UNOBSERVED ||
		    verdict->state == STATE_NA)
			continue;
		if (is_ipv6(verdict) && verdict->state != STATE_BLOCKED)
			return false;
		ipv4_lives = ipv4_lives || (!is_ipv6(verdict) &&
					    verdict->state == STATE_VERIFIED);
	}
	return ipv4_lives;
}

static bool is_about_names(const struct verdict *verdict)
{
	return verdict->cause &&
	       (strncmp(verdict->cause, "cert.ext.s", 10) == 0 ||
		strcmp(verdict->cause, "cert.pool.same-cert-key") == 0 ||
		strcmp(verdict->cause, "cert.dns-match") == 0);
}

/* Where another server's certificate stands, its names are no news. */
static const char *foreign_certificate(const struct judgement *judgement,
				       const struct verdict *verdict)
{
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *other = judgement->verdicts[i];

		if (other->state == STATE_WRONG &&
		    strcmp(other->node, verdict->node) == 0 &&
		    strncmp(other->requirement->id, "cert.ext.assign.", 16) ==
			    0)
			return other->cause;
	}
	return verdict->cause;
}

/* No sign of life: neither an answer nor somebody who refuses one. */
static bool is_silent(const struct verdict *verdict)
{
	if (verdict->state != STATE_BLOCKED)
		return false;
	for (size_t i = 0; i < verdict->observation_count; i++) {
		enum outcome outcome = verdict->observations[i]->outcome;

		if (outcome != OUTCOME_NO_REPLY &&
		    outcome != OUTCOME_UNREACHABLE)
			return false;
	}
	return true;
}

/*
 * Silence everywhere may as well be this place's own: product.md decision
 * 18. One silent address is not everywhere.
 */
static bool is_silence_everywhere(const struct judgement *judgement)
{
	const char *node = NULL;
	bool several = false;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (strncmp(verdict->requirement->flow, "ext.", 4) != 0 ||
		    verdict->state == STATE_UNOBSERVED ||
		    verdict->state == STATE_NA)
			continue;
		if (!is_silent(verdict))
			return false;
		several = several || (node && strcmp(node, verdict->node) != 0);
		node = verdict->node;
	}
	return several;
}

/*
 * A cause that, at the addresses where it stands, explains others: whoever
 * leads to the wrong server finds the wrong ports and names there, too.
 * Both sides are beginnings of ids.
 */
static const struct root {
	const char *cause;
	const char *explains[10]; /* NULL after the last */
} roots[] = {
	{"swap.",
	 {"access.blocked", "access.wrong-service", "access.no-sip-answer",
	  "federation.", "webconf.", "av.", "xmpp.", "cert.ext.",
	  "cert.dns-match", "cert.pool.same-cert-key"}},
	{"dns.same-address",
	 {"access.blocked", "access.wrong-service", "access.no-sip-answer",
	  "webconf.", "av.", "cert.ext.", "cert.dns-match"}},
	{"webconf.av-address",
	 {"webconf.blocked", "webconf.wrong-service", "av.", "cert.ext.",
	  "cert.dns-match"}},
	{"access.reverse-proxy",
	 {"federation.", "xmpp.", "cert.ext.", "cert.dns-match",
	  "cert.pool.same-cert-key"}},
	{"access.wrong-service", {"federation.blocked", "xmpp.blocked"}},
};

static bool begins_with(const char *id, const char *beginning)
{
	return id && strncmp(id, beginning, strlen(beginning)) == 0;
}

static bool explains(const struct root *root, const char *cause)
{
	size_t count = sizeof(root->explains) / sizeof(root->explains[0]);

	for (size_t i = 0; i < count && root->explains[i]; i++)
		if (begins_with(cause, root->explains[i]))
			return true;
	return false;
}

/* Whether both rest on what was seen at one address. */
static bool share_address(const struct verdict *one,
			  const struct verdict *other)
{
	for (size_t i = 0; i < one->observation_count; i++) {
		const struct address *here =
			&one->observations[i]->endpoint.address;

		for (size_t j = 0; here->family && j < other->observation_count;
		     j++)
			if (address_equal(
				    here,
				    &other->observations[j]->endpoint.address))
				return true;
	}
	return false;
}

/* The cause that explains this one; NULL: it stands for itself. */
static const char *root_of(const struct judgement *judgement,
			   const struct verdict *verdict)
{
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (verdict->state == STATE_VERIFIED ||
		    !explains(&roots[i], verdict->cause))
			continue;
		for (size_t j = 0; j < judgement->verdict_count; j++)
			if (begins_with(judgement->verdicts[j]->cause,
					roots[i].cause) &&
			    share_address(judgement->verdicts[j], verdict))
				return judgement->verdicts[j]->cause;
	}
	return NULL;
}

/* Whether a row that names the host says of the same place what it lacks. */
static bool is_told_of_certificate(const struct judgement *judgement,
				   const struct verdict *verdict)
{
	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *other = judgement->verdicts[i];

		if (other->state == STATE_WRONG && other->cause &&
		    strncmp(other->cause, "cert.", 5) == 0 &&
		    share_address(verdict, other))
			return true;
	}
	return false;
}

static const char *cause_of(const struct judgement *judgement,
			    const struct verdict *verdict, bool silence)
{
	const char *root = root_of(judgement, verdict);

	if (silence && verdict->state == STATE_BLOCKED)
		return "net.silence";
	if (verdict->state == STATE_BLOCKED && is_ipv6(verdict) &&
	    strncmp(verdict->requirement->flow, "ext.", 4) == 0 &&
	    is_ipv6_dead(judgement))
		return "dns.ipv6-dead";
	if (verdict->state == STATE_BLOCKED && verdict->cause &&
	    strcmp(verdict->cause, "dns.no-private-outside") != 0 &&
	    strcmp(verdict->cause, "rehearsal.shut") != 0 &&
	    is_dead(judgement, verdict->node))
		return "node.dead";
	if (root)
		return root;
	if (is_about_names(verdict))
		return foreign_certificate(judgement, verdict);
	if (verdict->cause &&
	    strcmp(verdict->cause, "federation.identity") == 0 &&
	    is_told_of_certificate(judgement, verdict))
		return NULL;
	return verdict->cause;
}

/* Verdicts that have a cause, each with its own: few, where all is well. */
struct caused {
	const struct verdict **verdicts;
	const char **causes;
	size_t count;
};

static struct caused find_caused(struct arena *arena,
				 const struct judgement *judgement,
				 bool silence)
{
	const size_t most = judgement->verdict_count;
	struct caused caused = {
		.verdicts = arena_alloc(arena, most * sizeof(*caused.verdicts)),
		.causes = arena_alloc(arena, most * sizeof(*caused.causes)),
	};

	for (size_t i = 0; i < most; i++) {
		const struct verdict *verdict = judgement->verdicts[i];
		const char *cause = NULL;

		/* one that is well has a cause only where there is a note */
		if (verdict->state != STATE_NA)
			cause = cause_of(judgement, verdict, silence);
		if (!cause)
			continue;
		caused.verdicts[caused.count] = verdict;
		caused.causes[caused.count++] = cause;
	}
	return caused;
}

static void apply_rule(struct arena *arena, struct judgement *judgement,
		       const struct finding_rule *rule,
		       const struct caused *caused)
{
	const struct verdict **verdicts = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < caused->count; i++) {
		if (strcmp(caused->causes[i], rule->id) != 0)
			continue;
		verdicts = arena_grow(arena, verdicts, count, &capacity,
				      sizeof(*verdicts));
		verdicts[count++] = caused->verdicts[i];
	}
	if (count)
		add_finding(arena, judgement, rule, verdicts, count);
}

/* Of equal severity, the order of the table stays. */
static void sort_findings(struct arena *arena, struct judgement *judgement)
{
	struct finding **sorted;
	size_t count = 0;

	sorted = arena_alloc(arena, judgement->finding_count * sizeof(*sorted));
	for (int severity = SEVERITY_MUST; severity <= SEVERITY_INFO;
	     severity++)
		for (size_t i = 0; i < judgement->finding_count; i++)
			if ((int)judgement->findings[i]->severity == severity)
				sorted[count++] = judgement->findings[i];
	judgement->findings = sorted;
	judgement->finding_capacity = judgement->finding_count;
}

void findings_add(struct arena *arena, struct judgement *judgement)
{
	bool silence =
		!judgement->place_sends && is_silence_everywhere(judgement);
	const struct caused caused = find_caused(arena, judgement, silence);

	for (size_t i = 0; i < finding_rule_count; i++)
		apply_rule(arena, judgement, &finding_rules[i], &caused);
	sort_findings(arena, judgement);
}
