#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/hosting.h"
#include "common/model/records.h"

#include <string.h>

/* Clauses of one sentence. */
struct clauses {
	const char *text; /* NULL: none yet */
	size_t count;
};

#define CLAUSES_MAX 6 /* of one sentence; the rest is counted */

static void clauses_add(const struct inquiry *inquiry, struct clauses *clauses,
			const char *clause)
{
	if (!clauses->text)
		clauses->text = clause;
	else if (clauses->count < CLAUSES_MAX)
		clauses->text = arena_format(inquiry->arena, "%s; %s",
					     clauses->text, clause);
	clauses->count++;
}

static const char *clauses_text(const struct inquiry *inquiry,
				const struct clauses *clauses)
{
	if (clauses->count <= CLAUSES_MAX)
		return clauses->text;
	return arena_format(inquiry->arena, "%s; and %zu more", clauses->text,
			    clauses->count - CLAUSES_MAX);
}

/* "192.0.2.1, 192.0.2.2" of what an observation answered; "" for nothing. */
static const char *answers_text(const struct inquiry *inquiry,
				const struct observation *seen)
{
	const struct fact *fact = observation_fact(seen, "dns.answer");
	const char *text = "";
	size_t count = 0;

	for (; fact; fact = fact_next(fact), count++)
		if (count < CLAUSES_MAX)
			text = arena_format(inquiry->arena, "%s%s%s", text,
					    count ? ", " : "", fact->text);
	return count > CLAUSES_MAX
		       ? arena_format(inquiry->arena, "%s and %zu more", text,
				      count - CLAUSES_MAX)
		       : text;
}

/*
 * Names for inside: clients outside ask for them first (11.2). What stands
 * where lyncdiscover stands does no harm.
 */

struct inside {
	struct clauses seen, same;
	size_t echoes, open, asked;
};

static bool is_same_place(const struct addresses *one,
			  const struct addresses *other)
{
	for (size_t i = 0; i < one->count; i++) {
		size_t j = 0;

		while (j < other->count &&
		       !address_equal(&one->items[i], &other->items[j]))
			j++;
		if (j == other->count)
			return false;
	}
	return one->count > 0;
}

static void look_at_inside_host(const struct inquiry *inquiry,
				struct opinion *opinion, struct inside *inside,
				const char *name)
{
	struct addresses addresses, outside;
	struct opinion aside = {.state = STATE_UNOBSERVED};
	const char *clause;

	addresses_of(inquiry, opinion, name, &addresses);
	addresses_of(inquiry, &aside,
		     arena_format(inquiry->arena, "lyncdiscover.%s",
				  inquiry->subject),
		     &outside);
	inside->asked += addresses.ipv4 != KNOWN_NOT_ASKED;
	inside->open += addresses.ipv4 == KNOWN_FAILED ||
			addresses.ipv6 == KNOWN_FAILED;
	if (!addresses.count)
		return;
	clause = arena_format(inquiry->arena, "%s gives %s", name,
			      addresses_text(inquiry, &addresses));
	if (records_host_is_echo(inquiry->deployment, name))
		inside->echoes++;
	else if (is_same_place(&addresses, &outside))
		clauses_add(inquiry, &inside->same, clause);
	else
		clauses_add(inquiry, &inside->seen, clause);
}

static void look_at_inside_srv(const struct inquiry *inquiry,
			       struct opinion *opinion, struct inside *inside,
			       const char *service)
{
	struct srv_pick pick = srv_pick(inquiry, service, inquiry->subject);

	opinion_rest_on(inquiry, opinion, pick.observation);
	inside->asked += pick.known != KNOWN_NOT_ASKED;
	inside->open += pick.known == KNOWN_FAILED;
	if (pick.known != KNOWN_PRESENT || strcmp(pick.target, ".") == 0)
		return;
	if (records_srv_is_echo(inquiry->deployment, service, inquiry->subject))
		inside->echoes++;
	else
		clauses_add(inquiry, &inside->seen,
			    arena_format(inquiry->arena, "%s gives %s",
					 pick.owner, pick.target));
}

static void opine_inside(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct inside *inside)
{
	if (inside->seen.count) {
		opine(inquiry, opinion, STATE_WARN, "dns.inside-names",
		      "%s: clients outside try it first and wait",
		      clauses_text(inquiry, &inside->seen));
	} else if (inside->echoes || !inside->asked || inside->open) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      inside->echoes
			      ? "a wildcard record of %s answers for any name, "
				"so that names for inside resolve proves "
				"nothing"
		      : inside->open
			      ? "no resolver answered for names for inside "
				"of %s"
			      : "names for inside of %s were not looked up",
		      inquiry->subject);
		opinion->could_not = true;
	} else if (inside->same.count) {
		opine(inquiry, opinion, STATE_VERIFIED, "dns.inside-names",
		      "%s, where lyncdiscover.%s leads as well",
		      clauses_text(inquiry, &inside->same), inquiry->subject);
	} else {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "no name for inside of %s resolves here",
		      inquiry->subject);
	}
}

void judge_inside_names(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct inside inside = {0};

	for (size_t i = 0; i < inside_record_count; i++) {
		const char *label = inside_records[i].label;

		if (inside_records[i].is_srv)
			look_at_inside_srv(inquiry, opinion, &inside, label);
		else
			look_at_inside_host(inquiry, opinion, &inside,
					    arena_format(inquiry->arena,
							 "%s.%s", label,
							 inquiry->subject));
	}
	opine_inside(inquiry, opinion, &inside);
}

/*
 * Wildcards: a label that nobody publishes
 */

void judge_no_wildcard(const struct inquiry *inquiry, struct opinion *opinion)
{
	static const struct {
		const char *prefix;
		uint16_t type;
	} odd[] = {
		{RECORDS_WILDCARD_LABEL, DNS_A},
		{RECORDS_WILDCARD_LABEL, DNS_AAAA},
		{RECORDS_WILDCARD_LABEL "._tls", DNS_SRV},
		{RECORDS_WILDCARD_LABEL "._tcp", DNS_SRV},
	};
	struct clauses clauses = {0};
	size_t answered = 0;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		const char *name =
			arena_format(inquiry->arena, "%s.%s", odd[i].prefix,
				     inquiry->subject);
		const struct observation *seen =
			deployment_dns(inquiry->deployment, name, odd[i].type);
		enum known known =
			name_known(inquiry->deployment, name, odd[i].type);

		opinion_rest_on(inquiry, opinion, seen);
		answered += known == KNOWN_PRESENT || known == KNOWN_MISSING;
		if (known == KNOWN_PRESENT)
			clauses_add(inquiry, &clauses,
				    arena_format(inquiry->arena, "%s gives %s",
						 name,
						 answers_text(inquiry, seen)));
	}
	if (clauses.count) {
		opine(inquiry, opinion, STATE_WARN, "dns.wildcard",
		      "any name resolves: %s", clauses_text(inquiry, &clauses));
	} else if (answered) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "a name of %s that nobody publishes does not resolve",
		      inquiry->subject);
	} else {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "whether %s has wildcard records was not looked up",
		      inquiry->subject);
		opinion->could_not = true;
	}
}

/*
 * Several resolvers: what each says of the same record (11.1, EF-19)
 */

struct comparison {
	struct clauses different, failed;
	size_t compared;
};

static bool has_all(const struct observation *one,
		    const struct observation *other)
{
	const struct fact *fact = observation_fact(one, "dns.answer");

	for (; fact; fact = fact_next(fact)) {
		const struct fact *twin = observation_fact(other, "dns.answer");

		while (twin && strcmp(twin->text, fact->text) != 0)
			twin = fact_next(twin);
		if (!twin)
			return false;
	}
	return true;
}

/* "192.0.2.53:53 says 192.0.2.10", or NXDOMAIN, or what became of it. */
static const char *saying(const struct inquiry *inquiry,
			  const struct observation *seen)
{
	char who[ENDPOINT_TEXT_BYTES];
	const char *rcode = observation_text(seen, "dns.rcode");
	const char *what = answers_text(inquiry, seen);

	endpoint_format(who, &seen->endpoint.address, seen->endpoint.port);
	if (seen->outcome != OUTCOME_ANSWERED && !rcode)
		return arena_format(inquiry->arena, "%s says nothing", who);
	if (seen->outcome != OUTCOME_ANSWERED)
		return arena_format(inquiry->arena, "%s fails%s", who,
				    name_failed_text(inquiry, seen));
	if (!*what)
		what = *name_missing_text(seen) ? "NXDOMAIN" : "no record";
	return arena_format(inquiry->arena, "%s says %s", who, what);
}

static void compare(const struct inquiry *inquiry, struct opinion *opinion,
		    struct comparison *comparison,
		    const struct observation *first,
		    const struct observation *second)
{
	const char *clause = arena_format(
		inquiry->arena, "%s %s: %s, %s", second->endpoint.name,
		observation_text(second, "dns.type"), saying(inquiry, first),
		saying(inquiry, second));

	comparison->compared++;
	opinion_rest_on(inquiry, opinion, first);
	opinion_rest_on(inquiry, opinion, second);
	if (second->outcome != OUTCOME_ANSWERED)
		clauses_add(inquiry, &comparison->failed, clause);
	else if (!has_all(first, second) || !has_all(second, first))
		clauses_add(inquiry, &comparison->different, clause);
}

static bool is_of_domain(const char *name, const char *domain)
{
	size_t length = strlen(name), tail = strlen(domain);

	return length >= tail &&
	       text_names_equal(name + length - tail, domain) &&
	       (length == tail || name[length - tail - 1] == '.');
}

/* Hosts outside every SIP domain belong to the first. */
static bool is_compared_here(const struct inquiry *inquiry, const char *name)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		if (is_of_domain(name, topology->domains[i]))
			return text_names_equal(topology->domains[i],
						inquiry->subject);
	return text_names_equal(topology->domains[0], inquiry->subject);
}

/* Whether it says anything of the name; our own trouble does not. */
static bool is_comparison(const struct inquiry *inquiry,
			  const struct observation *seen)
{
	return strcmp(seen->probe, "dns-compare") == 0 && seen->endpoint.name &&
	       observation_text(seen, "dns.type") &&
	       (seen->outcome != OUTCOME_LOCAL ||
		observation_text(seen, "dns.rcode")) &&
	       is_compared_here(inquiry, seen->endpoint.name);
}

static uint16_t type_of(const struct observation *seen)
{
	const char *type = observation_text(seen, "dns.type");

	if (strcmp(type, "SRV") == 0)
		return DNS_SRV;
	return strcmp(type, "AAAA") == 0 ? DNS_AAAA : DNS_A;
}

static void compare_all(const struct inquiry *inquiry, struct opinion *opinion,
			struct comparison *comparison)
{
	const struct observation_list *list = inquiry->deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *second = list->items[i];
		const struct observation *first;

		if (!is_comparison(inquiry, second))
			continue;
		first = deployment_dns(inquiry->deployment,
				       second->endpoint.name, type_of(second));
		/* of answers that are cut, each keeps another part */
		if (first && first->outcome == OUTCOME_ANSWERED &&
		    !observation_flag(first, "dns.cut") &&
		    !observation_flag(second, "dns.cut"))
			compare(inquiry, opinion, comparison, first, second);
	}
}

void judge_resolvers(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct comparison comparison = {0};

	compare_all(inquiry, opinion, &comparison);
	if (comparison.different.count) {
		opine(inquiry, opinion, STATE_WARN, "dns.resolvers-differ",
		      "%s", clauses_text(inquiry, &comparison.different));
	} else if (comparison.failed.count) {
		opine(inquiry, opinion, STATE_VERIFIED, "dns.resolver-failed",
		      "%s", clauses_text(inquiry, &comparison.failed));
	} else if (comparison.compared) {
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "every resolver says the same of %s", inquiry->subject);
	} else {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "one resolver alone was asked: name several with "
		      "--resolver");
		opinion->could_not = true;
	}
}

/*
 * Where the records lead: edge-services.md 11.5
 */

static const char *leads_text(const struct inquiry *inquiry,
			      const struct hosting_view *view, enum lead lead)
{
	const char *text = "";

	for (unsigned i = 0; i < HOSTED_COUNT; i++)
		if (view->leads[i] == lead)
			text = arena_format(
				inquiry->arena, "%s%s%s", text,
				*text ? ", " : "",
				hosted_record_name((enum hosted_record)i));
	return text;
}

static void rest_on_leads(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	for (unsigned i = 0; i < HOSTED_COUNT; i++) {
		const char *name =
			arena_format(inquiry->arena, "%s.%s",
				     hosted_record_name((enum hosted_record)i),
				     inquiry->subject);

		opinion_rest_on(
			inquiry, opinion,
			deployment_dns(inquiry->deployment, name, DNS_SRV));
		opinion_rest_on(
			inquiry, opinion,
			deployment_dns(inquiry->deployment, name, DNS_A));
	}
}

/* What each pattern means; a sovereign cloud is never more than a note. */
static const struct {
	enum state state;
	const char *cause, *meaning;
} patterns[] = {
	[HOSTING_OWN] = {STATE_VERIFIED, NULL, ""},
	[HOSTING_CLOUD] = {STATE_VERIFIED, "dns.cloud-hosted", ""},
	[HOSTING_UNDISCOVERED] = {STATE_WARN, "dns.cloud-undiscovered",
				  "; lyncdiscover is missing"},
	[HOSTING_LEFTOVER] = {STATE_WARN, "dns.cloud-leftover", ""},
	[HOSTING_SPLIT] = {STATE_WRONG, "dns.cloud-split", ""},
	[HOSTING_MIXED] = {STATE_WARN, "dns.cloud-mixed", ""},
};

void judge_hosting(const struct inquiry *inquiry, struct opinion *opinion)
{
	struct hosting_view view =
		hosting_of(inquiry->deployment, inquiry->subject);
	const char *own = leads_text(inquiry, &view, LEAD_OWN);
	const char *cloud = leads_text(inquiry, &view, LEAD_CLOUD);
	enum state state = patterns[view.hosting].state;
	const char *cause = patterns[view.hosting].cause;

	rest_on_leads(inquiry, opinion);
	if (view.hosting == HOSTING_UNKNOWN) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "no record of %s tells where it is hosted",
		      inquiry->subject);
		opinion->could_not = true;
		return;
	}
	/* somebody spoke of an Edge Server, and no record leads to it */
	if (view.hosting == HOSTING_CLOUD &&
	    !hosting_is_elsewhere(inquiry->deployment, inquiry->subject)) {
		state = STATE_WARN;
		cause = "dns.cloud";
	}
	if (view.is_sovereign) {
		state = STATE_VERIFIED;
		cause = "dns.cloud-hosted";
	}
	if (view.hosting == HOSTING_OWN)
		opine(inquiry, opinion, state, cause,
		      "the records of %s lead to servers of its own",
		      inquiry->subject);
	else
		opine(inquiry, opinion, state, cause, "%s lead%s to %s%s%s%s",
		      cloud, strchr(cloud, ',') ? "" : "s",
		      view.is_sovereign
			      ? "what by its suffix is a sovereign cloud of "
				"Microsoft"
			      : "Microsoft 365",
		      *own ? ", to servers of one's own: " : "", own,
		      patterns[view.hosting].meaning);
	/* what is only told of needs no Edge Server to be well */
	opinion->could_not =
		state == STATE_VERIFIED && view.hosting != HOSTING_OWN;
}
