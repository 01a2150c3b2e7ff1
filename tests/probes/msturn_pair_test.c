#include "probes/msturn_relay.h"
#include "probes/probe.h"

#include "tests/probes/mock.h"

/*
 * The lab has two A/V Edges that reach one another or do not; here is what
 * becomes of the question where one grants nothing to begin with.
 */

static void tell_of_no_pair(struct trial *trial, const struct endpoint *one,
			    const struct endpoint *other)
{
	const struct credentials credentials = {.username = {1},
						.username_length = 16,
						.password = {2},
						.password_length = 16};
	const struct relay_wish wish = {.credentials = &credentials};
	const struct check_spec spec = {.probe = "relay-pair",
					.endpoint = *one,
					.second = *other,
					.subject = "-"};

	trial_begin(trial);
	trial->settings.relay = &wish;
	trial_run(trial, &spec, 1);
	assert_int_equal(trial->seen.count, 1);
	assert_outcome(trial->seen.items[0], OUTCOME_LOCAL);
	assert_string_equal(trial->seen.items[0]->detail,
			    "one of the two grants no allocation");
	trial_end(trial);
}

static void leaves_a_refusal_to_the_row_of_the_allocation(void **state)
{
	struct endpoint nobody = mock_nobody(TRANSPORT_UDP);
	struct endpoint other = mock_nobody(TRANSPORT_UDP);
	struct trial trial;

	(void)state;
	tell_of_no_pair(&trial, &nobody, &other);
}

static void leaves_silence_to_the_row_of_the_allocation(void **state)
{
	struct mock mock = {.serve = serve_mute};
	struct trial trial;

	(void)state;
	mock_begin(&mock, SOCK_DGRAM);
	tell_of_no_pair(&trial, &mock.endpoint, &mock.endpoint);
	mock_end(&mock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_a_refusal_to_the_row_of_the_allocation),
		cmocka_unit_test(leaves_silence_to_the_row_of_the_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
