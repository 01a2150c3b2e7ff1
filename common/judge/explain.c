#include "common/judge/findings.h"
#include "common/judge/judge.h"
#include "common/plan/applicability.h"

#include <string.h>

/* Why rows matter and how people prove them, by predicate or else by area. */
static const struct lore {
	const char *key;   /* predicate or area */
	const char *cause; /* id of the finding that tells the most; NULL */
	const char *why, *proof, *remedy; /* where there is no such finding */
} lores[] = {
	{"access-sip", "access.blocked", NULL, NULL, NULL},
	{"federation-sip", "federation.blocked", NULL, NULL, NULL},
	{"sip-both-ways", "access.next-hop-dead", NULL, NULL, NULL},
	{"webconf-tls", "webconf.blocked", NULL, NULL, NULL},
	{"av-udp-relay", "av.udp-blocked", NULL, NULL, NULL},
	{"av-tcp-relay", "av.tcp-blocked", NULL, NULL, NULL},
	{"av-reply-source", "av.reply-elsewhere", NULL, NULL, NULL},
	{"cert-sn", "cert.ext.sn", NULL, NULL, NULL},
	{"cert-san-access", "cert.ext.san.sip", NULL, NULL, NULL},
	{"cert-san-webconf", "cert.ext.san.webcon", NULL, NULL, NULL},
	{"cert-san-domain", "cert.ext.san.sip-n", NULL, NULL, NULL},
	{"cert-covers-connected", "cert.dns-match", NULL, NULL, NULL},
	{"cert-chain", "cert.untrusted-root", NULL, NULL, NULL},
	{"cert-assigned-access", "cert.ext.assign.access", NULL, NULL, NULL},
	{"cert-assigned-webconf", "cert.ext.assign.webconf", NULL, NULL, NULL},
	{"cert-same-leaf", "cert.pool.same-cert-key", NULL, NULL, NULL},
	{"xmpp-stream", "xmpp.blocked", NULL, NULL, NULL},
	{"cert-xmpp-base", "cert.xmpp.base", NULL, NULL, NULL},
	{"cert-xmpp-name", "cert.xmpp.san.xmpp", NULL, NULL, NULL},
	{"cert-xmpp-wildcard", "cert.xmpp.san.xmpp", NULL, NULL, NULL},
	{"srv-sip-tls", "dns.sip-tls-required", NULL, NULL, NULL},
	{"srv-federation", "dns.sipfed-discovery", NULL, NULL, NULL},
	{"srv-xmpp", "xmpp.srv-per-domain", NULL, NULL, NULL},
	{"srv-same-domain", "dns.srv-same-domain", NULL, NULL, NULL},
	{"xmpp-leftover", "xmpp.none-in-2019", NULL, NULL, NULL},
	{"a-access", "dns.access-unknown", NULL, NULL, NULL},
	{"a-webconf", "dns.webconf-unknown", NULL, NULL, NULL},
	{"a-av", "dns.av-unknown", NULL, NULL, NULL},
	{"a-xmpp", "xmpp.srv-to-host", NULL, NULL, NULL},
	{"access-per-domain", "dns.sip-tls-required", NULL, NULL, NULL},
	{"public-addresses", "dns.no-private-outside", NULL, NULL, NULL},
	{"one-a-per-node", "dns.scaled-one-a-per-node", NULL, NULL, NULL},
	{"one-a-per-vip", "dns.hlb-one-a-per-vip", NULL, NULL, NULL},
	{"pool-size", "pool.max-12", NULL, NULL, NULL},

	{"dns", NULL, "names are how everybody finds the Edge Server",
	 "dig NAME TYPE", "correct the record in the zone named by the row"},
	{"certificates", NULL,
	 "peers refuse an Edge Server whose certificate does not fit",
	 "openssl s_client -connect ADDRESS:PORT -servername NAME -showcerts",
	 "reissue or reassign the certificate and restart the Edge services"},
	{"access", NULL, "every service begins with SIP at the Access Edge",
	 "from the place the row names: nc -vz ADDRESS PORT",
	 "open the port on the firewall between source and destination"},
	{"federation", NULL, "partners and public IM come and go on TCP 5061",
	 "on the Edge Server: Test-NetConnection PARTNER -Port 5061",
	 "open TCP 5061 between the Access Edge and any address, both ways"},
	{"webconf", NULL, "meeting content travels here",
	 "from the place the row names: nc -vz ADDRESS PORT",
	 "open the port on the firewall between source and destination"},
	{"av", NULL, "audio and video of people outside travel here",
	 "from the place the row names: nc -vz ADDRESS PORT, or a capture",
	 "open the ports on the external firewall for the A/V Edge"},
	{"xmpp", NULL, "XMPP partners need it; the 2019 server has no XMPP",
	 "nc -vz ADDRESS 5269",
	 "open TCP 5269 both ways, or remove the record where XMPP is gone"},
	{"internal", NULL,
	 "the Edge Server is run, fed and used from inside over these ports",
	 "in the internal network: nc -vz EDGE-INTERNAL PORT",
	 "open the port on the internal firewall in the direction the row "
	 "gives"},
	{"servers", NULL, "servers inside depend on each other's ports",
	 "in the internal network: nc -vz SERVER PORT",
	 "open the port between the server roles"},
	{"clients", NULL, "clients need these ports on their own side",
	 "look at the firewall of the client",
	 "allow the ports on the client's firewall"},
	{"ipsec", NULL, "IPsec delays the choice of media ports",
	 "look for ESP, AH or IKE in a capture of media",
	 "exempt the addresses and ports of the row from IPsec"},
	{"topology", NULL,
	 "a deployment outside the supported shapes fails in odd ways",
	 "compare the topology with the row",
	 "change the topology, or its plan, to what the row says"},
};

static const struct lore *find_lore(const char *key)
{
	for (size_t i = 0; i < sizeof(lores) / sizeof(lores[0]); i++)
		if (strcmp(lores[i].key, key) == 0)
			return &lores[i];
	return NULL;
}

/* What is known by hand of a row, from its finding or its area. */
static struct lore lore_of(const struct requirement *requirement)
{
	const struct lore *lore = find_lore(requirement->judging->predicate);
	const struct finding_rule *rule;
	struct lore told;

	if (!lore)
		lore = find_lore(requirement->area);
	told = lore ? *lore : (struct lore){.why = "", .proof = ""};
	rule = told.cause ? finding_rule_find(told.cause) : NULL;
	if (rule) {
		told.why = rule->why;
		told.proof = rule->proof;
		told.remedy = rule->remedy;
	}
	return told;
}

/* {where} and {subject} stand for words outside a run. */
static const char *plain(struct arena *arena, const char *sentence)
{
	const char *text = "";

	while (*sentence) {
		size_t length = strcspn(sentence, "{");

		text = arena_format(arena, "%s%.*s", text, (int)length,
				    sentence);
		sentence += length;
		if (!*sentence)
			break;
		text = arena_format(arena, "%s%s", text,
				    strncmp(sentence, "{where}", 7) == 0
					    ? "ADDRESS:PORT"
					    : "NAME");
		sentence += strcspn(sentence, "}");
		sentence += *sentence == '}';
	}
	return text;
}

static const char *how_settled(struct arena *arena,
			       const struct requirement *requirement)
{
	const struct judging *judging = requirement->judging;
	const char *list = "";

	if (judging->settle == SETTLE_MANUAL)
		return "only a person can confirm it";
	if (judging->settle == SETTLE_REFERENCE)
		return "it only describes, and is in no verdict";
	for (unsigned i = 0; i < VANTAGE_COUNT; i++)
		if (requirement->vantages & 1u << i)
			list = arena_format(arena, "%s%s%s", list,
					    *list ? ", " : "",
					    vantage_name((enum vantage)i));
	return arena_format(
		arena, "%s%s%s%s", *list ? "from " : "", list,
		strcmp(judging->probe, "-") != 0 ? "; probe "
						 : "; not yet by this release",
		strcmp(judging->probe, "-") != 0 ? judging->probe : "");
}

/* The documents that the tables were taken from. */
static const struct {
	const char *seed, *title;
} documents[] = {
	{"000", "Edge Server environmental requirements in Skype for Business "
		"Server"},
	{"001", "Port summary - Scaled consolidated edge, DNS load balancing "
		"with public IP addresses in Lync Server 2013"},
	{"002", "Port summary - Scaled consolidated edge with hardware load "
		"balancers in Lync Server 2013"},
	{"003", "Port summary - Scaled consolidated edge, DNS load balancing "
		"with public IP addresses in Lync Server 2013"},
	{"004", "Port and protocol requirements for servers (Skype for "
		"Business Server)"},
};

/* The first document; a neighbour of theirs has no seed, but a title. */
static const char *source_of(struct arena *arena,
			     const struct requirement *requirement)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		if (strncmp(requirement->seed, documents[i].seed, 3) == 0)
			return arena_format(arena, "%s, section %s (seed %s)",
					    documents[i].title,
					    requirement->section,
					    requirement->seed);
	return requirement->section;
}

#define LABEL_COLUMNS 11
#define TEXT_COLUMNS  66

/* "Label:     text", folded between words, with the text set in. */
static const char *field(struct arena *arena, const char *label,
			 const char *text)
{
	const char *lines = arena_format(arena, "%-*s", LABEL_COLUMNS, label);
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > TEXT_COLUMNS) {
			lines = arena_format(arena, "%s\n%*s", lines,
					     LABEL_COLUMNS, "");
			column = 0;
		}
		lines = arena_format(arena, "%s%s%.*s", lines,
				     column ? " " : "", (int)word, text);
		column += word + (column != 0);
		text += word;
		text += strspn(text, " ");
	}
	return arena_format(arena, "%s\n", lines);
}

struct line {
	const char *label, *text; /* empty: left out */
};

static const char *page(struct arena *arena, const char *head,
			const struct line *lines, size_t count)
{
	const char *text = arena_format(arena, "%s\n\n", head);

	for (size_t i = 0; i < count; i++)
		if (lines[i].text && *lines[i].text)
			text = arena_format(
				arena, "%s%s", text,
				field(arena, lines[i].label, lines[i].text));
	return text;
}

static const char *explain_row(struct arena *arena,
			       const struct requirement *requirement)
{
	const struct finding_rule *rule = finding_rule_find(requirement->id);
	struct lore lore = lore_of(requirement);
	const struct line lines[] = {
		{"Demands:", requirement->statement},
		{"For:", applicability_text(arena, requirement)},
		{"Severity:", severity_name(requirement->severity)},
		{"Finding:", rule ? rule->title : ""},
		{"Why:", lore.why},
		{"Seen:", how_settled(arena, requirement)},
		{"By hand:", lore.proof},
		{"Checked:", requirement->how},
		{"To mend:", lore.remedy ? plain(arena, lore.remedy) : ""},
		{"Note:", requirement->note},
		{"Source:", source_of(arena, requirement)},
	};

	return page(arena,
		    arena_format(arena, "%s, %s", requirement->id,
				 requirement->area),
		    lines, sizeof(lines) / sizeof(lines[0]));
}

static const char *explain_finding(struct arena *arena,
				   const struct finding_rule *rule)
{
	const struct line lines[] = {
		{"Finding:", rule->title},
		{"Why:", rule->why},
		{"By hand:", rule->proof},
		{"To mend:", plain(arena, rule->remedy)},
		{"Source:", rule->source},
	};

	return page(arena, rule->id, lines, sizeof(lines) / sizeof(lines[0]));
}

const char *judge_explain(struct arena *arena, const char *id)
{
	const struct requirement *requirement = requirement_find(id);
	const struct finding_rule *rule = finding_rule_find(id);

	if (requirement)
		return explain_row(arena, requirement);
	return rule ? explain_finding(arena, rule) : NULL;
}
