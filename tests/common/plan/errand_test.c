#include "common/plan/errand.h"

#include "common/model/targets.h"

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
	struct mission_host host;
	struct mission mission;
	struct deployment deployment;
	struct plan plan;
};

static bool want_all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

/* Sent to a Front End Server; by its name alone where address is NULL. */
static void begin(struct world *world, const char *role, const char *address)
{
	*world = (struct world){
		.arena = arena_new(),
		.host = {.node = "fe1", .name = "fe1.contoso.com"},
	};
	if (address)
		assert_true(address_parse(address, &world->host.address));
	world->mission = (struct mission){.purpose = PURPOSE_ROLE,
					  .role = role,
					  .hosts = &world->host,
					  .host_count = 1};
	world->given = topology_new(world->arena);
	world->deployment = (struct deployment){
		.arena = world->arena,
		.given = world->given,
		.vantage = VANTAGE_INSIDE,
		.mission = &world->mission,
		.observations = &world->list,
	};
	targets_update(&world->deployment);
}

static void end(struct world *world)
{
	arena_free(world->arena);
}

static const struct errand *find(const struct errands *errands, const char *id)
{
	for (size_t i = 0; i < errands->count; i++)
		if (strcmp(errands->items[i].requirement->id, id) == 0)
			return &errands->items[i];
	return NULL;
}

static size_t planned(struct world *world, const char *probe)
{
	size_t count = 0;

	errands_follow(&world->plan, &world->deployment, want_all, NULL);
	for (size_t i = 0; i < world->plan.count; i++)
		count += strcmp(world->plan.items[i]->probe, probe) == 0;
	return count;
}

static void nobody_is_sent_without_a_mission(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "frontend", "10.1.0.11");
	world.deployment.mission = NULL;
	assert_int_equal(errands_of(world.arena, &world.deployment).count, 0);
	end(&world);
}

static void a_role_is_looked_at_by_its_rows(void **state)
{
	struct world world;
	struct errands errands;
	const struct errand *one;

	(void)state;
	begin(&world, "frontend", "10.1.0.11");
	errands = errands_of(world.arena, &world.deployment);
	one = find(&errands, "srv.frontend.frontend-service.tcp5061");
	assert_non_null(one);
	assert_string_equal(one->node, "fe1");
	assert_string_equal(one->subject, "-");
	assert_string_equal(one->probe, "sip");
	assert_int_equal(one->endpoint.port, 5061);
	assert_string_equal(one->endpoint.name, "fe1.contoso.com");
	assert_int_equal(one->endpoint.transport, TRANSPORT_TCP);
	/* another role's, what the server does itself, and what is elsewhere */
	assert_null(find(&errands, "srv.director.frontend-service.tcp5061"));
	assert_null(find(&errands, "srv.frontend.e911.tcp5066"));
	assert_null(find(&errands, "srv.all-servers.sql-browser.udp1434"));
	assert_null(find(&errands, "srv.frontend-collocated-mediation."
				   "mediation-service.tcp5070"));
	end(&world);
}

static void a_collocated_role_is_a_front_end_too(void **state)
{
	struct world world;
	struct errands errands;

	(void)state;
	begin(&world, "frontend-collocated-mediation", "10.1.0.11");
	errands = errands_of(world.arena, &world.deployment);
	assert_non_null(find(&errands, "srv.frontend-collocated-mediation."
				       "mediation-service.tcp5070"));
	assert_non_null(
		find(&errands, "srv.frontend.frontend-service.tcp5061"));
	end(&world);
}

static void rows_of_one_port_share_a_check(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "frontend", "10.1.0.11");
	/* 444, 443 (two rows), 4443 */
	assert_int_equal(planned(&world, "port-https"), 3);
	/* nothing but the name that cannot be */
	assert_int_equal(planned(&world, "dns"), 1);
	end(&world);
}

static void a_name_is_asked_for_before_it_is_visited(void **state)
{
	struct world world;
	struct errands errands;

	(void)state;
	begin(&world, "director", NULL);
	assert_int_equal(planned(&world, "dns"), 3);
	assert_int_equal(planned(&world, "sip"), 0);
	dns_seen(world.arena, &world.list, "fe1.contoso.com", DNS_A,
		 "10.1.0.11|10.1.0.12");
	dns_seen(world.arena, &world.list, "fe1.contoso.com", DNS_AAAA, "");
	assert_int_equal(planned(&world, "sip"), 2);
	errands = errands_of(world.arena, &world.deployment);
	assert_int_equal(find(&errands, "srv.director.frontend-service.tcp5061")
				 ->endpoint.address.family,
			 AF_INET);
	end(&world);
}

static void only_the_family_that_is_wanted_is_visited(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "director", "10.1.0.11");
	world.deployment.families = AF_INET6;
	assert_int_equal(planned(&world, "sip"), 0);
	end(&world);
}

static void clear_text_that_is_refused_is_followed_by_tls(void **state)
{
	struct world world;
	struct observation *seen;

	(void)state;
	begin(&world, "director", "10.1.0.11");
	assert_int_equal(planned(&world, ERRAND_SECOND_PROBE), 0);
	seen = observation_new(world.arena);
	seen->probe = "port-sip";
	seen->endpoint.address = world.host.address;
	seen->endpoint.port = 5060;
	seen->outcome = OUTCOME_ANSWERED;
	observation_add_number(world.arena, seen, "tcp.rtt_us", FACT_UINT, 1);
	observation_list_add(world.arena, &world.list, seen);
	assert_int_equal(planned(&world, ERRAND_SECOND_PROBE), 0);
	seen->outcome = OUTCOME_CLOSED;
	assert_int_equal(planned(&world, ERRAND_SECOND_PROBE), 1);
	end(&world);
}

/* With a port that works there, to compare; refusal needs no following. */
static void a_silent_port_is_followed(void **state)
{
	struct world world;
	struct observation *seen[2];

	(void)state;
	begin(&world, "director", "10.1.0.11");
	for (size_t i = 0; i < 2; i++) {
		seen[i] = observation_new(world.arena);
		seen[i]->probe = i ? "sip" : "port-https";
		seen[i]->endpoint.address = world.host.address;
		seen[i]->endpoint.port = i ? 5061 : 444;
		seen[i]->outcome = i ? OUTCOME_ANSWERED : OUTCOME_REFUSED;
		observation_list_add(world.arena, &world.list, seen[i]);
	}
	assert_int_equal(planned(&world, "path"), 0);
	seen[0]->outcome = OUTCOME_NO_REPLY;
	assert_int_equal(planned(&world, "path"), 2);
	end(&world);
}

static void a_range_is_sampled_at_its_ends_and_middle(void **state)
{
	struct world world;
	struct errands errands = {0};
	const struct errand errand = {.node = "fe1", .subject = "-"};

	(void)state;
	begin(&world, "director", "10.1.0.11");
	errands.arena = world.arena;
	errands_add_ports(&errands, &world.deployment, &errand, &world.host,
			  50000, 59999);
	assert_int_equal(errands.count, 3);
	assert_int_equal(errands.items[0].endpoint.port, 50000);
	assert_int_equal(errands.items[1].endpoint.port, 54999);
	assert_int_equal(errands.items[2].endpoint.port, 59999);
	assert_int_equal(errands.items[2].sampled, 3);
	end(&world);
}

static void a_balancer_is_looked_at_by_the_table_for_it(void **state)
{
	struct world world;
	struct errands errands;

	(void)state;
	begin(&world, "director", "10.1.0.11");
	world.mission.purpose = PURPOSE_HLB;
	world.deployment.topology->features = FEATURE_BIT(FEATURE_FE_HLB_ONLY);
	errands = errands_of(world.arena, &world.deployment);
	assert_non_null(find(&errands, "hlb.only.director.tcp5061"));
	assert_non_null(find(&errands, "fe.hlb-only-ports"));
	assert_null(find(&errands, "hlb.dnslb.director.tcp443"));
	assert_null(find(&errands, "hlb.only.frontend.tcp5061"));
	assert_null(find(&errands, "srv.director.frontend-service.tcp5061"));
	world.deployment.topology->features = FEATURE_BIT(FEATURE_FE_DNSLB);
	errands = errands_of(world.arena, &world.deployment);
	assert_null(find(&errands, "hlb.only.director.tcp5061"));
	assert_null(find(&errands, "fe.hlb-only-ports"));
	assert_non_null(find(&errands, "hlb.dnslb.director.tcp443"));
	end(&world);
}

/* What only some pools have is not asked of the others. */
static void a_balancer_passes_mediation_where_it_is_collocated(void **state)
{
	struct world world;
	struct errands errands;

	(void)state;
	begin(&world, "frontend", "10.1.0.11");
	world.mission.purpose = PURPOSE_HLB;
	world.deployment.topology->features = FEATURE_BIT(FEATURE_FE_HLB_ONLY);
	errands = errands_of(world.arena, &world.deployment);
	assert_null(find(&errands, "hlb.only.frontend.tcp5070"));
	world.deployment.topology->features |=
		FEATURE_BIT(FEATURE_COLLOCATED_MEDIATION);
	errands = errands_of(world.arena, &world.deployment);
	assert_non_null(find(&errands, "hlb.only.frontend.tcp5070"));
	end(&world);
}

/* Rows of every table of ports have somebody who can go there. */
static void every_protocol_of_the_tables_has_a_probe(void **state)
{
	size_t count;
	const struct port_row *rows = port_table(&count);

	(void)state;
	assert_true(count > 80);
	for (size_t i = 0; i < count; i++) {
		assert_true(rows[i].transports != 0);
		assert_true(rows[i].first <= rows[i].last);
		assert_true(*errand_probe(rows[i].protocol, TRANSPORT_TCP));
	}
	assert_string_equal(errand_probe("sip-tls", TRANSPORT_TCP), "sip");
	assert_string_equal(errand_probe("dcom-rpc", TRANSPORT_TCP),
			    "port-rpc");
	assert_string_equal(errand_probe("bandwidth-policy", TRANSPORT_TCP),
			    "port");
	assert_string_equal(errand_probe("media", TRANSPORT_UDP), "port-udp");
	assert_string_equal(errand_probe("stun-msturn", TRANSPORT_UDP),
			    "msturn-allocate");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_sent_without_a_mission),
		cmocka_unit_test(a_role_is_looked_at_by_its_rows),
		cmocka_unit_test(a_collocated_role_is_a_front_end_too),
		cmocka_unit_test(rows_of_one_port_share_a_check),
		cmocka_unit_test(a_name_is_asked_for_before_it_is_visited),
		cmocka_unit_test(only_the_family_that_is_wanted_is_visited),
		cmocka_unit_test(clear_text_that_is_refused_is_followed_by_tls),
		cmocka_unit_test(a_silent_port_is_followed),
		cmocka_unit_test(a_range_is_sampled_at_its_ends_and_middle),
		cmocka_unit_test(a_balancer_is_looked_at_by_the_table_for_it),
		cmocka_unit_test(
			a_balancer_passes_mediation_where_it_is_collocated),
		cmocka_unit_test(every_protocol_of_the_tables_has_a_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
