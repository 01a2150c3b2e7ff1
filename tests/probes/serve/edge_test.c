/*
 * edge_test.c - a stand-in Edge in a process of its own, spoken to over
 * loopback, healthy and with every fault of conduct. Each test program has
 * addresses of its own (127.x.y.z), so that many may run at once.
 */
#include "probes/serve/edge.h"

#include "common/wire/msturn.h"
#include "probes/serve/showing.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_S 10
#define SILENCE_US 150000 /* how long silence is listened to */

static struct arena *arena;
static struct topology *topology;
static struct authority *authority; /* one for all: keys take long to make */
static const char *only_node;	    /* NULL: all */
static pid_t child;

static int set_up(void **state)
{
	unsigned id = (unsigned)getpid();
	struct leaf_spec spec;
	struct leaf leaf;
	struct node *node;
	const char *why;

	(void)state;
	arena = arena_new();
	authority = authority_new(NULL, &why);
	topology = topology_new(arena);
	topology->domains[topology->domain_count++] = "contoso.com";
	topology->domains[topology->domain_count++] = "fabrikam.com";
	for (size_t i = 0; i < LISTENER_OUTSIDE_COUNT; i++)
		topology->ports[i] = (uint16_t)(10443 + i);
	for (size_t i = 0; i < SERVICE_XMPP; i++)
		topology->names[i] = "sip.contoso.com";
	node = &topology->nodes[topology->node_count++];
	node->name = "edge1";
	for (size_t i = 0; i < SERVICE_XMPP; i++) {
		node->addresses[i][0].local = (struct address){
			AF_INET,
			{127, (uint8_t)(id >> 14 | 128), (uint8_t)(id >> 7),
			 (uint8_t)(id & 0x7f) + 1}};
		node->addresses[i][0].public =
			(struct address){AF_INET, {192, 0, 2, 30}};
		node->address_count[i] = 1;
	}
	showing_spec(arena, topology, quirks_none, &spec);
	if (!authority || !authority_issue(authority, &spec, &leaf, &why))
		return -1;
	leaf_clear(&leaf); /* its key stays for the others */
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	authority_free(authority);
	arena_free(arena);
	return 0;
}

static _Noreturn void serve(const char *fault, bool requires, int ready)
{
	struct fault_choice choice;
	struct edge_settings settings = {
		.topology = topology,
		.faults = &choice,
		.fault_count = fault ? 1 : 0,
		.requires_client_certificate = requires,
		.authority = authority,
		.nodes = &only_node,
		.node_count = only_node ? 1 : 0,
	};
	const char *why = NULL;
	struct edge *edge = NULL;

	if (!fault || fault_parse(arena, fault, topology, &choice, &why))
		edge = edge_new(arena, &settings, &why);
	if (!edge || write(ready, "r", 1) != 1)
		_exit(3);
	edge_run(edge);
	edge_free(edge);
	authority_free(authority);
	arena_free(arena);
	exit(0); /* by way of the leak check */
}

static void start_edge(const char *fault, bool requires)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		serve(fault, requires, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

/* Ends it as a user does, and holds it to a clean end. */
static void stop_edge(int number)
{
	int status;

	assert_int_equal(kill(child, number), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Connected, or -1 with errno. */
static int dial(enum listener listener)
{
	const struct listener_info *info = &listener_table[listener];
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct endpoint to = {
		.address = topology->nodes[0].addresses[info->service][0].local,
		.port = topology->ports[listener],
	};
	struct sockaddr_storage address;
	socklen_t length = endpoint_to_sockaddr(&to, &address);
	int descriptor = socket(
		AF_INET,
		info->transport == TRANSPORT_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);

	assert_true(descriptor >= 0);
	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	if (connect(descriptor, (struct sockaddr *)&address, length) == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

static void be_brief(int descriptor)
{
	const struct timeval silence = {.tv_usec = SILENCE_US};

	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence,
		   sizeof(silence));
}

static bool is_silent(int descriptor)
{
	char byte;

	be_brief(descriptor);
	return recv(descriptor, &byte, 1, 0) < 0 && errno == EAGAIN;
}

/* A TLS client that believes everything. */
struct client {
	SSL_CTX *context;
	SSL *ssl;
	int descriptor;
	bool was_asked; /* for a certificate */
};

static int on_asked(SSL *ssl, void *context)
{
	struct client *client = context;

	(void)ssl;
	client->was_asked = true;
	return 1;
}

static bool client_open(struct client *client, enum listener listener)
{
	*client = (struct client){.descriptor = dial(listener)};
	assert_true(client->descriptor >= 0);
	client->context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(client->context, TLS1_VERSION);
	SSL_CTX_set_cipher_list(client->context, "ALL:@SECLEVEL=0");
	SSL_CTX_set_cert_cb(client->context, on_asked, client);
	client->ssl = SSL_new(client->context);
	SSL_set_fd(client->ssl, client->descriptor);
	return SSL_connect(client->ssl) == 1;
}

static void client_close(struct client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->descriptor);
}

static const char *client_ask(struct client *client, const char *text)
{
	char *answer = arena_alloc(arena, 4096);

	assert_true(SSL_write(client->ssl, text, (int)strlen(text)) > 0);
	if (SSL_read(client->ssl, answer, 4095) <= 0)
		return "";
	return answer;
}

#define REQUEST(method)                                                        \
	method " sip:contoso.com SIP/2.0\r\nVia: SIP/2.0/TLS "                 \
	       "127.0.0.1:1;branch=z9hG4bK1\r\nFrom: <sip:a@contoso.com>"      \
	       ";tag=1\r\nTo: <sip:contoso.com>\r\nCall-ID: 1\r\nCSeq: "       \
	       "1 " method "\r\nContent-Length: 0\r\n\r\n"

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void speaks_sip_where_clients_sign_in(void **state)
{
	static const char both[] = REQUEST("REGISTER") REQUEST("REGISTER");
	struct client client;

	(void)state;
	start_edge(NULL, false);
	assert_true(client_open(&client, LISTENER_ACCESS));
	assert_false(client.was_asked);
	assert_true(begins(client_ask(&client, REQUEST("OPTIONS")),
			   "SIP/2.0 504 "));
	assert_true(begins(client_ask(&client, REQUEST("REGISTER")),
			   "SIP/2.0 401 "));
	assert_true(begins(client_ask(&client, "\r\n\r\n"), "\r\n"));
	assert_true(begins(client_ask(&client, both), "SIP/2.0 401 "));
	client_close(&client);
	assert_true(client_open(&client, LISTENER_ACCESS));
	assert_true(begins(client_ask(&client, "GET / HTTP/1.0\r\n\r\n"),
			   "SIP/2.0 400 "));
	assert_string_equal(client_ask(&client, "x"), ""); /* closed */
	client_close(&client);
	stop_edge(SIGTERM);
}

static void asks_partners_for_a_certificate(void **state)
{
	struct client client;

	(void)state;
	start_edge(NULL, false);
	assert_true(client_open(&client, LISTENER_FEDERATION));
	assert_true(client.was_asked);
	assert_true(begins(client_ask(&client, REQUEST("OPTIONS")),
			   "SIP/2.0 504 "));
	client_close(&client);
	stop_edge(SIGINT);
	start_edge(NULL, true);
	assert_false(client_open(&client, LISTENER_FEDERATION));
	assert_true(client.was_asked);
	client_close(&client);
	stop_edge(SIGTERM);
	start_edge("no-client-certificate-request", true);
	assert_true(client_open(&client, LISTENER_FEDERATION));
	assert_false(client.was_asked);
	client_close(&client);
	stop_edge(SIGTERM);
}

static void web_conferencing_is_silent(void **state)
{
	struct client client;
	char byte;

	(void)state;
	start_edge(NULL, false);
	assert_true(client_open(&client, LISTENER_WEBCONF));
	be_brief(client.descriptor);
	assert_true(SSL_read(client.ssl, &byte, 1) < 0);
	assert_int_equal(errno, EAGAIN);
	client_close(&client);
	stop_edge(SIGTERM);
}

static const uint8_t vector_v1[] = {
	0x00, 0x03, 0x00, 0x10, 0x21, 0x12, 0xa4, 0x42, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x00, 0x0f, 0x00, 0x04,
	0x72, 0xc6, 0x4b, 0xc6, 0x80, 0x08, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01,
};

static void check_challenge(const uint8_t *data, size_t length)
{
	struct msturn_message answer;
	const char *why;

	assert_true(msturn_decode(&answer, data, length, &why));
	assert_true(answer.has_cookie);
	assert_int_equal(answer.error_code, 401);
	assert_int_equal(answer.alternate.address.bytes[0], 192);
}

static void relay_challenges_over_udp(void **state)
{
	static const uint8_t binding[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	uint8_t answer[MSTURN_MESSAGE_MAX];
	ssize_t size;
	int descriptor;

	(void)state;
	start_edge(NULL, false);
	descriptor = dial(LISTENER_AV_UDP);
	assert_int_equal(send(descriptor, binding, sizeof(binding), 0), 20);
	assert_int_equal(send(descriptor, "x", 1, 0), 1);
	assert_true(is_silent(descriptor));
	assert_int_equal(send(descriptor, vector_v1, sizeof(vector_v1), 0), 36);
	be_brief(descriptor);
	size = recv(descriptor, answer, sizeof(answer), 0);
	assert_true(size > 0);
	check_challenge(answer, (size_t)size);
	close(descriptor);
	stop_edge(SIGTERM);
}

/* [MS-TURN] 2.2.2.7: a load balancer's address leads on to a node's own. */
static void relay_behind_a_vip_names_a_node(void **state)
{
	struct node *vip = &topology->nodes[0];
	struct node *node = &topology->nodes[1];
	uint8_t answer[MSTURN_MESSAGE_MAX];
	ssize_t size;
	int descriptor;

	(void)state;
	*node = *vip;
	node->name = "edge2";
	vip->is_vip = true;
	vip->addresses[SERVICE_AV][0].public.bytes[0] = 198;
	topology->node_count = 2;
	only_node = vip->name; /* the other has the same addresses here */
	start_edge(NULL, false);
	descriptor = dial(LISTENER_AV_UDP);
	assert_int_equal(send(descriptor, vector_v1, sizeof(vector_v1), 0), 36);
	size = recv(descriptor, answer, sizeof(answer), 0);
	assert_true(size > 0);
	check_challenge(answer, (size_t)size); /* 192, not 198 */
	close(descriptor);
	stop_edge(SIGTERM);
	only_node = NULL;
	topology->node_count = 1;
	*vip = *node;
	vip->name = "edge1";
}

/* Says the hello, in two parts; the length of what comes back. */
static ssize_t say_hello(int descriptor)
{
	static const uint8_t randomness[28] = {1};
	uint8_t hello[PSEUDO_CLIENT_BYTES];
	uint8_t answer[200];

	pseudo_client_hello(hello, 0, randomness);
	assert_int_equal(send(descriptor, hello, 7, 0), 7);
	assert_int_equal(send(descriptor, hello + 7, 43, 0), 43);
	return recv(descriptor, answer, sizeof(answer), 0);
}

static void relay_challenges_behind_pseudo_tls(void **state)
{
	static const uint8_t header[] = {MSTURN_FRAME_CONTROL, 0, 0, 36};
	uint8_t answer[MSTURN_MESSAGE_MAX];
	ssize_t size;
	int descriptor;

	(void)state;
	start_edge(NULL, false);
	descriptor = dial(LISTENER_AV_TCP);
	assert_int_equal(say_hello(descriptor), PSEUDO_SERVER_BYTES);
	assert_int_equal(send(descriptor, header, 4, 0), 4);
	assert_int_equal(send(descriptor, vector_v1, sizeof(vector_v1), 0), 36);
	size = recv(descriptor, answer, sizeof(answer), 0);
	assert_true(size > MSTURN_FRAME_BYTES);
	check_challenge(answer + MSTURN_FRAME_BYTES,
			(size_t)size - MSTURN_FRAME_BYTES);
	/* a frame of no known type ends it */
	assert_int_equal(send(descriptor, "\x16\0\0\1x", 5, 0), 5);
	assert_true(recv(descriptor, answer, sizeof(answer), 0) <= 0);
	close(descriptor);
	stop_edge(SIGTERM);
}

static void faults_of_conduct_show(void **state)
{
	static const struct {
		const char *fault;
		enum listener listener;
		int expected; /* errno of connect or recv; 0: the end */
	} cases[] = {
		{"refuse-access", LISTENER_ACCESS, ECONNREFUSED},
		{"refuse-federation", LISTENER_FEDERATION, ECONNREFUSED},
		{"refuse-webconf", LISTENER_WEBCONF, ECONNREFUSED},
		{"refuse-av-tcp", LISTENER_AV_TCP, ECONNREFUSED},
		{"refuse-av-udp", LISTENER_AV_UDP, ECONNREFUSED},
		{"mute-access", LISTENER_ACCESS, EAGAIN},
		{"mute-federation", LISTENER_FEDERATION, EAGAIN},
		{"mute-webconf", LISTENER_WEBCONF, EAGAIN},
		{"mute-av-tcp", LISTENER_AV_TCP, EAGAIN},
		{"mute-av-udp", LISTENER_AV_UDP, EAGAIN},
		{"reset-access", LISTENER_ACCESS, ECONNRESET},
		{"standard-turn", LISTENER_AV_TCP, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char bytes[200];
		ssize_t size = -1;
		int descriptor;

		start_edge(cases[i].fault, false);
		descriptor = dial(cases[i].listener);
		if (descriptor >= 0) {
			be_brief(descriptor);
			send(descriptor, vector_v1, sizeof(vector_v1), 0);
			size = recv(descriptor, bytes, sizeof(bytes), 0);
		}
		assert_int_equal(size < 0 ? errno : (int)size,
				 cases[i].expected);
		if (descriptor >= 0)
			close(descriptor);
		stop_edge(SIGTERM);
	}
}

static void other_services_show_in_the_wrong_place(void **state)
{
	struct client client;
	char bytes[200];
	int descriptor;

	(void)state;
	start_edge("wrong-service-webconf", false);
	descriptor = dial(LISTENER_WEBCONF);
	assert_true(recv(descriptor, bytes, sizeof(bytes), 0) > 4);
	assert_memory_equal(bytes, "SSH-2.0-", 8);
	close(descriptor);
	stop_edge(SIGTERM);
	start_edge("http-on-access", false);
	assert_true(client_open(&client, LISTENER_ACCESS));
	assert_true(begins(client_ask(&client, REQUEST("OPTIONS")),
			   "HTTP/1.1 400 "));
	client_close(&client);
	stop_edge(SIGTERM);
	start_edge("real-tls-on-av", false);
	assert_true(client_open(&client, LISTENER_AV_TCP));
	client_close(&client);
	stop_edge(SIGTERM);
	start_edge("close-webconf", false);
	assert_true(client_open(&client, LISTENER_WEBCONF));
	assert_int_equal(SSL_read(client.ssl, bytes, 1), 0);
	client_close(&client);
	stop_edge(SIGTERM);
	start_edge("tls10-only", false);
	assert_true(client_open(&client, LISTENER_ACCESS));
	assert_string_equal(SSL_get_version(client.ssl), "TLSv1");
	client_close(&client);
	stop_edge(SIGTERM);
}

static void says_which_address_cannot_be_bound(void **state)
{
	struct edge_settings settings = {.topology = topology,
					 .authority = authority};
	struct address kept = topology->nodes[0].addresses[0][0].local;
	const char *why = NULL;

	(void)state;
	topology->nodes[0].addresses[0][0].local =
		(struct address){AF_INET, {192, 0, 2, 1}};
	assert_null(edge_new(arena, &settings, &why));
	assert_string_equal(why,
			    "edge1: access: bind 192.0.2.1:10443/tcp: Cannot "
			    "assign requested address (not an address of this "
			    "host)");
	topology->nodes[0].addresses[0][0].local = kept;
	topology->node_count = 0;
	assert_null(edge_new(arena, &settings, &why));
	assert_string_equal(why, "no address to listen on: the topology has no "
				 "[edge NAME] with one");
	topology->node_count = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks_sip_where_clients_sign_in),
		cmocka_unit_test(asks_partners_for_a_certificate),
		cmocka_unit_test(web_conferencing_is_silent),
		cmocka_unit_test(relay_challenges_over_udp),
		cmocka_unit_test(relay_challenges_behind_pseudo_tls),
		cmocka_unit_test(relay_behind_a_vip_names_a_node),
		cmocka_unit_test(faults_of_conduct_show),
		cmocka_unit_test(other_services_show_in_the_wrong_place),
		cmocka_unit_test(says_which_address_cannot_be_bound),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
