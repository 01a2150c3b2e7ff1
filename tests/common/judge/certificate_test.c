#include "common/judge/certificate.h"

#include "tests/common/judge/world.h"

static struct observation *shown(struct world *world, const char *subject,
				 const char *san)
{
	struct observation *seen = observation_new(world->arena);

	seen->wall_us = WORLD_NOW_S * 1000000;
	world_show(world, seen, subject, san, 1);
	return seen;
}

static void set_number(struct observation *seen, const char *key,
		       int64_t number)
{
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, key) == 0)
			fact->number = number;
}

static void set_text(struct observation *seen, const char *key,
		     const char *text)
{
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, key) == 0)
			fact->text = text;
}

static void tells_how_a_name_is_covered(void **state)
{
	static const struct {
		const char *subject, *san, *name;
		enum cover cover;
		const char *entry;
	} cases[] = {
		{"sip.contoso.com", WORLD_SAN, "sip.contoso.com", COVER_EXACT,
		 "sip.contoso.com"},
		{"sip.contoso.com", WORLD_SAN, "SIP.Contoso.COM", COVER_EXACT,
		 "sip.contoso.com"},
		{"sip.contoso.com", WORLD_SAN, "webcon.contoso.com",
		 COVER_EXACT, "webcon.contoso.com"},
		{"sip.contoso.com", WORLD_SAN, "av.contoso.com", COVER_NONE,
		 NULL},
		/* with a SAN, nobody looks at the subject name */
		{"av.contoso.com", WORLD_SAN, "av.contoso.com", COVER_NONE,
		 NULL},
		{"sip.contoso.com", NULL, "sip.contoso.com", COVER_SUBJECT,
		 "sip.contoso.com"},
		{"x", "DNS:*.contoso.com", "sip.contoso.com", COVER_WILDCARD,
		 "*.contoso.com"},
		{"x", "DNS:*.contoso.com", "sip.it.contoso.com", COVER_NONE,
		 NULL},
		{"x", "DNS:*.contoso.com", "contoso.com", COVER_NONE, NULL},
		/* the explicit entry counts before the wildcard */
		{"x", "DNS:*.contoso.com,DNS:sip.contoso.com",
		 "sip.contoso.com", COVER_EXACT, "sip.contoso.com"},
		{"x", "DNS:sip.contoso.com.evil.example", "sip.contoso.com",
		 COVER_NONE, NULL},
	};
	struct world world;

	(void)state;
	world_begin(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *entry = "?";
		enum cover cover = certificate_covers(
			world.arena,
			shown(&world, cases[i].subject, cases[i].san),
			cases[i].name, &entry);

		if (cover != cases[i].cover)
			fail_msg("case %zu: %d", i, (int)cover);
		if (cases[i].entry)
			assert_string_equal(entry, cases[i].entry);
		else
			assert_null(entry);
	}
	world_end(&world);
}

static void survives_a_certificate_that_is_none(void **state)
{
	struct observation *whole, *cut;
	const struct fact *der;
	struct world world;
	const char *entry;

	(void)state;
	world_begin(&world);
	whole = shown(&world, "sip.contoso.com", WORLD_SAN);
	der = observation_fact(whole, "cert.der");
	for (size_t length = 0; length < der->length; length++) {
		cut = observation_new(world.arena);
		observation_add_bytes(world.arena, cut, "cert.der", FACT_BYTES,
				      der->text, length);
		assert_int_equal(certificate_covers(world.arena, cut,
						    "sip.contoso.com", &entry),
				 COVER_NONE);
		assert_false(certificate_same(whole, cut));
	}
	assert_int_equal(certificate_covers(world.arena,
					    observation_new(world.arena),
					    "sip.contoso.com", &entry),
			 COVER_NONE);
	world_end(&world);
}

static void knows_the_same_leaf(void **state)
{
	struct world world;
	struct observation *one, *other, *none;

	(void)state;
	world_begin(&world);
	one = shown(&world, "sip.contoso.com", WORLD_SAN);
	other = shown(&world, "sip.contoso.com", "DNS:sip.contoso.com");
	none = observation_new(world.arena);
	assert_true(certificate_same(
		one, shown(&world, "sip.contoso.com", WORLD_SAN)));
	assert_false(certificate_same(one, other));
	assert_false(certificate_same(one, none));
	assert_false(certificate_same(none, none));
	world_end(&world);
}

static void knows_the_same_key(void **state)
{
	struct world world;
	struct observation *one, *other, *none;

	(void)state;
	world_begin(&world);
	one = shown(&world, "sip.contoso.com", WORLD_SAN);
	other = shown(&world, "sip.contoso.com", "DNS:sip.contoso.com");
	none = observation_new(world.arena);
	assert_true(certificate_same_key(one, other));
	assert_false(certificate_same_key(one, none));
	assert_false(certificate_same_key(none, none));
	world_end(&world);
}

/* RFC 4985, RFC 6120 13.7.1.4 */
static void knows_an_xmpp_domain_by_its_other_names(void **state)
{
	static const struct {
		const char *key, *name;
		size_t length;
		bool named;
	} cases[] = {
		{"cert.srv_id", "_xmpp-server.contoso.com", 24, true},
		{"cert.srv_id", "_XMPP-Server.Contoso.com", 24, true},
		{"cert.srv_id", "_xmpp-client.contoso.com", 24, false},
		{"cert.srv_id", "contoso.com", 11, false},
		{"cert.srv_id", "_xmpp-server.contoso.com\0x", 26, false},
		{"cert.xmpp_addr", "contoso.com", 11, true},
		{"cert.xmpp_addr", "ann@contoso.com", 15, false},
		{"cert.xmpp_addr", "", 0, false},
	};
	struct world world;

	(void)state;
	world_begin(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observation *seen = observation_new(world.arena);

		observation_add_bytes(world.arena, seen, cases[i].key,
				      FACT_TEXT, cases[i].name,
				      cases[i].length);
		if (certificate_names_xmpp(seen, "contoso.com") !=
		    cases[i].named)
			fail_msg("case %zu", i);
	}
	world_end(&world);
}

static void says_where_an_unknown_chain_leads(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	world_begin(&world);
	seen = shown(&world, "sip.contoso.com", WORLD_SAN);
	observation_add_text(world.arena, seen, "cert.top_issuer",
			     "CN=Contoso Root");
	set_number(seen, "cert.verify_code",
		   X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	set_number(seen, "cert.verify_depth", 1);
	assert_string_equal(certificate_fault(world.arena, seen).because,
			    "the chain does not end in the system's roots: "
			    "issued by CN=Public CA, below CN=Contoso Root");
	world_end(&world);
}

static void lists_names_and_not_too_many(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	world_begin(&world);
	assert_string_equal(
		certificate_names(world.arena, shown(&world, "a", WORLD_SAN)),
		"it names sip.contoso.com, webcon.contoso.com");
	assert_string_equal(
		certificate_names(world.arena, shown(&world, "a", NULL)),
		"it has no SAN entry");
	seen = observation_new(world.arena);
	for (unsigned i = 0; i < 1000; i++)
		observation_add_text(
			world.arena, seen, "cert.san",
			arena_format(world.arena, "n%u.example", i));
	assert_string_equal(certificate_names(world.arena, seen),
			    "it names n0.example, n1.example, n2.example, "
			    "n3.example, n4.example, n5.example, n6.example, "
			    "n7.example and 992 more");
	world_end(&world);
}

static void takes_no_subject_with_a_nul_inside(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	world_begin(&world);
	assert_string_equal(
		certificate_subject(shown(&world, "sip.contoso.com", NULL)),
		"sip.contoso.com");
	seen = observation_new(world.arena);
	assert_null(certificate_subject(seen));
	observation_add_bytes(world.arena, seen, "cert.cn", FACT_TEXT,
			      "sip.contoso.com\0.evil.example", 29);
	assert_null(certificate_subject(seen));
	world_end(&world);
}

#define DAYS(days) (WORLD_NOW_S + (days)*WORLD_DAY_S)

static void finds_what_is_the_matter(void **state)
{
	static const struct {
		const char *key, *text;
		int64_t number;
		enum state state;
		const char *cause, *because;
	} cases[] = {
		{"cert.not_after", NULL, DAYS(300), STATE_VERIFIED, NULL,
		 "trusted by the system's roots, valid until 2026-10-28"},
		{"cert.roots", "lab-roots.pem", 0, STATE_VERIFIED, NULL,
		 "trusted by the roots of lab-roots.pem, valid until "
		 "2026-10-28"},
		{"cert.not_after", NULL, DAYS(30), STATE_VERIFIED, NULL, NULL},
		{"cert.not_after", NULL, DAYS(30) - 1, STATE_WARN,
		 "cert.expires-soon",
		 "the certificate expires on 2026-01-31, in 29 days"},
		{"cert.not_after", NULL, DAYS(7), STATE_WARN,
		 "cert.expires-soon",
		 "the certificate expires on 2026-01-08, in 7 days"},
		{"cert.not_after", NULL, DAYS(7) - 1, STATE_WARN,
		 "cert.expires-soon",
		 "the certificate expires very soon, on 2026-01-08, in 6 days: "
		 "from then on nobody signs in or federates"},
		{"cert.not_after", NULL, DAYS(1), STATE_WARN,
		 "cert.expires-soon",
		 "the certificate expires very soon, on 2026-01-02, in 1 day: "
		 "from then on nobody signs in or federates"},
		{"cert.not_after", NULL, WORLD_NOW_S, STATE_WARN,
		 "cert.expires-soon",
		 "the certificate expires very soon, on 2026-01-01, within a "
		 "day: from then on nobody signs in or federates"},
		{"cert.not_after", NULL, WORLD_NOW_S - 1, STATE_WRONG,
		 "cert.expired", "the certificate expired on 2026-01-01"},
		{"cert.not_after", NULL, INT64_MIN, STATE_WRONG, "cert.expired",
		 "the certificate expired on a day out of range"},
		{"cert.not_after", NULL, INT64_MAX, STATE_VERIFIED, NULL, NULL},
		{"cert.not_before", NULL, WORLD_NOW_S, STATE_VERIFIED, NULL,
		 NULL},
		{"cert.not_before", NULL, WORLD_NOW_S + 1, STATE_WRONG,
		 "cert.not-yet-valid",
		 "the certificate is valid from 2026-01-01 on only"},
		{"cert.key_bits", NULL, 2048, STATE_VERIFIED, NULL, NULL},
		{"cert.key_bits", NULL, 1024, STATE_WRONG, "cert.weak-key",
		 NULL},
		{"cert.signature", "ecdsa-with-SHA256", 0, STATE_VERIFIED, NULL,
		 NULL},
		{"cert.signature", "sha1WithRSAEncryption", 0, STATE_WRONG,
		 "cert.weak-signature", NULL},
		{"cert.signature", "md5WithRSAEncryption", 0, STATE_WRONG,
		 "cert.weak-signature", NULL},
		{"cert.signature", "rsassaPss", 0, STATE_WRONG,
		 "cert.pss-signature", NULL},
		{"cert.eku", "clientAuth", 0, STATE_WRONG,
		 "cert.no-server-auth", NULL},
		/* dates speak for themselves, the code adds nothing */
		{"cert.verify_code", NULL, X509_V_ERR_CERT_HAS_EXPIRED,
		 STATE_VERIFIED, NULL, NULL},
		{"cert.verify_code", NULL, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
		 STATE_WARN, "cert.chain-incomplete", NULL},
		{"cert.verify_code", NULL,
		 X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, STATE_WARN,
		 "cert.chain-incomplete",
		 "the chain is incomplete: the issuer's certificate (CN=Public "
		 "CA) is not sent and not among the system's roots"},
		{"cert.verify_code", NULL,
		 X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, STATE_WRONG,
		 "cert.untrusted-root",
		 "the chain does not end in the system's roots: the "
		 "certificate is self-signed"},
		{"cert.verify_code", NULL, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
		 STATE_WRONG, "cert.untrusted-root",
		 "the chain does not end in the system's roots: issued by "
		 "CN=Public CA"},
		{"cert.verify_code", NULL, X509_V_ERR_CERT_REVOKED, STATE_WRONG,
		 "cert.chain-broken", NULL},
	};
	struct world world;

	(void)state;
	world_begin(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observation *seen =
			shown(&world, "sip.contoso.com", WORLD_SAN);
		struct certificate_fault fault;

		if (cases[i].text)
			set_text(seen, cases[i].key, cases[i].text);
		else
			set_number(seen, cases[i].key, cases[i].number);
		if (strcmp(cases[i].key, "cert.key_bits") == 0)
			set_text(seen, "cert.key",
				 cases[i].number == 1024 ? "RSA 1024"
							 : "RSA 2048");
		fault = certificate_fault(world.arena, seen);
		if (fault.state != cases[i].state)
			fail_msg("case %zu: %s", i, fault.because);
		if (cases[i].cause)
			assert_string_equal(fault.cause, cases[i].cause);
		else
			assert_null(fault.cause);
		if (cases[i].because)
			assert_string_equal(fault.because, cases[i].because);
	}
	world_end(&world);
}

/* A short EC key is no short RSA key; no purpose at all is any purpose. */
static void asks_no_more_than_the_rules_do(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	world_begin(&world);
	seen = shown(&world, "sip.contoso.com", WORLD_SAN);
	set_text(seen, "cert.key", "EC 256");
	set_number(seen, "cert.key_bits", 256);
	assert_int_equal(certificate_fault(world.arena, seen).state,
			 STATE_VERIFIED);
	seen = observation_new(world.arena);
	assert_int_equal(certificate_fault(world.arena, seen).state,
			 STATE_VERIFIED);
	world_end(&world);
}

static void tells_the_worst_of_several(void **state)
{
	struct observation *seen;
	struct world world;

	(void)state;
	world_begin(&world);
	seen = shown(&world, "sip.contoso.com", WORLD_SAN);
	set_number(seen, "cert.not_after", DAYS(3));
	set_number(seen, "cert.verify_code",
		   X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
	assert_string_equal(certificate_fault(world.arena, seen).cause,
			    "cert.untrusted-root");
	/* OpenSSL's own word for it tells less than the rule does */
	set_number(seen, "cert.verify_code", X509_V_ERR_EE_KEY_TOO_SMALL);
	set_number(seen, "cert.key_bits", 1024);
	assert_string_equal(certificate_fault(world.arena, seen).cause,
			    "cert.weak-key");
	set_number(seen, "cert.not_after", DAYS(-3));
	assert_string_equal(certificate_fault(world.arena, seen).cause,
			    "cert.expired");
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_how_a_name_is_covered),
		cmocka_unit_test(survives_a_certificate_that_is_none),
		cmocka_unit_test(knows_the_same_leaf),
		cmocka_unit_test(knows_the_same_key),
		cmocka_unit_test(knows_an_xmpp_domain_by_its_other_names),
		cmocka_unit_test(says_where_an_unknown_chain_leads),
		cmocka_unit_test(lists_names_and_not_too_many),
		cmocka_unit_test(takes_no_subject_with_a_nul_inside),
		cmocka_unit_test(finds_what_is_the_matter),
		cmocka_unit_test(asks_no_more_than_the_rules_do),
		cmocka_unit_test(tells_the_worst_of_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
