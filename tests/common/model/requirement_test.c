#include "common/model/requirement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Row counts of requirements/README.md. */
static const struct {
	const char *table;
	size_t rows;
} published[] = {
	{"firewall", 162},	  {"server-ports", 53},
	{"hlb-ports", 26},	  {"client-ports", 12},
	{"ipsec-exceptions", 15}, {"dns", 15},
	{"certificates", 31},	  {"topologies", 5},
	{"ip-requirements", 23},  {"example-addresses", 21},
	{"rules", 109},
};

#define PUBLISHED (sizeof(published) / sizeof(published[0]))

/* Rows of our own are beside these. */
static void holds_all_472_published_rows(void **state)
{
	const struct requirement *table;
	size_t count, sum = 0;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < PUBLISHED; i++) {
		size_t rows = 0;

		for (size_t j = 0; j < count; j++)
			rows += strcmp(table[j].table, published[i].table) == 0;
		assert_int_equal(rows, published[i].rows);
		sum += rows;
	}
	assert_int_equal(sum, 472);
	for (size_t i = 0; i < count; i++)
		sum += strcmp(table[i].table, "services") == 0;
	assert_int_equal(sum, count);
}

static void finds_each_row_by_its_id_and_no_other(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++)
		assert_ptr_equal(requirement_find(table[i].id), &table[i]);
	assert_null(requirement_find("no.such.id"));
	assert_null(requirement_find(""));
	assert_null(requirement_find("-"));
}

static bool is_word_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words;
}

static void fills_in_every_row(void **state)
{
	static const char *const areas[] = {
		"dns",	   "certificates", "access", "federation",
		"webconf", "av",	   "xmpp",   "internal",
		"servers", "clients",	   "ipsec",  "topology",
		"web",	   "exposure",	   "place",  "revocation",
		NULL};
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const struct requirement *row = &table[i];

		assert_true(*row->statement);
		assert_true(*row->section);
		assert_true(*row->required_when);
		assert_true(is_word_of(row->area, areas));
		assert_true(row->kinds && row->kinds < 1u << KIND_COUNT);
		assert_true(row->products &&
			    row->products < 1u << PRODUCT_COUNT);
		assert_true(row->vantages < 1u << VANTAGE_COUNT);
		assert_non_null(row->judging);
		assert_true(*severity_name(row->severity));
	}
}

/* A row that a probe settles can be seen from somewhere. */
static void says_from_where_each_row_can_be_seen(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++)
		if (table[i].judging->settle == SETTLE_PROBE &&
		    !table[i].vantages)
			fail_msg("%s is seen from nowhere", table[i].id);
}

static void maps_columns_of_tables_without_a_severity(void **state)
{
	const struct requirement *row;

	(void)state;
	row = requirement_find("hlb.only.frontend.tcp5070");
	assert_string_equal(row->required_when,
			    "fe-hlb-only+collocated-mediation");
	row = requirement_find("srv.frontend.frontend-service.tcp5060");
	assert_int_equal(row->severity, SEVERITY_INFO);
	row = requirement_find("dns.scaled.a.access");
	assert_string_equal(row->flow, "a.access");
	assert_int_equal(row->kinds, 1u << KIND_SCALED_DNSLB_NAT |
					     1u << KIND_SCALED_DNSLB_PUBLIC |
					     1u << KIND_SCALED_HLB);
	row = requirement_find("s000.vip-ext.av.stun-msturn.tcp443.in");
	assert_int_equal(row->place, PLACE_VIP);
	row = requirement_find("s000.hlb-ext.av.stun-msturn.tcp443.in");
	assert_int_equal(row->place, PLACE_NODE);
	row = requirement_find("cert.ext.san.webcon");
	assert_string_equal(row->statement, "the external certificate lists "
					    "webcon.{domain} among its SAN "
					    "entries");
}

/* Ground upon ground, a row must come to an end. */
static void rests_no_row_on_itself(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *needs = table[i].judging->needs;
		unsigned steps = 0;

		for (size_t j = 0; j < count && strcmp(needs, "-") != 0; j++) {
			if (strcmp(table[j].id, needs) != 0 &&
			    strcmp(table[j].flow, needs) != 0)
				continue;
			assert_true(++steps < 8);
			needs = table[j].judging->needs;
			j = (size_t)-1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_all_472_published_rows),
		cmocka_unit_test(finds_each_row_by_its_id_and_no_other),
		cmocka_unit_test(fills_in_every_row),
		cmocka_unit_test(says_from_where_each_row_can_be_seen),
		cmocka_unit_test(maps_columns_of_tables_without_a_severity),
		cmocka_unit_test(rests_no_row_on_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
