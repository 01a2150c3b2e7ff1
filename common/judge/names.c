#include "common/judge/names.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/records.h"

#include <string.h>

enum known name_known(const struct deployment *deployment, const char *name,
		      uint16_t type)
{
	const struct observation *seen = deployment_dns(deployment, name, type);

	if (!seen)
		return KNOWN_NOT_ASKED;
	if (seen->outcome != OUTCOME_ANSWERED)
		return KNOWN_FAILED;
	return observation_fact(seen, "dns.answer") ? KNOWN_PRESENT
						    : KNOWN_MISSING;
}

const char *name_missing_text(const struct observation *seen)
{
	const char *rcode = seen ? observation_text(seen, "dns.rcode") : NULL;

	return rcode && strcmp(rcode, "NXDOMAIN") == 0 ? " (NXDOMAIN)" : "";
}

const char *name_failed_text(const struct inquiry *inquiry,
			     const struct observation *seen)
{
	const char *rcode = seen ? observation_text(seen, "dns.rcode") : NULL;

	if (!rcode)
		return "";
	/* SERVFAIL is not "record missing": edge-services.md 11.1 */
	return arena_format(inquiry->arena, ": %s%s", rcode,
			    strcmp(rcode, "SERVFAIL") == 0
				    ? ", resolver failed (DNSSEC? lame "
				      "delegation?)"
				    : "");
}

static void add_answers(const struct observation *seen,
			struct addresses *addresses)
{
	const struct fact *fact = NULL;

	if (seen && seen->outcome == OUTCOME_ANSWERED) {
		fact = observation_fact(seen, "dns.answer");
		addresses->cut |= observation_flag(seen, "dns.cut");
	}
	for (; fact && addresses->count < NAME_ADDRESSES_MAX;
	     fact = fact_next(fact)) {
		if (address_parse(fact->text,
				  &addresses->items[addresses->count]))
			addresses->count++;
	}
}

void addresses_of(const struct inquiry *inquiry, struct opinion *opinion,
		  const char *name, struct addresses *addresses)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct observation *ipv4 =
		deployment_dns(deployment, name, DNS_A);
	const struct observation *ipv6 =
		deployment_dns(deployment, name, DNS_AAAA);

	*addresses = (struct addresses){
		.ipv4 = name_known(deployment, name, DNS_A),
		.ipv6 = name_known(deployment, name, DNS_AAAA),
	};
	opinion_rest_on(inquiry, opinion, ipv4);
	opinion_rest_on(inquiry, opinion, ipv6);
	add_answers(ipv4, addresses);
	addresses->ipv4_count = addresses->count;
	add_answers(ipv6, addresses);
}

bool opine_no_address(const struct inquiry *inquiry, struct opinion *opinion,
		      const char *name, const struct addresses *addresses,
		      const char *cause)
{
	const struct observation *seen =
		deployment_dns(inquiry->deployment, name, DNS_A);

	if (addresses->count)
		return false;
	if (addresses->ipv4 == KNOWN_NOT_ASKED &&
	    addresses->ipv6 == KNOWN_NOT_ASKED)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked up", name);
	else if (addresses->ipv4 == KNOWN_FAILED ||
		 addresses->ipv6 == KNOWN_FAILED)
		opine(inquiry, opinion, STATE_UNOBSERVED, "dns.no-resolver",
		      "no resolver answered for %s%s", name,
		      name_failed_text(inquiry, seen));
	else
		opine(inquiry, opinion, STATE_WRONG, cause,
		      "%s has no address%s", name, name_missing_text(seen));
	return true;
}

const struct address *addresses_private(const struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (address_is_private(&addresses->items[i]))
			return &addresses->items[i];
	return NULL;
}

#define ADDRESSES_LISTED_MAX 12 /* in one sentence */

const char *addresses_text(const struct inquiry *inquiry,
			   const struct addresses *addresses)
{
	const char *list = "";
	size_t shown = addresses->count;

	if (shown > ADDRESSES_LISTED_MAX)
		shown = ADDRESSES_LISTED_MAX;
	for (size_t i = 0; i < shown; i++) {
		char text[ADDRESS_TEXT_BYTES];

		list = arena_format(inquiry->arena, "%s%s%s", list,
				    i ? ", " : "",
				    address_format(text, &addresses->items[i]));
	}
	if (shown == addresses->count && !addresses->cut)
		return list;
	return arena_format(inquiry->arena, "%s and %zu more%s", list,
			    addresses->count - shown,
			    addresses->cut ? " (the answer is cut here)" : "");
}

static bool is_better(const struct srv *one, const struct srv *other)
{
	if (one->priority != other->priority)
		return one->priority < other->priority;
	return one->weight > other->weight;
}

/* Hosts that records name, each once; those beyond the maximum are one. */
struct hosts {
	const char *names[DEPLOYMENT_SRV_HOSTS_MAX];
	size_t count;
};

static void hosts_add(struct hosts *hosts, const char *name)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (text_names_equal(hosts->names[i], name))
			return;
	if (hosts->count < DEPLOYMENT_SRV_HOSTS_MAX)
		hosts->names[hosts->count++] = name;
}

static void pick_best(struct srv_pick *pick, const struct fact *fact)
{
	struct hosts hosts = {.count = 0};
	struct srv best = {0}, one;

	for (; fact; fact = fact_next(fact)) {
		if (!srv_parse(fact->text, &one))
			continue;
		pick->records++;
		hosts_add(&hosts, one.target);
		/* "." is for itself alone: RFC 2782 */
		if (!best.target || strcmp(best.target, ".") == 0 ||
		    (strcmp(one.target, ".") != 0 && is_better(&one, &best)))
			best = one;
	}
	pick->targets = hosts.count;
	pick->target = best.target;
	pick->port = best.port;
	pick->priority = best.priority;
	pick->weight = best.weight;
}

struct srv_pick srv_pick(const struct inquiry *inquiry, const char *service,
			 const char *domain)
{
	struct srv_pick pick = {
		.owner = arena_format(inquiry->arena, "%s.%s", service, domain),
	};

	pick.known = name_known(inquiry->deployment, pick.owner, DNS_SRV);
	pick.observation =
		deployment_dns(inquiry->deployment, pick.owner, DNS_SRV);
	if (pick.known == KNOWN_PRESENT)
		pick_best(&pick,
			  observation_fact(pick.observation, "dns.answer"));
	if (pick.known == KNOWN_PRESENT && !pick.target)
		pick.known = KNOWN_MISSING;
	return pick;
}

const char *srv_target_fault(const struct inquiry *inquiry,
			     const struct srv_pick *pick)
{
	if (records_is_address(pick->target))
		return "an address where the name of a host belongs";
	if (records_is_doubled(pick->target, inquiry->subject))
		return "the domain stands there twice, for want of a final dot";
	return NULL;
}

const char *access_missing_cause(const struct inquiry *inquiry,
				 const struct srv_pick *pick, const char *name)
{
	if (pick->known != KNOWN_PRESENT ||
	    !text_names_equal(pick->target, name))
		return "dns.access-unknown";
	return srv_target_fault(inquiry, pick) ? "dns.srv-target-form"
					       : "dns.srv-target-unknown";
}

const char *name_canonical(const struct inquiry *inquiry, const char *name)
{
	const struct observation *seen =
		deployment_dns(inquiry->deployment, name, DNS_A);
	const struct fact *fact =
		seen ? observation_fact(seen, "dns.cname") : NULL;

	for (; fact; fact = fact_next(fact))
		name = fact->text;
	return name;
}

const char *access_name_of(const struct inquiry *inquiry, const char *domain)
{
	const struct topology *topology = inquiry->deployment->topology;
	struct srv_pick pick = srv_pick(inquiry, "_sip._tls", domain);
	const char *named = topology->names[SERVICE_ACCESS];

	if (pick.known == KNOWN_PRESENT && strcmp(pick.target, ".") != 0)
		return pick.target;
	if (named && text_name_directly_in(named, domain))
		return named;
	return records_fallback_host(inquiry->deployment, domain);
}
