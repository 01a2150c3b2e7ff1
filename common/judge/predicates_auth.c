/* Rows about how an Edge asks for credentials (edge-services.md 4.7, 4.8). */

#include "common/judge/predicate.h"

#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One challenge: the answer to REGISTER for a domain. */
typedef void challenge_judge(const struct inquiry *inquiry,
			     struct opinion *opinion,
			     const struct target *target,
			     const struct observation *seen);

static bool is_challenge(const struct observation *seen)
{
	int64_t status = seen ? observation_number(seen, "sip.status", 0) : 0;

	return (status == 401 || status == 407) &&
	       observation_fact(seen, "sip.scheme");
}

/* Of equal states, one with a note before one without. */
static void take(const struct inquiry *inquiry, struct opinion *opinion,
		 const struct opinion *one)
{
	if (one->cause && one->state == opinion->state)
		opinion->because = NULL;
	opinion_worst(inquiry, opinion, one);
}

static void judge_each(const struct inquiry *inquiry, struct opinion *opinion,
		       challenge_judge *judge_one)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < inquiry->target_count; i++) {
		for (size_t j = 0; j < topology->domain_count; j++) {
			const struct observation *seen = deployment_seen(
				inquiry->deployment, inquiry->targets[i],
				"sip-register", topology->domains[j]);
			struct opinion one = {.state = STATE_UNOBSERVED};

			if (!is_challenge(seen))
				continue;
			opinion_rest_on(inquiry, &one, seen);
			judge_one(inquiry, &one, inquiry->targets[i], seen);
			take(inquiry, opinion, &one);
		}
	}
	if (opinion->because)
		return;
	opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "nobody asked for credentials");
	opinion->could_not = true;
}

/*
 * The schemes: which are offered besides those that serve everybody
 */

static bool offers(const struct observation *seen, const char *name)
{
	const struct fact *scheme = observation_fact(seen, "sip.scheme");

	for (; scheme; scheme = fact_next(scheme))
		if (strcasecmp(scheme->text, name) == 0)
			return true;
	return false;
}

static void judge_schemes(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen)
{
	bool passwords = offers(seen, "NTLM");
	bool certificates = offers(seen, "TLS-DSK");

	(void)target;
	if (!passwords && certificates && !offers(seen, "Kerberos"))
		opine(inquiry, opinion, STATE_VERIFIED, "access.tls-dsk-only",
		      "TLS-DSK is offered and neither NTLM nor Kerberos: those "
		      "that cannot get a certificate do not sign in");
	else if (passwords && !certificates)
		opine(inquiry, opinion, STATE_VERIFIED, "access.no-tls-dsk",
		      "TLS-DSK is not offered: the server is of the 2007 era, "
		      "or sign-in by certificate is off");
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL, "%s",
		      certificates ? "TLS-DSK is offered among others"
				   : "other schemes are offered");
}

void judge_sip_schemes(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_schemes);
}

/*
 * [MS-SIPAE] version 3 is that of OCS 2007
 */

static void judge_version(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target,
			  const struct observation *seen)
{
	const struct fact *version = observation_fact(seen, "sip.auth_version");

	(void)target;
	for (; version; version = fact_next(version))
		if (strcmp(version->text, "3") == 0) {
			opine(inquiry, opinion, STATE_VERIFIED,
			      "access.old-challenge",
			      "credentials are asked for in version 3, that of "
			      "OCS 2007");
			return;
		}
	opine(inquiry, opinion, STATE_VERIFIED, NULL,
	      "credentials are not asked for in the version of OCS 2007");
}

void judge_sip_auth_version(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_version);
}

/*
 * Where clients get their certificates: to be reached from outside
 */

/* The host of "https://host:443/path", from the arena. */
static const char *host_of(const struct inquiry *inquiry, const char *uri)
{
	const char *host = strstr(uri, "://");
	size_t length;

	host = host ? host + 3 : uri;
	if (*host == '[')
		return arena_copy(inquiry->arena, host + 1,
				  strcspn(host + 1, "]"));
	length = strcspn(host, ":/?");
	return arena_copy(inquiry->arena, host, length);
}

static bool ends_in(const char *name, const char *domain)
{
	size_t length = strlen(name), tail = strlen(domain);

	return length > tail && name[length - tail - 1] == '.' &&
	       strcasecmp(name + length - tail, domain) == 0;
}

/* RFC 6761, 6762, 8375, and ICANN's reservation of "internal". */
static bool is_of_no_public_zone(const char *host)
{
	static const char *const zones[] = {"local",	 "internal",
					    "home.arpa", "localhost",
					    "invalid",	 "test"};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (ends_in(host, zones[i]))
			return true;
	return false;
}

/* The internal domain, where it is not published as a SIP domain as well. */
static bool is_of_internal_zone(const struct inquiry *inquiry, const char *host)
{
	const struct topology *topology = inquiry->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++)
		if (ends_in(host, topology->domains[i]))
			return false;
	return topology->internal_domain &&
	       ends_in(host, topology->internal_domain);
}

static bool is_internal(const struct inquiry *inquiry, const char *host)
{
	struct address address;

	if (address_parse(host, &address))
		return address_is_private(&address);
	return !strchr(host, '.') || is_of_no_public_zone(host) ||
	       is_of_internal_zone(inquiry, host);
}

static void judge_sts(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *seen)
{
	const char *uri = observation_text(seen, "sip.sts_uri");
	const char *host = uri ? host_of(inquiry, uri) : NULL;

	(void)target;
	if (!host || !*host)
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "no address for client certificates is given");
	else if (is_internal(inquiry, host))
		opine(inquiry, opinion, STATE_WARN, "access.internal-sts",
		      "clients are sent to %s for their certificates, which "
		      "nobody outside can reach",
		      host);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "clients are sent to %s for their certificates", host);
}

void judge_sip_sts(const struct inquiry *inquiry, struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_sts);
}

/*
 * The Edge and what is behind it: of one version, by the Server header
 */

/* The major number of "RTC/6.0"; -1: another header, or none. */
static long major_of(const struct observation *seen)
{
	const char *server = seen ? observation_text(seen, "sip.server") : NULL;
	char *end;
	long major;

	if (!server || strncmp(server, "RTC/", 4) != 0)
		return -1;
	major = strtol(server + 4, &end, 10);
	return end == server + 4 ? -1 : major;
}

static void judge_major(const struct inquiry *inquiry, struct opinion *opinion,
			const struct target *target,
			const struct observation *seen)
{
	const struct observation *control = deployment_seen(
		inquiry->deployment, target, "sip-options-control", NULL);
	long edge = major_of(control), behind = major_of(seen);

	opinion_rest_on(inquiry, opinion, control);
	if (edge >= 0 && behind >= 0 && edge != behind)
		opine(inquiry, opinion, STATE_VERIFIED, "access.mixed-versions",
		      "the Edge is RTC/%ld and what answers behind it RTC/%ld",
		      edge, behind);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "no two versions are seen");
}

void judge_sip_same_version(const struct inquiry *inquiry,
			    struct opinion *opinion)
{
	judge_each(inquiry, opinion, judge_major);
}
