#include "common/model/credentials.h"
#include "probes/identity.h"
#include "tests/common/wire/mras_samples.h"
#include "tests/probes/sip_scene.h"

#include <openssl/pem.h>

#define URI "sip:edge.contoso.com@contoso.com;gruu;opaque=srvr:MRAS:x"

/* Who we say we are, to one that lets no stranger in. */
static char own_file[] = "/tmp/edgeprobe-test-XXXXXX";
static struct credentials credentials;

static void write_own(void)
{
	static const struct mock_leaf own = {
		.cn = "fe01.contoso.com", .from_s = -DAY_S, .to_s = DAY_S};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = mock_certificate(&own, key);
	FILE *file = fdopen(mkstemp(own_file), "w");

	X509_set_issuer_name(certificate, X509_get_subject_name(ca.root));
	X509_sign(certificate, ca.key, EVP_sha256());
	assert_non_null(file);
	PEM_write_X509(file, certificate);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static int begin(void **state)
{
	set_up(state);
	write_own();
	return 0;
}

static int end(void **state)
{
	unlink(own_file);
	return tear_down(state);
}

static const struct identity own = {own_file, own_file, -1};

/* A service inside: it wants a certificate that our root has issued. */
static void demand_certificate(struct scene *scene, int version)
{
	SSL_CTX *context = scene->tls.context;

	SSL_CTX_set_max_proto_version(context, version);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.root);
	SSL_CTX_set_verify(context,
			   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
}

static const struct observation *ask_as(struct scene *scene, const char *uri,
					const struct identity *identity)
{
	struct check_spec spec = {.probe = "mras",
				  .subject = "-",
				  .from_domain = "contoso.com",
				  .url = uri};

	credentials_forget(&credentials);
	mock_begin(&scene->mock, SOCK_STREAM);
	spec.endpoint = scene->mock.endpoint;
	trial_begin(&scene->trial);
	scene->trial.settings.ca_file = ca.file;
	scene->trial.settings.identity = identity;
	scene->trial.settings.credentials = &credentials;
	if (scene->timeout_us)
		scene->trial.settings.timeout_us = scene->timeout_us;
	trial_run(&scene->trial, &spec, 1);
	assert_true(scene->trial.completed);
	assert_int_equal(scene->trial.seen.count, 1);
	return scene->trial.seen.items[0];
}

static const struct observation *
ask(struct scene *scene,
    bool (*answer)(struct dialogue *dialogue, SSL *ssl, const char *request))
{
	prepare(scene, answer);
	demand_certificate(scene, TLS1_3_VERSION);
	return ask_as(scene, URI, &own);
}

static void reply_body(SSL *ssl, const char *request, const char *status,
		       const char *body)
{
	char reply[REQUEST_BYTES];
	char *end;

	compose(reply, request, status, "");
	end = strstr(reply, "Content-Length:");
	snprintf(end, (size_t)(reply + REQUEST_BYTES - end),
		 "Content-Type: application/msrtc-media-relay-auth+xml\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	say(ssl, reply);
}

static bool grant(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	reply_with(ssl, request, "100 Trying", "");
	reply_body(ssl, request, "200 OK", M_ANSWER);
	return true;
}

/* No fact may have any of it, as text or as bytes. */
static void assert_no_secret(const struct observation *seen)
{
	const struct fact *fact = seen->facts;

	for (; fact; fact = fact->next) {
		if (fact->type != FACT_TEXT && fact->type != FACT_BYTES)
			continue;
		assert_null(memmem(fact->text, fact->length, "77PcwbJQ", 8));
		assert_null(memmem(fact->text, fact->length, "AQAAIAAA", 8));
		assert_null(memmem(fact->text, fact->length,
				   "\xef\xb3\xdc\xc1\xb2", 5));
	}
	assert_null(strstr(seen->detail, "77PcwbJQ"));
}

static void credentials_are_granted_and_no_fact(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	int64_t now_s = clock_wall_us() / CLOCK_SECOND_US;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		const struct observation *seen;
		const struct fact *relay;

		prepare(&scene, grant);
		demand_certificate(&scene, versions[i]);
		seen = ask_as(&scene, URI, &own);
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_number(seen, "sip.status", 200);
		assert_fact(seen, "mras.reason", "OK");
		assert_number(seen, "mras.duration", 480);
		assert_number(seen, "mras.username_length", 52);
		assert_number(seen, "mras.token_version", 1);
		relay = observation_fact(seen, "mras.relay");
		assert_string_equal(relay->text,
				    "internet av.contoso.com 3478 443");
		assert_string_equal(fact_next(relay)->text,
				    "intranet 10.0.0.7 3478 0");
		assert_fact(seen, "cert.cn", "sip.contoso.com");
		assert_fact(seen, "client.domain", "contoso.com");
		assert_number(seen, "tls.client_certificate_requested", 1);
		assert_no_secret(seen);
		assert_int_equal(credentials.username_length, 52);
		assert_int_equal(credentials.password_length, 20);
		assert_int_equal(credentials.password[19], 0xea);
		assert_in_range(credentials.expires_s, now_s + 480 * 60,
				now_s + 480 * 60 + 60);
		scene_end(&scene);
	}
}

static void the_request_says_what_it_must(void **state)
{
	static const char *const parts[] = {
		"SERVICE " URI " SIP/2.0\r\n",
		"\r\nTo: <" URI ">\r\n",
		"\r\nFrom: <sip:edgeprobe@contoso.com>;tag=",
		"\r\nCSeq: 1 SERVICE\r\n",
		"\r\nContent-Type: application/msrtc-media-relay-auth+xml\r\n",
		" to=\"" URI "\" from=\"sip:edgeprobe@contoso.com\"",
		"<duration>480</duration>",
	};
	struct scene scene;
	const char *request = scene.dialogue.requests[0], *body;
	char length[64];

	(void)state;
	ask(&scene, grant);
	assert_int_equal(scene.dialogue.count, 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_non_null(strstr(request, parts[i]));
	body = strstr(request, "\r\n\r\n") + 4;
	snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
		 strlen(body));
	assert_non_null(strstr(request, length));
	scene_end(&scene);
}

static bool refuse(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	reply_body(ssl, request, "200 OK", M_BEGIN("Forbidden") M_GRANT M_END);
	return true;
}

static bool not_found(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	reply_body(ssl, request, "404 Not Found", M_ANSWER);
	return true;
}

static void a_refusal_is_an_answer_without_credentials(void **state)
{
	struct scene scene;
	const struct observation *seen = ask(&scene, refuse);

	(void)state;
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_fact(seen, "mras.reason", "Forbidden");
	assert_null(observation_fact(seen, "mras.username_length"));
	assert_int_equal(credentials.username_length, 0);
	scene_end(&scene);
	seen = ask(&scene, not_found);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_number(seen, "sip.status", 404);
	assert_null(observation_fact(seen, "mras.reason"));
	assert_int_equal(credentials.username_length, 0);
	scene_end(&scene);
}

static bool no_body(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	reply_with(ssl, request, "200 OK", "");
	return true;
}

static bool half_a_body(struct dialogue *dialogue, SSL *ssl,
			const char *request)
{
	(void)dialogue;
	reply_body(ssl, request, "200 OK", M_BEGIN("OK") M_GRANT);
	return true;
}

/* Its own body stands where the next message should. */
static bool lies_about_its_length(struct dialogue *dialogue, SSL *ssl,
				  const char *request)
{
	(void)dialogue;
	reply_with(ssl, request, "100 Trying", "");
	say(ssl, "<m>" M_PASSWORD "</m>\r\n\r\n");
	return true;
}

static void what_is_no_answer_of_the_service_is_garbled(void **state)
{
	static bool (*const answers[])(struct dialogue * dialogue, SSL * ssl,
				       const char *request) = {
		no_body, half_a_body, lies_about_its_length};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene scene;
		const struct observation *seen = ask(&scene, answers[i]);

		assert_outcome(seen, OUTCOME_GARBLED);
		assert_no_secret(seen);
		assert_int_equal(credentials.username_length, 0);
		scene_end(&scene);
	}
}

static bool answers_without_end(struct dialogue *dialogue, SSL *ssl,
				const char *request)
{
	(void)dialogue;
	(void)request;
	say(ssl, "SIP/2.0 200 OK\r\nContent-Length: 1000000\r\n\r\n");
	for (int i = 0; i < 5000; i++)
		say(ssl, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	return false;
}

static void an_answer_without_end_is_garbled(void **state)
{
	struct scene scene;
	const struct observation *seen = ask(&scene, answers_without_end);

	(void)state;
	assert_outcome(seen, OUTCOME_GARBLED);
	assert_string_equal(seen->detail, "not SIP: it does not end");
	scene_end(&scene);
}

static bool stay_mute(struct dialogue *dialogue, SSL *ssl, const char *request)
{
	(void)dialogue;
	(void)ssl;
	(void)request;
	return true;
}

static void silence_is_no_reply(void **state)
{
	struct scene scene;
	const struct observation *seen;

	(void)state;
	prepare(&scene, stay_mute);
	demand_certificate(&scene, TLS1_3_VERSION);
	scene.timeout_us = MOCK_SILENCE_US;
	seen = ask_as(&scene, URI, &own);
	assert_outcome(seen, OUTCOME_NO_REPLY);
	assert_string_equal(seen->phase, "exchange");
	scene_end(&scene);
}

/* A root that has not issued ours. */
static void a_certificate_that_is_not_taken_is_an_alert(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		const struct observation *seen;

		prepare(&scene, grant);
		demand_certificate(&scene, versions[i]);
		SSL_CTX_set_cert_store(scene.tls.context, X509_STORE_new());
		seen = ask_as(&scene, URI, &own);
		assert_outcome(seen, OUTCOME_ALERT);
		assert_fact(seen, "tls.alert_name", "unknown_ca");
		assert_int_equal(scene.dialogue.count, 0);
		scene_end(&scene);
	}
}

static void what_we_lack_is_not_blamed_on_the_edge(void **state)
{
	static const char *const uris[] = {
		"",
		"sip:",
		"mras@contoso.com",
		"sip:a b@contoso.com",
		"sip:a@contoso.com>\r\nX: y",
		"sip:\"a\"@contoso.com",
	};
	struct scene scene;
	const struct observation *seen;

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		prepare(&scene, grant);
		seen = ask_as(&scene, uris[i], &own);
		assert_outcome(seen, OUTCOME_LOCAL);
		assert_int_equal(scene.mock.served, 0);
		scene_end(&scene);
	}
	prepare(&scene, grant);
	seen = ask_as(&scene, URI, NULL);
	assert_outcome(seen, OUTCOME_LOCAL);
	assert_string_equal(seen->detail, "there is no certificate to show");
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_are_granted_and_no_fact),
		cmocka_unit_test(the_request_says_what_it_must),
		cmocka_unit_test(a_refusal_is_an_answer_without_credentials),
		cmocka_unit_test(what_is_no_answer_of_the_service_is_garbled),
		cmocka_unit_test(an_answer_without_end_is_garbled),
		cmocka_unit_test(silence_is_no_reply),
		cmocka_unit_test(a_certificate_that_is_not_taken_is_an_alert),
		cmocka_unit_test(what_we_lack_is_not_blamed_on_the_edge),
	};

	return cmocka_run_group_tests_name("mras", tests, begin, end);
}
