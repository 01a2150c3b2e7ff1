/*
 * breaks.h - one fault a function, for faults_test.c alone: the connections
 * and certificates of a healthy world. What DNS says wrong is in misnames.h.
 */
#ifndef TESTS_COMMON_JUDGE_BREAKS_H
#define TESTS_COMMON_JUDGE_BREAKS_H

#include "tests/common/judge/world.h"

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

/* Mutual TLS where people sign in: another port, or another server. */
static void access_refuses_strangers(struct world *world)
{
	observation_add_number(world->arena,
			       world_find(world, "sip", "192.0.2.11:443", NULL),
			       "tls.client_certificate_refused", FACT_FLAG, 1);
}

/* TLS 1.3 shows it only when the first question is asked. */
static void access_refuses_late(struct world *world)
{
	world_break(world, "sip-options-control", "192.0.2.11:443",
		    OUTCOME_ALERT, "TLS alert 116 certificate_required");
	observation_add_number(world->arena,
			       world_find(world, "sip-options-control",
					  "192.0.2.11:443", NULL),
			       "tls.client_certificate_refused", FACT_FLAG, 1);
}

static void webconf_refuses_strangers(struct world *world)
{
	observation_add_number(
		world->arena,
		world_find(world, "webconf", "192.0.2.20:443", NULL),
		"tls.client_certificate_refused", FACT_FLAG, 1);
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

/* What is asked on 5061 when the handshake ends well. */
static void federation_control(struct world *world, enum outcome outcome,
			       const char *detail)
{
	struct observation *seen =
		world_see(world, "sip-options-control", "192.0.2.11:5061",
			  TRANSPORT_TCP, "-");

	no_mutual_tls(world);
	seen->outcome = outcome;
	seen->detail = detail;
}

static void web_server_on_federation(struct world *world)
{
	federation_control(world, OUTCOME_GARBLED,
			   "not SIP: an HTTP server answers");
}

static void federation_hangs(struct world *world)
{
	federation_control(world, OUTCOME_NO_REPLY, "no reply in 5.0 s");
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

static void webconf_closes(struct world *world)
{
	observation_add_number(
		world->arena,
		world_find(world, "webconf", "192.0.2.20:443", NULL),
		"peer.closed", FACT_FLAG, 1);
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

static void standard_turn_alone(struct world *world)
{
	standard_turn(world);
	world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
		    OUTCOME_REFUSED, "");
}

/* Silent to the hello of an A/V Edge, and then asked as a TURN server. */
static struct observation *tcp_silent(struct world *world)
{
	world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
		    OUTCOME_NO_REPLY, "TCP is open, but no reply to the hello");
	return world_see(world, "recognise-turn", "192.0.2.31:443",
			 TRANSPORT_TCP, "-");
}

static void standard_turn_tcp(struct world *world)
{
	struct observation *seen = tcp_silent(world);

	seen->outcome = OUTCOME_GARBLED;
	observation_add_number(world->arena, seen, "turn.standard", FACT_FLAG,
			       1);
}

static void silent_to_turn_tcp(struct world *world)
{
	tcp_silent(world)->outcome = OUTCOME_NO_REPLY;
}

static void av_web_server_alone(struct world *world)
{
	av_web_server(world);
	world_break(world, "msturn-allocate", "192.0.2.31:3478",
		    OUTCOME_REFUSED, "");
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

static void expires_very_soon(struct world *world)
{
	expire(world, 6);
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

/* One node still shows the certificate that the others have renewed. */
static void expired_and_not_renewed(struct world *world)
{
	world_reissue(world, "sip", "192.0.2.11:443", "sip.contoso.com",
		      WORLD_SAN, 2);
	world_reissue(world, "sip", "192.0.2.11:5061", "sip.contoso.com",
		      WORLD_SAN, 2);
	world_reissue(world, "webconf", "192.0.2.21:443", "sip.contoso.com",
		      WORLD_SAN, 2);
	expire(world, -1);
}

static void underscore(struct world *world)
{
	reissue_all(world, "sip.contoso.com",
		    WORLD_SAN ",DNS:edge_1.contoso.com");
}

static void other_order(struct world *world)
{
	reissue_all(world, "sip.contoso.com",
		    "DNS:webcon.contoso.com,DNS:sip.contoso.com");
}

static void wildcard_beside(struct world *world)
{
	reissue_all(world, "sip.contoso.com", WORLD_SAN ",DNS:*.contoso.com");
}

static void hundred_names(struct world *world)
{
	const char *san = WORLD_SAN;

	for (unsigned i = 2; i <= 100; i++)
		san = arena_format(world->arena, "%s,DNS:h%u.contoso.com", san,
				   i);
	reissue_all(world, "sip.contoso.com", san);
}

static void not_for_clients(struct world *world)
{
	replace_text(world, "cert.eku", "serverAuth");
}

static void key_of(struct world *world, const char *key, const char *curve)
{
	replace_text(world, "cert.key", key);
	if (curve)
		observation_add_text(
			world->arena,
			world_find(world, "sip", "192.0.2.11:443", NULL),
			"cert.curve", curve);
}

static void elliptic_key(struct world *world)
{
	key_of(world, "EC 384", "P-384");
}

static void brainpool_key(struct world *world)
{
	key_of(world, "EC 256", "brainpoolP256r1");
}

static void edwards_key(struct world *world)
{
	key_of(world, "ED25519 256", NULL);
}

/* A second look at one node, without SNI. */
static struct observation *without_sni(struct world *world)
{
	observation_add_text(world->arena,
			     world_find(world, "sip", "192.0.2.11:443", NULL),
			     "tls.sni", "sip.contoso.com");
	return world_see(world, "tls-without-sni", "192.0.2.11:443",
			 TRANSPORT_TCP, "-");
}

static void same_without_sni(struct world *world)
{
	world_show(world, without_sni(world), "sip.contoso.com", WORLD_SAN, 1);
}

static void other_without_sni(struct world *world)
{
	world_show(world, without_sni(world), "www.contoso.com",
		   "DNS:www.contoso.com", 7);
}

static void refused_without_sni(struct world *world)
{
	struct observation *seen = without_sni(world);

	seen->outcome = OUTCOME_ALERT;
	seen->detail = "TLS alert 112 unrecognized_name";
}

static void silent_without_sni(struct world *world)
{
	struct observation *seen = without_sni(world);

	seen->outcome = OUTCOME_NO_REPLY;
	seen->detail = "no reply to TCP in 5.0 s";
}

static void names_issuers(struct world *world, int64_t count, int64_t bytes)
{
	world_set(world, "sip", "192.0.2.11:5061", "tls.client_ca_count",
		  count);
	world_set(world, "sip", "192.0.2.11:5061", "tls.client_ca_bytes",
		  bytes);
}

static void too_many_issuers(struct world *world)
{
	names_issuers(world, 151, 16300);
}

static void many_issuers(struct world *world)
{
	names_issuers(world, 140, 15000);
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

/* The inventory of TLS at one port; lists with blanks between. */
static struct observation *versions(struct world *world, const char *endpoint,
				    const char *accepted, const char *refused)
{
	static const char *const keys[] = {"tls.accepted", "tls.refused"};
	struct observation *seen =
		world_see(world, "tls-versions", endpoint, TRANSPORT_TCP, "-");

	for (size_t i = 0; i < 2; i++) {
		char *rest = arena_text(world->arena, i ? refused : accepted);
		char *word;

		while ((word = strsep(&rest, " ")))
			observation_add_text(world->arena, seen, keys[i], word);
	}
	return seen;
}

static void takes_ssl3(struct world *world)
{
	versions(world, "192.0.2.11:443", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2",
		 "TLSv1.3");
}

static void takes_tls10_alone(struct world *world)
{
	versions(world, "192.0.2.21:443", "TLSv1.0",
		 "SSLv3 TLSv1.1 TLSv1.2 TLSv1.3");
}

static void takes_tls13_alone(struct world *world)
{
	versions(world, "192.0.2.11:443", "TLSv1.3",
		 "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2");
}

static void takes_old_versions(struct world *world)
{
	versions(world, "192.0.2.11:5061", "TLSv1.0 TLSv1.1 TLSv1.2",
		 "SSLv3 TLSv1.3");
}

static void takes_weak_ciphers(struct world *world)
{
	observation_add_text(world->arena,
			     versions(world, "192.0.2.11:443", "TLSv1.2",
				      "SSLv3 TLSv1.0 TLSv1.1 TLSv1.3"),
			     "tls.weak_accepted",
			     "RC4 TLS_RSA_WITH_RC4_128_SHA");
}

/* Lync Server 2010 cannot do without (edge-services.md 13.5). */
static void takes_old_versions_on_2010(struct world *world)
{
	takes_old_versions(world);
	world->given->product = PRODUCT_LYNC2010;
	world->given->product_known = true;
}

static void takes_tls12_alone(struct world *world)
{
	versions(world, "192.0.2.11:443", "TLSv1.2",
		 "SSLv3 TLSv1.0 TLSv1.1 TLSv1.3");
	versions(world, "192.0.2.20:443", "TLSv1.2 TLSv1.3",
		 "SSLv3 TLSv1.0 TLSv1.1");
}

static void takes_no_old_partners(struct world *world)
{
	takes_tls12_alone(world);
	versions(world, "192.0.2.11:5061", "TLSv1.2",
		 "SSLv3 TLSv1.0 TLSv1.1 TLSv1.3");
}

/* A connection to the Access Edge that was left without traffic. */
static void soaked(struct world *world, const char *key, int64_t seconds)
{
	observation_add_number(
		world->arena,
		world_see(world, "soak", "192.0.2.11:443", TRANSPORT_TCP, "-"),
		key, FACT_UINT, seconds);
}

static void loses_idle_connections(struct world *world)
{
	soaked(world, "idle.lost_s", 60);
}

static void keeps_idle_connections(struct world *world)
{
	soaked(world, "idle.kept_s", 60);
}

/* Nothing is known of idle time then. */
static void hangs_up_on_keep_alives(struct world *world)
{
	soaked(world, "keepalive.closed", 1);
}

static void versions_without_answer(struct world *world)
{
	struct observation *seen = world_see(
		world, "tls-versions", "192.0.2.11:443", TRANSPORT_TCP, "-");

	seen->outcome = OUTCOME_NO_REPLY;
	seen->detail = "no reply to any hello in 5.0 s";
}

#endif
