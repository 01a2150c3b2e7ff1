#include "common/judge/judge.h"

#include "tests/common/judge/world.h"

#include "common/judge/findings.h"

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

static void access_silent(struct world *world)
{
	world_break(world, "sip", "192.0.2.10:443", OUTCOME_NO_REPLY,
		    "no reply in 5.0 s");
}

static void access_refused_everywhere(struct world *world)
{
	world_break(world, "sip", "192.0.2.10:443", OUTCOME_REFUSED, "");
	world_break(world, "sip", "192.0.2.11:443", OUTCOME_REFUSED, "");
}

static void node_dead(struct world *world)
{
	world_break(world, "sip", "192.0.2.11:443", OUTCOME_NO_REPLY, "");
	world_break(world, "sip", "192.0.2.11:5061", OUTCOME_NO_REPLY, "");
}

static void federation_blocked(struct world *world)
{
	world_break(world, "sip", "192.0.2.10:5061", OUTCOME_NO_REPLY, "");
	world_break(world, "sip", "192.0.2.11:5061", OUTCOME_NO_REPLY, "");
}

static void next_hop_dead(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.10:443", "sip.status", 504);
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 504);
}

static void next_hop_dead_at_one(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 504);
}

static void forbidden(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 403);
}

static void busy(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 503);
}

static void kerberos_only(struct world *world)
{
	observation_add_text(
		world->arena,
		world_find(world, "sip-register", "192.0.2.11:443", NULL),
		"sip.scheme", "Kerberos");
}

static void kerberos_among_others(struct world *world)
{
	kerberos_only(world);
	observation_add_text(
		world->arena,
		world_find(world, "sip-register", "192.0.2.11:443", NULL),
		"sip.scheme", "NTLM");
}

static void loop(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 482);
}

static void server_error(struct world *world)
{
	world_set(world, "sip-options-control", "192.0.2.11:443", "sip.status",
		  500);
}

static void open_registrar(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 200);
}

static void odd_answer(struct world *world)
{
	world_set(world, "sip-register", "192.0.2.11:443", "sip.status", 606);
}

static void web_server_on_sip(struct world *world)
{
	world_break(world, "sip-options-control", "192.0.2.11:443",
		    OUTCOME_GARBLED, "a web server (HTTP) answers");
}

static void plain_web_server(struct world *world)
{
	world_break(world, "sip", "192.0.2.11:443", OUTCOME_GARBLED,
		    "a web server (HTTP) answers");
}

static void sip_hangs(struct world *world)
{
	world_break(world, "sip-options-control", "192.0.2.11:443",
		    OUTCOME_NO_REPLY, "no answer in 10.0 s");
}

static void clock_ahead(struct world *world)
{
	world_set(world, "sip-options-control", "192.0.2.11:443",
		  "sip.date_skew_s", 301);
}

static void old_tls(struct world *world)
{
	struct observation *seen =
		world_find(world, "sip", "192.0.2.11:443", NULL);

	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, "tls.version") == 0)
			fact->text = "TLSv1";
}

static void no_mutual_tls(struct world *world)
{
	world_set(world, "sip", "192.0.2.11:5061",
		  "tls.client_certificate_requested", 0);
}

static void federation_garbled(struct world *world)
{
	world_break(world, "sip", "192.0.2.11:5061", OUTCOME_GARBLED,
		    "an SSH server answers");
}

static void webconf_refused(struct world *world)
{
	world_break(world, "webconf", "192.0.2.20:443", OUTCOME_REFUSED, "");
}

static void webconf_speaks(struct world *world)
{
	observation_add_text(
		world->arena,
		world_find(world, "webconf", "192.0.2.20:443", NULL),
		"peer.service", "banner");
}

static void udp_blocked(struct world *world)
{
	world_break(world, "msturn-allocate", "192.0.2.31:3478",
		    OUTCOME_NO_REPLY, "no reply to 7 requests in 3.1 s");
}

static void tcp_blocked(struct world *world)
{
	world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
		    OUTCOME_REFUSED, "");
}

static void av_blocked(struct world *world)
{
	udp_blocked(world);
	tcp_blocked(world);
}

static void real_tls(struct world *world)
{
	struct observation *seen =
		world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
			    OUTCOME_GARBLED, "a TLS server answers");

	observation_add_text(world->arena, seen, "peer.service", "tls");
}

static void av_web_server(struct world *world)
{
	struct observation *seen =
		world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
			    OUTCOME_GARBLED, "a web server answers");

	observation_add_text(world->arena, seen, "peer.service", "http");
}

static void standard_turn(struct world *world)
{
	world_set(world, "msturn-allocate", "192.0.2.31:3478", "turn.cookie",
		  0);
}

static void alternate_private(struct world *world)
{
	observation_add_bytes(
		world->arena,
		world_find(world, "msturn-allocate", "192.0.2.31:3478", NULL),
		"turn.alternate_server", FACT_ADDRESS, "10.45.16.30:3478", 16);
}

static void reply_elsewhere(struct world *world)
{
	struct observation *seen =
		world_find(world, "msturn-allocate", "192.0.2.31:3478", NULL);

	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, "reply.address") == 0)
			fact->text = "192.0.2.99:3478";
}

static void relay_error(struct world *world)
{
	world_set(world, "msturn-allocate", "192.0.2.31:3478",
		  "turn.error_code", 500);
}

static void expire(struct world *world, int64_t days)
{
	static const char *const probes[] = {"sip", "sip", "webconf"};
	static const char *const at[] = {"192.0.2.11:443", "192.0.2.11:5061",
					 "192.0.2.21:443"};

	for (size_t i = 0; i < 3; i++)
		world_set(world, probes[i], at[i], "cert.not_after",
			  WORLD_NOW_S + days * WORLD_DAY_S);
}

static void expired(struct world *world)
{
	expire(world, -1);
}

static void expires_soon(struct world *world)
{
	expire(world, 29);
}

static void not_yet_valid(struct world *world)
{
	world_set(world, "sip", "192.0.2.11:443", "cert.not_before",
		  WORLD_NOW_S + WORLD_DAY_S);
}

static void verify(struct world *world, int64_t code, int64_t depth)
{
	world_set(world, "sip", "192.0.2.11:443", "cert.verify_code", code);
	world_set(world, "sip", "192.0.2.11:443", "cert.verify_depth", depth);
}

static void intermediate_missing(struct world *world)
{
	verify(world, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0);
}

static void root_unknown(struct world *world)
{
	verify(world, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 1);
}

static void root_sent_unknown(struct world *world)
{
	verify(world, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 2);
}

static void self_signed(struct world *world)
{
	verify(world, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0);
}

static void chain_broken(struct world *world)
{
	verify(world, X509_V_ERR_CERT_SIGNATURE_FAILURE, 1);
}

static void replace_text(struct world *world, const char *key, const char *text)
{
	struct observation *seen =
		world_find(world, "sip", "192.0.2.11:443", NULL);

	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, key) == 0)
			fact->text = text;
}

static void no_server_auth(struct world *world)
{
	replace_text(world, "cert.eku", "clientAuth");
}

static void weak_key(struct world *world)
{
	world_set(world, "sip", "192.0.2.11:443", "cert.key_bits", 1024);
	replace_text(world, "cert.key", "RSA 1024");
}

static void weak_signature(struct world *world)
{
	replace_text(world, "cert.signature", "sha1WithRSAEncryption");
}

static void pss_signature(struct world *world)
{
	replace_text(world, "cert.signature", "rsassaPss");
}

static void reissue_all(struct world *world, const char *subject,
			const char *san)
{
	static const char *const at[] = {"192.0.2.10:443", "192.0.2.11:443",
					 "192.0.2.10:5061", "192.0.2.11:5061"};

	for (size_t i = 0; i < 4; i++)
		world_reissue(world, "sip", at[i], subject, san, 2);
	world_reissue(world, "webconf", "192.0.2.20:443", subject, san, 2);
	world_reissue(world, "webconf", "192.0.2.21:443", subject, san, 2);
}

static void webcon_not_in_san(struct world *world)
{
	reissue_all(world, "sip.contoso.com", "DNS:sip.contoso.com");
}

static void sip_not_in_san(struct world *world)
{
	reissue_all(world, "sip.contoso.com", "DNS:webcon.contoso.com");
}

static void wildcard_only(struct world *world)
{
	reissue_all(world, "sip.contoso.com", "DNS:*.contoso.com");
}

static void other_subject(struct world *world)
{
	reissue_all(world, "edge.contoso.com", WORLD_SAN);
}

static void wildcard_subject(struct world *world)
{
	reissue_all(world, "*.contoso.com", WORLD_SAN);
}

static void no_san(struct world *world)
{
	reissue_all(world, "sip.contoso.com", NULL);
}

static void odd_node(struct world *world)
{
	world_see_access(world, "192.0.2.12");
	world_dns(world, "sip.contoso.com", DNS_A,
		  "192.0.2.10|192.0.2.11|192.0.2.12");
	world_dns(world, "webcon.contoso.com", DNS_A,
		  "192.0.2.20|192.0.2.21|192.0.2.20");
	world_dns(world, "av.contoso.com", DNS_A,
		  "192.0.2.30|192.0.2.31|192.0.2.30");
	world_reissue(world, "sip", "192.0.2.12:443", "sip.contoso.com",
		      WORLD_SAN, 2);
	world_reissue(world, "sip", "192.0.2.12:5061", "sip.contoso.com",
		      WORLD_SAN, 2);
}

static void two_certificates(struct world *world)
{
	world_reissue(world, "sip", "192.0.2.10:5061", "sip.contoso.com",
		      WORLD_SAN, 2);
}

static void reverse_proxy(struct world *world)
{
	world_reissue(world, "sip", "192.0.2.11:443", "meet.contoso.com",
		      "DNS:meet.contoso.com,DNS:dialin.contoso.com", 3);
}

static void webconf_is_a_shop(struct world *world)
{
	world_reissue(world, "webconf", "192.0.2.21:443", "shop.contoso.com",
		      "DNS:shop.contoso.com", 3);
}

static void no_sip_record(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
}

static void sip_not_offered(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "0 0 0 .");
}

static void no_federation_record(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV, "");
}

static void record_to_other_domain(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 sip.it.contoso.com");
	world_dns(world, "sip.it.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "sip.it.contoso.com", DNS_AAAA, "");
}

static void record_to_nowhere(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 edge.contoso.com");
	world_dns(world, "edge.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "edge.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void record_with_other_port(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 443 sip.contoso.com");
}

static void two_records(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5061 sip.contoso.com|10 0 5061 fed.contoso.com");
	world_dns(world, "fed.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "fed.contoso.com", DNS_AAAA, "");
}

static void xmpp_left_over(struct world *world)
{
	world_dns(world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		  "0 0 5269 sip.contoso.com");
}

static void private_address(struct world *world)
{
	world_see_relay(world, "10.45.16.31");
	world_break(world, "msturn-allocate", "10.45.16.31:3478",
		    OUTCOME_NO_REPLY, "");
	world_break(world, "msturn-allocate-tcp", "10.45.16.31:443",
		    OUTCOME_NO_REPLY, "");
	world_dns(world, "av.contoso.com", DNS_A, "192.0.2.30|10.45.16.31");
}

static void no_av_address(struct world *world)
{
	world_dns(world, "av.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "av.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void node_missing_in_record(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.20");
}

static void access_alias(struct world *world)
{
	struct observation *seen = world->list.items[3];

	assert_string_equal(seen->endpoint.name, "sip.contoso.com");
	observation_add_text(world->arena, seen, "dns.cname",
			     "edge.contoso.com");
}

/* A second SIP domain, in order. */
static void add_domain(struct world *world)
{
	static const char *const at[] = {"192.0.2.10:443", "192.0.2.11:443"};

	world->given->domains[world->given->domain_count++] = "fabrikam.com";
	world_dns(world, "_sip._tls.fabrikam.com", DNS_SRV,
		  "0 0 443 sip.fabrikam.com");
	world_dns(world, "_sipfederationtls._tcp.fabrikam.com", DNS_SRV,
		  "0 0 5061 sip.fabrikam.com");
	world_dns(world, "_xmpp-server._tcp.fabrikam.com", DNS_SRV, "NXDOMAIN");
	world_dns(world, "sip.fabrikam.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "sip.fabrikam.com", DNS_AAAA, "");
	for (size_t i = 0; i < 2; i++)
		world_status(world,
			     world_see(world, "sip-register", at[i],
				       TRANSPORT_TCP, "fabrikam.com"),
			     401);
	reissue_all(world, "sip.contoso.com",
		    WORLD_SAN ",DNS:sip.fabrikam.com");
}

static void domain_unknown(struct world *world)
{
	add_domain(world);
	world_find(world, "sip-register", "192.0.2.11:443", "fabrikam.com")
		->facts->number = 504;
}

static void domain_not_in_san(struct world *world)
{
	add_domain(world);
	reissue_all(world, "sip.contoso.com", WORLD_SAN);
}

static void no_resolver(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "SILENCE");
	world->given->names[SERVICE_ACCESS] = "sip.contoso.com";
}

static void no_access_address(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
	world_dns(world, "sip.contoso.com", DNS_A, "");
}

static void no_webconf_address(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "NXDOMAIN");
	world_dns(world, "webcon.contoso.com", DNS_AAAA, "NXDOMAIN");
}

static void stray_address(struct world *world)
{
	world_file(world);
	world_dns(world, "av.contoso.com", DNS_A,
		  "192.0.2.30|192.0.2.31|192.0.2.39");
	world_see_relay(world, "192.0.2.39");
}

static void node_missing_of_file(struct world *world)
{
	world_file(world);
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.20");
}

static void node_of_file_dead(struct world *world)
{
	world_file(world);
	node_dead(world);
	av_blocked(world);
	world_break(world, "webconf", "192.0.2.21:443", OUTCOME_NO_REPLY, "");
}

static void in_the_cloud(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "100 1 443 sipdir.online.lync.com");
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "100 1 5061 sipfed.online.lync.com");
	world_dns(world, "sipdir.online.lync.com", DNS_A, "203.0.113.1");
}

static void half_in_the_cloud(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "100 1 5061 sipfed.online.lync.com");
}

static void thirteen_nodes(struct world *world)
{
	const char *list = "192.0.2.10|192.0.2.11";

	for (unsigned i = 12; i < 23; i++) {
		const char *address =
			arena_format(world->arena, "192.0.2.%u", i + 100);

		world_see_access(world, address);
		list = arena_format(world->arena, "%s|%s", list, address);
	}
	world_dns(world, "sip.contoso.com", DNS_A, list);
	world->given->features &=
		~(FEATURE_BIT(FEATURE_WEBCONF) | FEATURE_BIT(FEATURE_AV));
}

/* The 2015 server with XMPP on, in order. */
static void with_xmpp(struct world *world)
{
	world->given->product = PRODUCT_SFB2015;
	world->given->product_known = true;
	world->given->features |= FEATURE_BIT(FEATURE_XMPP);
	world_dns(world, "_xmpp-server._tcp.contoso.com", DNS_SRV,
		  "0 0 5269 xmpp.contoso.com");
	world_dns(world, "xmpp.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_dns(world, "xmpp.contoso.com", DNS_AAAA, "");
}

static void no_xmpp_record(struct world *world)
{
	with_xmpp(world);
	world_dns(world, "_xmpp-server._tcp.contoso.com", DNS_SRV, "");
}

static void xmpp_elsewhere(struct world *world)
{
	with_xmpp(world);
	world_dns(world, "xmpp.contoso.com", DNS_A, "192.0.2.99");
}

/* Behind a load balancer: VIPs .10, .20, .30; A/V of the nodes .40, .41. */
static void with_load_balancer(struct world *world)
{
	struct node *vip = &world->given->nodes[2];

	world_file(world);
	world->given->kind = KIND_SCALED_HLB;
	world->given->node_count = 3;
	*vip = world->given->nodes[0];
	vip->name = "hlb";
	vip->is_vip = true;
	for (size_t i = 0; i < 2; i++) {
		struct node *node = &world->given->nodes[i];
		const char *address =
			arena_format(world->arena, "192.0.2.4%zu", i);

		*node = (struct node){.name = node->name};
		node->addresses[SERVICE_AV][0] = world_address(address);
		node->address_count[SERVICE_AV] = 1;
		world_see_relay(world, address);
	}
	world_dns(world, "sip.contoso.com", DNS_A, "192.0.2.10");
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.20");
	world_dns(world, "av.contoso.com", DNS_A, "192.0.2.30");
}

static void nodes_beside_the_vip(struct world *world)
{
	with_load_balancer(world);
	world_dns(world, "av.contoso.com", DNS_A, "192.0.2.30|192.0.2.40");
}

static void relay_of_a_node_blocked(struct world *world)
{
	with_load_balancer(world);
	world_break(world, "msturn-allocate", "192.0.2.41:3478",
		    OUTCOME_NO_REPLY, "");
}

static void webconf_is_access(struct world *world)
{
	world_dns(world, "webcon.contoso.com", DNS_A, "192.0.2.10|192.0.2.11");
	world_see_webconf(world, "192.0.2.10");
	world_see_webconf(world, "192.0.2.11");
}

static const struct fault faults[] = {
#include "tests/common/judge/faults.inc"
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

		print_message("  %s %s: %s\n    %s\n",
			      severity_name(finding->severity), finding->id,
			      finding->title, finding->remedy);
	}
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		print_message("  %s %s: %s\n", question_text((enum question)i),
			      answer_name(world->judgement->answers[i].answer),
			      world->judgement->answers[i].because);
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (verdict->needed && verdict->state != STATE_VERIFIED)
			print_message("  %s %s %s %s: %s\n",
				      state_name(verdict->state),
				      verdict->requirement->id, verdict->node,
				      verdict->subject, verdict->because);
	}
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
	    getenv("SHOW_FAULTS")) {
		print_message("%s: exit %d\n%s", fault->name,
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

static void each_fault_turns_its_rows_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		check_fault(&faults[i]);
}

static void mutual_tls_enforced(struct world *world)
{
	observation_add_number(
		world->arena, world_find(world, "sip", "192.0.2.11:5061", NULL),
		"tls.client_certificate_refused", FACT_FLAG, 1);
}

static void clock_almost_right(struct world *world)
{
	world_set(world, "sip-options-control", "192.0.2.11:443",
		  "sip.date_skew_s", -300);
}

static void expires_later(struct world *world)
{
	expire(world, 31);
}

static void webconf_of_its_own(struct world *world)
{
	static const char *const at[] = {"192.0.2.20:443", "192.0.2.21:443"};

	for (size_t i = 0; i < 2; i++)
		world_reissue(world, "webconf", at[i], "webcon.contoso.com",
			      "DNS:webcon.contoso.com", 7);
}

/* The relay names its own public address. */
static void lab_alternate(struct world *world)
{
	observation_add_bytes(
		world->arena,
		world_find(world, "msturn-allocate", "192.0.2.31:3478", NULL),
		"turn.alternate_server", FACT_ADDRESS, "192.0.2.31:3478", 15);
}

/* A second record of lower priority to the same host. */
static void other_reserves(struct world *world)
{
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "10 0 443 sip.contoso.com|0 0 443 sip.contoso.com");
}

/* AAAA is there; this place has no IPv6, so nothing is said of it. */
static void no_ipv6_here(struct world *world)
{
	struct observation *seen;

	world_dns(world, "sip.contoso.com", DNS_AAAA, "2001:db8::10");
	seen = world_see(world, "sip", "[2001:db8::10]:443", TRANSPORT_TCP,
			 "-");
	seen->outcome = OUTCOME_UNREACHABLE;
	seen = world_see(world, "sip", "[2001:db8::10]:5061", TRANSPORT_TCP,
			 "-");
	seen->outcome = OUTCOME_LOCAL;
}

/* Rules that only unknown names call for; judge_test.c fires them. */
static bool is_fired_elsewhere(const char *id)
{
	return strcmp(id, "av.name-unknown") == 0 ||
	       strcmp(id, "webconf.name-unknown") == 0;
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
		{"a load balancer", with_load_balancer},
		{"client certificate refused", mutual_tls_enforced},
		{"almost five minutes of skew", clock_almost_right},
		{"31 days to go", expires_later},
		{"another certificate for conferencing", webconf_of_its_own},
		{"a private alternate in a lab", lab_alternate},
		{"redirected sign-in at one node", other_reserves},
		{"no IPv6 here", no_ipv6_here},
		{"Kerberos among others", kerberos_among_others},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		world_healthy(&world);
		cases[i].apply(&world);
		world_judge(&world);
		if (world.judgement->exit_code != 0 ||
		    world.judgement->finding_count) {
			print_message("%s:\n", cases[i].name);
			show(&world);
		}
		assert_int_equal(world.judgement->exit_code, 0);
		assert_int_equal(world.judgement->finding_count, 0);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_healthy_neighbours_alone),
		cmocka_unit_test(every_finding_is_told_by_some_fault),
		cmocka_unit_test(each_fault_turns_its_rows_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
