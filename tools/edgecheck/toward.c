#include "tools/edgecheck/toward.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/judge/judge.h"
#include "common/judge/merge.h"
#include "common/judge/rehearsal.h"
#include "common/model/targets.h"
#include "common/render/reports.h"
#include "probes/rehearsal.h"
#include "tools/edgecheck/listen.h"
#include "tools/edgecheck/pairing.h"
#include "tools/shared/conduct.h"
#include "tui/progress.h"

#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define EXIT_FAULT 2

static const char *const part_names[] = {
	[PART_EDGE] = "edge",
	[PART_OUTSIDE] = "outside",
	[PART_INSIDE] = "inside",
};

bool toward_part_parse(const char *word, enum toward_part *part)
{
	for (unsigned i = 0; i < sizeof(part_names) / sizeof(part_names[0]);
	     i++)
		if (strcmp(part_names[i], word) == 0) {
			*part = (enum toward_part)i;
			return true;
		}
	return false;
}

/* All that one run is about. */
struct visit {
	const struct toward_settings *settings;
	const struct topology *topology; /* NULL: ports alone */
	enum vantage beside;		 /* of the end that is not the Edge */
	struct rehearsal_plan plan;
	struct observation_list all, apart[VANTAGE_COUNT];
	struct scope scope;
	struct reports reports;
};

/*
 * What is asked for
 */

static void find_host(const struct toward_settings *settings,
		      struct endpoint *endpoint)
{
	const char *text = settings->host, *why;
	const char *colon = strrchr(text, ':');
	uint16_t port = LISTEN_PORT;
	const struct addrinfo hints = {
		.ai_family = settings->looking->common->families,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found = NULL;

	*endpoint = (struct endpoint){0};
	if (endpoint_parse(text, LISTEN_PORT, endpoint, &why))
		return;
	if (colon && !port_parse(colon + 1, &port))
		die("--toward: '%s' is no HOST:PORT", text);
	text = arena_format(settings->looking->arena, "%.*s",
			    colon ? (int)(colon - text) : (int)strlen(text),
			    text);
	if (getaddrinfo(text, NULL, &hints, &found) != 0 ||
	    !endpoint_from_sockaddr(endpoint, found->ai_addr))
		die("--toward: no address of '%s' is known", text);
	endpoint->port = port;
	freeaddrinfo(found);
}

static const struct node *find_node(const struct toward_settings *settings,
				    const struct topology *topology)
{
	const struct node *only = NULL;
	const char *names = "";

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (node->is_vip)
			continue;
		if (settings->node && strcmp(settings->node, node->name) == 0)
			return node;
		names = arena_format(settings->looking->arena, "%s%s%s", names,
				     *names ? ", " : "", node->name);
		if (!*names || only || settings->node)
			continue;
		only = node;
	}
	if (settings->node)
		die("--node: %s has no '%s', but %s",
		    settings->looking->topology_file, settings->node, names);
	if (strchr(names, ','))
		die("whose place is it? Name one with --node: %s", names);
	if (!only)
		die("%s has no Edge Server", settings->looking->topology_file);
	return only;
}

static bool wants_row(const void *scope, const struct requirement *row)
{
	return scope_wants(scope, row);
}

static void plan_rows(struct visit *visit, int family)
{
	const struct toward_settings *settings = visit->settings;
	struct rehearsal_wish wish = {
		.is_inside = visit->beside == VANTAGE_INSIDE,
		.family = family,
		.is_full = settings->is_full,
		.wanted = wants_row,
		.context = &visit->scope,
	};

	visit->topology = looking_topology(settings->looking);
	wish.topology = visit->topology;
	wish.node = find_node(settings, visit->topology);
	rehearsal_add_rows(settings->looking->arena, &visit->plan, &wish);
	if (!visit->plan.count)
		die("%s: no row is between these two hosts, over IPv%d",
		    settings->looking->topology_file,
		    family == AF_INET ? 4 : 6);
}

/* The list from here to there, and the one back. */
static void plan_ports(struct visit *visit)
{
	const struct toward_settings *settings = visit->settings;
	bool edge_is_here = settings->here == PART_EDGE;
	const char *const lists[] = {settings->ports, settings->ports_back};
	const char *why;

	for (unsigned i = 0; i < 2; i++)
		if (lists[i] &&
		    !rehearsal_add_ports(settings->looking->arena, &visit->plan,
					 lists[i], edge_is_here == !i,
					 settings->is_full, &why))
			die("%s: %s", i ? "--ports-back" : "--ports", why);
	if (!visit->plan.count)
		die("what is to be tried? Give a topology (-t), or --ports");
}

/*
 * What is seen, and what it means
 */

static void keep(void *context, struct observation *observation)
{
	struct visit *visit = context;
	struct arena *arena = visit->settings->looking->arena;

	observation_list_add(arena, &visit->all, observation);
	observation_list_add(arena, &visit->apart[observation->vantage],
			     observation);
	if (reports_are_live(&visit->reports))
		progress_clear();
	reports_observation(&visit->reports, observation);
}

static void show_progress(void *context, size_t done, size_t total,
			  const char *current)
{
	(void)context;
	progress_show(done, total, current, clock_now_us());
}

static struct deployment *deployment_of(struct visit *visit,
					enum vantage vantage,
					struct observation_list *list)
{
	const struct looking *looking = visit->settings->looking;
	struct deployment *deployment =
		arena_alloc(looking->arena, sizeof(*deployment));

	*deployment = looking_deployment(looking, vantage,
					 visit->topology
						 ? visit->topology
						 : topology_new(looking->arena),
					 list);
	targets_update(deployment);
	return deployment;
}

/* Where the first packet is sent from is where a row is seen. */
static struct judgement *judge_each(struct visit *visit,
				    const struct deployment *whole)
{
	struct judgement *judgements[VANTAGE_COUNT];
	size_t count = 0;

	/* in the order of edgeprobe judge */
	for (unsigned i = VANTAGE_COUNT; i-- > 0;) {
		struct scope scope = visit->scope;

		if (!visit->apart[i].count)
			continue;
		scope.vantage = (enum vantage)i;
		judgements[count++] = judge(
			visit->settings->looking->arena,
			deployment_of(visit, scope.vantage, &visit->apart[i]),
			&scope);
	}
	return judgement_merge(visit->settings->looking->arena, whole,
			       judgements, count);
}

/* No row stands behind ports that were named: each is a line. */
static int tell_ports(const struct visit *visit)
{
	bool is_shut = false, is_unknown = false;

	for (size_t i = 0; i < visit->all.count; i++) {
		const struct observation *seen = visit->all.items[i];
		bool is_open = seen->outcome == OUTCOME_ANSWERED;
		bool is_own = seen->outcome == OUTCOME_LOCAL;
		char text[ENDPOINT_TEXT_BYTES];

		is_unknown = is_unknown || is_own;
		is_shut = is_shut || (!is_open && !is_own);
		if (visit->settings->looking->common->output_count)
			continue;
		printf("%-8s %s/%s%s%s\n",
		       is_open	? "open"
		       : is_own ? "unknown"
				: "shut",
		       endpoint_format(text, &seen->endpoint.address,
				       seen->endpoint.port),
		       transport_name(seen->endpoint.transport),
		       *seen->detail ? ": " : "", seen->detail);
	}
	return is_shut ? EXIT_FAULT : is_unknown ? EXIT_UNKNOWN : 0;
}

static int report_on(struct visit *visit, struct run *run)
{
	struct deployment *deployment =
		deployment_of(visit, run->vantage, &visit->all);
	struct report report = {
		.run = run,
		.deployment = deployment,
		.observations = &visit->all,
	};
	int exit_code;

	run->inferred = deployment->inferred;
	run->inferred_count = deployment->inferred_count;
	if (visit->topology)
		report.judgement = judge_each(visit, deployment);
	exit_code = visit->topology ? report.judgement->exit_code
				    : tell_ports(visit);
	reports_finish(&visit->reports, &report);
	return exit_code;
}

/* Of a connection that is closed at once, nobody says why. */
static _Noreturn void give_up(struct visit *visit, const char *why)
{
	reports_abandon(&visit->reports);
	die("%s: %s. Is edgecheck --listen still there, with a key that was "
	    "not used before, can its port be reached, and does its --allow "
	    "hold this host?",
	    visit->settings->host, why ? why : "it hung up");
}

static int look(struct visit *visit, const struct endpoint *listener,
		const struct channel_key *key)
{
	const struct toward_settings *settings = visit->settings;
	struct run run = looking_run(
		settings->looking,
		settings->here == PART_EDGE ? VANTAGE_EDGE_HOST : visit->beside,
		"edgecheck " EDGEPROBE_VERSION, settings->host);
	const struct rehearsal rehearsal = {
		.arena = settings->looking->arena,
		.run = run.id,
		.listener = *listener,
		.key = key,
		.edge_is_there = settings->there == PART_EDGE,
		.beside = visit->beside,
		.plan = &visit->plan,
		.timeout_us = settings->looking->common->timeout_us,
		.deadline_us = settings->looking->common->deadline_us,
		.observed = keep,
		.progress = show_progress,
		.context = visit,
	};
	int64_t began_us = clock_now_us();
	enum rehearsal_end end;
	const char *why;

	reports_open(settings->looking->arena, &visit->reports,
		     settings->looking->common, &run);
	progress_begin(options_colour(settings->looking->common->colour,
				      STDERR_FILENO));
	end = rehearsal_run(&rehearsal, &why);
	progress_end();
	if (end == REHEARSAL_IMPOSSIBLE)
		give_up(visit, why);
	if (why)
		log_note("%s: %s", settings->host, why);
	run.duration_us = clock_now_us() - began_us;
	run.interrupted = end == REHEARSAL_INTERRUPTED;
	return report_on(visit, &run);
}

int toward_look(const struct toward_settings *settings)
{
	struct visit visit = {
		.settings = settings,
		.beside = settings->here == PART_INSIDE ||
					  settings->there == PART_INSIDE
				  ? VANTAGE_INSIDE
				  : VANTAGE_OUTSIDE,
		.scope = looking_scope(settings->looking, VANTAGE_OUTSIDE),
	};
	struct endpoint listener;
	struct channel_key key;
	int exit_code;

	if ((settings->here == PART_EDGE) == (settings->there == PART_EDGE))
		die("one of the two hosts is in the place of the Edge "
		    "(--here, --there)");
	pairing_read(&key, settings->key_file, settings->key_fd);
	find_host(settings, &listener);
	if (settings->looking->topology_file)
		plan_rows(&visit, listener.address.family);
	else
		plan_ports(&visit);
	exit_code = look(&visit, &listener, &key);
	pairing_forget(&key);
	return exit_code;
}
