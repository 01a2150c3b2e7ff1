/*
 * hosting.h - whether the records of a SIP domain lead to an Edge Server or
 * to Microsoft 365. No I/O.
 *
 * Specification: edge-services.md 11.5. Four records tell: _sip._tls,
 * _sipfederationtls._tcp, lyncdiscover and sip.
 */
#ifndef COMMON_MODEL_HOSTING_H
#define COMMON_MODEL_HOSTING_H

#include "common/model/deployment.h"

enum hosted_record {
	HOSTED_SIP_TLS,
	HOSTED_FEDERATION,
	HOSTED_DISCOVER,
	HOSTED_SIP,
	HOSTED_COUNT
};

/* Where one of them leads. */
enum lead {
	LEAD_UNKNOWN, /* not looked up, or no answer */
	LEAD_NOWHERE, /* no such record */
	LEAD_OWN,
	LEAD_CLOUD,
};

enum hosting {
	HOSTING_UNKNOWN,      /* no record tells */
	HOSTING_OWN,	      /* all lead to servers of one's own */
	HOSTING_CLOUD,	      /* all that exist lead to Microsoft 365 */
	HOSTING_UNDISCOVERED, /* so, but lyncdiscover is missing */
	HOSTING_LEFTOVER,     /* so, but lyncdiscover leads to one's own */
	HOSTING_SPLIT,	      /* federation here, sign-in there */
	HOSTING_MIXED,	      /* any other mixture */
};

struct hosting_view {
	enum hosting hosting;
	enum lead leads[HOSTED_COUNT];
	bool is_sovereign; /* by a suffix that nobody verified */
};

struct hosting_view hosting_of(const struct deployment *deployment,
			       const char *domain);

/* "_sip._tls" */
const char *hosted_record_name(enum hosted_record record);

/*
 * Whether no Edge Server of one's own serves the domain, so that there is
 * nothing to look at. Never so where a file or an option names an Edge.
 */
bool hosting_is_elsewhere(const struct deployment *deployment,
			  const char *domain);

/* The same of every domain; false when there is none. */
bool hosting_is_all_elsewhere(const struct deployment *deployment);

/* Whether the name, or an alias that it is, belongs to Microsoft 365. */
bool hosting_leads_away(const struct deployment *deployment, const char *name);

/* A name of Microsoft 365, where the domain rules do not count. */
bool hosting_is_cloud_name(const char *name);

/* One of a sovereign cloud, by its suffix alone (UNVERIFIED). */
bool hosting_is_sovereign_name(const char *name);

#endif
