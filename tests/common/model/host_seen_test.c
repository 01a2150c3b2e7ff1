#include "common/model/host_seen.h"

#include "tests/common/wire/host_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW_US INT64_C(1767261500000000) /* 2026-01-01T09:58:20Z */

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct observation *report(void)
{
	const char *why = NULL;
	struct observation *seen = host_seen_report(
		arena, HOST_REPORT, strlen(HOST_REPORT), NOW_US, &why);

	assert_non_null(seen);
	return seen;
}

static void notes_that_a_report_is_one(void **state)
{
	struct observation *seen = report();

	(void)state;
	assert_string_equal(seen->probe, "host");
	assert_int_equal(seen->vantage, VANTAGE_EDGE_HOST);
	assert_int_equal(seen->outcome, OUTCOME_ANSWERED);
	assert_true(observation_flag(seen, "host.reported"));
	assert_string_equal(host_seen_title(arena, seen),
			    "the host of the report (EDGE1)");
}

static void dates_a_report_by_its_own_clock(void **state)
{
	struct observation *seen = report();

	(void)state;
	assert_true(seen->wall_us == NOW_US + INT64_C(100500000));
	assert_int_equal(observation_number(seen, "host.clock_ahead_s", 0),
			 100);
}

static void reads_what_it_noted(void **state)
{
	struct observation *seen = report();
	struct host host = host_seen_read(arena, seen);
	const struct fact *fact;

	(void)state;
	assert_string_equal(host.name, "EDGE1");
	assert_int_equal(host.interface_count, 3);
	assert_string_equal(host_interface(&host, 4)->name, "External LAN");
	assert_true(host_interface(&host, 1)->is_loopback);
	assert_int_equal(host.address_count, 6);
	assert_int_equal(host.addresses[1].rank, HOST_SPARED);
	assert_int_equal(host.addresses[1].bits, 24);
	assert_int_equal(host.route_count, 3);
	assert_true(host_route_is_default(&host.routes[0]));
	assert_int_equal(host.routes[0].metric, 256);
	assert_int_equal(host.routes[1].gateway.family, 0);
	assert_int_equal(host.routes[2].keeping, HOST_KEPT);
	assert_int_equal(host.switch_count, 3);
	assert_true(host.has_switches);
	assert_int_equal(host.connection_count, 3);
	assert_int_equal(host.connections[1].remote_port, 5061);
	assert_int_equal(host.sources[0].family, AF_INET);
	fact = observation_fact(seen, "host.route");
	assert_string_equal(fact->text, "4 0.0.0.0/0 10.45.16.1 256 kept");
}

static void passes_over_what_it_would_not_write(void **state)
{
	static const struct {
		const char *key, *text;
	} facts[] = {
		{"host.interface", ""},
		{"host.interface", "x network eth0"},
		{"host.address", "1 10.0.0.1 33 primary"},
		{"host.address", "1 10.0.0.1 24 first"},
		{"host.address", "1 10.0.0.1"},
		{"host.route", "1 10.0.0.1/8 - 0 kept"},
		{"host.route", "1 10.0.0.0/8 - 0 kept more"},
		{"host.route", "99999999999 10.0.0.0/8 - 0 kept"},
		{"host.source", "nowhere"},
		{"host.forwarding", "ipv4 on"},
		{"host.connection", "established 10.0.0.1:5"},
		{"host.connection", "closed 10.0.0.1:5 10.0.0.2:5"},
	};
	struct observation *seen = observation_new(arena);
	struct host host;

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		observation_add_text(arena, seen, facts[i].key, facts[i].text);
	host = host_seen_read(arena, seen);
	assert_int_equal(host.interface_count, 0);
	assert_int_equal(host.address_count, 0);
	assert_int_equal(host.route_count, 0);
	assert_int_equal(host.switch_count, 0);
	assert_int_equal(host.connection_count, 0);
	assert_int_equal(host.sources[0].family, 0);
	assert_string_equal(host_seen_title(arena, seen), "this host");
}

static void says_why_a_report_is_none(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_null(host_seen_report(arena, "{}", 2, NOW_US, &why));
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_that_a_report_is_one),
		cmocka_unit_test(dates_a_report_by_its_own_clock),
		cmocka_unit_test(reads_what_it_noted),
		cmocka_unit_test(passes_over_what_it_would_not_write),
		cmocka_unit_test(says_why_a_report_is_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
