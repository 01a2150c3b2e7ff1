/*
 * inside_test.c - the rows of the internal interface: each is verified when
 * all is well, and one fault at a time turns it, at its node alone.
 */
#include "tests/common/judge/world.h"

#include "common/model/listener.h"

#define NAME	     "sfbedge.contoso.net"
#define EDGE1	     "172.25.33.10"
#define EDGE2	     "172.25.33.11"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const told_name = NAME;

static const char *at_port(struct world *world, const char *address,
			   enum listener listener)
{
	return arena_format(world->arena, "%s:%u", address,
			    listener_table[listener].port);
}

/* The observation of a listener's own probe. */
static struct observation *seen_at(struct world *world, const char *address,
				   enum listener listener)
{
	static const struct {
		enum listener listener;
		const char *probe;
	} probes[] = {
		{LISTENER_INSIDE_SIP, "sip"},
		{LISTENER_INSIDE_MRAS, "sip"},
		{LISTENER_INSIDE_PSOM, "tls"},
		{LISTENER_INSIDE_XMPP, "tls"},
		{LISTENER_INSIDE_AV_UDP, "msturn-allocate"},
		{LISTENER_INSIDE_AV_TCP, "msturn-allocate-tcp"},
		{LISTENER_INSIDE_HTTPS, "port-https"},
		{LISTENER_INSIDE_LOG_2, "port"},
	};
	struct endpoint endpoint;
	const char *why;

	assert_true(endpoint_parse(at_port(world, address, listener), 0,
				   &endpoint, &why));
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		for (size_t j = 0; j < COUNT(probes); j++)
			if (probes[j].listener == listener &&
			    strcmp(probes[j].probe, seen->probe) == 0 &&
			    seen->endpoint.port == endpoint.port &&
			    address_equal(&seen->endpoint.address,
					  &endpoint.address))
				return seen;
	}
	return NULL;
}

static void see_mutual(struct world *world, const char *address,
		       enum listener listener, const char *probe)
{
	struct observation *seen =
		world_see(world, probe, at_port(world, address, listener),
			  TRANSPORT_TCP, "-");

	world_show(world, seen, NAME, NULL, 1);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_requested", FACT_FLAG,
			       1);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_refused", FACT_FLAG, 1);
}

static void see_node(struct world *world, const char *address)
{
	struct observation *seen;

	see_mutual(world, address, LISTENER_INSIDE_SIP, "sip");
	see_mutual(world, address, LISTENER_INSIDE_MRAS, "sip");
	see_mutual(world, address, LISTENER_INSIDE_PSOM, "tls");
	see_mutual(world, address, LISTENER_INSIDE_XMPP, "tls");
	world_see_relay(world, address);
	seen = world_see(world, "port-https",
			 at_port(world, address, LISTENER_INSIDE_HTTPS),
			 TRANSPORT_TCP, "-");
	world_show(world, seen, NAME, NULL, 1);
	observation_add_number(world->arena, seen, "http.status", FACT_UINT,
			       404);
	for (unsigned i = LISTENER_INSIDE_LOG_1; i <= LISTENER_INSIDE_LOG_3;
	     i++)
		world_see(world, "port",
			  at_port(world, address, (enum listener)i),
			  TRANSPORT_TCP, "-");
}

static void add_node(struct world *world, const char *name, const char *address)
{
	struct topology *given = world->given;
	struct node *node = &given->nodes[given->node_count++];

	node->name = name;
	address_parse(address, &node->internal);
	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++) {
		unsigned last = 10 * (i + 1) + (unsigned)given->node_count;
		struct service_address *outside = &node->addresses[i][0];

		*outside = world_address(
			arena_format(world->arena, "192.0.2.%u", last));
		outside->local =
			world_address(
				arena_format(world->arena, "10.45.16.%u", last))
				.local;
		node->address_count[i] = 1;
	}
}

/* With a file; by_name without one. */
static void begin(struct world *world, bool by_name)
{
	world_begin(world);
	world->scope.vantage = VANTAGE_INSIDE;
	world->deployment.vantage = VANTAGE_INSIDE;
	world->given->product = PRODUCT_SFB2015;
	world->given->product_known = true;
	world->given->kind = KIND_SCALED_DNSLB_NAT;
	world->given->kind_known = true;
	world->given->features |=
		FEATURE_BIT(FEATURE_XMPP) | FEATURE_BIT(FEATURE_CLS);
	if (by_name) {
		world->deployment.inside_names = &told_name;
		world->deployment.inside_name_count = 1;
	} else {
		world->given->file = "edge.conf";
		world->given->internal_name = NAME;
		add_node(world, "edge1", EDGE1);
		add_node(world, "edge2", EDGE2);
	}
	world_dns(world, NAME, DNS_A, EDGE1 "|" EDGE2);
	world_dns(world, NAME, DNS_AAAA, "");
	see_node(world, EDGE1);
	see_node(world, EDGE2);
}

static void judge_it(struct world *world)
{
	targets_update(&world->deployment);
	world->judgement =
		judge(world->arena, &world->deployment, &world->scope);
}

static const char *row_of(const struct verdict *verdict)
{
	return *verdict->requirement->flow ? verdict->requirement->flow
					   : verdict->requirement->id;
}

static const struct verdict *verdict_on(const struct world *world,
					const char *row, const char *node)
{
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *one = world->judgement->verdicts[i];

		if (strcmp(row_of(one), row) == 0 &&
		    strcmp(one->node, node) == 0 && one->state != STATE_NA)
			return one;
	}
	return NULL;
}

#define SIP   "int.access.sip-mtls.tcp5061.in"
#define MRAS  "int.av-auth.sip-mtls.tcp5062.in"
#define PSOM  "int.webconf.psom-mtls.tcp8057.in"
#define XMPP  "int.xmpp.xmpp-mtls.tcp23456.in"
#define UDP   "int.av.stun-msturn.udp3478.in"
#define TCP   "int.av.stun-msturn.tcp443.in"
#define HTTPS "int.replication.https.tcp4443.in"
#define LOG   "int.logging.mtls.tcp50002.in"

static const char *const rows[] = {
	SIP,
	MRAS,
	PSOM,
	XMPP,
	UDP,
	TCP,
	HTTPS,
	LOG,
	"cert.int.sn",
	"cert.int.eku",
	"cert.int.sound",
	"cert.int.same",
	"cert.int.assign",
};

static void assert_well(const struct world *world, const char *node)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct verdict *one = verdict_on(world, rows[i], node);

		if (!one || one->state != STATE_VERIFIED)
			fail_msg("%s at %s: %s", rows[i], node,
				 one ? one->because : "no verdict");
	}
}

static void a_healthy_inside_is_verified(void **state)
{
	struct world world;

	(void)state;
	for (int by_name = 0; by_name < 2; by_name++) {
		begin(&world, by_name);
		judge_it(&world);
		assert_well(&world, by_name ? EDGE1 : "edge1");
		assert_well(&world, by_name ? EDGE2 : "edge2");
		assert_int_equal(
			verdict_on(&world, "a.edge-internal", "-")->state,
			STATE_VERIFIED);
		assert_int_equal(world.judgement->exit_code, 0);
		arena_free(world.arena);
	}
}

/* One fault a function, all at the second node. */

static struct observation *second(struct world *world, enum listener listener)
{
	struct observation *seen = seen_at(world, EDGE2, listener);

	assert_non_null(seen);
	return seen;
}

static void drop_facts(struct observation *seen)
{
	seen->facts = NULL;
}

static void end_with(struct world *world, enum listener listener,
		     enum outcome outcome)
{
	struct observation *seen = second(world, listener);

	drop_facts(seen);
	seen->outcome = outcome;
}

static void sip_is_refused(struct world *world)
{
	end_with(world, LISTENER_INSIDE_SIP, OUTCOME_REFUSED);
}

static void mras_is_silent(struct world *world)
{
	end_with(world, LISTENER_INSIDE_MRAS, OUTCOME_NO_REPLY);
}

static void mras_grants_nothing(struct world *world)
{
	struct observation *seen =
		world_see(world, "mras", EDGE2 ":5062", TRANSPORT_TCP, "-");

	observation_add_text(world->arena, seen, "mras.reason", "Forbidden");
}

static void psom_is_silent(struct world *world)
{
	end_with(world, LISTENER_INSIDE_PSOM, OUTCOME_NO_REPLY);
}

static void xmpp_is_refused(struct world *world)
{
	end_with(world, LISTENER_INSIDE_XMPP, OUTCOME_REFUSED);
}

static void replica_is_silent(struct world *world)
{
	end_with(world, LISTENER_INSIDE_HTTPS, OUTCOME_NO_REPLY);
}

static void logging_is_refused(struct world *world)
{
	end_with(world, LISTENER_INSIDE_LOG_2, OUTCOME_REFUSED);
}

static void relay_is_silent_over_tcp(struct world *world)
{
	end_with(world, LISTENER_INSIDE_AV_TCP, OUTCOME_NO_REPLY);
}

static void relay_is_dead(struct world *world)
{
	end_with(world, LISTENER_INSIDE_AV_UDP, OUTCOME_NO_REPLY);
	end_with(world, LISTENER_INSIDE_AV_TCP, OUTCOME_NO_REPLY);
}

static void psom_is_a_stranger(struct world *world)
{
	struct observation *seen = second(world, LISTENER_INSIDE_PSOM);

	drop_facts(seen);
	seen->outcome = OUTCOME_GARBLED;
}

/* TLS without mutual authentication, and SIP is heard. */
static void sip_asks_nobody(struct world *world)
{
	struct observation *seen = second(world, LISTENER_INSIDE_SIP);

	drop_facts(seen);
	world_show(world, seen, NAME, NULL, 1);
	seen = world_see(world, "sip-options-control", EDGE2 ":5061",
			 TRANSPORT_TCP, "-");
	world_status(world, seen, 504);
}

static void our_certificate_is_refused(struct world *world)
{
	struct observation *seen = second(world, LISTENER_INSIDE_SIP);

	drop_facts(seen);
	world_show(world, seen, NAME, NULL, 1);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_requested", FACT_FLAG,
			       1);
	observation_add_bytes(world->arena, seen, "client.der", FACT_BYTES, "x",
			      1);
	seen->outcome = OUTCOME_ALERT;
}

static void relay_is_silent_over_udp(struct world *world)
{
	struct observation *seen = second(world, LISTENER_INSIDE_AV_UDP);

	drop_facts(seen);
	seen->outcome = OUTCOME_NO_REPLY;
}

static void replica_speaks_no_tls(struct world *world)
{
	struct observation *seen = second(world, LISTENER_INSIDE_HTTPS);

	drop_facts(seen);
	seen->outcome = OUTCOME_GARBLED;
}

static void show_all(struct world *world, const char *subject, const char *san,
		     long serial)
{
	static const enum listener listeners[] = {
		LISTENER_INSIDE_SIP, LISTENER_INSIDE_MRAS, LISTENER_INSIDE_PSOM,
		LISTENER_INSIDE_XMPP, LISTENER_INSIDE_HTTPS};

	for (size_t i = 0; i < COUNT(listeners); i++) {
		struct observation *seen = second(world, listeners[i]);

		drop_facts(seen);
		world_show(world, seen, subject, san, serial);
		observation_add_number(world->arena, seen,
				       "tls.client_certificate_refused",
				       FACT_FLAG, 1);
		observation_add_number(world->arena, seen, "http.status",
				       FACT_UINT, 404);
	}
}

static void certificate_of_another(struct world *world)
{
	show_all(world, "other.contoso.net", NULL, 2);
}

static void name_in_the_san_alone(struct world *world)
{
	show_all(world, "edge2", "DNS:" NAME, 2);
}

static void another_leaf_of_the_same_name(struct world *world)
{
	show_all(world, NAME, NULL, 2);
}

static void one_port_was_forgotten(struct world *world)
{
	struct observation *seen = second(world, LISTENER_INSIDE_HTTPS);

	drop_facts(seen);
	world_show(world, seen, "old.contoso.net", NULL, 3);
	observation_add_number(world->arena, seen, "http.status", FACT_UINT,
			       404);
}

static void set_number(struct observation *seen, const char *key, int64_t value)
{
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, key) == 0)
			fact->number = value;
}

static void not_for_servers(struct world *world)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		for (struct fact *fact = seen->facts; fact; fact = fact->next)
			if (seen->endpoint.address.bytes[3] == 11 &&
			    strcmp(fact->key, "cert.eku") == 0)
				fact->text = "clientAuth";
	}
}

static void it_expired(struct world *world)
{
	for (size_t i = 0; i < world->list.count; i++)
		if (world->list.items[i]->endpoint.address.bytes[3] == 11)
			set_number(world->list.items[i], "cert.not_after",
				   WORLD_NOW_S - WORLD_DAY_S);
}

static void dns_lacks_a_node(struct world *world)
{
	world_dns(world, NAME, DNS_A, EDGE1);
}

static void dns_gives_a_stranger(struct world *world)
{
	world_dns(world, NAME, DNS_A, EDGE1 "|" EDGE2 "|192.0.2.99");
}

static void dns_has_no_such_name(struct world *world)
{
	world_dns(world, NAME, DNS_A, "NXDOMAIN");
	world_dns(world, NAME, DNS_AAAA, "NXDOMAIN");
}

static const struct {
	void (*break_it)(struct world *world);
	const char *row;
	enum state state;
	const char *finding;
} faults[] = {
	{sip_is_refused, SIP, STATE_BLOCKED, "inside.sip-blocked"},
	{mras_is_silent, MRAS, STATE_BLOCKED, "inside.mras-blocked"},
	{mras_grants_nothing, "int.mras.grants", STATE_WRONG,
	 "inside.no-credentials"},
	{psom_is_silent, PSOM, STATE_BLOCKED, "inside.webconf-blocked"},
	{xmpp_is_refused, XMPP, STATE_BLOCKED, "inside.xmpp-blocked"},
	{replica_is_silent, HTTPS, STATE_BLOCKED, "inside.replica-blocked"},
	{logging_is_refused, LOG, STATE_BLOCKED, "inside.logging-blocked"},
	{relay_is_silent_over_tcp, TCP, STATE_BLOCKED, "inside.av-tcp-blocked"},
	{relay_is_dead, UDP, STATE_BLOCKED, "inside.av-blocked"},
	{not_for_servers, "cert.int.eku", STATE_WRONG, "cert.int.eku"},
	{psom_is_a_stranger, PSOM, STATE_WRONG, "inside.wrong-service"},
	{sip_asks_nobody, SIP, STATE_WARN, "inside.no-mutual-tls"},
	{our_certificate_is_refused, SIP, STATE_WRONG,
	 "inside.identity-refused"},
	{relay_is_silent_over_udp, UDP, STATE_BLOCKED, "inside.av-udp-blocked"},
	{replica_speaks_no_tls, HTTPS, STATE_WRONG, "inside.wrong-service"},
	{certificate_of_another, "cert.int.sn", STATE_WRONG, "cert.int.sn"},
	{name_in_the_san_alone, "cert.int.sn", STATE_WARN, "cert.int.sn"},
	{another_leaf_of_the_same_name, "cert.int.same", STATE_WARN,
	 "cert.int.same"},
	{one_port_was_forgotten, "cert.int.assign", STATE_WARN,
	 "cert.int.assign"},
	{it_expired, "cert.int.sound", STATE_WRONG, "cert.int.sound"},
	{dns_lacks_a_node, "a.edge-internal", STATE_WRONG,
	 "dns.inside-differs"},
	{dns_gives_a_stranger, "a.edge-internal", STATE_WRONG,
	 "dns.inside-differs"},
	{dns_has_no_such_name, "a.edge-internal", STATE_WRONG,
	 "dns.inside-unknown"},
};

static bool is_found(const struct world *world, const char *id)
{
	for (size_t i = 0; i < world->judgement->finding_count; i++)
		if (strcmp(world->judgement->findings[i]->id, id) == 0)
			return true;
	return false;
}

static void each_fault_turns_its_row_at_its_node(void **state)
{
	struct world world;

	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		const struct verdict *one;
		const char *node = strcmp(faults[i].row, "a.edge-internal") == 0
					   ? "-"
					   : "edge2";

		begin(&world, false);
		faults[i].break_it(&world);
		judge_it(&world);
		one = verdict_on(&world, faults[i].row, node);
		assert_non_null(one);
		if (one->state != faults[i].state ||
		    !is_found(&world, faults[i].finding))
			fail_msg("fault %zu: %s is %s: %s", i, faults[i].row,
				 state_name(one->state), one->because);
		if (faults[i].state != STATE_WARN ||
		    strcmp(faults[i].row, "cert.int.same") != 0)
			assert_well(&world, "edge1");
		arena_free(world.arena);
	}
}

/* A private CA that nobody named is no fault of the certificate. */
static void says_nothing_of_a_chain_to_an_unnamed_ca(void **state)
{
	struct world world;
	const struct verdict *one;

	(void)state;
	begin(&world, false);
	for (size_t i = 0; i < world.list.count; i++)
		set_number(world.list.items[i], "cert.verify_code",
			   X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
	judge_it(&world);
	one = verdict_on(&world, "cert.int.sound", "edge1");
	assert_int_equal(one->state, STATE_UNOBSERVED);
	assert_false(one->needed);
	assert_int_equal(world.judgement->exit_code, 0);
	arena_free(world.arena);
}

/* A member was asked for; its certificate names the pool it belongs to. */
static void takes_the_name_of_the_pool_for_a_member(void **state)
{
	static const char *const member = "edge1.contoso.net";
	struct world world;

	(void)state;
	for (int leads = 0; leads < 2; leads++) {
		begin(&world, true);
		world.deployment.inside_names = &member;
		world_dns(&world, member, DNS_A, EDGE1);
		world_dns(&world, member, DNS_AAAA, "");
		if (!leads)
			world_dns(&world, NAME, DNS_A, EDGE2);
		judge_it(&world);
		assert_int_equal(
			verdict_on(&world, "cert.int.sn", EDGE1)->state,
			leads ? STATE_VERIFIED : STATE_WRONG);
		arena_free(world.arena);
	}
}

static void a_balancer_without_an_address_inside_has_no_rows(void **state)
{
	struct world world;

	(void)state;
	for (int has_vip = 0; has_vip < 2; has_vip++) {
		const struct verdict *one;
		struct node *vip;

		begin(&world, false);
		world.given->product = PRODUCT_SFB2019;
		world.given->kind = KIND_SCALED_HLB;
		vip = &world.given->nodes[world.given->node_count++];
		vip->name = "hlb";
		vip->is_vip = true;
		if (has_vip)
			address_parse("172.25.33.50", &vip->internal);
		see_node(&world, "172.25.33.50");
		judge_it(&world);
		one = verdict_on(&world, SIP, "hlb");
		assert_int_equal(one && one->state == STATE_VERIFIED, has_vip);
		/* what is never balanced is not looked for at the VIP */
		assert_null(verdict_on(&world, PSOM, "hlb"));
		assert_int_equal(verdict_on(&world, PSOM, "edge2")->state,
				 STATE_VERIFIED);
		arena_free(world.arena);
	}
}

/* A note: it changes no state. */
static void says_where_an_address_leads_back_to(void **state)
{
	static const struct {
		const char *name, *addresses;
		enum state state;
		bool is_noted;
	} cases[] = {
		{NAME, NULL, STATE_VERIFIED, false},
		{"old.contoso.net", "172.25.33.99", STATE_VERIFIED, true},
		{"NXDOMAIN", NULL, STATE_UNOBSERVED, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world world;

		begin(&world, false);
		world_dns(&world, "10.33.25.172.in-addr.arpa", DNS_PTR,
			  cases[i].name);
		if (cases[i].addresses)
			world_dns(&world, cases[i].name, DNS_A,
				  cases[i].addresses);
		judge_it(&world);
		assert_int_equal(
			verdict_on(&world, "int.reverse", "edge1")->state,
			cases[i].state);
		assert_int_equal(is_found(&world, "dns.inside-reverse"),
				 cases[i].is_noted);
		assert_int_equal(world.judgement->exit_code, 0);
		arena_free(world.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_inside_is_verified),
		cmocka_unit_test(each_fault_turns_its_row_at_its_node),
		cmocka_unit_test(says_nothing_of_a_chain_to_an_unnamed_ca),
		cmocka_unit_test(takes_the_name_of_the_pool_for_a_member),
		cmocka_unit_test(says_where_an_address_leads_back_to),
		cmocka_unit_test(
			a_balancer_without_an_address_inside_has_no_rows),
	};

	return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
