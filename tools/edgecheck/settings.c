#include "tools/edgecheck/settings.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "probes/sip_question.h"
#include "tools/edgecheck/edge_host.h"
#include "tools/edgecheck/internal.h"
#include "tools/edgecheck/server.h"

#include <string.h>

enum {
	KEY_CERT = 1,
	KEY_CREDENTIALS,
	KEY_MRAS_URI,
	KEY_NODE,
	KEY_INTERNAL,
	KEY_ROLE,
	KEY_HLB,
	KEY_CLIENT,
	KEY_BALANCING,
	KEY_LISTEN,
	KEY_TOWARD,
	KEY_EDGE_HOST,
};

/* What can be checked: one of them at a time. */
static const struct {
	int key;
	const char *option;
	int (*run)(struct settings *settings);
} modes[] = {
	{KEY_INTERNAL, "--internal", internal_look},
	{KEY_ROLE, "--role", role_look},
	{KEY_HLB, "--hlb", hlb_look},
	{KEY_CLIENT, "--client", client_look},
	{KEY_LISTEN, "--listen", rehearsing_listen},
	{KEY_TOWARD, "--toward", rehearsing_toward},
	{KEY_EDGE_HOST, "--edge-host", edge_host_look},
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static const struct argp_option option_table[] = {
	{NULL, 0, NULL, 0, "What to check:", 1},
	{"internal", KEY_INTERNAL, NULL, 0,
	 "The internal interface of the Edge Servers, from the network of the "
	 "Front End Servers; EDGE-NAME is its name in internal DNS",
	 1},
	{"role", KEY_ROLE, "ROLE", 0,
	 "The ports of servers of this role: frontend, "
	 "frontend-collocated-mediation, director, mediation, "
	 "persistent-chat, office-web-apps or all-servers; HOST is a name or "
	 "an address",
	 1},
	{"hlb", KEY_HLB, "ROLE", 0,
	 "The ports of the load balancer before a pool of this role, at HOST",
	 1},
	{"client", KEY_CLIENT, NULL, 0,
	 "What clients in this network need of the Edge of TARGET, their own "
	 "or another's",
	 1},
	{"balancing", KEY_BALANCING, "WORD", 0,
	 "With --hlb: hardware, where all goes through the load balancer, or "
	 "dns, where web services alone do",
	 1},
	{"listen", KEY_LISTEN, "ADDR[:PORT]", OPTION_ARG_OPTIONAL,
	 "Before installation: wait for edgecheck --toward, with a one-time "
	 "key (TCP 7443), and open and try ports with it",
	 1},
	{"toward", KEY_TOWARD, "HOST[:PORT]", 0,
	 "Before installation: try the ways between this host and one where "
	 "edgecheck listens, in the places of -t FILE",
	 1},
	{"edge-host", KEY_EDGE_HOST, NULL, 0,
	 "This host, where an Edge Server is or is to be: its routes and "
	 "addresses, and whom it reaches from them",
	 1},
	{"node", KEY_NODE, "NAME", 0,
	 "With --edge-host and --toward: the Edge Server of the topology file "
	 "whose place it is",
	 1},
	{"credentials", KEY_CREDENTIALS, "FILE", 0,
	 "Allocate at the internal A/V Edge with these, see "
	 "edgeprobe-credentials(5)",
	 2},
	{"mras-uri", KEY_MRAS_URI, "URI", 0,
	 "Ask A/V Authentication for credentials, by its SIP URI; takes --cert",
	 2},
	{"cert", KEY_CERT, "FILE", 0,
	 "Show servers this certificate (PEM) of a Front End Server", 2},
	{0},
};

static void take_mode(struct settings *settings, size_t index)
{
	if (settings->mode && settings->mode != modes[index].run)
		die("%s and %s: one at a time", settings->mode_option,
		    modes[index].option);
	settings->mode = modes[index].run;
	settings->mode_option = modes[index].option;
}

const char *settings_mode_names(struct arena *arena)
{
	const char *names = "";

	for (size_t i = 0; i < MODES; i++)
		names = text_choices(arena, names, modes[i].option,
				     i + 1 == MODES);
	return names;
}

/* What belongs to another way to check would be passed over in silence. */
static void check_belongs(const struct settings *settings)
{
	const struct {
		bool is_given;
		const char *option, *modes;
	} given[] = {
		{settings->peers.mission.node, "--node",
		 "--edge-host or --toward"},
		{settings->has_balancing, "--balancing", "--hlb"},
		{settings->credentials_file, "--credentials", "--internal"},
		{settings->mras_uri, "--mras-uri", "--internal"},
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i].is_given && settings->mode &&
		    !strstr(given[i].modes, settings->mode_option))
			die("%s goes with %s, not with %s", given[i].option,
			    given[i].modes, settings->mode_option);
}

static void take_host(struct settings *settings, const char *text)
{
	if (settings->host_count == SETTINGS_HOSTS_MAX)
		die("at most %d names", SETTINGS_HOSTS_MAX);
	settings->hosts[settings->host_count++] = text;
}

static void check_credentials(const struct settings *settings)
{
	const char *uri = settings->mras_uri;

	if (!uri)
		return;
	if (settings->credentials_file)
		die("--credentials and --mras-uri exclude each other");
	if (!settings->looking.identity.cert_file)
		die("--mras-uri: give the certificate of a server inside "
		    "(--cert)");
	if (strncmp(uri, "sip:", 4) != 0 || !strchr(uri, '@') ||
	    !sip_uri_is_lawful(uri))
		die("--mras-uri: '%s' is no SIP URI with a domain", uri);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct settings *settings = state->input;

	for (size_t i = 0; i < MODES; i++)
		if (modes[i].key == key) {
			take_mode(settings, i);
			settings->mode_text = text;
			return 0;
		}
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &settings->common;
		state->child_inputs[1] = &settings->looking;
		state->child_inputs[2] = &settings->rehearsing;
		state->child_inputs[3] = &settings->peers;
		return 0;
	case ARGP_KEY_ARG:
		take_host(settings, text);
		return 0;
	case KEY_CREDENTIALS:
		settings->credentials_file = text;
		return 0;
	case KEY_NODE:
		settings->peers.mission.node = text;
		settings->rehearsing.toward.node = text;
		return 0;
	case KEY_MRAS_URI:
		settings->mras_uri = text;
		return 0;
	case KEY_BALANCING:
		if (!balancing_parse(text, &settings->balancing) ||
		    settings->balancing == BALANCING_NONE)
			die("--balancing: '%s' is neither hardware nor dns",
			    text);
		settings->has_balancing = true;
		return 0;
	case KEY_CERT:
		settings->looking.identity.cert_file = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&options_argp, 0, NULL, 0},
	{&looking_argp, 0, NULL, 0},
	{&rehearsing_argp, 0, NULL, 0},
	{&peers_argp, 0, "With --edge-host:", 4},
	{0},
};

static const struct argp command_line = {
	.options = option_table,
	.parser = parse,
	.args_doc = "--internal EDGE-NAME...\n--internal -t FILE\n"
		    "--role ROLE HOST...\n--hlb ROLE HOST...\n"
		    "--client TARGET\n--edge-host -t FILE\n"
		    "--listen[=ADDR]\n--toward HOST -t FILE",
	.doc = "Check a Skype for Business or Lync Edge Server from inside: "
	       "what the servers behind it need of it.\v"
	       "Exit status: 0 all is well, 1 warnings, 2 something needed is "
	       "blocked or wrong, 3 unknown, or bad input.\n\n"
	       "Example: edgecheck --internal sfbedge.contoso.net",
	.children = children,
};

void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv)
{
	settings->arena = arena;
	settings->common = options_default;
	settings->looking.arena = arena;
	settings->peers.arena = arena;
	settings->looking.common = &settings->common;
	options_parse(&command_line, argc, argv, settings);
	looking_check(&settings->looking);
	check_credentials(settings);
	check_belongs(settings);
}
