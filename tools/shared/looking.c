#include "tools/shared/looking.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "common/judge/judge.h"
#include "common/plan/lint.h"
#include "probes/probe.h"
#include "tools/shared/conduct.h"
#include "tools/shared/lists.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define REPORT_MAX_US INT64_C(50000) /* of the deadline, for the report */

enum {
	KEY_PRODUCT = 0x2000,
	KEY_KIND,
	KEY_ONLY,
	KEY_SKIP,
	KEY_RESOLVER,
	KEY_CONNECT,
	KEY_CONTROL,
	KEY_CA_FILE,
	KEY_KEY,
	KEY_PASSPHRASE_FD,
	KEY_EXPLAIN,
	KEY_LIST_PROBES,
	KEY_LIST_REQUIREMENTS,
	KEY_LIST_FINDINGS,
};

static const struct argp_option table[] = {
	{"topology", 't', "FILE", 0, "Read the deployment from a topology file",
	 1},
	{"product", KEY_PRODUCT, "NAME", 0,
	 "lync2010, lync2013, sfb2015, sfb2019 or sfbse", 1},
	{"kind", KEY_KIND, "NAME", 0,
	 "single-nat, single-public, scaled-dnslb-nat, scaled-dnslb-public "
	 "or scaled-hlb",
	 1},
	{"only", KEY_ONLY, "LIST", 0,
	 "Look only at these probes, areas or ids (commas between)", 1},
	{"skip", KEY_SKIP, "LIST", 0, "Leave these out", 1},
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
	{"key", KEY_KEY, "FILE", 0,
	 "Its private key (PEM); else it is in the same file", 2},
	{"key-passphrase-fd", KEY_PASSPHRASE_FD, "NUMBER", 0,
	 "Read the key's passphrase from this descriptor", 2},
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

const char *looking_name(struct arena *arena, const char *option,
			 const char *text)
{
	char *name = arena_text(arena, text);
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

/* HOST:PORT:ADDR:PORT; PORT of HOST may be empty, for any. */
static void take_override(struct looking *looking, const char *text)
{
	struct way *way = &looking->way;
	struct connect_override *override;
	char *name = arena_text(looking->arena, text);
	char *port = strchr(name, ':');
	char *to = port ? strchr(port + 1, ':') : NULL;
	const char *why;

	if (way->override_count == WAY_OVERRIDES_MAX)
		die("--connect: at most %d", WAY_OVERRIDES_MAX);
	override = &way->overrides[way->override_count++];
	if (!to)
		die("--connect: '%s' is not HOST:PORT:ADDR:PORT", text);
	*port++ = *to++ = '\0';
	override->name = looking_name(looking->arena, "--connect", name);
	if (*port && !port_parse(port, &override->port))
		die("--connect: '%s' is not a port", port);
	if (!endpoint_parse(to, 0, &override->to, &why))
		die("--connect: '%s': %s", to, why);
	if (!override->to.port)
		die("--connect: '%s' has no port", to);
}

/* HOST:PORT, TCP unless /udp follows. */
static void take_control(struct looking *looking, const char *text)
{
	struct way *way = &looking->way;
	char *place = arena_text(looking->arena, text);
	char *slash = strchr(place, '/');
	struct control_place *control;
	char *colon;
	const char *why;

	if (way->control_count == DEPLOYMENT_CONTROLS_MAX)
		die("--control: at most %d", DEPLOYMENT_CONTROLS_MAX);
	control = &way->controls[way->control_count++];
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
	control->endpoint.name =
		looking_name(looking->arena, "--control", place);
}

static size_t take_list(struct looking *looking, const char *option,
			const char *text, const char **items, size_t count)
{
	char *rest = arena_text(looking->arena, text);
	char *item;

	while ((item = strsep(&rest, ","))) {
		if (!scope_knows(item) && !probe_find(item))
			die("%s: '%s' is no probe, area or id (--list-probes, "
			    "--list-requirements)",
			    option, item);
		if (count == LOOKING_SCOPE_MAX)
			die("%s: at most %d", option, LOOKING_SCOPE_MAX);
		items[count++] = item;
	}
	return count;
}

static void take_product(struct looking *looking, const char *text)
{
	if (!product_parse(text, &looking->product))
		die("--product: '%s' is none of lync2010, lync2013, sfb2015, "
		    "sfb2019, sfbse",
		    text);
	looking->has_product = true;
}

static void take_kind(struct looking *looking, const char *text)
{
	if (!kind_parse(text, &looking->kind))
		die("--kind: '%s' is none of single-nat, single-public, "
		    "scaled-dnslb-nat, scaled-dnslb-public, scaled-hlb",
		    text);
	looking->has_kind = true;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct looking *looking = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		looking->identity.passphrase_fd = -1;
		return 0;
	case 't':
		looking->topology_file = text;
		return 0;
	case KEY_PRODUCT:
		take_product(looking, text);
		return 0;
	case KEY_KIND:
		take_kind(looking, text);
		return 0;
	case KEY_ONLY:
		looking->only_count =
			take_list(looking, "--only", text, looking->only,
				  looking->only_count);
		return 0;
	case KEY_SKIP:
		looking->skip_count =
			take_list(looking, "--skip", text, looking->skip,
				  looking->skip_count);
		return 0;
	case KEY_RESOLVER:
		way_take_resolver(&looking->way, text);
		return 0;
	case KEY_CONNECT:
		take_override(looking, text);
		return 0;
	case KEY_CONTROL:
		take_control(looking, text);
		return 0;
	case KEY_CA_FILE:
		looking->ca_file = text;
		return 0;
	case KEY_KEY:
		looking->identity.key_file = text;
		return 0;
	case KEY_PASSPHRASE_FD:
		looking->identity.passphrase_fd =
			options_descriptor("--key-passphrase-fd", text);
		return 0;
	case KEY_EXPLAIN:
		looking->explain = text;
		return 0;
	case KEY_LIST_PROBES:
		looking->list = list_probes;
		return 0;
	case KEY_LIST_REQUIREMENTS:
		looking->list = list_requirements;
		return 0;
	case KEY_LIST_FINDINGS:
		looking->list = list_findings;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp looking_argp = {.options = table, .parser = parse};

void looking_check(struct looking *looking)
{
	struct identity *identity = &looking->identity;

	if (!identity->cert_file && identity->key_file)
		die("--key: give its certificate too (--cert)");
	if (!identity->key_file)
		identity->key_file = identity->cert_file;
}

static void explain(const struct looking *looking)
{
	const char *text = judge_explain(looking->arena, looking->explain);

	if (!text)
		die("--explain: no requirement or finding '%s' "
		    "(--list-requirements, --list-findings)",
		    looking->explain);
	fputs(text, stdout);
}

bool looking_tell(const struct looking *looking)
{
	if (looking->list)
		looking->list();
	else if (looking->explain)
		explain(looking);
	return looking->list || looking->explain;
}

struct topology *looking_topology(const struct looking *looking)
{
	struct topology *topology;
	struct remarks remarks;
	const char *why;

	if (looking->topology_file) {
		topology = topology_read(looking->arena, looking->topology_file,
					 &why);
		if (!topology)
			die("%s", why);
		remarks = lint(looking->arena, topology);
		remarks_note(topology, &remarks);
	} else {
		topology = topology_new(looking->arena);
	}
	if (looking->has_product) {
		topology->product = looking->product;
		topology->product_known = true;
	}
	if (looking->has_kind) {
		topology->kind = looking->kind;
		topology->kind_known = true;
	}
	return topology;
}

struct scope looking_scope(const struct looking *looking, enum vantage vantage)
{
	return (struct scope){
		.vantage = vantage,
		.source = "",
		.only = looking->only,
		.only_count = looking->only_count,
		.skip = looking->skip,
		.skip_count = looking->skip_count,
	};
}

struct deployment looking_deployment(const struct looking *looking,
				     enum vantage vantage,
				     const struct topology *given,
				     const struct observation_list *seen)
{
	const struct way *way = &looking->way;

	return (struct deployment){
		.arena = looking->arena,
		.vantage = vantage,
		.given = given,
		.overrides = way->overrides,
		.override_count = way->override_count,
		.resolvers = way->resolvers,
		.resolver_count = way->resolver_count,
		.controls = way->controls,
		.control_count = way->control_count,
		.families = looking->common->families,
		.my_addresses = {way->my_addresses[0], way->my_addresses[1]},
		.observations = seen,
	};
}

/* A run is over when its report is written, which also takes its time. */
static int64_t looking_us(const struct looking *looking)
{
	int64_t deadline_us = looking->common->deadline_us;
	int64_t share_us = deadline_us / 20;

	return deadline_us -
	       (share_us < REPORT_MAX_US ? share_us : REPORT_MAX_US);
}

struct engine_settings looking_engine(const struct looking *looking,
				      const struct run *run)
{
	return (struct engine_settings){
		.arena = looking->arena,
		.run = run->id,
		.vantage = run->vantage,
		.timeout_us = looking->common->timeout_us,
		.deadline_us = looking_us(looking),
		.resolvers = looking->way.resolvers,
		.resolver_count = looking->way.resolver_count,
		.ca_file = looking->ca_file,
		.identity =
			looking->identity.cert_file ? &looking->identity : NULL,
	};
}

struct run looking_run(const struct looking *looking, enum vantage vantage,
		       const char *tool, const char *target)
{
	return (struct run){
		.id = conduct_new_id(looking->arena),
		.tool = tool,
		.vantage = vantage,
		.target = target,
		.started_us = clock_wall_us(),
		.roots = looking->ca_file ? looking->ca_file : "system",
	};
}
