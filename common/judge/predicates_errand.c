#include "common/judge/predicate.h"

#include "common/base/dns_name.h"
#include "common/judge/certificate.h"
#include "common/judge/findings.h"

#include <string.h>

/*
 * What an errand came back with: whether the service that the row wants
 * answers there, as far as that can be told.
 *
 * Most ports of a server role ask for a client certificate or speak what is
 * not published: there, a connection that stands is all that can be seen.
 */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SERVER_SHOWN 48 /* bytes of a Server header in a sentence */

/* One errand, with what was seen. */
struct return_of {
	const struct inquiry *inquiry;
	const struct errand *errand;
	struct target target; /* the errand's, for those who ask for one */
	const struct observation *seen;
	const char *where;
};

/* The row's finding "x.blocked", or "x.wrong-service" where there is one. */
static const char *cause_of(const struct inquiry *inquiry, bool is_wrong)
{
	static const char blocked[] = ".blocked";
	const char *finding = inquiry->requirement->judging->finding;
	size_t stem = strlen(finding);
	const struct finding_rule *rule = NULL;

	if (strcmp(finding, "-") == 0)
		return NULL;
	if (!is_wrong || stem < strlen(blocked) ||
	    strcmp(finding + stem - strlen(blocked), blocked) != 0)
		return finding;
	rule = finding_rule_find(
		arena_format(inquiry->arena, "%.*s.wrong-service",
			     (int)(stem - strlen(blocked)), finding));
	return rule ? rule->id : finding;
}

const struct observation *errand_seen(const struct inquiry *inquiry,
				      const struct errand *errand,
				      const char *probe)
{
	const struct observation_list *list = inquiry->deployment->observations;
	const struct observation *found = NULL;
	char from[ADDRESS_TEXT_BYTES];

	address_format(from, &errand->from);
	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (seen->endpoint.port == errand->endpoint.port &&
		    seen->endpoint.transport == errand->endpoint.transport &&
		    strcmp(seen->probe, probe) == 0 &&
		    address_equal(&seen->endpoint.address,
				  &errand->endpoint.address) &&
		    (!errand->from.family || strcmp(seen->source, from) == 0))
			found = seen;
	}
	return found;
}

static void verify(const struct return_of *back, struct opinion *opinion,
		   const char *what)
{
	opine(back->inquiry, opinion, STATE_VERIFIED, NULL, "%s: %s",
	      back->where, what);
}

static void find_wrong(const struct return_of *back, struct opinion *opinion,
		       const char *what)
{
	opine(back->inquiry, opinion, STATE_WRONG,
	      cause_of(back->inquiry, true), "%s: %s, and %s is wanted",
	      back->where, what, back->errand->protocol);
}

/* What answered by its first bytes; NULL for none, TLS or an unknown one. */
static const char *stranger(const struct observation *seen)
{
	const char *service = observation_text(seen, "peer.service");

	if (!service || strncmp(service, "tls", 3) == 0)
		return NULL;
	return strcmp(service, "unknown") == 0 ? NULL : service;
}

static const char *sip_answer(const struct return_of *back,
			      const struct observation *seen)
{
	const char *server = observation_text(seen, "sip.server");

	return arena_format(
		back->inquiry->arena, "SIP answers %lld%s%.*s%s",
		(long long)observation_number(seen, "sip.status", 0),
		server ? " (" : "", SERVER_SHOWN, server ? server : "",
		server ? ")" : "");
}

/*
 * By probe
 */

/* A connection that stands; who greets in a known language is a stranger. */
static void judge_port(const struct return_of *back, struct opinion *opinion)
{
	const char *service = stranger(back->seen);

	if (service)
		find_wrong(back, opinion,
			   arena_format(back->inquiry->arena,
					"a server greets, as %s does",
					service));
	else
		verify(back, opinion,
		       "the connection stands; who listens cannot be told");
}

static void judge_sip_clear(const struct return_of *back,
			    struct opinion *opinion)
{
	if (observation_fact(back->seen, "sip.status"))
		verify(back, opinion, sip_answer(back, back->seen));
	else if (stranger(back->seen))
		verify(back, opinion, "SIP answers");
	else
		verify(back, opinion,
		       "the connection stands, and is silent to SIP without "
		       "TLS");
}

static void verify_refusal(const struct return_of *back,
			   struct opinion *opinion)
{
	verify(back, opinion,
	       "TLS answers and asks for a client certificate, as mutual TLS "
	       "does");
}

/* The questions that go over a connection have observations of their own. */
static void judge_sip_tls(const struct return_of *back, struct opinion *opinion)
{
	const struct observation *answer =
		errand_seen(back->inquiry, back->errand, "sip-options-control");

	opinion_rest_on(back->inquiry, opinion, answer);
	if (!answer ||
	    observation_flag(answer, "tls.client_certificate_refused"))
		verify_refusal(back, opinion);
	else if (answer->outcome == OUTCOME_ANSWERED)
		verify(back, opinion, sip_answer(back, answer));
	else if (answer->outcome == OUTCOME_LOCAL)
		opine(back->inquiry, opinion, STATE_UNOBSERVED, NULL, "%s: %s",
		      back->where, answer->detail);
	else
		find_wrong(back, opinion,
			   arena_format(back->inquiry->arena,
					"TLS answers, and nothing answers SIP "
					"in it: %s",
					answer->detail));
}

/* Who may answer in the control question of recognise-sip, by protocol. */
static const struct {
	const char *protocol;
	const char *may; /* peer.service; "*" any */
} answers_in_tls[] = {
	{"sip", "sip"}, {"sip-tls", "sip"}, {"sip-mtls", "sip"},
	{"mtls", "*"},	{"tls", "*"},	    {"tls+mtls", "*"},
};

static bool may_answer(const char *protocol, const char *service)
{
	for (size_t i = 0; i < COUNT(answers_in_tls); i++)
		if (strcmp(answers_in_tls[i].protocol, protocol) == 0)
			return strcmp(answers_in_tls[i].may, "*") == 0 ||
			       strcmp(answers_in_tls[i].may, service) == 0;
	return false;
}

static void judge_in_tls(const struct return_of *back, struct opinion *opinion)
{
	const char *service = stranger(back->seen);

	if (observation_flag(back->seen, "tls.client_certificate_refused"))
		verify_refusal(back, opinion);
	else if (service && !may_answer(back->errand->protocol, service))
		find_wrong(back, opinion,
			   arena_format(back->inquiry->arena,
					"%s answers inside TLS", service));
	else if (observation_fact(back->seen, "sip.status"))
		verify(back, opinion, sip_answer(back, back->seen));
	else
		verify(back, opinion,
		       "TLS answers; what it carries cannot be told");
}

static void judge_http(const struct return_of *back, struct opinion *opinion)
{
	const char *server = observation_text(back->seen, "http.server");

	if (observation_flag(back->seen, "tls.client_certificate_refused"))
		verify_refusal(back, opinion);
	else
		verify(back, opinion,
		       arena_format(back->inquiry->arena,
				    "HTTP answers %lld%s%.*s%s",
				    (long long)observation_number(
					    back->seen, "http.status", 0),
				    server ? " (" : "", SERVER_SHOWN,
				    server ? server : "", server ? ")" : ""));
}

static void judge_msturn(const struct return_of *back, struct opinion *opinion)
{
	if (observation_flag(back->seen, "turn.cookie"))
		verify(back, opinion,
		       arena_format(back->inquiry->arena,
				    "the relay answers %lld",
				    (long long)observation_number(
					    back->seen, "turn.error_code", 0)));
	else
		find_wrong(back, opinion,
			   "a STUN or TURN server of another make answers");
}

static void judge_rpc(const struct return_of *back, struct opinion *opinion)
{
	verify(back, opinion, "RPC answers");
}

static void judge_answered(const struct return_of *back,
			   struct opinion *opinion)
{
	verify(back, opinion, "it answers");
}

static const struct {
	const char *probe;
	void (*judge)(const struct return_of *back, struct opinion *opinion);
} judges[] = {
	{"port", judge_port},
	{"port-sip", judge_sip_clear},
	{"sip", judge_sip_tls},
	{"recognise-sip", judge_in_tls},
	{"port-rpc", judge_rpc},
	{"port-http", judge_http},
	{"port-https", judge_http},
	{"msturn-allocate", judge_msturn},
	{"msturn-allocate-tcp", judge_msturn},
};

static void judge_service(const struct return_of *back, struct opinion *opinion)
{
	for (size_t i = 0; i < COUNT(judges); i++)
		if (strcmp(judges[i].probe, back->seen->probe) == 0) {
			judges[i].judge(back, opinion);
			return;
		}
	judge_answered(back, opinion);
}

/*
 * Servers inside have certificates of a CA that is mostly a private one:
 * unless somebody named it, nothing can be said of the chain.
 */
static struct certificate_fault fault_of(const struct return_of *back)
{
	const char *roots = observation_text(back->seen, "cert.roots");
	struct arena *arena = back->inquiry->arena;

	return (!roots || strcmp(roots, "system") == 0) &&
			       certificate_lacks_root(back->seen)
		       ? certificate_own_fault(arena, back->seen)
		       : certificate_fault(arena, back->seen);
}

/*
 * A server that answers, with a certificate that is none for it. Who was sent
 * elsewhere than to servers asks for the port alone.
 */
static void judge_certificate(const struct return_of *back,
			      struct opinion *opinion)
{
	const char *name = back->errand->endpoint.name;
	struct certificate_fault fault;
	const char *entry;

	if (strcmp(back->inquiry->requirement->area, "servers") != 0 ||
	    !observation_fact(back->seen, "cert.der"))
		return;
	fault = fault_of(back);
	if (fault.state != STATE_VERIFIED)
		opine(back->inquiry, opinion, fault.state, "server.certificate",
		      "%s: its certificate is of no use: %s", back->where,
		      fault.because);
	/* perhaps it was asked for by a name that only we use */
	else if (name && certificate_covers(back->inquiry->arena, back->seen,
					    name, &entry) == COVER_NONE)
		opine(back->inquiry, opinion, STATE_WARN, "server.certificate",
		      "%s: its certificate does not name %s: %s", back->where,
		      name,
		      certificate_names(back->inquiry->arena, back->seen));
}

static void judge_answer(const struct return_of *back, struct opinion *opinion)
{
	judge_service(back, opinion);
	if (opinion->state == STATE_VERIFIED)
		judge_certificate(back, opinion);
}

/*
 * What is there, or not
 */

/* What DNS said of a host that has no address. */
static void judge_unnamed(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct errand *errand)
{
	const struct deployment *deployment = inquiry->deployment;
	const char *name = errand->endpoint.name;
	const struct observation *seen =
		deployment_dns(deployment, name, DNS_A);

	if (!seen || seen->outcome == OUTCOME_ANSWERED)
		seen = deployment_dns(deployment, name, DNS_AAAA) ?: seen;
	opinion_rest_on(inquiry, opinion, seen);
	if (!seen)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked up", name);
	else if (seen->outcome == OUTCOME_ANSWERED)
		opine(inquiry, opinion, STATE_WRONG, "server.name-unknown",
		      "DNS knows no address of %s", name);
	else
		opine(inquiry, opinion, STATE_UNOBSERVED, "dns.no-resolver",
		      "DNS does not tell the address of %s: %s", name,
		      seen->detail);
}

/* Silence of a language that nobody speaks is no silence. */
static bool opine_mute(const struct return_of *back, struct opinion *opinion)
{
	if (strcmp(back->errand->probe, "port-udp") != 0 ||
	    back->seen->outcome != OUTCOME_NO_REPLY)
		return false;
	opine(back->inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "%s: no reply, and no host said that the port is closed: "
	      "whether anybody listens cannot be told from here",
	      back->where);
	opinion->could_not = true;
	return true;
}

/* A port of SIP that hangs up on clear text may want TLS (errand.c). */
static const struct observation *seen_best(const struct inquiry *inquiry,
					   const struct errand *errand)
{
	const struct observation *seen =
		errand_seen(inquiry, errand, errand->probe);
	const struct observation *second;

	if (!seen || seen->outcome == OUTCOME_ANSWERED ||
	    strcmp(errand->probe, "port-sip") != 0)
		return seen;
	second = errand_seen(inquiry, errand, ERRAND_SECOND_PROBE);
	return second && second->outcome == OUTCOME_ANSWERED ? second : seen;
}

static void judge_errand(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct errand *errand)
{
	struct return_of back = {
		.inquiry = inquiry,
		.errand = errand,
		.target = {.node = errand->node,
			   .name = errand->endpoint.name,
			   .endpoint = errand->endpoint},
	};
	bool is_wrong;

	if (!errand->endpoint.address.family) {
		judge_unnamed(inquiry, opinion, errand);
		return;
	}
	back.seen = seen_best(inquiry, errand);
	back.where = target_text(inquiry, &back.target);
	opinion_rest_on(inquiry, opinion, back.seen);
	is_wrong = back.seen && (back.seen->outcome == OUTCOME_GARBLED ||
				 back.seen->outcome == OUTCOME_ALERT ||
				 observation_flag(back.seen, "peer.spoke"));
	if (back.seen && opine_mute(&back, opinion))
		return;
	if (!opine_unanswered(inquiry, opinion, &back.target, back.seen,
			      cause_of(inquiry, is_wrong)))
		judge_answer(&back, opinion);
}

void judge_reached(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->errand_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_errand(inquiry, &one, inquiry->errands[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}
