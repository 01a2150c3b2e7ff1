#include "common/judge/findings.h"

#include "tests/common/judge/misplaces.h"
#include "tests/common/judge/misrecords.h"
#include "tests/common/judge/misauth.h"
#include "tests/common/judge/mispartner.h"
#include "tests/common/judge/strangers.h"
#include "tests/common/judge/misweb.h"
#include "tests/common/judge/misrevoked.h"
#include "tests/common/judge/misrelay.h"
#include "tests/common/judge/misplan.h"
#include "tests/common/judge/misbalance.h"

/* Of misrelay.h and misnames.h together. */
static void balanced_relays(struct world *world)
{
	with_load_balancer(world);
	with_balanced_relays(world);
}

static void relay_is_vip(struct world *world)
{
	balanced_relays(world);
	grant_at(world, "192.0.2.30", "192.0.2.30:50124");
}

static void sent_to_the_vip(struct world *world)
{
	balanced_relays(world);
	observation_add_bytes(
		world->arena,
		world_find(world, "msturn-allocate", "192.0.2.30:3478", NULL),
		"turn.alternate_server", FACT_ADDRESS, "192.0.2.30:3478", 15);
}

static void balanced_source_nat(struct world *world)
{
	balanced_relays(world);
	source_is_at(world, "192.0.2.30", "192.0.2.30:61000");
}

/*
 * One fault a case: which rows turn, and no others; the finding that tells
 * it; and the answers. The healthy neighbour is every node not named.
 */

#define ANSWERS(sign_in, federate, confer, call)                               \
	{                                                                      \
		ANSWER_##sign_in, ANSWER_##federate, ANSWER_##confer,          \
			ANSWER_##call                                          \
	}

struct fault {
	const char *name;
	void (*apply)(struct world *world);
	const char *finding;
	enum severity severity;
	size_t findings;  /* how many; the one named comes first */
	const char *rows; /* needed rows that are not verified */
	enum answer answers[QUESTION_COUNT];
	int exit_code;
};

static const struct fault faults[] = {
#include "tests/common/judge/faults.inc"
#include "tests/common/judge/relay_faults.inc"
};

static int compare_lines(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* "wrong ID NODE SUBJECT" a line, sorted. */
static const char *trouble_of(struct world *world)
{
	const struct judgement *judgement = world->judgement;
	const char **lines = arena_alloc(
		world->arena, judgement->verdict_count * sizeof(*lines));
	const char *text = "";
	size_t count = 0;

	for (size_t i = 0; i < judgement->verdict_count; i++) {
		const struct verdict *verdict = judgement->verdicts[i];

		if (verdict->needed && verdict->state != STATE_VERIFIED)
			lines[count++] =
				arena_format(world->arena, "%s %s %s %s\n",
					     state_name(verdict->state),
					     verdict->requirement->id,
					     verdict->node, verdict->subject);
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		text = arena_format(world->arena, "%s%s", text, lines[i]);
	return text;
}

static void show(const struct world *world)
{
	for (size_t i = 0; i < world->judgement->finding_count; i++) {
		const struct finding *finding = world->judgement->findings[i];

		printf("  %s %s: %s\n    %s\n",
		       severity_name(finding->severity), finding->id,
		       finding->title, finding->remedy);
	}
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		printf("  %s %s: %s\n", question_text((enum question)i),
		       answer_name(world->judgement->answers[i].answer),
		       world->judgement->answers[i].because);
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (verdict->needed && verdict->state != STATE_VERIFIED)
			printf("  %s %s %s %s: %s\n",
			       state_name(verdict->state),
			       verdict->requirement->id, verdict->node,
			       verdict->subject, verdict->because);
	}
}

static bool answers_as_told(const struct world *world,
			    const struct fault *fault)
{
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		if (world->judgement->answers[i].answer != fault->answers[i])
			return false;
	return true;
}

static void check_fault(const struct fault *fault)
{
	const struct finding *finding;
	struct world world;

	world_healthy(&world);
	fault->apply(&world);
	world_judge(&world);
	finding = world_finding(&world, fault->finding);
	if (!finding || strcmp(trouble_of(&world), fault->rows) != 0 ||
	    world.judgement->finding_count != fault->findings ||
	    !answers_as_told(&world, fault) || getenv("SHOW_FAULTS")) {
		printf("%s: exit %d\n%s", fault->name,
		       world.judgement->exit_code, trouble_of(&world));
		show(&world);
	}
	if (getenv("SHOW_FAULTS"))
		return;
	assert_string_equal(trouble_of(&world), fault->rows);
	assert_non_null(finding);
	assert_int_equal(finding->severity, fault->severity);
	assert_int_equal(world.judgement->finding_count, fault->findings);
	assert_int_equal(world.judgement->exit_code, fault->exit_code);
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		assert_int_equal(world.judgement->answers[i].answer,
				 fault->answers[i]);
	world_end(&world);
}

/* Notes change no state and no answer. */
static const struct {
	const char *finding;
	void (*apply)(struct world *world);
} notes[] = {
	{"cert.ext.san.order", other_order},
	{"cert.wildcard-beside", wildcard_beside},
	{"cert.many-names", hundred_names},
	{"cert.no-client-auth", not_for_clients},
	{"cert.ec-key", elliptic_key},
	{"access.no-tls-dsk", no_tls_dsk},
	{"access.no-tls-dsk", kerberos_among_others},
	{"access.tls-dsk-only", tls_dsk_only},
	{"access.old-challenge", old_challenge},
	{"access.mixed-versions", mixed_versions},
	{"tls.no-old-partners", takes_no_old_partners},
};
static const size_t note_count = sizeof(notes) / sizeof(notes[0]);

static void notes_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < note_count; i++) {
		struct world world;

		world_healthy(&world);
		notes[i].apply(&world);
		world_judge(&world);
		if (!world_finding(&world, notes[i].finding))
			fail_msg("no note %s", notes[i].finding);
		assert_int_equal(world.judgement->finding_count, 1);
		assert_int_equal(world.judgement->findings[0]->severity,
				 SEVERITY_INFO);
		assert_int_equal(world.judgement->exit_code, 0);
		world_end(&world);
	}
}

static void each_fault_turns_its_rows_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		check_fault(&faults[i]);
}

/*
 * Rules that a look from outside at a healthy Edge cannot come to.
 */
static bool is_fired_elsewhere(const char *id)
{
	static const char *const elsewhere[] = {
		/* unknown names: judge_test.c */
		"av.name-unknown",
		"webconf.name-unknown",
		/* a second try: place_test.c */
		"net.unsteady",
		/* the internal interface: inside_test.c */
		"dns.inside-unknown",
		"dns.inside-differs",
		"dns.inside-reverse",
		"inside.sip-blocked",
		"inside.mras-blocked",
		"inside.no-credentials",
		"inside.webconf-blocked",
		"inside.xmpp-blocked",
		"inside.replica-blocked",
		"inside.av-blocked",
		"inside.av-udp-blocked",
		"inside.av-tcp-blocked",
		"inside.logging-blocked",
		"inside.wrong-service",
		"inside.no-mutual-tls",
		"inside.identity-refused",
		"cert.int.sn",
		"cert.int.eku",
		"cert.int.sound",
		"cert.int.assign",
		"cert.int.same",
		/* a balancer inside: balancer_test.c */
		"hlb.internal-carries-more",
		/* servers inside: errand_test.c */
		"server.name-unknown",
		"server.blocked",
		"server.wrong-service",
		"server.certificate",
		"balancer.blocked",
		"balancer.wrong-service",
		/* before installation: rehearsal_test.c */
		"rehearsal.shut",
		/* a host itself: host_test.c */
		"route.no-gateway-internal",
		"route.gateway-external",
		"route.internal-networks",
		"route.internal-persistent",
		"ip.access-primary",
		"ip.others-secondary",
		"net.two-networks",
		"hlb.gateway-access-vip",
		"nat.all-three-private",
		/* what it sends: sent_test.c */
		"out.dns-blocked",
		"out.http-blocked",
		"out.federation-blocked",
		"out.next-hop-blocked",
		"out.av-blocked",
		"out.xmpp-blocked",
	};

	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (strcmp(id, elsewhere[i]) == 0)
			return true;
	return false;
}

static bool is_told(const struct finding_rule *rule)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct world world;
		bool told;

		world_healthy(&world);
		faults[i].apply(&world);
		world_judge(&world);
		told = world_finding(&world, rule->id);
		world_end(&world);
		if (told)
			return true;
	}
	return false;
}

static bool is_named(const struct finding_rule *rule)
{
	for (size_t i = 0; i < note_count; i++)
		if (strcmp(notes[i].finding, rule->id) == 0)
			return true;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(faults[i].finding, rule->id) == 0)
			return true;
	return false;
}

static void every_finding_is_told_by_some_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < finding_rule_count; i++) {
		const struct finding_rule *rule = &finding_rules[i];

		if (!is_named(rule) && !is_fired_elsewhere(rule->id) &&
		    !is_told(rule))
			fail_msg("no fault tells %s", rule->id);
	}
}

/* Changes that are no faults. */
static void leaves_healthy_neighbours_alone(void **state)
{
	static const struct {
		const char *name;
		void (*apply)(struct world *world);
	} cases[] = {
		{"a second domain", add_domain},
		{"XMPP on the 2015 server", with_xmpp},
		{"XMPP that only the record tells of", xmpp_by_record},
		{"XMPP by its service name", xmpp_by_service_name},
		{"XMPP by the bare domain", xmpp_by_bare_domain},
		{"XMPP for partners only", xmpp_takes_no_strangers},
		{"a load balancer", with_load_balancer},
		{"client certificate refused", mutual_tls_enforced},
		{"client certificate asked", access_asks_for_certificates},
		{"almost five minutes of skew", clock_almost_right},
		{"31 days to go", expires_later},
		{"the same without SNI", same_without_sni},
		{"a partner that is let in", partner_is_let_in},
		{"a partner that finds nobody", partner_finds_nobody},
		{"a partner that nobody asked", partner_shows_nothing},
		{"TLS 1.2 alone", takes_tls12_alone},
		{"old versions on 2010", takes_old_versions_on_2010},
		{"no inventory came about", versions_without_answer},
		{"a minute without traffic", keeps_idle_connections},
		{"hung up on a keep-alive", hangs_up_on_keep_alives},
		{"no second look", silent_without_sni},
		{"many issuers", many_issuers},
		{"another certificate for conferencing", webconf_of_its_own},
		{"a private alternate in a lab", lab_alternate},
		{"redirected sign-in at one node", other_reserves},
		{"web services", with_web},
		{"web services in JSON", with_json},
		{"web services over HTTP alone", web_over_http},
		{"web services over HTTPS alone", web_over_https},
		{"HTTP that redirects to HTTPS", web_redirects_home},
		{"web services by wildcard", web_by_wildcard},
		{"an Edge without mobile clients", web_not_wanted},
		{"a simple URL that answers 404", with_sites},
		{"no IPv6 here", no_ipv6_here},
		{"Digest among others", digest_among_others},
		{"every scheme", all_schemes},
		{"one domain inside and outside", sts_of_shared_domain},
		{"ports that are called for", ports_called_for},
		{"a partner that needs media ports", ocs_partner},
		{"ports of which nothing can be told", ports_not_to_be_told},
		{"what is asked beside the plan", see_asides},
		{"two resolvers that agree", resolvers_agree},
		{"a pool of one version", one_version},
		{"what is explicitly not offered", not_offered_with_odd_port},
		{"Web Conferencing silent to SIP", webconf_silent_to_sip},
		{"Web Conferencing with words for SIP",
		 webconf_has_words_for_sip},
		{"the same with a certificate of its own",
		 webconf_of_its_own_silent},
		{"one address, four ports", single_address},
		{"a control of the same public CA", public_issuer_of_both},
		{"names made up for those that are missing",
		 answers_for_missing_names},
		{"a list and a responder", revocation_healthy},
		{"a list alone", revocation_by_list},
		{"a list that ended four minutes ago", list_just_ended},
		{"a list about servers alone", list_about_servers},
		{"no list for nine days", short_lived},
		{"a staple that is demanded", stapled},
		{"LDAP beside HTTP", ldap_beside_http},
		{"relays that grant and relay", with_relays},
		{"a relay that refuses the inside", relay_not_to_inside},
		{"relays behind a load balancer", balanced_relays},
		{"a file with the inside", with_inside},
		{"a balancer for nothing", balancer_for_nothing},
		{"a balancer whose servers all live", with_spread},
		{"one certificate behind a balancer", one_certificate_in_turn},
		{"source NAT before Access", source_nat_on_access},
		{"NAT that is symmetric", with_nat},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		world_healthy(&world);
		cases[i].apply(&world);
		world_judge(&world);
		if (world.judgement->exit_code != 0 ||
		    world.judgement->finding_count) {
			printf("%s:\n", cases[i].name);
			show(&world);
		}
		assert_int_equal(world.judgement->exit_code, 0);
		assert_int_equal(world.judgement->finding_count, 0);
		world_end(&world);
	}
}

/* Both names, each with the address to which it leads. */
static void says_which_two_are_swapped(void **state)
{
	struct world world;
	const char *remedy;

	(void)state;
	world_healthy(&world);
	access_and_webconf_swapped_at_one(&world);
	world_judge(&world);
	remedy = world_finding(&world, "swap.access-webconf")->remedy;
	assert_non_null(strstr(remedy, "sip.contoso.com (192.0.2.21), "
				       "webcon.contoso.com (192.0.2.11) lead"));
	assert_null(strstr(remedy, "192.0.2.10"));
	assert_null(strstr(remedy, "192.0.2.20"));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_healthy_neighbours_alone),
		cmocka_unit_test(every_finding_is_told_by_some_fault),
		cmocka_unit_test(notes_change_nothing),
		cmocka_unit_test(each_fault_turns_its_rows_and_no_others),
		cmocka_unit_test(says_which_two_are_swapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
