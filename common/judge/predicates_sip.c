#include "common/judge/certificate.h"
#include "common/judge/names.h"
#include "common/judge/predicate.h"

#include "common/judge/meanings.h"
#include "common/judge/services.h"

#include "common/base/text.h"

#include <string.h>
#include <strings.h>

#define SKEW_MAX_S 300 /* Kerberos and NTLM signing fail beyond it */

/* What a final status means on an anonymous REGISTER: edge-services.md 4.5. */
static const struct {
	unsigned status;
	enum state state;
	const char *cause;
	const char *meaning;
} register_table[] = {
	{200, STATE_WARN, "access.open-registrar",
	 "a registrar that takes anybody answers, which is no Edge Server"},
	{301, STATE_VERIFIED, NULL, "redirected to the home pool"},
	{302, STATE_VERIFIED, NULL, "redirected to the home pool"},
	{400, STATE_WARN, "access.odd-answer", "the request is not understood"},
	{401, STATE_VERIFIED, NULL, "the next hop asks for credentials"},
	{403, STATE_WRONG, "access.forbidden",
	 "access from outside is refused for the domain"},
	{404, STATE_WRONG, "access.domain-unknown",
	 "the domain has no SIP users behind this Edge"},
	{407, STATE_VERIFIED, NULL, "the next hop asks for credentials"},
	{408, STATE_WRONG, "access.next-hop-dead",
	 "the next hop does not answer in time"},
	{480, STATE_WARN, "access.busy", "no registrar is available just now"},
	{482, STATE_WRONG, "access.loop", "the request runs in a loop"},
	{483, STATE_WRONG, "access.loop", "the request runs in a loop"},
	{500, STATE_WRONG, "access.server-error", "the server fails"},
	{503, STATE_WARN, "access.busy", "overloaded, or starting"},
	{504, STATE_WRONG, "access.next-hop-dead",
	 "the Edge does not reach its next hop (Director or Front End)"},
};

static unsigned status_of(const struct observation *seen)
{
	if (!seen || seen->outcome != OUTCOME_ANSWERED)
		return 0;
	return (unsigned)observation_number(seen, "sip.status", 0);
}

static void judge_status(const struct inquiry *inquiry, struct opinion *opinion,
			 const char *domain, const struct observation *seen)
{
	const char *said = diagnostics_clause(inquiry->arena, seen);
	unsigned status = status_of(seen);
	size_t count = sizeof(register_table) / sizeof(register_table[0]);
	size_t i = 0;

	while (i < count && register_table[i].status != status)
		i++;
	if (i < count)
		opine(inquiry, opinion, register_table[i].state,
		      register_table[i].cause, "REGISTER for %s draws %u: %s%s",
		      domain, status, register_table[i].meaning, said);
	else
		opine(inquiry, opinion,
		      status < 500 ? STATE_VERIFIED : STATE_WARN,
		      status < 500 ? NULL : "access.odd-answer",
		      "REGISTER for %s draws %u%s", domain, status, said);
}

/* Whether that scheme is offered, and no other. */
static bool offers_only(const struct observation *seen, const char *name)
{
	const struct fact *scheme = observation_fact(seen, "sip.scheme");
	bool only = scheme;

	for (; scheme; scheme = fact_next(scheme))
		only = only && strcasecmp(scheme->text, name) == 0;
	return only;
}

/*
 * edge-services.md 4.8: outsiders get no tickets from a domain controller, and
 * no server of Microsoft's offers Digest. False: it may be well.
 */
static bool opine_schemes(const struct inquiry *inquiry,
			  struct opinion *opinion, const char *domain,
			  const struct observation *seen)
{
	if (offers_only(seen, "Kerberos"))
		opine(inquiry, opinion, STATE_WRONG, "access.kerberos-only",
		      "REGISTER for %s is asked for Kerberos credentials and "
		      "no others, which people outside cannot get",
		      domain);
	else if (offers_only(seen, "Digest"))
		opine(inquiry, opinion, STATE_WRONG, "access.wrong-service",
		      "REGISTER for %s is asked for Digest credentials, as no "
		      "Edge Server does: a SIP server of another make answers",
		      domain);
	else
		return false;
	return true;
}

/* One SIP domain on one connection. */
static void judge_register(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target,
			   const char *domain)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target, "sip-register", domain);
	unsigned status = status_of(seen);

	if (!seen)
		return;
	opinion_rest_on(inquiry, opinion, seen);
	if ((status == 401 || status == 407) &&
	    opine_schemes(inquiry, opinion, domain, seen))
		return;
	if (status)
		judge_status(inquiry, opinion, domain, seen);
	else if (seen->outcome == OUTCOME_LOCAL)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "REGISTER for %s: %s", domain,
		      *seen->detail ? seen->detail : "not finished");
	else
		opine(inquiry, opinion, STATE_WRONG, "access.no-sip-answer",
		      "REGISTER for %s gets no SIP answer: %s", domain,
		      *seen->detail ? seen->detail
				    : outcome_name(seen->outcome));
}

/* 504 for one domain while another is served: not the next hop's fault. */
static void judge_domains(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target)
{
	const struct topology *topology = inquiry->deployment->topology;
	bool lives = false;

	for (size_t i = 0; i < topology->domain_count; i++) {
		unsigned status = status_of(
			deployment_seen(inquiry->deployment, target,
					"sip-register", topology->domains[i]));

		lives = lives || status == 401 || status == 407;
	}
	for (size_t i = 0; i < topology->domain_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_register(inquiry, &one, target, topology->domains[i]);
		if (lives && one.cause &&
		    strcmp(one.cause, "access.next-hop-dead") == 0)
			opine(inquiry, &one, STATE_WRONG,
			      "access.domain-unknown",
			      "REGISTER draws %u for %s while another domain "
			      "is served: the Edge does not know %s",
			      status_of(one.observations[0]),
			      topology->domains[i], topology->domains[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

/* What answers SIP for any domain at all is not an Edge. */
static void judge_control(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target, "sip-options-control", NULL);
	unsigned status = status_of(seen);
	struct opinion one = {.state = STATE_UNOBSERVED};

	if (!seen)
		return;
	opinion_rest_on(inquiry, &one, seen);
	if (status == 500)
		opine(inquiry, &one, STATE_WRONG, "access.server-error",
		      "OPTIONS draws 500: the server fails");
	else if (status == 200 || status == 401 || status == 407)
		opine(inquiry, &one, STATE_WARN, "access.wrong-service",
		      "a SIP server that answers %u for a domain nobody has, "
		      "which an Edge Server does not",
		      status);
	else if (status)
		opine(inquiry, &one, STATE_VERIFIED, NULL,
		      "TLS and SIP answer (OPTIONS draws %u)", status);
	else if (seen->outcome == OUTCOME_LOCAL)
		opine(inquiry, &one, STATE_UNOBSERVED, NULL, "OPTIONS: %s",
		      *seen->detail ? seen->detail : "not finished");
	else
		opine(inquiry, &one, STATE_WRONG,
		      seen->outcome == OUTCOME_GARBLED ? "access.wrong-service"
						       : "access.no-sip-answer",
		      "TLS answers and SIP does not: %s",
		      *seen->detail ? seen->detail
				    : outcome_name(seen->outcome));
	opinion_worst(inquiry, opinion, &one);
}

static void judge_skew(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct target *target)
{
	static const char *const probes[] = {"sip-options-control",
					     "sip-register"};

	for (size_t i = 0; i < 2; i++) {
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, probes[i], NULL);
		int64_t skew =
			seen ? observation_number(seen, "sip.date_skew_s", 0)
			     : 0;
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (skew >= -SKEW_MAX_S && skew <= SKEW_MAX_S)
			continue;
		opinion_rest_on(inquiry, &one, seen);
		opine(inquiry, &one, STATE_WARN, "clock.skew",
		      "SIP answers, but its clock is %llu s %s this one",
		      skew < 0 ? 0 - (unsigned long long)skew
			       : (unsigned long long)skew,
		      skew > 0 ? "ahead of" : "behind");
		opinion_worst(inquiry, opinion, &one);
		return;
	}
}

/* edge-services.md 3.4: offered 1.2, it took less, so it has no more. */
void opine_tls_version(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct observation *seen)
{
	const char *version = observation_text(seen, "tls.version");
	struct opinion one = {.state = STATE_UNOBSERVED};

	if (!version ||
	    (strcmp(version, "TLSv1") != 0 && strcmp(version, "TLSv1.0") != 0 &&
	     strcmp(version, "TLSv1.1") != 0 && strcmp(version, "SSLv3") != 0))
		return;
	opine(inquiry, &one, STATE_WRONG, "tls.old-version",
	      "it answers with %s only, which current clients refuse", version);
	opinion_worst(inquiry, opinion, &one);
}

/*
 * SIP/TLS is asked for on 443, mutual TLS on 5061 alone: people's programs
 * have no certificate to show. In TLS 1.3 the refusal may come as late as the
 * first answer (edge-services.md 3.2).
 */
static const struct observation *refusal_of(const struct inquiry *inquiry,
					    const struct target *target)
{
	static const char *const probes[] = {"sip", "sip-options-control"};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const struct observation *seen = deployment_seen(
			inquiry->deployment, target, probes[i], NULL);

		if (seen &&
		    observation_flag(seen, "tls.client_certificate_refused"))
			return seen;
	}
	return NULL;
}

static bool refuses_people(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target)
{
	const struct observation *seen = refusal_of(inquiry, target);

	if (!seen)
		return false;
	opinion_rest_on(inquiry, opinion, seen);
	opine(inquiry, opinion, STATE_WRONG, "access.wrong-service",
	      "%s refuses all who show no client certificate, as port 5061 "
	      "may and port 443 must not",
	      target_text(inquiry, target));
	return true;
}

/* Names that only the reverse proxy of the web services has. */
static bool is_web_name(const char *name)
{
	static const char *const labels[] = {
		"lyncdiscover.", "lyncdiscoverinternal.", "meet.", "dialin."};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strncasecmp(name, labels[i], strlen(labels[i])) == 0)
			return true;
	return false;
}

/*
 * The certificate names web services and no Access Edge: with HTTP behind
 * it, the reverse proxy (edge-services.md 4.12, EF-33).
 */
static bool is_reverse_proxy(const struct inquiry *inquiry,
			     const struct target *target,
			     const struct observation *seen)
{
	const struct topology *topology = inquiry->deployment->topology;
	const struct fact *name = observation_fact(seen, "cert.san");
	const char *entry;

	if (service_at(inquiry, &target->endpoint).kind != PRESENCE_WEB)
		return false;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (certificate_covers(
			    inquiry->arena, seen,
			    access_name_of(inquiry, topology->domains[i]),
			    &entry) != COVER_NONE)
			return false;
	while (name && !is_web_name(name->text))
		name = fact_next(name);
	return name;
}

static void opine_reverse_proxy(const struct inquiry *inquiry,
				struct opinion *opinion,
				const struct target *target)
{
	opinion_rest_on(inquiry, opinion,
			service_at(inquiry, &target->endpoint).seen);
	opine(inquiry, opinion, STATE_WRONG, "access.reverse-proxy",
	      "%s is the reverse proxy of the web services: HTTP answers, with "
	      "their certificate",
	      target_text(inquiry, target));
}

/* Nothing that was hoped for answers, as opposed to something badly made. */
static bool is_about_service(const struct opinion *opinion)
{
	static const char *const causes[] = {
		"access.blocked", "access.wrong-service", "federation.blocked",
		"federation.wrong-service", "access.no-sip-answer"};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (opinion->cause && strcmp(opinion->cause, causes[i]) == 0)
			return true;
	return false;
}

/* The port of the record is the fault where nothing good answers there. */
static void opine_odd_port(const struct inquiry *inquiry,
			   struct opinion *opinion, const struct target *target)
{
	const struct topology *topology = inquiry->deployment->topology;
	uint16_t port = topology->file ? topology->ports[target->listener]
				       : listener_table[target->listener].port;

	if (target->from_dns && !inquiry->deployment->override_count &&
	    target->endpoint.port != port && is_about_service(opinion))
		opinion->cause = "dns.srv-port";
}

static void judge_access_answer(const struct inquiry *inquiry,
				struct opinion *opinion,
				const struct target *target)
{
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target, "sip", NULL);
	struct opinion control = {.state = STATE_UNOBSERVED};

	if (opine_unanswered(inquiry, opinion, target, seen,
			     seen && seen->outcome == OUTCOME_GARBLED
				     ? "access.wrong-service"
				     : "access.blocked") ||
	    refuses_people(inquiry, opinion, target))
		return;
	judge_control(inquiry, &control, target);
	if (control.state != STATE_WRONG)
		judge_domains(inquiry, opinion, target);
	opinion_worst(inquiry, opinion, &control);
	judge_skew(inquiry, opinion, target);
	opine_tls_version(inquiry, opinion, seen);
	if (!opinion->because)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "TLS answers; SIP was not asked");
}

static void judge_access_target(const struct inquiry *inquiry,
				struct opinion *opinion,
				const struct target *target)
{
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target, "sip", NULL);

	judge_access_answer(inquiry, opinion, target);
	if (seen && is_reverse_proxy(inquiry, target, seen))
		opine_reverse_proxy(inquiry, opinion, target);
	else
		opine_stranger(inquiry, opinion, target,
			       "access.wrong-service");
	opine_odd_port(inquiry, opinion, target);
	opine_swapped(inquiry, opinion, target);
}

void judge_access_sip(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_access_target(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

/*
 * A listener that asks for no client certificate, or goes on without: does
 * it speak SIP at all? Where it asked, hanging up is a refusal as well as
 * another (edge-services.md 3.2, 4.10); what speaks another protocol is not
 * the Access Edge.
 */
static void judge_federation_answer(const struct inquiry *inquiry,
				    struct opinion *opinion,
				    const struct target *target, bool asked)
{
	const struct observation *seen = deployment_seen(
		inquiry->deployment, target, "sip-options-control", NULL);
	const char *detail = seen ? seen->detail : "";

	opinion_rest_on(inquiry, opinion, seen);
	if (seen && seen->outcome == OUTCOME_GARBLED)
		opine(inquiry, opinion, STATE_WRONG, "federation.wrong-service",
		      "%s: TLS answers and SIP does not: %s",
		      target_text(inquiry, target), detail);
	else if (asked)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "TLS answers and asks for a client certificate");
	else if (seen && seen->outcome != OUTCOME_ANSWERED &&
		 seen->outcome != OUTCOME_LOCAL)
		opine(inquiry, opinion, STATE_WRONG, "federation.no-mutual-tls",
		      "TLS answers without asking for a client certificate, "
		      "and SIP does not answer: %s",
		      *detail ? detail : outcome_name(seen->outcome));
	else
		opine(inquiry, opinion, STATE_WARN, "federation.no-mutual-tls",
		      "TLS answers without asking for a client certificate: "
		      "something in front may end the TLS connection");
}

static void judge_federation_port(const struct inquiry *inquiry,
				  struct opinion *opinion,
				  const struct target *target)
{
	const struct observation *seen =
		deployment_seen(inquiry->deployment, target, "sip", NULL);

	if (opine_unanswered(inquiry, opinion, target, seen,
			     seen && seen->outcome == OUTCOME_GARBLED
				     ? "federation.wrong-service"
				     : "federation.blocked"))
		return;
	if (observation_flag(seen, "tls.client_certificate_refused"))
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "mutual TLS: it asks for a client certificate and "
		      "refuses to go on without");
	else
		judge_federation_answer(
			inquiry, opinion, target,
			observation_flag(seen,
					 "tls.client_certificate_requested"));
	opine_tls_version(inquiry, opinion, seen);
}

static void judge_federation_target(const struct inquiry *inquiry,
				    struct opinion *opinion,
				    const struct target *target)
{
	judge_federation_port(inquiry, opinion, target);
	opine_stranger(inquiry, opinion, target, "federation.wrong-service");
	opine_odd_port(inquiry, opinion, target);
}

void judge_federation_sip(const struct inquiry *inquiry,
			  struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_federation_target(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}

/* From outside only half of it can be seen to work, and all of it to fail. */
void judge_sip_both_ways(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_access_sip(inquiry, opinion);
	if (opinion->state != STATE_VERIFIED && opinion->state != STATE_WARN)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "SIP passes from outside to the next hop and back; the way "
	      "from inside to the Edge is seen by edgecheck --internal");
	opinion->could_not = true;
}

/*
 * A connection without traffic. Of the keep-alive nothing is asked: whether
 * Edges answer it is unverified (edge-services.md section 4.11).
 */
static void judge_soaked(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target,
			 const struct observation *seen)
{
	const char *where = target_text(inquiry, target);
	int64_t kept_s = observation_number(seen, "idle.kept_s", -1);
	int64_t lost_s = observation_number(seen, "idle.lost_s", -1);

	if (lost_s >= 0)
		opine(inquiry, opinion, STATE_WARN, "access.idle-closed",
		      "%s: a connection without traffic was gone after %d s",
		      where, (int)lost_s);
	else if (kept_s >= 0)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s keeps a connection without traffic for %d s and %s "
		      "keep-alives",
		      where, (int)kept_s,
		      observation_flag(seen, "keepalive.answered")
			      ? "answers"
			      : "does not answer");
	else
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s: %s", where,
		      seen->detail);
	opinion->could_not = opinion->state == STATE_UNOBSERVED;
}

void judge_access_soak(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		const struct observation *seen = deployment_seen(
			inquiry->deployment, inquiry->targets[i], "soak", NULL);
		struct opinion one = {.state = STATE_UNOBSERVED};

		if (!seen)
			continue;
		opinion_rest_on(inquiry, &one, seen);
		judge_soaked(inquiry, &one, inquiry->targets[i], seen);
		opinion_worst(inquiry, opinion, &one);
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "connections without traffic were not asked for (--soak)");
	opinion->could_not = true;
}
