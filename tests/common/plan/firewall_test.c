#include "common/plan/firewall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A topology of a kind with every feature on, or with those given. */
static struct topology *topology_with(struct arena *arena, const char *sample,
				      enum product product, uint64_t features)
{
	const char *why;
	struct topology *topology = topology_read(
		arena, arena_format(arena, "man/examples/%s.conf", sample),
		&why);

	if (!topology)
		fail_msg("%s", why);
	topology->product = product;
	topology->features = features;
	return topology;
}

#define ALL_FEATURES (FEATURE_BIT(FEATURE_COUNT) - 1)

static size_t ids_of_table(const struct passages *passages, const char *begins)
{
	size_t count = 0;

	for (size_t i = 0; i < passages->count; i++)
		for (size_t j = 0; j < passages->items[i].id_count; j++)
			count += strncmp(passages->items[i].ids[j], begins,
					 strlen(begins)) == 0;
	return count;
}

/* Rows of each table of the documents: requirements/coverage.md. */
static void has_exactly_the_rows_of_the_documents(void **state)
{
	static const struct {
		const char *sample;
		enum product product;
		const char *table; /* how its ids begin */
		size_t rows;
	} cases[] = {
		{"single-nat", PRODUCT_SFB2015, "s000.ext.", 14},
		{"single-nat", PRODUCT_SFB2015, "s000.int.", 11},
		{"single-nat", PRODUCT_SFB2015, "s000.hlb-", 0},
		/* lent by xmpp.out-everywhere */
		{"single-nat", PRODUCT_SFB2015, "s000.vip-", 1},
		{"single-nat", PRODUCT_SFB2019, "s000.vip-", 0},
		{"single-public", PRODUCT_SFB2015, "s000.ext.", 14},
		{"single-public", PRODUCT_SFB2015, "s000.int.", 11},
		{"scaled-dnslb-nat", PRODUCT_SFB2015, "s000.ext.", 14},
		{"scaled-dnslb-nat", PRODUCT_SFB2015, "s000.int.", 11},
		{"scaled-dnslb-public", PRODUCT_SFB2015, "s000.ext.", 14},
		{"scaled-dnslb-public", PRODUCT_SFB2015, "s000.int.", 11},
		{"scaled-dnslb-public", PRODUCT_SFB2015, "s00", 26},
		/* without XMPP: 5269 in, 23456 */
		{"scaled-dnslb-public", PRODUCT_SFB2019, "s00", 23},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s001.ext.", 16},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s001.int.", 11},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s001.fed.", 1},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s001.pic.", 6},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s001.xmppfed.", 3},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s003.ext.", 16},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s003.int.", 11},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s003.fed.", 1},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s003.pic.", 6},
		{"scaled-dnslb-public", PRODUCT_LYNC2013, "s003.xmppfed.", 3},
		{"scaled-hlb", PRODUCT_SFB2015, "s000.hlb-ext.", 9},
		{"scaled-hlb", PRODUCT_SFB2015, "s000.hlb-int.", 8},
		{"scaled-hlb", PRODUCT_SFB2015, "s000.vip-ext.", 8},
		{"scaled-hlb", PRODUCT_SFB2015, "s000.vip-int.", 0},
		/* lent by hlb.no-vip-fallback */
		{"scaled-hlb", PRODUCT_SFB2015, "s000.int.", 3},
		{"scaled-hlb", PRODUCT_LYNC2013, "s002.hlb-ext.", 11},
		{"scaled-hlb", PRODUCT_LYNC2013, "s002.hlb-int.", 8},
		{"scaled-hlb", PRODUCT_LYNC2013, "s002.vip-ext.", 8},
		{"scaled-hlb", PRODUCT_LYNC2013, "s002.vip-int.", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();
		struct topology *topology = topology_with(
			arena, cases[i].sample, cases[i].product, ALL_FEATURES);
		struct passages passages =
			firewall_passages(arena, topology, false);
		size_t rows = ids_of_table(&passages, cases[i].table);

		if (rows != cases[i].rows)
			fail_msg("%s of %s: %zu rows %s, not %zu",
				 product_name(cases[i].product),
				 cases[i].sample, rows, cases[i].table,
				 cases[i].rows);
		arena_free(arena);
	}
}

/* With an internal VIP its rows stand for those of the nodes. */
static void asks_the_internal_vip_where_there_is_one(void **state)
{
	static const struct {
		enum product product;
		const char *table;
		size_t rows;
	} cases[] = {
		{PRODUCT_SFB2015, "s000.vip-int.", 5},
		{PRODUCT_SFB2015, "s000.int.", 0},
		{PRODUCT_LYNC2013, "s002.vip-int.", 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();
		struct topology *topology =
			topology_with(arena, "scaled-hlb", cases[i].product,
				      FEATURE_BIT(FEATURE_AV));
		struct passages passages;

		for (size_t n = 0; n < topology->node_count; n++)
			if (topology->nodes[n].is_vip)
				assert_true(address_parse(
					"172.25.33.50",
					&topology->nodes[n].internal));
		passages = firewall_passages(arena, topology, false);
		assert_int_equal(ids_of_table(&passages, cases[i].table),
				 cases[i].rows);
		arena_free(arena);
	}
}

/* Transport, ports and direction are those that each id itself names. */
static void says_what_each_id_says(void **state)
{
	struct arena *arena = arena_new();
	struct topology *topology = topology_with(
		arena, "scaled-dnslb-public", PRODUCT_LYNC2013, ALL_FEATURES);
	struct passages passages = firewall_passages(arena, topology, false);

	(void)state;
	for (size_t i = 0; i < passages.count; i++) {
		const struct passage *passage = &passages.items[i];
		const char *wanted = arena_format(
			arena, ".%s%u%s.%s",
			transport_name(passage->row->transport), passage->first,
			passage->last == passage->first
				? ""
				: arena_format(arena, "-%u", passage->last),
			passage->row->is_inbound ? "in" : "out");

		for (size_t j = 0; j < passage->id_count; j++)
			assert_non_null(strstr(passage->ids[j], wanted));
	}
	arena_free(arena);
}

static const struct passage *find(const struct passages *passages,
				  const char *flow)
{
	for (size_t i = 0; i < passages->count; i++)
		if (strcmp(passages->items[i].row->requirement->flow, flow) ==
		    0)
			return &passages->items[i];
	fail_msg("no %s", flow);
	return NULL;
}

static void knows_addresses_from_the_topology(void **state)
{
	struct arena *arena = arena_new();
	struct topology *topology =
		topology_with(arena, "single-nat", PRODUCT_SFB2019,
			      FEATURE_BIT(FEATURE_REMOTE_ACCESS) |
				      FEATURE_BIT(FEATURE_FEDERATION));
	struct passages passages = firewall_passages(arena, topology, false);
	const struct passage *passage =
		find(&passages, "ext.access.sip-tls.tcp443.in");
	char text[NETWORK_TEXT_BYTES];

	(void)state;
	assert_true(passage->source.is_any);
	assert_int_equal(passage->destination.count, 1);
	assert_string_equal(
		network_format(text, &passage->destination.networks[0]),
		"10.45.16.10");
	passage = find(&passages, "int.access.sip-mtls.tcp5061.out");
	assert_int_equal(passage->destination.count, 3);
	assert_false(passage->destination.is_any);
	arena_free(arena);
}

static void narrows_any_where_it_is_strict(void **state)
{
	struct arena *arena = arena_new();
	struct topology *topology =
		topology_with(arena, "single-nat", PRODUCT_SFB2019,
			      FEATURE_BIT(FEATURE_FEDERATION));
	const char *flow = "ext.access.sip-mtls.tcp5061.in";
	struct passages loose, strict, unknown;
	const char *why;

	(void)state;
	unknown = firewall_passages(arena, topology, true);
	assert_true(find(&unknown, flow)->source.is_any);
	assert_true(network_parse(
		"198.51.100.0/24",
		&topology->partners[PARTNER_FEDERATION].items[0], &why));
	topology->partners[PARTNER_FEDERATION].count = 1;
	loose = firewall_passages(arena, topology, false);
	assert_true(find(&loose, flow)->source.is_any);
	strict = firewall_passages(arena, topology, true);
	assert_false(find(&strict, flow)->source.is_any);
	assert_int_equal(find(&strict, flow)->source.count, 1);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_exactly_the_rows_of_the_documents),
		cmocka_unit_test(asks_the_internal_vip_where_there_is_one),
		cmocka_unit_test(says_what_each_id_says),
		cmocka_unit_test(knows_addresses_from_the_topology),
		cmocka_unit_test(narrows_any_where_it_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
