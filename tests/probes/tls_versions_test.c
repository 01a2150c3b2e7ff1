#include "probes/probe.h"

#include "tests/probes/mock_tls.h"

static struct mock_ca ca;

static const struct mock_leaf leaf = {
	.cn = "sip.contoso.com",
	.san = "sip.contoso.com",
	.from_s = -DAY_S,
	.to_s = 30 * DAY_S,
};

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

/* "SSLv3 TLSv1.0 ", of a list. */
static const char *all(struct trial *trial, const struct observation *seen,
		       const char *key)
{
	const struct fact *fact = observation_fact(seen, key);
	const char *text = "";

	for (; fact; fact = fact_next(fact))
		text = arena_format(trial->arena, "%s%s ", text, fact->text);
	return text;
}

static const struct observation *look(struct trial *trial, struct mock *mock)
{
	trial_begin(trial);
	trial->settings.timeout_us = MOCK_SILENCE_US;
	return trial_one(trial, "tls-versions", &mock->endpoint);
}

static void tells_what_a_real_server_takes(void **state)
{
	static const struct {
		int first, last;
		const char *accepted, *refused;
	} cases[] = {
		{TLS1_VERSION, TLS1_3_VERSION,
		 "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3 ", "SSLv3 "},
		{TLS1_2_VERSION, TLS1_2_VERSION, "TLSv1.2 ",
		 "SSLv3 TLSv1.0 TLSv1.1 TLSv1.3 "},
		{TLS1_VERSION, TLS1_VERSION, "TLSv1.0 ",
		 "SSLv3 TLSv1.1 TLSv1.2 TLSv1.3 "},
		{TLS1_3_VERSION, TLS1_3_VERSION, "TLSv1.3 ",
		 "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2 "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct observation *seen;
		struct mock mock = {.serve = serve_tls};
		struct mock_tls tls = {0};
		struct trial trial;

		mock_tls_begin(&tls, &ca, &leaf);
		SSL_CTX_set_min_proto_version(tls.context, cases[i].first);
		SSL_CTX_set_max_proto_version(tls.context, cases[i].last);
		mock.context = &tls;
		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, &mock);
		assert_outcome(seen, OUTCOME_ANSWERED);
		assert_string_equal(all(&trial, seen, "tls.accepted"),
				    cases[i].accepted);
		assert_string_equal(all(&trial, seen, "tls.refused"),
				    cases[i].refused);
		assert_null(observation_fact(seen, "tls.unanswered"));
		assert_null(observation_fact(seen, "tls.weak_accepted"));
		assert_string_equal(all(&trial, seen, "tls.weak_refused"),
				    "RC4 3DES none ");
		assert_non_null(observation_fact(seen, "tls.picked"));
		assert_int_equal(mock.served, 8);
		trial_end(&trial);
		mock_end(&mock);
		mock_tls_end(&tls);
	}
}

/* SSL 3.0 with RC4, which no library here speaks; resets all else. */
static void serve_ssl3(struct mock *mock, int descriptor)
{
	static const uint8_t hello[] = {0x16, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0};
	uint8_t answer[47] = {0}, asked[1024];
	ssize_t size;

	if (!mock_readable(mock, descriptor))
		return;
	size = recv(descriptor, asked, sizeof(asked), 0);
	if (size < 44)
		return;
	if (asked[10] != 0) {
		mock_reset(descriptor);
		return;
	}
	memcpy(answer, hello, sizeof(hello));
	answer[45] = 0x05; /* TLS_RSA_WITH_RC4_128_SHA */
	mock_say(descriptor, answer, sizeof(answer));
}

static void tells_of_versions_that_no_library_speaks(void **state)
{
	struct mock mock = {.serve = serve_ssl3};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = look(&trial, &mock);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_string_equal(all(&trial, seen, "tls.accepted"), "SSLv3 ");
	assert_string_equal(all(&trial, seen, "tls.refused"),
			    "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3 ");
	assert_fact(seen, "tls.picked", "SSLv3 TLS_RSA_WITH_RC4_128_SHA");
	trial_end(&trial);
	mock_end(&mock);
}

static void blames_no_version_for_what_is_the_matter(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		const char *says;
		enum outcome outcome;
	} cases[] = {
		{serve_mute, NULL, OUTCOME_NO_REPLY},
		{serve_reset, NULL, OUTCOME_RESET},
		{serve_close, NULL, OUTCOME_CLOSED},
		{serve_banner, "SSH-2.0-OpenSSH_9.2\r\n", OUTCOME_GARBLED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve};
		const struct observation *seen;
		char says[64] = "";
		struct trial trial;

		if (cases[i].says)
			snprintf(says, sizeof(says), "%s", cases[i].says);
		mock.context = says;
		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, &mock);
		assert_outcome(seen, cases[i].outcome);
		assert_null(observation_fact(seen, "tls.refused"));
		assert_null(observation_fact(seen, "tls.accepted"));
		trial_end(&trial);
		mock_end(&mock);
	}
}

static void nobody_there_is_refused(void **state)
{
	struct mock mock = {.endpoint = mock_nobody(TRANSPORT_TCP)};
	struct trial trial;

	(void)state;
	assert_outcome(look(&trial, &mock), OUTCOME_REFUSED);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_a_real_server_takes),
		cmocka_unit_test(tells_of_versions_that_no_library_speaks),
		cmocka_unit_test(blames_no_version_for_what_is_the_matter),
		cmocka_unit_test(nobody_there_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
