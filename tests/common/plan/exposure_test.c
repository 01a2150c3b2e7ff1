#include "common/plan/exposure.h"

#include "common/model/targets.h"
#include "common/plan/outside.h"
#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* A deployment of two addresses: Access at .10, the relay at .30. */
struct scene {
	struct arena *arena;
	struct observation_list seen;
	struct topology *given;
	struct deployment deployment;
	struct plan plan;
};

static void scene_begin(struct scene *scene)
{
	*scene = (struct scene){.arena = arena_new()};
	scene->given = topology_new(scene->arena);
	scene->given->domains[0] = "contoso.com";
	scene->given->domain_count = 1;
	scene->given->names[SERVICE_AV] = "av.contoso.com";
	scene->deployment = (struct deployment){
		.arena = scene->arena,
		.given = scene->given,
		.observations = &scene->seen,
	};
	dns_seen(scene->arena, &scene->seen, "_sip._tls.contoso.com", DNS_SRV,
		 "0 0 443 sip.contoso.com");
	dns_seen(scene->arena, &scene->seen, "sip.contoso.com", DNS_A,
		 "192.0.2.10");
	dns_seen(scene->arena, &scene->seen, "av.contoso.com", DNS_A,
		 "192.0.2.30");
}

static void scene_end(struct scene *scene)
{
	arena_free(scene->arena);
}

static bool wants_exposure(const void *context, const char *probe)
{
	(void)context;
	return strcmp(probe, "exposure") == 0;
}

static void plan_scene(struct scene *scene)
{
	targets_update(&scene->deployment);
	outside_follow(&scene->plan, &scene->deployment, wants_exposure, NULL);
}

/* The planned check at an address; NULL: none. */
static const struct check_spec *check_at(const struct scene *scene,
					 const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	for (size_t i = 0; i < scene->plan.count; i++)
		if (strcmp(scene->plan.items[i]->probe, "exposure") == 0 &&
		    address_equal(&scene->plan.items[i]->endpoint.address,
				  &address))
			return scene->plan.items[i];
	return NULL;
}

/* The use of a port in a check; -1: it is not tried. */
static int use_of(const struct check_spec *spec, uint16_t port)
{
	for (size_t i = 0; i < spec->port_count; i++)
		if (spec->ports[i].port == port)
			return (int)spec->ports[i].use;
	return -1;
}

static void tries_each_address_once(void **state)
{
	const struct check_spec *access, *relay;
	struct scene scene;
	size_t count;

	(void)state;
	scene_begin(&scene);
	plan_scene(&scene);
	count = scene.plan.count;
	plan_scene(&scene);
	assert_int_equal(scene.plan.count, count);
	access = check_at(&scene, "192.0.2.10");
	relay = check_at(&scene, "192.0.2.30");
	assert_non_null(access);
	assert_non_null(relay);
	assert_int_equal(use_of(access, 5062), PORT_SHUT);
	assert_int_equal(use_of(access, 5060), PORT_SHUT_SIP);
	assert_int_equal(use_of(access, 5269), PORT_SHUT);
	assert_int_equal(use_of(access, 50002), PORT_SHUT);
	assert_int_equal(use_of(access, 443), PORT_SERVED_SIP);
	assert_int_equal(use_of(access, 4), PORT_UNUSED);
	/* a relay speaks no SIP, and its ports come and go */
	assert_int_equal(use_of(relay, 443), PORT_SERVED);
	assert_int_equal(use_of(relay, 50002), -1);
	assert_int_equal(use_of(relay, 50000), PORT_SHUT);
	assert_int_equal(use_of(relay, 59999), PORT_SHUT);
	for (size_t i = 1; i < access->port_count; i++)
		assert_true(access->ports[i].port > access->ports[i - 1].port);
	scene_end(&scene);
}

static void leaves_own_listeners_out(void **state)
{
	const struct check_spec *access;
	struct scene scene;

	(void)state;
	scene_begin(&scene);
	scene.given->names[SERVICE_WEBCONF] = "webcon.contoso.com";
	scene.given->ports[LISTENER_WEBCONF] = 8057;
	scene.given->ports[LISTENER_AV_TCP] = 443;
	dns_seen(scene.arena, &scene.seen, "webcon.contoso.com", DNS_A,
		 "192.0.2.10");
	plan_scene(&scene);
	access = check_at(&scene, "192.0.2.10");
	assert_int_equal(use_of(access, 8057), PORT_SERVED);
	scene_end(&scene);
}

static void tries_no_port_of_strangers(void **state)
{
	static const struct connect_override elsewhere = {
		.name = "sip.contoso.com",
		.to = {.address = {.family = AF_INET,
				   .bytes = {198, 51, 100, 1}},
		       .port = 8443},
	};
	struct scene scene;

	(void)state;
	scene_begin(&scene);
	scene.deployment.overrides = &elsewhere;
	scene.deployment.override_count = 1;
	scene.given->names[SERVICE_AV] = NULL;
	dns_seen(scene.arena, &scene.seen, "av.contoso.com", DNS_A, "NXDOMAIN");
	dns_seen(scene.arena, &scene.seen, "media.contoso.com", DNS_A,
		 "192.0.2.66");
	dns_seen(scene.arena, &scene.seen, "webcon.contoso.com", DNS_A,
		 "127.0.0.1");
	plan_scene(&scene);
	assert_null(check_at(&scene, "198.51.100.1"));
	assert_null(check_at(&scene, "192.0.2.66"));
	assert_null(check_at(&scene, "127.0.0.1"));
	scene_end(&scene);
}

/* "only" in the tables, or a product that is known: else nothing holds. */
static void heeds_product_and_features(void **state)
{
	static const struct {
		uint16_t port;
		enum product product;
		bool known;
		uint64_t features;
		bool holds;
	} cases[] = {
		{5269, PRODUCT_SFB2019, true, 0, true},
		{5269, PRODUCT_SFB2019, false, 0, false},
		{5269, PRODUCT_SFB2015, true, FEATURE_BIT(FEATURE_XMPP), false},
		{5269, PRODUCT_SFB2015, true, 0, true},
		{50000, PRODUCT_SFB2019, false, 0, true},
		{50000, PRODUCT_LYNC2013, true,
		 FEATURE_BIT(FEATURE_FED_OCS2007), false},
		{5061, PRODUCT_SFB2019, true, 0, true},
		{5062, PRODUCT_SFB2019, false, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exposure_port ports[EXPOSURE_PORTS_MAX];
		struct scene scene;
		struct address address;
		size_t count;
		bool found = false;

		scene_begin(&scene);
		scene.given->product = cases[i].product;
		scene.given->product_known = cases[i].known;
		scene.given->kind = KIND_SCALED_DNSLB_PUBLIC;
		scene.given->kind_known = true;
		scene.given->features = FEATURE_BIT(FEATURE_REMOTE_ACCESS) |
					FEATURE_BIT(FEATURE_AV) |
					cases[i].features;
		targets_update(&scene.deployment);
		assert_true(address_parse("192.0.2.30", &address));
		count = exposure_candidates(&scene.deployment, &address, ports);
		for (size_t j = 0; j < count; j++) {
			if (ports[j].port != cases[i].port)
				continue;
			found = true;
			if (exposure_holds(&scene.deployment, &ports[j]) !=
			    cases[i].holds)
				fail_msg("case %zu", i);
		}
		assert_true(found);
		scene_end(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tries_each_address_once),
		cmocka_unit_test(leaves_own_listeners_out),
		cmocka_unit_test(tries_no_port_of_strangers),
		cmocka_unit_test(heeds_product_and_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
