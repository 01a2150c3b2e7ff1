#include "common/model/records.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct inside_record inside_records[] = {
	{"lyncdiscoverinternal", false},
	{"_sipinternaltls._tcp", true},
	{"_sipinternal._tcp", true},
	{"sipinternal", false},
};
const size_t inside_record_count =
	sizeof(inside_records) / sizeof(inside_records[0]);

static const struct {
	const char *service, *misspelt;
} misspellings[] = {
	{"_sip._tls", "_sip._tcp"},
	{"_sip._tls", "_sips._tcp"},
	{"_sipfederationtls._tcp", "_sipfederationtls._tls"},
	{"_sipfederationtls._tcp", "_sipfederation._tcp"},
};

size_t records_misspelt(struct arena *arena, const char *service,
			const char *domain, const char *names[MISSPELT_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(misspellings) / sizeof(misspellings[0]);
	     i++)
		if (strcmp(misspellings[i].service, service) == 0)
			names[count++] =
				arena_format(arena, "%s.%s",
					     misspellings[i].misspelt, domain);
	if (count)
		names[count++] = arena_format(arena, "%s.%s.%s", service,
					      domain, domain);
	return count;
}

static bool has_answer(const struct fact *fact, const char *text)
{
	while (fact && strcmp(fact->text, text) != 0)
		fact = fact_next(fact);
	return fact;
}

/* Whether they are the same in the same order, as is most often so. */
static bool same_order(const struct fact *a, const struct fact *b)
{
	while (a && b && strcmp(a->text, b->text) == 0) {
		a = fact_next(a);
		b = fact_next(b);
	}
	return !a && !b;
}

static size_t count_of(const struct fact *fact)
{
	size_t count = 0;

	for (; fact; fact = fact_next(fact))
		count++;
	return count;
}

static bool same_answers(const struct deployment *deployment, const char *one,
			 const char *other, uint16_t type)
{
	const struct fact *a = deployment_records(deployment, one, type);
	const struct fact *b = deployment_records(deployment, other, type);

	if (same_order(a, b))
		return true;
	if (count_of(a) != count_of(b))
		return false;
	for (const struct fact *at = a; at; at = fact_next(at))
		if (!has_answer(b, at->text))
			return false;
	return true;
}

bool records_srv_is_echo(const struct deployment *deployment,
			 const char *service, const char *domain)
{
	char name[NAME_BYTES_MAX + 64], odd[NAME_BYTES_MAX + 64];
	const char *protocol = strchr(service, '.');

	if (!protocol)
		return false;
	snprintf(name, sizeof(name), "%s.%s", service, domain);
	snprintf(odd, sizeof(odd), RECORDS_WILDCARD_LABEL "%s.%s", protocol,
		 domain);
	return deployment_has_record(deployment, name, DNS_SRV) &&
	       same_answers(deployment, name, odd, DNS_SRV);
}

bool records_is_wildcard_answer(const struct deployment *deployment,
				const char *answer, const char *domain)
{
	static const char *const protocols[] = {"_tls", "_tcp"};

	for (size_t i = 0; i < 2; i++) {
		char odd[NAME_BYTES_MAX + 64];

		snprintf(odd, sizeof(odd), RECORDS_WILDCARD_LABEL ".%s.%s",
			 protocols[i], domain);
		if (has_answer(deployment_records(deployment, odd, DNS_SRV),
			       answer))
			return true;
	}
	return false;
}

static bool is_below(const char *name, const char *domain)
{
	size_t length = strlen(name), tail = strlen(domain);

	return length > tail + 1 && name[length - tail - 1] == '.' &&
	       strcasecmp(name + length - tail, domain) == 0;
}

bool records_host_is_echo(const struct deployment *deployment, const char *name)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		const char *domain = topology->domains[i];
		char odd[NAME_BYTES_MAX + 64];

		snprintf(odd, sizeof(odd), RECORDS_WILDCARD_LABEL ".%s",
			 domain);
		if (is_below(name, domain) && !text_names_equal(name, odd) &&
		    deployment_has_address(deployment, odd) &&
		    same_answers(deployment, name, odd, DNS_A) &&
		    same_answers(deployment, name, odd, DNS_AAAA))
			return true;
	}
	return false;
}

static bool is_there(const struct deployment *deployment, const char *name)
{
	return deployment_has_address(deployment, name) &&
	       !records_host_is_echo(deployment, name);
}

const char *records_fallback_host(const struct deployment *deployment,
				  const char *domain)
{
	const char *host = arena_format(deployment->arena, "sip.%s", domain);
	const char *other =
		arena_format(deployment->arena, "sipexternal.%s", domain);

	return !is_there(deployment, host) && is_there(deployment, other)
		       ? other
		       : host;
}

bool records_may_be_missing(const char *name)
{
	static const char *const labels[] = {"lyncdiscoverinternal.",
					     "sipinternal.", "sipexternal."};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strncasecmp(name, labels[i], strlen(labels[i])) == 0)
			return true;
	return false;
}

bool records_is_address(const char *target)
{
	bool digit = false;

	for (; *target; target++) {
		if (*target != '.' && !isdigit((unsigned char)*target))
			return false;
		digit = digit || *target != '.';
	}
	return digit;
}

bool records_is_doubled(const char *target, const char *domain)
{
	char twice[2 * NAME_BYTES_MAX + 2];

	snprintf(twice, sizeof(twice), "%s.%s", domain, domain);
	return is_below(target, twice);
}
