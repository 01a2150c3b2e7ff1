#include "common/plan/outside.h"

#include "common/model/targets.h"
#include "tests/common/model/dns_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
	struct arena *arena;
	struct observation_list list;
	struct deployment deployment;
	struct plan plan;
};

static void begin(struct world *world, const char *asked)
{
	*world = (struct world){.arena = arena_new()};
	world->deployment = (struct deployment){
		.arena = world->arena,
		.asked = asked,
		.given = topology_new(world->arena),
		.observations = &world->list,
	};
}

static bool want_but(const void *context, const char *probe)
{
	return strcmp(probe, context) != 0;
}

/* The plan's own questions; those beside it are aside_test.c's. */
static void follow(struct world *world)
{
	targets_update(&world->deployment);
	outside_follow(&world->plan, &world->deployment, want_but, "dns");
}

static void answer(struct world *world, const char *name, uint16_t type,
		   const char *answers)
{
	dns_seen(world->arena, &world->list, name, type, answers);
	follow(world);
}

static bool same_name(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static const struct check_spec *planned(const struct world *world,
					const char *probe, const char *name,
					uint16_t type_or_port)
{
	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];
		bool is_dns = strcmp(probe, "dns") == 0;

		if (strcmp(spec->probe, probe) == 0 &&
		    same_name(spec->endpoint.name, name) &&
		    (is_dns ? spec->dns_type : spec->endpoint.port) ==
			    type_or_port)
			return spec;
	}
	return NULL;
}

static void asks_first_what_the_target_is(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "sip.contoso.com");
	follow(&world);
	assert_non_null(
		planned(&world, "dns", "_sip._tls.sip.contoso.com", DNS_SRV));
	assert_non_null(
		planned(&world, "dns", "_sip._tls.contoso.com", DNS_SRV));
	assert_non_null(planned(&world, "dns", "sip.contoso.com", DNS_AAAA));
	for (size_t i = 0; i < world.plan.count; i++)
		assert_string_equal(world.plan.items[i]->probe, "dns");
	arena_free(world.arena);
}

/* What a healthy deployment with the usual names publishes. */
static const struct {
	const char *name;
	uint16_t type;
	const char *answers;
} usual[] = {
	{"_sip._tls.contoso.com", DNS_SRV, "0 0 443 sip.contoso.com"},
	{"_sipfederationtls._tcp.contoso.com", DNS_SRV,
	 "0 0 5061 sip.contoso.com"},
	{"_xmpp-server._tcp.contoso.com", DNS_SRV, "0 0 5269 xmpp.contoso.com"},
	{"sip.contoso.com", DNS_A, "192.0.2.10|192.0.2.11"},
	{"xmpp.contoso.com", DNS_A, "192.0.2.10"},
	{"webcon.contoso.com", DNS_A, "192.0.2.20"},
	{"av.contoso.com", DNS_A, "192.0.2.30"},
};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

static const char *usual_answer(const struct check_spec *spec)
{
	for (size_t i = 0; i < USUAL; i++) {
		if (strcmp(usual[i].name, spec->endpoint.name) == 0 &&
		    usual[i].type == spec->dns_type)
			return usual[i].answers;
	}
	return "NXDOMAIN";
}

/* Answers one question of the plan. */
static void reply(struct world *world, const struct check_spec *spec)
{
	answer(world, spec->endpoint.name, spec->dns_type, usual_answer(spec));
}

static void asks_all_of_dns_in_one_round_trip(void **state)
{
	static const char *const asked[] = {"contoso.com", "sip.contoso.com"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world world;
		size_t first;

		begin(&world, asked[i]);
		follow(&world);
		first = world.plan.count;
		for (size_t j = 0; j < first; j++)
			reply(&world, world.plan.items[j]);
		for (size_t j = first; j < world.plan.count; j++)
			assert_string_not_equal(world.plan.items[j]->probe,
						"dns");
		assert_non_null(planned(&world, "sip", "sip.contoso.com", 443));
		assert_non_null(
			planned(&world, "webconf", "webcon.contoso.com", 443));
		assert_non_null(planned(&world, "msturn-allocate",
					"av.contoso.com", 3478));
		arena_free(world.arena);
	}
}

/* Two A/V Edge Servers that are known, and all else of the usual. */
static void follow_relays(struct world *world, bool has_credentials,
			  const char *skipped)
{
	size_t first;

	begin(world, "contoso.com");
	world->deployment.has_credentials = has_credentials;
	follow(world);
	first = world->plan.count;
	for (size_t i = 0; i < first; i++)
		reply(world, world->plan.items[i]);
	dns_seen(world->arena, &world->list, "av.contoso.com", DNS_A,
		 "192.0.2.30|192.0.2.31");
	targets_update(&world->deployment);
	outside_follow(&world->plan, &world->deployment, want_but, skipped);
}

static size_t count_relays(const struct world *world, const char *probe,
			   const char *address)
{
	struct address wanted;
	size_t count = 0;

	assert_true(address_parse(address, &wanted));
	for (size_t i = 0; i < world->plan.count; i++) {
		const struct check_spec *spec = world->plan.items[i];

		if (strcmp(spec->probe, probe) == 0 &&
		    address_equal(&spec->endpoint.address, &wanted)) {
			assert_string_equal(spec->subject, "-");
			count++;
		}
	}
	return count;
}

static void allocates_with_credentials_at_each_relay(void **state)
{
	static const char *const relays[] = {"192.0.2.30", "192.0.2.31"};
	struct world world;

	(void)state;
	follow_relays(&world, true, "dns");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			count_relays(&world, "msturn-relay", relays[i]), 1);
		assert_int_equal(
			count_relays(&world, "msturn-relay-tcp", relays[i]), 1);
		assert_int_equal(
			count_relays(&world, "msturn-allocate", relays[i]), 1);
	}
	assert_int_equal(count_relays(&world, "msturn-relay", "192.0.2.10"), 0);
	assert_int_equal(count_relays(&world, "msturn-relay-tcp", "192.0.2.20"),
			 0);
	assert_int_equal(planned(&world, "msturn-relay", "av.contoso.com", 3478)
				 ->endpoint.transport,
			 TRANSPORT_UDP);
	assert_int_equal(
		planned(&world, "msturn-relay-tcp", "av.contoso.com", 443)
			->endpoint.transport,
		TRANSPORT_TCP);
	arena_free(world.arena);
}

static void allocates_nothing_without_credentials(void **state)
{
	struct world world;

	(void)state;
	follow_relays(&world, false, "dns");
	assert_int_equal(count_relays(&world, "msturn-allocate", "192.0.2.31"),
			 1);
	for (size_t i = 0; i < world.plan.count; i++)
		assert_null(strstr(world.plan.items[i]->probe, "-relay"));
	arena_free(world.arena);
}

static void allocates_over_no_transport_that_is_left_out(void **state)
{
	struct world world;

	(void)state;
	follow_relays(&world, true, "msturn-relay");
	assert_int_equal(count_relays(&world, "msturn-relay", "192.0.2.31"), 0);
	assert_int_equal(count_relays(&world, "msturn-relay-tcp", "192.0.2.31"),
			 1);
	arena_free(world.arena);
}

static void asks_once_more_for_a_host_of_another_name(void **state)
{
	struct world world;
	size_t count;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	count = world.plan.count;
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 edge.fabrikam.com");
	assert_int_equal(world.plan.count, count + 2);
	assert_non_null(planned(&world, "dns", "edge.fabrikam.com", DNS_A));
	arena_free(world.arena);
}

/* Answers the questions of asking once in an order that seed decides. */
static void answer_shuffled(struct world *world, unsigned seed)
{
	size_t count, order[128];

	begin(world, "sip.contoso.com");
	follow(world);
	count = world->plan.count;
	assert_in_range(count, 1, 128);
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count; i-- > 1;) {
		size_t other = (seed = seed * 1103515245 + 12345) / 65536;
		size_t kept = order[i];

		other %= i + 1;
		order[i] = order[other];
		order[other] = kept;
	}
	for (size_t i = 0; i < count; i++)
		reply(world, world->plan.items[order[i]]);
}

static bool has_spec(const struct plan *plan, const struct check_spec *spec)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct check_spec *one = plan->items[i];

		if (strcmp(one->probe, spec->probe) == 0 &&
		    same_name(one->endpoint.name, spec->endpoint.name) &&
		    one->endpoint.port == spec->endpoint.port &&
		    one->dns_type == spec->dns_type &&
		    address_equal(&one->endpoint.address,
				  &spec->endpoint.address))
			return true;
	}
	return false;
}

static void order_of_answers_changes_no_plan(void **state)
{
	struct world first;

	(void)state;
	answer_shuffled(&first, 0);
	for (unsigned seed = 1; seed < 40; seed++) {
		struct world other;

		answer_shuffled(&other, seed);
		assert_int_equal(other.plan.count, first.plan.count);
		for (size_t i = 0; i < other.plan.count; i++)
			assert_true(has_spec(&first.plan, other.plan.items[i]));
		arena_free(other.arena);
	}
	arena_free(first.arena);
}

static void looks_at_nothing_an_open_answer_could_rule_out(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *answers;
		const char *probe, *host;
		uint16_t port;
		bool before, after; /* whether it is planned */
	} cases[] = {
		/* partners may be led elsewhere */
		{"_sipfederationtls._tcp.contoso.com", DNS_SRV,
		 "0 0 5061 fed.contoso.com", "sip", "sip.contoso.com", 5061,
		 false, false},
		{"_sipfederationtls._tcp.contoso.com", DNS_SRV, "NXDOMAIN",
		 "sip", "sip.contoso.com", 5061, false, true},
		/* users' way in is known without that */
		{"_sipfederationtls._tcp.contoso.com", DNS_SRV, "NXDOMAIN",
		 "sip", "sip.contoso.com", 443, true, true},
		{"sip.contoso.com", DNS_AAAA, "SILENCE", "sip",
		 "sip.contoso.com", 443, true, true},
		/* a wildcard could make the name an echo */
		{"edgeprobe-no-such-host.contoso.com", DNS_A, "192.0.2.30",
		 "msturn-allocate", "av.contoso.com", 3478, false, false},
		{"edgeprobe-no-such-host.contoso.com", DNS_A, "NXDOMAIN",
		 "msturn-allocate", "av.contoso.com", 3478, false, true},
		/* a better guess comes first */
		{"webcon.contoso.com", DNS_A, "192.0.2.20", "webconf",
		 "webconf.contoso.com", 443, false, false},
		{"webcon.contoso.com", DNS_A, "NXDOMAIN", "webconf",
		 "webconf.contoso.com", 443, false, true},
		/* one address for all has it on 444 */
		{"_sip._tls.contoso.com", DNS_SRV, "0 0 5061 sip.contoso.com",
		 "webconf", "webconf.contoso.com", 443, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;
		size_t count;

		begin(&world, "contoso.com");
		follow(&world);
		count = world.plan.count;
		for (size_t j = 0; j < count; j++) {
			const struct check_spec *spec = world.plan.items[j];
			const char *name = spec->endpoint.name;

			if (strcmp(name, cases[i].name) == 0 &&
			    spec->dns_type == cases[i].type)
				continue;
			if (strcmp(name, "webconf.contoso.com") == 0)
				answer(&world, name, spec->dns_type,
				       spec->dns_type == DNS_A ? "192.0.2.10"
							       : "");
			else if (strcmp(name, "webcon.contoso.com") == 0)
				answer(&world, name, spec->dns_type,
				       "NXDOMAIN");
			else
				reply(&world, spec);
		}
		assert_int_equal(planned(&world, cases[i].probe, cases[i].host,
					 cases[i].port) != NULL,
				 cases[i].before);
		answer(&world, cases[i].name, cases[i].type, cases[i].answers);
		assert_int_equal(planned(&world, cases[i].probe, cases[i].host,
					 cases[i].port) != NULL,
				 cases[i].after);
		arena_free(world.arena);
	}
}

static void opens_streams_while_the_product_is_in_doubt(void **state)
{
	struct observation *seen;
	struct world world;
	size_t count;

	(void)state;
	begin(&world, "contoso.com");
	answer(&world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
	       "0 0 5269 xmpp.contoso.com");
	assert_null(planned(&world, "xmpp", "contoso.com", 5269));
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "xmpp.contoso.com", DNS_A, "192.0.2.10");
	assert_non_null(planned(&world, "xmpp", "contoso.com", 5269));
	/* and plans no second one when it is known */
	seen = observation_new(world.arena);
	seen->probe = "sip-options-control";
	observation_add_text(world.arena, seen, "sip.server", "RTC/6.0");
	observation_list_add(world.arena, &world.list, seen);
	count = world.plan.count;
	follow(&world);
	assert_int_equal(world.plan.count, count);
	assert_int_equal(world.deployment.doubtful_count, 0);
	arena_free(world.arena);
}

static void follows_srv_to_hosts_and_hosts_to_addresses(void **state)
{
	struct world world;
	const struct check_spec *spec;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	assert_null(planned(&world, "dns", "edge.contoso.com", DNS_A));
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 edge.contoso.com");
	assert_non_null(planned(&world, "dns", "edge.contoso.com", DNS_A));
	assert_non_null(planned(&world, "dns", "av.contoso.com", DNS_A));
	assert_null(planned(&world, "sip", "edge.contoso.com", 443));
	answer(&world, "edge.contoso.com", DNS_A, "192.0.2.10");
	spec = planned(&world, "sip", "edge.contoso.com", 443);
	assert_non_null(spec);
	assert_int_equal(spec->domain_count, 1);
	assert_string_equal(spec->domains[0], "contoso.com");
	/* no REGISTER where partners come in */
	spec = planned(&world, "sip", "edge.contoso.com", 5061);
	assert_true(!spec || spec->domain_count == 0);
	arena_free(world.arena);
}

static void plans_each_check_once(void **state)
{
	struct world world;
	size_t count;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "sip.contoso.com", DNS_A, "192.0.2.10");
	count = world.plan.count;
	follow(&world);
	follow(&world);
	assert_int_equal(world.plan.count, count);
	arena_free(world.arena);
}

static void reaches_av_over_both_transports(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "av.contoso.com", DNS_A, "192.0.2.30");
	answer(&world, "av.contoso.com", DNS_AAAA, "2001:db8::30");
	answer(&world, "edgeprobe-no-such-host.contoso.com", DNS_A, "NXDOMAIN");
	answer(&world, "edgeprobe-no-such-host.contoso.com", DNS_AAAA, "");
	assert_non_null(
		planned(&world, "msturn-allocate", "av.contoso.com", 3478));
	assert_non_null(
		planned(&world, "msturn-allocate-tcp", "av.contoso.com", 443));
	arena_free(world.arena);
}

static void leaves_out_what_is_not_wanted_but_asks_dns(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	dns_seen(world.arena, &world.list, "_sip._tls.contoso.com", DNS_SRV,
		 "0 0 443 sip.contoso.com");
	dns_seen(world.arena, &world.list, "sip.contoso.com", DNS_A,
		 "192.0.2.10");
	targets_update(&world.deployment);
	outside_follow(&world.plan, &world.deployment, want_but, "sip");
	assert_null(planned(&world, "sip", "sip.contoso.com", 443));
	assert_non_null(planned(&world, "dns", "sip.contoso.com", DNS_A));
	arena_free(world.arena);
}

static void opens_streams_where_the_product_has_xmpp(void **state)
{
	static const enum product products[] = {PRODUCT_SFB2019,
						PRODUCT_SFB2015};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct check_spec *spec;
		struct topology *given;
		struct world world;

		begin(&world, "contoso.com");
		given = topology_new(world.arena);
		given->product = products[i];
		given->product_known = true;
		world.deployment.given = given;
		answer(&world, "_sip._tls.contoso.com", DNS_SRV,
		       "0 0 443 sip.contoso.com");
		answer(&world, "sip.contoso.com", DNS_A, "192.0.2.10");
		assert_null(planned(&world, "xmpp", "contoso.com", 5269));
		answer(&world, "xmpp.contoso.com", DNS_A, "192.0.2.10");
		answer(&world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		       "0 0 5269 xmpp.contoso.com");
		spec = planned(&world, "xmpp", "contoso.com", 5269);
		assert_int_equal(spec != NULL, i);
		if (spec)
			assert_string_equal(spec->subject, "contoso.com");
		arena_free(world.arena);
	}
}

/* A listener's certificate, with these names. */
static void show(struct world *world, const char *address, const char *leaf,
		 const char *const *names, size_t count)
{
	struct observation *seen = observation_new(world->arena);

	seen->probe = "sip";
	seen->outcome = OUTCOME_ANSWERED;
	assert_true(address_parse(address, &seen->endpoint.address));
	seen->endpoint.port = 443;
	observation_add_text(world->arena, seen, "cert.sha256", leaf);
	for (size_t i = 0; i < count; i++)
		observation_add_text(world->arena, seen, "cert.san", names[i]);
	observation_list_add(world->arena, &world->list, seen);
	follow(world);
}

/* Every question to DNS has its answer. */
static void begin_answered(struct world *world)
{
	size_t first;

	begin(world, "contoso.com");
	follow(world);
	first = world->plan.count;
	for (size_t i = 0; i < first; i++)
		reply(world, world->plan.items[i]);
}

/* The hello of TLS goes to an A/V Edge only where its own got no answer. */
static void asks_again_where_a_listener_disappoints(void **state)
{
	static const struct {
		const char *probe, *at, *name, *again, *fact;
		enum outcome outcome;
		bool is_asked;
	} cases[] = {
		{"sip", "192.0.2.10:443", "sip.contoso.com", "recognise-av",
		 NULL, OUTCOME_CLOSED, true},
		{"sip", "192.0.2.10:443", "sip.contoso.com", "recognise-av",
		 NULL, OUTCOME_ANSWERED, false},
		{"sip", "192.0.2.10:443", "sip.contoso.com", "recognise-av",
		 "tls.version", OUTCOME_ALERT, false},
		{"sip", "192.0.2.10:5061", "sip.contoso.com", "recognise-av",
		 NULL, OUTCOME_GARBLED, true},
		{"webconf", "192.0.2.20:443", "webcon.contoso.com",
		 "recognise-av", NULL, OUTCOME_NO_REPLY, true},
		{"webconf", "192.0.2.20:443", "webcon.contoso.com",
		 "recognise-av", NULL, OUTCOME_LOCAL, false},
		{"msturn-allocate-tcp", "192.0.2.30:443", "av.contoso.com",
		 "recognise-sip", NULL, OUTCOME_ALERT, true},
		{"msturn-allocate-tcp", "192.0.2.30:443", "av.contoso.com",
		 "recognise-sip", "turn.pseudo_tls", OUTCOME_NO_REPLY, false},
		{"msturn-allocate-tcp", "192.0.2.30:443", "av.contoso.com",
		 "recognise-sip", NULL, OUTCOME_ANSWERED, false},
		{"msturn-allocate-tcp", "192.0.2.30:443", "av.contoso.com",
		 "recognise-turn", NULL, OUTCOME_NO_REPLY, true},
		{"msturn-allocate-tcp", "192.0.2.30:443", "av.contoso.com",
		 "recognise-turn", "turn.pseudo_tls", OUTCOME_NO_REPLY, false},
		{"msturn-allocate-tcp", "192.0.2.30:443", "av.contoso.com",
		 "recognise-turn", NULL, OUTCOME_ANSWERED, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observation *seen;
		struct world world;
		const char *why;

		begin_answered(&world);
		seen = observation_new(world.arena);
		seen->probe = cases[i].probe;
		seen->outcome = cases[i].outcome;
		assert_true(
			endpoint_parse(cases[i].at, 0, &seen->endpoint, &why));
		observation_add_number(world.arena, seen, "tcp.rtt_us",
				       FACT_UINT, 900);
		if (cases[i].fact)
			observation_add_number(world.arena, seen, cases[i].fact,
					       FACT_FLAG, 1);
		assert_null(planned(&world, cases[i].again, cases[i].name,
				    seen->endpoint.port));
		observation_list_add(world.arena, &world.list, seen);
		follow(&world);
		assert_int_equal(planned(&world, cases[i].again, cases[i].name,
					 seen->endpoint.port) != NULL,
				 cases[i].is_asked);
		arena_free(world.arena);
	}
}

/* One that is silent by nature is asked for SIP beside it, at once. */
static void asks_beside_web_conferencing_at_once(void **state)
{
	struct world world;

	(void)state;
	begin_answered(&world);
	assert_non_null(planned(&world, "webconf", "webcon.contoso.com", 443));
	assert_non_null(
		planned(&world, "recognise-sip", "webcon.contoso.com", 443));
	assert_null(planned(&world, "recognise-sip", "sip.contoso.com", 443));
	arena_free(world.arena);
}

/* Beside the look that names the server, for old clients do not. */
static void looks_without_naming_the_server_at_once(void **state)
{
	const struct check_spec *spec;
	struct world world;

	(void)state;
	begin_answered(&world);
	spec = planned(&world, "tls-without-sni", "sip.contoso.com", 443);
	assert_non_null(spec);
	assert_true(spec->without_sni);
	assert_false(
		planned(&world, "sip", "sip.contoso.com", 443)->without_sni);
	assert_null(
		planned(&world, "tls-without-sni", "sip.contoso.com", 5061));
	assert_null(
		planned(&world, "tls-without-sni", "webcon.contoso.com", 443));
	arena_free(world.arena);
}

static void follows_certificates_to_names(void **state)
{
	static const char *const names[] = {
		"sip.contoso.com", "*.contoso.com", "old.contoso.com",
		"192.0.2.1",	   "one",	    "a..b"};
	struct world world;

	(void)state;
	begin(&world, "contoso.com");
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "sip.contoso.com", DNS_A, "192.0.2.10");
	show(&world, "192.0.2.10", "00", names, 6);
	assert_non_null(planned(&world, "dns", "old.contoso.com", DNS_A));
	assert_non_null(planned(&world, "dns", "old.contoso.com", DNS_AAAA));
	for (size_t i = 0; i < 6; i++)
		if (i != 0 && i != 2)
			assert_null(planned(&world, "dns", names[i], DNS_A));
	arena_free(world.arena);
}

static void asks_for_so_many_names_and_no_more(void **state)
{
	const char *names[200];
	struct world world;
	size_t before;

	(void)state;
	begin(&world, "contoso.com");
	for (size_t i = 0; i < 200; i++)
		names[i] = arena_format(world.arena, "h%zu.example.net", i);
	answer(&world, "_sip._tls.contoso.com", DNS_SRV,
	       "0 0 443 sip.contoso.com");
	answer(&world, "sip.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	before = world.plan.count;
	show(&world, "192.0.2.10", "00", names, 100);
	show(&world, "192.0.2.11", "01", names + 100, 100);
	assert_int_equal(world.plan.count, before + 2 * 32);
	arena_free(world.arena);
}

static void asks_no_unlawful_name(void **state)
{
	struct world world;
	size_t count;

	(void)state;
	begin(&world, "contoso.com");
	follow(&world);
	answer(&world, "_sip._tls.contoso.com", DNS_SRV, "0 0 443 .");
	count = world.plan.count;
	answer(&world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
	       "0 0 5061 a..b");
	assert_int_equal(world.plan.count, count);
	arena_free(world.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_first_what_the_target_is),
		cmocka_unit_test(asks_all_of_dns_in_one_round_trip),
		cmocka_unit_test(allocates_with_credentials_at_each_relay),
		cmocka_unit_test(allocates_nothing_without_credentials),
		cmocka_unit_test(allocates_over_no_transport_that_is_left_out),
		cmocka_unit_test(asks_once_more_for_a_host_of_another_name),
		cmocka_unit_test(order_of_answers_changes_no_plan),
		cmocka_unit_test(
			looks_at_nothing_an_open_answer_could_rule_out),
		cmocka_unit_test(opens_streams_while_the_product_is_in_doubt),
		cmocka_unit_test(follows_srv_to_hosts_and_hosts_to_addresses),
		cmocka_unit_test(plans_each_check_once),
		cmocka_unit_test(reaches_av_over_both_transports),
		cmocka_unit_test(leaves_out_what_is_not_wanted_but_asks_dns),
		cmocka_unit_test(opens_streams_where_the_product_has_xmpp),
		cmocka_unit_test(asks_again_where_a_listener_disappoints),
		cmocka_unit_test(asks_beside_web_conferencing_at_once),
		cmocka_unit_test(looks_without_naming_the_server_at_once),
		cmocka_unit_test(follows_certificates_to_names),
		cmocka_unit_test(asks_for_so_many_names_and_no_more),
		cmocka_unit_test(asks_no_unlawful_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
