/*
 * mras_desk_test.c - a stand-in Edge in a process of its own, and the mras
 * probe that asks it for credentials. The address is this program's own
 * (127.x.y.z), so that many may run at once.
 */
#include "probes/serve/edge.h"

#include "common/model/credentials.h"
#include "probes/identity.h"
#include "probes/serve/mras_service.h"
#include "tests/probes/mock_tls.h"

#include <openssl/pem.h>
#include <signal.h>
#include <sys/wait.h>

#define URI "sip:edge.contoso.lan@contoso.com;gruu;opaque=srvr:MRAS:x"

static struct arena *arena;
static struct topology *topology;
static pid_t child;
static char own_file[] = "/tmp/edgeprobe-test-XXXXXX";
static const struct identity own = {own_file, own_file, -1};
static struct credentials credentials;

static void write_own(void)
{
	static const struct mock_leaf leaf = {
		.cn = "fe01.contoso.lan", .from_s = -DAY_S, .to_s = DAY_S};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = mock_certificate(&leaf, key);
	FILE *file = fdopen(mkstemp(own_file), "w");

	assert_non_null(file);
	X509_sign(certificate, key, EVP_sha256());
	PEM_write_X509(file, certificate);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static _Noreturn void serve(int ready)
{
	const struct edge_settings settings = {.topology = topology,
					       .serves_inside = true};
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
	const struct address here = {AF_INET,
				     {127, (uint8_t)(id >> 14 | 128),
				      (uint8_t)(id >> 7),
				      (uint8_t)(id & 0x7f) + 1}};
	struct node *node;
	int ready[2];
	char byte;

	(void)state;
	write_own();
	arena = arena_new();
	topology = topology_new(arena);
	topology->domains[topology->domain_count++] = "contoso.com";
	topology->internal_name = "edge.contoso.lan";
	for (size_t i = 0; i < LISTENER_COUNT; i++)
		topology->ports[i] = (uint16_t)(10443 + i);
	for (size_t i = 0; i < SERVICE_XMPP; i++)
		topology->names[i] = "av.contoso.com";
	node = &topology->nodes[topology->node_count++];
	node->name = "edge1";
	node->internal = here;
	node->addresses[SERVICE_ACCESS][0].local = here;
	node->addresses[SERVICE_ACCESS][0].public = here;
	node->address_count[SERVICE_ACCESS] = 1;
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
	unlink(own_file);
	kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	arena_free(arena);
	return 0;
}

static struct endpoint inside(void)
{
	return (struct endpoint){
		.name = "edge.contoso.lan",
		.address = topology->nodes[0].internal,
		.port = MRAS_SERVICE_PORT,
		.transport = TRANSPORT_TCP,
	};
}

static void the_probe_is_granted_credentials(void **state)
{
	const struct check_spec spec = {.probe = "mras",
					.endpoint = inside(),
					.subject = "-",
					.from_domain = "contoso.com",
					.url = URI};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	trial.settings.identity = &own;
	trial.settings.credentials = &credentials;
	trial_run(&trial, &spec, 1);
	assert_int_equal(trial.seen.count, 1);
	seen = trial.seen.items[0];
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "sip.status", 200);
	assert_fact(seen, "mras.reason", "OK");
	assert_fact(seen, "cert.cn", "edge.contoso.lan");
	assert_fact(seen, "mras.relay",
		    arena_format(arena, "internet av.contoso.com %u %u",
				 topology->ports[LISTENER_AV_UDP],
				 topology->ports[LISTENER_AV_TCP]));
	assert_number(seen, "mras.token_version", 1);
	assert_number(seen, "mras.duration", 480);
	assert_int_equal(credentials.username_length, 52);
	assert_int_equal(credentials.password_length, 20);
	assert_int_equal(credentials.username[0], 1);
	trial_end(&trial);
}

/* As anybody would who has no certificate of the pool. */
static void whoever_shows_no_certificate_is_refused(void **state)
{
	const struct endpoint to = inside();
	const struct observation *seen;
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	seen = trial_one(&trial, "sip", &to);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "tls.client_certificate_refused", 1);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_probe_is_granted_credentials),
		cmocka_unit_test(whoever_shows_no_certificate_is_refused),
	};

	return cmocka_run_group_tests_name("mras_desk", tests, set_up,
					   tear_down);
}
