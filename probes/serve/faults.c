#include "probes/serve/faults.h"

#include "common/base/hint.h"

#include <string.h>
#include <strings.h>

#define ACCESS	   LISTENER_BIT(LISTENER_ACCESS)
#define FEDERATION LISTENER_BIT(LISTENER_FEDERATION)
#define SIP	   (ACCESS | FEDERATION)
#define WEBCONF	   LISTENER_BIT(LISTENER_WEBCONF)
#define AV_UDP	   LISTENER_BIT(LISTENER_AV_UDP)
#define AV_TCP	   LISTENER_BIT(LISTENER_AV_TCP)
#define AV	   (AV_UDP | AV_TCP)
#define XMPP	   LISTENER_BIT(LISTENER_XMPP)
#define WEB_HTTPS  LISTENER_BIT(STAND_WEB_HTTPS)
#define WEB_HTTP   LISTENER_BIT(STAND_WEB_HTTP)
#define WEB	   (WEB_HTTPS | WEB_HTTP)
#define TLS	   (SIP | WEBCONF | XMPP) /* all that show the certificate */

const struct fault fault_table[] = {
	{"mute-access", "accepts connections on 443 and says nothing", ACCESS,
	 QUIRK_MUTE},
	{"refuse-access", "nothing listens on 443", ACCESS, QUIRK_REFUSE},
	{"reset-access", "resets connections to 443 when spoken to", ACCESS,
	 QUIRK_RESET},
	{"mute-federation", "accepts connections on 5061 and says nothing",
	 FEDERATION, QUIRK_MUTE},
	{"refuse-federation", "nothing listens on 5061", FEDERATION,
	 QUIRK_REFUSE},
	{"no-client-certificate-request",
	 "5061 asks for no client certificate, as behind TLS offload",
	 FEDERATION, QUIRK_NO_CERTIFICATE_REQUEST},
	{"mute-webconf", "accepts connections and not even TLS follows",
	 WEBCONF, QUIRK_MUTE},
	{"refuse-webconf", "nothing listens on the Web Conferencing address",
	 WEBCONF, QUIRK_REFUSE},
	{"close-webconf", "closes right after the TLS handshake", WEBCONF,
	 QUIRK_CLOSES},
	{"mute-av-udp", "UDP 3478 is silent, as behind a firewall", AV_UDP,
	 QUIRK_MUTE},
	{"refuse-av-udp", "nothing listens on UDP 3478: ICMP comes back",
	 AV_UDP, QUIRK_REFUSE},
	{"mute-av-tcp", "accepts connections and leaves the hello unanswered",
	 AV_TCP, QUIRK_MUTE},
	{"refuse-av-tcp", "nothing listens on the A/V address, TCP", AV_TCP,
	 QUIRK_REFUSE},
	{"hello-only-av-tcp", "answers the pseudo-TLS hello and nothing more",
	 AV_TCP, QUIRK_HELLO_ONLY},
	{"real-tls-on-av", "a TLS server with a certificate on the A/V address",
	 AV_TCP, QUIRK_TLS_THERE},
	{"standard-turn", "a standard TURN server in the A/V Edge's place", AV,
	 QUIRK_STANDARD_TURN},
	{"private-alternate-server",
	 "the relay names a private address as its own", AV,
	 QUIRK_PRIVATE_ALTERNATE},
	{"av-alternate-other",
	 "the relay names another node, or the VIP, as its own", AV,
	 QUIRK_OTHER_ALTERNATE},
	{"av-reply-elsewhere",
	 "UDP 3478 answers from another address than asked", AV_UDP,
	 QUIRK_REPLY_ELSEWHERE},
	{"av-stale-nonce",
	 "438 to every nonce, as with nodes behind one address", AV,
	 QUIRK_STALE_FOR_EVER},
	{"av-allocate-300",
	 "no relay is given: the client is sent to another node", AV,
	 QUIRK_ALLOCATE_300},
	{"av-allocate-430", "no relay is given: the credentials are too old",
	 AV, QUIRK_ALLOCATE_430},
	{"av-allocate-431", "no relay is given: the integrity does not fit", AV,
	 QUIRK_ALLOCATE_431},
	{"av-allocate-436", "no relay is given: the user is unknown", AV,
	 QUIRK_ALLOCATE_436},
	{"av-allocate-486", "no relay is given: the user has too many", AV,
	 QUIRK_ALLOCATE_486},
	{"av-allocate-500", "no relay is given: the server is in trouble", AV,
	 QUIRK_ALLOCATE_500},
	{"av-allocate-600", "no relay is given, and none will be", AV,
	 QUIRK_ALLOCATE_600},
	{"av-refuses-udp", "relays over TCP, refuses to over UDP", AV_UDP,
	 QUIRK_ALLOCATE_500},
	{"av-refuses-tcp", "relays over UDP, refuses to over TCP", AV_TCP,
	 QUIRK_ALLOCATE_500},
	{"av-relay-outside-range", "the relayed port is outside of the range",
	 AV, QUIRK_RELAY_OUTSIDE_RANGE},
	{"av-relay-private", "the relayed address is said to be a private one",
	 AV, QUIRK_RELAY_PRIVATE},
	{"av-relay-elsewhere",
	 "the relayed address is public and not the node's", AV,
	 QUIRK_RELAY_ELSEWHERE},
	{"av-source-nat", "clients are seen to come from a private address", AV,
	 QUIRK_SOURCE_NAT},
	{"av-source-nat-edge",
	 "clients are seen to come from the Edge's own address", AV,
	 QUIRK_SOURCE_NAT_EDGE},
	{"av-outward-only", "what peers send to the relayed port is dropped",
	 AV, QUIRK_OUTWARD_ONLY},
	{"av-inward-only", "what clients send to peers is dropped", AV,
	 QUIRK_INWARD_ONLY},
	{"av-relays-private", "relays into private networks for anybody", AV,
	 QUIRK_REACHES_PRIVATE},
	{"av-long-integrity", "success carries an integrity of 32 bytes", AV,
	 QUIRK_LONG_INTEGRITY},
	{"av-no-sequence", "success carries no sequence number", AV,
	 QUIRK_NO_SEQUENCE},
	{"av-short-lifetime", "grants 10 seconds, whatever is asked for", AV,
	 QUIRK_SHORT_LIFETIME},
	{"certificate-expired", "the certificate ended 10 days ago", TLS,
	 QUIRK_EXPIRED},
	{"certificate-expires-soon", "the certificate ends in 10 days", TLS,
	 QUIRK_EXPIRES_SOON},
	{"certificate-not-yet-valid", "the certificate begins in 10 days", TLS,
	 QUIRK_NOT_YET_VALID},
	{"certificate-self-signed", "the certificate is its own issuer", TLS,
	 QUIRK_SELF_SIGNED},
	{"certificate-private-root", "a root that nobody trusts issued it", TLS,
	 QUIRK_PRIVATE_ROOT},
	{"missing-intermediate", "the intermediate certificate is not sent",
	 TLS, QUIRK_MISSING_INTERMEDIATE},
	{"san-lacks-access", "the Access Edge name is not in the SAN", TLS,
	 QUIRK_LACKS_ACCESS},
	{"san-lacks-webconf", "the Web Conferencing name is not in the SAN",
	 TLS, QUIRK_LACKS_WEBCONF},
	{"san-lacks-second-domain",
	 "sip.DOMAIN of the second SIP domain is not in the SAN", TLS,
	 QUIRK_LACKS_SECOND_DOMAIN},
	{"sn-differs", "the subject name is not the Access Edge name", TLS,
	 QUIRK_SN_DIFFERS},
	{"san-wildcard-only", "the SAN holds *.DOMAIN and no name", TLS,
	 QUIRK_WILDCARD_ONLY},
	{"sn-wildcard", "the subject name is *.DOMAIN", TLS,
	 QUIRK_WILDCARD_SUBJECT},
	{"san-wildcard-beside", "the SAN holds *.DOMAIN besides all names", TLS,
	 QUIRK_WILDCARD_BESIDE},
	{"san-underscore", "the SAN holds a name with an underscore", TLS,
	 QUIRK_UNDERSCORE},
	{"san-unordered", "the Web Conferencing name comes first in the SAN",
	 TLS, QUIRK_UNORDERED},
	{"san-many-names", "the SAN holds a hundred names more", TLS,
	 QUIRK_MANY_NAMES},
	{"certificate-half-renewed",
	 "5061 shows a newer certificate than the other ports", FEDERATION,
	 QUIRK_HALF_RENEWED},
	{"digest-only", "offers Digest, as servers of other makes", SIP,
	 QUIRK_DIGEST_ONLY},
	{"no-tls-dsk", "asks for credentials as OCS 2007 did, with no TLS-DSK",
	 SIP, QUIRK_NO_TLS_DSK},
	{"tls-dsk-only", "offers sign-in by certificate only", SIP,
	 QUIRK_TLS_DSK_ONLY},
	{"internal-sts", "sends clients inside for their certificates", SIP,
	 QUIRK_INTERNAL_STS},
	{"mixed-versions", "the pool behind is of an older version", SIP,
	 QUIRK_MIXED_VERSIONS},
	{"partner-refused", "403 to partners: their domain is not allowed",
	 FEDERATION, QUIRK_PARTNER_REFUSED},
	{"partner-unproven", "504 to partners: they are not what they say",
	 FEDERATION, QUIRK_PARTNER_UNPROVEN},
	{"many-issuers",
	 "5061 names as many acceptable issuers as Windows sends at most",
	 FEDERATION, QUIRK_MANY_ISSUERS},
	{"sni-required", "443 turns away those who name no server, as a proxy",
	 ACCESS, QUIRK_SNI_REQUIRED},
	{"ec-key", "a key on the curve P-384", TLS, QUIRK_EC_KEY},
	{"pss-signature", "the certificate is signed with RSASSA-PSS", TLS,
	 QUIRK_PSS},
	{"no-client-auth", "the certificate is for servers only", TLS,
	 QUIRK_NO_CLIENT_AUTH},
	{"weak-key", "an RSA key of 1024 bits", TLS, QUIRK_WEAK_KEY},
	{"sha1-signature", "the certificate is signed with SHA-1", TLS,
	 QUIRK_SHA1},
	{"no-server-auth", "the certificate is for clients only", TLS,
	 QUIRK_NO_SERVER_AUTH},
	{"certificate-revoked", "the certificate stands in its issuer's list",
	 TLS, QUIRK_REVOKED},
	{"crl-stale", "the revocation list ended three days ago", TLS,
	 QUIRK_CRL_STALE},
	{"crl-unreachable", "DNS knows no host of the revocation list", TLS,
	 QUIRK_CRL_GONE},
	{"crl-foreign", "another key than the issuer's signed the list", TLS,
	 QUIRK_CRL_FOREIGN},
	{"no-cdp", "the certificate names no revocation list", TLS,
	 QUIRK_NO_CDP},
	{"cdp-ldap-only", "the certificate names a list in LDAP alone", TLS,
	 QUIRK_LDAP_CDP},
	{"ocsp-unknown", "the OCSP responder does not know the certificate",
	 TLS, QUIRK_OCSP_UNKNOWN},
	{"must-staple", "the certificate demands a staple and has none", TLS,
	 QUIRK_MUST_STAPLE},
	{"staple-stale", "the staple ended three days ago", TLS,
	 QUIRK_STAPLE_STALE},
	{"tls10-only", "speaks TLS 1.0 and nothing newer", TLS, QUIRK_OLD_TLS},
	{"next-hop-dead", "504 to REGISTER: the Edge cannot reach its pool",
	 SIP, QUIRK_NEXT_HOP_DEAD},
	{"remote-access-disabled", "403 to REGISTER: outside access is off",
	 SIP, QUIRK_ACCESS_DISABLED},
	{"clock-skew", "the server's clock is an hour ahead", SIP,
	 QUIRK_CLOCK_SKEW},
	{"no-ntlm", "offers Kerberos only, which outsiders cannot use", SIP,
	 QUIRK_KERBEROS_ONLY},
	{"wrong-service-access", "Web Conferencing answers on the Access Edge",
	 ACCESS, QUIRK_WEBCONF_THERE},
	{"wrong-service-webconf",
	 "an SSH server in the place of Web "
	 "Conferencing",
	 WEBCONF, QUIRK_SSH_THERE},
	{"http-on-access", "a web server behind TLS on the Access Edge", ACCESS,
	 QUIRK_HTTP_THERE},
	{"exposed-av-auth", "5062 is open on the Access Edge's address", ACCESS,
	 QUIRK_AV_AUTH_OPEN},
	{"exposed-sip", "SIP without TLS answers on 5060", ACCESS,
	 QUIRK_SIP_OPEN},
	{"exposed-ports", "8057 and 3389 are open on the Access Edge's address",
	 ACCESS, QUIRK_PORTS_OPEN},
	{"reverse-proxy-on-access",
	 "a web server with its own certificate on the Access Edge", SIP,
	 QUIRK_WEB_NAMES},
	{"relay-on-access", "an A/V Edge on the Access Edge's 443", ACCESS,
	 QUIRK_RELAY_THERE},
	{"ssh-on-access", "an SSH server on the Access Edge's 443", ACCESS,
	 QUIRK_SSH_THERE},
	{"sip-on-webconf", "an Access Edge in the place of Web Conferencing",
	 WEBCONF, QUIRK_SIP_THERE},
	{"http-on-webconf",
	 "a web server behind TLS in the place of Web Conferencing", WEBCONF,
	 QUIRK_HTTP_THERE},
	{"relay-on-webconf", "an A/V Edge in the place of Web Conferencing",
	 WEBCONF, QUIRK_RELAY_THERE},
	{"sip-on-av", "an Access Edge on the A/V address, TCP", AV_TCP,
	 QUIRK_SIP_THERE},
	{"http-on-av", "a web server behind TLS on the A/V address", AV_TCP,
	 QUIRK_HTTP_THERE},
	{"ssh-on-av", "an SSH server on the A/V address, TCP", AV_TCP,
	 QUIRK_SSH_THERE},
	{"swap-access-webconf",
	 "Access and Web Conferencing answer at each other's address",
	 SIP | WEBCONF | XMPP, QUIRK_SWAP_ACCESS_WEBCONF},
	{"swap-access-av", "Access and A/V answer at each other's address",
	 SIP | AV | XMPP, QUIRK_SWAP_ACCESS_AV},
	{"swap-webconf-av",
	 "Web Conferencing and A/V answer at each other's address",
	 WEBCONF | AV, QUIRK_SWAP_WEBCONF_AV},
	{"mute-web", "the reverse proxy takes connections and is silent", WEB,
	 QUIRK_MUTE},
	{"refuse-web", "nothing listens at the reverse proxy", WEB,
	 QUIRK_REFUSE},
	{"web-http-only", "the reverse proxy does not listen on HTTPS",
	 WEB_HTTPS, QUIRK_REFUSE},
	{"web-https-only", "the reverse proxy does not listen on HTTP",
	 WEB_HTTP, QUIRK_REFUSE},
	{"web-html", "another site answers for the web services", WEB,
	 QUIRK_HTML},
	{"web-internal-location",
	 "Autodiscover believes to be asked from inside", WEB_HTTPS,
	 QUIRK_INTERNAL_LOCATION},
	{"web-internal-links", "Autodiscover names hosts of the inside", WEB,
	 QUIRK_INTERNAL_LINKS},
	{"web-redirect-loop", "redirects that lead in a circle", WEB,
	 QUIRK_REDIRECT_LOOP},
	{"web-redirect-foreign", "redirects into another domain", WEB,
	 QUIRK_REDIRECT_FOREIGN},
	{"web-user-missing", "404 where the user's resource should be",
	 WEB_HTTPS, QUIRK_USER_MISSING},
	{"web-user-refused", "403 where the user's resource should be",
	 WEB_HTTPS, QUIRK_USER_REFUSED},
	{"web-pool-unreachable", "503: the reverse proxy finds no Front End",
	 WEB_HTTPS, QUIRK_POOL_UNREACHABLE},
	{"web-no-ticket", "the reverse proxy asks for a password itself",
	 WEB_HTTPS, QUIRK_NO_TICKET},
	{"web-san-lacks-lyncdiscover",
	 "lyncdiscover is not in the certificate of the web services",
	 WEB_HTTPS, QUIRK_LACKS_ACCESS},
	{"web-certificate-expired",
	 "the certificate of the web services ended 10 days ago", WEB_HTTPS,
	 QUIRK_EXPIRED},
	{"mute-xmpp", "accepts connections on 5269 and says nothing", XMPP,
	 QUIRK_MUTE},
	{"refuse-xmpp", "nothing listens on 5269", XMPP, QUIRK_REFUSE},
	{"xmpp-no-starttls", "the XMPP proxy offers no TLS", XMPP,
	 QUIRK_NO_STARTTLS},
	{"xmpp-host-unknown", "the XMPP proxy serves none of the domains", XMPP,
	 QUIRK_HOST_UNKNOWN},
	{"xmpp-lacks-domain", "no name for XMPP is in the SAN", TLS,
	 QUIRK_LACKS_XMPP},
};

const size_t fault_count = sizeof(fault_table) / sizeof(fault_table[0]);

static const struct fault *find_fault(const char *id, size_t length)
{
	for (size_t i = 0; i < fault_count; i++) {
		if (strlen(fault_table[i].id) == length &&
		    memcmp(fault_table[i].id, id, length) == 0)
			return &fault_table[i];
	}
	return NULL;
}

static const struct node *find_node(const struct topology *topology,
				    const char *name)
{
	for (size_t i = 0; i < topology->node_count; i++) {
		if (strcasecmp(topology->nodes[i].name, name) == 0)
			return &topology->nodes[i];
	}
	return NULL;
}

/* What the fault needs to change anything here; NULL: nothing is missing. */
static const char *fault_lacks(const struct fault *fault,
			       const struct topology *topology)
{
	bool is_xmpp =
		fault->listeners == XMPP || fault->quirk == QUIRK_LACKS_XMPP;

	if (is_xmpp && !(topology->features & FEATURE_BIT(FEATURE_XMPP)))
		return "the feature xmpp";
	if (fault->listeners & WEB && !topology->web.address_count)
		return "an address in [web]";
	if ((fault->quirk == QUIRK_OTHER_ALTERNATE ||
	     fault->quirk == QUIRK_ALLOCATE_300) &&
	    topology->node_count < 2)
		return "a second node";
	if (fault->quirk == QUIRK_LACKS_SECOND_DOMAIN &&
	    topology->domain_count < 2)
		return "a second SIP domain";
	return NULL;
}

static const char *unknown_fault(struct arena *arena, const char *id)
{
	struct hint hint = hint_for(id);

	for (size_t i = 0; i < fault_count; i++)
		hint_offer(&hint, fault_table[i].id);
	return arena_format(arena, "unknown fault '%s'%s", id,
			    hint.nearest ? hint_text(arena, &hint)
					 : " (see --list-faults)");
}

bool fault_parse(struct arena *arena, const char *text,
		 const struct topology *topology, struct fault_choice *choice,
		 const char **why)
{
	size_t length = strcspn(text, "@");
	const struct node *node = NULL;
	const char *lacks;

	choice->fault = find_fault(text, length);
	if (!choice->fault) {
		*why = unknown_fault(arena, arena_copy(arena, text, length));
		return false;
	}
	if (text[length] == '@' && choice->fault->listeners & WEB) {
		*why = arena_format(arena,
				    "fault '%s' is of the reverse proxy, not "
				    "of a node",
				    choice->fault->id);
		return false;
	}
	if (text[length] == '@') {
		node = find_node(topology, text + length + 1);
		if (!node) {
			*why = arena_format(
				arena, "fault '%s': unknown node '%s'",
				choice->fault->id, text + length + 1);
			return false;
		}
	}
	lacks = fault_lacks(choice->fault, topology);
	if (lacks) {
		*why = arena_format(arena, "fault '%s' needs %s",
				    choice->fault->id, lacks);
		return false;
	}
	choice->node = node ? node->name : NULL;
	return true;
}

/* What only listens where its service is: elsewhere the port is closed. */
static const struct {
	enum quirk quirk;
	uint32_t listeners;
} closed_by[] = {
	{QUIRK_REFUSE, UINT32_MAX},
	{QUIRK_SWAP_ACCESS_WEBCONF, FEDERATION | XMPP},
	{QUIRK_SWAP_ACCESS_AV, FEDERATION | XMPP | AV_UDP},
	{QUIRK_SWAP_WEBCONF_AV, AV_UDP},
	{QUIRK_WEB_NAMES, FEDERATION},
};

bool fault_refuses(enum listener listener, struct quirks quirks)
{
	for (size_t i = 0; i < sizeof(closed_by) / sizeof(closed_by[0]); i++)
		if (quirks_have(quirks, closed_by[i].quirk) &&
		    (closed_by[i].listeners & LISTENER_BIT(listener)))
			return true;
	return false;
}

_Static_assert(QUIRK_STAPLE_STALE - QUIRK_REVOKED ==
		       REVOKING_STAPLE_STALE - REVOKING_REVOKED,
	       "the quirks of revocation are in the order of enum revoking");

enum revoking fault_revoking(struct quirks quirks)
{
	for (unsigned i = QUIRK_REVOKED; i <= QUIRK_STAPLE_STALE; i++)
		if (quirks_have(quirks, (enum quirk)i))
			return (enum revoking)(i - QUIRK_REVOKED +
					       REVOKING_REVOKED);
	return REVOKING_HEALTHY;
}

struct quirks fault_quirks(const struct fault_choice *choices, size_t count,
			   const char *node, unsigned listener)
{
	struct quirks quirks = quirks_none;

	for (size_t i = 0; i < count; i++) {
		const struct fault *fault = choices[i].fault;

		if ((fault->listeners & LISTENER_BIT(listener)) &&
		    (!choices[i].node || strcmp(choices[i].node, node) == 0))
			quirks_add(&quirks, quirks_of(fault->quirk));
	}
	return quirks;
}
