#include "probes/serve/quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_set_of_one_has_that_one_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= QUIRK_NEW_TLS; i++)
		for (unsigned j = 0; j <= QUIRK_NEW_TLS; j++)
			assert_int_equal(quirks_have(quirks_of((enum quirk)i),
						     (enum quirk)j),
					 i == j);
}

static void a_set_grows_and_is_compared_whole(void **state)
{
	struct quirks quirks = quirks_none;

	(void)state;
	assert_true(quirks_equal(quirks, quirks_none));
	quirks_add(&quirks, quirks_of(QUIRK_REFUSE));
	quirks_add(&quirks, quirks_of(QUIRK_NEW_TLS));
	assert_true(quirks_have(quirks, QUIRK_REFUSE));
	assert_true(quirks_have(quirks, QUIRK_NEW_TLS));
	assert_false(quirks_have(quirks, QUIRK_MUTE));
	assert_false(quirks_equal(quirks, quirks_of(QUIRK_REFUSE)));
	assert_false(quirks_equal(quirks, quirks_of(QUIRK_NEW_TLS)));
}

static void a_part_holds_both_its_ends(void **state)
{
	struct quirks quirks = quirks_of(QUIRK_SHA1), part;

	(void)state;
	quirks_add(&quirks, quirks_of(QUIRK_EXPIRED));
	quirks_add(&quirks, quirks_of(QUIRK_MANY_ISSUERS));
	part = quirks_between(quirks, QUIRK_EXPIRED, QUIRK_SHA1);
	assert_true(quirks_have(part, QUIRK_EXPIRED));
	assert_true(quirks_have(part, QUIRK_SHA1));
	assert_false(quirks_have(part, QUIRK_MANY_ISSUERS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_of_one_has_that_one_alone),
		cmocka_unit_test(a_set_grows_and_is_compared_whole),
		cmocka_unit_test(a_part_holds_both_its_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
