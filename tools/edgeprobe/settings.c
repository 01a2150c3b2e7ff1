#include "tools/edgeprobe/settings.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "tools/edgeprobe/lists.h"
#include "tools/edgeprobe/words.h"
#include "tools/shared/secrets.h"

#include <string.h>

enum {
	KEY_ACCESS = 1, /* KEY_ACCESS + enum service */
	KEY_LAST_SERVICE = KEY_ACCESS + SERVICE_COUNT - 1,
	KEY_SIP_DOMAIN,
	KEY_PRODUCT,
	KEY_KIND,
	KEY_RESOLVER,
	KEY_MY_ADDRESS,
	KEY_CONNECT,
	KEY_CONTROL,
	KEY_CA_FILE,
	KEY_ONLY,
	KEY_SKIP,
	KEY_TLS_VERSIONS,
	KEY_CERT,
	KEY_KEY,
	KEY_PASSPHRASE_FD,
	KEY_FROM_DOMAIN,
	KEY_CREDENTIALS,
	KEY_SOAK,
	KEY_EXPLAIN,
	KEY_LIST_PROBES,
	KEY_LIST_REQUIREMENTS,
	KEY_LIST_FINDINGS,
};

static const struct argp_option option_table[] = {
	{NULL, 0, NULL, 0, "What to look at:", 1},
	{"topology", 't', "FILE", 0, "Read the deployment from a topology file",
	 1},
	{"sip-domain", KEY_SIP_DOMAIN, "NAME", 0,
	 "A SIP domain of the deployment; may be given several times", 1},
	{"access", KEY_ACCESS + SERVICE_ACCESS, "NAME[:PORT]", 0,
	 "Name of the Access Edge", 1},
	{"webconf", KEY_ACCESS + SERVICE_WEBCONF, "NAME[:PORT]", 0,
	 "Name of the Web Conferencing Edge", 1},
	{"av", KEY_ACCESS + SERVICE_AV, "NAME[:PORT]", 0,
	 "Name of the A/V Edge", 1},
	{"xmpp", KEY_ACCESS + SERVICE_XMPP, "NAME[:PORT]", 0,
	 "Name of the XMPP proxy", 1},
	{"product", KEY_PRODUCT, "NAME", 0,
	 "lync2010, lync2013, sfb2015, sfb2019 or sfbse", 1},
	{"kind", KEY_KIND, "NAME", 0,
	 "single-nat, single-public, scaled-dnslb-nat, scaled-dnslb-public "
	 "or scaled-hlb",
	 1},
	{"only", KEY_ONLY, "LIST", 0,
	 "Look only at these probes, areas or ids (commas between)", 1},
	{"skip", KEY_SKIP, "LIST", 0, "Leave these out", 1},
	{"soak", KEY_SOAK, "SECONDS", OPTION_ARG_OPTIONAL,
	 "Also keep a connection to each Access Edge without traffic (60 s)",
	 1},
	{"tls-versions", KEY_TLS_VERSIONS, NULL, 0,
	 "Try every version of TLS as well", 1},
	{NULL, 0, NULL, 0, "How to get there:", 2},
	{"my-address", KEY_MY_ADDRESS, "ADDR", 0,
	 "As what the Internet sees this place: what the relay sees instead is "
	 "not NAT of ours",
	 2},
	{"resolver", KEY_RESOLVER, "ADDR[:PORT]", 0,
	 "Ask this DNS server; several: the next one when it fails, and what "
	 "they say compared",
	 2},
	{"connect", KEY_CONNECT, "HOST:PORT:ADDR:PORT", 0,
	 "Connect to ADDR:PORT where HOST:PORT is meant", 2},
	{"control", KEY_CONTROL, "HOST:PORT[/udp]", 0,
	 "A place known to answer: silent there too, it is this network; may "
	 "be given several times",
	 2},
	{"ca-file", KEY_CA_FILE, "FILE", 0,
	 "Roots (PEM) that stand for the public store", 2},
	{"cert", KEY_CERT, "FILE", 0,
	 "Show 5061 this certificate (PEM) of a partner", 2},
	{"key", KEY_KEY, "FILE", 0,
	 "Its private key (PEM); else it is in the same file", 2},
	{"key-passphrase-fd", KEY_PASSPHRASE_FD, "NUMBER", 0,
	 "Read the key's passphrase from this descriptor", 2},
	{"from-domain", KEY_FROM_DOMAIN, "NAME", 0,
	 "The partner's SIP domain, to speak for", 2},
	{"credentials", KEY_CREDENTIALS, "FILE", 0,
	 "Allocate at the A/V Edge with these, see edgeprobe-credentials(5), "
	 "and send packets through it",
	 2},
	{NULL, 0, NULL, 0, "To read:", 3},
	{"explain", KEY_EXPLAIN, "ID", 0,
	 "Explain a requirement, finding or field failure (EF-13), and stop",
	 3},
	{"list-probes", KEY_LIST_PROBES, NULL, 0, "List the probes, and stop",
	 3},
	{"list-requirements", KEY_LIST_REQUIREMENTS, NULL, 0,
	 "List the published requirements, and stop", 3},
	{"list-findings", KEY_LIST_FINDINGS, NULL, 0,
	 "List the findings, and stop", 3},
	{0},
};

/* A target has a dot, a verb has none; what follows a verb are files. */
static const struct {
	const char *name;
	int (*run)(const struct again *again);
} verbs[] = {
	{"judge", again_judge},
	{"diff", again_diff},
};

static void take_argument(struct settings *settings, const char *text)
{
	if (settings->verb) {
		if (settings->file_count == AGAIN_FILES_MAX)
			die("at most %d files", AGAIN_FILES_MAX);
		settings->files[settings->file_count++] = text;
		return;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!settings->target && strcmp(verbs[i].name, text) == 0)
			settings->verb = verbs[i].run;
	if (!settings->verb)
		take_target(settings, text);
}

/* A certificate speaks for a domain, and a domain needs one to be heard. */
static void check_identity(struct settings *settings)
{
	struct identity *identity = &settings->identity;

	if (!identity->cert_file && identity->key_file)
		die("--key: give its certificate too (--cert)");
	if (!identity->cert_file && settings->from_domain)
		die("--from-domain: give the certificate of its server "
		    "(--cert)");
	if (identity->cert_file && !settings->from_domain)
		die("--cert: give the SIP domain to speak for "
		    "(--from-domain)");
	if (!identity->key_file)
		identity->key_file = identity->cert_file;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct settings *settings = state->input;

	if (key >= KEY_ACCESS && key <= KEY_LAST_SERVICE) {
		take_service(settings, (enum service)(key - KEY_ACCESS), text);
		return 0;
	}
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &settings->common;
		return 0;
	case ARGP_KEY_ARG:
		take_argument(settings, text);
		return 0;
	case 't':
		settings->topology_file = text;
		return 0;
	case KEY_SIP_DOMAIN:
		take_domain(settings, text);
		return 0;
	case KEY_PRODUCT:
		take_product(settings, text);
		return 0;
	case KEY_KIND:
		take_kind(settings, text);
		return 0;
	case KEY_MY_ADDRESS:
		way_take_my_address(&settings->way, text);
		return 0;
	case KEY_RESOLVER:
		way_take_resolver(&settings->way, text);
		return 0;
	case KEY_CONNECT:
		take_override(settings, text);
		return 0;
	case KEY_CONTROL:
		take_control(settings, text);
		return 0;
	case KEY_CA_FILE:
		settings->ca_file = text;
		return 0;
	case KEY_ONLY:
		settings->only_count =
			take_list(settings, "--only", text, settings->only,
				  settings->only_count);
		return 0;
	case KEY_SKIP:
		settings->skip_count =
			take_list(settings, "--skip", text, settings->skip,
				  settings->skip_count);
		return 0;
	case KEY_CERT:
		settings->identity.cert_file = text;
		return 0;
	case KEY_KEY:
		settings->identity.key_file = text;
		return 0;
	case KEY_PASSPHRASE_FD:
		settings->identity.passphrase_fd = take_descriptor(text);
		return 0;
	case KEY_FROM_DOMAIN:
		settings->from_domain =
			take_name(settings, "--from-domain", text);
		return 0;
	case KEY_CREDENTIALS:
		settings->credentials_file = text;
		return 0;
	case KEY_SOAK:
		take_soak(settings, text);
		return 0;
	case KEY_TLS_VERSIONS:
		settings->tls_versions = true;
		return 0;
	case KEY_EXPLAIN:
		settings->explain = text;
		return 0;
	case KEY_LIST_PROBES:
		settings->list = list_probes;
		return 0;
	case KEY_LIST_REQUIREMENTS:
		settings->list = list_requirements;
		return 0;
	case KEY_LIST_FINDINGS:
		settings->list = list_findings;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&options_argp, 0, NULL, 0},
	{0},
};

static const struct argp command_line = {
	.options = option_table,
	.parser = parse,
	.args_doc = "TARGET\n-t FILE [TARGET]\n"
		    "judge [-t FILE] RUN.json...\ndiff OLD.json NEW.json",
	.doc = "Say why a Skype for Business or Lync Edge Server cannot be "
	       "reached from here, and prove it when it can. TARGET is a SIP "
	       "domain, an Edge name or a SIP URI.\v"
	       "Exit status: 0 all is well, 1 warnings, 2 something needed is "
	       "blocked or wrong, 3 unknown, or bad input.\n\n"
	       "Example: edgeprobe sip.contoso.com",
	.children = children,
};

struct scope settings_scope(const struct settings *settings)
{
	return (struct scope){
		.vantage = VANTAGE_OUTSIDE,
		.source = "",
		.only = settings->only,
		.only_count = settings->only_count,
		.skip = settings->skip,
		.skip_count = settings->skip_count,
		.tls_versions = settings->tls_versions,
		.soak = settings->soaks,
	};
}

void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv)
{
	settings->arena = arena;
	settings->common = options_default;
	settings->identity.passphrase_fd = -1;
	options_parse(&command_line, argc, argv, settings);
	check_identity(settings);
}

void settings_read_credentials(struct settings *settings,
			       struct credentials *credentials)
{
	if (!settings->credentials_file)
		return;
	secrets_read_credentials(settings->arena, credentials,
				 settings->credentials_file, false);
	settings->relay.credentials = credentials;
}
