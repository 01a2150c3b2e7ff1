#include "common/base/signals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void holds_each_ending_signal_and_no_other(void **state)
{
	sigset_t set;

	(void)state;
	signals_fill(&set);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++)
		assert_true(sigismember(&set, signals_ending[i]));
	assert_false(sigismember(&set, SIGQUIT));
	assert_false(sigismember(&set, SIGPIPE));
}

static void sees_what_nohup_asked_for(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_DFL);
	assert_false(signals_ignored(SIGHUP));
	signal(SIGHUP, SIG_IGN);
	assert_true(signals_ignored(SIGHUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_each_ending_signal_and_no_other),
		cmocka_unit_test(sees_what_nohup_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
