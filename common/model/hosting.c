#include "common/model/hosting.h"

#include "common/base/dns_name.h"
#include "common/model/records.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	bool is_srv;
} hosted_records[HOSTED_COUNT] = {
	[HOSTED_SIP_TLS] = {"_sip._tls", true},
	[HOSTED_FEDERATION] = {"_sipfederationtls._tcp", true},
	[HOSTED_DISCOVER] = {"lyncdiscover", false},
	[HOSTED_SIP] = {"sip", false},
};

const char *hosted_record_name(enum hosted_record record)
{
	return hosted_records[record].name;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	if (length && name[length - 1] == '.')
		length--;
	return length > tail &&
	       strncasecmp(name + length - tail, suffix, tail) == 0;
}

bool hosting_is_sovereign_name(const char *name)
{
	static const char *const suffixes[] = {
		".gov.skypeforbusiness.us",
		".dod.skypeforbusiness.us",
		".partner.lync.cn",
	};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_in(name, suffixes[i]))
			return true;
	return false;
}

bool hosting_is_cloud_name(const char *name)
{
	static const char *const suffixes[] = {
		".online.lync.com",
		".infra.lync.com",
		".lync.glbdns.microsoft.com",
	};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_in(name, suffixes[i]))
			return true;
	return hosting_is_sovereign_name(name);
}

static bool is_better(const struct srv *one, const struct srv *other)
{
	if (one->priority != other->priority)
		return one->priority < other->priority;
	return one->weight > other->weight;
}

static void note_name(struct hosting_view *view, enum hosted_record record,
		      const char *name)
{
	view->is_sovereign |= hosting_is_sovereign_name(name);
	view->leads[record] =
		hosting_is_cloud_name(name) ? LEAD_CLOUD : LEAD_OWN;
}

/* Where the best of the SRV records leads. */
static void see_srv(const struct deployment *deployment, const char *name,
		    enum hosted_record record, struct hosting_view *view)
{
	const struct fact *fact = deployment_records(deployment, name, DNS_SRV);
	struct srv best = {0}, one;

	for (; fact; fact = fact_next(fact))
		if (srv_parse(fact->text, &one) && srv_offers(&one) &&
		    (!best.target || is_better(&one, &best)))
			best = one;
	if (best.target)
		note_name(view, record, best.target);
}

/* The first of its aliases that belongs to Microsoft 365; NULL: none. */
static const char *cloud_alias(const struct deployment *deployment,
			       const char *name)
{
	const struct observation *seen =
		deployment_dns(deployment, name, DNS_A);
	const struct fact *fact =
		seen ? observation_fact(seen, "dns.cname") : NULL;

	while (fact && !hosting_is_cloud_name(fact->text))
		fact = fact_next(fact);
	return fact ? fact->text : NULL;
}

bool hosting_leads_away(const struct deployment *deployment, const char *name)
{
	return hosting_is_cloud_name(name) || cloud_alias(deployment, name);
}

/* What exists by a wildcard only leads nowhere. */
static void see_host(const struct deployment *deployment, const char *name,
		     enum hosted_record record, struct hosting_view *view)
{
	const char *alias = cloud_alias(deployment, name);

	if (alias) {
		note_name(view, record, alias);
		return;
	}
	view->leads[record] =
		deployment_has_address(deployment, name) &&
				!records_host_is_echo(deployment, name)
			? LEAD_OWN
			: LEAD_NOWHERE;
}

static void see_record(const struct deployment *deployment, const char *domain,
		       enum hosted_record record, struct hosting_view *view)
{
	bool is_srv = hosted_records[record].is_srv;
	const struct observation *seen;
	char name[NAME_BYTES_MAX + 32];

	snprintf(name, sizeof(name), "%s.%s", hosted_records[record].name,
		 domain);
	seen = deployment_dns(deployment, name, is_srv ? DNS_SRV : DNS_A);
	if (!seen || seen->outcome != OUTCOME_ANSWERED)
		return;
	view->leads[record] = LEAD_NOWHERE;
	if (is_srv)
		see_srv(deployment, name, record, view);
	else
		see_host(deployment, name, record, view);
}

/* Some lead here, some there. */
static enum hosting mixture(const enum lead *leads, size_t own)
{
	enum lead sign_in = leads[HOSTED_SIP_TLS];
	enum lead federation = leads[HOSTED_FEDERATION];

	if (own == 1 && leads[HOSTED_DISCOVER] == LEAD_OWN)
		return HOSTING_LEFTOVER;
	if ((sign_in == LEAD_OWN && federation == LEAD_CLOUD) ||
	    (sign_in == LEAD_CLOUD && federation == LEAD_OWN))
		return HOSTING_SPLIT;
	return HOSTING_MIXED;
}

struct hosting_view hosting_of(const struct deployment *deployment,
			       const char *domain)
{
	struct hosting_view view = {.hosting = HOSTING_UNKNOWN};
	size_t own = 0, cloud = 0;

	for (unsigned i = 0; i < HOSTED_COUNT; i++) {
		see_record(deployment, domain, (enum hosted_record)i, &view);
		own += view.leads[i] == LEAD_OWN;
		cloud += view.leads[i] == LEAD_CLOUD;
	}
	/* both SRV records must be known, or half of it is a guess */
	if (!view.leads[HOSTED_SIP_TLS] || !view.leads[HOSTED_FEDERATION])
		return view;
	if (own && cloud)
		view.hosting = mixture(view.leads, own);
	else if (own)
		view.hosting = HOSTING_OWN;
	else if (cloud)
		view.hosting = cloud == HOSTED_COUNT - 1 &&
					       view.leads[HOSTED_DISCOVER] ==
						       LEAD_NOWHERE
				       ? HOSTING_UNDISCOVERED
				       : HOSTING_CLOUD;
	return view;
}

static bool is_told_of_edge(const struct deployment *deployment)
{
	const struct topology *given = deployment->given;

	if (given->file || given->node_count || deployment->override_count)
		return true;
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		if (given->names[i])
			return true;
	return false;
}

bool hosting_is_elsewhere(const struct deployment *deployment,
			  const char *domain)
{
	enum hosting hosting;

	if (is_told_of_edge(deployment))
		return false;
	hosting = hosting_of(deployment, domain).hosting;
	return hosting == HOSTING_CLOUD || hosting == HOSTING_UNDISCOVERED ||
	       hosting == HOSTING_LEFTOVER;
}

bool hosting_is_all_elsewhere(const struct deployment *deployment)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		if (!hosting_is_elsewhere(deployment, topology->domains[i]))
			return false;
	return topology->domain_count > 0;
}
