#include "common/judge/findings.h"
#include "common/judge/judge.h"
#include "common/plan/applicability.h"

#include <string.h>

/* Why rows matter and how people prove them, where no finding says so. */
static const struct lore {
	const char *area;
	const char *why, *proof, *remedy;
} lores[] = {
	{"dns", "names are how everybody finds the Edge Server",
	 "dig NAME TYPE", "correct the record in the zone named by the row"},
	{"certificates",
	 "peers refuse an Edge Server whose certificate does not fit",
	 "openssl s_client -connect ADDRESS:PORT -servername NAME -showcerts",
	 "reissue or reassign the certificate and restart the Edge services"},
	{"access", "every service begins with SIP at the Access Edge",
	 "from the place the row names: nc -vz ADDRESS PORT",
	 "open the port on the firewall between source and destination"},
	{"federation", "partners and public IM come and go on TCP 5061",
	 "on the Edge Server: Test-NetConnection PARTNER -Port 5061",
	 "open TCP 5061 between the Access Edge and any address, both ways"},
	{"webconf", "meeting content travels here",
	 "from the place the row names: nc -vz ADDRESS PORT",
	 "open the port on the firewall between source and destination"},
	{"av", "audio and video of people outside travel here",
	 "from the place the row names: nc -vz ADDRESS PORT, or a capture",
	 "open the ports on the external firewall for the A/V Edge"},
	{"xmpp", "XMPP partners need it; the 2019 server has no XMPP",
	 "nc -vz ADDRESS 5269",
	 "open TCP 5269 both ways, or remove the record where XMPP is gone"},
	{"web", "clients look for their server and their meetings here first",
	 "curl -v https://lyncdiscover.DOMAIN/",
	 "correct the reverse proxy or the record that leads to it"},
	{"exposure", "a port that nobody outside needs is only a danger",
	 "nc -vz ADDRESS PORT", "close the port on the external firewall"},
	{"place", "what this place cannot send proves nothing of the Edge",
	 "try another network", "look from another network"},
	{"internal",
	 "the Edge Server is run, fed and used from inside over these ports",
	 "in the internal network: nc -vz EDGE-INTERNAL PORT",
	 "open the port on the internal firewall in the direction the row "
	 "gives"},
	{"servers", "servers inside depend on each other's ports",
	 "in the internal network: nc -vz SERVER PORT",
	 "open the port between the server roles"},
	{"clients", "clients need these ports on their own side",
	 "look at the firewall of the client",
	 "allow the ports on the client's firewall"},
	{"ipsec", "IPsec delays the choice of media ports",
	 "look for ESP, AH or IKE in a capture of media",
	 "exempt the addresses and ports of the row from IPsec"},
	{"topology",
	 "a deployment outside the supported shapes fails in odd ways",
	 "compare the topology with the row",
	 "change the topology, or its plan, to what the row says"},
};

/* What is known by hand of a row, from its finding or its area. */
static struct lore lore_of(const struct requirement *requirement)
{
	const struct finding_rule *rule =
		finding_rule_find(requirement->judging->finding);

	if (rule)
		return (struct lore){requirement->area, rule->why, rule->proof,
				     rule->remedy};
	for (size_t i = 0; i < sizeof(lores) / sizeof(lores[0]); i++)
		if (strcmp(lores[i].area, requirement->area) == 0)
			return lores[i];
	return (struct lore){.why = ""};
}

/* {where}, {subject} and {names} stand for words outside a run. */
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
		text = arena_format(
			arena, "%s%s", text,
			strncmp(sentence, "{where}", 7) == 0   ? "ADDRESS:PORT"
			: strncmp(sentence, "{names}", 7) == 0 ? "NAMES"
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
	if (judging->settle == SETTLE_PLAN)
		return "by a topology file (-t), as edgeplan lint does";
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
		{"Known as:", rule->failures},
		{"Source:", rule->source},
	};

	return page(arena, rule->id, lines, sizeof(lines) / sizeof(lines[0]));
}

/* The findings in which a field failure shows, a page each; NULL: none. */
static const char *explain_failure(struct arena *arena, const char *id)
{
	const char *text = NULL;

	for (size_t i = 0; i < finding_rule_count; i++) {
		const char *one;

		if (!strstr(finding_rules[i].failures, id))
			continue;
		one = explain_finding(arena, &finding_rules[i]);
		text = text ? arena_format(arena, "%s\n%s", text, one) : one;
	}
	return text;
}

const char *judge_explain(struct arena *arena, const char *id)
{
	const struct requirement *requirement = requirement_find(id);
	const struct finding_rule *rule = finding_rule_find(id);

	if (requirement)
		return explain_row(arena, requirement);
	if (rule)
		return explain_finding(arena, rule);
	return strlen(id) == 5 && strncmp(id, "EF-", 3) == 0
		       ? explain_failure(arena, id)
		       : NULL;
}
