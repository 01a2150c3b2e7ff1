#include "common/judge/predicate.h"

#include "tests/common/judge/world.h"

static void knows_every_predicate_of_the_tables(void **state)
{
	const struct requirement *table;
	size_t count;

	(void)state;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *name = table[i].judging->predicate;

		if (strcmp(name, "-") != 0 && !predicate_find(name))
			fail_msg("%s: no predicate %s", table[i].id, name);
	}
	for (size_t i = 0; i < predicate_count; i++) {
		size_t used = 0;

		for (size_t j = 0; j < count; j++)
			used += strcmp(table[j].judging->predicate,
				       predicate_table[i].name) == 0;
		if (!used)
			fail_msg("no row asks for %s", predicate_table[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_predicate_of_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
