#include "common/model/deployment.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/sightings.h"

#include <stdlib.h>
#include <string.h>

const char *name_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	/* nobody's SIP domain is a top-level domain */
	return dot && strchr(dot + 1, '.') && dot[1] != '.' ? dot + 1 : NULL;
}

static bool srv_number(const char **text, uint16_t *number)
{
	char *end;
	unsigned long value = strtoul(*text, &end, 10);

	if (end == *text || *end != ' ' || value > 65535)
		return false;
	*number = (uint16_t)value;
	*text = end + 1;
	return true;
}

bool srv_parse(const char *answer, struct srv *srv)
{
	if (!srv_number(&answer, &srv->priority) ||
	    !srv_number(&answer, &srv->weight) ||
	    !srv_number(&answer, &srv->port))
		return false;
	srv->target = answer;
	return *answer != '\0';
}

bool srv_offers(const struct srv *srv)
{
	return strcmp(srv->target, ".") != 0 && srv->port != 0;
}

/* The observations that may be meant, the newest first. */
struct search {
	const struct sightings *sightings;
	const struct sighting *next;
	const struct observation_list *list; /* where there are no sightings */
	size_t left;
};

static struct search search_begin(const struct deployment *deployment)
{
	if (deployment->sightings)
		sightings_update(deployment->sightings,
				 deployment->observations);
	return (struct search){
		.sightings = deployment->sightings,
		.list = deployment->observations,
		.left = deployment->observations->count,
	};
}

static const struct observation *search_next(struct search *search)
{
	const struct sighting *sighting = search->next;

	if (!search->sightings)
		return search->left ? search->list->items[--search->left]
				    : NULL;
	if (!sighting)
		return NULL;
	search->next = sighting->next;
	return sighting->seen;
}

const struct observation *deployment_dns(const struct deployment *deployment,
					 const char *name, uint16_t type)
{
	const char *type_name = dns_type_name(type);
	struct search search = search_begin(deployment);
	const struct observation *seen;

	if (search.sightings)
		search.next = sightings_named(search.sightings, name);
	while ((seen = search_next(&search))) {
		const char *asked;

		/* the cheapest question first: there may be thousands */
		if (strcmp(seen->probe, "dns") != 0 || !seen->endpoint.name ||
		    !text_names_equal(seen->endpoint.name, name))
			continue;
		asked = observation_text(seen, "dns.type");
		if (asked && strcmp(asked, type_name) == 0)
			return seen;
	}
	return NULL;
}

const struct fact *deployment_records(const struct deployment *deployment,
				      const char *name, uint16_t type)
{
	const struct observation *seen = deployment_dns(deployment, name, type);

	if (!seen || seen->outcome != OUTCOME_ANSWERED)
		return NULL;
	return observation_fact(seen, "dns.answer");
}

size_t deployment_srv_hosts(const struct deployment *deployment,
			    const char *name,
			    struct srv hosts[DEPLOYMENT_SRV_HOSTS_MAX],
			    bool *cut)
{
	const struct fact *fact = deployment_records(deployment, name, DNS_SRV);
	size_t count = 0;
	struct srv srv;

	for (; fact; fact = fact_next(fact)) {
		if (!srv_parse(fact->text, &srv) || !srv_offers(&srv))
			continue;
		if (count == DEPLOYMENT_SRV_HOSTS_MAX) {
			if (cut)
				*cut = true;
			break;
		}
		hosts[count++] = srv;
	}
	return count;
}

bool deployment_has_record(const struct deployment *deployment,
			   const char *name, uint16_t type)
{
	return deployment_records(deployment, name, type) != NULL;
}

bool deployment_is_asked(const struct deployment *deployment, const char *name,
			 uint16_t type)
{
	return !dns_name_is_lawful(name) ||
	       deployment_dns(deployment, name, type);
}

bool deployment_addresses_asked(const struct deployment *deployment,
				const char *name)
{
	return deployment_is_asked(deployment, name, DNS_A) &&
	       deployment_is_asked(deployment, name, DNS_AAAA);
}

bool deployment_has_address(const struct deployment *deployment,
			    const char *name)
{
	return deployment_has_record(deployment, name, DNS_A) ||
	       deployment_has_record(deployment, name, DNS_AAAA);
}

bool deployment_gives(const struct deployment *deployment, const char *name,
		      const struct address *address)
{
	uint16_t type = address->family == AF_INET6 ? DNS_AAAA : DNS_A;
	const struct fact *fact = deployment_records(deployment, name, type);
	struct address one;

	for (; fact; fact = fact_next(fact))
		if (address_parse(fact->text, &one) &&
		    address_equal(&one, address))
			return true;
	return false;
}

const struct observation *deployment_seen(const struct deployment *deployment,
					  const struct target *target,
					  const char *probe,
					  const char *subject)
{
	struct search search = search_begin(deployment);
	const struct observation *seen;

	if (search.sightings)
		search.next = sightings_at(search.sightings,
					   &target->endpoint.address,
					   target->endpoint.port);
	while ((seen = search_next(&search))) {
		if (strcmp(seen->probe, probe) == 0 &&
		    seen->endpoint.port == target->endpoint.port &&
		    seen->endpoint.transport == target->endpoint.transport &&
		    address_equal(&seen->endpoint.address,
				  &target->endpoint.address) &&
		    (!subject || text_names_equal(seen->subject, subject)))
			return seen;
	}
	return NULL;
}

const struct observation *
deployment_address_seen(const struct deployment *deployment,
			const struct address *address, const char *probe)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = list->count; i-- > 0;) {
		const struct observation *seen = list->items[i];

		if (strcmp(seen->probe, probe) == 0 &&
		    address_equal(&seen->endpoint.address, address))
			return seen;
	}
	return NULL;
}
