#include "common/model/sightings.h"

#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static size_t count_names(const struct sighting *sighting, const char *name)
{
	size_t count = 0;

	for (; sighting; sighting = sighting->next)
		count += sighting->seen->endpoint.name &&
			 strcmp(sighting->seen->endpoint.name, name) == 0;
	return count;
}

static void finds_answers_by_name_the_newest_first(void **state)
{
	struct arena *arena = arena_new();
	struct sightings *sightings = sightings_new(arena);
	struct observation_list list = {0};
	const struct sighting *found;

	(void)state;
	dns_seen(arena, &list, "sip.contoso.com", DNS_A, "192.0.2.10");
	dns_seen(arena, &list, "av.contoso.com", DNS_A, "192.0.2.30");
	sightings_update(sightings, &list);
	dns_seen(arena, &list, "sip.contoso.com", DNS_AAAA, "");
	sightings_update(sightings, &list);
	found = sightings_named(sightings, "SIP.contoso.com.");
	assert_ptr_equal(found->seen, list.items[2]);
	assert_int_equal(count_names(found, "sip.contoso.com"), 2);
	assert_int_equal(count_names(sightings_named(sightings, "nobody."),
				     "sip.contoso.com"),
			 0);
	arena_free(arena);
}

static void finds_the_rest_by_address_and_port(void **state)
{
	static const char *const addresses[] = {"192.0.2.10", "2001:db8::10"};
	struct arena *arena = arena_new();
	struct sightings *sightings = sightings_new(arena);
	struct observation_list list = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct observation *seen = observation_new(arena);

		seen->probe = "sip";
		seen->endpoint.port = 443;
		assert_true(
			address_parse(addresses[i], &seen->endpoint.address));
		observation_list_add(arena, &list, seen);
	}
	sightings_update(sightings, &list);
	for (size_t i = 0; i < 2; i++) {
		const struct address *address =
			&list.items[i]->endpoint.address;

		assert_ptr_equal(sightings_at(sightings, address, 443)->seen,
				 list.items[i]);
		assert_null(sightings_at(sightings, address, 5061));
	}
	arena_free(arena);
}

static void begins_anew_with_another_list_or_when_told(void **state)
{
	struct arena *arena = arena_new();
	struct sightings *sightings = sightings_new(arena);
	struct observation_list one = {0}, other = {0};

	(void)state;
	dns_seen(arena, &one, "a.example", DNS_A, "");
	dns_seen(arena, &other, "b.example", DNS_A, "");
	sightings_update(sightings, &one);
	assert_non_null(sightings_named(sightings, "a.example"));
	sightings_update(sightings, &other);
	assert_null(sightings_named(sightings, "a.example"));
	assert_non_null(sightings_named(sightings, "b.example"));
	other.items[0]->endpoint.name = "c.example";
	sightings_forget(sightings);
	sightings_update(sightings, &other);
	assert_non_null(sightings_named(sightings, "c.example"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_answers_by_name_the_newest_first),
		cmocka_unit_test(finds_the_rest_by_address_and_port),
		cmocka_unit_test(begins_anew_with_another_list_or_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
