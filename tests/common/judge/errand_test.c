#include "common/plan/errand.h"

#include "tests/common/judge/world.h"

#define SIP5061	  "srv.frontend.frontend-service.tcp5061"
#define RPC135	  "srv.frontend.frontend-service.tcp135"
#define POLICY448 "srv.frontend.bandwidth-policy-service.tcp448"
#define IM5062	  "srv.frontend.im-conferencing-service.tcp5062"
#define WEB8080	  "srv.frontend.web-compatibility-service.tcp8080"
#define HTTPS443  "srv.frontend.web-compatibility-service.tcp443"
#define PSOM8057  "srv.frontend.web-conferencing-service.tcp8057"
#define MTLS5086  "srv.frontend.mobility-component.tcp5086"
#define MTLS8060  "srv.frontend.web-server-component.tcp8060"
#define OPTIONAL  "srv.frontend.frontend-service.tcp5060"
#define ELSEWHERE "srv.director.frontend-service.tcp5061"

struct scene {
	struct world world;
	struct mission_host host;
	struct mission mission;
};

static void begin(struct scene *scene, enum purpose purpose, const char *role)
{
	struct world *world = &scene->world;

	world_begin(world);
	scene->host =
		(struct mission_host){.node = "fe1", .name = "fe1.contoso.com"};
	assert_true(address_parse("10.1.0.11", &scene->host.address));
	scene->mission = (struct mission){.purpose = purpose,
					  .role = role,
					  .hosts = &scene->host,
					  .host_count = 1};
	world->deployment.mission = &scene->mission;
	world->deployment.vantage = VANTAGE_INSIDE;
	world->scope.vantage = VANTAGE_INSIDE;
	world->deployment.vantage = VANTAGE_INSIDE;
}

/* Two rows of one port rest on one conversation. */
static bool is_seen(const struct scene *scene, const struct errand *errand)
{
	const struct observation_list *list = &scene->world.list;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i]->endpoint.port == errand->endpoint.port &&
		    strcmp(list->items[i]->probe, errand->probe) == 0)
			return true;
	return false;
}

/* What the probe of each errand sees where all is well. */
static void see_healthy(struct scene *scene)
{
	struct world *world = &scene->world;
	struct errands errands;

	targets_update(&world->deployment);
	errands = errands_of(world->arena, &world->deployment);
	for (size_t i = 0; i < errands.count; i++) {
		const struct errand *errand = &errands.items[i];
		const char *at = arena_format(world->arena, "10.1.0.11:%u",
					      errand->endpoint.port);
		struct observation *seen;

		if (is_seen(scene, errand))
			continue;
		seen = world_see(world, errand->probe, at,
				 errand->endpoint.transport, "-");
		observation_add_number(world->arena, seen, "tcp.rtt_us",
				       FACT_UINT, 300);
		if (strcmp(errand->probe, "sip") == 0)
			world_status(world,
				     world_see(world, "sip-options-control", at,
					       TRANSPORT_TCP, "-"),
				     200);
	}
}

static void begin_frontend(struct scene *scene)
{
	begin(scene, PURPOSE_ROLE, "frontend");
	see_healthy(scene);
}

static const struct verdict *verdict_of(struct scene *scene, const char *id)
{
	const struct verdict *verdict;

	world_judge(&scene->world);
	verdict = world_verdict(&scene->world, id, NULL, NULL);
	assert_non_null(verdict);
	return verdict;
}

static void end(struct scene *scene)
{
	world_end(&scene->world);
}

static void a_healthy_server_is_verified_row_by_row(void **state)
{
	struct scene scene;
	size_t needed = 0;

	(void)state;
	begin_frontend(&scene);
	world_judge(&scene.world);
	for (size_t i = 0; i < scene.world.judgement->verdict_count; i++) {
		const struct verdict *verdict =
			scene.world.judgement->verdicts[i];

		if (!verdict->needed ||
		    strcmp(verdict->requirement->table, "server-ports") != 0)
			continue;
		needed++;
		assert_int_equal(verdict->state, STATE_VERIFIED);
		assert_string_equal(verdict->node, "fe1");
		assert_int_equal(verdict->vantage, VANTAGE_INSIDE);
	}
	assert_true(needed > 20);
	end(&scene);
}

/* One port of the healthy server goes wrong. */
static const struct mishap {
	const char *id, *probe, *endpoint;
	enum outcome outcome;
	const char *detail;
	const char *service; /* peer.service; NULL: silent */
	enum state state;
	const char *cause;
} mishaps[] = {
	{SIP5061, "sip", "10.1.0.11:5061", OUTCOME_REFUSED, "refused", NULL,
	 STATE_BLOCKED, "server.blocked"},
	{SIP5061, "sip", "10.1.0.11:5061", OUTCOME_NO_REPLY, "no reply", NULL,
	 STATE_BLOCKED, "server.blocked"},
	{SIP5061, "sip", "10.1.0.11:5061", OUTCOME_GARBLED, "not TLS", "ssh",
	 STATE_WRONG, "server.wrong-service"},
	{SIP5061, "sip-options-control", "10.1.0.11:5061", OUTCOME_NO_REPLY,
	 "no reply in 3 s", NULL, STATE_WRONG, "server.wrong-service"},
	{RPC135, "port-rpc", "10.1.0.11:135", OUTCOME_NO_REPLY, "no reply",
	 NULL, STATE_BLOCKED, "server.blocked"},
	{RPC135, "port-rpc", "10.1.0.11:135", OUTCOME_UNREACHABLE, "forbidden",
	 NULL, STATE_BLOCKED, "server.blocked"},
	{RPC135, "port-rpc", "10.1.0.11:135", OUTCOME_GARBLED, "ssh", "ssh",
	 STATE_WRONG, "server.wrong-service"},
	{POLICY448, "port", "10.1.0.11:448", OUTCOME_ANSWERED, "", "ssh",
	 STATE_WRONG, "server.wrong-service"},
	{RPC135, "port-rpc", "10.1.0.11:135", OUTCOME_CLOSED, "closed", NULL,
	 STATE_BLOCKED, "server.blocked"},
	{IM5062, "port-sip", "10.1.0.11:5062", OUTCOME_RESET, "reset", NULL,
	 STATE_BLOCKED, "server.blocked"},
	{IM5062, "port-sip", "10.1.0.11:5062", OUTCOME_GARBLED,
	 "a web server answers", "http", STATE_WRONG, "server.wrong-service"},
	{WEB8080, "port-http", "10.1.0.11:8080", OUTCOME_NO_REPLY, "mute", NULL,
	 STATE_BLOCKED, "server.blocked"},
	{WEB8080, "port-http", "10.1.0.11:8080", OUTCOME_GARBLED, "mail",
	 "smtp", STATE_WRONG, "server.wrong-service"},
	{HTTPS443, "port-https", "10.1.0.11:443", OUTCOME_ALERT, "alert", NULL,
	 STATE_WRONG, "server.wrong-service"},
	{PSOM8057, "recognise-sip", "10.1.0.11:8057", OUTCOME_ANSWERED, "",
	 "http", STATE_WRONG, "server.wrong-service"},
	{PSOM8057, "recognise-sip", "10.1.0.11:8057", OUTCOME_ANSWERED, "",
	 "sip", STATE_WRONG, "server.wrong-service"},
	{MTLS5086, "recognise-sip", "10.1.0.11:5086", OUTCOME_ANSWERED, "",
	 "http", STATE_WRONG, "server.wrong-service"},
	{OPTIONAL, "port-sip", "10.1.0.11:5060", OUTCOME_REFUSED, "refused",
	 NULL, STATE_WARN, "server.blocked"},
	/* and those that are well */
	{PSOM8057, "recognise-sip", "10.1.0.11:8057", OUTCOME_ANSWERED, "",
	 "tls", STATE_VERIFIED, NULL},
	{MTLS5086, "recognise-sip", "10.1.0.11:5086", OUTCOME_ANSWERED, "",
	 "sip", STATE_VERIFIED, NULL},
	{MTLS8060, "recognise-sip", "10.1.0.11:8060", OUTCOME_ANSWERED, "",
	 "http", STATE_VERIFIED, NULL},
	{RPC135, "port-rpc", "10.1.0.11:135", OUTCOME_ANSWERED, "", "rpc",
	 STATE_VERIFIED, NULL},
	{POLICY448, "port", "10.1.0.11:448", OUTCOME_ANSWERED, "", "unknown",
	 STATE_VERIFIED, NULL},
	{RPC135, "port-rpc", "10.1.0.11:135", OUTCOME_LOCAL, "no route", NULL,
	 STATE_UNOBSERVED, NULL},
};

static void a_mishap_is_told_at_its_row_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mishaps) / sizeof(mishaps[0]); i++) {
		const struct mishap *mishap = &mishaps[i];
		const struct verdict *verdict;
		struct observation *seen;
		struct scene scene;

		begin_frontend(&scene);
		seen = world_break(&scene.world, mishap->probe,
				   mishap->endpoint, mishap->outcome,
				   mishap->detail);
		if (mishap->service)
			observation_add_text(scene.world.arena, seen,
					     "peer.service", mishap->service);
		verdict = verdict_of(&scene, mishap->id);
		if (verdict->state != mishap->state)
			print_error("%zu %s: %s\n", i, mishap->id,
				    verdict->because);
		assert_int_equal(verdict->state, mishap->state);
		if (mishap->cause)
			assert_string_equal(verdict->cause, mishap->cause);
		else
			assert_null(verdict->cause);
		if (verdict->state == STATE_BLOCKED)
			assert_int_equal(
				scene.world.judgement->summary[STATE_BLOCKED],
				1);
		if (mishap->state == STATE_WARN)
			assert_false(verdict->needed);
		end(&scene);
	}
}

static void a_client_certificate_that_is_wanted_is_well(void **state)
{
	static const struct {
		const char *id, *probe, *endpoint;
	} ports[] = {
		{SIP5061, "sip", "10.1.0.11:5061"},
		{MTLS5086, "recognise-sip", "10.1.0.11:5086"},
		{HTTPS443, "port-https", "10.1.0.11:443"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct verdict *verdict;
		struct scene scene;

		begin_frontend(&scene);
		if (i == 0)
			world_find(&scene.world, "sip-options-control",
				   ports[i].endpoint, NULL)
				->probe = "-";
		observation_add_number(scene.world.arena,
				       world_find(&scene.world, ports[i].probe,
						  ports[i].endpoint, NULL),
				       "tls.client_certificate_refused",
				       FACT_FLAG, 1);
		verdict = verdict_of(&scene, ports[i].id);
		assert_int_equal(verdict->state, STATE_VERIFIED);
		assert_non_null(strstr(verdict->because, "client certificate"));
		end(&scene);
	}
}

/* In date, and for the name that it was asked by. */
static void a_certificate_has_to_be_one_for_the_server(void **state)
{
	static const struct {
		const char *san;
		int64_t ends_s;
		enum state state;
	} cases[] = {
		{"DNS:fe1.contoso.com", WORLD_DAY_S * 300, STATE_VERIFIED},
		{"DNS:fe2.contoso.com", WORLD_DAY_S * 300, STATE_WARN},
		{"DNS:fe1.contoso.com", -WORLD_DAY_S, STATE_WRONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict *verdict;
		struct scene scene;

		begin_frontend(&scene);
		world_show(&scene.world,
			   world_find(&scene.world, "port-https",
				      "10.1.0.11:444", NULL),
			   "fe1.contoso.com", cases[i].san, 1);
		world_set(&scene.world, "port-https", "10.1.0.11:444",
			  "cert.not_after", WORLD_NOW_S + cases[i].ends_s);
		verdict = verdict_of(&scene,
				     "srv.frontend.frontend-service.tcp444");
		assert_int_equal(verdict->state, cases[i].state);
		if (verdict->state != STATE_VERIFIED)
			assert_string_equal(verdict->cause,
					    "server.certificate");
		end(&scene);
	}
}

static void tls_where_clear_text_was_expected_is_well(void **state)
{
	struct scene scene;
	struct observation *second;

	(void)state;
	begin_frontend(&scene);
	world_break(&scene.world, "port-sip", "10.1.0.11:5062", OUTCOME_CLOSED,
		    "closed");
	second = world_see(&scene.world, ERRAND_SECOND_PROBE, "10.1.0.11:5062",
			   TRANSPORT_TCP, "-");
	observation_add_text(scene.world.arena, second, "peer.service", "tls");
	assert_int_equal(verdict_of(&scene, IM5062)->state, STATE_VERIFIED);
	second->outcome = OUTCOME_CLOSED;
	assert_int_equal(verdict_of(&scene, IM5062)->state, STATE_BLOCKED);
	end(&scene);
}

static void rows_of_other_roles_name_who_would_look(void **state)
{
	struct scene scene;
	const struct verdict *verdict;

	(void)state;
	begin_frontend(&scene);
	verdict = verdict_of(&scene, ELSEWHERE);
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	assert_non_null(strstr(verdict->because, "edgecheck --role"));
	end(&scene);
}

static void a_server_without_address_is_told_as_such(void **state)
{
	struct scene scene;
	const struct verdict *verdict;

	(void)state;
	begin(&scene, PURPOSE_ROLE, "frontend");
	scene.host.address.family = 0;
	verdict = verdict_of(&scene, SIP5061);
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	world_dns(&scene.world, "fe1.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(&scene.world, "fe1.contoso.com", DNS_AAAA, "NXDOMAIN");
	verdict = verdict_of(&scene, SIP5061);
	assert_int_equal(verdict->state, STATE_WRONG);
	assert_string_equal(verdict->cause, "server.name-unknown");
	end(&scene);
}

static void a_server_that_dns_is_silent_about_was_not_seen(void **state)
{
	struct scene scene;
	const struct verdict *verdict;
	struct observation *seen;

	(void)state;
	begin(&scene, PURPOSE_ROLE, "frontend");
	scene.host.address.family = 0;
	world_dns(&scene.world, "fe1.contoso.com", DNS_A, "");
	seen = scene.world.list.items[scene.world.list.count - 1];
	seen->outcome = OUTCOME_NO_REPLY;
	seen->detail = "no reply";
	verdict = verdict_of(&scene, SIP5061);
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_true(verdict->needed);
	end(&scene);
}

static void a_balancer_is_judged_where_the_pool_has_one(void **state)
{
	struct scene scene;
	const struct verdict *verdict;

	(void)state;
	begin(&scene, PURPOSE_HLB, "frontend");
	scene.world.given->features |= FEATURE_BIT(FEATURE_FE_HLB_ONLY);
	scene.world.given->features &= ~FEATURE_BIT(FEATURE_FE_DNSLB);
	see_healthy(&scene);
	verdict = verdict_of(&scene, "hlb.only.frontend.tcp5061");
	assert_int_equal(verdict->state, STATE_VERIFIED);
	verdict = world_verdict(&scene.world, "hlb.dnslb.frontend.tcp443", NULL,
				NULL);
	assert_int_equal(verdict->state, STATE_NA);
	world_break(&scene.world, "port", "10.1.0.11:5072", OUTCOME_CLOSED,
		    "closed");
	verdict = verdict_of(&scene, "hlb.only.frontend.tcp5072");
	assert_int_equal(verdict->state, STATE_BLOCKED);
	assert_string_equal(verdict->cause, "balancer.blocked");
	end(&scene);
}

/* The healthy Edge of another organization, seen by clients inside. */
static void begin_client(struct scene *scene)
{
	world_healthy(&scene->world);
	scene->mission = (struct mission){.purpose = PURPOSE_CLIENT};
	scene->world.deployment.mission = &scene->mission;
	scene->world.deployment.vantage = VANTAGE_INSIDE;
	scene->world.scope.vantage = VANTAGE_INSIDE;
}

static void a_network_of_clients_is_judged_by_what_they_reach(void **state)
{
	static const char *const rows[] = {
		"cli.sip-tls.tcp443", "cli.psom-tls.tcp443",
		"cli.stun-msturn.tcp443", "cli.stun-msturn.udp3478",
		"client.external-ports-when"};
	struct scene scene;

	(void)state;
	begin_client(&scene);
	for (size_t i = 0; i < 5; i++) {
		const struct verdict *verdict = verdict_of(&scene, rows[i]);

		assert_int_equal(verdict->state, STATE_VERIFIED);
		assert_int_equal(verdict->vantage, VANTAGE_INSIDE);
	}
	/* the rows of others are left alone */
	assert_int_equal(verdict_of(&scene, SIP5061)->state, STATE_UNOBSERVED);
	assert_int_equal(scene.world.judgement->exit_code, 0);
	end(&scene);
}

static void a_port_that_stops_clients_is_told_by_row_and_rule(void **state)
{
	struct scene scene;

	(void)state;
	begin_client(&scene);
	world_break(&scene.world, "msturn-allocate", "192.0.2.30:3478",
		    OUTCOME_NO_REPLY, "no reply");
	world_judge(&scene.world);
	assert_int_equal(world_verdict(&scene.world, "cli.stun-msturn.udp3478",
				       "192.0.2.30", NULL)
				 ->state,
			 STATE_BLOCKED);
	assert_int_equal(world_verdict(&scene.world,
				       "client.external-ports-when",
				       "192.0.2.30", NULL)
				 ->state,
			 STATE_BLOCKED);
	assert_int_equal(world_verdict(&scene.world,
				       "client.external-ports-when",
				       "192.0.2.10", NULL)
				 ->state,
			 STATE_VERIFIED);
	end(&scene);
}

/* Whoever looks at the Edge inside was not sent for clients. */
static void rows_of_clients_are_left_to_those_sent_for_them(void **state)
{
	struct scene scene;
	const struct verdict *verdict;

	(void)state;
	begin_client(&scene);
	scene.world.deployment.mission = NULL;
	verdict = verdict_of(&scene, "cli.sip-tls.tcp443");
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	assert_non_null(strstr(verdict->because, "edgecheck --client"));
	end(&scene);
}

static void the_rule_of_all_ports_falls_with_one(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, PURPOSE_HLB, "frontend");
	scene.world.given->features |= FEATURE_BIT(FEATURE_FE_HLB_ONLY);
	see_healthy(&scene);
	assert_int_equal(verdict_of(&scene, "fe.hlb-only-ports")->state,
			 STATE_VERIFIED);
	world_break(&scene.world, "port", "10.1.0.11:5075", OUTCOME_NO_REPLY,
		    "no reply");
	assert_int_equal(verdict_of(&scene, "fe.hlb-only-ports")->state,
			 STATE_BLOCKED);
	assert_int_equal(verdict_of(&scene, "hlb.only.frontend.tcp5076")->state,
			 STATE_VERIFIED);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_server_is_verified_row_by_row),
		cmocka_unit_test(a_mishap_is_told_at_its_row_alone),
		cmocka_unit_test(a_client_certificate_that_is_wanted_is_well),
		cmocka_unit_test(a_certificate_has_to_be_one_for_the_server),
		cmocka_unit_test(tls_where_clear_text_was_expected_is_well),
		cmocka_unit_test(rows_of_other_roles_name_who_would_look),
		cmocka_unit_test(a_server_without_address_is_told_as_such),
		cmocka_unit_test(
			a_server_that_dns_is_silent_about_was_not_seen),
		cmocka_unit_test(a_balancer_is_judged_where_the_pool_has_one),
		cmocka_unit_test(the_rule_of_all_ports_falls_with_one),
		cmocka_unit_test(
			a_network_of_clients_is_judged_by_what_they_reach),
		cmocka_unit_test(
			a_port_that_stops_clients_is_told_by_row_and_rule),
		cmocka_unit_test(
			rows_of_clients_are_left_to_those_sent_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
