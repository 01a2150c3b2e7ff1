#include "common/judge/meanings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static const char *diagnose(const char *header)
{
	struct observation *seen = observation_new(arena);

	observation_add_text(arena, seen, "sip.diagnostics", header);
	return diagnostics_clause(arena, seen);
}

static void says_what_a_diagnostic_means(void **state)
{
	(void)state;
	assert_string_equal(diagnose("1003;reason=\"User does not exist\""),
			    "; diagnostic 1003: the user does not exist");
	assert_string_equal(diagnose(" 1013 ; x"),
			    "; diagnostic 1013: clocks differ too much: set "
			    "time and time zone");
	assert_string_equal(diagnostics_clause(arena, observation_new(arena)),
			    "");
	assert_string_equal(diagnose("no number"), "");
	assert_string_equal(diagnose("99999999999999999999;x"), "");
}

/* What a peer says is data: cut, and nothing in it moves a cursor. */
static void quotes_an_unknown_one_with_care(void **state)
{
	char header[400] = "1039;reason=\"";

	(void)state;
	assert_string_equal(
		diagnose("1039;source=\"a\";reason = \"TLS failed\""),
		"; diagnostic 1039, \"TLS failed\"");
	assert_string_equal(diagnose("1039;reason=\"\x1b[2J\""),
			    "; diagnostic 1039, \"\\x1b[2J\"");
	assert_string_equal(diagnose("1039"), "; diagnostic 1039");
	assert_string_equal(diagnose("1039;reason=bare"), "; diagnostic 1039");
	memset(header + strlen(header), 'a', 300);
	assert_int_equal(strlen(diagnose(header)),
			 strlen("; diagnostic 1039, \"\"") + 80);
}

static void says_what_an_alert_means(void **state)
{
	struct observation *seen = observation_new(arena);

	(void)state;
	assert_string_equal(alert_clause(arena, seen), "");
	observation_add_number(arena, seen, "tls.alert", FACT_UINT, 70);
	assert_string_equal(alert_clause(arena, seen),
			    ": no version of TLS in common");
	seen = observation_new(arena);
	observation_add_number(arena, seen, "tls.alert", FACT_UINT, 99);
	assert_string_equal(alert_clause(arena, seen), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_a_diagnostic_means),
		cmocka_unit_test(quotes_an_unknown_one_with_care),
		cmocka_unit_test(says_what_an_alert_means),
	};
	int failed;

	arena = arena_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
