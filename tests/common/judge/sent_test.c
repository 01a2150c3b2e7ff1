#include "common/plan/edge_host.h"
#include "common/plan/errand.h"

#include "tests/common/judge/host_scene.h"

/*
 * edge1 of two, from its own place: a partner, an XMPP partner, a server
 * inside, a revocation list, a resolver, another A/V Edge.
 */

static struct mission mission;

/* Rows of one port share a check. */
static bool is_seen(const struct world *world, const struct errand *errand)
{
	for (size_t i = 0; i < world->list.count; i++) {
		const struct observation *seen = world->list.items[i];

		if (strcmp(seen->probe, errand->probe) == 0 &&
		    seen->endpoint.port == errand->endpoint.port &&
		    address_equal(&seen->endpoint.address,
				  &errand->endpoint.address))
			return true;
	}
	return false;
}

static void see_errand(struct world *world, const struct errand *errand)
{
	struct observation *seen = observation_new(world->arena);
	char text[ADDRESS_TEXT_BYTES];

	seen->probe = errand->probe;
	seen->endpoint = errand->endpoint;
	seen->vantage = VANTAGE_EDGE_HOST;
	seen->outcome = OUTCOME_ANSWERED;
	seen->id = (unsigned)world->list.count + 1;
	if (errand->from.family)
		seen->source = arena_text(world->arena,
					  address_format(text, &errand->from));
	observation_add_number(world->arena, seen, "turn.cookie", FACT_FLAG, 1);
	observation_add_number(world->arena, seen, "http.status", FACT_UINT,
			       200);
	observation_list_add(world->arena, &world->list, seen);
}

static void add_node(struct topology *topology)
{
	struct node *node = &topology->nodes[topology->node_count++];

	*node = (struct node){.name = "edge2"};
	host_give(node, SERVICE_ACCESS, "10.45.16.11", "192.0.2.11");
	host_give(node, SERVICE_WEBCONF, "10.45.16.21", "192.0.2.21");
	host_give(node, SERVICE_AV, "10.45.16.31", "192.0.2.31");
}

static void name_peers(struct world *world)
{
	struct server_pool *pool = &world->given->pools[0];

	mission = (struct mission){
		.purpose = PURPOSE_EDGE_HOST,
		.peers = {[PEER_PARTNER] = {{"fabrikam.com"}, 1},
			  [PEER_XMPP_PARTNER] = {{"jabber.example"}, 1},
			  [PEER_URL] = {{"http://crl.example/a.crl"}, 1},
			  [PEER_EDGE] = {{"203.0.113.30"}, 1}}};
	world->deployment.mission = &mission;
	*pool = (struct server_pool){
		.name = "pool01.contoso.net",
		.role = POOL_FRONTEND,
		.servers = {"fe1.contoso.net"},
		.server_count = 1,
		.addresses = {host_address_of("10.1.0.11")},
		.address_count = 1};
	world->given->pool_count = 1;
	world->given->resolvers.items[0] = host_network_of("203.0.113.53/32");
	world->given->resolvers.count = 1;
}

static void begin(struct world *world)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *answers;
	} records[] = {
		{"_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
		 "0 0 5061 sip.fabrikam.com"},
		{"sip.fabrikam.com", DNS_A, "203.0.113.10"},
		{"_xmpp-server._tcp.jabber.example", DNS_SRV,
		 "0 0 5269 xmpp.jabber.example"},
		{"xmpp.jabber.example", DNS_A, "203.0.113.69"},
		{"crl.example", DNS_A, "203.0.113.80"},
	};

	world_begin(world);
	host_healthy(world);
	world->given->kind = KIND_SCALED_DNSLB_NAT;
	world->given->product = PRODUCT_SFB2015;
	world->given->features |= FEATURE_BIT(FEATURE_XMPP) |
				  FEATURE_BIT(FEATURE_FEDERATION) |
				  FEATURE_BIT(FEATURE_EDGE_TO_EDGE_MEDIA);
	add_node(world->given);
	name_peers(world);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		world_dns(world, records[i].name, records[i].type,
			  records[i].answers);
	targets_update(&world->deployment);
}

static void begin_healthy(struct world *world)
{
	struct errands errands;

	begin(world);
	errands = errands_of(world->arena, &world->deployment);
	for (size_t i = 0; i < errands.count; i++)
		if (!is_seen(world, &errands.items[i]))
			see_errand(world, &errands.items[i]);
}

static bool is_sent(const struct verdict *verdict)
{
	return strcmp(verdict->requirement->judging->predicate, "sent") == 0 ||
	       strcmp(verdict->requirement->id, "nat.edge-to-edge-av") == 0;
}

/* "blocked ID SUBJECT" a line, of what is sent and is not verified. */
static const char *trouble_of(const struct world *world)
{
	const char *text = "";

	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (is_sent(verdict) && verdict->state != STATE_NA &&
		    verdict->state != STATE_VERIFIED)
			text = arena_format(world->arena, "%s%s %s %s\n", text,
					    state_name(verdict->state),
					    verdict->requirement->id,
					    verdict->subject);
	}
	return text;
}

#define UDP53  "s000.ext.access.dns.udp53.out"
#define TCP53  "s000.ext.access.dns.tcp53.out"
#define HTTP   "s000.ext.access.http.tcp80.out"
#define SIPFED "s000.ext.access.sip-mtls.tcp5061.out"
#define INNER  "s000.int.access.sip-mtls.tcp5061.out"
#define AV_OUT "s000.ext.av.stun-msturn."

static void everything_that_is_answered_is_verified(void **state)
{
	static const char *const rows[] = {UDP53,
					   TCP53,
					   HTTP,
					   SIPFED,
					   INNER,
					   AV_OUT "udp3478.out",
					   AV_OUT "tcp443.out",
					   "nat.edge-to-edge-av",
					   "xmpp.out-everywhere"};
	struct world world;

	(void)state;
	begin_healthy(&world);
	world_judge(&world);
	assert_string_equal(trouble_of(&world), "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct verdict *verdict =
			world_verdict(&world, rows[i], "edge1", NULL);

		assert_non_null(verdict);
		assert_int_equal(verdict->state, STATE_VERIFIED);
		assert_true(verdict->needed);
	}
	world_end(&world);
}

static const struct {
	const char *address;
	uint16_t port;
	enum transport transport;
	const char *rows, *from, *wall, *finding;
} losses[] = {
	{"203.0.113.53", 53, TRANSPORT_UDP, "blocked " UDP53 " 203.0.113.53\n",
	 "10.45.16.10", "external", "out.dns-blocked"},
	{"203.0.113.53", 53, TRANSPORT_TCP, "blocked " TCP53 " 203.0.113.53\n",
	 "10.45.16.10", "external", "out.dns-blocked"},
	{"203.0.113.80", 80, TRANSPORT_TCP, "blocked " HTTP " crl.example\n",
	 "10.45.16.10", "external", "out.http-blocked"},
	{"203.0.113.10", 5061, TRANSPORT_TCP,
	 "blocked " SIPFED " fabrikam.com\n", "10.45.16.10", "external",
	 "out.federation-blocked"},
	{"10.1.0.11", 5061, TRANSPORT_TCP,
	 "blocked " INNER " fe1.contoso.net\n", "172.25.33.10", "internal",
	 "out.next-hop-blocked"},
	{"203.0.113.30", 3478, TRANSPORT_UDP,
	 "blocked " AV_OUT "udp3478.out 203.0.113.30\n", "10.45.16.30",
	 "external", "out.av-blocked"},
	{"203.0.113.30", 443, TRANSPORT_TCP,
	 "blocked " AV_OUT "tcp443.out 203.0.113.30\n", "10.45.16.30",
	 "external", "out.av-blocked"},
	{"203.0.113.69", 5269, TRANSPORT_TCP,
	 "blocked s000.vip-ext.xmpp.xmpp.tcp5269.out jabber.example\n"
	 "blocked xmpp.out-everywhere jabber.example\n",
	 "10.45.16.10", "external", "out.xmpp-blocked"},
};

static struct observation *find(struct world *world, size_t loss)
{
	struct address address = host_address_of(losses[loss].address);

	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		if (seen->endpoint.port == losses[loss].port &&
		    seen->endpoint.transport == losses[loss].transport &&
		    address_equal(&seen->endpoint.address, &address) &&
		    strcmp(seen->probe, "dns") != 0)
			return seen;
	}
	fail_msg("nobody was sent to %s:%u", losses[loss].address,
		 losses[loss].port);
	return NULL;
}

static const struct verdict *blocked_of(const struct world *world)
{
	for (size_t i = 0; i < world->judgement->verdict_count; i++)
		if (world->judgement->verdicts[i]->state == STATE_BLOCKED)
			return world->judgement->verdicts[i];
	return NULL;
}

static void each_flow_that_is_lost_blocks_its_row_alone(void **state)
{
	static const enum outcome outcomes[] = {
		OUTCOME_NO_REPLY, OUTCOME_REFUSED, OUTCOME_UNREACHABLE};

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(losses) / sizeof(losses[0]); i++) {
		size_t loss = i / 3;
		struct observation *seen;
		const char *because;
		struct world world;

		begin_healthy(&world);
		seen = find(&world, loss);
		assert_string_equal(seen->source, losses[loss].from);
		seen->outcome = outcomes[i % 3];
		seen->facts = NULL;
		world_judge(&world);
		assert_string_equal(trouble_of(&world), losses[loss].rows);
		because = blocked_of(&world)->because;
		assert_non_null(strstr(
			because,
			arena_format(world.arena,
				     "packets from %s are stopped by the %s "
				     "firewall of this place, or by the peer",
				     losses[loss].from, losses[loss].wall)));
		assert_non_null(world_finding(&world, losses[loss].finding));
		world_end(&world);
	}
}

static void a_lost_hairpin_is_named_by_its_rule(void **state)
{
	struct address other = host_address_of("192.0.2.31");
	const struct finding *finding;
	struct world world;

	(void)state;
	begin_healthy(&world);
	for (size_t i = 0; i < world.list.count; i++)
		if (address_equal(&world.list.items[i]->endpoint.address,
				  &other))
			world.list.items[i]->outcome = OUTCOME_NO_REPLY;
	world_judge(&world);
	assert_string_equal(trouble_of(&world),
			    "blocked " AV_OUT "udp3478.out edge2\n"
			    "blocked " AV_OUT "tcp443.out edge2\n"
			    "blocked nat.edge-to-edge-av edge2\n");
	finding = world_finding(&world, "av.edge-to-edge");
	assert_non_null(finding);
	assert_non_null(strstr(finding->remedy, "hairpin"));
	world_end(&world);
}

static void an_address_that_this_host_lacks_is_our_own_trouble(void **state)
{
	const struct verdict *verdict;
	struct observation *seen;
	struct world world;

	(void)state;
	begin_healthy(&world);
	seen = find(&world, 3);
	seen->outcome = OUTCOME_LOCAL;
	seen->detail = "10.45.16.10 is no address of this host";
	world_judge(&world);
	assert_string_equal(trouble_of(&world),
			    "unobserved " SIPFED " fabrikam.com\n");
	verdict = world_verdict(&world, SIPFED, NULL, NULL);
	assert_non_null(strstr(verdict->because, "10.45.16.10 is no address"));
	world_end(&world);
}

static void a_control_that_is_silent_too_excuses_the_firewalls(void **state)
{
	static const struct control_place control = {
		.text = "198.51.100.1:5061"};
	struct observation *seen;
	struct world world;

	(void)state;
	begin_healthy(&world);
	find(&world, 3)->outcome = OUTCOME_NO_REPLY;
	world.deployment.controls = &control;
	world.deployment.control_count = 1;
	seen = world_see(&world, "control", "198.51.100.1:5061", TRANSPORT_TCP,
			 "198.51.100.1:5061");
	seen->outcome = OUTCOME_NO_REPLY;
	world_judge(&world);
	assert_string_equal(trouble_of(&world),
			    "unobserved " SIPFED " fabrikam.com\n");
	world_end(&world);
}

static void rows_without_peer_name_the_option(void **state)
{
	static const struct {
		const char *id, *option;
	} cases[] = {
		{UDP53, "--resolver"},
		{TCP53, "--resolver"},
		{HTTP, "--url"},
		{SIPFED, "--partner"},
		{INNER, "--next-hop"},
		{AV_OUT "udp3478.out", "--other-edge"},
		{AV_OUT "tcp443.out", "--other-edge"},
		{"xmpp.out-everywhere", "--xmpp-partner"},
		{"nat.edge-to-edge-av", "no other Edge Server"},
	};
	struct world world;

	(void)state;
	begin(&world);
	mission = (struct mission){.purpose = PURPOSE_EDGE_HOST};
	world.given->node_count = 1;
	world.given->pool_count = world.given->resolvers.count = 0;
	world.list.count = 1;
	world_judge(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict *verdict =
			world_verdict(&world, cases[i].id, NULL, NULL);

		assert_int_equal(verdict->state, STATE_UNOBSERVED);
		assert_false(verdict->needed);
		if (!strstr(verdict->because, cases[i].option))
			fail_msg("%s: %s", cases[i].id, verdict->because);
	}
	world_end(&world);
}

static bool want_all(const void *context, const char *probe)
{
	(void)context;
	(void)probe;
	return true;
}

static size_t planned(struct world *world, const char *probe)
{
	struct plan plan = {0};
	size_t count = 0;

	edge_host_follow(&plan, &world->deployment, want_all, NULL);
	for (size_t i = 0; i < plan.count; i++)
		count += strcmp(plan.items[i]->probe, probe) == 0;
	return count;
}

static void goes_nowhere_before_it_knows_who_it_is(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	assert_int_equal(planned(&world, "host"), 1);
	assert_int_equal(planned(&world, "recognise-sip"), 2);
	assert_int_equal(planned(&world, "port-dns"), 1);
	assert_int_equal(planned(&world, "msturn-allocate"), 2);
	host_of(&world)->facts = NULL;
	assert_int_equal(planned(&world, "host"), 1);
	assert_int_equal(planned(&world, "recognise-sip"), 0);
	world_end(&world);
}

static void sends_nothing_for_the_host_of_a_report(void **state)
{
	const struct verdict *verdict;
	struct world world;

	(void)state;
	begin(&world);
	observation_add_number(world.arena, host_of(&world), "host.reported",
			       FACT_FLAG, 1);
	assert_int_equal(planned(&world, "host"), 0);
	assert_int_equal(planned(&world, "dns"), 0);
	world_judge(&world);
	verdict = world_verdict(&world, SIPFED, NULL, NULL);
	assert_int_equal(verdict->state, STATE_UNOBSERVED);
	assert_false(verdict->needed);
	world_end(&world);
}

/* What stands proves the row; what has no answer yet proves nothing. */
static void takes_the_word_of_a_report_for_connections(void **state)
{
	static const struct {
		const char *id;
		enum state state;
		const char *because;
	} cases[] = {
		{INNER, STATE_VERIFIED,
		 "the host of the report has a connection from "
		 "172.25.33.10:50100 to 10.1.0.11:5061"},
		{SIPFED, STATE_UNOBSERVED, "no answer so far"},
		/* from another address, and from the other's side */
		{AV_OUT "tcp443.out", STATE_UNOBSERVED, "run edgecheck there"},
		{HTTP, STATE_UNOBSERVED, "run edgecheck there"},
	};
	struct world world;

	(void)state;
	begin(&world);
	observation_add_number(world.arena, host_of(&world), "host.reported",
			       FACT_FLAG, 1);
	host_tell(&world, "host.connection",
		  "sent 172.25.33.10:50099 10.1.0.12:5061");
	host_tell(&world, "host.connection",
		  "established 172.25.33.10:50100 10.1.0.11:5061");
	host_tell(&world, "host.connection",
		  "sent 10.45.16.10:50101 203.0.113.10:5061");
	host_tell(&world, "host.connection",
		  "established 10.45.16.10:50102 203.0.113.30:443");
	host_tell(&world, "host.connection",
		  "established 10.45.16.10:80 203.0.113.80:80");
	host_tell(&world, "host.connection", "listens 10.45.16.10:443 -");
	world_judge(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict *verdict =
			world_verdict(&world, cases[i].id, NULL, NULL);

		assert_int_equal(verdict->state, cases[i].state);
		if (!strstr(verdict->because, cases[i].because))
			fail_msg("%s: %s", cases[i].id, verdict->because);
		assert_int_equal(verdict->needed,
				 cases[i].state == STATE_VERIFIED);
	}
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_is_answered_is_verified),
		cmocka_unit_test(each_flow_that_is_lost_blocks_its_row_alone),
		cmocka_unit_test(a_lost_hairpin_is_named_by_its_rule),
		cmocka_unit_test(
			an_address_that_this_host_lacks_is_our_own_trouble),
		cmocka_unit_test(
			a_control_that_is_silent_too_excuses_the_firewalls),
		cmocka_unit_test(rows_without_peer_name_the_option),
		cmocka_unit_test(goes_nowhere_before_it_knows_who_it_is),
		cmocka_unit_test(sends_nothing_for_the_host_of_a_report),
		cmocka_unit_test(takes_the_word_of_a_report_for_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
