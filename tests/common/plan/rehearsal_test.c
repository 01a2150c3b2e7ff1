#include "common/plan/rehearsal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What lies between two hosts in the places of a sample. */
struct scene {
	struct arena *arena;
	struct topology *topology;
	struct rehearsal_wish wish;
	struct rehearsal_plan plan;
};

static void begin(struct scene *scene, const char *sample, const char *node)
{
	const char *why;

	*scene = (struct scene){.arena = arena_new()};
	scene->topology = topology_read(
		scene->arena,
		arena_format(scene->arena, "man/examples/%s.conf", sample),
		&why);
	if (!scene->topology)
		fail_msg("%s", why);
	scene->wish = (struct rehearsal_wish){.topology = scene->topology,
					      .family = AF_INET};
	for (size_t i = 0; i < scene->topology->node_count; i++)
		if (strcmp(scene->topology->nodes[i].name, node) == 0)
			scene->wish.node = &scene->topology->nodes[i];
	assert_non_null(scene->wish.node);
}

static void finish(struct scene *scene)
{
	arena_free(scene->arena);
}

static void plan(struct scene *scene)
{
	rehearsal_add_rows(scene->arena, &scene->plan, &scene->wish);
}

static size_t steps_of(const struct scene *scene, const char *flow,
		       const struct rehearsal_step **first)
{
	size_t count = 0;

	for (size_t i = scene->plan.count; i-- > 0;)
		if (strcmp(scene->plan.steps[i].flow, flow) == 0) {
			*first = &scene->plan.steps[i];
			count++;
		}
	return count;
}

static void takes_each_row_in_its_own_direction(void **state)
{
	static const struct {
		const char *flow;
		bool is_from_edge, is_local_port;
		enum transport transport;
		uint16_t port;
		size_t steps;
		const char *local, *public;
	} rows[] = {
		{"ext.access.sip-tls.tcp443.in", false, false, TRANSPORT_TCP,
		 443, 1, "10.45.16.10", "192.0.2.10"},
		{"ext.access.dns.udp53.out", true, false, TRANSPORT_UDP, 53, 1,
		 "10.45.16.10", "192.0.2.10"},
		{"ext.webconf.psom-tls.tcp443.in", false, false, TRANSPORT_TCP,
		 443, 1, "10.45.16.20", "192.0.2.20"},
		{"ext.av.stun-msturn.udp3478.in", false, false, TRANSPORT_UDP,
		 3478, 1, "10.45.16.30", "192.0.2.30"},
		{"ext.av.rtp.udp50000-59999.out", true, true, TRANSPORT_UDP,
		 50000, 16, "10.45.16.30", "192.0.2.30"},
	};
	struct scene scene;

	(void)state;
	begin(&scene, "single-nat", "edge1");
	plan(&scene);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rehearsal_step *step = NULL;
		char text[ADDRESS_TEXT_BYTES];

		assert_int_equal(steps_of(&scene, rows[i].flow, &step),
				 rows[i].steps);
		assert_string_equal(step->node, "edge1");
		assert_int_equal(step->is_from_edge, rows[i].is_from_edge);
		assert_int_equal(step->is_local_port, rows[i].is_local_port);
		assert_int_equal(step->transport, rows[i].transport);
		assert_int_equal(step->port, rows[i].port);
		assert_string_equal(address_format(text, &step->local),
				    rows[i].local);
		assert_string_equal(address_format(text, &step->public),
				    rows[i].public);
	}
	finish(&scene);
}

static void takes_inside_what_is_inside(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, "single-nat", "edge1");
	scene.wish.is_inside = true;
	plan(&scene);
	assert_true(scene.plan.count >= 6);
	for (size_t i = 0; i < scene.plan.count; i++) {
		assert_int_equal(strncmp(scene.plan.steps[i].flow, "int.", 4),
				 0);
		assert_true(address_equal(&scene.plan.steps[i].local,
					  &scene.wish.node->internal));
	}
	finish(&scene);
}

/* The first, the last, and no port twice. */
static void spreads_a_sample_over_the_range(void **state)
{
	struct scene scene;
	const struct rehearsal_step *first = NULL;

	(void)state;
	begin(&scene, "single-nat", "edge1");
	plan(&scene);
	steps_of(&scene, "ext.av.rtp.tcp50000-59999.out", &first);
	for (unsigned i = 0; i < REHEARSAL_SAMPLE; i++) {
		assert_int_equal(first[i].tried, REHEARSAL_SAMPLE);
		assert_int_equal(first[i].first, 50000);
		assert_int_equal(first[i].last, 59999);
		if (i)
			assert_in_range(first[i].port - first[i - 1].port, 666,
					667);
	}
	assert_int_equal(first[0].port, 50000);
	assert_int_equal(first[REHEARSAL_SAMPLE - 1].port, 59999);
	finish(&scene);
}

static void takes_the_relay_ports_of_the_file_and_all_if_asked(void **state)
{
	const struct rehearsal_step *first = NULL;
	struct scene scene;

	(void)state;
	begin(&scene, "single-nat", "edge1");
	scene.topology->relay_first = 40000;
	scene.topology->relay_count = 100;
	scene.wish.is_full = true;
	plan(&scene);
	assert_int_equal(
		steps_of(&scene, "ext.av.rtp.udp50000-59999.out", &first), 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(first[i].port, 40000 + i);
	assert_int_equal(scene.plan.shun_first, 40000);
	assert_int_equal(scene.plan.shun_last, 40099);
	finish(&scene);
}

static bool is_dns(const void *context, const struct requirement *row)
{
	(void)context;
	return strncmp(row->flow, "ext.access.dns.", 15) == 0;
}

/* A row that is not tried lets senders through all the same. */
static void leaves_out_what_is_not_wanted_and_shuns_its_ports(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, "single-nat", "edge1");
	scene.wish.wanted = is_dns;
	plan(&scene);
	assert_int_equal(scene.plan.count, 2);
	assert_int_equal(scene.plan.shun_first, 50000);
	assert_int_equal(scene.plan.shun_last, 59999);
	finish(&scene);
}

static void keeps_to_one_node_and_off_the_balancer(void **state)
{
	static const char *const samples[] = {"scaled-dnslb-nat", "scaled-hlb"};

	(void)state;
	for (size_t s = 0; s < 2; s++) {
		struct scene scene;

		begin(&scene, samples[s], "edge2");
		plan(&scene);
		assert_true(scene.plan.count > 20);
		for (size_t i = 0; i < scene.plan.count; i++) {
			const struct rehearsal_step *step =
				&scene.plan.steps[i];
			bool is_own = false;

			for (unsigned service = 0; service < SERVICE_COUNT;
			     service++)
				is_own =
					is_own ||
					address_equal(
						&step->local,
						&scene.wish.node
							 ->addresses[service][0]
							 .local);
			assert_true(is_own);
			assert_string_equal(step->node, "edge2");
		}
		finish(&scene);
	}
}

static void keeps_to_one_family(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, "single-nat", "edge1");
	scene.wish.family = AF_INET6;
	plan(&scene);
	assert_int_equal(scene.plan.count, 0);
	finish(&scene);
}

static void reads_ports_named_by_hand(void **state)
{
	struct arena *arena = arena_new();
	struct rehearsal_plan plan = {0};
	const char *why;

	(void)state;
	assert_true(rehearsal_add_ports(arena, &plan, "tcp/443,udp/5000-5003",
					true, false, &why));
	assert_int_equal(plan.count, 5);
	assert_string_equal(plan.steps[0].flow, "tcp/443");
	assert_int_equal(plan.steps[0].transport, TRANSPORT_TCP);
	assert_int_equal(plan.steps[0].port, 443);
	assert_true(plan.steps[0].is_from_edge);
	assert_int_equal(plan.steps[4].transport, TRANSPORT_UDP);
	assert_int_equal(plan.steps[4].port, 5003);
	assert_int_equal(plan.steps[4].local.family, 0);
	arena_free(arena);
}

static void refuses_what_names_no_port(void **state)
{
	static const char *const lists[] = {
		"443",	     "tcp/",
		"tcp/0",     "tcp/65536",
		"sctp/443",  "udp/9-8",
		"udp/9-",    "udp/-9",
		"tcp/443 ",  "tcp/1,,tcp/2",
		"tcp/443-x", "TCP/443",
		"udp/1-2-3", "tcp/00000000000000000000000000443"};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct arena *arena = arena_new();
		struct rehearsal_plan plan = {0};
		const char *why = NULL;

		if (rehearsal_add_ports(arena, &plan, lists[i], false, false,
					&why))
			fail_msg("%s", lists[i]);
		assert_non_null(why);
		arena_free(arena);
	}
}

/* Two that need one port at one end have to wait for each other. */
static void knows_what_needs_the_same_port(void **state)
{
	struct rehearsal_step in = {.port = 50000}, out = {.port = 50000};
	struct rehearsal_step sent = {.port = 50000};

	(void)state;
	out.is_from_edge = true;
	sent.is_from_edge = sent.is_local_port = true;
	assert_true(rehearsal_collide(&in, &in));
	assert_true(rehearsal_collide(&out, &out));
	assert_true(rehearsal_collide(&in, &sent)); /* both at the Edge */
	assert_false(rehearsal_collide(&in, &out)); /* at either end */
	assert_false(rehearsal_collide(&out, &sent));
	sent.transport = TRANSPORT_UDP;
	assert_false(rehearsal_collide(&in, &sent));
	sent.transport = TRANSPORT_TCP;
	sent.port = 50001;
	assert_false(rehearsal_collide(&in, &sent));
	sent.port = 50000;
	assert_true(address_parse("10.45.16.30", &sent.local));
	assert_false(rehearsal_collide(&in, &sent)); /* of two addresses */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_each_row_in_its_own_direction),
		cmocka_unit_test(takes_inside_what_is_inside),
		cmocka_unit_test(spreads_a_sample_over_the_range),
		cmocka_unit_test(
			takes_the_relay_ports_of_the_file_and_all_if_asked),
		cmocka_unit_test(
			leaves_out_what_is_not_wanted_and_shuns_its_ports),
		cmocka_unit_test(keeps_to_one_node_and_off_the_balancer),
		cmocka_unit_test(keeps_to_one_family),
		cmocka_unit_test(reads_ports_named_by_hand),
		cmocka_unit_test(refuses_what_names_no_port),
		cmocka_unit_test(knows_what_needs_the_same_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
