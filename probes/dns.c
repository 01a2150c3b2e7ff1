/*
 * dns.c - asks for the records of one type at one name: whichever resolver
 * answers, or for comparison the one that stands in the check's endpoint.
 */
#include "probes/registry.h"

#include "common/base/text.h"
#include "common/wire/dns.h"
#include "probes/check.h"
#include "probes/resolver.h"

#include <string.h>

#define ALIASES_MAX 16 /* steps that are followed */

struct dns {
	struct lookup *lookup;
};

static const struct fact_def dns_facts[] = {
	{"dns.type", FACT_TEXT, "the type asked for"},
	{"dns.rcode", FACT_TEXT, "the reply's code"},
	{"dns.resolver", FACT_ADDRESS, "the resolver that replied"},
	{"dns.tcp", FACT_FLAG, "the reply needed TCP"},
	{"dns.authoritative", FACT_FLAG, "the resolver owns the zone"},
	{"dns.answer", FACT_TEXT, "one record of the type asked for"},
	{"dns.ttl", FACT_UINT, "least lifetime of those records, seconds"},
	{"dns.cname", FACT_TEXT, "one step of aliases"},
	{"dns.cut", FACT_FLAG, "there were more records than are kept"},
	{NULL, FACT_TEXT, NULL},
};

static void wake(void *context)
{
	struct check *check = context;

	check->wake(check);
}

static enum want dns_start(struct check *check)
{
	const struct check_spec *spec = check->spec;
	struct dns *dns = check->state;

	observe_text(check, "dns.type", dns_type_name(spec->dns_type));
	check_phase(check, "query");
	if (!spec->endpoint.name || !dns_name_is_lawful(spec->endpoint.name))
		return check_finish(check, OUTCOME_LOCAL,
				    "not a name that DNS could know");
	dns->lookup = resolver_ask_one(
		check->resolver,
		spec->endpoint.address.family ? &spec->endpoint : NULL,
		spec->endpoint.name, spec->dns_type, wake, check);
	return WANT_LIBRARY;
}

static const struct dns_record *find_alias(const struct dns_message *message,
					   const char *name)
{
	for (size_t i = 0; i < message->answer_count; i++) {
		const struct dns_record *record = &message->answers[i];

		if (record->type == DNS_CNAME && record->target &&
		    text_names_equal(record->name, name))
			return record;
	}
	return NULL;
}

/* The name at the end of the aliases, each step noted. */
static const char *follow_aliases(struct check *check,
				  const struct dns_message *message)
{
	const char *name = check->spec->endpoint.name;
	const struct dns_record *alias;

	if (check->spec->dns_type == DNS_CNAME)
		return name;
	for (unsigned step = 0; step < ALIASES_MAX; step++) {
		alias = find_alias(message, name);
		if (!alias)
			break;
		observe_text(check, "dns.cname", alias->target);
		name = alias->target;
	}
	return name;
}

/* A record as zone files show it; "" for types that are not looked at. */
static const char *show_record(struct check *check,
			       const struct dns_record *record)
{
	struct arena *arena = check->settings->arena;
	char text[ADDRESS_TEXT_BYTES];

	switch (record->type) {
	case DNS_A:
	case DNS_AAAA:
		return arena_text(arena,
				  address_format(text, &record->address));
	case DNS_SRV:
		return arena_format(arena, "%u %u %u %s", record->priority,
				    record->weight, record->port,
				    record->target);
	default:
		return record->target ? record->target : "";
	}
}

static void note_records(struct check *check, const struct dns_message *message)
{
	const char *name = follow_aliases(check, message);
	uint32_t ttl_s = UINT32_MAX;
	bool found = false;

	for (size_t i = 0; i < message->answer_count; i++) {
		const struct dns_record *record = &message->answers[i];

		if (record->type != check->spec->dns_type ||
		    !text_names_equal(record->name, name))
			continue;
		found = true;
		if (record->ttl_s < ttl_s)
			ttl_s = record->ttl_s;
		observe_text(check, "dns.answer", show_record(check, record));
	}
	if (found)
		observe_number(check, "dns.ttl", ttl_s);
	if (message->answers_cut)
		observe_flag(check, "dns.cut", true);
}

static enum want dns_end(struct check *check)
{
	const struct dns *dns = check->state;
	const struct lookup_answer *answer = lookup_answer(dns->lookup);
	const struct endpoint *resolver = &answer->resolver;
	char source[ADDRESS_TEXT_BYTES];

	if (answer->source.family)
		check->source =
			arena_text(check->settings->arena,
				   address_format(source, &answer->source));
	check->open->endpoint.address = resolver->address;
	check->open->endpoint.port = resolver->port;
	check->open->endpoint.transport = resolver->transport;
	if (answer->has_rcode) {
		observe_text(check, "dns.rcode",
			     dns_rcode_name(answer->message->rcode));
		observe_address(check, "dns.resolver", &resolver->address,
				resolver->port);
		observe_flag(check, "dns.tcp", answer->over_tcp);
		observe_flag(check, "dns.authoritative",
			     answer->message->is_authoritative);
	}
	if (answer->outcome == OUTCOME_ANSWERED)
		note_records(check, answer->message);
	return check_finish(check, answer->outcome, "%s", answer->detail);
}

static enum want dns_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return dns_start(check);
	case CUE_LIBRARY:
		return dns_end(check);
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no resolver replied in %.1f s",
				    check_phase_s(check));
	}
}

static void dns_stop(struct check *check)
{
	struct dns *dns = check->state;

	lookup_drop(dns->lookup);
}

const struct probe dns_probe = {
	.name = "dns",
	.summary = "asks DNS for the records of a name",
	.facts = dns_facts,
	.state_size = sizeof(struct dns),
	.round_trips = 1,
	.step = dns_step,
	.stop = dns_stop,
};

/* Its observations never stand in for those of "dns". */
const struct probe dns_compare_probe = {
	.name = "dns-compare",
	.summary = "asks each further resolver for the same records",
	.facts = dns_facts,
	.state_size = sizeof(struct dns),
	.step = dns_step,
	.stop = dns_stop,
};
