#include "common/wire/pseudo.h"
#include "probes/probe.h"

#include "tests/probes/mock_tls.h"

/* Eight connections, and what became of each. */

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

static const struct observation *look(struct trial *trial, const char *probe,
				      const struct endpoint *endpoint)
{
	trial_begin(trial);
	trial->settings.timeout_us = MOCK_SILENCE_US;
	return trial_one(trial, probe, endpoint);
}

/* answered, refused, hung up on, mute, silent: eight together */
static void counts_are(const struct observation *seen, int64_t answered,
		       int64_t refused, int64_t hung_up, int64_t mute)
{
	assert_number(seen, "spread.tried", 8);
	assert_number(seen, "spread.answered", answered);
	assert_number(seen, "spread.refused", refused);
	assert_number(seen, "spread.hung_up", hung_up);
	assert_number(seen, "spread.mute", mute);
	assert_number(seen, "spread.silent", 0);
	assert_number(seen, "spread.unobserved", 0);
}

static size_t leaves_of(const struct observation *seen)
{
	const struct fact *fact = observation_fact(seen, "spread.leaf");
	size_t count = 0;

	for (; fact; fact = fact_next(fact))
		count++;
	return count;
}

static void a_tls_server_answers_each(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct observation *seen;
		struct mock mock = {.serve = serve_tls};
		struct mock_tls tls = {0};
		struct trial trial;

		mock_tls_begin(&tls, &ca, &leaf);
		SSL_CTX_set_min_proto_version(tls.context, versions[i]);
		mock.context = &tls;
		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, "vip-spread", &mock.endpoint);
		assert_outcome(seen, OUTCOME_ANSWERED);
		counts_are(seen, 8, 0, 0, 0);
		/* one leaf for all; of TLS 1.3 there is none in clear */
		assert_int_equal(leaves_of(seen), i == 0);
		assert_non_null(observation_fact(seen, "tcp.rtt_us"));
		assert_int_equal(mock.served, 8);
		trial_end(&trial);
		mock_end(&mock);
		mock_tls_end(&tls);
	}
}

static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};

/* One server behind it lives, the other does what context says. */
static void serve_in_turn(struct mock *mock, int descriptor)
{
	const char *other = mock->context;

	if (!mock_readable(mock, descriptor))
		return;
	if (mock->served % 2)
		mock_say(descriptor, alert, sizeof(alert));
	else if (strcmp(other, "resets") == 0)
		mock_reset(descriptor);
}

static void one_server_of_two_is_dead(void **state)
{
	static char resets[] = "resets", closes[] = "closes";
	char *others[] = {resets, closes};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mock mock = {.serve = serve_in_turn,
				    .context = others[i]};
		const struct observation *seen;
		struct trial trial;

		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, "vip-spread", &mock.endpoint);
		assert_outcome(seen, OUTCOME_ANSWERED);
		counts_are(seen, 4, 0, 4, 0);
		trial_end(&trial);
		mock_end(&mock);
	}
}

/* The first connection is answered; the mock is at its wits' end then. */
static void serve_once(struct mock *mock, int descriptor)
{
	if (!mock_readable(mock, descriptor))
		return;
	if (mock->served == 1)
		mock_say(descriptor, alert, sizeof(alert));
	else
		mock_drain(mock, descriptor);
}

static void a_server_that_says_nothing_is_told(void **state)
{
	struct mock mock = {.serve = serve_once};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = look(&trial, "vip-spread", &mock.endpoint);
	assert_outcome(seen, OUTCOME_ANSWERED);
	counts_are(seen, 1, 0, 0, 7);
	trial_end(&trial);
	mock_end(&mock);
}

static void tells_how_nobody_answers(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		enum outcome outcome;
	} cases[] = {
		{serve_mute, OUTCOME_NO_REPLY},
		{serve_close, OUTCOME_CLOSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve};
		const struct observation *seen;
		struct trial trial;

		mock_begin(&mock, SOCK_STREAM);
		seen = look(&trial, "vip-spread", &mock.endpoint);
		assert_outcome(seen, cases[i].outcome);
		assert_number(seen, "spread.answered", 0);
		trial_end(&trial);
		mock_end(&mock);
	}
}

static void a_port_that_refuses_is_refused(void **state)
{
	struct mock mock = {.serve = serve_mute};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	mock_end(&mock);
	seen = look(&trial, "vip-spread", &mock.endpoint);
	assert_outcome(seen, OUTCOME_REFUSED);
	counts_are(seen, 0, 8, 0, 0);
	trial_end(&trial);
}

/* As two servers with a certificate each, in turn. */
static void serve_leaf_in_turn(struct mock *mock, int descriptor)
{
	const uint8_t answer[] = {22,
				  3,
				  3,
				  0,
				  12,
				  11,
				  0,
				  0,
				  8,
				  0,
				  0,
				  5,
				  0,
				  0,
				  2,
				  'a',
				  (uint8_t)('0' + mock->served % 2)};

	if (mock_readable(mock, descriptor))
		mock_say(descriptor, answer, sizeof(answer));
}

static void each_certificate_is_told_once(void **state)
{
	struct mock mock = {.serve = serve_leaf_in_turn};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = look(&trial, "vip-spread", &mock.endpoint);
	counts_are(seen, 8, 0, 0, 0);
	assert_int_equal(leaves_of(seen), 2);
	trial_end(&trial);
	mock_end(&mock);
}

/* A/V: only its own hello is answered. */
static void serve_pseudo(struct mock *mock, int descriptor)
{
	static const uint8_t random[PSEUDO_RANDOM_BYTES],
		session[PSEUDO_SESSION_BYTES];
	uint8_t asked[PSEUDO_CLIENT_BYTES], answer[PSEUDO_SERVER_BYTES];

	if (!mock_readable(mock, descriptor) ||
	    recv(descriptor, asked, sizeof(asked), MSG_WAITALL) !=
		    (ssize_t)sizeof(asked) ||
	    !pseudo_client_matches(asked))
		return;
	pseudo_server_hello(answer, 0, random, session);
	mock_say(descriptor, answer, sizeof(answer));
}

static void an_av_edge_hears_its_own_hello(void **state)
{
	struct mock mock = {.serve = serve_pseudo};
	const struct observation *seen;
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_STREAM);
	seen = look(&trial, "vip-spread-av", &mock.endpoint);
	assert_outcome(seen, OUTCOME_ANSWERED);
	counts_are(seen, 8, 0, 0, 0);
	trial_end(&trial);
	mock_end(&mock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tls_server_answers_each),
		cmocka_unit_test(one_server_of_two_is_dead),
		cmocka_unit_test(a_server_that_says_nothing_is_told),
		cmocka_unit_test(tells_how_nobody_answers),
		cmocka_unit_test(a_port_that_refuses_is_refused),
		cmocka_unit_test(each_certificate_is_told_once),
		cmocka_unit_test(an_av_edge_hears_its_own_hello),
	};

	return cmocka_run_group_tests_name("vip_spread", tests, set_up,
					   tear_down);
}
