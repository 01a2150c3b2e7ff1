#include "probes/probe.h"

#include "common/model/host_seen.h"
#include "tests/probes/mock.h"

/* Whatever else the machine has: every one has this. */
static void sees_the_loopback_interface_of_this_host(void **state)
{
	struct endpoint nowhere = {0};
	const struct observation *seen;
	const struct host_address *own;
	struct address address;
	struct trial trial;
	struct host host;

	(void)state;
	trial_begin(&trial);
	seen = trial_one(&trial, "host", &nowhere);
	assert_outcome(seen, OUTCOME_ANSWERED);
	assert_false(observation_flag(seen, "host.reported"));
	host = host_seen_read(trial.arena, seen);
	assert_true(address_parse("127.0.0.1", &address));
	own = host_has(&host, &address);
	assert_non_null(own);
	assert_int_equal(own->bits, 8);
	assert_non_null(host_interface(&host, own->interface));
	assert_true(host_interface(&host, own->interface)->is_loopback);
	assert_true(host.has_switches);
	assert_false(host.is_cut);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_the_loopback_interface_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
