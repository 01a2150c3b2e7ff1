#include "common/model/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct check_spec sip_check(void)
{
	struct check_spec spec = {
		.probe = "sip",
		.endpoint = {.name = "sip.contoso.com", .port = 443},
		.subject = "-",
	};

	assert_true(address_parse("192.0.2.10", &spec.endpoint.address));
	return spec;
}

static void change_probe(struct check_spec *spec)
{
	spec->probe = "webconf";
}

static void change_name(struct check_spec *spec)
{
	spec->endpoint.name = "webcon.contoso.com";
}

static void change_to_no_name(struct check_spec *spec)
{
	spec->endpoint.name = NULL;
}

static void change_address(struct check_spec *spec)
{
	assert_true(address_parse("192.0.2.11", &spec->endpoint.address));
}

static void change_family(struct check_spec *spec)
{
	assert_true(address_parse("2001:db8::10", &spec->endpoint.address));
}

static void change_port(struct check_spec *spec)
{
	spec->endpoint.port = 5061;
}

static void change_transport(struct check_spec *spec)
{
	spec->endpoint.transport = TRANSPORT_UDP;
}

static void change_dns_type(struct check_spec *spec)
{
	spec->dns_type = 33;
}

static void change_subject(struct check_spec *spec)
{
	spec->subject = "contoso.com";
}

static void (*const changes[])(struct check_spec *spec) = {
	change_probe,	  change_name,	   change_to_no_name,
	change_address,	  change_family,   change_port,
	change_transport, change_dns_type, change_subject,
};

#define CHANGE_COUNT (sizeof(changes) / sizeof(changes[0]))

static void plans_whatever_differs(void **state)
{
	struct arena *arena = arena_new();
	struct plan plan = {0};
	struct check_spec spec = sip_check();

	(void)state;
	plan_add(arena, &plan, &spec);
	for (size_t i = 0; i < CHANGE_COUNT; i++) {
		spec = sip_check();
		changes[i](&spec);
		plan_add(arena, &plan, &spec);
		assert_int_equal(plan.count, i + 2);
	}
	arena_free(arena);
}

static void plans_nothing_twice(void **state)
{
	struct arena *arena = arena_new();
	struct plan plan = {0};
	struct check_spec spec = sip_check();

	(void)state;
	plan_add(arena, &plan, &spec);
	plan_add(arena, &plan, &spec);
	spec.endpoint.name = "SIP.contoso.com."; /* the same name */
	plan_add(arena, &plan, &spec);
	assert_int_equal(plan.count, 1);
	for (size_t i = 0; i < CHANGE_COUNT; i++) {
		spec = sip_check();
		changes[i](&spec);
		plan_add(arena, &plan, &spec);
		plan_add(arena, &plan, &spec);
	}
	assert_int_equal(plan.count, 1 + CHANGE_COUNT);
	arena_free(arena);
}

static void keeps_a_copy_in_the_order_planned(void **state)
{
	struct arena *arena = arena_new();
	struct plan plan = {0};
	struct check_spec spec = sip_check();

	(void)state;
	for (uint16_t port = 1; port <= 100; port++) {
		spec.endpoint.port = port;
		plan_add(arena, &plan, &spec);
	}
	memset(&spec, 0, sizeof(spec));
	assert_int_equal(plan.count, 100);
	for (size_t i = 0; i < plan.count; i++) {
		assert_int_equal(plan.items[i]->endpoint.port, i + 1);
		assert_string_equal(plan.items[i]->probe, "sip");
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_whatever_differs),
		cmocka_unit_test(plans_nothing_twice),
		cmocka_unit_test(keeps_a_copy_in_the_order_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
