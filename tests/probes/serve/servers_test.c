/*
 * servers_test.c - what a stand-in server has open against the published
 * table, one of them in a process of its own. The address is this program's
 * own (127.x.y.z), so that many may run at once.
 */
#include "probes/serve/servers.h"

#include "common/plan/errand.h"
#include "probes/serve/edge.h"
#include "tests/probes/mock_tls.h"

#include <signal.h>
#include <sys/wait.h>

#define OFFSET 20000 /* so that it takes no rights */

static struct arena *arena;
static struct topology *topology;
static struct mission_host host;
static const struct server_role *role;
static pid_t child;

static _Noreturn void serve(int ready)
{
	const struct server_fault faults[] = {
		{"refuse-port:448", QUIRK_REFUSE, 448, NULL},
		{"ssh-port:5080@fe1", QUIRK_SSH_THERE, 5080, "fe1"},
		{"ssh-port:444@fe9", QUIRK_SSH_THERE, 444, "fe9"},
	};
	const struct edge_settings settings = {
		.topology = topology,
		.role = role,
		.hosts = &host,
		.host_count = 1,
		.server_faults = faults,
		.server_fault_count = 3,
		.inside_offset = OFFSET,
	};
	const char *why;
	struct edge *edge = edge_new(arena, &settings, &why);

	if (!edge || write(ready, "r", 1) != 1)
		_exit(3);
	edge_run(edge);
	edge_free(edge);
	arena_free(arena);
	exit(0); /* by way of the leak check */
}

static int set_up(void **state)
{
	unsigned id = (unsigned)getpid();
	int ready[2];
	char byte;

	(void)state;
	arena = arena_new();
	topology = topology_new(arena);
	topology->domains[topology->domain_count++] = "contoso.com";
	role = server_role_find("frontend-collocated-mediation");
	host = (struct mission_host){
		.node = "fe1",
		.name = "fe1.contoso.lan",
		.address = {AF_INET,
			    {127, (uint8_t)(id >> 14 | 128), (uint8_t)(id >> 7),
			     (uint8_t)(id & 0x7f) + 1}},
	};
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0)
		serve(ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return 0;
}

static int tear_down(void **state)
{
	int status;

	(void)state;
	kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	arena_free(arena);
	return 0;
}

/* What the probe of an errand for that protocol sees at a port. */
static const struct observation *look(struct trial *trial, const char *protocol,
				      uint16_t port)
{
	const struct endpoint endpoint = {
		.name = host.name,
		.address = host.address,
		.port = (uint16_t)(port + OFFSET),
		.transport = TRANSPORT_TCP,
	};

	trial_begin(trial);
	return trial_one(trial, errand_probe(protocol, TRANSPORT_TCP),
			 &endpoint);
}

static void every_published_port_answers_as_it_should(void **state)
{
	size_t count, looked = 0;
	const struct port_row *rows = port_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct observation *seen;
		struct trial trial;

		if (strcmp(rows[i].requirement->table, "server-ports") != 0 ||
		    !server_role_has(role, &rows[i]) || !rows[i].listens ||
		    rows[i].first != rows[i].last || rows[i].first == 448 ||
		    !(rows[i].transports & 1u << TRANSPORT_TCP))
			continue;
		seen = look(&trial, rows[i].protocol, rows[i].first);
		if (seen->outcome != OUTCOME_ANSWERED)
			print_error("%s\n", rows[i].requirement->id);
		assert_outcome(seen, OUTCOME_ANSWERED);
		looked++;
		trial_end(&trial);
	}
	assert_true(looked > 25);
}

static void sip_is_answered_with_and_without_tls(void **state)
{
	const struct observation *seen;
	struct trial trial;

	(void)state;
	seen = look(&trial, "sip", 5062);
	assert_number(seen, "sip.status", 504);
	trial_end(&trial);
	seen = look(&trial, "sip-tls", 5061);
	assert_number(seen, "tls.client_certificate_requested", 1);
	assert_fact(seen, "cert.cn", "fe1.contoso.lan");
	assert_int_equal(trial.seen.count, 2);
	assert_number(trial.seen.items[1], "sip.status", 504);
	trial_end(&trial);
}

static void mutual_tls_turns_away_who_shows_nothing(void **state)
{
	const struct observation *seen;
	struct trial trial;

	(void)state;
	seen = look(&trial, "sip-mtls", 5086);
	assert_number(seen, "tls.client_certificate_refused", 1);
	trial_end(&trial);
}

static void faults_go_to_their_port_and_server(void **state)
{
	struct trial trial;

	(void)state;
	assert_outcome(look(&trial, "bandwidth-policy", 448), OUTCOME_REFUSED);
	trial_end(&trial);
	assert_fact(look(&trial, "bandwidth-policy", 5080), "peer.service",
		    "ssh");
	trial_end(&trial);
	/* of another server */
	assert_outcome(look(&trial, "https", 444), OUTCOME_ANSWERED);
	trial_end(&trial);
}

static void reads_faults_with_port_and_server(void **state)
{
	static const char *const bad[] = {
		"mute-port",   "mute-port:",   "mute-port:0",
		"mute-port:x", "no-such:5061", "mute-port:70000"};
	struct server_fault fault;
	const char *why;

	(void)state;
	assert_true(server_fault_parse(arena, "mute-port:5061", &fault, &why));
	assert_int_equal(fault.port, 5061);
	assert_int_equal(fault.quirk, QUIRK_MUTE);
	assert_null(fault.server);
	assert_true(server_fault_parse(arena, "refuse-port:80@fe1.contoso.net",
				       &fault, &why));
	assert_string_equal(fault.server, "fe1.contoso.net");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		assert_false(server_fault_parse(arena, bad[i], &fault, &why));
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_port_answers_as_it_should),
		cmocka_unit_test(sip_is_answered_with_and_without_tls),
		cmocka_unit_test(mutual_tls_turns_away_who_shows_nothing),
		cmocka_unit_test(faults_go_to_their_port_and_server),
		cmocka_unit_test(reads_faults_with_port_and_server),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
