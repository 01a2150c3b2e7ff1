#include "probes/handshake.h"

#include "tests/probes/mock_tls.h"

static struct mock_ca ca;

static const struct mock_leaf good = {
	.cn = "sip.contoso.com",
	.san = "sip.contoso.com,webcon.contoso.com",
	.from_s = -DAY_S,
	.to_s = 30 * DAY_S,
};

/* A healthy listener is silent for a quarter of it. */
#define TIMEOUT_US INT64_C(1000000)

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

/* One look at a server that has begun; the trial is to be ended. */
static const struct observation *look(struct trial *trial, struct mock *mock,
				      int64_t timeout_us)
{
	trial_begin(trial);
	trial->settings.timeout_us = timeout_us;
	trial->settings.ca_file = ca.file;
	return trial_one(trial, "webconf", &mock->endpoint);
}

struct scene {
	struct mock_tls tls;
	struct mock mock;
	struct trial trial;
	int64_t timeout_us;
	const struct observation *seen;
};

static void scene_prepare(struct scene *scene, const struct mock_leaf *leaf)
{
	*scene = (struct scene){.mock.serve = serve_tls,
				.timeout_us = TIMEOUT_US};
	mock_tls_begin(&scene->tls, &ca, leaf);
	scene->mock.context = &scene->tls;
}

static void scene_play(struct scene *scene)
{
	mock_begin(&scene->mock, SOCK_STREAM);
	scene->seen = look(&scene->trial, &scene->mock, scene->timeout_us);
}

static void scene_end(struct scene *scene)
{
	trial_end(&scene->trial);
	mock_end(&scene->mock);
	mock_tls_end(&scene->tls);
}

static void a_good_certificate_is_read_and_verified(void **state)
{
	struct scene scene;
	const struct observation *seen;
	const struct fact *name;

	(void)state;
	scene_prepare(&scene, &good);
	scene_play(&scene);
	seen = scene.seen;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_string_equal(seen->phase, "silence");
	assert_fact(seen, "tls.version", "TLSv1.3");
	assert_fact(seen, "tls.sni", "sip.contoso.com");
	assert_number(seen, "tls.client_certificate_requested", 0);
	assert_fact(seen, "cert.subject", "O=Contoso, CN=sip.contoso.com");
	assert_fact(seen, "cert.issuer", "O=Contoso, CN=Test Root");
	assert_fact(seen, "cert.cn", "sip.contoso.com");
	assert_fact(seen, "cert.serial", "1234");
	assert_fact(seen, "cert.key", "EC 256");
	assert_fact(seen, "cert.curve", "P-256");
	assert_fact(seen, "cert.top_issuer", "O=Contoso, CN=Test Root");
	assert_fact(seen, "cert.signature", "ecdsa-with-SHA256");
	assert_number(seen, "cert.chain_length", 1);
	assert_number(seen, "cert.verify_code", X509_V_OK);
	assert_number(seen, "cert.chain_completed", 1);
	assert_fact(seen, "cert.roots", ca.file);
	assert_int_equal(strlen(observation_text(seen, "cert.sha256")), 64);
	name = observation_fact(seen, "cert.san");
	assert_string_equal(name->text, "sip.contoso.com");
	assert_string_equal(fact_next(name)->text, "webcon.contoso.com");
	name = observation_fact(seen, "cert.eku");
	assert_string_equal(name->text, "serverAuth");
	assert_string_equal(fact_next(name)->text, "clientAuth");
	assert_string_equal(fact_next(fact_next(name))->text,
			    "1.3.6.1.5.5.7.3.9");
	assert_true(observation_fact(seen, "cert.der")->length > 200);
	assert_true(observation_number(seen, "cert.not_after", 0) -
			    observation_number(seen, "cert.not_before", 0) ==
		    31 * DAY_S);
	assert_true(observation_number(seen, "tcp.rtt_us", -1) >= 0);
	scene_end(&scene);
}

static void names_of_other_kinds_are_read(void **state)
{
	struct mock_leaf leaf = good;
	struct scene scene;

	(void)state;
	leaf.other_names =
		"DNS:contoso.com,URI:sip:contoso.com,"
		"otherName:1.3.6.1.5.5.7.8.7;IA5:_xmpp-server.contoso.com,"
		"otherName:1.3.6.1.5.5.7.8.5;UTF8:contoso.com,"
		"otherName:1.3.6.1.5.5.7.8.5;INTEGER:7,"
		"otherName:1.2.3.4;UTF8:else";
	scene_prepare(&scene, &leaf);
	scene_play(&scene);
	assert_fact(scene.seen, "cert.san", "contoso.com");
	assert_fact(scene.seen, "cert.srv_id", "_xmpp-server.contoso.com");
	assert_fact(scene.seen, "cert.xmpp_addr", "contoso.com");
	assert_null(fact_next(observation_fact(scene.seen, "cert.san")));
	assert_null(fact_next(observation_fact(scene.seen, "cert.xmpp_addr")));
	scene_end(&scene);
}

static void a_server_need_not_be_named(void **state)
{
	struct scene scene;
	struct check_spec spec;

	(void)state;
	scene_prepare(&scene, &good);
	mock_begin(&scene.mock, SOCK_STREAM);
	trial_begin(&scene.trial);
	scene.trial.settings.ca_file = ca.file;
	spec = (struct check_spec){.probe = "tls-without-sni",
				   .endpoint = scene.mock.endpoint,
				   .subject = "-",
				   .without_sni = true};
	trial_run(&scene.trial, &spec, 1);
	assert_int_equal(scene.trial.seen.count, 1);
	scene.seen = scene.trial.seen.items[0];
	assert_outcome(scene.seen, OUTCOME_ANSWERED);
	assert_null(observation_text(scene.seen, "tls.sni"));
	assert_fact(scene.seen, "cert.cn", "sip.contoso.com");
	scene_end(&scene);
}

/* All facts of the chain, in order. */
static void assert_same_chain(const struct observation *one,
			      const struct observation *other)
{
	const struct fact *left = observation_fact(one, "cert.subject");
	const struct fact *right = observation_fact(other, "cert.subject");

	while (left && strncmp(left->key, "cert.", 5) == 0) {
		assert_non_null(right);
		assert_string_equal(left->key, right->key);
		assert_int_equal(left->type, right->type);
		assert_int_equal(left->number, right->number);
		assert_int_equal(left->length, right->length);
		assert_memory_equal(left->text, right->text, left->length);
		left = left->next;
		right = right->next;
	}
	assert_true(!right || strncmp(right->key, "cert.", 5) != 0);
}

/* What is shown again is not read again, and nothing else is taken for it. */
static void each_is_told_of_the_chain_that_it_showed(void **state)
{
	struct mock_leaf leaf = good;
	static struct mock_tls tls[2];
	static struct check_spec specs[3];
	struct mock mocks[] = {{.serve = serve_tls, .context = &tls[0]},
			       {.serve = serve_tls, .context = &tls[0]},
			       {.serve = serve_tls, .context = &tls[1]}};
	struct trial trial;
	const struct observation *seen[3] = {NULL};

	(void)state;
	leaf.cn = leaf.san = "sip.fabrikam.com";
	mock_tls_begin(&tls[0], &ca, &good);
	mock_tls_begin(&tls[1], &ca, &leaf);
	trial_begin(&trial);
	trial.settings.ca_file = ca.file;
	for (size_t i = 0; i < 3; i++) {
		mock_begin(&mocks[i], SOCK_STREAM);
		specs[i] = (struct check_spec){.probe = "tls-without-sni",
					       .endpoint = mocks[i].endpoint,
					       .subject = "-"};
	}
	trial_run(&trial, specs, 3);
	assert_int_equal(trial.seen.count, 3);
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 3; j++)
			if (trial.seen.items[j]->endpoint.port ==
			    mocks[i].endpoint.port)
				seen[i] = trial.seen.items[j];
	assert_fact(seen[0], "cert.cn", "sip.contoso.com");
	assert_number(seen[0], "cert.verify_code", X509_V_OK);
	assert_same_chain(seen[0], seen[1]);
	assert_fact(seen[2], "cert.cn", "sip.fabrikam.com");
	assert_number(seen[2], "cert.verify_code", X509_V_OK);
	trial_end(&trial);
	for (size_t i = 0; i < 3; i++)
		mock_end(&mocks[i]);
	mock_tls_end(&tls[0]);
	mock_tls_end(&tls[1]);
}

static void a_bad_chain_is_a_fact_not_an_error(void **state)
{
	static const struct {
		struct mock_leaf leaf;
		int code;
		bool completed;
	} cases[] = {
		{{"x", "x", -9 * DAY_S, -DAY_S, false, NULL},
		 X509_V_ERR_CERT_HAS_EXPIRED,
		 true},
		{{"x", "x", DAY_S, 9 * DAY_S, false, NULL},
		 X509_V_ERR_CERT_NOT_YET_VALID,
		 true},
		{{"x", "x", -DAY_S, DAY_S, true, NULL},
		 X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;

		scene_prepare(&scene, &cases[i].leaf);
		scene_play(&scene);
		assert_outcome(scene.seen, OUTCOME_ANSWERED);
		assert_number(scene.seen, "cert.verify_code", cases[i].code);
		assert_number(scene.seen, "cert.verify_depth", 0);
		assert_number(scene.seen, "cert.chain_completed",
			      cases[i].completed);
		scene_end(&scene);
	}
}

static void old_servers_are_looked_at(void **state)
{
	static const struct {
		int version;
		const char *name;
	} cases[] = {
		{TLS1_VERSION, "TLSv1"},
		{TLS1_1_VERSION, "TLSv1.1"},
		{TLS1_2_VERSION, "TLSv1.2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;

		scene_prepare(&scene, &good);
		SSL_CTX_set_max_proto_version(scene.tls.context,
					      cases[i].version);
		scene_play(&scene);
		assert_outcome(scene.seen, OUTCOME_ANSWERED);
		assert_fact(scene.seen, "tls.version", cases[i].name);
		scene_end(&scene);
	}
}

static void demand_certificate(struct scene *scene, int version, int mode)
{
	SSL_CTX_set_max_proto_version(scene->tls.context, version);
	SSL_CTX_set_verify(scene->tls.context, mode, NULL);
	SSL_CTX_add_client_CA(scene->tls.context, ca.root);
}

/* In TLS 1.3 our side believes that all is well, and only then hears. */
static void a_refusal_without_client_certificate_is_an_answer(void **state)
{
	static const struct {
		int version, alert;
	} cases[] = {{TLS1_2_VERSION, 40}, {TLS1_3_VERSION, 116}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;

		scene_prepare(&scene, &good);
		demand_certificate(&scene, cases[i].version,
				   SSL_VERIFY_PEER |
					   SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
		scene_play(&scene);
		assert_outcome(scene.seen, OUTCOME_ANSWERED);
		assert_number(scene.seen, "tls.client_certificate_requested",
			      1);
		assert_number(scene.seen, "tls.client_certificate_refused", 1);
		assert_number(scene.seen, "tls.alert", cases[i].alert);
		assert_number(scene.seen, "tls.client_ca_count", 1);
		assert_fact(scene.seen, "tls.client_ca",
			    "O=Contoso, CN=Test Root");
		assert_fact(scene.seen, "cert.cn", "sip.contoso.com");
		scene_end(&scene);
	}
}

static void an_optional_client_certificate_is_no_refusal(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene;

		scene_prepare(&scene, &good);
		demand_certificate(&scene, versions[i], SSL_VERIFY_PEER);
		scene_play(&scene);
		assert_outcome(scene.seen, OUTCOME_ANSWERED);
		assert_number(scene.seen, "tls.client_certificate_requested",
			      1);
		assert_null(observation_fact(scene.seen,
					     "tls.client_certificate_refused"));
		scene_end(&scene);
	}
}

static void a_handshake_byte_by_byte_is_followed(void **state)
{
	struct scene scene;

	(void)state;
	scene_prepare(&scene, &good);
	scene.tls.is_slow = true;
	scene.timeout_us = 2 * CLOCK_SECOND_US;
	scene_play(&scene);
	assert_outcome(scene.seen, OUTCOME_ANSWERED);
	assert_fact(scene.seen, "cert.cn", "sip.contoso.com");
	scene_end(&scene);
}

static void no_common_cipher_is_an_alert(void **state)
{
	struct scene scene;

	(void)state;
	scene_prepare(&scene, &good);
	SSL_CTX_set_max_proto_version(scene.tls.context, TLS1_2_VERSION);
	/* an RSA suite alone, and no RSA key */
	SSL_CTX_set_cipher_list(scene.tls.context, "AES128-SHA");
	scene_play(&scene);
	assert_outcome(scene.seen, OUTCOME_ALERT);
	assert_number(scene.seen, "tls.alert", 40);
	assert_fact(scene.seen, "tls.alert_name", "handshake_failure");
	assert_number(scene.seen, "peer.spoke", 1);
	scene_end(&scene);
}

/* For C, this name would end after "com". */
static void a_nul_in_a_name_does_not_end_it(void **state)
{
	struct mock_leaf leaf = good;
	struct scene scene;

	(void)state;
	leaf.san = "sip.contoso.com@.evil.net";
	scene_prepare(&scene, &leaf);
	scene_play(&scene);
	assert_fact(scene.seen, "cert.san", "sip.contoso.com\\x00.evil.net");
	scene_end(&scene);
}

static void say_http(struct mock *mock, SSL *ssl)
{
	static const char text[] = "HTTP/1.1 408 Request Timeout\r\n\r\n";

	SSL_write(ssl, text, sizeof(text) - 1);
	mock_drain(mock, SSL_get_fd(ssl));
}

static void close_at_once(struct mock *mock, SSL *ssl)
{
	(void)mock;
	SSL_shutdown(ssl);
}

static void what_is_said_inside_tls_names_the_service(void **state)
{
	struct scene scene;

	(void)state;
	scene_prepare(&scene, &good);
	scene.tls.talk = say_http;
	scene_play(&scene);
	assert_outcome(scene.seen, OUTCOME_GARBLED);
	assert_fact(scene.seen, "peer.service", "http");
	assert_fact(scene.seen, "cert.cn", "sip.contoso.com");
	scene_end(&scene);
}

static void closing_after_the_handshake_is_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_prepare(&scene, &good);
	scene.tls.talk = close_at_once;
	scene_play(&scene);
	assert_outcome(scene.seen, OUTCOME_ANSWERED);
	assert_non_null(strstr(scene.seen->detail, "closed the connection"));
	scene_end(&scene);
}

static void strangers_are_named(void **state)
{
	static const struct {
		const char *says, *service;
	} cases[] = {
		{"HTTP/1.1 400 Bad Request\r\n\r\n", "http"},
		{"SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
		{"220 mail.contoso.com ESMTP\r\n", "smtp"},
		{"\x01\x02\x03\x04", "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = serve_banner,
				    .context = (void *)cases[i].says};
		struct trial trial;
		const struct observation *seen;

		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, &mock, TIMEOUT_US);
		assert_outcome(seen, OUTCOME_GARBLED);
		assert_fact(seen, "peer.service", cases[i].service);
		assert_memory_equal(observation_fact(seen, "peer.bytes")->text,
				    cases[i].says, strlen(cases[i].says));
		trial_end(&trial);
		mock_end(&mock);
	}
}

static void broken_records_are_garbled(void **state)
{
	/* a handshake record with nothing lawful in it */
	struct mock mock = {.serve = serve_banner};
	struct trial trial;
	const struct observation *seen;
	char flood[1024];

	(void)state;
	memset(flood, 'z', sizeof(flood));
	memcpy(flood, "\x16\x03\x03\x01\x01", 5);
	flood[sizeof(flood) - 1] = '\0';
	mock.context = flood;
	mock_begin(&mock, SOCK_STREAM);
	seen = look(&trial, &mock, TIMEOUT_US);
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_number(seen, "peer.spoke", 1);
	trial_end(&trial);
	mock_end(&mock);
}

static void a_server_that_hangs_up_is_told_apart(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		enum outcome outcome;
	} cases[] = {
		{serve_reset, OUTCOME_RESET},
		{serve_close, OUTCOME_CLOSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve};
		struct trial trial;
		const struct observation *seen;

		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, &mock, TIMEOUT_US);
		assert_outcome(seen, cases[i].outcome);
		assert_null(observation_fact(seen, "peer.spoke"));
		assert_string_equal(seen->phase, "handshake");
		trial_end(&trial);
		mock_end(&mock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_certificate_is_read_and_verified),
		cmocka_unit_test(names_of_other_kinds_are_read),
		cmocka_unit_test(a_server_need_not_be_named),
		cmocka_unit_test(each_is_told_of_the_chain_that_it_showed),
		cmocka_unit_test(a_bad_chain_is_a_fact_not_an_error),
		cmocka_unit_test(old_servers_are_looked_at),
		cmocka_unit_test(
			a_refusal_without_client_certificate_is_an_answer),
		cmocka_unit_test(an_optional_client_certificate_is_no_refusal),
		cmocka_unit_test(a_handshake_byte_by_byte_is_followed),
		cmocka_unit_test(no_common_cipher_is_an_alert),
		cmocka_unit_test(a_nul_in_a_name_does_not_end_it),
		cmocka_unit_test(what_is_said_inside_tls_names_the_service),
		cmocka_unit_test(closing_after_the_handshake_is_told),
		cmocka_unit_test(strangers_are_named),
		cmocka_unit_test(broken_records_are_garbled),
		cmocka_unit_test(a_server_that_hangs_up_is_told_apart),
	};

	/* read by OpenSSL when it is first used */
	setenv("OPENSSL_CONF", "tests/probes/strict.cnf", 1);
	return cmocka_run_group_tests_name("handshake", tests, set_up,
					   tear_down);
}
