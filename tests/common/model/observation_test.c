#include "common/model/observation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	*state = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static void begins_as_our_own_trouble(void **state)
{
	struct observation *observation = observation_new(*state);

	/* what never came to an end must not look like the Edge's fault */
	assert_int_equal(observation->outcome, OUTCOME_LOCAL);
	assert_string_equal(observation->subject, "-");
	assert_string_equal(observation->run, "");
	assert_string_equal(observation->probe, "");
	assert_string_equal(observation->source, "");
	assert_string_equal(observation->phase, "");
	assert_string_equal(observation->detail, "");
	assert_null(observation->facts);
	assert_null(observation->trace);
}

static void keeps_facts_in_the_order_seen(void **state)
{
	struct arena *arena = *state;
	struct observation *observation = observation_new(arena);
	const struct fact *fact;

	observation_add_text(arena, observation, "cert.san", "sip.contoso.com");
	observation_add_number(arena, observation, "cert.key_bits", FACT_UINT,
			       2048);
	observation_add_text(arena, observation, "cert.san", "webcon");
	observation_add_text(arena, observation, "cert.san", "");

	fact = observation_fact(observation, "cert.san");
	assert_string_equal(fact->text, "sip.contoso.com");
	assert_int_equal(fact->length, 15);
	assert_int_equal(fact->type, FACT_TEXT);
	fact = fact_next(fact);
	assert_string_equal(fact->text, "webcon");
	fact = fact_next(fact);
	assert_string_equal(fact->text, "");
	assert_null(fact_next(fact));
}

static void copies_what_it_is_given(void **state)
{
	struct arena *arena = *state;
	struct observation *observation = observation_new(arena);
	char text[] = "RTC/6.0";
	uint8_t bytes[] = {0x16, 0x00, 0xff};
	const struct fact *fact;

	observation_add_text(arena, observation, "sip.server", text);
	observation_add_bytes(arena, observation, "peer.bytes", FACT_BYTES,
			      bytes, sizeof(bytes));
	memset(text, 'x', sizeof(text) - 1);
	memset(bytes, 'x', sizeof(bytes));

	assert_string_equal(observation_text(observation, "sip.server"),
			    "RTC/6.0");
	fact = observation_fact(observation, "peer.bytes");
	assert_int_equal(fact->type, FACT_BYTES);
	assert_int_equal(fact->length, 3);
	assert_memory_equal(fact->text, "\x16\x00\xff\x00", 4);
}

static void writes_addresses_with_their_ports(void **state)
{
	struct arena *arena = *state;
	struct observation *observation = observation_new(arena);
	struct address ipv4, ipv6;

	assert_true(address_parse("192.0.2.30", &ipv4));
	assert_true(address_parse("2001:db8::30", &ipv6));
	observation_add_address(arena, observation, "reply.address", &ipv4,
				3478);
	observation_add_address(arena, observation, "turn.alternate_server",
				&ipv6, 3478);
	assert_string_equal(observation_text(observation, "reply.address"),
			    "192.0.2.30:3478");
	assert_string_equal(
		observation_text(observation, "turn.alternate_server"),
		"[2001:db8::30]:3478");
	assert_int_equal(observation_fact(observation, "reply.address")->type,
			 FACT_ADDRESS);
}

static void gives_the_fallback_for_what_was_not_seen(void **state)
{
	struct arena *arena = *state;
	struct observation *observation = observation_new(arena);

	observation_add_number(arena, observation, "sip.date_skew_s", FACT_INT,
			       -301);
	observation_add_number(arena, observation, "turn.cookie", FACT_FLAG, 1);
	observation_add_number(arena, observation, "turn.standard", FACT_FLAG,
			       0);

	assert_int_equal(observation_number(observation, "sip.date_skew_s", 0),
			 -301);
	assert_int_equal(observation_number(observation, "sip.status", -1), -1);
	assert_true(observation_flag(observation, "turn.cookie"));
	assert_false(observation_flag(observation, "turn.standard"));
	assert_false(observation_flag(observation, "dns.tcp"));
	assert_null(observation_text(observation, "turn.realm"));
	assert_null(observation_fact(observation, "turn.realm"));
}

static void keeps_the_trace_in_order(void **state)
{
	struct arena *arena = *state;
	struct observation *observation = observation_new(arena);

	observation_add_trace(arena, observation, 0, "connect");
	observation_add_trace(arena, observation, 1200, "handshake");
	assert_string_equal(observation->trace->phase, "connect");
	assert_string_equal(observation->trace->next->phase, "handshake");
	assert_int_equal(observation->trace->next->at_us, 1200);
	assert_null(observation->trace->next->next);
}

static void lists_grow(void **state)
{
	struct arena *arena = *state;
	struct observation_list list = {0};

	for (unsigned i = 1; i <= 100; i++) {
		struct observation *observation = observation_new(arena);

		observation->id = i;
		observation_list_add(arena, &list, observation);
	}
	assert_int_equal(list.count, 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(list.items[i]->id, i + 1);
}

static void outcomes_have_names_that_are_read_again(void **state)
{
	enum outcome outcome = OUTCOME_ANSWERED;

	(void)state;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		const char *name = outcome_name((enum outcome)i);

		assert_non_null(name);
		assert_true(outcome_parse(name, &outcome));
		assert_int_equal(outcome, i);
	}
	assert_string_equal(outcome_name(OUTCOME_NO_REPLY), "no-reply");
	assert_false(outcome_parse("No-Reply", &outcome));
	assert_false(outcome_parse("", &outcome));
}

static void vantages_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VANTAGE_COUNT; i++)
		assert_non_null(vantage_name((enum vantage)i));
	assert_string_equal(vantage_name(VANTAGE_EDGE_HOST), "edge-host");
}

#define test_of(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_of(begins_as_our_own_trouble),
		test_of(keeps_facts_in_the_order_seen),
		test_of(copies_what_it_is_given),
		test_of(writes_addresses_with_their_ports),
		test_of(gives_the_fallback_for_what_was_not_seen),
		test_of(keeps_the_trace_in_order),
		test_of(lists_grow),
		test_of(outcomes_have_names_that_are_read_again),
		test_of(vantages_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
