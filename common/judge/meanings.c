#include "common/judge/meanings.h"

#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REASON_MAX 80 /* bytes of a peer's own words */

static const struct {
	int number;
	const char *meaning;
} alerts[] = {
	{0, "goodbye without a word: no acceptable client certificate"},
	{40, "no cipher in common, or the client certificate is missing"},
	{42, "the client certificate cannot be read or taken"},
	{43, "the client certificate is not meant for this (clientAuth is "
	     "missing)"},
	{44, "the client certificate is revoked"},
	{45, "the client certificate has expired, or clocks differ"},
	{46, "the client certificate is refused, no reason is given"},
	{48, "the issuer of the client certificate is not trusted there: use "
	     "a public CA, or exchange root certificates"},
	{49, "the client certificate is good, and a policy refuses it"},
	{51, "a signature does not fit: a damaged key pair, or a device in "
	     "between"},
	{70, "no version of TLS in common"},
	{71, "the server wants stronger ciphers"},
	{80, "the server fails; on Windows often a private key that it cannot "
	     "use"},
	{112, "the server name is refused: a reverse proxy or load balancer is "
	      "in front"},
	{116, "a client certificate is demanded"},
	{120, "a web server or proxy, not an Edge"},
};

const char *alert_clause(struct arena *arena,
			 const struct observation *observation)
{
	int64_t number = observation_number(observation, "tls.alert", -1);

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].number == number)
			return arena_format(arena, ": %s", alerts[i].meaning);
	return "";
}

/* ms-diagnostics: the reason in substance, and what to do. */
static const struct {
	unsigned id;
	const char *meaning;
} diagnostics[] = {
	{1000, "the final handshake failed: check the account and the time"},
	{1001, "the sender may not use public IM: see the external access "
	       "policy"},
	{1002, "the sender may not talk to federated partners: enable "
	       "federation, see the external access policy"},
	{1003, "the user does not exist"},
	{1004, "a route is no longer valid: try again"},
	{1005, "no route to the destination domain: set the federation route "
	       "to an Edge pool"},
	{1006, "an error of routing on a client's connection: try again"},
	{1007, "no route for a while: try again later"},
	{1008, "a DNS SRV record cannot be resolved: publish "
	       "_sipfederationtls._tcp, and give the Edge resolvers that "
	       "answer public names"},
	{1009, "an SRV record points to no host directly below its domain"},
	{1010, "no certificate trust with another server: its name is not in "
	       "SAN, its root is not trusted, or it has expired"},
	{1011, "the previous hop gave no reason"},
	{1012, "the sender may not contact outside users: see the external "
	       "access policy"},
	{1013, "clocks differ too much: set time and time zone"},
	{1014, "a DNS A record cannot be resolved: create the host record"},
	{1017, "From and To domains cannot be combined: a domain is on one "
	       "side of a hybrid only"},
	{1018, "the request cannot be parsed"},
	{1027, "this cannot be routed to or from federated partners: enable "
	       "federation, and check the federation route and 5061"},
	{1034, "the partner refused without a reason: check its list of "
	       "allowed domains, and your SRV record and certificate"},
	{1047, "TLS with a federated peer failed: it may not trust your CA, "
	       "or have no version of TLS in common"},
	{4003, "the sender is not enabled for remote access: see the external "
	       "access policy"},
	{4004, "these credentials may not speak for that user"},
	{4005, "the destination is not SIP-enabled, or absent"},
	{4010, "an endpoint id is missing"},
	{4011, "the epid is missing"},
	{4012, "the epid is too long"},
	{4141, "the user is disabled"},
	{17000, "the client version filter refuses this client"},
	{17001, "the client version filter refuses this client"},
	{17002, "the client version filter refuses this client"},
	{17003, "the client version filter refuses this client"},
	{17004, "the client version filter refuses this client"},
};

/* The value of reason="..." in a header; its length, 0 for none. */
static size_t reason_of(const char *header, const char **reason)
{
	const char *at = strcasestr(header, "reason");

	if (!at)
		return 0;
	at += strlen("reason");
	at += strspn(at, " \t");
	if (*at != '=')
		return 0;
	at++;
	at += strspn(at, " \t");
	if (*at != '"')
		return 0;
	*reason = at + 1;
	return strcspn(at + 1, "\"");
}

static const char *in_own_words(struct arena *arena, unsigned long id,
				const char *header)
{
	char safe[TEXT_SAFE_BYTES(REASON_MAX)];
	const char *reason = "";
	size_t length = reason_of(header, &reason);

	if (!length)
		return arena_format(arena, "; diagnostic %lu", id);
	if (length > REASON_MAX)
		length = REASON_MAX;
	return arena_format(arena, "; diagnostic %lu, \"%s\"", id,
			    text_safe(safe, reason, length));
}

static const char *clause_of(struct arena *arena, const char *header)
{
	size_t count = sizeof(diagnostics) / sizeof(diagnostics[0]);
	char *end;
	unsigned long id = strtoul(header, &end, 10);

	if (end == header || end - header > 6)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (diagnostics[i].id == id)
			return arena_format(arena, "; diagnostic %lu: %s", id,
					    diagnostics[i].meaning);
	return in_own_words(arena, id, header);
}

const char *diagnostics_clause(struct arena *arena,
			       const struct observation *observation)
{
	const struct fact *fact =
		observation_fact(observation, "sip.diagnostics");
	const char *clause = NULL;

	for (; fact && !clause; fact = fact_next(fact))
		clause = clause_of(arena, fact->text);
	return clause ? clause : "";
}
