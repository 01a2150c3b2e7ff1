#include "probes/crl_reader.h"
#include "probes/crl_signature.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOW_S 1767261600 /* 2026-01-01T10:00:00Z */
#define DAY_S 86400

/* An issuer with a key of its own. */
static X509 *make_issuer(EVP_PKEY *key, const char *usage)
{
	X509 *issuer = X509_new();
	X509_NAME *name = X509_get_subject_name(issuer);

	X509_set_version(issuer, X509_VERSION_3);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"Test CA", -1, -1, 0);
	X509_set_issuer_name(issuer, name);
	X509_set_pubkey(issuer, key);
	if (usage) {
		X509_EXTENSION *extension =
			X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);

		X509_add_ext(issuer, extension, -1);
		X509_EXTENSION_free(extension);
	}
	X509_sign(issuer, key, EVP_sha256());
	return issuer;
}

static void add_entry(X509_CRL *list, long serial, int reason)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_TIME *since = ASN1_TIME_set(NULL, NOW_S - 2 * DAY_S);
	ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();

	ASN1_INTEGER_set(number, serial);
	X509_REVOKED_set_serialNumber(entry, number);
	X509_REVOKED_set_revocationDate(entry, since);
	ASN1_ENUMERATED_set(why, reason);
	if (reason >= 0)
		X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, why, 0, 0);
	X509_CRL_add0_revoked(list, entry);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(since);
	ASN1_ENUMERATED_free(why);
}

static X509_CRL *begin_list(const X509 *issuer)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, NOW_S - DAY_S);
	ASN1_TIME *until = ASN1_TIME_set(NULL, NOW_S + DAY_S);

	X509_CRL_set_version(list, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(list, from);
	X509_CRL_set1_nextUpdate(list, until);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return list;
}

struct seen {
	unsigned count;
	struct crl_entry last;
	uint8_t serial[32];
};

static void entry_came(void *context, const struct crl_entry *entry)
{
	struct seen *seen = context;

	seen->count++;
	seen->last = *entry;
	assert_true(entry->serial_length <= sizeof(seen->serial));
	memcpy(seen->serial, entry->serial, entry->serial_length);
}

/* Read in pieces of that size; true when it was whole. */
static bool read_pieces(struct crl_reader **reader, struct seen *seen,
			const uint8_t *data, size_t length, size_t piece)
{
	*seen = (struct seen){0};
	*reader = crl_reader_new(entry_came, seen);
	for (size_t at = 0; at < length; at += piece) {
		size_t size = length - at < piece ? length - at : piece;

		if (!crl_reader_feed(*reader, data + at, size))
			break;
	}
	return crl_reader_end(*reader);
}

/* What every test begins with; freed at the end. */
static EVP_PKEY *key;
static X509 *issuer;
static uint8_t *der; /* three entries and a number, signed */
static size_t der_length;

static uint8_t *encode(X509_CRL *list, EVP_PKEY *signer, size_t *length)
{
	unsigned char *bytes = NULL;

	assert_true(X509_CRL_sign(list, signer, EVP_sha256()) > 0);
	*length = (size_t)i2d_X509_CRL(list, &bytes);
	X509_CRL_free(list);
	return bytes;
}

static int set_up(void **state)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_CRL *list;

	(void)state;
	key = EVP_EC_gen("P-256");
	issuer = make_issuer(key, "cRLSign");
	list = begin_list(issuer);
	ASN1_INTEGER_set(number, 0x1234);
	X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0);
	ASN1_INTEGER_free(number);
	add_entry(list, 1, -1);
	add_entry(list, 0x80, CRL_REASON_KEY_COMPROMISE);
	add_entry(list, 0x123456, CRL_REASON_REMOVE_FROM_CRL);
	der = encode(list, key, &der_length);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	OPENSSL_free(der);
	X509_free(issuer);
	EVP_PKEY_free(key);
	return 0;
}

static void reads_a_list_however_it_is_cut(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 100, 65536};
	struct crl_reader *reader;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const struct crl_facts *facts;

		assert_true(read_pieces(&reader, &seen, der, der_length,
					pieces[i]));
		facts = crl_reader_facts(reader);
		assert_int_equal(seen.count, 3);
		assert_int_equal(facts->entries, 3);
		assert_int_equal(facts->bytes, der_length);
		assert_int_equal(facts->this_update, NOW_S - DAY_S);
		assert_int_equal(facts->next_update, NOW_S + DAY_S);
		assert_string_equal(facts->number, "1234");
		assert_int_equal(seen.last.serial_length, 3);
		assert_memory_equal(seen.serial, "\x12\x34\x56", 3);
		assert_int_equal(seen.last.reason, CRL_REASON_BACK);
		assert_int_equal(seen.last.revoked_at, NOW_S - 2 * DAY_S);
		assert_int_equal(crl_verify(facts, issuer), CRL_SIGNATURE_GOOD);
		crl_reader_free(reader);
	}
}

static void reads_pem_too(void **state)
{
	struct crl_reader *reader;
	const unsigned char *bytes = der;
	X509_CRL *list = d2i_X509_CRL(NULL, &bytes, (long)der_length);
	BIO *memory = BIO_new(BIO_s_mem());
	struct seen seen;
	char *text;
	long length;

	(void)state;
	PEM_write_bio_X509_CRL(memory, list);
	length = BIO_get_mem_data(memory, &text);
	for (size_t piece = 1; piece < 200; piece += 13) {
		assert_true(read_pieces(&reader, &seen, (uint8_t *)text,
					(size_t)length, piece));
		assert_true(crl_reader_facts(reader)->is_pem);
		assert_int_equal(seen.count, 3);
		assert_int_equal(crl_verify(crl_reader_facts(reader), issuer),
				 CRL_SIGNATURE_GOOD);
		crl_reader_free(reader);
	}
	BIO_free(memory);
	X509_CRL_free(list);
}

static void refuses_every_truncation(void **state)
{
	struct crl_reader *reader;
	struct seen seen;

	(void)state;
	for (size_t length = 0; length < der_length; length++) {
		assert_false(read_pieces(&reader, &seen, der, length, 64));
		assert_true(*crl_reader_why(reader));
		crl_reader_free(reader);
	}
}

/* Whatever is changed, it is no list any more or its signature is broken. */
static void no_changed_byte_passes(void **state)
{
	uint8_t *copy = malloc(der_length);
	struct crl_reader *reader;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < der_length; i++) {
		memcpy(copy, der, der_length);
		copy[i] ^= 0x41;
		if (read_pieces(&reader, &seen, copy, der_length, 64) &&
		    crl_verify(crl_reader_facts(reader), issuer) ==
			    CRL_SIGNATURE_GOOD)
			fail_msg("byte %zu", i);
		crl_reader_free(reader);
	}
	free(copy);
}

static void knows_who_signed(void **state)
{
	EVP_PKEY *other = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(2048);
	X509 *stranger = make_issuer(other, NULL);
	X509 *forbidden = make_issuer(key, "keyCertSign");
	X509 *free_to = make_issuer(key, NULL);
	const struct crl_facts *facts;
	struct crl_reader *reader;
	struct seen seen;

	(void)state;
	assert_true(read_pieces(&reader, &seen, der, der_length, 512));
	facts = crl_reader_facts(reader);
	assert_int_equal(crl_verify(facts, stranger), CRL_SIGNATURE_BAD);
	assert_int_equal(crl_verify(facts, forbidden), CRL_SIGNATURE_FORBIDDEN);
	assert_int_equal(crl_verify(facts, free_to), CRL_SIGNATURE_GOOD);
	X509_set_pubkey(stranger, rsa); /* another kind of key altogether */
	assert_int_equal(crl_verify(facts, stranger), CRL_SIGNATURE_BAD);
	crl_reader_free(reader);
	X509_free(stranger);
	X509_free(forbidden);
	X509_free(free_to);
	EVP_PKEY_free(other);
	EVP_PKEY_free(rsa);
}

/* Read one list that differs from an empty one, and forget its bytes. */
static struct crl_reader *read_list(X509_CRL *list, EVP_PKEY *signer,
				    const EVP_MD *digest)
{
	struct crl_reader *reader;
	unsigned char *bytes = NULL;
	struct seen seen;
	int length;

	assert_true(X509_CRL_sign(list, signer, digest) > 0);
	length = i2d_X509_CRL(list, &bytes);
	assert_true(read_pieces(&reader, &seen, bytes, (size_t)length, 100));
	OPENSSL_free(bytes);
	X509_CRL_free(list);
	return reader;
}

static void verifies_rsa_and_old_digests(void **state)
{
	static const char *const digests[] = {"SHA1", "SHA256", "SHA512"};
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	X509 *signer = make_issuer(rsa, NULL);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct crl_reader *reader =
			read_list(begin_list(signer), rsa,
				  EVP_get_digestbyname(digests[i]));

		assert_int_equal(crl_verify(crl_reader_facts(reader), signer),
				 CRL_SIGNATURE_GOOD);
		crl_reader_free(reader);
	}
	X509_free(signer);
	EVP_PKEY_free(rsa);
}

/* Ed25519 signs the list itself, not a digest that could be kept. */
static void says_what_it_cannot_verify(void **state)
{
	EVP_PKEY *pure = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct crl_reader *reader = read_list(begin_list(issuer), pure, NULL);

	(void)state;
	assert_int_equal(crl_verify(crl_reader_facts(reader), issuer),
			 CRL_SIGNATURE_UNREAD);
	crl_reader_free(reader);
	EVP_PKEY_free(pure);
}

static void reads_a_list_without_entries_or_next_date(void **state)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, NOW_S);
	struct crl_reader *reader;

	(void)state;
	X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(list, from);
	ASN1_TIME_free(from);
	reader = read_list(list, key, EVP_sha256()); /* version 1, too */
	assert_int_equal(crl_reader_facts(reader)->entries, 0);
	assert_int_equal(crl_reader_facts(reader)->next_update, 0);
	assert_int_equal(crl_verify(crl_reader_facts(reader), issuer),
			 CRL_SIGNATURE_GOOD);
	crl_reader_free(reader);
}

static void knows_what_a_list_does_not_speak_of(void **state)
{
	ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();
	ASN1_INTEGER *base = ASN1_INTEGER_new();
	X509_CRL *list = begin_list(issuer);
	const struct crl_facts *facts;
	struct crl_reader *reader;

	(void)state;
	point->onlyuser = 1;
	point->indirectCRL = 1;
	X509_CRL_add1_ext_i2d(list, NID_issuing_distribution_point, point, 1,
			      0);
	ISSUING_DIST_POINT_free(point);
	ASN1_INTEGER_set(base, 1);
	X509_CRL_add1_ext_i2d(list, NID_delta_crl, base, 1, 0);
	ASN1_INTEGER_free(base);
	reader = read_list(list, key, EVP_sha256());
	facts = crl_reader_facts(reader);
	assert_true(facts->users_only && facts->is_indirect && facts->is_delta);
	assert_false(facts->authorities_only || facts->has_unknown);
	crl_reader_free(reader);
}

static void tells_other_documents_from_lists(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"<html>", "it is not"},
		{"0\x80", "it is not DER"},
		{"-----BEGIN X509 CRL-----\n<html>\n", "it is "},
		{"\x30\x03\x02\x01\x01", "it is not a revocation list"},
		{"0\x84\xff\xff\xff\xff\x02\x01\x01", "not a revocation list"},
		{"", "it is empty"},
	};
	struct crl_reader *reader;
	unsigned char *bytes = NULL;
	struct seen seen;
	int length = i2d_X509(issuer, &bytes);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(read_pieces(&reader, &seen,
					 (const uint8_t *)cases[i].text,
					 strlen(cases[i].text), 64));
		if (!strstr(crl_reader_why(reader), cases[i].why))
			fail_msg("%zu: %s", i, crl_reader_why(reader));
		crl_reader_free(reader);
	}
	assert_false(read_pieces(&reader, &seen, bytes, (size_t)length, 64));
	crl_reader_free(reader);
	OPENSSL_free(bytes);
}

/* A part that promises to be longer than any of them is. */
static void refuses_a_part_without_end(void **state)
{
	static const uint8_t head[] = {0x30, 0x84, 0x7f, 0, 0, 0,
				       0x30, 0x84, 0x70, 0, 0, 0,
				       0x30, 0x84, 0x60, 0, 0, 0};
	uint8_t filler[1024] = {0};
	struct crl_reader *reader;
	struct seen seen = {0};
	size_t fed = 0;

	(void)state;
	reader = crl_reader_new(entry_came, &seen);
	crl_reader_feed(reader, head, sizeof(head));
	while (crl_reader_feed(reader, filler, sizeof(filler)))
		assert_true(++fed < 1000);
	assert_string_equal(crl_reader_why(reader), "a part of it is too long");
	crl_reader_free(reader);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_list_however_it_is_cut),
		cmocka_unit_test(reads_pem_too),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(no_changed_byte_passes),
		cmocka_unit_test(knows_who_signed),
		cmocka_unit_test(verifies_rsa_and_old_digests),
		cmocka_unit_test(says_what_it_cannot_verify),
		cmocka_unit_test(reads_a_list_without_entries_or_next_date),
		cmocka_unit_test(knows_what_a_list_does_not_speak_of),
		cmocka_unit_test(tells_other_documents_from_lists),
		cmocka_unit_test(refuses_a_part_without_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
