#include "common/plan/web.h"

#include "common/model/targets.h"
#include "common/model/web.h"

#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct world {
	struct arena *arena;
	struct observation_list list;
	struct topology *given;
	struct deployment deployment;
	struct plan plan;
};

static bool want_all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

static bool want_none(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return false;
}

static void follow(struct world *world)
{
	targets_update(&world->deployment);
	web_follow(&world->plan, &world->deployment, want_all, NULL);
}

/* lyncdiscover.contoso.com, looked up and found at these addresses. */
static void begin(struct world *world, const char *addresses)
{
	*world = (struct world){.arena = arena_new()};
	world->given = topology_new(world->arena);
	world->given->domains[0] = "contoso.com";
	world->given->domain_count = 1;
	world->deployment = (struct deployment){
		.arena = world->arena,
		.given = world->given,
		.observations = &world->list,
	};
	dns_seen(world->arena, &world->list, "lyncdiscover.contoso.com", DNS_A,
		 addresses);
	dns_seen(world->arena, &world->list, "lyncdiscover.contoso.com",
		 DNS_AAAA, "");
	follow(world);
}

static const struct check_spec *planned(const struct world *world,
					const char *probe, const char *url)
{
	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];

		if (strcmp(spec->probe, probe) == 0 && spec->url &&
		    strcmp(spec->url, url) == 0)
			return spec;
	}
	return NULL;
}

static size_t count_of(const struct world *world, const char *probe)
{
	size_t count = 0;

	for (size_t i = 0; i < world->plan.count; i++)
		count += strcmp(world->plan.items[i]->probe, probe) == 0;
	return count;
}

/* An answer that leads on, after so many others. */
static struct observation *answer(struct world *world, const char *key,
				  const char *url, int64_t hops)
{
	struct observation *seen = observation_new(world->arena);

	seen->probe = WEB_ROOT_PROBE;
	seen->subject = "contoso.com";
	seen->outcome = OUTCOME_ANSWERED;
	observation_add_text(world->arena, seen, key, url);
	observation_add_number(world->arena, seen, "web.hops", FACT_UINT, hops);
	observation_list_add(world->arena, &world->list, seen);
	follow(world);
	return seen;
}

static void asks_every_address_both_ways(void **state)
{
	struct world world;
	const struct check_spec *spec;

	(void)state;
	begin(&world, "192.0.2.40|192.0.2.41");
	assert_int_equal(count_of(&world, WEB_ROOT_PROBE), 4);
	spec = planned(&world, WEB_ROOT_PROBE,
		       web_start(world.arena, "contoso.com", true));
	assert_non_null(spec);
	assert_int_equal(spec->endpoint.port, 443);
	assert_string_equal(spec->endpoint.name, "lyncdiscover.contoso.com");
	assert_string_equal(spec->subject, "contoso.com");
	arena_free(world.arena);
}

static void follows_links_to_hosts_of_its_own(void **state)
{
	static const char url[] = "https://webext.contoso.com/user";
	struct world world;

	(void)state;
	begin(&world, "192.0.2.40");
	answer(&world, "web.user", url, 0);
	assert_null(planned(&world, WEB_USER_PROBE, url));
	assert_int_equal(count_of(&world, "dns"), 4);
	dns_seen(world.arena, &world.list, "webext.contoso.com", DNS_A,
		 "192.0.2.42");
	follow(&world);
	assert_non_null(planned(&world, WEB_USER_PROBE, url));
	arena_free(world.arena);
}

/*
 * Led on by HTTP to a document that names the user's resource; the check that
 * came by HTTPS has one too, at the same address or another.
 */
static size_t users_asked(const char *link, const char *address)
{
	static const char user[] = "https://lyncdiscover.contoso.com/user";
	struct observation *seen;
	struct world world;
	const char *why;
	size_t count;

	begin(&world, "192.0.2.40");
	seen = answer(&world, "web.link", link, 0);
	assert_true(endpoint_parse(address, 443, &seen->endpoint, &why));
	seen = answer(&world, "web.user", user, 1);
	assert_true(endpoint_parse("192.0.2.40", 443, &seen->endpoint, &why));
	world.plan.count = 0;
	follow(&world);
	count = planned(&world, WEB_USER_PROBE, user) != NULL;
	arena_free(world.arena);
	return count;
}

static void asks_for_the_user_once(void **state)
{
	static const char same[] = "user https://lyncdiscover.contoso.com/user";
	static const char other[] = "user https://lyncdiscover.contoso.com/u";

	(void)state;
	assert_int_equal(users_asked(same, "192.0.2.40"), 0);
	assert_int_equal(users_asked(other, "192.0.2.40"), 1);
	assert_int_equal(users_asked(same, "192.0.2.41"), 1);
	assert_int_equal(users_asked(same, "192.0.2.40:4443"), 1);
}

/* What strangers write must not send us anywhere. */
static void goes_nowhere_else(void **state)
{
	static const char *const urls[] = {
		"https://www.litwareinc.com/",
		"https://contoso.com.litwareinc.com/",
		"https://192.0.2.99/",
		"http://127.0.0.1/",
		"https://private.contoso.com/",
		"ftp://webext.contoso.com/",
		"https://user@webext.contoso.com/",
	};
	struct world world;

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		begin(&world, "192.0.2.40");
		dns_seen(world.arena, &world.list, "www.litwareinc.com", DNS_A,
			 "192.0.2.98");
		dns_seen(world.arena, &world.list, "private.contoso.com", DNS_A,
			 "10.0.0.1|169.254.169.254");
		answer(&world, "web.next", urls[i], 0);
		answer(&world, "web.user", urls[i], 0);
		follow(&world);
		assert_int_equal(count_of(&world, WEB_ROOT_PROBE), 2);
		assert_int_equal(count_of(&world, WEB_USER_PROBE), 0);
		arena_free(world.arena);
	}
}

static void ends_after_so_many_answers(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "192.0.2.40");
	answer(&world, "web.next", "https://lyncdiscover.contoso.com/a",
	       WEB_HOPS_MAX - 1);
	assert_int_equal(count_of(&world, WEB_ROOT_PROBE), 3);
	answer(&world, "web.next", "https://lyncdiscover.contoso.com/b",
	       WEB_HOPS_MAX);
	assert_int_equal(count_of(&world, WEB_ROOT_PROBE), 3);
	for (unsigned i = 0; i < 2 * WEB_CHECKS_MAX; i++)
		answer(&world, "web.next",
		       arena_format(world.arena,
				    "https://lyncdiscover.contoso.com/%u", i),
		       0);
	assert_int_equal(count_of(&world, WEB_ROOT_PROBE), WEB_CHECKS_MAX);
	arena_free(world.arena);
}

static void looks_at_simple_urls_of_the_file(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "192.0.2.40");
	world.given->web.sites[WEB_SITE_MEET] = "https://meet.contoso.com/";
	dns_seen(world.arena, &world.list, "meet.contoso.com", DNS_A,
		 "192.0.2.40");
	follow(&world);
	assert_non_null(
		planned(&world, WEB_PAGE_PROBE, "https://meet.contoso.com/"));
	arena_free(world.arena);
}

static void leaves_out_what_is_not_asked_for(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "192.0.2.40");
	assert_true(web_is_wanted(&world.deployment, want_all, NULL));
	assert_false(web_is_wanted(&world.deployment, want_none, NULL));
	/* a file that lists no mobility */
	world.given->file = "edge.conf";
	assert_false(web_is_wanted(&world.deployment, want_all, NULL));
	world.plan.count = 0;
	follow(&world);
	assert_int_equal(world.plan.count, 0);
	world.given->features |= FEATURE_BIT(FEATURE_MOBILITY);
	assert_true(web_is_wanted(&world.deployment, want_all, NULL));
	arena_free(world.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_every_address_both_ways),
		cmocka_unit_test(follows_links_to_hosts_of_its_own),
		cmocka_unit_test(asks_for_the_user_once),
		cmocka_unit_test(goes_nowhere_else),
		cmocka_unit_test(ends_after_so_many_answers),
		cmocka_unit_test(looks_at_simple_urls_of_the_file),
		cmocka_unit_test(leaves_out_what_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
