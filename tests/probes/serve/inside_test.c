/*
 * inside_test.c - the table of what listens inside against the published
 * rows, and a stand-in Edge in a process of its own that is asked there. The
 * address is this program's own (127.x.y.z), so that many may run at once.
 */
#include "probes/serve/inside.h"

#include "probes/serve/edge.h"

#include "common/model/credentials.h"
#include "common/model/requirement.h"
#include "probes/identity.h"
#include "probes/serve/mras_service.h"
#include "tests/probes/mock_tls.h"

#include <openssl/pem.h>
#include <signal.h>
#include <sys/wait.h>

#define OFFSET 20000 /* so that it takes no rights */
#define URI    "sip:edge.contoso.lan@contoso.com;gruu;opaque=srvr:MRAS:x"

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
					       .serves_inside = true,
					       .inside_offset = OFFSET};
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
	for (size_t i = 0; i < LISTENER_OUTSIDE_COUNT; i++)
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

static struct endpoint at(uint16_t port)
{
	return (struct endpoint){
		.name = "edge.contoso.lan",
		.address = topology->nodes[0].internal,
		.port = (uint16_t)(port + OFFSET),
		.transport = TRANSPORT_TCP,
	};
}

static void the_probe_is_granted_credentials(void **state)
{
	const struct check_spec spec = {.probe = "mras",
					.endpoint = at(MRAS_SERVICE_PORT),
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
	static const uint16_t ports[] = {5061, MRAS_SERVICE_PORT, 8057};
	struct trial trial;

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		const struct endpoint to = at(ports[i]);
		const struct observation *seen;

		trial_begin(&trial);
		seen = trial_one(&trial, "sip", &to);
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_number(seen, "tls.client_certificate_refused", 1);
		assert_fact(seen, "cert.cn", "edge.contoso.lan");
		trial_end(&trial);
	}
}

static void a_server_of_the_pool_is_answered(void **state)
{
	const struct check_spec spec = {.probe = "sip-partner",
					.endpoint = at(5061),
					.subject = "contoso.com",
					.from_domain = "contoso.com"};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	trial.settings.identity = &own;
	trial_run(&trial, &spec, 1);
	assert_int_equal(trial.seen.count, 2); /* the handshake comes first */
	seen = trial.seen.items[1];
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "sip.status", 504);
	trial_end(&trial);
}

/* Its allocations are the node's, its addresses those of the inside. */
static void the_relay_names_itself_by_its_inner_address(void **state)
{
	const struct endpoint to = at(443);
	char place[ENDPOINT_TEXT_BYTES];
	const struct observation *seen;
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	seen = trial_one(&trial, "msturn-allocate-tcp", &to);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "turn.error_code", 401);
	endpoint_format(place, &to.address, to.port);
	assert_fact(seen, "turn.alternate_server", place);
	trial_end(&trial);
}

/* The table, and the published rows */

static enum listener inside_at(enum transport transport, unsigned port)
{
	unsigned i = LISTENER_OUTSIDE_COUNT;

	while (i < LISTENER_COUNT &&
	       (listener_table[i].transport != transport ||
		listener_table[i].port != port))
		i++;
	return (enum listener)i;
}

static bool is_inward(const struct firewall_row *row)
{
	return row->is_inbound &&
	       strncmp(row->requirement->flow, "int.", 4) == 0;
}

static void every_published_row_inward_has_a_listener(void **state)
{
	bool met[LISTENER_COUNT] = {false};
	size_t count;
	const struct firewall_row *rows = firewall_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		enum listener listener =
			inside_at(rows[i].transport, rows[i].first);

		if (!is_inward(&rows[i]))
			continue;
		assert_int_not_equal(listener, LISTENER_COUNT);
		assert_int_equal(rows[i].first, rows[i].last);
		met[listener] = true;
		/* mutual TLS is where the protocol's name says so */
		assert_int_equal(listener_table[listener].is_mutual,
				 strstr(rows[i].requirement->flow, "mtls") !=
					 NULL);
	}
	for (size_t i = LISTENER_OUTSIDE_COUNT; i < LISTENER_COUNT; i++)
		assert_true(met[i]);
}

static void listens_where_product_features_and_place_have_it(void **state)
{
	static const struct {
		unsigned port;
		enum product product;
		uint64_t features;
		bool is_vip, is_offered;
	} cases[] = {
		{5061, PRODUCT_SFB2019, 0, false, true},
		{5061, PRODUCT_SFB2019, 0, true, true},
		{4443, PRODUCT_LYNC2010, 0, false, true},
		{4443, PRODUCT_SFB2019, 0, true, false},
		{5062, PRODUCT_SFB2019, 0, false, false},
		{5062, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_AV), true, true},
		{443, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_AV), true, true},
		{8057, PRODUCT_SFB2019, 0, false, false},
		{8057, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_WEBCONF), false,
		 true},
		{8057, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_WEBCONF), true,
		 false},
		{23456, PRODUCT_SFB2015, 0, false, false},
		{23456, PRODUCT_SFB2015, FEATURE_BIT(FEATURE_XMPP), false,
		 true},
		{23456, PRODUCT_SFB2015, FEATURE_BIT(FEATURE_XMPP), true,
		 false},
		{23456, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_XMPP), false,
		 false},
		{23456, PRODUCT_LYNC2010, FEATURE_BIT(FEATURE_XMPP), false,
		 false},
		{50002, PRODUCT_SFB2019, 0, false, false},
		{50002, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_CLS), false, true},
		{50002, PRODUCT_SFB2019, FEATURE_BIT(FEATURE_CLS), true, false},
		{50002, PRODUCT_LYNC2010, FEATURE_BIT(FEATURE_CLS), false,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct topology like = {.product = cases[i].product,
					      .features = cases[i].features};
		struct node node = {.is_vip = cases[i].is_vip,
				    .internal = {AF_INET, {10, 0, 0, 1}}};
		enum listener listener =
			inside_at(TRANSPORT_TCP, cases[i].port);

		assert_int_equal(inside_offers(&like, &node, listener),
				 cases[i].is_offered);
		node.internal.family = 0;
		assert_false(inside_offers(&like, &node, listener));
	}
}

/* It should not, but then it does (hlb.internal-access-av-only). */
static void a_balancer_carries_what_the_file_says(void **state)
{
	const struct topology like = {
		.features =
			FEATURE_BIT(FEATURE_AV) | FEATURE_BIT(FEATURE_WEBCONF),
		.balanced_inside = 1u << SERVICE_WEBCONF,
	};
	const struct node vip = {.is_vip = true,
				 .internal = {AF_INET, {10, 0, 0, 1}}};

	(void)state;
	assert_true(inside_offers(&like, &vip, inside_at(TRANSPORT_TCP, 8057)));
	assert_false(
		inside_offers(&like, &vip, inside_at(TRANSPORT_TCP, 5061)));
	assert_false(
		inside_offers(&like, &vip, inside_at(TRANSPORT_UDP, 3478)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_probe_is_granted_credentials),
		cmocka_unit_test(whoever_shows_no_certificate_is_refused),
		cmocka_unit_test(a_server_of_the_pool_is_answered),
		cmocka_unit_test(the_relay_names_itself_by_its_inner_address),
		cmocka_unit_test(every_published_row_inward_has_a_listener),
		cmocka_unit_test(
			listens_where_product_features_and_place_have_it),
		cmocka_unit_test(a_balancer_carries_what_the_file_says),
	};

	return cmocka_run_group_tests_name("inside", tests, set_up, tear_down);
}
