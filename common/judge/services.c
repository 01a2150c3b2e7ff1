#include "common/judge/services.h"

#include <string.h>

#define BANNER_SHOWN 48 /* bytes of a greeting or a header in a sentence */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the first bytes of a peer say: peer.service. */
static const struct {
	const char *service;
	enum presence_kind kind;
	const char *title;
} spoken[] = {
	{"http", PRESENCE_WEB, "a web server (HTTP)"},
	{"stun", PRESENCE_TURN, "a STUN or TURN server of another make"},
	{"sip", PRESENCE_SIP, "a SIP server"},
	{"pseudo-tls", PRESENCE_RELAY, "an A/V Edge (pseudo-TLS)"},
	{"msturn", PRESENCE_RELAY, "an A/V Edge (MSTURN)"},
	{"ssh", PRESENCE_OTHER, "an SSH server"},
	{"xmpp", PRESENCE_OTHER, "an XMPP server"},
	{"dtls", PRESENCE_OTHER, "a DTLS server"},
	{"rdp", PRESENCE_OTHER, "a Remote Desktop server"},
	{"telnet", PRESENCE_OTHER, "a Telnet server"},
	{"rtsp", PRESENCE_OTHER, "a streaming server (RTSP)"},
	{"vnc", PRESENCE_OTHER, "a VNC server"},
	{"smtp", PRESENCE_OTHER, "a mail server (SMTP)"},
	{"ftp", PRESENCE_OTHER, "an FTP server"},
	{"pop3", PRESENCE_OTHER, "a mail server (POP3)"},
	{"imap", PRESENCE_OTHER, "a mail server (IMAP)"},
	{"mysql", PRESENCE_OTHER, "a database server (MySQL)"},
	{"rpc", PRESENCE_OTHER, "an RPC server (DCE)"},
	{"banner", PRESENCE_OTHER, "a server that greets in plain text"},
};

/* What shows that a listener's own service answers. */
static const enum presence_kind own_kind[LISTENER_COUNT] = {
	[LISTENER_ACCESS] = PRESENCE_SIP,
	[LISTENER_FEDERATION] = PRESENCE_SIP,
	[LISTENER_WEBCONF] = PRESENCE_TLS,
	[LISTENER_AV_TCP] = PRESENCE_RELAY,
	[LISTENER_AV_UDP] = PRESENCE_RELAY,
	[LISTENER_INSIDE_SIP] = PRESENCE_SIP,
	[LISTENER_INSIDE_MRAS] = PRESENCE_SIP,
	[LISTENER_INSIDE_PSOM] = PRESENCE_TLS,
	[LISTENER_INSIDE_XMPP] = PRESENCE_TLS,
	[LISTENER_INSIDE_AV_UDP] = PRESENCE_RELAY,
	[LISTENER_INSIDE_AV_TCP] = PRESENCE_RELAY,
	[LISTENER_INSIDE_HTTPS] = PRESENCE_WEB,
};

static bool is_product(const char *server)
{
	return server && strncmp(server, "RTC/", 4) == 0;
}

static struct presence sip_presence(struct arena *arena,
				    const struct observation *seen)
{
	const char *server = observation_text(seen, "sip.server");
	struct presence presence = {PRESENCE_SIP, "a SIP server", seen};

	if (is_product(server))
		presence.title = arena_format(arena, "an Access Edge (%.*s)",
					      BANNER_SHOWN, server);
	else if (server)
		presence.title = arena_format(arena, "a SIP server (%.*s)",
					      BANNER_SHOWN, server);
	return presence;
}

/* The first line of a greeting, as far as it is plain. */
static const char *greeting(struct arena *arena, const struct observation *seen)
{
	const struct fact *bytes = observation_fact(seen, "peer.bytes");
	size_t length = 0;

	while (bytes && length < bytes->length && length < BANNER_SHOWN &&
	       bytes->text[length] >= ' ' && bytes->text[length] < 0x7f)
		length++;
	return length ? arena_format(arena, " (\"%.*s\")", (int)length,
				     bytes->text)
		      : "";
}

static struct presence spoken_presence(struct arena *arena,
				       const struct observation *seen)
{
	const char *service = observation_text(seen, "peer.service");

	for (size_t i = 0; service && i < COUNT(spoken); i++) {
		if (strcmp(service, spoken[i].service) != 0)
			continue;
		return (struct presence){
			spoken[i].kind,
			spoken[i].kind == PRESENCE_OTHER
				? arena_format(arena, "%s%s", spoken[i].title,
					       greeting(arena, seen))
				: spoken[i].title,
			seen};
	}
	return (struct presence){.kind = PRESENCE_UNKNOWN};
}

/*
 * TLS stood, SIP was asked, and nothing came that is known: bytes or text of
 * no protocol may be what Web Conferencing makes of SIP.
 */
static bool is_silent_to_sip(const struct observation *seen,
			     enum presence_kind spoken_kind)
{
	if (strcmp(seen->probe, "recognise-sip") == 0)
		return seen->outcome == OUTCOME_ANSWERED &&
		       spoken_kind <= PRESENCE_OTHER;
	return strcmp(seen->probe, "sip-options-control") == 0 &&
	       spoken_kind == PRESENCE_UNKNOWN &&
	       (seen->outcome == OUTCOME_NO_REPLY ||
		seen->outcome == OUTCOME_CLOSED ||
		seen->outcome == OUTCOME_RESET);
}

static struct presence presence_of(struct arena *arena,
				   const struct observation *seen)
{
	struct presence spoken_one;

	if (observation_flag(seen, "turn.cookie"))
		return (struct presence){PRESENCE_RELAY, "an A/V Edge (MSTURN)",
					 seen};
	if (observation_flag(seen, "turn.standard"))
		return (struct presence){
			PRESENCE_TURN, "a STUN or TURN server of another make",
			seen};
	if (observation_fact(seen, "sip.status"))
		return sip_presence(arena, seen);
	spoken_one = spoken_presence(arena, seen);
	if (is_silent_to_sip(seen, spoken_one.kind))
		return (struct presence){
			PRESENCE_TLS, "a TLS server that knows no SIP", seen};
	return spoken_one;
}

struct presence service_at(const struct inquiry *inquiry,
			   const struct endpoint *endpoint)
{
	const struct observation_list *list = inquiry->deployment->observations;
	struct presence best = {.kind = PRESENCE_UNKNOWN};

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		struct presence one;

		if (seen->endpoint.port != endpoint->port ||
		    seen->endpoint.transport != endpoint->transport ||
		    !address_equal(&seen->endpoint.address, &endpoint->address))
			continue;
		one = presence_of(inquiry->arena, seen);
		if (one.kind > best.kind)
			best = one;
	}
	return best;
}

bool opine_stranger(const struct inquiry *inquiry, struct opinion *opinion,
		    const struct target *target, const char *cause)
{
	struct presence presence = service_at(inquiry, &target->endpoint);

	if (opinion->state != STATE_WRONG && opinion->state != STATE_BLOCKED)
		return false;
	if (presence.kind <= PRESENCE_TLS ||
	    presence.kind == own_kind[target->listener])
		return false;
	opinion_rest_on(inquiry, opinion, presence.seen);
	opine(inquiry, opinion, STATE_WRONG, cause, "%s is %s, not the %s Edge",
	      target_text(inquiry, target), presence.title,
	      service_title(listener_table[target->listener].service));
	return true;
}

/*
 * Pairs
 */

static const struct pair {
	enum listener one, other;
	const char *cause;
} pairs[] = {
	{LISTENER_ACCESS, LISTENER_WEBCONF, "swap.access-webconf"},
	{LISTENER_ACCESS, LISTENER_AV_TCP, "swap.access-av"},
	{LISTENER_WEBCONF, LISTENER_AV_TCP, "swap.webconf-av"},
};

const struct target *target_at(const struct deployment *deployment,
			       enum listener listener,
			       const struct endpoint *endpoint)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (target->listener == listener &&
		    target->endpoint.port == endpoint->port &&
		    address_equal(&target->endpoint.address,
				  &endpoint->address))
			return target;
	}
	return NULL;
}

static bool shows(const struct inquiry *inquiry, const struct target *target,
		  enum listener listener)
{
	return service_at(inquiry, &target->endpoint).kind ==
	       own_kind[listener];
}

/* How many targets of its listener and family stand before it. */
static size_t ordinal(const struct deployment *deployment,
		      const struct target *target)
{
	size_t count = 0;

	for (const struct target *other = deployment->targets; other < target;
	     other++)
		count += other->listener == target->listener &&
			 other->endpoint.address.family ==
				 target->endpoint.address.family;
	return count;
}

/* Whether two targets are likely of one Edge Server. */
static bool go_together(const struct deployment *deployment,
			const struct target *one, const struct target *other)
{
	return strcmp(one->node, other->node) == 0 ||
	       ordinal(deployment, one) == ordinal(deployment, other);
}

/*
 * The target of the listener at whose address that of ours answers; one that
 * goes with it comes first. An address that both names give is another fault.
 */
static const struct target *find_partner(const struct inquiry *inquiry,
					 const struct target *target,
					 enum listener listener)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct target *found = NULL;

	if (target_at(deployment, listener, &target->endpoint) ||
	    !shows(inquiry, target, listener))
		return NULL;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];

		if (other->listener != listener ||
		    other->endpoint.address.family !=
			    target->endpoint.address.family ||
		    target_at(deployment, target->listener, &other->endpoint) ||
		    !shows(inquiry, other, target->listener))
			continue;
		if (go_together(deployment, target, other))
			return other;
		if (!found)
			found = other;
	}
	return found;
}

/* The A/V listener over TCP at the address of the one over UDP. */
static const struct target *over_tcp(const struct inquiry *inquiry,
				     const struct target *target)
{
	const struct deployment *deployment = inquiry->deployment;

	if (target->listener != LISTENER_AV_UDP)
		return target;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *other = &deployment->targets[i];

		if (other->listener == LISTENER_AV_TCP &&
		    address_equal(&other->endpoint.address,
				  &target->endpoint.address))
			return other;
	}
	return target;
}

/* "sip.contoso.com (192.0.2.10:443)". */
static const char *place_text(const struct inquiry *inquiry,
			      const struct target *target)
{
	return arena_format(inquiry->arena, "%s (%s)",
			    target->name
				    ? target->name
				    : listener_table[target->listener].title,
			    target_text(inquiry, target));
}

static void opine_pair(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct pair *pair, const struct target *target,
		       const struct target *partner)
{
	bool is_first = target->listener == pair->one;
	enum state state =
		opinion->state == STATE_BLOCKED ? STATE_BLOCKED : STATE_WRONG;

	opinion_rest_on(inquiry, opinion,
			service_at(inquiry, &target->endpoint).seen);
	opinion_rest_on(inquiry, opinion,
			service_at(inquiry, &partner->endpoint).seen);
	opine(inquiry, opinion, state, pair->cause,
	      "%s and %s lead to each other's address",
	      place_text(inquiry, is_first ? target : partner),
	      place_text(inquiry, is_first ? partner : target));
}

void opine_swapped(const struct inquiry *inquiry, struct opinion *opinion,
		   const struct target *target)
{
	if (opinion->state != STATE_WRONG && opinion->state != STATE_BLOCKED)
		return;
	target = over_tcp(inquiry, target);
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct target *partner = NULL;

		if (pairs[i].one == target->listener)
			partner = find_partner(inquiry, target, pairs[i].other);
		else if (pairs[i].other == target->listener)
			partner = find_partner(inquiry, target, pairs[i].one);
		if (partner) {
			opine_pair(inquiry, opinion, &pairs[i], target,
				   partner);
			return;
		}
	}
}
