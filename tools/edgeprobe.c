/*
 * edgeprobe - why can people outside not reach this Edge Server?
 *
 * Looks at a deployment from outside, judges what was seen against the
 * published requirements, and says what to mend. See edgeprobe(1).
 */
#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "common/base/options.h"
#include "common/base/text.h"
#include "common/judge/findings.h"
#include "common/judge/judge.h"
#include "common/plan/lint.h"
#include "common/plan/outside.h"
#include "common/render/reports.h"
#include "probes/identity.h"
#include "probes/look.h"
#include "probes/probe.h"
#include "tools/edgeprobe/again.h"
#include "tui/progress.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define REPORT_MAX_US INT64_C(50000) /* of the deadline, for the report */
#define RESOLVERS_MAX 8
#define OVERRIDES_MAX 64
#define SCOPE_MAX     64

#define SOAK_DEFAULT_S 60
#define SOAK_MAX_S     3600

struct settings {
	struct arena *arena;
	struct options common;
	const char *target; /* as given; "" for none */
	const char *host;   /* the name in it; NULL for none */
	bool is_uri;	    /* then the name is a SIP domain for certain */
	const char *topology_file;
	const char *ca_file;
	const char *explain;
	void (*list)(void);
	int (*verb)(const struct again *again); /* NULL: look */
	const char *files[AGAIN_FILES_MAX];	/* of the verb */
	size_t file_count;

	const char *domains[TOPOLOGY_DOMAINS_MAX];
	size_t domain_count;
	struct {
		const char *name;
		uint16_t port; /* 0: not given */
	} services[SERVICE_COUNT];
	bool has_product, has_kind;
	enum product product;
	enum topology_kind kind;

	struct endpoint resolvers[RESOLVERS_MAX];
	size_t resolver_count;
	struct connect_override overrides[OVERRIDES_MAX];
	size_t override_count;
	struct control_place controls[DEPLOYMENT_CONTROLS_MAX];
	size_t control_count;
	const char *only[SCOPE_MAX], *skip[SCOPE_MAX];
	size_t only_count, skip_count;
	bool tls_versions;
	struct identity identity; /* cert_file NULL: none */
	const char *from_domain;
	bool soaks;
	int64_t soak_us;
};

enum {
	KEY_ACCESS = 1, /* KEY_ACCESS + enum service */
	KEY_LAST_SERVICE = KEY_ACCESS + SERVICE_COUNT - 1,
	KEY_SIP_DOMAIN,
	KEY_PRODUCT,
	KEY_KIND,
	KEY_RESOLVER,
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

static void list_probes(void)
{
	for (size_t i = 0; i < probe_count; i++)
		printf("%-22s %s\n", probe_table[i]->name,
		       probe_table[i]->summary);
}

static void list_requirements(void)
{
	size_t count;
	const struct requirement *table = requirement_table(&count);

	for (size_t i = 0; i < count; i++)
		printf("%-42s %-6s %s\n", table[i].id,
		       severity_name(table[i].severity), table[i].statement);
}

static void list_findings(void)
{
	for (size_t i = 0; i < finding_rule_count; i++)
		printf("%-30s %s\n", finding_rules[i].id,
		       finding_rules[i].title);
}

/* What people write where a name belongs, and what to write instead. */
static const char *name_advice(const char *text)
{
	struct address address;

	if (strchr(text, '/'))
		return "; give the name in it alone, no URL";
	if (address_parse(text, &address))
		return " but an address; give the name, and the address with "
		       "--connect NAME::ADDRESS:PORT";
	if (strchr(text, '@'))
		return "; write a SIP address as sip:USER@DOMAIN";
	if (strchr(text, ':'))
		return "; give ports with --access NAME:PORT and the like";
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return "; write an international name in its form "
			       "xn--...";
	return "";
}

/*
 * A host name of two labels or more, in lower case and without the dot of
 * the root, which no certificate has.
 */
static const char *parse_name(struct settings *settings, const char *option,
			      const char *text)
{
	char *name = arena_text(settings->arena, text);
	const char *advice = name_advice(text);

	if (*advice)
		die("%s: '%s' is not a host name%s", option, text, advice);
	if (!strchr(text, '.'))
		die("%s: '%s' has no dot, so it is no full host name", option,
		    text);
	if (!dns_name_is_lawful(text))
		die("%s: '%s' is not a host name", option, text);
	for (char *at = name; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (name[strlen(name) - 1] == '.')
		name[strlen(name) - 1] = '\0';
	return name;
}

static void set_service(struct settings *settings, enum service service,
			const char *text)
{
	char option[32];
	char *name = arena_text(settings->arena, text);
	char *colon = strchr(name, ':');

	snprintf(option, sizeof(option), "--%s", service_name(service));
	if (colon) {
		*colon = '\0';
		if (!port_parse(colon + 1, &settings->services[service].port))
			die("%s: '%s' is not a port", option, colon + 1);
	}
	settings->services[service].name = parse_name(settings, option, name);
}

static void add_domain(struct settings *settings, const char *text)
{
	if (settings->domain_count == TOPOLOGY_DOMAINS_MAX)
		die("--sip-domain: at most %d", TOPOLOGY_DOMAINS_MAX);
	settings->domains[settings->domain_count++] =
		parse_name(settings, "--sip-domain", text);
}

static void add_resolver(struct settings *settings, const char *text)
{
	const char *why;

	if (settings->resolver_count == RESOLVERS_MAX)
		die("--resolver: at most %d", RESOLVERS_MAX);
	if (!endpoint_parse(text, 53,
			    &settings->resolvers[settings->resolver_count++],
			    &why))
		die("--resolver: '%s': %s", text, why);
}

/* HOST:PORT:ADDR:PORT; PORT of HOST may be empty, for any. */
static void add_override(struct settings *settings, const char *text)
{
	struct connect_override *override;
	char *name = arena_text(settings->arena, text);
	char *port = strchr(name, ':');
	char *to = port ? strchr(port + 1, ':') : NULL;
	const char *why;

	if (settings->override_count == OVERRIDES_MAX)
		die("--connect: at most %d", OVERRIDES_MAX);
	override = &settings->overrides[settings->override_count++];
	if (!to)
		die("--connect: '%s' is not HOST:PORT:ADDR:PORT", text);
	*port++ = *to++ = '\0';
	override->name = parse_name(settings, "--connect", name);
	if (*port && !port_parse(port, &override->port))
		die("--connect: '%s' is not a port", port);
	if (!endpoint_parse(to, 0, &override->to, &why))
		die("--connect: '%s': %s", to, why);
	if (!override->to.port)
		die("--connect: '%s' has no port", to);
}

/* HOST:PORT, TCP unless /udp follows. */
static void add_control(struct settings *settings, const char *text)
{
	char *place = arena_text(settings->arena, text);
	char *slash = strchr(place, '/');
	struct control_place *control;
	char *colon;
	const char *why;

	if (settings->control_count == DEPLOYMENT_CONTROLS_MAX)
		die("--control: at most %d", DEPLOYMENT_CONTROLS_MAX);
	control = &settings->controls[settings->control_count++];
	control->text = text;
	if (slash) {
		if (strcmp(slash, "/udp") != 0 && strcmp(slash, "/tcp") != 0)
			die("--control: '%s' is neither /tcp nor /udp", slash);
		if (slash[1] == 'u')
			control->endpoint.transport = TRANSPORT_UDP;
		*slash = '\0';
	}
	if (endpoint_parse(place, 0, &control->endpoint, &why)) {
		if (!control->endpoint.port)
			die("--control: '%s' has no port", text);
		return;
	}
	colon = strrchr(place, ':');
	if (!colon || !port_parse(colon + 1, &control->endpoint.port))
		die("--control: '%s' is not HOST:PORT[/udp]", text);
	*colon = '\0';
	control->endpoint.name = parse_name(settings, "--control", place);
}

static size_t split_list(struct settings *settings, const char *option,
			 const char *text, const char **items, size_t count)
{
	char *rest = arena_text(settings->arena, text);
	char *item;

	while ((item = strsep(&rest, ","))) {
		if (!scope_knows(item) && !probe_find(item))
			die("%s: '%s' is no probe, area or id (--list-probes, "
			    "--list-requirements)",
			    option, item);
		if (count == SCOPE_MAX)
			die("%s: at most %d", option, SCOPE_MAX);
		items[count++] = item;
	}
	return count;
}

static void set_soak(struct settings *settings, const char *text)
{
	char *end = NULL;
	long seconds = text ? strtol(text, &end, 10) : SOAK_DEFAULT_S;

	if (text &&
	    (end == text || *end || seconds < 1 || seconds > SOAK_MAX_S))
		die("--soak: '%s' is not a number of seconds from 1 to %d",
		    text, SOAK_MAX_S);
	settings->soaks = true;
	settings->soak_us = seconds * CLOCK_SECOND_US;
}

static void set_product(struct settings *settings, const char *text)
{
	if (!product_parse(text, &settings->product))
		die("--product: '%s' is none of lync2010, lync2013, sfb2015, "
		    "sfb2019, sfbse",
		    text);
	settings->has_product = true;
}

static void set_kind(struct settings *settings, const char *text)
{
	if (!kind_parse(text, &settings->kind))
		die("--kind: '%s' is none of single-nat, single-public, "
		    "scaled-dnslb-nat, scaled-dnslb-public, scaled-hlb",
		    text);
	settings->has_kind = true;
}

/* A SIP domain, an Edge name or a SIP URI. */
static void set_target(struct settings *settings, const char *text)
{
	const char *host = text;
	size_t length = strlen(text);

	if (settings->target)
		die("one target at a time: '%s' is one too many", text);
	settings->target = text;
	settings->is_uri = strncasecmp(text, "sip:", 4) == 0 ||
			   strncasecmp(text, "sips:", 5) == 0;
	if (settings->is_uri) {
		const char *at = strchr(text, '@');

		host = at ? at + 1 : strchr(text, ':') + 1;
		length = strcspn(host, ":;?>");
	}
	settings->host = parse_name(settings, "target",
				    arena_copy(settings->arena, host, length));
}

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
		set_target(settings, text);
}

static int parse_descriptor(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0 || number > INT_MAX)
		die("--key-passphrase-fd: '%s' is not a descriptor", text);
	return (int)number;
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
		set_service(settings, (enum service)(key - KEY_ACCESS), text);
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
		add_domain(settings, text);
		return 0;
	case KEY_PRODUCT:
		set_product(settings, text);
		return 0;
	case KEY_KIND:
		set_kind(settings, text);
		return 0;
	case KEY_RESOLVER:
		add_resolver(settings, text);
		return 0;
	case KEY_CONNECT:
		add_override(settings, text);
		return 0;
	case KEY_CONTROL:
		add_control(settings, text);
		return 0;
	case KEY_CA_FILE:
		settings->ca_file = text;
		return 0;
	case KEY_ONLY:
		settings->only_count =
			split_list(settings, "--only", text, settings->only,
				   settings->only_count);
		return 0;
	case KEY_SKIP:
		settings->skip_count =
			split_list(settings, "--skip", text, settings->skip,
				   settings->skip_count);
		return 0;
	case KEY_CERT:
		settings->identity.cert_file = text;
		return 0;
	case KEY_KEY:
		settings->identity.key_file = text;
		return 0;
	case KEY_PASSPHRASE_FD:
		settings->identity.passphrase_fd = parse_descriptor(text);
		return 0;
	case KEY_FROM_DOMAIN:
		settings->from_domain =
			parse_name(settings, "--from-domain", text);
		return 0;
	case KEY_SOAK:
		set_soak(settings, text);
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
	.args_doc = "TARGET\n-t FILE",
	.doc = "Say why a Skype for Business or Lync Edge Server cannot be "
	       "reached from here, and prove it when it can. TARGET is a SIP "
	       "domain, an Edge name or a SIP URI.\v"
	       "Exit status: 0 all is well, 1 warnings, 2 something needed is "
	       "blocked or wrong, 3 unknown, or bad input.\n\n"
	       "Example: edgeprobe sip.contoso.com",
	.children = children,
};

static void add_sip_domain(struct topology *topology, const char *domain)
{
	for (size_t i = 0; i < topology->domain_count; i++) {
		if (text_names_equal(topology->domains[i], domain))
			return;
	}
	if (topology->domain_count == TOPOLOGY_DOMAINS_MAX)
		die("--sip-domain: at most %d", TOPOLOGY_DOMAINS_MAX);
	topology->domains[topology->domain_count++] = domain;
}

/* With a file, a target can only be something that stands in it. */
static void check_target(const struct settings *settings,
			 const struct topology *topology)
{
	for (size_t i = 0; i < topology->domain_count; i++) {
		if (text_names_equal(topology->domains[i], settings->host))
			return;
	}
	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (topology->names[i] &&
		    text_names_equal(topology->names[i], settings->host))
			return;
	}
	die("%s is neither a SIP domain nor a name in %s", settings->host,
	    settings->topology_file);
}

/* The topology as told: file or defaults, then the options on top. */
static struct topology *make_topology(struct settings *settings)
{
	struct topology *topology;
	struct remarks remarks;
	const char *why;

	if (settings->topology_file) {
		topology = topology_read(settings->arena,
					 settings->topology_file, &why);
		if (!topology)
			die("%s", why);
		remarks = lint(settings->arena, topology);
		remarks_note(topology, &remarks);
		if (settings->host)
			check_target(settings, topology);
	} else {
		topology = topology_new(settings->arena);
		if (settings->is_uri)
			add_sip_domain(topology, settings->host);
	}
	for (size_t i = 0; i < settings->domain_count; i++)
		add_sip_domain(topology, settings->domains[i]);
	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		if (settings->services[i].name)
			topology->names[i] = settings->services[i].name;
	}
	for (unsigned i = 0; i < LISTENER_COUNT; i++) {
		const struct listener_info *info = &listener_table[i];
		uint16_t port = settings->services[info->service].port;

		/* NAME:PORT is the port that clients go to, over TCP */
		if (port && info->transport == TRANSPORT_TCP &&
		    i != LISTENER_FEDERATION)
			topology->ports[i] = port;
	}
	if (settings->has_product) {
		topology->product = settings->product;
		topology->product_known = true;
	}
	if (settings->has_kind) {
		topology->kind = settings->kind;
		topology->kind_known = true;
	}
	return topology;
}

static const char *make_run_id(struct arena *arena)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		die("no random numbers: %s", strerror(errno));
	return arena_format(arena, "%08x", number);
}

static bool wants_probe(const void *scope, const char *probe)
{
	return scope_wants_probe(scope, probe);
}

static void show_observation(void *context, struct observation *observation)
{
	const struct reports *reports = context;

	if (reports_are_live(reports))
		progress_clear();
	reports_observation(reports, observation);
}

static void show_progress(void *context, size_t done, size_t total,
			  const char *current)
{
	(void)context;
	progress_show(done, total, current, clock_now_us());
}

/* One line: why there was nothing to look at. */
static void say_what_is_missing(const char *target, bool interrupted,
				const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;
	const char *detail = "";

	const struct fact *made_up =
		deployment_records(deployment, OUTSIDE_NO_NAME, DNS_A);

	for (size_t i = 0; i < list->count && !*detail; i++)
		if (strcmp(list->items[i]->probe, "dns") == 0)
			detail = list->items[i]->detail;
	if (interrupted)
		log_note("%s: %s before anything was known", target,
			 list->count ? list->items[list->count - 1]->detail
				     : "interrupted");
	else if (made_up)
		log_note("%s: dns: the resolver answers with %s even for names "
			 "that cannot exist, as behind a portal to sign in to: "
			 "do so, or ask another with --resolver",
			 target, made_up->text);
	else if (deployment->discovery == DISCOVERY_NO_DNS)
		log_note("%s: dns: no resolver answers%s%s", target,
			 *detail ? ": " : "", detail);
	else
		log_note("%s: dns: no such name, and no SRV record of an Edge "
			 "leads to it",
			 target);
}

static struct scope scope_of(const struct settings *settings)
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

/* A run is over when its report is written, which also takes its time. */
static int64_t looking_us(const struct settings *settings)
{
	int64_t deadline_us = settings->common.deadline_us;
	int64_t share_us = deadline_us / 20;

	return deadline_us -
	       (share_us < REPORT_MAX_US ? share_us : REPORT_MAX_US) +
	       settings->soak_us;
}

static int look_and_judge(struct settings *settings)
{
	struct arena *arena = settings->arena;
	struct observation_list observations = {0};
	const struct topology *topology = make_topology(settings);
	struct deployment deployment = {
		.arena = arena,
		.asked = settings->topology_file || settings->is_uri
				 ? NULL
				 : settings->host,
		.given = topology,
		.overrides = settings->overrides,
		.override_count = settings->override_count,
		.resolvers = settings->resolvers,
		.resolver_count = settings->resolver_count,
		.controls = settings->controls,
		.control_count = settings->control_count,
		.families = settings->common.families,
		.from_domain = settings->from_domain,
		.observations = &observations,
	};
	const struct scope scope = scope_of(settings);
	struct run run = {
		.id = make_run_id(arena),
		.tool = "edgeprobe " EDGEPROBE_VERSION,
		.vantage = VANTAGE_OUTSIDE,
		.target = settings->target	   ? settings->target
			  : settings->domain_count ? settings->domains[0]
						   : "",
		.started_us = clock_wall_us(),
		.roots = settings->ca_file ? settings->ca_file : "system",
	};
	struct reports reports = {0};
	struct look look = {
		.engine = {.arena = arena,
			   .run = run.id,
			   .vantage = run.vantage,
			   .timeout_us = settings->common.timeout_us,
			   .deadline_us = looking_us(settings),
			   .soak_us = settings->soak_us,
			   .resolvers = settings->resolvers,
			   .resolver_count = settings->resolver_count,
			   .ca_file = settings->ca_file,
			   .identity = settings->identity.cert_file
					       ? &settings->identity
					       : NULL,
			   .observed = show_observation,
			   .progress = show_progress,
			   .context = &reports},
		.deployment = &deployment,
		.observations = &observations,
		.wanted = wants_probe,
		.wanted_context = &scope,
	};
	struct report report = {.run = &run,
				.deployment = &deployment,
				.observations = &observations};
	int64_t started_us = clock_now_us();
	enum look_end end;
	const char *why;
	int exit_code = EXIT_UNKNOWN;

	reports_open(arena, &reports, &settings->common, &run);
	progress_begin(options_colour(settings->common.colour, STDERR_FILENO));
	end = look_run(&look, &why);
	progress_end();
	if (end == LOOK_IMPOSSIBLE) {
		reports_abandon(&reports);
		die("%s", why);
	}
	run.duration_us = clock_now_us() - started_us;
	run.interrupted = end == LOOK_INTERRUPTED;
	run.inferred = deployment.inferred;
	run.inferred_count = deployment.inferred_count;
	if (deployment.discovery == DISCOVERY_DONE) {
		report.judgement = judge(arena, &deployment, &scope);
		exit_code = report.judgement->exit_code;
	} else {
		say_what_is_missing(settings->target, run.interrupted,
				    &deployment);
	}
	reports_finish(&reports, &report);
	return exit_code;
}

static int run_verb(struct settings *settings)
{
	const struct scope scope = scope_of(settings);
	const struct again again = {
		.arena = settings->arena,
		.options = &settings->common,
		.files = settings->files,
		.file_count = settings->file_count,
		.topology_file = settings->topology_file,
		.scope = &scope,
	};

	if (!settings->file_count)
		die("which runs? Give the files of -o json:FILE");
	return settings->verb(&again);
}

int main(int argc, char **argv)
{
	static struct settings settings;
	int exit_code = 0;

	log_init("edgeprobe");
	signal(SIGPIPE, SIG_IGN);
	settings.arena = arena_new();
	settings.common = options_default;
	settings.identity.passphrase_fd = -1;
	options_parse(&command_line, argc, argv, &settings);
	log_set_debug(settings.common.verbose > 1);
	check_identity(&settings);
	if (settings.list) {
		settings.list();
	} else if (settings.explain) {
		const char *text =
			judge_explain(settings.arena, settings.explain);

		if (!text)
			die("--explain: no requirement or finding '%s' "
			    "(--list-requirements, --list-findings)",
			    settings.explain);
		fputs(text, stdout);
	} else if (settings.verb) {
		exit_code = run_verb(&settings);
	} else if (settings.target || settings.topology_file ||
		   settings.domain_count) {
		exit_code = look_and_judge(&settings);
	} else {
		die("what to look at? A SIP domain, an Edge name or -t FILE "
		    "(try --help)");
	}
	arena_free(settings.arena);
	return exit_code;
}
