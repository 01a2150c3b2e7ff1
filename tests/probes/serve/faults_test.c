#include "probes/serve/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static struct topology *two_nodes(size_t domains)
{
	struct topology *topology = topology_new(arena);

	topology->nodes[0].name = "edge1";
	topology->nodes[1].name = "edge2";
	topology->node_count = 2;
	topology->domain_count = domains;
	if (domains > 1)
		topology->features |= FEATURE_BIT(FEATURE_XMPP);
	return topology;
}

static void every_row_is_whole_and_named_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < fault_count; i++) {
		assert_true(strlen(fault_table[i].id) <= 30);
		assert_true(strlen(fault_table[i].summary) > 0);
		assert_int_not_equal(fault_table[i].listeners, 0);
		assert_true(fault_table[i].quirk < QUIRK_COUNT);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(fault_table[i].id,
						fault_table[j].id);
	}
}

static void every_quirk_has_a_fault(void **state)
{
	struct quirks met = quirks_none;

	(void)state;
	for (size_t i = 0; i < fault_count; i++) {
		const struct fault_choice choice = {.fault = &fault_table[i]};

		for (unsigned j = 0; j < STAND_COUNT; j++)
			quirks_add(&met, fault_quirks(&choice, 1, "-", j));
	}
	for (unsigned i = 0; i < QUIRK_COUNT; i++)
		assert_true(quirks_have(met, (enum quirk)i));
}

static void tells_the_ways_of_revocation_apart(void **state)
{
	bool met[REVOKING_STAPLE_STALE + 1] = {true};

	(void)state;
	for (size_t i = 0; i < fault_count; i++) {
		const struct fault_choice choice = {.fault = &fault_table[i]};

		met[fault_revoking(
			fault_quirks(&choice, 1, "-", LISTENER_ACCESS))] = true;
	}
	for (size_t i = 0; i <= REVOKING_STAPLE_STALE; i++)
		assert_true(met[i]);
}

/* The reverse proxy is no node. */
static bool is_of_web(const struct fault *fault)
{
	return fault->listeners &
	       (LISTENER_BIT(STAND_WEB_HTTPS) | LISTENER_BIT(STAND_WEB_HTTP));
}

static void parses_every_id_alone_and_at_a_node(void **state)
{
	struct topology *topology = two_nodes(2);
	struct fault_choice choice;
	const char *why;

	(void)state;
	topology->web.address_count = 1;
	topology->product = PRODUCT_SFB2015;
	topology->features |= FEATURE_BIT(FEATURE_CLS);
	topology->nodes[1].internal.family = AF_INET;
	for (size_t i = 0; i < fault_count; i++) {
		const char *at =
			arena_format(arena, "%s@EDGE2", fault_table[i].id);

		assert_true(fault_parse(arena, fault_table[i].id, topology,
					&choice, &why));
		assert_ptr_equal(choice.fault, &fault_table[i]);
		assert_null(choice.node);
		if (is_of_web(&fault_table[i])) {
			assert_false(fault_parse(arena, at, topology, &choice,
						 &why));
			continue;
		}
		assert_true(fault_parse(arena, at, topology, &choice, &why));
		assert_string_equal(choice.node, "edge2");
	}
}

static void says_what_is_unknown(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"mute-acces", "unknown fault 'mute-acces' (did you mean "
			       "'mute-access'?)"},
		{"", "unknown fault '' (see --list-faults)"},
		{"@edge1", "unknown fault '' (see --list-faults)"},
		{"weather", "unknown fault 'weather' (see --list-faults)"},
		{"weak-key@edge3", "fault 'weak-key': unknown node 'edge3'"},
		{"weak-key@", "fault 'weak-key': unknown node ''"},
		{"san-lacks-second-domain",
		 "fault 'san-lacks-second-domain' needs a second SIP domain"},
		{"av-alternate-other",
		 "fault 'av-alternate-other' needs a second node"},
		{"av-allocate-300",
		 "fault 'av-allocate-300' needs a second node"},
		{"web-html", "fault 'web-html' needs an address in [web]"},
		{"web-html@edge1",
		 "fault 'web-html' is of the reverse proxy, not of a node"},
		{"mute-xmpp", "fault 'mute-xmpp' needs the feature xmpp"},
		{"xmpp-lacks-domain",
		 "fault 'xmpp-lacks-domain' needs the feature xmpp"},
		{"mute-int-sip", "fault 'mute-int-sip' needs a node with an "
				 "internal address"},
	};
	struct fault_choice choice;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topology = two_nodes(1);
		const char *why = NULL;

		if (strstr(cases[i].why, "a second node"))
			topology->node_count = 1;
		assert_false(fault_parse(arena, cases[i].text, topology,
					 &choice, &why));
		assert_string_equal(why, cases[i].why);
	}
}

static void says_what_a_fault_of_the_inside_needs(void **state)
{
	static const struct {
		const char *id;
		enum product product;
		enum feature feature;
		const char *why; /* NULL: nothing */
	} cases[] = {
		{"mute-int-xmpp", PRODUCT_SFB2015, FEATURE_CLS,
		 "fault 'mute-int-xmpp' needs the feature xmpp"},
		{"mute-int-xmpp", PRODUCT_SFB2019, FEATURE_XMPP,
		 "fault 'mute-int-xmpp' needs a product with XMPP"},
		{"mute-int-xmpp", PRODUCT_SFB2015, FEATURE_XMPP, NULL},
		{"refuse-int-log-2", PRODUCT_SFB2019, FEATURE_XMPP,
		 "fault 'refuse-int-log-2' needs the feature cls"},
		{"refuse-int-log-2", PRODUCT_SFB2019, FEATURE_CLS, NULL},
		{"int-certificate-expired", PRODUCT_SFB2019, FEATURE_AV, NULL},
	};
	struct fault_choice choice;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topology = two_nodes(1);
		const char *why = NULL;

		topology->product = cases[i].product;
		topology->features = FEATURE_BIT(cases[i].feature);
		topology->nodes[1].internal.family = AF_INET;
		assert_int_equal(fault_parse(arena, cases[i].id, topology,
					     &choice, &why),
				 cases[i].why == NULL);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
		else
			assert_true(fault_is_inside(choice.fault));
	}
	assert_true(
		fault_parse(arena, "sn-differs", two_nodes(1), &choice, NULL));
	assert_false(fault_is_inside(choice.fault));
}

static void affects_its_listener_at_its_node_alone(void **state)
{
	struct topology *topology = two_nodes(1);
	struct fault_choice choices[2];
	const char *why;

	(void)state;
	assert_true(fault_parse(arena, "mute-av-udp@edge2", topology,
				&choices[0], &why));
	assert_true(
		fault_parse(arena, "weak-key", topology, &choices[1], &why));
	assert_true(
		quirks_equal(fault_quirks(choices, 2, "edge2", LISTENER_AV_UDP),
			     quirks_of(QUIRK_MUTE)));
	assert_true(
		quirks_equal(fault_quirks(choices, 2, "edge1", LISTENER_AV_UDP),
			     quirks_none));
	assert_true(
		quirks_equal(fault_quirks(choices, 2, "edge2", LISTENER_AV_TCP),
			     quirks_none));
	assert_true(quirks_equal(
		fault_quirks(choices, 2, "edge1", LISTENER_WEBCONF),
		quirks_of(QUIRK_WEAK_KEY)));
	assert_true(
		quirks_equal(fault_quirks(choices, 0, "edge2", LISTENER_AV_UDP),
			     quirks_none));
}

/* What follows a service does not listen where it is not. */
static void closes_the_ports_that_follow_a_service(void **state)
{
	static const struct {
		enum quirk quirk;
		enum listener listener;
		bool refuses;
	} cases[] = {
		{QUIRK_REFUSE, LISTENER_WEBCONF, true},
		{QUIRK_MUTE, LISTENER_WEBCONF, false},
		{QUIRK_SWAP_ACCESS_WEBCONF, LISTENER_FEDERATION, true},
		{QUIRK_SWAP_ACCESS_WEBCONF, LISTENER_ACCESS, false},
		{QUIRK_SWAP_ACCESS_WEBCONF, LISTENER_AV_UDP, false},
		{QUIRK_SWAP_ACCESS_AV, LISTENER_AV_UDP, true},
		{QUIRK_SWAP_ACCESS_AV, LISTENER_XMPP, true},
		{QUIRK_SWAP_WEBCONF_AV, LISTENER_AV_UDP, true},
		{QUIRK_SWAP_WEBCONF_AV, LISTENER_FEDERATION, false},
		{QUIRK_WEB_NAMES, LISTENER_FEDERATION, true},
		{QUIRK_WEB_NAMES, LISTENER_ACCESS, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fault_refuses(cases[i].listener,
					       quirks_of(cases[i].quirk)),
				 cases[i].refuses);
	assert_false(fault_refuses(LISTENER_ACCESS, quirks_none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole_and_named_once),
		cmocka_unit_test(every_quirk_has_a_fault),
		cmocka_unit_test(tells_the_ways_of_revocation_apart),
		cmocka_unit_test(parses_every_id_alone_and_at_a_node),
		cmocka_unit_test(says_what_is_unknown),
		cmocka_unit_test(says_what_a_fault_of_the_inside_needs),
		cmocka_unit_test(affects_its_listener_at_its_node_alone),
		cmocka_unit_test(closes_the_ports_that_follow_a_service),
	};
	int failed;

	arena = arena_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
