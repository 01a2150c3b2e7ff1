#include "tools/edgeprobe/settings.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "tools/edgeprobe/words.h"
#include "tools/shared/secrets.h"

#include <string.h>

enum {
	KEY_ACCESS = 1, /* KEY_ACCESS + enum service */
	KEY_LAST_SERVICE = KEY_ACCESS + SERVICE_COUNT - 1,
	KEY_SIP_DOMAIN,
	KEY_MY_ADDRESS,
	KEY_TLS_VERSIONS,
	KEY_CERT,
	KEY_FROM_DOMAIN,
	KEY_CREDENTIALS,
	KEY_SOAK,
};

static const struct argp_option option_table[] = {
	{NULL, 0, NULL, 0, "What to look at:", 1},
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
	{"soak", KEY_SOAK, "SECONDS", OPTION_ARG_OPTIONAL,
	 "Also keep a connection to each Access Edge without traffic (60 s)",
	 1},
	{"tls-versions", KEY_TLS_VERSIONS, NULL, 0,
	 "Try every version of TLS as well", 1},
	{"my-address", KEY_MY_ADDRESS, "ADDR", 0,
	 "As what the Internet sees this place: what the relay sees instead is "
	 "not NAT of ours",
	 2},
	{"cert", KEY_CERT, "FILE", 0,
	 "Show 5061 this certificate (PEM) of a partner", 2},
	{"from-domain", KEY_FROM_DOMAIN, "NAME", 0,
	 "The partner's SIP domain, to speak for", 2},
	{"credentials", KEY_CREDENTIALS, "FILE", 0,
	 "Allocate at the A/V Edge with these, see edgeprobe-credentials(5), "
	 "and send packets through it",
	 2},
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
	struct identity *identity = &settings->looking.identity;

	looking_check(&settings->looking);
	if (!identity->cert_file && settings->from_domain)
		die("--from-domain: give the certificate of its server "
		    "(--cert)");
	if (identity->cert_file && !settings->from_domain)
		die("--cert: give the SIP domain to speak for "
		    "(--from-domain)");
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
		state->child_inputs[1] = &settings->looking;
		return 0;
	case ARGP_KEY_ARG:
		take_argument(settings, text);
		return 0;
	case KEY_SIP_DOMAIN:
		take_domain(settings, text);
		return 0;
	case KEY_MY_ADDRESS:
		way_take_my_address(&settings->looking.way, text);
		return 0;
	case KEY_CERT:
		settings->looking.identity.cert_file = text;
		return 0;
	case KEY_FROM_DOMAIN:
		settings->from_domain =
			looking_name(settings->arena, "--from-domain", text);
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
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&options_argp, 0, NULL, 0},
	{&looking_argp, 0, NULL, 0},
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
	struct scope scope = looking_scope(&settings->looking, VANTAGE_OUTSIDE);

	scope.tls_versions = settings->tls_versions;
	scope.soak = settings->soaks;
	return scope;
}

void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv)
{
	settings->arena = arena;
	settings->common = options_default;
	settings->looking.arena = arena;
	settings->looking.common = &settings->common;
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
