#include "common/judge/names.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"

#include <string.h>
#include <strings.h>

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

static void add_answers(const struct observation *seen,
			struct addresses *addresses)
{
	const struct fact *fact = NULL;

	if (seen && seen->outcome == OUTCOME_ANSWERED)
		fact = observation_fact(seen, "dns.answer");
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
	const char *rcode = seen ? observation_text(seen, "dns.rcode") : NULL;

	if (addresses->count)
		return false;
	if (addresses->ipv4 == KNOWN_NOT_ASKED &&
	    addresses->ipv6 == KNOWN_NOT_ASKED)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s was not looked up", name);
	else if (addresses->ipv4 == KNOWN_FAILED ||
		 addresses->ipv6 == KNOWN_FAILED)
		opine(inquiry, opinion, STATE_UNOBSERVED, "dns.no-resolver",
		      "no resolver answered for %s%s%s", name,
		      rcode ? ": " : "", rcode ? rcode : "");
	else
		opine(inquiry, opinion, STATE_WRONG, cause,
		      "%s has no address%s", name,
		      rcode && strcmp(rcode, "NXDOMAIN") == 0 ? " (NXDOMAIN)"
							      : "");
	return true;
}

const char *addresses_text(const struct inquiry *inquiry,
			   const struct addresses *addresses)
{
	const char *list = "";

	for (size_t i = 0; i < addresses->count; i++) {
		char text[ADDRESS_TEXT_BYTES];

		list = arena_format(inquiry->arena, "%s%s%s", list,
				    i ? ", " : "",
				    address_format(text, &addresses->items[i]));
	}
	return list;
}

static bool is_better(const struct srv *one, const struct srv *other)
{
	if (one->priority != other->priority)
		return one->priority < other->priority;
	return one->weight > other->weight;
}

struct srv_pick srv_pick(const struct inquiry *inquiry, const char *service,
			 const char *domain)
{
	struct srv_pick pick = {
		.owner = arena_format(inquiry->arena, "%s.%s", service, domain),
	};
	const struct fact *fact = NULL;
	struct srv best = {0}, one;

	pick.known = name_known(inquiry->deployment, pick.owner, DNS_SRV);
	pick.observation =
		deployment_dns(inquiry->deployment, pick.owner, DNS_SRV);
	if (pick.known == KNOWN_PRESENT)
		fact = observation_fact(pick.observation, "dns.answer");
	for (; fact; fact = fact_next(fact)) {
		if (!srv_parse(fact->text, &one))
			continue;
		if (!best.target || !text_names_equal(one.target, best.target))
			pick.targets++;
		if (!best.target || is_better(&one, &best))
			best = one;
	}
	pick.target = best.target;
	pick.port = best.port;
	if (pick.known == KNOWN_PRESENT && !best.target)
		pick.known = KNOWN_MISSING;
	return pick;
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
	return arena_format(inquiry->arena, "sip.%s", domain);
}

bool name_is_cloud(const char *name)
{
	/* edge-services.md section 11.5 */
	static const char *const suffixes[] = {
		".online.lync.com",
		".infra.lync.com",
		".lync.glbdns.microsoft.com",
	};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t tail = strlen(suffixes[i]);

		if (length > tail &&
		    strcasecmp(name + length - tail, suffixes[i]) == 0)
			return true;
	}
	return false;
}
