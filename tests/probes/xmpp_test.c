/*
 * xmpp_test.c - the xmpp probe against servers on loopback that follow a
 * script: what they say to the header, to STARTTLS, and inside TLS.
 */
#include "common/wire/xmpp.h"

#include "tests/probes/mock_tls.h"

#define HEADER                                                                 \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "           \
	"xmlns:stream='http://etherx.jabber.org/streams' "                     \
	"from='contoso.com' id='k81jd' version='1.0'>"
#define FEATURES_TLS                                                           \
	"<stream:features><starttls "                                          \
	"xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"       \
	"</stream:features>"
#define FEATURES_SASL                                                          \
	"<stream:features>"                                                    \
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"                \
	"<mechanism>EXTERNAL</mechanism></mechanisms>"                         \
	"<dialback xmlns='urn:xmpp:features:dialback'/></stream:features>"
#define ERROR_OF(condition)                                                    \
	"<stream:error><" condition                                            \
	" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"

static struct mock_ca ca;

static const struct mock_leaf leaf = {.cn = "sip.contoso.com",
				      .san = "xmpp.contoso.com,contoso.com",
				      .from_s = -DAY_S,
				      .to_s = 30 * DAY_S};

/* What the server says, step by step; NULL: it falls silent there. */
struct script {
	const char *opening, *answer, *secure;
	bool hangs_up; /* after the last word, instead of silence */
	bool is_slow;  /* a byte at a time */
	int verify;    /* SSL_VERIFY_...: whether it wants our certificate */
	struct mock_tls tls;
	char heard[2][1024]; /* in clear text, inside TLS */
	char name[64];	     /* SNI */
};

static void say_words(struct script *script, int descriptor, const char *words)
{
	int one = 1;

	setsockopt(descriptor, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one,
		   sizeof(one));
	if (!script->is_slow) {
		mock_say(descriptor, words, strlen(words));
		return;
	}
	for (; *words; words++) {
		mock_say(descriptor, words, 1);
		usleep(100);
	}
}

/* Reads until the words were heard. */
static bool await(struct mock *mock, int descriptor, const char *words)
{
	struct script *script = mock->context;
	char *heard = script->heard[0];

	while (!strstr(heard, words)) {
		size_t length = strlen(heard);
		ssize_t size = -1;

		if (mock_readable(mock, descriptor))
			size = recv(descriptor, heard + length,
				    sizeof(script->heard[0]) - 1 - length, 0);
		if (size <= 0)
			return false;
	}
	return true;
}

static void talk_inside(struct mock *mock, SSL *ssl)
{
	struct script *script = mock->context;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	char *heard = script->heard[1];

	snprintf(script->name, sizeof(script->name), "%s", name ? name : "");
	while (!strstr(heard, "version='1.0'>")) {
		size_t length = strlen(heard);
		int size =
			SSL_read(ssl, heard + length,
				 (int)(sizeof(script->heard[1]) - 1 - length));

		if (size <= 0)
			return;
	}
	if (script->secure)
		SSL_write(ssl, script->secure, (int)strlen(script->secure));
	if (script->hangs_up)
		SSL_shutdown(ssl);
	else
		SSL_read(ssl, heard + strlen(heard), 64);
}

static void serve_script(struct mock *mock, int descriptor)
{
	struct script *script = mock->context;
	SSL *ssl;

	if (!await(mock, descriptor, "version='1.0'>"))
		return;
	if (script->opening)
		say_words(script, descriptor, script->opening);
	if (script->answer) {
		if (!await(mock, descriptor, XMPP_SAY_STARTTLS))
			return;
		say_words(script, descriptor, script->answer);
	}
	if (script->answer && strstr(script->answer, "<proceed")) {
		ssl = SSL_new(script->tls.context);
		SSL_set_fd(ssl, descriptor);
		if (SSL_accept(ssl) == 1)
			talk_inside(mock, ssl);
		SSL_free(ssl);
		ERR_clear_error();
	} else if (!script->hangs_up) {
		mock_drain(mock, descriptor);
	}
}

struct scene {
	struct script script;
	struct mock mock;
	struct trial trial;
	int64_t timeout_us;
};

static const struct observation *play(struct scene *scene)
{
	struct check_spec spec = {.probe = "xmpp", .subject = "contoso.com"};

	mock_tls_begin(&scene->script.tls, &ca, &leaf);
	SSL_CTX_set_verify(scene->script.tls.context, scene->script.verify,
			   NULL);
	if (!scene->mock.serve)
		scene->mock.serve = serve_script;
	if (!scene->mock.context)
		scene->mock.context = &scene->script;
	mock_begin(&scene->mock, SOCK_STREAM);
	spec.endpoint = scene->mock.endpoint;
	spec.endpoint.name = "contoso.com";
	trial_begin(&scene->trial);
	scene->trial.settings.ca_file = ca.file;
	if (scene->timeout_us)
		scene->trial.settings.timeout_us = scene->timeout_us;
	trial_run(&scene->trial, &spec, 1);
	assert_true(scene->trial.completed);
	assert_int_equal(scene->trial.seen.count, 1);
	assert_string_equal(scene->trial.seen.items[0]->subject, "contoso.com");
	return scene->trial.seen.items[0];
}

static void scene_end(struct scene *scene)
{
	trial_end(&scene->trial);
	mock_end(&scene->mock);
	mock_tls_end(&scene->script.tls);
}

static size_t count_facts(const struct observation *seen, const char *key)
{
	const struct fact *fact = observation_fact(seen, key);
	size_t count = 0;

	for (; fact; fact = fact_next(fact))
		count++;
	return count;
}

static void check_whole(bool is_slow)
{
	struct scene scene = {.script = {.opening = HEADER FEATURES_TLS,
					 .answer = XMPP_SAY_PROCEED,
					 .secure = HEADER FEATURES_SASL,
					 .is_slow = is_slow}};
	const struct observation *seen = play(&scene);

	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_string_equal(seen->phase, "secure-stream");
	assert_string_equal(seen->detail, "");
	assert_fact(seen, "xmpp.version", "1.0");
	assert_fact(seen, "xmpp.from", "contoso.com");
	assert_number(seen, "xmpp.id_length", 5);
	assert_number(seen, "xmpp.starttls", 1);
	assert_number(seen, "xmpp.starttls_required", 1);
	assert_number(seen, "xmpp.dialback", 1);
	assert_fact(seen, "xmpp.mechanism", "EXTERNAL");
	assert_fact(seen, "tls.sni", "contoso.com");
	assert_fact(seen, "cert.cn", "sip.contoso.com");
	assert_number(seen, "cert.verify_code", 0);
	assert_int_equal(count_facts(seen, "peer.spoke"), 1);
	assert_int_equal(count_facts(seen, "xmpp.version"), 1);
	assert_string_equal(scene.script.name, "contoso.com");
	assert_non_null(strstr(scene.script.heard[0],
			       "from='edgeprobe.invalid' to='contoso.com'"));
	assert_non_null(strstr(scene.script.heard[1],
			       "from='edgeprobe.invalid' to='contoso.com'"));
	assert_null(strstr(scene.script.heard[1], "db:result"));
	scene_end(&scene);
}

static void holds_a_whole_conversation(void **state)
{
	(void)state;
	check_whole(false);
}

static void holds_it_a_byte_at_a_time(void **state)
{
	(void)state;
	check_whole(true);
}

/* Conversations that end in clear text. */
static void says_how_a_stream_ends(void **state)
{
	static const struct {
		struct script script;
		enum outcome outcome;
		const char *detail, *error;
	} cases[] = {
		{{.opening = HEADER "<stream:features/>"},
		 OUTCOME_ANSWERED,
		 "offers no STARTTLS",
		 NULL},
		{{.opening = HEADER FEATURES_TLS,
		  .answer = XMPP_SAY_FAILURE "</stream:stream>"},
		 OUTCOME_ANSWERED,
		 "offers STARTTLS and cannot begin it",
		 NULL},
		{{.opening = HEADER ERROR_OF("host-unknown")},
		 OUTCOME_ANSWERED,
		 "stream error host-unknown",
		 "host-unknown"},
		{{.opening = HEADER "<stream:error/>"},
		 OUTCOME_ANSWERED,
		 "stream error undefined-condition",
		 "undefined-condition"},
		{{.opening = HEADER FEATURES_TLS,
		  .answer = ERROR_OF("policy-violation")},
		 OUTCOME_ANSWERED,
		 "stream error policy-violation",
		 "policy-violation"},
		{{.opening =
			  "<stream:stream id='1' "
			  "xmlns:stream='http://etherx.jabber.org/streams'>"},
		 OUTCOME_ANSWERED,
		 "speaks XMPP of before 1.0, which has no STARTTLS",
		 NULL},
		{{.opening = "", .hangs_up = true},
		 OUTCOME_CLOSED,
		 "the peer closed the connection",
		 NULL},
		{{.opening = HEADER, .hangs_up = true},
		 OUTCOME_CLOSED,
		 "the peer closed the connection, after its header",
		 NULL},
		{{.opening = HEADER "</stream:stream>"},
		 OUTCOME_CLOSED,
		 "the peer closed the connection, after its header",
		 NULL},
		{{.opening = "<html><body>no</body></html>"},
		 OUTCOME_GARBLED,
		 "a web server (HTTP) answers, not XMPP",
		 NULL},
		{{.opening = HEADER "<!DOCTYPE x>"},
		 OUTCOME_GARBLED,
		 "not XMPP: a comment or DTD, which XMPP forbids",
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene = {.script = cases[i].script};
		const struct observation *seen = play(&scene);
		const char *error = observation_text(seen, "xmpp.error");

		assert_outcome(seen, cases[i].outcome);
		assert_string_equal(seen->detail, cases[i].detail);
		assert_int_equal(error != NULL, cases[i].error != NULL);
		if (error)
			assert_string_equal(error, cases[i].error);
		assert_null(observation_fact(seen, "cert.der"));
		scene_end(&scene);
	}
}

static void names_another_server(void **state)
{
	struct scene scene = {
		.mock = {.serve = serve_banner,
			 .context = (void *)"SSH-2.0-OpenSSH_9.2p1\r\n"}};
	const struct observation *seen = play(&scene);

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_fact(seen, "peer.service", "ssh");
	assert_string_equal(seen->detail, "an SSH server answers, not XMPP");
	scene_end(&scene);
}

/* A flood without end is cut off, and so is one tag without end. */
static void serve_flood(struct mock *mock, int descriptor)
{
	char junk[1000];

	if (!await(mock, descriptor, "version='1.0'>"))
		return;
	mock_say(descriptor, HEADER, strlen(HEADER));
	memset(junk, ' ', sizeof(junk));
	for (int i = 0; i < 100; i++)
		mock_say(descriptor, junk, sizeof(junk));
	mock_drain(mock, descriptor);
}

static void gives_up_on_a_flood(void **state)
{
	struct scene scene = {.mock = {.serve = serve_flood}};
	const struct observation *seen;

	(void)state;
	scene.mock.context = &scene.script;
	seen = play(&scene);
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_string_equal(seen->detail, "not XMPP: it does not end");
	scene_end(&scene);
}

static void tells_silence_by_where_it_begins(void **state)
{
	static const struct {
		struct script script;
		const char *phase, *detail;
		bool has_spoken;
	} cases[] = {
		{{0},
		 "stream",
		 "TCP is open, but no stream of XMPP in ",
		 false},
		{{.opening = HEADER},
		 "stream",
		 "a stream, but no features in ",
		 true},
		{{.opening = HEADER FEATURES_TLS, .answer = " "},
		 "starttls",
		 "no reply to STARTTLS in ",
		 true},
		{{.opening = HEADER FEATURES_TLS, .answer = XMPP_SAY_PROCEED},
		 "secure-stream",
		 "no features after STARTTLS in ",
		 true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene = {.script = cases[i].script,
				      .timeout_us = MOCK_SILENCE_US};
		const struct observation *seen = play(&scene);

		assert_outcome(seen, OUTCOME_NO_REPLY);
		assert_string_equal(seen->phase, cases[i].phase);
		assert_memory_equal(seen->detail, cases[i].detail,
				    strlen(cases[i].detail));
		assert_int_equal(observation_flag(seen, "peer.spoke"),
				 cases[i].has_spoken);
		scene_end(&scene);
	}
}

/* RFC 6120 5.4.3.3: an injected answer must not pass for a secure one. */
static void drops_what_follows_proceed_in_clear_text(void **state)
{
	struct scene scene = {
		.script = {.opening = HEADER FEATURES_TLS,
			   .answer = XMPP_SAY_PROCEED HEADER FEATURES_SASL,
			   .secure = HEADER ERROR_OF("not-authorized")}};
	const struct observation *seen = play(&scene);

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_null(observation_fact(seen, "xmpp.mechanism"));
	assert_fact(seen, "xmpp.error", "not-authorized");
	assert_string_equal(seen->detail,
			    "stream error not-authorized, after STARTTLS");
	scene_end(&scene);
}

static void keeps_the_certificate_when_hung_up_upon(void **state)
{
	static const char *const words[] = {NULL, HEADER,
					    HEADER "</stream:stream>"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene scene = {.script = {.opening = HEADER FEATURES_TLS,
						 .answer = XMPP_SAY_PROCEED,
						 .secure = words[i],
						 .hangs_up = true}};
		const struct observation *seen = play(&scene);

		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_non_null(observation_fact(seen, "cert.der"));
		assert_number(seen, "peer.closed", 1);
		scene_end(&scene);
	}
}

static void a_client_certificate_wanted_is_told_from_one_demanded(void **state)
{
	static const struct {
		int verify;
		bool refused;
	} cases[] = {
		{SSL_VERIFY_PEER, false},
		{SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, true},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene = {.script = {.opening = HEADER FEATURES_TLS,
						 .answer = XMPP_SAY_PROCEED,
						 .secure = HEADER FEATURES_SASL,
						 .verify = cases[i].verify}};
		const struct observation *seen = play(&scene);

		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_non_null(observation_fact(seen, "cert.der"));
		assert_number(seen, "tls.client_certificate_requested", 1);
		assert_int_equal(
			observation_number(seen,
					   "tls.client_certificate_refused", 0),
			cases[i].refused);
		assert_int_equal(observation_fact(seen, "xmpp.mechanism") ==
					 NULL,
				 cases[i].refused);
		scene_end(&scene);
	}
}

static void garbled_inside_tls_is_garbled(void **state)
{
	struct scene scene = {.script = {.opening = HEADER FEATURES_TLS,
					 .answer = XMPP_SAY_PROCEED,
					 .secure = "HTTP/1.1 400 Bad\r\n"}};
	const struct observation *seen = play(&scene);

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_string_equal(
		seen->detail,
		"not XMPP after STARTTLS: it does not begin as XML");
	assert_non_null(observation_fact(seen, "cert.der"));
	scene_end(&scene);
}

/* Agrees to TLS and goes on in clear text. */
static void serve_lie(struct mock *mock, int descriptor)
{
	if (!await(mock, descriptor, "version='1.0'>"))
		return;
	mock_say(descriptor, HEADER FEATURES_TLS, strlen(HEADER FEATURES_TLS));
	if (!await(mock, descriptor, XMPP_SAY_STARTTLS))
		return;
	mock_say(descriptor, XMPP_SAY_PROCEED, strlen(XMPP_SAY_PROCEED));
	usleep(20000);
	mock_say(descriptor, HEADER, strlen(HEADER));
	mock_drain(mock, descriptor);
}

static void notices_that_tls_does_not_come(void **state)
{
	struct scene scene = {.mock = {.serve = serve_lie}};
	const struct observation *seen;

	(void)state;
	scene.mock.context = &scene.script;
	seen = play(&scene);
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_string_equal(seen->phase, "handshake");
	assert_int_equal(count_facts(seen, "peer.spoke"), 1);
	scene_end(&scene);
}

static void asks_for_no_domain_that_is_none(void **state)
{
	static const char *const domains[] = {"con'toso.com", "", "a b.com",
					      "x<y.com"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct check_spec spec = {.probe = "xmpp",
					  .subject = domains[i]};
		struct trial trial;

		spec.endpoint = mock_nobody(TRANSPORT_TCP);
		trial_begin(&trial);
		trial_run(&trial, &spec, 1);
		assert_outcome(trial.seen.items[0], OUTCOME_LOCAL);
		trial_end(&trial);
	}
}

static void tells_that_nobody_listens(void **state)
{
	struct check_spec spec = {.probe = "xmpp", .subject = "contoso.com"};
	struct trial trial;

	(void)state;
	spec.endpoint = mock_nobody(TRANSPORT_TCP);
	trial_begin(&trial);
	trial_run(&trial, &spec, 1);
	assert_outcome(trial.seen.items[0], OUTCOME_REFUSED);
	trial_end(&trial);
}

static int set_up(void **state)
{
	(void)state;
	mock_ca_begin(&ca);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mock_ca_end(&ca);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_a_whole_conversation),
		cmocka_unit_test(holds_it_a_byte_at_a_time),
		cmocka_unit_test(says_how_a_stream_ends),
		cmocka_unit_test(names_another_server),
		cmocka_unit_test(gives_up_on_a_flood),
		cmocka_unit_test(tells_silence_by_where_it_begins),
		cmocka_unit_test(drops_what_follows_proceed_in_clear_text),
		cmocka_unit_test(keeps_the_certificate_when_hung_up_upon),
		cmocka_unit_test(
			a_client_certificate_wanted_is_told_from_one_demanded),
		cmocka_unit_test(garbled_inside_tls_is_garbled),
		cmocka_unit_test(notices_that_tls_does_not_come),
		cmocka_unit_test(asks_for_no_domain_that_is_none),
		cmocka_unit_test(tells_that_nobody_listens),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
