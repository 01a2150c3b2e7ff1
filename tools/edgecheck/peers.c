#include "tools/edgecheck/peers.h"

#include "common/base/log.h"
#include "common/base/url.h"
#include "tools/shared/looking.h"

enum {
	KEY_HOST_FACTS = 0x3000,
	KEY_PARTNER,
	KEY_XMPP_PARTNER,
	KEY_NEXT_HOP,
	KEY_URL,
	KEY_OTHER_EDGE,
};

static const struct argp_option table[] = {
	{"host-facts", KEY_HOST_FACTS, "FILE", 0,
	 "Judge the host of this report, which PowerShell wrote, instead of "
	 "this one",
	 1},
	{"partner", KEY_PARTNER, "DOMAIN", 0,
	 "A SIP domain to federate with; may be given several times", 1},
	{"xmpp-partner", KEY_XMPP_PARTNER, "DOMAIN", 0,
	 "A domain with XMPP contacts; may be given several times", 1},
	{"next-hop", KEY_NEXT_HOP, "HOST", 0,
	 "A server inside that the Edge sends to, instead of those of the "
	 "topology file; may be given several times",
	 1},
	{"url", KEY_URL, "URL", 0,
	 "A revocation list or OCSP responder (http), beside those that "
	 "certificates name; may be given several times",
	 1},
	{"other-edge", KEY_OTHER_EDGE, "NAME", 0,
	 "An A/V Edge elsewhere, by name or address; may be given several "
	 "times",
	 1},
	{0},
};

static void add(struct mission_names *names, const char *option,
		const char *text)
{
	if (names->count == MISSION_NAMES_MAX)
		die("%s: at most %d", option, MISSION_NAMES_MAX);
	names->items[names->count++] = text;
}

static void take_domain(struct peers *told, const char *option,
			struct mission_names *names, const char *text)
{
	add(names, option, looking_name(told->arena, option, text));
}

static void take_host(struct peers *told, const char *option,
		      struct mission_names *names, const char *text)
{
	struct address address;

	if (address_parse(text, &address))
		add(names, option, text);
	else
		take_domain(told, option, names, text);
}

static void take_url(struct peers *told, const char *text)
{
	struct url url;

	if (!url_parse(text, &url) || url.is_secure)
		die("--url: '%s' is no URL of http", text);
	add(&told->mission.peers[PEER_URL], "--url", text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct peers *told = state->input;
	struct mission_names *peers = told->mission.peers;

	switch (key) {
	case KEY_HOST_FACTS:
		told->host_facts = text;
		return 0;
	case KEY_PARTNER:
		take_domain(told, "--partner", &peers[PEER_PARTNER], text);
		return 0;
	case KEY_XMPP_PARTNER:
		take_domain(told, "--xmpp-partner", &peers[PEER_XMPP_PARTNER],
			    text);
		return 0;
	case KEY_NEXT_HOP:
		take_host(told, "--next-hop", &peers[PEER_NEXT_HOP], text);
		return 0;
	case KEY_URL:
		take_url(told, text);
		return 0;
	case KEY_OTHER_EDGE:
		take_host(told, "--other-edge", &peers[PEER_EDGE], text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp peers_argp = {.options = table, .parser = parse};
