/*
 * edgesim.c - a stand-in Edge Server: options, then edge_run().
 */
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "common/base/options.h"
#include "common/model/topology.h"
#include "common/plan/lint.h"
#include "probes/serve/edge.h"
#include "tools/edgesim/role.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIFETIME_MAX_S	 86400
#define ALLOCATIONS_MOST 20000

enum {
	KEY_FAULT = 0x2000,
	KEY_LIST_FAULTS,
	KEY_DOMAIN,
	KEY_NODE,
	KEY_NETNS,
	KEY_CA_OUT,
	KEY_READY_FD,
	KEY_READY_FILE,
	KEY_REQUIRE,
	KEY_TLS13,
	KEY_INSIDE,
	KEY_LIFETIME,
	KEY_ALLOCATIONS,
	KEY_CREDENTIALS,
	KEY_ROLE,
	KEY_ADDRESS,
	KEY_LISTS,
};

struct command {
	const char *topology_file;
	const char *domain;
	const char *faults[FAULT_CHOICES_MAX];
	size_t fault_count;
	const char *nodes[TOPOLOGY_NODES_MAX + 1];
	size_t node_count;
	struct edge_space spaces[TOPOLOGY_NODES_MAX + 1];
	size_t space_count;
	const char *ca_out;
	const char *credentials_out;
	struct address lists_at;
	uint32_t lifetime_s;
	uint32_t allocations_max;
	const char *ready_file;
	int ready_fd;
	bool requires_client_certificate;
	bool speaks_tls13;
	bool serves_inside;
	struct role_choice servers; /* instead of the Edge */
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "What to stand in for:", 1},
	{"topology", 't', "FILE", 0,
	 "Bind the external listeners of every node of this topology file", 1},
	{"node", KEY_NODE, "NAME", 0,
	 "Only this node of the file; may be given several times", 1},
	{"netns", KEY_NETNS, "NODE=FILE", 0,
	 "This node stands in another network namespace", 1},
	{"domain", KEY_DOMAIN, "DOMAIN", 0,
	 "Without a file: one node on 127.0.0.1 with names under DOMAIN "
	 "(default contoso.com)",
	 1},
	{"require-client-certificate", KEY_REQUIRE, NULL, 0,
	 "Refuse federation partners that show no certificate", 1},
	{"tls13", KEY_TLS13, NULL, 0,
	 "Speak TLS 1.3 too, as an Edge on newer Windows does", 1},
	{"lifetime", KEY_LIFETIME, "SECONDS", 0,
	 "The most that an allocation is granted (default 600)", 1},
	{"max-allocations", KEY_ALLOCATIONS, "NUMBER", 0,
	 "How many a node has at a time (default 1000)", 1},
	{"inside", KEY_INSIDE, NULL, 0,
	 "Stand in for the internal side as well, at the internal addresses of "
	 "the file",
	 1},
	{"role", KEY_ROLE, "ROLE", 0,
	 "Stand in for the servers of this role instead of the Edge: frontend, "
	 "frontend-collocated-mediation, director, mediation, "
	 "persistent-chat, office-web-apps or all-servers",
	 1},
	{"address", KEY_ADDRESS, "[NAME=]ADDR", 0,
	 "With --role: a server at this address, instead of those of the "
	 "file; may be given several times",
	 1},
	{"lists-at", KEY_LISTS, "ADDRESS", 0,
	 "Serve revocation lists and OCSP here, and not at the Access Edge", 1},
	{NULL, 0, NULL, 0, "What is wrong with it:", 2},
	{"fault", KEY_FAULT, "ID[@NODE]", 0,
	 "Have this fault, at one node or at all; may be given several times",
	 2},
	{"list-faults", KEY_LIST_FAULTS, NULL, 0, "List the faults", 2},
	{NULL, 0, NULL, 0, "For others to find it:", 3},
	{"ca-out", KEY_CA_OUT, "FILE", 0,
	 "Write the root certificate to FILE, in PEM", 3},
	{"credentials-out", KEY_CREDENTIALS, "FILE", 0,
	 "Write credentials for the relay to FILE, good for 8 hours", 3},
	{"ready-fd", KEY_READY_FD, "NUMBER", 0,
	 "Write a line to this descriptor and close it, once all is bound", 3},
	{"ready-file", KEY_READY_FILE, "FILE", 0,
	 "Create FILE once all is bound, remove it at the end", 3},
	{0},
};

static void add_text(const char **list, size_t *count, size_t capacity,
		     const char *option, const char *text)
{
	if (*count == capacity)
		die("%s: at most %zu", option, capacity);
	list[(*count)++] = text;
}

/* NODE=FILE, where FILE is a network namespace, as ip-netns(8) keeps them. */
static void add_space(struct command *command, char *text)
{
	char *file = strchr(text, '=');
	struct edge_space *space = &command->spaces[command->space_count];

	if (!file)
		die("--netns: '%s' is not NODE=FILE", text);
	if (command->space_count == TOPOLOGY_NODES_MAX + 1)
		die("--netns: at most %d", TOPOLOGY_NODES_MAX + 1);
	*file++ = '\0';
	space->node = text;
	space->netns = open(file, O_RDONLY | O_CLOEXEC);
	if (space->netns < 0)
		die("--netns: %s: %s", file, strerror(errno));
	command->space_count++;
}

static int parse_descriptor(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0 || number > 65535 ||
	    fcntl((int)number, F_GETFD) < 0)
		die("--ready-fd: '%s' is not an open descriptor", text);
	return (int)number;
}

static uint32_t parse_number(const char *option, const char *text,
			     unsigned long most)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !number || number > most)
		die("%s: '%s' is not a number from 1 to %lu", option, text,
		    most);
	return (uint32_t)number;
}

static void set_lists(struct command *command, const char *text)
{
	if (!address_parse(text, &command->lists_at))
		die("--lists-at: '%s' is not an address", text);
}

static _Noreturn void list_faults(void)
{
	role_list_faults();
	for (size_t i = 0; i < fault_count; i++)
		printf("%-30s %s\n", fault_table[i].id, fault_table[i].summary);
	exit(0);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct command *command = state->input;

	switch (key) {
	case 't':
		command->topology_file = argument;
		return 0;
	case KEY_NODE:
		add_text(command->nodes, &command->node_count,
			 TOPOLOGY_NODES_MAX + 1, "--node", argument);
		return 0;
	case KEY_NETNS:
		add_space(command, argument);
		return 0;
	case KEY_DOMAIN:
		command->domain = argument;
		return 0;
	case KEY_REQUIRE:
		command->requires_client_certificate = true;
		return 0;
	case KEY_ROLE:
		role_take(&command->servers, argument);
		return 0;
	case KEY_ADDRESS:
		role_take_address(&command->servers, argument);
		return 0;
	case KEY_INSIDE:
		command->serves_inside = true;
		return 0;
	case KEY_TLS13:
		command->speaks_tls13 = true;
		return 0;
	case KEY_LIFETIME:
		command->lifetime_s =
			parse_number("--lifetime", argument, LIFETIME_MAX_S);
		return 0;
	case KEY_ALLOCATIONS:
		command->allocations_max = parse_number(
			"--max-allocations", argument, ALLOCATIONS_MOST);
		return 0;
	case KEY_LISTS:
		set_lists(command, argument);
		return 0;
	case KEY_FAULT:
		add_text(command->faults, &command->fault_count,
			 FAULT_CHOICES_MAX, "--fault", argument);
		return 0;
	case KEY_LIST_FAULTS:
		list_faults();
	case KEY_CA_OUT:
		command->ca_out = argument;
		return 0;
	case KEY_CREDENTIALS:
		command->credentials_out = argument;
		return 0;
	case KEY_READY_FD:
		command->ready_fd = parse_descriptor(argument);
		return 0;
	case KEY_READY_FILE:
		command->ready_file = argument;
		return 0;
	case ARGP_KEY_ARG:
		die("unexpected argument '%s' (try --help)", argument);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&options_help_argp, 0, NULL, 0},
	{0},
};

static const struct argp argp = {
	.options = table,
	.parser = parse,
	.doc = "Stands in for a Skype for Business Edge Server: its external "
	       "side, and on demand the internal one.",
	.children = children,
};

/* Letters, digits and hyphens: it goes into certificates as it is. */
static bool is_plain_name(const char *name)
{
	static const char lawful[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	return dns_name_is_lawful(name) && strlen(name) < 200 &&
	       name[strspn(name, lawful)] == '\0';
}

/* One node on loopback, on ports that need no rights. */
static struct topology *trial_topology(struct arena *arena, const char *domain)
{
	static const uint16_t ports[LISTENER_OUTSIDE_COUNT] = {
		[LISTENER_ACCESS] = 8443,  [LISTENER_FEDERATION] = 5061,
		[LISTENER_WEBCONF] = 8444, [LISTENER_AV_TCP] = 8445,
		[LISTENER_AV_UDP] = 3478,  [LISTENER_XMPP] = 5269,
	};
	static const char *const labels[SERVICE_XMPP] = {
		[SERVICE_ACCESS] = "sip",
		[SERVICE_WEBCONF] = "webcon",
		[SERVICE_AV] = "av",
	};
	struct topology *topology = topology_new(arena);
	struct node *node = &topology->nodes[topology->node_count++];
	struct service_address here;

	if (!is_plain_name(domain))
		die("--domain: '%s' is not a DNS name", domain);
	topology->domains[topology->domain_count++] = domain;
	memcpy(topology->ports, ports, sizeof(ports));
	node->name = "edge1";
	address_parse("127.0.0.1", &here.local);
	here.public = here.local;
	for (size_t i = 0; i < SERVICE_XMPP; i++) {
		topology->names[i] =
			arena_format(arena, "%s.%s", labels[i], domain);
		node->addresses[i][0] = here;
		node->address_count[i] = 1;
	}
	return topology;
}

static struct topology *find_topology(struct arena *arena,
				      const struct command *command)
{
	struct topology *topology;
	struct remarks remarks;
	const char *why;

	if (!command->topology_file)
		return trial_topology(arena, command->domain ? command->domain
							     : "contoso.com");
	if (command->domain)
		die("--domain and --topology exclude each other");
	topology = topology_read(arena, command->topology_file, &why);
	if (!topology)
		die("%s", why);
	remarks = lint(arena, topology);
	remarks_note(topology, &remarks);
	return topology;
}

static void check_nodes(const struct topology *topology,
			const struct command *command)
{
	for (size_t i = 0; i < command->node_count; i++) {
		bool known = false;

		for (size_t j = 0; j < topology->node_count; j++)
			known |= strcasecmp(topology->nodes[j].name,
					    command->nodes[i]) == 0;
		if (!known)
			die("--node: unknown node '%s'", command->nodes[i]);
	}
}

static const struct fault_choice *choose_faults(struct arena *arena,
						const struct topology *topology,
						const struct command *command)
{
	struct fault_choice *choices = arena_alloc(
		arena, (command->fault_count + 1) * sizeof(*choices));
	const char *why;

	for (size_t i = 0; i < command->fault_count; i++) {
		if (!fault_parse(arena, command->faults[i], topology,
				 &choices[i], &why))
			die("--fault: %s", why);
		if (fault_is_inside(choices[i].fault) &&
		    !command->serves_inside)
			die("--fault: '%s' needs --inside", command->faults[i]);
	}
	return choices;
}

static void choose_servers(struct arena *arena, const struct command *command,
			   struct edge_settings *settings)
{
	if (command->serves_inside || command->credentials_out)
		die("--role: such servers have no %s",
		    command->serves_inside ? "inside (--inside)"
					   : "relay (--credentials-out)");
	role_choose_hosts(arena, &command->servers, command->nodes,
			  command->node_count, settings);
	role_choose_faults(arena, command->faults, command->fault_count,
			   settings);
}

static void choose_edge(struct arena *arena, const struct command *command,
			struct edge_settings *settings)
{
	if (command->servers.host_count)
		die("--address: only with --role");
	check_nodes(settings->topology, command);
	settings->faults = choose_faults(arena, settings->topology, command);
	settings->fault_count = command->fault_count;
	settings->nodes = command->nodes;
	settings->node_count = command->node_count;
	settings->serves_inside = command->serves_inside;
	settings->lifetime_max_s = command->lifetime_s;
	settings->allocations_max = command->allocations_max;
}

static void write_ready_file(const char *path)
{
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!path)
		return;
	if (!file || fputs("ready\n", file) == EOF || fclose(file) != 0)
		die("--ready-file: %s: %s", path, strerror(errno));
}

static void write_ready_descriptor(int descriptor)
{
	static const char line[] = "ready\n";

	if (descriptor < 0)
		return;
	if (write(descriptor, line, sizeof(line) - 1) < 0)
		die("--ready-fd: %d: %s", descriptor, strerror(errno));
	close(descriptor);
}

/* An allocation is a socket or two, and there may be thousands. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	static struct command command = {.ready_fd = -1};
	struct arena *arena = arena_new();
	struct edge_settings settings = {0};
	struct edge *edge;
	const char *why;

	log_init("edgesim");
	allow_descriptors();
	options_parse(&argp, argc, argv, &command);
	settings.topology = find_topology(arena, &command);
	if (command.servers.role) {
		choose_servers(arena, &command, &settings);
	} else {
		choose_edge(arena, &command, &settings);
	}
	settings.spaces = command.spaces;
	settings.space_count = command.space_count;
	settings.requires_client_certificate =
		command.requires_client_certificate;
	settings.speaks_tls13 = command.speaks_tls13;
	settings.lists_at = command.lists_at;
	edge = edge_new(arena, &settings, &why);
	if (!edge)
		die("%s", why);
	if (command.ca_out && !edge_write_root(edge, command.ca_out, &why))
		die("--ca-out: %s", why);
	if (command.credentials_out &&
	    !edge_write_credentials(edge, command.credentials_out, &why))
		die("--credentials-out: %s", why);
	edge_print(edge, stdout);
	fflush(stdout);
	write_ready_file(command.ready_file);
	write_ready_descriptor(command.ready_fd);
	edge_run(edge);
	if (command.ready_file)
		unlink(command.ready_file);
	edge_free(edge);
	arena_free(arena);
	return 0;
}
