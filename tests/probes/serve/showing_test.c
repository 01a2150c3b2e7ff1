#include "probes/serve/showing.h"

#include "probes/serve/faults.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY_S (24 * 60 * 60)

static struct arena *arena;
static struct authority *authority;

static int set_up(void **state)
{
	const char *why;

	(void)state;
	arena = arena_new();
	authority = authority_new(NULL, &why);
	return authority == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	authority_free(authority);
	arena_free(arena);
	return 0;
}

static struct topology *deployment(void)
{
	struct topology *topology = topology_new(arena);

	topology->domains[topology->domain_count++] = "contoso.com";
	topology->domains[topology->domain_count++] = "fabrikam.com";
	topology->domains[topology->domain_count++] = "litware.com";
	topology->names[SERVICE_ACCESS] = "sip.contoso.com";
	topology->names[SERVICE_WEBCONF] = "webcon.contoso.com";
	topology->names[SERVICE_AV] = "av.contoso.com";
	return topology;
}

static void show(const struct topology *topology, struct quirks quirks,
		 struct leaf *leaf)
{
	struct leaf_spec spec;
	const char *why = NULL;

	showing_spec(arena, topology, quirks, &spec);
	if (!authority_issue(authority, &spec, leaf, &why))
		fail_msg("%s", why);
}

/* All dNSName entries, in order, a blank after each. */
static const char *names_of(const struct leaf *leaf)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
		leaf->certificate, NID_subject_alt_name, NULL, NULL);
	const char *text = "";

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		assert_int_equal(name->type, GEN_DNS);
		text = arena_format(arena, "%s%s ", text,
				    ASN1_STRING_get0_data(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	return text;
}

static const char *common_name(const struct leaf *leaf)
{
	char *text = arena_alloc(arena, 256);

	X509_NAME_get_text_by_NID(X509_get_subject_name(leaf->certificate),
				  NID_commonName, text, 256);
	return text;
}

/* What a client that trusts the root finds; X509_V_OK or an error. */
static int verify(const struct leaf *leaf)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int error;

	assert_int_equal(X509_STORE_add_cert(store, authority_root(authority)),
			 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, leaf->certificate,
					     leaf->chain),
			 1);
	X509_STORE_CTX_set_default(context, "ssl_server");
	X509_verify_cert(context);
	error = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return error;
}

static void healthy_certificate_has_all_that_is_required(void **state)
{
	struct leaf leaf;

	(void)state;
	show(deployment(), quirks_none, &leaf);
	assert_int_equal(verify(&leaf), X509_V_OK);
	assert_string_equal(common_name(&leaf), "sip.contoso.com");
	assert_string_equal(names_of(&leaf), /* cert.ext.san.order */
			    "sip.contoso.com webcon.contoso.com "
			    "sip.fabrikam.com sip.litware.com ");
	assert_int_equal(EVP_PKEY_get_bits(leaf.key), 2048);
	assert_int_equal(X509_get_signature_nid(leaf.certificate),
			 NID_sha256WithRSAEncryption);
	assert_int_equal(sk_X509_num(leaf.chain), 1);
	leaf_clear(&leaf);
}

static void names_what_xmpp_needs(void **state)
{
	struct topology *topology = deployment();
	struct leaf leaf;

	(void)state;
	topology->features |= FEATURE_BIT(FEATURE_XMPP);
	topology->domain_count = 1;
	show(topology, quirks_none, &leaf);
	assert_string_equal(names_of(&leaf),
			    "sip.contoso.com webcon.contoso.com "
			    "xmpp.contoso.com *.contoso.com ");
	leaf_clear(&leaf);
	topology->product = PRODUCT_LYNC2013;
	show(topology, quirks_none, &leaf);
	assert_string_equal(names_of(&leaf),
			    "sip.contoso.com webcon.contoso.com contoso.com ");
	leaf_clear(&leaf);
	show(topology, quirks_of(QUIRK_LACKS_XMPP), &leaf);
	assert_string_equal(names_of(&leaf),
			    "sip.contoso.com webcon.contoso.com ");
	leaf_clear(&leaf);
}

static void nodes_of_a_pool_share_the_key(void **state)
{
	struct leaf one, other;

	(void)state;
	show(deployment(), quirks_none, &one);
	show(deployment(), quirks_of(QUIRK_EXPIRED), &other);
	assert_int_equal(EVP_PKEY_eq(one.key, other.key), 1);
	leaf_clear(&one);
	leaf_clear(&other);
}

static void verification_fails_as_the_quirk_says(void **state)
{
	static const struct {
		enum quirk quirk;
		int error;
	} cases[] = {
		{QUIRK_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
		{QUIRK_EXPIRES_SOON, X509_V_OK},
		{QUIRK_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID},
		{QUIRK_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
		{QUIRK_PRIVATE_ROOT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN},
		{QUIRK_NO_SERVER_AUTH, X509_V_ERR_INVALID_PURPOSE},
		{QUIRK_SN_DIFFERS, X509_V_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct leaf leaf;

		show(deployment(), quirks_of(cases[i].quirk), &leaf);
		assert_int_equal(verify(&leaf), cases[i].error);
		leaf_clear(&leaf);
	}
}

static int chain_length(const struct leaf *leaf, struct quirks quirks)
{
	STACK_OF(X509) *chain = NULL;
	const char *why;
	SSL_CTX *context = showing_context(authority, leaf, quirks,
					   CLIENT_CERTIFICATE_IGNORED, &why);
	int length;

	assert_non_null(context);
	SSL_CTX_get0_chain_certs(context, &chain);
	length = chain ? sk_X509_num(chain) : 0;
	SSL_CTX_free(context);
	return length;
}

static void missing_intermediate_is_not_sent_with_the_same_leaf(void **state)
{
	struct quirks quirks = quirks_of(QUIRK_MISSING_INTERMEDIATE);
	struct leaf leaf;

	(void)state;
	assert_true(quirks_equal(showing_quirks(quirks), quirks_none));
	show(deployment(), quirks_none, &leaf);
	assert_int_equal(chain_length(&leaf, quirks_none), 1);
	assert_int_equal(chain_length(&leaf, quirks), 0);
	leaf_clear(&leaf);
}

static void names_are_lacking_as_the_quirk_says(void **state)
{
	static const struct {
		enum quirk quirk;
		const char *common_name, *names;
	} cases[] = {
		{QUIRK_LACKS_ACCESS, "sip.contoso.com",
		 "webcon.contoso.com sip.fabrikam.com sip.litware.com "},
		{QUIRK_LACKS_WEBCONF, "sip.contoso.com",
		 "sip.contoso.com sip.fabrikam.com sip.litware.com "},
		{QUIRK_LACKS_SECOND_DOMAIN, "sip.contoso.com",
		 "sip.contoso.com webcon.contoso.com sip.litware.com "},
		{QUIRK_SN_DIFFERS, "edge.contoso.com",
		 "sip.contoso.com webcon.contoso.com sip.fabrikam.com "
		 "sip.litware.com "},
		{QUIRK_WILDCARD_ONLY, "sip.contoso.com",
		 "*.contoso.com *.fabrikam.com *.litware.com "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct leaf leaf;

		show(deployment(), quirks_of(cases[i].quirk), &leaf);
		assert_string_equal(common_name(&leaf), cases[i].common_name);
		assert_string_equal(names_of(&leaf), cases[i].names);
		leaf_clear(&leaf);
	}
}

static void soon_is_ten_days(void **state)
{
	time_t in_ten_days = time(NULL) + 10 * DAY_S;
	struct leaf leaf;

	(void)state;
	show(deployment(), quirks_of(QUIRK_EXPIRES_SOON), &leaf);
	in_ten_days += 60; /* of slack, for a slow machine */
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(leaf.certificate),
				       &in_ten_days),
			 -1);
	in_ten_days -= 600;
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(leaf.certificate),
				       &in_ten_days),
			 1);
	leaf_clear(&leaf);
}

static void weak_certificates_are_weak_and_still_shown(void **state)
{
	struct leaf weak, old;
	const char *why;
	SSL_CTX *context;

	(void)state;
	show(deployment(), quirks_of(QUIRK_WEAK_KEY), &weak);
	assert_int_equal(EVP_PKEY_get_bits(weak.key), 1024);
	show(deployment(), quirks_of(QUIRK_SHA1), &old);
	assert_int_equal(X509_get_signature_nid(old.certificate),
			 NID_sha1WithRSAEncryption);
	context = showing_context(authority, &weak, quirks_of(QUIRK_OLD_TLS),
				  CLIENT_CERTIFICATE_REQUIRED, &why);
	assert_non_null(context);
	SSL_CTX_free(context);
	context = showing_context(authority, &old, quirks_none,
				  CLIENT_CERTIFICATE_IGNORED, &why);
	assert_non_null(context);
	SSL_CTX_free(context);
	leaf_clear(&weak);
	leaf_clear(&old);
}

static void writes_the_root_whole_or_says_why(void **state)
{
	char path[] = "/tmp/showing_test.XXXXXX";
	int descriptor = mkstemp(path);
	const char *why;
	X509 *root;
	FILE *file;

	(void)state;
	close(descriptor);
	assert_true(authority_write_root(authority, arena, path, &why));
	file = fopen(path, "r");
	assert_non_null(file);
	root = PEM_read_X509(file, NULL, NULL, NULL);
	assert_int_equal(X509_cmp(root, authority_root(authority)), 0);
	X509_free(root);
	fclose(file);
	unlink(path);
	assert_false(authority_write_root(authority, arena, "/nowhere/ca.pem",
					  &why));
	assert_string_equal(why,
			    "/nowhere/ca.pem.new: No such file or directory");
}

/* edge-services.md 13.2: one name, that of the pool */
static void the_certificate_inside_has_the_name_of_the_pool(void **state)
{
	static const struct {
		const char *internal_name, *internal_domain;
		enum quirk quirk;
		const char *name;
	} cases[] = {
		{"sfbedge.contoso.net", "contoso.net", QUIRK_COUNT,
		 "sfbedge.contoso.net"},
		{"sfbedge.contoso.net", NULL, QUIRK_SN_DIFFERS,
		 "old-edge.contoso.com"},
		{NULL, "contoso.net", QUIRK_COUNT, "edge.contoso.net"},
		{NULL, NULL, QUIRK_EXPIRED, "edge.contoso.com"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topology = deployment();
		struct leaf_spec spec;

		topology->internal_name = cases[i].internal_name;
		topology->internal_domain = cases[i].internal_domain;
		showing_inside_spec(arena, topology, quirks_of(cases[i].quirk),
				    &spec);
		assert_string_equal(spec.common_name, cases[i].name);
		assert_int_equal(spec.name_count, 1);
		assert_string_equal(spec.names[0], cases[i].name);
		assert_int_equal(spec.last_day < 0,
				 cases[i].quirk == QUIRK_EXPIRED);
		assert_string_equal(spec.purposes, "serverAuth,clientAuth");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_certificate_has_all_that_is_required),
		cmocka_unit_test(names_what_xmpp_needs),
		cmocka_unit_test(nodes_of_a_pool_share_the_key),
		cmocka_unit_test(verification_fails_as_the_quirk_says),
		cmocka_unit_test(
			missing_intermediate_is_not_sent_with_the_same_leaf),
		cmocka_unit_test(names_are_lacking_as_the_quirk_says),
		cmocka_unit_test(soon_is_ten_days),
		cmocka_unit_test(weak_certificates_are_weak_and_still_shown),
		cmocka_unit_test(writes_the_root_whole_or_says_why),
		cmocka_unit_test(
			the_certificate_inside_has_the_name_of_the_pool),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
